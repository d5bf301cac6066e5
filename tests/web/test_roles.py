"""Every route there is, asked by every role: none is forgotten, since the routes come from the application itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from monitor.engine.administer import ROLES, SCRAPE, make_token
from monitor.engine.measure import Measure
from monitor.web.access import Principal
from monitor.web.guard import LOOKING, MINE, SAFE

from .standin import StandIn
from .test_guard import OUTSIDE, TOKENS

Asking = Callable[..., httpx.AsyncClient]
ANYBODY: Final = {  # who signs in is nobody yet
    ("GET", "/answer/{secret}"), ("POST", "/answer/{secret}"),  # one question, by a link
    ("GET", "/sign-in/{token}"), ("POST", "/sign-in"), ("GET", "/sign-in/begin"), ("GET", "/sign-in/callback"),
    ("GET", "/signed-out"), ("GET", "/runbooks"), ("GET", "/runbooks/{name}"),
    ("POST", "/hooks/{integration}"),  # signed by the vendor
}  # fmt: skip
LOOKS: Final = {  # what a viewer may do by POST: nothing that anybody else sees is changed
    ("POST", "/sign-out"), ("POST", "/trail/verify"), ("POST", "/api/v1/trail/verify"),
    ("POST", "/me/tokens"), ("POST", "/me/tokens/end"), ("POST", "/api/v1/me/tokens"),
    ("DELETE", "/api/v1/me/tokens/{name}"),
}  # fmt: skip
ADMIN: Final = {
    ("POST", "/-/reload"), ("GET", "/api/v1/tokens"), ("POST", "/api/v1/tokens"), ("POST", "/api/v1/tokens/link"),
    ("DELETE", "/api/v1/tokens/{name}"), ("POST", "/api/v1/forget"), ("POST", "/api/v1/notifications/test"),
    ("POST", "/break/{number}/{way}"), ("GET", "/who-may"), ("POST", "/who-may/end"), ("POST", "/who-may/remove"),
    ("GET", "/api/v1/people"), ("DELETE", "/api/v1/people/{id}"), ("POST", "/api/v1/drill"),
    ("DELETE", "/api/v1/drill"), ("GET", "/api/v1/debug"),
}  # fmt: skip


def routes(client: httpx.AsyncClient) -> Iterator[tuple[str, str]]:
    app: Any = client.app  # type: ignore[attr-defined]
    for one in iter_route_contexts(app.routes):
        for method in sorted((one.methods or set()) - {"HEAD"}):
            yield method, str(one.path)


def least(method: str, path: str) -> str:
    """The least role of a route that is not open to anybody. What changes something takes a reviewer, if nothing says
    that it takes more or less."""
    if (method, path) in ADMIN:
        return "admin"
    return "viewer" if method in SAFE or (method, path) in LOOKS else "reviewer"


async def ask(client: httpx.AsyncClient, method: str, path: str) -> int:
    filled = re.sub(r"\{[^}]+\}", "nothing-of-that-name", path)
    if path.endswith("/stream"):  # it does not end
        async with client.stream(method, filled) as answer:
            return answer.status_code
    return (await client.request(method, filled)).status_code


async def holder(asking: Asking, engine: StandIn, role: str) -> httpx.AsyncClient:
    client = asking(TOKENS, base=OUTSIDE)
    client.headers["authorization"] = f"Bearer {(await make_token(engine, f'a-{role}', role, None, 'test')).secret}"
    return client


def test_the_lists_of_this_file_name_routes_that_exist(asking: Asking) -> None:
    there = set(routes(asking(TOKENS, base=OUTSIDE)))
    assert len(there) > 50
    assert there >= ANYBODY | LOOKS | ADMIN
    exact = {path for _, path in LOOKS if not path.startswith(MINE)}
    assert exact == LOOKING, "the guard lets a viewer do what is listed here, and nothing else"


async def test_nobody_passes_any_route_but_those_to_sign_in(asking: Asking) -> None:
    client = asking(TOKENS, base=OUTSIDE)
    passed = {one for one in routes(client) if await ask(client, *one) != 401}
    assert passed == ANYBODY


async def test_scrape_opens_no_route(asking: Asking, engine: StandIn) -> None:
    client = await holder(asking, engine, SCRAPE)
    assert {await ask(client, *one) for one in routes(client)} == {403}
    page = await client.get("/review")
    assert "is for /metrics" in page.text and "HubSpot" not in page.text and 'aria-label="Pages"' not in page.text


@pytest.mark.parametrize("role", ["viewer", "reviewer"])
async def test_a_route_is_refused_below_its_role(asking: Asking, engine: StandIn, role: str) -> None:
    client, wrong = await holder(asking, engine, role), []
    for method, path in routes(client):
        if (method, path) in ANYBODY:
            continue
        if ROLES.index(least(method, path)) > ROLES.index(role) and await ask(client, method, path) != 403:
            wrong.append((method, path))
    assert not wrong


def test_scrape_stands_in_no_order_with_the_others() -> None:
    scrape = Principal("token:prometheus", "scrape", "bearer")
    assert not any(scrape.may(role) for role in (*ROLES, SCRAPE))
    assert not any(Principal("x", role, "bearer").may("scrape") for role in ROLES)


async def test_metrics_take_a_token_of_the_role_scrape_and_no_other(engine: StandIn) -> None:
    measure = Measure(scrapers=True)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(measure.app), base_url="http://127.0.0.1:9732")
    made = {role: (await make_token(engine, role, role, 60, "test")).secret for role in (*ROLES, SCRAPE)}

    async def scraped(token: str, scheme: str = "Bearer") -> int:
        return (await client.get("/metrics", headers=[(b"authorization", f"{scheme} {token}".encode())])).status_code

    assert await scraped(made[SCRAPE]) == 401, "before there is a store nobody is known"
    await measure.start(engine)
    assert (await client.get("/metrics")).status_code == 401
    assert {role: await scraped(made[role]) for role in ROLES} == dict.fromkeys(ROLES, 401)
    assert (await scraped(made[SCRAPE]), await scraped(made[SCRAPE], "bearer")) == (200, 200)
    assert (await scraped(made[SCRAPE], "Basic"), await scraped(""), await scraped("dl_é")) == (401, 401, 401)
    row = next(one for one in await engine.store.api_tokens() if one.name == SCRAPE)
    assert row.last_used == engine.clock.now()
    engine.clock.advance(60)
    assert await scraped(made[SCRAPE]) == 401
    assert (await client.get("/healthz")).status_code == 200
    await client.aclose()
