"""night: once a day, what is older than `retention` says goes, and files give back the room that it took.

It runs beside all else: a slice at a time in the store, and git's own housekeeping without the lock of the committer,
which git is made for (what no ref reaches stays for two weeks: git-scm.com/docs/git-gc).
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import structlog

from monitor.adapters.store_prune import prune

from . import figures, leasing, removal

if TYPE_CHECKING:
    from .core import Engine

log = structlog.get_logger()
NIGHTS: Final = 7  # a longer gap between two nights may be a clock that jumped, and what is pruned is gone for good
NIGHT: Final = 3 * 3600.0  # seconds after midnight UTC at which it begins, or as soon after as the daemon runs
FLOOR: Final = "findings/floor"  # flag: the highest number of an opening that went, so that no finding's id comes again
NIGHTLY, DONE = "nightly", "nightly/done"  # flags of the store: the newest night, and when it was done
DAY: Final = 86_400.0


class Tidied(msgspec.Struct):
    """Of this process: rows that went, by table; how long the newest night took; bytes of the clone after it."""

    rows: Counter[str] = msgspec.field(default_factory=Counter)
    seconds: float | None = None
    clone: int = 0


async def night(engine: Engine) -> None:
    """When it is due. What was begun and not ended is begun again. Whoever has the lease of the tick does it."""
    if not engine.leases.holds(leasing.TICK):
        return
    now = engine.clock.now()
    window = (now - NIGHT) // DAY
    newest = await engine.store.flag(NIGHTLY)
    if newest is not None and float(newest) == window:
        return
    if newest is not None and 0 < window - float(newest) <= NIGHTS:  # else: nothing is old in a new store; after a
        await _tidy(engine, now)  # gap, the next night will do
    async with engine.leases.keeping(leasing.TICK) as tx:
        await tx.set_flag(NIGHTLY, str(window))


async def _tidy(engine: Engine, now: float) -> None:
    started, size, ages = engine.clock.monotonic(), engine.store.bytes(), engine.config.service.retention
    await removal.forget(engine, now)
    await figures.follow(engine)  # of what goes now
    engine.ledger.prune(now - ages.events)  # first: what memory has not is not written again
    async with engine.leases.keeping(leasing.TICK) as tx:
        await tx.set_flag(FLOOR, str(engine.ledger.floor))
    gone = await prune(engine.store, now, ages, lambda: engine.leases.keeping(leasing.TICK))
    await engine.store.shrink()
    await engine.baselines.tidy()
    told = engine.tidied
    told.rows += gone
    told.seconds = engine.clock.monotonic() - started
    told.clone = await asyncio.to_thread(folder_bytes, engine.baselines.git.folder)
    async with engine.leases.keeping(leasing.TICK) as tx:
        await tx.set_flag(DONE, str(engine.clock.now()))
    log.info(
        "what was old is gone",
        rows={name: count for name, count in sorted(gone.items()) if count},
        seconds=round(told.seconds, 1),
        store_bytes=engine.store.bytes(),
        store_bytes_before=size,
        baselines_bytes=told.clone,
    )


def folder_bytes(folder: Path) -> int:
    """Of all files in a folder and below it; one that goes meanwhile does not count."""
    total = 0
    for at, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += (Path(at) / name).lstat().st_size
    return total
