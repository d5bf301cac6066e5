"""A drill on the pages and under /api/v1/drill: what is made up, and how far it came."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from monitor.engine.drill_shapes import Begin, Drill

from .api import V1, body, send
from .common import engine_of, needs
from .openapi import gives, takes
from .render import page

router = APIRouter()


@router.get(f"{V1}/drill", **gives("Drill", "The newest drill since the start, and how far it came"))
async def newest(request: Request) -> Response:
    return send(Drill(engine_of(request).alerting.drills.newest))


@router.post(
    f"{V1}/drill",
    openapi_extra=takes("Begin", required=False),
    **gives("Drilled", "Under way", status=202, problems=(403, 503), summary="Send a drift that is made up"),
)
async def begin(request: Request) -> Response:
    who = needs(request, "admin")
    asked = await body(request, Begin) if await request.body() else Begin()
    return send(await engine_of(request).alerting.drills.begin(asked, who.name), 202)


@router.delete(
    f"{V1}/drill", **gives("Drill", "It is being ended", problems=(403, 503), summary="End the drill that is under way")
)
async def end(request: Request) -> Response:
    needs(request, "admin")
    drills = engine_of(request).alerting.drills
    drills.end()
    return send(Drill(drills.newest))


@router.get("/drill", include_in_schema=False)
async def shown(request: Request) -> Response:
    engine = engine_of(request)
    drills = engine.alerting.drills
    return page(
        request, "drill.html", drill=drills.newest, running=drills.running is not None, now=engine.clock.now(),
        on=engine.alerting.on,
    )  # fmt: skip
