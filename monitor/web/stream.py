"""/api/v1/stream: that something happened, as server-sent events: the newest event's number and counts, nothing else.

A page says what it read and is told how many findings opened since that fit its filter; it fetches the rest when a
person asks. One query serves all who are at the same place.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from monitor.core.model import EventType
from monitor.engine import views
from monitor.engine.choosing import choose, fits
from monitor.engine.rows import filed
from monitor.engine.shapes import Filter
from monitor.engine.surface import Engine

from .common import engine_of, filter_of
from .openapi import gives, query
from .problems import Failed
from .wire import Told

router = APIRouter()
CLIENTS: Final = 200  # streams at once; a browser that is refused asks again later
ALIVE: Final = 15.0  # seconds after which a comment says that the line still stands
LASTS: Final = 600.0  # seconds after which a stream ends, and its browser signs in anew by asking again
TOGETHER: Final = 0.5  # seconds that are waited for more, so that a reading is one message
READ: Final = 1000  # events looked through at once
OPENED: Final = (EventType.OPENED, EventType.REOPENED)


@router.get(
    "/api/v1/stream",
    openapi_extra=query(after="the newest event that is known; Last-Event-ID goes before it"),
    **gives("Told", "text/event-stream: each message is one of these", problems=(400, 503)),
)
async def stream(request: Request) -> Response:
    """Refuses at once what it could not serve, so that a browser knows."""
    engine, wanted = engine_of(request), filter_of(request)
    after = _after(request)
    streams: set[object] = request.app.state.streams
    if engine.news.ended or len(streams) >= CLIENTS:
        raise Failed(503, "No more streams now", "The page works without; it asks again in a while.")
    mark = object()
    streams.add(mark)

    async def lines() -> AsyncIterator[bytes]:
        try:
            async for line in _told(engine, wanted, after):
                yield line
        finally:
            streams.discard(mark)

    return StreamingResponse(lines(), media_type="text/event-stream", headers={"x-accel-buffering": "no"})


def _after(request: Request) -> int | None:
    """None where the page knows of none: then it is told where things stand. Raises Failed."""
    said = request.headers.get("last-event-id") or request.query_params.get("after", "")
    if said and not (said.isascii() and said.isdigit() and len(said) < 19):
        raise Failed(400, "Not a number here", f'after: expected the number of an event, found "{said[:40]}".')
    return int(said) if said else None


async def _told(engine: Engine, wanted: Filter, after: int | None) -> AsyncIterator[bytes]:
    clock = asyncio.get_running_loop()
    until, known = clock.time() + LASTS, after
    yield b"retry: 5000\n\n"
    while not engine.news.ended and clock.time() < until:
        coming = engine.news.coming()
        newest = await views.newest(engine)
        if newest != known:
            new = await _opened(engine, wanted, known) if known is not None else 0
            known = newest
            counts = choose(engine, Filter()).counts
            said = msgspec.json.encode(Told(newest, new, counts.total, counts.breaking)).decode()
            yield f"id: {newest}\ndata: {said}\n\n".encode()
        try:
            await asyncio.wait_for(coming.wait(), ALIVE)
        except TimeoutError:
            yield b": here\n\n"
            continue
        if not engine.news.ended:
            await asyncio.sleep(TOGETHER)


async def _opened(engine: Engine, wanted: Filter, after: int) -> int:
    """How many opened since, and fit. Of very many, those of the newest events."""
    events = await engine.store.events(after=after, limit=READ, newest_first=True)
    register = filed(engine)
    found = {event.finding for _, event in events if event.type in OPENED}
    cards = (register.card(id_) for id_ in found)
    return sum(1 for card in cards if card is not None and fits(engine, wanted, card.drawer))
