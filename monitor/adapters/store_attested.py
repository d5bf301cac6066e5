"""What stands attested of systems without an API: the newest upload of each, and when somebody last said it still is
so."""

from __future__ import annotations

import msgspec
from sqlalchemy import select

from . import schema as t
from .store_reads import Reads
from .store_tx import Tx


class Attested(msgspec.Struct, frozen=True, kw_only=True):
    """`number` grows with each upload; `body` is its lists as JSON; `beat_at`, `beat_by`: the newest heartbeat."""

    integration: str
    number: int
    at: float
    by: str
    body: bytes
    beat_at: float | None = None
    beat_by: str = ""

    @property
    def stands(self) -> float:
        return max(self.at, self.beat_at or 0.0)


async def attested(reads: Reads, integration: str) -> Attested | None:
    row = await reads._one(select(t.attested).where(t.attested.c.integration == integration))
    return Attested(**row) if row else None


async def put_attested(tx: Tx, one: Attested) -> None:
    await tx._put(t.attested, [msgspec.structs.asdict(one)])
