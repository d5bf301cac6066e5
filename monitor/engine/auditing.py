"""verify: the chain of the trail recomputed, and held against the commits of our branch and of the remote, both ways.

What is read in which order matters while others work: decisions before the commits that they are said to have led to,
commits before the entries that they name. Nothing that happens meanwhile then looks like a fault.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from monitor.adapters import store_trail
from monitor.adapters.baselines import UPSTREAM
from monitor.adapters.chain import Check
from monitor.adapters.git import GitError
from monitor.adapters.history import Made, history
from monitor.adapters.pseudonyms import Pseudonyms
from monitor.adapters.records import DecisionState, TrailEntry
from monitor.adapters.store_trail import Kept

from .second import TWO
from .trail_shapes import Verified

if TYPE_CHECKING:
    from .core import Engine

FLAG: Final = "trail/verified"  # of the store: what the last verification found
MOST: Final = 200  # problems that are listed
_MARK: Final = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")


async def verify(engine: Engine) -> Verified:
    """Looks at all of it, and keeps what it found for the page."""
    look = _Look(engine)
    found = await look.all()
    async with engine.store.transaction() as tx:
        await tx.set_flag(FLAG, msgspec.json.encode(found).decode())
    return found


def _committed(one: Kept) -> bool:
    """What waits on a branch of ours is not on the one that counts yet."""
    return one.state == DecisionState.COMMITTED and not one.branch


class _Look:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._git, self._branch = engine.baselines.git, engine.baselines.branch
        self.problems: list[str] = []
        self.asked: dict[str, str] = {}  # by decision, who asked for what takes two
        self.confirmed: dict[str, str] = {}
        self.unknown: list[str] = []
        self.merged: dict[str, str] = {}  # decision -> the commit that a forge made of it, as the trail says

    async def all(self) -> Verified:
        engine = self._engine
        decided = await store_trail.decided(engine.store)
        ours, theirs = await self._commits()
        named = {one.sha: one for one in ours.values() if one.ours and one.trail}
        named |= {one.sha: one for one in (theirs or {}).values() if one.ours and one.trail}
        last = await self._chain(decided, named, ours)
        looked = [one for one in decided.values() if one.state == DecisionState.PUSHED or _committed(one)]
        for one in looked:
            self._committed(one, ours, theirs)
        return Verified(
            at=engine.clock.now(), entries=last, commits=len(named), decisions=len(looked), remote=theirs is not None,
            problems=tuple(self.problems[:MOST]), more=max(0, len(self.problems) - MOST), unknown=tuple(self.unknown),
        )  # fmt: skip

    async def _commits(self) -> tuple[Mapping[str, Made], Mapping[str, Made] | None]:
        """Of our branch, and of the remote: None where there is none, or it does not answer."""
        baselines = self._engine.baselines
        upstream = await baselines.resolve(UPSTREAM)
        theirs: dict[str, Made] | None = None
        if baselines.repository:
            try:
                heads = await self._engine.committer.heads()
            except GitError as error:
                self.unknown.append(f"the remote could not be looked at: {error}")
            else:
                theirs = {}
                for head in heads:
                    theirs |= await history(self._git, head)
                if upstream and upstream not in theirs:
                    self.problems.append(
                        f"the remote's branch {self._branch} was at {upstream[:12]} when it was looked at last, and "
                        "has that commit no more: its history was rewritten"
                    )
        ours = await history(self._git, await baselines.resolve(baselines.ref))
        return ours, theirs

    async def _chain(self, decided: Mapping[str, Kept], named: Mapping[str, Made], ours: Mapping[str, Made]) -> int:
        """Every entry in turn, with what commits and decisions say of it. Gives the number of the last."""
        store, check = self._engine.store, Check()
        said: dict[int, list[Made]] = {}
        for commit in named.values():
            for mark in commit.trail.split(","):  # a squash of several has several
                if (parts := _MARK.fullmatch(mark)) is None:
                    self.problems.append(
                        f"commit {commit.sha[:12]} names an entry in words that are none: {commit.trail[:80]!r}"
                    )
                else:
                    said.setdefault(int(parts[1]), []).append(commit)
        async with store.transaction() as tx:
            people = Pseudonyms(await tx.people_key())
        seen: set[str] = set()
        gone: list[str] = []
        while entries := await store.trail(after=check.last.seq, limit=store_trail.CHUNK):
            for entry in entries:
                check.see(entry)
                sha = str(entry.data.get("sha", ""))
                for commit in said.pop(entry.seq, ()):
                    self._named(commit, entry)
                if entry.data.get(TWO):
                    self.asked[entry.decision] = entry.who
                if entry.what == "confirmed":
                    self.confirmed[entry.decision] = entry.who
                if entry.what == "merged":
                    self.merged[entry.decision] = sha
                if entry.what == "approved outside" and sha not in ours:
                    gone.append(
                        f"entry {entry.seq} says that commit {sha[:12]} was approved outside, and "
                        f"{self._branch} does not have that commit: its history was rewritten"
                    )
                if entry.decision and entry.decision not in seen:
                    seen.add(entry.decision)
                    await self._stored(entry, decided.get(entry.decision), people)
        check.end(await store_trail.given(store))
        self.problems = [*check.problems, *self.problems, *gone]
        for number, commits in sorted(said.items()):
            where = f"the last that is there is {check.last.seq}: the end of the trail is cut off"
            if number < check.last.seq:
                where = "it is not there"
            for commit in commits:
                self.problems.append(f"commit {commit.sha[:12]} names entry {number}, and {where}")
        return check.last.seq

    def _named(self, commit: Made, entry: TrailEntry) -> None:
        if f"{entry.seq}:{entry.hash.hex()}" not in commit.trail.split(","):
            self.problems.append(
                f"commit {commit.sha[:12]} names entry {entry.seq} with another hash: the trail was written anew after "
                "that commit"
            )
        elif entry.decision not in commit.decision.split(","):
            self.problems.append(
                f"commit {commit.sha[:12]} carries out decision {commit.decision}, and entry {entry.seq}, which it "
                f"names, stored {entry.decision or 'none'}"
            )

    async def _stored(self, entry: TrailEntry, row: Kept | None, people: Pseudonyms) -> None:
        """The entry by which a decision was stored, and its row."""
        if row is None:
            if await self._engine.store.decision(entry.decision) is None:
                self.problems.append(
                    f"entry {entry.seq} ({entry.what}) speaks of decision {entry.decision}, which is not there any more"
                )
        elif entry.what not in set(DecisionState) and (people.actor(row.by), row.at) != (entry.who, entry.at):
            self.problems.append(
                f"decision {row.uuid} was changed after it was stored: it does not say who and when as entry "
                f"{entry.seq} ({entry.what}) does"
            )

    def _committed(self, one: Kept, ours: Mapping[str, Made], theirs: Mapping[str, Made] | None) -> None:
        words = f"decision {one.uuid} is recorded as {one.state} in {one.sha[:12]}"
        first, second = self.asked.get(one.uuid), self.confirmed.get(one.uuid)
        if first is not None and (second is None or second.rpartition(":")[2] == first.rpartition(":")[2]):
            self.problems.append(f"{words}, and it takes two people, of whom no second one agreed to it")
        commit = ours.get(one.sha)
        if commit is None:
            self.problems.append(f"{words}, and {self._branch} does not have that commit: its history was rewritten")
        elif commit.decision != one.uuid and self.merged.get(one.uuid) != one.sha:
            self.problems.append(f"{words}, and that commit carries out {commit.decision or 'no decision'}")
        if one.state == DecisionState.PUSHED and theirs is not None and one.sha not in theirs:
            self.problems.append(f"{words}, and the remote does not have that commit: its history was rewritten")
