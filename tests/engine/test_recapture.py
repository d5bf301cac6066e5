"""Another account under the same name: said, compared with nothing, captured anew when a person says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from monitor.core.model import Closing, Finding, Phase
from monitor.engine import views
from monitor.engine.request import Refused
from monitor.web.app import create_app
from probes.kit.contract import Kind, Ref

from .conftest import World, captured

HUB = "hubspot-prod"
CONTACTS, DEALS = Ref(Kind.FIELD, "contacts"), Ref(Kind.FIELD, "deals")


async def refreshed(world: World) -> Finding:
    """Drift is open, then the account is replaced by one that also differs in its own ways."""
    world.hubspot.alter_property(type="contacts", name="lead_score", label="Points")
    await world.player.round()
    world.hubspot.set_portal(portal=99, account_type="SANDBOX")
    world.hubspot.remove_option(type="contacts", name="lifecyclestage", value="other")
    await world.player.round()
    (found,) = world.open(subject=HUB, source="fault")
    return found


async def test_the_replaced_account_becomes_the_baseline_by_one_commit_of_that_person(world: World) -> None:
    found = await refreshed(world)
    assert "capture it anew" in found.claim.words
    head = world.engine.baselines.seen
    await world.decide("recapture", found, reason="The sandbox was refreshed")
    assert found.phase is Phase.OPEN  # nothing is so before it was read and is in git
    await world.engine.poll(HUB, listings=["account"])  # whatever was due: all of it is read
    await world.engine.commit_decisions()
    assert (found.phase, found.closing) == (Phase.CLOSED, Closing.APPROVED)
    assert world.open(subject=HUB) == []
    approved = await world.engine.baselines.sight(HUB)
    assert approved is not None and approved.account == "99"
    body = await world.engine.baselines.body(HUB, CONTACTS)
    assert body is not None and body.rows["lead_score"].facts["label"] == "Points"
    assert await world.git("rev-list", "--count", f"{head}..{world.engine.baselines.seen}") == "1\n"
    said = await world.git("log", "-1", "--format=%B", world.engine.baselines.ref)
    assert "account 99 took the place of" in said and "The sandbox was refreshed" in said
    who = [(entry.who, entry.what) for entry in await world.trail()]
    assert who.count(("local:tester", "recapture")) == 2  # asked for, and carried out
    origin = await world.engine.store.origin(HUB, CONTACTS, "lead_score", "label")
    assert origin is not None and (origin.how, origin.by) == ("captured", "local:tester")
    assert (await world.engine.poll(HUB)).events == ()
    assert world.engine.integrations[HUB].proposals == {}


async def test_what_the_old_account_alone_had_leaves_baseline_and_memory(world: World) -> None:
    live = world.engine.integrations[HUB]
    world.hubspot.alter_property(type="deals", name="amount", label="Sum")
    await world.player.round()
    (old,) = world.open(subject=HUB, scope="deals")
    found = await refreshed(world)
    file = world.stack / "config" / "integrations" / "hubspot-prod.yaml"
    file.write_text(file.read_text() + 'watch:\n- {kind: field, scope: deals, level: "off"}\n')
    assert await world.engine.reload() == ()
    await world.decide("recapture", found, reason="Refreshed")
    await world.engine.poll(HUB)
    await world.engine.commit_decisions()
    assert await world.engine.baselines.body(HUB, DEALS) is None
    assert DEALS not in live.known and DEALS not in await world.engine.store.lasts(HUB)
    assert old.phase is Phase.CLOSED


async def test_a_reading_with_failures_waits_for_the_next_and_only_for_an_hour(world: World) -> None:
    found = await refreshed(world)
    world.hubspot.cut(path="/crm/pipelines", at_byte=20, times=1000)
    await world.decide("recapture", found, reason="Refreshed")
    await world.engine.poll(HUB)
    await world.engine.commit_decisions()
    assert found.phase is Phase.OPEN and world.engine.integrations[HUB].recapture is not None
    assert world.open(subject=HUB, key="lead_score") != []  # what the old account had drifted by stands till then
    world.clock.advance(3600)
    await world.engine.poll(HUB)
    await world.engine.commit_decisions()
    assert found.phase is Phase.CLOSED
    assert await world.engine.baselines.body(HUB, CONTACTS) is not None


async def test_the_right_credential_ends_it(world: World) -> None:
    portal = world.hubspot.portal
    found = await refreshed(world)
    await world.decide("recapture", found, reason="Refreshed")
    world.hubspot.set_portal(portal=portal, account_type="STANDARD")
    head = world.engine.baselines.seen
    await world.player.round()
    assert world.engine.integrations[HUB].recapture is None
    assert (found.phase, world.engine.baselines.seen) == (Phase.CLOSED, head)
    assert world.open(key="lifecyclestage") != []  # and is compared with what was approved


async def test_a_restart_between_word_and_reading_forgets_nothing(tmp_path: Path) -> None:
    from monitor.engine.opening import open_engine

    async with captured(tmp_path) as world:
        found = await refreshed(world)
        await world.decide("recapture", found, reason="Refreshed")
        await world.engine.close()
        await world.engine.store.close()
        async with open_engine(world.stage.config, world.clock) as again:
            await again.poll(HUB)
            await again.commit_decisions()
            assert again.ledger.findings[found.id].phase is Phase.CLOSED


async def test_it_is_for_another_account_alone(world: World) -> None:
    world.hubspot.alter_property(type="contacts", name="lead_score", label="Points")
    await world.player.round()
    (found,) = world.open(key="lead_score")
    with pytest.raises(Refused, match="says of another account"):
        await world.decide("recapture", found, reason="r")


@pytest.mark.parametrize("way", ["page", "api"])
async def test_page_and_api_offer_it_and_take_it(world: World, way: str) -> None:
    found = await refreshed(world)
    view = await views.detail(world.engine, found.id)
    assert view.choices[0].kind == "recapture"
    asked: dict[str, Any] = {"uuid": "u-1", "kind": "recapture", "reason": "Refreshed"}
    transport = httpx.ASGITransport(app=create_app(world.engine))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9731") as client:
        if way == "page":
            page = await client.get(f"/findings/{found.id}")
            assert 'value="recapture"' in page.text
            data = {**asked, "fingerprint": found.claim.fingerprint}
            done = await client.post(f"/findings/{found.id}/decide", data=data)
            assert "is being read" in (await client.get(done.headers["location"])).text
        else:
            body = {**asked, "findings": {found.id: found.claim.fingerprint}}
            done = await client.post("/api/v1/decisions", json=body)
            assert json.loads(done.text)["kind"] == "recapture"
    await world.engine.poll(HUB)
    await world.engine.commit_decisions()
    assert found.phase is Phase.CLOSED


async def test_what_a_person_asked_for_is_carried_to_the_new_name(tmp_path: Path) -> None:
    async with captured(tmp_path) as world:
        found = await refreshed(world)
        await world.decide("recapture", found, reason="Refreshed")
        folder = world.stack / "config" / "integrations"
        old = folder / f"{HUB}.yaml"
        (folder / "hubspot-eu.yaml").write_text(f"renamed_from: {HUB}\n" + old.read_text())
        old.unlink()
        flows = world.stack / "config" / "flows.yaml"
        flows.write_text(flows.read_text().replace(HUB, "hubspot-eu"))
        assert await world.engine.reload() == ()
        wanted = world.engine.integrations["hubspot-eu"].recapture
        assert wanted is not None and wanted.account == "99"
        await world.engine.poll("hubspot-eu")
        await world.engine.commit_decisions()
        approved = await world.engine.baselines.sight("hubspot-eu")
        assert approved is not None and approved.account == "99"
        assert world.open(subject="hubspot-eu", source="fault") == []
        assert await world.engine.store.flags("recapture/") == {}
