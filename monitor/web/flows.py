"""Flows on their page and under /api/v1/flows: how each stands, and which parts of it nobody can judge."""

from __future__ import annotations

from typing import Any, cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from monitor.engine.flowlist import flows
from monitor.engine.proposing import propose

from . import wire
from .api import V1, send
from .common import engine_of
from .openapi import gives
from .render import page

router = APIRouter()


@router.get(f"{V1}/flows", **gives("Flows", "How each flow stands, and what is not known of it"))
async def listed(request: Request) -> Response:
    return send(wire.Flows(flows(engine_of(request))))


@router.get(f"{V1}/flows/proposals", **gives("ProposedFlows", "Flows that may be there, each with its evidence"))
async def proposed(request: Request) -> Response:
    return send(wire.ProposedFlows(await propose(cast(Any, engine_of(request)))))


@router.get("/flows", include_in_schema=False)
async def shown(request: Request) -> Response:
    return page(request, "flows.html", rows=flows(engine_of(request)))
