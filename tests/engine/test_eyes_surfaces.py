"""Two people with a token each, through the application: asked, seen, confirmed; and who may not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from monitor.core.model import Phase
from monitor.engine.administer import make_token
from monitor.web.app import create_app
from monitor.web.settings import Settings

from .conftest import World
from .eyed import eyed
from .test_eyes import FIELDS, label, relabelled

TOKENS = Settings(mode="tokens", external_url="http://localhost", hosts=frozenset({"localhost"}))


@asynccontextmanager
async def browser(world: World, name: str, *teams: str, role: str = "reviewer") -> AsyncIterator[httpx.AsyncClient]:
    token = (await make_token(world.engine, name, role, None, "local:root", teams)).secret
    transport = httpx.ASGITransport(app=create_app(world.engine, given=TOKENS))
    headers = {"authorization": f"Bearer {token}", "accept": "text/html"}
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
        yield client


async def test_from_the_page_of_the_first_person_to_the_click_of_the_second(tmp_path: Path) -> None:
    async with eyed(tmp_path, FIELDS) as world:
        before, found = await label(world), await relabelled(world)
        async with (
            browser(world, "kim") as kim,
            browser(world, "robin") as robin,
            browser(world, "lee", role="viewer") as lee,
        ):
            assert "take two people here" in (await kim.get(f"/findings/{found.id}")).text
            assert "takes two people" in (await kim.get("/review")).text
            chosen = await kim.post(
                "/review/choose", data={"kind": "approve", "f": f"{found.id}:{found.claim.fingerprint}"}
            )
            assert "1 of these needs a second person" in chosen.text
            sent = {
                "kind": "approve",
                "uuid": "u-1",
                "fingerprint": found.claim.fingerprint,
                "reason": "meant",
                "ticket": "T",
            }
            assert (await kim.post(f"/findings/{found.id}/decide", data=sent)).status_code == 303
            shown = (await kim.get(f"/findings/{found.id}?decided=u-1")).text
            assert "waits for a second person: asked by <strong>token:kim</strong>" in shown
            assert 'action="/waiting/u-1/withdraw"' in shown and 'action="/waiting/u-1/confirm"' not in shown
            alone = await kim.post("/waiting/u-1/confirm")
            assert alone.status_code == 409 and "that is you" in alone.text
            assert "Waiting for you: 1" in (await robin.get("/review")).text
            assert "waits for a second person</span>" in (await robin.get("/review")).text
            listed = (await robin.get("/waiting")).text
            assert 'action="/waiting/u-1/confirm"' in listed and "asked by <strong>token:kim</strong>" in listed
            (row,) = (await robin.get("/api/v1/waiting")).json()["items"]
            assert (row["uuid"], row["mine"], row["not_you"], row["two"]) == ("u-1", False, "", [found.id])
            assert (await lee.get("/api/v1/waiting")).json()["items"][0]["says"] == row["says"]
            assert "/confirm" not in (await lee.get("/waiting")).text
            for answer in ("confirm", "decline", "withdraw"):
                assert (await lee.post(f"/api/v1/decisions/u-1/{answer}")).status_code == 403
            assert (await robin.post("/waiting/u-1/perhaps")).status_code == 404
            assert (await robin.post("/api/v1/decisions/none/confirm")).status_code == 409
            assert await label(world) == before
            went = await robin.post("/waiting/u-1/confirm")
            assert went.status_code == 303 and went.headers["location"] == f"/findings/{found.id}?decided=u-1"
            await world.engine.commit_decisions()
            assert found.phase is Phase.CLOSED and await label(world) == "Points"
            (decided,) = [one for one in (await kim.get("/api/v1/decisions?limit=1")).json()["items"]]
            assert (decided["by"], decided["answered_by"], decided["state"]) == (
                "token:kim",
                "token:robin",
                "committed",
            )
            assert "Nothing waits" in (await robin.get("/waiting")).text


async def test_only_the_owners_decide_whoever_it_is_assigned_to(tmp_path: Path) -> None:
    async with eyed(tmp_path, owners_decide=True) as world:
        found = await relabelled(world)
        owner = world.engine.config.integrations["hubspot-prod"].owner
        other = next(team for team in world.engine.config.people.teams if team != owner)
        async with browser(world, "kim", other, role="admin") as kim, browser(world, "robin", owner) as robin:
            given = {"uuid": "a", "kind": "assign", "findings": {found.id: found.claim.fingerprint}, "assignee": other}
            assert (await kim.post("/api/v1/decisions", json=given)).status_code == 202
            asked = {**given, "uuid": "b", "kind": "approve", "reason": "meant", "ticket": "T"}
            refused = await kim.post("/api/v1/decisions", json=asked)
            assert refused.status_code == 409
            assert refused.json()["problems"] == [
                f"Only members of {owner} decide this, and you act for {other}. Ask one of them."
            ]
            assert f"Only members of {owner} decide about" in (await kim.get(f"/findings/{found.id}")).text
            made = await robin.post("/api/v1/decisions", json=asked)
            assert (made.status_code, made.json()["state"]) == (202, "queued")
