"""A stack for one in-house system: its repository, its configuration, the engine on it, and a clock in our hands.

The system is served over a real loopback socket and read by the `rest` vendor through the real HTTP client.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml

from monitor.config import load
from monitor.engine.core import Engine
from monitor.engine.opening import open_engine
from monitor.engine.request import Decide
from probes.kit.clock import ManualClock

START = 1_790_000_000.0
TEAMS = {"ops": {"contact": "ops@example.com"}, "sales-systems": {"contact": "sales-systems@example.com"}}
GIT = ("git", "-c", "user.name=Operations", "-c", "user.email=operations@example.com")


def lay_out(folder: Path, integrations: Mapping[str, Mapping[str, Any]], files: Mapping[str, Any]) -> Path:
    """A stack's repository with a first commit. `files`: further files of config/ by name, and settings of
    driftline.yaml under that name."""
    config = folder / "config"
    (config / "integrations").mkdir(parents=True)
    service = {"stack": {"name": "shop"}, "baselines": {"push": False}, **files.get("driftline", {})}
    for name, own in integrations.items():
        entry = {"vendor": "rest", "owner": "ops", "allow_private": True, **own}
        _write(config / "integrations" / f"{name}.yaml", entry)
    for name, value in {"people": {"teams": TEAMS}, **files, "driftline": service}.items():
        _write(config / f"{name}.yaml", value)
    (folder / ".gitignore").write_text("var/\n")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "A stack")
    return config


def _write(path: Path, value: Any) -> None:
    plain = json.loads(json.dumps(value))  # no two places share a value: configuration may not have anchors
    path.write_text(yaml.safe_dump(plain, sort_keys=False))


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run([*GIT, "-C", str(folder), *arguments], check=True, capture_output=True, text=True)
    return done.stdout


@asynccontextmanager
async def opened(config: Path, clock: ManualClock) -> AsyncIterator[Engine]:
    async with open_engine(load(config), clock) as engine:
        yield engine


async def capture(engine: Engine) -> None:
    """What was found becomes the baseline, of every system."""
    for name in engine.integrations:
        await engine.poll(name)
        await engine.decide(Decide(uuid=str(uuid4()), kind="capture", integration=name), "local:tester", "test")
    await engine.commit_decisions()


async def settle(engine: Engine, clock: ManualClock, name: str) -> None:
    """A poll, and the second look at what is gone."""
    seen = await engine.poll(name)
    clock.advance(engine.config.service.poll.confirm_after)
    if seen.confirm:
        await engine.poll(name, ids=seen.confirm, fresh=True)
