"""What comes in about an integration beside its readings, as JSON: what vendors push and say, and what is attested."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from monitor.engine import attesting
from monitor.engine.live import Live
from monitor.engine.pushes import pushes

from .access import Principal
from .api import V1, send
from .common import engine_of, needs
from .openapi import gives, query, takes
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


@router.post(
    f"{V1}/attested/{{name}}",
    openapi_extra=takes("Lists") | query(list="of the lists that its file declares; the only one where none is given"),
    **gives(
        "Taken",
        "Kept and read; an answer that is no 202 changed nothing",
        status=202,
        problems=(403, 404, 503),
        summary="Attest how a system without an API is; also as text/csv, one list at a time",
    ),
)
async def attested(request: Request, name: str) -> Response:
    who, _ = _attests(request, name)
    media = request.headers.get("content-type", "").partition(";")[0].strip()
    if media not in ("application/json", "text/csv"):
        raise Failed(415, "Send JSON or CSV", "content-type: expected application/json or text/csv.")
    only, raw = request.query_params.get("list", ""), await request.body()
    engine, csv = request.app.state.engine, media == "text/csv"
    return send(await attesting.upload(engine, name, raw, by=who.name, csv=csv, only=only), 202)


@router.post(
    f"{V1}/attested/{{name}}/heartbeat",
    **gives("Taken", "Kept", status=202, problems=(403, 404, 503), summary="Say that it is still as attested"),
)
async def beat(request: Request, name: str) -> Response:
    who, _ = _attests(request, name)
    return send(await attesting.heartbeat(request.app.state.engine, name, by=who.name), 202)


def _attests(request: Request, name: str) -> tuple[Principal, Live]:
    """Raises Failed for one who may not, and where there is nothing to attest."""
    who = needs(request, "reviewer")
    live = engine_of(request).integrations.get(name)
    if live is None or live.config.attested is None:
        raise Failed(404, "Nothing is attested here", "No integration of this name has `attested` in its file.")
    if who.teams and live.config.owner not in who.teams:
        raise Failed(403, "Not allowed", f"This token is for {', '.join(who.teams)}; {live.config.owner} owns {name}.")
    return who, live
