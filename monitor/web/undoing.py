"""Undo: a form beside what was decided, and /api/v1/undo."""

from __future__ import annotations

from typing import Any, cast
from uuid import uuid4

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from monitor.engine import undoing
from monitor.engine.request import as_decided
from monitor.engine.undoing import Undo

from .api import V1, body, send
from .common import engine_of, needs
from .deciding import back, said
from .openapi import gives, takes

router = APIRouter()


@router.post(
    f"{V1}/undo",
    openapi_extra=takes("Undo"),
    **gives(
        "Decided", "Kept; `state` says how far it is", status=202, problems=(403, 503), summary="Take a decision back"
    ),
)
async def undo(request: Request) -> Response:
    who, asked = needs(request, "reviewer"), await body(request, Undo)
    return send(as_decided(await undoing.undo(_engine(request), asked, who.name, "api")), 202)


@router.post("/undo/{decision}", include_in_schema=False)
async def form(request: Request, decision: str) -> Response:
    """A policy's day goes back to its page, one finding to its own, several to the history."""
    who, sent = needs(request, "reviewer"), await request.form()
    asked = Undo(
        uuid=said(sent, "uuid") or uuid4().hex, decision=decision, reason=said(sent, "reason"),
        findings=tuple(str(one) for one in sent.getlist("finding")),
    )  # fmt: skip
    done = await undoing.undo(_engine(request), asked, who.name, "page")
    if done.uuid and said(sent, "policy"):
        return back(request, "/standing")
    if len(done.findings) == 1:
        return back(request, f"/findings/{next(iter(done.findings))}", decided=done.uuid)
    return back(request, "/history")


def _engine(request: Request) -> Any:
    return cast(Any, engine_of(request))
