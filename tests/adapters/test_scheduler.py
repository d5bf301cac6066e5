"""The scheduler on a clock that the test holds: every moment is exact, nothing sleeps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest

from monitor.adapters.scheduler import Job, Outcome, Scheduler, Stopped, Why
from probes.kit.clock import ManualClock

DAY = 86400.0


class Runs:
    """Records jobs with the moment they began; `answers` says how an integration's readings go."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.jobs: list[tuple[float, Job]] = []
        self.answers: dict[str, Outcome | Exception] = {}
        self.gates: dict[str, asyncio.Event] = {}
        self.crashes: list[tuple[Job, Exception]] = []
        self.cancelled: list[str] = []
        self.most = self.now = 0

    async def __call__(self, job: Job) -> Outcome:
        self.jobs.append((self.clock.monotonic(), job))
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            if gate := self.gates.get(job.integration):
                await gate.wait()
        except asyncio.CancelledError:
            self.cancelled.append(job.integration)
            raise
        finally:
            self.now -= 1
        answer = self.answers.get(job.integration, Outcome(ok=True))
        if isinstance(answer, Exception):
            raise answer
        return answer

    def times(self, integration: str, why: Why = Why.SCHEDULE) -> list[float]:
        return [round(at, 3) for at, job in self.jobs if job.integration == integration and job.why is why]


async def idle() -> None:
    """Lets everything that can go on go on."""
    for _ in range(30):
        await asyncio.sleep(0)


async def step(clock: ManualClock, seconds: float, by: float = 10.0) -> None:
    """Moves the clock in small steps, as time does."""
    await idle()
    while seconds > 0:
        clock.advance(min(by, seconds))
        seconds -= by
        await idle()


@asynccontextmanager
async def running(**options: Any) -> AsyncIterator[tuple[Scheduler, Runs, ManualClock]]:
    clock = ManualClock()
    runs = Runs(clock)
    options = {"jitter": 0.0} | options
    scheduler = Scheduler(clock, runs, lambda job, error: runs.crashes.append((job, error)), **options)
    serving = asyncio.create_task(scheduler.serve())
    await idle()
    try:
        yield scheduler, runs, clock
    finally:
        await scheduler.drain(0)
        await asyncio.wait_for(serving, 5)


async def test_readings_follow_the_schedule_and_not_the_end_of_the_last_one() -> None:
    async with running() as (scheduler, runs, clock):
        runs.gates["a"] = asyncio.Event()
        scheduler.put("a", {"fields": 300.0})
        await idle()
        await step(clock, 100)
        runs.gates.pop("a").set()  # the first reading took 100 s
        await step(clock, 500)
        assert runs.times("a") == [0, 300, 600]


async def test_due_listings_of_one_integration_go_into_one_reading() -> None:
    async with running(jitter=0.5, seed="s") as (scheduler, runs, clock):
        scheduler.put("a", {"fields": 300.0, "users": 900.0})
        await step(clock, 1200)
        assert [job.listings for _, job in runs.jobs] == [
            frozenset({"fields", "users"}),
            frozenset({"fields"}),
            frozenset({"fields"}),
            frozenset({"fields", "users"}),
        ]
        assert len(set(runs.times("a"))) == 4


async def test_integrations_are_spread_by_name_the_same_way_each_time() -> None:
    starts = []
    for _ in range(2):
        async with running(jitter=1.0, seed="stack", width=100) as (scheduler, runs, clock):
            for n in range(50):
                scheduler.put(f"i{n}", {"fields": 300.0})
            await step(clock, 300, by=1)
            starts.append({job.integration: at for at, job in runs.jobs if at < 300})
    assert starts[0] == starts[1]
    assert len(starts[0]) == 50
    assert len(set(starts[0].values())) > 40


async def test_a_hanging_integration_delays_no_other() -> None:
    async with running() as (scheduler, runs, clock):
        runs.gates["stuck"] = asyncio.Event()
        scheduler.put("stuck", {"x": 60.0})
        scheduler.put("fine", {"x": 60.0})
        await step(clock, 300)
        assert runs.times("fine") == [0, 60, 120, 180, 240, 300]
        assert runs.times("stuck") == [0]


