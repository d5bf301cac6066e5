"""What figures count, by the day; of openings that are over, once.

An opening that ended never changes again. So those that ended a day ago or earlier are counted once in the life of a
process and kept in memory, by the day; a figure asks the store for the rest alone: what is open, and what ended since.
A window of a year then costs about the same after a year as after a week.
"""

from __future__ import annotations

import asyncio
from array import array
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Integer, case, cast, func, or_, select

from monitor.core.figures import RESOLVED

from . import schema as t
from .store_figures import ASKED, MEASURES, Window, approved
from .store_reads import Reads

DAY: Final = 86_400.0
WEEK: Final = 7
LATE: Final = DAY  # nothing is stored as ended so long ago
STEP: Final = 3_600.0  # what ended since is taken up so often
FILTERS: Final = 4  # of which counts are kept: those that were asked for last
_O: Final = t.opening.c
_RESOLVED: Final = frozenset(str(one) for one in RESOLVED)


class Counted:
    """By the day of the window's first hour: how long things took, sorted, what came by owner, what was opened and
    closed of that which people were asked, and how things ended otherwise."""

    def __init__(self) -> None:
        self.took: dict[str, dict[int, array[float]]] = {name: {} for name in MEASURES}
        self.came, self.ended = Counter[tuple[int, str]](), Counter[tuple[int, str]]()
        self.opened, self.closed = Counter[int](), Counter[int]()

    def plus(self, other: Counted) -> Counted:
        """Another one: whoever has this one may be counting with it."""
        both = Counted()
        for name, days in self.took.items():
            both.took[name] = days | {
                day: array("d", sorted([*days.get(day, ()), *values])) for day, values in other.took[name].items()
            }
        both.came, both.ended = self.came + other.came, self.ended + other.ended
        both.opened, both.closed = self.opened + other.opened, self.closed + other.closed
        return both


class Sealed(msgspec.Struct):
    """Openings that ended before `upto`, of which there are `rows`, whatever is asked for."""

    counted: Counted
    upto: float = float("-inf")
    rows: int = 0


