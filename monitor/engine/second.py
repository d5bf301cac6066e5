"""The second person: what waits for one is confirmed, declined, withdrawn, or lapses. Each is one transaction.

Confirmed is exactly what was asked for. Where a finding, the baseline or a reading moved since, that is refused and
said, and the request waits on, for whoever asked to withdraw it and ask anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from monitor.adapters.failpoints import reach
from monitor.adapters.records import Decision, DecisionState, TrailEntry, Work
from monitor.core import ledger as ledgers
from monitor.core.model import Event, EventType, Phase

from . import recapture, told
from .acting import acting
from .eyes import may_not, owners_of, same
from .live import Recapture
from .repeated import in_turn
from .request import Refused
from .whence import whence

if TYPE_CHECKING:
    from .core import Engine

TWO = "takes two"  # of an entry's data: that nothing may be done before another entry confirms it
OPEN = ("approve", "ignore", "release", "recapture")  # decided on findings that must still be as they were


async def load(engine: Engine) -> None:
    """What waits, as the store has it: at the start, and when work is taken over."""
    held = await engine.store.decisions(DecisionState.WAITING)
    engine.waiting = {one.uuid: one for one in held}


@in_turn
async def confirm(engine: Engine, uuid: str, by: str, via: str) -> Decision:
    """The second person agrees: it is carried out now. Raises Refused."""
    held = await _held(engine, uuid, by)
    if held.state is not DecisionState.WAITING:
        return held  # asked twice
    if problem := refusal(engine, held, by):
        raise Refused(problem)
    problems, changed = await _moved(engine, held)
    if problems:
        raise Refused(*problems, changed=changed)
    state = DecisionState.QUEUED if held.work != Work() else DecisionState.ALREADY
    wanted = _recapture(engine, held, by)
    done = await _end(engine, held, state, by, via, "confirmed", act=held.kind == "release")
    if wanted is not None:
        await _begin(engine, held.integration, wanted)
    if state is DecisionState.QUEUED:
        engine.wake.set()
    return done


@in_turn
async def decline(engine: Engine, uuid: str, reason: str, by: str, via: str) -> Decision:
    """A second person does not agree: nothing is done. Raises Refused."""
    held = await _held(engine, uuid, by)
    if held.state is not DecisionState.WAITING:
        return held
    if problem := refusal(engine, held, by):
        raise Refused(problem)
    if not reason.strip():
        raise Refused("Say why: declining needs a reason, which whoever asked will read.")
    return await _end(engine, held, DecisionState.DECLINED, by, via, "declined", reason)


@in_turn
async def withdraw(engine: Engine, uuid: str, reason: str, by: str, via: str) -> Decision:
    """Whoever asked takes it back before anybody agreed. Raises Refused."""
    held = await _held(engine, uuid, by)
    if held.state is not DecisionState.WAITING:
        return held
    if held.waits is None or engine.people.pseudonym(by.rpartition(":")[2]) != held.waits.one[0]:
        raise Refused(f"{held.by} asked for it, and they alone can withdraw it; decline it where you do not agree.")
    return await _end(engine, held, DecisionState.WITHDRAWN, by, via, "withdrawn", reason)


async def lapse(engine: Engine, now: float) -> None:
    """At each tick: what waited too long waits no more."""
    for held in [one for one in engine.waiting.values() if one.waits is not None and one.waits.until <= now]:
        await _end(engine, held, DecisionState.LAPSED, "driftline", "", "lapsed", "nobody came to agree in time")


def refusal(engine: Any, held: Decision, by: str) -> str:
    """Why somebody cannot be the second person of this; "" where they can."""
    who, owners = acting(by), owners_of(engine, held)
    if held.waits is not None and held.waits.until <= engine.clock.now():
        return f"{held.uuid} waited too long, and has lapsed; ask for it anew."
    return next(iter([*(one for one in [same(engine, held, who)] if one), *may_not(who, owners)]), "")


async def _held(engine: Engine, uuid: str, by: str) -> Decision:
    """What waits; or what this person has answered already. Raises Refused."""
    held: Decision | None = await engine.store.decision(uuid)
    if held is None:
        raise Refused(f"There is no decision {uuid!r}; `driftline waiting` lists those that wait.")
    if held.state is DecisionState.WAITING or held.answered_by == by:
        return held
    if held.waits is None:
        raise Refused(f"{uuid} takes no second person: it is {held.state}.")
    raise Refused(f"{uuid} does not wait any more: it is {held.state}.")


async def _moved(engine: Engine, held: Decision) -> tuple[list[str], list[str]]:
    """What is no more as it was when the first person asked: sentences, and ids of findings."""
    problems, changed = [], []
    for id, seen in held.findings.items() if held.kind in OPEN else ():
        finding = engine.ledger.findings.get(id)
        if finding is None or finding.phase is Phase.CLOSED:
            problems.append(f"{id} is not open any more.")
        elif seen and finding.claim.fingerprint != seen:
            changed.append(id)
            problems.append(f"{id} is of another value by now than when {held.by} asked.")
    live = engine.integrations.get(held.integration)
    for one in held.work.captures if held.kind == "capture" else ():
        known = live.known.get(one.ref) if live is not None else None
        if known is None or known.digest.hex() != one.digest:
            problems.append(f"{one.ref.kind}/{one.ref.name} was read again since, and is not what it was.")
    async with engine.git:
        problems += [f"{one}." for one in (await engine.committer.plan(held)).conflicts]
    if problems:
        problems.append("What was asked for is not what would be done now: decline it, or let who asked ask anew.")
    return problems, changed


async def _end(
    engine: Engine,
    held: Decision,
    state: DecisionState,
    by: str,
    via: str,
    word: str,
    reason: str = "",
    act: bool = False,
) -> Decision:
    now = engine.clock.now()
    note = held.note if state in (DecisionState.QUEUED, DecisionState.ALREADY) else reason
    done = msgspec.structs.replace(held, state=state, answered_by=by, answered_at=now, note=note)
    try:
        events: list[Event] = []
        for id in held.findings if act else ():
            events += engine.apply(ledgers.act(engine.ledger, id, EventType.RELEASED, held.by, held.reason, now))
        events += _said(engine, held, by, word, reason, now)
        reach(f"{word}.before")
        async with told.keeping(engine, engine.store.transaction(), events) as tx:
            there = await tx.decision(held.uuid)
            if there is None or there.state is not DecisionState.WAITING:
                raise Refused(f"{held.uuid} was answered a moment ago by somebody else; look it up.")
            await tx.set_decision(done)
            data = {"decision": held.uuid, "findings": sorted(held.findings), "kind": held.kind, "reason": reason,
                    "ticket": held.ticket, **(whence(by, via) if via else {})}  # fmt: skip
            await tx.add_trail(TrailEntry(at=now, who=by, what=word, subject=held.integration, data=data))
            if (wanted := _recapture(engine, held, by)) is not None and word == "confirmed":
                await tx.set_flag(recapture.FLAG + held.integration, msgspec.json.encode(wanted).decode())
    except ValueError as error:
        await engine.reload_ledger()
        raise Refused(str(error)) from error
    reach(f"{word}.after")
    engine.waiting.pop(held.uuid, None)
    return done


def asked(engine: Engine, held: Decision) -> list[Event]:
    """The request, in the history of each finding."""
    if held.state is not DecisionState.WAITING:
        return []
    return _said(engine, held, held.by, "waits", held.reason, held.at)


def takes(made: Decision) -> dict[str, bool]:
    """What the entry by which a decision is stored says of it; the chain holds it from then on."""
    return {TWO: True} if made.waits is not None else {}


def note(engine: Engine, made: Decision) -> None:
    """A decision was stored: it waits for a second person, or for the committer."""
    if made.state is DecisionState.WAITING:
        engine.waiting[made.uuid] = made
    elif made.state is DecisionState.QUEUED:
        engine.wake.set()


def _said(engine: Engine, held: Decision, by: str, word: str, reason: str, now: float) -> list[Event]:
    says = f"{held.kind}: {'waits for a second person' if word == 'waits' else word}"
    out: list[Event] = []
    for id in held.findings:
        finding = engine.ledger.findings.get(id)
        if finding is not None and finding.phase is not Phase.CLOSED:
            words = f"{says}{reason and f' ({reason})'}"
            out += engine.apply(ledgers.act(engine.ledger, id, EventType.COMMENTED, by=by, words=words, now=now))
    return out


def _recapture(engine: Engine, held: Decision, by: str) -> Recapture | None:
    if held.kind != "recapture":
        return None
    (id,) = held.findings
    claim = engine.ledger.findings[id].claim
    return Recapture(
        held.uuid, held.by, engine.clock.now(), str(claim.before), str(claim.after), held.reason, held.ticket, by
    )


async def _begin(engine: Engine, integration: str, wanted: Recapture) -> None:
    engine.integrations[integration].recapture = wanted
    if engine.scheduler is not None:
        engine.scheduler.ask(integration)
