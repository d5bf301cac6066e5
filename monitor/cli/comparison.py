"""The stored comparison: every open drift with its values before and after, and what was not read completely.

One value for all formats of `driftline diff`, so that none of them says more or less than another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from monitor.engine.diff import DiffRow
from monitor.engine.shapes import Detail, Filter, FindingRow, Hurt, Listed, Step

from .desk import Desk

WIDTH: Final = 8  # details asked for at once
SEEN: Final = ("complete", "unsupported")  # what the vendor's plan does not have is no blindness, as on the pages


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """One open drift. `children` are what hangs under it, of any source; `file` is its baseline in the repository and
    `line` the fact's there."""

    row: FindingRow
    before: Any
    after: Any
    diff: tuple[DiffRow, ...]
    chain: tuple[Step, ...]
    reach: tuple[Hurt, ...]
    file: str
    line: int = 1
    children: tuple[FindingRow, ...] = ()


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """`drifts` in the order of the pages: worst first. `incomplete` are the reads that hide what they would show."""

    stack: str
    at: float
    url: str
    integrations: tuple[str, ...]
    drifts: tuple[Drift, ...]
    incomplete: tuple[Listed, ...]

    def levels(self) -> list[str]:
        """The level of every drift, those folded under a cause included."""
        return [drift.row.level for drift in self.drifts]

    def roots(self) -> list[Drift]:
        """Drifts that hang under none that is shown here."""
        shown = {drift.row.id for drift in self.drifts}
        return [drift for drift in self.drifts if drift.row.cause not in shown]


async def every(desk: Desk, wanted: Filter) -> list[FindingRow]:
    """All that fit, worst first."""
    from monitor.engine.walk import worst_first

    return sorted(await desk.findings(wanted), key=worst_first)


async def not_watched(desk: Desk, names: Iterable[str]) -> dict[str, int]:
    """New objects that no watch rule names, by integration that has some."""
    mine = set(names)
    return {one.name: one.fresh for one in (await desk.overview()).systems if one.fresh and one.name in mine}


async def incomplete(desk: Desk, names: Iterable[str]) -> tuple[Listed, ...]:
    """Reads of these integrations that are not complete. One that was never read counts as one such read."""
    out: list[Listed] = []
    for name in names:
        listed = await desk.coverage(name)
        out += [one for one in listed if one.state not in SEEN]
        if not listed:
            words = "not read yet; `driftline poll` reads it now"
            never = Listed(
                integration=name, read="", state="failed", reason=words, code="", at=0.0, pages=0, rows=0, claimed=None
            )
            out.append(never)
    return tuple(out)


async def compared(desk: Desk, names: Sequence[str], wanted: Filter) -> Comparison:
    rows = await every(desk, wanted)
    turn = asyncio.Semaphore(WIDTH)

    async def detail(row: FindingRow) -> Detail:
        async with turn:
            return await desk.detail(row.id)

    details = await asyncio.gather(*(detail(row) for row in rows))
    return Comparison(
        stack=(await desk.overview()).stack,
        at=desk.now(),
        url=desk.url,
        integrations=tuple(names),
        drifts=tuple(_drift(one) for one in details),
        incomplete=await incomplete(desk, names),
    )


def _drift(detail: Detail) -> Drift:
    return Drift(
        row=detail.row,
        before=detail.before,
        after=detail.after,
        diff=detail.diff,
        chain=detail.chain,
        reach=detail.reach,
        file=detail.place.file,
        line=detail.place.line,
        children=detail.children,
    )
