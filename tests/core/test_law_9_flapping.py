"""Law 9: flapping is three changes in a day among values of that day; open and quiet until still for two hours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.ledger import Ledger, apply, flaps, tick
from monitor.core.model import Closing, Event, EventType, Level, Phase

from .shapes import LIMITS, claim, evaluation, step

HOUR = 3600.0
values = st.lists(
    st.tuples(st.sampled_from(["", "n", "m", "o"]), st.sampled_from([60.0, HOUR, 3 * HOUR, 13 * HOUR, 30 * HOUR])),
    max_size=14,
)


def play(ledger: Ledger, reading: int, value: str, now: float, **more: object) -> list[Event]:
    found = (claim(value, level=Level.WARNING, **more),) if value else ()
    return list(step(ledger, evaluation(*found, reading=reading), now))


def pass_time(ledger: Ledger, now: float) -> list[Event]:
    events = list(tick(ledger, now, LIMITS))
    for event in events:
        apply(ledger, event)
    return events


@given(values)
def test_it_flaps_when_enough_changes_lead_to_values_seen_in_the_window(script: list[tuple[str, float]]) -> None:
    ledger, now = Ledger(), 0.0
    history: list[tuple[float, str]] = [(0.0, "")]
    flapping, moved_at = False, 0.0
    for reading, (value, seconds) in enumerate(script, 1):
        now += seconds
        pass_time(ledger, now)
        if flapping and now - moved_at >= 2 * HOUR:
            flapping = False
        play(ledger, reading, value, now)
        if value != history[-1][1]:
            history.append((now, value))
            moved_at = now
            day = [v for at, v in history if at >= now - 24 * HOUR]
            older = [v for at, v in history if at < now - 24 * HOUR]
            seen = older[-1:] + day
            if sum(seen.count(v) > 1 for v in seen[1:]) >= 3:
                flapping = True
        (last,) = [ledger.at(claim().address)] if ledger.findings else [None]
        assert (last is not None and last.flapping) == flapping
        if last is not None:
            assert (last.phase is Phase.OPEN) == (flapping or bool(value))


def test_a_role_that_goes_to_and_fro_for_an_hour_is_one_finding_told_three_times() -> None:
    ledger, told = Ledger(), []
    for minute in range(0, 60, 5):
        told += [e for e in play(ledger, minute + 1, "n" if minute % 10 else "", minute * 60.0) if e.told]
    assert [e.type for e in told] == [EventType.OPENED, EventType.CLOSED, EventType.REOPENED, EventType.FLAPPING]
    assert len(ledger.findings) == 1
    quiet = pass_time(ledger, 10 * HOUR)
    assert [(e.type, e.told) for e in quiet] == [(EventType.SETTLED, False)]
    assert [f.phase for f in ledger.findings.values()] == [Phase.OPEN]  # it ended on the other value


def test_it_closes_when_it_settles_on_what_was_approved() -> None:
    ledger = Ledger()
    for n, value in enumerate(["n", "", "n", ""], 1):
        play(ledger, n, value, n * 60.0)
    assert [(e.type, e.closing) for e in pass_time(ledger, 3 * HOUR)] == [
        (EventType.SETTLED, None),
        (EventType.CLOSED, Closing.AGREED),
    ]


def test_going_away_can_be_the_change_that_makes_it_flap() -> None:
    ledger = Ledger()
    for n, value in enumerate(["n", "m", "n"], 1):
        play(ledger, n, value, n * 60.0)
    events = play(ledger, 4, "", 240)
    assert [e.type for e in events] == [EventType.CHANGED, EventType.FLAPPING]
    assert play(ledger, 5, "", 300) == []


def test_steady_progress_through_new_values_is_no_flapping() -> None:
    ledger = Ledger()
    events = [e for n, value in enumerate("abcdef", 1) for e in play(ledger, n, value, n * 60.0)]
    assert {e.type for e in events} == {EventType.OPENED, EventType.CHANGED}


def test_flapping_never_lowers_a_level() -> None:
    ledger = Ledger()
    for n in range(1, 8):
        level = Level.BREAKING if n % 2 else Level.INFO
        step(ledger, evaluation(claim(level.word, level=level), reading=n), n * 60.0)
    (one,) = ledger.of("crm")
    assert one.flapping
    seen = set()
    for n in range(8, 12):
        level = Level.BREAKING if n % 2 else Level.INFO
        step(ledger, evaluation(claim(level.word, level=level), reading=n), n * 60.0)
        seen.add(one.level)
        assert step(ledger, evaluation(claim(level.word, level=level), reading=n), n * 60.0) == ()
    assert seen == {Level.BREAKING}


@pytest.mark.parametrize("security", [True, False])
def test_each_entry_into_a_state_that_a_security_rule_rates_still_alerts(security: bool) -> None:
    ledger, told = Ledger(), []
    for n in range(1, 20):
        told += [e for e in play(ledger, n, "n" if n % 2 else "", n * 60.0, security=security) if e.told]
    entries = [e for e in told if e.type in (EventType.OPENED, EventType.REOPENED, EventType.CHANGED)]
    assert len(entries) == (10 if security else 2)


def test_values_of_yesterday_do_not_count_today() -> None:
    moves = [(0.0, ""), (HOUR, "n"), (2 * HOUR, "")]
    assert flaps(moves, 3 * HOUR, "n", LIMITS)
    assert not flaps(moves, 40 * HOUR, "n", LIMITS)


def test_a_commit_ends_flapping() -> None:
    ledger = Ledger()
    for n, value in enumerate(["n", "", "n"], 1):
        play(ledger, n, value, n * 60.0)
    events = step(ledger, evaluation(reading=3, closing=Closing.APPROVED), 200)
    assert [(e.type, e.closing) for e in events] == [(EventType.CLOSED, Closing.APPROVED)]
    assert pass_time(ledger, 10 * HOUR) == []


def test_the_change_that_makes_it_flap_does_not_lower_it_either() -> None:
    ledger, levels = Ledger(), []
    for n in range(1, 5):
        level = Level.BREAKING if n % 2 else Level.INFO
        step(ledger, evaluation(claim(level.word, level=level), reading=n), n * 60.0)
        (one,) = ledger.of("crm")
        levels.append((one.flapping, one.level))
    assert levels[-1] == (True, Level.BREAKING) and (False, Level.INFO) in levels
