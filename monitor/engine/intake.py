"""Takes in a reading, one request's worth at a time: bodies, digests, differences. Nothing is stored but content.

Content is addressed by its digest, so what is stored before the reading's transaction is harmless if that never comes.
What is left of it at the end goes with that transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from monitor.adapters.baselines_tree import Entry
from monitor.adapters.records import Last
from monitor.core import body as bodies
from monitor.core import policy, schedule
from monitor.core.compare import compare
from monitor.core.covering import uncaptured
from monitor.core.evaluate import Gone, Looked
from monitor.core.model import Body, Change, Phase
from monitor.core.row import Row
from monitor.core.sight import Look, look
from probes.kit.contract import Coverage, Kind, Read, Ref, Sample, Scope, Signals, State, Vantage, digest

from . import recapture, uses
from .context import reader
from .fresh import unnamed, widens
from .live import Compared, Live, Settled
from .words import CALLED

if TYPE_CHECKING:
    from .core import Engine

STAGE_BYTES = 2 << 20  # content is written ahead in lumps of this size, so that a first read never sits in memory whole
READ_STATES = (State.COMPLETE, State.PARTIAL)
NAMED = (Kind.SCHEMA, Kind.SYNC, Kind.PLATFORM)  # kinds whose keys may be ids, and whose names are facts


class Intake:
    """One reading on its way in. `take` each item of the stream in order, then `finish`."""

    def __init__(self, engine: Engine, live: Live, reading: int, at: float, confirming: bool) -> None:
        self.engine, self.live, self.reading, self.at = engine, live, reading, at
        self.vantage: Vantage | None = None
        self.look: Look | None = None
        self.signals: Signals | None = None
        self.looked: list[Looked] = []
        self.gone: list[Gone] = []
        self.reads: list[tuple[str, Coverage, tuple[Kind, ...]]] = []
        self.updates: dict[Ref, Last] = {}
        self.settled: dict[Ref, Settled] = {}
        self.again: set[Ref] = set()  # scopes of which nothing but the times is new
        self.memos: dict[str, bytes] = {}
        self.rows: dict[str, bytes] = {}
        self.samples: list[tuple[str, str, Sample]] = []
        self.proposals: dict[Ref, str] = {}
        self.confirming = confirming
        self.called = False  # whether users of fields are called something else than the store has
        self.staged: dict[bytes, bytes] = {}  # content that the store does not have yet, by digest
        self._staged_bytes = 0
        self.index: Mapping[Ref, Entry] = engine.index(live.name)
        standing = engine.ledger.of(live.name)
        self._waiting = {one.address.ref for one in standing if one.phase is Phase.SUSPECTED}  # for a second look
        self._parents = {known.parent.ref for known in live.known.values() if known.parent is not None}

    async def take(self, item: Vantage | Read | Signals) -> None:
        match item:
            case Vantage():
                self.vantage = item
                instead = recapture.seen(self.live, item)
                if instead is not None:
                    self.index = {}  # another account's baselines are nothing to compare with
                self.look = instead or look(self.live.approved, item)
            case Signals():
                self.signals = item
            case Read():
                await self._read(item)

    async def _read(self, read: Read) -> None:
        for scope in read.scopes:
            if scope.coverage.state in READ_STATES:
                await self._scope(read, scope)
            else:
                self._blind(scope.ref, scope.coverage)
        if read.coverage.state not in READ_STATES:
            told = {scope.ref for scope in read.scopes}
            for ref, known in self.live.known.items():
                if ref not in told and under(known.read, read.id):
                    self._blind(ref, read.coverage)
        kinds = tuple(sorted({scope.ref.kind for scope in read.scopes} or self._kinds(read.id)))
        self.reads.append((read.id, read.coverage, kinds))
        if read.memo is not None:
            self.memos[read.id] = read.memo
        if read.rows is not None:
            self.rows[read.id] = read.rows

    def _kinds(self, read: str) -> set[Kind]:
        """What it gave when it was read; of one that never gave anything, what its listing declares."""
        known = {ref.kind for ref, known in self.live.known.items() if under(known.read, read)}
        poller = self.engine.pollers.get(self.live.name)
        if known or poller is None:
            return known
        name = read.partition("/")[0]
        return {view.kind for one in poller.vendor.listings if one.name == name for view in one.views}

    def _blind(self, ref: Ref, coverage: Coverage) -> None:
        """A scope that could not be read: what was known of it stands, with its age."""
        known = self.live.known.get(ref)
        if known is None:
            return  # never seen: there is nothing that could stand, and the read itself tells of the fault
        self.updates[ref] = msgspec.structs.replace(known, coverage=coverage, read_at=self.at, reading=self.reading)

    async def _scope(self, read: Read, scope: Scope) -> None:
        known = self.live.known.get(scope.ref)
        before = self.live.settled.get(scope.ref)
        if before is not None and self._again(before, scope, known):
            return
        complete = scope.coverage.complete
        fresh: Body | None = None
        last: Body | None = None
        if known is not None and known.digest and self._same(scope, known):
            mark, rows = known.digest, known.rows
        else:
            if known is not None and known.digest and (scope.same or not complete):
                last = await self.engine.body(known.digest)
            fresh = self._body(read, scope, last)
            raw = bodies.encode(fresh)
            mark, rows = digest(raw), len(fresh.rows)
            if known is None or mark != known.digest:
                await self._stage(mark, raw)
        keys = None if complete else frozenset(scope.keys)
        if complete and scope.ref in self._parents:
            self.live.keys[scope.ref] = (mark, await self._keys(scope.ref, mark, fresh))
        self.updates[scope.ref] = Last(
            integration=self.live.name,
            ref=scope.ref,
            read=read.id,
            coverage=scope.coverage,
            parent=scope.parent,
            good_at=self.at if complete else known.good_at if known else None,
            read_at=self.at,
            digest=mark,
            good_digest=mark if complete else known.good_digest if known else b"",
            rows=rows,
            needs=scope.needs,
            reading=self.reading,
            facts=scope.facts,
            source=scope.source,
            link=scope.link,
        )
        if complete and holding(scope.ref) and (fresh is not None or scope.ref not in self.live.holders):
            hold(self.engine, self.live, self.vantage, fresh or await self.engine.body(mark))
        self.called |= uses.call(self.live, scope)
        earlier = (known.digest, last) if known is not None and last is not None else None
        if complete:
            await uses.take(self.engine, self.live, scope.ref, scope.facts, mark, fresh, earlier)
        self._health(scope)
        await self._compare(scope, mark, fresh, keys, earlier, known.good_at if known else None)

    def _again(self, before: Settled, scope: Scope, known: Last | None) -> bool:
        """Whether the kit says what it said when nothing was to be said, and nothing it is held against has moved. Then
        only the times of it are new."""
        ref = scope.ref
        if before.scope is not scope or before.last is not known or before.baseline is not self.index.get(ref):
            return False
        if self.confirming or ref in self._waiting or (ref in self._parents and ref not in self.live.keys):
            return False
        last = msgspec.structs.replace(known, read_at=self.at, good_at=self.at, reading=self.reading)
        self.updates[ref] = last
        self.again.add(ref)
        self.looked.append(before.looked)
        self.settled[ref] = Settled(scope, before.baseline, last, before.looked)
        return True

    @staticmethod
    def _same(scope: Scope, known: Last) -> bool:
        """Whether nothing differs from the last stored reading. `same` keys are all in that one and never repeat, so
        as many of them as it has rows are all of them; a partial read that brought nothing new changes nothing."""
        if scope.resources:
            return False
        return scope.whole or not scope.coverage.complete or len(scope.same) == known.rows

    def _body(self, read: Read, scope: Scope, last: Body | None) -> Body:
        """The scope's content now: rows said to be the same come from the last stored one."""
        stored = last.rows if last is not None else {}
        rows: dict[str, Row] = {key: stored[key] for key in scope.same} if scope.coverage.complete else dict(stored)
        rows.update((r.key, Row(r.facts, r.id)) for r in scope.resources)
        return Body(
            ref=scope.ref,
            read=read.id,
            facts=tuple(sorted(scope.facts)),
            rows=rows,
            parent=scope.parent,
            api_version=self.vantage.api_version if self.vantage else "",
        )

    async def _stage(self, mark: bytes, raw: bytes) -> None:
        self.staged[mark] = raw
        self._staged_bytes += len(raw)
        if self._staged_bytes >= STAGE_BYTES:
            staged, self.staged, self._staged_bytes = self.staged, {}, 0
            await self.engine.store.stage(staged.items())

    async def _keys(self, ref: Ref, mark: bytes, fresh: Body | None) -> frozenset[str]:
        cached = self.live.keys.get(ref)
        if cached is not None and cached[0] == mark:
            return cached[1]
        return frozenset((fresh or await self.engine.body(mark)).rows)

    def _health(self, scope: Scope) -> None:
        """Fresh rows bring their sample; a row that is the same still stands, so its last sample is read again."""
        if scope.ref.kind is not Kind.SYNC:
            return
        fresh = {r.key: r.health for r in scope.resources}
        name = scope.ref.name
        for (of, key), series in self.live.history.items():
            if of == name and series and (scope.whole or key in scope.same) and key not in fresh:
                self.samples.append((name, key, series[-1][1]))
        for key, health in fresh.items():
            if health is not None:
                before = self.live.history.get((name, key))
                self.samples.append((name, key, schedule.dated(before[-1][1] if before else None, health, self.at)))

    async def _compare(
        self,
        scope: Scope,
        mark: bytes,
        fresh: Body | None,
        keys: frozenset[str] | None,
        earlier: tuple[bytes, Body] | None,
        since: float | None,
    ) -> None:
        entry = self.index.get(scope.ref)
        if entry is None:
            if scope.coverage.complete:
                self.proposals[scope.ref] = "not in the baseline yet"
            return
        if scope.whole and not self.confirming and scope.ref in self._waiting:
            return  # an answer that stands for the last one is no second look
        found = await differences(self.engine, self.live, scope.ref, mark, fresh, keys, earlier)
        if scope.coverage.complete and (found.new or found.fresh):
            self.proposals[scope.ref] = widens(found.new, found.fresh)
        rows = {r.key: r.evidence for r in scope.resources if r.evidence}
        touched = {change.key for change in found.changes}
        looked = Looked(
            ref=scope.ref,
            coverage=scope.coverage,
            keys=keys,
            changes=found.changes,
            known=found.rows,
            needs=scope.needs,
            parent=scope.parent,
            evidence={key: {**rows.get(key, {}), **found.about.get(key, {})} for key in touched},
            link=scope.link,
            since=since,
        )
        self.looked.append(looked)
        if scope.whole and scope.coverage.complete and mark == entry.digest and scope.ref.kind is not Kind.SYNC:
            self.settled[scope.ref] = Settled(scope, entry, self.updates[scope.ref], looked)

    def finish(self) -> None:
        """What the stream did not bring: scopes whose parent is gone from a complete scope went with it."""
        for ref, known in self.live.known.items():
            parent = known.parent
            if ref in self.updates or parent is None:
                continue
            up = self.updates.get(parent.ref)
            cached = self.live.keys.get(parent.ref)
            if up is None or not up.coverage.complete or cached is None or cached[0] != up.digest:
                continue
            if parent.key not in cached[1]:
                self.gone.append(Gone(ref, parent))


