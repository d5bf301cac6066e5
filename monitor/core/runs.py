"""Runs of a sync, told apart by when they ended: what its readings show of them, and what is usual for one. Pure.

A daily run is read a thousand times a day, so readings cannot say what is usual; runs can. What a run moved is held
against the runs of the same weekday, at about the same time, in the weeks before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from probes.kit.contract import Sample

WEEK: Final = 7 * 86_400.0
WEEKS: Final = 5  # how far back a weekday is looked at
NEAR: Final = 3 * 3600.0  # how far from the same time of day a run may have ended; a change to summer time is an hour
KEPT: Final = 20  # runs of one sync that are looked at


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run that ended. `before`: rows of the runs on the same weekday of the weeks before, the newest first."""

    ended: float
    ok: bool
    rows: int | None = None
    duration: float | None = None
    errors: tuple[str, ...] = ()
    before: tuple[int, ...] = ()


def run_of(sample: Sample) -> Run | None:
    """The newest run that ended, as a reading tells it; None where the vendor does not say when."""
    ends = [at for at in (sample.succeeded_at, sample.failed_at) if at is not None]
    if not ends:
        return None
    said = sample.rows_ok is not None or sample.rows_failed is not None
    return Run(
        ended=max(ends),
        ok=max(ends) == sample.succeeded_at,
        rows=(sample.rows_ok or 0) + (sample.rows_failed or 0) if said else None,
        duration=sample.duration,
        errors=sample.errors,
    )


def windows(ended: float) -> Iterator[tuple[float, float]]:
    """(from, to) in which the runs ended that one is to be held against, the newest week first."""
    for week in range(1, WEEKS + 1):
        at = ended - week * WEEK
        yield at - NEAR, at + NEAR


def alike(ended: float, earlier: Iterable[Run]) -> tuple[int, ...]:
    """What the good run nearest to the same time moved, of each week in which there was one."""
    known = [run for run in earlier if run.ok and run.rows is not None]
    found: list[int] = []
    for start, end in windows(ended):
        middle = (start + end) / 2
        there = [run for run in known if start <= run.ended <= end]
        if there:
            found.append(min(there, key=lambda run: abs(run.ended - middle)).rows or 0)
    return tuple(found)