async def test_what_a_long_reading_missed_is_skipped_and_counted() -> None:
    async with running() as (scheduler, runs, clock):
        gate = runs.gates["a"] = asyncio.Event()
        scheduler.put("a", {"x": 60.0})
        await step(clock, 200)
        gate.set()
        await step(clock, 110)
        assert runs.times("a") == [0, 200, 240, 300]  # once for 60, 120 and 180, then on the old slots
        assert scheduler.missed["a"] == 2


async def test_no_more_than_the_width_are_read_at_once() -> None:
    async with running(width=3) as (scheduler, runs, _):
        gate = asyncio.Event()
        for n in range(10):
            runs.gates[f"i{n}"] = gate
            scheduler.put(f"i{n}", {"x": 600.0})
        await idle()
        assert len(runs.jobs) == 3
        gate.set()
        await idle()
        assert (len(runs.jobs), runs.most) == (10, 3)


async def test_a_failing_integration_backs_off_by_doubling_up_to_an_hour_and_recovers_at_once() -> None:
    async with running() as (scheduler, runs, clock):
        runs.answers["a"] = Outcome(ok=False)
        scheduler.put("a", {"x": 600.0})
        await step(clock, 14000)
        times = runs.times("a")
        assert [round(b - a, -2) for a, b in pairwise(times)] == [600, 1200, 2400, 3600, 3600]
        assert scheduler.failures("a") == 6
        runs.answers["a"] = Outcome(ok=True)
        await step(clock, 3600 + 700)
        assert scheduler.failures("a") == 0
        assert runs.times("a")[-1] - runs.times("a")[-2] == pytest.approx(600, abs=11)


async def test_back_off_of_one_leaves_the_others_alone() -> None:
    async with running() as (scheduler, runs, clock):
        runs.answers["bad"] = Outcome(ok=False)
        scheduler.put("bad", {"x": 60.0})
        scheduler.put("good", {"x": 60.0})
        await step(clock, 600)
        assert len(runs.times("good")) == 11
        assert len(runs.times("bad")) < 6


async def test_a_wait_that_the_vendor_asked_for_holds_for_every_sort_of_reading() -> None:
    async with running() as (scheduler, runs, clock):
        runs.answers["a"] = Outcome(ok=False, wait=200.0)
        scheduler.put("a", {"x": 60.0})
        await idle()
        runs.answers["a"] = Outcome(ok=True)
        scheduler.confirm("a", ["fields/Lead"], 30)
        asked = asyncio.create_task(scheduler.poll_now("a"))
        await step(clock, 199)
        assert len(runs.jobs) == 1
        await step(clock, 1)
        assert (await asked).ok
        assert [job.why for _, job in runs.jobs] == [Why.SCHEDULE, Why.CONFIRM, Why.REQUEST, Why.SCHEDULE]


async def test_an_exception_in_a_reading_is_reported_and_stops_nothing() -> None:
    async with running() as (scheduler, runs, clock):
        runs.answers["a"] = RuntimeError("a defect")
        scheduler.put("a", {"x": 60.0})
        await step(clock, 60)
        assert [str(error) for _, error in runs.crashes] == ["a defect", "a defect"]
        assert scheduler.failures("a") == 2


async def test_a_person_gets_a_reading_at_once_and_the_schedule_stays() -> None:
    async with running() as (scheduler, runs, clock):
        scheduler.put("a", {"fields": 300.0, "users": 300.0})
        await step(clock, 100)
        outcome = await asyncio.wait_for(scheduler.poll_now("a", ["users"]), 5)
        assert outcome.ok
        await step(clock, 200)
        assert runs.times("a", Why.REQUEST) == [100]
        assert runs.jobs[1][1].listings == frozenset({"users"})
        assert runs.times("a") == [0, 300]


