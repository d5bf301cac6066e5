"""Standing approvals on the pages and under /api/v1/standing: what stands, what was taken, and the forms for both."""

from __future__ import annotations

from typing import Any, Final, cast
from uuid import uuid4

import msgspec
from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from monitor.engine import standing
from monitor.engine.request import as_decided
from monitor.engine.standing_shapes import Asked, End

from . import wire
from .api import V1, body, send
from .common import engine_of, needs
from .deciding import back, ending, said
from .openapi import gives, query, takes
from .problems import Failed
from .render import page
from .walking import cut, limit_of, paged, send_list

router = APIRouter()
_KEPT: Final = "Kept; `state` says how far it is"


def _engine(request: Request) -> Any:
    return cast(Any, engine_of(request))


@router.get(f"{V1}/standing", openapi_extra=query(**paged()), **gives("Standings", "What is approved by policy"))
async def listed(request: Request) -> Response:
    rows = standing.standing(_engine(request))
    found, following = cut(request, rows, lambda one: (0.0, one.id), limit_of(request))
    return send_list(request, wire.Standings(tuple(found), following))


@router.get(f"{V1}/standing/digest", **gives("Digest", "What policies approved, the newest day first"))
async def days(request: Request) -> Response:
    return send(wire.Digest(await standing.digest(_engine(request))))


@router.get(f"{V1}/standing/{{name}}", **gives("StandingRow", "One standing approval", problems=(404,)))
async def one(request: Request, name: str) -> Response:
    found = next((row for row in standing.standing(_engine(request)) if row.id == name), None)
    if found is None:
        raise Failed(404, "No such standing approval", f"{V1}/standing lists those that there are.")
    return send(found)


@router.post(
    f"{V1}/standing",
    openapi_extra=takes("Asked"),
    **gives("Decided", _KEPT, status=202, problems=(403, 503), summary="Make a standing approval, or replace one"),
)
async def add(request: Request) -> Response:
    who, asked = needs(request, "reviewer"), await body(request, Asked)
    return send(as_decided(await standing.add(_engine(request), asked, who.name, "api")), 202)


@router.post(
    f"{V1}/standing/{{name}}/end",
    openapi_extra=takes("End"),
    **gives("Decided", _KEPT, status=202, problems=(403, 503), summary="End a standing approval"),
)
async def end(request: Request, name: str) -> Response:
    who, asked = needs(request, "reviewer"), await body(request, End)
    return send(as_decided(await standing.end(_engine(request), name, asked, who.name, "api")), 202)


# -- pages ------------------------------------------------------------------------------------------------------------


@router.get("/standing", include_in_schema=False)
async def shown(request: Request) -> Response:
    engine = _engine(request)
    return page(
        request,
        "standing.html",
        rows=standing.standing(engine),
        days=await standing.digest(engine),
        uuid=uuid4().hex,
        teams=sorted(engine.config.people.teams),
        hour=engine.config.service.policy.hour,
        zone=engine.config.service.stack.timezone,
    )


@router.post("/standing", include_in_schema=False)
async def form_add(request: Request) -> Response:
    who, form = needs(request, "reviewer"), await request.form()
    value = {
        "uuid": said(form, "uuid") or uuid4().hex, "id": said(form, "id"), "owner": said(form, "owner"),
        "reason": said(form, "reason"), "until": ending(said(form, "until")), "cap": _number(form, "cap"),
        "rules": said(form, "rules").split(), "patterns": said(form, "patterns").split() or ["*"],
        "levels": [str(one) for one in form.getlist("level")] or ["info"],
        "vendor_made": {"vendor": True, "customer": False}.get(said(form, "made")), "actor": said(form, "actor"),
    }  # fmt: skip
    try:
        asked = msgspec.convert(value, Asked)
    except msgspec.ValidationError as error:
        raise Failed(400, "Not complete", f"Give a name, a cap, and a day until which it holds ({error}).") from error
    await standing.add(_engine(request), asked, who.name, "page")
    return back(request, "/standing")


def _number(form: FormData, name: str) -> int:
    text = said(form, name)
    if not text.isascii() or not text.isdigit():
        raise Failed(400, "Not a number", f'{name}: expected a whole number, found "{text[:40]}".')
    return int(text)


@router.post("/standing/{name}/end", include_in_schema=False)
async def form_end(request: Request, name: str) -> Response:
    who, form = needs(request, "reviewer"), await request.form()
    asked = End(uuid=said(form, "uuid") or uuid4().hex, reason=said(form, "reason"))
    await standing.end(_engine(request), name, asked, who.name, "page")
    return back(request, "/standing")
