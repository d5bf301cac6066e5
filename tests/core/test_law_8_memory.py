"""Law 8: the core's memory is events alone, and a reading folded twice says nothing the second time."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.evaluate import drift, faults
from monitor.core.ledger import Ledger, apply, fold, replay, tick
from monitor.core.model import Action, Change, Closing, Evaluation, Event, EventType, Finding, Phase
from probes.kit.contract import COMPLETE, Coverage, Kind, State

from .shapes import LEAD, LIMITS, PARTIAL, address, claim, evaluation, gone, looked, poll, set_to, state, step

Script = list[tuple[list[Change], Coverage, int, float, Closing]]

changes = st.one_of(
    st.builds(set_to, st.sampled_from("ab"), st.sampled_from(["n", "m"])),
    st.sampled_from([gone(f"g{n}") for n in range(14)]),
    st.just(Change(LEAD, "a", "", "", Action.ADDED, None, {"label": "x"})),
)
evaluations = st.lists(
    st.tuples(
        st.lists(changes, max_size=14, unique_by=lambda c: (c.key, c.fact)),
        st.sampled_from([COMPLETE, COMPLETE, COMPLETE, PARTIAL, Coverage(State.DENIED, "Denied: no")]),
        st.integers(0, 2),
        st.sampled_from([1.0, 40.0, 400.0, 8_000.0, 100_000.0]),
        st.sampled_from([Closing.AGREED, Closing.AGREED, Closing.APPROVED]),
    ),
    max_size=10,
)


def readings(script: Script) -> list[tuple[float, list[Evaluation]]]:
    out: list[tuple[float, list[Evaluation]]] = []
    reading, now = 0, 0.0
    for found, coverage, later, seconds, closing in script:
        reading, now = reading + later, now + seconds
        keys = None if coverage.complete else frozenset("ab")
        one = poll(looked(*found, coverage=coverage, keys=keys, known=20), reading=reading, at=now,
                   reads=(("fields/Lead", coverage, (Kind.FIELD,)),))  # fmt: skip
        out.append((now, [msgspec.structs.replace(drift(one), closing=closing), faults(one)]))
    return out


def stored(event: Event) -> Event:
    return msgspec.json.decode(msgspec.json.encode(event), type=Event)


@given(evaluations)
def test_the_ledger_is_what_its_events_say_and_nothing_else(script: Script) -> None:
    ledger, events = Ledger(), list[Event]()
    for now, found in readings(script):
        for one in found:
            events += step(ledger, one, now)
        for event in tick(ledger, now, LIMITS):
            apply(ledger, event)
            events.append(event)
        again = replay(map(stored, events))
        assert state(again) == state(ledger)
        assert [f.id for f in again.of("crm")] == [f.id for f in ledger.of("crm")]
        raw = msgspec.json.encode(list(ledger.findings.values()))
        loaded = Ledger.load(msgspec.json.decode(raw, type=list[Finding]))
        assert state(loaded) == state(ledger)
        assert {f.id for f in loaded.of("crm")} == {f.id for f in ledger.of("crm")}


@given(evaluations)
def test_folding_a_reading_twice_says_nothing_the_second_time(script: Script) -> None:
    ledger = Ledger()
    for now, found in readings(script):
        for one in found:
            step(ledger, one, now)
            assert fold(ledger, one, now, LIMITS) == ()


@given(evaluations)
def test_an_older_reading_changes_nothing(script: Script) -> None:
    ledger = Ledger()
    for now, found in readings(script):
        for one in found:
            if step(ledger, one, now):
                older = msgspec.structs.replace(one, reading=one.reading - 1, claims=())
                assert fold(ledger, older, now, LIMITS) == ()


def test_a_suspicion_that_came_to_nothing_leaves_nothing() -> None:
    ledger = Ledger()
    step(ledger, drift(poll(looked(gone("a")), reading=1)), 0)
    (cleared,) = step(ledger, drift(poll(looked(), reading=2)), 60)
    assert (cleared.type, cleared.told) == (EventType.CLEARED, False)
    assert (ledger.findings, ledger.by_address) == ({}, {})


def test_an_event_that_no_finding_came_before_is_refused() -> None:
    alone = Event(type=EventType.OPENED, at=0, finding="x", address=address())
    with pytest.raises(KeyError, match="brings no claim"):
        apply(Ledger(), alone)


def test_a_value_that_closed_by_approval_and_differs_again_is_a_new_finding() -> None:
    ledger = Ledger()
    step(ledger, evaluation(claim("n"), reading=1), 0)
    step(ledger, evaluation(reading=1, closing=Closing.APPROVED), 10)
    step(ledger, evaluation(claim("n"), reading=2), 60)
    assert [(f.opening, f.phase) for f in ledger.findings.values()] == [(1, Phase.CLOSED), (2, Phase.OPEN)]


def test_another_value_after_the_drift_closed_is_a_new_finding() -> None:
    ledger = Ledger()
    step(ledger, evaluation(claim("n"), reading=1), 0)
    step(ledger, evaluation(reading=2), 10)
    step(ledger, evaluation(claim("m"), reading=3), 60)
    assert [f.opening for f in ledger.of("crm")] == [2]
