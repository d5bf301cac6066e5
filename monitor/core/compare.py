"""Two contents of a scope, and every way in which they differ. Pure.

Only what both cover is compared, attributes of lists too: what a release newly reads is a proposal, never drift.
Scalars and opaque JSON are compared by their canonical bytes; for sets and keyed maps that differ, DeepDiff walks two
dicts keyed by item, so that an item's place in a list never makes a difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from probes.kit.contract import Ref, canonical
from probes.kit.facts import LEVELS, RESOURCE, TYPE_WIDENS, Fact, Form, Narrower, fact

from . import wire
from .covering import common
from .model import Action, Body, Change
from .row import Row

Items = dict[str, Any]


def compare(before: Body, after: Body, keys: frozenset[str] | None) -> tuple[Change, ...]:
    """Changes that turn `before` into `after`, sorted.

    `keys` None: `after` is complete, so a key that it lacks is removed. Else only those keys were read: nothing is
    removed, and nothing is said of other keys.
    """
    before, after = common(before, after)
    shared = frozenset(before.facts) & frozenset(after.facts)
    old, new = before.rows, after.rows
    seen = new.keys() if keys is None else new.keys() & keys
    gone = old.keys() - new.keys() if keys is None else frozenset[str]()
    come = seen - old.keys()
    renamed = _renames({k: old[k] for k in gone}, {k: new[k] for k in come})
    out: list[Change] = []
    for key in gone - renamed.keys():
        out.append(Change(before.ref, key, RESOURCE, "", Action.REMOVED, content(old[key], shared), None))
    for key in come - set(renamed.values()):
        out.append(Change(before.ref, key, RESOURCE, "", Action.ADDED, None, content(new[key], shared)))
    for key, name in renamed.items():
        out.append(Change(before.ref, key, RESOURCE, "", Action.RENAMED, key, name))
        out += _row(before.ref, key, old[key], new[name], shared)
    # Most rows of a large scope are the very ones that were read before.
    for key in [key for key in seen & old.keys() if old[key] is not new[key]]:
        out += _row(before.ref, key, old[key], new[key], shared)
    return tuple(sorted(out, key=lambda c: (c.ref, c.key, c.fact, c.item, c.action)))


def content(row: Row, facts: frozenset[str]) -> dict[str, Any]:
    """A row as a Change carries it: its covered facts, and the vendor's id where there is one."""
    kept = {name: value for name, value in sorted(row.facts.items()) if name in facts}
    return {"@id": row.id, **kept} if row.id else kept


def _renames(gone: Mapping[str, Row], come: Mapping[str, Row]) -> dict[str, str]:
    """Old key -> new key where a vendor id left under one key and came under another; never a guess among several."""
    left, right = _by_id(gone), _by_id(come)
    return {left[i][0]: right[i][0] for i in left.keys() & right.keys() if len(left[i]) == len(right[i]) == 1}


def _by_id(rows: Mapping[str, Row]) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for key, row in rows.items():
        if row.id:
            out.setdefault(row.id, []).append(key)
    return out


def _row(ref: Ref, key: str, before: Row, after: Row, shared: frozenset[str]) -> Iterator[Change]:
    if before.facts == after.facts and canonical(before.facts) == canonical(after.facts):
        return
    for name in sorted((before.facts.keys() | after.facts.keys()) & shared):
        a, b = before.facts.get(name), after.facts.get(name)
        if canonical(a) != canonical(b):
            yield from _fact(ref, key, fact(ref.kind, name), a, b)


def _fact(ref: Ref, key: str, entry: Fact, before: Any, after: Any) -> Iterator[Change]:
    whole = entry.narrower is Narrower.GIVEN and (before is None or after is None)
    if entry.form in (Form.SET, Form.MAP) and not whole:
        old, new = items(entry, before), items(entry, after)
        if old is not None and new is not None and _alike(entry, old, new):
            yield from _items(ref, key, entry, old, new)
            return
    yield Change(ref, key, entry.name, "", direction(entry, before, after), before, after)


