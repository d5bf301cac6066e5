"""What was answered to requests with an Idempotency-Key, for a day. Neither keys nor secrets stand here."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import delete, select

from . import schema as t
from .store_reads import Reads
from .store_tx import Tx

KEPT: Final = 86_400.0  # seconds


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """`id` is a hash of who asked and their key; `request` one of what was asked. `status` is 0 while it is not known
    what came of it. `body` is None for an answer that is shown once."""

    id: str
    request: str
    at: float
    status: int = 0
    media: str = ""
    body: bytes | None = None


async def answered(reads: Reads, id: str, now: float) -> Answered | None:
    """None for one that is too old, too."""
    row = await reads._one(select(t.answered).where(t.answered.c.id == id, t.answered.c.at > now - KEPT))
    return Answered(**row) if row else None


async def put_answered(tx: Tx, one: Answered) -> None:
    await tx._put(t.answered, [msgspec.structs.asdict(one)])


async def drop_answered(tx: Tx, id: str) -> None:
    await tx.run(delete(t.answered).where(t.answered.c.id == id))
