"""Planned changes: what somebody said would change, before or after the fact, and which drift is part of it. Pure.

A plan lowers what was asked for and decides nothing: what matches is listed, counted, and approved by a person. It is
held against the time in which a change happened, which the vendor's own trail gives exactly and two readings give as
what lies between them, so that a deployment which ends before the next reading still finds its drift.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

import msgspec
from msgspec.structs import replace

from probes.kit.contract import Kind

from .graph import path, pattern_matches
from .model import Action, Address, CauseReason, Claim, Reason, Source

DAY: Final = 86_400.0
LONGEST: Final = 90 * DAY  # of a window for what patterns name
LONGEST_ACTOR: Final = 7 * DAY  # of a window for whatever somebody does
LONGEST_OPEN: Final = DAY  # of a deployment, which ends by itself then
LAST: Final = 253_370_764_800.0  # the year 9999
SLACK: Final = 60.0  # seconds that the vendor's clock and ours may be apart
SURE: Final = ("named", "last")  # how evidence knows who did it, where that is exact enough; see asked.SURE
_EFFECTS: Final = (CauseReason.IMPLIED, CauseReason.PARENT_REMOVED)


class PlannedChange(msgspec.Struct, frozen=True):
    """One file, planned/<id>.json of the baselines repository. Times are epoch seconds.

    `patterns` name what is to change: integration/kind/scope/key[/fact], * for any text. `actor`: exactly as the
    evidence names who does it; without patterns all that they do in the window is planned. `integrations`: where it
    happens; none: where the patterns say. `deployment`: opened by a pipeline, which closes it; `closed`: when it did.
    """

    id: str
    ticket: str
    patterns: tuple[str, ...]
    start: float
    end: float
    owner: str = ""
    actor: str = ""
    integrations: tuple[str, ...] = ()
    reason: str = ""
    deployment: bool = False
    closed: float | None = None

    @property
    def name(self) -> str:
        return f"{self.id} ({self.ticket})" if self.ticket else self.id

    @property
    def systems(self) -> tuple[str, ...]:
        """The integrations that it is about; none where it is whatever an actor does anywhere."""
        return self.integrations or tuple(sorted({pattern.partition("/")[0] for pattern in self.patterns}))

    def concerns(self, integration: str) -> bool:
        """Whether anything of this integration may be part of it, or come beside it."""
        return not self.systems or any(pattern_matches(name, integration) for name in self.systems)

    def problems(self) -> Iterator[str]:
        """Why it cannot be made so, as sentences."""
        if not self.ticket.strip():
            yield "ticket: expected the ticket under which it was planned, found none"
        if not self.patterns and not self.actor:
            yield "patterns: expected what is to change, or an actor: who is to change something; found neither"
        if self.deployment and not self.systems:
            yield "integrations: expected the systems that are deployed to, found none"
        yield from self._window()
        for pattern in self.patterns:
            subject, _, rest = pattern.partition("/")
            if not subject or "*" in subject or not rest.strip("*/"):
                yield f"patterns: expected integration/kind/scope/key, the integration by its name, found {pattern!r}"
            elif "*" not in (kind := rest.partition("/")[0]) and kind not in set(Kind):
                yield f"patterns: expected one of the kinds {', '.join(Kind)} after {subject}/, found {pattern!r}"
            elif self.integrations and subject not in self.integrations:
                yield f"patterns: expected one of the integrations {', '.join(self.integrations)}, found {pattern!r}"

    def _window(self) -> Iterator[str]:
        longest = LONGEST_OPEN if self.deployment else LONGEST if self.patterns else LONGEST_ACTOR
        if not 0.0 <= self.start < LAST or not 0.0 <= self.end < LAST:
            yield "start: expected times that a calendar has"
        elif self.end <= self.start:
            yield "end: expected a time after its start"
        elif self.end - self.start > longest:
            what = "a deployment" if self.deployment else "a window" if self.patterns else "a window for one actor"
            days, found = longest / DAY, (self.end - self.start) / DAY
            yield f"end: expected {what} of at most {days:.0f} day{'s' * (days > 1)}, found one of {found:.1f}"


class Fit(msgspec.Struct, frozen=True):
    """That a claim is part of a plan, and how that is known. `exact`: a pattern names it."""

    plan: PlannedChange
    words: str
    exact: bool


def fit(plans: Iterable[PlannedChange], claim: Claim, seen: float) -> Fit | None:
    """The first plan that a claim, seen first at that time, is part of."""
    if claim.address.source is not Source.DRIFT:
        return None
    start, end = between(claim, seen)
    place = path(claim.address)
    for plan in plans:
        if plan.start <= end and start <= plan.end and (words := _part(plan, claim, place)):
            return Fit(plan, words, bool(plan.patterns))
    return None


def between(claim: Claim, seen: float) -> tuple[float, float]:
    """The time in which it happened: as the vendor's trail has it, else from the last whole reading without it to the
    first with it. A thing's own mark says when it was changed last, so it was not later than that."""
    start = seen if claim.since is None else min(claim.since, seen)
    marked = _instant(claim.evidence.get("at", ""))
    how = _how(claim)
    if marked is None or how not in SURE or marked < start - SLACK:
        return start, seen
    return (marked - SLACK if how == "named" else start), min(marked + SLACK, seen)


