"""What a daemon does with waiting decisions, as a process of its own that can die at a named place: a child of Python's
fork server, where what it needs was imported once. It shares nothing with the test but the files."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from monitor.adapters.baselines import Baselines
from monitor.adapters.committer import Committer
from monitor.adapters.failpoints import VARIABLE
from monitor.adapters.forge import FORGES
from monitor.adapters.lease import GIT, Leases
from monitor.adapters.store import Store
from monitor.config.git import Forge as Settings
from probes.kit.clock import SystemClock
from tests.forges import TOKEN

SPAWNING: Final = multiprocessing.get_context("forkserver")
SPAWNING.set_forkserver_preload(["tests.adapters.lives"])


def life(place: str, does: Callable[..., Any], *arguments: Any) -> int:
    """Runs `does` to its end, or to the place where it is killed. Gives the exit code; -9 for killed. Blocking."""
    process = SPAWNING.Process(target=_live, args=({**os.environ, VARIABLE: place}, does, arguments))
    process.start()
    process.join()
    code = process.exitcode
    process.close()
    assert code is not None
    return code


def _live(environment: Mapping[str, str], does: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    asyncio.run(does(*arguments))


async def commits(folder: str, hub: str) -> None:
    clock = SystemClock()
    store = await Store.open(Path(folder) / "var", clock)
    baselines = await Baselines.open(hub, Path(folder) / "baselines.git", "main", "baselines", clock)
    committer = Committer(store, baselines, await Leases.open(store, clock, [GIT]), clock)
    await committer.recover()
    await committer.run_once()
    await committer.push()
    await store.close()


async def proposes(folder: str, hub: str, kind: str, address: str) -> None:
    clock = SystemClock()
    store = await Store.open(Path(folder) / "var", clock)
    baselines = await Baselines.open(hub, Path(folder) / "baselines.git", "main", "baselines", clock)
    forge = forge_for(kind, address, clock)
    committer = wired(Committer(store, baselines, await Leases.open(store, clock, [GIT]), clock, forge))
    await committer.recover()
    for _ in range(2):
        await committer.fetch()
        async with committer.lock:
            await committer.run_once()
        await committer.push()
    await forge.close()
    await store.close()
    assert not committer.push_fault, committer.push_fault


def forge_for(kind: str, address: str, clock: Any) -> Any:
    told = {"kind": kind, "project": "acme/stack", "token": "${env:T}", "api": address, "allow_private": True}
    settings = Settings.model_validate(told)

    async def token() -> str:
        return TOKEN

    return FORGES[kind](settings, token, clock)


def wired(committer: Committer) -> Committer:
    """Words for a pull request that say which decisions are in it."""
    assert committer.proposer is not None

    async def describe(pull: Any, decisions: Any, files: Any) -> tuple[str, str]:
        return f"{len(decisions)} decisions", ", ".join(one.uuid for one in decisions)

    committer.proposer.describe = describe
    return committer
