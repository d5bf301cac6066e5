"""Tells people directly, without Alertmanager: once of each change of state, and by the day, week and month.

Looks at once when something happened, else every quarter of a minute. Whoever has the lease `notify` does it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from monitor.adapters import store_outbox
from monitor.adapters.store_outbox import Queue, Told, drop_tolds, put_tolds, tolds
from monitor.said import Said

from . import leasing, periods, telling
from .delivering import Delivering
from .news import either

if TYPE_CHECKING:
    from .core import Engine

AGAIN: Final = 15.0  # seconds between two looks
PAUSE: Final = 1.0  # seconds at least between two looks at what happened
BEGAN: Final = "notify/began"  # flag: that what was open then is not news


class Notifying:
    """`queues`: what could have been there by now and is not, by target, as it was looked at last."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.delivering = Delivering(engine)
        self.queues: Mapping[str, Queue] = {}
        self._rows: dict[str, Told] | None = None
        self._said = Said()
        self.draw: periods.Draw | None = None  # makes files of reports: pages are made above the engine

    async def serve(self) -> None:
        """Until cancelled."""
        clock = self._engine.clock
        while True:
            coming = self._engine.news.coming()
            try:
                await self.look()
            except Exception as error:  # a full disk, a lease that was lost: said, and done again
                self._said.failed("write messages", error)
            else:
                self._said.works("write messages")
            await either(coming, clock.sleep(AGAIN))
            await clock.sleep(PAUSE)

    async def close(self) -> None:
        await self.delivering.close()

    async def look(self) -> None:
        """Writes what is to be told into the outbox, and begins to send what waits there."""
        engine = self._engine
        if not engine.leases.holds(leasing.NOTIFY):
            return
        if engine.config.service.notify.routes:
            await self._tell()
        elif await engine.store.flag(BEGAN) is not None:
            await self._forget()
        await periods.write(engine, self.draw)
        self.queues = await store_outbox.queues(engine.store, engine.clock.now())
        if self.queues:
            await self.delivering.start(self.queues)

    async def _tell(self) -> None:
        engine = self._engine
        now = engine.clock.now()
        if self._rows is None:
            self._rows = await tolds(engine.store)
        rows = self._rows
        first = await engine.store.flag(BEGAN) is None
        if first:
            found, silent = list[telling.Change](), telling.seeds(engine)
        else:
            found, silent = telling.changes(engine, rows, now)
        gone = {id for id in rows if id not in engine.ledger.findings}
        if not (found or silent or gone or first):
            return
        kept = {one.finding: one for one in (*silent, *(change.row for change in found))}
        async with engine.leases.keeping(leasing.NOTIFY) as tx:
            await telling.write(engine, tx, found, now)
            await put_tolds(tx, kept.values())
            await drop_tolds(tx, gone)
            await tx.set_flag(BEGAN, str(now))
        self._rows = {id: row for id, row in {**rows, **kept}.items() if id not in gone}

    async def _forget(self) -> None:
        """Nobody is told any more: who is told again one day begins with what is new then."""
        rows = await tolds(self._engine.store)
        async with self._engine.leases.keeping(leasing.NOTIFY) as tx:
            await drop_tolds(tx, rows)
            await tx.set_flag(BEGAN, None)
        self._rows = None
