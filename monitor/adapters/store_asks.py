"""Links by which whoever made a change is asked. The store has a hash of each, and nobody's name."""

from __future__ import annotations

import msgspec
from sqlalchemy import RowMapping, select

from . import schema as t
from .store_reads import Reads
from .store_tx import Tx


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """`hash`: hex SHA-256 of the link's secret; `fingerprint`: the version that is asked about; `who`: the pseudonym of
    the one who is asked, `by`: who asks."""

    finding: str
    hash: str
    fingerprint: str
    who: str
    by: str
    at: float
    expires: float


async def keep(tx: Tx, one: Ask) -> None:
    """In place of an earlier one of that finding, whose link is worth nothing from then on."""
    await tx._put(t.ask, [msgspec.structs.asdict(one)])


async def of(reads: Reads, finding: str) -> Ask | None:
    return _ask(await reads._one(select(t.ask).where(t.ask.c.finding == finding)))


async def by_hash(reads: Reads, hash: str) -> Ask | None:
    return _ask(await reads._one(select(t.ask).where(t.ask.c.hash == hash)))


def _ask(row: RowMapping | None) -> Ask | None:
    return Ask(**row) if row is not None else None
