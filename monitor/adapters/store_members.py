"""People whom somebody else names, in the store: by an id that is made of who names them and of what that one calls
them, so that a changed name or mail address makes nobody another person."""

from __future__ import annotations

import hashlib
import unicodedata

import msgspec
from sqlalchemy import RowMapping, delete, select

from . import schema as t
from .store_reads import Reads
from .store_tx import Tx


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """`source`: the provider, or the proxy; `name`: under which they act, the first that was heard of them; `groups`:
    those that mean something here; `first` and `last`: when they were told of."""

    id: str
    source: str
    name: str
    groups: tuple[str, ...] = ()
    first: float
    last: float


def member_id(source: str, subject: str) -> str:
    return hashlib.sha256(f"{source}\0{subject}".encode()).hexdigest()


def folded(name: str) -> str:
    """The same for names that a pseudonym would not tell apart."""
    return unicodedata.normalize("NFC", name.strip()).casefold()


async def member(reads: Reads, id: str) -> Member | None:
    row = await reads._one(select(t.member).where(t.member.c.id == id))
    return _member(row) if row else None


async def called(reads: Reads, name: str) -> list[Member]:
    """Those of that name, in whatever case."""
    return [_member(row) for row in await reads._all(select(t.member).where(t.member.c.folded == folded(name)))]


async def members(reads: Reads) -> list[Member]:
    """Who was told of last comes first."""
    return [_member(row) for row in await reads._all(select(t.member).order_by(t.member.c.last.desc()))]


async def put_member(tx: Tx, one: Member) -> None:
    row = msgspec.structs.asdict(one) | {"folded": folded(one.name), "groups": msgspec.json.encode(one.groups)}
    await tx._put(t.member, [row])


async def drop_member(tx: Tx, id: str) -> None:
    """Takes the person away, with sessions and tokens."""
    await end_member(tx, id)
    await tx.run(delete(t.member).where(t.member.c.id == id))


async def end_member(tx: Tx, id: str) -> int:
    """Ends the person's sessions and tokens; gives how many there were."""
    return await tx.run(delete(t.api_token).where(t.api_token.c.member == id))


def _member(row: RowMapping) -> Member:
    groups = msgspec.json.decode(row["groups"], type=tuple[str, ...])
    return Member(groups=groups, **{name: row[name] for name in ("id", "source", "name", "first", "last")})
