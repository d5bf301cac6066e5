"""Mode oidc against a real provider (oidc-provider, a process of its own): the way there, and the way back."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from html import unescape
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from monitor.adapters.provider import Provider
from monitor.config.sign_in import Auth
from monitor.engine.administer import make_link, make_token
from monitor.web.app import create_app
from monitor.web.limits import ATTEMPTS
from monitor.web.oidc import PATIENCE, ours
from monitor.web.settings import Settings
from tests.real.directus import Unavailable
from tests.real.provider import RealProvider, keys, walk

from .conftest import HTML
from .standin import StandIn
from .test_trail import said

OUTSIDE: Final = "https://drift.example.com"
BACK: Final = f"{OUTSIDE}/ops/sign-in/callback"
SESSION: Final = "__Secure-driftline_session"
ACCOUNTS: Final = {
    "1": {"email": "kim@example.com", "email_verified": True, "groups": ["ops", "x"]},
    "2": {"email": "lee@example.com", "email_verified": True, "groups": ["leads"]},
    "3": {"email": "guest@example.com", "email_verified": True, "groups": ["others"]},
    "4": {"email": "kim@example.com", "email_verified": False, "preferred_username": "sam", "groups": ["ops"]},
    "5": {"email": "KIM@example.com", "email_verified": True, "groups": ["leads"]},
    "6": {"preferred_username": "driftline", "groups": ["leads"]},
}
Opened = Callable[..., "Site"]


class Site:
    """The pages at https://drift.example.com/ops, and browsers on them."""

    def __init__(self, engine: StandIn, issuer: str, secret: str, **more: Any) -> None:
        roles = {"ops": "reviewer", "leads": "admin"}
        oidc = {"issuer": issuer, "client_id": "driftline", "scopes": ["email", "profile", "groups"]}
        oidc |= {"allow_private": True, **more.pop("oidc", {})}
        given = {"mode": "oidc", "roles": roles, "teams": {"ops": "marketing-operations"}, "oidc": oidc, **more}
        self.auth = Auth.model_validate(given, strict=False)
        assert self.auth.oidc is not None

        async def read() -> str:
            return secret

        self.provider = Provider(self.auth.oidc, read, time.time, None)
        settings = Settings(
            mode="oidc", auth=self.auth, loopback=False, external_url=f"{OUTSIDE}/ops",
            hosts=frozenset({"drift.example.com"}),
        )  # fmt: skip
        self.app = create_app(engine, given=settings, provider=self.provider)  # type: ignore[arg-type]
        self.clients: list[httpx.AsyncClient] = []

    def browser(self) -> httpx.AsyncClient:
        client = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=f"{OUTSIDE}/ops/", headers=HTML)
        self.clients.append(client)
        return client

    async def away(self, client: httpx.AsyncClient, path: str = "/review") -> str:
        answer = await client.get("sign-in/begin", params={"next": path})
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    async def sign_in(self, client: httpx.AsyncClient, login: str, path: str = "/review") -> httpx.Response:
        return await client.get(await walk(await self.away(client, path), login, BACK))


@pytest.fixture(scope="module")
def real() -> Iterator[RealProvider]:
    provider = RealProvider(ACCOUNTS, BACK, out=f"{OUTSIDE}/ops/signed-out")
    try:
        provider.start()
    except Unavailable as error:
        if os.environ.get("CI"):
            pytest.fail(f"the real provider may not be skipped here: {error}", pytrace=False)
        pytest.skip(f"no real provider: {error}")
    yield provider
    provider.stop()


@pytest.fixture
async def opened(engine: StandIn, real: RealProvider) -> AsyncIterator[Opened]:
    sites: list[Site] = []

    def make(issuer: str = "", secret: str = RealProvider.SECRET, **more: Any) -> Site:
        sites.append(Site(engine, issuer or real.issuer, secret, **more))
        return sites[-1]

    yield make
    for site in sites:
        await site.provider.close()
        for client in site.clients:
            await client.aclose()


