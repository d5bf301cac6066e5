"""Alerts in the hands of the real Alertmanager: each fact is told once, grouped, silenced, and over once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog

from monitor.core.model import Finding
from monitor.demo.stage import stage
from monitor.engine import views
from monitor.engine.alerting import AGAIN, REPEATED
from monitor.engine.core import Engine
from monitor.engine.gauges_alerting import alerting as gauges
from monitor.engine.opening import open_engine
from probes.kit.clock import SystemClock
from tests.alertmanagers import Alertmanager, Receiver, alertmanager, receiving, routes

from .conftest import World

HUB, CRM = "hubspot-prod", "salesforce-prod"


class Ahead(SystemClock):
    """The machine's clock, moved on by hand: Alertmanager lives in the machine's time, so ours must go as fast."""

    def __init__(self) -> None:
        self.by = 0.0

    def now(self) -> float:
        return time.time() + self.by

    def monotonic(self) -> float:
        return time.monotonic() + self.by

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.01))

    def advance(self, seconds: float) -> None:
        self.by += seconds


@asynccontextmanager
async def example(folder: Path, *urls: str) -> AsyncIterator[World]:
    """The example stack, captured, in today's time."""
    service = {"alerts": {"alertmanager": {"urls": list(urls), "allow_private": True}}}
    clock: Any = Ahead()
    async with stage(folder, clock, service) as set_up, open_engine(set_up.config, clock) as engine:
        world = World(engine, set_up, clock)
        await world.player.capture()
        yield world


@pytest.fixture
def told() -> Iterator[tuple[Receiver, str]]:
    with receiving() as made:
        yield made


@pytest.fixture
def manager(told: tuple[Receiver, str], tmp_path: Path) -> Iterator[Alertmanager]:
    with alertmanager(tmp_path / "am", routes(told[1])) as made:
        yield made


async def broken(world: World, *names: str) -> list[Finding]:
    """Fields of Lead are called something else: drift at once, without a second look."""
    for name in names:
        world.salesforce.alter_field(object="Lead", name=name, label=f"{name} renamed")
        await world.engine.poll(CRM)
        await world.engine.demand.settled()
    return [one for name in names for one in world.open(subject=CRM, key=name, fact="label")]


async def an_hour_later(world: World, *names: str) -> list[Finding]:
    """So that it is another act."""
    world.clock.advance(3600)
    return await broken(world, *names)


async def put_back(world: World, labels: dict[str, str]) -> None:
    for name, label in labels.items():
        world.salesforce.alter_field(object="Lead", name=name, label=label)
    await world.engine.poll(CRM)


async def minute(world: World, seconds: float = 0.0) -> None:
    """Everything is sent again, as it is each minute."""
    world.clock.advance(seconds)
    world.engine.alerting._whole_at = float("-inf")
    await world.engine.alerting.push()


async def seen(receiver: Receiver, look: Callable[[], Any], what: str) -> Any:
    return await asyncio.to_thread(receiver.wait, look, what)


async def flushed(receiver: Receiver, manager: Alertmanager) -> None:
    """Whatever Alertmanager still had to say of others is said: two groups began and were told after it."""
    for number in ("1", "2"):
        mark = f"{time.time()}-{number}"
        await asyncio.to_thread(manager.post, {"labels": {"alertname": "Marker", "stack": mark}})
        await seen(receiver, lambda mark=mark: receiver.of(stack=mark), "the marker")


def names(world: World, *more: str) -> dict[str, str]:
    fields = world.salesforce.org.thing("Lead")["fields"]
    return {name: fields[name]["label"] for name in ("Score__c", *more)}


async def test_it_fires_once_grouped_and_is_over_once(
    told: tuple[Receiver, str], manager: Alertmanager, tmp_path: Path
) -> None:
    receiver, _ = told
    async with example(tmp_path / "stack", manager.url) as world:
        labels = names(world, "Region__c")
        found = [*await broken(world, "Score__c"), *await an_hour_later(world, "Region__c")]
        assert len(found) == 2
        await world.engine.alerting.push()
        marks = {one.address.finding_id(0) for one in found}
        await seen(
            receiver, lambda: [one for one in receiver.of("firing", stack="example") if one.together == 2], "both"
        )
        mine = [one for one in receiver.of("firing") if one.labels.get("address") in marks]
        once = len(mine)
        assert once <= 3, "one message for both, unless the older was told before the newer arrived"
        assert (
            len({one["groupKey"] for one in receiver.messages}) == 1
            and {one.labels["address"] for one in mine} == marks
        )
        assert all(one.annotations["description"].count("OWNER: ") == 1 for one in mine)
        for _ in range(3):
            await minute(world)
        await flushed(receiver, manager)
        assert len([one for one in receiver.of() if one.labels.get("address") in marks]) == once, "told once"
        await put_back(world, labels)
        await world.engine.alerting.push()
        await seen(
            receiver, lambda: len([o for o in receiver.of("resolved") if o.labels["address"] in marks]) == 2, "over"
        )
        for _ in range(4):
            await minute(world)
        await flushed(receiver, manager)
        ended = [one for one in receiver.of("resolved") if one.labels.get("address") in marks]
        assert len(ended) == 2 and len([o for o in receiver.of("firing") if o.labels.get("address") in marks]) == once
        await minute(world, REPEATED)
        await minute(world)
        assert await kept(world.engine) == 0, "what all heard is forgotten"


