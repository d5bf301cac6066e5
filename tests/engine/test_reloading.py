"""Reloads and overrides in the trail: who, which, why; and what makes no entry."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from monitor.engine.opening import open_engine
from monitor.engine.reloading import FILE, reload
from monitor.engine.whence import WHENCE, Whence, whence

from .conftest import World, opened

OWN = {"rule": "field.*", "pattern": "salesforce-prod/field/Campaign/*", "level": "info", "reason": "Planned elsewhere"}


def rules(world: World, *overrides: dict[str, str]) -> None:
    (world.engine.config.folder / "rules.yaml").write_text(yaml.safe_dump({"overrides": list(overrides)}))


async def said(world: World) -> list[tuple[str, str, str, str, str]]:
    words = ("reload", "reload refused", "overrides changed")
    return [(row.who, row.via, row.what, row.says, row.why) for row in await world.trail() if row.what in words]


async def test_a_reload_names_the_overrides_that_came_and_went(world: World) -> None:
    rules(world, OWN)
    assert await reload(world.engine, "local:ops", "api") == ()
    rules(world)
    assert await reload(world.engine, "driftline", FILE) == ()
    assert await said(world) == [
        ("local:ops", "api", "reload", "the new configuration is in use", ""),
        ("local:ops", "api", "overrides changed", "field.* on salesforce-prod/field/Campaign/* is info from now on",
         "Planned elsewhere"),
        ("driftline", "file", "reload", "the new configuration is in use", ""),
        ("driftline", "file", "overrides changed", "field.* on salesforce-prod/field/Campaign/* is info no more", ""),
    ]  # fmt: skip


async def test_mistakes_are_entered_once_however_often_the_files_are_saved(world: World) -> None:
    (world.engine.config.folder / "rules.yaml").write_text("overrides: [{rule: 1}]\n")
    for via in (FILE, FILE, "signal"):
        problems = await reload(world.engine, "driftline", via)
        assert problems
    found = await said(world)
    assert [row[:3] for row in found] == [("driftline", via, "reload refused") for via in (FILE, "signal")]
    assert all("rules.yaml:1" in row[3] for row in found)


async def test_what_breaks_the_swap_is_a_refusal_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def swap(_: object) -> None:
        raise LookupError("no such vendor file")

    monkeypatch.setattr(world.engine.reloader, "_swap", swap)
    rules(world, OWN)
    with pytest.raises(LookupError):
        await reload(world.engine, "driftline", FILE)
    assert await said(world) == [("driftline", "file", "reload refused", "no such vendor file", "")]


async def test_files_that_say_the_same_make_an_entry_only_for_who_asked(world: World) -> None:
    for by, via in (("driftline", FILE), ("ops", "api")):
        assert await reload(world.engine, by, via) == ()
    assert await said(world) == [("ops", "api", "reload", "the files say the same as before", "")]


async def test_overrides_that_changed_while_nothing_ran_are_entered_at_the_start(tmp_path: Path) -> None:
    async with opened(tmp_path) as world:
        config, clock = world.engine.config, world.clock
        rules(world, OWN)
        changed = world.stage.config
    from monitor.config import load

    changed = load(config.folder)
    for _ in range(2):
        async with open_engine(changed, clock) as engine:
            entries = [entry for entry in await engine.store.trail() if entry.what == "overrides changed"]
            assert [(entry.who, entry.data["via"]) for entry in entries] == [("driftline", "start")]
            assert entries[0].data["added"] == [OWN]


def test_from_where_is_said_for_a_request_and_for_a_terminal_alone() -> None:
    assert whence() == {} and whence("driftline") == {}
    assert whence("local:ops") == {"via": "terminal"}
    assert whence("local:ops", "page") == {"via": "page"}
    before = WHENCE.set(Whence("api", "10.0.0.7"))
    try:
        assert whence("ops") == {"via": "api", "peer": "10.0.0.7"}
        assert whence("ops", "page")["via"] == "page"
    finally:
        WHENCE.reset(before)
