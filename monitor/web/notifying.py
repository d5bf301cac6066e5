"""Whether those who are told directly can be told, as JSON."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from monitor.engine import trying

from . import wire
from .api import V1, body, send
from .common import needs
from .openapi import gives, takes

router = APIRouter()


@router.post(
    f"{V1}/notifications/test",
    openapi_extra=takes("Try"),
    **gives(
        "Trials",
        "What the other ends answered",
        problems=(403, 503),
        summary="Send a test message to those told directly",
    ),
)
async def tried(request: Request) -> Response:
    needs(request, "admin")
    asked = await body(request, trying.Try)
    return send(wire.Trials(await trying.send(request.app.state.engine, asked)))
