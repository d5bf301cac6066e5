"""What a night does beside retention: when it runs, what it tells, and that nobody waits for git to tidy."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from monitor.adapters.git import GitError
from monitor.adapters.lease import Leases
from monitor.adapters.store_deliveries import delivered, put_deliveries
from monitor.engine.leasing import TICK
from monitor.engine.measure import Measure
from monitor.engine.night import NIGHTLY, night

from .year import DAY, HOUR, START, Year, opened


@pytest.fixture
async def year(tmp_path: Path) -> AsyncIterator[Year]:
    async with opened(tmp_path, 1) as made:
        await made.begin()
        await night(made.engine)  # the first one of a new store
        yield made


async def scraped(measure: Measure) -> dict[str, float]:
    page = measure._metrics.render(await measure.snapshot()).decode()
    wanted = r"^(driftline_(?:retention_|store_|baselines_)\S*) (\S+)$"
    return {name: float(value) for name, value in re.findall(wanted, page, re.M)}


async def old(year: Year) -> None:
    async with year.engine.store.transaction() as tx:
        await put_deliveries(tx, [b"old"], START)


async def there(year: Year) -> bool:
    return await delivered(year.engine.store, [b"old"])


async def test_it_tells_what_went_in_one_line_and_in_metrics(year: Year, capsys: pytest.CaptureFixture[str]) -> None:
    measure = Measure()
    await measure.start(year.engine)
    await old(year)
    assert set(await scraped(measure)) == {'driftline_store_bytes{stack="bench"}'}, "nothing is made up before"
    for _ in range(9):
        year.clock.advance(DAY)
        await night(year.engine)
    assert not await there(year)
    lines = [line for line in capsys.readouterr().out.splitlines() if "what was old is gone" in line]
    assert len(lines) == 9 and sum("'delivery': 1" in line for line in lines) == 1
    found = await scraped(measure)
    assert found['driftline_retention_rows_total{stack="bench",table="delivery"}'] == 1
    assert found['driftline_retention_last_success_timestamp_seconds{stack="bench"}'] == year.clock.now()
    assert found['driftline_baselines_bytes{stack="bench"}'] > 10_000


async def test_it_runs_once_a_day_at_three_and_not_after_a_clock_that_jumped(year: Year) -> None:
    await old(year)
    year.clock.advance(START + 8 * DAY + 2.9 * HOUR - year.clock.now())
    await night(year.engine)  # eight days: a night that only takes note
    assert await there(year)
    year.clock.advance(0.2 * HOUR)
    await night(year.engine)
    assert not await there(year)
    await old(year)
    year.clock.advance(23.8 * HOUR)
    await night(year.engine)
    assert await there(year), "it is the same night still"


async def test_what_failed_is_begun_again(year: Year, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken() -> None:
        raise GitError("gc", "no space left on device")

    await old(year)
    year.clock.advance(7 * DAY + HOUR)
    with monkeypatch.context() as patched:
        patched.setattr(year.engine.baselines, "tidy", broken)
        with pytest.raises(GitError):
            await night(year.engine)
    before = await year.engine.store.flag(NIGHTLY)
    await night(year.engine)
    assert await year.engine.store.flag(NIGHTLY) != before


async def test_who_has_not_the_lease_leaves_it(year: Year, monkeypatch: pytest.MonkeyPatch) -> None:
    await old(year)
    year.clock.advance(7 * DAY + HOUR)
    holds = Leases.holds
    monkeypatch.setattr(Leases, "holds", lambda self, name: name != TICK and holds(self, name))
    await night(year.engine)
    assert await there(year)


async def test_decisions_are_committed_while_git_tidies(year: Year) -> None:
    """git's own housekeeping takes no lock of ours and loses nothing that is written meanwhile."""
    engine, shas = year.engine, set[str]()
    stop = asyncio.Event()

    async def tidying() -> int:
        times = 0
        while not stop.is_set():
            await engine.baselines.tidy()
            times += 1
        return times

    task = asyncio.create_task(tidying())
    for _ in range(6):
        year.clock.advance(DAY)
        year.systems[0].change()
        await year._poll(year.systems[0])
        found: Any = [one for one in engine.ledger.of(year.systems[0].name) if one.phase == "open"]
        if found:
            await year._decide("approve", *found, reason="as agreed", ticket="OPS-1")
            await engine.commit_decisions()
            shas.add(engine.baselines.seen)
    stop.set()
    assert await task > 1
    assert len(shas) > 3 and shas <= {one.sha for one in await engine.baselines.log()}
    await engine.baselines.git.run("fsck", "--full", "--strict")


async def test_the_id_of_a_finding_that_is_gone_is_never_given_again(year: Year) -> None:
    (one,), engine = year.systems, year.engine
    field = one.fields["Object_0"]["Field_0"]

    async def changed(label: str) -> str:
        field["label"] = label
        await year._poll(one)
        (found,) = engine.ledger.of(one.name)
        await year._decide("approve", found)
        await engine.commit_decisions()
        assert not engine.ledger.of(one.name)
        return found.id

    first = await changed("Stage")
    year.clock.advance(731 * DAY)
    for _ in range(2):  # the first one only takes note: a clock may have jumped
        year.clock.advance(DAY)
        await night(engine)
    assert first not in engine.ledger.findings
    assert await changed("State") != first
    year.clock.advance(DAY)
    await engine.reload_ledger()  # as a start does
    assert engine.ledger.floor == 1
