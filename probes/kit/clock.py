"""The one clock that everything in Driftline reads, so that tests and the demo can hold it in their hands."""

from __future__ import annotations

import asyncio
import heapq
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """`now` is for stamps (epoch seconds UTC), `monotonic` for waits; the two never mix."""

    def now(self) -> float: ...

    def monotonic(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class ManualClock:
    """Time that moves only when told. With `leap`, a sleep moves it itself, so that waiting costs nothing."""

    def __init__(self, start: float = 1_700_000_000.0, *, leap: bool = False) -> None:
        self._now = start
        self._passed = 0.0
        self._leap = leap
        self._count = 0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self.slept: list[float] = []  # every wait that was asked for, in order

    def now(self) -> float:
        return self._now + self._passed

    def monotonic(self) -> float:
        return self._passed

    @property
    def sleepers(self) -> int:
        """How many are waiting now."""
        return sum(not future.done() for _, _, future in self._sleepers)

    def advance(self, seconds: float) -> None:
        """Move on and wake, in order, everybody whose time has come."""
        self._passed += seconds
        while self._sleepers and self._sleepers[0][0] <= self._passed + 1e-9:
            _, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                future.set_result(None)

    def set_wall(self, now: float) -> None:
        """Step the wall clock alone, as NTP or an administrator does: waits do not notice."""
        self._now = now - self._passed

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if self._leap:
            self.advance(max(0.0, seconds))
        if self._leap or seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._sleepers, (self._passed + seconds, self._count, future))
        await future


def stamp(at: float, to: str = "seconds") -> str:
    """Epoch seconds as ISO 8601 text, UTC, to whole seconds, or to "milliseconds" or "microseconds"."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec=to).replace("+00:00", "Z")
