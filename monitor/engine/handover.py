"""What becomes of leases: what was lost is said once and stops; what is ours again begins from what the store has.

Another owner may have kept work meanwhile that memory knows nothing of, so memory is filled anew before any work.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import structlog

from monitor.adapters.lease import GIT

from . import leasing, second
from .reconfigure import admit

if TYPE_CHECKING:
    from .core import Engine

log = structlog.get_logger()
GONE = "another process has this lease now; its work is not done here until that one lets go"
BACK = "this lease is ours again; its work goes on from what the store has"


async def renew(engine: Engine) -> None:
    """At each tick. What is missing is taken again as soon as its owner lets it run out."""
    lost, regained = await engine.leases.renew()
    for lease in sorted(lost):
        log.warning(GONE, lease=lease)
    await _resume(engine, regained)
    for lease in regained:  # what was not done meanwhile is done now
        if lease == GIT:
            engine.wake.set()
            engine.unpushed.set()
        elif engine.scheduler is not None and (name := lease.removeprefix(leasing.ACCOUNT)) in engine.pollers:
            engine.scheduler.ask(name)


async def regain(engine: Engine, lease: str) -> None:
    """At once, where work was dropped for want of it."""
    regained = await engine.leases.regain((lease,))
    if not regained:
        log.warning(GONE, lease=lease)
    await _resume(engine, regained)


async def _resume(engine: Engine, regained: Collection[str]) -> None:
    if regained:
        async with engine.crossing.lock:  # nobody is between folding and storing
            await engine.reload_ledger()
            await second.load(engine)
    for lease in sorted(regained):
        log.info(BACK, lease=lease)
        own = engine.config.integrations.get(lease.removeprefix(leasing.ACCOUNT))
        if own is not None and lease == leasing.account(own.name):
            await admit(engine, own)
