"""What the API sends that is not already a view: short envelopes, and the store's rows without their working parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from monitor.adapters.records import Reading
from monitor.core.proposing import Proposed
from monitor.engine import (
    administer,
    asking_shapes,
    drill_shapes,
    figure_shapes,
    fleet_shapes,
    flowlist,
    plan_shapes,
    pushed,
    recap_shapes,
    rulelist,
    shapes,
    standing_shapes,
    trail_shapes,
    trying,
    undoing,
    waitinglist,
)
from monitor.engine.bundle import Bundle
from monitor.engine.personal import Held, Known
from monitor.engine.request import Decided, Polled
from monitor.engine.restless import RestlessRow

from .access import Role


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Small enough to ask for every few seconds. `event` is the number of the newest event that was told."""

    stack: str
    state: str
    at: float
    breaking: int
    warning: int
    info: int
    children: int
    scopes: int
    complete: int
    proposals: int
    not_watched: int  # new objects that no watch rule names
    event: int


class Version(msgspec.Struct, frozen=True):
    fingerprint: str
    stand: str


class Versions(msgspec.Struct, frozen=True):
    """By id, of those that are there."""

    items: Mapping[str, Version]


class Told(msgspec.Struct, frozen=True):
    """`event`: the newest; `new`: findings that opened after the one the page knows, are open and fit its filter; the
    rest counts roots that are open, as the head of each page does."""

    event: int
    new: int
    open: int
    breaking: int


class Findings(msgspec.Struct, frozen=True):
    """`total` and `counts` are of all that fit, `counts` of roots by level; `next`: ask again with `cursor` set to it;
    empty at the end, and where the order is another than newest first."""

    items: tuple[shapes.FindingRow, ...]
    total: int
    counts: shapes.Counts
    next: str = ""


class Trail(msgspec.Struct, frozen=True, kw_only=True):
    """`newest` is the number of the last entry there is; `verified` the last verification, null before the first;
    `next`: ask again with `cursor` set to it; empty at the end."""

    items: tuple[trail_shapes.TrailRow, ...]
    total: int
    newest: int
    verified: trail_shapes.Verified | None = None
    next: str = ""


class Decisions(msgspec.Struct, frozen=True):
    """`next`: ask again with `cursor` set to it; empty at the end."""

    items: tuple[Decided, ...]
    next: str = ""


class Events(msgspec.Struct, frozen=True):
    """`next`: ask again with `after` set to it."""

    items: tuple[shapes.Happened, ...]
    next: int


class Integrations(msgspec.Struct, frozen=True):
    items: tuple[shapes.SystemRow, ...]


class Coverages(msgspec.Struct, frozen=True):
    items: tuple[shapes.Listed, ...]


class Flows(msgspec.Struct, frozen=True):
    items: tuple[flowlist.FlowRow, ...]


class ProposedFlows(msgspec.Struct, frozen=True):
    items: tuple[Proposed, ...]


class Proposals(msgspec.Struct, frozen=True):
    items: tuple[shapes.Proposal, ...]


class Ignores(msgspec.Struct, frozen=True):
    items: tuple[shapes.IgnoreRow, ...]
    next: str = ""


class Restless(msgspec.Struct, frozen=True):
    items: tuple[RestlessRow, ...]


class Rules(msgspec.Struct, frozen=True):
    items: tuple[rulelist.RuleRow, ...]


class Waiting(msgspec.Struct, frozen=True):
    items: tuple[waitinglist.WaitingRow, ...]
    next: str = ""


class Pushed(msgspec.Struct, frozen=True):
    items: tuple[pushed.PushedRow, ...]
    next: str = ""


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`reason`: needed where somebody declines."""

    reason: str = ""


class Standings(msgspec.Struct, frozen=True):
    items: tuple[standing_shapes.StandingRow, ...]
    next: str = ""


class Digest(msgspec.Struct, frozen=True):
    items: tuple[standing_shapes.Day, ...]


class Trials(msgspec.Struct, frozen=True):
    items: tuple[trying.Tried, ...]


class Changes(msgspec.Struct, frozen=True):
    """`next`: ask again with `cursor` set to it; empty at the end."""

    items: tuple[plan_shapes.PlanRow, ...]
    next: str = ""


class Readings(msgspec.Struct, frozen=True):
    """`next`: ask again with `cursor` set to it; empty at the end."""

    items: tuple[Reading, ...]
    next: str = ""


class Poll(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which listings to read now; none means all."""

    listings: tuple[str, ...] | None = None


class Reloaded(msgspec.Struct, frozen=True):
    reloaded: bool = True


class NewToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`seconds` None: it never ends by itself. `teams`: those of people.yaml that its holder acts for."""

    name: str
    role: Role
    seconds: float | None = None
    teams: tuple[str, ...] = ()


class NewPersonal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`name` is yours to choose, `role` at most your own, `seconds` at most 90 days."""

    name: str
    role: str
    seconds: float


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """`how`: open (nobody is asked), cookie, header or bearer; `personal`: whether personal tokens can be made so."""

    name: str
    role: str
    how: str
    teams: tuple[str, ...]
    personal: bool


class Holdings(msgspec.Struct, frozen=True):
    items: tuple[Held, ...]
    next: str = ""


class People(msgspec.Struct, frozen=True):
    items: tuple[Known, ...]
    next: str = ""


class Tokens(msgspec.Struct, frozen=True):
    items: tuple[administer.Token, ...]
    next: str = ""


class Revoked(msgspec.Struct, frozen=True):
    revoked: str


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As the vendor spells the name."""

    person: str


class Forgotten(msgspec.Struct, frozen=True):
    pseudonym: str


class Described(msgspec.Struct, frozen=True):
    """A machine-owned file: `text` is its JSON, `folder` flows, definitions or owners."""

    folder: str
    name: str
    text: str


class Descriptions(msgspec.Struct, frozen=True):
    items: tuple[Described, ...]
    next: str = ""


TYPES: Final[tuple[Any, ...]] = (
    Summary, Told, Versions, Decided, Decisions, Events, Integrations, Coverages, Flows, Proposals, Ignores, Restless,
    Rules, Readings, ProposedFlows,
    Polled, Poll, Reloaded, shapes.SystemRow, Standings, Digest, standing_shapes.Asked, standing_shapes.End,
    Described, Descriptions, Waiting, Answer, Pushed, pushed.Push,
    undoing.Undo, Changes, plan_shapes.Plan, plan_shapes.Close, plan_shapes.Move, plan_shapes.Announced,
    plan_shapes.PlanDetail,
    NewPersonal, Me, Holdings, People,
    NewToken, Tokens, administer.Made, Revoked, Person, Forgotten, Findings, Trail, trail_shapes.Verified,
    trail_shapes.Report, asking_shapes.AskLink, figure_shapes.Timeline, figure_shapes.Figures, recap_shapes.Recap,
    drill_shapes.Drill, drill_shapes.Drilled, drill_shapes.Begin, Bundle, trying.Try, Trials,
    fleet_shapes.Fleet,
)  # fmt: skip
