"""Signing in at a provider: away with a state, a nonce and a PKCE challenge, and back with a code that fits all three.

What belongs to a sign-in under way stands in a cookie of the browser that began it, sealed with a key of this process:
nothing is kept here for who never comes back, and an answer that another browser began is worth nothing.
"""

from __future__ import annotations

import hmac
import re
import secrets
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
from cryptography.fernet import Fernet, InvalidToken
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from monitor.adapters.provider import Away, Untrue, groups_of, name_in
from monitor.engine.members import Named
from monitor.engine.surface import Now

from .access import Access, cookie_of
from .limits import ATTEMPTS, Limits
from .problems import Failed
from .render import page
from .sessions import began, forget_cookie, unhurried
from .settings import Settings

if TYPE_CHECKING:
    from monitor.adapters.provider import Provider

router = APIRouter(include_in_schema=False)
PATIENCE: Final = 600  # seconds that somebody may take at the provider
USED: Final = 10_000  # answers that are known as used
BEGIN: Final = "/sign-in/begin"
_OURS: Final = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f-\x9f]{0,2000}")


class Began(msgspec.Struct, frozen=True):
    """A sign-in under way: `next` is the page of ours that was asked for."""

    state: str
    nonce: str
    verifier: str
    next: str


class Desk:
    """`provider` is asked; `seal` is this process's own; `used` are states whose answer was taken."""

    def __init__(self, provider: Provider, clock: Now) -> None:
        self.provider, self.clock = provider, clock
        self.seal = Fernet(Fernet.generate_key())
        self.attempts = Limits(ATTEMPTS)
        self._used: dict[str, float] = {}

    def sealed(self, began: Began) -> str:
        return self.seal.encrypt_at_time(msgspec.json.encode(began), int(self.clock.now())).decode()

    def opened(self, text: str) -> Began | None:
        try:
            plain = self.seal.decrypt_at_time(text.encode(), PATIENCE, int(self.clock.now()))
        except (InvalidToken, UnicodeEncodeError):
            return None
        return msgspec.json.decode(plain, type=Began)

    def take(self, state: str) -> bool:
        """Whether this answer is the first of its sign-in."""
        now = self.clock.now()
        for old in [one for one, at in self._used.items() if now - at > PATIENCE]:
            del self._used[old]
        if state in self._used or len(self._used) >= USED:
            return False
        self._used[state] = now
        return True


def ours(path: str) -> str:
    """A path of this server, or its first page: nothing that a browser could take for another one's address."""
    return path if _OURS.fullmatch(path) and not path.startswith(("/sign-", "/signed-")) else "/"


@router.get(BEGIN)
async def begin(request: Request) -> Response:
    desk, settings, access = _desk(request), _settings(request), _access(request)
    unhurried(access)
    if wait := desk.attempts.wait(access.peer, desk.clock.now()):
        raise Failed(429, "Too many tries", f"Try again in {wait} seconds.", wait=wait)
    desk.attempts.count(access.peer, desk.clock.now())
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    made = Began(state, nonce, verifier, ours(request.query_params.get("next", "/")))
    try:
        to = await desk.provider.begin(_back(settings), made.state, made.nonce, made.verifier)
    except Away as error:
        raise away(desk, error) from None
    response = RedirectResponse(to, 303)
    response.set_cookie(
        settings.login_cookie, desk.sealed(made), max_age=PATIENCE, path=f"{settings.prefix}/",
        secure=settings.secure, httponly=True, samesite="lax",
    )  # fmt: skip
    response.headers["referrer-policy"] = "no-referrer"
    return response


@router.get("/sign-in/callback")
async def callback(request: Request) -> Response:
    desk, settings, access = _desk(request), _settings(request), _access(request)
    unhurried(access)
    given = request.query_params
    under_way = desk.opened(cookie_of(request.headers.get("cookie", ""), settings.login_cookie))
    if under_way is None or not hmac.compare_digest(under_way.state.encode(), given.get("state", "").encode()):
        await access.refuse("state")
        words = "It was begun in another browser, or more than ten minutes ago, or before a restart. Sign in once more."
        raise Failed(403, "This is not the answer to a sign-in of this browser", words, link=_again("/"))
    if not desk.take(under_way.state):
        await access.refuse("state")
        raise Failed(403, "This sign-in is used already", "Sign in once more.", link=_again(under_way.next))
    if "error" in given or "code" not in given:
        said = [given[name][:200] for name in ("error", "error_description") if name in given]
        words = f"{desk.provider.host} says: {'; '.join(said) or 'nothing'}."
        raise Failed(403, "You were not signed in", words, link=_again(under_way.next))
    try:
        claims, token = await desk.provider.finish(
            given["code"], _back(settings), under_way.nonce, under_way.verifier, given.get("iss", "")
        )
        told = _told(desk.provider, claims)
    except Away as error:
        raise away(desk, error) from None
    except Untrue as error:
        await access.refuse("provider")
        raise Failed(403, "You were not signed in", str(error), link=_again(under_way.next)) from None
    session = await access.enter(told, token, request.headers)
    response = began(settings, session, under_way.next)
    response.delete_cookie(
        settings.login_cookie, path=f"{settings.prefix}/", secure=settings.secure, httponly=True, samesite="lax"
    )
    response.headers["referrer-policy"] = "no-referrer"
    return response


@router.get("/signed-out")
async def out(request: Request) -> Response:
    return page(request, "signedout.html", host=_desk(request).provider.host, leave="", begin=BEGIN)


async def leave(request: Request) -> Response:
    """The session here is over; the one at the provider is for the person to end, by a link."""
    desk, settings = _desk(request), _settings(request)
    token = await _access(request).sign_out(request.headers)
    try:
        to = await desk.provider.leave(token, f"{settings.external_url}/signed-out") or ""
    except Away:
        to = ""
    # Whoever asked is nobody any more: forms in the head would only be refused. The referrer-policy is the guard's:
    # under "no-referrer" a browser says of each form that it comes from "null".
    response = page(request, "signedout.html", host=desk.provider.host, leave=to, begin=BEGIN, principal=None)
    forget_cookie(settings, response)
    return response


def away(desk: Desk, error: Away) -> Failed:
    words = (
        f"{error} Who is signed in already goes on working, and so do tokens. An administrator can make a sign-in link "
        "meanwhile: driftline token link."
    )
    return Failed(503, f"{desk.provider.host} cannot sign anybody in now", words, link=_again("/"))


def _told(provider: Provider, claims: dict[str, Any]) -> Named:
    asked = provider.asked
    groups = groups_of(claims, asked.groups_claim)
    return Named(source=asked.issuer, subject=claims["sub"], name=name_in(claims, asked.name_claim), groups=groups)


def _again(path: str) -> tuple[str, str]:
    return BEGIN + ("" if path == "/" else f"?next={path}"), "Sign in"


def _back(settings: Settings) -> str:
    return f"{settings.external_url}/sign-in/callback"


def _desk(request: Request) -> Desk:
    desk = request.app.state.desk
    if desk is None:
        raise Failed(404, "There is no such page", "Nobody signs in at a provider here.")
    return cast(Desk, desk)


def _settings(request: Request) -> Settings:
    return cast(Settings, request.app.state.settings)


def _access(request: Request) -> Access:
    return cast(Access, request.app.state.access)
