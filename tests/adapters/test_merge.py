"""Two sides of one baseline file: nothing of theirs is ever lost, and of ours only what they changed as well."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from monitor.adapters.merge import Merged, merge
from monitor.core.body import decode
from probes.kit.contract import Kind, Ref

from .repositories import raw

ROWS = st.dictionaries(
    st.sampled_from(["A", "B", "C"]), st.dictionaries(st.sampled_from(["label", "length"]), st.integers(0, 2))
)


def content(rows: dict[str, dict[str, Any]]) -> bytes:
    return raw(**rows)


def cells(rows: dict[str, dict[str, Any]]) -> dict[tuple[str, str], Any]:
    """Every fact, and under "" that the row is there."""
    return {(key, name): value for key, row in rows.items() for name, value in {"": 1, **row}.items()}


@given(base=ROWS, ours=ROWS, theirs=ROWS)
def test_a_fact_that_one_side_changed_is_as_that_side_has_it(
    base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    merged = merge(content(base), content(ours), content(theirs))
    assert merged.content is not None
    result = {key: dict(row.facts) for key, row in decode(merged.content).rows.items()}
    old, here, there, made = cells(base), cells(ours), cells(theirs), cells(result)
    lost = {tuple((*what.split(), "")[:2]) for what in merged.lost}
    whole = {key for key, name in lost if not name}
    for cell in old.keys() | here.keys() | there.keys():
        if there.get(cell) != old.get(cell):
            expected = there.get(cell)
            assert made.get(cell) == expected, cell
            if here.get(cell) not in (old.get(cell), expected):
                assert cell in lost or cell[0] in whole, cell
        elif cell[0] not in whole:
            assert made.get(cell) == here.get(cell), cell


@given(base=ROWS, side=ROWS)
def test_one_side_alone_is_taken_as_it_is(base: dict[str, Any], side: dict[str, Any]) -> None:
    for ours, theirs in ((side, base), (base, side), (side, side)):
        assert merge(content(base), content(ours), content(theirs)) == Merged(content(side))


def test_files_that_came_or_went_on_one_side() -> None:
    one, two = content({"A": {"label": 1}}), content({"A": {"label": 2}})
    assert merge(None, one, None) == Merged(one)
    assert merge(None, None, one) == Merged(one)
    assert merge(one, None, one) == Merged(None)
    assert merge(one, None, two) == Merged(two, ("",))
    assert merge(one, two, None) == Merged(None, ("",))
    assert merge(None, one, two) == Merged(two, ("A label",))


def test_what_is_no_baseline_file_is_theirs_as_a_whole() -> None:
    one, other = content({}), raw(Ref(Kind.FIELD, "Other"))
    assert merge(b"a", b"b", b"c") == Merged(b"c", ("",))
    assert merge(one, b"b", other) == Merged(other, ("",))
    assert merge(one, content({"A": {"label": 1}}), other) == Merged(other, ("",))