async def test_the_whole_way_in_and_out(opened: Opened, engine: StandIn, real: RealProvider) -> None:
    site = opened()
    client = site.browser()
    first = await client.get("review?level=breaking")
    assert first.status_code == 401 and "HubSpot" not in first.text
    assert f"Sign in with 127.0.0.1:{real.port}" in first.text
    assert 'href="/ops/sign-in/begin?next=%2Freview%3Flevel%3Dbreaking"' in first.text
    asked = await client.get("sign-in/begin?next=%2Freview%3Flevel%3Dbreaking")
    query = parse_qs(urlsplit(asked.headers["location"]).query)
    assert query["code_challenge_method"] == ["S256"] and query["response_type"] == ["code"]
    assert {len(query[name][0]) for name in ("state", "nonce", "code_challenge")} == {43}
    assert query["redirect_uri"] == [BACK] and "openid" in query["scope"][0]
    cookie = asked.headers["set-cookie"]
    for part in ("__Secure-driftline_login=", "HttpOnly", "Secure", "SameSite=lax", "Path=/ops/", "Max-Age=600"):
        assert part in cookie
    assert query["state"][0] not in cookie and query["nonce"][0] not in cookie, "what is in it is sealed"
    back = await client.get(await walk(asked.headers["location"], "1", BACK))
    assert (back.status_code, back.headers["location"]) == (303, "/ops/review?level=breaking")
    for part in (f"{SESSION}=", "HttpOnly", "Secure", "SameSite=lax", "Path=/ops/", f"Max-Age={12 * 3600}"):
        assert part in back.headers["set-cookie"]
    assert "__Secure-driftline_login" not in client.cookies
    page = await client.get("review")
    assert "kim@example.com (reviewer)" in page.text
    polled = await client.post("systems/hubspot-prod/poll", headers={"origin": OUTSIDE})
    assert polled.status_code == 303
    assert (await client.post("-/reload", headers={"origin": OUTSIDE})).status_code == 403
    assert [(row[0], row[4]) for row in await said(engine, "signed in")] == [("kim@example.com", "as reviewer")]
    row = next(one for one in await engine.store.api_tokens() if one.name.startswith("session:"))
    assert row.teams == ("marketing-operations",) and row.sealed and b"eyJ" not in row.sealed
    session = client.cookies[SESSION]
    gone = await client.post("sign-out", headers={"origin": OUTSIDE})
    assert "You are signed out of Driftline" in gone.text and "id_token_hint=eyJ" in gone.text
    assert SESSION not in client.cookies
    assert (await site.browser().get("", headers={"cookie": f"{SESSION}={session}"})).status_code == 401
    address = unescape(gone.text.partition("signed in at ")[2].partition('href="')[2].partition('"')[0])
    async with httpx.AsyncClient(trust_env=False) as other:
        assert (await other.get(address)).status_code == 200, "the provider takes the way out"
    assert (await client.get("signed-out")).status_code == 200


async def test_who_is_in_no_group_is_told_so(opened: Opened, engine: StandIn) -> None:
    site = opened()
    client = site.browser()
    answer = await site.sign_in(client, "3")
    assert answer.status_code == 403 and "You are known here as guest@example.com" in answer.text
    assert SESSION not in client.cookies and not await engine.store.api_tokens()
    assert (await said(engine, "sign-in refused"))[0][0] == "guest@example.com"


async def test_groups_come_from_the_userinfo_where_the_id_token_has_none(opened: Opened, engine: StandIn) -> None:
    with RealProvider(ACCOUNTS, BACK, in_id_token=False) as other:
        site = opened(other.issuer)
        client = site.browser()
        assert (await site.sign_in(client, "2")).status_code == 303
        assert "lee@example.com (admin)" in (await client.get("")).text


async def test_a_name_belongs_to_who_came_with_it_first(opened: Opened, engine: StandIn) -> None:
    site = opened()
    assert (await site.sign_in(site.browser(), "1")).status_code == 303
    taken = await site.sign_in(site.browser(), "5")
    assert taken.status_code == 403 and "Somebody else has signed in as KIM@example.com" in taken.text
    unsure = site.browser()
    assert (await site.sign_in(unsure, "4")).status_code == 303
    assert "sam (reviewer)" in (await unsure.get("")).text, "a mail address that nobody checked is no name"
    assert "is no name that somebody can act under" in (await site.sign_in(site.browser(), "6")).text


async def test_a_person_stays_who_they_are_and_loses_what_their_groups_no_longer_give(
    opened: Opened, engine: StandIn
) -> None:
    with RealProvider({"1": ACCOUNTS["1"]}, BACK) as other:
        site = opened(other.issuer)
        here, there = site.browser(), site.browser()
        await site.sign_in(here, "1")
        other.stop()
        other.accounts["1"] = {"email": "kim@new.example.com", "email_verified": True, "groups": ["leads"]}
        other.start()
        await site.sign_in(there, "1")
        for browser in (here, there):
            assert "kim@example.com (admin)" in (await browser.get("")).text, "one person, one name, one right"
        other.stop()
        other.accounts["1"] = {"email": "kim@example.com", "email_verified": True, "groups": []}
        other.start()
        assert (await site.sign_in(site.browser(), "1")).status_code == 403
        for browser in (here, there):
            assert (await browser.get("")).status_code == 401
        assert (await said(engine, "access ended"))[0][4].startswith("2 sessions and tokens ended")


async def test_a_provider_that_turns_its_keys_or_goes_away(opened: Opened, engine: StandIn) -> None:
    with RealProvider(ACCOUNTS, BACK) as other:
        site = opened(other.issuer)
        client = site.browser()
        await site.sign_in(client, "1")
        other.stop()
        other.keys = keys()
        other.start()
        site.provider._keys = (time.time() - 61, site.provider._keys[1])  # type: ignore[index]
        assert (await site.sign_in(site.browser(), "2")).status_code == 303, "a key that is not known is asked for"
        other.stop()
        under_way = await site.away(site.browser())
        assert under_way.startswith(other.issuer), "what it said of itself an hour ago will do"
        site.provider._about = None
        answer = await site.browser().get("sign-in/begin")
        assert answer.status_code == 503 and "cannot sign anybody in now" in answer.text
        assert "goes on working" in answer.text and "Traceback" not in answer.text
        assert (await client.get("review")).status_code == 200
    link = (await make_link(engine, "duty", "admin", "test")).secret.rpartition("/")[2]
    entered = await (browser := site.browser()).post("sign-in", data={"token": link}, headers={"origin": OUTSIDE})
    assert entered.status_code == 303 and "duty (admin)" in (await browser.get("")).text


