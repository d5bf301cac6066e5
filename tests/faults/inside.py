"""The families that are not of the wire: our own clock, disk, git, processes. One case each, for any vendor.

Each gives how the drift on the wire stands in the end: "open", or "approved" where a person let it in.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest
from sqlalchemy.exc import OperationalError

from monitor.adapters.failpoints import VARIABLE
from monitor.adapters.lease import TTL, Leases
from monitor.adapters.scheduler import Job, Outcome, Scheduler
from monitor.adapters.state_lock import StoreLocked
from monitor.core.model import Phase
from monitor.engine.leasing import account
from monitor.engine.opening import open_engine
from monitor.engine.polling import Elsewhere
from monitor.engine.request import Decide
from monitor.engine.tick import tick
from probes.kit.clock import ManualClock
from tests.e2e.warm import Warm

from . import invariants as hold
from .families import CASES
from .hostile import Asked, Good, Hostile, Line, after, honest
from .stack import EVERY, FEW, NAME, Stack, Template

SUMMER = 1_806_195_600.0  # 2027-03-28 01:00 UTC, when clocks in Europe leap
AFTER_2038 = 2.0**31 + 5


async def clocks(made: Stack) -> str:
    """12: the wall clock jumps there and back; then the process sleeps for ten hours."""
    now = made.clock.now()
    for wall in (now - 3600, now + 3600, SUMMER - EVERY - 1, SUMMER, AFTER_2038, now + 7200):
        made.clock.set_wall(wall)
        seen = await made.poll()
        assert seen.reading.outcome == "ok", seen.reading
        await tick(made.engine)
        budget = made.engine.pollers[NAME]._client.budget
        assert budget is None or budget.resets_at - made.clock.now() <= 86_400, "the quota's day does not end"
    own, ran, jobs = ManualClock(made.clock.now()), asyncio.Event(), list[Job]()

    async def run(job: Job) -> Outcome:
        jobs.append(job)
        made.polls += 1
        outcome = await made.engine.run_job(job)
        ran.set()
        return outcome

    scheduler = Scheduler(own, run, lambda job, error: None, jitter=0.0)
    scheduler.put(NAME, {listing.name: EVERY for listing in made.engine.pollers[NAME].vendor.listings})
    serving = asyncio.create_task(scheduler.serve())
    for slept in (0.0, 36_000.0):
        ran.clear()
        own.advance(slept)
        while not ran.is_set():
            await asyncio.sleep(0.001)
            own.advance(1.0)  # what is overdue after a sleep is spread over a minute
    assert len(jobs) == 2 and scheduler.missed[NAME] >= 119, (jobs, scheduler.missed)
    await scheduler.drain(5)
    await serving
    return "open"


async def disk(made: Stack) -> str:
    """13: no page more, then no write at all; what works goes on, and nothing is half there."""
    store = made.engine.store
    before = made.live.last_poll_at
    await _pragma(made, "max_page_count=1")
    with pytest.raises(OperationalError, match="full"):
        await store.stage([(os.urandom(16), os.urandom(1 << 20))])
    with contextlib.suppress(OperationalError):  # what fits into the pages that are free is kept as ever
        await made.poll()
    await _pragma(made, "max_page_count=1073741823")
    await _pragma(made, "query_only=ON")
    with pytest.raises(OperationalError, match="readonly"):
        await made.poll()
    assert made.engine.ledger.findings.keys() == {one.id for one in await store.findings()}
    assert hold.metrics(made) and made.engine.state == "ready"
    await _pragma(made, "query_only=OFF")
    kept = (await store.readings(NAME, limit=999))[: -made.template.readings]
    made.polls = len(kept)
    assert len(kept) <= 1 and (kept or made.live.last_poll_at == before)
    return "open"


async def files(made: Stack) -> str:
    """14: a person pushes files that are cut, in conflict, of another version, no longer there."""
    person = made.person()
    path = made.engine.baselines.path_of(NAME, made.template.twist.ref)
    names = sorted(set(person.git("ls-files", f"baselines/{NAME}").split("\n")) - {path})
    gone, *names = [path, *names][::-1]
    spoilers: tuple[Callable[[bytes], bytes], ...] = (
        lambda raw: raw[: len(raw) // 2],
        lambda raw: b"<<<<<<< HEAD\n" + raw + b"=======\n>>>>>>> theirs\n",
        lambda raw: b"\xef\xbb\xbf{" + raw.replace(b"\n", b"\r\n"),
        lambda raw: b"[" * 100_000,
        lambda raw: b'{"version": 99}',
        lambda raw: b"\xff\xfe\x00",
        lambda raw: b"",
    )
    spoiled = {name: spoilers[at % len(spoilers)]((person.folder / name).read_bytes()) for at, name in enumerate(names)}
    (person.folder / gone).unlink()
    person.commit("Spoil everything", **spoiled)
    link = person.folder / names[0]
    link.unlink()
    link.symlink_to("/etc/hostname")
    person.commit("A link")
    person.git("push", "-q", "origin", "main")
    await made.engine.fetch()
    named = {problem.path for problem in made.engine.baselines.problems}
    assert named == set(names), named ^ set(names)
    assert (await made.poll()).reading.outcome == "ok"
    await hold.told_once(made, "open")
    person.git("revert", "--no-edit", "HEAD", "HEAD~1")
    person.git("push", "-q", "origin", "main")
    await made.engine.fetch()
    assert not made.engine.baselines.problems
    return "moved"


async def locks(folder: Path, hostile: Hostile, made: Template) -> None:
    """15, before: what a git leaves that was killed."""
    bare = folder / "stack" / "var" / "baselines.git"
    for name in ("index.lock", "config.lock", "packed-refs.lock", "HEAD.lock", "refs/heads/main.lock"):
        (bare / name).write_text("")


async def people(made: Stack) -> str:
    """15: people commit beside us and rewrite what they pushed, a hook refuses ours, git itself is gone for a while."""
    person = made.person()
    await made.poll()
    git = made.engine.baselines.git._environment
    path, git["PATH"] = git.get("PATH", ""), ""
    assert await made.engine.fetch() == () and "git" in made.engine.push_fault
    assert 'driftline_baseline_push_success{stack="faults"} 0.0' in hold.metrics(made)
    git["PATH"] = path
    await approve(made)
    person.commit("Of their own", **{"README.md": "theirs"})
    person.git("push", "-q", "origin", "main")
    hook = made.hub / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    await made.engine.commit_decisions()
    await made.engine.push()
    assert made.engine.push_fault and not standing(made)
    hook.unlink()
    person.git("commit", "-q", "--amend", "-m", "Said otherwise")
    person.git("push", "-q", "-f", "origin", "main")
    await made.engine.fetch()
    await made.engine.commit_decisions()
    await made.engine.push()
    await pushed(made, rewritten=True)
    return "approved"


async def nobody_listens(made: Stack) -> str:
    """20: the remote is away for an hour; what was decided meanwhile gets there once."""
    await made.poll()
    away = made.hub.with_name("away.git")
    made.hub.rename(away)
    await approve(made)
    await made.engine.commit_decisions()
    await made.engine.push()
    assert made.engine.push_fault and not standing(made)
    assert 'driftline_baseline_push_success{stack="faults"} 0.0' in hold.metrics(made)
    made.clock.advance(3600)
    await made.poll()
    await made.engine.fetch()
    away.rename(made.hub)
    await made.engine.fetch()
    await made.engine.commit_decisions()
    await made.engine.push()
    await pushed(made)
    return "approved"


async def pushed(made: Stack, *, rewritten: bool = False) -> None:
    """What was decided is at the remote; unless its history was `rewritten`, each decision in one commit."""
    assert not made.engine.push_fault, made.engine.push_fault
    rows = await made.engine.store.decisions()
    assert {row.state.value for row in rows} == {"pushed"}
    person = made.person()
    path = made.engine.baselines.path_of(NAME, made.twist.ref)
    assert made.twist.after in (person.folder / path).read_bytes()
    said = person.git("log", "--format=%(trailers:key=Driftline-Decision,valueonly)").split()
    assert rewritten or sorted(said) == sorted(row.uuid for row in rows)


async def approve(made: Stack) -> None:
    found = {one.id: one.claim.fingerprint for one in standing(made)}
    assert found
    asked = Decide(uuid=str(uuid4()), kind="approve", findings=found, reason="meant", ticket="OPS-1")
    await made.engine.decide(asked, "local:tester", "test")


def standing(made: Stack) -> list[hold.Finding]:
    return [one for one in hold.drift(made) if one.phase is Phase.OPEN]


async def two_of_us(made: Stack) -> str:
    """18: a second daemon is refused by name; two polls at once take turns; a late reader meets the fence."""
    with pytest.raises(StoreLocked, match=str(os.getpid())):
        async with open_engine(made.engine.config, made.clock):
            raise AssertionError("a second engine was let in")
    both = await asyncio.gather(made.poll(), made.poll())
    assert [one.reading.outcome for one in both] == ["ok", "ok"] and both[0].reading.id != both[1].reading.id
    rival, lease = Leases(made.engine.store, made.clock, "another"), account(NAME)
    assert not await rival.regain([lease]), "it was taken although it is held"
    taken = asyncio.Event()

    async def amid(line: Line, asked: Asked, good: Good) -> None:
        """The answer comes after this process stood still for so long that another took the account."""
        if not taken.is_set():
            taken.set()
            made.clock.advance(TTL + 1)
            assert await rival.regain([lease]) == {lease}
        await honest(line, asked, good)

    made.hostile.play(amid)
    kept = [one.id for one in await made.engine.store.readings(NAME)]
    with pytest.raises(Elsewhere):
        await made.poll()
    assert taken.is_set() and kept == [one.id for one in await made.engine.store.readings(NAME)]
    made.hostile.play(honest)
    sent = made.hostile.requests
    with pytest.raises(Elsewhere):
        await made.poll()
    assert made.hostile.requests == sent, "another process reads this account now"
    made.polls -= 2
    made.clock.advance(TTL + 1)
    await tick(made.engine)
    assert made.engine.leases.holds(lease)
    assert (await made.poll()).reading.outcome == "ok"
    return "open"


async def locked(made: Stack) -> str:
    """19: somebody holds the database while a poll wants to keep what it read; readers lose their connections."""
    await _pragma(made, "busy_timeout=30")
    other = sqlite3.connect(made.engine.config.state / "state.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"):
            await made.poll()
        made.polls -= 1
        other.execute("ROLLBACK")
    finally:
        other.close()
    for _ in range(4):
        await made.engine.store._readers.alone(lambda one: one.invalidate())
    assert (await made.poll()).reading.outcome == "ok"
    return "open"


async def at_random(made: Stack, polls: int = 6) -> str:
    """21: whatever there is, in a seeded order."""
    draw = Random(f"{made.vendor} {polls}")
    for _ in range(polls):
        case = draw.choice(CASES)
        made.patience(case.deadline)
        made.hostile.play(after(draw.randrange(made.template.requests), case.script()))
        made.clock.advance(draw.choice([0.0, 86_400.0]))
        began = time.monotonic()
        await made.poll()
        hold.bounded(made, time.monotonic() - began, 30)
        gone = [one for one in standing(made) if one.claim.action == "removed"]
        assert not gone, f"{case.name} was told as a removal: {gone}"
    made.patience(10.0)
    made.hostile.play(honest)
    made.clock.advance(86_400.0)
    return "open"


async def _pragma(made: Stack, setting: str) -> None:
    """On the store's one writing connection."""
    await made.engine.store._writer.alone(lambda one: one.connection.cursor().execute(f"PRAGMA {setting}").close())


