"""Proposes what to watch: `review` for what is used, `record` for the rest, `off` for what nobody decides on.

Used is what flows and definitions name and what an integration user may write. The proposal is a short list of rules,
first match wins, so that objects made later fall under one too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Final

import msgspec

from monitor.config.models import Level
from monitor.core.graph import Definition, Flow
from probes.kit.contract import Kind, Scope
from probes.kit.listing import Vendor

from .cost import per_object
from .proof import Parent, Proof

_INTEGRATION: Final = re.compile(r"integration|connector|(?<![a-z])(api|sync|etl)(?![a-z])", re.I)
FEW: Final = 100  # custom objects that are reviewed, each by a rule of its own, while nothing says what is used
_MANY: Final = 3  # kinds that share a pattern, from which on one rule says it for all
_WRITES: Final = ("create", "update")


class Object(msgspec.Struct, frozen=True, kw_only=True):
    """One thing with fields. `fields`: how many (None: not read), `own`: those that the account made; `cost`: requests
    a day that it adds; `why`: what speaks for the level."""

    name: str
    label: str
    custom: bool
    fields: int | None
    own: int | None
    cost: float
    level: Level
    why: str


class Rule(msgspec.Struct, frozen=True):
    """One entry of an integration's `watch`."""

    kind: str
    scope: str
    level: Level
    why: str


class Proposed(msgspec.Struct, frozen=True):
    objects: tuple[Object, ...]
    rules: tuple[Rule, ...]

    def level(self, kind: Kind, scope: str) -> Level:
        """As the configuration will take it."""
        for rule in self.rules:
            if rule.kind in ("*", kind) and fnmatchcase(scope, rule.scope):
                return rule.level
        return "review"

    def wants(self, kind: Kind, scope: str) -> bool:
        return self.level(kind, scope) != "off"


def quiet(vendor: Vendor, kind: Kind, scope: str) -> str:
    """Why the vendor file holds a scope for nobody's business; "" when it does not."""
    return next((why for of, pattern, why in vendor.quiet if of is kind and fnmatchcase(scope, pattern)), "")


def named(integration: str, flows: Iterable[Flow], definitions: Iterable[Definition]) -> dict[str, str]:
    """Scope -> which flows and definitions name it."""
    found: dict[str, list[str]] = {}
    for flow in flows:
        for end in (flow.source, flow.target):
            if end.integration == integration:
                found.setdefault(end.scope, []).append(f"flow {flow.id}")
    for definition in definitions:
        for kept in definition.kept:
            if kept.integration == integration:
                found.setdefault(kept.scope, []).append(f"definition {definition.name}")
    return {scope: ", ".join(dict.fromkeys(said)) for scope, said in found.items()}


def propose(
    vendor: Vendor, proof: Proof, integration: str, every: float, flows: Sequence[Flow],
    definitions: Sequence[Definition],
) -> Proposed:  # fmt: skip
    """What to watch of an account that was proven."""
    used = named(integration, flows, definitions)
    for name, holders in _written(proof, _machines(proof, integration, flows)).items():
        said = f"{', '.join(holders[:2])}{' …' if len(holders) > 2 else ''} may write it"
        used[name] = f"{used[name]}; {said}" if name in used else said
    found = list(_objects(vendor, proof, every))
    blank = not any(name in used for name, *_ in found) and sum(custom for _, _, custom, _ in found) <= FEW
    objects = []
    for name, label, custom, per_day in found:
        total, own = proof.fields.get(name, (None, None))
        why, level = used.get(name, ""), "review"
        if not why:
            level, why = _unused(vendor, name, custom, own, blank)
        objects.append(
            Object(name=name, label=label, custom=custom, fields=total, own=own,
                   cost=0.0 if level == "off" else per_day, level=level, why=why)  # type: ignore[arg-type]
        )  # fmt: skip
    objects.sort(key=lambda one: (("review", "record", "off").index(one.level), one.name))
    return Proposed(tuple(objects), tuple(_rules(vendor, objects)))


def _unused(vendor: Vendor, name: str, custom: bool, own: int | None, blank: bool) -> tuple[Level, str]:
    """The level of an object that nothing is known to use. `blank`: of no object of this account is any use
    known, and those of its own are few enough to review each."""
    if why := quiet(vendor, Kind.FIELD, name):
        return "off", why
    if custom:
        return ("review", "custom, and nothing says yet what is used") if blank else ("record", "no known use")
    if own:
        return "review", f"{own} field{'s' if own != 1 else ''} of your own on a standard object"
    return "record", "as the vendor ships it"


