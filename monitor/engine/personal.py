"""Personal tokens of people whom somebody else names: for the terminal, under their own name, and never with more than
they may themselves. And who is known, with what each has open: for an administrator, and for each of their own."""

from __future__ import annotations

from typing import Final

import msgspec

from monitor.adapters import store_members as rows
from monitor.adapters.records import ApiToken, TrailEntry
from monitor.config.sign_in import Auth

from .administer import LINK, NAME, PERSONAL, ROLES, SESSION, Made, fresh, holder, keep, makers
from .members import lesser, right
from .request import Refused
from .surface import Engine
from .whence import whence

MOST: Final = 90 * 86_400.0  # seconds that a personal token is good, whatever was asked
DAYS: Final = (7, 30, 90)


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A token, a sign-in link, a session or a personal token, without its secret. `role` and `teams` are those of now,
    also where the groups of the holder give less than when it was made; `open` is false for one that ended."""

    name: str
    kind: str
    holder: str
    role: str
    teams: tuple[str, ...] = ()
    created: float
    expires: float | None = None
    last_used: float | None = None
    open: bool = True


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A person whom a provider or a proxy named. `role` is "" for one who may not come in now."""

    id: str
    name: str
    source: str
    role: str
    teams: tuple[str, ...]
    groups: tuple[str, ...]
    first: float
    last: float


async def held(engine: Engine, auth: Auth, member: str = "") -> tuple[Held, ...]:
    """All that anybody holds, oldest first, or what one person does."""
    people = {one.id: one for one in await rows.members(engine.store)}
    now, out = engine.clock.now(), []
    for row in await engine.store.api_tokens():
        if member and row.member != member:
            continue
        role, teams, good = row.role, row.teams, row.expires is None or row.expires > now
        if row.member:
            one = people.get(row.member)
            given = right(auth, one.groups) if one is not None and one.source == auth.source else None
            late = one is None or (_kind(row) == "personal" and now - one.last >= auth.personal_tokens)
            if given is None or given.role is None or late:
                good = False
            else:
                role, teams = lesser(role, given.role) if _kind(row) == "personal" else given.role, given.teams
        out.append(
            Held(
                name=row.name,
                kind=_kind(row),
                holder=holder(row.name),
                role=role,
                teams=teams,
                created=row.created,
                expires=row.expires,
                last_used=row.last_used,
                open=good,
            )
        )
    return tuple(out)


def _kind(row: ApiToken) -> str:
    kinds = {LINK: "link", SESSION: "session", PERSONAL: "personal"}
    return next((kind for prefix, kind in kinds.items() if row.name.startswith(prefix)), "token")


async def known(engine: Engine, auth: Auth) -> tuple[Known, ...]:
    """Who was told of last comes first."""
    out = []
    for one in await rows.members(engine.store):
        given = right(auth, one.groups) if one.source == auth.source else None
        role, teams = (given.role or "", given.teams) if given is not None else ("", ())
        out.append(
            Known(
                id=one.id,
                name=one.name,
                source=one.source,
                role=role,
                teams=teams,
                groups=one.groups,
                first=one.first,
                last=one.last,
            )
        )
    return tuple(out)


async def make(engine: Engine, member: str, who: str, may: str, label: str, role: str, seconds: float) -> Made:
    """A personal token of the person `who` with the id `member`, whose own role is `may`. Raises Refused."""
    problems = []
    if not member:
        problems.append(
            "Personal tokens are for people whom a provider or a proxy names (server.auth.mode oidc or proxy), once "
            "they are signed in; an administrator makes others: driftline token create."
        )
    if not NAME.fullmatch(label):
        problems.append(f"name: expected letters, digits and . _ @ - (at most 64), found {label[:80]!r}.")
    if role not in ROLES or lesser(role, may) != role:
        problems.append(f"role: expected at most your own, {may}, found {role[:40]!r}.")
    if not 0 < seconds <= MOST:
        problems.append(f"seconds: expected a time of at most {MOST / 86_400:.0f} days.")
    if problems:
        raise Refused(*problems)
    name = f"{PERSONAL}{who}:{label}"
    token, row = fresh(name, role, seconds, engine.clock.now(), (), makers(engine, who))
    taken = f"You have a token called {label!r} already; end it first, or choose another name."
    await keep(engine, msgspec.structs.replace(row, member=member), who, "token created", taken)
    return Made(name=label, role=role, expires=row.expires, secret=token)


async def end(engine: Engine, member: str, who: str, label: str) -> None:
    """One of one's own. Raises Refused when there is none."""
    name = f"{PERSONAL}{who}:{label}"
    async with engine.store.transaction() as tx:
        row = next((one for one in await tx.api_tokens() if one.name == name and one.member == member), None)
        if row is None or not member:
            raise Refused(f"You have no token called {label[:80]!r}.")
        await tx.drop_api_token(name)
        await _enter(engine, tx, who, "token revoked", who)


async def remove(engine: Engine, id: str, by: str) -> None:
    """A person who is gone, or whose name somebody else gets: sessions and tokens end. Who still has a right comes in
    again with the next sign-in, as somebody new. Raises Refused when nobody has that id."""
    async with engine.store.transaction() as tx:
        one = await rows.member(tx, id)
        if one is None:
            raise Refused("Nobody with that id is known here.")
        await rows.drop_member(tx, id)
        await _enter(engine, tx, by, "person removed", one.name)


async def _enter(engine: Engine, tx: object, by: str, what: str, of: str) -> None:
    subject = engine.people.pseudonym(of)
    await engine.people.flush(tx)
    entry = TrailEntry(at=engine.clock.now(), who=by, what=what, subject=subject, data=whence(by))
    await tx.add_trail(entry)  # type: ignore[attr-defined]
