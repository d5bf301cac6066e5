"""Proposals against a simulated forge with a real repository: every way to merge, and a kill at every named place."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from monitor.adapters.baselines import Baselines
from monitor.adapters.committer import Committer
from monitor.adapters.forge import ForgeError
from monitor.adapters.lease import GIT, Leases
from monitor.adapters.records import TrailEntry
from monitor.adapters.store import Store
from monitor.core.accept import Edit
from monitor.demo.stage import served
from probes.kit.clock import ManualClock
from tests.forges import Simulated

from .lives import forge_for, life, proposes, wired
from .repositories import LEAD, Person, clone, start
from .test_committer import NAME, ONE, Desk, length
from .test_remote import AT

BRANCH = f"driftline/{NAME}"
PUSH = ["propose.push.before", "propose.push.after"]
PLACES = ["commit.before", "commit.after", "record.after", *PUSH, "propose.opened"]
AREA = Edit(LEAD, "Region__c", "label", "Region", "Area")


class Proposing(Desk):
    """`forge` is the simulated one, `person` a clone of its repository."""

    forge: Simulated
    person: Person

    async def minute(self) -> None:
        await self.committer.fetch()
        async with self.committer.lock:
            await self.committer.run_once()
        await self.committer.push()

    async def stands(self, uuid: str) -> str:
        found = await self.store.decision(uuid)
        assert found is not None
        return found.state.value


def hub_with_a_baseline(tmp_path: Path) -> tuple[Person, Person]:
    hub = start(tmp_path / "hub.git", bare=True)
    person = clone(hub.folder, tmp_path / "person")
    person.git("checkout", "-q", "-b", "main")
    person.commit("first", **{AT: ONE})
    person.git("push", "-q", "origin", "main")
    return hub, person


@asynccontextmanager
async def proposing(tmp_path: Path, store: Store, clock: ManualClock, kind: str = "github") -> AsyncIterator[Proposing]:
    hub, person = hub_with_a_baseline(tmp_path)
    simulated = Simulated(kind, hub.folder, "acme/stack")
    async with served(simulated.app) as address:
        baselines = await Baselines.open(str(hub.folder), tmp_path / "b.git", "main", "baselines", clock)
        desk = Proposing(store, baselines, await Leases.open(store, clock, [GIT]), clock)
        forge = forge_for(kind, address, clock)
        desk.committer = wired(Committer(store, baselines, desk.leases, clock, forge))
        desk.forge, desk.person = simulated, person
        await desk.committer.recover()
        try:
            yield desk
        finally:
            await forge.close()


@pytest.mark.parametrize("kind", ["github", "gitlab"])
@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
async def test_two_decisions_and_whichever_button_merges_them(
    kind: str, how: str, tmp_path: Path, store: Store, clock: ManualClock
) -> None:
    async with proposing(tmp_path, store, clock, kind) as desk:
        await desk.queue("u-1", length(100, 50))
        await desk.minute()
        await desk.queue("u-2", AREA)
        await desk.minute()
        assert [desk.forge.requests[number]["body"] for number in desk.forge.open_ones()] == ["u-1, u-2"]
        assert [await desk.stands(uuid) for uuid in ("u-1", "u-2")] == ["proposed", "proposed"]
        sha = desk.forge.merge(1, how)
        for _ in range(2):
            await desk.minute()
        for uuid in ("u-1", "u-2"):
            decision = await store.decision(uuid)
            assert decision is not None and decision.state.value == "pushed"
            desk.forge.git("merge-base", "--is-ancestor", decision.sha, "main")
        outside = [entry for entry in await store.trail() if entry.what == "approved outside"]
        assert [entry.data["sha"] for entry in outside] == [desk.person.git("rev-parse", "HEAD")], sha


async def test_a_branch_of_ours_that_is_left_at_the_forge_is_not_run_over(
    tmp_path: Path, store: Store, clock: ManualClock
) -> None:
    async with proposing(tmp_path, store, clock) as desk:
        desk.person.git("checkout", "-q", "-b", BRANCH)
        left = desk.person.commit("left", **{"README.md": "x"})
        desk.person.git("push", "-q", "origin", BRANCH)
        await desk.queue("u-1", length(100, 50))
        await desk.minute()
        assert await desk.stands("u-1") == "proposed"
        desk.forge.git("merge-base", "--is-ancestor", left, BRANCH)


async def test_a_repository_without_the_branch_keeps_decisions_until_there_is_one(
    tmp_path: Path, store: Store, clock: ManualClock
) -> None:
    hub = start(tmp_path / "hub.git", bare=True)
    baselines = await Baselines.open(str(hub.folder), tmp_path / "b.git", "main", "baselines", clock)
    forge, leases = forge_for("github", "http://127.0.0.1:1", clock), await Leases.open(store, clock, [GIT])
    committer = wired(Committer(store, baselines, leases, clock, forge))
    await committer.recover()
    desk = Desk(store, baselines, leases, clock)
    await desk.capture("u-1", ONE)
    assert await committer.run_once() == []
    await committer.push()
    assert "main of the baselines repository has no commit yet" in committer.push_fault
    with pytest.raises(ForgeError, match="does not answer"):
        await forge.find("x", "main")
    await forge.close()
    decision = await store.decision("u-1")
    assert decision is not None and decision.state.value == "queued"
    other = clone(hub.folder, tmp_path / "person")
    other.git("checkout", "-q", "-b", "main")
    other.commit("first")
    other.git("push", "-q", "origin", "main")
    await committer.fetch()
    assert not committer.baseless
    (settled,) = await committer.run_once()
    assert (settled.uuid, settled.state.value, settled.branch) == ("u-1", "committed", BRANCH)


@pytest.mark.parametrize("kind", ["github", "gitlab"])
@pytest.mark.parametrize("place", PLACES)
async def test_kill_9_opens_no_pull_request_twice_and_loses_no_decision(
    place: str, kind: str, tmp_path: Path, store: Store, clock: ManualClock
) -> None:
    hub, _ = hub_with_a_baseline(tmp_path)
    simulated = Simulated(kind, hub.folder, "acme/stack")
    async with served(simulated.app) as address:
        desk = Desk(
            store,
            await Baselines.open(str(hub.folder), tmp_path / "baselines.git", "main", "baselines", clock),
            await Leases.open(store, clock, [GIT]),
            clock,
        )
        await desk.queue("u-1", length(100, 50))
        async with store.transaction() as tx:
            await tx.add_trail(TrailEntry(at=1.0, who="ops", what="approve", data={"decision": "u-1"}))
        await store.close()

        async def run(at: str) -> int:
            return await asyncio.to_thread(life, at, proposes, str(tmp_path), str(hub.folder), kind, address)

        assert await run(place) == -signal.SIGKILL
        assert await run("") == 0
        assert len(simulated.requests) == 1
        simulated.merge(1, "squash")
        assert await run("") == 0
    again = await Store.open(store.folder, clock)
    decision = await again.decision("u-1")
    assert decision is not None and decision.state.value == "pushed"
    assert hub.git("rev-list", "--count", BRANCH) == "2", "one commit for one decision"
    await again.close()
