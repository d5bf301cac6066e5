"""recapture: another account took the place of the approved one, such as a sandbox after its refresh, and a person says
that it is meant. The next whole reading then becomes the baseline of the integration, as it is found, by one commit.

The person's word is a durable row, and a flag in the store until the reading came; only what was read completely is
captured, and what the old account alone had leaves the baseline with the same commit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from monitor.adapters.records import Capture, Decision, FileWrite, TrailEntry, Work
from monitor.core.book import ACCOUNT
from monitor.core.model import Finding
from monitor.core.sight import Look
from monitor.core.visible import uncalled
from probes.kit.contract import State, Vantage

from . import leasing
from .capture import vantage_file
from .live import Live, Recapture
from .request import Decide, Refused

if TYPE_CHECKING:
    from .core import Engine
    from .intake import Intake

PATIENCE = 3600.0  # seconds for which a reading with failures is not taken, since the next one may bring all
FLAG = "recapture/"  # of the store: what a person decided and no reading has carried out, by integration


async def pending(engine: Engine, name: str) -> Recapture | None:
    kept = await engine.store.flag(FLAG + name)
    return msgspec.json.decode(kept, type=Recapture) if kept else None


def asked(request: Decide, findings: list[Finding], by: str, now: float) -> Recapture:
    """What a decision asks for. Raises Refused for a finding that says of no other account."""
    if len(findings) != 1 or findings[0].address.fact != ACCOUNT:
        raise Refused("recapture is for one finding, and for one that says of another account.")
    claim = findings[0].claim
    return Recapture(request.uuid, by, now, str(claim.before), str(claim.after), request.reason, request.ticket)


def seen(live: Live, now: Vantage) -> Look | None:
    """The look at an account that a person wants captured: not compared with what the old one had."""
    wanted = live.recapture
    if wanted is None or not now.coverage.complete or now.account != wanted.account:
        return None
    return Look(proposal=True, account=now.account, approved_account=wanted.account)


async def carry_out(engine: Engine, live: Live, intake: Intake) -> None:
    """After a reading: captures the account that was asked for, if it was read. The caller holds the integration's
    lock. Where something failed for now, the next reading may bring it; what never comes is a proposal afterwards."""
    wanted, now = live.recapture, engine.clock.now()
    if wanted is None or intake.vantage is None or not intake.vantage.coverage.complete:
        return
    if intake.vantage.account != wanted.account:
        await _drop(engine, live, wanted, now)
        return
    states = [coverage.state for _, coverage, _ in intake.reads]
    if State.COMPLETE not in states or (State.FAILED in states and now - wanted.at < PATIENCE):
        return
    index = engine.index(live.name)
    read = {ref: last for ref, last in intake.updates.items() if last.coverage.complete}
    captures = [
        Capture(ref=ref, digest=last.digest.hex(), before=index[ref].digest.hex() if ref in index else "")
        for ref, last in sorted(read.items())
    ]
    files = [await vantage_file(engine, live)]
    for ref in sorted(index.keys() - read.keys()):
        text = await engine.baselines.text(index[ref].path)
        files.append(FileWrite(path=index[ref].path, before=text, after=None))
    decision = Decision(
        uuid=f"{wanted.uuid}-capture",
        kind="capture",
        by=wanted.by,
        at=now,
        via="recapture",
        integration=live.name,
        reason=wanted.reason,
        ticket=wanted.ticket,
        message=_message(live, wanted),
        how="captured",
        answered_by=wanted.second,
        ref_seen=engine.baselines.seen,
        work=Work(captures=tuple(captures), files=tuple(files)),
    )
    left = [ref for ref in live.known if ref not in intake.updates]
    async with leasing.keeping(engine, live) as tx:
        await tx.queue_decision(decision)
        data = {"decision": decision.uuid, "account": wanted.account, "instead of": wanted.instead_of,
                "reason": wanted.reason, "ticket": wanted.ticket, "via": decision.via}  # fmt: skip
        await tx.add_trail(TrailEntry(at=now, who=wanted.by, what="recapture", subject=live.name, data=data))
        await tx.drop_last(live.name, left)
        await tx.set_flag(FLAG + live.name, None)
    live.recapture = None
    for ref in left:
        del live.known[ref]
        live.proposals.pop(ref, None)
    engine.wake.set()


async def _drop(engine: Engine, live: Live, wanted: Recapture, now: float) -> None:
    """The credential leads elsewhere again: what was asked for is not to be captured some day unasked."""
    async with leasing.keeping(engine, live) as tx:
        data = {"decision": wanted.uuid, "account": wanted.account}
        await tx.add_trail(TrailEntry(at=now, who="driftline", what="recapture dropped", subject=live.name, data=data))
        await tx.set_flag(FLAG + live.name, None)
    live.recapture = None


def _message(live: Live, wanted: Recapture) -> str:
    lines = [
        f"Capture {live.name} anew: account {uncalled(wanted.account)} took the place of {uncalled(wanted.instead_of)}",
        "",
    ]
    lines += [wanted.reason] + ([f"Ticket: {wanted.ticket}"] if wanted.ticket else [])
    return "\n".join(lines).strip() + "\n"
