"""Kill -9 around each transaction of what takes two people: nothing is lost, doubled, or in force unagreed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from monitor.adapters.failpoints import VARIABLE
from monitor.adapters.records import DecisionState
from monitor.config import load
from monitor.core.model import Phase
from monitor.demo.stage import stage
from monitor.engine.opening import open_engine
from monitor.engine.pushed import pushed
from probes.kit.clock import ManualClock
from tests.adapters.repositories import start

from .conftest import START, World
from .eyed import ask, watching
from .test_eyes import FIELDS, label, relabelled
from .test_pushed import edited, person

SCRIPT = """
import asyncio, pathlib, sys
from monitor.config import load
from monitor.engine.acting import ACTING, Actor
from monitor.engine.opening import open_engine
from monitor.engine.second import confirm
from probes.kit.clock import ManualClock

async def main(config, at, uuid):
    async with open_engine(load(pathlib.Path(config)), ManualClock(float(at))) as engine:
        if uuid == "fetch":
            await engine.fetch()
            return
        ACTING.set(Actor("token:robin", "reviewer"))
        await confirm(engine, uuid, "token:robin", "test")
        await engine.commit_decisions()

asyncio.run(main(*sys.argv[1:]))
"""


async def killed(config: Path, clock: ManualClock, what: str, place: str) -> None:
    command = [sys.executable, "-c", SCRIPT, str(config), str(clock.now()), what]
    died = await asyncio.to_thread(subprocess.run, command, env={**os.environ, VARIABLE: place}, check=False)
    assert died.returncode == -signal.SIGKILL, place


async def test_kill_9_while_a_second_person_agrees(tmp_path: Path) -> None:
    clock = ManualClock(START, leap=True)
    hub = start(tmp_path / "hub.git", bare=True)
    service = {"baselines": {"repository": str(hub.folder)}}
    async with stage(tmp_path / "demo", clock, service) as set_up:
        folder = set_up.config.folder
        async with open_engine(set_up.config, clock) as engine:
            world = World(engine, set_up, clock)
            await world.player.capture()
            await engine.push()
            await watching(world, {**FIELDS, "scope": "contacts"})
            before, found = await label(world), await relabelled(world)
            held = await ask(world, "token:kim", "approve", found)
            edited(person(world), world, "Points")
        for place in ("force.before", "force.after"):
            await killed(folder, clock, "fetch", place)
        for place, state in (
            ("confirmed.before", "waiting"),
            ("confirmed.after", "queued"),
            ("record.after", "already"),
        ):
            async with open_engine(load(folder), clock) as engine:
                kept = await engine.store.decision(held.uuid)
                assert kept is not None and kept.state in ("waiting", "queued")
                world = World(engine, set_up, clock)
                if place == "confirmed.before":
                    assert await label(world) == before, "what was pushed is not in force"
                    assert len(await pushed(engine)) == 1 and held.uuid in engine.waiting
            await killed(folder, clock, held.uuid, place)
            async with open_engine(load(folder), clock) as engine:
                kept = await engine.store.decision(held.uuid)
                assert kept is not None and kept.state == state, place
        async with open_engine(load(folder), clock) as engine:
            await engine.commit_decisions()
            kept = await engine.store.decision(held.uuid)
            assert kept is not None and (kept.state, kept.answered_by) == (DecisionState.ALREADY, "token:robin")
            world = World(engine, set_up, clock)
            assert await label(world) == "Points" and engine.ledger.findings[found.id].phase is Phase.CLOSED
            assert await pushed(engine) == () and engine.waiting == {}
            words = [one.what for one in await engine.store.trail() if one.decision == held.uuid]
            assert words == ["approve", "confirmed", "already"]
