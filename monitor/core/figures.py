"""Figures for metrics and reports: what stands open now, and how long people took. Pure; from findings and events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from .model import Claim, Closing, Event, EventType, Finding, Phase


class Group(NamedTuple):
    """One cell of the counts."""

    source: str
    subject: str
    kind: str
    level: str
    owner: str


class Times(msgspec.Struct, frozen=True):
    """Means in seconds, None where nothing was measured: `detect` from the change at the vendor (or the first look) to
    its finding, `acknowledge` from there to a person's first word, `resolve` from there to its end by agreement or
    approval. The counts say how many each mean is of."""

    detect: float | None = None
    acknowledge: float | None = None
    resolve: float | None = None
    detected: int = 0
    acknowledged: int = 0
    resolved: int = 0


def counts(findings: Iterable[Finding], *, roots: bool = False) -> Mapping[Group, int]:
    """Open findings per cell; with `roots`, effects of others are not counted."""
    out: Counter[Group] = Counter()
    for finding in findings:
        if finding.phase is Phase.OPEN and not (roots and finding.cause):
            a, verdict = finding.address, finding.claim.verdict
            owner = finding.assignee or (verdict.owner if verdict is not None else "")
            out[Group(a.source, a.subject, a.kind, finding.level.word, owner)] += 1
    return out


_WORDS = (EventType.ACKNOWLEDGED, EventType.ASSIGNED, EventType.REJECTED, EventType.IGNORED)


def times(events: Iterable[Event]) -> Times:
    """Over events in their order. What was withdrawn or superseded counts in no mean of resolving."""
    seen: dict[str, float] = {}
    opened: dict[str, float] = {}
    waiting: dict[str, float] = {}
    detect: list[float] = []
    acknowledge: list[float] = []
    resolve: list[float] = []
    for event in events:
        id = event.finding
        if event.type in (EventType.SUSPECTED, EventType.HELD):
            seen.setdefault(id, event.at)
        elif event.type is EventType.CLEARED:
            seen.pop(id, None)
        elif event.type in (EventType.OPENED, EventType.REOPENED):
            opened[id] = waiting[id] = event.at
            since = _changed_at(event.claim, event.at)
            first = seen.pop(id, event.at)
            detect.append(event.at - (since if since is not None else first))
        elif event.type in _WORDS and event.by and id in waiting:
            acknowledge.append(event.at - waiting.pop(id))
        elif event.type is EventType.CLOSED:
            start = opened.pop(id, None)
            waiting.pop(id, None)
            if start is not None and event.closing in (Closing.AGREED, Closing.APPROVED):
                resolve.append(event.at - start)
    return Times(_mean(detect), _mean(acknowledge), _mean(resolve), len(detect), len(acknowledge), len(resolve))


def _changed_at(claim: Claim | None, now: float) -> float | None:
    """When the vendor says that it was changed, where it does and where that can be."""
    text = claim.evidence.get("at", "") if claim is not None else ""
    try:
        at = float(text)
    except ValueError:
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            return None
        at = (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    return at if at <= now else None


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
