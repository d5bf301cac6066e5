"""What a reading costs, in counts: requests, rows parsed, DeepDiff calls, SQL statements, commits, git processes.

Counts do not depend on the machine; the times are `make bench`'s. Answers come from files, all else is real.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import deepdiff
import pytest

from monitor.adapters.git import Git
from monitor.adapters.store_thread import Thread
from monitor.core.row import Row
from monitor.engine.request import Decide
from probes.kit import reading
from probes.kit.ladder import Ladder
from probes.kit.project import Projector
from tests.benchmarks.corpus import Corpus
from tests.benchmarks.detect import Run, drifts, repository
from tests.benchmarks.plain import differences
from tests.benchmarks.replay import NAME, replaying

FIELDS = 30


class Counted(Run):
    """A stack whose baseline is captured, and what each poll of it cost."""

    seen: Counter[str]

    async def cost(self, folder: str, stamped: bool = False) -> Counter[str]:
        counts, asked = self.engine.store.counts, self.replay.asked
        before = (counts.statements, counts.commits)
        self.seen.clear()
        await self.poll(folder, stamped)
        return self.seen + Counter(
            requests=self.replay.asked - asked, statements=counts.statements - before[0],
            commits=counts.commits - before[1],
        )  # fmt: skip


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """How often each expensive thing was done."""
    counter: Counter[str] = Counter()

    def count(of: Any, name: str, word: str, many: bool = False) -> None:
        inner = getattr(of, name)

        def counting(*args: Any, **named: Any) -> Any:
            counter[word] += len(args[1]) if many else 1
            return inner(*args, **named)

        monkeypatch.setattr(of, name, counting)

    count(reading, "walk", "walked")
    count(Ladder, "parsed", "parsed", many=True)
    count(Projector, "resource", "projected")
    count(Row, "_parse", "recalled")
    count(deepdiff, "DeepDiff", "DeepDiff")
    count(Git, "_start", "git")
    count(Thread, "run", "trips")
    yield counter


@asynccontextmanager
async def captured(folder: Path, seen: Counter[str], objects: int = 20, vendor: str = "rest") -> AsyncIterator[Counted]:
    corpus = Corpus(folder, objects, FIELDS)
    corpus.make()
    stack = folder / f"stack-{objects}"
    stack.mkdir(parents=True)
    async with replaying(stack, vendor, corpus, repository) as (engine, replay, clock):
        run = Counted(engine, replay, clock)
        run.seen = seen
        await run.poll("base")
        await engine.decide(Decide(uuid="capture", kind="capture", integration=NAME), "ops", "test")
        await engine.commit_decisions()
        await run.poll("base")
        yield run


async def test_an_unchanged_reading_parses_nothing_and_commits_once(tmp_path: Path, seen: Counter[str]) -> None:
    costs = []
    for objects in (10, 40):
        async with captured(tmp_path, seen, objects) as run:
            cost = await run.cost("base")
        assert cost.pop("requests") == objects + 1
        costs.append(cost)
    few, many = costs
    assert few == many, "what an unchanged reading costs does not grow with the org"
    assert many.keys() == {"statements", "commits", "trips"} and many["commits"] == 1
    assert many["statements"] <= 8 and many["trips"] <= 4, many


async def test_bodies_that_differ_outside_of_their_rows_have_no_row_parsed(tmp_path: Path, seen: Counter[str]) -> None:
    async with captured(tmp_path, seen) as run:
        cost = await run.cost("base", stamped=True)
    assert (cost["walked"], cost["parsed"], cost["projected"], cost["commits"], cost["git"]) == (20, 0, 0, 1, 0)


async def test_only_rows_that_changed_are_parsed_and_only_a_changed_list_meets_deepdiff(
    tmp_path: Path, seen: Counter[str]
) -> None:
    async with captured(tmp_path, seen) as run:
        first = await run.cost("changed")
        assert drifts(run.engine) == run.replay.corpus.expected()
        again = await run.cost("changed")
        assert drifts(run.engine) == run.replay.corpus.expected()
        standing = await run.cost("changed")
    async with captured(tmp_path / "calm", seen) as run:
        calm = await run.cost("base")
    assert (first["walked"], first["parsed"], first["projected"], first["DeepDiff"]) == (10, 9, 9, 1)
    assert (first["commits"], first["git"]) == (1, 0), "the new bodies and all else at once"
    assert first["recalled"] <= 100, "of ten kept bodies the rows that changed, and all where a field came or went"
    assert standing["recalled"] == 0
    assert (again["parsed"], again["DeepDiff"], again["git"], again["commits"]) == (0, 0, 0, 1)
    assert standing == calm, "drift that stands open costs nothing more"


async def test_shuffled_answers_are_recognised_before_anything_is_projected(tmp_path: Path, seen: Counter[str]) -> None:
    async with captured(tmp_path, seen) as run:
        await run.poll("first")
        await run.poll("second")
        await run.poll("first")
        assert not drifts(run.engine)
        cost = await run.cost("second")
        assert drifts(run.engine) == run.replay.corpus.expected()
    assert (cost["parsed"], cost["projected"], cost["DeepDiff"], cost["walked"]) == (20 * FIELDS, 9, 1, 0)


async def test_the_findings_are_those_of_deepdiff_alone(tmp_path: Path, seen: Counter[str]) -> None:
    async with captured(tmp_path, seen) as run:
        await run.poll("changed")
        found = drifts(run.engine)
        alone = differences(run.replay.corpus)
    assert found == alone and len(alone) == 10


async def test_capturing_and_approving_cost_the_same_for_few_and_for_many_scopes(
    tmp_path: Path, seen: Counter[str]
) -> None:
    costs = []
    for objects in (10, 40):
        async with captured(tmp_path, seen, objects) as run:
            assert seen["git"] > 0
            await run.poll("changed")
            await run.poll("changed", ids=run.confirm)
            found = {one.id: one.claim.fingerprint for one in run.engine.ledger.findings.values()}
            counts = run.engine.store.counts
            before = (counts.statements, counts.commits)
            seen.clear()
            asked = Decide(uuid="a", kind="approve", findings=found, integration=NAME, reason="meant", ticket="OPS-1")
            await run.engine.decide(asked, "ops", "test")
            await run.engine.commit_decisions()
            assert not drifts(run.engine)
            costs.append((counts.statements - before[0], counts.commits - before[1], seen["git"]))
    few, many = costs
    assert few == many


async def test_two_hundred_describes_take_at_most_twenty_requests(
    tmp_path: Path, seen: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCH_ID", "bench")
    monkeypatch.setenv("BENCH_SECRET", "bench")
    async with captured(tmp_path, seen, objects=200, vendor="salesforce") as run:
        cost = await run.cost("base")
    assert cost["requests"] == 3 + 1 + 8, "who reads, what there is, and 25 describes a call"
    assert (cost["parsed"], cost["projected"], cost["git"], cost["commits"]) == (0, 0, 0, 1)
