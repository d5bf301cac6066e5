"""Syncs: two readings for worse and two for better, and one plain sentence for each way of being ill."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.health import DAY, Series, _Sync, evaluate, rhythm, settled
from monitor.core.model import Action, Claim
from monitor.core.naming import called
from monitor.core.runs import WEEK, Run, alike, run_of, windows
from probes.kit.contract import Kind, Ref, Sample

from .shapes import poll

KEY = ("runs", "nightly")


def claims(
    *samples: Sample | tuple[float, Sample],
    now: float | None = None,
    runs: Sequence[Run] = (),
    standing: Sequence[Claim] = (),
) -> list[Claim]:
    series = [one if isinstance(one, tuple) else (n * 300.0, one) for n, one in enumerate(samples)]
    known = {KEY: runs} if runs else {}
    found = evaluate(
        poll(standing=tuple(standing)), {KEY: series}, known, {"runs": None}, series[-1][0] if now is None else now
    )
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
    found = settled(_Sync("crm", *KEY, series, (), series[-1][0]), lambda _, sample: sample.rows_ok)
    expected = 0
    for one, two in pairwise(grades):
        low, high = min(one, two), max(one, two)
        expected = low if expected < low else high if expected > high else expected
    assert found == expected


def test_one_failed_reading_says_nothing_and_the_second_does() -> None:
    assert claims(OK, BAD) == []
    (one,) = claims(OK, BAD, BAD)
    assert (one.address.fact, one.action, one.words) == ("state", Action.CHANGED, "nightly failed twice.")


def test_a_reading_that_took_long_counts_once() -> None:
    assert claims((0.0, BAD), now=600) == []
    assert said(claims((0.0, BAD), (60.0, BAD))) == [("state", Action.CHANGED, "failing")]


def test_three_failed_runs_are_breaking_and_one_good_reading_does_not_end_it() -> None:
    assert said(claims(OK, BAD, BAD, BAD)) == [("state", Action.NARROWED, "failing often")]
    assert said(claims(OK, BAD, BAD, BAD, OK)) == [("state", Action.CHANGED, "failing")]
    assert claims(OK, BAD, BAD, BAD, OK, OK) == []


def test_the_same_failed_run_read_three_times_is_one_failed_run() -> None:
    (one,) = claims(*[Sample("failing", failed_at=5.0)] * 3, runs=[ran(5.0, ok=False)])
    assert (one.action, one.words) == (Action.CHANGED, "nightly failed in its newest run.")


def test_running_and_unknown_states_leave_it_as_it_was() -> None:
    assert said(claims(BAD, BAD, Sample("running"), Sample("unknown"), now=9_000)) == [
        ("state", Action.CHANGED, "failing")
    ]
    assert claims(OK, Sample("unknown"), Sample("unknown"), now=9_000) == []


@pytest.mark.parametrize(("state", "action"), [("paused", Action.CHANGED), ("disabled", Action.NARROWED)])
def test_a_sync_that_stands_still_is_said_unless_it_never_did_anything_else(state: str, action: Action) -> None:
    off = Sample(state)
    found = claims(OK, off, off)
    assert said(found) == [("state", action, state)]
    assert claims(off, off) == claims(off, Sample("unknown"), off, off) == []
    assert claims(off, off, standing=found) == found  # when it last ran is forgotten; that it was told is not
    assert claims(off, off, standing=claims(OK, BAD, BAD)) == []


def twice(now: float, sample: Sample) -> list[tuple[float, Sample]]:
    return [(now - 60.0, sample), (now, sample)]


@pytest.mark.parametrize(
    ("age", "found"),
    [
        (1.9, []),
        (2.1, [("freshness", Action.CHANGED, "two periods")]),
        (7, [("freshness", Action.NARROWED, "six periods")]),
    ],
)
def test_a_sync_is_stale_by_the_vendor_s_own_schedule(age: float, found: list[Any]) -> None:
    done = Sample("ok", succeeded_at=0.0, due_at=3600.0)
    assert said(claims(*twice(age * 3600, done))) == found
    assert claims((age * 3600, done)) == [], "one reading does not say so"
    assert claims(*twice(age * 3600, Sample("ok", succeeded_at=0.0))) == [], "without a schedule, nor a rhythm"
    assert claims(*twice(age * 3600, Sample("ok", due_at=3600.0))) == [], "it never ran"


def test_a_schedule_with_gaps_knows_when_a_run_is_due_and_a_run_makes_it_well_after_two_readings() -> None:
    friday = Sample("ok", succeeded_at=4 * DAY, due_at=7 * DAY)  # and not on the weekend
    weekdays = [(4 * DAY, Sample("ok", succeeded_at=3 * DAY, due_at=4 * DAY)), *twice(6.9 * DAY, friday)]
    assert claims(*weekdays) == []
    late = [*weekdays, *twice(8.1 * DAY, friday)]
    (one,) = claims(*late)
    assert one.words == (
        "nightly last succeeded 4 days ago; by the vendor's own schedule it should run every 1 day."
    )  # fmt: skip
    fine = Sample("ok", succeeded_at=8.2 * DAY, due_at=9 * DAY)
    assert said(claims(*late, (8.2 * DAY, fine))) == [("freshness", Action.CHANGED, "two periods")]
    assert claims(*late, (8.2 * DAY, fine), (8.3 * DAY, fine)) == []


def test_a_schedule_that_names_no_next_run_has_none_that_is_late() -> None:
    ended = Sample("ok", succeeded_at=3600.0)
    assert claims((0.0, Sample("ok", succeeded_at=0.0, due_at=3600.0)), *twice(9 * DAY, ended)) == []
    odd = Sample("ok", succeeded_at=7200.0, due_at=3600.0)  # the vendor contradicts itself
    assert claims(*twice(9 * DAY, odd)) == []


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(50.0, "50 s"), (119.0, "1 minute"), (3 * 3600.0, "3 hours"), (2.5 * DAY, "2 days")],
)
def test_ages_are_said_in_words(seconds: float, words: str) -> None:
    done = Sample("ok", succeeded_at=0.0, due_at=1.0)
    (one,) = claims((seconds - 1, done), (seconds, done))
    assert one.words == f"nightly last succeeded {words} ago; by the vendor's own schedule it should run every 1 s."


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
    known = [ran(0.0), ran(3600.0, errors=("FIELD_INTEGRITY",))]
    assert said(claims(odd, odd, runs=known)) == [("errors", Action.CHANGED, "FIELD_INTEGRITY")]
    assert claims(old, odd, runs=known[1:]) == [], "an earlier run had it"


def test_only_what_was_read_is_judged_and_the_rest_keeps_its_verdict() -> None:
    history = {KEY: [(0.0, BAD), (60.0, BAD)], ("runs", "daily"): [(0.0, BAD), (60.0, BAD)],
               ("other", "x"): [(0.0, BAD), (60.0, BAD)]}  # fmt: skip
    found = evaluate(poll(), history, {}, {"runs": frozenset({"nightly"})}, 60.0)
    assert [one.address.key for one in found.claims] == ["nightly"]
    assert found.covered.scopes == {Ref(Kind.SYNC, "runs"): frozenset({"nightly"})}
    assert evaluate(poll(), history, {}, {}, 9 * DAY).claims == ()


def test_a_sync_that_is_gone_for_a_day_is_no_longer_said_to_be_ill() -> None:
    history = {("runs", "gone"): [(0.0, BAD), (60.0, BAD)], KEY: [(2 * DAY, OK)], ("other", "x"): []}
    assert evaluate(poll(), history, {}, {"runs": None, "other": None}, 2 * DAY).claims == ()


def ran(ended: float, ok: bool = True, **more: Any) -> Run:
    return Run(ended=ended, ok=ok, **more)


def took(*seconds: float | None) -> list[Sample]:
    return [Sample("ok", duration=one) for one in seconds]


def test_a_run_that_takes_far_longer_than_usual_is_said_after_two_and_ends_after_two() -> None:
    usual = [ran(float(n), duration=one) for n, one in enumerate((100, 110, 90, 100, 105, None, 95))]
    assert claims(*took(None, 900), runs=usual) == []
    assert said(claims(*took(900, 950), runs=usual)) == [("duration", Action.CHANGED, "three times the median")]
    assert said(claims(*took(900, 950, 100), runs=usual)) == [("duration", Action.CHANGED, "three times the median")]
    assert claims(*took(900, 950, 100, 100), runs=usual) == []


def test_what_is_usual_takes_six_runs_and_seconds_are_no_slowness() -> None:
    assert claims(*took(900, 900, 900), runs=[ran(float(n), duration=1.0) for n in range(5)]) == []
    assert claims(*took(9, 9, 9), runs=[ran(float(n), duration=1.0) for n in range(6)]) == []


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
    assert said(claims(*waiting(60, 60, 100, 100, 130, 130))) == [("backlog", Action.CHANGED, "growing")]


def test_runs_with_a_beat_say_when_the_next_is_late_and_others_never_do() -> None:
    hourly, hour = [ran(n * 3600.0) for n in range(6)], 3600.0
    done = Sample("ok", succeeded_at=5 * hour)
    assert rhythm([*hourly, ran(9 * hour, ok=False)]) == hour
    assert claims(*twice(6.9 * hour, done), runs=hourly) == []
    (one,) = claims(*twice(7.1 * hour, done), runs=hourly)
    assert one.words == "nightly last succeeded 2 hours ago; by the rhythm of its runs it should run every 1 hour."
    assert claims(*twice(19 * hour, done), runs=hourly[1:]) == []
    assert claims(*twice(19 * hour, OK), runs=hourly) == []
    odd = [ran(at) for at in (0.0, 3600.0, 7200.0, 90_000.0, 93_600.0, 97_200.0, 100_800.0)]
    assert claims(*twice(200_000.0, Sample("ok", succeeded_at=100_800.0)), runs=odd) == []


@pytest.mark.parametrize(
    ("age", "found"),
    [
        (1.9, []),
        (2.1, [("freshness", Action.CHANGED, "two periods")]),
        (7, [("freshness", Action.NARROWED, "six periods")]),
    ],
)
def test_a_sync_is_stale_by_the_cron_expression_of_its_vendor(age: float, found: list[Any]) -> None:
    hourly = Sample("ok", succeeded_at=0.0, due_at=3600.0, cron="0 0 * * * *")
    off_beat = [ran(at) for at in (0.0, 60.0, 7200.0, 7300.0, 9000.0, 20_000.0)]
    assert said(claims(*twice(age * 3600, hourly), runs=off_beat)) == found
    assert claims((age * 3600, hourly)) == [], "one reading does not say so"


def test_by_an_expression_it_is_well_after_two_readings_of_a_run_and_the_sentence_stays_true_meanwhile() -> None:
    late = twice(3 * 3600.0, Sample("ok", succeeded_at=0.0, due_at=3600.0, cron="0 * * * *"))
    fine = Sample("ok", succeeded_at=3.1 * 3600, due_at=4 * 3600.0, cron="0 * * * *")
    (one,) = claims(*late, (3.2 * 3600, fine))
    assert one.words == (
        "nightly last succeeded 6 minutes ago; by its schedule, 0 * * * *, it should run again within 1 hour, "
        "in whatever time zone the vendor keeps it."
    )
    assert claims(*late, (3.2 * 3600, fine), (3.3 * 3600, fine)) == []


def test_what_was_late_by_another_expression_is_not_late_by_the_new_one() -> None:
    hourly = Sample("ok", succeeded_at=0.0, due_at=3600.0, cron="0 * * * *")
    daily = Sample("ok", succeeded_at=0.0, due_at=30 * 3600.0, cron="0 9 * * *")
    late = [*twice(5 * 3600.0, hourly)]
    assert claims(*late, *twice(6 * 3600.0, daily)) == []
    off = Sample("disabled", succeeded_at=0.0, cron="0 9 * * *")
    assert said(claims(*late, *twice(6 * 3600.0, off))) == [("state", Action.NARROWED, "disabled")]


def test_an_expression_that_cannot_be_read_leaves_the_rhythm_and_says_so() -> None:
    hourly, hour = [ran(n * 3600.0) for n in range(6)], 3600.0
    earlier = (4 * hour, Sample("ok", succeeded_at=4 * hour, due_at=5 * hour, cron="0 * * * *"))
    done = Sample("ok", succeeded_at=5 * hour, cron="61 * * * *")
    (one,) = claims(earlier, *twice(7.1 * hour, done), runs=hourly)
    assert one.words == (
        "nightly last succeeded 2 hours ago; by the rhythm of its runs it should run every 1 hour. "
        "Its schedule, 61 * * * *, is no cron expression that can be read."
    )
    assert claims(earlier, *twice(6.9 * hour, done), runs=hourly) == []
    assert claims(earlier, *twice(70 * hour, done)) == [], "nor a rhythm"


def test_failed_runs_are_counted_though_the_last_good_reading_is_long_ago() -> None:
    down = [ran(0.0), *(ran(n * 3600.0, ok=False) for n in (1, 2, 3))]
    newest = Sample("failing", succeeded_at=0.0, failed_at=3 * 3600.0)
    assert said(claims(*twice(3 * 3600.0 + 300, newest), runs=down)) == [("state", Action.NARROWED, "failing often")]


# -- volume -----------------------------------------------------------------------------------------------------------


def moved(rows: int, before: tuple[int, ...] = (500, 480, 530, 510), times: int = 2) -> list[Claim]:
    run = ran(5 * WEEK, rows=rows, before=before)
    sample = Sample("ok", succeeded_at=5 * WEEK, rows_ok=rows)
    return claims(*[(5 * WEEK + n * 60.0, sample) for n in range(times)], runs=[run])


def test_what_a_run_moved_is_held_against_the_same_weekday_and_the_verdict_says_how() -> None:
    (one,) = moved(120)
    assert (one.address.fact, one.action, one.after) == ("volume", Action.CHANGED, "under half")
    assert one.words == (
        "nightly moved 120 rows in its newest run; on the same weekday of the 4 weeks before it moved 480 to 530."
    )  # fmt: skip
    assert said(moved(0)) == [("volume", Action.NARROWED, "nothing")]
    assert "moved no rows" in moved(0)[0].words
    assert said(moved(2000)) == [("volume", Action.CHANGED, "over three times")]
    assert "it moved 500." in moved(2000, (500, 500, 500))[0].words


@pytest.mark.parametrize("rows", [240, 500, 1590])
def test_what_is_usual_on_that_weekday_is_silent(rows: int) -> None:
    assert moved(rows) == []


def test_too_few_weeks_too_few_rows_and_one_reading_say_nothing() -> None:
    assert moved(0, (500, 480)) == []
    assert moved(0, (9, 8, 9)) == []
    assert moved(0, times=1) == []
    failed = Sample("ok", succeeded_at=0.0, failed_at=5 * WEEK, rows_failed=0)
    run = ran(5 * WEEK, ok=False, rows=0, before=(500, 480, 530))
    assert claims(*twice(5 * WEEK, failed), runs=[run]) == [], "that it failed is said by its state"


def test_a_run_after_an_odd_one_is_well_after_two_readings() -> None:
    runs = [ran(4 * WEEK, rows=0, before=(500, 480, 530)), ran(5 * WEEK, rows=505, before=(500, 480, 530))]
    odd = [(4 * WEEK + n, Sample("ok", succeeded_at=4 * WEEK, rows_ok=0)) for n in (60.0, 120.0)]
    fine = [(5 * WEEK + n, Sample("ok", succeeded_at=5 * WEEK, rows_ok=505)) for n in (60.0, 120.0)]
    assert said(claims(*odd, fine[0], runs=runs)) == [("volume", Action.NARROWED, "nothing")]
    assert claims(*odd, *fine, runs=runs) == []
    unknown = Sample("ok", succeeded_at=6 * WEEK)
    assert said(claims(*odd, (6 * WEEK, unknown), (6 * WEEK, BAD), runs=runs)) != []


def test_of_each_week_the_good_run_nearest_to_the_same_time_counts() -> None:
    at = 6 * WEEK
    earlier = [ran(at - WEEK - 7200, rows=1), ran(at - WEEK + 60, rows=2), ran(at - 2 * WEEK, ok=False, rows=3),
               ran(at - 3 * WEEK, rows=4), ran(at - 3 * WEEK + 30), ran(at - 4 * WEEK + 4 * 3600, rows=5),
               ran(at - 9 * WEEK, rows=6)]  # fmt: skip
    assert alike(at, earlier) == (2, 4)
    assert len(list(windows(at))) == 5


def test_a_run_is_known_by_when_it_ended() -> None:
    assert run_of(Sample("ok", rows_ok=5)) is None
    assert run_of(Sample("ok", succeeded_at=5.0, failed_at=9.0, duration=3.0, errors=("x",))) == ran(
        9.0, ok=False, duration=3.0, errors=("x",)
    )
    assert run_of(Sample("ok", succeeded_at=9.0, rows_failed=2)) == ran(9.0, rows=2)


@pytest.mark.parametrize(
    ("scope", "key", "name"),
    [("61.runs", "runs", "61"), ("runs", "runs", "runs"), ("scores.runs", "scores", "scores"), ("runs", "a", "a")],
)
def test_runs_that_are_called_by_their_scope_alone_are_called_by_what_they_are_of(
    scope: str, key: str, name: str
) -> None:
    assert called(scope, key) == name


def test_one_row_that_was_refused_is_one() -> None:
    one = Sample("ok", rows_ok=4, rows_failed=1)
    assert [found.words for found in claims(one, one)] == [
        "nightly: 1 row was refused in the newest run, more than one in ten. It is not in the target."
    ]
