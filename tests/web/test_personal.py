"""Personal tokens: made by who is signed in, never with more than they may, and gone with their right."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import httpx
import pytest

from monitor.config.sign_in import Auth
from monitor.engine.administer import forget, make_link, make_token
from monitor.web.settings import Settings

from .standin import StandIn
from .test_guard import OUTSIDE, TOKENS
from .test_trail import said

Asking = Callable[..., httpx.AsyncClient]
DAY: Final = 86_400.0
POLL: Final = "/api/v1/integrations/hubspot-prod/poll"
LIMITS: Final = {"origin": OUTSIDE}


def settings(**more: Any) -> Settings:
    """Behind a proxy at 127.0.0.1, which is where these requests seem to come from."""
    roles = {"ops": "reviewer", "leads": "admin", "guests": "viewer"}
    given = {"mode": "proxy", "peers": ["127.0.0.1"], "groups_header": "X-Forwarded-Groups", "roles": roles}
    auth = Auth.model_validate({**given, "teams": {"ops": "marketing-operations"}, **more}, strict=False)
    hosts = frozenset({"drift.example.com"})
    return Settings(mode="proxy", auth=auth, loopback=False, external_url=OUTSIDE, hosts=hosts)


def as_(who: str, groups: str) -> dict[str, str]:
    return {"X-Forwarded-User": who, "X-Forwarded-Groups": groups, "origin": OUTSIDE}


async def made(client: httpx.AsyncClient, groups: str = "ops", role: str = "reviewer", **more: Any) -> Any:
    asked = {"name": "laptop", "role": role, "seconds": 30 * DAY, **more}
    return await client.post("/api/v1/me/tokens", json=asked, headers=as_("kim@example.com", groups))


async def test_a_token_acts_under_the_name_and_for_the_teams_of_who_made_it(asking: Asking, engine: StandIn) -> None:
    client = asking(settings(), base=OUTSIDE)
    answer = await made(client)
    assert answer.status_code == 201 and answer.json()["role"] == "reviewer"
    mine = {"authorization": f"Bearer {answer.json()['secret']}"}
    assert (await client.post(POLL, headers=mine)).status_code == 200
    me = (await client.get("/api/v1/me", headers=mine)).json()
    assert me == {
        "name": "kim@example.com", "role": "reviewer", "how": "bearer", "teams": ["marketing-operations"],
        "personal": False,
    }  # fmt: skip
    assert (await client.post("/-/reload", headers=mine)).status_code == 403
    kept = next(row for row in await engine.store.api_tokens())
    assert kept.name == "personal:kim@example.com:laptop" and kept.made_by == (
        engine.people.pseudonym("kim@example.com"),
    )
    row = (await said(engine, "token created"))[0]
    assert (row[0], row[4]) == ("kim@example.com", "for kim@example.com, as reviewer")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"role": "admin"}, "at most your own, reviewer"),
        ({"role": "scrape"}, "at most your own, reviewer"),
        ({"role": "god"}, "at most your own, reviewer"),
        ({"seconds": 91 * DAY}, "at most 90 days"),
        ({"seconds": 0}, "at most 90 days"),
        ({"seconds": -1}, "at most 90 days"),
        ({"name": "a:b"}, "expected letters"),
        ({"name": ""}, "expected letters"),
    ],
)
async def test_what_is_too_much_is_refused(asking: Asking, engine: StandIn, more: Any, words: str) -> None:
    answer = await made(asking(settings(), base=OUTSIDE), **more)
    assert answer.status_code == 409 and words in answer.text
    assert not await engine.store.api_tokens()


async def test_of_two_of_one_name_that_are_asked_for_at_once_one_is_made(asking: Asking, engine: StandIn) -> None:
    client = asking(settings(), base=OUTSIDE)
    found = await asyncio.gather(*(made(client) for _ in range(2)))
    assert sorted(one.status_code for one in found) == [201, 409] and len(await engine.store.api_tokens()) == 1


async def test_a_token_makes_and_ends_no_tokens(asking: Asking, engine: StandIn) -> None:
    client = asking(settings(), base=OUTSIDE)
    mine = {"authorization": f"Bearer {(await made(client)).json()['secret']}"}
    asked = {"name": "second", "role": "viewer", "seconds": DAY}
    assert (await client.post("/api/v1/me/tokens", json=asked, headers=mine)).status_code == 403
    assert (await client.delete("/api/v1/me/tokens/laptop", headers=mine)).status_code == 403
    of_others = {"authorization": f"Bearer {(await make_token(engine, 'ci', 'admin', None, 'test')).secret}"}
    assert (await client.post("/api/v1/me/tokens", json=asked, headers=of_others)).status_code == 403


async def test_it_never_may_more_than_its_holder_and_dies_with_their_right(asking: Asking, engine: StandIn) -> None:
    client = asking(settings(), base=OUTSIDE)
    mine = {"authorization": f"Bearer {(await made(client, 'leads', 'admin')).json()['secret']}"}
    assert (await client.post("/-/reload", headers=mine)).status_code == 200
    await client.get("/", headers=as_("kim@example.com", "guests"))
    assert (await client.post("/-/reload", headers=mine)).status_code == 403, "the groups give less now"
    assert (await client.post(POLL, headers=mine)).status_code == 403
    assert (await client.get("/api/v1/me", headers=mine)).json()["role"] == "viewer"
    await client.get("/", headers=as_("kim@example.com", "leads"))
    assert (await client.post("/-/reload", headers=mine)).status_code == 200
    less = asking(settings(roles={"others": "admin"}), base=OUTSIDE)
    assert (await less.get("/api/v1/me", headers=mine)).status_code == 401, "the configuration names no group of theirs"
    await client.get("/", headers=as_("kim@example.com", "elsewhere"))
    assert (await client.get("/api/v1/me", headers=mine)).status_code == 401
    await client.get("/", headers=as_("kim@example.com", "leads"))
    assert (await client.get("/api/v1/me", headers=mine)).status_code == 401, "what ended does not come back"


async def test_it_ends_when_its_holder_was_not_seen_for_long(asking: Asking, engine: StandIn) -> None:
    client = asking(settings(personal_tokens="7d"), base=OUTSIDE)
    mine = {"authorization": f"Bearer {(await made(client, seconds=90 * DAY)).json()['secret']}"}
    engine.clock.advance(7 * DAY - 1)
    assert (await client.get("/api/v1/me", headers=mine)).status_code == 200, "its own use is no sign of its holder"
    engine.clock.advance(1)
    assert (await client.get("/api/v1/me", headers=mine)).status_code == 401
    await client.get("/", headers=as_("kim@example.com", "ops"))
    assert (await client.get("/api/v1/me", headers=mine)).status_code == 200
    engine.clock.advance(83 * DAY)
    await client.get("/", headers=as_("kim@example.com", "ops"))
    assert (await client.get("/api/v1/me", headers=mine)).status_code == 401, "its own time is over"


async def test_it_ends_with_another_mode_and_when_its_holder_is_removed_or_forgotten(
    asking: Asking, engine: StandIn
) -> None:
    client = asking(settings(), base=OUTSIDE)
    mine = {"authorization": f"Bearer {(await made(client)).json()['secret']}"}
    assert (await asking(TOKENS, base=OUTSIDE).get("/ops/api/v1/me", headers=mine)).status_code == 401
    boss = as_("boss@example.com", "leads")
    listed = (await client.get("/api/v1/people", headers=boss)).json()["items"]
    assert {(one["name"], one["role"]) for one in listed} == {
        ("kim@example.com", "reviewer"),
        ("boss@example.com", "admin"),
    }
    id = next(one["id"] for one in listed if one["name"] == "kim@example.com")
    assert (await client.delete(f"/api/v1/people/{id}", headers=boss)).status_code == 200
    assert (await client.get("/api/v1/me", headers=mine)).status_code == 401
    assert (await client.delete(f"/api/v1/people/{id}", headers=boss)).status_code == 409
    mine = {"authorization": f"Bearer {(await made(client)).json()['secret']}"}
    await forget(engine, "kim@example.com", "test")
    assert (await client.get("/api/v1/me", headers=mine)).status_code == 401
    assert [one["name"] for one in (await client.get("/api/v1/people", headers=boss)).json()["items"]] == [
        "boss@example.com"
    ]


async def test_the_page_shows_a_new_token_once_and_ends_it(asking: Asking, engine: StandIn) -> None:
    client = asking(settings(), base=OUTSIDE)
    kim = as_("kim@example.com", "ops")
    page = await client.get("/me", headers=kim)
    assert "Your role is <strong>reviewer</strong>, and you act for marketing-operations" in page.text
    assert "<option>admin" not in page.text and "/who-may" not in page.text
    form = {"name": "laptop", "role": "viewer", "days": "7"}
    shown = await client.post("/me/tokens", data=form, headers=kim)
    secret = shown.text.partition('class="secret">')[2].partition("<")[0]
    assert secret.startswith("dl_") and secret not in (await client.get("/me", headers=kim)).text
    mine = {"authorization": f"Bearer {secret}"}
    assert (await client.get("/api/v1/me", headers=mine)).json()["role"] == "viewer"
    assert (await client.post("/me/tokens", data=form, headers=kim)).status_code == 409
    other = as_("lee@example.com", "leads")
    assert (await client.post("/me/tokens/end", data={"name": "laptop"}, headers=other)).status_code == 409
    ended = await client.post("/me/tokens/end", data={"name": "laptop"}, headers=kim)
    assert ended.status_code == 303 and (await client.get("/api/v1/me", headers=mine)).status_code == 401
    assert (await client.post("/me/tokens", data={**form, "days": "x"}, headers=kim)).status_code == 400


async def test_an_administrator_sees_who_may_and_ends_it(asking: Asking, engine: StandIn) -> None:
    client = asking(settings(), base=OUTSIDE)
    boss, secret = as_("boss@example.com", "leads"), (await made(client)).json()["secret"]
    await make_token(engine, "ci", "reviewer", None, "test", ["marketing-operations"])
    page = await client.get("/who-may", headers=boss)
    for words in (
        "kim@example.com",
        "reviewer of marketing-operations",
        "<code>laptop</code>",
        "ci",
        "boss@example.com",
    ):
        assert words in page.text, words
    assert (await client.get("/who-may", headers=as_("kim@example.com", "ops"))).status_code == 403
    for name in ("personal:kim@example.com:laptop", "ci"):
        assert (await client.post("/who-may/end", data={"name": name}, headers=boss)).status_code == 303
    assert not await engine.store.api_tokens()
    assert (await client.get("/api/v1/me", headers={"authorization": f"Bearer {secret}"})).status_code == 401


async def test_a_session_is_listed_and_ended(asking: Asking, engine: StandIn) -> None:
    client, boss = asking(TOKENS, base=OUTSIDE), asking(TOKENS, base=OUTSIDE)
    for browser, role in ((client, "reviewer"), (boss, "admin")):
        link = (await make_link(engine, f"a-{role}", role, "test")).secret.rpartition("/")[2]
        await browser.post("/ops/sign-in", data={"token": link})
    assert "made by an administrator" in (await client.get("/ops/me")).text
    page = await boss.get("/ops/who-may")
    assert "a-reviewer" in page.text and page.text.count("you, here") == 1
    name = next(row.name for row in await engine.store.api_tokens() if row.name.startswith("session:a-reviewer"))
    assert (await boss.post("/ops/who-may/end", data={"name": name}, headers=LIMITS)).status_code == 303
    assert (await client.get("/ops/me")).status_code == 401
    assert "Nobody is asked to sign in" in (await asking().get("/me")).text
