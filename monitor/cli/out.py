"""How the terminal speaks: tables where a person watches, plain lines when piped, JSON when asked; exit codes."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final, NoReturn

import msgspec
import typer

FINE: Final = 0
DRIFT: Final = 1  # drift at or above --fail-on
USAGE: Final = 2  # usage or configuration
BLIND: Final = 3  # coverage not complete, with --strict
INTERRUPTED: Final = 130


class Stop(Exception):
    """Ends a command: `problems` are sentences for standard error, `code` is the exit code."""

    def __init__(self, *problems: str, code: int = USAGE) -> None:
        super().__init__("; ".join(problems))
        self.problems, self.code = problems, code


def fail(stop: Stop) -> NoReturn:
    for problem in stop.problems:
        typer.echo(f"driftline: {problem}", err=True)
    raise typer.Exit(stop.code)


def as_json(value: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=2).decode() + "\n")


def watched() -> bool:
    """Whether a person watches standard output."""
    return sys.stdout.isatty()


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, empty: str) -> None:
    """Rows for people; tab-separated without a heading when piped, so that cut and awk work."""
    listed = [tuple(row) for row in rows]
    if not watched():
        for row in listed:
            typer.echo("\t".join(row))
        return
    if not listed:
        typer.echo(empty)
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        shown.add_column(column, overflow="fold")
    for row in listed:
        shown.add_row(*(Text(cell) for cell in row))
    Console().print(shown)


def ago(at: float | None, now: float | None = None) -> str:
    """A short age: 40 s, 14 m, 2 h, 3 d."""
    if at is None:
        return "never"
    passed = max(0.0, (time.time() if now is None else now) - at)
    for limit, unit, size in ((120.0, "s", 1.0), (7200.0, "m", 60.0), (172_800.0, "h", 3600.0)):
        if passed < limit:
            return f"{passed / size:.0f} {unit}"
    return f"{passed / 86_400.0:.0f} d"


def short(value: Any, width: int = 48) -> str:
    """A value on one line."""
    text = "–" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)
    return text if len(text) <= width else text[: width - 1] + "…"
