"""Figures of how quick people are: what each event does to an opening (the time in which a finding was open), and what
is made of many of them. Pure; the store keeps openings, so that years of events need not be read for a figure.

Which openings a figure counts stands in docs/figures.md: roots alone, and only of what people were asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from .model import Claim, Closing, Event, EventType

RESOLVED: Final = (Closing.AGREED, Closing.APPROVED)  # what was withdrawn or superseded was not resolved by anybody
ENOUGH: Final = 5  # of fewer than these nothing is said but how many they are


class Began(msgspec.Struct, frozen=True):
    """`quiet`: a policy will approve it, so that nobody is asked; `since`: the last whole read before the change. None
    where the event brings no claim: then it is as it was when it was held."""

    root: bool
    quiet: bool
    since: float | None


class Changed(msgspec.Struct, frozen=True):
    """The vendor says when it was changed."""

    at: float


class Judged(msgspec.Struct, frozen=True):
    level: int
    owner: str
    quiet: bool


class Hung(msgspec.Struct, frozen=True):
    root: bool


class Assigned(msgspec.Struct, frozen=True):
    owner: str


class Answered(msgspec.Struct, frozen=True):
    """Somebody said a first word on it."""


class Ignored(msgspec.Struct, frozen=True):
    """An ignore began to hold: somebody's answer, unless it stood there before the finding did."""


class Ended(msgspec.Struct, frozen=True):
    closing: str


Move = Began | Changed | Judged | Hung | Assigned | Answered | Ignored | Ended


def moves(event: Event) -> Iterator[Move]:
    """What an event does to the opening of its finding, in this order."""
    claim, kind = event.claim, event.type
    verdict = claim.verdict if claim is not None else None
    if kind in (EventType.OPENED, EventType.REOPENED):
        yield Began(not event.cause, bool(verdict and verdict.standing), claim.since if claim is not None else None)
    if claim is not None and verdict is not None:
        yield Judged(int(verdict.level), verdict.owner, bool(verdict.standing))
    if claim is not None and (at := changed_at(claim)) is not None:
        yield Changed(at)
    if kind is EventType.HUNG:
        yield Hung(not event.cause)
    if kind is EventType.ASSIGNED:
        yield Assigned(event.words)
    if kind in (EventType.ACKNOWLEDGED, EventType.ASSIGNED, EventType.REJECTED) and event.by:
        yield Answered()
    if kind is EventType.IGNORED and event.ignore:
        yield Ignored()
    if kind is EventType.CLOSED:
        yield Ended(str(event.closing or ""))


def changed_at(claim: Claim) -> float | None:
    """When the vendor says that it was changed, in epoch seconds: ISO 8601 as the kit writes it, or epoch seconds."""
    text = claim.evidence.get("at", "")
    try:
        return float(text)
    except ValueError:
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


class Spread(msgspec.Struct, frozen=True):
    """Of `n` durations, in seconds: half of them took no longer than the median, nine of ten no longer than `p90` (by
    nearest rank). None where there are too few to say."""

    n: int
    median: float | None = None
    p90: float | None = None


def spread(values: Sequence[float]) -> Spread:
    n = len(values)
    if n < ENOUGH:
        return Spread(n)
    ordered = sorted(values)
    return Spread(n, ordered[(n + 1) // 2 - 1], ordered[(n * 9 + 9) // 10 - 1])