def items(entry: Fact, value: Any) -> Items | None:
    """A set or map as a dict keyed by item, in its order; None where it is not of that form, so that it is compared
    as a whole. An attribute that is null is the same as one that is not there."""
    if value is None:
        return {}
    if not isinstance(value, list) or not value:
        return None
    out: Items = {}
    for one in value:
        if entry.form is Form.SET:
            out[one if isinstance(one, str) else canonical(one).decode()] = one
        elif isinstance(one, dict) and isinstance(one.get(entry.item_key), str):
            if one.keys() - entry.attrs.keys() - {entry.item_key}:
                return None
            out[one[entry.item_key]] = {k: v for k, v in one.items() if v is not None}
        else:
            return None
    return out if len(out) == len(value) else None


def _alike(entry: Fact, old: Items, new: Items) -> bool:
    """Whether one name means one value on both sides: the text "1" and the number 1 share a name in a set."""
    return entry.form is Form.MAP or all(type(old[i]) is type(new[i]) for i in old.keys() & new.keys())


def _items(ref: Ref, key: str, entry: Fact, old: Items, new: Items) -> Iterator[Change]:
    places = {item: n for n, item in enumerate(new)}
    ordered = entry.form is Form.MAP
    for item, attr in sorted(_differences(old, new)):
        if attr:
            part = fact(ref.kind, f"{entry.name}.{attr}")
            a, b = old[item].get(attr), new[item].get(attr)
            yield Change(ref, key, part.name, item, direction(part, a, b), a, b)
        elif item in old:
            yield Change(ref, key, entry.name, item, Action.REMOVED, old[item], None)
        else:
            at = places[item] if ordered else None
            yield Change(ref, key, entry.name, item, Action.ADDED, None, new[item], at)
    before, after = [i for i in old if i in new], [i for i in new if i in old]
    if ordered and before != after:
        yield Change(ref, key, entry.name, "", Action.REORDERED, before, after)


def _differences(old: Items, new: Items) -> set[tuple[str, str]]:
    """(item, attribute) of every difference; attribute "" for an item that came or went."""
    from deepdiff import DeepDiff  # here: a poll that finds no changed list never pays for the import

    # Keys with two underscores are data here, and a dict that shares few keys must not collapse into one change.
    tree = DeepDiff(old, new, view="tree", threshold_to_diff_deeper=0, ignore_private_variables=False)
    found: set[tuple[str, str]] = set()
    for levels in tree.values():
        for level in levels:
            path = level.path(output_format="list")
            found.add((path[0], path[1] if len(path) > 1 else ""))
    return found


def direction(entry: Fact, before: Any, after: Any) -> Action:
    """Whether a changed value admits less or more than before, where the facts table says how to tell."""
    match entry.narrower:
        case Narrower.ON:
            return _moved(-_truth(before), -_truth(after))
        case Narrower.OFF:
            return _moved(_truth(before), _truth(after))
        case Narrower.SMALLER:
            return _moved(_bound(before), _bound(after))
        case Narrower.LARGER:
            return _moved(-_floor(before), -_floor(after))
        case Narrower.GIVEN:
            return _moved(before is None, after is None)
        case Narrower.WIRE:
            if wire.fits(before, after):
                return Action.WIDENED
            return Action.NARROWED if wire.fits(after, before) else Action.CHANGED
        case Narrower.LEVEL:
            return _moved(_level(before), _level(after))
        case Narrower.TYPE:
            if after in _wider(before):
                return Action.WIDENED
            return Action.NARROWED if before in _wider(after) else Action.CHANGED
    return Action.CHANGED


def _moved(before: float, after: float) -> Action:
    if before == after:
        return Action.CHANGED
    return Action.NARROWED if after < before else Action.WIDENED


def _truth(value: Any) -> int:
    return 1 if value is True else 0


def _bound(value: Any) -> float:
    """An absent bound is the widest."""
    return value if isinstance(value, int | float) else float("inf")


def _floor(value: Any) -> float:
    """An absent lower bound is the widest."""
    return value if isinstance(value, int | float) else float("-inf")


def _level(value: Any) -> int:
    return LEVELS.index(value) if value in LEVELS else 0


def _wider(name: Any) -> frozenset[str]:
    """Every canonical type that all values of this one fit."""
    if not isinstance(name, str) or name not in TYPE_WIDENS:
        return frozenset()
    found: set[str] = set()
    todo = [name]
    while todo:
        new = TYPE_WIDENS[todo.pop()] - found
        found |= new
        todo += new
    return frozenset(found - {name})
