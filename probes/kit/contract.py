"""What the kit hands to the monitor: pure values, no I/O. With `facts`, all of `probes` that `monitor.core` may see.

A reading is a stream: one `Vantage` (who reads, from where), then one `Read` per request, then one `Signals`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, ClassVar, Final, Protocol, TypeAlias

import msgspec
import orjson
import xxhash

Fact: TypeAlias = Any  # JSON; its form (scalar, set, keyed map, opaque json) stands in facts.py
Facts: TypeAlias = Mapping[str, Fact]


class Kind(StrEnum):
    """What a resource is. Closed; the first four are the core."""

    SCHEMA = "schema"
    FIELD = "field"
    PERMISSION = "permission"
    SYNC = "sync"
    AUTOMATION = "automation"
    TEMPLATE = "template"
    PLATFORM = "platform"


class State(StrEnum):
    """How much of a scope was read. Only `complete` may ever produce a removal."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    DENIED = "denied"
    UNSUPPORTED = "unsupported"
    FAILED = "failed"


class Fault(Exception):
    """Why a read failed, by what to do next. A Fault is never a Change.

    `code` is the vendor's own word; `wait` is seconds until a retry can help; `until_reset` means the vendor's quota
    clock decides. `state` is the coverage that a scope gets from this fault.
    """

    state: ClassVar[State] = State.FAILED

    def __init__(
        self, message: str = "", *, code: str = "", wait: float | None = None, until_reset: bool = False
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.wait = wait
        self.until_reset = until_reset


class Denied(Fault):
    """The credential lacks a grant: a person at the vendor must give it."""

    state = State.DENIED


class Expired(Fault):
    """The credential is dead or expired: renew it, then authorize again."""

    state = State.DENIED


class Unsupported(Fault):
    """The plan or edition does not have it: nobody is to be paged."""

    state = State.UNSUPPORTED


class Throttled(Fault):
    """Asked too often: wait `wait` seconds, or until the vendor's quota resets."""


class Unreachable(Fault):
    """No answer, or a 5xx: try again later."""


class Malformed(Fault):
    """An answer that is not what the vendor documents: cut, HTML, or a declared key missing."""


class Rejected(Fault):
    """Our request is wrong: the vendor file's owner acts."""


class Retired(Fault):
    """The endpoint or API version is switched off."""


class WrongAccount(Fault):
    """The credential belongs to another account than the approved one: nothing is compared."""


class Coverage(msgspec.Struct, frozen=True):
    """The certificate of a read: how complete, and why not. `claimed` is the vendor's own total where it gives one."""

    state: State
    reason: str = ""
    code: str = ""
    pages: int = 0
    rows: int = 0
    claimed: int | None = None

    @classmethod
    def of(cls, fault: Fault) -> Coverage:
        return cls(fault.state, f"{type(fault).__name__}: {fault.message}", fault.code)

    @property
    def complete(self) -> bool:
        return self.state is State.COMPLETE


COMPLETE = Coverage(State.COMPLETE)


class Ref(msgspec.Struct, frozen=True, order=True):
    """Names a scope within an integration."""

    kind: Kind
    name: str


class Parent(msgspec.Struct, frozen=True):
    """The resource a scope hangs on. A scope vanishes only with it, out of a complete scope."""

    ref: Ref
    key: str


class Sample(msgspec.Struct, frozen=True):
    """One health reading of one sync. Instants are epoch seconds UTC, never ages, so that an unchanged row stays true.

    `state` is one of ok, running, failing, paused, disabled, unknown; the vendor's word stays in evidence.
    """

    state: str
    succeeded_at: float | None = None
    failed_at: float | None = None
    rows_ok: int | None = None
    rows_failed: int | None = None
    lag: float | None = None
    duration: float | None = None
    errors: tuple[str, ...] = ()
    due_at: float | None = None  # when the vendor's own schedule has it run next
    cron: str = ""  # its schedule as a cron expression, where the vendor names no next run and no time zone
    writes: bool = False  # its runs write into the system that is read


class Resource(msgspec.Struct, frozen=True):
    """One thing in a scope. `id` is the vendor's and only pairs renames; `evidence` is never compared."""

    key: str
    facts: Facts
    id: str = ""
    evidence: Mapping[str, str] = {}
    health: Sample | None = None


class Scope(msgspec.Struct, frozen=True):
    """One collection as read now.

    `whole`: all of it is as last stored (a 304, or an equal body); no rows are listed then.
    `same`: keys whose row equals the last *stored* reading of this scope (never "equal to the baseline").
    `facts`: names of the facts this scope covers; a fact outside the baseline's list is a proposal, not drift.
    """

    ref: Ref
    coverage: Coverage
    resources: tuple[Resource, ...] = ()
    same: tuple[str, ...] = ()
    whole: bool = False
    facts: tuple[str, ...] = ()
    parent: Parent | None = None
    needs: tuple[str, ...] = ()
    source: str = ""
    link: str = ""

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self.same) | {r.key for r in self.resources}


