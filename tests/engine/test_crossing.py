"""Flows and definitions over the real engine: what breaks at one end is said, whatever is decided about the drift."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor.core.model import Phase
from monitor.engine import crossing, views
from monitor.engine.gauges import snapshot
from monitor.engine.shapes import Filter

from .conftest import World

HUB, SFDC = "hubspot-prod", "salesforce-prod"


def lose_stage(world: World) -> None:
    world.hubspot.remove_option(type="contacts", name="lifecyclestage", value="salesqualifiedlead")


def flows_without(folder: Path, **parts: Any) -> None:
    file = folder / "flows.yaml"
    said = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump({**said, **parts}))


async def test_approving_a_change_at_one_end_does_not_hide_what_it_breaks_at_the_other(world: World) -> None:
    lose_stage(world)
    await world.engine.poll(HUB)
    (drift,) = world.open(source="drift")
    (broken,) = world.open(source="mapping")
    left = world.open(source="definition")
    assert (broken.cause, {one.cause for one in left}) == (drift.id, {drift.id})
    told = {event.finding for _, event in await world.engine.store.events(limit=100) if event.told}
    assert drift.id in told and broken.id not in told
    await world.decide("approve", drift)
    await world.engine.commit_decisions()
    assert world.open(source="drift") == []
    assert world.open(source="mapping") == [broken] and world.open(source="definition") == left
    assert broken.cause == ""
    events = [event for _, event in await world.engine.store.events(limit=1000) if event.finding == broken.id]
    assert events[-1].type == "hung" and events[-1].told
    await world.engine.poll(HUB)
    await world.engine.poll(SFDC)
    assert world.open(source="mapping") == [broken]


async def test_what_vanished_breaks_a_flow_only_when_it_is_believed_to_be_gone(world: World) -> None:
    world.salesforce.delete_field(object="Lead", name="UTM_Campaign__c")
    seen = await world.engine.poll(SFDC)
    assert world.standing(Phase.SUSPECTED, source="drift")
    assert world.open(source="mapping") == world.open(source="definition") == []
    unknown = world.engine.crossing.unknown["contact-to-lead"]
    assert any("UTM_Campaign__c of Lead in salesforce-prod was not seen" in one for one in unknown)
    world.clock.advance(45)
    await world.engine.poll(SFDC, ids=seen.confirm, fresh=True)
    assert {one.address.subject for one in world.open(source="mapping")} == {"contact-to-lead", "lead-to-hightouch"}
    assert {one.cause for one in world.open(source="mapping")} == {
        one.id for one in world.open(key="UTM_Campaign__c", source="drift")
    }


async def test_an_end_that_cannot_be_read_neither_breaks_nor_mends_a_flow(world: World) -> None:
    lose_stage(world)
    await world.engine.poll(HUB)
    broken = world.open(source="mapping")
    world.hubspot.revoke(scope="crm.schemas.contacts.read")
    await world.engine.poll(HUB)
    assert world.open(source="mapping") == broken
    assert any(one.startswith("contacts of hubspot-prod was not read whole") for one in
               world.engine.crossing.unknown["contact-to-lead"])  # fmt: skip
    world.hubspot.grant(scope="crm.schemas.contacts.read")
    world.hubspot.add_option(type="contacts", name="lifecyclestage", option="salesqualifiedlead=SQL")
    await world.engine.poll(HUB)
    assert world.open(source="mapping") == []


async def test_a_change_at_the_target_is_said_of_the_flow_when_the_target_is_read(world: World) -> None:
    world.salesforce.alter_field(object="Lead", name="Score__c", calculated=True)
    await world.engine.poll(SFDC)
    (broken,) = world.open(source="mapping", fact="writable")
    assert (broken.address.subject, broken.claim.verdict and broken.claim.verdict.owner) == (
        "contact-to-lead", "revenue-operations",
    )  # fmt: skip
    (row,) = [row for row in views.findings(world.engine, Filter(children=True, source="mapping")).items]
    assert (row.integration, row.title) == (SFDC, "Salesforce (production)")
    assert (await views.detail(world.engine, broken.id)).parent is not None


async def test_a_flow_that_nobody_keeps_any_more_takes_its_findings_with_it(world: World) -> None:
    lose_stage(world)
    await world.engine.poll(HUB)
    standing = [*world.open(source="mapping"), *world.open(source="definition")]
    assert len(standing) == 3
    flows_without(world.stage.config.folder, flows=[], definitions=[])
    assert await world.engine.reload() == ()
    assert {(one.phase, one.closing) for one in standing} == {(Phase.CLOSED, "withdrawn")}
    assert "contact-to-lead" not in world.engine.removed


async def test_a_flow_that_is_new_is_looked_at_without_a_call(world: World) -> None:
    file = world.stage.config.folder / "flows.yaml"
    said = yaml.safe_load(file.read_text())
    said["flows"][0]["fields"].append({"from": "nowhere", "to": "Email"})
    file.write_text(yaml.safe_dump(said))
    before = world.stage.requests
    assert await world.engine.reload() == ()
    (broken,) = world.open(source="mapping")
    assert (broken.address.key, world.stage.requests) == ("nowhere", before)
    open_ = next(one for one in snapshot(world.engine).series if one.name == "driftline_finding_open")
    place = dict(zip(open_.labels, next(k for k, v in open_.values.items() if v and "mapping" in k), strict=True))
    assert (place["integration"], place["owner"], place["severity"]) == (HUB, "revenue-operations", "breaking")


async def test_a_mapping_cannot_be_approved_away(world: World) -> None:
    lose_stage(world)
    await world.engine.poll(HUB)
    detail = await views.detail(world.engine, world.open(source="mapping")[0].id)
    assert {"approve", "reject"}.isdisjoint(choice.kind for choice in detail.choices)


async def test_nothing_is_looked_at_again_while_nothing_moves(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Any] = []
    real = crossing.load

    async def counted(engine: Any, wanted: Any, newest: Any, fresh: Any) -> Any:
        looked.append(wanted)
        return await real(engine, wanted, newest, fresh)

    for name in (HUB, SFDC):
        await world.engine.poll(name)  # an engine that was just opened looks once
    monkeypatch.setattr(crossing, "load", counted)
    for name in (HUB, SFDC, HUB):
        await world.engine.poll(name)
    assert looked == []
    world.hubspot.alter_property(type="contacts", name="region", label="Region of sales")
    await world.engine.poll(HUB)
    assert len(looked) == 1


async def test_an_integration_that_goes_while_another_is_looked_at_is_passed_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = crossing.load

    async def meanwhile(engine: Any, wanted: Any, newest: Any, fresh: Any) -> Any:
        loaded = await real(engine, wanted, newest, fresh)
        engine.integrations.pop(HUB)  # as a new name of it does
        return loaded

    monkeypatch.setattr(crossing, "load", meanwhile)
    world.salesforce.alter_field(object="Lead", name="Region__c", label="Region of sales")
    seen = await world.engine.poll(SFDC)
    assert seen.reading.outcome == "ok" and [one.address.key for one in world.open(source="drift")] == ["Region__c"]
    assert world.open(source="mapping") == []


async def test_a_look_that_fails_leaves_nothing_in_memory_that_the_store_does_not_have(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("cannot look")

    lose_stage(world)
    with monkeypatch.context() as at, pytest.raises(RuntimeError, match="cannot look"):
        at.setattr(crossing, "look", broken)
        await world.engine.poll(HUB)
    assert world.open() == []
    await world.engine.poll(HUB)
    (drift,) = world.open(source="drift")
    assert drift.id in {event.finding for _, event in await world.engine.store.events(limit=100) if event.told}
