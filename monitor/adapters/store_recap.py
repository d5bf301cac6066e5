"""What a report on a week or a month asks of the store: which causes began in it, and which of them did damage."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from sqlalchemy import func, select

from monitor.core.model import EventType, Source

from . import schema as t
from .packing import text_of
from .records import Decision
from .store_reads import Reads

_O: Final = t.opening.c
_TIES: Final = (EventType.OPENED, EventType.REOPENED, EventType.HUNG)  # events that say under what a finding hangs


class Began(msgspec.Struct, frozen=True):
    """A cause that people were told of. `closing` is empty while it is open."""

    finding: str
    source: str
    opened_at: float
    closing: str


async def began(reads: Reads, since: float, until: float, level: int) -> list[Began]:
    """Causes of that level or a graver one that began in this time, the newest first."""
    query = select(_O.finding, _O.source, _O.opened_at, _O.closing).where(
        _O.root, ~_O.quiet, _O.level >= level, _O.opened_at >= since, _O.opened_at < until
    )
    rows = await reads._all(query.order_by(_O.opened_at.desc(), _O.finding))
    return [Began(row["finding"], row["source"], row["opened_at"], row["closing"]) for row in rows]


async def damaging(reads: Reads, since: float, until: float) -> frozenset[str]:
    """Findings under which something that stopped working was hung in this time."""
    e = t.event.c
    cause: Any = func.json_extract(text_of(e.data), "$.cause")
    query = select(cause.label("cause")).where(
        e.source == str(Source.HEALTH), e.type.in_([str(one) for one in _TIES]), e.at >= since, e.at < until
    )
    return frozenset(row["cause"] for row in await reads._all(query.distinct()) if row["cause"])


async def decided(reads: Reads, since: float, until: float) -> Iterable[Decision]:
    c = t.decision.c
    rows = await reads._all(select(c.data).where(c.at >= since, c.at < until).order_by(c.at, c.uuid))
    return [msgspec.json.decode(row["data"], type=Decision) for row in rows]
