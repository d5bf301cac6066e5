"""Who is asking: bearer tokens for programs, a session cookie for people, made by a one-time sign-in link.

All three are random values of which the store holds only a SHA-256, in one table; names tell them apart.
"""

from __future__ import annotations

import getpass
import hashlib
import secrets
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final, Literal
from urllib.parse import quote

import msgspec

from monitor.adapters.records import ApiToken
from monitor.engine.surface import Now

from .settings import Settings

Role = Literal["viewer", "reviewer", "admin"]
ROLES: Final[tuple[Role, ...]] = ("viewer", "reviewer", "admin")
COOKIE: Final = "driftline_session"
LINK_SECONDS: Final = 900.0
SESSION_SECONDS: Final = 12 * 3600.0
_LINK, _SESSION = "link:", "session:"


class Principal(msgspec.Struct, frozen=True):
    """`name` goes into the trail. `how`: open (no sign-in asked), bearer or cookie."""

    name: str
    role: Role
    how: str

    def may(self, role: Role) -> bool:
        return ROLES.index(self.role) >= ROLES.index(role)


def fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class Access:
    """`store` keeps the tokens, `clock` says when they end."""

    def __init__(self, store: Any, clock: Now, settings: Settings) -> None:
        self._store, self._clock, self._settings = store, clock, settings

    async def principal(self, authorization: str, cookie: str) -> Principal | None:
        """The one who asks, or None. A bearer token that is wrong is never made good by a cookie."""
        if self._settings.mode == "none":
            return Principal(f"local:{getpass.getuser()}", "admin", "open")
        if authorization:
            scheme, _, token = authorization.partition(" ")
            return await self._holder(token.strip(), "bearer") if scheme.lower() == "bearer" else None
        token = _cookie(cookie)
        return await self._holder(token, "cookie") if token else None

    async def _holder(self, token: str, how: str) -> Principal | None:
        row = await self._valid(token)
        if row is None or row.name.startswith(_LINK) or row.name.startswith(_SESSION) != (how == "cookie"):
            return None
        name = row.name.removeprefix(_SESSION).rpartition(":")[0] if how == "cookie" else f"token:{row.name}"
        return Principal(name, _role(row.role), how)

    async def _valid(self, token: str) -> ApiToken | None:
        row: ApiToken | None = await self._store.api_token(fingerprint(token))
        if row is None or (row.expires is not None and row.expires <= self._clock.now()):
            return None
        return row

    async def token(self, name: str, role: Role, seconds: float | None = None) -> str:
        """A new bearer token; this is the only time it is seen."""
        return await self._make(name, role, seconds)

    async def link(self, who: str, role: Role = "admin") -> str:
        """A sign-in address that works once, within 15 minutes."""
        token = await self._make(f"{_LINK}{who}:{secrets.token_hex(4)}", role, LINK_SECONDS)
        return f"{self._settings.external_url}/sign-in/{quote(token)}"

    async def first_link(self) -> str | None:
        """The first administrator's sign-in link; None where anybody has a token already, or none is asked for."""
        if self._settings.mode == "none":
            return None
        rows = [row for row in await self._store.api_tokens() if not row.name.startswith(_LINK)]
        return None if rows else await self.link("admin")

    async def sign_in(self, token: str) -> str | None:
        """Use up a sign-in link and begin a session; its cookie value, or None where the link is used or too old."""
        row = await self._valid(token)
        if row is None or not row.name.startswith(_LINK):
            return None
        who = row.name.removeprefix(_LINK).rpartition(":")[0]
        session, begun = self._fresh(f"{_SESSION}{who}:{secrets.token_hex(4)}", _role(row.role), SESSION_SECONDS)
        async with self._store.transaction() as tx:
            if not await tx.drop_api_token(row.name):
                return None  # another browser was faster
            await tx.put_api_token(begun)
        return session

    async def sign_out(self, cookie: str) -> None:
        row = await self._valid(_cookie(cookie))
        if row is not None and row.name.startswith(_SESSION):
            async with self._store.transaction() as tx:
                await tx.drop_api_token(row.name)

    async def _make(self, name: str, role: Role, seconds: float | None) -> str:
        token, row = self._fresh(name, role, seconds)
        async with self._store.transaction() as tx:
            await tx.put_api_token(row)
        return token

    def _fresh(self, name: str, role: Role, seconds: float | None) -> tuple[str, ApiToken]:
        token, now = f"dl_{secrets.token_urlsafe(32)}", self._clock.now()
        ends = None if seconds is None else now + seconds
        return token, ApiToken(hash=fingerprint(token), name=name, role=role, created=now, expires=ends)


def _cookie(header: str) -> str:
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _role(word: str) -> Role:
    """An unknown role, written by a later release, may only look."""
    return next((role for role in ROLES if role == word), "viewer")
