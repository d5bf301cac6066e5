"""Options that several commands share, and how their values are read: what does not fit is said in one sentence."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Coroutine, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer

from .out import BLIND, DRIFT, FINE, Stop, many, note

T = TypeVar("T")
LEVELS: Final = ("info", "warning", "breaking")
STANDS: Final = ("open", "suspected", "held", "ignored", "closed", "all")
HERE: Final = Path()

Folder = Annotated[
    Path, typer.Option("--stack", help="The stack's folder, with config/ in it.", envvar="DRIFTLINE_STACK")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document instead of text.")]
FailOn = Annotated[
    str, typer.Option(metavar="|".join(LEVELS), help="Exit 1 when drift at or above this level is open.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit 3 when anything watched was not read completely.")]
Integration = Annotated[str, typer.Option("--integration", "-i", metavar="NAME", help="This integration alone.")]
OfKind = Annotated[
    str, typer.Option("--kind", metavar="KIND", help="This kind alone: field, permission, schema, sync and so on.")
]
Level = Annotated[str, typer.Option(metavar="|".join(LEVELS), help="This level alone.")]
Owner = Annotated[str, typer.Option(metavar="TEAM", help="What this team has to decide.")]
Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of findings; a unique beginning is enough.")]


def wait(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def one_of(option: str, value: str, known: Iterable[str]) -> str:
    """The value, or "" where none was given. Raises Stop naming what there is."""
    known = list(known)
    if value and value not in known:
        raise Stop(f"{option}: expected one of {', '.join(known) or '(there are none)'}, found {value!r}")
    return value


def kind(value: str) -> str:
    from probes.kit.contract import Kind as Kinds

    return one_of("--kind", value, (str(one) for one in Kinds))


def finding(text: str) -> str:
    """An id, or the beginning of one. Raises Stop."""
    plain = text.strip().lstrip("#").lower()
    if not re.fullmatch(r"[0-9a-f]{1,10}", plain):
        raise Stop(f"{text!r} is no id of a finding: expected up to 10 of 0-9 and a-f; `driftline findings` lists them")
    return plain


def duration(option: str, text: str) -> float:
    """Seconds. Raises Stop."""
    from monitor.config.types import seconds

    try:
        return seconds(text)
    except Exception as error:
        raise Stop(f"{option}: expected {error}, found {text!r}") from error


def until(option: str, text: str, now: float | None = None) -> float | str:
    """A day as it is written, whose end is the stack's to say, or so long from now in epoch seconds. Raises Stop for
    what is past everywhere, or no time at all."""
    now = time.time() if now is None else now
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        try:
            end = datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() + 36 * 3600.0
        except ValueError as error:
            raise Stop(f"{option}: {text!r} is not in the calendar ({error})") from error
    elif re.fullmatch(r"(?=.)(\d+d)?(\d+h)?(\d+m)?", text):
        end = now + duration(option, text)
    else:
        raise Stop(f"{option}: expected a day such as 2026-12-31 or a duration such as 30d, found {text!r}")
    if end <= now:
        raise Stop(f"{option}: {text} is past already; name a day that is still to come")
    return text if "-" in text else end


def verdict(levels: Iterable[str], blind: int, *, fail_on: str, strict: bool) -> int:
    """The exit code: drift at or above `fail_on` before incomplete coverage. Says on standard error why it is not 0."""
    bad = [word for word in levels if fail_on and LEVELS.index(word) >= LEVELS.index(fail_on)]
    if bad:
        note(f"driftline: {many(len(bad), 'drift')} at or above {fail_on}")
        return DRIFT
    if strict and blind:
        note(f"driftline: {many(blind, 'read')} not complete, so no drift seen there means nothing")
        return BLIND
    return FINE
