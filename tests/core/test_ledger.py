"""The state table, and what people and time do to findings."""

from __future__ import annotations

import msgspec
import pytest

from monitor.core.acts import answered
from monitor.core.ledger import TABLE, Ledger, act, apply, ledger_table, tick, withdraw
from monitor.core.model import Claim, Closing, Covered, Event, EventType, Level, Phase

from .shapes import LIMITS, address, claim, evaluation, step, verdict


def opened(found: Claim | None = None) -> tuple[Ledger, str]:
    ledger = Ledger()
    (event,) = step(ledger, evaluation(found or claim("n", level=Level.WARNING)), 0)
    return ledger, event.finding


def say(ledger: Ledger, id: str, type: EventType, words: str = "w") -> tuple[Event, ...]:
    events = act(ledger, id, type, by="p-1", words=words, now=10)
    for event in events:
        apply(ledger, event)
    return events


def ignored(ledger: Ledger, id: str, until: float) -> None:
    at = ledger.findings[id].address
    apply(ledger, Event(type=EventType.IGNORED, at=10, finding=id, address=at, until=until, ignore="i-1"))


def test_the_table_is_rendered_whole() -> None:
    lines = ledger_table().splitlines()
    assert len(lines) == len(TABLE) + 2
    assert "| not there | claimed, and believed | open | opened |" in lines
    assert "| suspected | covered, and no longer claimed | not there | cleared |" in lines


def test_an_id_is_made_of_the_address_and_the_opening() -> None:
    _, id = opened()
    assert id == address().finding_id(1)
    assert len(id) == 10


@pytest.mark.parametrize(
    ("type", "field", "value"),
    [
        (EventType.ACKNOWLEDGED, "acknowledged_by", "p-1"),
        (EventType.ASSIGNED, "assignee", "w"),
        (EventType.REJECTED, "rejected_by", "p-1"),
    ],
)
def test_a_persons_word_is_kept(type: EventType, field: str, value: object) -> None:
    ledger, id = opened()
    (event,) = say(ledger, id, type)
    assert getattr(ledger.findings[id], field) == value
    assert event.told


def test_a_comment_changes_nothing_and_tells_nobody() -> None:
    ledger, id = opened()
    before = msgspec.json.encode(ledger.findings[id])
    (event,) = say(ledger, id, EventType.COMMENTED)
    assert (event.told, msgspec.json.encode(ledger.findings[id])) == (False, before)


def test_what_was_said_of_a_value_does_not_hold_for_the_next() -> None:
    ledger, id = opened()
    for type in (EventType.ACKNOWLEDGED, EventType.REJECTED):
        say(ledger, id, type)
    ignored(ledger, id, 99.0)
    say(ledger, id, EventType.ASSIGNED)
    (event,) = step(ledger, evaluation(claim("other", level=Level.WARNING), reading=2), 60)
    one = ledger.findings[id]
    assert (event.type, event.told) == (EventType.CHANGED, True)
    assert (one.acknowledged_by, one.rejected_by, one.ignored_until, one.ignored_by) == ("", "", None, "")
    assert one.assignee == "w"


def test_an_ignore_that_runs_out_is_said() -> None:
    ledger, id = opened()
    ignored(ledger, id, 99.0)
    assert tick(ledger, 98.0, LIMITS) == ()
    (event,) = tick(ledger, 99.0, LIMITS)
    apply(ledger, event)
    assert (event.type, event.told, ledger.findings[id].ignored_until) == (EventType.IGNORED, True, None)
    assert tick(ledger, 100.0, LIMITS) == ()


def test_what_cannot_be_said_is_refused_with_a_sentence() -> None:
    ledger, id = opened()
    with pytest.raises(LookupError, match="no finding nope"):
        say(ledger, "nope", EventType.ACKNOWLEDGED)
    with pytest.raises(ValueError, match="nothing a person can do"):
        say(ledger, id, EventType.OPENED)
    step(ledger, evaluation(reading=2), 60)
    with pytest.raises(ValueError, match="closed already"):
        say(ledger, id, EventType.ACKNOWLEDGED)


