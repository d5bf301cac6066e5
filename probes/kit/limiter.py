"""How fast and how much we may ask: a fair queue per limiter key, and a daily budget on the vendor's own clock.

`asyncio-throttle` keeps the sliding window; what stands around it is what vendors need beside it: a strict FIFO, a
second, shorter window against bursts, a pause that an answer can order, and an injected clock.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from asyncio_throttle.throttler import Throttler
from pydantic import Field, field_validator

from .clock import Clock
from .contract import Rejected, Throttled
from .values import Model

DAY = 86_400.0
LONGEST = 300  # characters of a header that a pattern is held against: a search takes their square, at worst


class Limit(Model):
    """`key` names the bucket that the vendor counts in, a template over {integration}, {host}, {options.x}: two
    integrations with equal keys share one limiter. `rate` requests per `per` seconds, `concurrency` at once."""

    key: str = "{integration}"
    rate: int = Field(default=5, gt=0)
    per: float = Field(default=1.0, gt=0)
    concurrency: int = Field(default=10, gt=0)


class Unfit(ValueError):
    """An option of an integration that says nothing of the vendor's allowance."""

    def __init__(self, option: str, words: str) -> None:
        super().__init__(words)
        self.option = option


class Quota(Model):
    """The vendor's daily allowance.

    `unit`: what it counts; requests, or what `Listing.spends` and `Ask.spends` say of each. `per_day`: what the vendor
    documents, until an answer says otherwise. `plans`: where it hangs on the plan, a plan -> what a day has, None for
    as much as one likes; the integration's option `plan` says which, and `per_day` counts where it says none. `seated`:
    each seat brings as much, and the option `seats` says how many there are. `resets`: "rolling-24h" or an IANA zone
    whose midnight it is; `Client.quota_zone` may be set by `identity`. `share`: the part of it we allow ourselves,
    counting what others used where the vendor tells. `headers`: response header -> regular expression with named groups
    among used, limit, remaining.
    """

    per_day: int = Field(gt=0)
    unit: str = "requests"
    plans: dict[str, int | None] = Field(default_factory=dict)
    seated: bool = False
    resets: str = "rolling-24h"
    share: float = Field(default=0.8, gt=0, le=1)
    headers: dict[str, str] = Field(default_factory=dict)

    @field_validator("headers")
    @classmethod
    def _groups(cls, value: dict[str, str]) -> dict[str, str]:
        for header, pattern in value.items():
            if not set(re.compile(pattern).groupindex) <= {"used", "limit", "remaining"}:
                raise ValueError(f"{header}: only the groups used, limit and remaining are known")
        return {header.lower(): pattern for header, pattern in value.items()}

    def on(self, options: Mapping[str, object]) -> Quota | None:
        """That of the plan and the seats which the options name; None where the plan has no bounds. Raises Unfit for a
        plan that there is none of, or no number of seats."""
        seats: Any = options.get("seats", 1) if self.seated else 1
        if not isinstance(seats, int) or isinstance(seats, bool) or seats < 1:
            raise Unfit("seats", "expected a whole number, 1 or more")
        plan = options.get("plan") if self.plans else None
        if plan and str(plan) not in self.plans:
            raise Unfit("plan", f"expected one of {', '.join(self.plans)}, found another plan")
        calls = self.plans[str(plan)] if plan else self.per_day
        return self.model_copy(update={"per_day": calls * seats}) if calls else None


class Window(Throttler):
    """asyncio-throttle on an injected clock: it sleeps exactly until there is room instead of looking every 10 ms."""

    def __init__(self, rate: int, per: float, clock: Clock) -> None:
        super().__init__(rate_limit=rate, period=per)
        self._clock = clock

    def flush(self) -> None:
        now = self._clock.monotonic()
        while self._task_logs and now - self._task_logs[0] >= self.period:
            self._task_logs.popleft()

    async def acquire(self) -> None:
        self.flush()
        while len(self._task_logs) >= self.rate_limit:
            left = self._task_logs[0] + self.period - self._clock.monotonic()
            await self._clock.sleep(max(left, 1e-4))
            self.flush()
        self._task_logs.append(self._clock.monotonic())


