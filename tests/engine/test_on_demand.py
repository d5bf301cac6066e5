"""Asking on demand over the simulated accounts: who did it, and whether one thing is gone; bounded, and never in the
way of a poll."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from monitor.core import ledger as ledgers
from monitor.core.model import Event, EventType, Finding, Phase
from monitor.engine import demand, views
from monitor.engine.core import Engine
from monitor.engine.measure import Measure
from monitor.engine.opening import open_engine
from probes.kit.contract import Absent, Denied, Fault, Resource, Throttled

from .conftest import World, captured

AUDIT = "/account-info/2026-09/activity/audit-logs"
CONFIRM = 30.0


async def polled(world: World, name: str) -> None:
    await world.engine.poll(name)
    await world.engine.demand.settled()


async def said(world: World, finding: Finding) -> Any:
    return (await views.detail(world.engine, finding.id)).who


def paths(account: Any) -> list[str]:
    return [path.partition("?")[0] for _, path, _ in account.requests]


async def test_salesforce_findings_name_who_by_the_setup_audit_trail(world: World) -> None:
    world.salesforce.actor = "admin-02@example.com"
    world.salesforce.alter_field(object="Lead", name="Score__c", precision=4)
    world.clock.advance(600)
    await polled(world, "salesforce-prod")
    (found,) = world.open(key="Score__c", fact="precision")
    who = await said(world, found)
    assert (who.by, who.how, who.action) == ("admin-02@example.com", "named", "alter_field")
    assert "names this very change" in who.sure and who.unknown == ""
    assert who.at == pytest.approx(world.clock.now() - 600, abs=60)
    (event,) = [e for _, e in await world.engine.store.events(finding=found.id) if e.type is EventType.ATTRIBUTED]
    assert not event.told


async def test_the_removal_of_a_field_is_told_with_the_time_before_it_was_first_missed(world: World) -> None:
    world.salesforce.delete_field(object="Lead", name="UTM_Campaign__c")
    await world.player.round()
    (root,) = world.open(key="UTM_Campaign__c", source="drift")
    who = await said(world, root)
    assert (who.by, who.how, who.action) == ("admin-01@example.com", "named", "delete_field")
    effects = [one for one in world.open(source="drift") if one.cause == root.id]
    assert effects and [await said(world, one) for one in effects] == [who] * len(effects), "the cause tells of them"
    assert all("how" not in one.claim.evidence for one in effects), "which were not asked about"


async def test_hubspot_findings_name_who_by_the_audit_log_or_by_the_propertys_own_mark(world: World) -> None:
    world.hubspot.actor = "admin-02@example.com"
    world.hubspot.alter_property(type="contacts", name="lead_score", label="Points")
    world.hubspot.set_super_admin(email="admin-03@example.com", on=True)
    await polled(world, "hubspot-prod")
    (label,) = world.open(key="lead_score")
    (power,) = world.open(fact="admin")
    assert [(await said(world, one)).how for one in (label, power)] == ["named", "named"]
    assert (await said(world, power)).by == "admin-02@example.com"
    world.hubspot.revoke(scope="account-info.security.read")
    world.hubspot.alter_property(type="contacts", name="region", label="Area")
    world.hubspot.set_super_admin(email="admin-01@example.com", on=False)
    await polled(world, "hubspot-prod")
    (mark,) = world.open(key="region")
    assert ((await said(world, mark)).by, (await said(world, mark)).how) == ("admin-02@example.com", "last")
    (unknown,) = [one for one in world.open(fact="admin") if one is not power]
    told = await said(world, unknown)
    assert told.unknown.startswith("not observable: the credential may not read it") and not told.by
    sent = len(world.hubspot.requests)
    await polled(world, "hubspot-prod")
    assert AUDIT not in paths(world.hubspot)[sent:], "a right that is missing is not asked for again and again"


async def test_what_the_vendor_shipped_and_what_our_own_sight_lost_is_asked_of_nobody(world: World) -> None:
    world.hubspot.release(n=2, type="contacts")
    world.hubspot.revoke(scope="crm.schemas.deals.read")
    sent = len(world.hubspot.requests)
    await polled(world, "hubspot-prod")
    assert AUDIT not in paths(world.hubspot)[sent:]
    (shipped,) = world.open(key="hs_new_feature_1")
    (sight,) = world.open(scope="vantage", fact="grants")
    assert ((await said(world, shipped)).by, (await said(world, shipped)).how) == ("HubSpot", "vendor")
    assert (await said(world, sight)).unknown.startswith("not observable: ")
    world.clock.advance(600)
    await polled(world, "hubspot-prod")
    (denied, *_) = world.open(source="fault")
    assert await said(world, denied) is None, "that something cannot be read is nobody's change"


async def test_one_look_into_the_log_serves_all_findings_of_a_reading(world: World) -> None:
    for name in ("Score__c", "UTM_Campaign__c", "Region__c"):  # of flows, so that a person has to decide on each
        world.salesforce.alter_field(object="Lead", name=name, label=f"Our {name}")
    poller, asks = world.engine.pollers["salesforce-prod"], []
    inner = poller.who

    async def who(aside: Any, sought: Any) -> Any:
        told = await inner(aside, sought)
        asks.append((len(sought), sum(aside.tally.values())))
        return told

    poller.who = who  # type: ignore[method-assign]
    used = await world.engine.store.quota("salesforce-prod", world.engine.day(world.clock.now()))
    sent = len(world.salesforce.requests)
    await polled(world, "salesforce-prod")
    assert asks == [(3, 1)]
    used = await world.engine.store.quota("salesforce-prod", world.engine.day(world.clock.now())) - used
    assert used == len(world.salesforce.requests) - sent, "what is asked on demand is paid for from the same budget"
    edits = [one for one in world.open(scope="Lead") if one.address.fact == "label"]
    assert sorted(bool(one.cause) for one in edits) == [False, True, True], "one person, one minute: one edit"
    assert {one.claim.because for one in edits if one.cause} == {"same edit"}
    await polled(world, "salesforce-prod")
    assert asks == [(3, 1)] and sorted(bool(one.cause) for one in edits) == [False, True, True]


@pytest.mark.parametrize("logged", [True, False])
async def test_one_act_of_many_changes_is_one_cause_by_few_requests(logged: bool, world: World) -> None:
    if not logged:
        world.hubspot.revoke(scope="account-info.security.read")
        await polled(world, "hubspot-prod")
    names = [f"imported_{number}" for number in range(120)]
    for name in names:
        world.hubspot.add_property(type="companies", line=f"{name} string/text own")
    await world.player.round()
    await world.decide("approve", *world.open(scope="companies", source="drift"))
    await world.engine.commit_decisions()
    world.clock.advance(600)
    for name in names:
        world.hubspot.alter_property(type="companies", name=name, label=f"Our {name}")
    sent = len(world.hubspot.requests)
    await world.engine.poll("hubspot-prod")
    read = len(world.hubspot.requests) - sent
    await world.engine.demand.settled()
    found = world.open(scope="companies", fact="label")
    assert len(found) == len(names) and len({one.claim.evidence["how"] for one in found}) == 1
    assert len([one for one in found if not one.cause]) == 1, "one person, one minute: one cause"
    assert len(world.hubspot.requests) - sent - read <= 8, "however many they are"


async def test_people_are_pseudonyms_everywhere_but_where_a_person_reads(world: World) -> None:
    world.salesforce.actor = "admin-02@example.com"
    world.salesforce.alter_field(object="Lead", name="Score__c", precision=4)
    await polled(world, "salesforce-prod")
    (found,) = world.open(key="Score__c", fact="precision")
    assert found.claim.evidence["by"] == world.engine.people.pseudonym("admin-02@example.com")
    kept = [e for _, e in await world.engine.store.events(finding=found.id)]
    assert "admin-02" not in json.dumps([e.words for e in kept]) + json.dumps(dict(found.claim.evidence))
    await world.decide("approve", found)
    await world.engine.commit_decisions()
    log = await world.git("log", "-p", world.engine.baselines.ref, "--", "baselines")
    assert "precision" in log
    measure = Measure()
    await measure.start(world.engine)
    sent = len(world.salesforce.requests)
    world.salesforce.actor = "admin-01@example.com"
    world.salesforce.alter_field(object="Lead", name="Notes__c", length=77)
    await polled(world, "salesforce-prod")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(measure.app), base_url="http://127.0.0.1") as scraper:
        page = (await scraper.get("/metrics")).text
    counted = [line for line in page.splitlines() if line.startswith("driftline_api_requests_total{")]
    assert sum(float(line.rsplit(" ", 1)[1]) for line in counted) == len(world.salesforce.requests) - sent
    for who in ("admin-01@example.com", "admin-02@example.com"):
        assert who not in log and who not in page
        assert world.engine.people.pseudonym(who) not in page


async def test_events_alone_give_back_who_did_it(tmp_path: Path) -> None:
    async with captured(tmp_path) as world:
        world.salesforce.alter_field(object="Lead", name="Score__c", precision=4)
        await world.player.round()
        every: list[Event] = [e for _, e in await world.engine.store.events(limit=10_000)]
        again = ledgers.replay(every)
        evidence = {id: dict(one.claim.evidence) for id, one in world.engine.ledger.findings.items()}
        assert {id: dict(one.claim.evidence) for id, one in again.findings.items()} == evidence
        assert any("how" in one for one in evidence.values())
        config, clock = world.stage.config, world.clock
        await world.engine.close()
        await world.engine.store.close()
        async with open_engine(config, clock) as later:
            assert {id: dict(one.claim.evidence) for id, one in later.ledger.findings.items()} == evidence
            sent = len(world.salesforce.requests)
            await later.poll("salesforce-prod")
            await later.demand.settled()
            assert not any("SetupAuditTrail" in path for _, path, _ in world.salesforce.requests[sent:])


# -- in nobody's way --------------------------------------------------------------------------------------------------


async def test_a_vendor_that_does_not_answer_delays_no_poll(world: World) -> None:
    world.salesforce.alter_field(object="Lead", name="Score__c", precision=4)
    asking, answer = asyncio.Event(), asyncio.Event()
    poller = world.engine.pollers["salesforce-prod"]

    async def who(aside: Any, sought: Any) -> Any:
        asking.set()
        await answer.wait()
        return [Throttled("wait")] * len(sought)

    poller.who = who  # type: ignore[method-assign]
    await world.engine.poll("salesforce-prod")
    await asking.wait()
    (found,) = world.open(key="Score__c", fact="precision")
    assert (await said(world, found)).unknown == "not observable: not asked yet"
    assert (await world.engine.poll("salesforce-prod")).events == (), "polls go on while it thinks"
    answer.set()
    await world.engine.demand.settled()
    assert (await said(world, found)).unknown == "not observable: too many requests: wait"


async def test_a_vendor_that_gave_no_answer_is_asked_again_a_few_times(world: World) -> None:
    world.salesforce.alter_field(object="Lead", name="Score__c", precision=4)
    poller, asks = world.engine.pollers["salesforce-prod"], []

    async def who(aside: Any, sought: Any) -> list[Fault]:
        asks.append(sought)
        return [Throttled("wait")] * len(sought)

    poller.who = who  # type: ignore[method-assign]
    for _ in range(demand.TRIES + 3):
        await polled(world, "salesforce-prod")
    assert len(asks) == demand.TRIES
    (found,) = world.open(key="Score__c", fact="precision")
    told = [e for _, e in await world.engine.store.events(finding=found.id) if e.type is EventType.ATTRIBUTED]
    assert len(told) == 1, "the same reason is said once"


async def test_an_engine_that_closes_waits_for_no_vendor(tmp_path: Path) -> None:
    async with captured(tmp_path) as world:
        world.salesforce.alter_field(object="Lead", name="Score__c", precision=4)
        asking = asyncio.Event()

        async def who(aside: Any, sought: Any) -> Any:
            asking.set()
            await asyncio.Event().wait()

        world.engine.pollers["salesforce-prod"].who = who  # type: ignore[method-assign]
        await world.engine.poll("salesforce-prod")
        await asking.wait()
    assert world.engine.state == "draining"


async def test_a_store_that_refuses_an_answer_leaves_the_ledger_as_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.salesforce.alter_field(object="Lead", name="Score__c", precision=4)

    async def full(*_: object) -> None:
        raise OSError("disk full")

    await world.engine.poll("salesforce-prod")
    with monkeypatch.context() as patch:
        patch.setattr("monitor.adapters.store_tx.Tx.add_events", full)
        with pytest.raises(OSError, match="disk full"):
            await world.engine.demand.settled()
    (found,) = world.open(key="Score__c", fact="precision")
    assert "how" not in found.claim.evidence
    await polled(world, "salesforce-prod")
    (found,) = world.open(key="Score__c", fact="precision")
    assert found.claim.evidence["how"] == "named"


# -- looks ------------------------------------------------------------------------------------------------------------


async def test_hubspot_says_of_one_property_that_it_is_gone_and_no_second_reading_is_needed(world: World) -> None:
    world.hubspot.delete_property(type="contacts", name="region")
    seen = await world.engine.poll("hubspot-prod")
    assert [one.address.key for one in world.standing(Phase.SUSPECTED)] == ["region"] and seen.confirm
    await world.engine.demand.settled()
    (found,) = world.open(key="region")
    assert found.opened_at is not None and found.opened_at - found.first_seen_at < CONFIRM
    assert found.claim.evidence["confirmed"].endswith("(OBJECT_NOT_FOUND)")
    assert (await said(world, found)).by == "admin-01@example.com"
    world.clock.advance(CONFIRM)
    again = await world.engine.poll("hubspot-prod", ids=seen.confirm, fresh=True)
    assert ({one.address.source for one in again.events}, again.confirm) == ({"definition", "mapping"}, frozenset())


@pytest.mark.parametrize("other", ["account", "grant", "nobody knows"])
async def test_what_another_credential_does_not_see_is_not_gone(world: World, other: str) -> None:
    """The list was cut by the vendor; before it is asked for the one thing, another credential takes the place."""
    world.hubspot.delete_property(type="contacts", name="region")
    poller = world.engine.pollers["hubspot-prod"]
    look_around, done = poller.aside, False

    async def aside(most: int, deadline: float) -> Any:
        nonlocal done
        if not done:
            if other == "account":
                world.hubspot.set_portal(portal=99, account_type="SANDBOX")
            elif other == "grant":
                world.hubspot.revoke(scope="forms")
            else:
                world.hubspot.fail(path="/account-info", times=99)
        done = True
        return await look_around(most, deadline)

    poller.aside = aside  # type: ignore[method-assign]
    await world.engine.poll("hubspot-prod")
    await world.engine.demand.settled()
    assert done and world.standing(Phase.SUSPECTED, key="region") and not world.open(key="region")


@pytest.mark.parametrize("answer", [Resource("region", {}), Denied("no"), Throttled("later")])
async def test_a_resource_clears_the_suspicion_and_a_fault_leaves_it_to_the_second_reading(
    world: World, answer: Resource | Fault
) -> None:
    world.hubspot.delete_property(type="contacts", name="region")

    async def look(aside: Any, ref: Any, key: str) -> Any:
        return answer

    world.engine.pollers["hubspot-prod"].look = look  # type: ignore[method-assign]
    seen = await world.engine.poll("hubspot-prod")
    await world.engine.demand.settled()
    assert world.open(key="region") == []
    assert bool(world.standing(Phase.SUSPECTED, key="region")) is isinstance(answer, Fault)
    world.clock.advance(CONFIRM)
    await world.engine.poll("hubspot-prod", ids=seen.confirm, fresh=True)
    assert bool(world.open(key="region")) is isinstance(answer, Fault)


async def test_a_vendor_without_a_distinct_absence_is_not_looked_at(world: World) -> None:
    world.salesforce.delete_field(object="Lead", name="UTM_Campaign__c")
    asks = []

    async def look(aside: Any, ref: Any, key: str) -> Any:
        asks.append(key)
        return Absent("never")

    world.engine.pollers["salesforce-prod"].look = look  # type: ignore[method-assign]
    await polled(world, "salesforce-prod")
    assert asks == [] and world.standing(Phase.SUSPECTED, key="UTM_Campaign__c")
    assert world.open(key="UTM_Campaign__c") == []


async def test_looks_are_few_and_once_for_each_suspicion(world: World) -> None:
    names = [row["name"] for row in world.hubspot.properties["contacts"]][: demand.LOOKS + 2]
    for name in names:
        world.hubspot.purge_property(type="contacts", name=name)
    asks: list[str] = []

    async def look(aside: Any, ref: Any, key: str) -> Any:
        asks.append(key)
        return Denied("no")

    engine: Engine = world.engine
    engine.pollers["hubspot-prod"].look = look  # type: ignore[method-assign]
    await polled(world, "hubspot-prod")
    assert len(asks) == demand.LOOKS
    await polled(world, "hubspot-prod")
    assert len(asks) == len(set(asks)) == len(names)
