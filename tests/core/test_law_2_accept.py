"""Law 2: accepting all changes yields silence; accepting some leaves exactly the rest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.accept import Edit, amend, edits
from monitor.core.compare import compare
from monitor.core.model import Action, Body, Change

from .shapes import LEAD, body, pairs, pure


def told(changes: Iterable[Change], renamed: dict[str, str], orders: dict[tuple[str, str], set[str]]) -> set[str]:
    """Changes without positions; an order is looked at only for the items that both lists had at first."""
    out = set()
    for c in changes:
        key = renamed.get(c.key, c.key)
        before, after = c.before, c.after
        if c.action is Action.REORDERED:
            both = orders[key, c.fact]
            before, after = [i for i in before if i in both], [i for i in after if i in both]
        out.add(pure([key, c.fact, c.item, str(c.action), before, after]))
    return out


@given(pairs())
def test_accepting_all_yields_silence(both: tuple[Body, Body]) -> None:
    before, after = both
    changes = compare(before, after, None)
    amended = amend(before, edits(before, after, changes))
    assert compare(amended.body, after, None) == ()
    assert not amended.conflicted
    assert not amended.already


@given(pairs(), st.data())
def test_accepting_some_leaves_exactly_the_rest(both: tuple[Body, Body], data: st.DataObject) -> None:
    before, after = both
    changes = compare(before, after, None)
    chosen = [change for change in changes if data.draw(st.booleans())]
    amended = amend(before, edits(before, after, chosen))
    renamed = {c.key: c.after for c in chosen if c.action is Action.RENAMED}
    orders = {(renamed.get(c.key, c.key), c.fact): set(c.before) for c in changes if c.action is Action.REORDERED}
    rest = [change for change in changes if change not in chosen]
    assert told(compare(amended.body, after, None), {}, orders) == told(rest, renamed, orders)


@given(pairs(), st.data())
def test_making_the_same_edits_again_finds_them_made(both: tuple[Body, Body], data: st.DataObject) -> None:
    before, after = both
    chosen = [change for change in compare(before, after, None) if data.draw(st.booleans())]
    wanted = edits(before, after, chosen)
    once = amend(before, wanted)
    again = amend(once.body, wanted)
    assert again.body == once.body
    assert not again.done
    assert not again.conflicted


def edit(**parts: Any) -> Edit:
    return Edit(**{"ref": LEAD, "key": "a", "fact": "label", "before": "x", "after": "y", **parts})


def test_an_edit_never_overwrites_what_somebody_else_approved() -> None:
    moved = body({"a": {"label": "other"}})
    assert amend(moved, [edit()]).conflicted == (edit(),)
    assert amend(moved, [edit()]).body == moved


def test_an_edit_of_a_row_that_is_gone_is_a_conflict() -> None:
    assert amend(body({}), [edit()]).conflicted == (edit(),)


def test_a_rename_onto_a_key_that_is_taken_is_a_conflict() -> None:
    rename = edit(fact="", before=None, after=None, rename_to="b")
    assert amend(body({"a": {}, "b": {}}), [rename]).conflicted == (rename,)
    assert amend(body({}), [rename]).conflicted == (rename,)


def test_accepting_an_order_and_an_attribute_leaves_what_was_not_chosen_in_its_place() -> None:
    before = body({"a": {"options": [{"value": "z"}, {"value": "x", "label": "X"}, {"value": "y", "active": True}]}})
    after = body({"a": {"options": [{"value": "y"}, {"value": "x", "label": "W"}]}})
    chosen = [c for c in compare(before, after, None) if c.action is Action.REORDERED or "." in c.fact]
    (one,) = edits(before, after, chosen)
    assert one.after == [{"value": "z"}, {"value": "y"}, {"value": "x", "label": "W"}]


def test_accepting_that_a_list_is_empty_takes_the_fact_away() -> None:
    before, after = body({"a": {"references": ["x"], "label": "l"}}), body({"a": {"label": "l"}})
    amended = amend(before, edits(before, after, compare(before, after, None)))
    assert amended.body == after


def test_accepting_one_option_writes_the_list_with_that_option_alone() -> None:
    before = body({"a": {"options": [{"value": "x"}, {"value": "y"}]}})
    after = body({"a": {"options": [{"value": "n"}, {"value": "x"}, {"value": "m"}]}})
    chosen = [c for c in compare(before, after, None) if c.item == "n"]
    (one,) = edits(before, after, chosen)
    assert one.after == [{"value": "n"}, {"value": "x"}, {"value": "y"}]
