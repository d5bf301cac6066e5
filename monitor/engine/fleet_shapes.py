"""What is told of other stacks."""

from __future__ import annotations

import msgspec


class FleetCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Of one stack, as it told itself; null where its release does not tell. `stack` and `state` are its own words."""

    breaking: int
    warning: int
    info: int | None = None
    scopes: int | None = None
    complete: int | None = None
    proposals: int | None = None
    stack: str = ""
    state: str = ""


class FleetRow(msgspec.Struct, frozen=True, kw_only=True):
    """One stack. `state`: broken, drifted, blind, ok, or silent where it does not answer. `told`: what it told at
    `told_at`, which is no news while it does not answer; `since`: when that began, and `why`."""

    name: str
    url: str
    answers: bool
    state: str
    since: float | None
    why: str
    told: FleetCounts | None
    told_at: float | None


class Fleet(msgspec.Struct, frozen=True, kw_only=True):
    """All stacks of the configuration, what needs a person most first. `silent`: how many do not answer; `breaking` and
    `warning`: of those that do; `every`: seconds between two looks."""

    stack: str
    at: float
    every: float
    silent: int
    breaking: int
    warning: int
    stacks: tuple[FleetRow, ...]