async def test_requests_that_wait_for_a_running_reading_become_one() -> None:
    async with running() as (scheduler, runs, _):
        gate = runs.gates["a"] = asyncio.Event()
        scheduler.put("a", {"x": 300.0, "y": 300.0})
        await idle()
        asked = [asyncio.create_task(scheduler.poll_now("a", [name])) for name in ("x", "y")]
        await idle()
        gate.set()
        await asyncio.wait_for(asyncio.gather(*asked), 5)
        assert [job.listings for _, job in runs.jobs if job.why is Why.REQUEST] == [frozenset({"x", "y"})]


async def test_a_second_look_comes_after_its_time_with_only_its_reads() -> None:
    async with running() as (scheduler, runs, clock):
        scheduler.put("a", {"x": 600.0})
        await idle()
        scheduler.confirm("a", ["fields/Lead"], 45)
        await step(clock, 20)
        scheduler.confirm("a", ["fields/Case"], 45)
        await step(clock, 100, by=5)
        looks = [(at, job.ids) for at, job in runs.jobs if job.why is Why.CONFIRM]
        assert looks == [(45, frozenset({"fields/Lead"})), (65, frozenset({"fields/Case"}))]


async def test_a_second_look_is_not_put_off_by_the_readings_that_come_before_it() -> None:
    async with running() as (scheduler, runs, clock):
        scheduler.put("a", {"x": 10.0})
        for _ in range(6):
            await step(clock, 10, by=5)
            scheduler.confirm("a", ["fields/Lead"], 45)
        looks = [at for at, job in runs.jobs if job.why is Why.CONFIRM]
        assert looks == [55]


async def test_a_stall_of_the_process_brings_no_burst() -> None:
    async with running(jitter=1.0, width=100) as (scheduler, runs, clock):
        for n in range(40):
            scheduler.put(f"i{n}", {"x": 300.0})
        await step(clock, 600)
        before = len(runs.jobs)
        clock.advance(5 * 3600)  # suspended
        await idle()
        assert len(runs.jobs) - before <= 2
        await step(clock, 60, by=1)
        after = [(at, job) for at, job in runs.jobs[before:]]
        assert {job.integration for _, job in after} == {f"i{n}" for n in range(40)}
        assert max(sum(a <= at < a + 5 for at, _ in after) for a in range(int(after[0][0]), int(after[-1][0]))) < 15
        assert scheduler.missed.total() > 40 * 50


async def test_slots_kept_by_the_store_go_on_after_a_restart() -> None:
    async with running() as (scheduler, runs, clock):
        scheduler.put(
            "a",
            {"soon": 300.0, "past": 300.0, "absurd": 300.0},
            due_at={"soon": clock.now() + 120, "past": clock.now() - 4000, "absurd": clock.now() + DAY},
        )
        await step(clock, 120)
        assert [(at, job.listings) for at, job in runs.jobs] == [
            (0, frozenset({"past", "absurd"})),
            (120, frozenset({"soon"})),
        ]
        assert runs.jobs[1][1].next_due["soon"] == pytest.approx(clock.now() + 300)


async def test_new_intervals_keep_the_slots_and_forgive_failures() -> None:
    async with running() as (scheduler, runs, clock):
        runs.answers["a"] = Outcome(ok=False)
        scheduler.put("a", {"x": 600.0})
        await step(clock, 700)
        assert scheduler.failures("a") == 2
        scheduler.put("a", {"x": 600.0})
        assert scheduler.failures("a") == 2
        scheduler.put("a", {"x": 60.0})
        assert scheduler.failures("a") == 0
        await idle()
        assert runs.times("a") == [0, 600, 700]


async def test_a_removed_integration_is_read_no_more_and_its_requests_are_refused() -> None:
    async with running() as (scheduler, runs, clock):
        runs.gates["a"] = asyncio.Event()
        scheduler.put("a", {"x": 60.0})
        await idle()
        asked = asyncio.create_task(scheduler.poll_now("a"))
        await idle()
        scheduler.remove("a")
        await step(clock, 300)
        assert runs.cancelled == ["a"]
        assert len(runs.jobs) == 1
        with pytest.raises(Stopped, match="no longer configured"):
            await asked
        with pytest.raises(KeyError):
            await scheduler.poll_now("a")


