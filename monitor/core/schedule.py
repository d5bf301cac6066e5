"""When a sync must have run again, by the cron expression that its vendor states. Pure.

Such a vendor keeps its schedule in the time zone of its server and does not tell which. So a run is due when it is due
in every zone there is, with the clocks set back meanwhile; and late when by then a second one is due in the same way.
What is said is true wherever the server stands; the price is that a schedule with few hours or days is said late.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

import msgspec
from cronsim import CronSim, CronSimError

from probes.kit.contract import Sample

# What a zone can differ from UTC: whole quarters of an hour from -12:00 to +14:00 (the tz database).
ZONES: Final = [timedelta(minutes=15 * n) for n in range(-48, 57)]
HOUR: Final = 3600.0  # by which clocks are set back; a schedule within the hour does not feel it
LEAST: Final = 300.0  # seconds that two clocks, and a run and its record, may be apart
LONGEST: Final = 100  # characters of an expression that somebody wrote by hand
STILL: Final = frozenset({"paused", "disabled"})


@lru_cache(maxsize=4096)
def next_run(cron: str, after: float) -> float | None:
    """The instant, in epoch seconds, by which it runs next in every time zone; five fields, or six with seconds first.
    None: the expression cannot be read, or names no time."""
    start, gap = datetime.fromtimestamp(after, UTC).replace(tzinfo=None), timedelta()
    for zone in ZONES if len(cron) <= LONGEST else ():
        try:
            run = next(CronSim(cron, start + zone), None)
        except CronSimError:
            return None
        if run is None:
            return None
        gap = max(gap, run - start - zone)
    seconds = gap.total_seconds()
    return after + seconds + (HOUR if seconds > HOUR else 0.0) if seconds else None


def dated(earlier: Sample | None, sample: Sample, now: float) -> Sample:
    """The sample with the time at which its schedule has it run next, counted from its last success. Since the reading
    before, `earlier`, it may have been given this schedule or been switched on: then from now, as it could not run.
    What the vendor itself says is next stands above its expression."""
    if sample.due_at is not None:
        return msgspec.structs.replace(sample, cron="")
    if not sample.cron or sample.succeeded_at is None or sample.state in STILL:
        return sample
    stands = earlier is not None and earlier.cron == sample.cron and earlier.state not in STILL
    if earlier is not None and stands and earlier.succeeded_at == sample.succeeded_at:
        return msgspec.structs.replace(sample, due_at=earlier.due_at)
    since = sample.succeeded_at if earlier is None or stands else now
    return msgspec.structs.replace(sample, due_at=next_run(sample.cron, min(max(since, 0.0), now)))


def period(sample: Sample) -> float:
    """Seconds from the time at which it is due to that of the run after it. 0.0: none is due."""
    after = None if sample.due_at is None else next_run(sample.cron, sample.due_at)
    return max(after - sample.due_at, LEAST) if after is not None and sample.due_at is not None else 0.0
