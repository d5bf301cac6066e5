"""One place where events, and the findings they touched, go into a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from monitor.adapters.store_tx import Tx
from monitor.core.model import Event, EventType

from . import ignoring

if TYPE_CHECKING:
    from .core import Engine


async def keep(engine: Engine, tx: Tx, events: Sequence[Event]) -> None:
    """Stores events in their order and the findings as the ledger has them now. A cleared suspicion leaves no row."""
    await tx.add_events(events)
    touched = dict.fromkeys(event.finding for event in events)
    await tx.put_findings(engine.ledger.findings[id] for id in touched if id in engine.ledger.findings)
    await ignoring.noted(engine, tx, events)
    cleared = [event.finding for event in events if event.type is EventType.CLEARED]
    await tx.drop_findings(id for id in cleared if id not in engine.ledger.findings)
