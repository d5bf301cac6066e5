"""Flows on their page and under /api/v1/flows: how each stands, and which parts of it nobody can judge."""

from __future__ import annotations

from typing import Any, cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from monitor.adapters.described import FLOWS
from monitor.core.graph import End
from monitor.engine.describing import problems
from monitor.engine.flowlist import flows
from monitor.engine.flowpage import flow
from monitor.engine.proposing import propose

from . import catalogue, describing, wire
from .api import V1, send
from .common import engine_of
from .openapi import gives
from .picture import picture
from .render import page

router = APIRouter()


@router.get(f"{V1}/flows", **gives("Flows", "How each flow stands, and what is not known of it"))
async def listed(request: Request) -> Response:
    return send(wire.Flows(flows(engine_of(request))))


@router.get(f"{V1}/flows/proposals", **gives("ProposedFlows", "Flows that may be there, each with its evidence"))
async def proposed(request: Request) -> Response:
    return send(wire.ProposedFlows(await propose(cast(Any, engine_of(request)))))


@router.get(f"{V1}/flows/{{name}}", **gives("FlowDetail", "One flow with each mapped pair", problems=(404,)))
async def told(request: Request, name: str) -> Response:
    return send(flow(engine_of(request), name))


@router.get("/flows", include_in_schema=False)
async def shown(request: Request) -> Response:
    engine = engine_of(request)
    rows, link = flows(engine), catalogue.at(request)

    def href(end: End) -> str:
        if end.integration not in engine.integrations:
            return ""
        return str(link(end.integration, "field", end.scope)) if end.scope else ""

    f = await describing.form_values(request, FLOWS, None, "")
    return page(
        request, "flows.html", rows=rows, p=picture(engine.config.flows, rows, href), f=f, systems=_systems(request),
        problems=problems(engine),
    )  # fmt: skip


def _systems(request: Request) -> list[str]:
    engine = engine_of(request)
    return sorted({*engine.config.integrations, *engine.config.elsewhere})


@router.get("/flows/{name}", include_in_schema=False)
async def one(request: Request, name: str) -> Response:
    engine, kept = engine_of(request), "kept" in request.query_params
    found = next((one for one in engine.config.flows if one.id == name), None)
    if found is None and kept:
        return page(request, "kept.html", name=name)
    view, f = flow(engine, name), await describing.form_values(request, FLOWS, found, name)
    return page(
        request, "flow.html", view=view, read=frozenset(engine.integrations), at=catalogue.at(request), f=f, kept=kept,
        systems=_systems(request),
    )  # fmt: skip
