"""reconfigure: a valid configuration takes the place of the running one, whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.config import Config, Integration
from monitor.core.evaluate import IDENTITY, READS, coverage_of
from monitor.core.model import Event, Phase, Source

from . import crossing, describing, inforce, leasing, recapture, told, uses
from .intake import hold, holding
from .judging import judged_anew
from .live import HISTORY, Live
from .removal import back, gone
from .rename import rename

if TYPE_CHECKING:
    from .core import Engine


async def reconfigure(engine: Engine, config: Config) -> tuple[Event, ...]:
    """Swaps the configuration. Integrations that are new start from what the store remembers of them; one that is gone
    keeps its state, and its findings are withdrawn after ten minutes; verdicts are made again with the new rules.

    Raises what is wrong with a vendor file or a `rest:` block before anything is swapped.
    """
    from monitor.adapters.poller import vendor_for

    for own in config.integrations.values():
        vendor_for(own)
    now = engine.clock.now()
    anew = engine.plain is not config
    engine.plain, engine.described = config, engine.baselines.described
    config = engine.config = describing.effective(config, engine.described)[0]
    engine.forget_contexts()
    await engine.leases.add(leasing.names(config))
    for name, own in config.integrations.items():
        await back(engine, name)
        live = engine.integrations.get(name)
        if live is None:
            await admit(engine, own)
        elif live.config != own or live.removed_at is not None:
            live.config, live.removed_at = own, None
            live.compared.clear()  # what is watched says what of it is a change
            await engine.repoll(live)
            uses.settle(engine, live)
    await gone(engine, now)
    engine.crossing.rests.clear()
    if anew:
        async with engine.git:
            await inforce.settle(engine)
    events = await rejudge(engine, now) if anew else ()
    return events + await crossing.configured(engine, now, anew)


async def redescribe(engine: Engine, now: float) -> tuple[Event, ...]:
    """Flows, definitions and owners as the files beside the baselines say now. No system is read anew for it."""
    engine.described = engine.baselines.described
    engine.config = describing.effective(engine.plain, engine.described)[0]
    for name, own in engine.config.integrations.items():
        if (live := engine.integrations.get(name)) is not None:
            live.config = own
    engine.crossing.rests.clear()
    return await rejudge(engine, now) + await crossing.configured(engine, now, True)


async def rejudge(engine: Engine, now: float) -> tuple[Event, ...]:
    """Verdicts of open findings under the rules, flows, owners and standing approvals of now."""
    engine.forget_contexts()
    events = [event for live in list(engine.integrations.values()) for event in await judged_anew(engine, live, now)]
    await told.alone(engine, engine.store.transaction(), events)
    return tuple(events)


async def admit(engine: Engine, own: Integration) -> Live:
    """An integration begins, or comes back: memory is filled from the store and the baselines."""
    if own.renamed_from and own.renamed_from not in engine.config.integrations:
        await rename(engine, own.renamed_from, own.name)
    store = engine.store
    live = Live(own.name, own, engine.leases.token(leasing.account(own.name)))
    live.known = await store.lasts(own.name)
    live.proposals = await store.proposals(own.name)
    if (seen := await store.vantage(own.name)) is not None:
        live.vantage = seen[0]
    for ref, last in live.known.items():
        if holding(ref) and last.good_digest:
            hold(engine, live, live.vantage, await engine.body(last.good_digest))
    readings = await store.readings(own.name, limit=1)
    if readings:
        live.reading, live.last_poll_at = readings[0].id, readings[0].ended_at
    for last in live.known.values():
        live.reads[last.read] = (last.coverage, last.read_at)
    for one in engine.ledger.of(own.name):  # what never could be read is no less blind for a restart
        of = one.address
        if of.source is Source.FAULT and one.phase is not Phase.CLOSED and of.scope not in (READS, IDENTITY):
            live.reads.setdefault(of.key, (coverage_of(one.claim), one.first_seen_at))
            live.kinds.setdefault(of.key, (of.kind,))
    since = engine.clock.now() - 14 * 86_400.0
    for (scope, key), series in (await store.samples(own.name, since)).items():
        for at, sample in series[-HISTORY:]:
            live.sampled(scope, key, at, sample)
    await uses.recall(engine, live)
    for (scope, key), runs in (await store.runs(own.name)).items():
        for run in runs:
            live.ran(scope, key, run)
    live.recapture = await recapture.pending(engine, own.name)
    engine.integrations[own.name] = live
    async with engine.git:
        await engine.take_baselines(live)
    await engine.repoll(live)
    return live
