"""The fleet: how other stacks stand, as a page and under /api/v1. Who looks asks nobody: it is told what is known."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from .api import V1, send
from .common import engine_of
from .openapi import gives
from .render import page

router = APIRouter()


@router.get(f"{V1}/fleet", **gives("Fleet", "How other stacks stand, what needs a person most first"))
async def listed(request: Request) -> Response:
    engine = engine_of(request)
    return send(engine.fleet.view(engine))


@router.get("/fleet", include_in_schema=False)
async def shown(request: Request) -> Response:
    engine = engine_of(request)
    return page(request, "fleet.html", view=engine.fleet.view(engine))
