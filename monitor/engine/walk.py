"""Findings as a list that is gone through whole: in an order that does not change meanwhile, or worst first at once."""

from __future__ import annotations

from itertools import islice

from monitor.core.model import Level

from .choosing import Chosen, choose
from .rows import DISOWNED, rows
from .shapes import Filter, FindingRow
from .surface import Engine


def walk(
    engine: Engine, wanted: Filter, after: tuple[float, str] | None, limit: int
) -> tuple[tuple[FindingRow, ...], Chosen]:
    """Newest first, those behind `after`: when one was first seen, negative, and its id. Neither changes while a
    finding is there, so nobody who goes on from it misses one, or is shown one twice."""
    found, findings = choose(engine, wanted), engine.ledger.findings
    return rows(engine, [findings[card.id] for card in islice(found.newest(after), limit)]), found


def whole(engine: Engine, wanted: Filter) -> tuple[FindingRow, ...]:
    return rows(engine, [engine.ledger.findings[card.id] for card in choose(engine, wanted).cards])


def worst_first(row: FindingRow) -> tuple[float, float, str]:
    """As the pages order them: what is closed comes last, by when it was."""
    if row.stand == "closed":
        return 0.0, -(row.closed_at or 0.0), row.id
    level = -Level[row.level.upper()] - DISOWNED * (row.answer == "not mine")
    return level, -(row.opened_at or row.first_seen_at), row.id
