"""The remote of the baselines is down for an hour, on the daemon's own rhythm: people go on deciding, one finding of
each system says so meanwhile, and all of it arrives once."""

from __future__ import annotations

import subprocess
from pathlib import Path

from monitor.adapters.records import DecisionState
from monitor.core.model import Source
from monitor.daemon import FETCH
from monitor.engine.tick import tick
from probes.simulated.story import HUBSPOT as HUB

from .conftest import World
from .kept import CAPTURED


async def minute(world: World) -> None:
    """What the daemon does in one: it fetches, sends what waits, and ticks."""
    world.clock.advance(FETCH)
    await world.engine.fetch()
    if world.engine.unpushed.is_set():
        await world.engine.push()
    await tick(world.engine)


async def test_an_hour_without_the_remote_loses_nothing_and_says_so_once(tmp_path: Path) -> None:
    hub, away = tmp_path / "hub.git", tmp_path / "away.git"
    async with CAPTURED.world(tmp_path) as world:
        had = (await world.git("rev-list", "main")).split()
        hub.rename(away)
        told: set[str] = set()
        made = []
        for at in range(60):
            if at in (5, 25, 45):
                world.hubspot.alter_property(type="contacts", name="lead_score", label=f"Points {at}")
                await world.engine.poll(HUB)
                (found,) = world.open(subject=HUB, key="lead_score", fact="label")
                made.append((await world.decide("approve", found)).uuid)
                await world.engine.commit_decisions()
            await minute(world)
            told |= {one.id for one in world.open(source=Source.UPKEEP, key="push")}
        assert len(told) == len(world.engine.integrations)
        states = [one.state for one in await world.engine.store.decisions() if one.uuid in made]
        assert states == [DecisionState.COMMITTED] * 3
        away.rename(hub)
        await minute(world)
        await minute(world)
        assert not world.open(source=Source.UPKEEP, key="push")
        assert world.engine.push_fault == ""
        form = "--format=%(trailers:key=Driftline-Decision,valueonly,separator=%x2C)"
        log = subprocess.run(["git", "-C", str(hub), "log", form, "main"], check=True, capture_output=True, text=True)
        assert sorted(one for one in log.stdout.split() if one in made) == sorted(made)
        listed = subprocess.run(["git", "-C", str(hub), "rev-list", "main"], check=True, capture_output=True, text=True)
        assert set(had) <= set(listed.stdout.split())
        states = [one.state for one in await world.engine.store.decisions() if one.uuid in made]
        assert states == [DecisionState.PUSHED] * 3
