from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import httpx
import msgspec
import pytest

from monitor.config.models import Service
from monitor.engine.administer import LINK_SECONDS, fingerprint, first_link, make_link, make_token
from monitor.web.settings import Settings, settings

from .standin import StandIn

Asking = Callable[..., httpx.AsyncClient]
TOKENS = Settings(
    mode="tokens", loopback=False, external_url="https://drift.example.com/ops", hosts=frozenset({"drift.example.com"})
)
OUTSIDE = "https://drift.example.com"


def tokens_mode(engine: StandIn) -> None:
    server = {"external_url": f"{OUTSIDE}/ops", "auth": {"mode": "tokens"}}
    engine.config.service = Service.model_validate({"stack": {"name": "example"}, "server": server})


@pytest.mark.parametrize("host", ["evil.example.com", "127.0.0.1.evil.example.com", "", "localhost:80@evil"])
async def test_an_unknown_host_name_is_not_answered(client: httpx.AsyncClient, host: str) -> None:
    answer = await client.get("/", headers={"host": host})
    assert answer.status_code == 421
    assert "HubSpot" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:9731", "localhost:1234", "LOCALHOST", "[::1]:9731"])
async def test_this_machine_is_known_under_its_names(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get("/", headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "http://evil.example.com"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://localhost:9999"}, 403),
        ({"cookie": "a=b"}, 403),
        ({"origin": "http://127.0.0.1:9731"}, 303),
        ({"sec-fetch-site": "same-origin", "cookie": "a=b"}, 303),
        ({}, 303),
    ],
)
async def test_only_our_own_pages_may_change_something(
    client: httpx.AsyncClient, engine: StandIn, headers: dict[str, str], status: int
) -> None:
    assert (await client.post("/systems/hubspot-prod/poll", headers=headers)).status_code == status
    assert bool(engine.polled) == (status == 303)


