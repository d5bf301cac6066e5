"""Who is asking: bearer tokens for programs, a session cookie for people, made by a one-time sign-in link.

All three are random values of which the store holds only a SHA-256, in one table; names tell them apart. Tokens and
links are made by `engine.administer`.
"""

from __future__ import annotations

import getpass
import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final, Literal

import msgspec
from cryptography.fernet import Fernet
from starlette.datastructures import Headers

from monitor.adapters.records import ApiToken, TrailEntry
from monitor.adapters.store_members import Member
from monitor.engine.administer import LINK, SCRAPE, SESSION, bearer, fingerprint, fresh, holder
from monitor.engine.members import Named, Right, met, right, standing
from monitor.engine.request import Refused
from monitor.engine.surface import Now
from monitor.engine.whence import WHENCE, whence

from .limits import FAILURES, Limits
from .problems import Failed
from .proxied import Unbelieved, named
from .refusals import Refusals
from .settings import Settings

Role = Literal["viewer", "reviewer", "admin", "scrape"]
ROLES: Final[tuple[Role, ...]] = ("viewer", "reviewer", "admin")  # each may what those before it may
OURS: Final = "bearer dl_"  # how a token of ours is sent


class Principal(msgspec.Struct, frozen=True):
    """`name` goes into the trail. `how`: open (no sign-in asked), bearer, cookie or header. `teams` of people.yaml that
    they act for; `made_by`: pseudonyms of whoever made what they signed in with; `member`: the id of one whom somebody
    else names."""

    name: str
    role: Role
    how: str
    teams: tuple[str, ...] = ()
    made_by: tuple[str, ...] = ()
    member: str = ""

    def may(self, role: Role) -> bool:
        """scrape may nothing here, and no role reaches scrape."""
        return self.role in ROLES and role in ROLES and ROLES.index(self.role) >= ROLES.index(role)


