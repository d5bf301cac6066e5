"""The times in which each integration was read as it should be: a few rows instead of every reading there was.

`follow` takes up readings that ended since; what ended after it is put on top in memory by `known`, so that looking at
it writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Final

import msgspec
from sqlalchemy import RowMapping, and_, func, select, text

from monitor.core.observing import Stretch, stretches

from . import schema as t
from .store import Store
from .store_gaps import GOOD
from .store_reads import Reads, listed

# CROSS JOIN: SQLite takes the names first then, and of each the end of an index (sqlite.org/optoverview.html).
_AFTER: Final = text(
    "SELECT r.integration, r.ended_at, r.outcome, r.reason FROM json_each(:seen) AS s CROSS JOIN reading AS r "
    "WHERE r.integration = s.key AND r.ended_at > s.value AND r.listings != '' ORDER BY r.integration, r.ended_at"
)


async def follow(store: Store, names: Iterable[str], allowed: Callable[[str], float]) -> None:
    """Keeps what came of the readings that ended since the last time. `allowed`: seconds, by integration, that two of
    them may lie apart."""
    fresh = await _fresh(store, names, allowed)
    rows = [{"integration": name, **_row(one)} for name, some in fresh.items() for one in some]
    if rows:
        async with store.transaction() as tx:
            await tx._put(t.watched, rows)


async def known(
    reads: Reads, names: Iterable[str], since: float, allowed: Callable[[str], float]
) -> dict[str, list[Stretch]]:
    """By integration, oldest first: those that reach into the time from `since` on, and the one before them."""
    wanted, c = list(names), t.watched.c
    before = select(func.max(c.since)).where(c.since < since).group_by(c.integration)
    query = select(t.watched).where(c.integration.in_(listed(wanted))).where((c.until >= since) | c.since.in_(before))
    found: dict[str, list[Stretch]] = {}
    for row in await reads._all(query.order_by(c.integration, c.since)):
        found.setdefault(row["integration"], []).append(_stretch(row))
    for name, fresh in (await _fresh(reads, wanted, allowed)).items():
        there = found.setdefault(name, [])
        if there and there[-1].since == fresh[0].since:
            there.pop()
        there += fresh
    return found


async def _fresh(reads: Reads, names: Iterable[str], allowed: Callable[[str], float]) -> dict[str, list[Stretch]]:
    wanted, w = list(names), t.watched.c
    newest = select(w.integration, func.max(w.since).label("since")).where(w.integration.in_(listed(wanted)))
    last = newest.group_by(w.integration).subquery()
    on = and_(w.integration == last.c.integration, w.since == last.c.since)
    lasts = {row["integration"]: _stretch(row) for row in await reads._all(select(t.watched).join(last, on))}
    found: dict[str, list[Stretch]] = {}
    seen = msgspec.json.encode({name: lasts[name].seen if name in lasts else -1.0 for name in wanted}).decode()
    rows = await reads._all(_AFTER, {"seen": seen})
    for name, group in groupby(rows, key=lambda row: str(row["integration"])):
        told = ((row["ended_at"], row["outcome"] in GOOD, row["reason"]) for row in group)
        if some := stretches(lasts.get(name), told, allowed(name)):
            found[name] = some
    return found


def _stretch(row: RowMapping) -> Stretch:
    reasons = msgspec.json.decode(row["reasons"], type=tuple[str, ...])
    return Stretch(row["since"], row["until"], row["seen"], reasons)


def _row(one: Stretch) -> dict[str, object]:
    return {**msgspec.structs.asdict(one), "reasons": msgspec.json.encode(one.reasons)}
