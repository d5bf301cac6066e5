"""Reload: whole or not at all, whoever asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from watchfiles import Change

from monitor.config import Config, load
from monitor.config.reload import Reloader, _Configuration, watch
from probes.kit.clock import ManualClock

from .stacks import FILES, stack

CRM = FILES["integrations/crm.yaml"]


class Swaps:
    def __init__(self) -> None:
        self.taken: list[Config] = []
        self.fault: Exception | None = None

    async def __call__(self, config: Config) -> None:
        if self.fault:
            raise self.fault
        self.taken.append(config)


def started(folder: Path) -> tuple[Reloader, Swaps, ManualClock]:
    swaps, clock = Swaps(), ManualClock()
    return Reloader(load(folder), swaps, clock), swaps, clock


async def test_a_valid_change_is_taken_up_whole(tmp_path: Path) -> None:
    folder = stack(tmp_path)
    reloader, swaps, clock = started(folder)
    clock.advance(60)
    (folder / "integrations" / "crm.yaml").write_text(CRM + "tier: 1\n")
    reloaded = await reloader.reload()
    assert (reloaded.ok, reloaded.changed, reloaded.at) == (True, True, clock.now())
    assert [config.integrations["crm"].tier for config in swaps.taken] == [1]
    assert reloader.current is swaps.taken[0]


async def test_an_invalid_change_leaves_the_old_configuration_and_is_told(tmp_path: Path) -> None:
    folder = stack(tmp_path)
    reloader, swaps, clock = started(folder)
    before, at = reloader.current, reloader.succeeded_at
    clock.advance(60)
    (folder / "integrations" / "crm.yaml").write_text(CRM + "tier: 9\n")
    reloaded = await reloader.reload()
    assert [(problem.path, problem.line) for problem in reloaded.problems] == [("tier", 8)]
    assert (reloader.last.ok, reloader.succeeded_at) == (False, at)
    assert (reloader.current, swaps.taken) == (before, [])
    (folder / "integrations" / "crm.yaml").write_text(CRM)
    assert (await reloader.reload()).ok
    assert reloader.succeeded_at == clock.now()


async def test_files_that_say_the_same_change_nothing(tmp_path: Path) -> None:
    folder = stack(tmp_path)
    reloader, swaps, _ = started(folder)
    (folder / "people.yaml").write_text("# who\n" + FILES["people.yaml"])
    reloaded = await reloader.reload()
    assert (reloaded.ok, reloaded.changed, swaps.taken) == (True, False, [])


async def test_a_swap_that_fails_is_raised_and_tried_again(tmp_path: Path) -> None:
    folder = stack(tmp_path)
    reloader, swaps, _ = started(folder)
    (folder / "integrations" / "crm.yaml").write_text(CRM + "tier: 1\n")
    swaps.fault = RuntimeError("the disk is full")
    with pytest.raises(RuntimeError, match="disk"):
        await reloader.reload()
    swaps.fault = None
    assert (await reloader.reload()).changed


async def test_reloads_that_are_asked_for_together_come_one_after_the_other(tmp_path: Path) -> None:
    folder = stack(tmp_path)
    reloader, swaps, _ = started(folder)
    (folder / "integrations" / "crm.yaml").write_text(CRM + "tier: 1\n")
    results = await asyncio.gather(*(reloader.reload() for _ in range(5)))
    assert sorted(result.changed for result in results) == [False, False, False, False, True]
    assert len(swaps.taken) == 1


async def test_a_changed_file_is_noticed(tmp_path: Path) -> None:
    folder = stack(tmp_path)
    changed, stop = asyncio.Event(), asyncio.Event()

    async def notice() -> None:
        changed.set()

    watching = asyncio.create_task(watch(folder, notice, stop))
    try:
        async with asyncio.timeout(20):
            while not changed.is_set():  # the watcher says nothing when it is ready, so write until it hears
                (folder / "integrations" / "erp.yaml").write_text("vendor: x\n")
                await asyncio.wait([asyncio.create_task(changed.wait())], timeout=0.5)
        assert changed.is_set()
    finally:
        stop.set()
        await asyncio.wait_for(watching, 20)


async def test_what_changed_before_anybody_watched_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    found: list[set[tuple[Change, str]]] = [set(), set(), {(Change.modified, "/stack/config/flows.yaml")}, set()]

    async def seen(*_: object, **__: object) -> AsyncIterator[set[tuple[Change, str]]]:
        for number, changes in enumerate(found):
            told.append(f"look {number}")
            yield changes

    async def notice() -> None:
        told.append("reload")

    monkeypatch.setattr("monitor.config.reload.awatch", seen)
    await watch(Path("/stack/config"), notice, asyncio.Event())
    assert told == ["look 0", "reload", "look 1", "look 2", "reload", "look 3"]


def test_only_yaml_and_the_swapped_link_of_a_volume_count_as_changes() -> None:
    counts = _Configuration()
    assert counts(Change.modified, "/stack/config/flows.yaml") and counts(Change.added, "/stack/config/..data")
    assert not counts(Change.modified, "/stack/config/README.md")
    assert not counts(Change.modified, "/stack/config/schemas/flows.json")
