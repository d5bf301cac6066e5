"""Brings queued decisions into git, one at a time, so that a kill at any moment loses none and doubles none.

A decision was stored before anybody was answered (step 1, the engine's). Here: the branch is read again and the commit
swapped in (step 2), then one transaction records it (step 3). Whatever was left between two steps is found again by
the decision's uuid in the branch. Git is truth for what is approved, the store for who decided.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import aclosing
from functools import partial

import msgspec

from monitor.core.accept import Edit, amend
from monitor.core.body import encode
from probes.kit.clock import Clock
from probes.kit.contract import Ref

from .baselines import Baselines, BaselinesError, Commit, RefMoved
from .failpoints import reach
from .git import GitError
from .layout import Places
from .lease import GIT, Leases
from .records import Capture, Decision, DecisionState, FileWrite, Origin, TrailEntry
from .remote import Remote, Taken
from .store import Store
from .store_trail import marks

SETTLED = "baselines.settled"  # flag: the commit up to which the store knows whose each one is
MERGING = "baselines.merging"  # flag: the last merge of ours, from before it was the branch
_TRIES = 10
Place = tuple[Ref, str, str]


class Plan(msgspec.Struct):
    """What a decision makes of the branch as it is: files to write, and what stands against it."""

    changes: dict[str, bytes | Callable[[], Awaitable[bytes]] | None] = {}
    conflicts: list[str] = []


class Committer:
    """The single writer of the branch. `push_fault` says why the remote has not got our commits; "" when it has.
    What it did is recorded only under the lease on git.

    Who writes the branch, or compares with it, holds `lock`. While a remote is waited for nobody does: `push` and
    `fetch` have a lock of their own there and take this one only for what they do to the branch.
    """

    def __init__(self, store: Store, baselines: Baselines, leases: Leases, clock: Clock) -> None:
        self._store = store
        self._leases = leases
        self._baselines = baselines
        self._clock = clock
        self._remote = Remote(baselines) if baselines.repository else None
        self._talking = asyncio.Lock()
        self.lock = asyncio.Lock()
        self.push_fault = ""

    async def recover(self) -> None:
        """At start: records what a killed predecessor committed and did not record. Brings the remote in when there is
        no baseline here yet, so that an empty clone is never taken for an empty baseline. Raises BaselinesError."""
        if not self._leases.holds(GIT):
            return  # another process does, and has the branch
        for decision in await self._store.decisions(DecisionState.QUEUED):
            sha = await self._baselines.find_decision(decision.uuid, await self._settled())
            if sha is not None:
                await self._record(decision, DecisionState.COMMITTED, sha)
        await self._catch_up()
        if self._remote is not None and not self._baselines.seen:
            try:
                await self.fetch()
            except GitError as error:
                raise BaselinesError(
                    "the baselines repository cannot be read, and nothing of it is known here yet; correct "
                    f"baselines.repository in driftline.yaml or the access to it ({error})"
                ) from error

    async def run_once(self) -> list[Decision]:
        """Commits what is queued, in order; the caller holds `lock`. Returns what was settled. No remote is asked."""
        settled = [await self._settle(decision) for decision in await self._store.decisions(DecisionState.QUEUED)]
        await self._catch_up()
        return settled

    async def fetch(self) -> bool:
        """Brings in what people pushed and enters it in the trail; True when the branch moved. Raises GitError,
        BaselinesError; what is known stays in use then."""
        async with self._talking:
            return await self._fetch()

    async def _fetch(self) -> bool:
        if self._remote is not None and not await self._remote.fetch():
            return False  # it has no such branch yet
        async with self.lock:
            if self._remote is None:
                moved = await self._baselines.refresh()
            else:
                taken = await self._remote.take(self._merging)
                moved = taken.moved
                if taken.rewritten and not taken.merge:
                    await self._rewritten()
            await self._catch_up()
            return moved

    async def _settle(self, decision: Decision) -> Decision:
        for _ in range(_TRIES):
            await self._baselines.refresh()
            sha = await self._baselines.find_decision(decision.uuid, await self._settled())
            if sha is not None:
                return await self._record(decision, DecisionState.COMMITTED, sha)
            head = self._baselines.seen
            plan = await self.plan(decision)
            if plan.conflicts:
                note = "; ".join(plan.conflicts) + ". Nothing was written; look at what is there now and decide again"
                return await self._record(decision, DecisionState.CONFLICTED, note=note)
            if not plan.changes:
                return await self._record(decision, DecisionState.ALREADY, head)
            trail = (await marks(self._store, [decision.uuid])).get(decision.uuid, "")
            reach("commit.before")
            try:
                sha = await self._baselines.commit(decision.uuid, decision.message, plan.changes, head, trail)
            except RefMoved:
                continue
            reach("commit.after")
            return await self._record(decision, DecisionState.COMMITTED, sha)
        raise RefMoved(f"{self._baselines.branch} does not hold still; decision {decision.uuid} stays queued")

    async def plan(self, decision: Decision) -> Plan:
        """What carrying it out now would write, and what stands against it. Writes nothing."""
        plan = Plan()
        by_ref: dict[Ref, list[Edit]] = {}
        for edit in decision.work.edits:
            by_ref.setdefault(edit.ref, []).append(edit)
        await self._amend(decision.integration, by_ref, plan)
        taken = [bytes.fromhex(capture.digest) for capture in decision.work.captures if capture.digest]
        kept = await self._store.have_content(taken)
        places = self._baselines.places()
        for capture in decision.work.captures:
            self._capture(decision.integration, capture, kept, places, plan)
        for file in decision.work.files:
            await self._file(file, plan)
        return plan

    async def _amend(self, integration: str, by_ref: Mapping[Ref, list[Edit]], plan: Plan) -> None:
        gone = by_ref.keys() - self._baselines.entries(integration).keys()
        plan.conflicts += [f"{ref.kind}/{ref.name} has no baseline any more" for ref in sorted(gone)]
        async with aclosing(self._baselines.bodies(integration, by_ref)) as bodies:
            async for ref, body in bodies:
                amended = amend(body, by_ref[ref])
                name = f"{ref.kind}/{ref.name}"
                for edit in amended.conflicted:
                    what = " ".join(part for part in (edit.key, edit.fact) if part)
                    plan.conflicts.append(f"{name}: the baseline of {what} is neither what you saw nor the new")
                if amended.done:
                    plan.changes[self._baselines.path_of(integration, ref)] = encode(amended.body)

    def _capture(self, integration: str, capture: Capture, kept: Collection[bytes], places: Places, plan: Plan) -> None:
        entry = self._baselines.entries(integration).get(capture.ref)
        there = entry.digest.hex() if entry else ""
        if there == capture.digest:
            return
        name = f"{capture.ref.kind}/{capture.ref.name}"
        if there != capture.before:
            plan.conflicts.append(f"{name}: its baseline is not the one you saw")
            return
        if not capture.digest:
            plan.changes[self._baselines.path_of(integration, capture.ref)] = None
            return
        digest = bytes.fromhex(capture.digest)
        if digest not in kept:
            plan.conflicts.append(f"{name}: what was read then is not kept any more")
            return
        path = self._baselines.path_of(integration, capture.ref, places)
        plan.changes[path] = partial(self._content, digest)

    async def _content(self, digest: bytes) -> bytes:
        """A body as it was read, only when its turn comes: a first capture may be of a thousand."""
        content = await self._store.content(digest)
        if content is None:
            raise LookupError(f"content {digest.hex()} was pruned while a decision waited for it")
        return content

    async def _file(self, file: FileWrite, plan: Plan) -> None:
        there = await self._baselines.text(file.path)
        if there == file.after:
            return
        if there != file.before:
            plan.conflicts.append(f"{file.path} is neither what you saw nor the new")
        else:
            plan.changes[file.path] = None if file.after is None else file.after.encode()

    async def _record(self, decision: Decision, state: DecisionState, sha: str = "", note: str = "") -> Decision:
        """Step 3: one transaction."""
        now = self._clock.now()
        done = msgspec.structs.replace(decision, state=state, sha=sha, note=note)
        places = _places(decision) if state is DecisionState.COMMITTED else ()
        undone = await self._store.decision(decision.undoes) if decision.undoes else None
        if places:
            had = await self._store.origins(decision.integration)
            done = msgspec.structs.replace(done, replaced=tuple(one for one in had if _under(one, places)))
        async with self._leases.keeping(GIT) as tx:
            await tx.set_decision(done)
            await tx.add_trail(
                TrailEntry(
                    at=now,
                    who=decision.by,
                    what=state.value,
                    subject=decision.integration,
                    data={"decision": decision.uuid, "sha": sha, "note": note},
                )
            )
            if undone is not None:
                await tx.drop_origin(decision.integration, places)
                await tx.set_origin(*(one for one in undone.replaced if _under(one, places)))
            else:
                await tx.set_origin(*(_origin(done, *place, now) for place in places))
        reach("record.after")
        return done

    async def push(self) -> None:
        """Sends what was committed, in order. A remote that does not answer or refuses is told in `push_fault`; the
        next call tries again. What is committed meanwhile is for the next call."""
        if self._remote is None:
            return
        async with self._talking:
            waiting = await self._store.decisions(DecisionState.COMMITTED)
            try:
                for attempt in range(_TRIES):
                    try:
                        await self._remote.push()
                        break
                    except GitError:
                        if not await self._fetch() or attempt == _TRIES - 1:
                            raise
            except (GitError, BaselinesError) as error:
                self.push_fault = str(error)
                return
            self.push_fault = ""
            if waiting:
                async with self._leases.keeping(GIT) as tx:
                    for decision in waiting:
                        await tx.set_decision(msgspec.structs.replace(decision, state=DecisionState.PUSHED))

    async def heads(self) -> list[str]:
        """Where the remote's branches that hold our commits are now: its own, and the one that ours go to while that is
        checked out. Nothing of ours moves. Raises GitError when the remote does not answer."""
        async with self._talking:
            return await self._remote.heads() if self._remote is not None else []

    async def _rewritten(self) -> None:
        """The remote's branch lost commits that it had, and none of them was ours to send again."""
        data = {"sha": self._baselines.seen}
        entry = TrailEntry(at=self._clock.now(), who="driftline", what="remote rewritten", data=data)
        async with self._leases.keeping(GIT) as tx:
            await tx.add_trail(entry)

    async def _settled(self) -> str:
        return await self._store.flag(SETTLED) or ""

    async def _merging(self, taken: Taken) -> None:
        """A merge is known to be ours before it is the branch."""
        async with self._leases.keeping(GIT) as tx:
            await tx.set_flag(MERGING, msgspec.json.encode(taken).decode())

    async def _catch_up(self) -> None:
        """Enters what others committed in the trail, once. Which commits are ours the store knows, not their words;
        so every decision of ours is recorded before this."""
        settled = await self._settled()
        if settled == self._baselines.seen:
            return
        commits = await self._baselines.log(settled)
        last = await self._store.flag(MERGING)
        ours = msgspec.json.decode(last, type=Taken) if last else Taken()
        known = await self._store.decided(commit.sha for commit in commits)
        now = self._clock.now()
        entries = []
        for commit in commits:
            if commit.sha == ours.merge:
                if ours.lost or ours.rewritten:
                    data = {"sha": ours.merge, "lost": ours.lost, "rewritten": ours.rewritten}
                    entries.append(TrailEntry(at=now, who="driftline", what="gave way to the remote", data=data))
            elif commit.sha not in known and commit.paths:
                entries.append(_outside(commit, now))
        async with self._leases.keeping(GIT) as tx:
            await tx.add_trail(*entries)
            await tx.set_flag(SETTLED, self._baselines.seen)


def _outside(commit: Commit, now: float) -> TrailEntry:
    data = {"sha": commit.sha, "committed_at": commit.at, "subject": commit.subject, "paths": commit.paths}
    return TrailEntry(at=now, who=commit.author, what="approved outside", data=data)


def _places(decision: Decision) -> tuple[Place, ...]:
    """Scope, key and fact of what it writes, as fine as it was decided: a captured scope, or an edit."""
    captured = [(capture.ref, "", "") for capture in decision.work.captures]
    return (*captured, *((edit.ref, edit.rename_to or edit.key, edit.fact) for edit in decision.work.edits))


def _under(origin: Origin, places: Collection[Place]) -> bool:
    """Whether it is of something that is written there, or of a part of it."""
    at = (origin.ref, origin.key, origin.fact)
    return not {at, (origin.ref, origin.key, ""), (origin.ref, "", "")}.isdisjoint(places)


def _origin(decision: Decision, ref: Ref, key: str, fact: str, now: float) -> Origin:
    return Origin(
        integration=decision.integration, ref=ref, key=key, fact=fact, how=decision.how, sha=decision.sha,
        by=decision.by, at=now,
    )  # fmt: skip
