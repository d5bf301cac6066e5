"""The terminal: `driftline <command>`. One thin function per command; what they share stands in out.py and desk.py."""

from __future__ import annotations

import sys

import typer

from .out import INTERRUPTED, Stop

app = typer.Typer(
    name="driftline",
    help="Watches the systems of a marketing stack for drift from approved, versioned baselines.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main() -> None:
    """Exit codes: 0 fine, 1 drift at or above --fail-on, 2 usage or configuration, 3 coverage not complete with
    --strict, 130 interrupted."""
    from . import service  # noqa: F401  commands register themselves

    try:
        app()
    except Stop as stop:
        for problem in stop.problems:
            typer.echo(f"driftline: {problem}", err=True)
        sys.exit(stop.code)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
