"""What vendors push: a delivery that is signed brings one reading of its integration forward, and nothing else.

At most one a minute, out of what the vendor's quota leaves beside the schedule. A delivery counts once; one that
changed nothing is answered like any other, since a vendor that hears "no" sends it again, or gives up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from monitor.adapters.poller import vendor_for
from monitor.adapters.records import TrailEntry
from monitor.adapters.secrets import SecretError
from monitor.adapters.store_deliveries import delivered, put_deliveries
from probes.kit.contract import Signals
from probes.kit.hooks import SCHEMES, Incoming, Scheme, Unsigned, verify

from .hook_state import KEPT, SAYS, Outcome
from .polling import rhythm
from .surface import Engine
from .whence import whence

if TYPE_CHECKING:
    from .live import Live

log = structlog.get_logger()

APART: Final = 60.0  # seconds between two readings that pushes bring forward


def scheme_name(live: Live) -> str:
    """How its deliveries are signed; empty where none are taken."""
    hook = live.config.hook
    if hook is None or live.removed_at is not None:
        return ""
    return hook.scheme or vendor_for(live.config).hook


def scheme_of(live: Live) -> Scheme | None:
    return SCHEMES.get(scheme_name(live))


async def take(engine: Engine, live: Live, scheme: Scheme, request: Incoming) -> Outcome:
    """Whether it is a delivery of the vendor's, and what it led to."""
    now, pushed = engine.clock.now(), live.pushed
    hook = live.config.hook
    assert hook is not None  # noqa: S101 - it has a scheme
    try:
        marks = verify(scheme, await engine.secrets.resolve_later(hook.secret), request, now)
    except Unsigned as unsigned:
        return pushed.note(unsigned.why, now)
    except (SecretError, ValueError) as error:
        log.error("a push cannot be checked", integration=live.name, why=str(error))
        return pushed.note("secret", now)
    if any(mark in pushed.marks for mark in marks):
        return pushed.note("repeated", now)
    pushed.marks |= dict.fromkeys(marks, now)
    try:
        return pushed.note(await _bring(engine, live, marks, now), now)
    except BaseException:
        for mark in marks:  # it is not kept, so that the vendor's next try counts
            pushed.marks.pop(mark, None)
        raise
    finally:
        while len(pushed.marks) > KEPT:
            del pushed.marks[next(iter(pushed.marks))]


async def _bring(engine: Engine, live: Live, marks: tuple[bytes, ...], now: float) -> Outcome:
    if await delivered(engine.store, marks):
        return "repeated"
    if not affords(live.signals, rhythm(live, engine.config.service.poll.every), now):
        return "budget"
    scheduler = engine.scheduler
    if scheduler is None or live.name not in engine.pollers or not scheduler.may_come_early(live.name):
        return "accepted"  # one that is planned stands for this too
    async with engine.store.transaction() as tx:  # kept before it brings anything: no copy of it does so again
        await put_deliveries(tx, marks, now)
    if live.name in engine.pollers:
        scheduler.early(live.name, APART)
        live.next_due_at = scheduler.next_due_at(live.name)
    return "accepted"


def affords(signals: Signals | None, every: float, now: float) -> bool:
    """Whether the vendor's quota carries one more reading like the last beside those that the schedule makes until it
    starts anew. Where the vendor tells of no quota, a minute between two is bound enough."""
    if signals is None or signals.budget_left is None or signals.quota_resets_at is None:
        return True
    cost = max(1, sum(signals.requests.values()))
    planned = max(0.0, signals.quota_resets_at - now) / every
    return signals.budget_left >= cost * (planned + 1)


async def refused(engine: Engine, live: Live, outcome: Outcome, said: dict[str, int] | None) -> None:
    """Into the log, and into the trail where `said` tells how often: so few that nobody fills the disk."""
    log.warning("a push was refused", integration=live.name, why=outcome)
    if said is not None:
        data = {"integration": live.name, "note": f"{live.name}: {SAYS[outcome]}", **said, **whence()}
        async with engine.store.transaction() as tx:
            await tx.add_trail(TrailEntry(at=engine.clock.now(), who="", what="push refused", data=data))
