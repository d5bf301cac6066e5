"""What comes in about an integration beside its readings, as JSON."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from monitor.engine.pushes import pushes

from .api import V1, send
from .common import engine_of
from .openapi import gives
from .problems import Failed

router = APIRouter()


@router.get(
    f"{V1}/integrations/{{name}}/pushes",
    **gives(
        "Pushes",
        "What its vendor pushed since the process started, and what it says of itself in public",
        problems=(404,),
        summary="What comes in about one integration",
    ),
)
async def came(request: Request, name: str) -> Response:
    engine = engine_of(request)
    if name not in engine.integrations:
        raise Failed(404, "No such integration", f'No integration is called "{name[:80]}".')
    return send(pushes(engine, name))
