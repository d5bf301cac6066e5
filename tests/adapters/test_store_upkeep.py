"""A new name loses nothing, and what is dropped leaves what was decided."""

from __future__ import annotations

import pytest

from monitor.adapters.records import Decision, Last, Origin
from monitor.adapters.store import Store
from monitor.adapters.store_upkeep import drop_integration, rename_integration
from monitor.core.model import Action, Address, Claim, Event, EventType, Finding, Phase, Source
from probes.kit.contract import COMPLETE, Kind, Ref, Sample, Vantage, digest

LEAD = Ref(Kind.FIELD, "Lead")
DAY = 86400.0


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
