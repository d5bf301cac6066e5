"""How flows stand on every surface: what cannot be judged is a state of its own, never broken and never in step."""

from __future__ import annotations

from monitor.engine import views
from monitor.engine.flowlist import FlowRow, flows
from monitor.engine.gauges import snapshot
from monitor.engine.opening import open_engine

from .conftest import World

HUB, SFDC = "hubspot-prod", "salesforce-prod"


def rows(world: World) -> dict[str, FlowRow]:
    return {row.id: row for row in flows(world.engine)}


def state(world: World, flow: str) -> list[str]:
    (series,) = [one for one in snapshot(world.engine).series if one.name == "driftline_flow_state"]
    return [labels[-1] for labels, on in series.values.items() if flow in labels and on]


async def test_an_end_that_is_not_monitored_leaves_a_flow_unknown(world: World) -> None:
    there = rows(world)
    assert {id: row.state for id, row in there.items()} == {
        "contact-to-lead": "fits", "lead-to-contact": "fits", "lead-to-hightouch": "unknown",
        "hightouch-to-google-ads": "unknown",
    }  # fmt: skip
    assert there["contact-to-lead"].unknown == () and there["contact-to-lead"].fields == 10
    assert any("hightouch" in words for words in there["lead-to-hightouch"].unknown)
    assert views.overview(world.engine).partly == 2
    assert state(world, "lead-to-hightouch") == ["unknown"] and state(world, "contact-to-lead") == ["fits"]


async def test_after_a_restart_it_is_said_without_a_reading(world: World) -> None:
    before, config, clock = rows(world), world.stage.config, world.clock
    await world.engine.close()
    await world.engine.store.close()
    async with open_engine(config, clock) as again:
        assert {row.id: row for row in flows(again)} == before


async def test_an_end_that_could_not_be_read_is_unknown_and_not_broken(world: World) -> None:
    world.hubspot.revoke("crm.schemas.contacts.read")
    await world.engine.poll(HUB)
    row = rows(world)["contact-to-lead"]
    assert (row.state, row.findings) == ("unknown", ()) and row.unknown
    (parts,) = [one for one in snapshot(world.engine).series if one.name == "driftline_flow_unknown_parts"]
    assert parts.values["example", "contact-to-lead"] == len(row.unknown)


async def test_what_is_open_about_a_flow_is_named_beside_what_is_not_known(world: World) -> None:
    world.hubspot.remove_option(type="contacts", name="lifecyclestage", value="salesqualifiedlead")
    await world.engine.poll(HUB)
    (broken,) = world.open(source="mapping")
    row = rows(world)["contact-to-lead"]
    assert (row.state, row.findings) == ("broken", (broken.id,))
    assert state(world, "contact-to-lead") == ["broken"]
