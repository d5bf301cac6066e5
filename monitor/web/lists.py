"""The long lists of /api/v1 that belong to no page of their own: findings, decisions, events, readings."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from monitor.adapters.records import DecisionState
from monitor.engine import views
from monitor.engine.request import as_decided
from monitor.engine.walk import walk

from . import wire
from .api import FILTER, OF, V1
from .common import engine_of, filter_of, number
from .openapi import gives, query
from .parameters import one_of, whole
from .problems import Failed
from .walking import cursor, limit_of, paged, place_of, send_list

router = APIRouter()
NEWEST: Final = "newest"  # the order that does not change while somebody walks through it
ORDERS: Final = (NEWEST, "worst")


@router.get(
    f"{V1}/findings",
    openapi_extra=query(
        **FILTER, **paged(200, 50),
        order=one_of("newest (by when they were first seen) where none is given; of the worst one page", ORDERS),
    ),
    **gives("Findings", "Newest first, or the worst of them", summary="Findings that fit a filter"),
)  # fmt: skip
async def findings(request: Request) -> Response:
    engine, wanted, limit, after = engine_of(request), filter_of(request), limit_of(request, 200, 50), place_of(request)
    if request.query_params.get("order", NEWEST) != NEWEST:
        if after is not None:
            words = "cursor: what is worst changes while one walks; leave out the order, or the cursor."
            raise Failed(400, "Not in this order", words)
        page = views.findings(engine, wanted, 1, limit)
        return send_list(request, wire.Findings(page.items, page.total, page.counts))
    rows, found = walk(engine, wanted, after, limit + 1)
    following = cursor((-rows[limit - 1].first_seen_at, rows[limit - 1].id)) if len(rows) > limit else ""
    return send_list(request, wire.Findings(rows[:limit], found.total, found.counts, following))


@router.get(
    f"{V1}/decisions",
    openapi_extra=query(state=one_of("how far they are", DecisionState), **paged()),
    **gives("Decisions", "Newest first", summary="Decisions, whoever made them"),
)
async def decisions(request: Request) -> Response:
    word = request.query_params.get("state", "")
    state = DecisionState(word) if word else None
    store, limit = engine_of(request).store, limit_of(request)
    last = await store.decision(uuid) if (uuid := request.query_params.get("cursor", "")) else None
    if uuid and last is None:
        raise Failed(404, "Not a place in this list", "cursor: it is not there any more; begin without it.")
    rows = await store.decisions(state, newest_first=True, limit=limit + 1, before=last)
    following = rows[limit - 1].uuid if len(rows) > limit else ""
    return send_list(request, wire.Decisions(tuple(as_decided(row) for row in rows[:limit]), following))


@router.get(
    f"{V1}/events",
    openapi_extra=query(
        after=whole("only entries after this number", 2**53, 0, least=0),
        finding="id",
        limit=whole("how many at most", 1000, 100),
    ),
    **gives("Events", "Oldest first", summary="What happened to findings"),
)
async def events(request: Request) -> Response:
    after = number(request, "after", 1, 2**53) if request.query_params.get("after", "0") not in ("", "0") else 0
    finding_id, limit = request.query_params.get("finding") or None, number(request, "limit", 100, 1000)
    rows = await views.events(engine_of(request), finding=finding_id, after=after, limit=limit)
    following = rows[-1].number if rows else after
    return send_list(request, wire.Events(rows, following), str(following) if len(rows) == limit else "", "after")


@router.get(
    f"{V1}/readings",
    openapi_extra=query(integration=OF, **paged(500, 50)),
    **gives("Readings", "Newest first", summary="Polls, and what each came to"),
)
async def readings(request: Request) -> Response:
    name, limit, after = request.query_params.get("integration") or None, limit_of(request, 500, 50), place_of(request)
    rows = await engine_of(request).store.readings(name, limit + 1, int(-after[0]) if after else 2**53 - 1)
    following = cursor((-float(rows[limit - 1].id), "")) if len(rows) > limit else ""
    return send_list(request, wire.Readings(tuple(rows[:limit]), following))
