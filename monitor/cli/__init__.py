"""The terminal: `driftline <command>`. One thin function per command; what they share stands in out.py and desk.py."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from .out import FINE, INTERRUPTED, USAGE, Stop, note, told
from .text import seen

app = typer.Typer(
    name="driftline",
    help="Watches the systems of a marketing stack for drift from approved, versioned baselines.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        from .out import say

        say(f"driftline {version('driftline')}")
        raise typer.Exit(FINE)


@app.callback()
def driftline(
    version: Annotated[
        bool, typer.Option("--version", help="Say which release this is.", is_eager=True, callback=_version)
    ] = False,
    vendors: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", envvar="DRIFTLINE_VENDORS", help="A folder of vendor files of your own; its code is run."
        ),
    ] = None,
) -> None:
    """Options of no command."""
    if vendors is not None:
        from probes.kit.registry import look_in

        try:
            look_in(vendors)
        except NotADirectoryError as error:
            raise Stop(f"--vendors: {error}") from error


_USAGE: Any = typer.BadParameter.__bases__[0]  # click's UsageError, wherever this release of typer keeps it
DEBUG = "DRIFTLINE_DEBUG"
COMMANDS = (  # modules whose commands register themselves
    "setup", "setup_authorize", "setup_doctor", "setup_report", "service", "drift", "ledger", "history",
    "standing", "planning", "ignoring", "decisions", "waiting", "approving", "describe", "flows", "catalogue", "admin",
    "audit", "figures", "asking", "attesting", "trying", "new_vendor", "keeping", "notifying", "drilling", "debugging",
)  # fmt: skip


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a narrow encoding shows escapes, it does not fail
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """One command. Returns the exit code: 0 fine, 1 drift at or above --fail-on, a trail that is not whole, or a
    mismatch of `try`, 2 usage or configuration, 3 coverage not complete with --strict, 130 interrupted. Nothing but
    these, whatever happens: 1 means drift to a pipeline."""
    try:
        for name in COMMANDS:
            import_module(f"{__name__}.{name}")
        return app(list(arguments), prog_name="driftline", standalone_mode=False) or FINE
    except Stop as stop:
        return told(stop)
    except _USAGE as error:
        return _misused(error)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        note(f"driftline: this failed unforeseen: {type(error).__name__}: {seen(error)} ({DEBUG}=1 shows where)")
        return USAGE


def _misused(error: Any) -> int:
    """What is wrong with the command line in one sentence, or the help where nothing was asked."""
    context, words = error.ctx, error.format_message().strip()
    if "\n" in words:
        note(words)
        return USAGE
    path = context.command_path if context is not None else "driftline"
    note(f"{path}: {seen(words).rstrip('.')} (see {path} --help)")
    return USAGE
