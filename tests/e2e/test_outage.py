"""A baselines repository that does not answer: nothing waits for it, nothing is lost, and it gets all of it later."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from monitor.adapters.git import Git, GitError
from monitor.config import load
from monitor.core.model import Phase
from monitor.engine.core import Engine
from monitor.engine.opening import open_engine
from monitor.engine.request import Decide
from probes.kit.clock import ManualClock
from probes.simulated import hubspot
from tests.e2e.serving import Serving, Stack, account, until

NAME = "hub"


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that takes a connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/stack.git"


@asynccontextmanager
async def at_work(folder: Path, **baselines: Any) -> AsyncIterator[tuple[Engine, hubspot.Account, Stack]]:
    """An engine on a stack with one account. `baselines`: settings of the repository."""
    clock = ManualClock(leap=True)
    hub = hubspot.Account(clock=clock)
    with account(hub.app) as base:
        stack = Stack(folder)
        stack.set("driftline.yaml", baselines=baselines)
        stack.integration(NAME, "hubspot", base, {"scheme": "token", "token": stack.secret("hub", hub.token)})
        async with open_engine(load(stack.folder / "config"), clock) as engine:
            yield engine, hub, stack


async def captured(engine: Engine) -> Decide:
    """What is read now is decided to be the baseline, and committed here. Gives what was asked for."""
    await engine.poll(NAME)
    asked = Decide(uuid=str(uuid4()), kind="capture", integration=NAME)
    await engine.decide(asked, "test", "test")
    await engine.commit_decisions()
    return asked


async def test_what_could_not_be_pushed_is_pushed_once_the_remote_answers_again(tmp_path: Path) -> None:
    async with at_work(tmp_path / "stack") as (engine, hub, stack):
        away = stack.hub.with_name("away.git")
        stack.hub.rename(away)
        asked = await captured(engine)
        await engine.push()
        row = await engine.store.decision(asked.uuid)
        assert row is not None
        assert row.state == "committed", "it is in git here, and its findings close"
        assert engine.push_fault
        hub.alter_property(type="contacts", name="email", label="Mail")
        await engine.poll(NAME)
        assert [one.address.key for one in engine.ledger.findings.values() if one.phase is Phase.OPEN] == ["email"]
        await engine.fetch()
        assert not engine.unpushed.is_set(), "it is not tried while nothing answers"
        away.rename(stack.hub)
        await engine.fetch()
        assert engine.unpushed.is_set()
        await engine.push()
        assert engine.push_fault == ""
        assert stack.log() == [(row.sha, asked.uuid)]


async def test_decisions_are_committed_while_a_push_waits_for_a_remote_that_says_nothing(
    tmp_path: Path, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_work(tmp_path / "stack") as (engine, hub, stack):
        await engine.push()
        await engine.baselines.git.run("config", "remote.origin.url", silent)
        first = await captured(engine)
        asked = asyncio.Event()
        push = engine.baselines.git.run

        async def run(*arguments: str, **more: Any) -> bytes:
            if arguments[0] == "push":
                asked.set()
            return await push(*arguments, **more)

        monkeypatch.setattr(engine.baselines.git, "run", run)
        pushing = asyncio.create_task(engine.push())
        await asyncio.wait_for(asked.wait(), 20)
        hub.alter_property(type="contacts", name="email", label="Mail")
        await engine.poll(NAME)
        (found,) = [one for one in engine.ledger.findings.values() if one.phase is Phase.OPEN]
        pair = {found.id: found.claim.fingerprint}
        second = Decide(uuid=str(uuid4()), kind="approve", findings=pair, reason="meant", ticket="OPS-1")
        await engine.decide(second, "test", "test")
        await engine.commit_decisions()
        assert not pushing.done(), "the remote still says nothing"
        assert engine.ledger.findings[found.id].phase is Phase.CLOSED
        pushing.cancel()
        await asyncio.gather(pushing, return_exceptions=True)
        await engine.baselines.git.run("config", "remote.origin.url", str(stack.hub))
        await engine.push()
        assert [decision for _, decision in stack.log()] == [first.uuid, second.uuid]
        assert [row.state for row in await engine.store.decisions()] == ["pushed", "pushed"]


async def test_what_is_not_to_be_pushed_stays_here(tmp_path: Path) -> None:
    async with at_work(tmp_path / "stack", push=False) as (engine, _, stack):
        asked = await captured(engine)
        await engine.push()
        row = await engine.store.decision(asked.uuid)
        assert row is not None
        assert (row.state, engine.push_fault, stack.log()) == ("committed", "", [])


async def test_a_remote_that_says_nothing_is_given_up_with_all_that_asks_it(tmp_path: Path, silent: str) -> None:
    git = Git(tmp_path / "bare.git")
    await git.run("init", "--quiet", "--bare", str(tmp_path / "bare.git"))
    async with asyncio.timeout(15):
        with pytest.raises(GitError, match="no answer within 1 s"):
            await git.run("fetch", "--quiet", silent, "main", seconds=1.0)


def told(stack: Stack, path: str) -> tuple[int, str]:
    answer = httpx.get(f"http://127.0.0.1:{stack.metrics}{path}", trust_env=False)
    return answer.status_code, answer.text


def test_while_it_still_opens_it_says_so_and_ends_at_once_when_told_to(tmp_path: Path, silent: str) -> None:
    stack = Stack(tmp_path / "stack")
    stack.set("driftline.yaml", baselines={"repository": silent})
    serving = Serving(stack).start()
    try:
        until(lambda: (stack.state / "baselines.git" / "config").exists(), 30, "it opens its clone")
        until(lambda: "remote" in (stack.state / "baselines.git" / "config").read_text(), 30, "it asks the remote")
        assert told(stack, "/healthz")[0] == 200
        status, words = told(stack, "/readyz")
        assert (status, json.loads(words)["state"]) == (503, "loading")
        status, words = told(stack, "/metrics")
        assert (status, "driftline_" in words) == (503, False)
        assert serving.stop(10) == 0
        assert "Traceback" not in serving.log
        assert "stopped before it was ready" in serving.log
    finally:
        serving.kill()
        serving.api.close()
