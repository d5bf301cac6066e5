"""Reading the trail: pages of it by what a reader asks for, and the entry that stored a decision."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import msgspec
from sqlalchemy import ColumnElement, RowMapping, func, or_, select, text

from . import schema as t
from .chain import mark
from .packing import text_of
from .records import TrailEntry
from .store_reads import Reads, listed

CHUNK = 1000  # entries read at once where all are


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries. `who` is part of a name, or a pseudonym; `what` are words of entries, none for all, `but` those
    that are left out; `since` and `until` are epoch seconds, the second not included."""

    who: str = ""
    what: Collection[str] = ()
    but: Collection[str] = ()
    system: str = ""
    since: float | None = None
    until: float | None = None


async def page(
    reads: Reads, wanted: Wanted, offset: int, limit: int, before: int | None = None
) -> tuple[list[TrailEntry], int]:
    """Newest first, of those with a number under `before`; and how many there are in all."""
    where = await _where(reads, wanted)
    count = await reads._one(select(func.count().label("n")).select_from(t.trail).where(*where))
    if before is not None:
        where.append(t.trail.c.seq < before)
    query = select(t.trail).where(*where).order_by(t.trail.c.seq.desc()).offset(offset).limit(limit)
    return [entry(row) for row in await reads._all(query)], int(count["n"]) if count else 0


async def _where(reads: Reads, wanted: Wanted) -> list[ColumnElement[bool]]:
    c, where = t.trail.c, []
    if wanted.who:
        known = func.lower(t.person.c.name).contains(wanted.who.lower(), autoescape=True)
        rows = await reads._all(select(t.person.c.pseudonym).where(known))
        made = [row["pseudonym"] for row in rows]
        held = func.substr(c.who, -12).in_(listed(made))
        where.append(or_(func.lower(c.who).contains(wanted.who.lower(), autoescape=True), held))
    if wanted.what:
        where.append(c.what.in_(list(wanted.what)))
    if wanted.but:
        where.append(c.what.not_in(list(wanted.but)))
    if wanted.system:
        where.append(c.subject == wanted.system)
    if wanted.since is not None:
        where.append(c.at >= wanted.since)
    if wanted.until is not None:
        where.append(c.at < wanted.until)
    return where


async def between(reads: Reads, since: float, until: float) -> list[TrailEntry]:
    """In their order; `until` is not included."""
    c = t.trail.c
    query = select(t.trail).where(c.at >= since, c.at < until).order_by(c.seq)
    return [entry(row) for row in await reads._all(query)]


async def marks(reads: Reads, decisions: Iterable[str]) -> dict[str, str]:
    """Decision -> `n:hash` of the entry by which it was stored: the first that speaks of it."""
    c = t.trail.c
    first = select(func.min(c.seq)).where(c.decision.in_(listed(decisions)), c.decision != "").group_by(c.decision)
    rows = await reads._all(select(t.trail).where(c.seq.in_(first)))
    return {row["decision"]: mark(entry(row)) for row in rows}


async def names(reads: Reads, pseudonyms: Iterable[str]) -> dict[str, str]:
    """Those that are known."""
    query = select(t.person).where(t.person.c.pseudonym.in_(listed(pseudonyms)))
    return {row["pseudonym"]: row["name"] for row in await reads._all(query)}


async def given(reads: Reads) -> int:
    """The highest number that an entry ever got, whether or not it is there still (SQLite: sqlite.org/autoinc.html)."""
    row = await reads._one(text("SELECT seq FROM sqlite_sequence WHERE name = 'trail'"))
    return int(row["seq"]) if row else 0


def entry(row: RowMapping | Mapping[str, object]) -> TrailEntry:
    return TrailEntry(**{**row, "data": msgspec.json.decode(row["data"])})  # type: ignore[arg-type]


class Kept(msgspec.Struct, frozen=True):
    """A decision without its work."""

    uuid: str
    state: str
    by: str
    at: float
    sha: str
    branch: str = ""  # of ours, by which it was proposed


async def decided(reads: Reads) -> dict[str, Kept]:
    """Every decision, by its uuid, in the order they were made."""
    c = t.decision.c
    branch = func.coalesce(func.json_extract(text_of(c.data), "$.branch"), "").label("branch")
    rows = await reads._all(select(c.uuid, c.state, c.by, c.at, c.sha, branch).order_by(c.at, c.uuid))
    return {row["uuid"]: Kept(**row) for row in rows}
