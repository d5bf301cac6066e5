"""What every request passes before any page: host names, same origin, sign-in, size, and the headers of every answer.

Plain ASGI, so that no route can forget it. It also takes off the path prefix of external_url, whether or not the proxy
in front already did.
"""

from __future__ import annotations

import secrets
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.engine.acting import ACTING, Actor
from monitor.engine.whence import WHENCE, Whence

from .access import OURS, Access, Role
from .problems import Failed, Problem, answer, unforeseen
from .proxied import whose
from .settings import Settings

SAFE: Final = {"GET", "HEAD", "OPTIONS"}
MAX_BODY: Final = 1 << 20
OPEN: Final = ("/static/", "/sign-in", "/signed-out", "/runbooks", "/answer/", "/hooks/", "/favicon.ico")
SIGNED: Final = "/hooks/"  # who sends there is known by a signature, and by nothing that a browser adds
LOOKING: Final = frozenset(
    {"/sign-out", "/trail/verify", "/api/v1/trail/verify"}
)  # posts that change nothing for others
MINE: Final = ("/me/", "/api/v1/me/")  # what is one's own
HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class TooLarge(Exception):
    """The body of a request passed MAX_BODY."""


class Guard:
    """Wraps the application. Puts `principal` and `correlation` into the request's state."""

    def __init__(self, app: ASGIApp, settings: Settings, access: Access) -> None:
        self._app, self._settings, self._access = app, settings, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        correlation, before = secrets.token_hex(6), WHENCE.set(self._whence(self._unprefixed(scope)))
        nobody = ACTING.set(None)
        try:
            await self._answer(scope, receive, send, correlation)
        finally:
            ACTING.reset(nobody)
            WHENCE.reset(before)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, correlation: str) -> None:
        scope.setdefault("state", {})["correlation"] = correlation
        headers = Headers(scope=scope)
        scope = self._unprefixed(scope)
        began = False

        async def sending(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                self._dress(MutableHeaders(scope=message), scope, correlation)
            await send(message)

        problem = await self._refused(scope, headers)
        if problem is not None:
            await answer(scope, problem)(scope, receive, sending)
            return
        try:
            await self._app(scope, _bounded(receive), sending)
        except TooLarge:
            if began:
                raise
            words = f"A request may have at most {MAX_BODY >> 10} KiB."
            await answer(scope, Problem(413, "The request is too large", words))(scope, receive, sending)
        except ClientDisconnect:
            return  # who asked went away before all was said: there is nobody to answer
        except Exception as error:
            if began:
                raise
            await unforeseen(scope, error)(scope, receive, sending)

    def _unprefixed(self, scope: Scope) -> Scope:
        prefix, path = self._settings.prefix, scope["path"]
        if prefix and (path == prefix or path.startswith(f"{prefix}/")):
            path = path[len(prefix) :] or "/"
            scope = {**scope, "path": path, "raw_path": path.encode()}
        return scope

    async def _refused(self, scope: Scope, headers: Headers) -> Problem | None:
        host = headers.get("host", "").lower()
        if host not in self._settings.hosts and _without_port(host) not in self._settings.hosts:
            words = (
                "This name is not one that Driftline answers to. Add it to server.hosts, or use server.external_url."
            )
            return Problem(421, "Unknown host", words)
        signed = scope["path"].startswith(SIGNED)
        if scope["method"] not in SAFE and not signed and not self._same_origin(headers, host):
            words = "The request came from another site, and was not carried out. Open the page itself and try again."
            return Problem(403, "Not from this site", words)
        open_ = scope["path"].startswith(OPEN)
        try:
            who = await self._access.principal(headers, _peer(scope))
        except Failed as error:
            if not open_:
                return error.problem
            who = None
        if who is not None and not who.may("viewer"):
            words = f"{who.name} has the role {who.role}, which is for /metrics of the other listener and nothing else."
            return Problem(403, "Not for these pages", words)
        scope["state"]["principal"] = who
        if who is not None:
            ACTING.set(Actor(who.name, who.role, who.teams, who.made_by, who.how != "open"))
        if who is None and not open_:
            await self._access.refused(headers)
            if wait := self._access.wait():
                words = f"Too much from this address opened nothing. Try again in {wait} seconds."
                return Problem(429, "Too many tries", words, wait=wait)
            return Problem(401, "Sign in first", self._how(headers, _peer(scope)), link=self._begin(scope))
        looks = scope["method"] in SAFE or scope["path"] in LOOKING or scope["path"].startswith(MINE)
        least: Role = "viewer" if looks else "reviewer"
        if who is not None and not open_ and not who.may(least):
            return Problem(403, "Not allowed", f"This takes the role {least}; you have {who.role}.")
        return None

    def _how(self, headers: Headers, peer: str) -> str:
        auth = self._settings.auth
        if auth.mode == "oidc":
            return "People sign in with their own account; programs send a bearer token."
        if auth.mode != "proxy":
            return "Ask an administrator for a sign-in link (driftline token link), or send a bearer token."
        if auth.among_peers(peer):
            return f"The proxy at {peer} sent no {auth.header}: it must ask people to sign in. Programs send a token."
        if auth.header in headers:
            return f"{auth.header} came from {peer or 'an unknown address'}, which server.auth.peers does not name."
        return f"Open {self._settings.external_url}, where the proxy in front says who you are, or send a bearer token."

    def _begin(self, scope: Scope) -> tuple[str, str] | None:
        """Where a person signs in, and comes back to the page that was asked for."""
        auth = self._settings.auth
        if auth.mode != "oidc" or auth.oidc is None:
            return None
        path = scope["path"] if scope["method"] in SAFE else "/"
        asked = f"{quote(path)}?{scope['query_string'].decode('latin-1')}".rstrip("?")
        return f"/sign-in/begin?{urlencode({'next': asked})}", f"Sign in with {urlsplit(auth.oidc.issuer).netloc}"

    def _whence(self, scope: Scope) -> Whence:
        via = "api" if scope["path"].startswith(("/api/", "/-/")) else "page"
        return Whence(via, whose(self._settings.auth, Headers(scope=scope), _peer(scope)))

    def _same_origin(self, headers: Headers, host: str) -> bool:
        """Browsers say where a request comes from; a program that says nothing holds no cookie of ours, and no proxy
        says who it is."""
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site is not None and site not in ("same-origin", "none"):
            return False
        if origin is not None:
            return origin.lower() in (self._settings.origin, f"http://{host}", f"https://{host}")
        if headers.get("authorization", "").lower().startswith(OURS):
            return True  # no page can make a browser send it
        named = self._settings.mode == "proxy" and self._settings.auth.header in headers
        return site is not None or not (named or "cookie" in headers)

    def _dress(self, headers: MutableHeaders, scope: Scope, correlation: str) -> None:
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        headers["x-request-id"] = correlation
        if not scope["path"].startswith("/static/"):
            headers.setdefault("cache-control", "no-store")
        if self._settings.secure:
            headers.setdefault("strict-transport-security", "max-age=31536000")


def _peer(scope: Scope) -> str:
    """The address at the other end of the socket."""
    client = scope.get("client")
    return client[0] if client else ""


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host


def _bounded(receive: Receive) -> Receive:
    size = 0

    async def receiving() -> Message:
        nonlocal size
        message: dict[str, Any] = dict(await receive())
        size += len(message.get("body", b""))
        if size > MAX_BODY:
            raise TooLarge
        return message

    return receiving
