"""Written-down answers held against the spec that a vendor published.

The specs stay outside of this repository: `DRIFTLINE_SPECS` names their folder (default: `shared/specs` beside the
checkout). Where it is missing, what uses it skips and says so.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor.setup.misread import every, held
from monitor.setup.published import Published
from probes.kit.contract import Kind, Ref, Scope
from probes.kit.listing import Vendor

from .accounts import REPLIES

SPECS = Path(os.environ.get("DRIFTLINE_SPECS") or Path(__file__).parents[3] / "shared" / "specs")


def spec(name: str) -> Any:
    """The spec at `name`, JSON or YAML, packed or not. Skips where it is not at hand."""
    path = SPECS / name
    if not path.exists():
        pytest.skip(f"the vendor's spec {name} is not at hand: DRIFTLINE_SPECS names no folder that has it")
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if name.removesuffix(".gz").endswith(".json"):
        return json.loads(raw)
    return yaml.load(raw, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  both are safe


def strangers(of: Mapping[str, Any], vendor: str, prefix: str = "") -> list[str]:
    """What the written-down answers of a vendor have that the OpenAPI document `of` does not: paths, keys and types."""
    files = sorted((REPLIES / vendor).glob("[!@]*"))
    said = [("/" + file.stem.partition("@")[0].replace("__", "/"), json.loads(file.read_bytes())) for file in files]
    return strange(of, said, prefix)


def strange(of: Mapping[str, Any], said: Iterable[tuple[str, Any]], prefix: str = "") -> list[str]:
    """The same of answers by their path, such as those of a simulated account (`desks.Said.said`). OpenAPI 3 and
    Swagger 2; `prefix` is what the spec leaves out at the start of its paths."""
    found = []
    for whole, body in said:
        path = "/" + whole.lstrip("/").removeprefix(prefix.lstrip("/")).lstrip("/")
        operation = _operation(of, path)
        if operation is None:
            found.append(f"no path {path}")
            continue
        answers = {str(status): answer for status, answer in operation["responses"].items()}
        answer = _there(of, answers.get("200") or answers["default"])
        schema = next(iter(answer["content"].values()))["schema"] if "content" in answer else answer.get("schema")
        found += [f"{path}: {one}" for one in _strange(of, [schema] if schema else [], body, "")]
    return found


def _operation(of: Mapping[str, Any], path: str) -> Any:
    """The GET that answers a path: the spec's own spelling first, then one with places."""
    parts = path.split("/")
    for spelled in sorted(of["paths"], key=lambda one: one.count("{")):
        own = spelled.split("/")
        fits = len(own) == len(parts) and all(a == b or a.startswith("{") for a, b in zip(own, parts, strict=True))
        if fits and "get" in of["paths"][spelled]:
            return of["paths"][spelled]["get"]
    return None


def _there(of: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        place: Any = of
        for part in schema["$ref"].removeprefix("#/").split("/"):
            place = place[part.replace("~1", "/")]
        schema = place
    return schema


def _parts(of: Mapping[str, Any], schemas: list[Any], seen: set[int] | None = None) -> Iterator[Mapping[str, Any]]:
    """All that a value may be, taken together: what one of them allows is allowed."""
    seen = set() if seen is None else seen
    for schema in schemas:
        whole = _there(of, schema)
        if id(whole) not in seen:
            seen.add(id(whole))
            yield whole
            for word in ("allOf", "oneOf", "anyOf"):
                yield from _parts(of, whole.get(word, []), seen)


def _strange(of: Mapping[str, Any], schemas: list[Any], value: Any, where: str) -> Iterator[str]:
    parts = list(_parts(of, schemas))
    if isinstance(value, dict):
        declared: dict[str, list[Any]] = {}
        for part in parts:
            for name, inner in part.get("properties", {}).items():
                declared.setdefault(name, []).append(inner)
        free = [part["additionalProperties"] for part in parts if isinstance(part.get("additionalProperties"), dict)]
        opened = free or not declared
        for name, inner in value.items():
            if name not in declared and not opened:
                yield f"{where}.{name} is not in the spec"
            elif name in declared or free:
                yield from _strange(of, declared.get(name) or free, inner, f"{where}.{name}")
    elif isinstance(value, list):
        items = [part["items"] for part in parts if "items" in part]
        for number, inner in enumerate(value if items else ()):
            yield from _strange(of, items, inner, f"{where}[{number}]")
    else:
        kinds = {kind for part in parts for kind in [part.get("type")] if isinstance(kind, str)}
        if value is not None and kinds and not kinds & _kinds(value):
            yield f"{where} is {json.dumps(value)}, and the spec has {', '.join(sorted(kinds))}"


def _kinds(value: Any) -> set[str]:
    if isinstance(value, bool):
        return {"boolean"}
    if isinstance(value, int):
        return {"integer", "number"}
    return {"number"} if isinstance(value, float) else {"string"}


def misread(of: Mapping[str, Any], vendor: Vendor) -> list[str]:
    """What the listings of a vendor file read and the spec `of` does not have, as `driftline try` tells it."""
    return [f"{one.listing}: {one.place}: {one.missing}" for one in every(held(vendor, Published(of)))]


def unread(vendor: Vendor, scopes: Mapping[Ref, Scope]) -> set[str]:
    """Facts of a vendor file that no row of an account has, as "<kind>.<fact>": an expression that reads nothing."""
    had: dict[Kind, set[str]] = {}
    for ref, scope in scopes.items():
        for resource in scope.resources:
            had.setdefault(ref.kind, set()).update(resource.facts)
    views = [view for listing in vendor.listings for view in listing.views]
    return {f"{view.kind}.{name}" for view in views for name in view.compared if name not in had.get(view.kind, set())}
