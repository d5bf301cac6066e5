"""Figures of a soak, from what its daemon told and what its store holds."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import NormalDist, mean
from typing import Final, NamedTuple

import xxhash

from monitor.adapters.records import Reading

STACK: Final = "soak"


class Slope(NamedTuple):
    """Megabytes an hour, and the ends of its 95 % bound."""

    value: float
    low: float
    high: float


def slope(points: Sequence[tuple[float, float]], block: float) -> Slope:
    """A straight line through the means of `block` seconds of (epoch seconds, bytes), by least squares. Single values
    follow one another closely, so that a bound over them would be far too narrow."""
    first = points[0][0]
    blocks: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for at, size in points:
        blocks[int((at - first) // block)].append(((at - first) / 3600.0, size / 1e6))
    if len(blocks) < 4:
        raise ValueError(f"{len(blocks)} blocks of {block:g} s are too few for a bound")
    x = [mean(at for at, _ in one) for one in blocks.values()]
    y = [mean(size for _, size in one) for one in blocks.values()]
    free, spread = len(x) - 2, sum((one - mean(x)) ** 2 for one in x)
    value = sum((a - mean(x)) * (b - mean(y)) for a, b in zip(x, y, strict=True)) / spread
    left = sum((b - mean(y) - value * (a - mean(x))) ** 2 for a, b in zip(x, y, strict=True))
    half = _student(free) * math.sqrt(left / free / spread)
    return Slope(value, value - half, value + half)


def _student(free: int) -> float:
    """The 97.5 % quantile of Student's t, by Cornish and Fisher's expansion (Abramowitz & Stegun 26.7.5)."""
    z = NormalDist().inv_cdf(0.975)
    return (
        z
        + (z**3 + z) / (4 * free)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * free**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * free**3)
    )


class Slots(NamedTuple):
    """Periods of all integrations, those in which nothing ended by a period and `late` seconds after they were due,
    those that a back-off after failed readings left out, and the latest outcome in seconds after it was due."""

    due: int
    missed: tuple[str, ...]
    backed_off: int
    latest: float


def slots(
    readings: Iterable[Reading], names: Iterable[str], every: float, begin: float, end: float, late: float
) -> Slots:
    """What the schedule had due between two moments, of the readings of a daemon's whole life. It spreads integrations
    over the interval by the hash of stack and name (monitor/adapters/scheduler.py); when it began is told by the first
    reading that was on time."""
    by: dict[str, list[Reading]] = {name: [] for name in names}
    for one in sorted(readings, key=lambda one: one.ended_at):
        by[one.integration].append(one)
    phase = {name: xxhash.xxh3_64_intdigest(f"{STACK}/{name}".encode()) / 2**64 * every for name in by}
    start = min(found[0].started_at - phase[name] for name, found in by.items() if found)
    due, backed_off, latest, missed = 0, 0, 0.0, list[str]()
    for name, found in by.items():
        ends = [one.ended_at for one in found]
        slot = start + phase[name]
        slot += math.ceil(max(0.0, begin - slot) / every) * every
        while slot + late <= end:
            at = bisect_left(ends, slot)
            due += 1
            before = found[max(0, at - 2) : at]
            if at < len(ends) and ends[at] <= slot + late:
                latest = max(latest, ends[at] - slot)
            elif len(before) == 2 and all(one.outcome == "failed" for one in before):
                backed_off += 1
            else:
                missed.append(f"{name} at {slot:.1f}")
            slot += every
    return Slots(due, tuple(missed), backed_off, latest)
