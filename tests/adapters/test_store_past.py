"""What is over is counted once, and counted right: held against a plain loop over all openings."""

from __future__ import annotations

import random
from typing import Any

import pytest
from sqlalchemy import delete, update

from monitor.adapters import schema as t
from monitor.adapters import store_past
from monitor.adapters.records import Origin
from monitor.adapters.store import Store
from monitor.adapters.store_figures import MEASURES, Window
from monitor.adapters.store_past import FILTERS, Past, Weeks

from .test_store_prune import opening
from .test_store_upkeep import DAY, LEAD

WEEK = 7 * DAY


async def put(store: Store, *rows: dict[str, Any]) -> None:
    async with store.transaction() as tx:
        await tx._put(t.opening, rows)


def window(now: float, weeks: int = 52, **of: str) -> Window:
    return Window(since=now // DAY * DAY + 7200 - (weeks * 7 - 1) * DAY, until=now + 1, weeks=weeks, **of)


async def counted(past: Past, store: Store, asked: Window) -> list[object]:
    weeks = Weeks(asked, await past.counted(store, asked))
    took = [[sorted(some) for some in weeks.took(name)] for name in MEASURES]
    return [took, weeks.open_at(), weeks.came(), weeks.unresolved()]


def plainly(rows: list[dict[str, Any]], asked: Window) -> list[object]:
    """The same, said again in the simplest way."""
    of = (("integration", asked.integration), ("kind", asked.kind), ("owner", asked.owner))
    rows = [one for one in rows if all(one[name] == value for name, value in of if value)]

    def week(at: float) -> int:
        return min(int((at - asked.since) / WEEK), asked.weeks - 1)

    took: list[list[list[float]]] = [[[] for _ in range(asked.weeks)] for _ in range(4)]
    steps, before = [0] * asked.weeks, 0
    came, ended = dict[str, list[int]](), dict[str, int]()
    for one in rows:
        first = one["answered_at"] or (one["closed_at"] if one["closing"] == "approved" else None)
        asks = one["root"] and not one["quiet"]
        told = one["changed_at"] is not None and (one["since"] is None or one["changed_at"] >= one["since"])
        resolved = one["closing"] in ("agreed", "approved")
        spans = (
            (one["changed_at"], one["opened_at"], one["root"] and told),
            (one["since"], one["opened_at"], one["root"] and one["source"] == "drift" and not told),
            (one["opened_at"], first, asks),
            (one["opened_at"], one["closed_at"], asks and resolved),
        )
        for nth, (start, end, fits) in enumerate(spans):
            if fits and start is not None and end is not None and asked.since <= end < asked.until:
                took[nth][week(end)].append(end - start)
        for at, sign in ((one["opened_at"], 1), (one["closed_at"], -1)):
            if asks and at is not None:
                if at < asked.since:
                    before += sign
                else:
                    steps[week(at)] += sign
        if asks and (one["source"] == "drift" or one["level"] > 1) and one["opened_at"] >= asked.since:
            came.setdefault(one["owner"], [0] * asked.weeks)[week(one["opened_at"])] += 1
        if one["root"] and one["closed_at"] is not None and one["closed_at"] >= asked.since:
            how = "policy" if one["quiet"] else one["closing"]
            if how == "policy" or not resolved:
                ended[how] = ended.get(how, 0) + 1
    counts = [before]
    for step in steps:
        counts.append(counts[-1] + step)
    return [[[[pytest.approx(one) for one in sorted(some)] for some in name] for name in took], counts, came, ended]


@pytest.mark.parametrize("seed", range(3))
async def test_figures_of_a_process_that_runs_for_a_year_are_those_of_all_openings(store: Store, seed: int) -> None:
    """Each step of time brings openings and ends some; what was counted before is not counted again."""
    chance, past = random.Random(seed), Past()
    rows = [opening(number, chance, 700 * DAY) for number in range(400)]
    for now in (300 * DAY + 50, 300 * DAY + 7000, 301 * DAY, 420.4 * DAY, 500 * DAY, 499 * DAY, 700 * DAY):
        there = []
        for one in rows:
            if one["opened_at"] <= now:
                ends = one["closed_at"] is not None and one["closed_at"] <= now
                answers = one["answered_at"] is not None and one["answered_at"] <= now
                there.append({**one, "closed_at": one["closed_at"] if ends else None,
                              "closing": one["closing"] if ends else "",
                              "answered_at": one["answered_at"] if answers else None})  # fmt: skip
        async with store.transaction() as tx:
            await tx.run(delete(t.opening))
        await put(store, *there)
        for asked in (window(now), window(now, 4), window(now, 13, owner="x"), window(now, 104, integration="a")):
            assert await counted(past, store, asked) == plainly(there, asked), (now / DAY, asked)


async def test_what_is_over_is_not_read_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    chance, now, past = random.Random(5), 700 * DAY, Past()
    await put(store, *(opening(number, chance, now) for number in range(300)))
    first = await counted(past, store, window(now))
    spans: list[float] = []
    asked = store_past._counted

    async def watched(reads: Any, of: Window, part: Any, until: float = float("inf")) -> Any:
        spans.append(until)
        return await asked(reads, of, part, until)

    monkeypatch.setattr(store_past, "_counted", watched)
    assert await counted(past, store, window(now)) == first
    assert spans == [now + 1], "only what is open, and what ended of late"


async def test_what_came_in_late_or_went_or_was_rewritten_is_counted_anew(store: Store) -> None:
    chance, now, past = random.Random(6), 700 * DAY, Past()
    rows = [opening(number, chance, now) for number in range(200)]
    await put(store, *rows[:150])
    await counted(past, store, window(now))
    await put(store, *rows[150:])
    assert await counted(past, store, window(now)) == plainly(rows, window(now))
    async with store.transaction() as tx:
        await tx.run(update(t.opening).values(integration="renamed"))
    past.forget()
    renamed = [{**one, "integration": "renamed"} for one in rows]
    asked = window(now, integration="renamed")
    assert await counted(past, store, asked) == plainly(renamed, asked)


async def test_only_the_filters_of_late_are_remembered(store: Store) -> None:
    past, now = Past(), 700 * DAY
    for owner in "abcdefgh":
        await counted(past, store, window(now, owner=owner))
    assert len(past._kept) == FILTERS


async def test_what_is_approved_is_asked_for_once_after_each_time_it_was_written(store: Store) -> None:
    async def approve(fact: str) -> None:
        async with store.transaction() as tx:
            await tx.set_origin(
                Origin(integration="crm", ref=LEAD, key=fact, fact="label", how="approved", sha="s", by="x", at=1)
            )

    assert await store.past.approved(store) == {}
    await approve("A")
    assert await store.past.approved(store) == {("crm", "field", "Lead"): (False, 1)}
    asked = store.counts.statements
    await store.past.approved(store)
    assert store.counts.statements == asked
    async with store.transaction() as tx:
        await tx.drop_origin("crm", [(LEAD, "A", "label")])
    assert await store.past.approved(store) == {}
