"""A reload with its entries in the trail: that it was done or refused, and which overrides came and went with it.

Overrides are held against those that the trail knows of, so that a change made while nothing ran is entered at the next
start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from monitor.adapters.records import TrailEntry

from .whence import whence

if TYPE_CHECKING:
    from .core import Engine

FLAG: Final = "trail/overrides"  # of the store: those that the trail knows of
FILE: Final = "file"  # via: the files changed, and nobody asked
_SAID: Final = 20  # problems that one entry names


async def reload(engine: Engine, by: str, via: str) -> tuple[str, ...]:
    """Gives what is wrong; then the running configuration stays. Files that were saved again with the same mistakes, or
    without a change, make no entry unless somebody asked."""
    before = engine.reloader.last.problems
    try:
        done = await engine.reloader.reload()
    except Exception as error:
        await _enter(engine, by, via, "reload refused", {"problems": [str(error)], "count": 1})
        raise
    problems = [str(problem) for problem in done.problems]
    if problems and (via != FILE or done.problems != before):
        await _enter(engine, by, via, "reload refused", {"problems": problems[:_SAID], "count": len(problems)})
    if not problems and (via != FILE or done.changed):
        await _enter(engine, by, via, "reload", {"changed": done.changed, "configuration": engine.config.digest.hex()})
    await overrides(engine, by, via)
    return tuple(problems)


async def overrides(engine: Engine, by: str, via: str) -> None:
    """Enters which levels of one's own, with their reasons, are in use since now, and which are no more."""
    kept = await engine.store.flag(FLAG)
    old: Sequence[Any] = msgspec.json.decode(kept) if kept else []
    new = [
        {"rule": one.rule, "pattern": one.pattern, "level": one.level.word, "reason": one.reason}
        for one in engine.config.overrides
    ]
    data = {"added": [one for one in new if one not in old], "ended": [one for one in old if one not in new]}
    if not any(data.values()):
        return
    async with engine.store.transaction() as tx:
        await tx.add_trail(_entry(engine, by, via, "overrides changed", data))
        await tx.set_flag(FLAG, msgspec.json.encode(new).decode())


async def _enter(engine: Engine, by: str, via: str, what: str, data: Mapping[str, Any]) -> None:
    async with engine.store.transaction() as tx:
        await tx.add_trail(_entry(engine, by, via, what, data))


def _entry(engine: Engine, by: str, via: str, what: str, data: Mapping[str, Any]) -> TrailEntry:
    return TrailEntry(at=engine.clock.now(), who=by, what=what, data={**data, **whence(by, via)})
