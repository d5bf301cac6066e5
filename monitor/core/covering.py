"""What a body covers, down to the attributes of its lists: what only one of two bodies read is never compared. Pure.

A header names facts, and of a keyed list the attributes that were read of each item ("options.label"). A header that
names none of a list's attributes was written by a release, or from a source, that did not say. Beside one that does,
it covers those that any of its items has, and all of them where it has no item yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from probes.kit.contract import Kind
from probes.kit.facts import FACTS, Fact, Form

from .model import Body
from .row import Row

Kept = Mapping[str, frozenset[str]]  # keyed list -> the attributes that count


def common(before: Body, after: Body) -> tuple[Body, Body]:
    """Both bodies without the attributes that only one of them covers; the very same bodies where there are none."""
    kept: dict[str, frozenset[str]] = {}
    for entry in _maps(before.ref.kind):
        if entry.name in before.facts and entry.name in after.facts:
            old, new = declared(before, entry), declared(after, entry)
            if old != new:
                one = old if old is not None else _found(before, entry)
                two = new if new is not None else _found(after, entry)
                kept[entry.name] = one & two
    return (_trimmed(before, kept), _trimmed(after, kept)) if kept else (before, after)


def uncaptured(before: Body, after: Body) -> tuple[str, ...]:
    """Facts, and attributes of lists, that `after` covers and the baseline never did: proposals to capture."""
    new = set(after.facts) - set(before.facts)
    for entry in _maps(before.ref.kind):
        if entry.name in before.facts and declared(before, entry) is None:
            new -= {f"{entry.name}.{attr}" for attr in _found(before, entry)}
    return tuple(sorted(new))


def widen(approved: Body, now: Body) -> Body:
    """`approved` with what only `now` covers, for the rows and items that both have."""
    new = uncaptured(approved, now)
    if not new:
        return approved
    header = {*approved.facts, *new}
    more: dict[str, list[str]] = {}
    for entry in _maps(approved.ref.kind):
        attrs = [name.partition(".")[2] for name in new if name.startswith(f"{entry.name}.")]
        if entry.name in approved.facts and attrs:
            more[entry.name] = attrs
            if declared(approved, entry) is None:
                header |= {f"{entry.name}.{attr}" for attr in _found(approved, entry)}
    rows = {
        key: Row(_wider(row.facts, now.rows[key].facts, new, more, approved.ref.kind), row.id)
        if key in now.rows
        else row
        for key, row in approved.rows.items()
    }
    return msgspec.structs.replace(approved, rows=rows, facts=tuple(sorted(header)))


def declared(body: Body, entry: Fact) -> frozenset[str] | None:
    """The attributes of a list that the header names; None where it names none."""
    names = frozenset(name.partition(".")[2] for name in body.facts if name.startswith(f"{entry.name}."))
    return names or None


def _found(body: Body, entry: Fact) -> frozenset[str]:
    items = [item for row in body.rows.values() for item in _items(row.facts.get(entry.name))]
    if not items:
        return frozenset(entry.attrs)
    return frozenset(
        name for item in items for name, value in item.items() if value is not None and name in entry.attrs
    )


def _maps(kind: Kind) -> list[Fact]:
    return [entry for entry in FACTS[kind].values() if entry.form is Form.MAP]


def _items(value: Any) -> list[dict[str, Any]]:
    """The items of a keyed list; none where it is in another form, which is compared as a whole."""
    return value if isinstance(value, list) and all(isinstance(one, dict) for one in value) else []


def _trimmed(body: Body, kept: Kept) -> Body:
    rows = {key: Row(_facts(row.facts, kept, body.ref.kind), row.id) for key, row in body.rows.items()}
    return msgspec.structs.replace(body, rows=rows)


def _facts(facts: Mapping[str, Any], kept: Kept, kind: Kind) -> dict[str, Any]:
    out = dict(facts)
    for name in kept.keys() & facts.keys():
        if items := _items(facts[name]):
            gone = FACTS[kind][name].attrs.keys() - kept[name]
            out[name] = [{k: v for k, v in item.items() if k not in gone} for item in items]
    return out


def _wider(
    before: Mapping[str, Any], now: Mapping[str, Any], new: tuple[str, ...], more: Mapping[str, list[str]], kind: Kind
) -> dict[str, Any]:
    out = {**before, **{name: now[name] for name in new if name in now}}
    for name, attrs in more.items():
        key = FACTS[kind][name].item_key
        there = {item.get(key): item for item in _items(now.get(name))}
        if items := _items(before.get(name)):
            out[name] = [
                {**item, **{a: there[item[key]][a] for a in attrs if a in there[item[key]]}}
                if item.get(key) in there
                else item
                for item in items
            ]
    return out
