"""A standing approval for somebody fits what they did, however the vendor names them; never what no plan announced."""

from __future__ import annotations

import msgspec
import pytest

from monitor.adapters.layout import encode_standing, standing_path
from monitor.core.policy import waits
from monitor.engine import demand, planning, standing
from monitor.engine.plan_shapes import Plan
from monitor.engine.standing_shapes import Asked
from tests.adapters.repositories import Person

from .conftest import World

HUB = "hubspot-prod"


async def alone(world: World) -> None:
    """Without the standing approvals of the example stack."""
    for file in world.stack.glob("standing/*.json"):
        file.unlink()
    Person(world.stack).commit("by hand")
    await world.engine.fetch()


async def test_an_actor_who_is_named_otherwise_than_by_a_mailbox_fits(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HubSpot's own mark of a property's last change names the user by an id."""
    await alone(world)
    monkeypatch.setattr(demand, "SOUGHT", 0)  # nobody is asked for the name behind the id
    id = next(user["id"] for user in world.hubspot.users if user["email"] == world.hubspot.actor)
    asked = Asked(
        uuid="s", id="service", owner="marketing-operations", reason="The import names its own fields", cap=5,
        until=world.clock.now() + 86_400.0, rules=("*.label.changed",), actor=str(id),
    )  # fmt: skip
    await standing.add(world.engine, asked, "local:tester", "test")
    await world.engine.commit_decisions()
    text = await world.engine.baselines.text(standing_path("service"))
    assert text is not None and f'"{id}"' not in text, "who it is stays in the store"
    (row,) = [one for one in standing.standing(world.engine) if one.id == "service"]
    assert row.actor == str(id)
    world.hubspot.alter_property(type="companies", name="domain", label="Web address")
    await world.engine.poll(HUB)
    (found,) = world.open(subject=HUB, scope="companies", key="domain")
    assert waits(found) == "service"
    world.hubspot.actor = "admin-02@example.com"
    world.hubspot.alter_property(type="companies", name="name", label="Firm")
    await world.engine.poll(HUB)
    (found,) = world.open(subject=HUB, scope="companies", key="name")
    assert waits(found) == "", "somebody else did that"
    (made,) = world.engine.baselines.standing
    plain = msgspec.structs.replace(made, id="plain", actor="HubSpot workflow 12")  # as people write one by hand
    Person(world.stack).commit("by hand", **{standing_path("plain"): encode_standing(plain)})
    await world.engine.fetch()
    actors = {one.id: one.actor for one in world.engine.context(world.engine.integrations[HUB]).standing}
    assert actors == {"service": made.actor, "plain": world.engine.people.pseudonym("HubSpot workflow 12")}


async def test_what_came_beside_a_deployment_waits_for_a_person(world: World) -> None:
    """Its level stays, and so it would be taken; but "not in the plan" is said for somebody to see."""
    await alone(world)
    asked = Asked(
        uuid="s", id="labels", owner="marketing-operations", reason="Words on a page break nothing", cap=5,
        until=world.clock.now() + 86_400.0, rules=("*.label.changed",),
    )  # fmt: skip
    await standing.add(world.engine, asked, "local:tester", "test")
    await world.engine.commit_decisions()
    world.hubspot.alter_property(type="companies", name="domain", label="Web address")
    await world.player.round()
    (found,) = world.open(subject=HUB, scope="companies", key="domain")
    assert waits(found) == "labels"
    plan = Plan(
        ticket="T-1", id="d-1", integrations=(HUB,), patterns=(f"{HUB}/field/contacts/region",), uuid="p",
        start=world.clock.now() - 3600.0,
    )  # fmt: skip
    await planning.add(world.engine, plan, "local:tester", "test")
    await world.engine.commit_decisions()
    verdict = found.claim.verdict
    assert verdict is not None and (verdict.beside, verdict.standing, waits(found)) == ("d-1", "", "")
