"""Decides when each integration is read: one heap, one sleeper, one task per integration that is being read.

Due times follow the schedule, never the end of a run. A period that was missed is skipped and counted, never made up
for; after a stall of the whole process the overdue reads are spread out. A failing integration backs off alone; a wait
that its vendor asked for is kept even by reads that a person asks for.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from enum import StrEnum
from typing import Final

import msgspec
import xxhash

from probes.kit.clock import Clock

STALL: Final = 60.0  # seconds by which a wake-up is late before the process is taken to have stood still
SPREAD: Final = 60.0  # seconds over which overdue reads are spread then
LONGEST_BACK_OFF: Final = 3600.0
TOGETHER: Final = 1.0  # seconds within which due listings of an integration go into one reading


class Why(StrEnum):
    CONFIRM = "confirm"
    REQUEST = "request"
    PUSH = "push"
    SCHEDULE = "schedule"


class Job(msgspec.Struct, frozen=True):
    """One reading to make. `listings` None: all of them. `ids`: these reads alone, fresh (a confirming read).

    `next_due`: listing -> epoch seconds of its next slot, for the store to keep with the reading.
    `missed`: periods that were skipped since the last scheduled reading.
    """

    integration: str
    why: Why
    listings: frozenset[str] | None = None
    ids: frozenset[str] = frozenset()
    next_due: Mapping[str, float] = {}
    missed: int = 0


class Outcome(msgspec.Struct, frozen=True):
    """How a reading went. `wait`: seconds for which the vendor wants no further request."""

    ok: bool
    wait: float = 0.0


class Stopped(Exception):
    """A reading that was asked for and will not be made; the message says why."""


class _Line:
    """What is known of one integration. Moments are of the monotonic clock."""

    def __init__(self, name: str, phase: float) -> None:
        self.name, self.phase = name, phase
        self.intervals: dict[str, float] = {}
        self.due: dict[str, float] = {}
        self.failures = 0
        self.back_at = 0.0  # no scheduled reading before this: back-off
        self.not_before = 0.0  # no request at all before this: the vendor said so
        self.requests: list[tuple[frozenset[str] | None, asyncio.Future[Outcome]]] = []
        self.confirms: dict[str, float] = {}
        self.early: float | None = None  # a reading that something from outside brought forward
        self.early_from = 0.0  # no other one before this
        self.task: asyncio.Task[None] | None = None
        self.version = 0

    @property
    def shortest(self) -> float:
        return min(self.intervals.values())

    def when(self) -> float | None:
        """The next moment at which there is something to do; None while there is nothing."""
        moments = list(self.confirms.values())
        if self.requests:
            moments.append(0.0)
        if self.early is not None:
            moments.append(max(self.early, self.back_at))
        if self.due:
            moments.append(max(min(self.due.values()), self.back_at))
        return max(min(moments), self.not_before) if moments else None


class Scheduler:
    """`run` makes a reading and says how it went; `crashed` is told of an exception that it let out (a defect: the
    integration then backs off like any that fails). At most `width` readings run at once. `jitter` is the share of
    the shortest interval over which integrations are spread; `seed` makes the spread this stack's own."""

    def __init__(
        self,
        clock: Clock,
        run: Callable[[Job], Awaitable[Outcome]],
        crashed: Callable[[Job, Exception], None],
        *,
        seed: str = "",
        jitter: float = 0.1,
        width: int = 16,
    ) -> None:
        self.missed: Counter[str] = Counter()  # skipped periods by integration
        self._clock, self._run, self._crashed = clock, run, crashed
        self._seed, self._jitter = seed, jitter
        self._slots = asyncio.Semaphore(width)
        self._lines: dict[str, _Line] = {}
        self._heap: list[tuple[float, int, str]] = []  # (moment, version of the line, integration)
        self._wake = asyncio.Event()
        self._draining = False

    # -- what to read -------------------------------------------------------------------------------------------------

    def put(
        self, integration: str, intervals: Mapping[str, float], *, due_at: Mapping[str, float] | None = None
    ) -> None:
        """Adds an integration, or gives it other intervals (listing -> seconds). `due_at`: slots that the store kept
        (epoch seconds); one that is past or further off than its interval gives way to a new first slot."""
        line = self._lines.setdefault(integration, _Line(integration, self._phase(integration)))
        now, changed = self._clock.monotonic(), dict(intervals) != line.intervals
        if changed:
            line.failures, line.back_at = 0, 0.0
        shift = now - self._clock.now()
        kept = line.due or {listing: at + shift for listing, at in (due_at or {}).items() if at + shift > now}
        line.intervals = dict(intervals)
        first = now + line.phase * self._jitter * line.shortest if intervals else now
        line.due = {
            listing: kept[listing] if listing in kept and kept[listing] <= now + every else first
            for listing, every in intervals.items()
        }
        self._touch(line)

    def remove(self, integration: str) -> None:
        """Forgets an integration; a reading that runs is cancelled, one that was asked for is refused."""
        line = self._lines.pop(integration)
        _refuse(line, f"{integration} is no longer configured")
        if line.task:
            line.task.cancel()

    async def poll_now(self, integration: str, listings: Collection[str] | None = None) -> Outcome:
        """Reads as soon as the vendor allows and gives the outcome. Raises KeyError for an integration that is not
        there, Stopped when it goes away or the scheduler drains first."""
        if self._draining:
            raise Stopped("Driftline is stopping")
        return await self._request(self._lines[integration], listings)

    def ask(self, integration: str) -> None:
        """Reads all of it as soon as the vendor allows; nobody waits for the outcome."""
        if not self._draining:
            self._request(self._lines[integration], None).add_done_callback(lambda done: done.exception())

    def may_come_early(self, integration: str) -> bool:
        """Whether none is brought forward already, which stands for whatever asks for another."""
        return self._lines[integration].early is None and not self._draining

    def early(self, integration: str, apart: float) -> None:
        """Brings one reading of all of it forward, begun no sooner than `apart` seconds after the one before that came
        so."""
        line = self._lines[integration]
        if self.may_come_early(integration):
            line.early = max(self._clock.monotonic(), line.early_from)
            line.early_from = line.early + apart
            self._touch(line)

    def _request(self, line: _Line, listings: Collection[str] | None) -> asyncio.Future[Outcome]:
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        line.requests.append((None if listings is None else frozenset(listings), future))
        self._touch(line)
        return future

    def confirm(self, integration: str, ids: Iterable[str], after: float) -> None:
        """Asks for a second look at these reads alone, `after` seconds from now. One that is asked for already stays
        where it is: readings that come meanwhile would else put it off for ever."""
        line = self._lines[integration]
        at = self._clock.monotonic() + after
        line.confirms = {**dict.fromkeys(ids, at), **line.confirms}
        self._touch(line)

    def next_due_at(self, integration: str) -> float | None:
        """Epoch seconds of the next reading; None while none is planned."""
        when = self._lines[integration].when()
        return None if when is None else self._clock.now() + max(0.0, when - self._clock.monotonic())

    def failures(self, integration: str) -> int:
        return self._lines[integration].failures

    # -- running ------------------------------------------------------------------------------------------------------

    async def serve(self) -> None:
        """Runs until `drain`; cancelling it cancels what runs."""
        try:
            while not self._draining:
                self._wake.clear()
                until = self._start(self._clock.monotonic())
                await self._sleep(until)
                now = self._clock.monotonic()
                if until is not None and now - until > STALL:
                    self._spread(now)
        except asyncio.CancelledError:
            await self.drain(0)
            raise

    async def drain(self, seconds: float) -> tuple[str, ...]:
        """Starts nothing more, lets running readings finish, then cancels the rest; gives the cancelled ones."""
        self._draining = True
        self._wake.set()
        for line in self._lines.values():
            _refuse(line, "Driftline is stopping")
        running = {line.task: line.name for line in self._lines.values() if line.task}
        if not running:
            return ()
        _, late = await asyncio.wait(running, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return tuple(sorted(running[task] for task in late))

    def _start(self, now: float) -> float | None:
        """Starts what is due; gives the moment of the next."""
        while self._heap and not self._draining:
            at, version, name = self._heap[0]
            line = self._lines.get(name)
            if line is None or line.version != version:
                heapq.heappop(self._heap)
            elif at > now:
                return at
            else:
                heapq.heappop(self._heap)
                line.version += 1
                line.task = asyncio.create_task(self._work(line), name=f"read {name}")
        return None

    def _spread(self, now: float) -> None:
        """The process stood still: what became due meanwhile is not read all at once."""
        for line in self._lines.values():
            if line.due and line.task is None and max(min(line.due.values()), line.back_at) <= now:
                line.back_at = now + line.phase * min(SPREAD, line.shortest)
                self._push(line)

    async def _work(self, line: _Line) -> None:
        waiting: list[asyncio.Future[Outcome]] = []
        try:
            async with self._slots:
                if self._draining:
                    return
                now = self._clock.monotonic()
                job, waiting = self._take(line, now)
                if job is None:
                    return
                try:
                    outcome = await self._run(job)
                except Exception as error:
                    self._crashed(job, error)
                    outcome = Outcome(ok=False)
                self._settle(line, job, outcome, now)
                for future in waiting:
                    if not future.done():
                        future.set_result(outcome)
        finally:
            for future in waiting:
                if not future.done():
                    future.set_exception(Stopped(f"the reading of {line.name} was cancelled"))
            line.task = None
            if self._lines.get(line.name) is line:
                self._touch(line)

    def _take(self, line: _Line, now: float) -> tuple[Job | None, list[asyncio.Future[Outcome]]]:
        """The job that comes first: a second look, what a person asked for, what was pushed, then the schedule. None
        when new intervals came while it waited for its turn."""
        if ids := frozenset(id for id, at in line.confirms.items() if at <= now):
            line.confirms = {id: at for id, at in line.confirms.items() if id not in ids}
            return Job(line.name, Why.CONFIRM, ids=ids), []
        if line.requests:
            asked, line.requests = line.requests, []
            named = [listings for listings, _ in asked if listings is not None]
            listings = frozenset().union(*named) if len(named) == len(asked) else None
            line.early = None if listings is None else line.early
            return Job(line.name, Why.REQUEST, listings, next_due=self._epochs(line)), [future for _, future in asked]
        if line.early is not None and max(line.early, line.back_at) <= now:
            line.early = None
            return Job(line.name, Why.PUSH, next_due=self._epochs(line)), []
        due = frozenset(listing for listing, at in line.due.items() if at <= now + TOGETHER)
        if not due:
            return None, []
        missed = 0
        for listing in due:
            every = line.intervals[listing]
            periods = max(0, int((now - line.due[listing]) // every))
            line.due[listing] += (periods + 1) * every
            missed = max(missed, periods)
        if missed:
            self.missed[line.name] += missed
        return Job(line.name, Why.SCHEDULE, due, next_due=self._epochs(line), missed=missed), []

    def _settle(self, line: _Line, job: Job, outcome: Outcome, started: float) -> None:
        """Back-off is counted from the start of the reading, in whole periods, so that it meets the slots again."""
        if outcome.wait > 0:
            line.not_before = max(line.not_before, self._clock.monotonic() + outcome.wait)
        if job.why is Why.CONFIRM or not line.intervals:
            return
        line.failures = 0 if outcome.ok else line.failures + 1
        every = line.shortest
        delay = min(every * 2 ** min(line.failures - 1, 16), max(every, LONGEST_BACK_OFF)) if line.failures else 0.0
        line.back_at = started + delay - TOGETHER if delay else 0.0

    # -- the heap -----------------------------------------------------------------------------------------------------

    def _touch(self, line: _Line) -> None:
        self._push(line)
        self._wake.set()

    def _push(self, line: _Line) -> None:
        line.version += 1
        when = line.when()
        if line.task is None and when is not None:
            heapq.heappush(self._heap, (when, line.version, line.name))

    async def _sleep(self, until: float | None) -> None:
        """Until that moment, or until something changed."""
        tasks: list[asyncio.Task[object]] = [asyncio.create_task(self._wake.wait())]
        if until is not None:
            tasks.append(asyncio.create_task(self._clock.sleep(until - self._clock.monotonic())))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _phase(self, integration: str) -> float:
        return xxhash.xxh3_64_intdigest(f"{self._seed}/{integration}".encode()) / 2**64

    def _epochs(self, line: _Line) -> dict[str, float]:
        shift = self._clock.now() - self._clock.monotonic()
        return {listing: at + shift for listing, at in line.due.items()}


def _refuse(line: _Line, words: str) -> None:
    for _, future in line.requests:
        if not future.done():
            future.set_exception(Stopped(words))
    line.requests = []
