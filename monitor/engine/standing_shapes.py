"""What is asked and told of standing approvals, as plain values. Times are epoch seconds UTC."""

from __future__ import annotations

import msgspec

from monitor.core.standing import Terms

from .request import Instant, Uuid


class Asked(Terms[Instant | str], frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A standing approval as asked for. `actor`: as the vendor names them. `until`, `since` and `before` are epoch
    seconds, or a day (YYYY-MM-DD) whose end by the stack's clocks is meant. Under a name that is there already, it
    takes that one's place. `uuid` is made by the client."""

    uuid: Uuid


class End(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`uuid` is made by the client, so that asking twice ends once."""

    uuid: Uuid
    reason: str


class StandingRow(Terms[float], frozen=True, kw_only=True):
    """`state`: in force, holds (more than its cap waits somewhere) or ended; `waiting` counts what it will take;
    `last_day`: the day that `until` ends or is in, by the stack's clocks."""

    state: str
    last_day: str
    waiting: int


class Taken(msgspec.Struct, frozen=True):
    """One change that a policy approved. `undone`: it was taken back."""

    finding: str
    policy: str
    says: str
    undone: bool


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """What policies approved of one integration on one day, in one commit."""

    decision: str
    integration: str
    at: float
    state: str
    sha: str
    taken: tuple[Taken, ...]
