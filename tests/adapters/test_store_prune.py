"""What is old goes, a few rows at a time; what is needed stays; no figure moves by it."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select

from monitor.adapters import schema as t
from monitor.adapters import store as store_file
from monitor.adapters import store_figures, store_outbox, store_prune, store_watched
from monitor.adapters.records import Capture, Decision, Hour, Reading, TrailEntry, Work
from monitor.adapters.store import Store
from monitor.adapters.store_figures import MEASURES, Window
from monitor.adapters.store_outbox import Out, Told
from monitor.adapters.store_past import Past, Weeks
from monitor.adapters.store_prune import drop_seen, prune
from monitor.adapters.store_tx import Tx
from monitor.core.model import Phase
from monitor.core.runs import KEPT, Run
from probes.kit.clock import ManualClock
from probes.kit.contract import Sample, digest

from .test_store_upkeep import DAY, LEAD, finding, last, opened

HOUR = 3600.0


class Ages(msgspec.Struct, frozen=True):
    samples: float = 14 * DAY
    sample_hours: float = 365 * DAY
    runs: float = 60 * DAY
    readings: float = 90 * DAY
    events: float = 730 * DAY
    content: float = 7 * DAY


async def test_raw_samples_become_hours_and_hours_end(store: Store) -> None:
    async with store.transaction() as tx:
        for at, rows in ((100.0, 1), (200.0, 5), (3700.0, 2)):
            sample = Sample("ok" if rows < 5 else "failing", succeeded_at=at, rows_failed=rows)
            await tx.add_samples("s", at, {("jobs", "nightly"): sample})
            await tx.add_samples("s", DAY + at, {("jobs", "nightly"): sample})
    assert (await prune(store, 14 * DAY + 3650, Ages()))["sample"] == 0, "the day is not over yet"
    assert (await prune(store, 15 * DAY + 3650, Ages()))["sample"] == 3
    first = Hour(hour=0.0, states={"ok": 1, "failing": 1}, succeeded_at=200.0, rows_failed=5)
    second = Hour(hour=HOUR, states={"ok": 1}, succeeded_at=3700.0, rows_failed=2)
    assert await store.hours("s", 0) == {("jobs", "nightly"): [first, second]}
    assert await store.hours("s", HOUR) == {("jobs", "nightly"): [second]}
    assert [at for at, _ in (await store.samples("s", 0))["jobs", "nightly"]] == [DAY + at for at in (100, 200, 3700)]
    await prune(store, 400 * DAY, Ages())
    assert await store.hours("s", 0) == {}


async def test_content_that_something_points_to_stays(store: Store, clock: ManualClock) -> None:
    bodies = [b"now", b"good", b"queued", b"loose"]
    await store.stage((digest(one), one) for one in bodies)
    capture = Capture(LEAD, digest(b"queued").hex())
    async with store.transaction() as tx:
        await tx.set_last(last("s", b"now", b"good"))
        await tx.queue_decision(Decision(uuid="u", kind="capture", by="x", at=1, work=Work(captures=(capture,))))
    assert (await prune(store, clock.now() + 6 * DAY, Ages()))["content"] == 0
    clock.advance(6 * DAY)
    await store.stage([(digest(b"now"), b"now")])
    assert (await prune(store, clock.now() + 2 * DAY, Ages()))["content"] == 1
    assert set(await store.contents(map(digest, bodies))) == {digest(one) for one in bodies[:3]}


async def test_content_staged_again_is_as_young_as_its_last_use(store: Store, clock: ManualClock) -> None:
    await store.stage([(digest(b"a"), b"a")])
    clock.advance(6 * DAY)
    await store.stage([(digest(b"a"), b"a")])
    assert (await prune(store, clock.now() + 2 * DAY, Ages()))["content"] == 0


async def test_events_of_a_finding_that_is_open_stay_however_old(store: Store) -> None:
    one, two = finding("open", Phase.OPEN), finding("done", Phase.CLOSED, 5.0)
    async with store.transaction() as tx:
        await tx.put_findings([one, two])
        await tx.add_events([opened(one, 1.0), opened(two, 1.0), opened(two, 900 * DAY)])
        await tx.end_reading(Reading(id=1, integration="s", started_at=1, ended_at=2, outcome="ok"))
        outs = [Out(key=k, target="x", subject="", what="", at=1, due=1, body=b"") for k in ("sent", "wait")]
        await store_outbox.add(tx, outs)
        await store_outbox.sent(tx, "sent")
        await store_outbox.put_tolds(tx, [Told(finding="open"), Told(finding="done")])
        await tx.add_trail(TrailEntry(at=1, who="x", what="approve"))
    await prune(store, 900 * DAY, Ages())
    assert [event.finding for _, event in await store.events()] == ["open", "done"]
    assert [kept.id for kept in await store.findings()] == ["open"]
    assert [reading.id for reading in await store.readings()] == [1], "the newest one of a system stays"
    assert [row["key"] for row in await store._all(select(t.outbox.c.key))] == ["wait"]
    assert list(await store_outbox.tolds(store)) == ["open"]
    assert len(await store.trail()) == 1


async def test_runs_are_kept_as_seen_first_the_newest_are_loaded_and_old_ones_go(store: Store) -> None:
    week, of = 7 * DAY, ("jobs", "nightly")
    async with store.transaction() as tx:
        for number in range(KEPT + 5):
            await tx.add_runs("s", {of: Run(ended=number * DAY, ok=True, rows=number)})
        await tx.add_runs("s", {of: Run(ended=5 * DAY, ok=True, rows=999)})
        await tx.add_runs("other", {of: Run(ended=0.0, ok=True)})  # too few to lose one
    kept = (await store.runs("s"))[of]
    assert [run.rows for run in kept] == list(range(5, KEPT + 5))
    before = await store.runs_before("s", *of, 24 * DAY + 60)
    assert sorted(run.rows or 0 for run in before) == [3, 10, 17] and 24 * DAY - 3 * week == 3 * DAY
    assert (await prune(store, 63 * DAY, Ages()))["run"] == 3
    assert (await prune(store, 375 * DAY, Ages()))["run"] == 2
    assert [run.rows for run in (await store.runs("s"))[of]] == list(range(5, KEPT + 5))
    assert len((await store.runs("other"))[of]) == 1


async def test_what_a_clock_that_went_back_adds_to_a_day_is_laid_to_it(store: Store) -> None:
    of = ("jobs", "nightly")
    for at in (100.0, 7300.0):
        async with store.transaction() as tx:
            await tx.add_samples("s", at, {of: Sample("ok")})
        await prune(store, 20 * DAY, Ages())
    assert [one.hour for one in (await store.hours("s", 0))[of]] == [0.0, 2 * HOUR]


async def test_the_newest_readings_stay_however_old(store: Store) -> None:
    """The newest of each system, and its newest good one: a number is never given twice, and what was last good is
    known."""
    outcomes = {"a": ["ok", "ok", "failed"], "b": ["partial"], "c": ["failed", "failed"]}
    number = 0
    for name, some in outcomes.items():
        for outcome in some:
            number += 1
            async with store.transaction() as tx:
                await tx.end_reading(
                    Reading(id=number, integration=name, started_at=number, ended_at=number, outcome=outcome)
                )
    await prune(store, 900 * DAY, Ages())
    assert [(one.integration, one.id) for one in await store.readings()] == [("c", 6), ("b", 4), ("a", 3), ("a", 2)]


async def many(store: Store, count: int) -> None:
    async with store.transaction() as tx:
        for number in range(1, count + 1):
            await tx.end_reading(Reading(id=number, integration="s", started_at=number, ended_at=number, outcome="ok"))


async def test_others_write_between_the_slices(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_prune, "SLICE", 10)
    await many(store, 101)
    sizes: list[int] = []

    @asynccontextmanager
    async def keeping() -> AsyncIterator[Tx]:
        before = await rows(store, t.reading)
        async with store.transaction() as tx:
            yield tx
        sizes.append(before - await rows(store, t.reading))

    assert (await prune(store, 900 * DAY, Ages(), keeping))["reading"] == 100
    assert max(sizes) == 10 and sum(sizes) == 100


async def rows(store: Store, table: Any) -> int:
    return int((await store._all(select(func.count().label("n")).select_from(table)))[0]["n"])


class Killed(Exception):
    """As if the process had ended there."""


@pytest.mark.parametrize("after", [0, 1, 3, 7])
async def test_a_night_that_is_killed_leaves_less_for_the_next_one(
    store: Store, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setattr(store_prune, "SLICE", 10)
    await many(store, 55)
    await store.stage((digest(one), one) for one in (b"a", b"b"))
    async with store.transaction() as tx:
        await tx.add_samples("s", store._clock.now() - 20 * DAY, {("jobs", "n"): Sample("ok")})
        await tx.add_trail(TrailEntry(at=1, who="x", what="approve"))
    begun = 0

    @asynccontextmanager
    async def keeping() -> AsyncIterator[Tx]:
        nonlocal begun
        begun += 1
        async with store.transaction() as tx:
            yield tx
            if begun > after:
                raise Killed

    now = store._clock.now() + 8 * DAY
    with pytest.raises(Killed):
        await prune(store, now, Ages(), keeping)
    await prune(store, now, Ages())
    assert [one.id for one in await store.readings()] == [55]
    assert (await rows(store, t.sample), await rows(store, t.content), await rows(store, t.trail)) == (0, 0, 1)
    assert [one.states for one in (await store.hours("s", 0))["jobs", "n"]] == [{"ok": 1}]
    assert not +await prune(store, now, Ages())


async def test_what_was_seen_of_a_system_goes_and_that_of_others_stays(store: Store) -> None:
    for name, number in (("old", 1), ("new", 2)):
        async with store.transaction() as tx:
            await tx.end_reading(Reading(id=number, integration=name, started_at=1, ended_at=1, outcome="ok"))
            await tx.add_samples(name, 1.0, {("jobs", "n"): Sample("ok")})
            await tx.add_runs(name, {("jobs", "n"): Run(ended=1.0, ok=True)})
    await drop_seen(store, store.transaction, "old")
    assert [one.integration for one in await store.readings()] == ["new"]
    assert not await store.samples("old", 0) and not await store.runs("old")
    assert await store.samples("new", 0) and await store.runs("new")


@pytest.mark.parametrize("seed", range(4))
async def test_no_figure_of_any_window_moves_when_what_is_old_goes(store: Store, seed: int) -> None:
    """Openings and times of watching of three years, at random; windows of up to 104 weeks."""
    chance, now = random.Random(seed), 1100 * DAY
    async with store.transaction() as tx:
        await tx._put(t.opening, [opening(number, chance, now) for number in range(600)])
        await tx._put(t.watched, [one for name in "abc" for one in stretches(name, chance, now)])
    before = [await seen(store, weeks, now) for weeks in (4, 13, 52, 104)]
    gone = await prune(store, now, Ages())
    assert gone["opening"] > 50 and gone["watched"] > 5
    assert [await seen(store, weeks, now) for weeks in (4, 13, 52, 104)] == before


def opening(number: int, chance: random.Random, now: float) -> dict[str, Any]:
    at = chance.uniform(0, now)
    closed = chance.choice([None, min(now, at + chance.expovariate(1 / (90 * DAY)))])
    return {
        "finding": f"f{number}", "opened_at": at, "integration": chance.choice("abc"), "kind": "field",
        "source": chance.choice(["drift", "health"]), "level": chance.choice([1, 2, 3]), "owner": chance.choice("xy"),
        "root": chance.random() < 0.8, "quiet": chance.random() < 0.2, "since": chance.choice([None, at - 900]),
        "changed_at": chance.choice([None, at - 400]),
        "answered_at": chance.choice([None, at + 60]) if closed is None or closed > at + 60 else None,
        "closed_at": closed,
        "closing": chance.choice(["agreed", "approved", "withdrawn", "superseded"]) if closed is not None else "",
    }  # fmt: skip


def stretches(name: str, chance: random.Random, now: float) -> list[dict[str, Any]]:
    """With gaps of hours to months between them."""
    found, at = list[dict[str, Any]](), chance.uniform(0, 30 * DAY)
    while at < now:
        until = min(now, at + chance.expovariate(1 / (40 * DAY)))
        found.append({"integration": name, "since": at, "until": until, "seen": until, "reasons": b"[]"})
        at = until + chance.choice([HOUR, DAY, 90 * DAY])
    return found


async def seen(store: Store, weeks: int, now: float) -> list[object]:
    window = Window(since=now - weeks * 7 * DAY, until=now + 1, weeks=weeks)
    watched = await store_watched.known(store, "abc", window.since, lambda _: 1800.0)
    found: list[object] = [(name, [(one.since, one.until) for one in some]) for name, some in watched.items()]
    for name in MEASURES:
        found.append(sorted(await store_figures.durations(store, name, window)))
        found.append([tuple(row.values()) for row in await store_figures.measured(store, name, window, None, 9999)])
    counted = Weeks(window, await Past().counted(store, window))
    found += [[sorted(took) for took in counted.took(name)] for name in MEASURES]
    return [*found, counted.open_at(), counted.came(), counted.unresolved()]


async def test_the_file_shrinks_once_much_of_it_went_and_keeps_room_for_what_comes(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, give_back = list[int](), store_file._give_back
    monkeypatch.setattr(store_file, "_give_back", lambda one, count: (given.append(count), give_back(one, count)))
    bodies = [random.Random(n).randbytes(20_000) for n in range(150)]
    await store.stage((digest(one), one) for one in bodies)
    await store.shrink()
    full = (store.folder / "state.db").stat().st_size
    assert full > 150 * 20_000
    await prune(store, store._clock.now() + 8 * DAY, Ages())
    assert (store.folder / "state.db").stat().st_size == full, "pages that were let go of are free, and still there"
    await store.shrink()
    assert len(given) == -(-sum(given) // 256) > 1, "all that was asked for goes at once: none is asked for twice"
    left = (store.folder / "state.db").stat().st_size
    assert left < full / 3
    await store.stage([(digest(bodies[0]), bodies[0])])
    assert await store.content(digest(bodies[0])) == bodies[0]