class Past:
    """What a store's process knows of openings that are over."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], Sealed] = OrderedDict()
        self._filling = asyncio.Lock()
        self._approved: dict[tuple[str, str, str], tuple[bool, int]] | None = None
        self._origins = 0  # how often they were written

    def forget(self) -> None:
        """What is over was rewritten."""
        self._kept.clear()
        self.forget_origins()

    def forget_origins(self) -> None:
        self._approved, self._origins = None, self._origins + 1

    async def approved(self, reads: Reads) -> dict[tuple[str, str, str], tuple[bool, int]]:
        """As of store_figures, asked for once after each time that origins were written."""
        if self._approved is not None:
            return self._approved
        seen = self._origins
        found = await approved(reads)
        if seen == self._origins:
            self._approved = found
        return found

    async def counted(self, reads: Reads, window: Window) -> list[Counted]:
        """In parts that are to be taken together; days are counted from `window.since % DAY`."""
        key = (window.integration, window.kind, window.owner, window.since % DAY)
        async with self._filling:
            sealed = await self._sealed(reads, window, key)
        recent = or_(_O.closed_at.is_(None), _O.closed_at >= sealed.upto)
        return [sealed.counted, await _counted(reads, window, (recent,), until=window.until)]

    async def _sealed(self, reads: Reads, window: Window, key: tuple[object, ...]) -> Sealed:
        cut = window.until - LATE
        sealed = self._kept.pop(key, None)
        if sealed is None or sealed.upto > window.until or await _rows(reads, sealed.upto) != sealed.rows:
            sealed = Sealed(
                Counted()
            )  # of a clock that was set back, or of openings that went or were put in meanwhile
        if cut - sealed.upto >= STEP:
            since = [_O.closed_at >= sealed.upto] if sealed.rows else []
            more = await _counted(reads, window, (*since, _O.closed_at < cut))
            sealed = Sealed(sealed.counted.plus(more), cut, await _rows(reads, cut))
        self._kept[key] = sealed
        while len(self._kept) > FILTERS:
            self._kept.popitem(last=False)
        return sealed


async def _rows(reads: Reads, upto: float) -> int:
    row = await reads._one(select(func.count().label("n")).select_from(t.opening).where(_O.closed_at < upto))
    return int(row["n"]) if row else 0


async def _counted(
    reads: Reads, window: Window, part: Sequence[ColumnElement[bool]], until: float = float("inf")
) -> Counted:
    """Added to, a time is none that SQLite would look for by an index on it: it takes the one on when they ended."""
    found, of = Counted(), (*part, *window.of())

    def day(at: ColumnElement[Any]) -> Any:
        return cast((at - window.since % DAY) / DAY, Integer)

    async def measure(name: str) -> None:
        one = MEASURES[name]
        values = func.json_group_array(one.end - one.start).label("values")
        query = select(day(one.end).label("day"), values).where(*of, one.end + 0.0 < until, *one.where)
        for row in await reads._all(query.where(one.start.is_not(None)).group_by("day")):
            took = sorted(msgspec.json.decode(row["values"], type=list[float]))
            found.took[name][int(row["day"])] = array("d", took)

    async def count(into: Counter[Any], at: ColumnElement[Any], by: Any, *where: ColumnElement[bool]) -> None:
        query = select(day(at).label("day"), *([by.label("by")] if by is not None else []), func.count().label("n"))
        query = query.where(*of, at + 0.0 < until, *where).group_by("day", *(["by"] if by is not None else []))
        for row in await reads._all(query):
            into[(int(row["day"]), row["by"]) if by is not None else int(row["day"])] = int(row["n"])

    asks = or_(_O.source == "drift", _O.level > 1)
    how = case((_O.quiet, "policy"), else_=_O.closing)
    await asyncio.gather(  # in several threads, beside each other
        *(measure(name) for name in MEASURES),
        count(found.came, _O.opened_at, _O.owner, *ASKED, asks),
        count(found.opened, _O.opened_at, None, *ASKED),
        count(found.closed, _O.closed_at, None, *ASKED),
        count(found.ended, _O.closed_at, how, _O.root),
    )
    return found


class Weeks:
    """The same by week of a window, from 0 on."""

    def __init__(self, window: Window, parts: Iterable[Counted]) -> None:
        self._first, self._weeks, self._parts = int(window.since // DAY), window.weeks, list(parts)

    def _week(self, day: int) -> int | None:
        """What is after the last week belongs to it: in autumn it has an hour more."""
        return min((day - self._first) // WEEK, self._weeks - 1) if day >= self._first else None

    def took(self, name: str) -> list[list[float]]:
        found: list[list[float]] = [[] for _ in range(self._weeks)]
        for part in self._parts:
            for day, values in part.took[name].items():
                if (week := self._week(day)) is not None:
                    found[week].extend(values)
        return found

    def came(self) -> dict[str, list[int]]:
        found: defaultdict[str, list[int]] = defaultdict(lambda: [0] * self._weeks)
        for part in self._parts:
            for (day, owner), n in part.came.items():
                if (week := self._week(day)) is not None:
                    found[owner][week] += n
        return dict(found)

    def open_at(self) -> list[int]:
        """How many were open at the beginning of the window, and at the end of each of its weeks."""
        before, steps = 0, [0] * self._weeks
        for part in self._parts:
            for counts, sign in ((part.opened, 1), (part.closed, -1)):
                for day, n in counts.items():
                    week = self._week(day)
                    if week is None:
                        before += sign * n
                    else:
                        steps[week] += sign * n
        found = [before]
        for step in steps:
            found.append(found[-1] + step)
        return found

    def unresolved(self) -> dict[str, int]:
        """How many ended otherwise than by agreement or approval, by how; and `policy`: without anybody being asked."""
        found = Counter[str]()
        for part in self._parts:
            for (day, how), n in part.ended.items():
                if day >= self._first and how not in _RESOLVED:
                    found[how] += n
        return dict(found)
