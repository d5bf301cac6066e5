"""An integration that is taken out of the configuration: withdrawn after ten minutes, forgotten after thirty days."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from monitor.adapters import schema
from monitor.config import load
from monitor.core.model import Closing, Finding, Phase
from monitor.engine import views
from monitor.engine.core import Engine
from monitor.engine.night import night
from monitor.engine.opening import open_engine
from monitor.engine.request import Decide, Refused
from monitor.engine.shapes import Filter
from monitor.engine.tick import tick
from probes.kit.clock import ManualClock
from probes.simulated import hubspot
from tests.e2e.serving import Stack, account

NAME = "hub"
DAY = 86_400.0
AWAY = f"integrations/{NAME}.yaml"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(leap=True)


@pytest.fixture
def hub(clock: ManualClock) -> hubspot.Account:
    return hubspot.Account(clock=clock)


@pytest.fixture
def stack(tmp_path: Path, hub: hubspot.Account) -> Iterator[Stack]:
    with account(hub.app) as base:
        stack = Stack(tmp_path / "stack")
        stack.integration(NAME, "hubspot", base, {"scheme": "token", "token": stack.secret("hub", hub.token)})
        yield stack


@asynccontextmanager
async def opened(stack: Stack, clock: ManualClock) -> AsyncIterator[Engine]:
    async with open_engine(load(stack.folder / "config"), clock) as engine:
        yield engine


async def drifted(engine: Engine, hub: hubspot.Account) -> Finding:
    """A captured baseline, and one open finding against it."""
    await engine.poll(NAME)
    await engine.decide(Decide(uuid=str(uuid4()), kind="capture", integration=NAME), "test", "test")
    await engine.commit_decisions()
    await engine.push()
    hub.alter_property(type="contacts", name="email", label="Mail")
    await engine.poll(NAME)
    (finding,) = [one for one in engine.ledger.findings.values() if one.phase is Phase.OPEN]
    return finding


async def rows(engine: Engine) -> dict[str, int]:
    """What the store has under the name, by table."""
    found = {}
    for table in schema.BY_INTEGRATION:
        count = await engine.store._one(select(func.count().label("n")).where(table.c.integration == NAME))
        found[table.name] = count["n"] if count else 0
    return found


async def test_findings_are_withdrawn_after_ten_minutes_and_never_called_resolved(
    stack: Stack, hub: hubspot.Account, clock: ManualClock
) -> None:
    async with opened(stack, clock) as engine:
        finding = await drifted(engine, hub)
        stack.file(AWAY).unlink()
        assert await engine.reload() == ()
        with pytest.raises(Refused, match="not in the configuration"):
            await engine.poll(NAME)
        clock.advance(590)
        await tick(engine)
        assert engine.ledger.findings[finding.id].phase is Phase.OPEN
        assert views.findings(engine, Filter(), 1, 50).total == 1
        clock.advance(15)
        await tick(engine)
        closed = engine.ledger.findings[finding.id]
        assert (closed.phase, closed.closing) == (Phase.CLOSED, Closing.WITHDRAWN)
        (_, event), *_ = await engine.store.events(finding=finding.id, newest_first=True)
        assert (event.words, event.told) == ("no longer monitored", True)
        assert list(engine.integrations) == []
        assert (await views.detail(engine, finding.id)).row.closing == "withdrawn"
        assert (await tick(engine)) == ()
    async with opened(stack, clock) as again:
        assert again.ledger.findings[finding.id].closing is Closing.WITHDRAWN


async def test_a_restart_in_between_neither_forgets_nor_starts_the_ten_minutes_anew(
    stack: Stack, hub: hubspot.Account, clock: ManualClock
) -> None:
    async with opened(stack, clock) as engine:
        finding = await drifted(engine, hub)
        stack.file(AWAY).unlink()
        await engine.reload()
        clock.advance(400)
    async with opened(stack, clock) as engine:
        await tick(engine)
        assert engine.ledger.findings[finding.id].phase is Phase.OPEN
        assert views.findings(engine, Filter(), 1, 50).total == 1
        assert (await views.detail(engine, finding.id)).row.integration == NAME
        assert views.overview(engine).systems == ()
        clock.advance(250)
        await tick(engine)
        assert engine.ledger.findings[finding.id].closing is Closing.WITHDRAWN


async def test_one_that_was_taken_out_while_nothing_ran_is_withdrawn_too(
    stack: Stack, hub: hubspot.Account, clock: ManualClock
) -> None:
    async with opened(stack, clock) as engine:
        finding = await drifted(engine, hub)
    stack.file(AWAY).unlink()
    async with opened(stack, clock) as engine:
        clock.advance(601)
        await tick(engine)
        assert engine.ledger.findings[finding.id].closing is Closing.WITHDRAWN


async def test_one_that_comes_back_in_time_goes_on_as_if_nothing_had_been(
    stack: Stack, hub: hubspot.Account, clock: ManualClock
) -> None:
    async with opened(stack, clock) as engine:
        finding = await drifted(engine, hub)
        kept = stack.file(AWAY).read_text()
        stack.file(AWAY).unlink()
        await engine.reload()
        clock.advance(500)
        stack.write(AWAY, kept)
        await engine.reload()
        clock.advance(500)
        await tick(engine)
        assert engine.ledger.findings[finding.id].phase is Phase.OPEN
        await engine.poll(NAME)
        assert [one.id for one in engine.ledger.findings.values() if one.phase is Phase.OPEN] == [finding.id]


async def nights(engine: Engine, clock: ManualClock, count: int) -> None:
    """So many days, with what each night brings."""
    for _ in range(count):
        clock.advance(DAY)
        await tick(engine)
        await night(engine)


async def test_its_state_is_kept_for_thirty_days_and_its_baselines_in_git_for_ever(
    stack: Stack, hub: hubspot.Account, clock: ManualClock
) -> None:
    async with opened(stack, clock) as engine:
        finding = await drifted(engine, hub)
        await tick(engine)
        kept = stack.file(AWAY).read_text()
        stack.file(AWAY).unlink()
        await engine.reload()
        await nights(engine, clock, 29)
        there = await rows(engine)
        assert there["last"] > 10
        stack.write(AWAY, kept)
        await engine.reload()
        asked = len(hub.requests)
        assert len(engine.integrations[NAME].known) == there["last"]
        assert engine.integrations[NAME].proposals == {}
        assert len(hub.requests) == asked
        stack.file(AWAY).unlink()
        await engine.reload()
        await nights(engine, clock, 31)
        assert {name for name, count in (await rows(engine)).items() if count} <= {"origin"}
        assert engine.ledger.findings[finding.id].closing is Closing.WITHDRAWN
        assert (await engine.store.decisions())[0].integration == NAME
        files = stack.git("-C", str(stack.hub), "ls-tree", "-r", "--name-only", "main").splitlines()
        assert f"baselines/{NAME}/field/contacts.json" in files
        stack.write(AWAY, kept)
        await engine.reload()
        await engine.poll(NAME)
        assert engine.integrations[NAME].proposals == {}, "its baselines are still its baselines"
        (again,) = [one for one in engine.ledger.findings.values() if one.phase is Phase.OPEN]
        assert again.address == finding.address


async def test_what_was_closed_is_forgotten_by_the_process_when_the_store_forgets_it(
    stack: Stack, hub: hubspot.Account, clock: ManualClock
) -> None:
    async with opened(stack, clock) as engine:
        finding = await drifted(engine, hub)
        hub.alter_property(type="contacts", name="email", label="Email")
        await engine.poll(NAME)
        await tick(engine)
        assert engine.ledger.findings[finding.id].phase is Phase.CLOSED
        await night(engine)
        clock.advance(729 * DAY)
        await night(engine)
        assert finding.id in engine.ledger.findings
        clock.advance(2 * DAY)
        await night(engine)
        assert finding.id not in engine.ledger.findings
        assert finding.id not in {one.id for one in await engine.store.findings()}
