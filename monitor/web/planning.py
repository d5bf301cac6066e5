"""Planned changes: their pages and forms, and /api/v1/changes, with which a pipeline opens and closes a deployment."""

from __future__ import annotations

from datetime import datetime
from math import ceil
from typing import Any, cast
from uuid import uuid4

from fastapi import APIRouter
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from monitor.core.planned import SURE, between
from monitor.engine import planlist, planning, views
from monitor.engine.author import author
from monitor.engine.plan_shapes import Announced, Close, Move, Plan
from monitor.engine.standing_shapes import End

from . import wire
from .api import V1, body, send
from .common import engine_of, needs
from .deciding import back, said
from .one import decided
from .openapi import gives, query, takes
from .parameters import one_of
from .problems import Failed
from .render import page
from .walking import cut, limit_of, paged, send_list

router = APIRouter()
AROUND = 1800.0  # seconds about what somebody did that are proposed as their window


def _kept_as(summary: str) -> Any:
    words = "Kept; `decision.state` says how far it is"
    return gives("Announced", words, status=202, problems=(503,), summary=summary)


def _engine(request: Request) -> Any:
    return cast(Any, engine_of(request))


@router.get(
    f"{V1}/changes",
    openapi_extra=query(
        state=one_of("how they stand", planlist.ORDER),
        **paged(200),
    ),
    **gives("Changes", "Planned changes, by id", problems=(400,)),
)
async def listed(request: Request) -> Response:
    state = request.query_params.get("state", "")
    if state and state not in planlist.ORDER:
        words = f'state: expected one of {", ".join(planlist.ORDER)}, found "{state[:40]}".'
        raise Failed(400, "Unknown filter", words)
    rows = [row for row in planlist.plans(engine_of(request)) if state in ("", row.state)]
    found, following = cut(request, rows, lambda row: (0.0, row.id), limit_of(request, 200))
    return send_list(request, wire.Changes(tuple(found), following))


@router.get(f"{V1}/changes/{{name}}", **gives("PlanDetail", "One with its findings", problems=(404,)))
async def one(request: Request, name: str) -> Response:
    return send(planlist.plan(engine_of(request), name))


@router.post(f"{V1}/changes", openapi_extra=takes("Plan"), **_kept_as("Announce a change"))
async def add(request: Request) -> Response:
    who, asked = needs(request, "reviewer"), await body(request, Plan)
    return _kept(await planning.add(_engine(request), asked, who.name, "api"))


@router.post(f"{V1}/changes/{{name}}/close", openapi_extra=takes("Close"), **_kept_as("Say that a change is over"))
async def close(request: Request, name: str) -> Response:
    who, asked = needs(request, "reviewer"), await body(request, Close)
    return _kept(await planning.close(_engine(request), name, asked, who.name, "api"))


@router.post(f"{V1}/changes/{{name}}/move", openapi_extra=takes("Move"), **_kept_as("Give a change another time"))
async def move(request: Request, name: str) -> Response:
    who, asked = needs(request, "reviewer"), await body(request, Move)
    return _kept(await planning.move(_engine(request), name, asked, who.name, "api"))


@router.post(
    f"{V1}/changes/{{name}}/withdraw", openapi_extra=takes("End"), **_kept_as("Withdraw a change that was announced")
)
async def withdraw(request: Request, name: str) -> Response:
    who, asked = needs(request, "reviewer"), await body(request, End)
    return _kept(await planning.withdraw(_engine(request), name, asked, who.name, "api"))


def _kept(done: Announced) -> Response:
    return send(done, 202)


# -- pages ------------------------------------------------------------------------------------------------------------


@router.get("/planned", include_in_schema=False)
async def shown(request: Request) -> Response:
    engine = engine_of(request)
    return page(
        request,
        "planned.html",
        rows=planlist.plans(engine),
        decision=await decided(request),
        uuid=uuid4().hex,
        teams=sorted(engine.config.people.teams),
        zone=engine.config.service.stack.timezone,
        typed=_proposed(request, request.query_params),
    )


@router.get("/planned/{id_}", include_in_schema=False)
async def plan(request: Request, id_: str) -> Response:
    found = planlist.plan(engine_of(request), id_)
    return page(
        request, "plan.html", view=found, row=found.row, uuid=uuid4().hex, decision=await decided(request),
        start=_local(request, found.row.start), end=_local(request, found.row.end),
        zone=engine_of(request).config.service.stack.timezone,
    )  # fmt: skip


@router.post("/planned", include_in_schema=False)
async def form_add(request: Request) -> Response:
    who, form = needs(request, "reviewer"), await request.form()
    names = ("uuid", "id", "ticket", "actor", "owner", "reason")
    given = {name: said(form, name) for name in names}
    asked = Plan(
        **given, start=said(form, "start") or None, end=said(form, "end") or None,
        patterns=tuple(said(form, "patterns").split()), integrations=tuple(said(form, "integrations").split()),
    )  # fmt: skip
    return _back(request, "/planned", await planning.add(_engine(request), asked, who.name, "page"))


@router.post("/planned/{name}/close", include_in_schema=False)
async def form_close(request: Request, name: str) -> Response:
    who, form = needs(request, "reviewer"), await request.form()
    done = await planning.close(_engine(request), name, Close(uuid=said(form, "uuid")), who.name, "page")
    return _back(request, f"/planned/{name}", done)


@router.post("/planned/{name}/move", include_in_schema=False)
async def form_move(request: Request, name: str) -> Response:
    who, form = needs(request, "reviewer"), await request.form()
    asked = Move(start=said(form, "start") or None, end=said(form, "end") or None, uuid=said(form, "uuid"))
    done = await planning.move(_engine(request), name, asked, who.name, "page")
    return _back(request, f"/planned/{name}", done)


@router.post("/planned/{name}/withdraw", include_in_schema=False)
async def form_withdraw(request: Request, name: str) -> Response:
    who, form = needs(request, "reviewer"), await request.form()
    asked = End(uuid=said(form, "uuid") or uuid4().hex, reason=said(form, "reason"))
    return _back(request, "/planned", await planning.withdraw(_engine(request), name, asked, who.name, "page"))


def _back(request: Request, path: str, done: Announced) -> Response:
    return back(request, path, decided=done.decision.uuid if done.decision is not None else "")


def _proposed(request: Request, asked: QueryParams) -> dict[str, str]:
    """What stands in the form: of a finding that was planned, its pattern with the time in which it came, or (`by`) who
    did it with the time about that. Raises NotFound."""
    engine = engine_of(request)
    if not asked.get("of"):
        return {"patterns": "", "actor": "", "start": "", "end": "", "of": ""}
    finding = views.find(engine, asked["of"])
    row, by, now = views.row(engine, finding.id), author(engine, finding), engine.clock.now()
    if asked.get("by") and by is not None and by.how in SURE and by.at is not None:
        window = (by.at - AROUND, min(by.at + AROUND, now))
        given = {"patterns": "", "actor": by.by}
    else:
        window = (between(finding.claim, finding.changed_at or finding.first_seen_at)[0], now)
        given = {"patterns": row.place, "actor": ""}
    return given | {"start": _local(request, window[0]), "end": _local(request, window[1], up=True), "of": row.says}


def _local(request: Request, at: float, *, up: bool = False) -> str:
    """A time as a field of a form has it, to the minute, by the stack's clocks."""
    minutes = ceil(at / 60) if up else int(at // 60)
    return datetime.fromtimestamp(minutes * 60, engine_of(request).config.zone).strftime("%Y-%m-%dT%H:%M")
