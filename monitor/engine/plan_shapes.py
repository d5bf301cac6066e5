"""What is asked and told of planned changes, as plain values. Times are epoch seconds UTC."""

from __future__ import annotations

import msgspec

from .request import AnyUuid, Decided, Instant
from .shapes import FindingRow


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A planned change as asked for. `patterns`: integration/kind/scope/key[/fact], * for any text; `actor`: as the
    vendor names them. Times are epoch seconds, or a day or ISO 8601 time by the stack's clocks; `start` may be past.
    With `end` it is a window. Without, it is a deployment: open until it is closed, and at most until `expected_end`.
    `id` is the caller's, and asking twice makes one; without it one is made up. `uuid` is of the decision."""

    ticket: str
    id: str = ""
    patterns: tuple[str, ...] = ()
    actor: str = ""
    integrations: tuple[str, ...] = ()
    start: Instant | str | None = None
    end: Instant | str | None = None
    expected_end: Instant | str | None = None
    owner: str = ""
    reason: str = ""
    uuid: AnyUuid = ""


class Close(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That it is over now. `uuid` is of the decision."""

    reason: str = ""
    uuid: AnyUuid = ""


class Move(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another time for it; what is not named stays. `uuid` is of the decision."""

    start: Instant | str | None = None
    end: Instant | str | None = None
    reason: str = ""
    uuid: AnyUuid = ""


class Announced(msgspec.Struct, frozen=True, kw_only=True):
    """A planned change as it stands now. `decision`: that wrote it just now; None where there was nothing to write."""

    id: str
    start: float
    end: float
    deployment: bool
    closed: float | None = None
    decision: Decided | None = None


class PlanRow(msgspec.Struct, frozen=True, kw_only=True):
    """One planned change. `state`: coming, open or over. `waiting` counts what came with it and is not closed, `done`
    what is, `beside` what came in its time and is no part of it; `outstanding`: patterns that nothing came for. `file`:
    where it stands in the baselines repository."""

    id: str
    state: str
    ticket: str
    patterns: tuple[str, ...]
    actor: str
    integrations: tuple[str, ...]
    start: float
    end: float
    owner: str
    reason: str
    deployment: bool
    closed: float | None
    waiting: int
    done: int
    beside: int
    outstanding: tuple[str, ...]
    file: str


class PlanDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One in full. Of what came, `ready` can be approved now; `later` cannot yet, since it is not believed or was not
    read completely; `done` is closed; `beside` is open and no part of it. Of long lists the first are shown."""

    row: PlanRow
    ready: tuple[FindingRow, ...]
    later: tuple[FindingRow, ...]
    done: tuple[FindingRow, ...]
    beside: tuple[FindingRow, ...]
