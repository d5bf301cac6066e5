"""The second person: what waits for one, and the answers, as JSON and as forms. Each form names the decision that was
on the page, and what it would do never changes: so nobody agrees to something else than what they read."""

from __future__ import annotations

from typing import Any, Final, cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from monitor.adapters.records import Decision
from monitor.engine import second
from monitor.engine.request import Refused, as_decided
from monitor.engine.waitinglist import waiting

from . import wire
from .api import V1, body, send
from .common import engine_of, needs
from .deciding import back, said
from .openapi import gives, takes
from .problems import Failed
from .render import page

router = APIRouter()
ANSWERS: Final = ("confirm", "decline", "withdraw")


@router.get(f"{V1}/waiting", **gives("Waiting", "What waits for a second person, the oldest first"))
async def listed(request: Request) -> Response:
    return send(wire.Waiting(waiting(engine_of(request), needs(request, "viewer").name)))


async def _answer(request: Request, uuid: str, answer: str, reason: str, via: str) -> Decision:
    who, engine = needs(request, "reviewer"), cast(Any, engine_of(request))
    if answer == "confirm":
        return await second.confirm(engine, uuid, who.name, via)
    act = second.decline if answer == "decline" else second.withdraw
    return await act(engine, uuid, reason, who.name, via)


def _route(answer: str, words: str) -> None:
    @router.post(
        f"{V1}/decisions/{{uuid}}/{answer}",
        operation_id=answer,
        openapi_extra=takes("Answer"),
        **gives("Decided", words, status=202, problems=(400, 403, 409, 422, 503)),
    )
    async def answered(request: Request, uuid: str) -> Response:
        asked = await body(request, wire.Answer) if await request.body() else wire.Answer()
        return send(as_decided(await _answer(request, uuid, answer, asked.reason, "api")), 202)


_route("confirm", "The second person agrees: it is carried out")
_route("decline", "A second person does not agree: nothing is done")
_route("withdraw", "Whoever asked takes it back: nothing is done")


@router.get("/waiting", include_in_schema=False)
async def listing(request: Request) -> Response:
    return page(request, "waiting.html", refused=None)


@router.post("/waiting/{uuid}/{answer}", include_in_schema=False)
async def form(request: Request, uuid: str, answer: str) -> Response:
    """What is refused stands on the list, with why; what was done leads to the finding, or to the history."""
    if answer not in ANSWERS:
        raise Failed(404, "No such answer", f"Answer with one of {', '.join(ANSWERS)}.")
    sent = await request.form()
    try:
        done = await _answer(request, uuid, answer, said(sent, "reason"), "page")
    except Refused as refused:
        return page(request, "waiting.html", status=409, refused=refused)
    if len(done.findings) == 1:
        return back(request, f"/findings/{next(iter(done.findings))}", decided=done.uuid)
    return back(request, "/history", decided=done.uuid)
