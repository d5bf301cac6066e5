"""The engine's work under leases: what came too late is not kept, what was lost stops, what is ours again goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from monitor.adapters.lease import GIT, RENEW, TTL, Leases
from monitor.adapters.records import Reading
from monitor.adapters.scheduler import Job, Scheduler, Why
from monitor.core.model import Phase
from monitor.engine import leasing
from monitor.engine.polling import Elsewhere
from monitor.engine.tick import tick
from tests.engine.conftest import World

NAME = "salesforce-prod"
MINE = leasing.account(NAME)


@pytest.fixture
async def rival(world: World) -> Leases:
    """Another process over the same database; it holds nothing yet."""
    return Leases(world.engine.store, world.clock, "another")


def between(world: World, monkeypatch: pytest.MonkeyPatch, then: Any) -> None:
    """Has `then` happen once, after the vendor has answered and before anything is stored."""
    poller, left = world.engine.pollers[NAME], [then]
    stream = poller.stream

    async def streaming(**how: Any) -> AsyncIterator[Any]:
        async for item in stream(**how):
            yield item
        while left:
            await left.pop()()

    monkeypatch.setattr(poller, "stream", streaming)


async def test_a_reading_that_comes_after_another_took_the_account_is_not_kept(
    world: World, rival: Leases, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.salesforce.delete_field("Lead", "Region__c")

    async def taken() -> None:
        world.clock.advance(TTL + 1)
        assert await rival.regain([MINE]) == {MINE}

    between(world, monkeypatch, taken)
    store = world.engine.store
    before = [one.id for one in await store.readings(NAME)], await store.events(), await store.lasts(NAME)
    with capture_logs() as said, pytest.raises(Elsewhere, match=NAME):
        await world.engine.poll(NAME)
    assert before == ([one.id for one in await store.readings(NAME)], await store.events(), await store.lasts(NAME))
    assert not world.standing(Phase.SUSPECTED)
    assert [(one["event"], one["log_level"]) for one in said] == [
        ("a reading is dropped", "warning"),
        ("another process has this lease now; its work is not done here until that one lets go", "warning"),
    ]
    asked = len(world.salesforce.requests)
    with capture_logs() as said:
        assert not (await world.engine.run_job(Job(NAME, Why.SCHEDULE))).ok
    assert len(world.salesforce.requests) == asked and said == [], "it stops, and has said so"
    await world.engine.poll("hubspot-prod")  # the others go on


async def test_when_the_other_lets_go_it_is_read_again_from_what_the_store_has(world: World, rival: Leases) -> None:
    """The other has kept a reading meanwhile: memory from before must not be built on."""
    asked = asyncio.Event()

    async def run(job: Job) -> Any:
        if (job.integration, job.why) == (NAME, Why.REQUEST):
            asked.set()
        return await world.engine.run_job(job)

    scheduler = Scheduler(world.clock, run, lambda job, error: None)
    world.clock.advance(TTL + 1)
    await rival.regain([MINE])
    live = world.engine.integrations[NAME]
    await tick(world.engine)
    with pytest.raises(Elsewhere):
        await world.engine.poll(NAME)
    async with rival.keeping(MINE) as tx:
        await tx.end_reading(Reading(id=900, integration=NAME, started_at=1.0, ended_at=2.0, outcome="ok", requests={}))
    world.engine.bind(scheduler)
    world.clock.advance(TTL + 1)
    with capture_logs() as said:
        await tick(world.engine)
    assert ("this lease is ours again; its work goes on from what the store has", MINE) in [
        (one["event"], one.get("lease")) for one in said
    ]
    again = world.engine.integrations[NAME]
    assert again is not live and again.reading == 900, "what the other kept is known"
    serving = asyncio.create_task(scheduler.serve())
    await asyncio.wait_for(asked.wait(), 60)
    await scheduler.drain(30)
    await serving


async def test_a_process_that_was_stopped_past_its_time_goes_on_where_nobody_took_its_work(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stopped() -> None:
        world.clock.advance(20 * TTL)

    between(world, monkeypatch, stopped)
    token, before = world.engine.leases.token(MINE), world.engine.integrations[NAME].reading
    with capture_logs() as said:
        seen = await world.engine.poll(NAME)
        await tick(world.engine)
    assert said == [] and world.engine.leases.token(MINE) == token
    assert before < seen.reading.id == (await world.engine.store.readings(NAME, limit=1))[0].id, "it is kept"


async def test_a_reading_whose_lease_ran_out_again_is_made_anew_at_once(
    world: World, rival: Leases, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.salesforce.delete_field("Lead", "Region__c")

    async def taken_and_left() -> None:
        world.clock.advance(TTL + 1)
        await rival.regain([MINE])
        world.clock.advance(TTL + 1)

    between(world, monkeypatch, taken_and_left)
    with capture_logs() as said:
        seen = await world.engine.poll(NAME)
    assert seen.confirm and world.standing(Phase.SUSPECTED), "the second reading brought what the first had seen"
    assert said[0]["event"] == "a reading is dropped"


async def test_without_the_leases_on_git_and_tick_nothing_is_committed_and_no_time_passes(
    world: World, rival: Leases
) -> None:
    world.salesforce.alter_field("Lead", "Region__c", label="Points")
    await world.engine.poll(NAME)
    (finding, *_) = world.open(source="drift", fact="label")
    world.clock.advance(TTL + 1)
    await rival.regain([GIT, leasing.TICK])
    await world.decide("approve", finding)
    with capture_logs() as said:
        assert await tick(world.engine) == ()
    assert {one["lease"] for one in said} == {GIT, leasing.TICK}
    head = world.engine.baselines.seen
    assert await world.engine.commit_decisions() == () == await world.engine.fetch()
    await world.engine.push()
    assert world.engine.baselines.seen == head and world.open(fact="label")
    world.engine.wake.clear()
    world.clock.advance(TTL + RENEW)
    await tick(world.engine)
    assert world.engine.wake.is_set() and world.engine.leases.holds(GIT)
    await world.engine.commit_decisions()
    assert world.engine.baselines.seen != head and not world.open(fact="label")
