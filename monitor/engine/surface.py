"""What the pages, the API, the metrics and the terminal use of the engine: its outside, as protocols and plain values.

The engine and the stand-ins of tests both fit these by shape, so that nothing that only looks has to import what acts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec

DecideKind = Literal["approve", "capture", "release", "reject", "ignore", "acknowledge", "assign", "correct", "comment"]


class Decide(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asks for. `uuid` is made by the client: the same one twice is one decision.

    `findings` maps a finding's id to the fingerprint that was looked at; a capture or release names an integration and
    its scopes ("kind/name", none = all) instead. `until` is epoch seconds.
    """

    uuid: str
    kind: DecideKind
    findings: Mapping[str, str] = {}
    integration: str = ""
    scopes: tuple[str, ...] = ()
    reason: str = ""
    ticket: str = ""
    until: float | None = None
    assignee: str = ""


class Refused(Exception):
    """A decision that was not taken. `problems` are sentences; `changed` are ids of findings that moved since."""

    def __init__(self, *problems: str, changed: Sequence[str] = ()) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)
        self.changed = tuple(changed)


class Now(Protocol):
    def now(self) -> float: ...


class Engine(Protocol):
    """The use cases, and the state that pages read. See monitor/engine/core.py for what each one does.

    `state` is loading, ready or draining; `integrations` maps names to `engine.live.Live`; `decide` gives a stored
    `records.Decision` and raises Refused; `reload` gives problems, none when the new configuration is in use;
    `finding_bodies` gives the fact's whole value before and after.
    """

    @property
    def config(self) -> Any: ...
    @property
    def store(self) -> Any: ...
    @property
    def ledger(self) -> Any: ...
    @property
    def people(self) -> Any: ...
    @property
    def clock(self) -> Now: ...
    @property
    def started_at(self) -> float: ...
    @property
    def state(self) -> str: ...
    @property
    def integrations(self) -> Mapping[str, Any]: ...

    def decide(self, request: Decide, by: str, via: str) -> Awaitable[Any]: ...
    def poll(self, integration: str, listings: Sequence[str] | None = None) -> Awaitable[Any]: ...
    def reload(self) -> Awaitable[Sequence[str]]: ...
    def finding_bodies(self, id: str) -> Awaitable[tuple[Any, Any]]: ...
