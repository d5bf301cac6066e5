"""What people and time do to the ledger, as events. Pure: the ledger is read and not changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from .book import BRAKE, Ledger, Limits, brake_address, current
from .model import Closing, Event, EventType, Finding, Phase

ACTS: Final = frozenset(
    {
        EventType.ACKNOWLEDGED,
        EventType.ASSIGNED,
        EventType.REJECTED,
        EventType.COMMENTED,
        EventType.RELEASED,
    }
)


def act(ledger: Ledger, finding_id: str, type: EventType, by: str, words: str, now: float) -> tuple[Event, ...]:
    """A person's word on one finding. For `assigned`, `words` is the team.

    Raises LookupError when there is no such finding, ValueError with a sentence when it cannot be said of it now.
    """
    finding = ledger.findings.get(finding_id)
    if finding is None:
        raise LookupError(f"There is no finding {finding_id}.")
    if type not in ACTS:
        raise ValueError(f"{type} is nothing a person can do to a finding.")
    if finding.phase is Phase.CLOSED:
        raise ValueError(f"Finding {finding_id} is closed already.")
    if type is EventType.RELEASED:
        return tuple(_release(ledger, finding, by, words, now))
    return (_event(finding, type, now, by=by, words=words, told=type is not EventType.COMMENTED),)


def _release(ledger: Ledger, finding: Finding, by: str, words: str, now: float) -> Iterator[Event]:
    """Lets a held mass removal through. What two readings have shown opens at once, the rest with the next reading."""
    ref, subject = finding.address.ref, finding.address.subject
    if finding.address.fact != BRAKE:
        if finding.phase is not Phase.HELD:
            raise ValueError(f"Finding {finding.id} is {finding.phase}, not held: there is nothing to release.")
        yield from _let_go(finding, ledger.brake(subject, ref), by, words, now)
        return
    if finding.phase is not Phase.OPEN:
        raise ValueError("This mass removal was read once only. Wait for the second reading, then release it.")
    yield _event(finding, EventType.RELEASED, now, by=by, words=words, told=True)
    for one in ledger.of(subject):
        if one.phase is Phase.HELD and one.address.ref == ref:
            yield from _let_go(one, finding, by, words, now)


def _let_go(held: Finding, brake: Finding | None, by: str, words: str, now: float) -> Iterator[Event]:
    yield _event(held, EventType.RELEASED, now, by=by, words=words)
    twice = brake is not None and brake.address == brake_address(held.address.subject, held.address.ref)
    if brake is not None and twice and held.reading < brake.reading:
        yield _event(held, EventType.OPENED, now, cause=held.cause, told=not held.cause)


def tick(ledger: Ledger, now: float, limits: Limits) -> tuple[Event, ...]:
    """What time alone brings: flapping that has settled, ignores that have run out."""
    return tuple(event for id in ledger.timed for event in _due(ledger.findings[id], now, limits))


def _due(finding: Finding, now: float, limits: Limits) -> Iterator[Event]:
    if finding.ignored_until is not None and finding.ignored_until <= now:
        words = "The time it was to be ignored for is over, and it is still so."
        yield _event(finding, EventType.IGNORED, now, words=words, told=True)
    if finding.flapping and finding.moves[-1][0] + limits.flap_quiet <= now:
        yield _event(finding, EventType.SETTLED, now)
        if not current(finding):
            yield _event(finding, EventType.CLOSED, now, closing=Closing.AGREED, told=not finding.cause)


def answered(finding: Finding, answer: str, ticket: str, by: str, now: float) -> tuple[Event, ...]:
    """What whoever made it says of it: it informs, and decides nothing. The same again is no news."""
    if (finding.answer, finding.answer_ticket) == (answer, ticket):
        return ()
    told = _event(finding, EventType.ANSWERED, now, by=by, words=ticket, told=True)
    return (msgspec.structs.replace(told, answer=answer),)


def withdraw(ledger: Ledger, finding_id: str, now: float, words: str) -> tuple[Event, ...]:
    """Takes back what is no longer monitored; a suspicion goes without a word."""
    finding = ledger.findings[finding_id]
    if finding.phase is Phase.CLOSED:
        return ()
    if finding.phase is not Phase.OPEN:
        return (_event(finding, EventType.CLEARED, now, words=words),)
    return (_event(finding, EventType.CLOSED, now, closing=Closing.WITHDRAWN, words=words, told=True),)


def _event(
    finding: Finding, type: EventType, now: float, *, by: str = "", words: str = "",
    closing: Closing | None = None, cause: str = "", told: bool = False,
) -> Event:  # fmt: skip
    return Event(
        type=type, at=now, finding=finding.id, address=finding.address, reading=finding.reading,
        opening=finding.opening, by=by, words=words, closing=closing, cause=cause, told=told,
    )  # fmt: skip
