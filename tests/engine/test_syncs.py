"""Health of syncs over the simulated accounts: by the vendor's own schedule, and as it was while nobody can read it."""

from __future__ import annotations

from monitor.core.model import Level
from monitor.engine import views

from .conftest import World

SF, HOUR = "salesforce-prod", 3600.0


async def polled(world: World, hours: float) -> None:
    """Two readings after so many hours."""
    world.clock.advance(hours * HOUR)
    for _ in range(2):
        world.clock.advance(60.0)
        await world.engine.poll(SF)


async def test_a_scheduled_job_that_is_no_longer_started_is_late_by_its_own_schedule(world: World) -> None:
    for _ in range(3):
        await polled(world, 8)
    assert world.open(source="health") == []
    jobs = [key for scope, key in world.engine.integrations[SF].samples if scope == "scheduled-jobs"]
    world.salesforce.stall_cron(name=jobs[0])
    await polled(world, 5)
    (found,) = world.open(source="health")
    assert (found.address.key, found.address.fact, found.level) == (jobs[0], "freshness", Level.WARNING)
    assert "by the vendor's own schedule it should run every 2 hours" in found.claim.words
    world.salesforce.stall_cron(name=jobs[0], on=False)
    await polled(world, 0)
    assert world.open(source="health") == []


async def test_while_the_list_cannot_be_read_the_verdict_stands_with_its_age_and_the_fault_alone_is_told(
    world: World,
) -> None:
    world.salesforce.bulk_job(rows=400, failed=100)
    await polled(world, 0)
    (found,) = world.open(source="health")
    mark = max(seq for seq, _ in await world.engine.store.events())
    world.salesforce.fail(path="/jobs/ingest", times=99)
    await polled(world, 20)
    await polled(world, 0.2)  # a fault is told when it lasts
    told = {event.address.source for _, event in await world.engine.store.events(after=mark, told=True)}
    assert told == {"fault"} and world.open(source="health") == [found]
    read = (await views.detail(world.engine, found.id)).read_from
    assert read is not None and read.words == "not read, last complete 20 h ago"
