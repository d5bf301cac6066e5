"""Contents of git's blobs; those that were asked for of late come out of memory. A baseline is read when it is
compared with, when a change of it is approved, and when that is committed; each time git would be a process more.

A blob never changes, so nothing here grows old. What is kept is packed, and bounded.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import Final

from .git import Git
from .packing import packed, unpacked

ROOM: Final = 4_000_000  # bytes, packed: some hundred megabytes of baselines


class Blobs:
    def __init__(self, git: Git, room: int = ROOM) -> None:
        self._git = git
        self._room, self.used = room, 0
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    async def one(self, id: str) -> bytes:
        """Raises GitError for a blob that is missing."""
        held = self._held(id)
        return self._keep(id, await self._git.run("cat-file", "blob", id)) if held is None else held

    async def each(self, ids: Iterable[str]) -> AsyncGenerator[tuple[str, bytes], None]:
        """One at a time, in order; those that are not here out of one process. Raises GitError for one that is
        missing."""
        wanted = list(ids)
        missing = list(dict.fromkeys(id for id in wanted if id not in self._kept))
        waiting = set(missing)
        async with aclosing(self._git.blobs(missing)) as read:
            for id in wanted:
                if id in waiting:
                    waiting.remove(id)
                    _, raw = await anext(read)
                    yield id, self._keep(id, raw)
                else:
                    yield id, await self.one(id)
            await anext(read, None)  # it has ended well only when it says so

    def _held(self, id: str) -> bytes | None:
        raw = self._kept.get(id)
        if raw is None:
            return None
        self._kept.move_to_end(id)
        return unpacked(raw)

    def _keep(self, id: str, raw: bytes) -> bytes:
        small = packed(raw)
        if id not in self._kept and len(small) <= self._room // 8:
            self._kept[id] = small
            self.used += len(small)
            while self.used > self._room:
                self.used -= len(self._kept.popitem(last=False)[1])
        return raw
