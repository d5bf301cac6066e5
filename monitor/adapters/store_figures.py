"""What figures are made of, counted by the database, of openings alone: no event is read. Counts by the day are in
store_past.py."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, RowMapping, case, func, or_, select

from monitor.core.figures import RESOLVED

from . import schema as t
from .store_reads import Reads

_O: Final = t.opening.c
ASKED: Final = (_O.root, ~_O.quiet)  # what people were asked, each cause once


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """Openings from `since` on and before `until`, which is so many weeks; empty parts mean any."""

    since: float
    until: float
    weeks: int = 1
    integration: str = ""
    kind: str = ""
    owner: str = ""

    def of(self) -> list[ColumnElement[bool]]:
        parts = ((_O.integration, self.integration), (_O.kind, self.kind), (_O.owner, self.owner))
        return [column == value for column, value in parts if value]

    def where(self, at: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        return [at >= self.since, at < self.until, *self.of()]


class Measure(msgspec.Struct, frozen=True):
    """A duration, from one column to another, that counts where `where` holds, at the time at which it ended."""

    start: ColumnElement[Any]
    end: ColumnElement[Any]
    where: tuple[ColumnElement[bool], ...]


_FIRST: Final = case((_O.answered_at.is_not(None), _O.answered_at), (_O.closing == "approved", _O.closed_at))
_TOLD: Final = (_O.changed_at <= _O.opened_at) & or_(_O.since.is_(None), _O.changed_at >= _O.since)
MEASURES: Final = {
    "detect": Measure(_O.changed_at, _O.opened_at, (_O.root, _TOLD)),
    "detect_within": Measure(_O.since, _O.opened_at, (_O.root, _O.source == "drift", func.coalesce(~_TOLD, True))),
    "acknowledge": Measure(_O.opened_at, _FIRST, (*ASKED, _FIRST.is_not(None))),
    "resolve": Measure(_O.opened_at, _O.closed_at, (*ASKED, _O.closing.in_([str(one) for one in RESOLVED]))),
}


async def durations(reads: Reads, name: str, window: Window) -> list[float]:
    one = MEASURES[name]
    query = select(func.json_group_array(one.end - one.start).label("took"))
    row = await reads._one(query.where(*window.where(one.end), *one.where, one.start.is_not(None)))
    return msgspec.json.decode(row["took"], type=list[float]) if row else []


async def measured(
    reads: Reads, name: str, window: Window, before: tuple[float, str] | None, limit: int
) -> list[RowMapping]:
    """The openings that a figure counts, newest first: finding, `at` when it ended, `took`, closing. `before`: (at,
    finding) of the last one that was shown."""
    one = MEASURES[name]
    query = select(_O.finding, one.end.label("at"), (one.end - one.start).label("took"), _O.closing, _O.integration)
    query = query.where(*window.where(one.end), *one.where, one.start.is_not(None))
    if before is not None:
        query = query.where(one.end <= before[0], or_(one.end < before[0], _O.finding < before[1]))
    return list(await reads._all(query.order_by(one.end.desc(), _O.finding.desc()).limit(limit)))


async def approved(reads: Reads) -> dict[tuple[str, str, str], tuple[bool, int]]:
    """By integration, kind and scope: whether all of it was approved, and of how many of its things something was."""
    c = t.origin.c
    whole = func.max(case((c.key == "", 1), else_=0)).label("whole")
    some = func.count(func.distinct(case((c.key != "", c.key)))).label("some")
    query = select(c.integration, c.kind, c.scope, whole, some).where(c.how != "captured")
    rows = await reads._all(query.group_by(c.integration, c.kind, c.scope))
    return {(r["integration"], r["kind"], r["scope"]): (bool(r["whole"]), int(r["some"])) for r in rows}
