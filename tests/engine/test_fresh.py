"""New objects that no watch rule names: counted as not watched, and no drift."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from monitor.engine import views
from monitor.engine.firstlook import first_look
from monitor.engine.gauges import snapshot

from .conftest import World

SFDC = "salesforce-prod"
NEW = ("Alpha__c", "Beta__c", "Gamma__c")


def watch(world: World, *rules: dict[str, Any]) -> None:
    file = world.stack / "config" / "integrations" / f"{SFDC}.yaml"
    own = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump({**own, "watch": [*rules, *own["watch"]]}))


async def appear(world: World, *names: str) -> None:
    for name in names:
        world.salesforce.add_object(name=name)
    await world.engine.poll(SFDC)


def counted(world: World) -> int:
    (series,) = [one for one in snapshot(world.engine).series if one.name == "driftline_objects_new_unwatched"]
    (value,) = [value for labels, value in series.values.items() if SFDC in labels]
    return int(value)


async def test_new_objects_that_nobody_named_are_counted_and_are_no_drift(world: World) -> None:
    assert counted(world) == 0
    await appear(world, *NEW)
    assert world.open(source="drift") == []
    assert (counted(world), views.overview(world.engine).fresh) == (3, 3)
    assert world.engine.integrations[SFDC].fresh == NEW
    (proposal,) = [one for one in views.proposals(world.engine, SFDC) if (one.kind, one.scope) == ("schema", "objects")]
    assert proposal.words == "not watched: 3 new (Alpha__c, Beta__c, Gamma__c)"
    look = await first_look(world.engine)
    assert "not watched: 3 new" in [one.words for one in look.lines]


async def test_the_first_look_keeps_what_is_off_by_choice_from_what_cannot_be_seen(world: World) -> None:
    for name in world.engine.integrations:
        await world.engine.poll(name)  # an engine that was just opened knows what is off with its first one
    look = await first_look(world.engine)
    off = {line.section for line in look.lines if "because the watch has them off" in line.words}
    assert off == {"Not watched by choice"} and look.sections[-1] == "Not watched by choice"


async def test_captured_they_are_a_part_of_the_baseline(world: World) -> None:
    await appear(world, *NEW)
    await world.decide("capture", integration=SFDC, scopes=["schema/objects"])
    await world.engine.commit_decisions()
    await world.engine.poll(SFDC)
    assert counted(world) == 0 and world.open() == []
    world.salesforce.delete_object(name="Alpha__c")
    seen = await world.engine.poll(SFDC)
    world.clock.advance(60)
    await world.engine.poll(SFDC, ids=seen.confirm, fresh=True)
    assert [one.address.key for one in world.open(scope="objects")] == ["Alpha__c"]


@pytest.mark.parametrize(("level", "drift", "fresh"), [("review", ["Beta__c"], 2), ("off", [], 3)])
async def test_a_rule_that_names_one_makes_it_drift_unless_it_says_off(
    world: World, level: str, drift: list[str], fresh: int
) -> None:
    await appear(world, *NEW)
    watch(world, {"scope": "Beta*", "level": level})
    assert await world.engine.reload() == ()
    await world.engine.poll(SFDC)
    assert [one.address.key for one in world.open(source="drift", scope="objects")] == drift
    assert counted(world) == fresh


async def test_rows_of_other_lists_are_drift_as_before(world: World) -> None:
    world.salesforce.add_field("Lead", "Fax__c string(40)")
    await world.engine.poll(SFDC)
    assert [one.address.key for one in world.open(kind="field", scope="Lead")] == ["Fax__c"]
