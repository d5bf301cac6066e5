"""Stacks that begin where another left off: what is the same at the start of many tests is made once a process."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from monitor.demo.stage import stage
from monitor.engine.opening import open_engine
from probes.kit.clock import ManualClock
from probes.simulated.story import Accounts
from tests.adapters.repositories import start

from .conftest import START, World, opened

Change = tuple[float, Callable[[Accounts], object]]  # when by the clock, and what it does to the accounts


class Hub:
    """A stack whose baselines are pushed to a bare repository, `hub.git` beside it, once `lead` was there. Each test
    has folders of its own, copied from what that left on the disk; an engine starts on them as after a restart.

    The accounts are new: `lead` gives the changes it made to its own, which are made to these at the same times.
    """

    def __init__(self, lead: Callable[[World], Awaitable[list[Change]]]) -> None:
        self._lead = lead
        self._left: tuple[Path, float, list[Change]] | None = None

    async def _made(self) -> tuple[Path, float, list[Change]]:
        if self._left is None:
            at = Path(tempfile.mkdtemp(prefix="driftline-kept-"))
            atexit.register(shutil.rmtree, at)
            hub = start(at / "hub.git", bare=True)
            async with opened(at / "demo", baselines={"repository": str(hub.folder)}) as world:
                changes = await self._lead(world)
                then = world.clock.now()
            self._left = at, then, changes
        return self._left

    @asynccontextmanager
    async def world(self, folder: Path) -> AsyncIterator[World]:
        left, then, changes = await self._made()
        clock = ManualClock(START, leap=True)
        hub = shutil.copytree(left / "hub.git", folder / "hub.git")
        async with stage(folder / "demo", clock, {"baselines": {"repository": str(hub)}}) as set_up:
            shutil.copytree(left / "demo" / "stack" / "var", set_up.config.state)
            for at, change in changes:
                clock.advance(at - clock.now())
                change(set_up.accounts)
            clock.advance(then - clock.now())
            async with open_engine(set_up.config, clock) as engine:
                yield World(engine, set_up, clock)


async def _captured(world: World) -> list[Change]:
    await world.player.capture()
    await world.engine.push()
    return []


CAPTURED = Hub(_captured)
