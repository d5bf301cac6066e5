"""Wakes whoever waits for something to have happened: events that are kept, or the end of the process."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


class News:
    """`tell` wakes all who wait; who comes later waits for the next. After `end` nobody waits any more."""

    def __init__(self) -> None:
        self.ended = False
        self._next = asyncio.Event()

    def tell(self) -> None:
        told, self._next = self._next, asyncio.Event()
        told.set()

    def end(self) -> None:
        self.ended = True
        self._next.set()

    def coming(self) -> asyncio.Event:
        """Set by the next news. Asked for before looking, so that nothing is missed in between."""
        return self._next


async def either(coming: asyncio.Event, pause: Coroutine[Any, Any, None]) -> None:
    """Until there are news, or the pause is over."""
    tasks = asyncio.create_task(pause), asyncio.create_task(coming.wait())
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
