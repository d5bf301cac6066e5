"""A year of a stack: what is old goes, what is needed stays, files stay small, and pages as quick as in the first week.

The whole year of a hundred systems takes about half an hour and is a proof; a few weeks of one system are not.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import httpx
import pytest

from monitor.adapters.chain import Check
from monitor.adapters.store_trail import given
from monitor.core.model import Phase
from monitor.engine.catalogue import follow
from monitor.engine.core import Engine
from monitor.engine.figures import DAYS, Asked, figures
from monitor.engine.night import folder_bytes, night
from monitor.web.app import create_app
from tests.proof import keep

from .year import DAY, WEEK, opened, saved

MB: Final = 1_000_000
MOST: Final = 500 * MB  # that the store may have, and the clone of the baselines
SLOWER, BESIDE = 2.0, 0.02  # a page may take so many times what it took in week 1, and so many seconds
PAGES: Final = {
    "overview": "/", "queue": "/review", "catalogue": "/catalogue?q=field", "trail": "/trail",
    "timeline of 52 weeks": "/timeline?days=364",
}  # fmt: skip
LOOKS: Final = 15
SHORT: Final = {
    "samples": "2d",
    "sample_hours": "14d",
    "runs": "36d",
    "readings": "7d",
    "events": "35d",
    "content": "1d",
}


async def pages(engine: Engine) -> dict[str, float]:
    """Seconds that each page takes: the quickest of a few, since what else the machine does is no page's fault."""
    await follow(engine)
    if engine.catalogue.making is not None:
        await engine.catalogue.making
    transport = httpx.ASGITransport(create_app(engine))
    base, found = "http://127.0.0.1:9731", dict[str, float]()
    async with httpx.AsyncClient(transport=transport, base_url=base, headers={"accept": "text/html"}) as web:
        for name, path in PAGES.items():
            took = []
            for _ in range(LOOKS):
                start = time.perf_counter()
                (await web.get(path)).raise_for_status()
                took.append(time.perf_counter() - start)
            found[name] = min(took)
    return found


async def told(engine: Engine, windows: Sequence[int] = DAYS) -> list[object]:
    """All figures of each window."""
    return [await figures(engine, Asked(days=days)) for days in windows]


async def whole(engine: Engine) -> None:
    """The trail is whole, what stands has its events, and every decision is there."""
    check = Check()
    for entry in await engine.store.trail():
        check.see(entry)
    check.end(await given(engine.store))
    assert check.problems == []
    standing = {one.id for one in engine.ledger.findings.values() if one.phase is not Phase.CLOSED}
    assert standing <= {event.finding for _, event in await engine.store.events()}
    kept = {one.id for one in await engine.store.findings()}
    assert kept == set(engine.ledger.findings)


async def test_weeks_leave_no_more_than_retention_says_and_nothing_that_is_needed(tmp_path: Path) -> None:
    async with opened(tmp_path, 1, nth=6, retention=SHORT) as year:  # a gap of a week would be a clock that jumped
        engine = year.engine
        await year.begin()
        await year.play(37)
        size = engine.store.bytes()
        await year.play(5)
        year.clock.advance(3.5 * 3600)
        before = await told(engine, DAYS[:1])
        await night(engine)
        assert await told(engine, DAYS[:1]) == before, "no figure moves when a night takes away what is old"
        went = engine.tidied.rows
        assert went["reading"] > 34 * 96 and went["sample"] > 39 * 4 * 96
        assert went["finding"] > 3 and went["event"] >= 2 * went["finding"]
        assert engine.store.bytes() < 1.25 * size, "it stops growing"
        assert len(await engine.store.decisions()) == sum(n for what, n in year.counts.items() if "decision" in what)
        await whole(engine)
        now = year.clock.now()
        for name in engine.integrations:
            oldest = min(one.ended_at for one in await engine.store.readings(name, 5000))
            assert 7 * DAY - 900 <= now - oldest <= 7 * DAY + 900


def safe(folder: Path) -> Path:
    """Where a copy of a folder is kept."""
    return folder.with_name(f"{folder.name}.kept")


def put_aside(folder: Path) -> None:
    """The copy is whole, or not there."""
    new = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(folder, new)
    shutil.rmtree(safe(folder), ignore_errors=True)
    new.rename(safe(folder))


async def on(folder: Path, weeks: int) -> int:
    """Plays some weeks more, in a process's life of their own; gives how many were played by then."""
    async with opened(folder, 100) as year:
        if not year.days:
            await year.begin()
        for _ in range(weeks):
            start = time.monotonic()
            await year.play(7)
            year.first = year.first or await pages(year.engine)
            year.seconds += time.monotonic() - start
            print(f"week {year.days // 7}: {year.engine.store.bytes() / MB:.1f} MB, {year.seconds:.0f} s", flush=True)
        year.save()
        return year.days // 7


@pytest.mark.proof
async def test_a_year_of_a_hundred_systems_stays_small_and_as_quick_as_its_first_week(tmp_path: Path) -> None:
    """With a folder in `YEAR`, one that was stopped goes on from the last four weeks that were whole."""
    folder = Path(os.environ["YEAR"]) if "YEAR" in os.environ else tmp_path / "year"
    shutil.rmtree(folder, ignore_errors=True)
    weeks = 0
    if safe(folder).exists():
        shutil.copytree(safe(folder), folder)
        weeks = saved(folder)["days"] // 7
    while weeks < 52:
        weeks = await on(folder, 4)
        put_aside(folder)
    async with opened(folder, 100) as year:
        engine = year.engine
        year.clock.advance(WEEK / 7 / 4)
        before = await told(engine)
        await night(engine)
        assert await told(engine) == before
        last = await pages(engine)
        await whole(engine)
        store, clone = engine.store.bytes(), folder_bytes(engine.baselines.git.folder)
        findings, decisions = len(engine.ledger.findings), len(await engine.store.decisions())
        commits = int(await engine.baselines.git.line("rev-list", "--count", engine.baselines.ref))
    counts = {name.replace(" ", "_").replace(":", ""): count for name, count in sorted(year.counts.items())}
    took = (("week_1", year.first), ("week_52", last))
    keep(
        "year",
        seed=7,
        counts={
            "integrations": len(year.systems),
            "days": year.days,
            **counts,
            "findings": findings,
            "decisions": decisions,
            "commits_in_the_baselines": commits,
            "store_mb": round(store / MB, 1),
            "baselines_mb": round(clone / MB, 1),
            **{
                f"{name.replace(' ', '_')}_ms_in_{week}": round(1000 * s, 1)
                for week, of in took
                for name, s in of.items()
            },
            "minutes": round(year.seconds / 60, 1),
        },
    )
    assert store < MOST and clone < MOST
    slow = {name: (year.first[name], s) for name, s in last.items() if s > SLOWER * year.first[name] + BESIDE}
    assert not slow
