"""Mode proxy, over real sockets: who is believed, of whom, and from where."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import httpx
import pytest

from monitor.config.models import Service
from monitor.config.sign_in import Auth
from monitor.daemon import serve_http
from monitor.engine.administer import make_link, make_token
from monitor.engine.request import Refused
from monitor.web.app import create_app
from monitor.web.limits import FAILURES, PEERS, WINDOW, Limits
from monitor.web.settings import Settings

from .conftest import HTML
from .standin import StandIn
from .test_trail import said

GROUPS = "X-Forwarded-Groups"
Pairs = Sequence[tuple[str, str]]
Open = Callable[..., Any]


def proxy(**more: Any) -> Auth:
    """A proxy at 127.0.0.2; whoever comes from 127.0.0.1 reaches the listener past it."""
    given: dict[str, Any] = {
        "mode": "proxy", "peers": ("127.0.0.2", "10.0.0.0/8"), "groups_header": GROUPS, "session": "12h",
        "roles": {"ops": "reviewer", "leads": "admin", "guests": "viewer"},
    }  # fmt: skip
    return Auth.model_validate(given | more)


@pytest.fixture
async def opened(engine: StandIn) -> AsyncIterator[Open]:
    """Serves the pages on a free port as the daemon does, and gives a way to ask from a chosen address."""
    stopping, running, clients = asyncio.Event(), list[asyncio.Task[None]](), list[httpx.AsyncClient]()

    async def serve(auth: Auth) -> Callable[..., Any]:
        at = socket.create_server(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{at.getsockname()[1]}"
        app = create_app(engine, given=Settings(mode=auth.mode, auth=auth, external_url=url))
        running.append(asyncio.create_task(serve_http(app, at, stopping)))

        async def ask(path: str, *headers: tuple[str, str], by: str = "127.0.0.2", method: str = "GET") -> Any:
            transport = httpx.AsyncHTTPTransport(local_address=by)
            clients.append(client := httpx.AsyncClient(transport=transport, base_url=url))
            return await client.request(method, path, headers=[*HTML.items(), *headers])

        return ask

    yield serve
    for client in clients:
        await client.aclose()
    stopping.set()
    await asyncio.gather(*running)


def kim(groups: str = "ops") -> tuple[tuple[str, str], ...]:
    return (("X-Forwarded-User", "kim@example.com"), (GROUPS, groups))


async def test_a_named_proxy_says_who_asks_and_in_which_groups(opened: Open, engine: StandIn) -> None:
    ask = await opened(proxy(teams={"ops": "marketing-operations"}))
    page = await ask("/review", *kim())
    assert page.status_code == 200 and "kim@example.com (reviewer)" in page.text
    assert "Sign out" not in page.text, "the proxy's own way out is not configured"
    assert (await ask("/-/reload", *kim(), ("origin", "http://127.0.0.1"), method="POST")).status_code == 403
    assert [row[:2] + row[3:] for row in await said(engine, "signed in")] == [
        ("kim@example.com", "page", "signed in", "as reviewer")
    ]
    for _ in range(3):
        assert (await ask("/review", *kim())).status_code == 200
    assert len(await said(engine, "signed in")) == 1, "one entry for what a person would call one sign-in"


async def test_the_header_of_anybody_else_is_as_if_it_were_not_there(opened: Open, engine: StandIn) -> None:
    ask = await opened(proxy())
    for path in ("/", "/review", "/api/v1/summary"):
        answer = await ask(path, *kim("leads"), by="127.0.0.1")
        assert answer.status_code == 401 and "HubSpot" not in answer.text
        assert "came from 127.0.0.1, which server.auth.peers does not name" in answer.text
    for lie in (("X-Forwarded-For", "127.0.0.2"), ("Forwarded", "for=127.0.0.2"), ("X-Real-IP", "127.0.0.2")):
        assert (await ask("/", *kim(), lie, by="127.0.0.1")).status_code == 401, lie
    token = (await make_token(engine, "ci", "viewer", None, "test")).secret
    answer = await ask("/-/reload", *kim("leads"), ("authorization", f"Bearer {token}"), by="127.0.0.1", method="POST")
    assert answer.status_code == 403 and "you have viewer" in answer.text
    assert "somebody, from an address that may not" in (await said(engine, "sign-in refused"))[0][4]


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ((*kim(), ("X-Forwarded-User", "boss@example.com")), "X-Forwarded-User came 2 times"),
        ((*kim(), (GROUPS, "leads")), "X-Forwarded-Groups came 2 times"),
        ((("X-Forwarded-User", ""),), "with nothing in it"),
        ((("X-Forwarded-User", "kim, boss"),), "is no name"),
        ((("X-Forwarded-User", "token:ci"),), "is no name"),
        ((("X-Forwarded-User", "Driftline"),), "is no name"),
        ((("X-Forwarded-User", "p-0123456789"),), "is no name"),
        ((("X-Forwarded-User", "kim boss@example.com"),), "is no name"),
        ((("X-Forwarded-User", "k" * 129),), "is no name"),
    ],
)
async def test_what_is_not_clear_is_not_believed(opened: Open, headers: Pairs, words: str) -> None:
    answer = await (await opened(proxy(default_role="viewer")))("/", *headers)
    assert answer.status_code == 403 and words in answer.text and "Needs you" not in answer.text


async def test_a_proxy_that_names_nobody_lets_nobody_in(opened: Open, engine: StandIn) -> None:
    ask = await opened(proxy())
    answer = await ask("/")
    assert answer.status_code == 401 and "The proxy at 127.0.0.2 sent no X-Forwarded-User" in answer.text
    refused = await ask("/", *kim("others"))
    assert refused.status_code == 403 and "none of the groups that were told of you has a role" in refused.text
    assert (await ask("/static/driftline.css", *kim("others"))).status_code == 200
    assert (await (await opened(proxy(default_role="viewer")))("/", *kim("others"))).status_code == 200


async def test_a_role_follows_the_groups_of_each_request(opened: Open, engine: StandIn) -> None:
    ask = await opened(proxy(groups_separator="|"))
    own = ("origin", "http://127.0.0.1:1")

    async def may(groups: str) -> tuple[int, int]:
        page = await ask("/", *kim(groups))
        reload = await ask("/-/reload", *kim(groups), ("sec-fetch-site", "same-origin"), method="POST")
        return page.status_code, reload.status_code

    assert await may("guests") == (200, 403)
    assert await may("guests|leads| x") == (200, 200)
    assert await may("guests,leads") == (403, 403)
    assert (await ask("/-/reload", *kim("leads"), own, method="POST")).status_code == 403, "of another origin"
    assert (await ask("/-/reload", *kim("leads"), method="POST")).status_code == 403, "a browser says where it is from"


async def test_programs_still_come_with_a_token(opened: Open, engine: StandIn) -> None:
    ask = await opened(proxy())
    token = (await make_token(engine, "ci", "reviewer", 60, "test")).secret
    mine = ("authorization", f"Bearer {token}")
    poll = "/api/v1/integrations/hubspot-prod/poll"
    assert (await ask(poll, mine, by="127.0.0.1", method="POST")).status_code == 200
    assert (await ask(poll, mine, *kim("guests"), method="POST")).status_code == 200, "a token of ours comes first"
    wrong = ("authorization", "Bearer dl_guessed")
    assert (await ask("/", wrong, *kim("leads"))).status_code == 401, "a wrong one is not made good by the proxy"
    for theirs in ("Bearer eyJhbGciOiJub25lIn0..", "Basic eDp5"):
        assert (await ask("/", ("authorization", theirs), *kim())).status_code == 200, "what the proxy itself needs"


async def test_there_are_no_sign_in_links_beside_a_proxy(opened: Open, engine: StandIn) -> None:
    link = (await make_link(engine, "boss", "admin", "test")).secret.rpartition("/")[2]
    ask = await opened(proxy())
    answer = await ask("/sign-in", ("sec-fetch-site", "same-origin"), by="127.0.0.1", method="POST")
    assert answer.status_code == 403
    session = (await make_token(engine, "x", "admin", None, "test")).secret
    answer = await ask("/", ("cookie", f"driftline_session={session}"), by="127.0.0.1")
    assert answer.status_code == 401 and link not in answer.text
    server = {"auth": {"mode": "proxy", "peers": ["127.0.0.2"], "default_role": "viewer"}}
    engine.config.service = Service.model_validate({"stack": {"name": "x"}, "server": server}, strict=False)
    with pytest.raises(Refused, match="the proxy says who somebody is"):
        await make_link(engine, "boss", "admin", "test")


async def test_the_trail_has_the_address_that_named_proxies_say(opened: Open, engine: StandIn) -> None:
    ask = await opened(proxy(session="5m"))
    for forwarded, peer, by in (
        ("198.51.100.1", "198.51.100.1", "127.0.0.2"),
        ("203.0.113.9, 198.51.100.1, 10.1.2.3", "198.51.100.1", "127.0.0.2"),
        ("198.51.100.1:5123", "198.51.100.1", "127.0.0.2"),
        ("[2001:db8::1]:443, ::ffff:10.0.0.1", "2001:db8::1", "127.0.0.2"),
        ("198.51.100.1, junk", "127.0.0.2", "127.0.0.2"),
        ("10.1.1.1", "10.1.1.1", "127.0.0.2"),
        ("", "127.0.0.2", "127.0.0.2"),
    ):
        engine.clock.advance(600)
        assert (await ask("/", *kim(), ("X-Forwarded-For", forwarded), by=by)).status_code == 200
        assert (await said(engine, "signed in"))[-1][2] == peer, forwarded
    engine.clock.advance(3600)
    await ask("/", *kim(), ("X-Forwarded-For", "198.51.100.1"), by="127.0.0.1")
    assert (await said(engine, "sign-in refused"))[-1][2] == "127.0.0.1"


async def test_one_name_is_one_person_whatever_its_case(opened: Open, engine: StandIn) -> None:
    ask = await opened(proxy())
    await ask("/", *kim())
    await ask("/", ("X-Forwarded-User", "KIM@example.com"), (GROUPS, "ops"))
    assert {row[0] for row in await said(engine, "signed in")} == {"kim@example.com"}


def test_many_tries_from_one_address_wait_and_others_do_not() -> None:
    limits = Limits(FAILURES)
    for _ in range(FAILURES):
        assert limits.wait("2001:db8::1", 10) == 0
        limits.count("2001:db8::1", 10)
    assert limits.wait("2001:db8::ffff", 15) == WINDOW - 5, "one who has an address of IPv6 has very many"
    assert limits.wait("2001:db8:0:1::1", 15) == limits.wait("198.51.100.1", 15) == 0
    assert limits.wait("2001:db8::1", 10 + WINDOW) == 0
    for number in range(PEERS * 2):
        limits.count(f"peer-{number}", 100)
    assert len(limits._counts) == PEERS + 1, "what is counted apart is bounded"
    assert limits.wait("peer-0", 100) == 0 and limits.wait("yet another", 100) > 0


async def test_what_opens_nothing_is_not_tried_for_ever(opened: Open, engine: StandIn) -> None:
    ask = await opened(proxy())
    wrong = ("authorization", "Bearer dl_guessed")
    codes = [(await ask("/", wrong, by="127.0.0.1")).status_code for _ in range(FAILURES + 1)]
    assert set(codes[: FAILURES - 1]) == {401}
    late = await ask("/", wrong, by="127.0.0.1")
    assert late.status_code == 429 and 0 < int(late.headers["retry-after"]) <= WINDOW
    token = (await make_token(engine, "ci", "viewer", None, "test")).secret
    assert (await ask("/", ("authorization", f"Bearer {token}"), by="127.0.0.1")).status_code == 200
    assert (await ask("/", *kim())).status_code == 200
