"""Answers held against a discovery document, which is how Google publishes what its APIs answer: paths, keys, types,
and the words that a value may be."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def unlike(of: Mapping[str, Any], said: Iterable[tuple[str, Any]]) -> list[str]:
    """What answers by their path, such as those of a simulated account (`desks.Said.said`), have that the document `of`
    does not."""
    root = "/" + of["servicePath"].strip("/")
    methods = [(_pattern(root, method), method) for method in _methods(of)]
    found = []
    for path, body in said:
        fits = [method for pattern, method in methods if pattern.fullmatch(path)]
        if not fits:
            found.append(f"no path {path}")
            continue
        found += [f"{path}: {one}" for one in _unlike(of, fits[0].get("response", {}), body, "")]
    return found


def _methods(of: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Those that read first, where two have one path."""
    found = list(_inside(of))
    return iter(sorted(found, key=lambda method: method["httpMethod"] != "GET"))


def _inside(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from resource.get("methods", {}).values()
    for inner in resource.get("resources", {}).values():
        yield from _inside(inner)


def _pattern(root: str, method: Mapping[str, Any]) -> re.Pattern[str]:
    path = f"{root.rstrip('/')}/{method.get('flatPath') or method['path']}"
    parts = re.split(r"(\{[^}]+\})", path)
    return re.compile("".join("[^/:]+" if part.startswith("{") else re.escape(part) for part in parts))


def _unlike(of: Mapping[str, Any], schema: Mapping[str, Any], value: Any, where: str) -> Iterator[str]:
    if "$ref" in schema:
        schema = of["schemas"][schema["$ref"]]
    kind = schema.get("type", "any")
    if kind == "any" or value is None:
        return
    if kind == "object" and isinstance(value, dict):
        declared, free = schema.get("properties", {}), schema.get("additionalProperties")
        for name, inner in value.items():
            if name in declared or free:
                yield from _unlike(of, declared.get(name) or free, inner, f"{where}.{name}")
            else:
                yield f"{where}.{name} is not in the document"
    elif kind == "array" and isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _unlike(of, schema["items"], inner, f"{where}[{number}]")
    elif kind != _kind(value) and not (kind == "number" and _kind(value) == "integer"):
        yield f"{where} is {json.dumps(value)[:60]}, and the document has {kind}"
    elif value not in schema.get("enum", [value]):
        yield f"{where} is {value!r}, which is none of the document's words"


def _kind(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object", list: "array"}
    return names[type(value)]
