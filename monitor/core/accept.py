"""From chosen changes to edits of a baseline, and from edits to a new baseline. Pure.

An edit is a compare-and-set of one whole fact: it carries the value it expects and the value to write, so that a
baseline that moved meanwhile is never overwritten. Choosing some items of a list writes the list with those alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import groupby
from typing import Any

import msgspec

from probes.kit.contract import Ref, canonical
from probes.kit.facts import RESOURCE, Fact, Form, fact

from .compare import Items, content, items
from .covering import common
from .model import Action, Body, Change
from .row import Row


class Edit(msgspec.Struct, frozen=True):
    """One write into a baseline. `fact` empty: the whole resource, its facts in before and after (None: not there);
    with `rename_to`, the resource goes under that key and before and after are None. `id` is the vendor's."""

    ref: Ref
    key: str
    fact: str
    before: Any
    after: Any
    rename_to: str = ""
    id: str = ""


class Amended(msgspec.Struct, frozen=True):
    """A body after edits: which were made, which were so already, and which met another value and were left out."""

    body: Body
    done: tuple[Edit, ...]
    already: tuple[Edit, ...]
    conflicted: tuple[Edit, ...]


def edits(before: Body, after: Body, chosen: Collection[Change]) -> tuple[Edit, ...]:
    """What accepting the chosen changes writes. `chosen` comes from comparing these two bodies."""
    after = common(before, after)[1]
    shared = frozenset(before.facts) & frozenset(after.facts)
    names = {c.key: c.after for c in chosen if c.action is Action.RENAMED}
    there = {row.id: key for key, row in after.rows.items() if row.id}
    out: list[Edit] = []
    for (key, name), group in groupby(sorted(chosen, key=_place), key=_place):
        changes = list(group)
        if name == RESOURCE:
            out.append(_resource(before, after, changes[0], shared))
            continue
        old = before.rows[key]
        new = after.rows[names.get(key) or (key if key in after.rows else there[old.id])]
        value = _merged(fact(before.ref.kind, name), old.facts.get(name), new.facts.get(name), changes)
        out.append(Edit(before.ref, key, name, old.facts.get(name), value))
    return tuple(out)


def _place(change: Change) -> tuple[str, str]:
    """Key, and the fact as a row has it: `options` for `options.label`."""
    whole = change.fact if change.fact.startswith("x_") else change.fact.partition(".")[0]
    return change.key, whole


def _resource(before: Body, after: Body, change: Change, shared: frozenset[str]) -> Edit:
    if change.action is Action.RENAMED:
        return Edit(change.ref, change.key, RESOURCE, None, None, change.after, after.rows[change.after].id)
    if change.action is Action.REMOVED:
        row = before.rows[change.key]
        return Edit(change.ref, change.key, RESOURCE, dict(row.facts), None, "", row.id)
    row = after.rows[change.key]
    facts = content(Row(row.facts), shared)
    return Edit(change.ref, change.key, RESOURCE, None, facts, "", row.id)


def _merged(entry: Fact, before: Any, after: Any, chosen: list[Change]) -> Any:
    """The fact's value with the chosen item changes alone."""
    if any(not c.item and c.action is not Action.REORDERED for c in chosen):
        return after
    old, new = items(entry, before) or {}, items(entry, after) or {}
    value: Items = dict(old)
    order = list(new)
    for change in chosen:
        if change.action is Action.REORDERED:
            value = _ordered(value, [item for item in order if item in old])
    for change in chosen:
        if "." in change.fact:
            _set(value, change)
        elif change.action is Action.REMOVED:
            del value[change.item]
        elif change.action is Action.ADDED:
            value = _placed(value, change, order)
    if not value:
        return None
    if entry.form is Form.SET:
        return sorted(value.values(), key=lambda one: (type(one).__name__, one))
    return list(value.values())


def _set(value: Items, change: Change) -> None:
    attr = change.fact.partition(".")[2]
    kept = {k: v for k, v in value[change.item].items() if k != attr}
    value[change.item] = kept if change.after is None else {**kept, attr: change.after}


def _ordered(value: Items, order: list[str]) -> Items:
    """Items that both lists have, put into the new order; all others keep their places."""
    moved = iter(order)
    return {new: value[new] for new in (next(moved) if item in set(order) else item for item in value)}


def _placed(value: Items, change: Change, order: list[str]) -> Items:
    """A new item before the first one that follows it at the vendor: so what was not chosen stays just as different."""
    after = set(order[order.index(change.item) + 1 :])
    out: Items = {}
    for item, one in value.items():
        if item in after and change.item not in out:
            out[change.item] = change.after
        out[item] = one
    out.setdefault(change.item, change.after)
    return out


def amend(body: Body, edits: Iterable[Edit]) -> Amended:
    """Makes each edit whose expected value is there. Renames come last: other edits of a resource name its old key."""
    rows: dict[str, Row] = dict(body.rows)
    asked = sorted(edits, key=lambda e: bool(e.rename_to))
    moved = {e.key: e.rename_to for e in asked if e.rename_to}
    done: list[Edit] = []
    already: list[Edit] = []
    conflicted: list[Edit] = []
    for edit in asked:
        outcome = _amend(rows, edit, moved)
        (conflicted if outcome is None else done if outcome else already).append(edit)
    return Amended(msgspec.structs.replace(body, rows=rows), tuple(done), tuple(already), tuple(conflicted))


def _amend(rows: dict[str, Row], edit: Edit, moved: Mapping[str, str]) -> bool | None:
    """True: written. False: it is so already. None: neither the value expected nor the value wanted is there."""
    if edit.rename_to:
        if edit.key in rows and edit.rename_to not in rows:
            rows[edit.rename_to] = Row(rows.pop(edit.key).facts, edit.id)
            return True
        return False if edit.rename_to in rows and edit.key not in rows else None
    key = edit.key if edit.key in rows else moved.get(edit.key, edit.key)
    row = rows.get(key)
    if edit.fact == RESOURCE:
        there = None if row is None else dict(row.facts)
    elif row is None:
        return None
    else:
        there = row.facts.get(edit.fact)
    if canonical(there) == canonical(edit.after):
        return False
    if canonical(there) != canonical(edit.before):
        return None
    _write(rows, key, row, edit)
    return True


def _write(rows: dict[str, Row], key: str, row: Row | None, edit: Edit) -> None:
    if edit.fact == RESOURCE:
        if edit.after is None:
            del rows[key]
        else:
            rows[key] = Row(edit.after, edit.id)
        return
    facts = {k: v for k, v in row.facts.items() if k != edit.fact} if row is not None else {}
    if edit.after is not None:
        facts[edit.fact] = edit.after
    rows[key] = Row(facts, row.id if row is not None else "")
