"""Claims with their verdicts, and with the policy that will approve them, where one will."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from monitor.core import cause, planned, policy
from monitor.core.book import owned_by
from monitor.core.judge import Context, judge
from monitor.core.model import Address, Claim, Covered, Evaluation, Event, Phase, Source
from probes.kit.contract import Ref

from . import eyes
from .apart import apart
from .live import Live

if TYPE_CHECKING:
    from .core import Engine

Known = Callable[[], Context]  # what is known at the moment


async def judged(
    engine: Engine, live: Live | None, claims: Sequence[Claim], others: Sequence[Claim], context: Known, now: float
) -> tuple[Claim, ...]:
    """Claims with their verdicts, under the context of the moment when the last was judged: what people set while many
    were judged counts for all of them."""
    while True:
        known = context()
        found = await apart(len(claims), _judged, engine, live, claims, others, known, now)
        if context() == known:
            return found


def _judged(
    engine: Engine, live: Live | None, claims: Iterable[Claim], others: Sequence[Claim], known: Context, now: float
) -> tuple[Claim, ...]:
    """Claims with their verdicts, hung under their causes; `others` stand open and may be one. Which policy would
    take a claim alone is known first, since an edit hangs under what a person has to decide."""
    ledger = engine.ledger

    def came(claim: Claim) -> float:
        """When it was seen first as it is: a change that came within an announced window stays linked to it after the
        window has ended, and another value after it is no part of it."""
        there = ledger.at(claim.address)
        if there is None or there.phase is Phase.CLOSED or there.claim.fingerprint != claim.fingerprint:
            return now
        return there.first_seen_at if there.changed_at is None else there.changed_at

    def root(address: Address) -> Claim | None:
        there = ledger.at(address)
        return there.claim if there is not None and there.phase is Phase.OPEN else None

    def seen(address: Address) -> float:
        there = ledger.at(address)
        return there.first_seen_at if there is not None and there.phase is not Phase.CLOSED else now

    def recorded(ref: Ref) -> bool:
        return live is not None and live.config.level(ref.kind.value, ref.name) == "record"

    listed = eyes.watched(engine)

    def people(claim: Claim) -> bool:
        return eyes.of_claim(listed, claim)

    def marked(found: Iterable[Claim]) -> tuple[Claim, ...]:
        return policy.mark(found, known, now, root=root, seen=seen, recorded=recorded, people=people)

    alone = marked(cause.ungrouped(judge(claim, known, came(claim))) for claim in claims)
    hung = planned.marked(cause.hang(alone, known.flows, others), known.planned, root=root, seen=came)
    return marked(hung)


async def judged_anew(engine: Engine, live: Live, now: float) -> list[Event]:
    """The same claims under the rules, flows and owners of now. Nothing is covered, so nothing closes."""
    standing = engine.ledger.of(live.name)
    evaluations = [
        Evaluation(
            source=source,
            subject=live.name,
            reading=live.reading,
            at=now,
            covered=Covered(),
            claims=tuple(one.claim for one in standing if owned_by(one.address) is source),
        )
        for source in Source
    ]
    return await engine.fold(live, [one for one in evaluations if one.claims], now)
