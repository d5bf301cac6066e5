"""Kill -9 around the moment at which a policy's day is stored: the day is taken once, however often it is begun."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from monitor.adapters.failpoints import VARIABLE
from monitor.core.model import Phase
from monitor.demo.stage import stage
from monitor.engine.opening import open_engine
from monitor.engine.tick import tick
from probes.kit.clock import ManualClock

from .conftest import START, World
from .test_policies import DAY, LABELS, put, relabelled

SCRIPT = """
import asyncio, pathlib, sys
from monitor.config import load
from monitor.engine.opening import open_engine
from monitor.engine.tick import tick
from probes.kit.clock import ManualClock

async def main(config, at):
    async with open_engine(load(pathlib.Path(config)), ManualClock(float(at))) as engine:
        await tick(engine)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_kill_9_while_a_day_of_a_policy_is_stored_takes_it_once(tmp_path: Path) -> None:
    clock = ManualClock(START, leap=True)
    async with stage(tmp_path, clock, {}) as set_up:
        async with open_engine(set_up.config, clock) as engine:
            world = World(engine, set_up, clock)
            await world.player.capture()
            for file in world.stack.glob("standing/*.json"):
                file.unlink()
            put(world, LABELS)
            await engine.fetch()
            found = await relabelled(world)
            clock.advance(DAY)
            await engine.poll("hubspot-prod")
        command = [sys.executable, "-c", SCRIPT, str(set_up.config.folder), str(clock.now())]
        for place, kept in (("policy.before", 0), ("policy.after", 1)):
            died = await asyncio.to_thread(subprocess.run, command, env={**os.environ, VARIABLE: place}, check=False)
            assert died.returncode == -signal.SIGKILL
            async with open_engine(set_up.config, clock) as engine:
                assert sum(one.how == "policy" for one in await engine.store.decisions()) == kept, place
        async with open_engine(set_up.config, clock) as engine:
            for _ in range(2):
                await tick(engine)
                await engine.commit_decisions()
            await engine.push()
            (taken,) = [one for one in await engine.store.decisions() if one.how == "policy"]
            assert (taken.state, list(taken.findings)) == ("pushed", [found.id])
            assert engine.ledger.findings[found.id].phase is Phase.CLOSED
            log = await engine.baselines.git.run("log", "--format=%(trailers:key=Driftline-Decision,valueonly)", "main")
            assert log.decode().split().count(taken.uuid) == 1
