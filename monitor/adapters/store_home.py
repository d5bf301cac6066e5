"""What the first page asks of the store: how old baselines are, and how much happened of late."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec
from sqlalchemy import Integer, cast, func, select

from . import schema as t
from .store_reads import Reads, listed

SLOT = 900.0  # seconds: days of every time zone begin at a whole one


class Newest(msgspec.Struct, frozen=True):
    """The commit that last changed the baseline of an integration. `how`: captured, approved or policy."""

    at: float
    sha: str
    how: str


async def newest(reads: Reads, names: Iterable[str]) -> dict[str, Newest]:
    """By integration; one without a baseline is left out."""
    c = t.origin.c
    at = func.max(c.at).label("at")  # in SQLite the other columns are then those of that row
    query = select(c.integration, at, c.sha, c.how).where(c.integration.in_(listed(names))).group_by(c.integration)
    return {row["integration"]: Newest(row["at"], row["sha"], row["how"]) for row in await reads._all(query)}


async def oldest(reads: Reads, names: Iterable[str]) -> tuple[str, float] | None:
    """Of these, the one whose baseline was left alone the longest, and since when."""
    c = t.origin.c
    at = func.max(c.at).label("at")
    query = select(c.integration, at).where(c.integration.in_(listed(names))).group_by(c.integration).order_by(at)
    row = await reads._one(query.limit(1))
    return (row["integration"], row["at"]) if row else None


async def happened(reads: Reads, types: Collection[str], since: float) -> dict[tuple[str, float], int]:
    """How many events of these types people were told of, by type and the slot they fell into."""
    c = t.event.c
    slot = (cast(c.at / SLOT, Integer) * SLOT).label("slot")
    query = select(c.type, slot, func.count().label("n")).where(c.at >= since, c.told, c.type.in_(types))
    return {(row["type"], float(row["slot"])): int(row["n"]) for row in await reads._all(query.group_by(c.type, slot))}
