"""From series of samples to claims about syncs: failing, stale, rows refused, new errors, slow, behind, too little or
too much. Pure.

It takes two readings to say that a sync is worse, and two to say that it is better: one odd sample says nothing. What a
reading could not see keeps its last verdict: only what was read is covered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise, takewhile
from statistics import median
from typing import Any, Final

import msgspec

from probes.kit.contract import Kind, Ref, Sample

from .model import Action, Address, Claim, Covered, Evaluation, Source
from .naming import called
from .poll import Poll
from .runs import Run, run_of
from .schedule import LONGEST, next_run, period

Series = Sequence[tuple[float, Sample]]
Key = tuple[str, str]  # scope, key
Grade = Callable[[float, Sample], "int | None"]  # of a sample as read at an instant; None: it does not say

DAY: Final = 86_400.0
EARLY, BAD = 1, 2
RUNS: Final = 6  # how many runs it takes to say what is usual
SAME_DAYS: Final = 3  # how many weeks it takes to say what is usual on a weekday
FEW: Final = 10  # rows; under it half and double are chance


class _Sync(msgspec.Struct, frozen=True):
    subject: str
    scope: str
    key: str
    series: Series
    runs: Sequence[Run]
    now: float
    said: bool = False  # it stands as off or paused

    @property
    def name(self) -> str:
        return called(self.scope, self.key)

    def claim(self, fact: str, grade: int, after: Any, words: str, item: str = "") -> Claim:
        """Grade `BAD` is said as narrowed (less gets through), `EARLY` as changed."""
        address = Address(Source.HEALTH, self.subject, Kind.SYNC, self.scope, self.key, fact, item)
        return Claim(address, Action.NARROWED if grade == BAD else Action.CHANGED, None, after, words=words)


def evaluate(
    poll: Poll,
    history: Mapping[Key, Series],
    runs: Mapping[Key, Sequence[Run]],
    read: Mapping[str, frozenset[str] | None],
    now: float,
) -> Evaluation:
    """`history`: samples by (scope, key), oldest first; `runs`: the newest runs that ended, oldest first. `read`: the
    scopes that this reading brought, each with the keys that were read, None for all."""
    claims: list[Claim] = []
    off = {
        (one.address.scope, one.address.key)
        for one in poll.standing
        if one.address.source is Source.HEALTH and one.address.fact == "state" and one.after in _OFF
    }
    seen: dict[str, float] = {}
    for (scope, _), series in history.items():
        seen[scope] = max(seen.get(scope, 0.0), series[-1][0] if series else 0.0)
    for (scope, key), series in sorted(history.items()):
        if scope not in read or not ((keys := read[scope]) is None or key in keys):
            continue
        # One that was not seen for a day, while others of its scope were, is no sync any more.
        if series and seen[scope] - series[-1][0] < DAY:
            sync = _Sync(poll.subject, scope, key, series, runs.get((scope, key), ()), now, (scope, key) in off)
            claims += (*_failing(sync), *_stale(sync), *_rows(sync), *_errors(sync))
            claims += (*_slow(sync), *_backlog(sync), *_volume(sync))
    covered = Covered({Ref(Kind.SYNC, scope): keys for scope, keys in read.items()})
    return Evaluation(Source.HEALTH, poll.subject, poll.reading, now, covered, tuple(claims))


def settled(sync: _Sync, grade: Grade) -> int:
    """The grade that two readings in a row agree on at least; what they do not say leaves it as it was."""
    return _agreed([found for at, sample in sync.series if (found := grade(at, sample)) is not None])


def _agreed(grades: Sequence[int]) -> int:
    level = 0
    for one, two in pairwise(grades):
        level = min(max(level, min(one, two)), max(one, two))
    return level


_STATES: Final = {"ok": 0, "failing": EARLY, "paused": EARLY, "disabled": BAD}
_RESTING: Final = frozenset({"paused", "disabled", "unknown"})
_OFF: Final = frozenset({"paused", "disabled"})


def _failing(sync: _Sync) -> Iterator[Claim]:
    """While it runs, or its state is unknown, a sync is as it was before. One that was off, or paused, whenever it was
    read is so on purpose: a draft, or what somebody keeps for later."""
    grade = settled(sync, lambda _, sample: _STATES.get(sample.state))
    if not grade or not (sync.said or any(one.state not in _RESTING for _, one in sync.series)):
        return
    state = next((s.state for _, s in reversed(sync.series) if _STATES.get(s.state)), "failing")
    if state == "paused":
        yield sync.claim("state", EARLY, "paused", f"{sync.name} is paused: nothing goes through until it is started.")
    elif state == "disabled":
        yield sync.claim("state", BAD, "disabled", f"{sync.name} is switched off: nothing goes through.")
    else:
        runs = _failures(sync)
        often = "again and again" if runs >= 3 else "twice" if runs == 2 else "in its newest run"
        after = "failing often" if runs >= 3 else "failing"
        yield sync.claim("state", BAD if runs >= 3 else EARLY, after, f"{sync.name} failed {often}.")


def _failures(sync: _Sync) -> int:
    """Failed runs since the last good one; readings, where the vendor does not say when a run ended."""
    ended = [run.ended for run in takewhile(lambda run: not run.ok, reversed(sync.runs))]
    marks = set(ended)
    for at, sample in reversed(sync.series):
        if sample.state == "failing":
            marks.add(sample.failed_at if sample.failed_at is not None else at)
        elif sample.state == "ok":
            break
    return len(marks)


def _stale(sync: _Sync) -> Iterator[Claim]:
    """By the vendor's own schedule where it says when a sync runs next, or by which expression; else by the rhythm of
    its runs. A schedule that names no next run has none: nothing is late."""
    cron = sync.series[-1][1].cron
    if cron and next_run(cron, 0.0) is not None:
        yield from _past_cron(sync, cron)
        return
    own = [s for _, s in sync.series if s.due_at is not None and not s.cron]
    told = [s.due_at - s.succeeded_at for s in own if s.due_at is not None and s.succeeded_at is not None]
    beat = min((gap for gap in told if gap > 0), default=None) if told else rhythm(sync.runs)
    if beat is None:
        return

    def late(at: float, sample: Sample) -> float:
        due = sample.due_at if told else sample.succeeded_at + beat if sample.succeeded_at is not None else None
        return 0.0 if due is None else (at - due) / beat

    by = "by the vendor's own schedule" if told else "by the rhythm of its runs"
    odd = f" Its schedule, {cron[:LONGEST]}, is no cron expression that can be read." if cron else ""
    yield from _late(sync, late, f"{by} it should run every {_span(beat)}.{odd}")


def _past_cron(sync: _Sync, cron: str) -> Iterator[Claim]:
    def late(at: float, sample: Sample) -> float:
        gap = period(sample) if sample.cron == cron else 0.0
        return (at - sample.due_at) / gap if gap and sample.due_at is not None else 0.0

    usual = next((gap for _, s in reversed(sync.series) if s.cron == cron and (gap := period(s))), 0.0)
    by = f"by its schedule, {cron}, it should run again within {_span(usual)}"
    yield from _late(sync, late, f"{by}, in whatever time zone the vendor keeps it.")


def _late(sync: _Sync, late: Callable[[float, Sample], float], why: str) -> Iterator[Claim]:
    grade = settled(sync, lambda at, sample: BAD if late(at, sample) > 5 else EARLY if late(at, sample) > 1 else 0)
    if grade:
        done = next(s.succeeded_at for _, s in reversed(sync.series) if s.succeeded_at is not None)
        words = f"{sync.name} last succeeded {_span(sync.now - done)} ago; {why}"
        yield sync.claim("freshness", grade, "six periods" if grade == BAD else "two periods", words)


def rhythm(runs: Sequence[Run]) -> float | None:
    """Seconds between the runs that were seen to succeed; None for fewer than six, and for runs without a beat: then
    nobody can say that one is late."""
    gaps = [two.ended - one.ended for one, two in pairwise([run for run in runs if run.ok])]
    if len(gaps) < RUNS - 1:
        return None
    beat = median(gaps)
    return beat if all(abs(gap - beat) <= beat / 4 for gap in gaps) else None


def _slow(sync: _Sync) -> Iterator[Claim]:
    """Far longer than it usually takes, and by more than a minute."""
    took = [run.duration for run in sync.runs if run.duration is not None]
    if len(took) < RUNS:
        return
    usual = median(took)

    def grade(_: float, sample: Sample) -> int | None:
        if sample.duration is None:
            return None
        return EARLY if sample.duration > 3 * usual and sample.duration - usual > 60 else 0

    if settled(sync, grade):
        words = f"{sync.name} takes more than three times as long as it usually does ({_span(usual)})."
        yield sync.claim("duration", EARLY, "three times the median", words)


def _backlog(sync: _Sync) -> Iterator[Claim]:
    """What waits grows from one figure to the next, and is twice what it was. A figure that was not counted anew since
    the last reading says the same again."""
    waits: list[float] = []

    def grade(_: float, sample: Sample) -> int | None:
        if sample.lag is None:
            return None
        if sample.lag not in waits[-1:]:
            waits.append(sample.lag)
        return EARLY if len(waits) > 2 and waits[-3] < waits[-2] < waits[-1] >= 2 * waits[-3] else 0

    if settled(sync, grade):
        words = f"{sync.name} falls behind: what waits grows from reading to reading and is {_span(waits[-1])} old."
        yield sync.claim("backlog", EARLY, "growing", words)


def _volume(sync: _Sync) -> Iterator[Claim]:
    """What a good run moved against what the same weekday moved before; silent until three weeks are known."""
    known = {run.ended: run for run in sync.runs if len(run.before) >= SAME_DAYS and min(run.before) >= FEW}
    odd: list[Run] = []

    def grade(_: float, sample: Sample) -> int | None:
        found = run_of(sample)
        run = known.get(found.ended) if found is not None and found.ok else None
        if run is None or run.rows is None:
            return None
        least, most = min(run.before), max(run.before)
        if least / 2 <= run.rows <= 3 * most:
            return 0
        odd.append(run)
        return EARLY if run.rows else BAD

    if grade_now := settled(sync, grade):
        run = odd[-1]
        after = "nothing" if not run.rows else "under half" if run.rows < min(run.before) else "over three times"
        words = (
            f"{sync.name} moved {run.rows or 'no'} rows in its newest run; on the same weekday of the "
            f"{len(run.before)} weeks before it moved {_range(run.before)}."
        )
        yield sync.claim("volume", grade_now, after, words)


def _range(counts: Sequence[int]) -> str:
    least, most = min(counts), max(counts)
    return str(least) if least == most else f"{least} to {most}"


def _share(sample: Sample) -> float | None:
    total = (sample.rows_ok or 0) + (sample.rows_failed or 0)
    return (sample.rows_failed or 0) / total if total else None


def _refused(_: float, sample: Sample) -> int | None:
    share = _share(sample)
    return None if share is None else BAD if share > 0.1 else EARLY if share > 0.01 else 0


def _rows(sync: _Sync) -> Iterator[Claim]:
    grade = settled(sync, _refused)
    if grade:
        failed = next((s.rows_failed for _, s in reversed(sync.series) if s.rows_failed), 0)
        much, them = ("1 row was", "It is") if failed == 1 else (f"{failed} rows were", "They are")
        share = "more than one in ten" if grade == BAD else "more than one in a hundred"
        words = f"{sync.name}: {much} refused in the newest run, {share}. {them} not in the target."
        yield sync.claim("rows", grade, share, words)


def _errors(sync: _Sync) -> Iterator[Claim]:
    """A category of error that no earlier run had, for a day, or until two readings are without it."""
    newest = {error for _, sample in sync.series[-2:] for error in sample.errors}
    for error in sorted(newest):
        since = _first(error, [(run.ended, run.errors) for run in sync.runs])
        since = since or _first(error, [(at, sample.errors) for at, sample in sync.series])
        if since is not None and since[1] and sync.now - since[0] < DAY:
            yield sync.claim("errors", EARLY, error, f"{sync.name} reports a new kind of error: {error}.", error)


def _first(error: str, told: Sequence[tuple[float, tuple[str, ...]]]) -> tuple[float, bool] | None:
    """When it came up first, and whether anything is known of the time before; None where it never did."""
    return next(((at, n > 0) for n, (at, errors) in enumerate(told) if error in errors), None)


def _span(seconds: float) -> str:
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return f"{int(seconds)} s"
