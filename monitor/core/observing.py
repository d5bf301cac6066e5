"""How long a system was watched, and every gap with its reason. Pure; from when its readings ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

SLACK = 60.0  # seconds that a reading may be late for no reason
NOTHING = "no reading was made: nothing ran, or nothing was asked of it"
_NAMED = 3  # reasons that one gap names


class Gap(msgspec.Struct, frozen=True):
    """A time (epoch seconds) in which a system was not looked at though it should have been."""

    since: float
    until: float
    reason: str

    @property
    def seconds(self) -> float:
        return self.until - self.since


def allowed(every: float) -> float:
    """Seconds that two readings may lie apart: half an interval more than it should be, for what is slow or spread."""
    return every * 1.5 + SLACK


def gaps(
    good: Sequence[tuple[float, float]], failed: Iterable[tuple[float, str]], every: float, since: float, until: float
) -> tuple[Gap, ...]:
    """`good` are pairs of readings (when they ended) with too long a time between them; `failed` are those that brought
    nothing, with their reasons. A gap begins when the next look was due, and ends with it; what lies outside of `since`
    and `until` is cut off."""
    tries = list(failed)
    found = []
    for before, after in good:
        start, end = max(before + every, since), min(after, until)
        if end > start:
            reasons = dict.fromkeys(why for at, why in tries if before < at <= after and why)
            found.append(Gap(start, end, "; ".join(list(reasons)[:_NAMED]) or _without(tries, before, after)))
    return tuple(found)


def _without(tries: Sequence[tuple[float, str]], before: float, after: float) -> str:
    """Where no reading in between says why it failed."""
    return "readings failed and did not say why" if any(before < at <= after for at, _ in tries) else NOTHING


class Stretch(msgspec.Struct, frozen=True):
    """A time in which readings that brought something followed each other closely enough. `seen`: the newest reading
    that was looked at, whatever it brought; `reasons`: why those failed that came after `until`."""

    since: float
    until: float
    seen: float
    reasons: tuple[str, ...] = ()


def stretches(last: Stretch | None, readings: Iterable[tuple[float, bool, str]], limit: float) -> list[Stretch]:
    """What came of readings (ended, whether it brought something, else why not), in their order, after a stretch that
    is known; `limit`: seconds that two may lie apart. Gives that stretch as it is now, if it moved, and those since."""
    found: list[Stretch] = []
    now = last
    for at, good, reason in readings:
        if now is None or (good and at - now.until > limit):
            if not good:
                continue  # nothing was ever seen of it, so that it is not watched yet
            if now is not None:
                found.append(now)
            now = Stretch(at, at, at)
        elif good:
            now = Stretch(now.since, at, at)
        else:
            reasons = now.reasons if reason in ("", *now.reasons) else (*now.reasons, reason)[:_NAMED]
            now = Stretch(now.since, now.until, at, reasons)
    if now is not None and now != last:
        found.append(now)
    return found
