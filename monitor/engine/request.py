"""What a person asks of the engine, what became of it, and how it says no."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Literal

import msgspec

from monitor.adapters.records import Decision, DecisionState, Reading, Work

Verb = Literal["approve", "capture", "release", "reject", "ignore", "acknowledge", "assign", "correct", "comment",
               "recapture"]  # fmt: skip


WRITES: Final = (DecisionState.QUEUED, DecisionState.COMMITTED, DecisionState.PROPOSED, DecisionState.PUSHED)
# Chosen by who asks, and written into the commit: one word of few characters, and nothing after it.
Uuid = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{1,100}$(?!\n)", min_length=1, max_length=100)]
# Epoch seconds that every calendar here can say; one beyond would be kept, and then nothing could tell its day.
Instant = Annotated[float, msgspec.Meta(ge=0, le=250_000_000_000)]
# The same, where who asks may leave it to us.
AnyUuid = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{0,100}$(?!\n)", max_length=100)]
UNDO_SECONDS: Final = 600.0  # for so long a person's decision can be taken back


class Decide(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A decision as asked for. `uuid` is made by the client, so that asking twice decides once.

    `findings` maps ids to the fingerprints that were looked at. A capture names an integration and its scopes
    ("kind/name"; none means all proposals). Of an ignore: `until` is its last day (YYYY-MM-DD, or epoch seconds in that
    day), `pattern` what else it is for (integration/kind/scope/key/fact, * for any text), `owner` the team that answers
    for it, `any_value` that it holds whatever the value is. Of a correction: `correction` says whether the rule
    made too much of it, or too little.
    """

    uuid: Uuid
    kind: Verb
    findings: Mapping[str, str] = {}
    integration: str = ""
    scopes: tuple[str, ...] = ()
    reason: str = ""
    ticket: str = ""
    until: Instant | str | None = None
    assignee: str = ""
    pattern: str = ""
    owner: str = ""
    any_value: bool = False
    correction: Literal["", "noise", "worse"] = ""


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """A decision as it stands, without its work. `state`: waiting (for a second person, up to `waits_until`),
    withdrawn, declined, lapsed, queued, committed, proposed (in the
    pull request `pull`), pushed, unmerged, conflicted, or already so. `answered_by`: the second person,
    who confirmed or declined it. `undoes`: the decision that it takes back; `undo_until`: up to when it can be taken
    back itself, None for never."""

    uuid: str
    kind: str
    state: str
    by: str
    at: float
    via: str = ""
    integration: str = ""
    findings: Mapping[str, str] = {}
    reason: str = ""
    ticket: str = ""
    until: float | None = None
    assignee: str = ""
    correction: str = ""
    sha: str = ""
    note: str = ""
    pull: str = ""
    pull_url: str = ""
    undoes: str = ""
    waits_until: float | None = None
    answered_by: str = ""
    answered_at: float | None = None
    undo_until: float | None = None


class Polled(msgspec.Struct, frozen=True):
    """What a poll that was asked for came to; `events` counts what it led to."""

    reading: Reading
    events: int


def as_decided(decision: Decision) -> Decided:
    made = {"undo_until": _until(decision), "waits_until": decision.waits.until if decision.waits else None}
    own = {name: getattr(decision, name) for name in Decided.__struct_fields__ if name not in made}
    return msgspec.convert(own | made, Decided)


def _until(done: Decision) -> float | None:
    """What a policy approved can be undone by the list of its days, at any time."""
    writes = done.work != Work() and done.state in WRITES
    return decided_at(done) + UNDO_SECONDS if writes and done.how != "policy" else None


def decided_at(done: Decision) -> float:
    """When it was: of what takes two people, when the second one agreed."""
    return done.at if done.answered_at is None else done.answered_at


class Refused(Exception):
    """Nothing was decided. `problems` are sentences; `changed` are ids of findings that moved since they were shown."""

    def __init__(self, *problems: str, changed: Iterable[str] = ()) -> None:
        super().__init__(" ".join(problems))
        self.problems, self.changed = tuple(problems), tuple(changed)
