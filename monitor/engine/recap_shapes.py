"""A week or a month in review, as plain values. Times are epoch seconds UTC, durations seconds."""

from __future__ import annotations

from typing import Literal

import msgspec

from monitor.core.figures import Spread

from .figure_shapes import Name
from .shapes import Counts

Period = Literal["week", "month"]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One cause. `state` is open, or how it ended."""

    id: str
    level: str
    system: str
    says: str
    owner: str
    opened_at: float
    state: str


class Group(msgspec.Struct, frozen=True):
    """`all` causes of a kind, the newest of which are `some`."""

    all: int
    some: tuple[Told, ...]


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How long something took in the period, and in the one of the same length before."""

    name: Name
    title: str
    now: Spread
    before: Spread


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """A standing approval in force, how much it took in the period, and how much of that was taken back since."""

    id: str
    owner: str
    actor: str
    last_day: str
    soon: bool  # it ends within thirty days
    taken: int
    undone: int


class Sunset(msgspec.Struct, frozen=True):
    """What a vendor announced to end."""

    system: str
    what: str
    at: float


class Seen(msgspec.Struct, frozen=True):
    """How large a part of the period a system was read as it should be, and why not more."""

    system: str
    share: float
    reason: str


class Recap(msgspec.Struct, frozen=True, kw_only=True):
    """`first` and `last` are days of the time zone `zone`, both included; figures cover [`since`, `until`).

    Of what is breaking: `caught` changes of which nothing that depends on them was seen to stop working, `damage` those
    under which something did, `unexplained` what stopped working without a change that explains it. `counts`, `oldest`,
    `reviewed` (things of `things` in the baselines) and `sunsets` are as of `at`.
    """

    stack: str
    period: Period
    first: str
    last: str
    zone: str
    at: float
    since: float
    until: float
    caught: Group
    damage: Group
    unexplained: Group
    paces: tuple[Pace, ...]
    counts: Counts
    oldest: tuple[Told, ...]
    policies: tuple[Policy, ...]
    reviewed: int
    things: int
    sunsets: tuple[Sunset, ...]
    seen: tuple[Seen, ...]
    systems: int
