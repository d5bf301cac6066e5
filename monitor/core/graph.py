"""The workflow graph: which fields feed which, what a name means where, and what lies downstream of a finding. Pure.

Configuration builds these values (flows.yaml, rules.yaml); judge and cause read them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from probes.kit.contract import Kind

from .model import Address, Level, Reach, Source


class End(msgspec.Struct, frozen=True, order=True):
    """One end of a flow: `scope` is the field scope's name at the integration ("Lead", "contacts"). It is empty at a
    system that nobody monitors, where it is not known what there takes the values."""

    integration: str
    scope: str


class FieldMap(msgspec.Struct, frozen=True):
    """`source` feeds `target`, empty where it is not known. `values` maps source values to target values; empty: any
    value goes through. `left_out`: source values that are not carried on purpose; "*" is every value that `values` does
    not name."""

    source: str
    target: str
    values: Mapping[str, str] = {}
    left_out: tuple[str, ...] = ()


class Flow(msgspec.Struct, frozen=True):
    """Fields of one system feeding fields of another. `tier` 1 is what the business stops without.

    `writer` is who writes at the target, `reader` who reads at the source: the key of a user or permission set there,
    as its resources spell it. `creates`: whether it makes new records at the target.
    """

    id: str
    source: End
    target: End
    fields: tuple[FieldMap, ...] = ()
    owner: str = ""
    tier: int = 2
    purpose: str = ""
    writer: str = ""
    reader: str = ""
    creates: bool = True


class Kept(msgspec.Struct, frozen=True):
    """Where a system keeps a definition. `value` is the option that means it; empty: the whole field does, and then
    `values` maps canonical values to what they are called here, where that differs."""

    integration: str
    scope: str
    field: str
    value: str = ""
    values: Mapping[str, str] = {}


class Definition(msgspec.Struct, frozen=True):
    """A named meaning that several systems must share. `values` are its canonical values, where it has some."""

    name: str
    meaning: str = ""
    kept: tuple[Kept, ...] = ()
    values: tuple[str, ...] = ()


class Override(msgspec.Struct, frozen=True):
    """A person's own level for a rule. `rule` and `pattern` are fnmatch patterns; `pattern` is matched against
    integration/kind/scope/key/fact."""

    rule: str
    pattern: str
    level: Level
    reason: str


class Thing(NamedTuple):
    """What an address is about, as flows name it. `field` empty: the object as a whole."""

    integration: str
    object: str
    field: str = ""


_LAST = re.compile(r"^(?P<object>.+)\.(?P<part>[a-z][a-z0-9-]*)$")


def whole(scope: str) -> str:
    """The object of a scope "<object>.<part>"; empty for any other."""
    part = _LAST.match(scope)
    return part["object"] if part is not None else ""


def thing(address: Address) -> Thing | None:
    """The object or field that an address is about; None where flows cannot name it (a user, a role, the account).

    Scope names follow one spelling for all vendors: fields in a scope named like their object, all else of an object
    in "<object>.<part>", permission rows keyed "<holder>/<field>" or "<holder>/<object>/<action>". What is said of a
    flow stands in scopes "<integration>/<object>".
    """
    if address.source is Source.MAPPING:
        integration, _, named = address.scope.partition("/")
        if address.kind is Kind.PERMISSION:
            return Thing(integration, named, address.key.partition("/")[2])
        return Thing(integration, named, "" if address.kind is Kind.SCHEMA else address.key)
    if address.kind is Kind.FIELD:
        return Thing(address.subject, address.scope, address.key)
    part = _LAST.match(address.scope)
    if part is not None:
        named = part["object"]
        if part["part"] == "field-permissions" and "/" in address.key:
            return Thing(address.subject, named, address.key.rpartition("/")[2])
        return Thing(address.subject, named)
    if address.kind is Kind.SCHEMA:
        return Thing(address.subject, address.key)
    if address.kind is Kind.PERMISSION and address.key.count("/") == 2:
        return Thing(address.subject, address.key.split("/")[1])
    return None


def home(address: Address) -> str:
    """The integration at which something is to be looked at: of a flow, the end in question."""
    return address.scope.partition("/")[0] if address.source is Source.MAPPING else address.subject


def path(address: Address) -> str:
    """integration/kind/scope/key/fact, as patterns of people name it."""
    return "/".join((address.subject, address.kind, address.scope, address.key, address.fact)).rstrip("/")


def pattern_matches(pattern: str, path: str) -> bool:
    """Whether a pattern names a path or something above it; `*` stands for any text, nothing else is special."""
    expression = ".*".join(map(re.escape, pattern.rstrip("/").split("*")))
    return re.fullmatch(f"{expression}(/.*)?", path, re.DOTALL) is not None


class Edge(NamedTuple):
    """One mapped pair of fields of one flow."""

    flow: Flow
    map: FieldMap


def writes_into(flows: Sequence[Flow], at: Thing) -> tuple[Edge, ...]:
    """Edges that end at this field, or anywhere in this object."""
    end = End(at.integration, at.object)
    return tuple(Edge(f, m) for f in flows if f.target == end for m in f.fields if at.field in ("", m.target))


def reads_from(flows: Sequence[Flow], at: Thing) -> tuple[Edge, ...]:
    """Edges that start at this field, or anywhere in this object."""
    end = End(at.integration, at.object)
    return tuple(Edge(f, m) for f in flows if f.source == end for m in f.fields if at.field in ("", m.source))


def kept_at(definitions: Sequence[Definition], at: Thing) -> Iterator[tuple[Definition, Kept]]:
    for definition in definitions:
        for kept in definition.kept:
            if (kept.integration, kept.scope) == (at.integration, at.object) and at.field in ("", kept.field):
                yield definition, kept


def reach(flows: Sequence[Flow], definitions: Sequence[Definition], address: Address, after: Any) -> tuple[Reach, ...]:
    """All that lies downstream of an address, nearest first: its own writers, then flow after flow, then definitions.

    For one option (`address.item`) only the flows that carry this value count; `after` None means that it is gone.
    """
    start = thing(address)
    if start is None:
        return ()
    out: list[Reach] = []
    for flow, pair in writes_into(flows, start):
        if not address.item or not pair.values or address.item in pair.values.values():
            words = f"{flow.source.integration} writes {pair.source} into {pair.target}"
            out.append(Reach(flow.id, f"{flow.source.integration}/{flow.source.scope}/{pair.source}", words))
    seen: set[Thing] = {start}
    front: list[tuple[Thing, str]] = [(start, address.item)]
    kept: list[Reach] = []
    while front:
        at, value = front.pop(0)
        for definition, place in kept_at(definitions, at):
            if not value or place.value in ("", value):
                lost = bool(value) and after is None and at == start
                words = f"“{definition.name}” loses its value here" if lost else f"keeps “{definition.name}”"
                kept.append(Reach(definition.name, f"{place.integration}/{place.scope}/{place.field}", words))
        for flow, pair in reads_from(flows, at):
            if value and pair.values and value not in pair.values:
                continue
            to = Thing(flow.target.integration, flow.target.scope, pair.target)
            if not pair.target:  # what lies behind a field that nobody can name is not known either
                there = "/".join(filter(None, (to.integration, to.object)))
                out.append(Reach(flow.id, there, f"reads {pair.source} of {at.integration}"))
                continue
            if to in seen:
                continue
            seen.add(to)
            words = f"gets {pair.target} from {at.integration} {pair.source}"
            out.append(Reach(flow.id, "/".join(to), words))
            front.append((to, pair.values.get(value, value) if value else ""))
    return tuple(dict.fromkeys(out + kept))
