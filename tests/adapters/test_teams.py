"""Git for teams, mode commit: the same branch is pushed to by people, over a file address and over a real sshd.

Whatever they do at the same time, every decision and every commit of theirs is in the branch at the end, once, and no
commit that the remote ever had is gone from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

from monitor.adapters import remote
from monitor.adapters.baselines import Baselines
from monitor.adapters.git import GitError, ssh_command
from monitor.adapters.lease import GIT, Leases
from monitor.adapters.store import Store
from probes.kit.clock import ManualClock

from .repositories import LEAD, Person, clone, raw, start
from .sshd import Sshd, make_key, needed
from .test_committer import NAME, ONE, Desk, length
from .test_remote import AT, REGION, state, trail


class Hub(msgspec.Struct):
    """A bare repository and how Driftline reaches it. `stop` and `start` are of what stands between."""

    bare: Person
    address: str
    ssh: str
    stop: Callable[[], object]
    start: Callable[[], object]

    def all(self) -> set[str]:
        """Every commit of the branch."""
        return set(self.bare.git("rev-list", "main").split())


@pytest.fixture(params=["file", "ssh"])
def hub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hub]:
    bare = start(tmp_path / "hub.git", bare=True)
    away = tmp_path / "away.git"
    if request.param == "file":
        yield Hub(bare, f"file://{bare.folder}", "", lambda: bare.folder.rename(away), lambda: away.rename(bare.folder))
        return
    needed()
    with ExitStack() as held:
        server = held.enter_context(Sshd(tmp_path / "sshd"))
        ssh = ssh_command(server.key, server.known_hosts)
        yield Hub(bare, server.address(bare.folder), ssh, server.stop, server.start)


@pytest.fixture
def person(hub: Hub, tmp_path: Path) -> Person:
    """A clone with a first commit pushed. People reach the hub in their own way."""
    someone = clone(hub.bare.folder, tmp_path / "person")
    someone.git("checkout", "-q", "-b", "main")
    someone.commit("first", **{AT: ONE})
    someone.git("push", "-q", "origin", "main")
    return someone


async def desk_for(hub: Hub, store: Store, tmp_path: Path, clock: ManualClock) -> Desk:
    bare = tmp_path / "baselines.git"
    baselines = await Baselines.open(hub.address, bare, "main", "baselines", clock, hub.ssh)
    desk = Desk(store, baselines, await Leases.open(store, clock, [GIT]), clock)
    await desk.committer.recover()
    return desk


def pushed(person: Person, message: str, **files: bytes | str) -> str:
    person.commit(message, **files)
    person.git("push", "-q", "origin", "main")
    return str(person.git("rev-parse", "HEAD"))


def carried(hub: Hub, uuid: str) -> int:
    """How many commits of the remote's branch carry a decision out."""
    said = str(hub.bare.git("log", "--format=%(trailers:key=Driftline-Decision,valueonly)", "main"))
    return said.split().count(uuid)


async def lengthened(desk: Desk) -> object:
    approved = await desk.baselines.body(NAME, LEAD)
    assert approved is not None
    return approved.rows["Score__c"].facts["length"]


async def test_a_remote_that_moved_on_gets_ours_on_top_and_keeps_all_it_had(
    person: Person, hub: Hub, store: Store, tmp_path: Path, clock: ManualClock
) -> None:
    desk = await desk_for(hub, store, tmp_path, clock)
    theirs = pushed(person, "notes", **{"README.md": "hello"})
    await desk.queue("u-1", length(100, 50))
    await desk.run()
    assert (await state(desk, "u-1"), desk.committer.push_fault) == ("pushed", "")
    assert {theirs} <= hub.all()
    assert (carried(hub, "u-1"), await lengthened(desk)) == (1, 50)
    assert hub.bare.git("rev-parse", "main") == desk.baselines.seen