@pytest.mark.parametrize(("level", "told"), [(Level.BREAKING, True), (Level.INFO, False)])
def test_a_new_verdict_on_the_same_fact_is_told_when_it_is_graver(level: Level, told: bool) -> None:
    ledger, id = opened()
    (event,) = step(ledger, evaluation(claim("n", level=level)), 60)
    assert (event.type, event.told, ledger.findings[id].level) == (EventType.JUDGED, told, level)
    ignored(ledger, id, 999.0)
    other = msgspec.structs.replace(claim("n"), verdict=verdict(Level.BREAKING, owner="x"))
    (quiet,) = step(ledger, evaluation(other), 70)
    assert quiet.told is False


def test_a_finding_that_nobody_judged_counts_as_a_warning() -> None:
    ledger, id = opened(claim("n"))
    assert ledger.findings[id].level is Level.WARNING


def test_what_is_no_longer_monitored_is_withdrawn_and_never_called_resolved() -> None:
    ledger, id = opened()
    (event,) = withdraw(ledger, id, 60, "no longer monitored")
    assert (event.type, event.closing, event.told) == (EventType.CLOSED, Closing.WITHDRAWN, True)
    apply(ledger, event)
    assert withdraw(ledger, id, 61, "again") == ()
    suspect = claim("n", at=address("b"), believe=False)
    (suspected,) = step(ledger, evaluation(suspect, reading=3), 60)
    assert [e.type for e in withdraw(ledger, suspected.finding, 70, "gone")] == [EventType.CLEARED]


def test_a_value_that_comes_back_reopens_its_finding_and_the_third_change_of_a_day_says_flapping() -> None:
    ledger, id = opened()
    step(ledger, evaluation(reading=2), 60)
    assert ledger.findings[id].phase is Phase.CLOSED
    back, flapping = step(ledger, evaluation(claim("n", level=Level.WARNING), reading=3), 70)
    assert (back.type, back.finding, ledger.findings[id].opened_at) == (EventType.REOPENED, id, 70)
    assert flapping.type is EventType.FLAPPING


def test_a_claim_that_is_only_judged_anew_moves_nothing_else() -> None:
    ledger, id = opened()
    other = evaluation(claim("other", level=Level.BREAKING), reading=2, covered=Covered())
    assert step(ledger, other, 60) == ()
    again = evaluation(claim("n", level=Level.BREAKING), reading=2, covered=Covered())
    assert [e.type for e in step(ledger, again, 60)] == [EventType.JUDGED]
    assert ledger.findings[id].level is Level.BREAKING


def test_what_was_closed_long_ago_is_let_go_of_and_nothing_else_is() -> None:
    ledger, old = opened()
    step(ledger, evaluation(at=20, reading=2), 20)
    (event,) = step(ledger, evaluation(claim("m", level=Level.WARNING), at=30, reading=3), 30)
    assert ledger.findings[old].phase is Phase.CLOSED
    ledger.prune(20)
    assert old in ledger.findings, "closed then, not before"
    ledger.prune(21)
    assert list(ledger.findings) == [event.finding]
    assert [one.id for one in ledger.of(ledger.findings[event.finding].address.subject)] == [event.finding]
    assert ledger.at(ledger.findings[event.finding].address) is ledger.findings[event.finding]


def test_a_finding_that_was_let_go_of_lends_its_id_to_no_later_one() -> None:
    ledger, old = opened()
    gone, at = {old}, 100
    for book in (ledger, ledger, Ledger.load([], 1)):
        step(book, evaluation(at=at, reading=at), at)
        book.prune(at + 1)
        assert not book.findings
        (event,) = step(book, evaluation(claim("n", level=Level.WARNING), at=at + 50, reading=at + 50), at + 50)
        assert event.type is EventType.OPENED and event.opening == book.floor + 1
        assert book is not ledger or event.finding not in gone
        gone.add(event.finding)
        at += 100
    assert ledger.floor == 2 and len(gone) == 3


def test_what_its_maker_says_is_kept_with_the_version_it_was_said_of() -> None:
    ledger = Ledger()
    step(ledger, evaluation(claim("n")), 0)
    (one,) = ledger.of("crm")
    (told,) = answered(one, "mine", "A-1", "link:p-1", 10.0)
    apply(ledger, told)
    assert (one.answer, one.answer_ticket, told.told, one.phase) == ("mine", "A-1", True, Phase.OPEN)
    assert answered(one, "mine", "A-1", "link:p-1", 20.0) == ()
    step(ledger, evaluation(claim("other"), reading=2), 60)
    assert (one.answer, one.answer_ticket) == ("", "")
