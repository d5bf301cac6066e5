"""Proposals: decisions go to a branch of ours and into one open pull request of each integration, whose merge approves.

A decision is committed to `driftline/<integration>` as it would be to the branch itself; the pull request is looked for
before it is opened, so that a kill at any moment opens none twice. That it was merged is known by what the branch says
then, however the forge made the commit. Nothing is forced: what people push to our branch is kept, and what they
changed stands. When one was merged or closed, the next decision begins a new branch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Final

import msgspec

from probes.kit.clock import Clock
from probes.kit.contract import digest

from .baselines import Baselines, Commit
from .failpoints import reach
from .forge import Forge, ForgeError
from .git import GitError
from .lease import GIT, Leases
from .planning import Planner
from .recording import Recorder
from .records import Decision, DecisionState, Pull
from .remote import Remote
from .store import Store

PULLS: Final = "pulls"  # flag: the newest pull request of each integration
STACK: Final = "_stack"  # of what belongs to no integration; no integration can be called so
PENDING: Final = (DecisionState.COMMITTED, DecisionState.PROPOSED)
File = tuple[str, bytes | None, bytes | None]  # path, before, after
Describe = Callable[[Pull, Sequence[Decision], Sequence[File]], Awaitable[tuple[str, str]]]


class Waiting(msgspec.Struct, frozen=True):
    """What is proposed about a finding, as it was decided on; `fingerprint` of a captured scope is the hex digest of
    what was read, and "" of a file. `label` is "" until the pull request is open."""

    decision: str
    fingerprint: str
    by: str
    label: str = ""
    url: str = ""


class Proposer:
    """Who calls holds the committer's lock where a method says so, and talks to the remote alone. `describe` gives
    title and text of a pull request; `told` gets what was not merged, for the page to ask again; `waiting` is by
    finding, and of captures by integration/kind/scope, or by path."""

    def __init__(
        self, store: Store, baselines: Baselines, leases: Leases, clock: Clock, remote: Remote, planner: Planner,
        recorder: Recorder, forge: Forge, lock: asyncio.Lock,
    ) -> None:  # fmt: skip
        self._store, self._main, self._leases, self._clock = store, baselines, leases, clock
        self._remote, self._planner, self._recorder, self._lock = remote, planner, recorder, lock
        self.forge = forge
        self.describe: Describe
        self.pulls: dict[str, Pull] = {}
        self.waiting: Mapping[str, Waiting] = {}
        self.told: list[Decision] = []
        self._branches: dict[str, Baselines] = {}

    async def load(self) -> None:
        """At start."""
        kept = await self._store.flag(PULLS)
        self.pulls = msgspec.json.decode(kept, type=dict[str, Pull]) if kept else {}
        for pull in self.pulls.values():
            if pull.state == "open":
                await self._line(pull)
        await self.remember()

    async def remember(self) -> None:
        """Makes `waiting` what the store says."""
        found: dict[str, Waiting] = {}
        for one in await self.pending():
            if not one.undoes:
                about = dict(one.findings)
                if one.kind == "capture":
                    about |= {f"{one.integration}/{c.ref.kind}/{c.ref.name}": c.digest for c in one.work.captures}
                    about |= {file.path: "" for file in one.work.files}
                for id, fingerprint in about.items():
                    found[id] = Waiting(one.uuid, fingerprint, one.by, one.pull, one.pull_url)
        self.waiting = found

    async def branch(self, integration: str) -> Baselines:
        """The branch that the next decision about it goes to, on top of the newest base, which has a commit. The caller
        holds the lock."""
        await self._main.refresh()
        pull = self.pulls.get(integration)
        if pull is None or pull.state != "open" or pull.merged:
            number = pull.generation + 1 if pull else 1
            name = f"driftline/{integration or STACK}" + (f".{number}" if number > 1 else "")
            pull = Pull(integration=integration, generation=number, branch=name)
            await self._main.git.run("update-ref", f"refs/heads/{name}", self._main.seen)
            await self._keep(pull)
        line = await self._line(pull)
        await self._bring(pull, line, self._main.seen, [line.seen, self._main.seen])
        return line

    def view(self, integration: str) -> Baselines:
        """What is approved or proposed of an integration: what a further decision is made on."""
        pull = self.pulls.get(integration)
        line = self._branches.get(pull.branch) if pull is not None and pull.state == "open" else None
        return line if line is not None and line.seen else self._main

    async def sync(self) -> None:
        """Brings every open proposal to the forge, and hears what became of it. Raises the first ForgeError or
        GitError, once all were tried."""
        failed: list[Exception] = []
        for pull in [one for one in self.pulls.values() if one.state == "open" and not one.merged]:
            try:
                await self._sync(pull)
            except (ForgeError, GitError) as error:
                failed.append(error)
        await self.remember()
        if failed:
            raise failed[0]

    async def arrived(self) -> None:
        """The branch was read again: what of it was proposed is approved. The caller holds the lock."""
        for pull in [one for one in self.pulls.values() if one.state == "open"]:
            done = bool(pull.merged) and await self._remote.within(pull.merged, self._main.seen)
            label = self.forge.label(pull.number)
            left = await self.pending(pull)
            arrived = {one.uuid for one in left if await self._planner.holds(one, self._main)}
            if arrived:  # decisions name the forge's commit from now on, which is told for a copy by ours: keep these
                ours = dict.fromkeys((*pull.ours, *(one.sha for one in left)))
                pull = await self._keep(msgspec.structs.replace(pull, ours=tuple(ours)))
            for one in left:
                about = {"pull": label, "by": pull.by}
                if one.uuid in arrived:
                    sha = await self._commit_of(one, pull)
                    if sha:
                        await self._recorder.record(one, DecisionState.PUSHED, sha, what="merged", about=about)
                    else:
                        note = "what it says was so already when its pull request was looked at"
                        await self._recorder.record(one, DecisionState.ALREADY, self._main.seen, note)
                elif done:
                    await self._decline(one, f"{label} was merged with something else in its place", about)
            if done:
                await self._keep(msgspec.structs.replace(pull, state="merged"))
        await self.remember()

    async def explained(self, commits: Sequence[Commit]) -> frozenset[str]:
        """Those of the branch's commits that bring in nothing but what we had proposed, as a squash or rebase does."""
        found: set[str] = set()
        decided = [one for one in await self._store.decisions() if one.branch and one.sha]
        for pull in self.pulls.values():
            ours = [*(one.sha for one in decided if one.branch == pull.branch), *pull.ours]
            found.update(pull.ours)
            for commit in commits if ours else ():
                if commit.paths and commit.sha not in found and await self._copied(commit, ours):
                    found.add(commit.sha)
        return frozenset(found)

    # -- one pull request ---------------------------------------------------------------------------------------------

    async def _sync(self, pull: Pull) -> None:
        if pull.number:
            pull = await self._looked(pull)
            if pull.state != "open" or pull.merged:
                return
        theirs = await self._remote.fetch_branch(pull.branch)
        async with self._lock:
            line = await self._line(pull)
            if theirs and theirs != pull.pushed:
                pull = await self._bring(pull, line, theirs, [theirs, line.seen])
            if await self._overtaken(line):
                pull = await self._bring(pull, line, self._main.seen, [line.seen, self._main.seen])
            await self._review(pull, line)
            left = await self.pending(pull)
            files = await self._files(line)
        if not left or not files:
            await self._withdraw(pull, left)
            return
        title, body = await self.describe(pull, left, files)
        if line.seen != pull.pushed:
            await self._remote.push_branch(pull.branch, line.seen)
            pull = await self._keep(msgspec.structs.replace(pull, pushed=line.seen))
        mark = digest(f"{title}\n{body}".encode()).hex()
        if not pull.number:
            found = await self.forge.find(pull.branch, self._main.branch)
            if found is None:
                found = await self.forge.open(pull.branch, self._main.branch, title, body)
                reach("propose.opened")
                pull = msgspec.structs.replace(pull, told=mark)
            pull = await self._keep(msgspec.structs.replace(pull, number=found.number, url=found.url))
        if pull.told != mark:
            await self.forge.update(pull.number, title, body)
            pull = await self._keep(msgspec.structs.replace(pull, told=mark))
        label = self.forge.label(pull.number)
        for one in left:
            if one.state is DecisionState.COMMITTED:
                about = {"pull": label, "url": pull.url}
                more = {"pull": label, "pull_url": pull.url}
                await self._recorder.record(one, DecisionState.PROPOSED, one.sha, about=about, **more)

    async def _looked(self, pull: Pull) -> Pull:
        """What the forge says of it."""
        seen = await self.forge.look(pull.number, pull.etag)
        if seen.unchanged:
            return pull
        by = await self._recorder.person(seen.by) if seen.by else ""
        pull = msgspec.structs.replace(pull, etag=seen.etag, url=seen.url, by=by)
        if seen.state == "merged":
            return await self._keep(msgspec.structs.replace(pull, merged=seen.merged or "unknown"))
        if seen.state == "closed":
            label = self.forge.label(pull.number)
            who = f" by {by}" if by else ""
            for one in await self.pending(pull):
                await self._decline(one, f"{label} was closed unmerged{who}", {"pull": label, "by": by})
            pull = msgspec.structs.replace(pull, state="closed")
        return await self._keep(pull)

    async def _withdraw(self, pull: Pull, left: Sequence[Decision]) -> None:
        """Nothing is left to merge: all of it was taken back, or is so already."""
        if pull.number:
            await self.forge.retire(
                pull.number, "Nothing is left of this proposal: it was taken back, or is so already."
            )
        for one in left:
            await self._recorder.record(one, DecisionState.ALREADY, self._main.seen, "nothing was left of it to merge")
        await self._keep(msgspec.structs.replace(pull, state="closed"))

    async def _review(self, pull: Pull, line: Baselines) -> None:
        """What the branch does not say any more was taken back, overtaken by a later decision, or changed by people."""
        pending = await self.pending(pull)
        for one in pending:
            if await self._planner.holds(one, line):
                continue
            takers = [other for other in pending if other.undoes == one.uuid]
            if (rest := _without(one, takers)) is not None and await self._planner.holds(rest, line):
                out = {"pull": one.pull, "findings": sorted(one.findings.keys() - rest.findings.keys())}
                await self._recorder.record(rest, one.state, one.sha, one.note, what="taken out", about=out)
            else:
                note = "it was taken back before it was merged" if takers else "its branch says something else by now"
                await self._decline(one, note, {"pull": one.pull})
            for taker in takers:
                await self._recorder.record(taker, DecisionState.ALREADY, taker.sha, "it took back what was not merged")

    async def _decline(self, one: Decision, note: str, about: dict[str, Any]) -> None:
        self.told.append(await self._recorder.record(one, DecisionState.UNMERGED, one.sha, note, about=about))

    async def _bring(self, pull: Pull, line: Baselines, theirs: str, parents: list[str]) -> Pull:
        """Takes `theirs` into our branch; where both changed one fact, theirs stands."""
        ours = line.seen
        if await self._remote.within(theirs, ours):
            return pull
        if await self._remote.within(ours, theirs):
            await line.move(theirs, ours)
            return pull
        base = await self._main.git.line("merge-base", ours, theirs, ok=(0, 1))
        sha, _ = await self._remote.merged(base, ours, theirs, parents)
        pull = await self._keep(msgspec.structs.replace(pull, ours=(*pull.ours, sha)))
        await line.move(sha, ours)
        return pull

    async def _overtaken(self, line: Baselines) -> bool:
        """Whether the branch to merge into has changed a file that ours changes: then the forge could not merge it."""
        await self._main.refresh()
        if await self._remote.within(self._main.seen, line.seen):
            return False
        base = await self._main.git.line("merge-base", line.seen, self._main.seen, ok=(0, 1))
        return not set(await self._remote.changed(base, line.seen)).isdisjoint(
            await self._remote.changed(base, self._main.seen)
        )

    async def _files(self, line: Baselines) -> list[File]:
        """What merging changes."""
        base = await self._main.git.line("merge-base", line.seen, self._main.seen, ok=(0, 1))
        paths = await self._remote.changed(base, line.seen)
        both = await self._remote.contents(paths, base, line.seen)
        return [(path, before, after) for path, (before, after) in zip(paths, both, strict=True)]

    async def _commit_of(self, one: Decision, pull: Pull) -> str:
        """The commit of the branch by which it came there: ours, or the one that the forge made of it."""
        if await self._remote.within(one.sha, self._main.seen):
            return one.sha
        if pull.merged and await self._remote.within(pull.merged, self._main.seen):
            return pull.merged
        since = [f"^{one.ref_seen}"] if await self._main.resolve(one.ref_seen) else []
        paths = self._planner.paths(one, self._main)
        return await self._main.git.line("log", "-1", "--format=%H", self._main.seen, *since, "--", *paths)

    async def _copied(self, commit: Commit, ours: Collection[str]) -> bool:
        """Whether every file of it is, byte for byte, as one of our commits has it."""
        there, *mine = [await self._remote.files(sha) for sha in (commit.sha, *ours)]
        return all(any(one.get(path) == there.get(path) for one in mine) for path in commit.paths)

    async def _line(self, pull: Pull) -> Baselines:
        if pull.branch not in self._branches:
            self._branches[pull.branch] = self._main.beside(pull.branch)
        line = self._branches[pull.branch]
        await line.refresh()
        return line

    async def pending(self, pull: Pull | None = None) -> list[Decision]:
        """In the order they were made."""
        found = [one for state in PENDING for one in await self._store.decisions(state) if one.branch]
        mine = [one for one in found if pull is None or one.branch == pull.branch]
        return sorted(mine, key=lambda one: (one.at, one.uuid))

    async def _keep(self, pull: Pull) -> Pull:
        self.pulls[pull.integration] = pull
        async with self._leases.keeping(GIT) as tx:
            await tx.set_flag(PULLS, msgspec.json.encode(self.pulls).decode())
        return pull


def _without(one: Decision, takers: Sequence[Decision]) -> Decision | None:
    """A decision less what others took out of it; None where that is all of it, or it cannot be told apart."""
    gone = {id for taker in takers for id in taker.findings}
    places = {(edit.ref, edit.key, edit.fact) for taker in takers for edit in taker.work.edits}
    edits = tuple(edit for edit in one.work.edits if (edit.ref, edit.key, edit.fact) not in places)
    if not gone or not edits or gone >= one.findings.keys() or any(taker.work.files for taker in takers):
        return None
    return msgspec.structs.replace(
        one, work=msgspec.structs.replace(one.work, edits=edits),
        findings={id: seen for id, seen in one.findings.items() if id not in gone},
        policies={id: by for id, by in one.policies.items() if id not in gone},
    )  # fmt: skip
