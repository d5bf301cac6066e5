"""Counts what happened since the process started, and serves it with what stands: the engine's side of /metrics.

Finished readings and told events are read from the store by number when somebody scrapes, so that nothing that is
stored can be missed and no use case has to think of metrics.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

from monitor.adapters.metrics import Health, Metrics, MetricsApp, Series, Snapshot
from monitor.adapters.records import DecisionState

from .administer import SCRAPE, bearer
from .gauges import base, health, snapshot
from .gauges_alerting import alerting
from .gauges_keeping import keeping
from .gauges_notifying import notifying
from .gauges_vendors import vendors
from .policies import BY
from .surface import Engine

NEWEST = 300  # readings looked at per scrape: more than end between two scrapes


class Measure:
    """`app` is the ASGI application for the metrics listener, served from before there is an engine: it says that the
    ledger is being loaded, until `start` brings one. `token` gives the bearer token it asks for; with `scrapers` it
    takes tokens of the role scrape too, and nothing without either."""

    def __init__(self, *, token: Callable[[], Awaitable[str | None]] | None = None, scrapers: bool = False) -> None:
        self._metrics = Metrics()
        self._engine: Engine | None = None
        self._seen = frozenset[int]()  # by number; readings end in another order than they begin
        self._event = self._trail = 0
        self._pushed: dict[str, Counter[str]] = {}  # what vendors pushed, likewise
        self._aside: dict[str, Counter[str]] = {}  # what was asked on demand, as counted here already
        self._alerted: Counter[str] = Counter()  # times that alerts were sent, likewise
        self._notified: Counter[tuple[str, str]] = Counter()  # messages to people, likewise
        self._tidied: Counter[str] = Counter()  # rows that were old and went, likewise
        admits = self._admits if scrapers else None
        self.app = MetricsApp(self._metrics, self.snapshot, self._health, token=token, admits=admits)

    async def start(self, engine: Engine) -> None:
        """What was stored before now is not counted: counters begin with the process."""
        self._seen = frozenset(reading.id for reading in await engine.store.readings(None, NEWEST))
        self._event = next((number for number, _ in await engine.store.events(newest_first=True, limit=1)), 0)
        self._aside = {name: Counter(live.aside) for name, live in engine.integrations.items()}
        self._pushed = {name: Counter(live.pushed.counts) for name, live in engine.integrations.items()}
        self._trail = await engine.store.newest_trail()
        self._alerted = Counter(engine.alerting.pushes)
        self._notified = Counter(engine.notifying.delivering.outcomes)
        self._tidied = Counter(engine.tidied.rows)
        self._engine = engine

    async def exposition(self) -> bytes:
        """What /metrics says now."""
        return await asyncio.to_thread(self._metrics.render, await self.snapshot())

    def _health(self) -> Health:
        return health(self._engine) if self._engine is not None else Health("loading")

    async def _admits(self, token: str) -> bool:
        """Nobody before there is an engine: whose a token is stands in its store."""
        if self._engine is None:
            return False
        row = await bearer(self._engine.store, self._engine.clock, token)
        return row is not None and row.role == SCRAPE

    async def snapshot(self) -> Snapshot:
        """What stands, with what was counted meanwhile. Raises RuntimeError before `start`."""
        engine = self._engine
        if engine is None:
            raise RuntimeError("no engine is open yet, so there is nothing to measure")
        await self._count(engine)
        stood = snapshot(engine)
        waiting = await engine.store.decisions(DecisionState.QUEUED)
        stack = (stood.stack,)
        queued = Series(
            "driftline_decisions_waiting",
            "Decisions kept and not yet in git.",
            ("stack",),
            {stack: float(len(waiting))},
        )
        more = (*await alerting(engine), *await notifying(engine), *await keeping(engine), *vendors(engine), queued)
        return Snapshot(stood.at, stood.stack, stood.version, (*stood.series, *more))

    async def _count(self, engine: Engine) -> None:
        newest = await engine.store.readings(None, NEWEST)
        for reading in newest:
            if reading.id not in self._seen:
                where, took = base(engine, reading.integration), reading.ended_at - reading.started_at
                self._metrics.polled(where, reading.outcome, took, reading.requests)
        self._seen = frozenset(reading.id for reading in newest)
        for name, live in engine.integrations.items():
            self._metrics.asked(base(engine, name), live.aside - self._aside.get(name, Counter()))
            self._aside[name] = Counter(live.aside)
            self._metrics.pushed(base(engine, name), live.pushed.counts - self._pushed.get(name, Counter()))
            self._pushed[name] = Counter(live.pushed.counts)
        for outcome, count in (engine.alerting.pushes - self._alerted).items():
            self._metrics.alerted(engine.config.stack, outcome, count)
        self._alerted = Counter(engine.alerting.pushes)
        outcomes = engine.notifying.delivering.outcomes
        for (target, outcome), count in (outcomes - self._notified).items():
            self._metrics.notified(engine.config.stack, target, outcome, count)
        self._notified = Counter(outcomes)
        self._metrics.tidied(engine.config.stack, engine.tidied.rows - self._tidied)
        self._tidied = Counter(engine.tidied.rows)
        for number, event in await engine.store.events(after=self._event, told=True, limit=NEWEST):
            self._metrics.told(engine.config.stack, str(event.type))
            self._event = number
        for line in await engine.store.trail(after=self._trail, limit=NEWEST):
            word = line.data.get("correction") or ("policy" if line.who == BY else line.what)
            for rule in line.data.get("rules", ()):
                self._metrics.decided(engine.config.stack, rule, word)
            self._trail = line.seq
