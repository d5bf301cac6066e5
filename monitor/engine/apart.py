"""Work on many claims: in a thread or in slices. Meanwhile the loop answers, and other integrations are read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final, ParamSpec, TypeVar

from monitor.core.poll import Poll

P = ParamSpec("P")
T = TypeVar("T")
MANY: Final = 1000  # claims; so many are judged within a tenth of a second


async def apart(count: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `work` gives, of `count` claims. It only reads: of the ledger what it looks up, and nothing that it walks,
    since others may write it meanwhile."""
    if count <= MANY:
        return work(*args, **kwargs)
    return await asyncio.to_thread(work, *args, **kwargs)


async def slices(items: Sequence[T]) -> AsyncIterator[Sequence[T]]:
    """All items in their order, as many at once as nobody has to wait for."""
    for start in range(0, len(items), MANY):
        if start:
            await asyncio.sleep(0)
        yield items[start : start + MANY]


def changes(poll: Poll) -> int:
    """How many things a reading found changed."""
    return sum(len(looked.changes) for looked in poll.looked)