def under(read: str, told: str) -> bool:
    """Whether what is told of one read id holds for another: `listing/*` speaks for every read of that listing."""
    return read == told or (told.endswith("/*") and read.partition("/")[0] == told[:-2])


async def differences(
    engine: Engine,
    live: Live,
    ref: Ref,
    mark: bytes,
    fresh: Body | None,
    keys: frozenset[str] | None,
    earlier: tuple[bytes, Body] | None = None,
) -> Compared:
    """How content differs from the baseline of its scope. Remembered per pair of contents. `earlier`: a content that
    was read already, with its digest; most often it is what was approved."""
    entry = engine.index(live.name)[ref]
    if mark == entry.digest:
        live.compared.pop(ref, None)
        return Compared(entry.digest, mark, keys)
    cached = live.compared.get(ref)
    if cached is not None and (cached.baseline, cached.digest, cached.keys) == (entry.digest, mark, keys):
        return cached
    if earlier is not None and earlier[0] == entry.digest:
        approved: Body | None = earlier[1]
    else:
        approved = await engine.baselines.body(live.name, ref)
    if approved is None:
        return Compared(entry.digest, mark, keys)
    now = fresh or await engine.body(mark)
    found = tuple(compare(approved, now, keys))
    came = unnamed(engine, live, ref, found)
    changes = tuple(one for one in found if one.key not in came)
    new, said = uncaptured(approved, now), about(approved, now, changes, live.strong)
    live.compared[ref] = Compared(entry.digest, mark, keys, changes, len(approved.rows), new, said, came)
    return live.compared[ref]


