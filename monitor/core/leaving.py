"""A system of the class `sunset` is on its way out and takes no more writes: whatever still writes there loses its data
with it. Pure.

Which runs write into a system is the vendor file's to say (`writes` of a Sample); an export of it is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from probes.kit.contract import Kind, Ref, Sample

from .health import DAY, Key, Series
from .model import Action, Address, Claim, Covered, Evaluation, Source
from .naming import called
from .poll import Poll

STILL: Final = 7 * DAY  # a weekly job is one finding, and none that comes and goes


def evaluate(
    poll: Poll, leaving: bool, history: Mapping[Key, Series], read: Mapping[str, frozenset[str] | None], now: float
) -> Evaluation:
    """`history`: samples by (scope, key), oldest first; `read`: the scopes that this reading brought, each with the
    keys that were read, None for all. Of a system that stays nothing is claimed, so that what was said of it closes."""
    claims = [
        claim
        for (scope, key), series in sorted(history.items())
        if leaving and scope in read and ((keys := read[scope]) is None or key in keys)
        for claim in _written(poll.subject, scope, key, series, now)
    ]
    covered = Covered({Ref(Kind.SYNC, scope): keys for scope, keys in read.items()})
    return Evaluation(Source.POLICY, poll.subject, poll.reading, now, covered, tuple(claims))


def _written(subject: str, scope: str, key: str, series: Series, now: float) -> Iterator[Claim]:
    at = max((moment for seen, sample in series if (moment := _moment(seen, sample)) is not None), default=None)
    if at is None or now - at >= STILL:
        return
    words = f"{subject} is on its way out, and is still written into by {called(scope, key)}: last on {_day(at)}."
    address = Address(Source.POLICY, subject, Kind.SYNC, scope, key, "writes")
    yield Claim(address, Action.CHANGED, None, "still written", words=words)


def _moment(seen: float, sample: Sample) -> float | None:
    """When a sample says that something was written; None where it says nothing of the kind. A run that brought no row
    wrote nothing."""
    if not sample.writes or sample.rows_ok == 0:
        return None
    return seen if sample.state == "running" else sample.succeeded_at


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%-d %B %Y")
