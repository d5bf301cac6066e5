"""A real engine over the simulated accounts: real HTTP, real SQLite, real git, and a clock in the test's hands."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
import yaml

from monitor.core.model import Finding, Phase
from monitor.demo.play import Player
from monitor.demo.stage import Stage, stage
from monitor.engine import trailing
from monitor.engine.core import Engine
from monitor.engine.opening import open_engine
from monitor.engine.request import Decide
from monitor.engine.trail_shapes import TrailRow
from probes.kit.clock import ManualClock

START = 1_790_000_000.0


class World:
    """The example stack with captured baselines. `salesforce` and `hubspot` are the accounts."""

    def __init__(self, engine: Engine, set_up: Stage, clock: ManualClock) -> None:
        self.engine, self.stage, self.clock = engine, set_up, clock
        self.player = Player(engine, set_up, clock)
        self.salesforce, self.hubspot = set_up.accounts.salesforce, set_up.accounts.hubspot

    @property
    def stack(self) -> Path:
        return self.stage.config.root

    def open(self, **parts: str) -> list[Finding]:
        """Open findings whose address has these parts."""
        return self.standing(Phase.OPEN, **parts)

    def standing(self, phase: Phase, **parts: str) -> list[Finding]:
        found = [one for one in self.engine.ledger.findings.values() if one.phase is phase]
        return [one for one in found if all(getattr(one.address, name) == value for name, value in parts.items())]

    async def decide(self, kind: Any, *findings: Finding, **more: Any) -> Any:
        asked = {one.id: one.claim.fingerprint for one in findings}
        if kind == "approve":
            more = {"reason": "meant", "ticket": "OPS-1"} | more
        return await self.engine.decide(
            Decide(uuid=str(uuid4()), kind=kind, findings=asked, **more), "local:tester", "test"
        )

    async def trail(self, **asked: str) -> tuple[TrailRow, ...]:
        """Its entries with names, oldest first."""
        return (await trailing.trail(self.engine, trailing.Asked(**asked), 1, 200)).items[::-1]

    async def git(self, *arguments: str) -> str:
        return (await self.engine.baselines.git.run(*arguments)).decode()


@asynccontextmanager
async def opened(folder: Path, **service: Any) -> AsyncIterator[World]:
    clock = ManualClock(START, leap=True)
    async with stage(folder, clock, service) as set_up, open_engine(set_up.config, clock) as engine:
        yield World(engine, set_up, clock)


_CAPTURED: dict[str, Any] = {}  # once one was made: the folder `at`, and when by its clock it was done


@asynccontextmanager
async def captured(folder: Path) -> AsyncIterator[World]:
    """The example stack after its first capture, which is made once a process: its store, its clone and its repository
    are laid out as they were left, and an engine starts on them.

    The accounts are new. What they hold is made by the clock of the start alone, so they answer as those did that were
    captured.
    """
    if not _CAPTURED:
        at = Path(tempfile.mkdtemp(prefix="driftline-captured-"))
        atexit.register(shutil.rmtree, at)
        async with opened(at / "made") as first:
            await first.player.capture()
            _CAPTURED.update(at=at / "made", then=first.clock.now())

    def lay_out(stack: Path, bases: Mapping[str, str], service: Mapping[str, Any], now: float, which: str) -> None:
        shutil.copytree(_CAPTURED["at"] / "stack", stack)
        for name, base in bases.items():
            file = stack / "config" / "integrations" / f"{name}.yaml"
            file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), "base": base}, sort_keys=False))

    clock = ManualClock(START, leap=True)
    with patch("monitor.demo.stage.lay_out", lay_out):
        async with stage(folder, clock, {}) as set_up:
            clock.advance(_CAPTURED["then"] - START)
            async with open_engine(set_up.config, clock) as engine:
                yield World(engine, set_up, clock)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with captured(tmp_path) as made:
        yield made
