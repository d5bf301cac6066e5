"""What happened, told to pages that are open: numbers and counts, bounded, resumed, and over when the process ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
import pytest

from monitor.core.model import Action, Level
from monitor.engine import views
from monitor.engine.news import News
from monitor.engine.shapes import Filter
from monitor.web import stream
from probes.kit.contract import Kind

from .standin import StandIn, claim, verdict

WAIT = 10.0


async def happens(engine: StandIn, key: str, level: Level = Level.BREAKING) -> None:
    said = claim(
        "hubspot-prod", Kind.FIELD, "deals", key, "label", "", Action.CHANGED, 1, 2, verdict(level, "r", "web")
    )
    await engine.find(said)
    engine.news.tell()


@asynccontextmanager
async def listening(engine: StandIn, wanted: Filter, after: int | None, heard: int | None = None) -> AsyncIterator[Any]:
    """The messages of one stream, one by one."""
    lines = stream._told(engine, wanted, after, heard)

    async def message() -> dict[str, Any]:
        while not (line := await asyncio.wait_for(anext(lines), WAIT)).startswith(b"id: "):
            pass
        number, data = line.decode().strip().split("\n")
        told: dict[str, Any] = msgspec.json.decode(data.removeprefix("data: "))
        assert number == f"id: {told['event']}"
        return told

    try:
        yield message
    finally:
        await lines.aclose()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "TOGETHER", 0.0)


async def test_a_page_is_told_of_what_opened_since_it_was_loaded(engine: StandIn) -> None:
    known = await views.newest(engine)
    async with listening(engine, Filter(), known) as message:
        told = asyncio.create_task(message())
        await happens(engine, "a")
        assert await told == {"event": known + 1, "new": 1, "open": 7, "breaking": 4}


async def test_only_what_fits_the_filter_of_the_page_is_new_there(engine: StandIn) -> None:
    known = await views.newest(engine)
    await happens(engine, "a")
    await happens(engine, "b", Level.INFO)
    async with listening(engine, Filter(level="info"), known) as message:
        assert await message() == {"event": known + 2, "new": 1, "open": 8, "breaking": 4}


async def test_it_goes_on_from_the_last_event_that_was_heard_of(engine: StandIn) -> None:
    known = await views.newest(engine)
    for key in "abc":
        await happens(engine, key)
    async with listening(engine, Filter(), known + 1, known + 2) as message:
        assert (await message())["new"] == 2, "what was said already still counts"
    async with listening(engine, Filter(), known, known + 3) as message:
        told = asyncio.create_task(message())
        await asyncio.sleep(0)
        await happens(engine, "d")
        assert (await told)["new"] == 4, "nothing is said twice"
    async with listening(engine, Filter(), None) as message:
        assert await message() == {"event": known + 4, "new": 0, "open": 10, "breaking": 7}


async def test_a_quiet_line_says_that_it_stands_and_ends_in_time(
    engine: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "ALIVE", 0.01)
    monkeypatch.setattr(stream, "LASTS", 0.05)
    lines = [line async for line in stream._told(engine, Filter(), await views.newest(engine), None)]
    assert lines[0] == b"retry: 5000\n\n" and b": here\n\n" in lines


async def test_it_is_over_when_the_process_drains(engine: StandIn) -> None:
    reading = asyncio.create_task(_all(stream._told(engine, Filter(), None, None)))
    other = asyncio.create_task(engine.news.coming().wait())
    await asyncio.sleep(0)
    engine.news.end()
    lines = await asyncio.wait_for(reading, WAIT)
    assert lines[0].startswith(b"retry")
    assert await asyncio.wait_for(other, WAIT)


async def _all(lines: AsyncIterator[bytes]) -> list[bytes]:
    return [line async for line in lines]


async def test_over_http_it_is_a_stream_of_the_head_and_of_nothing_else(
    client: httpx.AsyncClient, engine: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "LASTS", 0.0)
    answer = await client.get("/api/v1/stream?level=info", headers={"last-event-id": "3"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store" and answer.headers["x-accel-buffering"] == "no"
    app: Any = client.app  # type: ignore[attr-defined]
    assert app.state.streams == set(), "a line that is over counts no more"


@pytest.mark.parametrize("after", ["x", "-1", "1" * 19, "1²"])
async def test_a_number_that_is_none_is_refused(client: httpx.AsyncClient, after: str) -> None:
    assert (await client.get("/api/v1/stream", params={"after": after})).status_code == 400


async def test_no_more_lines_than_can_be_served(client: httpx.AsyncClient, engine: StandIn) -> None:
    app: Any = client.app  # type: ignore[attr-defined]
    app.state.streams.update(object() for _ in range(stream.CLIENTS))
    answer = await client.get("/api/v1/stream")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    app.state.streams.clear()
    engine.news.end()
    assert (await client.get("/api/v1/stream")).status_code == 503


async def test_news_wakes_all_who_wait_and_only_them() -> None:
    news = News()
    first = [news.coming() for _ in range(3)]
    news.tell()
    assert all(one.is_set() for one in first) and not news.coming().is_set()


async def test_versions_are_told_by_id(client: httpx.AsyncClient, engine: StandIn) -> None:
    rows = views.findings(engine).items[:2]
    query = "&".join(f"id={row.id}" for row in rows)
    answer = (await client.get(f"/api/v1/versions?{query}&id=zzzz")).json()
    assert answer == {"items": {row.id: {"fingerprint": row.fingerprint, "stand": "open"} for row in rows}}
    assert (await client.get("/api/v1/versions?" + "&".join(["id=a"] * 201))).status_code == 400


async def test_every_page_holds_one_line_open_and_the_queue_knows_where_it_stands(
    client: httpx.AsyncClient, engine: StandIn
) -> None:
    newest = await views.newest(engine)
    assert f'data-event="{newest}"' in (await client.get("/review")).text
    for path in ("/", "/review", "/history"):
        text = (await client.get(path)).text
        assert 'data-stream="/api/v1/stream"' in text and 'aria-live="polite" data-news' in text
        assert text.count("data-open") == 1
