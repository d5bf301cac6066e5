"""Deliveries that vendors pushed and that brought a reading forward, so that no copy of one does it again. Hashes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import select

from . import schema as t
from .store_reads import Reads
from .store_tx import Tx

KEPT: Final = 7 * 86_400.0  # seconds; at most one a minute of each integration brings anything, and is kept


async def delivered(reads: Reads, marks: Iterable[bytes]) -> bool:
    """Whether one of them is known."""
    return await reads._one(select(t.delivery.c.at).where(t.delivery.c.mark.in_(list(marks))).limit(1)) is not None


async def put_deliveries(tx: Tx, marks: Iterable[bytes], at: float) -> None:
    await tx._put(t.delivery, [{"mark": mark, "at": at} for mark in marks])