# -- with a daemon of its own, before the engine here opens the same state ---------------------------------------------

PLACES = ("fetch.after", "store.before", "store.after")


async def killed(folder: Path, hostile: Hostile, made: Template) -> None:
    """16: the real daemon dies as by kill -9 at a named place: another one for each vendor."""
    place = PLACES[FEW.index(made.folder.name) % len(PLACES)]
    process = _serve(folder, **{VARIABLE: place})
    code = await asyncio.to_thread(process.wait, 30)
    assert code == -signal.SIGKILL, (place, code, _said(folder))


async def drained(folder: Path, hostile: Hostile, made: Template) -> None:
    """17: a reload that is wrong keeps what runs; SIGTERM amid a reading that hangs ends in order, and soon."""
    process = _serve(folder)
    await _until(lambda: hostile.requests >= 5, folder)
    settings = folder / "stack" / "config" / "driftline.yaml"
    right = settings.read_text()
    settings.write_text("stack: [this, is, no, stack]\n")
    process.send_signal(signal.SIGHUP)
    sent = hostile.requests
    await _until(lambda: hostile.requests > sent + 2 and "reload refused" in _said(folder), folder)
    settings.write_text(right)
    hanging = asyncio.Event()

    async def hang(line: Line, asked: Asked, good: Good) -> None:
        hanging.set()
        await line.stall()

    hostile.play(hang)
    await asyncio.wait_for(hanging.wait(), 20)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(process.wait, 20) == 0, _said(folder)
    assert time.monotonic() - began < 12
    hostile.play(honest)


def _serve(folder: Path, **environment: str) -> Warm:
    return Warm(["serve", "--stack", str(folder / "stack")], folder / "said.log", {**os.environ, **environment})


def _said(folder: Path) -> str:
    file = folder / "said.log"
    return file.read_text() if file.exists() else ""


async def _until(there: Callable[[], bool], folder: Path) -> None:
    """What another process does, which no event tells of here."""
    ends = time.monotonic() + 30
    while not there():
        assert time.monotonic() < ends, _said(folder)
        await asyncio.sleep(0.02)


BEFORE = {15: locks, 16: killed, 17: drained}
INSIDE: dict[int, Callable[[Stack], Awaitable[str]]] = {
    12: clocks, 13: disk, 14: files, 15: people, 18: two_of_us, 19: locked, 20: nobody_listens, 21: at_random,
}  # fmt: skip
