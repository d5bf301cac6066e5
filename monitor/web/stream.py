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
from monitor.engine.merging import merging
from monitor.engine.rows import filed
from monitor.engine.shapes import Filter
from monitor.engine.surface import Engine

from .api import FILTER
from .common import engine_of, filter_of
from .openapi import gives, query
from .parameters import whole
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
    openapi_extra=query(
        **FILTER,
        after=whole("the newest event that the page knows; what opened later is new to it", 2**53, least=0),
    ),
    **gives(
        "Message",
        "Each message is one of these",
        problems=(503,),
        media="text/event-stream",
        summary="Be told when something happens",
    ),
)
async def stream(request: Request) -> Response:
    """Refuses at once what it could not serve, so that a browser knows. A line that broke is taken up after
    Last-Event-ID: what was said already is not said again, and still counts."""
    engine, wanted = engine_of(request), filter_of(request)
    known = _number("after", request.query_params.get("after", ""))
    heard = _number("Last-Event-ID", request.headers.get("last-event-id", ""))
    streams: set[object] = request.app.state.streams
    if engine.news.ended or len(streams) >= CLIENTS:
        raise Failed(503, "No more streams now", "The page works without; it asks again in a while.")
    mark = object()
    streams.add(mark)

    async def lines() -> AsyncIterator[bytes]:
        try:
            async for line in _told(engine, wanted, known if known is not None else heard, heard):
                yield line
        finally:
            streams.discard(mark)

    return StreamingResponse(lines(), media_type="text/event-stream", headers={"x-accel-buffering": "no"})


def _number(name: str, said: str) -> int | None:
    """Raises Failed."""
    if said and not (said.isascii() and said.isdigit() and len(said) < 19):
        raise Failed(400, "Not a number here", f'{name}: expected the number of an event, found "{said[:40]}".')
    return int(said) if said else None


async def _told(engine: Engine, wanted: Filter, known: int | None, heard: int | None) -> AsyncIterator[bytes]:
    """`known`: up to where the page has seen itself, None where it only wants to know where things stand; `heard`: the
    last that it was told."""
    clock = asyncio.get_running_loop()
    until, read, opened = clock.time() + LASTS, known, set[str]()
    heard = known if heard is None else heard
    yield b"retry: 5000\n\n"
    while not engine.news.ended and clock.time() < until:
        coming = engine.news.coming()
        newest = await views.newest(engine)
        if newest != heard:
            if read is not None:
                opened |= await _opened(engine, read)
            read = heard = newest
            counts, new = choose(engine, Filter()).counts, _fitting(engine, wanted, opened)
            merges = merging(engine, Filter())  # answered: as the badge counts
            open_, breaking = counts.total - merges.total, counts.breaking - merges.breaking
            said = msgspec.json.encode(Told(newest, new, open_, breaking)).decode()
            yield f"id: {newest}\ndata: {said}\n\n".encode()
        try:
            await asyncio.wait_for(coming.wait(), ALIVE)
        except TimeoutError:
            yield b": here\n\n"
            continue
        if not engine.news.ended:
            await asyncio.sleep(TOGETHER)


async def _opened(engine: Engine, after: int) -> set[str]:
    """Findings that opened since. Of very many events, the newest are looked through."""
    events = await engine.store.events(after=after, limit=READ, newest_first=True)
    return {event.finding for _, event in events if event.type in OPENED}


def _fitting(engine: Engine, wanted: Filter, ids: set[str]) -> int:
    register = filed(engine)
    cards = (register.card(id_) for id_ in ids)
    return sum(1 for card in cards if card is not None and fits(engine, wanted, card.drawer))
