"""Who is asking: bearer tokens for programs, a session cookie for people, made by a one-time sign-in link.

All three are random values of which the store holds only a SHA-256, in one table; names tell them apart. Tokens and
links are made by `engine.administer`.
"""

from __future__ import annotations

import getpass
import secrets
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final, Literal

import msgspec

from monitor.adapters.records import ApiToken, TrailEntry
from monitor.engine.administer import LINK, SCRAPE, SESSION, bearer, fingerprint, fresh, holder
from monitor.engine.surface import Now
from monitor.engine.whence import WHENCE, whence

from .refusals import Refusals
from .settings import Settings

Role = Literal["viewer", "reviewer", "admin", "scrape"]
ROLES: Final[tuple[Role, ...]] = ("viewer", "reviewer", "admin")  # each may what those before it may
COOKIE: Final = "driftline_session"
SESSION_SECONDS: Final = 12 * 3600.0


class Principal(msgspec.Struct, frozen=True):
    """`name` goes into the trail. `how`: open (no sign-in asked), bearer or cookie. `teams` of people.yaml that they
    act for; `made_by`: pseudonyms of whoever made what they signed in with."""

    name: str
    role: Role
    how: str
    teams: tuple[str, ...] = ()
    made_by: tuple[str, ...] = ()

    def may(self, role: Role) -> bool:
        """scrape may nothing here, and no role reaches scrape."""
        return self.role in ROLES and role in ROLES and ROLES.index(self.role) >= ROLES.index(role)


class Access:
    """`store` keeps the tokens, `clock` says when they end."""

    def __init__(self, store: Any, clock: Now, settings: Settings) -> None:
        self._store, self._clock, self._settings = store, clock, settings
        self._refusals = Refusals()

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
        if row is None or row.name.startswith(LINK) or row.name.startswith(SESSION) != (how == "cookie"):
            return None
        name = holder(row.name) if how == "cookie" else f"token:{row.name}"
        return Principal(name, _role(row.role), how, row.teams, row.made_by)

    async def _valid(self, token: str) -> ApiToken | None:
        return await bearer(self._store, self._clock, token)

    async def sign_in(self, token: str) -> str | None:
        """Use up a sign-in link and begin a session; its cookie value, or None where the link is used or too old."""
        row = await self._valid(token)
        if row is None or not row.name.startswith(LINK):
            await self._refuse("link", token)
            return None
        who = holder(row.name)
        name, now = f"{SESSION}{who}:{secrets.token_hex(4)}", self._clock.now()
        session, begun = fresh(name, _role(row.role), SESSION_SECONDS, now, row.teams, row.made_by)
        async with self._store.transaction() as tx:
            if not await tx.drop_api_token(row.name):
                return None  # another browser was faster
            await tx.put_api_token(begun)
            await tx.add_trail(self._entry(who, "signed in", role=row.role))
        return session

    async def sign_out(self, cookie: str) -> None:
        row = await self._valid(_cookie(cookie))
        if row is not None and row.name.startswith(SESSION):
            async with self._store.transaction() as tx:
                await tx.drop_api_token(row.name)
                await tx.add_trail(self._entry(holder(row.name), "signed out"))

    async def refused(self, authorization: str, cookie: str) -> None:
        """What was shown and opens nothing goes into the trail. A session that ended by itself does not."""
        if token := authorization.partition(" ")[2].strip():
            await self._refuse("token", token)
        elif (token := _cookie(cookie)) and await self._store.api_token(fingerprint(token)) is None:
            await self._refuse("session", token)

    async def _refuse(self, how: str, token: str) -> None:
        said = self._refusals.note(WHENCE.get().peer, self._clock.now())
        if said is not None:
            row = await self._store.api_token(fingerprint(token))
            who = "" if row is None else holder(row.name) if ":" in row.name else f"token:{row.name}"
            async with self._store.transaction() as tx:
                await tx.add_trail(self._entry(who, "sign-in refused", how=how, **said))

    def _entry(self, who: str, what: str, **data: Any) -> TrailEntry:
        return TrailEntry(at=self._clock.now(), who=who, what=what, data={**data, **whence()})


def _cookie(header: str) -> str:
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _role(word: str) -> Role:
    """An unknown role, written by a later release, may only look."""
    return "scrape" if word == SCRAPE else next((role for role in ROLES if role == word), "viewer")