def _rules(vendor: Vendor, objects: Sequence[Object]) -> Iterator[Rule]:
    """Reviewed objects by name, then what is off by pattern, then everything else on record."""
    for one in objects:
        if one.level == "review":
            name = exactly(one.name)
            yield Rule("*", name, "review", one.why)
            yield Rule("*", f"{name}.*", "review", "")
    patterns: dict[str, list[tuple[Kind, str]]] = {}
    for kind, pattern, why in vendor.quiet:
        patterns.setdefault(pattern, []).append((kind, why))
    for pattern, of in patterns.items():
        if len(of) >= _MANY:
            yield Rule("*", pattern, "off", of[0][1])
        else:
            yield from (Rule(str(kind), pattern, "off", why) for kind, why in of)
    if any(one.level == "record" for one in objects):
        yield Rule("field", "*", "record", "no known use: kept in the timeline, approved daily")
        yield from (Rule(kind, "*.*", "record", "") for kind in ("schema", "automation"))


def exactly(name: str) -> str:
    """A pattern that matches this name alone."""
    return re.sub(r"([*?\[])", r"[\1]", name)


def _objects(vendor: Vendor, proof: Proof, every: float) -> Iterator[tuple[str, str, bool, float]]:
    """(name, label, custom, what it takes a day) of everything with fields, read or not."""
    seen: set[str] = set()
    for listing in vendor.listings:
        if listing.kind is not Kind.FIELD or "type" not in listing.facts or not listing.for_each:
            continue
        per_day = per_object(vendor, listing.for_each, proof, every)
        for parent in proof.families.get(listing.name, ()):
            name = listing.ref(listing, parent, {}).name
            if name not in seen:
                seen.add(name)
                yield name, str(parent.get("label") or ""), _custom(parent, listing.for_each), per_day
    for name in sorted(proof.fields.keys() - seen):
        yield name, "", True, 0.0


def _custom(parent: Parent, source: str) -> bool:
    """Objects of a configured list are the vendor's own; of others the vendor says so, or has no objects itself."""
    return not source.startswith("options.") and parent.get("custom", not parent.get("vendor_defined")) is True


def _machines(proof: Proof, integration: str, flows: Sequence[Flow]) -> dict[str, None]:
    """Names of what integration users hold: permission sets, profiles, policies."""
    found = {flow.writer: None for flow in flows if flow.writer and flow.target.integration == integration}
    rows = [(scope, row) for scope in proof.scopes if scope.ref.kind is Kind.PERMISSION for row in scope.resources]
    people: set[str] = set(found)
    for _scope, row in rows:
        profile = str(row.facts.get("profile") or "")
        told = f"{row.key} {row.facts.get('label') or ''}"
        if profile and (_INTEGRATION.search(profile) or _INTEGRATION.search(row.key)):
            people.add(row.key)
            found[f"profile:{profile}"] = None
        elif "/" not in row.key and (row.facts.get("api_only") is True or _INTEGRATION.search(told)):
            found[row.key] = None
    for _scope, row in rows:  # assignments are keyed "<person>/<what they hold>"
        person, slash, held = row.key.partition("/")
        if slash and person in people:
            found[held] = None
    return found


def _written(proof: Proof, machines: Iterable[str]) -> dict[str, list[str]]:
    """Object -> the holders among `machines` that may create or edit its records."""
    wanted = frozenset(machines)
    found: dict[str, list[str]] = {}
    for scope in proof.scopes:
        if scope.ref.kind is Kind.PERMISSION:
            for holder, name in _writers(scope):
                if holder in wanted and holder not in found.setdefault(name, []):
                    found[name].append(holder)
    return {name: holders for name, holders in found.items() if holders}


def _writers(scope: Scope) -> Iterator[tuple[str, str]]:
    """Rights over objects: a scope that hangs on one, with create and edit as facts, or rows keyed
    "<holder>/<object>/<create or update>"."""
    for row in scope.resources:
        if scope.parent is not None:
            if "create" in scope.facts and (row.facts.get("create") is True or row.facts.get("edit") is True):
                yield row.key, scope.parent.key
        elif row.key.count("/") == 2:
            holder, name, action = row.key.split("/")
            if action in _WRITES:
                yield holder, name


def rights(vendor: Vendor) -> frozenset[str]:
    """Listings that must be read whole for a proposal: fields, and rights over objects."""
    return frozenset(
        listing.name
        for listing in vendor.listings
        if listing.for_each
        and (
            (listing.kind is Kind.FIELD and "type" in listing.facts)
            or (listing.kind is Kind.PERMISSION and "create" in listing.facts)
        )
    )
