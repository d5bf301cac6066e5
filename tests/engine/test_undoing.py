"""A decision is taken back by the reverse commit, for ten minutes; what it approved is asked of people again."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from monitor.adapters.records import DecisionState
from monitor.adapters.store_prune import prune
from monitor.core.model import Phase
from monitor.engine.request import UNDO_SECONDS, Refused, as_decided
from monitor.engine.undoing import Undo, undo
from monitor.web.app import create_app
from probes.kit.contract import Kind, Ref, digest

from .conftest import World, opened

DAY = 86_400.0
HUB = "hubspot-prod"
EVENT = "Event_Registration__c"
CONTACTS = Ref(Kind.FIELD, "contacts")


async def taken_back(world: World, decision: str, uuid: str = "undo-1", **more: Any) -> Any:
    done = await undo(world.engine, Undo(uuid=uuid, decision=decision, **more), "local:tester", "test")
    await world.engine.commit_decisions()
    return await world.engine.store.decision(done.uuid)


async def relabelled(world: World, label: str = "Points") -> Any:
    """Drift about a label, approved and committed. Gives the finding and the decision."""
    world.hubspot.alter_property(type="contacts", name="lead_score", label=label)
    await world.player.round()
    (found,) = world.open(subject=HUB, key="lead_score")
    decision = await world.decide("approve", found, reason="It is called so now")
    await world.engine.commit_decisions()
    assert found.phase is Phase.CLOSED
    return found, decision


def asked_again(world: World) -> list[Any]:
    """What stands open of that label: the values that the vendor has."""
    return [one.claim.after for one in world.open(subject=HUB, key="lead_score")]


async def label(world: World) -> str:
    body = await world.engine.baselines.body(HUB, CONTACTS)
    assert body is not None
    return str(body.rows["lead_score"].facts["label"])


async def test_an_approval_is_undone_by_the_reverse_commit_and_the_change_is_asked_again(world: World) -> None:
    before = await label(world)
    _, decision = await relabelled(world)
    head = world.engine.baselines.seen
    sent = len(world.hubspot.requests)
    done = await taken_back(world, decision.uuid)
    assert (done.state, done.undoes) == (DecisionState.COMMITTED, decision.uuid)
    assert await label(world) == before and asked_again(world) == ["Points"]
    assert len(world.hubspot.requests) == sent  # no call to the vendor
    assert await world.git("rev-list", "--count", f"{head}..{world.engine.baselines.seen}") == "1\n"
    assert await world.git("diff", "--stat", f"{head}~1", world.engine.baselines.seen) == ""
    said = await world.git("log", "-1", "--format=%B", world.engine.baselines.ref)
    assert said.startswith("Undo: Approve contacts/lead_score/label") and "Driftline-Decision: undo-1" in said
    (entry,) = [one for one in await world.engine.store.trail() if one.what == "undo"]
    assert entry.who.startswith("local:p-") and entry.data["undoes"] == decision.uuid


async def test_what_was_captured_is_captured_again_and_not_approved(world: World) -> None:
    _, decision = await relabelled(world)
    origin = await world.engine.store.origin(HUB, CONTACTS, "lead_score", "label")
    assert origin is not None and origin.how == "approved"
    await taken_back(world, decision.uuid)
    origin = await world.engine.store.origin(HUB, CONTACTS, "lead_score", "label")
    assert origin is not None and origin.how == "captured"
    assert origin.sha != decision.sha


async def test_an_earlier_approval_is_the_origin_again(world: World) -> None:
    _, first = await relabelled(world, "Points")
    world.clock.advance(3600)
    _, second = await relabelled(world, "Score points")
    await taken_back(world, second.uuid)
    row = await world.engine.store.decision(first.uuid)
    origin = await world.engine.store.origin(HUB, CONTACTS, "lead_score", "label")
    assert row is not None and origin is not None and (origin.how, origin.sha) == ("approved", row.sha)


async def test_a_resource_that_was_approved_away_comes_back_with_the_scopes_that_hung_on_it(world: World) -> None:
    world.salesforce.delete_object(name=EVENT)
    await world.player.round()
    gone = world.open(kind="schema", key=EVENT)
    ref = Ref(Kind.FIELD, EVENT)
    had = await world.engine.baselines.raw("salesforce-prod", ref)
    assert had is not None
    decision = await world.decide("approve", *gone, reason="Not needed any more")
    await world.engine.commit_decisions()
    assert await world.engine.baselines.raw("salesforce-prod", ref) is None
    await taken_back(world, decision.uuid)
    assert await world.engine.baselines.raw("salesforce-prod", ref) == had
    (again,) = world.standing(Phase.SUSPECTED, kind="schema", key=EVENT)  # what was read before confirms nothing
    await world.player.round()
    assert again.phase is Phase.OPEN


async def test_an_undo_can_be_undone_and_no_decision_twice(world: World) -> None:
    _, decision = await relabelled(world)
    await taken_back(world, decision.uuid)
    with pytest.raises(Refused, match="was undone already"):
        await taken_back(world, decision.uuid, "undo-2")
    assert asked_again(world) == ["Points"]
    await taken_back(world, "undo-1", "redo")
    assert await label(world) == "Points" and asked_again(world) == []
    approved = await world.engine.store.decision(decision.uuid)
    origin = await world.engine.store.origin(HUB, CONTACTS, "lead_score", "label")
    assert approved is not None and origin is not None and (origin.how, origin.sha) == ("approved", approved.sha)
    again = await undo(world.engine, Undo(uuid="redo", decision="undo-1"), "local:tester", "test")
    assert again.uuid == "redo"  # asked twice, done once


async def test_after_ten_minutes_others_have_built_on_it(world: World) -> None:
    _, decision = await relabelled(world)
    row = await world.engine.store.decision(decision.uuid)
    assert row is not None and as_decided(row).undo_until == row.at + UNDO_SECONDS
    world.clock.advance(UNDO_SECONDS + 61)
    with pytest.raises(Refused, match=r"decided 11 minutes ago.*can be undone for 10"):
        await taken_back(world, decision.uuid)


async def test_what_wrote_nothing_into_git_has_nothing_to_undo(world: World) -> None:
    world.hubspot.alter_property(type="contacts", name="lead_score", label="Points")
    await world.player.round()
    (found,) = world.open(subject=HUB, key="lead_score")
    decision = await world.decide("acknowledge", found)
    assert as_decided(decision).undo_until is None
    with pytest.raises(Refused, match="there is no commit to undo"):
        await taken_back(world, decision.uuid)
    with pytest.raises(Refused, match="There is no decision 'nobody'"):
        await taken_back(world, "nobody")
    _, approved = await relabelled(world, "More points")
    with pytest.raises(Refused, match="undone as a whole"):
        await taken_back(world, approved.uuid, findings=("another",))


async def test_a_value_that_moved_on_since_is_not_overwritten(world: World) -> None:
    _, first = await relabelled(world, "Points")
    await relabelled(world, "Score points")
    done = await taken_back(world, first.uuid)
    assert done.state is DecisionState.CONFLICTED and "neither what you saw nor the new" in done.note
    assert await label(world) == "Score points"


async def test_what_is_on_its_way_into_git_is_committed_first(world: World) -> None:
    world.hubspot.alter_property(type="contacts", name="lead_score", label="Points")
    await world.player.round()
    (found,) = world.open(subject=HUB, key="lead_score")
    before = await label(world)
    decision = await world.decide("approve", found)
    await taken_back(world, decision.uuid)
    assert await label(world) == before and asked_again(world) == ["Points"]


async def test_an_ignore_is_undone_and_what_it_hid_is_told(world: World) -> None:
    world.hubspot.alter_property(type="contacts", name="lead_score", label="Points")
    await world.player.round()
    (found,) = world.open(subject=HUB, key="lead_score")
    decision = await world.decide("ignore", found, reason="Later", until="2030-01-01", owner="marketing-operations")
    await world.engine.commit_decisions()
    assert found.ignored_by == found.id
    await taken_back(world, decision.uuid)
    assert found.ignored_by == "" and world.engine.baselines.ignores == ()


async def test_a_recapture_is_undone_though_the_old_baselines_are_in_git_alone(world: World) -> None:
    world.hubspot.set_portal(portal=99, account_type="SANDBOX")
    world.hubspot.alter_property(type="contacts", name="lead_score", label="Points")
    await world.player.round()
    (found,) = world.open(subject=HUB, source="fault")
    had = await world.engine.baselines.raw(HUB, CONTACTS)
    assert had is not None
    head = world.engine.baselines.seen
    asked = await world.decide("recapture", found, reason="Refreshed")
    await world.engine.poll(HUB)
    await world.engine.commit_decisions()
    assert await world.engine.baselines.raw(HUB, CONTACTS) != had
    await prune(world.engine.store, world.clock.now() + 400 * DAY, world.engine.config.service.retention)
    kept = await world.engine.store.have_content([digest(had)])
    assert kept == set()
    await taken_back(world, f"{asked.uuid}-capture")
    assert await world.engine.baselines.raw(HUB, CONTACTS) == had
    assert await world.git("diff", "--stat", head, world.engine.baselines.seen) == ""


async def test_a_first_capture_is_undone_by_taking_its_files_away(tmp_path: Any) -> None:
    async with opened(tmp_path) as world:
        await world.engine.poll(HUB)
        decision = await world.decide("capture", integration=HUB)
        await world.engine.commit_decisions()
        assert world.engine.index(HUB)
        await taken_back(world, decision.uuid)
        assert world.engine.index(HUB) == {}
        assert CONTACTS in world.engine.integrations[HUB].proposals


async def test_the_pages_offer_it_and_the_api_takes_it(world: World) -> None:
    found, decision = await relabelled(world)
    transport = httpx.ASGITransport(app=create_app(world.engine))
    headers = {"sec-fetch-site": "same-origin"}
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as page:
        for path in (f"/findings/{found.id}?decided={decision.uuid}", "/history"):
            assert f'action="/undo/{decision.uuid}"' in (await page.get(path)).text
        sent = await page.post(f"/undo/{decision.uuid}", data={"uuid": "by-form"})
        assert sent.status_code == 303 and sent.headers["location"] == f"/findings/{found.id}?decided=by-form"
        await world.engine.commit_decisions()
        shown = (await page.get("/history")).text
        assert f'action="/undo/{decision.uuid}"' not in shown and ">undone<" in shown
        asked = {"uuid": "by-api", "decision": "by-form"}
        made = await page.post("/api/v1/undo", json=asked)
        assert made.status_code == 202 and made.json()["undoes"] == "by-form"
        refused = await page.post("/api/v1/undo", json={**asked, "uuid": "by-api-2"})
        assert refused.status_code == 409 and "undone already" in refused.json()["problems"][0]
