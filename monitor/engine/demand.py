"""On demand: what a reading led to is asked about at the vendor, one thing at a time, and stored by itself.

It begins when the reading is stored and told, so that no answer, slow or missing, delays or fails a poll. Suspected
removals are looked at first, then the vendor is asked who changed what is open. Each round is bounded in things and in
requests, behind the integration's own limits and budget; what is left is asked after the next reading.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import structlog

from monitor.adapters.lease import LeaseLost
from monitor.adapters.poller import Poller
from monitor.core import asked
from monitor.core.model import Body, Event, Finding
from probes.kit.contract import Absent, Denied, Fault, Ref, Rejected, Resource, Retired, Sought, Unsupported

from . import leasing, told
from .judging import judged_anew
from .live import Live

if TYPE_CHECKING:
    from .core import Engine

log = structlog.get_logger()
SOUGHT: Final = 5_000  # findings of one round whose author is asked for; vendors answer all by one look into their log
LOOKS: Final = 5  # suspected removals of one round that are looked at
MOST: Final = 32  # requests of one round, with those that say who asks; a log comes in pages of a hundred
DEADLINE: Final = 10.0  # seconds for each of them, retries included
TRIES: Final = 3  # rounds in which a vendor that gave no answer, or did not know yet, is asked about one change
FINAL: Final = (Denied, Unsupported, Rejected, Retired)  # asking again changes nothing


class Demand:
    """The rounds under way, at most one for each integration."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._rounds: dict[str, asyncio.Task[None]] = {}

    def begin(self, live: Live, poller: Poller) -> None:
        """A reading of it was stored: ask about what it left open, if there is anything to ask."""
        if live.name in self._rounds or not (self._looks(live, poller) or self._sought(live, poller)):
            return
        task = asyncio.create_task(self._round(live, poller), name=f"ask {live.name} on demand")
        self._rounds[live.name] = task
        task.add_done_callback(lambda done: self._ended(live.name, done))

    def _ended(self, name: str, task: asyncio.Task[None]) -> None:
        del self._rounds[name]
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, LeaseLost):
            log.warning("what was asked on demand is dropped", of=name, why=str(error))
        else:
            log.error("asking on demand failed; it is tried after the next reading", of=name, exc_info=error)

    async def settled(self) -> None:
        """Until no round is under way. Raises what made one fail."""
        while self._rounds:
            for error in await asyncio.gather(*self._rounds.values(), return_exceptions=True):
                if isinstance(error, Exception):
                    raise error

    async def stop(self, name: str | None = None) -> None:
        """Gives up the rounds of one integration, or of all: what was not stored is asked again another time."""
        tasks = [task for of, task in self._rounds.items() if name in (None, of)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _round(self, live: Live, poller: Poller) -> None:
        standing = {_mark(one) for one in self._engine.ledger.of(live.name)}
        live.asked = {mark: tries for mark, tries in live.asked.items() if mark in standing}
        if looks := self._looks(live, poller):
            await self._look(live, poller, looks)
        if sought := self._sought(live, poller):
            await self._ask(live, poller, sought)

    # -- looking ------------------------------------------------------------------------------------------------------

    def _looks(self, live: Live, poller: Poller) -> Sequence[Finding]:
        """Once for each suspicion: the second reading comes anyway."""
        if not poller.vendor.absent:
            return ()
        every = asked.suspected(self._engine.ledger.of(live.name))
        return [one for one in every if _mark(one) not in live.asked][:LOOKS]

    async def _look(self, live: Live, poller: Poller, findings: Sequence[Finding]) -> None:
        for one in findings:
            live.asked[_mark(one)] = 0
        aside, vantage = await poller.aside(MOST, DEADLINE), live.vantage
        seen: dict[str, Resource | Absent | Fault] = {}
        here = await poller.sees_as(aside, vantage)  # what is not there for another credential may well be there
        for one in findings if here else ():
            seen[one.id] = await poller.look(aside, one.address.ref, one.address.key)
        async with live.lock:
            engine, now = self._engine, self._engine.clock.now()
            found = asked.confirmed(engine.ledger, live.name, live.reading, now, seen, live.look)
            await self._store(live, await engine.fold(live, [found], now), aside.tally)

    # -- asking who ---------------------------------------------------------------------------------------------------

    def _sought(self, live: Live, poller: Poller) -> Sequence[Finding]:
        if poller.vendor.who is None:
            return ()
        every = asked.wanted(self._engine.ledger.of(live.name))
        return [one for one in every if self._again(live, one)][:SOUGHT]

    @staticmethod
    def _again(live: Live, finding: Finding) -> bool:
        """What an earlier process was told is not asked for again. Of what went to and fro since it was told, nothing
        is known any more: it is new."""
        return "who" not in finding.claim.evidence or live.asked.get(_mark(finding), TRIES) < TRIES

    async def _ask(self, live: Live, poller: Poller, findings: Sequence[Finding]) -> None:
        marks = [_mark(one) for one in findings]  # of now: a finding may move on while the vendor thinks
        bodies = {ref: await self._bodies(live, ref) for ref in {one.address.ref for one in findings}}
        aside = await poller.aside(MOST, DEADLINE)
        answers = await poller.who(aside, [self._about(one, bodies[one.address.ref]) for one in findings])
        for mark, answer in zip(marks, answers, strict=True):
            live.asked[mark] = TRIES if isinstance(answer, FINAL) else live.asked.get(mark, 0) + 1
        said = {id: (fingerprint, answer) for (id, fingerprint), answer in zip(marks, answers, strict=True)}
        async with live.lock:
            engine, now = self._engine, self._engine.clock.now()
            events = engine.apply(asked.attributed(engine.ledger, said, now))
            if events:  # what one person did in one minute is one edit
                events += await judged_anew(engine, live, now)
            await self._store(live, events, aside.tally)

    def _about(self, finding: Finding, bodies: Sequence[Body]) -> Sought:
        address, since = finding.address, finding.claim.since
        id = next((body.rows[address.key].id for body in bodies if address.key in body.rows), "")
        said = "/".join(self._engine.people.name(part) or part for part in address.key.split("/"))
        until = finding.changed_at if finding.changed_at is not None else finding.first_seen_at
        return Sought(address.ref, address.key, until if since is None else since, until, id, said)

    async def _bodies(self, live: Live, ref: Ref) -> Sequence[Body]:
        """What the scope is now, and what was approved: one of them has the row, with the vendor's id."""
        last = live.known.get(ref)
        now = await self._engine.body(last.digest) if last is not None and last.digest else None
        approved = await self._engine.baselines.body(live.name, ref)
        return [body for body in (now, approved) if body is not None]

    async def _store(self, live: Live, events: Sequence[Event], tally: Mapping[str, int]) -> None:
        engine = self._engine
        async with told.keeping(engine, leasing.keeping(engine, live), events) as tx:
            await tx.add_quota(live.name, engine.day(engine.clock.now()), sum(tally.values()))
            await engine.people.flush(tx)
        live.requests.update(tally)
        live.aside.update(tally)


def _mark(finding: Finding) -> tuple[str, str]:
    return finding.id, finding.claim.fingerprint
