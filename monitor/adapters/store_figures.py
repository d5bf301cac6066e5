"""What figures are made of, counted by the database: durations as one list a week, and counts by the week.

A statement reads openings of the window alone, by an index, and gives a row a week at most; no event is read.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Integer, RowMapping, case, cast, func, or_, select

from monitor.core.figures import RESOLVED

from . import schema as t
from .store_reads import Reads

WEEK: Final = 7 * 86_400.0
_O: Final = t.opening.c
_ASKED: Final = (_O.root, ~_O.quiet)  # what people were asked, each cause once


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """Openings from `since` on and before `until`, which is so many weeks; empty parts mean any."""

    since: float
    until: float
    weeks: int = 1
    integration: str = ""
    kind: str = ""
    owner: str = ""

    def where(self, at: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        parts = ((_O.integration, self.integration), (_O.kind, self.kind), (_O.owner, self.owner))
        return [at >= self.since, at < self.until, *(column == value for column, value in parts if value)]

    def week(self, at: ColumnElement[Any]) -> Any:
        return func.min(cast((at - self.since) / WEEK, Integer), self.weeks - 1).label("week")  # an hour more in autumn


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
    "acknowledge": Measure(_O.opened_at, _FIRST, (*_ASKED, _FIRST.is_not(None))),
    "resolve": Measure(_O.opened_at, _O.closed_at, (*_ASKED, _O.closing.in_([str(one) for one in RESOLVED]))),
}


async def durations(reads: Reads, name: str, window: Window) -> dict[int, list[float]]:
    """By week of the window, from 0 on."""
    one = MEASURES[name]
    week = window.week(one.end)
    took = func.json_group_array(one.end - one.start).label("took")
    query = select(week, took).where(*window.where(one.end), *one.where, one.start.is_not(None)).group_by(week)
    return {int(row["week"]): msgspec.json.decode(row["took"], type=list[float]) for row in await reads._all(query)}


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


async def began(reads: Reads, window: Window) -> dict[tuple[int, str], int]:
    """How many findings that wait for a first answer came, by week and owner."""
    week = window.week(_O.opened_at)
    asks = or_(_O.source == "drift", _O.level > 1)
    query = select(week, _O.owner, func.count().label("n")).where(*window.where(_O.opened_at), *_ASKED, asks)
    rows = await reads._all(query.group_by(week, _O.owner))
    return {(int(row["week"]), row["owner"]): int(row["n"]) for row in rows}


async def open_at(reads: Reads, window: Window, weeks: int) -> list[int]:
    """How many were open at the beginning of the window, and at the end of each of its weeks."""
    ends = msgspec.structs.replace(window, since=0.0).where(_O.opened_at)[1:]
    there = select(func.count().label("n")).where(
        *ends, *_ASKED, _O.opened_at < window.since, or_(_O.closed_at.is_(None), _O.closed_at >= window.since)
    )
    row = await reads._one(there)
    counts = [int(row["n"]) if row else 0]
    came, went = await _weekly(reads, window, _O.opened_at), await _weekly(reads, window, _O.closed_at)
    for week in range(weeks):
        counts.append(counts[-1] + came.get(week, 0) - went.get(week, 0))
    return counts


async def _weekly(reads: Reads, window: Window, at: ColumnElement[Any]) -> dict[int, int]:
    week = window.week(at)
    query = select(week, func.count().label("n")).where(*window.where(at), *_ASKED).group_by(week)
    return {int(row["week"]): int(row["n"]) for row in await reads._all(query)}


async def unresolved(reads: Reads, window: Window) -> dict[str, int]:
    """How many ended otherwise than by agreement or approval, by how; and `policy`: without anybody being asked."""
    c = case((_O.quiet, "policy"), else_=_O.closing).label("how")
    query = select(c, func.count().label("n")).where(*window.where(_O.closed_at), _O.root).group_by(c)
    rows = await reads._all(query)
    return {row["how"]: int(row["n"]) for row in rows if row["how"] not in [str(one) for one in RESOLVED]}


async def approved(reads: Reads) -> dict[tuple[str, str, str], tuple[bool, int]]:
    """By integration, kind and scope: whether all of it was approved, and of how many of its things something was."""
    c = t.origin.c
    whole = func.max(case((c.key == "", 1), else_=0)).label("whole")
    some = func.count(func.distinct(case((c.key != "", c.key)))).label("some")
    query = select(c.integration, c.kind, c.scope, whole, some).where(c.how != "captured")
    rows = await reads._all(query.group_by(c.integration, c.kind, c.scope))
    return {(r["integration"], r["kind"], r["scope"]): (bool(r["whole"]), int(r["some"])) for r in rows}