async def test_draining_waits_for_readings_and_starts_no_more() -> None:
    async with running(width=1) as (scheduler, runs, clock):
        gate = runs.gates["a"] = asyncio.Event()
        scheduler.put("a", {"x": 60.0})
        scheduler.put("b", {"x": 60.0})
        await idle()
        draining = asyncio.create_task(scheduler.drain(5))
        await step(clock, 300)
        gate.set()
        assert await asyncio.wait_for(draining, 5) == ()
        assert len(runs.jobs) == 1
        with pytest.raises(Stopped, match="stopping"):
            await scheduler.poll_now("a")


async def test_draining_cancels_what_does_not_finish_and_names_it() -> None:
    async with running() as (scheduler, runs, _):
        runs.gates["slow"] = asyncio.Event()
        scheduler.put("slow", {"x": 60.0})
        await idle()
        assert await scheduler.drain(0) == ("slow",)
        assert runs.cancelled == ["slow"]


async def test_an_idle_scheduler_of_a_hundred_sleeps_from_due_to_due(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(jitter=1.0, width=100) as (scheduler, runs, clock):
        for n in range(100):
            scheduler.put(f"i{n}", {"x": 300.0})
        await step(clock, 310, by=1)
        done, slept = len(runs.jobs), len(clock.slept)
        await step(clock, 300, by=1)
        assert len(runs.jobs) - done == 100
        assert len(clock.slept) - slept <= 4 * 100  # at most a few waits for each reading, none in between


async def test_the_next_due_time_is_told_in_epoch_seconds() -> None:
    async with running() as (scheduler, _, clock):
        scheduler.put("a", {"x": 300.0})
        scheduler.put("none", {})
        await step(clock, 100)
        assert scheduler.next_due_at("a") == pytest.approx(clock.now() + 200)
        assert scheduler.next_due_at("none") is None


async def test_what_is_brought_forward_comes_once_a_minute_beside_the_schedule() -> None:
    async with running() as (scheduler, runs, clock):
        scheduler.put("crm", {"fields": 600.0})
        await step(clock, 5)
        scheduler.early("crm", 60.0)
        assert not scheduler.may_come_early("crm")
        scheduler.early("crm", 60.0)
        await step(clock, 5, by=1)
        assert runs.times("crm", Why.PUSH) == [5.0]
        scheduler.early("crm", 60.0)
        await step(clock, 100, by=5)
        assert runs.times("crm", Why.PUSH) == [5.0, 65.0]
        assert {job.listings for _, job in runs.jobs if job.why is Why.PUSH} == {None}
        await step(clock, 600)
        assert runs.times("crm") == [0.0, 600.0], "the schedule goes on where it was"


async def test_what_is_brought_forward_waits_for_a_back_off_and_a_full_reading_stands_for_it() -> None:
    async with running() as (scheduler, runs, clock):
        runs.answers["crm"] = Outcome(ok=False)
        scheduler.put("crm", {"fields": 600.0})
        await step(clock, 5)
        scheduler.early("crm", 60.0)
        await step(clock, 500)
        assert runs.times("crm", Why.PUSH) == []
        await step(clock, 200)
        assert len(runs.times("crm", Why.PUSH)) == 1
        runs.answers["crm"] = Outcome(ok=True, wait=30.0)
        asked = asyncio.create_task(scheduler.poll_now("crm"))
        await step(clock, 5, by=1)
        await asked
        scheduler.early("crm", 60.0)
        assert not scheduler.may_come_early("crm")
        asked = asyncio.create_task(scheduler.poll_now("crm"))
        await step(clock, 40)
        await asked
        assert scheduler.may_come_early("crm")
        assert len(runs.times("crm", Why.PUSH)) == 1
