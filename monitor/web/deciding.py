"""The forms: decisions, captures, polls and the demo's steps. Each answers with a redirect, so that reload repeats
nothing; each form carries its own uuid, so that a second click decides nothing twice."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec
from fastapi import APIRouter
from msgspec.structs import replace
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from monitor.core.ignores import last_day
from monitor.engine import views
from monitor.engine.request import Decide, Refused

from .common import decide, engine_of, needs
from .demo import NO_DEMO, NoStep, NotHere
from .one import Typed
from .one import deciding as fragment
from .problems import Failed
from .render import address, page
from .review import queue_of

router = APIRouter(include_in_schema=False)


def back(request: Request, path: str, **query: Any) -> Response:
    return RedirectResponse(address(request.app.state.frame.prefix, path, **query), 303)


def said(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def ending(text: str) -> str | None:
    """A day; when it begins and ends is the stack's to say. Raises Failed."""
    if text and last_day(text) is None:
        raise Failed(400, "Not a day", f'until: expected a day such as 2026-12-31, found "{text[:40]}".')
    return text or None


def pairs(form: FormData, name: str) -> dict[str, str]:
    """Findings as `id:fingerprint`, the way they were shown; one field may hold many of them."""
    words = (word.partition(":") for value in form.getlist(name) for word in str(value).split())
    return {id_: seen for id_, _, seen in words if id_}


def typed(form: FormData) -> Typed:
    return Typed(**{name: said(form, name) for name in Typed.__struct_fields__})


def asked(form: FormData, findings: dict[str, str], **more: Any) -> Decide:
    """Raises Failed for a kind of decision that does not exist."""
    value = {
        "uuid": said(form, "uuid") or uuid4().hex,
        "kind": said(form, "kind"),
        "findings": findings,
        "reason": said(form, "reason"),
        "ticket": said(form, "ticket"),
        "until": ending(said(form, "until")),
        "assignee": said(form, "assignee"),
        "correction": said(form, "correction") if said(form, "kind") == "correct" else "",
        "pattern": said(form, "pattern"),
        "owner": said(form, "owner"),
        "any_value": bool(said(form, "any_value")),
        **more,
    }
    try:
        return msgspec.convert(value, Decide)
    except msgspec.ValidationError as error:
        raise Failed(400, "Choose a decision", f"Pick one of the answers and send the form again ({error}).") from error


@router.post("/findings/{id_}/decide")
async def one(request: Request, id_: str) -> Response:
    """What is refused stands again on the finding as it is now, with what was typed; nothing is picked then."""
    form = await request.form()
    chosen = {id_: said(form, "fingerprint")}
    if said(form, "effects") and said(form, "kind") == "approve":
        chosen |= pairs(form, "effect")
    queue = said(form, "queue")
    try:
        decision = await decide(request, asked(form, chosen))
    except Refused as refused:
        event = await views.newest(engine_of(request))
        view = await views.detail(engine_of(request), id_)
        given = typed(form) if id_ not in refused.changed else replace(typed(form), kind="")
        more = fragment(request, view, queue=queue, typed=given)
        more |= {"view": view, "event": event, "decision": None, "refused": refused}
        return page(request, "finding.html", status=409, **more)
    if queue:
        return back(request, "/review", **queue_of(queue), decided=decision.uuid)
    return back(request, f"/findings/{id_}", decided=decision.uuid)


@router.post("/proposals/{integration}/capture")
async def capture(request: Request, integration: str) -> Response:
    form = await request.form()
    scopes = [str(value) for value in form.getlist("scope")]
    await decide(request, asked(form, {}, kind="capture", integration=integration, scopes=scopes))
    return back(request, "/history")


@router.post("/systems/{name}/poll")
async def poll(request: Request, name: str) -> Response:
    needs(request, "reviewer")
    if name not in engine_of(request).integrations:
        raise Failed(404, "No such system", f'No integration is called "{name}".')
    await engine_of(request).poll(name)
    return back(request, f"/systems/{name}")


@router.post("/break/{number}/{way}")
async def demo(request: Request, number: str, way: str) -> Response:
    needs(request, "admin")
    steps = request.app.state.demo
    if steps is None or way not in ("do", "undo"):
        raise Failed(404, "No demo here", NO_DEMO)
    try:
        await (steps.do(number) if way == "do" else steps.undo(number))
    except NoStep:
        raise Failed(404, "No such step", f'The story has no step "{number}".') from None
    except NotHere as missing:
        raise Failed(409, "A system of this step is not here", str(missing)) from None
    return back(request, "/break")
