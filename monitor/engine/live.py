"""What the engine holds in memory of one integration. The store can rebuild all of it."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from monitor.adapters.baselines_tree import Entry
from monitor.adapters.records import Last
from monitor.adapters.store import Store
from monitor.config.models import Integration
from monitor.config.pushes import Status
from monitor.core.ignores import Force
from monitor.core.model import Change, Sight
from monitor.core.poll import Looked
from monitor.core.runs import KEPT, Run
from monitor.core.sight import Look
from monitor.core.uses import Known as Uses
from monitor.core.uses import Told
from monitor.core.vendor_status import VendorStatus
from probes.kit.contract import Coverage, Kind, Ref, Sample, Scope, Signals, Vantage

from .hook_state import Pushed

HISTORY = 50  # samples of one sync kept in memory for the health evaluator; the store keeps the series


class Compared(msgspec.Struct, frozen=True):
    """Two contents of a scope as last compared, and what came of it. `rows` counts the keys of the baseline; `new`
    names the facts that it does not cover; `about` is what is known of the changed things, by key; `fresh` names
    objects that are there since, and that nobody said how to watch: they are counted, and no change."""

    baseline: bytes
    digest: bytes
    keys: frozenset[str] | None
    changes: tuple[Change, ...] = ()
    rows: int = 0
    new: tuple[str, ...] = ()
    about: Mapping[str, Mapping[str, str]] = {}
    fresh: tuple[str, ...] = ()


class Settled(msgspec.Struct, frozen=True):
    """A scope that was read whole again and is as approved: what the kit said of it, the baseline it equals, what was
    kept, and what the evaluator was given. The very same said again means the very same."""

    scope: Scope
    baseline: Entry
    last: Last
    looked: Looked


class Recapture(msgspec.Struct, frozen=True):
    """That a person wants another account captured in the place of the approved one."""

    uuid: str
    by: str
    at: float
    instead_of: str
    account: str
    reason: str
    ticket: str = ""
    second: str = ""  # who agreed, where it takes two


@dataclass
class Live:
    """One integration as it runs. `reads`: the latest coverage of each read id and when it was told. `token`: of the
    lease under which it was filled from the store; nothing that comes of it is kept under another.

    `compared` remembers, per scope, the two digests last compared and what came of it, so that an unchanged scope with
    open drift costs nothing. `proposals`: scopes (or facts of a scope) that the baseline does not cover, with why.
    """

    name: str
    config: Integration
    token: int = 0
    approved: Sight | None = None
    look: Look | None = None
    vantage: Vantage | None = None
    known: dict[Ref, Last] = field(default_factory=dict)
    reads: dict[str, tuple[Coverage, float]] = field(default_factory=dict)
    kinds: dict[str, tuple[Kind, ...]] = field(default_factory=dict)  # of each read
    signals: Signals | None = None
    reading: int = 0
    last_poll_at: float | None = None
    last_ok_at: float | None = None
    next_due_at: float | None = None
    failures: int = 0
    fault: str = ""
    failing: dict[str, float] = field(default_factory=dict)  # reads that the log said to fail, and since when
    requests: Counter[str] = field(default_factory=Counter)
    history: dict[tuple[str, str], deque[tuple[float, Sample]]] = field(default_factory=dict)
    runs: dict[tuple[str, str], deque[Run]] = field(default_factory=dict)  # the newest that ended, oldest first
    settled: dict[Ref, Settled] = field(default_factory=dict)
    proposals: dict[Ref, str] = field(default_factory=dict)
    compared: dict[Ref, Compared] = field(default_factory=dict)
    keys: dict[Ref, tuple[bytes, frozenset[str]]] = field(default_factory=dict)
    hidden: tuple[Force, ...] = ()  # the ignores that its findings were last held against
    holders: dict[Ref, frozenset[str]] = field(default_factory=dict)  # who is known to hold strong rights, by scope
    own: dict[Ref, frozenset[str]] = field(default_factory=dict)  # sets that the credential's own user holds, by scope
    told: dict[Ref, tuple[bytes, Told]] = field(default_factory=dict)  # what each scope uses, by the content read
    called: dict[Ref, dict[str, str]] = field(default_factory=dict)  # what people call rows, where that is no fact
    summed: tuple[object, ...] | None = None  # what `uses` was made of
    uses: Uses = field(default_factory=Uses)
    over: dict[str, tuple[int, int]] = field(default_factory=dict)  # standing approvals that hold: (count, cap)
    memos: dict[str, bytes] = field(default_factory=dict)  # the kit's, by read id, as they are stored; empty: none is
    recapture: Recapture | None = None
    removed_at: float | None = None
    rhythm: tuple[Integration, float, float] | None = None  # seconds between readings, by configuration and default
    policy_day: float | None = None  # the day for which policies were last applied; None: ask the store
    aside: Counter[str] = field(default_factory=Counter)  # requests made on demand, by class; no reading counts them
    asked: dict[tuple[str, str], int] = field(default_factory=dict)  # (finding, fingerprint) -> times asked about
    pushed: Pushed = field(default_factory=Pushed)
    attesting: asyncio.Lock = field(default_factory=asyncio.Lock)  # one upload at a time
    status: VendorStatus | None = None  # what the vendor says of itself, as it was asked last
    status_by: Status | None = None  # by this configuration
    status_at: float | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def wants(self, kind: Kind, scope: str) -> bool:
        return self.config.level(kind.value, scope) != "off"

    @property
    def fresh(self) -> tuple[str, ...]:
        """New objects that no watch rule names."""
        return tuple(sorted(name for one in self.compared.values() for name in one.fresh))

    @property
    def strong(self) -> frozenset[str]:
        return frozenset[str]().union(*self.holders.values())

    @property
    def own_sets(self) -> frozenset[str]:
        return frozenset[str]().union(*self.own.values())

    @property
    def samples(self) -> Mapping[tuple[str, str], Sample]:
        """The newest sample of each sync, by (scope, key)."""
        return {key: series[-1][1] for key, series in self.history.items() if series}

    def sampled(self, scope: str, key: str, at: float, sample: Sample) -> None:
        series = self.history.setdefault((scope, key), deque(maxlen=HISTORY))
        if not series or series[-1][0] < at:
            series.append((at, sample))

    def ran(self, scope: str, key: str, run: Run) -> None:
        self.runs.setdefault((scope, key), deque(maxlen=KEPT)).append(run)


class Recall:
    """The kit's memory of one integration: memos as the store has them, each asked for once. What goes with a memo is
    asked for each time: it is large, and mostly not needed."""

    def __init__(self, store: Store, live: Live) -> None:
        self._store, self._live = store, live

    async def recall(self, ids: Sequence[str]) -> Mapping[str, bytes]:
        memos = self._live.memos
        if missing := [id for id in ids if id not in memos]:
            found = await self._store.memos(self._live.name, missing)
            memos.update({id: found.get(id, b"") for id in missing})
        return memos

    async def rows(self, ids: Sequence[str]) -> Mapping[str, bytes]:
        return await self._store.memo_rows(self._live.name, ids)
