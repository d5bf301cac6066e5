"""The words of the core as types. Pure values: time is epoch seconds UTC and always an argument."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Any

import msgspec
import xxhash

from probes.kit.contract import Kind, Parent, Ref, canonical

from .row import Row


class Source(StrEnum):
    """Which evaluator claims a finding. Closed."""

    DRIFT = "drift"
    HEALTH = "health"
    MAPPING = "mapping"
    DEFINITION = "definition"
    POLICY = "policy"
    FAULT = "fault"
    UPKEEP = "upkeep"


class Action(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    NARROWED = "narrowed"
    WIDENED = "widened"
    REORDERED = "reordered"
    RENAMED = "renamed"


class Level(IntEnum):
    INFO = 1
    WARNING = 2
    BREAKING = 3

    @property
    def word(self) -> str:
        return self.name.lower()


class Urgency(StrEnum):
    DIGEST = "digest"
    TICKET = "ticket"
    PAGE = "page"


class Address(msgspec.Struct, frozen=True, order=True):
    """Where, never a value. `subject` is an integration or a flow; empty parts mean "the whole of it"."""

    source: Source
    subject: str
    kind: Kind
    scope: str = ""
    key: str = ""
    fact: str = ""
    item: str = ""

    @property
    def ref(self) -> Ref:
        return Ref(self.kind, self.scope)

    def finding_id(self, opening: int) -> str:
        """Ten hex characters of the address and the number of its opening."""
        return xxhash.xxh3_64_hexdigest(canonical([*msgspec.to_builtins(self).values(), opening]))[:10]


class Change(msgspec.Struct, frozen=True):
    """One difference between a baseline and a reading.

    `fact` empty: the resource itself (before or after is its row). `item`: one entry of a set or a keyed map; then
    `fact` is the map ("options") for added and removed, or one attribute of it ("options.label"). `at` is the
    position of an added item in the list after. For `renamed`, before and after are the two keys; further changes
    of a renamed resource stand under its old key. For `reordered`, before and after are the orders of the keys.
    """

    ref: Ref
    key: str
    fact: str
    item: str
    action: Action
    before: Any
    after: Any
    at: int | None = None

    def address(self, subject: str) -> Address:
        return Address(Source.DRIFT, subject, self.ref.kind, self.ref.name, self.key, self.fact, self.item)


class Body(msgspec.Struct, frozen=True):
    """A scope's content: header and rows. Its encoding is the baseline file, byte for byte (see core/body.py)."""

    ref: Ref
    read: str
    facts: tuple[str, ...]
    rows: Mapping[str, Row]
    parent: Parent | None = None
    api_version: str = ""


class Reason(msgspec.Struct, frozen=True):
    """One step of a verdict. `effect` is the level after this step."""

    step: str  # rule, direction, use, definition, class, planned, profile, override …
    words: str
    effect: Level


class Reach(msgspec.Struct, frozen=True):
    """Something downstream of a finding: `via` names the flow, `target` what it feeds."""

    via: str
    target: str
    words: str = ""


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    rule: str
    level: Level
    urgency: Urgency
    owner: str
    chain: tuple[Reason, ...]
    question: str = ""
    steps: tuple[str, ...] = ()  # what putting it back at the vendor takes
    reach: tuple[Reach, ...] = ()
    planned: str = ""  # id of the planned change it belongs to
    beside: str = ""  # id of the planned change in whose time it came, without being part of it
    security: bool = False
    standing: str = ""  # id of the policy that will approve it; see core/policy.py


class CauseReason(StrEnum):
    """Why a finding hangs under another. Closed."""

    PARENT_REMOVED = "parent removed"
    SIGHT = "sight"
    BRAKE = "brake"
    SAME_EDIT = "same edit"
    PLANNED = "planned"  # the same planned change
    IMPLIED = "implied"
    FLOW = "flow"


