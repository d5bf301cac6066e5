"""One place where events, and the findings they touched, go into a transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING

from monitor.adapters.store_tx import Tx
from monitor.core.model import Event, EventType

from . import ignoring
from .apart import slices

if TYPE_CHECKING:
    from .core import Engine


@asynccontextmanager
async def keeping(
    engine: Engine, transaction: AbstractAsyncContextManager[Tx], events: Sequence[Event]
) -> AsyncIterator[Tx]:
    """A transaction that keeps events, with whatever else goes into it. The ledger in memory has them applied already,
    so when nothing is kept it is read from the store again."""
    try:
        async with transaction as tx:
            await keep(engine, tx, events)
            yield tx
    except BaseException:
        await engine.reload_ledger()
        raise


async def alone(engine: Engine, transaction: AbstractAsyncContextManager[Tx], events: Sequence[Event]) -> None:
    """Keeps events where there are any, and nothing else."""
    if events:
        async with keeping(engine, transaction, events):
            pass


async def keep(engine: Engine, tx: Tx, events: Sequence[Event]) -> None:
    """Stores events in their order and the findings as the ledger has them now. A cleared suspicion leaves no row."""
    async for some in slices(events):
        await tx.add_events(some)
    if events:
        tx.when_kept(engine.news.tell)
    async for ids in slices(list(dict.fromkeys(event.finding for event in events))):
        await tx.put_findings(engine.ledger.findings[id] for id in ids if id in engine.ledger.findings)
    await ignoring.noted(engine, tx, events)
    cleared = [event.finding for event in events if event.type is EventType.CLEARED]
    await tx.drop_findings(id for id in cleared if id not in engine.ledger.findings)
