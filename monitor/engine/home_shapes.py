"""The first page as plain values: what needs somebody, the systems, what to do next. Times are epoch seconds UTC."""

from __future__ import annotations

from typing import Literal

import msgspec

from monitor.adapters.store_home import Newest

from .shapes import Counts, FindingRow, Overview, SystemRow

State = Literal["ok", "drifted", "broken", "blind", "none"]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which systems. Empty means any. `state` is that of the kind where one is named; a kind alone means that it is not
    in step; `level` has something open of that level; `name` is part of a name or title."""

    owner: str = ""
    vendor: str = ""
    class_: str = ""
    state: str = ""
    level: str = ""
    kind: str = ""
    name: str = ""


class Need(msgspec.Struct, frozen=True):
    """The worst that waits in one system, and what else waits there."""

    state: State
    row: FindingRow
    more: Counts


class Facet(msgspec.Struct, frozen=True):
    """One filter: what is chosen of it, and what else there is, each with how many systems it would leave."""

    name: str
    chosen: str
    values: tuple[tuple[str, int], ...]


class Stage(msgspec.Struct, frozen=True):
    """One step of the first run. `problems`: (system, sentence) of what stands in its way."""

    name: Literal["connect", "choose", "capture"]
    done: bool
    words: str
    problems: tuple[tuple[str, str], ...] = ()


class Day(msgspec.Struct, frozen=True):
    """One day of the stack's time zone, and how much was told of in it."""

    day: str  # YYYY-MM-DD
    opened: int
    ended: int


class Next(msgspec.Struct, frozen=True):
    """What is worth doing while nothing is wrong."""

    system: str
    words: str
    to: Literal["system", "first-look", "proposals"]


class Quiet(msgspec.Struct, frozen=True):
    days: tuple[Day, ...]
    next: tuple[Next, ...]


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """`waiting_systems` need somebody, of which the worst are `needs`. `systems` are page `number` of the `fitting`
    ones; of all, `read` answered the last time they were asked."""

    whole: Overview
    read: int
    needs: tuple[Need, ...]
    waiting_systems: int
    systems: tuple[SystemRow, ...]
    fitting: int
    number: int
    size: int
    baselines: dict[str, Newest]
    facets: tuple[Facet, ...]
    stages: tuple[Stage, ...]  # empty once anything was captured
    quiet: Quiet | None  # while nothing is open

    @property
    def pages(self) -> int:
        return max(1, -(-self.fitting // self.size))
