"""What the first page asks of the store: how old baselines are, and how much happened of late."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

import msgspec
from sqlalchemy import Integer, cast, func, select, text

from . import schema as t
from .store_reads import Reads, packed

SLOT = 900.0  # seconds: days of every time zone begin at a whole one

# Of each name the end of an index: a baseline has a row for every fact that was ever approved. CROSS JOIN: SQLite takes
# the names first then (sqlite.org/optoverview.html).
_NEWEST: Final = text(
    "SELECT o.integration, o.at, o.sha, o.how FROM json_each(:names) AS n CROSS JOIN origin AS o "
    "WHERE o.rowid = (SELECT rowid FROM origin WHERE integration = n.value ORDER BY at DESC LIMIT 1)"
)
_OLDEST: Final = text(
    "SELECT n.value AS integration, (SELECT max(at) FROM origin WHERE integration = n.value) AS at "
    "FROM json_each(:names) AS n WHERE at IS NOT NULL ORDER BY at LIMIT 1"
)


class Newest(msgspec.Struct, frozen=True):
    """The commit that last changed the baseline of an integration. `how`: captured, approved or policy."""

    at: float
    sha: str
    how: str


async def newest(reads: Reads, names: Iterable[str]) -> dict[str, Newest]:
    """By integration; one without a baseline is left out."""
    rows = await reads._all(_NEWEST, {"names": packed(names)})
    return {row["integration"]: Newest(row["at"], row["sha"], row["how"]) for row in rows}


async def oldest(reads: Reads, names: Iterable[str]) -> tuple[str, float] | None:
    """Of these, the one whose baseline was left alone the longest, and since when."""
    row = await reads._one(_OLDEST, {"names": packed(names)})
    return (row["integration"], row["at"]) if row else None


async def happened(reads: Reads, types: Collection[str], since: float) -> dict[tuple[str, float], int]:
    """How many events of these types people were told of, by type and the slot they fell into."""
    c = t.event.c
    slot = (cast(c.at / SLOT, Integer) * SLOT).label("slot")
    query = select(c.type, slot, func.count().label("n")).where(c.at >= since, c.told, c.type.in_(types))
    return {(row["type"], float(row["slot"])): int(row["n"]) for row in await reads._all(query.group_by(c.type, slot))}
