"""tick: what time alone brings. Flaps that have settled, faults that last, upkeep, integrations that were taken out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from monitor.core import evaluate, policy
from monitor.core import ledger as ledgers
from monitor.core.graph import path
from monitor.core.model import Event

from . import figures, ignoring, leasing, policies, pushed, removal, second, told, undelivered
from .context import limits
from .handover import renew
from .live import Live

if TYPE_CHECKING:
    from .core import Engine

HOUR = 3600.0


async def tick(engine: Engine) -> tuple[Event, ...]:
    """One transaction for all that time alone changed; none when it changed nothing. Whoever has its lease does it."""
    await renew(engine)
    if not engine.leases.holds(leasing.TICK):
        return ()
    now = engine.clock.now()
    await ignoring.known(engine, now)
    events: list[Event] = list(ledgers.tick(engine.ledger, now, limits(engine.config)))
    for event in events:
        ledgers.apply(engine.ledger, event)
    came, first = came_of(engine), min(engine.integrations, default="")
    for live in list(engine.integrations.values()):
        if live.removed_at is not None:
            continue
        standing = engine.baselines.standing
        live.over = policy.over(engine.ledger.of(live.name), standing) if standing else {}
        running_out = upkeep(engine, live, now, came, live.name == first)
        events += await engine.fold(live, [evaluate.upkeep(running_out)], now)
    await told.alone(engine, engine.leases.keeping(leasing.TICK), events)
    events += await removal.withdraw(engine, now)
    await second.lapse(engine, now)
    for live in list(engine.integrations.values()):
        if live.removed_at is None:
            await policies.apply(engine, live, now)
    if now - engine.followed_at >= HOUR:
        await figures.follow(engine)
        engine.followed_at = now
    return tuple(events)


def came_of(engine: Engine) -> dict[str, set[str]]:
    """The paths of all that came with each planned change: one pass over the ledger for all of them."""
    found: dict[str, set[str]] = defaultdict(set)
    if engine.baselines.announced:
        for one in engine.ledger.findings.values():
            if one.claim.verdict is not None and one.claim.verdict.planned:
                found[one.claim.verdict.planned].add(path(one.address))
    return found


def upkeep(engine: Engine, live: Live, now: float, came: Mapping[str, Collection[str]], first: bool) -> evaluate.Upkeep:
    """What the upkeep evaluator looks at, of one integration. `came`: paths of what came with each planned change;
    `first`: whether it is the one under which it is told what concerns all."""
    return evaluate.Upkeep(
        subject=live.name,
        reading=live.reading,
        at=now,
        credential_expires_at=live.vantage.credential_expires_at if live.vantage else None,
        sunset=dict(live.signals.sunset) if live.signals else {},
        quota_used=live.signals.quota_used if live.signals else None,
        quota_limit=live.signals.quota_limit if live.signals else None,
        push_fault=engine.push_fault,
        planned=engine.baselines.announced,
        said=(
            *ignoring.claims(engine, live, now),
            *pushed.claims(engine, live.name),
            *undelivered.claims(engine, live.name, first),
        ),
        came=came,
        looked=live.last_ok_at or 0.0,
        held=live.over,
        lapsing=engine.baselines.standing if first else (),
    )
