"""What an administrator does that is no decision on a finding: API tokens, and forgetting a person.

Of a token the store holds only a SHA-256; it is seen once, when it is made. Each act is in the trail, and none of its
lines holds a token or a name that was to be forgotten.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection, Mapping
from typing import Any, Final
from urllib.parse import quote

import msgspec

from monitor.adapters.records import ApiToken, TrailEntry

from .acting import acting
from .request import Refused
from .surface import Engine, Now
from .whence import whence

ROLES: Final = ("viewer", "reviewer", "admin")
SCRAPE: Final = "scrape"  # opens /metrics and nothing else, so it stands in no order with the others
USED_EVERY: Final = 3600.0  # seconds after which a further use is written down
LINK_SECONDS: Final = 900.0
LINK: Final = "link:"
SESSION: Final = "session:"
PERSONAL: Final = "personal:"
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token without its secret. `link:` and `session:` names are sign-in links and signed-in browsers; `teams` are
    those that its holder acts for."""

    name: str
    role: str
    teams: tuple[str, ...] = ()
    created: float
    expires: float | None = None
    last_used: float | None = None


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What was made, shown once: a bearer token, or a sign-in address."""

    name: str
    role: str
    expires: float | None
    secret: str
    teams: tuple[str, ...] = ()


async def tokens(engine: Engine) -> tuple[Token, ...]:
    """Oldest first; those that ended too, until they are revoked."""
    rows = await engine.store.api_tokens()
    return tuple(
        Token(
            name=row.name,
            role=row.role,
            teams=row.teams,
            created=row.created,
            expires=row.expires,
            last_used=row.last_used,
        )
        for row in rows
    )


async def make_token(
    engine: Engine, name: str, role: str, seconds: float | None, by: str, teams: Collection[str] = ()
) -> Made:
    """A bearer token that ends after `seconds`, or never. Raises Refused."""
    _checked(engine, name, role, seconds, teams, (*ROLES, SCRAPE))
    token, row = fresh(name, role, seconds, engine.clock.now(), sorted({*teams}), makers(engine, by))
    taken = f"There is a token called {name!r} already; revoke it first, or choose another name."
    await keep(engine, row, by, "token created", taken)
    return Made(name=name, role=role, expires=row.expires, secret=token, teams=row.teams)


async def make_link(engine: Engine, name: str, role: str, by: str, teams: Collection[str] = ()) -> Made:
    """A sign-in address that works once, within 15 minutes. Raises Refused."""
    if engine.config.service.server.auth.mode == "proxy":
        raise Refused("There are no sign-in links while server.auth.mode is proxy: the proxy says who somebody is.")
    _checked(engine, name, role, LINK_SECONDS, teams)
    own, now = f"{LINK}{name}:{secrets.token_hex(4)}", engine.clock.now()
    token, row = fresh(own, role, LINK_SECONDS, now, sorted({*teams}), makers(engine, by))
    await keep(engine, row, by, "sign-in link made", "Such a link was made already; ask for another.")
    base = engine.config.service.server.external_url.rstrip("/")
    return Made(name=name, role=role, expires=row.expires, secret=f"{base}/sign-in/{quote(token)}", teams=row.teams)


def makers(engine: Engine, by: str) -> tuple[str, ...]:
    """The pseudonyms of whoever makes a token now: the one who asks, and whoever made what they ask with. A terminal of
    this machine is nobody: whoever sits there decides nothing that takes two people."""
    who = acting(by)
    if not who.signed_in:
        return ()
    return tuple(dict.fromkeys((engine.people.pseudonym(by.rpartition(":")[2]), *who.made_by)))


async def first_link(engine: Engine) -> str | None:
    """The first administrator's sign-in address; None where anybody has a token already, nobody is asked for one, or
    somebody else says who may come in."""
    if engine.config.service.server.auth.mode != "tokens":
        return None
    if any(not row.name.startswith(LINK) for row in await engine.store.api_tokens()):
        return None
    return (await make_link(engine, "admin", "admin", "driftline")).secret


async def revoke(engine: Engine, name: str, by: str) -> None:
    """From now on that token opens nothing. Raises Refused when there is none."""
    async with engine.store.transaction() as tx:
        if not await tx.drop_api_token(name):
            raise Refused(f"There is no token called {name!r}; `driftline token list` shows those there are.")
        await _enter(engine, tx, by, "token revoked", holder(name))


async def forget(engine: Engine, person: str, by: str) -> str:
    """Takes a person's name out of the store. Gives the pseudonym that stays. Raises Refused for one nobody knows."""
    try:
        pseudonym: str = await engine.people.forget(person)
    except LookupError as error:
        raise Refused(f"Nobody called {person!r} is known here; write the name as the vendor spells it.") from error
    async with engine.store.transaction() as tx:
        data = whence(by)
        await tx.add_trail(
            TrailEntry(at=engine.clock.now(), who=by, what="person forgotten", subject=pseudonym, data=data)
        )
    await engine.reload_ledger()
    return pseudonym


