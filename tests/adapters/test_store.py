"""The store on a real SQLite file."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from monitor.adapters.chain import trail_hash
from monitor.adapters.records import Decision, DecisionState, Last, Origin, Reading, TrailEntry
from monitor.adapters.state_lock import StoreLocked
from monitor.adapters.store import Store
from monitor.core.model import Action, Address, Claim, Event, EventType, Finding, Phase, Source
from probes.kit.clock import ManualClock
from probes.kit.contract import Coverage, Kind, Parent, Ref, Sample, State, Vantage, digest

LEAD = Ref(Kind.FIELD, "Lead")
WHERE = Address(Source.DRIFT, "salesforce-prod", Kind.FIELD, "Lead", "Score__c", "length")
CLAIM = Claim(WHERE, Action.NARROWED, before=100, after={"a": [1, None]})


def last(body: bytes = b"one", reading: int = 1, **more: object) -> Last:
    return Last(
        integration="salesforce-prod",
        ref=LEAD,
        read="fields/Lead",
        coverage=Coverage(State.COMPLETE, rows=3),
        read_at=100.0,
        reading=reading,
        digest=digest(body),
        parent=Parent(Ref(Kind.SCHEMA, "objects"), "Lead"),
        needs=("*",),
        facts=("label", "length"),
        **more,  # type: ignore[arg-type]
    )


def event(finding: str, at: float, **more: object) -> Event:
    return Event(type=EventType.OPENED, at=at, finding=finding, address=WHERE, claim=CLAIM, **more)  # type: ignore[arg-type]


async def test_what_one_poll_writes_is_read_back_equal(store: Store) -> None:
    good = last(good_digest=digest(b"one"), good_at=100.0, rows=3, source="https://x.example", link="l")
    vantage = Vantage("acc", "p-1", frozenset({"a", "b"}), api_version="68.0")
    reading = Reading(id=1, integration="salesforce-prod", started_at=1, ended_at=2, outcome="ok", requests={"2xx": 4})
    sample = Sample("failing", failed_at=5.0, rows_failed=3, errors=("X",))
    finding = Finding(id="ab12", opening=1, claim=CLAIM, phase=Phase.OPEN, first_seen_at=1, reading=1, moves=[(1, "f")])
    async with store.transaction() as tx:
        await tx.put_contents([(digest(b"one"), b"one")])
        await tx.set_last(good)
        await tx.put_memos("salesforce-prod", {"fields/Lead": b"memo"}, {"fields/Lead": b"rows"})
        await tx.set_vantage("salesforce-prod", vantage, 3.0)
        await tx.end_reading(reading)
        await tx.add_events([event("ab12", 1.0), event("cd34", 2.0, told=True)])
        await tx.put_findings([finding])
        await tx.add_samples("salesforce-prod", 9.0, {("jobs", "nightly"): sample})
        await tx.set_proposals("salesforce-prod", {LEAD: "scope"})
        await tx.add_quota("salesforce-prod", "2026-01-01", 4)
        await tx.add_quota("salesforce-prod", "2026-01-01", 5)
    assert await store.content(digest(b"one")) == b"one"
    assert await store.lasts("salesforce-prod") == {LEAD: good}
    assert (await store.lasts("salesforce-prod"))[LEAD].good_digest == digest(b"one")
    assert await store.memos("salesforce-prod", ["fields/Lead"]) == {"fields/Lead": b"memo"}
    assert await store.memo_rows("salesforce-prod", ["fields/Lead"]) == {"fields/Lead": b"rows"}
    assert await store.vantage("salesforce-prod") == (vantage, 3.0)
    assert await store.readings("salesforce-prod") == [reading]
    assert await store.events() == [(1, event("ab12", 1.0)), (2, event("cd34", 2.0, told=True))]
    assert [seq for seq, _ in await store.events(after=1)] == [2]
    assert [seq for seq, _ in await store.events(finding="ab12")] == [1]
    assert [seq for seq, _ in await store.events(told=True, subject="salesforce-prod", limit=5)] == [2]
    assert [seq for seq, _ in await store.events(newest_first=True)] == [2, 1]
    assert await store.findings() == [finding]
    assert await store.findings(phases=["closed"]) == []
    assert await store.samples("salesforce-prod", 0) == {("jobs", "nightly"): [(9.0, sample)]}
    assert await store.samples("salesforce-prod", 10) == {}
    assert await store.proposals("salesforce-prod") == {LEAD: "scope"}
    assert await store.quota("salesforce-prod", "2026-01-01") == 9
    assert await store.integrations() == {"salesforce-prod"}


async def test_an_exception_in_a_transaction_leaves_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        async with store.transaction() as tx:
            await tx.add_events([event("ab12", 1.0)])
            assert len(await tx.events()) == 1  # its own writes are seen inside
            assert await store.events() == []  # and nowhere else
            raise ZeroDivisionError
    assert await store.events() == []
    async with store.transaction() as tx:  # and the store goes on
        await tx.set_flag("a", "b")
    assert await store.flag("a") == "b"


async def test_a_cancelled_caller_leaves_all_or_nothing(store: Store) -> None:
    inside = asyncio.Event()

    async def work() -> None:
        async with store.transaction() as tx:
            await tx.set_flag("a", "b")
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await store.flag("a") is None
    async with store.transaction() as tx:
        await tx.set_flag("a", "c")
    assert await store.flag("a") == "c"


async def test_a_poll_of_300_scopes_takes_few_statements_and_one_commit(store: Store) -> None:
    lasts = [last() for _ in range(300)]
    await store.stage((digest(b"%d" % n), b"%d" % n) for n in range(300))
    staged = store.counts.commits
    before = store.counts.statements
    async with store.transaction() as tx:
        await tx.set_last(*lasts)
        memos = {f"fields/{n}": b"m" for n in range(300)}
        await tx.put_memos("salesforce-prod", memos, {read: b"r" for read in list(memos)[:150]})
        await tx.add_events([event("ab12", 1.0)] * 300)
    assert (staged, store.counts.commits - staged) == (5, 1)
    assert store.counts.statements - before <= 6


async def test_transactions_of_many_tasks_run_one_after_another(store: Store) -> None:
    async def count() -> None:
        async with store.transaction() as tx:
            now = int(await tx.flag("n") or 0)
            await asyncio.sleep(0)
            await tx.set_flag("n", str(now + 1))

    await asyncio.gather(*(count() for _ in range(20)))
    assert await store.flag("n") == "20"


async def test_a_reading_is_stored_once_and_numbers_only_grow(tmp_path: Path, clock: ManualClock) -> None:
    store = await Store.open(tmp_path / "s", clock)
    first, second = await store.next_reading("a"), await store.next_reading("b")
    assert first < second
    reading = Reading(id=second, integration="b", started_at=1, ended_at=2, outcome="ok")
    async with store.transaction() as tx:
        await tx.end_reading(reading)
    with pytest.raises(IntegrityError):
        async with store.transaction() as tx:
            await tx.end_reading(reading)
    await store.close()
    again = await Store.open(tmp_path / "s", clock)
    assert await again.next_reading("a") > second
    await again.close()


async def test_a_repeated_request_is_one_decision(store: Store) -> None:
    decision = Decision(uuid="u-1", kind="approve", by="admin-03@example.com", at=5.0, findings={"ab12": "f"})
    async with store.transaction() as tx:
        assert await tx.queue_decision(decision)
        assert not await tx.queue_decision(Decision(uuid="u-1", kind="reject", by="x", at=6.0))
    assert await store.decisions(DecisionState.QUEUED) == [decision]
    done = Decision(uuid="u-1", kind="approve", by="x", at=5.0, state=DecisionState.COMMITTED, sha="abc")
    async with store.transaction() as tx:
        await tx.set_decision(done)
    assert await store.decision("u-1") == done
    assert await store.decisions(DecisionState.QUEUED) == []
    with pytest.raises(LookupError, match="u-2"):
        async with store.transaction() as tx:
            await tx.set_decision(Decision(uuid="u-2", kind="approve", by="x", at=5.0))


async def test_the_finest_origin_counts_and_a_capture_replaces_what_was_under_it(store: Store) -> None:
    def origin(how: str, key: str = "", fact: str = "") -> Origin:
        return Origin(integration="s", ref=LEAD, key=key, fact=fact, how=how, sha="c1", by="x", at=1.0)

    async with store.transaction() as tx:
        await tx.set_origin(origin("captured"))
        await tx.set_origin(origin("approved", "A", "length"), origin("policy", "B"))
    assert (await store.origin("s", LEAD, "A", "length")).how == "approved"  # type: ignore[union-attr]
    assert (await store.origin("s", LEAD, "A", "label")).how == "captured"  # type: ignore[union-attr]
    assert (await store.origin("s", LEAD, "B", "label")).how == "policy"  # type: ignore[union-attr]
    assert await store.origin("other", LEAD, "A") is None
    async with store.transaction() as tx:
        await tx.set_origin(origin("captured"))
    assert [o.how for o in await store.origins("s")] == ["captured"]


async def test_the_trail_is_a_chain_that_shows_a_changed_line(store: Store, tmp_path: Path) -> None:
    lines = [TrailEntry(at=float(n), who="x", what="approve", data={"n": n}) for n in range(3)]
    async with store.transaction() as tx:
        await tx.add_trail(*lines)
    async with store.transaction() as tx:
        await tx.add_trail(lines[0])
    trail = await store.trail()
    assert [entry.seq for entry in trail] == [1, 2, 3, 4]
    before = b"\0" * 32
    for entry in trail:
        assert entry.before_hash == before
        assert entry.hash == trail_hash(before, entry)
        before = entry.hash
    assert len({entry.hash for entry in trail}) == 4
    with closing(sqlite3.connect(store.folder / "state.db")) as other:
        other.execute("UPDATE trail SET who = 'y' WHERE seq = 2")
        other.commit()
    changed = (await store.trail())[1]
    assert trail_hash(changed.before_hash, changed) != changed.hash


async def test_proposals_are_replaced_and_rows_that_nobody_gives_anew_stay(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.set_proposals("s", {LEAD: "scope"})
        await tx.put_memos("s", {"a": b"1", "b": b"2"}, {"a": b"A", "b": b"B"})
    async with store.transaction() as tx:
        await tx.set_proposals("s", {Ref(Kind.SCHEMA, "objects"): "facts"})
        await tx.put_memos("s", {"a": b"3"}, {})
        await tx.set_last(last())
        await tx.drop_last("salesforce-prod", [LEAD])
    assert list(await store.proposals("s")) == [Ref(Kind.SCHEMA, "objects")]
    assert await store.memos("s", "ab") == {"a": b"3", "b": b"2"}
    assert await store.memo_rows("s", "ab") == {"a": b"A", "b": b"B"}
    assert await store.lasts("salesforce-prod") == {}


async def test_a_second_process_is_told_who_holds_the_folder(store: Store, clock: ManualClock) -> None:
    with pytest.raises(StoreLocked, match=f"process {os.getpid()}") as caught:
        await Store.open(store.folder, clock)
    assert caught.value.pid == os.getpid()


KILLED = """
import asyncio, os, pathlib, signal, sys
from monitor.adapters.store import Store
from probes.kit.clock import SystemClock