class Access:
    """`store` keeps the tokens, `clock` says when they end."""

    def __init__(self, store: Any, clock: Now, settings: Settings) -> None:
        self._store, self._clock, self._settings = store, clock, settings
        self._refusals, self._failures = Refusals(), Limits(FAILURES)

    async def principal(self, headers: Headers, peer: str) -> Principal | None:
        """The one who asks from the address `peer`, or None. A bearer token that is wrong is never made good by a
        cookie or by a proxy. Raises Failed for somebody who is known and may not come in."""
        if self._settings.mode == "none":
            return Principal(f"local:{getpass.getuser()}", "admin", "open")
        proxied = self._settings.mode == "proxy"
        authorization = headers.get("authorization", "")
        told = await self._told(headers, peer) if proxied else None
        if authorization and (told is None or authorization.lower().startswith(OURS)):  # else the proxy's own
            scheme, _, token = authorization.partition(" ")
            return await self._holder(token.strip(), "bearer") if scheme.lower() == "bearer" else None
        if told is not None:
            return await self._met(told)
        token = "" if proxied else self._cookie(headers)
        return await self._holder(token, "cookie") if token else None

    async def _told(self, headers: Headers, peer: str) -> Named | None:
        try:
            return named(self._settings.auth, headers, peer)
        except Unbelieved as error:
            await self.refuse("header")
            raise Failed(403, "The proxy in front does not say who you are", str(error)) from None

    async def _right(self, told: Named, *, entering: bool = False) -> tuple[Member, Right]:
        auth = self._settings.auth
        try:
            one = await met(self._store, auth, told, self._clock.now(), entering=entering)
        except Refused as error:
            await self.refuse("name")
            raise Failed(403, "This name cannot be used here", " ".join(error.problems)) from None
        found = right(auth, one.groups)
        if found.role is None:
            await self.refuse("group", one.name)
            raise Failed(403, "You may not come in", no_group(one.name))
        return one, found

    async def _met(self, told: Named) -> Principal:
        one, found = await self._right(told)
        return Principal(one.name, _role(found.role or ""), "header", found.teams, member=one.id)

    async def _holder(self, token: str, how: str) -> Principal | None:
        row = await self._valid(token)
        if row is None or row.name.startswith(LINK) or row.name.startswith(SESSION) != (how == "cookie"):
            return None
        if row.member:
            found = await standing(self._store, self._settings.auth, row, self._clock.now())
            if found is None:
                return None
            one, now = found
            return Principal(one.name, _role(now.role or ""), how, now.teams, row.made_by, one.id)
        name = holder(row.name) if how == "cookie" else f"token:{row.name}"
        return Principal(name, _role(row.role), how, row.teams, row.made_by)

    async def _valid(self, token: str) -> ApiToken | None:
        return await bearer(self._store, self._clock, token)

    async def sign_in(self, token: str, headers: Headers) -> str | None:
        """Use up a sign-in link and begin a session in place of the one that the browser had; its cookie value, or None
        where the link is used or too old."""
        row = await self._valid(token)
        if row is None or not row.name.startswith(LINK) or self._settings.mode == "proxy":
            await self.refuse("link", self._whose(await self._store.api_token(fingerprint(token))))
            return None
        who = holder(row.name)
        name, now = f"{SESSION}{who}:{secrets.token_hex(4)}", self._clock.now()
        session, begun = fresh(name, _role(row.role), self._settings.auth.session, now, row.teams, row.made_by)
        async with self._store.transaction() as tx:
            if not await tx.drop_api_token(row.name):
                return None  # another browser was faster
            await self._end_session(tx, headers)
            await tx.put_api_token(begun)
            await tx.add_trail(self._entry(who, "signed in", role=row.role))
        return session

    async def enter(self, told: Named, sealing: str, headers: Headers) -> str:
        """Begin a session of one whom a provider named, in place of the one that the browser had; its cookie value.
        `sealing` is kept so that the cookie alone opens it. Raises Failed for one who may not come in."""
        one, found = await self._right(told, entering=True)
        now = self._clock.now()
        name = f"{SESSION}{one.name}:{secrets.token_hex(4)}"
        session, row = fresh(name, found.role or "", self._settings.auth.session, now, found.teams)
        row = msgspec.structs.replace(row, member=one.id, sealed=_seal(session).encrypt(sealing.encode()))
        async with self._store.transaction() as tx:
            await self._end_session(tx, headers)
            await tx.put_api_token(row)
        return session

    async def sign_out(self, headers: Headers) -> str:
        """Gives what was sealed when the session began, or ""."""
        async with self._store.transaction() as tx:
            row = await self._end_session(tx, headers)
            if row is not None:
                await tx.add_trail(self._entry(holder(row.name), "signed out"))
        sealed = None if row is None else row.sealed
        return _seal(self._cookie(headers)).decrypt(sealed).decode() if sealed else ""

    async def refused(self, headers: Headers) -> None:
        """What was shown and opens nothing goes into the trail. A session that ended by itself does not."""
        if token := headers.get("authorization", "").partition(" ")[2].strip():
            await self.refuse("token", self._whose(await self._store.api_token(fingerprint(token))))
        elif self._settings.mode != "proxy" and (token := self._cookie(headers)):
            if await self._store.api_token(fingerprint(token)) is None:
                await self.refuse("session")
        elif self._settings.mode == "proxy" and self._settings.auth.header in headers:
            await self.refuse("address")

    async def _end_session(self, tx: Any, headers: Headers) -> ApiToken | None:
        """The one that this browser shows; gives it."""
        row: ApiToken | None = await tx.api_token(fingerprint(self._cookie(headers)))
        if row is None or not row.name.startswith(SESSION):
            return None
        await tx.drop_api_token(row.name)
        return row

    def own_session(self, rows: Iterable[ApiToken], headers: Headers) -> str:
        """The name of the one that this browser shows, "" for none."""
        shown = fingerprint(self._cookie(headers))
        return next((row.name for row in rows if row.hash == shown), "")

    def wait(self) -> int:
        """Seconds for which that address is to try nothing more; 0 where it may."""
        return self._failures.wait(self.peer, self._clock.now())

    @property
    def peer(self) -> str:
        return WHENCE.get().peer

    @staticmethod
    def _whose(row: ApiToken | None) -> str:
        return "" if row is None else holder(row.name) if ":" in row.name else f"token:{row.name}"

    async def refuse(self, how: str, who: str = "") -> None:
        now, peer = self._clock.now(), self.peer
        self._failures.count(peer, now)
        said = self._refusals.note(peer, now)
        if said is not None:
            async with self._store.transaction() as tx:
                await tx.add_trail(self._entry(who, "sign-in refused", how=how, **said))

    def _entry(self, who: str, what: str, **data: Any) -> TrailEntry:
        return TrailEntry(at=self._clock.now(), who=who, what=what, data={**data, **whence()})

    def _cookie(self, headers: Headers) -> str:
        return cookie_of(headers.get("cookie", ""), self._settings.cookie)


def _seal(session: str) -> Fernet:
    """By a key that only who holds the session has; the store has another hash of it."""
    return Fernet(urlsafe_b64encode(hashlib.sha256(b"sealed\0" + session.encode()).digest()))


def cookie_of(header: str, name: str) -> str:
    try:
        found = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


def no_group(name: str) -> str:
    return (
        f"You are known here as {name}, and none of the groups that were told of you has a role in Driftline. Ask "
        "whoever runs it to name one of your groups under server.auth.roles, or to add you to one that is named there."
    )


def _role(word: str) -> Role:
    """An unknown role, written by a later release, may only look."""
    return "scrape" if word == SCRAPE else next((role for role in ROLES if role == word), "viewer")
