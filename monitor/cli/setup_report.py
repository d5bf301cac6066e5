"""driftline report: --first-look says what is already wrong, before anything drifts; --weekly and --monthly look back,
to send on. In the terminal or as one HTML file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import app
from .desk import configured, desk
from .options import HERE, Folder, Json, wait
from .out import Stop, as_json, level, many, note, say, show, text
from .recap import looked_back

if TYPE_CHECKING:
    from monitor.engine.shapes import FirstLook, Overview

SHOWN = 25  # lines of one section in the terminal


@app.command()
def report(
    first_look: Annotated[bool, typer.Option("--first-look", help="What already stands out.")] = False,
    weekly: Annotated[bool, typer.Option("--weekly", help="The last seven days in review, as Markdown.")] = False,
    monthly: Annotated[bool, typer.Option("--monthly", help="The last month in review, as Markdown.")] = False,
    until: Annotated[str, typer.Option(metavar="DAY", help="The review's last day, as 2026-01-31; else today.")] = "",
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write one self-contained HTML file.")] = None,
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """Say what is already wrong, of what was read last; or look back: what was caught, how fast, what is left."""
    if first_look + weekly + monthly != 1:
        raise Stop("say which report: one of --first-look, --weekly and --monthly")
    if until and first_look:
        raise Stop("--until is for --weekly and --monthly: a first look is of what was read last")
    if html is not None and html.is_dir():
        raise Stop(f"--html: {html} is a folder; name a file")
    view, page, shown = _first_look(stack) if first_look else looked_back("week" if weekly else "month", until, stack)
    if html is not None:
        _write(html, page())
        if not json:
            note(f"{html} is written")
    if json:
        as_json(view)
    elif html is None:
        shown()


def _first_look(stack: Path) -> tuple[FirstLook, Callable[[], str], Callable[[], None]]:
    name = configured(stack).stack

    async def work() -> tuple[FirstLook, Overview]:
        async with desk(stack) as at:
            return await at.first_look(), await at.overview()

    view, overview = wait(work())
    if not any(system.read_at for system in overview.systems):
        raise Stop("nothing was read yet; driftline poll, driftline capture or driftline serve reads")

    def page() -> str:
        from monitor.setup.firstpage import page

        return page(name, view, overview.systems)

    return view, page, lambda: _show(name, view)


def _show(name: str, view: FirstLook) -> None:
    from .out import stamp

    show(text((f"First look at {name}", "bold"), f", {stamp(view.at)}"))
    if not view.lines:
        say("Nothing stands out in what could be read.")
    for section in view.sections:
        lines = [line for line in view.lines if line.section == section]
        if not lines:
            continue
        show(text(""), text((section, "bold"), f"  {len(lines)}"))
        for line in lines[:SHOWN]:
            word, style = level(line.level)
            show(text("  ", (word.split()[0], style), f" {line.words}"),
                 text((f"      {line.integration} › {line.where}", "dim"),
                      (f"  → {line.action}" if line.action else "", "dim")))  # fmt: skip
        if len(lines) > SHOWN:
            say(f"  … and {len(lines) - SHOWN} more; --html and --json have all")
    if view.unread:
        note(f"driftline: no facts are kept yet of {many(len(view.unread), 'scope')}")


def _write(path: Path, content: str) -> None:
    """Whole or not at all; an older file of that name is replaced."""
    try:
        handle, aside = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(content)
            Path(aside).chmod(0o644)
            Path(aside).replace(path)
        except BaseException:
            Path(aside).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise Stop(f"--html: {path} cannot be written: {error.strerror}") from error
