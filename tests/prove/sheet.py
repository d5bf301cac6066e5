"""The hand-made classification of every key of the real answers: what a change of it must lead to, or why to nothing.

`keys/*.yaml` hold it. Nothing here imports the monitor, and nothing in it was made from what the probes read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

KEYS: Final = Path(__file__).parent / "keys"
READER: Final = ("Driftline_Monitor", "Minimum Access - API Only Integrations", "driftline-monitor@example.com")
TYPES: Final = {"0-1": "contacts", "0-2": "companies", "0-3": "deals", "0-5": "tickets", "0-7": "products",
                "0-8": "line_items"}  # fmt: skip
Steps = tuple["str | int", ...]


class Spec(NamedTuple):
    """One kind of document. `keys`: path with [] for each list and * for names that are data -> what is expected."""

    vendor: str
    name: str
    address: re.Pattern[str]
    places: Mapping[str, str]
    keys: Mapping[str, Any]
    total: str  # where the answer counts its rows
    unwatched: re.Pattern[str]  # what the path names and nobody watches: any change there is silent


class At(NamedTuple):
    """One key in one document. `elements`: the list elements on the way, by the list's name."""

    path: str
    steps: Steps
    value: Any
    elements: Mapping[str, Any]
    wild: str = ""


def specs() -> tuple[Spec, ...]:
    out: list[Spec] = []
    for file in sorted(KEYS.glob("*.yaml")):
        data = yaml.safe_load(file.read_text())
        vendor, _, name = file.stem.partition("_")
        for title, one in data.get("documents", {name: data}).items():
            if any(spec.name == title and spec.vendor == vendor for spec in out):
                raise ValueError(f"{file.name}: {title} stands twice")
            out.append(
                Spec(
                    vendor,
                    title,
                    _pattern(one["path"]),
                    one.get("places", {}),
                    one["keys"],
                    one.get("total", ""),
                    re.compile(one.get("unwatched", "(?!)")),
                )
            )
    return tuple(out)


def _pattern(path: str) -> re.Pattern[str]:
    """`{name}` is a part of the path that is data, `*` any text."""
    parts = re.split(r"(\{\w+\}|\*)", path)
    made = [".*" if p == "*" else f"(?P<{p[1:-1]}>[^/?]+)" if p.startswith("{") else re.escape(p) for p in parts]
    return re.compile("".join(made), re.DOTALL)


def find(all_specs: tuple[Spec, ...], vendor: str, address: str) -> tuple[Spec, dict[str, str]] | None:
    """The spec of an address, and what it says in its path. A query ends in a space, so that a name ends too."""
    for spec in all_specs:
        if spec.vendor == vendor and (met := spec.address.fullmatch(address) or spec.address.fullmatch(f"{address} ")):
            return spec, met.groupdict()
    return None


def leaves(value: Any) -> Iterator[At]:
    """Every key of a document that holds no further key; of a list, also each of its elements."""
    yield from _walk(value, "", (), {"": value} if isinstance(value, dict) else {})


def _walk(value: Any, path: str, steps: Steps, elements: Mapping[str, Any]) -> Iterator[At]:
    if isinstance(value, dict) and value:
        for key, one in value.items():
            yield from _walk(one, f"{path}.{key}" if path else key, (*steps, key), elements)
    elif isinstance(value, list) and value:
        name = path.rpartition(".")[2].replace("[]", "")
        for number, one in enumerate(value):
            inner = {**elements, name: one}
            yield At(f"{path}[]", (*steps, number), one, inner)
            if isinstance(one, dict | list):
                yield from _walk(one, f"{path}[]", (*steps, number), inner)
    else:
        yield At(path, steps, value, elements)


def expected(spec: Spec, path: str) -> tuple[str, Any, str] | None:
    """(key of the spec, its entry, what * stood for); None for a key that nobody has classified."""
    if path in spec.keys:
        return path, spec.keys[path], ""
    best: tuple[str, Any, str] | None = None
    for key, entry in spec.keys.items():
        if "*" in key:
            made = "(.+)".join(re.escape(part) for part in key.split("*"))
            met = re.fullmatch(made.replace("(.+)", r"([^.\[\]]+)"), path)
            if met and (best is None or len(key) > len(best[0])):
                best = key, entry, met.group(1)
    return best