class Claim(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an evaluator says is so. `believe`: may open at once (False: needs a second look, or a release).

    `under` is the address of the claim that caused this one, with the reason why.
    """

    address: Address
    action: Action
    before: Any = None
    after: Any = None
    verdict: Verdict | None = None
    under: Address | None = None
    because: CauseReason | None = None
    evidence: Mapping[str, str] = {}
    words: str = ""
    believe: bool = True
    since: float | None = None  # the last whole read of its scope before this was claimed first: it happened later

    @property
    def fingerprint(self) -> str:
        """The version that a decision is made on: changes with the values, never with wording."""
        value = [*msgspec.to_builtins(self.address).values(), self.before, self.after]
        return xxhash.xxh3_64_hexdigest(canonical(value))[:12]


class Covered(msgspec.Struct, frozen=True):
    """Which addresses an evaluation looked at. A finding inside that is no longer claimed may close; others stand.

    `scopes` maps a scope to the keys that were looked at; None means all keys, those that are gone included.
    `whole`: everything of this source and subject was looked at.
    """

    scopes: Mapping[Ref, frozenset[str] | None] = {}
    whole: bool = False

    def has(self, address: Address) -> bool:
        if self.whole:
            return True
        if address.ref not in self.scopes:
            return False
        keys = self.scopes[address.ref]
        return keys is None or address.key in keys


class Phase(StrEnum):
    """Where a finding stands. `suspected` and `held` are told to nobody but the page."""

    SUSPECTED = "suspected"
    HELD = "held"
    OPEN = "open"
    CLOSED = "closed"


class Closing(StrEnum):
    AGREED = "agreed"  # the vendor was put back
    APPROVED = "approved"  # the baseline moved
    WITHDRAWN = "withdrawn"  # no longer monitored, or not believed any more
    SUPERSEDED = "superseded"  # the parent or a cause took it over


class Evaluation(msgspec.Struct, frozen=True):
    """What one evaluator makes of one reading. `reading` only grows; an older one changes nothing.

    `held`: scopes whose removals the brake holds: ref -> (removed, of). `closing`: why what is covered and no longer
    claimed closes: a poll finds agreement, a comparison after a commit an approval. `doubted`: scopes whose removals
    open and close nothing. `swallowed`: scopes that went with a parent, whose claim supersedes theirs once believed.
    """

    source: Source
    subject: str
    reading: int
    at: float
    covered: Covered
    claims: tuple[Claim, ...]
    held: Mapping[Ref, tuple[int, int]] = {}
    closing: Closing = Closing.AGREED
    doubted: frozenset[Ref] = frozenset()
    swallowed: Mapping[Ref, Address] = {}
    confirmed: frozenset[Address] = frozenset()  # removals that the vendor, asked for the thing alone, said to be so


class Finding(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What the ledger tracks. Only `ledger.apply` changes one."""

    id: str
    opening: int
    claim: Claim
    phase: Phase
    first_seen_at: float
    reading: int  # the reading it was last claimed in
    opened_at: float | None = None
    changed_at: float | None = None
    closed_at: float | None = None
    closing: Closing | None = None
    flapping: bool = False
    cause: str = ""  # id of the finding it hangs under
    acknowledged_by: str = ""
    assignee: str = ""
    rejected_by: str = ""
    released_by: str = ""  # who let a held mass removal through
    ignored_until: float | None = None  # epoch seconds at which its day is over
    ignored_by: str = ""  # id of the ignore that holds for it
    answer: str = ""  # of whoever made this version of it, by a link: mine, or not mine
    answer_ticket: str = ""
    moves: list[tuple[float, str]] = []  # (when, fingerprint; "" = agreed) within the flap window

    @property
    def address(self) -> Address:
        return self.claim.address

    @property
    def level(self) -> Level:
        return self.claim.verdict.level if self.claim.verdict else Level.WARNING


class EventType(StrEnum):
    SUSPECTED = "suspected"
    CLEARED = "cleared"
    HELD = "held"
    RELEASED = "released"
    OPENED = "opened"
    CHANGED = "changed"
    CLOSED = "closed"
    REOPENED = "reopened"
    JUDGED = "judged"  # the verdict changed, the fact did not
    HUNG = "hung"  # now under another cause, or a root again
    ATTRIBUTED = "attributed"  # who did it was asked for, and is known or known not to be observable
    FLAPPING = "flapping"
    SETTLED = "settled"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    REJECTED = "rejected"
    IGNORED = "ignored"
    COMMENTED = "commented"
    ANSWERED = "answered"  # by the link that whoever made it was sent: whether it is theirs


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One append-only entry. It carries all that `ledger.apply` needs, so that the ledger is a fold over events."""

    type: EventType
    at: float
    finding: str
    address: Address
    reading: int = 0
    claim: Claim | None = None
    opening: int = 0
    closing: Closing | None = None
    cause: str = ""
    by: str = ""
    words: str = ""
    until: float | None = None
    ignore: str = ""  # id of the ignore that begins to hold; empty: none holds any more
    answer: str = ""  # mine or not mine; then `words` is the ticket
    told: bool = False  # whether people and alerts hear of it


class Sight(msgspec.Struct, frozen=True):
    """A vantage as approved in git (vantage.json) or as read: what `core` needs of it."""

    account: str
    subject: str
    grants: frozenset[str]
    account_name: str = ""
    api_version: str = ""
    locale: str = ""