async def main():
    store = await Store.open(pathlib.Path(sys.argv[1]), SystemClock())
    async with store.transaction() as tx:
        await tx.set_flag("kept", "yes")
    async with store.transaction() as tx:
        await tx.set_flag("kept", "no")
        await tx.put_contents([(b"%d" % n, b"x" * 10000) for n in range(1000)])
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_kill_9_inside_a_transaction_keeps_what_was_committed_and_frees_the_lock(
    tmp_path: Path, clock: ManualClock
) -> None:
    folder = tmp_path / "killed"
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", KILLED, str(folder)], check=False)
    assert done.returncode == -signal.SIGKILL
    store = await Store.open(folder, clock)
    assert await store.flag("kept") == "yes"
    assert await store.content(b"1") is None
    with closing(sqlite3.connect(folder / "state.db")) as other:
        assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    await store.close()


async def test_a_full_disk_keeps_what_was_there_and_the_store_goes_on_when_there_is_room(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.set_flag("kept", "yes")
    # SQLite takes the pages there are as the least
    await store._writer.alone(lambda one: one.exec_driver_sql("PRAGMA max_page_count=1"))
    large = random.Random(7).randbytes(1_000_000)  # nothing that could be packed
    with pytest.raises(OperationalError, match="full"):
        async with store.transaction() as tx:
            await tx.set_flag("kept", "no")
            await tx.put_contents([(b"x", large)])
    assert await store.flag("kept") == "yes"
    await store._writer.alone(lambda one: one.exec_driver_sql("PRAGMA max_page_count=100000"))
    await store.stage([(b"x", large)])
    assert await store.have_content([b"x", b"never"]) == {b"x"}


async def test_the_database_is_durable_and_private(store: Store) -> None:
    assert (store.folder / "state.db").stat().st_mode & 0o077 == 0
    asked = ("journal_mode", "synchronous", "busy_timeout")
    told = await store._writer.alone(lambda one: [one.exec_driver_sql(f"PRAGMA {each}").scalar() for each in asked])
    assert told == ["wal", 2, 5000]


async def test_an_error_of_the_store_holds_no_value(store: Store) -> None:
    reading = Reading(id=1, integration="canary-77", started_at=1, ended_at=2, outcome="ok")
    with pytest.raises(IntegrityError) as caught:
        async with store.transaction() as tx:
            await tx.end_reading(reading)
            await tx.end_reading(reading)
    assert "canary-77" not in str(caught.value)
