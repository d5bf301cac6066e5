"""Figures and the timeline as plain values. Times are epoch seconds UTC, durations seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from monitor.core.figures import Spread
from monitor.core.observing import Gap

Name = Literal["detect", "detect_within", "acknowledge", "resolve"]


_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


def took(seconds: float) -> str:
    """`2 d 4 h`, `35 m`, `40 s`: the two largest units, as far as they say something."""
    left, said = max(0, round(seconds)), list[str]()
    for size, letter in _UNITS:
        count, left = divmod(left, size)
        if count or said:
            said.append(f"{count} {letter}")
    return " ".join(part for part in said[:2] if not part.startswith("0 ")) or "0 s"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """How long something took: over the window, and by week (`weeks[0]` is the oldest). `how`: what it is made of."""

    name: Name
    title: str
    how: str
    whole: Spread
    weeks: tuple[Spread, ...]


class Backlog(msgspec.Struct, frozen=True):
    """`now`: roots that are open; `open`: at the beginning of the window and at the end of each of its weeks, what an
    ignore hides included; `new`: by owner, how many came in each week that wait for a first answer."""

    now: int
    open: tuple[int, ...]
    new: Mapping[str, tuple[int, ...]]


class Reviewed(msgspec.Struct, frozen=True):
    """Of `total` things in the baselines (a field, a permission, a sync), `some` were approved by a decision at least
    in part; the rest stands as it was found."""

    total: int
    some: int

    @property
    def share(self) -> float:
        return self.some / self.total if self.total else 0.0


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """How long one system was read as it should be, from `since` (the window's beginning, or its first reading) on."""

    system: str
    since: float
    share: float
    gaps: tuple[Gap, ...]


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """`ended` counts what ended otherwise than agreed or approved: withdrawn, superseded, and `policy` where nobody was
    asked; `watched` are the systems, worst first."""

    stack: str
    at: float
    since: float
    days: int
    system: str
    kind: str
    owner: str
    figures: tuple[Figure, ...]
    ended: Mapping[str, int]
    backlog: Backlog
    reviewed: Reviewed
    watched: tuple[Watched, ...]


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the timeline. `stream`: event, decision, incident (a time in which a system was not read, `until`
    None while it lasts), measured (one that a figure counts, which took `seconds`). `what` is its own word."""

    stream: Literal["event", "decision", "incident", "measured"]
    id: str
    at: float
    what: str
    system: str
    says: str = ""
    words: str = ""
    by: str = ""
    level: str = ""
    finding: str = ""
    findings: int = 0
    until: float | None = None
    seconds: float | None = None
    sha: str = ""


class Timeline(msgspec.Struct, frozen=True):
    """Newest first. `next` asks for what is older; empty at the end."""

    items: tuple[Item, ...]
    next: str
