"""What the fragment of one finding needs, on whatever page it stands."""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

import msgspec
from starlette.requests import Request

from monitor.engine.diff import DiffRow
from monitor.engine.pushes import status
from monitor.engine.request import Decided, as_decided
from monitor.engine.shapes import Detail

from .common import engine_of, number

EFFECTS: Final = 20  # shown under their cause; all of them have an address
LINES: Final = 60  # of a diff, before somebody asks for all
BEFORE: Final = 6  # of them ahead of what the finding is about, so that it is in sight without scrolling
ALL_LINES: Final = 1000  # of a diff on one page, when they do
CHARACTERS: Final = 2000  # of one line


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """What a person wrote into a form that was refused, so that it stands there again."""

    kind: str = ""
    reason: str = ""
    ticket: str = ""
    until: str = ""
    assignee: str = ""
    owner: str = ""
    pattern: str = ""
    correction: str = ""


class Lines(msgspec.Struct, frozen=True):
    """The part of a diff that is shown, of `total` lines from line `first` (1) on; `page` of all, 0 for the folded."""

    rows: tuple[DiffRow, ...]
    total: int
    first: int
    page: int

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1


def deciding(request: Request, view: Detail, *, queue: str = "", typed: Typed | None = None) -> dict[str, Any]:
    """`queue` is the query of the review queue to go back to after a decision."""
    page = number(request, "lines", 1, 100_000) if request.query_params.get("lines") else 0
    return {
        "row": view.row,
        "lines": lines(view.diff, page),
        "effects": view.children[:EFFECTS],
        "uuid": uuid4().hex,
        "teams": sorted(engine_of(request).config.people.teams),
        "queue": queue,
        "typed": typed or Typed(),
        "vendor": status(engine_of(request), view.row.integration),
        "flows": frozenset(flow.id for flow in engine_of(request).config.flows),
    }


async def decided(request: Request) -> Decided | None:
    """The decision that was just made, as the address names it; None where it names none."""
    uuid = request.query_params.get("decided", "")
    row = await engine_of(request).store.decision(uuid) if uuid else None
    return as_decided(row) if row is not None else None


def lines(rows: tuple[DiffRow, ...], page: int) -> Lines:
    """Around the first line that the finding is about, or the first difference; or a page of all of them."""
    if page:
        first = min((page - 1) * ALL_LINES, max(0, len(rows) - 1) // ALL_LINES * ALL_LINES)
        return Lines(_clipped(rows[first : first + ALL_LINES]), len(rows), first + 1, first // ALL_LINES + 1)
    if len(rows) <= LINES:
        return Lines(_clipped(rows), len(rows), 1, 0)
    hits = (i for i, row in enumerate(rows) if row.hit)
    about = next(hits, next((i for i, row in enumerate(rows) if row.sign not in "=…"), 0))
    first = max(0, about - BEFORE)
    return Lines(_clipped(rows[first : first + LINES]), len(rows), first + 1, 0)


def _clipped(rows: tuple[DiffRow, ...]) -> tuple[DiffRow, ...]:
    """Long values as their beginning: where two begin alike, as what surrounds the first difference."""
    return tuple(_clip(row) if max(len(row.before), len(row.after)) > CHARACTERS else row for row in rows)


def _clip(row: DiffRow) -> DiffRow:
    pairs = enumerate(zip(row.before, row.after, strict=False))
    differs = next((i for i, (a, b) in pairs if a != b), min(len(row.before), len(row.after)))
    start = max(0, differs - CHARACTERS // 4) if row.sign == "~" else 0
    before, after = (_part(text, start) for text in (row.before, row.after))
    return DiffRow(row.sign, before, after, row.hit)


def _part(text: str, start: int) -> str:
    end = start + CHARACTERS
    head = f"… {start} characters before … " if start and text else ""
    tail = f" … {len(text) - end} more characters" if len(text) > end else ""
    return f"{head}{text[start:end]}{tail}"
