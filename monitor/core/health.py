"""From series of samples to claims about syncs: failing, stale, rows refused, new errors, slow, behind. Pure.

It takes two readings to say that a sync is worse, and two to say that it is better: one odd sample says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Any, Final

import msgspec

from probes.kit.contract import Kind, Ref, Sample

from .model import Action, Address, Claim, Covered, Evaluation, Source
from .poll import Poll

Series = Sequence[tuple[float, Sample]]
Key = tuple[str, str]  # scope, key

CONFIRM: Final = 30.0  # seconds after which an unchanged newest sample counts as read again
DAY: Final = 86_400.0
EARLY, BAD = 1, 2
RUNS: Final = 6  # how many runs it takes to say what is usual


class _Sync(msgspec.Struct, frozen=True):
    subject: str
    scope: str
    key: str
    series: Series
    now: float

    def claim(self, fact: str, grade: int, after: Any, words: str, item: str = "") -> Claim:
        """Grade `BAD` is said as narrowed (less gets through), `EARLY` as changed."""
        address = Address(Source.HEALTH, self.subject, Kind.SYNC, self.scope, self.key, fact, item)
        return Claim(address, Action.NARROWED if grade == BAD else Action.CHANGED, None, after, words=words)


def evaluate(poll: Poll, history: Mapping[Key, Series], periods: Mapping[Key, float], now: float) -> Evaluation:
    """`history`: samples by (scope, key), oldest first. `periods`: seconds between two runs, where that is known; else
    the rhythm of its runs counts, where they have one."""
    claims: list[Claim] = []
    seen: dict[str, float] = {}
    for (scope, _), series in history.items():
        seen[scope] = max(seen.get(scope, 0.0), series[-1][0] if series else 0.0)
    for (scope, key), series in sorted(history.items()):
        # One that was not seen for a day, while others of its scope were, is no sync any more.
        if series and seen[scope] - series[-1][0] < DAY:
            sync = _Sync(poll.subject, scope, key, series, now)
            period = periods.get((scope, key)) or rhythm(series)
            claims += (*_failing(sync), *_stale(sync, period), *_rows(sync), *_errors(sync))
            claims += (*_slow(sync), *_backlog(sync))
    covered = Covered({Ref(Kind.SYNC, scope): None for scope in seen})
    return Evaluation(Source.HEALTH, poll.subject, poll.reading, now, covered, tuple(claims))


def settled(sync: _Sync, grade: Callable[[Sample], int | None]) -> int:
    """The grade that two readings in a row agree on at least; what they do not say leaves it as it was."""
    grades = [found for _, sample in sync.series if (found := grade(sample)) is not None]
    last_at, last = sync.series[-1]
    if sync.now - last_at >= CONFIRM and (found := grade(last)) is not None:
        grades.append(found)
    return _agreed(grades)


def _agreed(grades: Sequence[int]) -> int:
    level = 0
    for one, two in pairwise(grades):
        level = min(max(level, min(one, two)), max(one, two))
    return level


_STATES: Final = {"ok": 0, "failing": EARLY, "paused": EARLY, "disabled": BAD}


def _failing(sync: _Sync) -> Iterator[Claim]:
    """While it runs, or its state is unknown, a sync is as it was before."""
    grade = settled(sync, lambda sample: _STATES.get(sample.state))
    if not grade:
        return
    state = next((s.state for _, s in reversed(sync.series) if _STATES.get(s.state)), "failing")
    if state == "paused":
        yield sync.claim("state", EARLY, "paused", f"{sync.key} is paused: nothing goes through until it is started.")
    elif state == "disabled":
        yield sync.claim("state", BAD, "disabled", f"{sync.key} is switched off: nothing goes through.")
    else:
        runs = _failures(sync)
        often = "again and again" if runs >= 3 else "twice" if runs == 2 else "in its newest run"
        after = "failing often" if runs >= 3 else "failing"
        yield sync.claim("state", BAD if runs >= 3 else EARLY, after, f"{sync.key} failed {often}.")


def _failures(sync: _Sync) -> int:
    """Failed runs since the last good one, by when they failed; readings, where the vendor does not say when."""
    runs: set[float] = set()
    for at, sample in reversed(sync.series):
        if sample.state == "failing":
            runs.add(sample.failed_at if sample.failed_at is not None else at)
        elif sample.state == "ok":
            break
    return len(runs)


def _stale(sync: _Sync, period: float | None) -> Iterator[Claim]:
    done = sync.series[-1][1].succeeded_at
    if period is None or done is None or sync.now - done <= 2 * period:
        return
    bad = sync.now - done > 6 * period
    words = f"{sync.key} last succeeded {_span(sync.now - done)} ago; it should run every {_span(period)}."
    yield sync.claim("freshness", BAD if bad else EARLY, "six periods" if bad else "two periods", words)


def rhythm(series: Series) -> float | None:
    """Seconds between the runs that were seen to succeed; None for fewer than six, and for runs without a beat: then
    nobody can say that one is late."""
    runs = sorted({sample.succeeded_at for _, sample in series if sample.succeeded_at is not None})
    gaps = [two - one for one, two in pairwise(runs)]
    if len(gaps) < RUNS - 1:
        return None
    beat = median(gaps)
    return beat if all(abs(gap - beat) <= beat / 4 for gap in gaps) else None


def _slow(sync: _Sync) -> Iterator[Claim]:
    """Far longer than it usually takes, and by more than a minute."""
    took = [sample.duration for _, sample in sync.series if sample.duration is not None]
    if len(took) < RUNS:
        return
    usual = median(took)

    def grade(sample: Sample) -> int | None:
        if sample.duration is None:
            return None
        return EARLY if sample.duration > 3 * usual and sample.duration - usual > 60 else 0

    if settled(sync, grade):
        words = f"{sync.key} takes more than three times as long as it usually does ({_span(usual)})."
        yield sync.claim("duration", EARLY, "three times the median", words)


def _backlog(sync: _Sync) -> Iterator[Claim]:
    """What waits grows from reading to reading, and is twice what it was."""
    waits = [sample.lag for _, sample in sync.series if sample.lag is not None]
    grown = [
        EARLY if waits[n - 2] < waits[n - 1] < waits[n] and waits[n] >= 2 * waits[n - 2] else 0
        for n in range(2, len(waits))
    ]
    if _agreed(grown):
        words = f"{sync.key} falls behind: what waits grows from reading to reading and is {_span(waits[-1])} old."
        yield sync.claim("backlog", EARLY, "growing", words)


def _share(sample: Sample) -> float | None:
    total = (sample.rows_ok or 0) + (sample.rows_failed or 0)
    return (sample.rows_failed or 0) / total if total else None


def _refused(sample: Sample) -> int | None:
    share = _share(sample)
    return None if share is None else BAD if share > 0.1 else EARLY if share > 0.01 else 0


def _rows(sync: _Sync) -> Iterator[Claim]:
    grade = settled(sync, _refused)
    if grade:
        failed = next((s.rows_failed for _, s in reversed(sync.series) if s.rows_failed), 0)
        share = "more than one in ten" if grade == BAD else "more than one in a hundred"
        words = f"{sync.key}: {failed} rows were refused in the newest run, {share}. They are not in the target."
        yield sync.claim("rows", grade, share, words)


def _errors(sync: _Sync) -> Iterator[Claim]:
    """A category of error that an earlier sample did not have, for a day, or until two readings are without it."""
    newest = {error for _, sample in sync.series[-2:] for error in sample.errors}
    for error in sorted(newest):
        first = next(n for n, (_, sample) in enumerate(sync.series) if error in sample.errors)
        if first > 0 and sync.now - sync.series[first][0] < DAY:
            yield sync.claim("errors", EARLY, error, f"{sync.key} reports a new kind of error: {error}.", error)


def _span(seconds: float) -> str:
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return f"{int(seconds)} s"
