"""Law 0: applying the changes to the one gives exactly the other. Without it, the rest holds for a blind detector."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given

from monitor.core.compare import compare
from monitor.core.model import Action, Body, Change

from .shapes import pairs, pure

KEYED = {"options": "value", "rules": "rule"}
ORDER = [
    Action.REMOVED, Action.CHANGED, Action.NARROWED, Action.WIDENED, Action.REORDERED, Action.ADDED, Action.RENAMED
]  # fmt: skip


def independent_apply(rows: dict[str, dict[str, Any]], changes: tuple[Change, ...]) -> dict[str, dict[str, Any]]:
    """What a change means, said once more without any code of the core."""
    out = copy.deepcopy(rows)
    for c in sorted(changes, key=lambda c: (c.fact == "", ORDER.index(c.action), c.at or 0)):
        fact, _, attr = c.fact.partition(".")
        if not fact:
            if c.action is Action.RENAMED:
                out[c.after] = out.pop(c.key)
            else:
                out.pop(c.key, None)
                out |= {c.key: {k: v for k, v in c.after.items() if k != "@id"}} if c.after is not None else {}
        elif not c.item and c.action is not Action.REORDERED:
            out[c.key][fact] = c.after
        elif fact in KEYED:
            named = KEYED[fact]
            value = {item[named]: item for item in out[c.key].get(fact, [])}
            if attr:
                value[c.item][attr] = c.after
            elif c.action is Action.REORDERED:
                value = {name: value[name] for name in c.after}
            else:
                value.pop(c.item, None)
            entries = list(value.values())
            if c.action is Action.ADDED:
                entries.insert(c.at or 0, c.after)
            out[c.key][fact] = entries
        else:
            kept = [one for one in out[c.key].get(fact, []) if pure(one) != pure(c.before)]
            out[c.key][fact] = kept if c.after is None else [*kept, c.after]
    return out


def seen(rows: dict[str, dict[str, Any]]) -> str:
    """Rows as they are compared: no empty facts or attributes, sets without order."""
    out: dict[str, dict[str, Any]] = {}
    for key, facts in rows.items():
        out[key] = {}
        for name, value in facts.items():
            if name in KEYED:
                value = [{k: v for k, v in item.items() if v is not None} for item in value or []]
            elif name == "references":
                value = sorted(value or [], key=pure)
            if value is not None and value not in ("", [], {}):
                out[key][name] = value
    return pure(out)


def rows(body: Body) -> dict[str, dict[str, Any]]:
    return {key: dict(row.facts) for key, row in body.rows.items()}


@given(pairs())
def test_changes_applied_to_the_one_give_the_other(both: tuple[Body, Body]) -> None:
    before, after = both
    changes = compare(before, after, None)
    assert seen(independent_apply(rows(before), changes)) == seen(rows(after))


@given(pairs())
def test_unequal_facts_give_at_least_one_change(both: tuple[Body, Body]) -> None:
    before, after = both
    assert bool(compare(before, after, None)) == (seen(rows(before)) != seen(rows(after)))


@given(pairs())
def test_a_partial_reading_gives_the_same_changes_for_the_keys_it_brought(both: tuple[Body, Body]) -> None:
    before, after = both
    keys = frozenset(after.rows)
    partial = compare(before, after, keys)
    assert all(change.action not in (Action.REMOVED, Action.RENAMED) or change.fact for change in partial)
    patched = independent_apply(rows(before), partial)
    assert seen({key: patched[key] for key in keys}) == seen(rows(after))
    assert seen({k: v for k, v in patched.items() if k not in keys}) == seen(
        {k: v for k, v in rows(before).items() if k not in keys}
    )
