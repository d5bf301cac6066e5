"""The timeline's own statements: events and decisions newest first, from a place on, narrowed by what a reader asks."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from sqlalchemy import ColumnElement, exists, func, literal, literal_column, or_, select

from monitor.core.model import Event

from . import schema as t
from .packing import text_of
from .records import Decision
from .store_reads import Reads


class Narrowed(msgspec.Struct, frozen=True, kw_only=True):
    """Empty parts mean any. `types` of events, `told` those alone that people were told of; `kinds` of decisions."""

    system: str = ""
    owner: str = ""
    kind: str = ""
    source: str = ""
    types: Collection[str] = ()
    but: Collection[str] = ()
    told: bool = False
    since: float = 0.0
    until: float = float("inf")


async def events(
    reads: Reads, asked: Narrowed, before: tuple[float, int] | None, limit: int
) -> list[tuple[int, Event]]:
    """`before`: (at, number) of the last one that was shown."""
    c = t.event.c
    parts = ((c.integration, asked.system), (c.owner, asked.owner), (c.kind, asked.kind), (c.source, asked.source))
    query = select(c.seq, c.data).where(*(column == value for column, value in parts if value))
    query = query.where(*_between(c.at, asked))
    if asked.types:
        query = query.where(c.type.in_(list(asked.types)))
    if asked.but:
        query = query.where(c.type.not_in(list(asked.but)))
    if asked.told:
        query = query.where(c.told)
    if before is not None:
        query = query.where(c.at <= before[0], or_(c.at < before[0], c.seq < before[1]))
    rows = await reads._all(query.order_by(c.at.desc(), c.seq.desc()).limit(limit))
    return [(row["seq"], msgspec.json.decode(row["data"], type=Event)) for row in rows]


async def decisions(reads: Reads, asked: Narrowed, before: tuple[float, str] | None, limit: int) -> list[Decision]:
    """Of an owner or kind are those that decided on a finding of theirs."""
    c, e = t.decision.c, t.event.c
    query = select(c.data).where(*_between(c.at, asked))
    if asked.system:
        query = query.where(c.integration == asked.system)
    if asked.owner or asked.kind:
        of = func.json_each(text_of(c.data), "$.findings").table_valued("key", name="of")
        asked_for = ((e.owner, asked.owner), (e.kind, asked.kind))
        # IN: of each finding its few events are looked at; with a join SQLite would begin with all those of the owner
        theirs = [
            literal(value).in_(select(column).where(e.finding == of.c.key)) for column, value in asked_for if value
        ]
        query = query.where(exists(select(literal_column("1")).select_from(of).where(*theirs)))
    if before is not None:
        query = query.where(c.at <= before[0], or_(c.at < before[0], c.uuid < before[1]))
    rows = await reads._all(query.order_by(c.at.desc(), c.uuid.desc()).limit(limit))
    return [msgspec.json.decode(row["data"], type=Decision) for row in rows]


def _between(at: ColumnElement[float], asked: Narrowed) -> list[ColumnElement[bool]]:
    until = [at < asked.until] if asked.until != float("inf") else []
    return [at >= asked.since, *until]