def unclassified(spec: Spec, document: Any) -> set[str]:
    """Keys of a document that no entry speaks of. An element of a list is spoken of by its keys."""
    out = set()
    for at in leaves(document):
        if expected(spec, at.path) is None and not any(
            k.startswith((f"{at.path}.", f"{at.path}[]")) for k in spec.keys
        ):
            out.add(at.path)
    return out


# -- names of things, as the naming table of the product spells them ---------------------------------------------------


def holder(row: Mapping[str, Any]) -> str:
    """A permission set by its name, a profile's own set by the profile's."""
    return f"profile:{row['Profile']['Name']}" if row["IsOwnedByProfile"] else str(row["Name"])


def granted(row: Mapping[str, Any]) -> str:
    group = row.get("PermissionSetGroup")
    return f"group:{group['DeveloperName']}" if group else str(row["PermissionSet"]["Name"])


def option(elements: Mapping[str, Any]) -> str:
    """An option by its value; of values that repeat (state codes of several countries), with the label."""
    values = [one["value"] for one in elements["fields"]["picklistValues"]]
    one = elements["picklistValues"]
    return f"{one['value']}/{one['label']}" if values.count(one["value"]) > 1 else str(one["value"])


_TOKEN: Final = re.compile(r"\{(person )?([\w.*]*)(?::(\w+))?\}")


def place(template: str, params: Mapping[str, str], at: At, person: Callable[[str], str]) -> tuple[str, str, str, str]:
    """(kind, scope, key, item) that a template names for one key of one document."""

    def said(met: re.Match[str]) -> str:
        _, name, how = met.groups()
        value: Any = at.wild if name == "*" else _value(name, params, at.elements)
        if how is not None:
            value = option(at.elements) if how == "option" else _NAMED[how](value)
        return person(str(value)) if met[1] else TYPES.get(str(value), str(value))

    kind, scope, key, item = (*(_TOKEN.sub(said, part) for part in template.split("|")), "")[:4]
    return kind, scope, key, item


_NAMED: Final[Mapping[str, Callable[[Any], str]]] = {
    "holder": holder,
    "granted": granted,
    "field": lambda row: str(row["Field"]).partition(".")[2],
    "counted": lambda row: str(row["pluralLabel"]) if row["objectTypeId"].startswith("2-") else row["objectTypeId"],
    "flow": lambda version: str(version).rpartition("-")[0],
}


def _value(name: str, params: Mapping[str, str], elements: Mapping[str, Any]) -> Any:
    first, _, rest = name.partition(".")
    if first in params:
        return params[first]
    value = elements[first]
    for part in filter(None, rest.split(".")):
        value = value[part]
    return value


def spared(condition: str | None, params: Mapping[str, str], at: At) -> bool:
    """Whether an entry does not hold here, by a condition that it names."""
    if condition is None:
        return False
    return _SPARED[condition](params, at)


def _reader(at: At) -> bool:
    """Whether one of the elements on the way names the reader; the document around them names everybody."""
    return any(name in str(one) for list, one in at.elements.items() if list for name in READER)


def _spoken(at: At) -> int:
    """How much is said of a field: a definition of which nothing is said is no row."""
    row = at.elements["records"]
    said = [row[name] for name in ("Description", "SecurityClassification", "ComplianceGroup", "BusinessOwnerId")]
    return sum(map(bool, (*said, row["IsFieldHistoryTracked"], row["BusinessStatus"] not in (None, "Active"))))


_SPARED: Final[Mapping[str, Callable[[Mapping[str, str], At], bool]]] = {
    # The reader's own sets and rights: their loss is graver, and lost sight; both have cases of their own.
    "reader": lambda _, at: _reader(at),
    "profile": lambda _, at: bool(at.elements["records"]["IsOwnedByProfile"]),
    "profile or reader": lambda _, at: bool(at.elements["records"]["IsOwnedByProfile"]) or _reader(at),
    "queue or user": lambda _, at: "email" not in at.elements["results"] or "userId" in at.elements["results"],
    "external": lambda _, at: bool(at.elements["results"]["externalOptions"]),
    # An update that names no object: it is handed the record that the flow starts on.
    "handed": lambda _, at: at.elements["recordUpdates"]["object"] is None,
    "unstarted": lambda _, at: at.elements[""]["Metadata"]["start"]["object"] is None,
    "unsaid": lambda _, at: not _spoken(at),
    "barely said": lambda _, at: _spoken(at) < 2,
    "has_options": lambda _, at: bool(at.elements["results"]["options"]),
    "label_is_key": lambda _, at: option(at.elements) != at.elements["picklistValues"]["value"],
}
