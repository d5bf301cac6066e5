"""poll: one reading of one integration, from the request to the store, under the integration's lease."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import aclosing
from typing import TYPE_CHECKING

import structlog
from structlog.contextvars import bound_contextvars

from monitor.adapters.failpoints import reach
from monitor.adapters.lease import LeaseLost
from monitor.adapters.poller import vendor_for
from monitor.adapters.scheduler import Job, Outcome

from . import leasing, reading_log
from .handover import regain
from .intake import Intake
from .observe import Observed, observe
from .request import Refused

if TYPE_CHECKING:
    from monitor.config import Integration
    from probes.kit.listing import Listing

    from .core import Engine
    from .live import Live

log = structlog.get_logger()


class Elsewhere(Refused):
    """Another process reads this integration."""


async def poll(
    engine: Engine, name: str, listings: Collection[str] | None = None, ids: Collection[str] = (), fresh: bool = False
) -> Observed:
    """Read an integration now and observe what came. One poll of an integration at a time. What was seen to be gone
    gets its second look from the scheduler, whoever asked for the first. What was read while another process took the
    integration is dropped, and read again as soon as it is ours.

    Raises Refused for a name that is not configured, Elsewhere for one that another process reads. What the vendor
    does wrong comes as coverage.
    """
    while True:
        try:
            return await _poll(engine, name, listings, ids, fresh)
        except LeaseLost as lost:
            log.warning("a reading is dropped", integration=name, why=str(lost))
            await regain(engine, leasing.account(name))


def intervals(own: Integration, listings: Iterable[Listing], every: float) -> dict[str, float]:
    """Seconds between two reads of each listing; `every` is the stack's."""
    every = own.schedule.every or every
    given = own.schedule.listings
    return {one.name: given.get(one.name) or max(one.every or every, every) for one in listings}


def rhythm(live: Live, every: float) -> float:
    """Seconds between two readings of an integration; `every` is the stack's. Remembered: many ask for all of them."""
    if live.rhythm is None or live.rhythm[0] is not live.config or live.rhythm[1] != every:
        found = min(intervals(live.config, vendor_for(live.config).listings, every).values(), default=every)
        live.rhythm = live.config, every, found
    return live.rhythm[2]


async def run_job(engine: Engine, job: Job) -> Outcome:
    """What the scheduler calls."""
    try:
        seen = await poll(engine, job.integration, job.listings, job.ids, fresh=bool(job.ids))
    except Elsewhere:
        return Outcome(ok=False)  # it was said when it was lost; it is asked for again when it is ours
    return Outcome(ok=seen.reading.outcome != "failed")


async def _poll(
    engine: Engine, name: str, listings: Collection[str] | None, ids: Collection[str], fresh: bool
) -> Observed:
    live = engine.integrations.get(name)
    if live is None:
        raise Refused(f"There is no integration {name!r}.")
    async with live.lock:
        poller = engine.pollers.get(name)
        if poller is None:
            raise Refused(f"{name} is not in the configuration any more, so it is not read.")
        if not leasing.ours(engine, live):
            raise Elsewhere(f"{name} is read by another process, which has its lease; ask there.")
        reach("fetch.before")
        started = engine.clock.now()
        if live.recapture is not None:
            listings, ids, fresh = None, (), True
        number = await engine.store.next_reading(name)
        with bound_contextvars(integration=name, reading=number):  # in each line of it, as in what is kept of it
            intake = Intake(engine, live, number, started, confirming=bool(ids))
            stream = poller.stream(listings=listings, ids=ids, fresh=fresh, want=live.wants)
            async with aclosing(stream):
                async for item in stream:
                    await intake.take(item)
                    if intake.look is not None and intake.look.wrong_account:
                        break
            intake.finish()
            reach("fetch.after")
            seen = await observe(engine, live, intake, started, confirming=bool(ids))
            reading_log.say(live, engine.clock.now())
    if engine.scheduler is not None and name in engine.config.integrations:
        if seen.confirm and live.config.attested is None:  # what is attested is proven by the next upload alone
            engine.scheduler.confirm(name, seen.confirm, engine.config.service.poll.confirm_after)
        live.next_due_at = engine.scheduler.next_due_at(name)
    with bound_contextvars(integration=name, reading=seen.reading.id):
        engine.demand.begin(live, poller)
    return seen
