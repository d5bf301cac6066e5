"""The paper trail on its page and under /api/v1/trail: who did what, when, from where and why; its verification and
its report."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from fastapi import APIRouter
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from monitor.engine import auditing, paper, trailing
from monitor.engine.request import Refused

from . import reports, wire
from .api import V1, send
from .common import engine_of, needs, not_days, number
from .deciding import back
from .openapi import gives, query
from .parameters import day
from .problems import Failed
from .render import page
from .walking import cursor, limit_of, paged, place_of, send_list

router = APIRouter()
_DAYS = {"from_": day("first day, in the stack's time zone"), "to": day("last day, included")}
_WORDS = (trailing.DECISIONS, *trailing.GROUPS)
_FILTER = query(
    who="part of a name", what=f"{', '.join(_WORDS)}, or the word of an entry", system="name of an integration",
    **_DAYS, **paged(200, 50),
)  # fmt: skip
_MONTH = 30  # days that the page offers a report of


@router.get(
    f"{V1}/trail", openapi_extra=_FILTER,
    **gives("Trail", "Newest first", summary="Entries of the paper trail"),
)  # fmt: skip
async def listed(request: Request) -> Response:
    engine, limit, after = engine_of(request), limit_of(request, 200, 50), place_of(request)
    try:
        found, total = await trailing.walk(engine, _asked(request), int(-after[0]) if after else None, limit + 1)
    except Refused as error:
        raise not_days(request, error) from error
    following = cursor((-float(found[limit - 1].number), "")) if len(found) > limit else ""
    newest, verified = await engine.store.newest_trail(), await trailing.verified(engine)
    return send_list(
        request, wire.Trail(items=found[:limit], total=total, newest=newest, verified=verified, next=following)
    )


@router.post(
    f"{V1}/trail/verify",
    **gives("Verified", "What the chain and git say of each other", problems=(403,), summary="Verify the paper trail"),
)
async def verify(request: Request) -> Response:
    needs(request, "viewer")
    return send(await auditing.verify(cast(Any, engine_of(request))))


@router.get(
    f"{V1}/trail/report", openapi_extra=query(**{name: replace(one, required=True) for name, one in _DAYS.items()}),
    **gives("Report", "What an auditor asks of these days", summary="The report of an auditor"),
)  # fmt: skip
async def report(request: Request) -> Response:
    return send(await _report(request))


def _asked(request: Request) -> trailing.Asked:
    asked = {name: request.query_params.get(name, "").strip() for name in ("who", "what", "system", "from", "to")}
    asked |= {"first": asked.pop("from"), "last": asked.pop("to")}
    return trailing.Asked(**asked)


async def _page(request: Request) -> Any:
    pages, size = number(request, "page", 1, 100_000), number(request, "size", 50, 200)
    try:
        return await trailing.trail(engine_of(request), _asked(request), pages, size)
    except Refused as error:
        raise not_days(request, error) from error


async def _report(request: Request) -> Any:
    first, last = (request.query_params.get(name, "").strip() for name in ("from", "to"))
    try:
        return await paper.report(cast(Any, engine_of(request)), first, last)
    except Refused as error:
        raise not_days(request, error, 2) from error


# -- the page ---------------------------------------------------------------------------------------------------------


@router.get("/trail", include_in_schema=False)
async def shown(request: Request) -> Response:
    engine = engine_of(request)
    chosen = {name: request.query_params.get(name, "").strip() for name in ("who", "what", "system", "from", "to")}
    today = datetime.fromtimestamp(engine.clock.now(), engine.config.zone)
    return page(
        request,
        "trail.html",
        view=await _page(request),
        chosen=chosen,
        words=_WORDS,
        systems=sorted(engine.integrations),
        first=chosen["from"] or f"{today - timedelta(days=_MONTH):%Y-%m-%d}",
        last=chosen["to"] or f"{today:%Y-%m-%d}",
    )


@router.post("/trail/verify", include_in_schema=False)
async def form_verify(request: Request) -> Response:
    needs(request, "viewer")
    await auditing.verify(cast(Any, engine_of(request)))
    return back(request, "/trail")


@router.get("/trail/report", include_in_schema=False)
async def download(request: Request) -> Response:
    form = request.query_params.get("format", "html")
    if form not in reports.FORMATS:
        raise Failed(
            400, "Unknown format", f'format: expected one of {", ".join(reports.FORMATS)}, found "{form[:40]}".'
        )
    made = await _report(request)
    headers = {"content-disposition": f'attachment; filename="{reports.name(made, form)}"'}
    return Response(reports.render(made, form), headers=headers, media_type=reports.FORMATS[form])
