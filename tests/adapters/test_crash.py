"""Kill -9 at each named place between a decision and its push. The oracle is `git log` and the reopened store."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from monitor.adapters.records import TrailEntry
from monitor.adapters.store import Store
from monitor.adapters.store_trail import marks
from probes.kit.clock import ManualClock

from .lives import commits, life
from .repositories import Person, clone, start
from .test_committer import ONE, length
from .test_remote import AT, desk_for

PLACES = [
    "commit.before",
    "commit.after",
    "record.after",
    "push.before",
    "push.after",
    "merge.before",
    "merge.after",
]


def run(folder: Path, hub: Path, place: str) -> int:
    return life(place, commits, str(folder), str(hub))


@pytest.mark.parametrize("moved", [False, True], ids=["quiet remote", "remote moved on"])
@pytest.mark.parametrize("place", PLACES)
async def test_kill_9_loses_no_decision_and_doubles_none(
    tmp_path: Path, store: Store, clock: ManualClock, place: str, moved: bool
) -> None:
    hub = start(tmp_path / "hub.git", bare=True)
    person = clone(hub.folder, tmp_path / "person")
    person.git("checkout", "-q", "-b", "main")
    person.commit("first", **{AT: ONE})
    person.git("push", "-q", "origin", "main")
    desk = await desk_for(hub.folder, store, tmp_path, clock)
    await desk.queue("u-1", length(100, 50))
    await desk.queue("u-2", length(50, 40))
    async with store.transaction() as tx:
        for uuid in ("u-1", "u-2"):
            await tx.add_trail(TrailEntry(at=1.0, who="ops", what="approve", data={"decision": uuid}))
    named = await marks(store, ("u-1", "u-2"))
    await store.close()
    if moved:
        person.commit("by hand", **{"README.md": "x"})
        person.git("push", "-q", "origin", "main")
    code = await asyncio.to_thread(run, tmp_path, hub.folder, place)
    assert code == (-signal.SIGKILL if moved or not place.startswith("merge") else 0)
    assert await asyncio.to_thread(run, tmp_path, hub.folder, "") == 0
    assert await asyncio.to_thread(run, tmp_path, hub.folder, "") == 0

    again = await Store.open(store.folder, clock)
    decisions = await again.decisions()
    assert [(one.uuid, one.state.value) for one in decisions] == [("u-1", "pushed"), ("u-2", "pushed")]
    log = hub.git("log", "--no-merges", "--format=%H %s", "main").splitlines()
    assert sorted(line.split(" ", 1)[1] for line in log) == sorted(
        ["first", "u-1", "u-2", *(["by hand"] if moved else [])]
    )
    assert {one.sha for one in decisions} <= {line.split()[0] for line in log}
    form = "--format=%(trailers:key=Driftline-Decision,valueonly,separator=) %(trailers:key=Driftline-Trail,valueonly)"
    said = [line.split() for line in hub.git("log", "--no-merges", form, "main").splitlines() if line.strip()]
    assert sorted(said) == sorted([decision, mark] for decision, mark in named.items())
    outside = ["approved outside"] * (1 + moved)
    what = sorted(entry.what for entry in await again.trail())
    assert what == sorted([*outside, "approve", "approve", "committed", "committed"])
    person.git("pull", "-q", "origin", "main")
    assert '"length": 40' in (person.folder / AT).read_text()
    assert Person(tmp_path / "baselines.git").git("fsck", "--strict", "--no-dangling") == ""
    await again.close()