class Vantage(msgspec.Struct, frozen=True):
    """From where we read. Approved like facts, and kept beside the baseline as vantage.json. `silent`: kinds of which
    rows leave an answer without a word when the credential may see less, though no answer tells what it may see."""

    account: str
    subject: str
    grants: frozenset[str]
    account_name: str = ""
    api_version: str = ""
    locale: str = ""
    coverage: Coverage = COMPLETE
    credential_expires_at: float | None = None
    silent: frozenset[Kind] = frozenset()


class Read(msgspec.Struct, frozen=True):
    """One run of a listing for one parent. A failed read may give no scope: its coverage then stands for all scopes
    last seen under `id`, and `listing/*` stands for every read of that listing. `memo` and `rows` become valid only in
    the transaction that stores the scopes; they are opaque bytes to everyone but the kit. None: what is kept stands."""

    id: str
    coverage: Coverage
    scopes: tuple[Scope, ...] = ()
    memo: bytes | None = None
    rows: bytes | None = None


class Signals(msgspec.Struct, frozen=True):
    """What the answers said beside their bodies. `requests` counts by outcome class (2xx, 304, 4xx, 429, 5xx, error);
    `quota_*` are calls, `budget_left` those that are still ours; `sunset` maps an endpoint or API version to epoch
    seconds of its announced end; `unwatched` counts per kind what the watch kept us from fetching; `added_keys` counts
    vendor keys we do not know."""

    requests: Mapping[str, int] = {}
    quota_limit: float | None = None
    quota_used: float | None = None
    quota_resets_at: float | None = None
    budget_left: float | None = None
    sunset: Mapping[str, float] = {}
    unwatched: Mapping[str, int] = {}
    added_keys: int = 0


class Absent(msgspec.Struct, frozen=True):
    """The vendor says, in a way it documents as distinct from "no right", that this thing does not exist."""

    code: str = ""


SLACK: Final = 5.0  # seconds that a vendor's clock and ours may be apart


class Sought(msgspec.Struct, frozen=True):
    """A change whose author is sought: what, and when the old state was last seen (`after`) and the new one first
    (`until`), epoch seconds. `id` is the vendor's; `said` the key in the vendor's words, where it is ours because it
    names people."""

    ref: Ref
    key: str
    after: float
    until: float
    id: str = ""
    said: str = ""

    @property
    def names(self) -> frozenset[str]:
        """Everything that the vendor may call it by."""
        return frozenset({self.key, self.id, self.said} - {""})

    def during(self, at: float, slack: float = SLACK) -> bool:
        """Whether it may have been changed at that time."""
        return self.after - slack <= at <= self.until + slack


def window(sought: Iterable[Sought], slack: float = SLACK) -> tuple[float, float]:
    """The time in which all of them may have been changed: what a vendor's log is asked for, once for all."""
    times = [(one.after - slack, one.until + slack) for one in sought]
    return min(since for since, _ in times), max(until for _, until in times)


class Memory(Protocol):
    """Where the kit finds what was stored with the last reading of each read id: `recall` gives the memos, `rows` the
    rows that go with them, which are only asked for where an answer is not as it was. An id without is left out."""

    async def recall(self, ids: Sequence[str]) -> Mapping[str, bytes]: ...

    async def rows(self, ids: Sequence[str]) -> Mapping[str, bytes]: ...


def canonical(value: Fact) -> bytes:
    """One byte form per JSON value: key order never matters, list order does (the kit sorted what has none)."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def digest(value: bytes) -> bytes:
    """Change detection, not evidence: 16 bytes of XXH3."""
    return xxhash.xxh3_128_digest(value)


def lost(before: Iterable[str], now: Iterable[str], needs: Iterable[str]) -> frozenset[str]:
    """Grants a scope needs that the credential had and has no more. `*` means it needs whatever there was."""
    gone = frozenset(before) - frozenset(now)
    needed = frozenset(needs)
    return gone if "*" in needed else gone & needed
