"""Law 6: a mass removal is held, said, and released only by a person or by the vendor's answer coming back."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.book import brake_address
from monitor.core.evaluate import Looked, drift
from monitor.core.ledger import Ledger, Limits, act, apply
from monitor.core.model import Closing, Event, EventType, Phase
from monitor.core.sight import Look
from probes.kit.contract import Kind

from .shapes import LEAD, gone, looked, poll, step

BRAKE = brake_address("crm", LEAD)


def removed(count: int, known: int = 40) -> Looked:
    return looked(*(gone(f"k{n:02}") for n in range(count)), known=known)


def phases(ledger: Ledger) -> dict[Phase, int]:
    out: dict[Phase, int] = {}
    for finding in ledger.of("crm"):
        if finding.address != BRAKE:
            out[finding.phase] = out.get(finding.phase, 0) + 1
    return out


def act_all(ledger: Ledger, id: str, now: float) -> tuple[Event, ...]:
    events = act(ledger, id, EventType.RELEASED, "admin", "meant", now)
    for event in events:
        apply(ledger, event)
    return events


@given(st.integers(1, 30), st.integers(30, 100), st.integers(1, 12), st.sampled_from([0.1, 0.25, 0.5]))
def test_it_is_held_from_the_share_and_the_count_on(count: int, known: int, least: int, share: float) -> None:
    limits = Limits(brake_share=share, brake_count=least)
    ledger = Ledger()
    for reading in (1, 2, 3):
        found = drift(poll(removed(count, known), reading=reading), limits)
        step(ledger, found, reading * 60.0, limits)
    held = count >= least and count >= share * known
    assert phases(ledger) == {Phase.HELD if held else Phase.OPEN: count}
    brake = ledger.brake("crm", LEAD)
    assert (brake is not None) == held
    if brake is not None:
        are, them = ("is", "It is") if count == 1 else ("are", "They are")
        assert brake.claim.words.startswith(f"{count} of {known} in Lead {are} gone at once. {them} held back")
        assert {f.cause for f in ledger.of("crm") if f.address != BRAKE} == {brake.id}


def braked() -> tuple[Ledger, str]:
    ledger = Ledger()
    for reading in (1, 2):
        step(ledger, drift(poll(removed(20), reading=reading)), reading * 60.0)
    brake = ledger.brake("crm", LEAD)
    assert brake is not None
    return ledger, brake.id


def test_only_the_brake_is_told() -> None:
    ledger = Ledger()
    events = [e for r in (1, 2, 3) for e in step(ledger, drift(poll(removed(20), reading=r)), r * 60.0)]
    assert [e.address for e in events if e.told] == [BRAKE]


def test_it_ends_without_a_word_when_the_vendors_answer_comes_back() -> None:
    ledger, id = braked()
    events = step(ledger, drift(poll(removed(0), reading=3)), 300)
    assert [e.finding for e in events if e.told] == [id]
    assert ledger.of("crm") == ()


def test_a_person_releases_it_and_it_stays_one_root() -> None:
    ledger, id = braked()
    events = act_all(ledger, id, 200)
    assert phases(ledger) == {Phase.OPEN: 20}
    assert [e.finding for e in events if e.told] == [id]
    assert ledger.findings[id].released_by == "admin"
    assert step(ledger, drift(poll(removed(20), reading=3)), 300) == ()


def test_more_removals_after_a_release_are_held_and_said_again() -> None:
    ledger, id = braked()
    act_all(ledger, id, 200)
    events = step(ledger, drift(poll(removed(25), reading=3)), 300)
    assert phases(ledger) == {Phase.OPEN: 20, Phase.HELD: 5}
    assert [(e.type, e.finding) for e in events if e.told] == [(EventType.CHANGED, id)]
    assert ledger.findings[id].released_by == ""
    act_all(ledger, id, 320)
    assert phases(ledger) == {Phase.OPEN: 20, Phase.SUSPECTED: 5}  # seen once only: the next reading decides
    step(ledger, drift(poll(removed(25), reading=4)), 400)
    assert phases(ledger) == {Phase.OPEN: 25}


def test_fewer_removals_are_not_said_again() -> None:
    ledger, id = braked()
    events = step(ledger, drift(poll(removed(15), reading=3)), 300)
    assert [(e.type, e.told) for e in events if e.finding == id] == [(EventType.CHANGED, False)]


def test_after_a_release_a_removal_in_the_place_of_another_is_looked_at_twice_like_any() -> None:
    ledger, id = braked()
    act_all(ledger, id, 200)
    other = looked(*(gone(f"k{n:02}") for n in range(1, 21)), known=40)
    step(ledger, drift(poll(other, reading=3)), 300)
    assert phases(ledger) == {Phase.OPEN: 19, Phase.SUSPECTED: 1}


def test_one_held_removal_can_be_released_by_itself() -> None:
    ledger, _ = braked()
    held = next(f for f in ledger.of("crm") if f.phase is Phase.HELD)
    act_all(ledger, held.id, 200)
    assert phases(ledger) == {Phase.OPEN: 1, Phase.HELD: 19}


def test_one_held_removal_released_before_the_brake_opened_waits_for_the_next_reading() -> None:
    ledger = Ledger()
    step(ledger, drift(poll(removed(20), reading=1)), 60)
    held = next(f for f in ledger.of("crm") if f.phase is Phase.HELD)
    act_all(ledger, held.id, 70)
    assert phases(ledger) == {Phase.SUSPECTED: 1, Phase.HELD: 19}
    step(ledger, drift(poll(removed(20), reading=2)), 120)
    assert phases(ledger) == {Phase.OPEN: 1, Phase.HELD: 19}


def test_a_mass_removal_seen_once_cannot_be_released() -> None:
    ledger = Ledger()
    step(ledger, drift(poll(removed(20), reading=1)), 60)
    brake = ledger.at(BRAKE)
    assert brake is not None
    with pytest.raises(ValueError, match="read once only"):
        act(ledger, brake.id, EventType.RELEASED, "admin", "", 60)


def test_what_is_not_held_cannot_be_released() -> None:
    ledger = Ledger()
    step(ledger, drift(poll(removed(1), reading=1)), 60)
    (suspect,) = ledger.of("crm")
    with pytest.raises(ValueError, match="not held"):
        act(ledger, suspect.id, EventType.RELEASED, "admin", "", 60)


def test_held_removals_go_the_common_way_when_so_many_came_back_that_it_is_no_mass() -> None:
    ledger, _ = braked()
    step(ledger, drift(poll(removed(3), reading=3)), 300)
    assert phases(ledger) == {Phase.SUSPECTED: 3}
    step(ledger, drift(poll(removed(3), reading=4)), 400)
    assert phases(ledger) == {Phase.OPEN: 3}


def test_removals_that_were_believed_one_by_one_stay_open_when_the_brake_falls() -> None:
    ledger = Ledger()
    for reading in (1, 2):
        step(ledger, drift(poll(removed(5), reading=reading)), reading * 60.0)
    step(ledger, drift(poll(removed(20), reading=3)), 300)
    assert phases(ledger) == {Phase.OPEN: 5, Phase.HELD: 15}


def test_a_suspected_removal_is_held_when_the_second_look_is_a_mass() -> None:
    ledger = Ledger()
    step(ledger, drift(poll(removed(5), reading=1)), 60)
    step(ledger, drift(poll(removed(20), reading=2)), 120)
    assert phases(ledger) == {Phase.HELD: 20}


def test_the_baseline_that_takes_the_removals_closes_all_of_it() -> None:
    ledger, id = braked()
    act_all(ledger, id, 200)
    done = msgspec.structs.replace(drift(poll(removed(0), reading=2)), closing=Closing.APPROVED)
    step(ledger, done, 300)
    assert ledger.of("crm") == ()
    assert {f.closing for f in ledger.findings.values()} == {Closing.APPROVED}


@pytest.mark.parametrize("silent", [frozenset[Kind](), frozenset({LEAD.kind}), frozenset({Kind.SYNC})])
def test_where_no_answer_tells_what_a_credential_may_see_one_missing_row_is_held(silent: frozenset[Kind]) -> None:
    ledger, look = Ledger(), Look(silent=silent)
    for reading in (1, 2, 3):
        step(ledger, drift(poll(removed(1), reading=reading, look=look)), reading * 60.0)
    held = LEAD.kind in silent
    assert phases(ledger) == {Phase.HELD if held else Phase.OPEN: 1}
    brake = ledger.brake("crm", LEAD)
    assert (brake is not None) is held
    assert brake is None or "or not shown to this credential any more" in brake.claim.words