async def test_a_push_that_comes_between_our_look_and_our_push_is_not_run_over(
    person: Person, hub: Hub, store: Store, tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await desk_for(hub, store, tmp_path, clock)
    await desk.queue("u-1", length(100, 50))
    theirs: list[str] = []

    def meanwhile(place: str) -> None:
        if place == "push.before" and len(theirs) < 3:
            person.git("pull", "-q", "--ff-only", "origin", "main")
            theirs.append(pushed(person, "in between", **{f"notes-{len(theirs)}.md": "x"}))

    monkeypatch.setattr(remote, "reach", meanwhile)
    await desk.run()
    assert (await state(desk, "u-1"), desk.committer.push_fault, len(theirs)) == ("pushed", "", 3)
    assert {*theirs, desk.baselines.seen} <= hub.all()
    assert carried(hub, "u-1") == 1


async def test_a_remote_that_is_down_gets_all_that_was_decided_meanwhile_once_it_is_back(
    person: Person, hub: Hub, store: Store, tmp_path: Path, clock: ManualClock
) -> None:
    desk = await desk_for(hub, store, tmp_path, clock)
    had = hub.all()
    hub.stop()
    for number in range(3):
        await desk.queue(f"u-{number}", length(100 - number, 99 - number))
        assert await desk.run() == [(f"u-{number}", "committed")]
        assert desk.committer.push_fault
        with pytest.raises(GitError):
            await desk.committer.fetch()
        clock.advance(1200.0)
    desk = await desk_for(hub, store, tmp_path, clock)  # nor does a restart meanwhile lose any
    hub.start()
    theirs = pushed(person, "while it was back first", **{"README.md": "hello"})
    await desk.run()
    assert desk.committer.push_fault == ""
    assert [await state(desk, f"u-{number}") for number in range(3)] == ["pushed"] * 3
    assert [carried(hub, f"u-{number}") for number in range(3)] == [1] * 3
    assert had | {theirs} <= hub.all()
    assert await lengthened(desk) == 97


async def test_a_person_with_a_staged_file_commits_that_file_alone_and_undoes_nothing_of_ours(
    person: Person, hub: Hub, store: Store, tmp_path: Path, clock: ManualClock
) -> None:
    desk = await desk_for(hub, store, tmp_path, clock)
    person.write("docs/plan.md", "mine")
    person.git("add", "docs/plan.md")
    await desk.queue("u-1", length(100, 50))
    await desk.run()
    assert person.git("status", "--porcelain") == "A  docs/plan.md", "what they had staged is as it was"
    person.git("commit", "-q", "-m", "mine")
    mine = person.git("rev-parse", "HEAD")
    person.git("pull", "-q", "--no-rebase", "--no-edit", "origin", "main")
    person.git("push", "-q", "origin", "main")
    assert await desk.committer.fetch()
    assert person.git("show", "--format=", "--name-only", mine) == "docs/plan.md"
    assert await lengthened(desk) == 50
    assert (carried(hub, "u-1"), mine in hub.all()) == (1, True)


async def test_a_push_from_a_hand_edited_clone_is_in_force_and_one_that_cannot_be_read_changes_nothing(
    person: Person, hub: Hub, store: Store, tmp_path: Path, clock: ManualClock
) -> None:
    desk = await desk_for(hub, store, tmp_path, clock)
    edited = pushed(person, "by hand", **{AT: raw(Score__c={"label": "Score", "length": 70}, Region__c=REGION)})
    assert await desk.committer.fetch()
    assert await lengthened(desk) == 70
    broken = pushed(person, "a slip", **{AT: b'{"driftline": 1,\n  "kind": oops\n'})
    assert await desk.committer.fetch()
    (problem,) = desk.baselines.problems
    assert (problem.path, problem.line) == (AT, 2)
    assert await lengthened(desk) == 70
    await desk.queue("u-1", length(70, 60))
    await desk.run()
    assert {edited, broken} <= hub.all()
    mended = pushed_on_top(person, AT, raw(Score__c={"label": "Score", "length": 70}, Region__c=REGION))
    assert await desk.committer.fetch()
    assert (desk.baselines.problems, mended in hub.all()) == ((), True)
    assert (await trail(desk)).count("approved outside") == 4


def pushed_on_top(person: Person, path: str, content: bytes) -> str:
    person.git("pull", "-q", "--ff-only", "origin", "main")
    return pushed(person, "mended", **{path: content})


async def test_a_server_whose_key_is_another_is_not_spoken_to(store: Store, tmp_path: Path, clock: ManualClock) -> None:
    needed()
    bare = start(tmp_path / "hub.git", bare=True)
    make_key(tmp_path / "other")
    with Sshd(tmp_path / "sshd") as server:
        kind, key = (tmp_path / "other.pub").read_text().split()[:2]
        where = server.known_hosts.read_text().split()[0]
        server.known_hosts.write_text(f"{where} {kind} {key}\n")
        ssh = ssh_command(server.key, server.known_hosts)
        baselines = await Baselines.open(
            server.address(bare.folder), tmp_path / "b.git", "main", "baselines", clock, ssh
        )
        desk = Desk(store, baselines, await Leases.open(store, clock, [GIT]), clock)
        await desk.capture("u-1", ONE)
        await desk.run()
        assert "Host key verification failed" in desk.committer.push_fault
        assert await state(desk, "u-1") == "committed"
