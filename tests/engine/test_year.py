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

import pytest

from monitor.adapters.chain import Check
from monitor.adapters.store_trail import given
from monitor.core.model import Phase
from monitor.engine.core import Engine
from monitor.engine.figures import DAYS, Asked, figures
from monitor.engine.night import folder_bytes, night
from tests.proof import keep

from .year import DAY, WEEK, opened, saved
from .year_pages import paired

MB: Final = 1_000_000
MOST: Final = 500 * MB  # that the store may have, and the clone of the baselines
NOISE: Final = 1.15  # what the middle looks at the same page differ by, of processes that did the same
PAGES: Final = {
    "overview": "/", "queue": "/review", "catalogue": "/catalogue?q=field", "trail": "/trail",
    "timeline of 52 weeks": "/timeline?days=364",
}  # fmt: skip
SHORT: Final = {
    "samples": "2d",
    "sample_hours": "14d",
    "runs": "36d",
    "readings": "7d",
    "events": "35d",
    "content": "1d",
}


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


def first(folder: Path) -> Path:
    """Where a copy of it as it was after a week is kept."""
    return folder.with_name(f"{folder.name}.first")


def put_aside(folder: Path, where: Path) -> None:
    """The copy is whole, or not there."""
    new = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(folder, new)
    shutil.rmtree(where, ignore_errors=True)
    new.rename(where)


async def on(folder: Path, weeks: int) -> int:
    """Plays some weeks more, in a process's life of their own; gives how many were played by then."""
    async with opened(folder, 100) as year:
        if not year.days:
            await year.begin()
        for _ in range(weeks):
            start = time.monotonic()
            await year.play(7)
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
    if not weeks:
        weeks = await on(folder, 1)
        put_aside(folder, first(folder))
    while weeks < 52:
        weeks = await on(folder, 4 - weeks % 4)
        put_aside(folder, safe(folder))
    async with opened(folder, 100) as year:
        engine = year.engine
        year.clock.advance(WEEK / 7 / 4)
        before = await told(engine)
        await night(engine)
        assert await told(engine) == before
        await whole(engine)
        store, clone = engine.store.bytes(), folder_bytes(engine.baselines.git.folder)
        findings, decisions = len(engine.ledger.findings), len(await engine.store.decisions())
        commits = int(await engine.baselines.git.line("rev-list", "--count", engine.baselines.ref))
        year.save()
    took = await paired(PAGES, first(folder), folder)
    counts = {name.replace(" ", "_").replace(":", ""): count for name, count in sorted(year.counts.items())}
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
                f"{name.replace(' ', '_')}_ms_after_{when}": round(1000 * s, 1)
                for name, of in took.items()
                for when, s in zip(("a_week", "52_weeks"), of, strict=True)
            },
            "minutes": round(year.seconds / 60, 1),
        },
    )
    assert store < MOST and clone < MOST
    assert not {name: of for name, of in took.items() if of[1] > NOISE * of[0]}
