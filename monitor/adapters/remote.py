"""The remote side of the baselines: people's commits come in, ours go out. Never a forced push.

When both sides moved, ours and theirs are merged fact by fact into a commit with both as parents, so that the commits
that decisions are known by stay what they are. A branch that somebody has checked out in the remote is never moved:
ours then go to `driftline/<branch>` there, for its owner to merge.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from monitor.core.visible import uncalled

from .baselines import UPSTREAM, Baselines, BaselinesError, RefMoved
from .failpoints import reach
from .git import SECONDS, GitError
from .merge import merge

_FETCHED = "refs/driftline/fetched"
_PUSHED = "refs/driftline/pushed"
_AUDITED = "refs/driftline/audited"
_PULLS = "refs/driftline/pulls"  # where branches of ours are at the remote
_ABSENT = "couldn't find remote ref"
_TRIES = 5
_PATIENCE = 60.0  # seconds for a remote that was reached before


class Taken(msgspec.Struct, frozen=True):
    """What a fetch led to. `lost`: what of ours gave way to theirs, as "path key fact"; `rewritten`: the remote's
    branch is not a descendant of what it was."""

    moved: bool = False
    merge: str = ""
    lost: tuple[str, ...] = ()
    rewritten: bool = False


Merging = Callable[[Taken], Awaitable[None]]


class Remote:
    """The one repository that the baselines come from and go to."""

    def __init__(self, baselines: Baselines) -> None:
        self._baselines = baselines
        self._git = baselines.git
        self._asked = False

    async def fetch(self) -> bool:
        """Brings the remote's branch here, beside ours; False when it has none yet. Raises GitError when the remote
        cannot be reached, BaselinesError when the branch is gone there."""
        await self._address()
        branch = self._baselines.ref
        try:
            first = not await self._baselines.resolve(UPSTREAM)
            asked = ("fetch", "--quiet", "--no-tags", "origin", f"+{branch}:{_FETCHED}")
            await self._git.run(*asked, seconds=SECONDS if first else _PATIENCE)
        except GitError as error:
            if _ABSENT not in error.said:
                raise
            if await self._baselines.resolve(UPSTREAM):
                raise BaselinesError(
                    f"the branch {self._baselines.branch} is gone from {self._baselines.repository}; bring it back, or "
                    "name another as baselines.branch. The baselines known here stay in use"
                ) from error
            return False
        return True

    async def take(self, merging: Merging) -> Taken:
        """Makes what was fetched ours; `merging` is told before a merge of ours becomes the branch. Asks no remote."""
        for _ in range(_TRIES):
            try:
                return await self._take(merging)
            except RefMoved:
                continue
        raise BaselinesError(f"{self._baselines.ref} does not hold still; the next fetch tries again")

    async def _take(self, merging: Merging) -> Taken:
        await self._baselines.refresh()
        ours, theirs = self._baselines.seen, await self._baselines.resolve(_FETCHED)
        base = await self._baselines.resolve(UPSTREAM)
        if theirs == base:
            return Taken()
        taken = Taken(rewritten=bool(base) and not await self.within(base, theirs))
        if await self.within(ours, theirs) or ours == base:
            await self._baselines.move(theirs, ours)
            taken = msgspec.structs.replace(taken, moved=True)
        elif not await self.within(theirs, ours):
            if not taken.rewritten:  # the remote may have more of ours than we know of: a push whose end we did not see
                base = await self._git.line("merge-base", ours, theirs, ok=(0, 1))
            sha, lost = await self.merged(base, ours, theirs, [theirs] if taken.rewritten else [theirs, ours])
            taken = msgspec.structs.replace(taken, moved=True, merge=sha, lost=lost)
            await merging(taken)
            reach("merge.before")
            await self._baselines.move(sha, ours)
        reach("merge.after")
        await self._git.run("update-ref", UPSTREAM, theirs)
        return taken

    async def merged(self, base: str, ours: str, theirs: str, parents: list[str]) -> tuple[str, tuple[str, ...]]:
        """A commit of theirs with what we changed since `base` made again on it, on which nothing points yet; and what
        of ours gave way."""
        changes: dict[str, bytes | None] = {}
        lost: list[str] = []
        paths = await self.changed(base, ours)
        for path, (was, mine, their) in zip(paths, await self.contents(paths, base, ours, theirs), strict=True):
            merged = merge(was, mine, their)
            if merged.content != their:
                changes[path] = merged.content
            lost += [f"{path} {what}".strip() for what in merged.lost]
        message = f"Merge {self._baselines.branch} of the baselines repository\n"
        if lost:
            message += "\nGiven way to theirs:\n" + "".join(f"- {uncalled(what)}\n" for what in lost)
        return await self._baselines.write(message, changes, theirs, parents), tuple(lost)

    async def heads(self) -> list[str]:
        """The commits that its branch, and the one beside it, are at now; they are here then, under names of their own.
        Raises GitError."""
        await self._address()
        names = (self._baselines.ref, f"refs/heads/driftline/{self._baselines.branch}")
        listed = (await self._git.run("ls-remote", "origin", *names, seconds=_PATIENCE)).decode().splitlines()
        there = {line.partition("\t")[2] for line in listed}
        asked = [f"+{name}:{_AUDITED}/{number}" for number, name in enumerate(names) if name in there]
        if not asked:
            return []
        fetch = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "origin")
        await self._git.run(*fetch, *asked, seconds=SECONDS)
        return [await self._baselines.resolve(one.partition(":")[2]) for one in asked]

    async def push(self) -> bool:
        """Sends what the remote lacks; False when there is nothing. Raises GitError with the remote's own words when
        it refuses, as it does when it moved on: fetch, then push again."""
        await self._address()
        head = self._baselines.seen
        if not head or head in (await self._baselines.resolve(_PUSHED), await self._baselines.resolve(UPSTREAM)):
            return False
        target = self._baselines.ref
        if await self._checked_out():
            target = f"refs/heads/driftline/{self._baselines.branch}"
        reach("push.before")
        await self._git.run("push", "--quiet", "--porcelain", "origin", f"{head}:{target}", seconds=_PATIENCE)
        reach("push.after")
        if target == self._baselines.ref:
            await self._git.run("update-ref", UPSTREAM, head)
        await self._git.run("update-ref", _PUSHED, head)
        return True

    async def fetch_branch(self, branch: str) -> str:
        """The commit that a branch of ours is at there, now here too; "" where it is gone. Raises GitError."""
        await self._address()
        kept = f"{_PULLS}/{branch}"
        try:
            asked = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "origin", f"+refs/heads/{branch}:{kept}")
            await self._git.run(*asked, seconds=_PATIENCE)
        except GitError as error:
            if _ABSENT not in error.said:
                raise
            return ""
        return await self._baselines.resolve(kept)

    async def push_branch(self, branch: str, sha: str) -> None:
        """Raises GitError, also where somebody pushed to it meanwhile: fetch, bring together, push again."""
        await self._address()
        reach("propose.push.before")
        await self._git.run("push", "--quiet", "--porcelain", "origin", f"{sha}:refs/heads/{branch}", seconds=_PATIENCE)
        reach("propose.push.after")

    async def _address(self) -> None:
        """The address is kept in the clone's own configuration, so that no process list shows it."""
        if not self._asked:
            await self._git.run("config", "remote.origin.url", self._baselines.repository)
            self._asked = True

    async def _checked_out(self) -> bool:
        """Whether the remote is a folder here in which the branch is checked out, in any of its work trees."""
        folder = await asyncio.to_thread(_git_folder, self._baselines.repository)
        if folder is None:
            return False
        at = {"GIT_DIR": str(folder)}
        listed = (await self._git.line("worktree", "list", "--porcelain", environment=at)).split("\n\n")
        return any(
            f"branch {self._baselines.ref}" in lines and "bare" not in lines
            for lines in (tree.splitlines() for tree in listed)
        )

    async def within(self, older: str, newer: str) -> bool:
        """Whether `newer` has all of `older`'s history; nothing is within everything."""
        if not older:
            return True
        base = await self._git.line("merge-base", older, newer, ok=(0, 1))
        return base == older

    async def changed(self, base: str, ours: str) -> list[str]:
        if base:
            out = await self._git.run("diff-tree", "-r", "-z", "--no-renames", "--name-only", base, ours)
        else:
            out = await self._git.run("ls-tree", "-r", "-z", "--full-tree", "--name-only", ours)
        return [path for path in out.decode("utf-8", "surrogateescape").split("\0") if path]

    async def files(self, commit: str) -> dict[str, str]:
        """The blob of each file; none of no commit."""
        listed = await self._git.run("ls-tree", "-r", "-z", "--full-tree", commit) if commit else b""
        rows = (row.partition("\t") for row in listed.decode("utf-8", "surrogateescape").split("\0") if row)
        return {path: about.split()[2] for about, _, path in rows if about.split()[1] == "blob"}

    async def contents(self, paths: Sequence[str], *commits: str) -> list[tuple[bytes | None, ...]]:
        """Of each file what each commit has, None where it has none. However many they are, few processes."""
        trees = [await self.files(commit) for commit in commits]
        wanted = dict.fromkeys(tree[path] for tree in trees for path in paths if path in tree)
        async with aclosing(self._git.blobs(wanted)) as blobs:
            found = {blob: content async for blob, content in blobs}
        return [tuple(found[tree[path]] if path in tree else None for tree in trees) for path in paths]


def _git_folder(repository: str) -> Path | None:
    """Where git keeps a repository that is a folder here; None for one that is elsewhere."""
    address = urlsplit(repository)
    if address.scheme not in ("", "file"):
        return None
    folder = Path(address.path if address.scheme else repository)
    inner = folder / ".git"
    return inner if inner.exists() else folder if folder.is_dir() else None