async def test_an_answer_counts_once_and_in_the_browser_that_asked(opened: Opened, engine: StandIn) -> None:
    site = opened()
    mine, other = site.browser(), site.browser()
    back = await walk(await site.away(mine), "1", BACK)
    sealed = mine.cookies["__Secure-driftline_login"]
    stolen = await other.get(back)
    assert stolen.status_code == 403 and "another browser" in stolen.text and SESSION not in other.cookies
    await site.away(other)
    assert (await other.get(back)).status_code == 403, "with a sign-in of its own under way too"
    assert (await mine.get(back)).status_code == 303
    again = site.browser()
    replayed = await again.get(back, headers={"cookie": f"__Secure-driftline_login={sealed}"})
    assert replayed.status_code == 403 and "used already" in replayed.text
    assert {row[4].partition(";")[0] for row in await said(engine, "sign-in refused")} == {
        "an answer of the provider that this browser did not ask for"
    }


async def test_a_sign_in_that_takes_too_long_is_over(opened: Opened, engine: StandIn) -> None:
    site = opened()
    client = site.browser()
    back = await walk(await site.away(client), "1", BACK)
    engine.clock.advance(PATIENCE + 1)
    client.cookies.set("__Secure-driftline_login", "junk", domain="drift.example.com", path="/ops/")
    assert "more than ten minutes ago" in (await client.get(back)).text


async def test_what_the_provider_says_instead_of_a_code_is_shown_as_text(opened: Opened) -> None:
    site = opened()
    client = site.browser()
    state = parse_qs(urlsplit(await site.away(client)).query)["state"][0]
    given = {"state": state, "error": "access_denied", "error_description": "<b>no</b>"}
    answer = await client.get("sign-in/callback", params=given)
    assert answer.status_code == 403 and "access_denied; &lt;b&gt;no" in answer.text


async def test_a_session_begins_anew_with_each_sign_in(opened: Opened, engine: StandIn) -> None:
    site = opened()
    client = site.browser()
    client.cookies.set(SESSION, "dl_planted", domain="drift.example.com", path="/ops/")
    await site.sign_in(client, "1")
    first = client.cookies[SESSION]
    assert first != "dl_planted"
    await site.sign_in(client, "2")
    assert client.cookies[SESSION] != first
    assert (await site.browser().get("", headers={"cookie": f"{SESSION}={first}"})).status_code == 401
    engine.clock.advance(site.auth.session)
    assert (await client.get("")).status_code == 401, "it ends by itself"


async def test_a_wrong_secret_is_said_and_not_shown(opened: Opened) -> None:
    site = opened(secret="wr0ng-s3cret")
    answer = await site.sign_in(site.browser(), "1")
    assert answer.status_code == 403 and "did not take the code: invalid_client" in answer.text
    assert "wr0ng-s3cret" not in answer.text


async def test_sign_ins_are_counted(opened: Opened) -> None:
    site = opened()
    client = site.browser()
    codes = [(await client.get("sign-in/begin")).status_code for _ in range(ATTEMPTS + 1)]
    assert codes == [303] * ATTEMPTS + [429]


async def test_programs_come_with_a_token_and_a_session_is_no_token(opened: Opened, engine: StandIn) -> None:
    site = opened()
    token = (await make_token(engine, "ci", "reviewer", None, "test")).secret
    mine = {"authorization": f"Bearer {token}"}
    assert (await site.browser().get("api/v1/summary", headers=mine)).status_code == 200
    answer = await site.browser().get("api/v1/summary", headers={"accept": "application/json"})
    assert answer.status_code == 401 and "link" not in answer.json()


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/review?level=breaking&q=%20", "/review?level=breaking&q=%20"),
        ("/findings/abc", "/findings/abc"),
        ("//evil.example.com", "/"),
        ("/\\evil.example.com", "/"),
        ("https://evil.example.com/", "/"),
        ("javascript:alert(1)", "/"),
        ("/%0d%0aset-cookie:x", "/%0d%0aset-cookie:x"),
        ("/a\r\nset-cookie: x", "/"),
        ("/\t/evil.example.com", "/"),
        ("evil", "/"),
        ("", "/"),
        ("/sign-out", "/"),
        ("/sign-in/begin", "/"),
        ("/" + "a" * 3000, "/"),
    ],
)
def test_the_way_back_leads_to_pages_of_ours_alone(path: str, to: str) -> None:
    assert ours(path) == to
