"""Reading and writing baselines in a real bare repository."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any

import pytest

from monitor.adapters import baselines_tree
from monitor.adapters.baselines import Baselines, BaselinesError, RefMoved
from monitor.adapters.git import GitError
from monitor.adapters.layout import encode_planned, file_name, planned_path, scope_path, vantage_path
from monitor.core import sight as sights
from monitor.core.model import Sight
from monitor.core.planned import PlannedChange
from probes.kit.clock import ManualClock
from probes.kit.contract import Kind, Ref, digest

from .repositories import LEAD, OBJECTS, Person, body, raw

SCORE = {"Score__c": {"label": "Score", "length": 100}}
AT = "baselines/salesforce-prod/field/Lead.json"


def opened(bare: Path, clock: ManualClock) -> Coroutine[Any, Any, Baselines]:
    return Baselines.open("", bare, "main", "baselines", clock)


@pytest.fixture
async def baselines(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Baselines]:
    yield await opened(tmp_path / "baselines.git", clock)


async def test_a_new_clone_holds_nothing(baselines: Baselines) -> None:
    assert baselines.seen == ""
    assert await baselines.index("salesforce-prod") == {}
    assert await baselines.body("salesforce-prod", LEAD) is None
    assert [one async for one in baselines.bodies("salesforce-prod", [LEAD])] == []
    assert (await baselines.sight("salesforce-prod"), baselines.announced, baselines.problems) == (None, (), ())
    assert await baselines.log() == []
    assert baselines.path_of("salesforce-prod", LEAD) == AT


async def test_what_is_committed_is_read_back_byte_for_byte(baselines: Baselines, clock: ManualClock) -> None:
    sight = Sight("00D", "p-1", frozenset({"b", "a"}), api_version="68.0")
    planned = PlannedChange("CHG-1", "CHG-1", ("salesforce-prod/field/Lead/*",), 1.0, 2.0, "crm")
    changes = {
        AT: raw(**SCORE),
        "baselines/salesforce-prod/schema/objects.json": raw(OBJECTS, Lead={"label": "Lead"}),
        vantage_path("baselines", "salesforce-prod"): sights.encode(sight),
        planned_path("CHG-1"): encode_planned(planned),
        "baselines/README.md": b"hello",
    }
    sha = await baselines.commit("u-1", "Capture two scopes", changes, "")
    assert baselines.seen == sha
    assert await baselines.raw("salesforce-prod", LEAD) == raw(**SCORE)
    assert (await baselines.index("salesforce-prod"))[LEAD][1] == digest(raw(**SCORE))
    asked = [OBJECTS, Ref(Kind.FIELD, "Gone"), LEAD]
    assert [ref async for ref, _ in baselines.bodies("salesforce-prod", asked)] == [OBJECTS, LEAD]
    assert await baselines.body("salesforce-prod", LEAD) == body(**SCORE)
    assert await baselines.sight("salesforce-prod") == sight
    assert baselines.announced == (planned,)
    assert await baselines.text("baselines/README.md") == "hello"
    assert await baselines.text("nowhere") is None
    [commit] = await baselines.log()
    assert (commit.sha, commit.author, commit.at) == (sha, "Driftline <driftline@localhost>", clock.now())
    assert (commit.subject, commit.decision, set(commit.paths)) == ("Capture two scopes", "u-1", set(changes))


async def test_a_second_process_finds_what_the_first_committed(baselines: Baselines, clock: ManualClock) -> None:
    sha = await baselines.commit("u-1", "One", {AT: raw(**SCORE)}, "")
    again = await opened(baselines.git.folder, clock)
    assert (again.seen, await again.body("salesforce-prod", LEAD)) == (sha, body(**SCORE))


async def test_a_commit_removes_what_is_none_and_leaves_the_rest(baselines: Baselines) -> None:
    first = await baselines.commit("u-1", "One", {AT: raw(**SCORE), "baselines/README.md": b"x"}, "")
    await baselines.commit("u-2", "Two", {AT: None}, first)
    assert await baselines.index("salesforce-prod") == {}
    assert list(baselines.snapshot.files) == ["baselines/README.md"]


async def test_a_writer_that_saw_an_older_branch_changes_nothing(baselines: Baselines) -> None:
    first = await baselines.commit("u-1", "One", {AT: raw(**SCORE)}, "")
    second = await baselines.commit("u-2", "Two", {AT: raw()}, first)
    for old in ("", first):
        with pytest.raises(RefMoved):
            await baselines.commit("u-3", "Three", {AT: None}, old)
    assert baselines.seen == second
    assert not list((baselines.git.folder / "driftline-scratch").iterdir())


async def test_two_writers_at_once_make_one_commit(baselines: Baselines) -> None:
    first = await baselines.commit("u-1", "One", {AT: raw(**SCORE)}, "")
    both = [baselines.commit(f"u-{n}", "More", {AT: raw(**{f"F{n}": {"label": "x"}})}, first) for n in range(2)]
    done = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["RefMoved", "str"]
    assert len(await baselines.log()) == 2


async def test_a_decision_is_found_by_its_trailer(baselines: Baselines) -> None:
    first = await baselines.commit("u-1", "One\n\nwhy: because\n", {AT: raw(**SCORE)}, "")
    second = await baselines.commit("u-2", "Driftline-Decision: u-9", {AT: raw()}, first)
    assert await baselines.find_decision("u-1") == first
    assert await baselines.find_decision("u-2", since=first) == second
    assert await baselines.find_decision("u-1", since=first) is None
    assert await baselines.find_decision("u-9") is None
    assert [commit.sha for commit in await baselines.log(first)] == [second]


@pytest.mark.parametrize(
    ("broken", "line", "words"),
    [
        (b'{\n"driftline": 1,\n', 3, "not JSON"),
        (b'{"driftline": 99}', 0, '"driftline": expected 1'),
        (b"<<<<<<< HEAD\n", 1, "not JSON"),
        (b"\xff", 1, "not JSON"),
        (raw(**SCORE).replace(b'"field"', b'"fjeld"'), 0, "fjeld"),
        (b'{"driftline": 1, "resources": {"a": null}}', 0, "scope"),
    ],
)
async def test_a_broken_file_is_named_and_its_last_good_version_stays(
    baselines: Baselines, clock: ManualClock, broken: bytes, line: int, words: str
) -> None:
    sha = await baselines.commit("u-1", "Good", {AT: raw(**SCORE)}, "")
    sha = await baselines.commit("u-2", "Broken", {AT: broken}, sha)
    sha = await baselines.commit("u-3", "Still broken", {AT: broken + b" "}, sha)
    for reader in (baselines, await opened(baselines.git.folder, clock)):
        [problem] = reader.problems
        assert (problem.path, problem.line) == (AT, line)
        assert words in problem.what
        assert await reader.body("salesforce-prod", LEAD) == body(**SCORE)
    await baselines.commit("u-4", "Mended", {AT: raw()}, sha)
    assert baselines.problems == ()
    assert await baselines.body("salesforce-prod", LEAD) == body()


async def test_a_file_that_never_was_good_is_a_problem_and_no_baseline(baselines: Baselines) -> None:
    await baselines.commit("u-1", "Broken", {AT: b"{}", vantage_path("baselines", "s"): b"[]"}, "")
    assert {problem.path for problem in baselines.problems} == {"baselines/s/vantage.json", AT}
    assert await baselines.index("salesforce-prod") == {}
    assert await baselines.sight("s") is None


async def test_the_scope_inside_a_file_is_its_identity_and_two_files_of_one_scope_are_a_problem(
    baselines: Baselines,
) -> None:
    odd = "baselines/salesforce-prod/field/renamed-by-hand.json"
    sha = await baselines.commit("u-1", "One", {odd: raw(**SCORE)}, "")
    assert baselines.path_of("salesforce-prod", LEAD) == odd
    await baselines.commit("u-2", "Two", {AT: raw()}, sha)
    assert baselines.path_of("salesforce-prod", LEAD) == AT  # the first by path
    [problem] = baselines.problems
    assert problem.path == odd
    assert AT in problem.what


async def test_only_new_blobs_are_read(baselines: Baselines, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    real = baselines_tree._parse
    monkeypatch.setattr(baselines_tree, "_parse", lambda sort, data: (parsed.append(sort), real(sort, data))[1])
    other = "baselines/salesforce-prod/schema/objects.json"
    sha = await baselines.commit("u-1", "One", {AT: raw(**SCORE), other: raw(OBJECTS)}, "")
    assert len(parsed) == 2
    await baselines.commit("u-2", "Two", {AT: raw()}, sha)
    assert len(parsed) == 3


async def test_what_a_killed_predecessor_left_is_cleared(baselines: Baselines, clock: ManualClock) -> None:
    sha = await baselines.commit("u-1", "One", {AT: raw(**SCORE)}, "")
    (baselines.git.folder / "refs/heads/main.lock").touch()
    (baselines.git.folder / "driftline-scratch/7").mkdir()
    with pytest.raises(GitError, match="lock"):
        await baselines.commit("u-2", "Two", {AT: raw()}, sha)
    again = await opened(baselines.git.folder, clock)
    await again.commit("u-2", "Two", {AT: raw()}, sha)


async def test_a_planned_change_written_by_hand_may_use_iso_times(baselines: Baselines) -> None:
    text = b'{"driftline": 1, "id": "a", "ticket": "T", "patterns": ["*"], "start": "2026-01-01T00:00:00Z", "end": %s}'
    sha = await baselines.commit("u-1", "One", {"planned/a.json": text % b'"2026-01-02T00:00:00+00:00"'}, "")
    assert [(one.start, one.end) for one in baselines.announced] == [(1767225600.0, 1767312000.0)]
    await baselines.commit("u-2", "Two", {"planned/b.json": text % b'"tomorrow"'}, sha)
    assert ["tomorrow" in problem.what for problem in baselines.problems] == [True]


async def test_a_branch_name_that_is_none_is_refused(tmp_path: Path, clock: ManualClock) -> None:
    with pytest.raises(BaselinesError, match=r"baselines\.branch"):
        await Baselines.open("", tmp_path / "b.git", "-evil..x", "baselines", clock)


async def test_what_is_made_passes_fsck_and_survives_housekeeping(baselines: Baselines) -> None:
    sha = await baselines.commit("u-1", "One", {AT: raw(**SCORE)}, "")
    await baselines.tidy()
    assert Person(baselines.git.folder).git("fsck", "--strict") == ""
    await baselines.commit("u-2", "Two", {AT: raw()}, sha)


async def test_a_caller_inside_a_hook_of_another_repository_does_no_harm(
    baselines: Baselines, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "their-index"))
    other = await opened(tmp_path / "second.git", clock)
    await other.commit("u-1", "One", {AT: raw(**SCORE)}, "")
    assert not (tmp_path / "elsewhere").exists()
    assert not (tmp_path / "their-index").exists()


def test_file_names_are_safe_everywhere() -> None:
    assert file_name("Lead") == "Lead"
    assert file_name("Lead.field-permissions") == "Lead.field-permissions"
    for name in ("a/b", "../x", ".git", "CON", "con.x", "nul", "vantage", "x" * 101, "é", "a b", "", "a%2F"):
        made = file_name(name)
        assert "~" in made
        assert len(made) <= 100
        assert made.isascii()
        assert "/" not in made
    assert file_name("e\u0301") != file_name("é")  # the same to the eye, two names to the vendor
    names = ["Lead", "lead", "LEAD"]
    paths: list[str] = []
    for name in names:
        paths.append(scope_path("baselines", "s", Ref(Kind.FIELD, name), paths))
    assert len({path.casefold() for path in paths}) == 3
