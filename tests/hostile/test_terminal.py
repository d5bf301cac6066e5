"""Every command that tells of something, as a person gives it, through the API of a stack of hostile names."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
import pytest_asyncio
from rich.console import Console

from monitor import cli
from monitor.adapters import described
from monitor.cli.page import page as terminal_page
from monitor.daemon import listen, serve_http
from monitor.engine import views

from . import held, house
from .conftest import Hostile, in_a_terminal
from .corpus import LABELS, MARK

pytestmark = pytest.mark.asyncio(loop_scope="package")
DAYS = ("--from", "2026-01-01", "--to", "2027-01-01")
LOOK: dict[str, tuple[tuple[str, ...], ...]] = {  # what each command is asked; {id} is a finding
    "findings": ((), ("--json",)),
    "show": (("{id}",), ("{id}", "--json")),
    "diff": (("--kind", "schema"), ("--kind", "schema", "--json")),
    "events": ((), ("--json",)),
    "coverage": ((), ("--json",), ("--integration", house.NAME)),
    "history": (("{id}",),),
    "decisions": ((), ("--json",)),
    "ignores": ((), ("--json",)),
    "flows": ((), ("--json",)),
    "flows propose": ((), ("--json",)),
    "catalogue": ((MARK,), (MARK, "--json")),
    "figures": ((), ("--json",)),
    "waiting": ((), ("--json",)),
    "standing list": ((), ("--json",)),
    "standing digest": ((),),
    "planned list": ((), ("--json",)),
    "planned show": (("{plan}",), ("{plan}", "--json")),
    "describe list": ((), ("--json",)),
    "describe show": (("flows", "{flow}"),),
    "audit report": ((*DAYS, "--format", "csv"), (*DAYS, "--format", "json"), (*DAYS, "--format", "html")),
    "audit verify": ((), ("--json",)),
    "report": (("--first-look",), ("--first-look", "--json"), ("--weekly",), ("--monthly", "--json")),
    "ask": (("{id}",), ("{id}", "--json")),
    "doctor": ((house.NAME,), (house.NAME, "--json")),
}
ELSEWHERE = {
    "check-baselines": "test_git has it",
    "rules": "words of ours", "vendors": "words of ours", "check": "tells of files that people wrote here",
    "try": "test_trying has it",
    "token list": "names are held to letters and digits",
    "debug": "test_bundle has it", "debug bundle": "test_bundle has it",
}  # fmt: skip
DOES = frozenset({  # changes something, and says in words of `decisions` what
    "acknowledge", "approve", "assign", "attest", "authorize", "backup", "capture", "comment", "confirm", "correct",
    "decline", "demo", "demo break", "demo stack", "demo undo", "demo vendors", "describe end", "describe write",
    "drill", "forget", "ignore", "init", "new-stack", "new-vendor", "notify test", "planned",
    "planned add", "planned close", "planned withdraw", "poll", "recapture", "reject", "release", "reload", "restore",
    "serve", "standing add", "standing end", "token create", "token link", "token new-key", "token revoke", "undo",
    "unignore", "withdraw",
})  # fmt: skip


def commands(app: Any, before: tuple[str, ...] = ()) -> Iterator[str]:
    for one in app.registered_commands:
        yield " ".join((*before, one.name or one.callback.__name__.strip("_").replace("_", "-")))
    for group in app.registered_groups:
        inside = group.typer_instance
        if inside.registered_callback is not None:
            yield " ".join((*before, group.name or inside.info.name))
        yield from commands(inside, (*before, group.name or inside.info.name))


async def test_every_command_is_in_one_of_the_tables() -> None:
    for name in cli.COMMANDS:
        import_module(f"monitor.cli.{name}")
    assert set(commands(cli.app)) == {*LOOK, *ELSEWHERE, *DOES}


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def daemon(world: Hostile) -> AsyncIterator[Hostile]:
    """The API on the address that a command looks for."""
    stopping = asyncio.Event()
    own = listen(world.engine.config.service.server.listen)
    task = asyncio.create_task(serve_http(world.app, own, stopping))
    yield world
    stopping.set()
    await task
    own.close()


@pytest.mark.parametrize("command", LOOK)
async def test_every_command_that_tells_of_something_is_obeyed_by_no_terminal(
    command: str, daemon: Hostile, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = next(one.id for one in daemon.engine.baselines.announced if MARK in one.ticket)
    flow = next(id for folder, id in map(described.key, daemon.engine.described) if folder == described.FLOWS)
    fields = [one.id for one in daemon.open(source="drift", subject=house.NAME, kind="field")]
    for arguments in LOOK[command]:
        for id_ in fields[:3] if "{id}" in arguments and command != "ask" else fields[:1]:
            given = [part.format(id=id_, plan=plan, flow=flow) for part in arguments]
            code = await in_a_terminal(*command.split(), *given, "--stack", str(daemon.stack))
            said = capsys.readouterr()
            assert code in (0, 1, 3), (code, said.err[-600:])
            held.terminal(said.out.replace("\r\n", "\n") if "csv" in given else said.out)
            held.terminal(said.err)
            assert "\x1b" not in said.out
            if "--json" in given or "json" in given:
                held.as_json(said.out)
            elif "csv" in given:
                held.table(said.out)


async def test_what_a_watched_terminal_gets_has_our_colours_alone(world: Hostile) -> None:
    for id_ in list(world.engine.ledger.findings)[::9]:
        said = StringIO()
        console = Console(file=said, width=100, color_system="truecolor", force_terminal=True)
        console.print(*terminal_page(await views.detail(world.engine, id_), world.clock.now()), sep="\n")
        held.terminal(said.getvalue())


async def test_a_comparison_for_other_programs_says_nothing_else_to_them(
    daemon: Hostile, capsys: pytest.CaptureFixture[str]
) -> None:
    said = {}
    for form in ("markdown", "junit", "sarif"):
        await in_a_terminal("diff", "--format", form, "--kind", "schema", "--stack", str(daemon.stack))
        said[form] = capsys.readouterr().out
        held.terminal(said[form])
        assert MARK in said[form]
    held.markdown(said["markdown"], daemon.url)
    cases = Xml.fromstring(said["junit"]).iter("testcase")  # noqa: S314 - of what was made here
    assert sum(1 for _ in cases) >= len(LABELS)
    (run,) = json.loads(said["sarif"])["runs"]
    places = [at["physicalLocation"]["artifactLocation"]["uri"] for one in run["results"] for at in one["locations"]
              if "physicalLocation" in at]  # fmt: skip
    assert places
    for place in places:
        held.file_name(place)


async def test_the_first_look_is_one_page_without_anything_from_outside(
    daemon: Hostile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "look.html"
    assert await in_a_terminal("report", "--first-look", "--html", str(file), "--stack", str(daemon.stack)) == 0
    capsys.readouterr()
    held.html(file.read_text(), frozenset({"127.0.0.1"}))
