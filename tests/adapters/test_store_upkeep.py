"""What is old goes, what is needed stays, and a new name loses nothing."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import select

from monitor.adapters import schema as t
from monitor.adapters import store_outbox
from monitor.adapters.records import Capture, Decision, Hour, Last, Origin, Reading, TrailEntry, Work
from monitor.adapters.store import Store
from monitor.adapters.store_outbox import Out
from monitor.adapters.store_upkeep import drop_integration, prune, rename_integration
from monitor.core.model import Action, Address, Claim, Event, EventType, Finding, Phase, Source
from monitor.core.runs import KEPT, Run
from probes.kit.clock import ManualClock
from probes.kit.contract import COMPLETE, Kind, Ref, Sample, Vantage, digest

LEAD = Ref(Kind.FIELD, "Lead")
DAY = 86400.0


class Ages(msgspec.Struct, frozen=True):
    samples: float = 14 * DAY
    sample_hours: float = 365 * DAY
    readings: float = 90 * DAY
    events: float = 730 * DAY
    content: float = 7 * DAY


def finding(id: str, phase: Phase, closed_at: float | None = None, subject: str = "old") -> Finding:
    where = Address(Source.DRIFT, subject, Kind.FIELD, "Lead", "Score__c")
    claim = Claim(where, Action.ADDED, under=where)
    return Finding(id=id, opening=1, claim=claim, phase=phase, first_seen_at=1, reading=1, closed_at=closed_at)


def opened(one: Finding, at: float) -> Event:
    return Event(type=EventType.OPENED, at=at, finding=one.id, address=one.address, claim=one.claim)


def last(name: str, body: bytes, good: bytes) -> Last:
    return Last(
        integration=name, ref=LEAD, read="fields/Lead", coverage=COMPLETE, read_at=1, reading=1, digest=digest(body),
        good_digest=digest(good),
    )  # fmt: skip


async def test_raw_samples_become_hours_and_hours_end(store: Store) -> None:
    async with store.transaction() as tx:
        for at, rows in ((100.0, 1), (200.0, 5), (3700.0, 2)):
            sample = Sample("ok" if rows < 5 else "failing", succeeded_at=at, rows_failed=rows)
            await tx.add_samples("s", at, {("jobs", "nightly"): sample})
    assert (await prune(store, 14 * DAY + 3650, Ages()))["sample"] == 2
    first = Hour(hour=0.0, states={"ok": 1, "failing": 1}, succeeded_at=200.0, rows_failed=5)
    assert await store.hours("s", 0) == {("jobs", "nightly"): [first]}
    assert [at for at, _ in (await store.samples("s", 0))["jobs", "nightly"]] == [3700.0]
    await prune(store, 400 * DAY, Ages())
    assert await store.hours("s", 0) == {}


async def test_content_that_something_points_to_stays(store: Store, clock: ManualClock) -> None:
    bodies = [b"now", b"good", b"queued", b"loose"]
    await store.stage((digest(one), one) for one in bodies)
    capture = Capture(LEAD, digest(b"queued").hex())
    async with store.transaction() as tx:
        await tx.set_last(last("s", b"now", b"good"))
        await tx.queue_decision(Decision(uuid="u", kind="capture", by="x", at=1, work=Work(captures=(capture,))))
    assert (await prune(store, clock.now() + 6 * DAY, Ages()))["content"] == 0
    clock.advance(6 * DAY)
    await store.stage([(digest(b"now"), b"now")])
    assert (await prune(store, clock.now() + 2 * DAY, Ages()))["content"] == 1
    assert set(await store.contents(map(digest, bodies))) == {digest(one) for one in bodies[:3]}


async def test_content_staged_again_is_as_young_as_its_last_use(store: Store, clock: ManualClock) -> None:
    await store.stage([(digest(b"a"), b"a")])
    clock.advance(6 * DAY)
    await store.stage([(digest(b"a"), b"a")])
    assert (await prune(store, clock.now() + 2 * DAY, Ages()))["content"] == 0


async def test_events_of_a_finding_that_is_open_stay_however_old(store: Store) -> None:
    one, two = finding("open", Phase.OPEN), finding("done", Phase.CLOSED, 5.0)
    async with store.transaction() as tx:
        await tx.put_findings([one, two])
        await tx.add_events([opened(one, 1.0), opened(two, 1.0), opened(two, 900 * DAY)])
        await tx.end_reading(Reading(id=1, integration="s", started_at=1, ended_at=2, outcome="ok"))
        outs = [Out(key=k, target="x", subject="", what="", at=1, due=1, body=b"") for k in ("sent", "wait")]
        await store_outbox.add(tx, outs)
        await store_outbox.sent(tx, "sent")
        await tx.add_trail(TrailEntry(at=1, who="x", what="approve"))
    await prune(store, 900 * DAY, Ages())
    assert [event.finding for _, event in await store.events()] == ["open", "done"]
    assert [kept.id for kept in await store.findings()] == ["open"]
    assert await store.readings() == []
    assert [row["key"] for row in await store._all(select(t.outbox.c.key))] == ["wait"]
    assert len(await store.trail()) == 1


async def fill(store: Store, name: str) -> None:
    one = finding("ab12", Phase.OPEN, subject=name)
    async with store.transaction() as tx:
        await tx.set_last(last(name, b"a", b"a"))
        await tx.put_memos(name, {"fields/Lead": b"m"}, {"fields/Lead": b"r"})
        await tx.set_vantage(name, Vantage("a", "p", frozenset()), 1.0)
        await tx.add_samples(name, 1.0, {("jobs", "n"): Sample("ok")})
        await tx.set_proposals(name, {LEAD: "x"})
        await tx.set_origin(Origin(integration=name, ref=LEAD, how="captured", sha="s", by="x", at=1))
        await tx.put_findings([one])
        await tx.add_events([opened(one, 1.0)])
        await tx.queue_decision(Decision(uuid="u", kind="approve", by="x", at=1, integration=name))


async def test_a_renamed_integration_keeps_everything(store: Store) -> None:
    await fill(store, "old")
    async with store.transaction() as tx:
        assert await rename_integration(tx, "old", "new")
        assert not await rename_integration(tx, "old", "new")
    assert await store.lasts("old") == {}
    assert list(await store.lasts("new")) == [LEAD]
    assert await store.memos("new", ["fields/Lead"]) == {"fields/Lead": b"m"}
    assert await store.vantage("new")
    assert await store.samples("new", 0)
    assert await store.proposals("new")
    assert await store.origin("new", LEAD)
    [kept] = await store.findings()
    assert (kept.id, kept.address.subject, kept.claim.under) == ("ab12", "new", kept.address)
    [(_, event)] = await store.events(subject="new")
    assert event.claim is not None
    assert {event.address.subject, event.claim.address.subject} == {"new"}
    decision = await store.decision("u")
    assert decision is not None
    assert decision.integration == "new"


async def test_a_name_that_has_a_history_takes_over_no_other(store: Store) -> None:
    for name in ("old", "new"):
        async with store.transaction() as tx:
            await tx.set_last(last(name, b"a", b"a"))
    with pytest.raises(LookupError, match="new has a history"):
        async with store.transaction() as tx:
            await rename_integration(tx, "old", "new")


async def test_a_dropped_integration_leaves_its_decisions_and_origins(store: Store) -> None:
    await fill(store, "old")
    async with store.transaction() as tx:
        await drop_integration(tx, "old")
    assert await store.lasts("old") == {}
    assert await store.memos("old", ["fields/Lead"]) == {}
    assert await store.decision("u")
    assert await store.origin("old", LEAD)


async def test_runs_are_kept_as_seen_first_the_newest_are_loaded_and_old_ones_go(store: Store) -> None:
    week, of = 7 * DAY, ("jobs", "nightly")
    async with store.transaction() as tx:
        for number in range(KEPT + 5):
            await tx.add_runs("s", {of: Run(ended=number * DAY, ok=True, rows=number)})
        await tx.add_runs("s", {of: Run(ended=5 * DAY, ok=True, rows=999)})
        await tx.add_runs("other", {of: Run(ended=0.0, ok=True)})
    kept = (await store.runs("s"))[of]
    assert [run.rows for run in kept] == list(range(5, KEPT + 5))
    before = await store.runs_before("s", *of, 24 * DAY + 60)
    assert sorted(run.rows or 0 for run in before) == [3, 10, 17] and 24 * DAY - 3 * week == 3 * DAY
    assert (await prune(store, 375 * DAY, Ages()))["run"] == 10 + 1
    assert [run.rows for run in (await store.runs("s"))[of]] == list(range(10, KEPT + 5))
