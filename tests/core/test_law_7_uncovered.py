"""Law 7: what the baseline never covered is not drift but a proposal to capture."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.accept import amend, edits
from monitor.core.compare import compare
from monitor.core.covering import common, uncaptured, widen
from monitor.core.model import Body
from monitor.core.row import Row

from .shapes import HEADER, bodies, body, pairs

headers = st.frozensets(st.sampled_from(HEADER))


def covering(one: Body, facts: frozenset[str]) -> Body:
    rows = {k: Row({f: v for f, v in row.facts.items() if f in facts}, row.id) for k, row in one.rows.items()}
    return msgspec.structs.replace(one, facts=tuple(sorted(facts)), rows=rows)


@given(bodies(), headers, headers)
def test_a_release_that_reads_more_or_fewer_facts_makes_no_drift(
    one: Body, before: frozenset[str], now: frozenset[str]
) -> None:
    old, new = covering(one, before), covering(one, now)
    assert compare(old, new, None) == ()
    assert set(uncaptured(old, new)) == now - before


@given(bodies(), bodies(), headers, headers)
def test_no_change_speaks_of_a_fact_that_one_side_does_not_cover(
    one: Body, other: Body, before: frozenset[str], now: frozenset[str]
) -> None:
    shared = before & now
    for change in compare(covering(one, before), covering(other, now), None):
        whole = change.fact if change.fact.startswith("x_") else change.fact.partition(".")[0]
        resource = not whole and not isinstance(change.after, str)
        carried = {*(change.before or {}), *(change.after or {})} if resource else set()
        assert {whole} - {""} | carried - {"@id"} <= shared


@given(bodies(), bodies(), headers, headers)
def test_accepting_all_under_different_headers_yields_silence_and_keeps_the_header(
    one: Body, other: Body, before: frozenset[str], now: frozenset[str]
) -> None:
    old, new = covering(one, before), covering(other, now)
    amended = amend(old, edits(old, new, compare(old, new, None)))
    assert compare(amended.body, new, None) == ()
    assert amended.body.facts == old.facts
    assert all(set(row.facts) <= before for row in amended.body.rows.values())


ATTRS = ("label", "active", "depends")
attributes = st.frozensets(st.sampled_from(ATTRS))


def reading(one: Body, attrs: frozenset[str], says: bool = True) -> Body:
    """The same state as a release sees it that reads these attributes of options, and names them in the header."""
    rows = {
        key: Row({f: _with(v, attrs) if f == "options" else v for f, v in row.facts.items()}, row.id)
        for key, row in one.rows.items()
    }
    named = [f"options.{attr}" for attr in attrs] if says else []
    return msgspec.structs.replace(one, rows=rows, facts=tuple(sorted([*HEADER, *named])))


def _with(options: list[dict[str, object]], attrs: frozenset[str]) -> list[dict[str, object]]:
    return [{k: v for k, v in option.items() if k == "value" or k in attrs} for option in options]


@given(bodies(), attributes, attributes, st.booleans())
def test_a_release_that_reads_more_or_fewer_attributes_of_a_list_makes_no_drift(
    one: Body, before: frozenset[str], now: frozenset[str], says: bool
) -> None:
    old, new = reading(one, before, says), reading(one, now)
    if not before or not now:
        return  # a header that names no attribute: the next test
    assert compare(old, new, None) == ()
    assert compare(new, old, None) == ()


@given(bodies(), bodies(), attributes.filter(len), attributes.filter(len))
def test_accepting_all_under_other_attributes_yields_silence_now_and_after_widening(
    one: Body, other: Body, before: frozenset[str], now: frozenset[str]
) -> None:
    old, new = reading(one, before), reading(other, now)
    changes = compare(old, new, None)
    assert {c.fact.partition(".")[2] for c in changes if c.fact.startswith("options.")} <= before & now
    amended = amend(old, edits(old, new, changes)).body
    assert compare(amended, new, None) == ()
    assert set(uncaptured(amended, new)) == {f"options.{attr}" for attr in now - before}
    wider = widen(amended, new)
    assert (compare(wider, new, None), uncaptured(wider, new)) == ((), ())


@given(pairs(), attributes.filter(len))
def test_under_one_header_every_attribute_that_differs_is_said(pair: tuple[Body, Body], attrs: frozenset[str]) -> None:
    before, after = (reading(one, attrs) for one in pair)
    plain = [msgspec.structs.replace(one, facts=HEADER) for one in (before, after)]
    assert compare(before, after, None) == compare(plain[0], plain[1], None)
    assert common(before, after) == (before, after)


def with_options(*options: dict[str, object], says: tuple[str, ...] = ()) -> Body:
    header = tuple(sorted([*HEADER, *(f"options.{attr}" for attr in says)]))
    return msgspec.structs.replace(body({"a": {"options": list(options)}}), facts=header)


def test_an_attribute_that_the_header_names_is_compared_although_no_item_had_it() -> None:
    before = with_options({"value": "x", "label": "X"}, says=("label", "depends"))
    after = with_options({"value": "x", "label": "X", "depends": "g"}, says=("label", "depends"))
    (change,) = compare(before, after, None)
    assert (change.fact, change.before, change.after) == ("options.depends", None, "g")


def test_a_header_without_attributes_covers_those_that_its_items_have() -> None:
    before = with_options({"value": "x", "label": "X"})
    after = with_options({"value": "x", "label": "Y", "active": False}, {"value": "new", "active": True}, says=ATTRS)
    assert {(c.fact, c.item) for c in compare(before, after, None)} == {("options.label", "x"), ("options", "new")}
    (added,) = [c for c in compare(before, after, None) if not c.before]
    assert added.after == {"value": "new"}  # else approving it would say that the baseline covers more
    assert uncaptured(before, after) == ("options.active", "options.depends")
    wider = widen(before, after)
    assert {"options.label", "options.active", "options.depends"} <= set(wider.facts)
    assert wider.rows["a"].facts["options"] == [{"value": "x", "label": "X", "active": False}]


def test_a_header_without_attributes_and_without_items_is_no_ground_to_ask_for_a_capture() -> None:
    empty = msgspec.structs.replace(body({"a": {}, "gone": {}}), facts=HEADER)
    after = with_options({"value": "x", "label": "X"}, says=ATTRS)
    assert uncaptured(empty, after) == ()
    assert widen(empty, after) == empty
    assert [c.fact for c in compare(empty, after, frozenset({"a"}))] == ["options"]


def test_what_is_widened_leaves_other_rows_items_and_forms_alone() -> None:
    x, y = {"value": "x", "label": "X"}, {"value": "y", "label": "Y"}
    before = msgspec.structs.replace(
        body({"a": {"options": [x, y]}, "b": {"options": "text"}, "c": {}}), facts=(*HEADER, "options.label")
    )
    after = msgspec.structs.replace(
        body({"a": {"options": [{**x, "active": True}, y]}, "b": {"options": "text"}, "c": {}}),
        facts=(*HEADER, "options.active", "options.label"),
    )
    assert compare(before, after, None) == ()
    wider = widen(before, after)
    assert wider.rows["a"].facts["options"] == [{**x, "active": True}, y]
    assert (wider.rows["b"], wider.rows["c"]) == (before.rows["b"], before.rows["c"])
    few = msgspec.structs.replace(after, rows={"a": Row({"options": [{**y, "active": False}]})})
    assert widen(before, few).rows["a"].facts["options"] == [x, {**y, "active": False}]
    assert widen(before, few).rows["b"] == before.rows["b"]
