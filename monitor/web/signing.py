"""Signing in with a one-time link, and out again. The link opens a page with a button, since programs that preview
links open them too, and would use them up."""

from __future__ import annotations

from typing import cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from .access import COOKIE, SESSION_SECONDS, Access
from .problems import Failed
from .render import page
from .settings import Settings

router = APIRouter(include_in_schema=False)


@router.get("/sign-in/{token}")
async def ask(request: Request, token: str) -> Response:
    response = page(request, "signin.html", token=token)
    response.headers["referrer-policy"] = "no-referrer"
    return response


@router.post("/sign-in")
async def enter(request: Request) -> Response:
    settings = cast(Settings, request.app.state.settings)
    token = (await request.form()).get("token", "")
    session = await cast(Access, request.app.state.access).sign_in(token) if isinstance(token, str) else None
    if session is None:
        words = "It was used already, or is older than 15 minutes. Ask for a new one: driftline token link."
        raise Failed(403, "This sign-in link does not work", words)
    response = RedirectResponse(f"{settings.prefix}/", 303)
    response.set_cookie(
        COOKIE,
        session,
        max_age=int(SESSION_SECONDS),
        path=f"{settings.prefix}/",
        secure=settings.secure,
        httponly=True,
        samesite="lax",
    )
    return response


@router.post("/sign-out")
async def leave(request: Request) -> Response:
    settings = cast(Settings, request.app.state.settings)
    await cast(Access, request.app.state.access).sign_out(request.headers.get("cookie", ""))
    response = RedirectResponse(f"{settings.prefix}/", 303)
    response.delete_cookie(COOKIE, path=f"{settings.prefix}/")
    return response
