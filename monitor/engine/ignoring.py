"""Ignores as the engine uses them: which are in force, what a decision writes, what came of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec
import xxhash

from monitor.adapters.layout import encode_ignore, ignore_path
from monitor.adapters.records import FileWrite
from monitor.adapters.store import Store
from monitor.adapters.store_tx import Tx
from monitor.core import ignores
from monitor.core.graph import path, pattern_matches
from monitor.core.ignores import Force, Ignore, Use
from monitor.core.model import Claim, Event, EventType, Finding, Phase, Source
from monitor.core.rules import find
from probes.kit.contract import canonical

from . import leasing
from .live import Live
from .request import Decide, Refused

if TYPE_CHECKING:
    from .core import Engine

FLAG = "ignore/"  # of the store: what came of an ignore, by its id


def standing(engine: Engine, subject: str) -> tuple[Force, ...]:
    """The ignores of an integration, or a flow, as git has them."""
    return ignores.forces(engine.baselines.ignores, subject, engine.config.zone)


async def uses(store: Store) -> dict[str, Use]:
    """What came of each ignore, as the store remembers it."""
    kept = await store.flags(FLAG)
    return {id: msgspec.json.decode(text, type=Use) for id, text in kept.items()}


async def noted(engine: Engine, tx: Tx, events: Sequence[Event]) -> None:
    """Counts what these events say of ignores: each time that one begins to hold for a finding is a hit."""
    touched: dict[str, Use] = {}
    for event in events:
        finding = engine.ledger.findings.get(event.finding)
        begun = event.type is EventType.IGNORED and event.ignore
        id = event.ignore if begun else finding.ignored_by if finding is not None else ""
        if id and (begun or event.type is EventType.CLOSED):
            use = touched.get(id) or engine.uses.get(id) or Use(event.at)
            touched[id] = msgspec.structs.replace(use, hits=use.hits + bool(begun), last_at=event.at)
    await _keep(engine, tx, touched)


async def known(engine: Engine, now: float) -> None:
    """Remembers since when there is each ignore, and forgets those whose file is gone. Writes only what is new."""
    there = {one.id for one in engine.baselines.ignores}
    new = {id: Use(now) for id in there - engine.uses.keys()}
    gone = engine.uses.keys() - there
    if new or gone:
        async with engine.leases.keeping(leasing.TICK) as tx:
            await _keep(engine, tx, new)
            for id in gone:
                await tx.set_flag(FLAG + id, None)
        for id in gone:
            del engine.uses[id]


async def _keep(engine: Engine, tx: Tx, changed: dict[str, Use]) -> None:
    for id, use in changed.items():
        await tx.set_flag(FLAG + id, msgspec.json.encode(use).decode())
        engine.uses[id] = use


def claims(engine: Engine, live: Live, now: float) -> tuple[Claim, ...]:
    """What is to be said of the ignores of an integration."""
    mine = standing(engine, live.name)
    if not mine:
        return ()
    holding = {one.ignored_by for one in engine.ledger.of(live.name)}
    words = (ignores.state(f, engine.uses.get(f.ignore.id, Use(now)), f.ignore.id in holding, now) for f in mine)
    return tuple(ignores.claims(live.name, zip(mine, words, strict=True)))


# -- what a decision writes -------------------------------------------------------------------------------------------


async def files(engine: Engine, request: Decide, findings: list[Finding], now: float) -> tuple[FileWrite, ...]:
    """One file for each finding, or one for the pattern that was given. Raises Refused with what does not fit."""
    subject = findings[0].address.subject
    owner = request.owner or _owner(findings[0])
    day = _day(engine, request, now)
    problems = _problems(engine, request, findings, owner)
    if problems:
        raise Refused(*problems)
    more = {"reason": request.reason, "owner": owner, "until": day, "ticket": request.ticket}
    if not request.pattern:
        made = [
            Ignore(id=one.id, pattern=path(one.address), source=one.address.source, any_value=request.any_value,
                   pins=() if request.any_value else (one.claim.fingerprint,), **more)
            for one in findings
        ]  # fmt: skip
    else:
        source, pattern = findings[0].address.source, request.pattern.rstrip("/")
        alike = [one for one in engine.ledger.of(subject) if _alike(one, source, pattern)]
        pins = () if request.any_value else tuple(sorted({one.claim.fingerprint for one in alike}))
        id = f"p-{xxhash.xxh3_64_hexdigest(canonical([source, pattern]))[:10]}"
        made = [Ignore(id=id, pattern=pattern, source=source, any_value=request.any_value, pins=pins, **more)]
    return tuple([await _file(engine, one) for one in made])


async def _file(engine: Engine, ignore: Ignore) -> FileWrite:
    where = ignore_path(ignore.id)
    return FileWrite(path=where, before=await engine.baselines.text(where), after=encode_ignore(ignore).decode())


def _alike(finding: Finding, source: Source, pattern: str) -> bool:
    address = finding.address
    return finding.phase is Phase.OPEN and address.source is source and pattern_matches(pattern, path(address))


def _owner(finding: Finding) -> str:
    verdict = finding.claim.verdict
    return finding.assignee or (verdict.owner if verdict is not None else "")


def _day(engine: Engine, request: Decide, now: float) -> str:
    """The last day, in the stack's time zone. Raises Refused for none, and for one that is over."""
    zone = engine.config.zone
    day = request.until if isinstance(request.until, str) else ignores.day_of(request.until or now, zone)
    ends = ignores.end_of(day, zone)
    if ends is None:
        raise Refused(f"until: expected a day such as 2026-12-31, found {day!r}.")
    if ends <= now:
        raise Refused(f"until: {day} is over already in {engine.config.service.stack.timezone}; name a later day.")
    return day


def _problems(engine: Engine, request: Decide, findings: list[Finding], owner: str) -> list[str]:
    found: list[str] = []
    subject, teams = findings[0].address.subject, engine.config.people.teams
    if request.owner and request.owner not in teams:
        found.append(f"owner: expected a team of people.yaml ({', '.join(sorted(teams))}), found {owner!r}.")
    if request.pattern and not request.pattern.startswith(f"{subject}/"):
        found.append(f"pattern: expected it to begin with {subject}/, found {request.pattern!r}.")
    elif request.pattern:
        out = [one.id for one in findings if not pattern_matches(request.pattern, path(one.address))]
        found += [f"pattern: {request.pattern!r} does not match {id}, which it was made for." for id in out]
        if len({one.address.source for one in findings}) > 1:
            found.append("pattern: one ignore is for findings of one source; decide on each source by itself.")
    if request.any_value:
        secure = [one.id for one in findings if find(one.address, one.claim.action).security]
        found += [f"{id} is rated by a security rule, so it can be ignored by its value alone." for id in secure]
    return found


async def renamed(engine: Engine, old: str, new: str) -> Iterable[FileWrite]:
    """The ignores of an integration under its new name; what they are pinned to is what its findings are then."""
    mine = [one for one in engine.ledger.findings.values() if one.address.subject == old]
    now = {one.claim.fingerprint: renamed_claim(one.claim, old, new).fingerprint for one in mine}
    written: list[FileWrite] = []
    for one in engine.baselines.ignores:
        if one.subject == old:
            moved = msgspec.structs.replace(
                one, pattern=new + one.pattern.removeprefix(old), pins=tuple(now.get(pin, pin) for pin in one.pins)
            )
            written.append(await _file(engine, moved))
    return written


def renamed_claim(claim: Claim, old: str, new: str) -> Claim:
    return msgspec.structs.replace(claim, address=msgspec.structs.replace(claim.address, subject=new))
