"""Once a day, what nobody has to decide is brought into the baselines: one commit of an integration, under the name of
the policies that took each change. It goes the way of every decision: stored first, then committed, then pushed."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from monitor.adapters.failpoints import reach
from monitor.adapters.records import Decision, DecisionState, FileWrite, TrailEntry, Work
from monitor.core import policy
from monitor.core.accept import Edit, edits
from monitor.core.compare import compare
from monitor.core.model import Finding
from probes.kit.contract import Ref

from . import leasing, told
from .decide import chosen_of, orphans, rules_of
from .judging import judged_anew
from .live import Live

if TYPE_CHECKING:
    from .core import Engine

BY = "policy"
FLAG = "policy/"  # of the store: the day of an integration for which policies were last applied, since 1970
EPOCH = date(1970, 1, 1)
SETTLED = 3_600.0  # seconds: what is younger may be one step of an edit that somebody is still at


async def apply(engine: Engine, live: Live, now: float) -> None:
    """At the first tick after the configured hour, once for each day. While nobody knows who reads, it waits."""
    flag = FLAG + live.name
    today = day_of(now, engine.config.service.policy.hour, engine.config.zone)
    day = float((today - EPOCH).days)
    if live.policy_day is None:
        stored = await engine.store.flag(flag)
        live.policy_day = float(stored) if stored is not None else None
    if live.policy_day is not None and day <= live.policy_day <= day + 1:
        return  # a day that is further ahead was told by a wall clock that has been put right since
    if live.recapture is not None or (live.look is not None and (live.look.blind or live.look.wrong_account)):
        return
    first = live.policy_day is None  # of a new store: there is nothing that could have waited
    events = [] if first else await judged_anew(engine, live, now)
    taken = {} if first else waiting(live, engine.ledger.of(live.name), now)
    decision = await _decision(engine, live, taken, now, today.isoformat())
    reach("policy.before")
    async with told.keeping(engine, engine.leases.keeping(leasing.TICK), events) as tx:
        await tx.set_flag(flag, str(day))
        if decision is not None:
            await tx.queue_decision(decision)
            data = {"decision": decision.uuid, "findings": sorted(decision.findings),
                    "rules": rules_of(engine.ledger.findings[id] for id in decision.findings),
                    "via": decision.via}  # fmt: skip
            await tx.add_trail(TrailEntry(at=now, who=BY, what="approve", subject=live.name, data=data))
    reach("policy.after")
    live.policy_day = day
    if decision is not None:
        engine.wake.set()


def day_of(now: float, hour: int, zone: tzinfo) -> date:
    """The day whose hour came last, by the clocks there. The hour that a change of clocks skips comes when they have
    passed it; one that comes twice counts the first time."""
    local = datetime.fromtimestamp(now, zone)
    return local.date() if local.hour >= hour else local.date() - timedelta(days=1)


def waiting(live: Live, findings: tuple[Finding, ...], now: float) -> dict[str, str]:
    """Finding -> the policy that takes it now."""
    old = [one for one in findings if now - (one.opened_at or now) >= SETTLED]
    marked = {one.id: policy.waits(one) for one in old}
    return {id: by for id, by in marked.items() if by and by not in live.over}


async def _decision(engine: Engine, live: Live, taken: dict[str, str], now: float, day: str) -> Decision | None:
    """None where nothing of it can be approved now: what is not read completely waits for a day on which it is."""
    by_ref: dict[Ref, list[Finding]] = defaultdict(list)
    for id in taken:
        finding = engine.ledger.findings[id]
        by_ref[finding.address.ref].append(finding)
    work: list[Edit] = []
    files: list[FileWrite] = []
    done: dict[str, str] = {}
    for ref, group in by_ref.items():
        last = live.known.get(ref)
        approved = await engine.baselines.body(live.name, ref)
        if last is None or not last.coverage.complete or approved is None:
            continue
        now_read = await engine.body(last.digest)
        chosen = chosen_of(compare(approved, now_read, None), live.name, group)
        there = {change.address(live.name) for change in chosen}
        kept = [one for one in group if one.address in there]
        work += edits(approved, now_read, chosen)
        files += await orphans(engine, live, ref, kept)
        done.update({one.id: one.claim.fingerprint for one in kept})
    if not done:
        return None
    return Decision(
        uuid=f"policy-{live.name}-{day}",
        kind="approve",
        by=BY,
        at=now,
        via="policy",
        integration=live.name,
        state=DecisionState.QUEUED,
        findings=done,
        message=_message(live.name, day, Counter(taken[id] for id in done), sorted(done)),
        how="policy",
        policies={id: taken[id] for id in done},
        ref_seen=engine.baselines.seen,
        work=Work(edits=tuple(work), files=tuple(dict.fromkeys(files))),
    )


def _message(name: str, day: str, counts: Counter[str], findings: list[str]) -> str:
    lines = [f"Approve {counts.total()} changes of {name} by policy on {day}", ""]
    lines += [f"{by}: {count}" for by, count in sorted(counts.items())]
    return "\n".join([*lines, "", *(f"Finding: {id}" for id in findings)]) + "\n"
