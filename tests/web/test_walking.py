"""Long lists, one way for all: a cursor, a Link to the page after it, nothing twice and nothing missed."""

from __future__ import annotations

from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from monitor.engine import views
from monitor.engine.administer import make_token
from monitor.engine.shapes import Filter
from monitor.engine.walk import whole, worst_first
from monitor.web import wire
from monitor.web.problems import Failed
from monitor.web.walking import cut, send_list

from .standin import StandIn

LISTS = (
    "findings", "trail", "decisions", "readings", "events", "timeline", "changes", "waiting", "pushed", "people",
    "tokens", "me/tokens", "ignores", "standing",
)  # fmt: skip
ALL = Filter(stand="all", children=True)


def asking(query: str) -> Request:
    app = SimpleNamespace(state=SimpleNamespace(settings=SimpleNamespace(external_url="https://drift.example.com/x/")))
    return Request({"type": "http", "path": "/api/v1/list", "query_string": query.encode(), "app": app, "headers": []})


async def walked(client: httpx.AsyncClient, path: str) -> list[dict[str, object]]:
    """All pages, by the Link of each alone."""
    found: list[dict[str, object]] = []
    while path:
        answer = await client.get(path)
        assert answer.status_code == 200, answer.text
        items, link = answer.json()["items"], answer.links.get("next", {})
        assert ("url" in link) == bool(answer.json()["next"])
        found += items
        path = urlsplit(link.get("url", ""))._replace(scheme="", netloc="").geturl()
    return found


async def test_all_findings_are_walked_newest_first(client: httpx.AsyncClient, engine: StandIn) -> None:
    found = await walked(client, "/api/v1/findings?stand=all&children=1&limit=1")
    places = [(-float(str(one["first_seen_at"])), str(one["id"])) for one in found]
    assert len(places) > 3
    assert places == sorted(places)
    assert {id for _, id in places} == set(engine.ledger.findings)


async def test_of_the_worst_there_is_one_page(client: httpx.AsyncClient, engine: StandIn) -> None:
    told = (await client.get("/api/v1/findings?order=worst&limit=2")).json()
    assert [one["id"] for one in told["items"]] == [one.id for one in views.findings(engine).items[:2]]
    assert (told["next"], told["total"] > 2) == ("", True)
    answer = await client.get("/api/v1/findings?order=worst&cursor=0.0~x")
    assert answer.status_code == 400
    assert "changes while one walks" in answer.json()["detail"]


def test_rows_are_sorted_as_findings_are(engine: StandIn) -> None:
    rows = whole(engine, ALL)
    assert len(rows) > 3
    assert sorted(reversed(rows), key=worst_first) == list(rows)


async def test_tokens_and_the_trail_are_walked(client: httpx.AsyncClient, engine: StandIn) -> None:
    for number in range(5):
        await make_token(engine, f"token-{number}", "viewer", None, "tester")
    names = [str(one["name"]) for one in await walked(client, "/api/v1/tokens?limit=2")]
    assert [name for name in names if name.startswith("token-")] == [f"token-{number}" for number in range(5)]
    numbers = [int(str(one["number"])) for one in await walked(client, "/api/v1/trail?limit=2")]
    assert numbers == sorted(set(numbers), reverse=True)
    assert len(numbers) >= 5


@pytest.mark.parametrize("name", LISTS)
async def test_every_list_says_how_it_goes_on(client: httpx.AsyncClient, name: str) -> None:
    operation = (await client.get("/api/v1/openapi.json")).json()["paths"][f"/api/v1/{name}"]["get"]
    given_ = {one["name"] for one in operation["parameters"]}
    assert {"limit", "after" if name == "events" else "cursor"} <= given_
    assert "Link" in operation["responses"]["200"]["headers"]
    if name not in ("events", "pushed"):  # what is pushed takes a repository
        answer = await client.get(f"/api/v1/{name}?cursor=nonsense")
        assert (answer.status_code, answer.json()["title"]) == (404, "Not a place in this list")


@given(st.sets(st.tuples(st.integers(0, 3), st.text("ab~", max_size=3))), st.integers(1, 4), st.data())
def test_a_list_that_changes_is_walked_once(rows: set[tuple[int, str]], limit: int, data: st.DataObject) -> None:
    """Some go and some come between two pages: whatever was there all the time is shown, and nothing twice."""
    stayed, shown, query = set(rows), [], ""
    while True:
        found, following = cut(asking(query), rows, lambda one: (float(one[0]), one[1]), limit)
        shown += found
        if not following:
            break
        gone = data.draw(st.sets(st.sampled_from(sorted(rows)))) if rows else set()
        come = data.draw(st.sets(st.tuples(st.integers(0, 3), st.text("ab~", max_size=3)), max_size=2))
        rows = (rows - gone) | come
        stayed &= rows
        query = str(httpx.QueryParams({"cursor": following}))
    assert stayed <= set(shown)
    assert len(shown) == len(set(shown))


@pytest.mark.parametrize("text", ["x", "nan~x", "1.0", "~"])
def test_what_is_no_cursor_is_said(text: str) -> None:
    with pytest.raises(Failed, match="Not a place"):
        cut(asking(f"cursor={text}"), [], lambda one: (0.0, ""), 1)


def test_the_link_keeps_what_was_asked_and_the_address_people_use() -> None:
    answer = send_list(asking("q=a%20b&cursor=old&limit=2"), wire.Decisions((), "1.0~é&"))
    at = httpx.Response(200, headers=answer.headers).links["next"]["url"]
    assert at.startswith("https://drift.example.com/x/api/v1/list?")
    assert parse_qs(urlsplit(at).query) == {"q": ["a b"], "limit": ["2"], "cursor": ["1.0~é&"]}
