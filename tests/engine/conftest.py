"""A real engine over the simulated accounts: real HTTP, real SQLite, real git, and a clock in the test's hands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

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


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with opened(tmp_path) as made:
        await made.player.capture()
        yield made
