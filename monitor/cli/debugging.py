"""driftline debug bundle: one file for a bug report, that can be shown to anybody."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import app
from .desk import config_folder
from .options import HERE, Folder, Json, wait
from .out import Stop, as_json, note, say
from .served import runs, served

if TYPE_CHECKING:
    from monitor.engine.bundle import Bundle

debug_app = typer.Typer(help="For whoever looks for a mistake of Driftline's own.", no_args_is_help=True)
app.add_typer(debug_app, name="debug")


@debug_app.callback()
def debug() -> None:
    """For whoever looks for a mistake of Driftline's own."""


@debug_app.command("bundle")
def bundle(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="driftline-debug-DAY-TIME.tar.gz here, where none is named.")
    ] = None,
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """Write one file for a bug report: versions, the configuration's form, the newest log lines, how integrations, jobs
    and leases stand, sizes of tables, metrics, and where each task stands. No secret, no value, no name is in it."""
    from monitor.adapters.archive import pack

    at = time.time()
    named = datetime.fromtimestamp(at, UTC).strftime("driftline-debug-%Y%m%d-%H%M%S.tar.gz")
    target = file or Path(named)
    made = _made(stack)
    try:
        pack({name: text.encode() for name, text in made.files.items()}, target)
    except OSError as error:
        raise Stop(f"{target}: nothing was written: {error.strerror or error}") from error
    if json:
        as_json({"file": str(target), "parts": sorted(made.files)})
        return
    say(f"{target} has {', '.join(sorted(made.files))}.")
    note("Names of integrations and teams are marks, texts are lengths. Look through it before you send it on.")


async def _running(stack: Path) -> Bundle:
    from monitor.engine.bundle import Bundle

    async with served(stack) as at:
        return await at.get("debug", Bundle)


def _made(stack: Path) -> Bundle:
    """Of the daemon, where one runs; else what the files say: of a stack that does not start, that is what there is."""
    from monitor.config import ConfigError, load
    from monitor.engine.bundle import without

    folder = config_folder(stack)
    try:
        state = load(folder).state
    except ConfigError:
        state = folder.absolute().parent / "var"  # as it is where nobody says otherwise
        try:
            return wait(_running(stack))
        except Stop as stop:
            note(f"driftline: {len(stop.problems)} mistakes in {folder}, so only what the files say is in it")
            return without(folder, state)
    if runs(stack):
        return wait(_running(stack))
    note("driftline: no daemon runs, so the log, the metrics and how it stands are not in it")
    return without(folder, state)
