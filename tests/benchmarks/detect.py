"""Detection in a large org, from the bytes of answers to findings, beside orjson.loads over the same bytes.

Runs in a process of its own: `python -m tests.benchmarks.detect rest 1000 300`. Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import orjson

import monitor.daemon  # noqa: F401 - what a daemon has loaded is part of its memory
from monitor.core.model import Phase, Source
from monitor.engine.core import Engine
from monitor.engine.request import Decide
from monitor.memory import one_heap, settle
from probes.kit.clock import ManualClock

from .corpus import Corpus
from .replay import NAME, Replay, replaying

ROUNDS: Final = {"rest": 5, "salesforce": 3}  # the bars are held against the first
APPROVALS: Final = 5
BEAT: Final = 0.005  # seconds between two looks at whether the loop is free
DAYS: Final = 200_000.0  # seconds between two readings: what comes and goes within a day would be held as flapping
ROOT: Final = Path(__file__).parents[2] / "build" / "bench"
LISTINGS: Final = ("objects", "fields")
# What comes again -> (folder without the changes, folder with them, whether bodies differ outside of their rows)
MODES: Final = {
    "bodies": ("base", "changed", False),
    "rows": ("base", "changed", True),
    "shuffled": ("first", "second", False),
}


class Stalls:
    """How late a beat of the loop comes. Every beat that a stall swallowed is counted, each with its own delay."""

    def __init__(self) -> None:
        self.late: list[float] = []

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _beat(self) -> None:
        due = time.perf_counter() + BEAT
        while True:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            now = time.perf_counter()
            while due <= now:
                self.late.append(now - due)
                due += BEAT

    def told(self) -> dict[str, float]:
        late = sorted(self.late) or [0.0]
        return {"p99_ms": 1000 * late[int(len(late) * 0.99) - 1], "max_ms": 1000 * late[-1]}


def loads(replay: Replay) -> float:
    """CPU seconds of parsing every body of a round, one after the other; reading the files not counted."""
    spent = 0.0
    for number in range(replay.corpus.objects):
        raw = replay.body(number)
        start = time.process_time()
        orjson.loads(raw)
        spent += time.process_time() - start
    return spent


def drifts(engine: Engine) -> set[tuple[str, str, str]]:
    """(object, field, fact) of every drift that stands, seen once or believed."""
    return {
        (one.address.scope, one.address.key, one.address.fact.partition(".")[0])
        for one in engine.ledger.findings.values()
        if one.phase in (Phase.OPEN, Phase.SUSPECTED) and one.address.source is Source.DRIFT
    }


class Run:
    def __init__(self, engine: Engine, replay: Replay, clock: ManualClock, rounds: int = 0) -> None:
        self.engine, self.replay, self.clock, self.rounds = engine, replay, clock, rounds
        self.figures: dict[str, Any] = {}

    async def poll(self, folder: str, stamped: bool = False, ids: Collection[str] = ()) -> tuple[float, float]:
        """CPU and wall seconds from the bytes to what is stored."""
        self.clock.advance(DAYS)
        replay = self.replay
        replay.folder, replay.stamped, replay.round, replay.spent = folder, stamped, replay.round + 1, 0.0
        wall, start = time.perf_counter(), time.process_time()
        done = await self.engine.poll(NAME, None if ids else LISTINGS, ids, fresh=bool(ids))
        cpu = time.process_time() - start - replay.spent
        assert done.reading.outcome == "ok", done.reading
        self.confirm = done.confirm
        return cpu, time.perf_counter() - wall

    async def first(self) -> None:
        stalls = Stalls()
        async with stalls.watching():
            cpu, wall = await self.poll("base")
        base = loads(self.replay)
        self.figures["first"] = {"ratio": cpu / base, "cpu": cpu, "wall": wall, **stalls.told(), "rss_mb": peak()}

    async def capture(self) -> None:
        spent = await self.decide(Decide(uuid="capture", kind="capture", integration=NAME))
        read = self.engine.integrations[NAME].known.keys()
        assert len(read) > self.replay.corpus.objects, "a scope of each object's fields, and that of the objects"
        assert self.engine.index(NAME).keys() == read, self.engine.index(NAME).keys() ^ read
        self.figures["capture"] = {**spent, "rss_mb": peak()}

    async def mode(self, name: str) -> None:
        """The median of rounds, each with and without the changes, so that each is a change from the one before."""
        plain, other, stamped = MODES[name]
        expected = self.replay.corpus.expected()
        await self.poll(plain, stamped)  # from here on the memory is of this sort of answer
        await self.poll(plain, stamped)
        ratios, spent, bases = [], [], []
        stalls = Stalls()
        for _ in range(self.rounds):
            async with stalls.watching():
                cpu, _ = await self.poll(other, stamped)
            assert drifts(self.engine) == expected, drifts(self.engine) ^ expected
            base = loads(self.replay)
            ratios.append(cpu / base)
            spent.append(cpu)
            bases.append(base)
            await self.poll(plain, stamped)
            assert not drifts(self.engine)
        self.figures[name] = {
            "ratio": statistics.median(ratios), "ratios": ratios, "cpu": statistics.median(spent),
            "loads": statistics.median(bases), **stalls.told(), "rss_mb": peak(),
        }  # fmt: skip

    async def approve(self) -> None:
        """The median of approvals of the ten changes, one after the other forth and back."""
        walls = []
        for turn in range(APPROVALS):
            folder = "base" if turn % 2 else "changed"
            await self.poll(folder)
            await self.poll(folder, ids=self.confirm)
            found = [one for one in self.engine.ledger.findings.values() if one.phase is Phase.OPEN]
            drift = {one.id: one.claim.fingerprint for one in found if one.address.source is Source.DRIFT}
            assert len(drift) == 10, drift
            why = {"reason": "meant", "ticket": "OPS-1"}
            approved = Decide(uuid=f"approve-{turn}", kind="approve", findings=drift, integration=NAME, **why)
            walls.append((await self.decide(approved))["wall"])
            assert not drifts(self.engine)
        self.figures["approve"] = {"wall": statistics.median(walls), "walls": walls, "rss_mb": peak()}

    async def decide(self, request: Decide) -> dict[str, float]:
        """Wall seconds until a decision is in git and compared again. No push: the daemon waits for none either."""
        start = time.perf_counter()
        await self.engine.decide(request, "ops", "bench")
        await self.engine.commit_decisions()
        return {"wall": time.perf_counter() - start}


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def repository(folder: Path) -> None:
    """The stack's repository with its first commit."""
    git = ["git", "-C", str(folder), "-c", "user.name=ops", "-c", "user.email=ops@example.com"]
    for args in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "The stack"]):
        subprocess.run([*git, *args], check=True)


def database(folder: Path) -> None:
    """An empty database of this release, made by another process: a daemon loads the tools that make one only on its
    first day, or after an update."""
    make = "import pathlib, sys; from monitor.adapters.migrate import migrate; migrate(pathlib.Path(sys.argv[1]))"
    (folder / "var").mkdir(mode=0o700)
    subprocess.run([sys.executable, "-c", make, str(folder / "var" / "state.db")], check=True)


async def main(vendor: str, objects: int, fields: int) -> dict[str, Any]:
    corpus = Corpus(ROOT, objects, fields)
    corpus.make()
    ROOT.mkdir(parents=True, exist_ok=True)
    one_heap()
    with tempfile.TemporaryDirectory(dir=ROOT) as folder:
        database(Path(folder))
        async with replaying(Path(folder), vendor, corpus, repository) as (engine, replay, clock):
            settle()  # as the daemon does when it is ready
            run = Run(engine, replay, clock, ROUNDS[vendor])
            run.figures["start_rss_mb"] = peak()
            await run.first()
            await run.capture()
            for name in MODES:
                await run.mode(name)
            await run.approve()
            return run.figures


if __name__ == "__main__":
    print(orjson.dumps(asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))), option=2).decode())
