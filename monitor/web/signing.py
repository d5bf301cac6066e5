"""Signing in with a one-time link, and out again. The link opens a page with a button, since programs that preview
links open them too, and would use them up."""

from __future__ import annotations

from typing import cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from . import oidc
from .access import Access
from .problems import Failed
from .render import page, span
from .sessions import began, forget_cookie, unhurried
from .settings import Settings

router = APIRouter(include_in_schema=False)


@router.get("/sign-in/{token}")
async def ask(request: Request, token: str) -> Response:
    lasts = span(_settings(request).auth.session)
    response = page(request, "signin.html", token=token, lasts=lasts)
    # The address holds the token, so no request may name it; with "no-referrer" the form would come from "null".
    response.headers["referrer-policy"] = "strict-origin"
    return response


@router.post("/sign-in")
async def enter(request: Request) -> Response:
    access = _access(request)
    unhurried(access)
    token = (await request.form()).get("token", "")
    session = await access.sign_in(token, request.headers) if isinstance(token, str) else None
    if session is None:
        words = "It was used already, or is older than 15 minutes. Ask for a new one: driftline token link."
        raise Failed(403, "This sign-in link does not work", words)
    return began(_settings(request), session, "/")


@router.post("/sign-out")
async def leave(request: Request) -> Response:
    if request.app.state.desk is not None:
        return await oidc.leave(request)
    settings = _settings(request)
    await _access(request).sign_out(request.headers)
    response = RedirectResponse(f"{settings.prefix}/", 303)
    forget_cookie(settings, response)
    return response


def _settings(request: Request) -> Settings:
    return cast(Settings, request.app.state.settings)


def _access(request: Request) -> Access:
    return cast(Access, request.app.state.access)