async def kept(engine: Engine) -> int:
    from monitor.adapters.store_alerts import alerts

    return len(await alerts(engine.store))


@pytest.mark.proof
async def test_what_was_over_while_nobody_ran_is_said_by_the_next_process_and_a_stop_says_nothing(
    told: tuple[Receiver, str], manager: Alertmanager, tmp_path: Path
) -> None:
    receiver, _ = told
    async with example(tmp_path / "stack", manager.url) as world:
        labels = names(world)
        (one,) = await broken(world, *labels)
        await world.engine.alerting.push()
        mark = one.address.finding_id(0)
        await seen(receiver, lambda: receiver.of("firing", address=mark), "firing")
        config, clock, set_up = world.stage.config, world.clock, world.stage
        engine = world.engine
        await engine.close()
        engine.leases._tokens.clear()
        await flushed(receiver, manager)
        assert not receiver.of("resolved"), "nothing is over by it that we stop"
        assert len(manager.alerts(address=mark)) == 1
        await engine.store.close()
        async with open_engine(config, clock) as again:
            for name, label in labels.items():
                set_up.accounts.salesforce.alter_field(object="Lead", name=name, label=label)
            await again.poll(CRM)
            await again.alerting.push()
            await seen(receiver, lambda: receiver.of("resolved", address=mark), "over")
            again.alerting._whole_at = float("-inf")
            await again.alerting.push()
            await flushed(receiver, manager)
        assert len(receiver.of("firing", address=mark)) == len(receiver.of("resolved", address=mark)) == 1


async def test_an_alertmanager_that_lost_its_memory_hears_what_fired_before_it_hears_that_it_is_over(
    told: tuple[Receiver, str], manager: Alertmanager, tmp_path: Path
) -> None:
    receiver, _ = told
    async with example(tmp_path / "stack", manager.url) as world:
        labels = names(world)
        (one,) = await broken(world, *labels)
        mark = one.address.finding_id(0)
        await world.engine.alerting.push()
        await seen(receiver, lambda: receiver.of("firing", address=mark), "firing")
        await asyncio.to_thread(manager.kill, forgetting=True)
        await put_back(world, labels)
        await world.engine.alerting.push()
        assert world.engine.alerting.failing_since is not None
        await asyncio.to_thread(manager.start)
        before = len(receiver.of("firing", address=mark))
        await world.engine.alerting.push()
        await seen(receiver, lambda: len(receiver.of("firing", address=mark)) > before, "firing once more")
        assert not receiver.of("resolved", address=mark)
        await minute(world, AGAIN)
        await seen(receiver, lambda: receiver.of("resolved", address=mark), "over")
        await minute(world)
        await flushed(receiver, manager)
        assert len(receiver.of("resolved", address=mark)) == 1


async def test_a_silence_is_read_back_and_keeps_quiet(
    told: tuple[Receiver, str], manager: Alertmanager, tmp_path: Path
) -> None:
    receiver, _ = told
    async with example(tmp_path / "stack", manager.url) as world:
        await asyncio.to_thread(
            manager.silence, "Release week, OPS-7", "martech-platform", 3600, stack="example", integration=CRM
        )
        (one,) = await broken(world, *names(world))
        await world.engine.alerting.push()
        await minute(world)
        (silence,) = world.engine.alerting.silences[one.id]
        assert (silence.by, silence.comment) == ("martech-platform", "Release week, OPS-7")
        assert abs(silence.until - time.time() - 3600) < 600
        (shown,) = (await views.detail(world.engine, one.id)).silenced
        assert shown.words.endswith(" by martech-platform: Release week, OPS-7") and shown.words.startswith("until ")
        await flushed(receiver, manager)
        assert not receiver.of(address=one.address.finding_id(0))


async def gauge(engine: Engine) -> float:
    (value,) = next(one for one in await gauges(engine) if one.name == "driftline_alert_push_success").values.values()
    return value


@pytest.mark.proof
async def test_an_alertmanager_that_is_away_is_said_once_and_gets_all_when_it_is_back(
    told: tuple[Receiver, str], manager: Alertmanager, tmp_path: Path
) -> None:
    """Of two, each gets every alert; the push works while one of them takes it."""
    _, where = told
    with alertmanager(tmp_path / "second", routes(where)) as second:
        async with example(tmp_path / "stack", manager.url, second.url) as world:
            assert await gauge(world.engine) == 0.0, "nothing was pushed yet"
            second.kill()
            with structlog.testing.capture_logs() as logs:
                (one,) = await broken(world, *names(world))
                mark = one.address.finding_id(0)
                await world.engine.alerting.push()
                await minute(world)
                assert await gauge(world.engine) == 1.0 and len(manager.alerts(address=mark)) == 1
                manager.kill()
                await minute(world)
                assert await gauge(world.engine) == 0.0 and world.engine.alerting.failing_since is not None
                await minute(world)
                assert len([said for said in logs if said["log_level"] == "error"]) == 2, "once for each"
                for each in (manager, second):
                    await asyncio.to_thread(each.start)
                    await minute(world)
                    assert len(each.alerts(address=mark)) == 1
                assert await gauge(world.engine) == 1.0 and world.engine.alerting.failing_since is None
                assert len([said for said in logs if said["event"] == "alerts are taken in again"]) == 2
            assert world.engine.alerting.pushes["failed"] >= 4 and world.engine.alerting.pushes["ok"] >= 4
