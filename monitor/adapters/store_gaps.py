"""When a system was read, and when not: asked of the readings in a few statements, however many there are."""

from __future__ import annotations

import msgspec
from sqlalchemy import func, select

from . import schema as t
from .store_reads import Reads

GOOD = ("ok", "partial")


class Read(msgspec.Struct, frozen=True):
    """The readings of one integration in a stretch of time, which are looked at by when they ended. `first` and `last`
    are of those that brought something, `before` is the last such one before it; `holes` are pairs of them that lie
    further apart than allowed; `failed` are (ended, reason) of those that brought nothing; `partly` are (reason, count,
    first, last) of those that brought not all; `counts` is by outcome."""

    first: float | None
    last: float | None
    before: float | None
    holes: tuple[tuple[float, float], ...]
    failed: tuple[tuple[float, str], ...]
    partly: tuple[tuple[str, int, float, float], ...]
    counts: dict[str, int]


async def read(reads: Reads, integration: str, since: float, until: float, allowed: float) -> Read:
    """`allowed`: seconds that two readings may lie apart. Second looks count as no reading: they ask for one thing."""
    c = t.reading.c
    mine = c.integration == integration
    inside = (mine, c.ended_at >= since, c.ended_at < until)
    good = (c.outcome.in_(GOOD), c.listings != "")
    lag = func.lag(c.ended_at).over(order_by=c.id).label("before")
    pairs = select(c.ended_at, lag).where(*inside, *good).subquery()
    apart = select(pairs).where(pairs.c.ended_at - pairs.c.before > allowed).order_by(pairs.c.ended_at)
    holes = [(row["before"], row["ended_at"]) for row in await reads._all(apart)]
    ends = await reads._one(
        select(func.min(c.ended_at).label("a"), func.max(c.ended_at).label("b")).where(*inside, *good)
    )
    before = await reads._one(select(func.max(c.ended_at).label("at")).where(mine, c.ended_at < since, *good))
    failed = await reads._all(select(c.ended_at, c.reason).where(*inside, c.outcome == "failed").order_by(c.id))
    times = (func.count().label("n"), func.min(c.ended_at).label("a"), func.max(c.ended_at).label("b"))
    some = select(c.reason, *times).where(*inside, c.outcome == "partial").group_by(c.reason).order_by(times[1])
    partly = [(row["reason"], int(row["n"]), row["a"], row["b"]) for row in await reads._all(some)]
    counted = await reads._all(select(c.outcome, func.count().label("n")).where(*inside).group_by(c.outcome))
    return Read(
        first=ends["a"] if ends else None,
        last=ends["b"] if ends else None,
        before=before["at"] if before else None,
        holes=tuple(holes),
        failed=tuple((row["ended_at"], row["reason"]) for row in failed),
        partly=tuple(partly),
        counts={row["outcome"]: int(row["n"]) for row in counted},
    )


async def systems(reads: Reads, since: float, until: float) -> list[str]:
    """Every integration that was read in that time, whether or not it is configured still."""
    c = t.reading.c
    query = select(c.integration).where(c.ended_at >= since, c.ended_at < until).distinct().order_by(c.integration)
    return [row["integration"] for row in await reads._all(query)]
