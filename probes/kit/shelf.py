"""Hands out the reads of a listing in batches, with what is remembered of each: one question to the memory for many."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final

from .contract import Memory
from .listing import Listing, Row
from .memo import Memo, unpack

AHEAD: Final = 128  # reads whose memos are fetched at once: some megabytes where each has hundreds of rows


class Shelf:
    """Shared by the workers of a listing; each batch goes to one of them."""

    def __init__(self, memory: Memory, listing: Listing, parents: Sequence[Row]) -> None:
        self._memory, self._listing, self._parents = memory, listing, parents
        self._block = max(1, AHEAD // listing.batch) * listing.batch
        self._at = 0
        self._lock = asyncio.Lock()
        self._ready: deque[tuple[Sequence[Row], list[Memo | None]]] = deque()

    async def batch(self) -> tuple[Sequence[Row], list[Memo | None]] | None:
        """The next parents with their memos; None when all have been handed out."""
        if not self._ready:
            async with self._lock:
                await self._fetch()
        return self._ready.popleft() if self._ready else None

    async def _fetch(self) -> None:
        block = self._parents[self._at : self._at + self._block]
        if self._ready or not block:  # another worker may have fetched some meanwhile
            return
        self._at += len(block)
        ids = [self._listing.read_id(parent) for parent in block]
        found = await self._memory.recall(ids)
        step = self._listing.batch
        for start in range(0, len(block), step):
            memos = [unpack(found.get(id)) for id in ids[start : start + step]]
            self._ready.append((block[start : start + step], memos))
