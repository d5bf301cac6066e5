"""People who signed in, for tests of what takes two."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from monitor.adapters.records import Decision
from monitor.core.model import Finding
from monitor.engine import second
from monitor.engine.acting import ACTING, Actor
from monitor.engine.request import Decide

from .conftest import World, captured


@contextmanager
def signed(name: str, *teams: str, made_by: tuple[str, ...] = ()) -> Iterator[str]:
    """While it lasts, this person acts."""
    before = ACTING.set(Actor(name, "reviewer", teams, made_by))
    try:
        yield name
    finally:
        ACTING.reset(before)


@asynccontextmanager
async def eyed(folder: Path, *rules: dict[str, Any], **review: Any) -> AsyncIterator[World]:
    """The example stack, captured before anything took two people."""
    async with captured(folder) as world:
        await watching(world, *rules, **review)
        yield world


async def watching(world: World, *rules: dict[str, Any], git: dict[str, Any] | None = None, **review: Any) -> None:
    """The configuration from now on."""
    config = world.engine.config.folder / "driftline.yaml"
    import yaml

    said = yaml.safe_load(config.read_text())
    said["review"] = {"four_eyes": list(rules), **review}
    said["server"]["auth"]["mode"] = "tokens"  # `signed` says who signed in
    if git is not None:
        said["git"] = git
    config.write_text(yaml.safe_dump(said))
    assert await world.engine.reload() == ()


async def ask(
    world: World, who: str, kind: Any, *findings: Finding, teams: tuple[str, ...] = (), **more: Any
) -> Decision:
    """As `who` asks for it: a person who signed in."""
    asked = {one.id: one.claim.fingerprint for one in findings}
    if kind == "approve":
        more = {"reason": "meant", "ticket": "OPS-1"} | more
    with signed(who, *teams):
        return await world.engine.decide(Decide(uuid=str(uuid4()), kind=kind, findings=asked, **more), who, "test")


async def agree(world: World, who: str, held: Decision, *teams: str, made_by: tuple[str, ...] = ()) -> Decision:
    """The second person agrees, and the committer does its work."""
    with signed(who, *teams, made_by=made_by):
        await second.confirm(world.engine, held.uuid, who, "test")
    await world.engine.commit_decisions()
    done = await world.engine.store.decision(held.uuid)
    assert done is not None
    return done
