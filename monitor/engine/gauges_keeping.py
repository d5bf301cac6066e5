"""How much the store and the clone of the baselines hold, and when what was old last went."""

from __future__ import annotations

from monitor.adapters.metrics import Series

from .night import DONE
from .surface import Engine


async def keeping(engine: Engine) -> tuple[Series, ...]:
    """One statement, and the sizes of two files. What only a night knows is left out before the first one."""
    labels, stack = ("stack",), (engine.config.stack,)
    done, tidied = await engine.store.flag(DONE), engine.tidied
    size = Series("driftline_store_bytes", "Size of the state store on disk.", labels, {stack: engine.store.bytes()})
    clone = Series(
        "driftline_baselines_bytes",
        "Size of the clone of the baselines on disk, after the newest night.",
        labels,
        {stack: float(tidied.clone)} if tidied.clone else {},
    )
    at = Series(
        "driftline_retention_last_success_timestamp_seconds",
        "When what was older than retention says last went.",
        labels,
        {stack: float(done)} if done is not None else {},
    )
    took = Series(
        "driftline_retention_duration_seconds",
        "How long the newest night of this process took.",
        labels,
        {stack: tidied.seconds} if tidied.seconds is not None else {},
    )
    return size, clone, at, took
