"""How the terminal speaks: laid out and coloured where a person watches, plain when piped, JSON when asked; exit codes.

Everything printed is at most 100 columns wide, whoever reads it.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn

import msgspec
import typer

from monitor.core.visible import escaped

from .text import seen

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

FINE: Final = 0
DRIFT: Final = 1  # drift at or above --fail-on
USAGE: Final = 2  # usage or configuration
BLIND: Final = 3  # coverage not complete, with --strict
INTERRUPTED: Final = 130
WIDTH: Final = 100
SHAPES: Final = {"breaking": "✕", "warning": "◆", "info": "•", "blind": "○"}
STYLES: Final = {"breaking": "bold red", "warning": "yellow", "info": "cyan", "blind": "magenta"}
_UNITS: Final[tuple[tuple[int, str], ...]] = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))


class Stop(Exception):
    """Ends a command: `problems` are sentences for standard error, `code` is the exit code."""

    def __init__(self, *problems: str, code: int = USAGE) -> None:
        super().__init__("; ".join(problems))
        self.problems, self.code = problems, code


def fail(stop: Stop) -> NoReturn:
    told(stop)
    raise typer.Exit(stop.code)


def told(stop: Stop) -> int:
    """Says what stopped a command, on standard error. Returns its exit code."""
    for problem in stop.problems:
        note(f"driftline: {seen(problem)}")
    return stop.code


def emit(text: str) -> None:
    """Text on standard output. A reader that went away (`| head`) takes no more, and changes no exit code."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(text: str = "") -> None:
    emit(f"{text}\n")


def note(text: str) -> None:
    """A line beside the answer, on standard error."""
    typer.echo(text, err=True)


def as_json(value: Any) -> None:
    """One JSON document on standard output."""
    emit(escaped(msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=2).decode()) + "\n")


def watched() -> bool:
    """Whether a person watches standard output."""
    return sys.stdout.isatty()


def show(*things: RenderableType) -> None:
    """Prints what was laid out with Rich; without colour or trailing blanks when piped."""
    emit(laid_out(*things, colour=watched()))


def laid_out(*things: RenderableType, colour: bool) -> str:
    """Plain strings are printed as they are, never folded: an address must stay whole to be copied."""
    from io import StringIO

    from rich.console import Console

    page = StringIO()
    columns = min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns) if colour else WIDTH
    console = Console(file=page, force_terminal=colour, width=columns, highlight=False, markup=False, emoji=False)
    for thing in things:
        console.print(thing, soft_wrap=isinstance(thing, str))
    lines = page.getvalue().splitlines()
    return "".join(f"{line if colour else line.rstrip()}\n" for line in lines)


def text(*parts: str | tuple[str, str]) -> Text:
    """A line of parts, each plain or with a style. Every part goes through `seen`."""
    from rich.text import Text

    line = Text()
    for part in parts:
        words, style = (part, "") if isinstance(part, str) else part
        line.append(seen(words), style=style or None)
    return line


def level(word: str) -> tuple[str, str]:
    """A level as its shape and word, with its style."""
    return f"{SHAPES.get(word, '•')} {word}", STYLES.get(word, "")


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, empty: str) -> None:
    """Rows for people; tab-separated without a heading when piped, so that cut and awk work."""
    listed = [tuple(seen(cell) for cell in row) for row in rows]
    if not watched():
        for row in listed:
            say("\t".join(row))
        return
    if not listed:
        say(empty)
        return
    from rich import box
    from rich.table import Table

    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        shown.add_column(column, overflow="fold")
    for row in listed:
        shown.add_row(*(text(cell) for cell in row))
    show(shown)


def ago(at: float | None, now: float | None = None) -> str:
    """A short age, as the pages say it: 40 s, 14 m, 2 h, 3 d."""
    return "never" if at is None else span(max(0.0, (time.time() if now is None else now) - at))


def span(seconds: float) -> str:
    size, letter = next(unit for unit in _UNITS if seconds >= unit[0] or unit[0] == 1)
    return f"{int(seconds // size)} {letter}"


def stamp(at: float | None) -> str:
    return "" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def day(at: float | None) -> str:
    return "" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


def many(count: int, one: str, more: str = "") -> str:
    return f"{count} {one if count == 1 else more or one + 's'}"


def short(value: Any, width: int = 48) -> str:
    """A value on one line."""
    said = "–" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    said = seen(said)
    return said if len(said) <= width else said[: width - 1] + "…"


def waits(uuid: str) -> str:
    """What is said of a decision that takes two people."""
    return f"it waits for a second person: somebody else says `driftline confirm {uuid}`, or confirms it on the pages."
