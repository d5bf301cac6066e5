"""The second person: what waits for one, and the answers, as JSON and as forms. Each form names the decision that was
on the page, and what it would do never changes: so nobody agrees to something else than what they read."""

from __future__ import annotations

from typing import Any, Final, cast
from uuid import uuid4

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from monitor.adapters.records import Decision
from monitor.engine import pushed, second
from monitor.engine.request import Refused, as_decided
from monitor.engine.waitinglist import waiting

from . import wire
from .api import V1, body, send
from .common import engine_of, needs
from .deciding import back, said
from .openapi import gives, query, takes
from .problems import Failed
from .render import page
from .walking import cut, limit_of, paged, send_list

router = APIRouter()
ANSWERS: Final = ("confirm", "decline", "withdraw")


@router.get(
    f"{V1}/waiting", openapi_extra=query(**paged()),
    **gives("Waiting", "What waits for a second person, the oldest first"),
)  # fmt: skip
async def listed(request: Request) -> Response:
    rows = waiting(engine_of(request), needs(request, "viewer").name)
    found, following = cut(request, rows, lambda one: (one.at, one.uuid), limit_of(request))
    return send_list(request, wire.Waiting(tuple(found), following))


async def _answer(request: Request, uuid: str, answer: str, reason: str, via: str) -> Decision:
    who, engine = needs(request, "reviewer"), cast(Any, engine_of(request))
    if answer == "confirm":
        return await second.confirm(engine, uuid, who.name, via)
    act = second.decline if answer == "decline" else second.withdraw
    return await act(engine, uuid, reason, who.name, via)


def _route(answer: str, words: str) -> None:
    @router.post(
        f"{V1}/decisions/{{uuid}}/{answer}",
        openapi_extra=takes("Answer", required=False),
        **gives("Decided", words, status=202, problems=(400, 403, 409, 422, 503)),
    )
    async def answered(request: Request, uuid: str) -> Response:
        asked = await body(request, wire.Answer) if await request.body() else wire.Answer()
        return send(as_decided(await _answer(request, uuid, answer, asked.reason, "api")), 202)


_route("confirm", "The second person agrees: it is carried out")
_route("decline", "A second person does not agree: nothing is done")
_route("withdraw", "Whoever asked takes it back: nothing is done")


@router.get(
    f"{V1}/pushed", openapi_extra=query(**paged()),
    **gives("Pushed", "What was pushed to the branch and is not in force, by path"),
)  # fmt: skip
async def pushes(request: Request) -> Response:
    needs(request, "viewer")
    rows = await pushed.pushed(cast(Any, engine_of(request)))
    found, following = cut(request, rows, lambda one: (0.0, one.path), limit_of(request))
    return send_list(request, wire.Pushed(tuple(found), following))


@router.post(
    f"{V1}/pushed",
    openapi_extra=takes("Push"),
    **gives("Decided", "Kept; `state` says how far it is", status=202, problems=(400, 403, 409, 422, 503)),
)
async def push(request: Request) -> Response:
    who, asked = needs(request, "reviewer"), await body(request, pushed.Push)
    return send(as_decided(await pushed.answer(cast(Any, engine_of(request)), asked, who.name, "api")), 202)


@router.get("/waiting", include_in_schema=False)
async def listing(request: Request) -> Response:
    return await _list(request)


async def _list(request: Request, refused: Refused | None = None) -> Response:
    rows = await pushed.pushed(cast(Any, engine_of(request)))
    groups: dict[str, list[pushed.PushedRow]] = {}
    for row in rows:
        groups.setdefault(row.integration, []).append(row)
    status = 200 if refused is None else 409
    return page(request, "waiting.html", status=status, refused=refused, pushed=groups, uuid=uuid4().hex)


@router.post("/pushed", include_in_schema=False)
async def pushing(request: Request) -> Response:
    who, sent = needs(request, "reviewer"), await request.form()
    word, uuid = said(sent, "answer"), said(sent, "uuid") or uuid4().hex
    if word not in ("accept", "restore"):
        raise Failed(400, "Choose an answer", "answer: expected accept or restore.")
    asked = pushed.Push(
        uuid=uuid, answer=cast(Any, word), integration=said(sent, "integration"), reason=said(sent, "reason")
    )
    try:
        await pushed.answer(cast(Any, engine_of(request)), asked, who.name, "page")
    except Refused as refused:
        return await _list(request, refused)
    return back(request, "/waiting")


@router.post("/waiting/{uuid}/{answer}", include_in_schema=False)
async def form(request: Request, uuid: str, answer: str) -> Response:
    """What is refused stands on the list, with why; what was done leads to the finding, or to the history."""
    if answer not in ANSWERS:
        raise Failed(404, "No such answer", f"Answer with one of {', '.join(ANSWERS)}.")
    sent = await request.form()
    try:
        done = await _answer(request, uuid, answer, said(sent, "reason"), "page")
    except Refused as refused:
        return await _list(request, refused)
    if len(done.findings) == 1:
        return back(request, f"/findings/{next(iter(done.findings))}", decided=done.uuid)
    return back(request, "/history", decided=done.uuid)
