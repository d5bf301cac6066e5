"""What the pages, the API, the metrics and the terminal use of the engine: its outside, as protocols and plain values.

The engine and the stand-ins of tests both fit these by shape, so that nothing that only looks has to import what acts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec

from monitor.core.model import Event, Finding, Known
from probes.kit.contract import Coverage, Ref, Sample, Signals, Vantage

DecideKind = Literal[
    "approve", "capture", "release", "reject", "ignore", "acknowledge", "assign", "correct", "comment"
]
EngineState = Literal["loading", "ready", "draining"]


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


class Decision(Protocol):
    """A durable row: queued, committed (sha), pushed, conflicted or already (true)."""

    uuid: str
    kind: str
    state: str
    by: str
    at: float
    sha: str
    reason: str
    problem: str


class Refused(Exception):
    """A decision that was not taken. `problems` are sentences; `changed` are ids of findings that moved since."""

    def __init__(self, *problems: str, changed: Sequence[str] = ()) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)
        self.changed = tuple(changed)


class IntegrationConfig(Protocol):
    """What of an integration's configuration is shown."""

    @property
    def name(self) -> str: ...
    @property
    def vendor(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def environment(self) -> str: ...
    @property
    def class_(self) -> str: ...
    @property
    def owner(self) -> str: ...


class Live(Protocol):
    """One integration as the process knows it now. Times are epoch seconds."""

    name: str
    config: Any
    look: Any
    vantage: Vantage | None
    known: dict[Ref, Known]
    reads: dict[str, tuple[Coverage, float]]
    signals: Signals | None
    last_poll_at: float | None
    last_ok_at: float | None
    next_due_at: float | None
    failures: int
    samples: dict[tuple[str, str], Sample]
    proposals: dict[Ref, str]


class LedgerView(Protocol):
    """Findings by id. Only the ledger changes them."""

    findings: Mapping[str, Finding]


class StoreView(Protocol):
    """The reads of the store that pages need."""

    def content(self, digest: bytes) -> Awaitable[bytes | None]: ...
    def events(
        self, after: int = 0, finding: str | None = None, limit: int = 100
    ) -> Awaitable[Sequence[tuple[int, Event]]]: ...


class People(Protocol):
    def name(self, pseudonym: str) -> str | None: ...


class Now(Protocol):
    def now(self) -> float: ...


class Engine(Protocol):
    """The use cases, and the state that pages read. See monitor/engine/core.py for what each one does."""

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
