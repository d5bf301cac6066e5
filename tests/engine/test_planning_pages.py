"""The pages of planned changes and /api/v1/changes, over a real engine: from a finding, from a pipeline, one click."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from monitor.core.model import Finding, Phase
from monitor.engine.planlist import plans, strip
from monitor.web.app import create_app

from .conftest import World

HUB = "hubspot-prod"
SCORE = f"{HUB}/field/contacts/lead_score"
CHANGES = "/api/v1/changes"
HTML = {"accept": "text/html"}


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=create_app(world.engine))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9731") as client:
        yield client


async def relabelled(world: World, *names: str) -> list[Finding]:
    for name in names:
        world.hubspot.alter_property(type="contacts", name=name, label=f"New {name}")
    await world.player.round()
    await world.engine.demand.settled()
    return [one for name in names for one in world.open(subject=HUB, key=name, fact="label")]


def hidden(text: str, action: str) -> dict[str, str]:
    """The fields of a form as a browser would send them untouched."""
    (form,) = re.findall(rf'<form[^>]*action="{action}".*?</form>', text, re.DOTALL)
    fields = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', form))
    return fields | dict(re.findall(r'<textarea name="(\w+)"[^>]*>([^<]*)</textarea>', form))


async def test_a_pipeline_opens_a_deployment_and_closes_it(world: World, client: httpx.AsyncClient) -> None:
    body = {"id": "gh-1", "ticket": "OPS-42", "patterns": [SCORE]}
    opened = await client.post(CHANGES, json=body)
    again = await client.post(CHANGES, json=body)
    assert (opened.status_code, again.status_code) == (202, 202)
    assert opened.json()["decision"]["kind"] == "planned" and again.json()["decision"] is None
    await relabelled(world, "lead_score", "product_interest")
    shown = (await client.get(f"{CHANGES}/gh-1")).json()
    assert [row["key"] for row in shown["ready"]] == ["lead_score"]
    assert [(row["key"], row["planned"], row["beside"]) for row in shown["beside"]] == [
        ("product_interest", "", "gh-1")
    ]
    world.clock.advance(60)
    closed = await client.post(f"{CHANGES}/gh-1/close", json={})
    assert (closed.status_code, closed.json()["closed"]) == (202, world.clock.now())
    await world.engine.commit_decisions()
    assert (await client.post(f"{CHANGES}/gh-1/close", json={})).json()["decision"] is None
    wrong = await client.post(CHANGES, json=body | {"ticket": ""})
    assert wrong.status_code == 409 and "says something else" in wrong.json()["problems"][0]
    assert (await client.post(CHANGES, json={"ticket": "x", "what": 1})).status_code == 422
    assert (await client.get(f"{CHANGES}/nothing")).status_code == 404


async def test_a_change_is_moved_only_as_it_was_looked_at(world: World, client: httpx.AsyncClient) -> None:
    await client.post(CHANGES, json={"id": "gh-1", "ticket": "OPS-42", "patterns": [SCORE]})
    await world.engine.commit_decisions()
    tag = (await client.get(f"{CHANGES}/gh-1")).headers["etag"]
    end = world.clock.now() + 600
    moved = await client.post(f"{CHANGES}/gh-1/move", json={"end": end}, headers={"if-match": f'"a", {tag}'})
    assert moved.status_code == 202
    await world.engine.commit_decisions()
    late = await client.post(f"{CHANGES}/gh-1/close", json={}, headers={"if-match": tag})
    assert late.status_code == 412 and late.json()["type"].endswith("#changed-meanwhile")
    shown = await client.get(f"{CHANGES}/gh-1")
    assert shown.json()["row"]["end"] == end
    anew = await client.post(f"{CHANGES}/gh-1/close", json={}, headers={"if-match": shown.headers["etag"]})
    assert anew.status_code == 202
    gone = await client.post(f"{CHANGES}/nothing/close", json={}, headers={"if-match": tag})
    assert gone.status_code == 412, "there is nothing that could have that tag"


async def test_the_list_goes_on_from_a_cursor_and_knows_its_states(world: World, client: httpx.AsyncClient) -> None:
    now = world.clock.now()
    for number, shift in enumerate((-7200.0, 0.0, 7200.0)):
        window = {"start": now + shift, "end": now + shift + 60}
        body = {"id": f"c-{number}", "ticket": "OPS-1", "patterns": [SCORE], **window}
        assert (await client.post(CHANGES, json=body)).status_code == 202
    await world.engine.commit_decisions()
    seen: list[str] = []
    cursor = ""
    while True:
        page = (await client.get(CHANGES, params={"limit": 1, "cursor": cursor})).json()
        seen += [row["id"] for row in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert seen == ["c-0", "c-1", "c-2", "lead-campaign-taxonomy"]
    assert [row["id"] for row in (await client.get(CHANGES, params={"state": "over"})).json()["items"]] == ["c-0"]
    assert (await client.get(CHANGES, params={"cursor": "gone"})).status_code == 404
    for query in ({"state": "soon"}, {"limit": "0"}):
        assert (await client.get(CHANGES, params=query)).status_code == 400
    moved = await client.post(f"{CHANGES}/c-2/move", json={"start": now, "end": now + 60})
    gone = await client.post(f"{CHANGES}/c-1/withdraw", json={"uuid": "w-1", "reason": "called off"})
    assert (moved.status_code, gone.status_code) == (202, 202)
    await world.engine.commit_decisions()
    assert [(row.id, row.state) for row in plans(world.engine)] == [
        ("lead-campaign-taxonomy", "open"), ("c-2", "open"), ("c-0", "over"),
    ]  # fmt: skip
    again = await client.post(f"{CHANGES}/c-1/withdraw", json={"uuid": "w-1", "reason": "called off"})
    assert again.status_code == 202 and again.json()["decision"]["uuid"] == "w-1"


async def test_from_a_finding_it_is_announced_after_the_fact_and_approved_with_one_click(
    world: World, client: httpx.AsyncClient
) -> None:
    """Four requests: the finding, the filled form, its button, and the button that approves."""
    found, other = await relabelled(world, "lead_score", "product_interest")
    page = (await client.get(f"/findings/{found.id}", headers=HTML)).text
    assert f'href="/planned?of={found.id}#make"' in page
    form = (await client.get(f"/planned?of={found.id}", headers=HTML)).text
    fields = hidden(form, "/planned")
    assert fields["patterns"] == f"{SCORE}/label" and "Announce one, after the fact" in form
    sent = await client.post("/planned", data=fields | {"ticket": "MOPS-9", "id": "scores"}, headers=HTML)
    assert sent.status_code == 303
    await world.engine.commit_decisions()
    assert "Planned is kept (committed)" in (await client.get(sent.headers["location"], headers=HTML)).text
    verdict = found.claim.verdict
    assert verdict is not None and verdict.planned == "scores"
    page = (await client.get(f"/findings/{found.id}", headers=HTML)).text
    assert 'Part of the planned change <a href="/planned/scores">' in page and "announce it after" not in page
    shown = (await client.get("/planned/scores", headers=HTML)).text
    approve = hidden(shown, "/decide")
    assert approve["ticket"] == "MOPS-9" and approve["f"].split() == [f"{found.id}:{found.claim.fingerprint}"]
    done = await client.post("/decide", data=approve, headers=HTML)
    assert done.status_code == 303
    await world.engine.commit_decisions()
    assert (found.phase, other.phase) == (Phase.CLOSED, Phase.OPEN)
    said = await world.git("log", "-1", "--format=%B", world.engine.baselines.ref)
    assert "Ticket: MOPS-9" in said
    assert "1 closed by now" in (await client.get("/planned", headers=HTML)).text


async def test_what_changed_since_the_page_was_loaded_is_not_approved_with_the_rest(
    world: World, client: httpx.AsyncClient
) -> None:
    await client.post(CHANGES, json={"id": "gh-2", "ticket": "OPS-1", "patterns": [f"{HUB}/field/contacts/*"]})
    await world.engine.commit_decisions()
    found = await relabelled(world, "lead_score", "product_interest")
    approve = hidden((await client.get("/planned/gh-2", headers=HTML)).text, "/decide")
    world.hubspot.alter_property(type="contacts", name="lead_score", label="Once more")
    await world.player.round()
    refused = await client.post("/decide", data=approve, headers=HTML)
    assert refused.status_code == 409 and "Nothing was decided" in refused.text
    assert {one.phase for one in found} == {Phase.OPEN}


async def test_by_who_did_it_the_form_is_filled_with_the_actor_and_a_time_about_it(
    world: World, client: httpx.AsyncClient
) -> None:
    (found,) = await relabelled(world, "lead_score")
    name = world.engine.people.name(found.claim.evidence["by"])
    assert f"of={found.id}&amp;by=1" in (await client.get(f"/findings/{found.id}", headers=HTML)).text
    fields = hidden((await client.get(f"/planned?of={found.id}&by=1", headers=HTML)).text, "/planned")
    assert (fields["actor"], fields["patterns"]) == (name, "")
    sent = await client.post("/planned", data=fields | {"ticket": "OPS-3", "id": "work"}, headers=HTML)
    assert sent.status_code == 303
    await world.engine.commit_decisions()
    assert found.claim.verdict is not None and found.claim.verdict.planned == "work"


@pytest.mark.parametrize("act", ["close", "move", "withdraw"])
async def test_a_plans_page_closes_moves_and_withdraws(world: World, client: httpx.AsyncClient, act: str) -> None:
    now = world.clock.now()
    body = {"id": "p-1", "ticket": "OPS-1", "patterns": [SCORE], "start": now - 60, "end": now + 3600}
    await client.post(CHANGES, json=body)
    await world.engine.commit_decisions()
    fields = hidden((await client.get("/planned/p-1", headers=HTML)).text, f"/planned/p-1/{act}")
    more = {"withdraw": {"reason": "called off"}, "move": {"end": "2026-10-01T00:00"}}.get(act, {})
    sent = await client.post(f"/planned/p-1/{act}", data=fields | more, headers=HTML)
    assert sent.status_code == 303
    await world.engine.commit_decisions()
    after: Any = {row.id: row for row in plans(world.engine)}.get("p-1")
    if act == "withdraw":
        assert after is None
    else:
        assert after.closed == now if act == "close" else after.end > now + 3600
    assert (await client.get(sent.headers["location"], headers=HTML)).status_code == 200


async def test_the_queue_and_the_finding_say_what_is_not_in_the_plan(world: World, client: httpx.AsyncClient) -> None:
    await client.post(CHANGES, json={"id": "gh-3", "ticket": "OPS-1", "patterns": [SCORE]})
    await world.engine.commit_decisions()
    _, other = await relabelled(world, "lead_score", "product_interest")
    shown = (await client.get("/review", headers=HTML)).text
    assert 'href="/review?planned=gh-3">1 came with it</a>' in shown, "also where a policy will approve it"
    assert 'href="/review?beside=gh-3">1 not in the plan</a>' in shown
    for query, key, words in (
        ("planned", "lead_score", "planned: gh-3"),
        ("beside", "product_interest", "not in the plan gh-3"),
    ):
        queue = (await client.get(f"/review?{query}=gh-3", headers=HTML)).text
        assert words in queue and f'name="{query}" value="gh-3"' in queue
        listed = (await client.get(f"/api/v1/findings?{query}=gh-3")).json()
        assert [row["key"] for row in listed["items"]] == [key]
    page = (await client.get(f"/findings/{other.id}", headers=HTML)).text
    assert 'it came in the time of <a href="/planned/gh-3">' in page
    plan = (await client.get("/planned/gh-3", headers=HTML)).text
    assert "1 not in the plan" in plan and other.id in plan


async def test_the_queue_lists_all_of_a_plan_whatever_it_hangs_under(world: World, client: httpx.AsyncClient) -> None:
    await client.post(CHANGES, json={"id": "gh-4", "ticket": "OPS-1", "patterns": [f"{HUB}/field/contacts/*"]})
    await world.engine.commit_decisions()
    found = await relabelled(world, "lead_score", "product_interest", "region")
    listed = (await client.get("/api/v1/findings?planned=gh-4")).json()
    assert {row["id"] for row in listed["items"]} == {one.id for one in found} and listed["total"] == 3
    assert sum(1 for row in listed["items"] if row["because"] == "planned") == 2
    assert [one.waiting for one in strip(world.engine)] == [3]