def _checked(
    engine: Engine, name: str, role: str, seconds: float | None, teams: Collection[str], roles: Collection[str] = ROLES
) -> None:
    known = engine.config.people.teams
    problems = [
        f"team: expected one of {', '.join(sorted(known)) or 'people.yaml, which has none'}, found {team[:40]!r}."
        for team in teams
        if team not in known
    ]
    if not NAME.fullmatch(name):
        problems.append(f"name: expected letters, digits and . _ @ - (at most 64), found {name[:80]!r}.")
    if role not in roles:
        problems.append(f"role: expected one of {', '.join(roles)}, found {role[:40]!r}.")
    if seconds is not None and seconds <= 0:
        problems.append("seconds: expected a time that is still to come.")
    if problems:
        raise Refused(*problems)


async def bearer(store: Any, clock: Now, token: str) -> ApiToken | None:
    """What is kept of this secret, where it has not ended; that it is used is written down once an hour."""
    now = clock.now()
    row: ApiToken | None = await store.api_token(fingerprint(token))
    if row is None or (row.expires is not None and row.expires <= now):
        return None
    if row.last_used is None or now - row.last_used >= USED_EVERY:
        async with store.transaction() as tx:
            await tx.touch_api_token(row.hash, now)
    return row


def fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def fresh(
    name: str,
    role: str,
    seconds: float | None,
    now: float,
    teams: Collection[str] = (),
    made_by: Collection[str] = (),
) -> tuple[str, ApiToken]:
    """A new secret, and what the store keeps of it."""
    token = f"dl_{secrets.token_urlsafe(32)}"
    ends = None if seconds is None else now + seconds
    row = ApiToken(
        hash=fingerprint(token), name=name, role=role, created=now, expires=ends, teams=tuple(teams),
        made_by=tuple(made_by),
    )  # fmt: skip
    return token, row


async def keep(engine: Engine, row: ApiToken, by: str, what: str, taken: str) -> None:
    """What was made, and its line in the trail. `taken` is said where the name is somebody's already: it is looked at
    within the transaction, since of two who ask at once both would find it free. Raises Refused."""
    async with engine.store.transaction() as tx:
        if any(one.name == row.name for one in await tx.api_tokens()):
            raise Refused(taken)
        await tx.put_api_token(row)
        await _enter(
            engine, tx, by, what, holder(row.name), {"role": row.role, "expires": row.expires, "teams": row.teams}
        )


def holder(name: str) -> str:
    """Whose a token is: the names of links and sessions say more than that."""
    for kind in (LINK, SESSION, PERSONAL):
        if name.startswith(kind):
            return name.removeprefix(kind).rpartition(":")[0]
    return name


async def _enter(engine: Engine, tx: Any, by: str, what: str, of: str, data: Mapping[str, Any] = {}) -> None:
    """`of` may be a person, and is one that can be forgotten."""
    subject = engine.people.pseudonym(of)
    await engine.people.flush(tx)
    await tx.add_trail(
        TrailEntry(at=engine.clock.now(), who=by, what=what, subject=subject, data={**data, **whence(by)})
    )
