"""observe: what one reading means. Evaluate, judge, fold, and store all of it in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from monitor.adapters.failpoints import reach
from monitor.adapters.records import Last, Reading
from monitor.core import evaluate
from monitor.core.model import Event, Phase
from probes.kit.contract import Ref, Vantage

from . import crossing, leasing, recapture, syncs, told, uses
from .apart import apart, changes
from .context import limits
from .intake import READ_STATES, Intake
from .live import Live

if TYPE_CHECKING:
    from .core import Engine


class Observed(msgspec.Struct, frozen=True):
    """What a reading led to. `confirm`: read ids that want a second look before a removal is believed."""

    reading: Reading
    events: tuple[Event, ...]
    confirm: frozenset[str]


async def observe(engine: Engine, live: Live, intake: Intake, started: float, confirming: bool) -> Observed:
    """Fold one whole reading. Either all of it is stored, and known to the ledger, or nothing is."""
    now = engine.clock.now()
    poll = evaluate.Poll(
        subject=live.name,
        reading=intake.reading,
        at=intake.at,
        looked=tuple(intake.looked),
        gone=tuple(intake.gone),
        look=intake.look,
        reads=tuple(intake.reads),
        confirming=confirming,
        standing=engine.ledger.claims(live.name),
    )
    runs = await syncs.ended(engine, live, intake)
    meant = intake.vantage is not None and recapture.seen(live, intake.vantage) is not None
    evaluations = [
        *([] if meant else [await apart(changes(poll), evaluate.drift, poll, limits(engine.config))]),
        evaluate.faults(poll),
        *syncs.evaluate(live, intake, poll, runs, now),
    ]
    ended = Reading(
        id=intake.reading,
        integration=live.name,
        started_at=started,
        ended_at=now,
        outcome=outcome(intake),
        requests=intake.signals.requests if intake.signals else {},
        listings=() if confirming else listings(intake),
        reason="; ".join(sorted({c.reason for _, c, _ in intake.reads if c.reason}))[:500],
    )
    uses.settle(engine, live, intake.updates, intake.reads)
    async with engine.crossing.lock:
        moved = any(looked.changes for looked in intake.looked) or bool(engine.ledger.of(live.name))
        across = await crossing.prepare(engine, live, intake.updates, intake.staged, moved, now)
        try:
            events = await engine.fold(live, evaluations, now)
            if across is not None:
                events += await across.look(engine, live, intake.reading, now)
            await _store(engine, live, intake, ended, runs, events, now)
        except BaseException:
            await engine.reload_ledger()  # the ledger is ahead of the store: forget what was not kept
            raise
        remember(engine, live, intake, ended, runs)
        if across is not None:
            engine.crossing.rests[live.name] = across.rests
    await recapture.carry_out(engine, live, intake)
    return Observed(ended, tuple(events), suspects(engine, live))


def listings(intake: Intake) -> tuple[str, ...]:
    """Those that were read, whole or in part."""
    names = {id.partition("/")[0] for id, coverage, _ in intake.reads if coverage.state in READ_STATES}
    return tuple(sorted(names))


def outcome(intake: Intake) -> str:
    """ok, partial or failed: whether all, some or none of what was asked for could be read. What the vendor's plan
    does not have is no failure."""
    states = [coverage.state for _, coverage, _ in intake.reads if coverage.state != "unsupported"]
    if intake.look is not None and intake.look.wrong_account:
        return "failed"
    if all(state == "complete" for state in states):
        return "ok" if states or not intake.reads else "partial"
    return "partial" if any(state in ("complete", "partial") for state in states) else "failed"


async def _store(
    engine: Engine, live: Live, intake: Intake, ended: Reading, runs: syncs.Runs, events: Sequence[Event], now: float
) -> None:
    changed = [
        last for ref, last in intake.updates.items()
        if ref not in intake.again and not only_read_again(live.known.get(ref), last)
    ]  # fmt: skip
    again = intake.updates.keys() - {last.ref for last in changed}
    reach("store.before")
    async with leasing.keeping(engine, live) as tx:
        await tx.put_contents(intake.staged.items())
        await tx.end_reading(ended)
        await tx.set_last(*changed)
        await tx.read_again(live.name, again, intake.at, ended.id)
        await tx.put_memos(live.name, intake.memos, intake.rows)
        if isinstance(intake.vantage, Vantage) and intake.vantage.coverage.complete:
            await tx.set_vantage(live.name, intake.vantage, intake.at)
        if (proposals := merged_proposals(live, intake)) != live.proposals:
            await tx.set_proposals(live.name, proposals)
        await tx.add_samples(live.name, intake.at, {(scope, key): one for scope, key, one in intake.samples})
        await tx.add_runs(live.name, runs)
        await tx.add_quota(live.name, engine.day(now), sum(ended.requests.values()))
        if intake.called:
            await tx.set_flag(f"{uses.CALLED}{live.name}", uses.written(live))
        await told.keep(engine, tx, events)
        await engine.people.flush(tx)
    reach("store.after")


def only_read_again(before: Last | None, now: Last) -> bool:
    """Whether nothing but the times differ, of a scope that was read whole: then its row need not be written anew."""
    if before is None or not now.coverage.complete or before.digest != now.digest:
        return False
    stamped = {"read_at": now.read_at, "reading": now.reading, "good_at": now.good_at}
    return msgspec.structs.replace(before, **stamped) == now


def merged_proposals(live: Live, intake: Intake) -> dict[Ref, str]:
    """Proposals of scopes that this reading did not bring stand."""
    kept = {ref: why for ref, why in live.proposals.items() if ref not in intake.updates}
    return {**kept, **intake.proposals}


def remember(engine: Engine, live: Live, intake: Intake, ended: Reading, runs: syncs.Runs) -> None:
    """The reading is stored: let memory say so too."""
    live.proposals = merged_proposals(live, intake)
    live.memos.update(intake.memos)
    live.known.update(intake.updates)
    live.settled.update(intake.settled)
    for read, coverage, kinds in intake.reads:
        live.reads[read], live.kinds[read] = (coverage, intake.at), kinds
    told_now = {read for read, _, _ in intake.reads}
    for read in live.reads.keys() - told_now:  # a listing that failed whole, and whose reads are told one by one again
        if read.endswith("/*") and any(one.startswith(read[:-1]) for one in told_now):
            del live.reads[read]
    for scope, key, sample in intake.samples:
        live.sampled(scope, key, intake.at, sample)
    for (scope, key), run in runs.items():
        live.ran(scope, key, run)
    if intake.look is not None:
        live.look, live.vantage = intake.look, intake.vantage
    if intake.signals is not None:
        live.signals = intake.signals
    live.requests.update(ended.requests)
    live.reading, live.last_poll_at = ended.id, ended.ended_at
    if ended.outcome == "failed":
        live.failures += 1
        live.fault = ended.reason
    else:
        live.failures, live.fault, live.last_ok_at = 0, "", ended.ended_at


def suspects(engine: Engine, live: Live) -> frozenset[str]:
    """Read ids to ask again: those of scopes with a removal that was seen once."""
    waiting = [one for one in engine.ledger.of(live.name) if one.phase is Phase.SUSPECTED]
    reads = {live.known[one.address.ref].read for one in waiting if one.address.ref in live.known}
    return frozenset(reads)