async def test_every_answer_carries_the_guarding_headers(client: httpx.AsyncClient) -> None:
    for path in ("/", "/nope", "/api/v1/summary", "/static/driftline.css"):
        headers = (await client.get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert len(headers["x-request-id"]) == 12
    assert (await client.get("/")).headers["cache-control"] == "no-store"


async def test_pages_use_no_inline_script_or_style(client: httpx.AsyncClient, engine: StandIn) -> None:
    paths = ["/", "/review", "/history", f"/findings/{next(iter(engine.ledger.findings))}"]
    for path in paths:
        text = (await client.get(path)).text
        assert "style=" not in text
        assert " on" not in {part[:3] for part in text.split("<button")[1:]}
        assert "<script>" not in text


async def test_a_huge_body_is_refused(client: httpx.AsyncClient) -> None:
    headers = {"content-type": "application/json"}
    answer = await client.post("/api/v1/decisions", content=b"x" * (2 << 20), headers=headers)
    assert answer.status_code == 413


async def test_a_path_prefix_is_in_every_link_whether_or_not_the_proxy_strips_it(asking: Asking) -> None:
    given = Settings(external_url="http://127.0.0.1:9731/ops/drift")
    client = asking(given)
    for path in ("/", "/ops/drift/", "/ops/drift", "/ops/drift/review"):
        page = await client.get(path)
        assert page.status_code == 200
        assert 'href="/ops/drift/static/driftline.css"' in page.text
        assert 'href="/findings' not in page.text
    assert (await client.get("/ops/drift/static/driftline.css")).status_code == 200
    assert (
        (await client.post("/ops/drift/systems/hubspot-prod/poll")).headers["location"].startswith("/ops/drift/systems")
    )


def test_a_listener_that_others_reach_asks_for_sign_in(engine: StandIn) -> None:
    stack = {"stack": {"name": "x"}, "server": {"listen": "0.0.0.0:9731"}}
    with pytest.raises(ValueError, match="loopback only"):
        settings(SimpleNamespace(service=Service.model_validate(stack)))
    stack["server"] = {"listen": "0.0.0.0:9731", "auth": {"mode": "tokens"}, "external_url": "https://d.example.com/x"}
    chosen = settings(SimpleNamespace(service=Service.model_validate(stack)))
    assert chosen.prefix == "/x"
    assert "d.example.com" in chosen.hosts
    assert "localhost" not in chosen.hosts


async def test_without_a_token_nothing_is_shown(asking: Asking) -> None:
    client = asking(TOKENS, base=OUTSIDE)
    for path in ("/", "/review", "/api/v1/summary", "/api/v1/openapi.json"):
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert "HubSpot" not in answer.text
    assert (await client.get("/static/driftline.css")).status_code == 200
    for wrong in ("Bearer nope", "Basic eDp5", "Bearer "):
        assert (await client.get("/", headers={"authorization": wrong})).status_code == 401


@pytest.mark.parametrize(
    ("role", "poll", "reload"), [("viewer", 403, 403), ("reviewer", 200, 403), ("admin", 200, 200), ("later", 403, 403)]
)
async def test_a_role_reaches_so_far(asking: Asking, engine: StandIn, role: str, poll: int, reload: int) -> None:
    token = (await make_token(engine, "ci", "viewer", None, "test")).secret
    row = await engine.store.api_token(fingerprint(token))
    async with engine.store.transaction() as tx:  # a role that a later release knows is kept as it is
        await tx.put_api_token(msgspec.structs.replace(row, role=role))
    client = asking(TOKENS, base=OUTSIDE)
    client.headers["authorization"] = f"Bearer {token}"
    assert (await client.get("/api/v1/summary")).status_code == 200
    assert (await client.post("/api/v1/integrations/hubspot-prod/poll")).status_code == poll
    assert (await client.post("/-/reload")).status_code == reload
    page = await client.get("/review")
    assert ("Approve" in page.text) == (role in ("reviewer", "admin"))


async def test_a_token_is_nowhere_but_with_its_holder(asking: Asking, engine: StandIn) -> None:
    token = (await make_token(engine, "ci", "viewer", 60, "test")).secret
    stored = (engine.store.folder / "state.db").read_bytes()
    for journal in engine.store.folder.glob("state.db-*"):
        stored += journal.read_bytes()
    assert token.encode() not in stored
    assert token[3:20].encode() not in stored
    client = asking(TOKENS, base=OUTSIDE)
    assert (await client.get("/", headers={"authorization": f"Bearer {token}"})).status_code == 200
    engine.clock.advance(61)
    assert (await client.get("/", headers={"authorization": f"Bearer {token}"})).status_code == 401


async def test_the_first_link_signs_an_administrator_in_once(asking: Asking, engine: StandIn) -> None:
    assert await first_link(engine) is None, "nobody has to sign in"
    tokens_mode(engine)
    link = await first_link(engine)
    assert link is not None and link.startswith("https://drift.example.com/ops/sign-in/dl_")
    client, other = asking(TOKENS, base=OUTSIDE), asking(TOKENS, base=OUTSIDE)
    for _ in range(2):
        assert "Sign in" in (await client.get(link)).text, "looking at the link does not use it up"
    token = link.rpartition("/")[2]
    assert (await client.get("/", headers={"authorization": f"Bearer {token}"})).status_code == 401
    entered = await client.post("/ops/sign-in", data={"token": token})
    assert (entered.status_code, entered.headers["location"]) == (303, "/ops/")
    cookie = entered.headers["set-cookie"]
    for part in ("HttpOnly", "Secure", "SameSite=lax", "Path=/ops/"):
        assert part in cookie
    assert "Needs you" in (await client.get("/ops/")).text
    assert (await other.post("/ops/sign-in", data={"token": token})).status_code == 403
    session = client.cookies["__Secure-driftline_session"]
    assert (await other.get("/ops/", headers={"authorization": f"Bearer {session}"})).status_code == 401
    assert await first_link(engine) is None
    polled = await client.post("/ops/systems/hubspot-prod/poll", headers={"origin": OUTSIDE})
    assert polled.status_code == 303
    await client.post("/ops/sign-out", headers={"origin": OUTSIDE})
    assert (await other.get("/ops/", headers={"cookie": f"__Secure-driftline_session={session}"})).status_code == 401


async def test_whoever_makes_a_token_stays_known_as_its_maker(asking: Asking, engine: StandIn) -> None:
    """Through tokens, links and the sessions that those begin; one made at this machine's terminal is nobody's."""
    tokens_mode(engine)
    boss = (await make_token(engine, "boss", "admin", None, "local:root", ["revenue-operations"])).secret
    client = asking(TOKENS, base=OUTSIDE)
    asked = {
        "name": "second",
        "role": "admin",
        "teams": ["revenue-operations", "marketing-operations", "revenue-operations"],
    }
    made = await client.post("/api/v1/tokens", json=asked, headers={"authorization": f"Bearer {boss}"})
    assert made.json()["teams"] == ["marketing-operations", "revenue-operations"]
    linked = await client.post(
        "/api/v1/tokens/link",
        json={"name": "kim", "role": "reviewer", "teams": ["revenue-operations"]},
        headers={"authorization": f"Bearer {made.json()['secret']}"},
    )
    await client.post("/ops/sign-in", data={"token": linked.json()["secret"].rpartition("/")[2]})
    rows = {row.name.partition(":")[0]: row for row in await engine.store.api_tokens()}
    first, second = engine.people.pseudonym("boss"), engine.people.pseudonym("second")
    assert (rows["boss"].teams, rows["boss"].made_by) == (("revenue-operations",), ())
    assert (rows["second"].teams, rows["second"].made_by) == (("marketing-operations", "revenue-operations"), (first,))
    assert (rows["session"].teams, rows["session"].made_by) == (("revenue-operations",), (second, first))
    unknown = await client.post(
        "/api/v1/tokens",
        json=asked | {"name": "third", "teams": ["nobody"]},
        headers={"authorization": f"Bearer {boss}"},
    )
    assert unknown.status_code == 409 and "team: expected one of" in unknown.text


async def test_links_and_sessions_end(asking: Asking, engine: StandIn) -> None:
    tokens_mode(engine)
    client = asking(TOKENS, base=OUTSIDE)
    late = (await make_link(engine, "kim", "reviewer", "test")).secret.rpartition("/")[2]
    engine.clock.advance(LINK_SECONDS)
    assert (await client.post("/ops/sign-in", data={"token": late})).status_code == 403
    token = (await make_link(engine, "kim", "reviewer", "test")).secret.rpartition("/")[2]
    await client.post("/ops/sign-in", data={"token": token})
    assert (await client.get("/ops/")).status_code == 200
    engine.clock.advance(TOKENS.auth.session)
    assert (await client.get("/ops/")).status_code == 401
