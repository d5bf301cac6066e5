"""Hands out the reads of a listing in batches, with what is remembered of each: one question to the memory for many.

Rows are fetched when an answer turns out not to be as it was. Where that is the rule, those of a whole block come with
its memos.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final

import msgspec

from .contract import Memory
from .memo import Memo
from .prepared import Prepared

AHEAD: Final = 64  # reads whose memos are fetched at once; with their rows some megabytes where each has hundreds


class Kept(msgspec.Struct, frozen=True):
    """A read, its memo, and the rows that go with it where they were fetched already."""

    read: Prepared
    memo: Memo | None
    rows: bytes | None


class Shelf:
    """Shared by the workers of a listing; each batch goes to one of them."""

    def __init__(self, memory: Memory, step: int, reads: Sequence[Prepared]) -> None:
        self._memory, self._step, self._reads = memory, step, reads
        self._block = max(1, AHEAD // step) * step
        self._at = 0
        self._asked = 0
        self._lock = asyncio.Lock()
        self._ready: deque[list[Kept]] = deque()

    async def batch(self) -> list[Kept] | None:
        """The next reads; None when all have been handed out."""
        if not self._ready:
            async with self._lock:
                await self._fetch()
        return self._ready.popleft() if self._ready else None

    async def rows(self, kept: Kept) -> bytes | None:
        """What goes with the memo of a read; None where it is lost."""
        self._asked += 1
        if kept.rows is not None:
            return kept.rows
        return (await self._memory.rows([kept.read.id])).get(kept.read.id)

    async def _fetch(self) -> None:
        block = self._reads[self._at : self._at + self._block]
        if self._ready or not block:  # another worker may have fetched some meanwhile
            return
        ids = [one.id for one in block]
        memos = await self._memory.recall(ids)
        rows = await self._memory.rows(ids) if 2 * self._asked > self._at else {}
        self._at += len(block)
        found = [Kept(one, one.memo(memos.get(one.id)), rows.get(one.id)) for one in block]
        for start in range(0, len(found), self._step):
            self._ready.append(found[start : start + self._step])
