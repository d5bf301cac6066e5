"""What a vendor is asked on demand: who did it is evidence, no more; a look may confirm, or clear, one removal."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core import asked, cause
from monitor.core.evaluate import drift
from monitor.core.ledger import Ledger, apply, replay
from monitor.core.model import Action, Address, CauseReason, Change, Covered, Event, EventType, Finding, Phase, Source
from monitor.core.sight import Look
from probes.kit import contract
from probes.kit.contract import Absent, Denied, Fault, Kind, Resource, Throttled

from .shapes import LEAD, address, claim, evaluation, gone, looked, poll, set_to, state, step

FAULTS: list[type[Fault]] = [getattr(contract, name) for name in asked._WHY]
NAMED = {"by": "p-1", "how": "named", "action": "update", "at": "2026-11-22T02:10:05Z"}
SURE = Look(account="org")
DOUBTS = [None, Look(blind=True), Look(lost=frozenset({"read"})), Look(wrong_account=True),
          Look(moved=(("subject", "p-1", "p-2"),))]  # fmt: skip


def read(ledger: Ledger, *changes: Change, reading: int, since: float | None = 0.0, **more: Any) -> tuple[Event, ...]:
    """One reading of Lead, as the engine has it evaluated: with what stands from before."""
    found = drift(poll(looked(*changes, since=since, **more), reading=reading, standing=ledger.claims("crm")))
    hung = cause.hang(found.claims, (), [one.claim for one in ledger.of("crm") if one.phase is Phase.OPEN])
    return step(ledger, msgspec.structs.replace(found, claims=hung), reading * 60.0)


def tell(ledger: Ledger, answers: dict[str, asked.Told], now: float = 900.0) -> list[Event]:
    """Answers by key, for what is wanted now."""
    every = {one.address.key: one for one in asked.wanted(ledger.of("crm"))}
    told = {every[key].id: (every[key].claim.fingerprint, answer) for key, answer in answers.items()}
    events = list(asked.attributed(ledger, told, now))
    for event in events:
        apply(ledger, event)
    return events


def one(ledger: Ledger, key: str) -> Finding:
    (found,) = [f for f in ledger.of("crm") if f.address.key == key]
    return found


def test_open_drift_is_asked_about_roots_and_the_worst_first() -> None:
    ledger = Ledger()
    typed = Change(LEAD, "d", "type", "", Action.CHANGED, "text", "integer")
    length = Change(LEAD, "d", "length", "", Action.NARROWED, 9, 3)
    shipped = Change(LEAD, "e", "", "", Action.ADDED, None, {"vendor_defined": True})
    read(ledger, set_to("a", "n"), typed, length, gone("c"), shipped, reading=1)
    assert [(f.address.key, f.address.fact) for f in asked.wanted(ledger.of("crm"))] == [("a", "label"), ("d", "type")]
    read(ledger, set_to("a", "n"), typed, length, gone("c"), shipped, reading=2)
    assert [f.address.key for f in asked.wanted(ledger.of("crm"))] == ["a", "c", "d"], "a removal once it is believed"


def test_what_nobody_saw_before_and_what_our_own_sight_brought_is_not_asked_about() -> None:
    ledger = Ledger()
    read(ledger, set_to("a", "n"), reading=1, since=None)
    grants = Address(Source.DRIFT, "crm", Kind.PERMISSION, "vantage", "self", "grants")
    fault = Address(Source.FAULT, "crm", Kind.FIELD, "fields", "fields/Lead", "read")
    for at in (grants, fault):
        step(ledger, evaluation(claim("n", at=at, since=0.0), source=at.source, covered=Covered(), reading=9), 600)
    assert [f.address.key for f in ledger.of("crm")] == ["a", "self", "fields/Lead"]
    assert asked.wanted(ledger.of("crm")) == ()


def test_an_answer_is_an_event_that_moves_nothing_and_comes_back_with_the_others() -> None:
    ledger, events = Ledger(), []
    events += read(ledger, set_to("a", "n"), set_to("b", "n"), reading=1)
    before = {f.id: (f.phase, f.level, f.claim.fingerprint, f.moves) for f in ledger.of("crm")}
    told = tell(ledger, {"a": NAMED, "b": {}})
    assert [(e.type, e.told, e.words) for e in told] == [
        (EventType.ATTRIBUTED, False, f"p-1: {asked.SURE['named']}"),
        (EventType.ATTRIBUTED, False, "who: not observable: the vendor's log does not say"),
    ]
    assert one(ledger, "a").claim.evidence == NAMED
    assert {f.id: (f.phase, f.level, f.claim.fingerprint, f.moves) for f in ledger.of("crm")} == before
    wire = [msgspec.json.decode(msgspec.json.encode(event), type=Event) for event in (*events, *told)]
    assert state(replay(wire)) == state(ledger)
    assert [f.address.key for f in asked.wanted(ledger.of("crm"))] == ["b"]
    assert tell(ledger, {"b": {}}) == [], "nothing new is known"


def test_an_answer_about_what_moved_or_closed_meanwhile_is_left_alone() -> None:
    ledger = Ledger()
    read(ledger, set_to("a", "n"), set_to("b", "n"), reading=1)
    asked_of = {f.id: (f.claim.fingerprint, NAMED) for f in ledger.of("crm")}
    read(ledger, set_to("a", "m"), reading=2)
    assert list(asked.attributed(ledger, {**asked_of, "gone": ("x", NAMED)}, 200)) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_vendor_that_does_not_tell_is_said_to(fault: type[Fault]) -> None:
    ledger = Ledger()
    read(ledger, set_to("a", "n"), reading=1)
    (event,) = tell(ledger, {"a": fault("no scope x")})
    said = one(ledger, "a").claim.evidence["who"]
    assert said.startswith("not observable: ") and said.endswith(": no scope x") and event.words == f"who: {said}"
    (late,) = tell(ledger, {"a": NAMED})
    assert one(ledger, "a").claim.evidence == NAMED, "what is learned later takes its place"
    assert late.words.startswith("p-1")


def test_a_fault_without_words_and_one_that_is_none_of_ours_are_said_too() -> None:
    ledger = Ledger()
    read(ledger, set_to("a", "n"), reading=1)
    tell(ledger, {"a": Fault()})
    assert one(ledger, "a").claim.evidence["who"] == "not observable: it could not be asked"


@pytest.mark.parametrize("answer", [{}, Denied("no"), Throttled("later")])
def test_the_rows_own_mark_stays_where_the_vendor_tells_nothing_more(answer: asked.Told) -> None:
    ledger = Ledger()
    mark = {"a": {"by": "p-9", "at": "100"}}
    read(ledger, set_to("a", "n"), reading=1, evidence=mark)
    tell(ledger, {"a": answer})
    assert one(ledger, "a").claim.evidence == {"by": "p-9", "at": "100", "how": "last"}
    assert asked.wanted(ledger.of("crm")) == ()


def test_what_was_learned_holds_while_the_value_does_and_no_longer() -> None:
    ledger = Ledger()
    read(ledger, set_to("a", "n"), reading=1, since=5.0, link="https://crm.example/1")
    tell(ledger, {"a": NAMED})
    later = {"a": {"by": "p-2", "at": "900", "link": "https://crm.example/2"}}
    for reading in (2, 3):  # the row changed elsewhere, and its mark tells of that
        read(ledger, set_to("a", "n"), reading=reading, since=60.0, evidence=later)
        assert one(ledger, "a").claim.evidence["by"] == "p-1"
    found = drift(poll(looked(set_to("a", "n"), since=60.0, evidence=later), standing=ledger.claims("crm")))
    assert (found.claims[0].evidence, found.claims[0].since) == ({**NAMED, "link": "https://crm.example/2"}, 5.0)
    read(ledger, set_to("a", "m"), reading=4, since=180.0)
    assert (one(ledger, "a").claim.evidence, one(ledger, "a").claim.since) == ({}, 180.0)
    assert len(asked.wanted(ledger.of("crm"))) == 1


def test_what_flaps_and_agrees_just_now_is_neither_remembered_nor_asked_about() -> None:
    ledger = Ledger()
    for reading in range(1, 8):
        read(ledger, *([set_to("a", "n")] if reading % 2 else []), reading=reading)
    read(ledger, reading=8)
    assert one(ledger, "a").flapping
    assert (ledger.claims("crm"), asked.wanted(ledger.of("crm"))) == ((), ())


# -- one edit ---------------------------------------------------------------------------------------------------------


def test_one_edit_stays_one_when_its_rows_are_not_sent_again() -> None:
    ledger = Ledger()
    both = {key: {"by": "p-1", "at": "2026-11-22T02:10:05Z"} for key in "ab"}
    read(ledger, set_to("a", "n"), set_to("b", "n"), reading=1, evidence=both)
    root = one(ledger, "a")
    assert one(ledger, "b").cause == root.id
    assert read(ledger, set_to("a", "n"), set_to("b", "n"), reading=2) == ()
    only_b = poll(looked(set_to("b", "n"), keys=frozenset("b"), coverage=contract.Coverage(contract.State.PARTIAL)),
                  reading=3, standing=ledger.claims("crm"))  # fmt: skip
    hung = cause.hang(drift(only_b).claims, (), ledger.claims("crm"))
    assert [(c.under, c.because) for c in hung] == [(root.address, CauseReason.SAME_EDIT)], "the root was not read"


@pytest.mark.parametrize(("how", "one_edit"), [("named", True), ("last", True), ("alone", False)])
def test_what_one_person_is_told_to_have_done_in_one_minute_hangs_together(how: str, one_edit: bool) -> None:
    """That somebody was there alone says who it was, and not that it was one act."""
    ledger = Ledger()
    read(ledger, set_to("a", "n"), set_to("b", "n"), reading=1)
    tell(ledger, {key: {**NAMED, "how": how} for key in "ab"})
    again = tuple(cause.ungrouped(f.claim) for f in ledger.of("crm"))
    events = step(ledger, evaluation(*cause.hang(again, ()), covered=Covered(), reading=1), 901)
    assert [(e.type, e.told) for e in events] == ([(EventType.HUNG, False)] if one_edit else [])
    assert bool(one(ledger, "b").cause) is one_edit
    if one_edit:
        assert one(ledger, "b").claim.because is CauseReason.SAME_EDIT
        assert asked.wanted([msgspec.structs.replace(one(ledger, "b"), claim=claim(since=1.0))]) == ()


def test_an_edit_that_turns_out_to_be_two_is_taken_apart() -> None:
    ledger = Ledger()
    both = {key: {"by": "p-7", "at": "2026-11-22T02:10:05Z"} for key in "ab"}
    read(ledger, set_to("a", "n"), set_to("b", "n"), reading=1, evidence=both)
    assert [f.address.key for f in asked.wanted(ledger.of("crm"))] == ["a", "b"], "a mark alone is asked about"
    tell(ledger, {"a": NAMED, "b": {**NAMED, "by": "p-2"}})
    again = tuple(cause.ungrouped(f.claim) for f in ledger.of("crm"))
    (event,) = step(ledger, evaluation(*cause.hang(again, ()), covered=Covered(), reading=1), 901)
    assert (event.type, event.address.key, event.told, one(ledger, "b").cause) == (EventType.HUNG, "b", True, "")
    assert one(ledger, "b").claim.because is None


# -- looks ------------------------------------------------------------------------------------------------------------

SEEN = st.sampled_from([Absent("404"), Resource("x", {}), Denied("no"), Throttled(), None])


def look(ledger: Ledger, answers: dict[str, Any], sure: Look | None = SURE, reading: int = 1) -> tuple[Event, ...]:
    ids = {f.address.key: f.id for f in ledger.of("crm") if not f.address.fact}
    seen = {ids[key]: answer for key, answer in answers.items() if answer is not None}
    return step(ledger, asked.confirmed(ledger, "crm", reading, 65.0, seen, sure), 65.0)


@given(st.dictionaries(st.sampled_from("abcd"), SEEN, min_size=1), st.sampled_from([SURE, SURE, *DOUBTS]))
def test_absent_confirms_a_resource_clears_and_a_fault_proves_nothing(answers: dict[str, Any], sure: Look) -> None:
    ledger = Ledger()
    read(ledger, *map(gone, answers), set_to("z", "n"), reading=1)
    look(ledger, answers, sure)
    phases = {f.address.key: f.phase for f in ledger.of("crm")}
    for key, answer in answers.items():
        want: Phase | None = Phase.SUSPECTED
        if sure is SURE and isinstance(answer, Absent):
            want = Phase.OPEN
        elif sure is SURE and isinstance(answer, Resource):
            want = None
        assert phases.get(key) == want
    assert phases["z"] is Phase.OPEN, "nothing else was looked at"
    assert look(ledger, {}, sure) == ()


def test_what_the_vendor_confirmed_is_one_finding_whatever_the_second_reading_brings() -> None:
    ledger = Ledger()
    read(ledger, gone("a"), reading=1)
    (event,) = look(ledger, {"a": Absent("OBJECT_NOT_FOUND")})
    assert (event.type, event.told, event.at) == (EventType.OPENED, True, 65.0)
    says = "asked for it alone, the vendor says that it does not exist (OBJECT_NOT_FOUND)"
    assert one(ledger, "a").claim.evidence["confirmed"] == says
    assert read(ledger, gone("a"), reading=2) == ()
    (closed,) = read(ledger, reading=3)
    assert (closed.type, closed.told) == (EventType.CLOSED, True)


def test_a_look_proves_nothing_of_what_no_listing_missed_or_the_brake_holds() -> None:
    ledger = Ledger()
    assert asked.confirmed(ledger, "crm", 1, 60.0, {"0123456789": Absent()}, SURE).claims == ()
    many = [gone(f"k{n}") for n in range(20)]
    read(ledger, *many, reading=1, known=20)
    assert {f.phase for f in ledger.of("crm") if not f.address.fact} == {Phase.HELD}
    assert asked.suspected(ledger.of("crm")) == ()
    assert look(ledger, {f"k{n}": Absent() for n in range(20)}) == ()


def test_other_findings_of_a_thing_go_with_it_or_stand_as_it_does() -> None:
    for answer, kept in ((Absent(), [""]), (Resource("a", {}), ["label"])):
        ledger = Ledger()
        read(ledger, set_to("a", "n"), reading=1)
        read(ledger, gone("a"), reading=2)
        assert sorted(f.address.fact for f in ledger.of("crm")) == ["", "label"]
        look(ledger, {"a": answer}, reading=2)
        assert [f.address.fact for f in ledger.of("crm")] == kept
        assert ledger.at(address("a")) is not None
