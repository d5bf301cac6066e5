"""What a desk answers with that is no view of the engine: decisions as they stand, readings that were asked for."""

from __future__ import annotations

import msgspec

from monitor.adapters.records import Reading


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """A decision as it stands: queued, committed, pushed, conflicted, or already so."""

    uuid: str
    kind: str
    state: str
    by: str
    at: float
    integration: str = ""
    findings: dict[str, str] = {}
    reason: str = ""
    ticket: str = ""
    until: float | None = None
    assignee: str = ""
    sha: str = ""
    note: str = ""


class Polled(msgspec.Struct, frozen=True):
    """What a poll came to; `events` counts what it led to."""

    reading: Reading
    events: int