class Limiter:
    """One bucket of a vendor: first come, first served."""

    def __init__(self, limit: Limit, clock: Clock) -> None:
        self._clock = clock
        self._windows = [Window(limit.rate, limit.per, clock)]
        if limit.per > 1:  # no burst of a whole window's allowance in its first moment
            self._windows.insert(0, Window(math.ceil(2 * limit.rate / limit.per), 1.0, clock))
        self._queue = asyncio.Lock()  # asyncio's lock wakes waiters in order
        self._slots = asyncio.Semaphore(limit.concurrency)
        self._not_before = 0.0

    @property
    def paused(self) -> float:
        """Seconds that the vendor's answer still keeps everybody waiting."""
        return max(0.0, self._not_before - self._clock.monotonic())

    def pause(self, seconds: float) -> None:
        """Nobody asks before then. A shorter pause never shortens a longer one."""
        self._not_before = max(self._not_before, self._clock.monotonic() + seconds)

    @asynccontextmanager
    async def turn(self, patience: float) -> AsyncIterator[None]:
        """Wait for our turn and hold a slot. Raises Throttled when a pause is longer than `patience` seconds: who waits
        for the vendor's hour must not hold a worker."""
        async with self._slots:
            async with self._queue:
                while (left := self.paused) > 0:
                    if left > patience:
                        raise Throttled(f"the vendor asked us to wait {left:.0f} s", code="paused", wait=left)
                    await self._clock.sleep(left)
                for window in self._windows:
                    await window.acquire()
            yield


class Budget:
    """What we used of a day's quota, ours and, where the vendor tells, everybody's."""

    def __init__(self, quota: Quota, clock: Clock, zone: str = "") -> None:
        self._quota = quota
        self._clock = clock
        self.zone = zone or quota.resets
        self.limit = float(quota.per_day)
        self.used = 0.0
        self._since = clock.now()

    @property
    def resets_at(self) -> float:
        """When the count starts again, epoch seconds: the next midnight of the zone, or a day after the first call."""
        if self.zone == "rolling-24h":
            return self._since + DAY
        try:
            zone = ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return self._since + DAY
        start = datetime.fromtimestamp(self._since, zone)
        midnight = datetime(start.year, start.month, start.day, tzinfo=zone) + timedelta(days=1)
        return midnight.timestamp()

    @property
    def left(self) -> float:
        """What is still ours until then."""
        return max(0.0, self.limit * self._quota.share - self.used)

    def load(self, used: float, since: float) -> None:
        """Carry over what the store remembers of this day."""
        if since <= self._clock.now():
            self.used, self._since = used, since
            self._roll()

    def _roll(self) -> None:
        now = self._clock.now()
        if now >= self.resets_at or now < self._since:  # the wall clock may have been years ahead, and put right
            self.used, self._since = 0.0, now

    def spend(self, many: int = 1) -> None:
        """Count one request. Raises Throttled, with the seconds until the reset, when our share is used up."""
        self._roll()
        if not self.left:
            wait = max(0.0, self.resets_at - self._clock.now())
            raise Throttled(
                f"{self.used:.0f} of {self.limit:.0f} {self._quota.unit} of this day are used and our share is "
                f"{self._quota.share:.0%}; reading goes on at the reset",
                code="quota",
                wait=wait,
                until_reset=True,
            )
        self.used += many

    def hear(self, headers: Mapping[str, str]) -> None:
        """Believe the vendor's own count over ours."""
        told: dict[str, float] = {}
        for header, pattern in self._quota.headers.items():
            value = headers.get(header, "")[:LONGEST]
            if value and (found := re.search(pattern, value)):
                told |= {name: float(text) for name, text in found.groupdict().items() if text}
        if "limit" in told and told["limit"] > 0:
            self.limit = told["limit"]
        if "used" in told:
            self.used = told["used"]
        elif "remaining" in told:
            self.used = max(0.0, self.limit - told["remaining"])


class Limiters:
    """The limiters and budgets of a process, shared by all its integrations."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._limiters: dict[str, Limiter] = {}
        self._budgets: dict[str, Budget] = {}

    def limiter(self, key: str, limit: Limit) -> Limiter:
        return self._limiters.setdefault(key, Limiter(limit, self._clock))

    def budget(self, key: str, quota: Quota, options: Mapping[str, object]) -> Budget | None:
        """None where the plan that the options name has no bounds. Raises Rejected for a plan that there is none of."""
        try:
            own = quota.on(options)
        except Unfit as error:
            raise Rejected(f"options.{error.option}: {error}") from None
        return self._budgets.setdefault(key, Budget(own, self._clock)) if own else None
