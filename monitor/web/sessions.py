"""The session cookie: set where somebody signed in, gone where they signed out, and not for who tries too often."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from .access import Access
from .problems import Failed
from .settings import Settings


def forget_cookie(settings: Settings, response: Response) -> None:
    response.delete_cookie(
        settings.cookie, path=f"{settings.prefix}/", secure=settings.secure, httponly=True, samesite="lax"
    )


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
