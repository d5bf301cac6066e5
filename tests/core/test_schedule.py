"""Due by a cron expression: late in no time zone while the server keeps its schedule, and late where it does not."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.schedule import LEAST, dated, next_run, period
from probes.kit.contract import Sample

MONDAY = datetime(2026, 1, 5, 9, 0, 30, tzinfo=UTC).timestamp()
HOUR, DAY = 3600.0, 86_400.0

EXPRESSIONS = (
    "0 * * * *", "*/15 * * * *", "0 0 3 * * *", "0 30 2 * * *", "0 30 2 * * 0", "0 0 9 * * 1-5", "0 0 9-17 * * 1-5",
    "0 */5 1-2 * * *", "0 0 0 1 * *", "0 0 8 1,15 * 1", "0 15 23 L * *", "30 0 12 29 2 *", "0 0 */6 * * *",
)  # fmt: skip
# Summer time of an hour and of half an hour, quarters of an hour, the first and the last zone of the day.
PLACES = ("UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Kiritimati",
          "Etc/GMT+12", "America/Los_Angeles")  # fmt: skip


@given(
    st.sampled_from(EXPRESSIONS),
    st.sampled_from(PLACES),
    st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001
    st.floats(0.0, 50.0),
)
def test_a_server_that_keeps_its_schedule_is_late_in_no_zone(
    cron: str, place: str, begin: datetime, took: float
) -> None:
    """Of the next runs those that lie furthest apart: over a night or a weekend, wherever that is."""
    runs = [run.timestamp() for run in islice(CronSim(cron, begin.replace(tzinfo=ZoneInfo(place))), 28)]
    last, following = max(pairwise(runs), key=lambda pair: pair[1] - pair[0])
    sample = dated(None, Sample("ok", succeeded_at=last + took, cron=cron), last + took)
    assert sample.due_at is not None and following + took - sample.due_at <= period(sample)


@pytest.mark.parametrize(
    ("cron", "hours", "between"),
    [
        ("0 * * * *", 1, HOUR),
        ("0 0 * * * *", 1, HOUR),
        ("0 0 9 * * *", 25, 25 * HOUR),  # clocks may be set back meanwhile
        ("0 0 9 * * 1-5", 25, 25 * HOUR),
        ("0 */2 * * * *", 1 / 30, LEAST),
        ("* * * * * *", 1 / 3600, LEAST),
    ],
)
def test_it_is_due_within_what_lies_between_two_runs(cron: str, hours: float, between: float) -> None:
    sample = dated(None, Sample("ok", succeeded_at=MONDAY, cron=cron), MONDAY + 60)
    assert sample.due_at is not None and MONDAY < sample.due_at <= MONDAY + hours * HOUR
    assert sample.due_at > MONDAY + hours * HOUR - 120 and period(sample) == pytest.approx(between, abs=60)


def test_over_a_weekend_none_is_due() -> None:
    friday = MONDAY + 4 * DAY
    assert next_run("0 0 9 * * 1-5", friday) == pytest.approx(friday + 3 * DAY + HOUR, abs=60)


@pytest.mark.parametrize(
    "cron", ["", "61 * * * *", "@daily", "every day", "0 0 31 2 *", "0 0 * */20 * 1L", "0," * 99 + "0 * * * *"]
)
def test_what_cannot_be_read_or_names_no_time_has_no_next_run(cron: str) -> None:
    assert next_run(cron, MONDAY) is None
    assert dated(None, Sample("ok", succeeded_at=MONDAY, cron=cron), MONDAY).due_at is None
    assert period(Sample("ok", due_at=MONDAY, cron=cron)) == 0.0


@given(st.text(st.sampled_from("0123456789*/,-#LW? MONFEBx@²é"), max_size=40), st.floats(0.0, 4e9))
def test_whatever_a_vendor_writes_is_a_time_or_none(cron: str, after: float) -> None:
    found = next_run(cron, after)
    assert found is None or found > after - 1


def test_what_was_said_stands_until_it_runs_again() -> None:
    first = dated(None, Sample("ok", succeeded_at=MONDAY, cron="0 0 9 * * *"), MONDAY)
    again = dated(first, Sample("failing", succeeded_at=MONDAY, cron="0 0 9 * * *"), MONDAY + 9 * DAY)
    assert again.due_at == first.due_at
    ran = dated(first, Sample("ok", succeeded_at=MONDAY + DAY, cron="0 0 9 * * *"), MONDAY + 9 * DAY)
    assert first.due_at is not None and ran.due_at == first.due_at + DAY


@pytest.mark.parametrize("before", [Sample("ok", succeeded_at=MONDAY, cron="0 0 9 * * 1"),
                                    Sample("disabled", succeeded_at=MONDAY, cron="0 * * * *")])  # fmt: skip
def test_a_new_schedule_and_one_that_is_switched_on_count_from_now(before: Sample) -> None:
    now = MONDAY + 5 * DAY
    sample = dated(before, Sample("ok", succeeded_at=MONDAY, cron="0 * * * *"), now)
    assert sample.due_at is not None and now < sample.due_at <= now + HOUR


def test_nothing_is_due_that_never_ran_or_stands_still_and_the_vendor_s_own_word_is_above_its_expression() -> None:
    for sample in (Sample("ok", cron="0 * * * *"), Sample("disabled", succeeded_at=MONDAY, cron="0 * * * *"),
                   Sample("ok", succeeded_at=MONDAY)):  # fmt: skip
        assert dated(None, sample, MONDAY) is sample and period(sample) == 0.0
    own = Sample("ok", succeeded_at=MONDAY, due_at=MONDAY + 60, cron="0 * * * *")
    assert dated(None, own, MONDAY) == Sample("ok", succeeded_at=MONDAY, due_at=MONDAY + 60)


@pytest.mark.parametrize("odd", [-9e9, 9e11])
def test_a_success_before_all_time_or_after_now_is_counted_from_the_nearer_end(odd: float) -> None:
    sample = dated(None, Sample("ok", succeeded_at=odd, cron="0 * * * *"), MONDAY)
    assert sample.due_at is not None and sample.due_at <= MONDAY + HOUR