def holding(ref: Ref) -> bool:
    """Whether a scope tells who is who: users, sets, roles, and who has been given which."""
    return ref.kind is Kind.PERMISSION and "." not in ref.name


def hold(engine: Engine, live: Live, vantage: Vantage | None, body: Body) -> None:
    """Notes who holds strong rights, and which sets the credential's own user holds; verdicts rest on both."""
    subject = reader(engine, vantage.subject) if vantage is not None else ""
    mine = [key.partition("/")[2] for key in body.rows if subject and key.startswith(f"{subject}/")]
    before = live.holders.get(body.ref), live.own.get(body.ref)
    live.holders[body.ref] = frozenset(key for key, row in body.rows.items() if policy.strong(row.facts))
    live.own[body.ref] = frozenset(key.removeprefix("group:") for key in mine)
    if before != (live.holders[body.ref], live.own[body.ref]):
        engine.forget_contexts()


def about(approved: Body, now: Body, changes: Iterable[Change], strong: frozenset[str]) -> dict[str, Mapping[str, str]]:
    """What the whole row of a changed thing tells of it, beside the change: evidence by key."""
    found: dict[str, Mapping[str, str]] = {}
    for key in {change.key for change in changes}:
        row = now.rows.get(key) or approved.rows[key]
        said = {"made by": policy.VENDOR} if policy.made_by_vendor(row.facts) else {}
        if now.ref.kind is Kind.PERMISSION and policy.powerful(row.facts, strong):
            said["holds"] = policy.STRONG
        label = row.facts.get("label")
        if now.ref.kind in NAMED and isinstance(label, str) and label and label != key:
            said[CALLED] = label
        if said:
            found[key] = said
    return found
