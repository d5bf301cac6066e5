"""A second person over release, capture and what was pushed, vantages too: by the engine, the API and the forms."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from monitor.adapters.records import DecisionState
from monitor.core.model import Phase
from monitor.engine.pushed import pushed
from monitor.engine.request import Decide, Refused
from probes.kit.contract import Kind, Ref
from tests.adapters.repositories import Person

from .conftest import World
from .eyed import agree, ask, signed, watching
from .kept import CAPTURED
from .test_eyes import FIELDS, HUB, label
from .test_eyes_surfaces import browser
from .test_pushed import branch, edited, person

CRM = "salesforce-prod"
LEAD = Ref(Kind.FIELD, "Lead")


@pytest.fixture
async def shared(tmp_path: Path) -> AsyncIterator[World]:
    async with CAPTURED.world(tmp_path) as world:
        await watching(world, FIELDS, {"integration": HUB, "kind": "permission"}, {"integration": CRM})
        yield world


def sighted(who: Person, world: World, account: str) -> str:
    """Another account as the approved one, pushed by hand. Gives the path."""
    path = world.engine.baselines.vantage_path(HUB)
    said = json.loads((who.folder / path).read_text())
    who.commit("another account", **{path: json.dumps({**said, "account": account}, indent=2) + "\n"})
    who.git("push", "-q", "origin", "main")
    return path


async def account(world: World) -> str:
    approved = await world.engine.baselines.sight(HUB)
    assert approved is not None
    return approved.account


async def test_what_was_pushed_is_answered_over_the_api_and_the_forms(shared: World) -> None:
    before, mine, who = await label(shared), await account(shared), person(shared)
    edited(who, shared, "Points")
    path = sighted(who, shared, "4711")
    await shared.engine.fetch()
    assert (await label(shared), await account(shared)) == (before, mine), "nobody agreed"
    async with (
        browser(shared, "kim") as kim,
        browser(shared, "robin") as robin,
        browser(shared, "lee", role="viewer") as lee,
    ):
        rows = (await lee.get("/api/v1/pushed")).json()["items"]
        assert path in {row["path"] for row in rows} and {row["integration"] for row in rows} == {HUB}
        assert len(rows) == 2 and any("Points" in words for row in rows for words in row["says"])
        asked = {"uuid": "a", "answer": "accept", "integration": HUB, "reason": "as agreed"}
        assert (await lee.post("/api/v1/pushed", json=asked)).status_code == 403
        assert (await lee.post("/pushed", data=asked)).status_code == 403
        assert 'action="/pushed"' not in (await lee.get("/waiting")).text
        listed = (await kim.get("/waiting")).text
        assert 'action="/pushed"' in listed and path in listed and "2 files" in listed
        assert (await kim.post("/pushed", data={**asked, "answer": "perhaps"})).status_code == 400
        wordless = await kim.post("/pushed", data={**asked, "reason": " "})
        assert wordless.status_code == 409 and "Say why: to accept what was pushed" in wordless.text
        other = await kim.post("/api/v1/pushed", json={**asked, "integration": CRM})
        assert other.status_code == 409 and "Nothing that was pushed waits of" in other.json()["problems"][0]
        sent = await kim.post("/pushed", data=asked)
        assert (sent.status_code, sent.headers["location"]) == (303, "/waiting")
        assert (await kim.post("/waiting/a/confirm")).status_code == 409
        assert (await label(shared), await account(shared)) == (before, mine), "one agreed"
        went = await robin.post("/waiting/a/confirm")
        assert went.status_code == 303
        await shared.engine.commit_decisions()
        assert (await label(shared), await account(shared)) == ("Points", "4711")
        assert (await kim.get("/api/v1/pushed")).json()["items"] == []
        who.git("pull", "-q")
        sighted(who, shared, "666")
        await shared.engine.fetch()
        back = {"uuid": "b", "answer": "restore", "integration": HUB, "reason": "nobody asked for that"}
        done = await robin.post("/api/v1/pushed", json=back)
        assert (done.status_code, done.json()["state"]) == (202, "queued"), "to put the branch back takes one"
        await shared.engine.commit_decisions()
        assert (await account(shared), await pushed(shared.engine)) == ("4711", ())
        assert await branch(shared) == "Points"
        said = [one.what for one in await shared.engine.store.trail()]
        assert (said.count("pushed, waits"), said.count("in force"), said.count("confirmed")) == (2, 2, 1)


async def test_a_release_and_a_capture_take_a_second_person_over_a_vantage_that_was_pushed(shared: World) -> None:
    engine, who = shared.engine, person(shared)
    approved = await engine.baselines.body(CRM, LEAD)
    assert approved is not None
    gone = [key for key in approved.rows if key.endswith("__c")]
    for key in gone:
        shared.salesforce.delete_field(object="Lead", name=key)
    await shared.player.round()
    (brake,) = shared.open(subject=CRM, scope="Lead", fact="brake")
    released = await ask(shared, "token:kim", "release", brake, reason="the old fields were retired")
    assert released.state is DecisionState.WAITING and released.waits is not None
    held = {one.id for one in shared.standing(Phase.HELD, scope="Lead")}
    assert len(held) == len(gone) and held <= set(released.waits.findings), "what the brake holds is what takes two"
    with pytest.raises(Refused, match="that is you"):
        await agree(shared, "kim", released)
    assert (await agree(shared, "token:robin", released)).state is DecisionState.ALREADY
    assert shared.standing(Phase.HELD, scope="Lead") == [], "two people let them go"

    await engine.fetch()
    who.git("pull", "-q")
    path = sighted(who, shared, "4711")
    await engine.fetch()
    mine = await account(shared)
    shared.hubspot.grant(scope="crm.schemas.carts.read")
    await engine.poll(HUB)
    with signed("token:kim"):
        made = Decide(uuid="c", kind="capture", integration=HUB, reason="the new grant is meant")
        captured = await engine.decide(made, "token:kim", "test")
    assert captured.state is DecisionState.WAITING and [one.path for one in captured.work.files] == [path]
    assert await account(shared) == mine
    assert (await agree(shared, "token:robin", captured)).state is DecisionState.COMMITTED
    assert (await account(shared), await pushed(engine)) == (mine, ()), "as it was read, over what was pushed"
    now = await engine.baselines.sight(HUB)
    assert now is not None and "crm.schemas.carts.read" in now.grants
