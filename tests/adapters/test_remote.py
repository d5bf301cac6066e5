"""The remote: people's pushes come in, ours go out, nobody's work tree is moved, nothing is forced."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.adapters.baselines import UPSTREAM, Baselines, BaselinesError
from monitor.adapters.git import GitError
from monitor.adapters.lease import GIT, Leases
from monitor.adapters.store import Store
from probes.kit.clock import ManualClock

from .repositories import LEAD, Person, body, clone, raw, start
from .test_committer import NAME, ONE, Desk, acted, length

AT = "baselines/salesforce-prod/field/Lead.json"
SCORE, REGION = {"label": "Score", "length": 100}, {"label": "Region"}


@pytest.fixture
def hub(tmp_path: Path) -> Person:
    """Where people and Driftline meet: a bare repository."""
    return start(tmp_path / "hub.git", bare=True)


@pytest.fixture
def person(hub: Person, tmp_path: Path) -> Person:
    """A clone with a first commit pushed."""
    someone = clone(hub.folder, tmp_path / "person")
    someone.git("checkout", "-q", "-b", "main")
    someone.commit("first", **{AT: ONE})
    someone.git("push", "-q", "origin", "main")
    return someone


async def desk_for(repository: Path, store: Store, tmp_path: Path, clock: ManualClock) -> Desk:
    baselines = await Baselines.open(str(repository), tmp_path / "baselines.git", "main", "baselines", clock)
    desk = Desk(store, baselines, await Leases.open(store, clock, [GIT]), clock)
    await desk.committer.recover()
    return desk


async def state(desk: Desk, uuid: str) -> str:
    decision = await desk.store.decision(uuid)
    assert decision is not None
    return decision.state.value


async def trail(desk: Desk) -> list[str]:
    return [entry.what for entry in await desk.store.trail()]


async def test_an_empty_remote_gets_the_first_commit(
    hub: Person, store: Store, tmp_path: Path, clock: ManualClock
) -> None:
    desk = await desk_for(hub.folder, store, tmp_path, clock)
    assert await desk.committer.heads() == []
    await desk.capture("u-1", ONE)
    await desk.run()
    assert await state(desk, "u-1") == "pushed"
    assert hub.git("rev-parse", "main") == desk.baselines.seen
    assert hub.git("show", f"main:{AT}") == ONE.decode().strip()


async def test_what_people_pushed_is_known_from_the_start_and_named_in_the_trail_once(
    person: Person, hub: Person, store: Store, tmp_path: Path, clock: ManualClock
) -> None:
    desk = await desk_for(hub.folder, store, tmp_path, clock)
    assert await desk.baselines.body(NAME, LEAD) == body(Score__c=SCORE, Region__c=REGION)
    person.commit("by hand", **{AT: raw(Score__c=SCORE)})
    person.git("push", "-q", "origin", "main")
    assert await desk.committer.fetch()
    assert not await desk.committer.fetch()
    assert await desk.baselines.body(NAME, LEAD) == body(Score__c=SCORE)
    entries = await store.trail()
    assert await acted(store) == [("ops@example.com", "approved outside")] * 2
    assert entries[1].data["sha"] == person.git("rev-parse", "HEAD")
    assert entries[1].data["paths"] == [AT]


async def test_a_remote_that_moved_on_is_merged_fact_by_fact_and_never_forced(
    person: Person, hub: Person, store: Store, tmp_path: Path, clock: ManualClock
) -> None:
    desk = await desk_for(hub.folder, store, tmp_path, clock)
    theirs = person.commit("by hand", **{AT: raw(Score__c=SCORE, Region__c={"label": "Area"})})
    person.git("push", "-q", "origin", "main")
    await desk.queue("u-1", length(100, 50))
    await desk.run()
    assert await state(desk, "u-1") == "pushed"
    merged = body(Score__c={"label": "Score", "length": 50}, Region__c={"label": "Area"})
    assert await desk.baselines.body(NAME, LEAD) == merged
    decision = await store.decision("u-1")
    assert decision is not None
    for sha in (theirs, decision.sha):  # both stay what they are
        hub.git("merge-base", "--is-ancestor", sha, "main")
    person.git("pull", "-q", "--ff-only", "origin", "main")
    assert (person.folder / AT).read_bytes() == await desk.baselines.raw(NAME, LEAD)
    assert await trail(desk) == ["approved outside", "committed", "approved outside"]
    assert not await desk.committer.fetch()
    assert desk.committer.push_fault == ""


async def test_a_push_whose_end_was_not_seen_makes_nothing_of_ours_give_way(
    person: Person, hub: Person, store: Store, tmp_path: Path, clock: ManualClock
) -> None:
    desk = await desk_for(hub.folder, store, tmp_path, clock)
    await desk.queue("u-1", length(100, 50))
    await desk.run()
    before = hub.git("rev-parse", "main~1")
    await desk.baselines.git.run("update-ref", UPSTREAM, before)  # as if killed before the push was recorded
    await desk.baselines.git.run("update-ref", "-d", "refs/driftline/pushed")
    person.git("pull", "-q", "origin", "main")
    person.commit("by hand", **{"README.md": "x"})
    person.git("push", "-q", "origin", "main")
    await desk.queue("u-2", length(50, 40))
    await desk.run()
    approved = await desk.baselines.body(NAME, LEAD)
    assert approved is not None
    assert approved.rows["Score__c"].facts["length"] == 40
    assert "gave way to the remote" not in await trail(desk)


async def test_where_both_changed_one_fact_theirs_stands_and_it_is_said(
    person: Person, hub: Person, store: Store, tmp_path: Path, clock: ManualClock
) -> None:
    desk = await desk_for(hub.folder, store, tmp_path, clock)
    person.commit("by hand", **{AT: raw(Score__c={"label": "Score", "length": 70}, Region__c=REGION)})
    person.git("push", "-q", "origin", "main")
    await desk.queue("u-1", length(100, 50))
    await desk.run()
    approved = await desk.baselines.body(NAME, LEAD)
    assert approved is not None
    assert approved.rows["Score__c"].facts["length"] == 70
    last = (await store.trail())[-1]
    assert (last.what, last.data["lost"]) == ("gave way to the remote", [f"{AT} Score__c length"])


async def test_a_history_that_people_rewrote_is_followed_and_ours_made_again_on_it(
    person: Person, hub: Person, store: Store, tmp_path: Path, clock: ManualClock
) -> None:
    person.commit("a mistake", **{"secret.txt": "oops"})
    person.git("push", "-q", "origin", "main")
    desk = await desk_for(hub.folder, store, tmp_path, clock)
    person.git("reset", "-q", "--hard", "HEAD~1")
    person.commit("instead", **{"README.md": "hello"})
    person.git("push", "-q", "--force", "origin", "main")
    await desk.queue("u-1", length(100, 50))
    await desk.run()
    assert desk.committer.push_fault == ""
    assert hub.git("rev-parse", "main") == desk.baselines.seen
    assert "a mistake" not in hub.git("log", "--format=%s", "main")
    assert set(desk.baselines.snapshot.files) == {AT, "README.md"}
    approved = await desk.baselines.body(NAME, LEAD)
    assert approved is not None
    assert approved.rows["Score__c"].facts["length"] == 50
    assert (await store.trail())[-1].data["rewritten"] is True


async def test_a_history_that_was_rewritten_after_all_was_pushed_is_followed_and_entered(
    person: Person, hub: Person, store: Store, tmp_path: Path, clock: ManualClock
) -> None:
    desk = await desk_for(hub.folder, store, tmp_path, clock)
    await desk.queue("u-1", length(100, 50))
    await desk.run()
    assert await desk.committer.heads() == [desk.baselines.seen]
    person.commit("instead", **{"README.md": "hello"})
    person.git("push", "-q", "--force", "origin", "main")
    assert await desk.committer.heads() == [person.git("rev-parse", "HEAD")]
    assert (await desk.baselines.resolve("main")) != person.git("rev-parse", "HEAD"), "looking moves nothing"
    assert await desk.committer.fetch()
    assert desk.baselines.seen == person.git("rev-parse", "HEAD")
    assert (await trail(desk))[-2:] == ["remote rewritten", "approved outside"]
    assert not await desk.committer.fetch()
    assert (await trail(desk)).count("remote rewritten") == 1


async def test_a_branch_that_somebody_has_checked_out_is_never_moved(
    store: Store, tmp_path: Path, clock: ManualClock
) -> None:
    person = start(tmp_path / "work")
    head = person.commit("first", **{AT: ONE})
    desk = await desk_for(person.folder, store, tmp_path, clock)
    await desk.queue("u-1", length(100, 50))
    await desk.run()
    assert (await state(desk, "u-1"), desk.committer.push_fault) == ("pushed", "")
    assert await desk.committer.heads() == [head, desk.baselines.seen]
    assert person.git("rev-parse", "main") == head
    assert person.git("status", "--porcelain") == ""
    person.write("README.md", "mine")  # the person's next commit undoes nothing
    person.commit("mine")
    person.git("merge", "-q", "-m", "merge", "driftline/main")
    assert await desk.committer.fetch()
    approved = await desk.baselines.body(NAME, LEAD)
    assert approved is not None
    assert approved.rows["Score__c"].facts["length"] == 50
    assert desk.baselines.seen == person.git("rev-parse", "main")
    await desk.queue("u-2", length(50, 40))
    await desk.run()
    assert person.git("rev-parse", "driftline/main") == desk.baselines.seen
    assert person.git("status", "--porcelain") == ""
    linked = Person(tmp_path / "linked")
    linked.folder.rmdir()
    person.git("checkout", "-q", "--detach")
    person.git("worktree", "add", "-q", str(linked.folder), "main")
    await desk.queue("u-3", length(40, 30))
    await desk.run()
    assert (await state(desk, "u-3"), linked.git("status", "--porcelain")) == ("pushed", "")


async def test_a_work_tree_on_another_branch_gets_ours_directly(
    store: Store, tmp_path: Path, clock: ManualClock
) -> None:
    person = start(tmp_path / "work")
    person.commit("first", **{AT: ONE})
    person.git("checkout", "-q", "-b", "other")
    desk = await desk_for(person.folder, store, tmp_path, clock)
    await desk.queue("u-1", length(100, 50))
    await desk.run()
    assert person.git("rev-parse", "main") == desk.baselines.seen


async def test_a_server_hook_that_refuses_is_heard_and_the_push_tried_again(
    person: Person, hub: Person, store: Store, tmp_path: Path, clock: ManualClock
) -> None:
    desk = await desk_for(hub.folder, store, tmp_path, clock)
    hook = hub.folder / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho frozen until Monday >&2\nexit 1\n")
    hook.chmod(0o755)
    await desk.queue("u-1", length(100, 50))
    assert await desk.run() == [("u-1", "committed")]
    assert "frozen until Monday" in desk.committer.push_fault
    assert await state(desk, "u-1") == "committed"
    hook.unlink()
    await desk.run()
    assert (await state(desk, "u-1"), desk.committer.push_fault) == ("pushed", "")


async def test_a_remote_that_went_away_keeps_nobody_from_deciding(
    person: Person, hub: Person, store: Store, tmp_path: Path, clock: ManualClock
) -> None:
    desk = await desk_for(hub.folder, store, tmp_path, clock)
    away = hub.folder.rename(tmp_path / "away.git")
    await desk.queue("u-1", length(100, 50))
    assert await desk.run() == [("u-1", "committed")]
    assert desk.committer.push_fault
    with pytest.raises(GitError):
        await desk.committer.fetch()
    again = await desk_for(hub.folder, store, tmp_path, clock)  # a restart without the remote works too
    assert again.baselines.seen == desk.baselines.seen
    away.rename(hub.folder)
    await again.run()
    assert await state(again, "u-1") == "pushed"


async def test_a_branch_that_is_gone_deletes_no_baseline(
    person: Person, hub: Person, store: Store, tmp_path: Path, clock: ManualClock
) -> None:
    desk = await desk_for(hub.folder, store, tmp_path, clock)
    hub.git("branch", "-m", "main", "trunk")
    with pytest.raises(BaselinesError, match="gone"):
        await desk.committer.fetch()
    assert await desk.baselines.body(NAME, LEAD) is not None


async def test_the_address_of_the_remote_shows_no_password(store: Store, tmp_path: Path, clock: ManualClock) -> None:
    secret = "https://ops:canary-4711@127.0.0.1:1/x.git"
    baselines = await Baselines.open(secret, tmp_path / "b.git", "main", "baselines", clock)
    with pytest.raises(BaselinesError) as caught:
        await Desk(store, baselines, await Leases.open(store, clock, [GIT]), clock).committer.recover()
    assert "canary" not in str(caught.value)
    assert "canary" not in str(caught.value.__cause__)
