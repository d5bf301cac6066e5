"""Bounds what is in flight by bytes, not by requests: ten small answers may run at once, ten large ones may not."""

from __future__ import annotations

import asyncio
from collections import deque


class Gate:
    """A weighted semaphore, first come, first served. Something larger than the whole width passes alone."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._used = 0
        self._queue: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def enter(self, size: int) -> int:
        """Wait for room; returns the weight to give back to `leave`."""
        weight = max(1, min(size, self._width))
        if not self._queue and self._used + weight <= self._width:
            self._used += weight
            return weight
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((weight, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave(weight)
            raise
        return weight

    def leave(self, weight: int) -> None:
        self._used -= weight
        while self._queue and (self._queue[0][1].done() or self._used + self._queue[0][0] <= self._width):
            waiting, turn = self._queue.popleft()
            if not turn.done():
                self._used += waiting
                turn.set_result(None)
