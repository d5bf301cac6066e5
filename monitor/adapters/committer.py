"""Brings queued decisions into git, one at a time, so that a kill at any moment loses none and doubles none.

A decision was stored before anybody was answered (step 1, the engine's). Here: the branch is read again and the commit
swapped in (step 2), then one transaction records it (step 3). Whatever was left between two steps is found again by
the decision's uuid in the branch. Git is truth for what is approved, the store for who decided.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from probes.kit.clock import Clock

from .baselines import Baselines, BaselinesError, Commit, RefMoved
from .failpoints import reach
from .forge import Forge, ForgeError
from .git import GitError
from .lease import GIT, Leases
from .planning import Plan, Planner
from .proposer import Proposer
from .recording import Recorder
from .records import Decision, DecisionState, TrailEntry
from .remote import Remote, Taken
from .store import Store
from .store_trail import marks

SETTLED = "baselines.settled"  # flag: the commit up to which the store knows whose each one is
MERGING = "baselines.merging"  # flag: the last merge of ours, from before it was the branch
_TRIES = 10


class Committer:
    """The single writer of the branch. `push_fault` says why the remote has not got our commits; "" when it has.
    What it did is recorded only under the lease on git.

    Who writes the branch, or compares with it, holds `lock`. While a remote is waited for nobody does: `push` and
    `fetch` have a lock of their own there and take this one only for what they do to the branch.
    """

    def __init__(
        self, store: Store, baselines: Baselines, leases: Leases, clock: Clock, forge: Forge | None = None
    ) -> None:
        self._store = store
        self._leases = leases
        self._baselines = baselines
        self._clock = clock
        self._remote = Remote(baselines) if baselines.repository else None
        self._planner = Planner(store, baselines)
        self._recorder = Recorder(store, leases, clock, lambda: baselines.holds)
        self._record = self._recorder.record
        self._talking = asyncio.Lock()
        self.lock = asyncio.Lock()
        self.push_fault = ""
        self.proposer: Proposer | None = None
        if forge is not None and self._remote is not None:
            self.proposer = Proposer(
                store, baselines, leases, clock, self._remote, self._planner, self._recorder, forge, self.lock
            )

    async def recover(self) -> None:
        """At start: records what a killed predecessor committed and did not record. Brings the remote in when there is
        no baseline here yet, so that an empty clone is never taken for an empty baseline. Raises BaselinesError."""
        if not self._leases.holds(GIT):
            return  # another process does, and has the branch
        if self.proposer is not None:
            await self.proposer.load()
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

    @property
    def baseless(self) -> str:
        """Why nothing can be proposed: the branch has no commit that a pull request could be merged into; "" where
        it can. What is queued waits for one."""
        if self.proposer is None or self._baselines.seen:
            return ""
        return (
            f"nothing can be proposed: {self._baselines.branch} of the baselines repository has no commit yet for a "
            "pull request to be merged into. Push a first commit to it, an empty one will do; what was decided is "
            "kept, and follows by itself"
        )

    async def run_once(self) -> list[Decision]:
        """Commits what is queued, in order; the caller holds `lock`. Returns what was settled. No remote is asked."""
        if self.baseless:
            return []
        settled = [await self._settle(decision) for decision in await self._store.decisions(DecisionState.QUEUED)]
        await self._catch_up()
        if self.proposer is not None:
            await self.proposer.remember()
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
                if self.proposer is not None:
                    await self.proposer.arrived()
            await self._catch_up()
            return moved

    async def _settle(self, decision: Decision) -> Decision:
        branch, more = self._baselines, dict[str, Any]()
        if self.proposer is not None:
            branch = await self.proposer.branch(decision.integration)
            more = {"branch": branch.branch}
        for _ in range(_TRIES):
            await branch.refresh()
            sha = await branch.find_decision(decision.uuid, await self._settled())
            if sha is not None:
                return await self._record(decision, DecisionState.COMMITTED, sha, **more)
            head = branch.seen
            plan = await self._planner.plan(decision, branch)
            if plan.conflicts:
                note = "; ".join(plan.conflicts) + ". Nothing was written; look at what is there now and decide again"
                return await self._record(decision, DecisionState.CONFLICTED, note=note)
            if not plan.changes:
                return await self._record(decision, DecisionState.ALREADY, head)
            trail = (await marks(self._store, [decision.uuid])).get(decision.uuid, "")
            reach("commit.before")
            try:
                sha = await branch.commit(decision.uuid, decision.message, plan.changes, head, trail)
            except RefMoved:
                continue
            reach("commit.after")
            return await self._record(decision, DecisionState.COMMITTED, sha, **more)
        raise RefMoved(f"{branch.branch} does not hold still; decision {decision.uuid} stays queued")

    async def plan(self, decision: Decision) -> Plan:
        """What carrying it out now would write, and what stands against it. Writes nothing."""
        branch = self.proposer.view(decision.integration) if self.proposer is not None else self._baselines
        return await self._planner.plan(decision, branch)

    async def arrived(self, decision: Decision) -> bool:
        """Whether the branch that counts says what was decided. What is only proposed is not there yet."""
        return self.proposer is None or await self._planner.holds(decision, self._baselines)

    async def push(self) -> None:
        """Sends what was committed, in order. A remote that does not answer or refuses is told in `push_fault`; the
        next call tries again. What is committed meanwhile is for the next call."""
        if self._remote is None:
            return
        if self.baseless:
            self.push_fault = self.baseless
            return
        async with self._talking:
            waiting = [one for one in await self._store.decisions(DecisionState.COMMITTED) if not one.branch]
            try:
                for attempt in range(_TRIES):
                    try:
                        await self._remote.push()
                        break
                    except GitError:
                        if not await self._fetch() or attempt == _TRIES - 1:
                            raise
                if self.proposer is not None:
                    await self.proposer.sync()
                    await self._fetch()  # what the forge says was merged is there now
            except (GitError, BaselinesError, ForgeError) as error:
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
        if self.proposer is not None:
            known |= await self.proposer.explained(commits)
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
