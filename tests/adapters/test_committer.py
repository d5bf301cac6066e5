"""Decisions on their way into git: each fact is compared before it is written, and each decision is written once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from monitor.adapters.baselines import Baselines, BaselinesError
from monitor.adapters.chain import mark
from monitor.adapters.committer import Committer
from monitor.adapters.history import history
from monitor.adapters.lease import GIT, TTL, LeaseLost, Leases
from monitor.adapters.records import Capture, Decision, DecisionState, FileWrite, TrailEntry, Work
from monitor.adapters.store import Store
from monitor.adapters.store_trail import marks, names
from monitor.core.accept import Edit
from monitor.core.body import encode
from probes.kit.clock import ManualClock
from probes.kit.contract import Kind, Ref, digest

from .repositories import LEAD, OBJECTS, body, raw

NAME = "salesforce-prod"
ONE = raw(Score__c={"label": "Score", "length": 100}, Region__c={"label": "Region"})


class Desk:
    """A store, a clone and a committer, and short words for what a person does with them."""

    def __init__(self, store: Store, baselines: Baselines, leases: Leases, clock: ManualClock) -> None:
        self.store, self.baselines, self.leases = store, baselines, leases
        self.committer = Committer(store, baselines, leases, clock)

    async def queue(self, uuid: str, *edits: Edit, **more: Any) -> None:
        work = more.pop("work", Work(edits=edits))
        decision = Decision(
            uuid=uuid,
            kind="approve",
            by="admin-03@example.com",
            at=1.0,
            integration=NAME,
            message=uuid,
            work=work,
            **more,
        )
        async with self.store.transaction() as tx:
            assert await tx.queue_decision(decision)

    async def capture(self, uuid: str, content: bytes, ref: Ref = LEAD, before: bytes | None = None) -> None:
        await self.store.stage([(digest(content), content)])
        expected = digest(before).hex() if before else ""
        await self.queue(uuid, work=Work(captures=(Capture(ref, digest(content).hex(), expected),)), how="captured")

    async def run(self) -> list[tuple[str, str]]:
        settled = await self.committer.run_once()
        await self.committer.push()
        return [(one.uuid, one.state.value) for one in settled]

    async def note(self, uuid: str) -> str:
        decision = await self.store.decision(uuid)
        assert decision is not None
        return decision.note


@pytest.fixture
async def desk(store: Store, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Desk]:
    baselines = await Baselines.open("", tmp_path / "baselines.git", "main", "baselines", clock)
    yield Desk(store, baselines, await Leases.open(store, clock, [GIT]), clock)


async def acted(store: Store) -> list[tuple[str, str]]:
    """(who, what) of every entry of the trail, by names."""
    entries = await store.trail()
    known = await names(store, [entry.who for entry in entries])
    return [(known.get(entry.who, entry.who), entry.what) for entry in entries]


def length(before: Any, after: Any) -> Edit:
    return Edit(LEAD, "Score__c", "length", before, after)


async def test_a_capture_is_a_copy_and_an_approval_changes_one_fact(desk: Desk) -> None:
    await desk.capture("u-1", ONE)
    await desk.queue("u-2", length(100, 50))
    assert await desk.run() == [("u-1", "committed"), ("u-2", "committed")]
    assert await desk.baselines.body(NAME, LEAD) == body(
        Score__c={"label": "Score", "length": 50}, Region__c={"label": "Region"}
    )
    commits = await desk.baselines.log()
    assert [(commit.subject, commit.decision) for commit in commits] == [("u-1", "u-1"), ("u-2", "u-2")]
    kept = await desk.store.decision("u-2")
    assert kept is not None
    assert kept.sha == commits[1].sha
    assert await acted(desk.store) == [("admin-03@example.com", "committed")] * 2
    origins = [await desk.store.origin(NAME, LEAD, "Score__c", fact) for fact in ("length", "label")]
    assert [(one.how, one.sha) for one in origins if one] == [
        ("approved", commits[1].sha),
        ("captured", commits[0].sha),
    ]
    assert await desk.run() == []


async def test_what_takes_a_decision_back_gives_facts_the_origin_that_they_had_though_it_is_recorded_late(
    desk: Desk,
) -> None:
    await desk.capture("u-1", ONE)
    await desk.queue("u-2", length(100, 50))
    await desk.queue("u-3", length(50, 70))
    await desk.run()
    await desk.queue("u-4", length(70, 50), undoes="u-3")
    queued = await desk.store.decision("u-4")
    assert queued is not None
    head = desk.baselines.seen
    amended = body(Score__c={"label": "Score", "length": 50}, Region__c={"label": "Region"})
    path = desk.baselines.path_of(NAME, LEAD)
    await desk.baselines.commit("u-4", "u-4", {path: encode(amended)}, head)  # and killed before it was recorded
    await desk.baselines.refresh()
    await desk.committer.recover()
    assert await desk.baselines.body(NAME, LEAD) == amended
    first, second = [await desk.store.decision(uuid) for uuid in ("u-1", "u-2")]
    assert first is not None and second is not None
    origin = await desk.store.origin(NAME, LEAD, "Score__c", "length")
    assert origin is not None and (origin.how, origin.sha) == ("approved", second.sha)
    await desk.queue("u-5", length(50, 100), undoes="u-2")
    assert await desk.run() == [("u-5", "committed")]
    origin = await desk.store.origin(NAME, LEAD, "Score__c", "length")
    assert origin is not None and (origin.how, origin.sha) == ("captured", first.sha)


async def test_a_capture_of_nothing_takes_the_file_away(desk: Desk) -> None:
    await desk.capture("u-1", ONE)
    gone = Work(captures=(Capture(LEAD, "", digest(ONE).hex()),))
    await desk.queue("u-2", work=gone, undoes="u-1")
    await desk.queue("u-3", work=gone, undoes="u-1")
    assert await desk.run() == [("u-1", "committed"), ("u-2", "committed"), ("u-3", "already")]
    assert await desk.baselines.raw(NAME, LEAD) is None
    assert await desk.store.origin(NAME, LEAD) is None


async def test_what_the_baseline_says_already_makes_no_commit(desk: Desk) -> None:
    await desk.capture("u-1", ONE)
    await desk.capture("u-2", ONE)
    await desk.queue("u-3", length(7, 100))
    assert await desk.run() == [("u-1", "committed"), ("u-2", "already"), ("u-3", "already")]
    assert len(await desk.baselines.log()) == 1


async def test_a_baseline_that_moved_meanwhile_is_not_overwritten(desk: Desk) -> None:
    await desk.capture("u-1", ONE)
    await desk.queue("u-2", length(100, 50))
    await desk.queue("u-3", length(100, 70), Edit(LEAD, "Region__c", "label", "Region", "Area"))
    assert await desk.run() == [("u-1", "committed"), ("u-2", "committed"), ("u-3", "conflicted")]
    assert "Score__c length" in await desk.note("u-3")
    approved = await desk.baselines.body(NAME, LEAD)
    assert approved is not None
    assert approved.rows["Region__c"].facts["label"] == "Region"  # all of a decision, or nothing of it


async def test_a_capture_over_another_baseline_than_the_one_seen_conflicts(desk: Desk) -> None:
    await desk.capture("u-1", ONE)
    await desk.capture("u-2", raw())  # expects that there is none
    await desk.capture("u-3", raw(), before=ONE)
    assert [state for _, state in await desk.run()] == ["committed", "conflicted", "committed"]
    assert "not the one you saw" in await desk.note("u-2")
    assert await desk.baselines.body(NAME, LEAD) == body()


async def test_what_can_not_be_done_any_more_is_said(desk: Desk) -> None:
    await desk.queue("u-1", length(1, 2))
    await desk.queue("u-2", work=Work(captures=(Capture(OBJECTS, "00" * 16),)))
    await desk.queue("u-3", work=Work(files=(FileWrite("ignores/a.json", "old", "new"),)))
    assert [state for _, state in await desk.run()] == ["conflicted"] * 3
    assert "no baseline any more" in await desk.note("u-1")
    assert "not kept any more" in await desk.note("u-2")
    assert "ignores/a.json" in await desk.note("u-3")
    assert await desk.baselines.log() == []


async def test_other_files_are_compared_and_swapped_too(desk: Desk) -> None:
    await desk.queue("u-1", work=Work(files=(FileWrite("ignores/a.json", None, "{}\n"),)))
    await desk.queue("u-2", work=Work(files=(FileWrite("ignores/a.json", None, "{}\n"),)))
    await desk.queue("u-3", work=Work(files=(FileWrite("ignores/a.json", "{}\n", None),)))
    assert [state for _, state in await desk.run()] == ["committed", "already", "committed"]
    assert list(desk.baselines.snapshot.files) == []


async def test_scopes_that_differ_by_case_alone_get_files_of_their_own_in_one_commit(desk: Desk) -> None:
    refs = [Ref(Kind.FIELD, "Lead"), Ref(Kind.FIELD, "lead")]
    contents = [raw(ref) for ref in refs]
    await desk.store.stage((digest(content), content) for content in contents)
    pairs = zip(refs, contents, strict=True)
    await desk.queue("u-1", work=Work(captures=tuple(Capture(ref, digest(content).hex()) for ref, content in pairs)))
    assert await desk.run() == [("u-1", "committed")]
    assert [ref async for ref, _ in desk.baselines.bodies(NAME, refs)] == refs
    assert len({path.casefold() for path in desk.baselines.snapshot.files}) == 2


async def test_a_branch_that_moves_under_the_committer_is_read_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.capture("u-1", ONE)
    await desk.run()
    write = desk.baselines.write
    outside = {"baselines/README.md": b"hello"}

    async def slow(message: str, changes: Any, base: str, parents: list[str]) -> str:
        made = await write(message, changes, base, parents)
        if outside:  # somebody else is faster, once
            other = await write("outside", {outside.popitem()[0]: b"hello"}, base, parents)
            await desk.baselines.git.run("update-ref", desk.baselines.ref, other)
        return made

    monkeypatch.setattr(desk.baselines, "write", slow)
    await desk.queue("u-2", length(100, 50))
    assert await desk.run() == [("u-2", "committed")]
    assert [commit.subject for commit in await desk.baselines.log()] == ["u-1", "outside", "u-2"]
    assert [entry.what for entry in await desk.store.trail()] == ["committed", "committed", "approved outside"]


async def test_a_commit_that_was_not_recorded_is_found_again_and_not_made_twice(desk: Desk) -> None:
    await desk.capture("u-1", ONE)
    await desk.run()
    await desk.queue("u-2", length(100, 50))
    sha = await desk.baselines.commit(
        "u-2", "u-2", {"baselines/salesforce-prod/field/Lead.json": raw()}, desk.baselines.seen
    )
    await desk.committer.recover()
    kept = await desk.store.decision("u-2")
    assert kept is not None
    assert (kept.state, kept.sha) == (DecisionState.COMMITTED, sha)
    assert await desk.run() == []
    assert "approved outside" not in [entry.what for entry in await desk.store.trail()]


async def test_a_commit_whose_record_failed_is_recorded_by_the_next_turn(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.capture("u-1", ONE)
    await desk.run()
    await desk.queue("u-2", length(100, 50))
    with monkeypatch.context() as patched, pytest.raises(OSError, match="disk full"):

        async def full(*_: Any, **__: Any) -> None:
            raise OSError("disk full")

        patched.setattr(desk.committer, "_record", full)
        await desk.committer.run_once()
    assert await desk.run() == [("u-2", "committed")]
    assert [commit.subject for commit in await desk.baselines.log()] == ["u-1", "u-2"]


async def test_a_trailer_in_somebody_elses_commit_is_no_authority(desk: Desk) -> None:
    await desk.capture("u-1", ONE)
    await desk.run()
    head = desk.baselines.seen
    tree = await desk.baselines.git.line("rev-parse", f"{head}^{{tree}}")
    forged = await desk.baselines.git.line(
        "commit-tree",
        tree,
        "-p",
        head,
        "-m",
        "x\n\nDriftline-Decision: u-2",
        environment={"GIT_AUTHOR_EMAIL": "eve@example.com"},
    )
    await desk.baselines.move(forged, head)
    await desk.queue("u-2", length(100, 50))
    assert await desk.run() == [("u-2", "committed")]
    assert len(await desk.baselines.log()) == 3


async def test_an_unreachable_repository_with_nothing_known_is_refused_with_a_sentence(
    store: Store, tmp_path: Path, clock: ManualClock
) -> None:
    baselines = await Baselines.open(str(tmp_path / "nowhere"), tmp_path / "b.git", "main", "baselines", clock)
    with pytest.raises(BaselinesError, match=r"baselines\.repository"):
        await Committer(store, baselines, await Leases.open(store, clock, [GIT]), clock).recover()


async def test_a_decision_keeps_every_word_of_it_through_the_store(desk: Desk) -> None:
    work = Work(
        edits=(length(None, {"a": [1]}), Edit(LEAD, "A", "", None, None, "B", "id7")),
        captures=(Capture(LEAD, "ab", "cd"),),
        files=(FileWrite("p", None, "x"),),
    )
    await desk.queue("u-1", work=work, findings={"ab": "cd"}, reason="because", ticket="T-1", until=5.0)
    kept = await desk.store.decision("u-1")
    assert kept is not None
    assert kept.work == work
    assert msgspec.json.decode(msgspec.json.encode(kept), type=Decision) == kept


async def test_what_a_late_committer_did_is_recorded_by_whoever_has_the_branch_now(
    desk: Desk, store: Store, clock: ManualClock
) -> None:
    await desk.capture("u-1", ONE)
    clock.advance(TTL + 1)
    rival = Leases(store, clock, "another")
    assert await rival.regain([GIT]) == {GIT}
    with pytest.raises(LeaseLost):
        await desk.committer.run_once()
    decision = await store.decision("u-1")
    assert decision is not None and decision.state is DecisionState.QUEUED and len(await desk.baselines.log()) == 1
    await Desk(store, desk.baselines, rival, clock).committer.run_once()
    decision = await store.decision("u-1")
    assert decision is not None and decision.state is DecisionState.COMMITTED and len(await desk.baselines.log()) == 1


async def test_a_commit_names_the_entry_that_stored_its_decision(desk: Desk) -> None:
    await desk.capture("u-0", ONE)
    await desk.queue("u-1", length(100, 50))
    async with desk.store.transaction() as tx:
        for what, decision in (("signed in", ""), ("approve", "u-1"), ("approve", "u-1")):
            await tx.add_trail(TrailEntry(at=1.0, who="anna", what=what, data={"decision": decision}))
    await desk.run()
    stored = mark((await desk.store.trail())[1])
    made = (await history(desk.baselines.git, desk.baselines.seen)).values()
    assert {one.decision: one.trail for one in made} == {"u-0": "", "u-1": stored}
    assert all(one.ours for one in made)
    message = await desk.baselines.git.line("log", "-1", "--format=%B")
    assert message.splitlines()[-2:] == ["Driftline-Decision: u-1", f"Driftline-Trail: {stored}"]
    assert await marks(desk.store, ["u-1", "u-9", ""]) == {"u-1": stored}
    assert await history(desk.baselines.git, "") == {}
