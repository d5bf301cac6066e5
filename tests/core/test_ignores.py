"""Ignores: which claims one holds for, until when, and what is said of ignores themselves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from monitor.core.graph import path
from monitor.core.ignores import (
    IDLE,
    SOON,
    STATES,
    Ignore,
    Use,
    claims,
    day_of,
    end_of,
    forces,
    hit,
    hush,
    settle,
    state,
)
from monitor.core.ledger import Ledger, apply, fold
from monitor.core.model import Action, Address, Claim, EventType, Level, Phase, Source
from probes.kit.contract import Kind

from .shapes import LIMITS, address, claim, evaluation, step

DAY = 86_400.0
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()


def ignore(of: Claim | None = None, until: str = "2026-12-31", **more: Any) -> Ignore:
    of = of or claim("n")
    given = {"pattern": path(of.address), "pins": (of.fingerprint,), "id": "i-1", "reason": "known", "owner": "web"}
    return Ignore(until=until, **{**given, **more})


def standing(*ignores: Ignore) -> Any:
    return forces(ignores, address().subject)


def opened(found: Claim | None = None) -> tuple[Ledger, str]:
    ledger = Ledger()
    (event,) = step(ledger, evaluation(found or claim("n", level=Level.WARNING)), NOW)
    return ledger, event.finding


def held(ledger: Ledger, *ignores: Ignore, now: float = NOW) -> list[tuple[str, float | None, bool]]:
    events = list(settle(ledger.findings.values(), standing(*ignores), now))
    for event in events:
        apply(ledger, event)
    return [(event.ignore, event.until, event.told) for event in events]


@pytest.mark.parametrize(
    ("zone", "end"), [(UTC, "2027-01-01T00:00:00+00:00"), (ZoneInfo("Asia/Tokyo"), "2027-01-01T00:00:00+09:00")]
)
def test_its_last_day_is_included_where_the_stack_is(zone: Any, end: str) -> None:
    over = end_of("2026-12-31", zone)
    assert over == datetime.fromisoformat(end).timestamp()
    assert day_of(over, zone) == "2026-12-31"
    assert day_of(over + 1, zone) == "2027-01-01"


@pytest.mark.parametrize("text", ["2027-02-30", "soon", "", "31.12.2026", "9999-12-31"])
def test_a_day_that_is_none_counts_as_over_and_is_said(text: str) -> None:
    (force,) = standing(ignore(until=text))
    assert not force.holds(0.0)
    assert state(force, Use(NOW), True, NOW) == "malformed"
    (said,) = claims("crm", [(force, "malformed")])
    assert (said.address.source, said.address.fact) == (Source.UPKEEP, "malformed")
    assert repr(text) in said.words


def test_it_holds_for_the_value_it_was_made_for_and_no_other() -> None:
    force = standing(ignore(claim("n")))
    assert hit(claim("n"), force, NOW) is not None
    assert hit(claim("other"), force, NOW) is None
    assert hit(claim("n", at=address("b")), force, NOW) is None


def test_it_holds_to_the_end_of_its_day_and_not_a_moment_longer() -> None:
    (force,) = standing(ignore(until="2026-11-22"))
    assert force.ends is not None
    assert hit(claim("n"), [force], force.ends - 0.001) is force
    assert hit(claim("n"), [force], force.ends) is None


def test_a_pattern_pins_each_value_that_it_was_made_for() -> None:
    one, two, later = (claim(value, at=address(key)) for key, value in (("a", "n"), ("b", "n"), ("c", "n")))
    pattern = path(address("*"))
    force = standing(ignore(pattern=pattern, pins=(one.fingerprint, two.fingerprint)))
    assert [hit(of, force, NOW) is not None for of in (one, two, later)] == [True, True, False]


def test_any_value_holds_for_every_value_but_never_for_what_a_security_rule_rates() -> None:
    force = standing(ignore(any_value=True, pins=()))
    assert hit(claim("n"), force, NOW) is not None
    assert hit(claim("other"), force, NOW) is not None
    power = Address(Source.DRIFT, "crm", Kind.PERMISSION, "users", "p-1", "admin")
    gained = Claim(power, Action.WIDENED, False, True)
    assert hit(gained, standing(ignore(gained, any_value=True, pins=())), NOW) is None
    assert hit(gained, standing(ignore(gained)), NOW) is not None


def test_it_is_for_one_source_and_one_integration() -> None:
    health = msgspec.structs.replace(claim("n"), address=msgspec.structs.replace(address(), source=Source.HEALTH))
    assert hit(health, standing(ignore(any_value=True)), NOW) is None
    assert forces([ignore()], "another") == ()


def test_the_one_that_holds_longest_counts() -> None:
    first, second = standing(ignore(until="2026-12-01", id="short"), ignore(until="2026-12-31", id="long"))
    assert (first.ignore.id, second.ignore.id) == ("long", "short")


def test_what_begins_and_ends_to_be_ignored_is_an_event_and_nothing_twice() -> None:
    ledger, id = opened()
    ends = end_of("2026-12-31", UTC)
    assert held(ledger, ignore(claim("n"))) == [("i-1", ends, False)]
    assert (ledger.findings[id].ignored_by, ledger.findings[id].ignored_until) == ("i-1", ends)
    assert held(ledger, ignore(claim("n"))) == []
    assert held(ledger, ignore(claim("n"), until="2027-01-31")) == [("i-1", end_of("2027-01-31", UTC), False)]
    assert held(ledger) == [("", None, True)]
    assert (ledger.findings[id].ignored_by, ledger.findings[id].ignored_until) == ("", None)
    assert held(ledger) == []


def test_another_value_opens_it_again() -> None:
    ledger, id = opened()
    held(ledger, ignore(claim("n")))
    moved = evaluation(claim("other", level=Level.WARNING), reading=2)
    (event,) = hush(ledger, fold(ledger, moved, NOW, LIMITS), standing(ignore(claim("n"))), NOW)
    apply(ledger, event)
    assert (event.type, event.told, ledger.findings[id].ignored_by) == (EventType.CHANGED, True, "")
    assert held(ledger, ignore(claim("n"))) == []


def test_what_is_ignored_when_it_opens_is_told_to_nobody() -> None:
    ledger = Ledger()
    events = fold(ledger, evaluation(claim("n", level=Level.WARNING)), NOW, LIMITS)
    assert [event.told for event in events] == [True]
    assert [event.told for event in hush(ledger, events, standing(ignore(claim("n"))), NOW)] == [False]
    assert hush(ledger, events, (), NOW) == events
    seen_once = fold(ledger, evaluation(claim("n", believe=False)), NOW, LIMITS)
    assert hush(ledger, seen_once, standing(ignore(claim("n"))), NOW) == seen_once


def test_its_end_at_the_vendor_is_told_to_nobody_either_and_what_closed_is_left_alone() -> None:
    ledger, id = opened()
    held(ledger, ignore(claim("n")))
    (event,) = hush(ledger, fold(ledger, evaluation(reading=2), NOW, LIMITS), standing(ignore(claim("n"))), NOW)
    apply(ledger, event)
    assert (event.type, event.told, ledger.findings[id].phase) == (EventType.CLOSED, False, Phase.CLOSED)
    assert held(ledger) == []


@pytest.mark.parametrize(
    ("now", "use", "holding", "word"),
    [
        (-SOON - 1, Use(0.0), True, "in force"),
        (-SOON, Use(0.0), True, "lapsing"),
        (0.0, Use(0.0), True, "over"),
        (-SOON - 1, Use(0.0), False, "unused"),
        (-SOON - 1, Use(0.0, 3, NOW), False, "in force"),
    ],
)
def test_it_has_one_state(now: float, use: Use, holding: bool, word: str) -> None:
    (force,) = standing(ignore(until="2026-12-31"))
    assert force.ends is not None and word in STATES
    assert state(force, use, holding, force.ends + now) == word


def test_it_is_of_no_use_after_ninety_days_without_a_hit() -> None:
    (force,) = standing(ignore(until="2030-12-31"))
    used = Use(0.0, 1, NOW)
    assert state(force, used, False, NOW + IDLE - 1) == "in force"
    assert state(force, used, False, NOW + IDLE) == "unused"
    assert state(force, used, True, NOW + IDLE) == "in force"


def test_what_is_to_be_said_of_ignores_names_place_reason_and_owner() -> None:
    (force,) = standing(ignore())
    said = [one.words for word in STATES for one in claims("crm", [(force, word)])]
    assert len(said) == 3  # nothing is said of one in force, nor of one that is over
    assert all(path(address()) in words and "“known”, web" in words for words in said)
