"""People whom somebody else names: a provider of sign-ins, or a proxy in front. What each may do follows from groups.

There is no directory to ask, so a right is as fresh as the last time somebody told of the person: every request through
a proxy, every sign-in at a provider. What a person made in the meantime (personal tokens, sessions) is held against
that at each use: against the groups of then and the configuration of now, and against its age.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from monitor.adapters import store_members as rows
from monitor.adapters.pseudonyms import SERVICE
from monitor.adapters.records import ApiToken, TrailEntry
from monitor.adapters.store_members import Member
from monitor.config.sign_in import Auth

from .administer import PERSONAL, ROLES, USED_EVERY
from .request import Refused
from .whence import whence

LONGEST: Final = 128  # letters of a name
_MAIL: Final = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_PSEUDONYM: Final = re.compile(r"p-[0-9a-f]{10}")
_APART: Final = frozenset(':<>,;"/')  # they hold names, addresses and parts of paths apart elsewhere


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """What was told of a person: `subject` is what the source calls them and never gives to another."""

    source: str
    subject: str
    name: str
    groups: tuple[str, ...] = ()


class Right(msgspec.Struct, frozen=True):
    """`role` is None for one who may not come in; `teams` are those they act for."""

    role: str | None
    teams: tuple[str, ...] = ()


def right(auth: Auth, groups: Iterable[str]) -> Right:
    """The highest role that any group gives, and all teams."""
    groups = tuple(groups)
    given = [auth.roles[group] for group in groups if group in auth.roles]
    least = [] if auth.default_role == "none" else [auth.default_role]
    role = max((*given, *least), key=ROLES.index, default=None)
    return Right(role, tuple(sorted({auth.teams[group] for group in groups if group in auth.teams})))


def lesser(one: str, other: str) -> str:
    return min(one, other, key=lambda role: ROLES.index(role) if role in ROLES else 0)


def name_of(text: str) -> str | None:
    """A name under which somebody may act, or None: one line, that nothing takes for the service, for a token, for a
    pseudonym, or for the mail address of somebody else."""
    name = unicodedata.normalize("NFC", text.strip())
    odd = any(unicodedata.category(letter)[0] == "C" or letter in _APART or letter in "\u2028\u2029" for letter in name)
    mail = _MAIL.search(name)
    if not name or len(name) > LONGEST or odd or name.casefold() in SERVICE or _PSEUDONYM.fullmatch(name):
        return None
    return name if mail is None or mail.group() == name else None


async def met(store: Any, auth: Auth, told: Named, now: float, *, entering: bool = False) -> Member:
    """Takes note of what was told of a person; gives the person. `entering`: they sign in now. Who has no right any
    more loses sessions and tokens at once. Raises Refused for a name that cannot be theirs."""
    id = rows.member_id(told.source, told.subject)
    groups = tuple(sorted({group for group in told.groups if group in auth.roles or group in auth.teams}))
    known = await rows.member(store, id)
    entering = entering or known is None or now - known.last >= auth.session
    if known is not None and known.groups == groups and not entering and now - known.last < USED_EVERY:
        return known
    role = right(auth, groups).role
    async with store.transaction() as tx:
        known = await rows.member(tx, id)
        name = known.name if known is not None else await _new_name(tx, told)
        first = known.first if known is not None else now
        one = Member(id=id, source=told.source, name=name, groups=groups, first=first, last=now)
        await rows.put_member(tx, one)
        if role is None and (count := await rows.end_member(tx, id)):
            await tx.add_trail(_entry(now, name, "access ended", count=count))
        if role is not None and entering:
            await tx.add_trail(_entry(now, name, "signed in", role=role, how=auth.mode))
    return one


async def _new_name(tx: Any, told: Named) -> str:
    name = name_of(told.name)
    if name is None:
        raise Refused(
            f"{told.name[:40]!r} is no name that somebody can act under here: it is empty, too long, one of "
            "Driftline's own, or has characters such as : < > , in it."
        )
    for other in await rows.called(tx, name):
        if other.source == told.source:
            raise Refused(
                f"Somebody else has signed in as {name} before. Where that was the same person, or a predecessor, an "
                "administrator removes the old one on the page Who may; then sign in again."
            )
        await rows.drop_member(tx, other.id)  # named by what is configured no more
    return name


async def standing(store: Any, auth: Auth, row: ApiToken, now: float) -> tuple[Member, Right] | None:
    """Whose session or personal token this is, and what it may do now; None where that ended."""
    one: Member | None = await rows.member(store, row.member)
    if one is None or one.source != auth.source:
        return None
    now_right = right(auth, one.groups)
    if now_right.role is None:
        return None
    if row.name.startswith(PERSONAL):
        if now - one.last >= auth.personal_tokens:
            return None
        return one, Right(lesser(row.role, now_right.role), now_right.teams)
    return one, now_right


def _entry(now: float, who: str, what: str, **data: Any) -> TrailEntry:
    return TrailEntry(at=now, who=who, what=what, data={**data, **whence()})
