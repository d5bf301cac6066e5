"""driftline flows propose over the example stack, with flows.yaml empty: what is found, and how sure."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import yaml

from monitor.config import ConfigError, load
from monitor.core.graph import End
from monitor.core.proposing import Proposed
from monitor.engine.proposing import propose
from monitor.setup.confirm import confirm
from probes.kit.contract import Kind

from .conftest import World

Edge = tuple[str, str, str, str, str, str]


def edges(found: tuple[Proposed, ...]) -> dict[Edge, str]:
    return {
        (f.source.integration, f.source.scope, p.source, f.target.integration, f.target.scope, p.target): p.strength
        for f in found for p in f.fields
    }  # fmt: skip


async def test_the_edges_of_the_example_stack_are_found_and_none_that_is_wrong_is_certain(world: World) -> None:
    """Of all that flows.yaml says. An end at a system that nobody reads counts as found where the field and the system
    are right: what the field is called there, nothing tells, and nothing is made up."""
    read = world.engine.integrations.keys()
    wanted = {
        (f.source.integration, f.source.scope, p.source, f.target.integration, f.target.scope, p.target)
        if f.target.integration in read
        else (f.source.integration, f.source.scope, p.source, f.target.integration, "", "")
        for f in world.engine.config.flows for p in f.fields
    }  # fmt: skip
    (world.stack / "config" / "flows.yaml").write_text("flows: []\n")
    assert await world.engine.reload() == ()
    found = edges(await propose(world.engine))
    assert len(wanted) == 14
    assert len(wanted & found.keys()) >= 0.8 * len(wanted)
    assert {edge[3] for edge in wanted - found.keys()} <= {"google-ads"}, "fed by a system that nobody reads either"
    assert [edge for edge, strength in found.items() if strength == "certain" and edge not in wanted] == []
    assert sum(strength == "likely" for edge, strength in found.items() if edge in wanted) >= 12
    assert not [edge for edge in found if "modif" in edge[2] or "Modif" in edge[5]], "what a system keeps for itself"


async def test_a_right_made_for_a_system_that_nobody_monitors_tells_what_it_reads(world: World) -> None:
    assert not [one for one in await propose(world.engine) if one.elsewhere], "flows.yaml has it"
    config = world.stack / "config"
    (config / "flows.yaml").write_text("flows: []\n")
    await world.engine.reload()
    (flow,) = [one for one in await propose(world.engine) if one.elsewhere]
    assert (flow.id, flow.reader, flow.target) == ("lead-to-hightouch", "Hightouch_Integration", End("hightouch", ""))
    said = "Hightouch_Integration may read 2 of the 28 fields of Lead that need a right, and may change nothing"
    assert flow.evidence[0] == said
    confirm(config, [(flow, flow.fields)])
    assert await world.engine.reload() == ()
    (used,) = world.engine.config.flows
    assert (used.reader, used.target, [pair.source for pair in used.fields]) == (
        "Hightouch_Integration", End("hightouch", ""), ["Status", "UTM_Campaign__c"])  # fmt: skip
    assert world.engine.config.elsewhere == {"hightouch"}
    assert not [one for one in await propose(world.engine) if one.elsewhere], "it is not proposed again"
    world.salesforce.set_permission("Hightouch_Integration", "Lead", "UTM_Campaign__c", read=False)
    await world.player.round()
    (broken,) = world.open(subject="lead-to-hightouch")
    assert broken.address.kind is Kind.PERMISSION and "UTM_Campaign__c" in broken.address.key


@pytest.mark.parametrize(
    ("change", "strength"),
    [
        (("unassign", "advertising-sync@example.com", "Hightouch_Integration"), "possible"),
        (("assign", "sales-desk@example.com", "Hightouch_Integration"), "possible"),
        (("set_permission", "Hightouch_Integration", "Lead", "Status", True, True), ""),
    ],
)
async def test_what_is_less_sure_is_less_strong(world: World, change: tuple[Any, ...], strength: str) -> None:
    """Nobody has it; people have it too; it may change what it reads."""
    (world.stack / "config" / "flows.yaml").write_text("flows: []\n")
    await world.engine.reload()
    method, *arguments = change
    getattr(world.salesforce, method)(*arguments)
    await world.player.round()
    found = {pair.strength for one in await propose(world.engine) if one.elsewhere for pair in one.fields}
    assert found == ({strength} if strength else set())


async def test_what_is_confirmed_is_used_and_not_proposed_again_and_hand_written_files_stay(world: World) -> None:
    config = world.stack / "config"
    (config / "flows.yaml").write_text("# by hand\nflows: []\n")
    await world.engine.reload()
    (flow,) = [one for one in await propose(world.engine) if one.id == "contacts-to-lead"]
    first, second = flow.fields[:2], flow.fields[2:4]
    file = confirm(config, [(flow, first)])
    assert file.name == "flows-confirmed.yaml" and await world.engine.reload() == ()
    (used,) = world.engine.config.flows
    assert [(pair.source, pair.target) for pair in used.fields] == [(pair.source, pair.target) for pair in first]
    assert (used.owner, used.writer, used.creates) == ("revenue-operations", "HubSpot_Integration", True)
    again = edges(await propose(world.engine))
    assert not [edge for edge in again if edge[4] == "Lead" and edge[5] in {pair.target for pair in first}]
    confirm(config, [(flow, second)])
    assert [len(one.fields) for one in load(config).flows] == [4]
    assert (config / "flows.yaml").read_text() == "# by hand\nflows: []\n"


async def test_what_would_not_be_valid_is_not_written(world: World) -> None:
    config = world.stack / "config"
    flow = (await propose(world.engine))[0]
    said = yaml.safe_load((config / "flows.yaml").read_text())["flows"][0]["id"]
    clash = Proposed(id=said, source=flow.source, target=flow.target, owner=flow.owner, evidence=(), fields=flow.fields)
    with pytest.raises(ConfigError, match="a name of its own"):
        confirm(config, [(clash, clash.fields)])
    assert not (config / "flows-confirmed.yaml").exists()
    file = confirm(config, [(flow, flow.fields[:1])])
    kept = file.read_bytes()
    other = {"id": "x", "source": flow.target, "target": flow.source, "owner": "nobody"}
    with pytest.raises(ConfigError, match="a team of people"):
        confirm(config, [(Proposed(**{**msgspec.structs.asdict(flow), **other}), flow.fields)])
    assert file.read_bytes() == kept
