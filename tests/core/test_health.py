"""Syncs: two readings for worse and two for better, and one plain sentence for each way of being ill."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.health import DAY, Series, _Sync, evaluate, rhythm, settled
from monitor.core.model import Action, Claim
from probes.kit.contract import Kind, Ref, Sample

from .shapes import poll

KEY = ("runs", "nightly")


def claims(
    *samples: Sample | tuple[float, Sample], now: float | None = None, period: float | None = None
) -> list[Claim]:
    series = [one if isinstance(one, tuple) else (n * 300.0, one) for n, one in enumerate(samples)]
    found = evaluate(poll(), {KEY: series}, {KEY: period} if period else {}, series[-1][0] if now is None else now)
    assert found.covered.scopes == {Ref(Kind.SYNC, "runs"): None}
    return list(found.claims)


def said(found: list[Claim]) -> list[tuple[str, Action, Any]]:
    return [(one.address.fact, one.action, one.after) for one in found]


OK, BAD = Sample("ok"), Sample("failing")


def rows(failed: int, state: str = "ok") -> Sample:
    return Sample(state, rows_ok=100 - failed, rows_failed=failed)


@given(st.lists(st.integers(0, 2), max_size=12))
def test_a_grade_is_what_two_readings_in_a_row_agree_on(grades: list[int]) -> None:
    series: Series = [(n * 300.0, Sample("ok", rows_ok=grade)) for n, grade in enumerate(grades)]
    if not series:
        return
    found = settled(_Sync("crm", *KEY, series, series[-1][0]), lambda sample: sample.rows_ok)
    expected = 0
    for one, two in pairwise(grades):
        low, high = min(one, two), max(one, two)
        expected = low if expected < low else high if expected > high else expected
    assert found == expected


def test_one_failed_reading_says_nothing_and_the_second_does() -> None:
    assert claims(OK, BAD) == []
    (one,) = claims(OK, BAD, BAD)
    assert (one.address.fact, one.action, one.words) == ("state", Action.CHANGED, "nightly failed twice.")


def test_an_unchanged_sample_counts_as_read_again_after_a_while() -> None:
    assert claims((0.0, BAD), now=10) == []
    assert said(claims((0.0, BAD), now=60)) == [("state", Action.CHANGED, "failing")]


def test_three_failed_runs_are_breaking_and_one_good_reading_does_not_end_it() -> None:
    assert said(claims(OK, BAD, BAD, BAD)) == [("state", Action.NARROWED, "failing often")]
    assert said(claims(OK, BAD, BAD, BAD, OK)) == [("state", Action.CHANGED, "failing")]
    assert claims(OK, BAD, BAD, BAD, OK, OK) == []


def test_the_same_failed_run_read_three_times_is_one_failed_run() -> None:
    (one,) = claims(*[Sample("failing", failed_at=5.0)] * 3)
    assert (one.action, one.words) == (Action.CHANGED, "nightly failed in its newest run.")


def test_running_and_unknown_states_leave_it_as_it_was() -> None:
    assert said(claims(BAD, BAD, Sample("running"), Sample("unknown"), now=9_000)) == [
        ("state", Action.CHANGED, "failing")
    ]
    assert claims(OK, Sample("unknown"), Sample("unknown"), now=9_000) == []


@pytest.mark.parametrize(("state", "action"), [("paused", Action.CHANGED), ("disabled", Action.NARROWED)])
def test_a_sync_that_stands_still_is_said(state: str, action: Action) -> None:
    assert said(claims(Sample(state), Sample(state))) == [("state", action, state)]


@pytest.mark.parametrize(
    ("age", "found"),
    [
        (1.9, []),
        (2.1, [("freshness", Action.CHANGED, "two periods")]),
        (7, [("freshness", Action.NARROWED, "six periods")]),
    ],
)
def test_a_sync_is_stale_by_its_own_schedule(age: float, found: list[Any]) -> None:
    done = Sample("ok", succeeded_at=0.0)
    assert said(claims((0.0, done), now=age * 3600, period=3600.0)) == found
    assert claims((0.0, done), now=age * 3600) == []
    assert claims((0.0, OK), now=age * 3600, period=3600.0) == []


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(50.0, "50 s"), (119.0, "1 minute"), (3 * 3600.0, "3 hours"), (2.5 * DAY, "2 days")],
)
def test_ages_are_said_in_words(seconds: float, words: str) -> None:
    (one,) = claims((0.0, Sample("ok", succeeded_at=0.0)), now=seconds, period=1.0)
    assert one.words == f"nightly last succeeded {words} ago; it should run every 1 s."


def test_refused_rows_are_said_by_their_share() -> None:
    assert claims(rows(1), rows(1)) == []
    assert [action for _, action, _ in said(claims(rows(2), rows(5)))] == [Action.CHANGED]
    (one,) = claims(rows(34), rows(34))
    assert one.action is Action.NARROWED
    assert one.words.startswith("nightly: 34 rows were refused in the newest run, more than one in ten.")


def test_a_run_without_rows_says_nothing_of_rows() -> None:
    assert said(claims(rows(34), rows(34), Sample("ok", rows_ok=0, rows_failed=0), OK)) == [
        ("rows", Action.NARROWED, "more than one in ten")
    ]


def test_a_kind_of_error_that_was_never_there_is_said_for_a_day() -> None:
    odd = Sample("ok", errors=("FIELD_INTEGRITY", "OLD"))
    old = Sample("ok", errors=("OLD",))
    (one,) = claims(old, odd)
    assert (one.address.fact, one.address.item) == ("errors", "FIELD_INTEGRITY")
    assert claims(old, odd, now=2 * DAY) == []
    assert claims(old, odd, OK, OK) == []


def test_a_sync_that_is_gone_for_a_day_is_no_longer_said_to_be_ill() -> None:
    history = {("runs", "gone"): [(0.0, BAD), (60.0, BAD)], KEY: [(2 * DAY, OK)], ("other", "x"): []}
    assert evaluate(poll(), history, {}, 2 * DAY).claims == ()


def took(*seconds: float | None) -> list[Sample]:
    return [Sample("ok", duration=one) for one in seconds]


def test_a_run_that_takes_far_longer_than_usual_is_said_after_two_and_ends_after_two() -> None:
    usual = took(100, 110, 90, 100, 105, None, 95)
    assert claims(*usual, *took(900)) == []
    assert said(claims(*usual, *took(900, 950))) == [("duration", Action.CHANGED, "three times the median")]
    assert said(claims(*usual, *took(900, 950, 100))) == [("duration", Action.CHANGED, "three times the median")]
    assert claims(*usual, *took(900, 950, 100, 100)) == []


def test_what_is_usual_takes_six_runs_and_seconds_are_no_slowness() -> None:
    assert claims(*took(1, 1, 900, 900, 900)) == []
    assert claims(*took(1, 1, 1, 1, 1, 1, 9, 9)) == []


def waiting(*lags: float | None) -> list[Sample]:
    return [Sample("ok", lag=one) for one in lags]


def test_a_backlog_that_grows_and_doubles_is_said_and_ends_after_two_readings_without() -> None:
    assert claims(*waiting(60, 100, 130)) == []
    (one,) = claims(*waiting(60, 100, None, 130, 300))
    assert (one.address.fact, one.words) == (
        "backlog", "nightly falls behind: what waits grows from reading to reading and is 5 minutes old."
    )  # fmt: skip
    assert said(claims(*waiting(60, 100, 130, 300, 200))) == [("backlog", Action.CHANGED, "growing")]
    assert claims(*waiting(60, 100, 130, 300, 200, 150)) == []
    assert claims(*waiting(100, 101, 102, 103, 104)) == []


def runs(*ends: float) -> list[tuple[float, Sample]]:
    return [(end, Sample("ok", succeeded_at=end)) for end in ends]


def test_runs_with_a_beat_say_when_the_next_is_late_and_others_never_do() -> None:
    hourly = runs(*(n * 3600.0 for n in range(6)))
    assert rhythm(hourly) == 3600.0
    assert claims(*hourly, now=hourly[-1][0] + 2 * 3600) == []
    assert said(claims(*hourly, now=hourly[-1][0] + 2.1 * 3600)) == [("freshness", Action.CHANGED, "two periods")]
    assert claims(*hourly[:5], now=hourly[-1][0] + 9 * 3600) == []
    odd = runs(0.0, 3600.0, 7200.0, 90_000.0, 93_600.0, 97_200.0, 100_800.0)
    assert claims(*odd, now=200_000.0) == []
    assert said(claims(*odd, now=120_000.0, period=3600.0)) != []  # what the sync itself says goes first
