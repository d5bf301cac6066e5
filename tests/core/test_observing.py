"""Gaps in watching a system: where they begin and end, and why they were."""

from __future__ import annotations

import pytest

from monitor.core.observing import NOTHING, Gap, Stretch, allowed, gaps, stretches

QUARTER = 900.0


def test_readings_may_lie_half_an_interval_further_apart_than_they_should() -> None:
    assert allowed(QUARTER) == 1410.0


def test_a_gap_begins_when_the_next_look_was_due_and_ends_with_it() -> None:
    [gap] = gaps([(1000.0, 5000.0)], [], QUARTER, 0.0, 9000.0)
    assert gap == Gap(1900.0, 5000.0, NOTHING)
    assert gap.seconds == 3100.0


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [(2500.0, 4000.0, [(2500.0, 4000.0)]), (5000.0, 9000.0, []), (0.0, 1900.0, []), (0.0, 2000.0, [(1900.0, 2000.0)])],
)
def test_what_lies_outside_of_the_time_asked_for_is_cut_off(
    since: float, until: float, expected: list[tuple[float, float]]
) -> None:
    found = gaps([(1000.0, 5000.0)], [], QUARTER, since, until)
    assert [(gap.since, gap.until) for gap in found] == expected


@pytest.mark.parametrize(
    ("failed", "reason"),
    [
        ([(1000.0, "before"), (2000.0, "token refused"), (3000.0, "token refused"), (5001.0, "x")], "token refused"),
        ([(2000.0, "b"), (3000.0, "a"), (3500.0, "b"), (4000.0, "c"), (4500.0, "d")], "b; a; c"),
        ([(2000.0, "")], "readings failed and did not say why"),
        ([(900.0, "x")], NOTHING),
    ],
)  # fmt: skip
def test_a_gap_says_why_readings_in_it_failed(failed: list[tuple[float, str]], reason: str) -> None:
    assert [gap.reason for gap in gaps([(1000.0, 5000.0)], iter(failed), QUARTER, 0.0, 9000.0)] == [reason]


def test_each_gap_has_the_reasons_of_its_own() -> None:
    found = gaps([(0.0, 3000.0), (4000.0, 9000.0)], [(1000.0, "a"), (6000.0, "b")], QUARTER, 0.0, 9000.0)
    assert [(gap.since, gap.until, gap.reason) for gap in found] == [(900.0, 3000.0, "a"), (4900.0, 9000.0, "b")]


@pytest.mark.parametrize(
    ("readings", "found"),
    [
        ([], []),
        ([(10.0, False, "x")], []),
        ([(10.0, True, ""), (20.0, True, "")], [Stretch(10.0, 20.0, 20.0)]),
        ([(10.0, True, ""), (31.0, True, "")], [Stretch(10.0, 10.0, 10.0), Stretch(31.0, 31.0, 31.0)]),
        (
            [(10.0, True, ""), *((11.0 + n, False, why) for n, why in enumerate(["b", "", "a", "b", "c", "d"]))],
            [Stretch(10.0, 10.0, 16.0, ("b", "a", "c"))],
        ),
        ([(10.0, True, ""), (15.0, False, "b"), (20.0, True, "")], [Stretch(10.0, 20.0, 20.0)]),
    ],
)
def test_readings_that_follow_each_other_make_one_stretch(
    readings: list[tuple[float, bool, str]], found: list[Stretch]
) -> None:
    assert stretches(None, readings, 20.0) == found
    for cut in range(len(readings)):
        first = stretches(None, readings[:cut], 20.0)
        rest = stretches(first[-1] if first else None, readings[cut:], 20.0)
        assert {one.since: one for one in (*first, *rest)} == {one.since: one for one in found}, cut


def test_what_is_known_already_is_not_said_again() -> None:
    known = Stretch(10.0, 20.0, 25.0, ("x",))
    assert stretches(known, [], 20.0) == []
    assert stretches(known, [(30.0, False, "x")], 20.0) == [Stretch(10.0, 20.0, 30.0, ("x",))]
