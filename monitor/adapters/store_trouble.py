"""Times in which vendors said that something is wrong on their own side, as their status pages were read."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from sqlalchemy import insert, select, update

from . import schema as t
from .store_reads import Reads
from .store_tx import Tx

_MARK = "/vendor"


class Trouble(msgspec.Struct, frozen=True):
    """`since` and `until` are when it was read first, and read to be over; `until` is None while it lasts."""

    integration: str
    since: float
    until: float | None
    state: str
    says: str

    @property
    def id(self) -> str:
        """Beside those of times in which the system itself was not read, which are called as it is."""
        return self.integration + _MARK


async def lasting(reads: Reads, integration: str) -> Trouble | None:
    c = t.trouble.c
    row = await reads._one(select(t.trouble).where(c.integration == integration, c.until.is_(None)))
    return Trouble(**row) if row is not None else None


async def end(tx: Tx, integration: str, at: float) -> None:
    c = t.trouble.c
    await tx.run(update(t.trouble).where(c.integration == integration, c.until.is_(None)).values(until=at))


async def begin(tx: Tx, one: Trouble) -> None:
    await tx.run(insert(t.trouble).values(**msgspec.structs.asdict(one)))


async def troubles(
    reads: Reads,
    integrations: Collection[str],
    window: tuple[float, float],
    before: tuple[float, str] | None,
    limit: int,
) -> list[Trouble]:
    """That began in the window, the newest first. `before`: (since, id) of the last one that was shown."""
    c = t.trouble.c
    query = select(t.trouble).where(c.integration.in_(list(integrations)), c.since >= window[0])
    if window[1] != float("inf"):
        query = query.where(c.since < window[1])
    if before is not None:
        query = query.where(c.since <= before[0], (c.since < before[0]) | (c.integration.concat(_MARK) < before[1]))
    rows = await reads._all(query.order_by(c.since.desc(), c.integration.desc()).limit(limit))
    return [Trouble(**row) for row in rows]
