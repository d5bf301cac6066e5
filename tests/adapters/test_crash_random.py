"""Kill -9 at seeded random moments of a committer that never rests, while people push. What it told is the oracle."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from pathlib import Path

from monitor.adapters.store import Store
from probes.kit.clock import ManualClock

from .repositories import Person, clone, raw, start
from .test_remote import AT, NAME, desk_for

ROUNDS = 8
SCRIPT = """
import asyncio, pathlib, sys, uuid
from monitor.adapters.baselines import Baselines
from monitor.adapters.committer import Committer
from monitor.adapters.lease import GIT, Leases
from monitor.adapters.records import Decision, DecisionState, Work
from monitor.adapters.store import Store
from monitor.core.accept import Edit
from probes.kit.clock import SystemClock
from probes.kit.contract import Kind, Ref

LEAD = Ref(Kind.FIELD, "Lead")

async def main(folder, hub, name):
    clock = SystemClock()
    store = await Store.open(pathlib.Path(folder) / "var", clock)
    baselines = await Baselines.open(hub, pathlib.Path(folder) / "baselines.git", "main", "baselines", clock)
    committer = Committer(store, baselines, await Leases.open(store, clock, [GIT]), clock)
    await committer.recover()
    print("ready", flush=True)
    while True:
        if not await store.decisions(DecisionState.QUEUED):
            now = (await baselines.body(name, LEAD)).rows["A"].facts["length"]
            one = str(uuid.uuid4())
            work = Work(edits=(Edit(LEAD, "A", "length", now, now + 1),))
            async with store.transaction() as tx:
                await tx.queue_decision(Decision(
                    uuid=one, kind="approve", by="x", at=clock.now(), integration=name, message=one, work=work
                ))
            print(one, flush=True)
        await committer.run_once()
        await committer.push()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_kill_9_at_any_moment_loses_nothing_that_was_told_and_doubles_nothing(
    tmp_path: Path, store: Store, clock: ManualClock
) -> None:
    await store.close()
    hub = start(tmp_path / "hub.git", bare=True)
    person = clone(hub.folder, tmp_path / "person")
    person.git("checkout", "-q", "-b", "main")
    person.commit("first", **{AT: raw(A={"length": 0})})
    person.git("push", "-q", "origin", "main")
    chance, told = random.Random(7), []
    for number in range(ROUNDS):
        told += await asyncio.to_thread(_round, tmp_path, hub.folder, chance.random() * 0.8)
        if number % 3 == 1:
            person.commit(f"by hand {number}", **{f"notes/{number}": "x"})
            _publish(person)

    again = await Store.open(store.folder, clock)
    desk = await desk_for(hub.folder, again, tmp_path, clock)
    await desk.run()
    await desk.committer.fetch()
    decisions = await again.decisions()
    log = dict(line.split(" ", 1) for line in hub.git("log", "--format=%H %s", "main").splitlines())
    ours = sorted(subject for subject in log.values() if len(subject) == 36)
    assert ours == sorted(one.uuid for one in decisions)
    assert set(told) <= set(ours)
    assert {one.sha for one in decisions} == {sha for sha, subject in log.items() if len(subject) == 36}
    assert {one.state.value for one in decisions} == {"pushed"}
    approved = await desk.baselines.body(NAME, next(iter(desk.baselines.entries(NAME))))
    assert approved is not None
    assert approved.rows["A"].facts["length"] == len(ours)
    by_hand = {sha for sha, subject in log.items() if subject.startswith(("first", "by hand"))}
    outside = [entry.data["sha"] for entry in await again.trail() if entry.what == "approved outside"]
    assert sorted(outside) == sorted(by_hand)
    await again.close()


def _publish(person: Person) -> None:
    """Pull and push; the push that a killed process had begun may still win the race, so more than once."""
    for _ in range(5):
        person.git("pull", "-q", "--no-rebase", "--no-edit", "origin", "main")
        try:
            person.git("push", "-q", "origin", "main")
        except subprocess.CalledProcessError:
            continue
        return
    raise AssertionError("the push of a killed process goes on for ever")


def _round(folder: Path, hub: Path, seconds: float) -> list[str]:
    """Lets it work for a while after it is ready, kills it, and returns the decisions it told of."""
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder), str(hub), NAME], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.kill()
        return child.stdout.read().split()
