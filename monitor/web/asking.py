"""Ask the maker: a reviewer makes a link, and whoever holds it answers on a page that shows nothing else.

The page of the link takes no sign-in and gives none. Requests to it are counted by address, whether or not the link is
one, so that nobody tries many.
"""

from __future__ import annotations

from typing import cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from monitor.engine import asking as asks
from monitor.engine.asking_shapes import Question
from monitor.engine.request import Refused
from monitor.engine.views import find
from monitor.engine.whence import WHENCE

from .api import V1, send
from .common import engine_of, needs
from .deciding import said
from .limits import Limits
from .openapi import gives
from .problems import Failed
from .render import address, page

router = APIRouter()


@router.post(
    f"{V1}/findings/{{prefix}}/ask",
    **gives("AskLink", "A link for whoever made it, shown once", status=201, problems=(403, 404, 409, 503)),
)
async def ask(request: Request, prefix: str) -> Response:
    who, engine = needs(request, "reviewer"), engine_of(request)
    return send(await asks.ask(engine, find(engine, prefix), who.name), 201)


@router.post("/findings/{prefix}/ask", include_in_schema=False)
async def form(request: Request, prefix: str) -> Response:
    """The link stands on the answer to this very request, and nowhere else."""
    who, engine = needs(request, "reviewer"), engine_of(request)
    finding = find(engine, prefix)
    return page(request, "asked.html", made=await asks.ask(engine, finding, who.name), finding=finding.id)


@router.get("/answer/{secret}", include_in_schema=False)
async def shown(request: Request, secret: str) -> Response:
    _unhurried(request)
    return _page(request, secret, await asks.question(engine_of(request), secret))


@router.post("/answer/{secret}", include_in_schema=False)
async def answered(request: Request, secret: str) -> Response:
    _unhurried(request)
    sent, engine = await request.form(), engine_of(request)
    if engine.state != "ready":
        raise Failed(503, "Not now", "Nothing was kept; try again in a moment.")
    answer, ticket = said(sent, "answer"), said(sent, "ticket")
    try:
        kept = await asks.answer(engine, secret, answer, ticket)
    except Refused as refused:
        view = await asks.question(engine, secret)
        return _page(request, secret, view, refused.problems, status=409, given=(answer, ticket))
    if kept is None:
        return _page(request, secret, None)
    there = address(request.app.state.frame.prefix, f"/answer/{secret}")
    return Response(status_code=303, headers={"location": there})


def _page(
    request: Request, secret: str, view: Question | None, problems: tuple[str, ...] = (), *, status: int = 200,
    given: tuple[str, str] | None = None,
) -> Response:  # fmt: skip
    """Nothing of the stack but the question: no head, no counts, no names."""
    answer, ticket = given or ((view.answer, view.ticket) if view else ("", ""))
    response = page(
        request, "answer.html", status=status if view else 404, view=view, problems=problems, secret=secret,
        answer=answer, ticket=ticket, frame=None, principal=None,
    )  # fmt: skip
    # The guard's referrer-policy stays: it keeps the link from other sites, and without any a form's Origin is "null".
    response.headers["x-robots-tag"] = "noindex"
    return response


def _unhurried(request: Request) -> None:
    """Raises Failed where that address asks too often."""
    limits, peer = cast(Limits, request.app.state.answers), WHENCE.get().peer
    now = engine_of(request).clock.now()
    if wait := limits.wait(peer, now):
        raise Failed(429, "Too many tries", f"Try again in {wait} seconds.", wait=wait)
    limits.count(peer, now)
