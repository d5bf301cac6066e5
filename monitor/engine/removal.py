"""An integration that is taken out of the configuration: its findings go after ten minutes, its state after a month.

Since when it is gone stands in the store, so that a restart neither forgets nor forgives. Its baselines stay in git.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.adapters.store_prune import drop_seen
from monitor.adapters.store_upkeep import drop_integration
from monitor.core import ledger as ledgers
from monitor.core.model import Event, Phase, Source

from . import leasing, policies, recapture, told, uses

if TYPE_CHECKING:
    from .core import Engine

WITHDRAW_AFTER = 600.0  # seconds an integration may be missing from the configuration before its findings go
WORDS = "no longer monitored"
BY_NAME = (policies.FLAG, recapture.FLAG, uses.CALLED)  # flags of the store that stand for an integration, by its name


def flag(name: str) -> str:
    return f"removed/{name}"


async def back(engine: Engine, name: str) -> None:
    """It is configured; whatever was counted against it is forgotten."""
    engine.removed.pop(name, None)
    if await engine.store.flag(flag(name)) is not None:
        async with engine.store.transaction() as tx:
            await tx.set_flag(flag(name), None)


async def gone(engine: Engine, now: float) -> None:
    """Stops reading what is not configured, and remembers since when."""
    found = (one for one in engine.ledger.findings.values() if one.phase is not Phase.CLOSED)
    standing = {one.address.subject for one in found if one.address.source is not Source.MAPPING}
    known = standing | await engine.store.integrations() | engine.integrations.keys()
    for name in sorted(known - engine.config.integrations.keys() - engine.removed.keys()):
        kept = await engine.store.flag(flag(name))
        engine.removed[name] = now if kept is None else float(kept)
        if kept is None:
            async with engine.store.transaction() as tx:
                await tx.set_flag(flag(name), str(now))
        live = engine.integrations.get(name)
        if live is not None:
            live.removed_at = now
            engine.stop_polling(live)


async def withdraw(engine: Engine, now: float) -> tuple[Event, ...]:
    """No longer monitored: said as that, never as resolved. Nothing shows the integration any more then."""
    events: list[Event] = []
    due = [name for name, since in engine.removed.items() if now - since >= WITHDRAW_AFTER]
    for name in due:
        for finding in list(engine.ledger.of(name)):
            for event in ledgers.withdraw(engine.ledger, finding.id, now, WORDS):
                events += engine.apply([event])
    await told.alone(engine, engine.leases.keeping(leasing.TICK), events)
    for name in due:
        engine.integrations.pop(name, None)
    return tuple(events)


async def forget(engine: Engine, now: float) -> None:
    """What was seen of an integration goes when it was gone for `retention.removed_integrations`. What was decided
    about it, its events and its baselines in git stay."""
    kept = engine.config.service.retention.removed_integrations
    for name in [name for name, since in engine.removed.items() if now - since >= kept]:
        await drop_seen(engine.store, lambda: engine.leases.keeping(leasing.TICK), name)
        if name not in engine.removed:
            continue  # it came back meanwhile: all but its oldest history is still there
        async with engine.leases.keeping(leasing.TICK) as tx:
            await drop_integration(tx, name)
            await tx.set_flag(flag(name), None)
            for of in BY_NAME:
                await tx.set_flag(of + name, None)
        del engine.removed[name]
