"""Strategies and short constructors for the tests of the core."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from hypothesis import strategies as st

from monitor.core.evaluate import Looked, Poll
from monitor.core.ledger import Ledger, Limits, apply, fold
from monitor.core.model import (
    Action,
    Address,
    Body,
    Change,
    Claim,
    Covered,
    Evaluation,
    Event,
    Level,
    Reason,
    Source,
    Urgency,
    Verdict,
)
from monitor.core.row import Row
from probes.kit.contract import COMPLETE, Coverage, Kind, Ref, State

LEAD = Ref(Kind.FIELD, "Lead")
OBJECTS = Ref(Kind.SCHEMA, "objects")
HEADER = ("label", "length", "lookup_filter", "options", "references", "required", "rules", "type", "x_own")
LIMITS = Limits()
PARTIAL = Coverage(State.PARTIAL, "Malformed: cut")

names = st.sampled_from(["a", "b", "c", "__d", "e'f", "g[0]"])
words = st.one_of(st.sampled_from(["x", "y", "1", "__z"]), st.text(min_size=1, max_size=4))
scalars = st.one_of(words, st.integers(-3, 3), st.booleans(), st.sampled_from([0.5, 1.0]))
json_values = st.recursive(
    scalars | st.none(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=2),
    max_leaves=4,
)


def lean(value: Any) -> bool:
    """What the kit hands on: null and empty facts are dropped before."""
    return value is not None and value not in ("", [], {})


def items(key: str, attrs: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[list[dict[str, Any]]]:
    one = st.fixed_dictionaries({key: names}, optional=dict(attrs))
    return st.lists(one, min_size=1, max_size=5, unique_by=lambda item: item[key])


facts = st.fixed_dictionaries(
    {},
    optional={
        "label": words,
        "length": st.integers(0, 3),
        "required": st.booleans(),
        "type": st.sampled_from(["text", "long_text", "option", "integer", "own"]),
        "references": st.lists(words | st.integers(0, 2), min_size=1, max_size=4, unique_by=json.dumps).map(
            lambda found: sorted(found, key=lambda one: (type(one).__name__, one))
        ),
        "options": items("value", {"label": words, "active": st.booleans(), "depends": json_values.filter(lean)}),
        "rules": items("rule", {"arguments": json_values.filter(lean)}),
        "lookup_filter": json_values.filter(lean),
        "x_own": json_values.filter(lean),
    },
)


@st.composite
def bodies(draw: st.DrawFn, ref: Ref = LEAD) -> Body:
    """A scope of fields; vendor ids are unique within it, and may be missing."""
    keys = draw(st.lists(names, unique=True, max_size=5))
    ids = draw(st.permutations(["", "", "1", "2", "3", "4"]))
    rows = {key: Row(draw(facts), ids[n]) for n, key in enumerate(keys)}
    return Body(ref=ref, read="fields/Lead", facts=HEADER, rows=rows)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Body, Body]:
    """Two contents of one scope: the second unlike the first, or the first with some rows moved, mixed and edited."""
    before, after = draw(bodies()), draw(bodies())
    if draw(st.integers(0, 3)) == 0:
        return before, after
    rows: dict[str, Row] = {}
    for key, row in before.rows.items():
        what = draw(st.sampled_from(["same", "mixed", "mixed", "renamed", "gone"]))
        if what == "gone":
            continue
        changed = dict(row.facts) if what == "same" else draw(mixed(row.facts))
        free = key if what != "renamed" else draw(names.filter(lambda name: name not in before.rows) | st.just(key))
        rows[key if free in rows else free] = Row(changed, row.id)
    new = {k: row for k, row in after.rows.items() if k not in rows and not row.id}
    return before, msgspec.structs.replace(before, rows={**rows, **new})


@st.composite
def mixed(draw: st.DrawFn, old: Mapping[str, Any]) -> dict[str, Any]:
    """Facts with other values here and there, and with lists that lost, won, and reordered items."""
    other = draw(facts)
    out: dict[str, Any] = {}
    for name in {**old, **other}:
        value = draw(st.sampled_from([old.get(name), other.get(name)]))
        if name in ("options", "rules") and name in old:
            named = "value" if name == "options" else "rule"
            kept = [one for one in draw(st.permutations(old[name])) if draw(st.integers(0, 4))]
            added = [one for one in other.get(name, []) if one[named] not in {kept_one[named] for kept_one in kept}]
            value = draw(st.permutations([*kept, *added[:2]])) or None
        if value is not None:
            out[name] = value
    return out


def pure(value: Any) -> str:
    """JSON text, in which 1, 1.0 and true are three things."""
    return json.dumps(value, sort_keys=True)


def body(rows: Mapping[str, Mapping[str, Any]], ref: Ref = LEAD, facts: Iterable[str] = HEADER) -> Body:
    return Body(ref=ref, read="r", facts=tuple(facts), rows={k: Row(v) for k, v in rows.items()})


def gone(key: str, ref: Ref = LEAD) -> Change:
    return Change(ref, key, "", "", Action.REMOVED, {"label": key}, None)


def set_to(key: str, after: Any, fact: str = "label", before: Any = "b", ref: Ref = LEAD) -> Change:
    return Change(ref, key, fact, "", Action.CHANGED, before, after)


def looked(*changes: Change, ref: Ref = LEAD, **more: Any) -> Looked:
    base: dict[str, Any] = {"coverage": COMPLETE, "keys": None, "known": 100}
    return Looked(ref=ref, changes=changes, **{**base, **more})


def poll(*scopes: Looked, reading: int = 1, at: float = 0.0, **more: Any) -> Poll:
    return Poll(subject="crm", reading=reading, at=at, looked=scopes, **more)


def address(key: str = "a", fact: str = "label", source: Source = Source.DRIFT, ref: Ref = LEAD) -> Address:
    return Address(source, "crm", ref.kind, ref.name, key, fact)


def verdict(level: Level = Level.WARNING, security: bool = False, owner: str = "team") -> Verdict:
    return Verdict("rule", level, Urgency.DIGEST, owner, (Reason("rule", "since", level),), security=security)


def claim(after: Any = "n", *, at: Address | None = None, level: Level | None = None, **more: Any) -> Claim:
    security = more.pop("security", False)
    judged = verdict(level or Level.WARNING, security) if level is not None or security else None
    return Claim(at or address(), more.pop("action", Action.CHANGED), "b", after, judged, **more)


def evaluation(*claims: Claim, reading: int = 1, at: float = 0.0, **more: Any) -> Evaluation:
    source = more.pop("source", Source.DRIFT)
    covered = more.pop("covered", Covered(whole=True))
    return Evaluation(source, "crm", reading, at, covered, claims, **more)


def step(ledger: Ledger, found: Evaluation, now: float, limits: Limits = LIMITS) -> tuple[Event, ...]:
    """Fold, and make it true."""
    events = fold(ledger, found, now, limits)
    for event in events:
        apply(ledger, event)
    return events


def state(ledger: Ledger) -> list[Any]:
    """All of a ledger that matters, as plain values."""
    return sorted((msgspec.to_builtins(f) for f in ledger.findings.values()), key=lambda f: f["id"])
