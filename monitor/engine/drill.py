"""A drill: a drift that is made up goes the way of a real one, so that somebody can see that the way is open.

It is compared, judged and folded by the same functions as what is read, in a ledger of its own that nobody counts, of
a subject that no integration can be called, and pushed with the label `drill="true"`. It is kept in memory alone: it
ends when its time is up, and a process that is killed in the middle of it takes it along; the next one says that its
alert is over, and Alertmanager says so by itself where there is no next one.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec
import structlog

from monitor.adapters.alertmanager import AlertmanagerError
from monitor.adapters.records import TrailEntry
from monitor.core import evaluate, ledger
from monitor.core.book import Ledger
from monitor.core.compare import compare
from monitor.core.judge import Context, Subject, judge
from monitor.core.model import Body, Finding
from monitor.core.poll import Looked, Poll
from monitor.core.row import Row
from probes.kit.contract import COMPLETE, Kind, Ref

from . import alert_facts, alert_text, leasing
from .alert_facts import Alert
from .context import limits
from .drill_shapes import Begin, Drilled, Manager
from .request import Refused
from .statuses import urgency
from .whence import whence
from .words import plain, sentence

if TYPE_CHECKING:
    from .core import Engine

log = structlog.get_logger()
SUBJECT: Final = "(drill)"  # no integration can be called so
NAME: Final = "DriftlineDrill"
LOOK: Final = 0.5  # seconds between two looks at an Alertmanager
REF: Final = Ref(Kind.FIELD, "Drill")


class Drills:
    """At most one at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.newest: Drilled | None = None
        self._finding: Finding | None = None
        self._hold = 0.0
        self._ended = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._beginning = asyncio.Lock()

    @property
    def running(self) -> Drilled | None:
        """The one that is under way."""
        return self.newest if self._running is not None else None

    async def begin(self, asked: Begin, by: str) -> Drilled:
        """Raises Refused where one is under way, or nothing could come of it."""
        engine = self._engine
        async with self._beginning:
            if problems := self._against():
                raise Refused(*problems)
            now = engine.clock.now()
            await self._enter("drill begun", by, {"within": asked.within, **whence(by)})
            finding = made_up(engine, now)
            settings = engine.config.service.alerts.alertmanager
            self._finding, self._hold, self._ended = finding, asked.hold, asyncio.Event()
            self.newest = Drilled(
                id=secrets.token_hex(5), by=by, says=plain(sentence(finding.claim)), level=finding.level.word,
                urgency=str(urgency(engine, finding)), within=asked.within, made_at=now,
                until=now + asked.within + asked.hold,
                managers=tuple(Manager(url=url) for url in (settings.urls if settings is not None else ())),
            )  # fmt: skip
            self._running = asyncio.create_task(self._run(), name="drill")
            engine.news.tell()
            return self.newest

    def _against(self) -> list[str]:
        """Why it cannot begin."""
        problems = []
        if not self._engine.alerting.on:
            problems.append("Nothing is pushed here: set alerts.alertmanager.urls in driftline.yaml, then reload.")
        elif not self._engine.leases.holds(leasing.NOTIFY):
            problems.append("Another process pushes the alerts of this stack just now; ask again in a minute.")
        if (one := self.running) is not None:
            ends = one.until + one.within - self._engine.clock.now()
            problems.append(f"A drill of {one.by} is under way: it ends by itself within {max(1.0, ends):.0f} seconds.")
        return problems

    def end(self) -> None:
        """Now rather than when its time is up: what fires is over, and after that nobody looks on."""
        self._ended.set()

    def alerts(self) -> tuple[Alert, ...]:
        """What fires for it now."""
        one, finding = self.newest, self._finding
        if one is None or finding is None or one.over_at is not None:
            return ()
        engine = self._engine
        link = f"{alert_facts.pages_at(engine)}/drill"
        told = msgspec.structs.replace(
            alert_facts.facts(engine, finding, finding), what=f"DRILL, nothing is wrong: {one.says}",
            hit="nobody: it is made up", first="Nothing; see that this reached you.", because="it is a drill",
            owner=one.by, link=link,
        )  # fmt: skip
        labels = {**alert_facts.labels(engine, finding), "alertname": NAME, "drill": "true", "address": one.id}
        annotations = {
            "summary": alert_text.summary(told), "description": alert_text.text(told), "link": link,
            "runbook_url": f"{alert_facts.pages_at(engine)}/runbooks/{NAME}", "finding": one.id,
        }  # fmt: skip
        return (
            Alert(
                finding=one.id, starts_at=one.made_at, labels=labels, annotations=annotations, link=link,
                ends_at=one.until + one.within,
            ),
        )  # fmt: skip

    async def close(self) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _run(self) -> None:
        clock = self._engine.clock
        try:
            await self._until(lambda one: all(taken.at is not None for taken in one.managers))
            if self._now().accepted_at is not None:
                await self._either(clock.sleep(self._hold))
        except Exception as error:
            log.error("the drill ended early", exc_info=error)
        try:
            self._set(over_at=clock.now())
            self._ended = asyncio.Event()  # from here on it takes what it takes
            self._engine.news.tell()
            if self._now().accepted_at is not None:
                await self._until(lambda one: one.resolved_at is not None)
        except Exception as error:
            log.error("nobody looked whether the drill's alert is over", exc_info=error)
        finally:
            self._set(done_at=clock.now())
            self._running = None
        one = self._now()
        took = {
            name: None if at is None else round(at - one.made_at, 3)
            for name, at in (("accepted", one.accepted_at), ("resolved", one.resolved_at))
        }
        log.info("drill ended", by=one.by, **took)
        await self._enter("drill ended", one.by, took)

    async def _until(self, done: Callable[[Drilled], bool]) -> None:
        """Looks until it is so, its time is up, or somebody ends it."""
        clock = self._engine.clock
        ends = clock.now() + self._now().within
        while clock.now() < ends and not self._ended.is_set():
            await self._look()
            if done(self._now()):
                return
            await self._either(clock.sleep(LOOK))

    async def _either(self, sleep: Coroutine[Any, Any, None]) -> None:
        """Sleeps, unless somebody ends the drill."""
        pause = asyncio.create_task(sleep)
        ended = asyncio.create_task(self._ended.wait())
        try:
            await asyncio.wait((pause, ended), return_when=asyncio.FIRST_COMPLETED)
        finally:
            pause.cancel()
            ended.cancel()

    async def _look(self) -> None:
        """Asks every Alertmanager for the alert, by what the daemon itself pushes with."""
        self._set(managers=tuple([await self._asked(one) for one in self._now().managers]))

    async def _asked(self, one: Manager) -> Manager:
        client = self._engine.alerting.clients.get(one.url)
        if client is None:
            return msgspec.structs.replace(one, why="it is not in alerts.alertmanager.urls any more")
        try:
            found = await client.known(stack=self._engine.config.stack, drill="true")
        except AlertmanagerError as error:
            return msgspec.structs.replace(one, why=str(error))
        now = self._engine.clock.now()
        own = next((alert for alert in found if alert.annotations.get("finding") == self._now().id), None)
        if own is None:
            gone = now if one.at is not None and one.gone_at is None else one.gone_at
            why = self._engine.alerting.faults.get(one.url, "") if one.at is None else ""
            return msgspec.structs.replace(one, gone_at=gone, why=why)
        return msgspec.structs.replace(
            one, at=one.at or now, gone_at=None, receivers=own.receivers, held=own.held, why=""
        )  # fmt: skip

    def _now(self) -> Drilled:
        if self.newest is None:
            raise LookupError("there was no drill yet")
        return self.newest

    def _set(self, **changed: Any) -> None:
        self.newest = msgspec.structs.replace(self._now(), **changed)

    async def _enter(self, what: str, by: str, data: Mapping[str, Any]) -> None:
        async with self._engine.store.transaction() as tx:
            await tx.add_trail(TrailEntry(at=self._engine.clock.now(), who=by, what=what, data=data))


def made_up(engine: Engine, now: float) -> Finding:
    """A number that keeps fewer digits than was approved: drift that needs no second look."""
    before, after = (
        Body(
            REF, "fields/Drill", ("label", "precision"), {"Score__c": Row({"label": "Score", "precision": digits}, "1")}
        )
        for digits in (18, 4)
    )
    looked = Looked(ref=REF, coverage=COMPLETE, keys=None, changes=compare(before, after, None), known=1)
    found = evaluate.drift(Poll(subject=SUBJECT, reading=1, at=now, looked=(looked,)))
    context = Context(integration=Subject(name=SUBJECT), profile=engine.config.service.profile)
    judged = msgspec.structs.replace(found, claims=tuple(judge(claim, context, now) for claim in found.claims))
    book = Ledger()
    for event in ledger.fold(book, judged, now, limits(engine.config)):
        ledger.apply(book, event)
    (finding,) = book.findings.values()
    return finding
