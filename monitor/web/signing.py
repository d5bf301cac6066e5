"""Signing in with a one-time link, and out again. The link opens a page with a button, since programs that preview
links open them too, and would use them up."""

from __future__ import annotations

from typing import cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from .access import Access
from .problems import Failed
from .render import page, span
from .settings import Settings

router = APIRouter(include_in_schema=False)


@router.get("/sign-in/{token}")
async def ask(request: Request, token: str) -> Response:
    lasts = span(_settings(request).auth.session)
    response = page(request, "signin.html", token=token, lasts=lasts)
    response.headers["referrer-policy"] = "no-referrer"
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
    settings = _settings(request)
    await _access(request).sign_out(request.headers)
    response = RedirectResponse(f"{settings.prefix}/", 303)
    response.delete_cookie(
        settings.cookie, path=f"{settings.prefix}/", secure=settings.secure, httponly=True, samesite="lax"
    )
    return response


def unhurried(access: Access) -> None:
    """Raises Failed where that address tried too often."""
    if wait := access.wait():
        words = f"Too many sign-ins were tried from this address. Try again in {wait} seconds."
        raise Failed(429, "Too many tries", words, wait=wait)


def began(settings: Settings, session: str, path: str) -> Response:
    """Onto a page of ours, with the session. Lax: the first request after a provider's page comes from another site."""
    response = RedirectResponse(f"{settings.prefix}{path}", 303)
    response.set_cookie(
        settings.cookie,
        session,
        max_age=int(settings.auth.session),
        path=f"{settings.prefix}/",
        secure=settings.secure,
        httponly=True,
        samesite="lax",
    )
    return response


def _settings(request: Request) -> Settings:
    return cast(Settings, request.app.state.settings)


def _access(request: Request) -> Access:
    return cast(Access, request.app.state.access)
