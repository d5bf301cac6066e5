"""Law 7: what the baseline never covered is not drift but a proposal to capture."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.accept import amend, edits
from monitor.core.compare import compare, uncaptured
from monitor.core.model import Body, Row

from .shapes import HEADER, bodies

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