def _part(plan: PlannedChange, claim: Claim, place: str) -> str:
    """Why a claim that happened in its time is part of it; "" where it is not."""
    if plan.patterns:
        named = any(pattern_matches(pattern, place) for pattern in plan.patterns)
        return f"It was announced as {plan.name}." if named and not _by_another(plan, claim) else ""
    if not _by(plan, claim) or (plan.integrations and claim.address.subject not in plan.integrations):
        return ""
    sure = "the vendor's own trail names this change" if _how(claim) == "named" else "its own mark of its last change"
    return f"Whoever was to work on {plan.name} did it in that time ({sure})."


def beside(plans: Iterable[PlannedChange], claim: Claim, seen: float) -> tuple[PlannedChange, str] | None:
    """The first plan in whose time it came, by the same actor or where its deployment was open, though it is no part of
    it; with why that is said."""
    if claim.address.source is not Source.DRIFT:
        return None
    start, end = between(claim, seen)
    place = path(claim.address)
    for plan in plans:
        if plan.start <= end and start <= plan.end and (words := _beside(plan, claim, place)):
            return plan, words
    return None


def _beside(plan: PlannedChange, claim: Claim, place: str) -> str:
    if _by_another(plan, claim) and any(pattern_matches(pattern, place) for pattern in plan.patterns):
        return f"{plan.name} announced it, and somebody else did it: not in the plan."
    if plan.patterns and _by(plan, claim):
        return f"Whoever worked on {plan.name} did it in that time, and no pattern of it names this: not in the plan."
    if plan.deployment and claim.address.subject in plan.systems:
        return f"It came while {plan.name} was deployed here, and nothing of it speaks of this: not in the plan."
    return ""


def _by(plan: PlannedChange, claim: Claim) -> bool:
    """Whether its actor did it, as far as that is told exactly; that nobody else was there is not enough."""
    marked = _instant(claim.evidence.get("at", ""))
    return bool(plan.actor) and claim.evidence.get("by") == plan.actor and _how(claim) in SURE and marked is not None


def _by_another(plan: PlannedChange, claim: Claim) -> bool:
    return bool(plan.actor) and _how(claim) == "named" and claim.evidence.get("by") != plan.actor


def _how(claim: Claim) -> str:
    """A row that brings `by` without more has its own mark of its last change."""
    return claim.evidence.get("how", "last" if "by" in claim.evidence else "")


def _instant(text: str) -> float | None:
    """ISO 8601 or epoch seconds, as evidence has it."""
    try:
        return float(text)
    except ValueError:
        try:
            told = datetime.fromisoformat(text)
        except ValueError:
            return None
        return told.timestamp() if told.tzinfo is not None else None


def gains(claim: Claim) -> bool:
    """Whether it takes something away or gives power: no window of somebody's work announces that."""
    more = claim.action in (Action.ADDED, Action.WIDENED) and claim.address.kind is Kind.PERMISSION
    return more or claim.action in (Action.REMOVED, Action.RENAMED)


# -- beside, and with its cause ---------------------------------------------------------------------------------------


def marked(
    claims: Iterable[Claim],
    plans: Iterable[PlannedChange],
    *,
    root: Callable[[Address], Claim | None],
    seen: Callable[[Claim], float],
) -> tuple[Claim, ...]:
    """Judged claims, hung under their causes: what comes with a planned change by itself belongs to its plan, and what
    came beside one says so. `root` gives a claim that stands from before. No level changes."""
    listed, plans = list(claims), tuple(plans)
    if not plans:
        return tuple(listed)
    known = {claim.address: claim for claim in listed}
    return tuple(_marked(claim, plans, _above(claim, known, root), seen) for claim in listed)


def _above(claim: Claim, known: Mapping[Address, Claim], root: Callable[[Address], Claim | None]) -> Claim | None:
    if claim.under is None or claim.because not in _EFFECTS:
        return None
    return known.get(claim.under) or root(claim.under)


def _marked(
    claim: Claim, plans: tuple[PlannedChange, ...], above: Claim | None, seen: Callable[[Claim], float]
) -> Claim:
    verdict = claim.verdict
    if verdict is None or verdict.planned or claim.address.source is not Source.DRIFT:
        return claim
    plan = above.verdict.planned if above is not None and above.verdict is not None else ""
    if plan:
        words = f"It comes with what was announced as {plan}."
        chain = (*verdict.chain, Reason("planned", words, verdict.level))
        return replace(claim, verdict=replace(verdict, planned=plan, chain=chain))
    found = beside(plans, claim, seen(claim))
    if found is None:
        return claim
    chain = (*verdict.chain, Reason("planned", found[1], verdict.level))
    return replace(claim, verdict=replace(verdict, beside=found[0].id, chain=chain))
