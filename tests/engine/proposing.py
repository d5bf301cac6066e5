"""An engine in mode propose: a bare repository, a simulated forge over it, and what the daemon does in a minute."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from monitor.adapters.records import Decision
from monitor.demo.stage import served, stage
from monitor.engine.opening import open_engine
from monitor.engine.tick import tick
from probes.kit.clock import ManualClock
from tests.forges import TOKEN, Simulated

from .conftest import START, World

HUB = "hubspot-prod"
CRM = "salesforce-prod"
LEASED = 120.0  # seconds after which whoever held a lease before is gone
_FOLDER = TemporaryDirectory(prefix="driftline-proposing-")


class Kept(NamedTuple):
    """`folder` holds hub.git and demo/stack/var; `at`: what the clock said then."""

    folder: Path
    at: float


_KEPT: list[Kept] = []


class Forged(World):
    """`forge` is where pull requests go; `hub` its repository."""

    forge: Simulated

    async def minute(self, passed: int = 1) -> None:
        """What the daemon does in one, so many later: commits, sends, fetches, hears from the forge, ticks."""
        self.clock.advance(60.0 * passed)
        await self.engine.commit_decisions()
        await self.engine.fetch()
        await self.engine.push()
        await tick(self.engine)

    async def relabel(self, label: str, **more: Any) -> tuple[Any, Decision]:
        """Drift of a label at HubSpot, approved. Gives the finding and the decision."""
        self.hubspot.alter_property(type="contacts", name="lead_score", label=label)
        await self.engine.poll(HUB)
        (found,) = self.open(subject=HUB, key="lead_score", fact="label")
        return found, await self.decide("approve", found, **more)

    async def again(self, decision: Decision) -> Decision:
        found = await self.engine.store.decision(decision.uuid)
        assert found is not None
        return found

    def at_hub(self, *arguments: str) -> str:
        return self.forge.git(*arguments)


@asynccontextmanager
async def forged(
    folder: Path, kind: str = "github", *, captured: bool = True, empty: bool = False
) -> AsyncIterator[Forged]:
    """The example stack, its baselines merged already, with people who merge and close. They are captured and merged
    once for all tests: each goes on from a copy of what that left on the disk, as after a restart. `empty`: the
    repository at the forge has no commit."""
    kept = await _captured() if captured and not empty else None
    async with _begun(folder, kind, kept, empty=empty) as world:
        yield world


async def _captured() -> Kept:
    """What a stack has on the disk once its first pull requests are merged."""
    if not _KEPT:
        folder = Path(_FOLDER.name)
        async with _begun(folder, "github", None) as world:
            await world.player.capture()
            await world.minute()
            for number in world.forge.open_ones():
                world.forge.merge(number)
            await world.minute()
            await world.minute()
            at = world.clock.now()
        _KEPT.append(Kept(folder, at))
    return _KEPT[0]


@asynccontextmanager
async def _begun(folder: Path, kind: str, kept: Kept | None, *, empty: bool = False) -> AsyncIterator[Forged]:
    clock = ManualClock(START if kept is None else kept.at + LEASED, leap=True)
    hub = folder / "hub.git"
    forge = Simulated(kind, hub, "acme/stack")
    secret = folder / "token"
    folder.mkdir(parents=True, exist_ok=True)
    secret.write_text(TOKEN)
    secret.chmod(0o600)
    async with served(forge.app) as address:
        told = {"kind": kind, "project": "acme/stack", "api": address, "allow_private": True,
                "token": f"${{file:{secret}}}"}  # fmt: skip
        service = {"baselines": {"repository": str(hub)}, "git": {"mode": "propose", "forge": told}}
        async with stage(folder / "demo", clock, service) as set_up:
            if empty:
                subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(hub)], check=True)
            elif kept is None:
                subprocess.run(["git", "clone", "-q", "--bare", str(set_up.config.root), str(hub)], check=True)
            else:
                shutil.copytree(kept.folder / "hub.git", hub)
                shutil.copytree(kept.folder / "demo" / "stack" / "var", set_up.config.state)
            async with open_engine(set_up.config, clock) as engine:
                world = Forged(engine, set_up, clock)
                world.forge = forge
                await engine.fetch()
                yield world
