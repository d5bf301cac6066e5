"""Ignores on their page and under /api/v1/ignores: what is ignored, and how one ends before its day."""

from __future__ import annotations

from typing import Any, cast
from uuid import uuid4

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from monitor.engine.ignorelist import ignores
from monitor.engine.request import as_decided
from monitor.engine.restless import proposed
from monitor.engine.standing_shapes import End
from monitor.engine.unignore import unignore

from . import wire
from .api import OF, V1, body, send
from .common import engine_of, needs
from .deciding import back, said
from .openapi import gives, query, takes
from .problems import Failed
from .render import page
from .walking import cut, limit_of, paged, send_list

router = APIRouter()


@router.get(
    f"{V1}/ignores",
    openapi_extra=query(integration=OF, **paged()),
    **gives("Ignores", "What is ignored, why and until when; those that end first come first"),
)
async def listed(request: Request) -> Response:
    rows = ignores(engine_of(request), request.query_params.get("integration", ""))
    found, following = cut(request, rows, lambda one: (0.0, f"{one.until} {one.id}"), limit_of(request))
    return send_list(request, wire.Ignores(tuple(found), following))


@router.get(
    f"{V1}/ignores/proposed",
    openapi_extra=query(integration=OF),
    **gives("Restless", "Facts that change in most polls: what could be ignored, with the evidence"),
)
async def restless(request: Request) -> Response:
    return send(wire.Restless(await proposed(engine_of(request), request.query_params.get("integration", ""))))


@router.get(f"{V1}/ignores/{{name}}", **gives("IgnoreRow", "One ignore", problems=(404,)))
async def one(request: Request, name: str) -> Response:
    found = next((row for row in ignores(engine_of(request)) if row.id == name), None)
    if found is None:
        raise Failed(404, "No such ignore", f"{V1}/ignores lists those that there are.")
    return send(found)


@router.post(
    f"{V1}/ignores/{{name}}/end", openapi_extra=takes("End"),
    **gives("Decided", "Kept; `state` says how far it is", status=202, problems=(403, 503),
            summary="End an ignore before its day"),
)  # fmt: skip
async def end(request: Request, name: str) -> Response:
    who, asked = needs(request, "reviewer"), await body(request, End)
    return send(as_decided(await unignore(_engine(request), name, asked, who.name, "api")), 202)


@router.get("/ignores", include_in_schema=False)
async def shown(request: Request) -> Response:
    engine = engine_of(request)
    proposals = [(one, uuid4().hex) for one in await proposed(engine)]
    return page(request, "ignores.html", rows=ignores(engine), proposals=proposals)


@router.post("/ignores/{name}/end", include_in_schema=False)
async def form_end(request: Request, name: str) -> Response:
    who, form = needs(request, "reviewer"), await request.form()
    asked = End(uuid=said(form, "uuid") or uuid4().hex, reason=said(form, "reason"))
    await unignore(_engine(request), name, asked, who.name, "page")
    return back(request, "/ignores")


def _engine(request: Request) -> Any:
    return cast(Any, engine_of(request))
