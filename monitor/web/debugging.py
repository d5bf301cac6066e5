"""/api/v1/debug: what a bug report is made of. Nothing of it is a secret, a value or a name; see engine/bundle.py."""

from __future__ import annotations

from typing import Any, cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from monitor.engine.bundle import bundle

from .api import V1, send
from .common import engine_of, needs
from .openapi import gives

router = APIRouter()


@router.get(f"{V1}/debug", **gives("Bundle", "The parts of a bug report, by name of file", problems=(403, 503)))
async def debug(request: Request) -> Response:
    needs(request, "admin")
    measure = request.app.state.measure
    engine = cast(Any, engine_of(request))
    return send(await bundle(engine, measure.exposition if measure is not None else None))
