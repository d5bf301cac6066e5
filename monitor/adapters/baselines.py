"""The baselines: what people approved, in git. A bare clone of the stack's repository that only this process writes.

Reads come from the blobs of one commit; writes are made by plumbing and moved in with compare-and-swap, so that no work
tree, index or checked-out branch of anybody is ever touched.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing
from pathlib import Path

import msgspec

from monitor.core.body import decode
from monitor.core.ignores import Ignore
from monitor.core.model import Body, Sight
from monitor.core.planned import PlannedChange
from monitor.core.standing import Standing
from monitor.core.visible import committed
from probes.kit.clock import Clock
from probes.kit.contract import Ref

from .baselines_tree import Entry, FileProblem, Known, Reader, Snapshot
from .blobs import Blobs
from .described import Described
from .git import EMAIL, Git, GitError
from .layout import Places, file_name, vantage_path

# A file's new content by its path, or how to get it when its turn comes; None: the file goes.
Changes = Mapping[str, bytes | Callable[[], Awaitable[bytes]] | None]
_NOTHING = "0" * 40
_SCRATCH = "driftline-scratch"
TRAILER = "Driftline-Decision"
TRAIL = "Driftline-Trail"
FORCE = "refs/driftline/force"  # the commit whose files are in force, where that is not the branch
UPSTREAM = "refs/driftline/upstream"  # the commit of the remote's branch that ours was last brought together with


class BaselinesError(Exception):
    """The repository cannot be used; the message says what to do."""


class RefMoved(Exception):
    """The branch is not where the writer saw it: read again, and decide again."""


class Commit(msgspec.Struct, frozen=True):
    """One commit of the branch. `paths` are those that it changed; `decision` is its trailer, which proves nothing."""

    sha: str
    author: str
    at: float
    subject: str
    decision: str
    paths: tuple[str, ...]


class Baselines:
    """Made by `open`. `repository` is a path or an address, or "" for a stack that keeps its baselines here alone."""

    def __init__(self, git: Git, *, repository: str, branch: str, prefix: str, clock: Clock) -> None:
        self.git = git
        self.repository = repository
        self.branch = branch
        self.prefix = prefix
        self.ref = f"refs/heads/{branch}"
        self._clock = clock
        self._reader = Reader(git, prefix)
        self._blobs = Blobs(git)
        self._snapshot = Snapshot()
        self._force: Snapshot | None = None
        self._scratch = git.folder / _SCRATCH
        self._count = 0
        self._refreshing = asyncio.Lock()

    @classmethod
    async def open(
        cls, repository: str, bare: Path, branch: str, prefix: str, clock: Clock, ssh: str = ""
    ) -> Baselines:
        """Makes the clone where there is none; `ssh` as of Git. Raises GitError, and BaselinesError for a branch name
        that is none."""
        git = Git(bare, ssh)
        if await git.line("check-ref-format", "--branch", branch, ok=(0, 1, 128)) != branch:
            raise BaselinesError(f"baselines.branch: {branch!r} is not a name git allows for a branch")
        self = cls(git, repository=repository, branch=branch, prefix=prefix, clock=clock)
        await asyncio.to_thread(_clear, bare, self._scratch)  # first: a lock on its settings would stop what follows
        await git.run("init", "--quiet", "--bare", f"--initial-branch={branch}", str(bare))
        await self.refresh()
        return self

    def beside(self, branch: str) -> Baselines:
        """Another branch of the same clone. What one has read of a file the other knows too."""
        other = Baselines(self.git, repository=self.repository, branch=branch, prefix=self.prefix, clock=self._clock)
        other._reader, other._blobs = self._reader, self._blobs
        other._scratch = self._scratch / "beside" / branch.replace("/", "-")
        return other

    async def refresh(self) -> bool:
        """Reads the branch again; True when it is elsewhere than before."""
        async with self._refreshing:
            sha = await self.resolve(self.ref)
            if sha == self._snapshot.sha:
                return False
            self._snapshot = await self._reader.snapshot(sha)
            return True

    async def resolve(self, name: str) -> str:
        """The commit a name stands for, "" for none."""
        return await self.git.line("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", ok=(0, 1))

    @property
    def snapshot(self) -> Snapshot:
        return self._snapshot

    @property
    def problems(self) -> tuple[FileProblem, ...]:
        """Files that cannot be used as they stand; their last good version is used instead."""
        return self._snapshot.problems

    @property
    def seen(self) -> str:
        """The commit that everything here is read from; "" before the first."""
        return self._snapshot.sha

    @property
    def force(self) -> Snapshot:
        """The files in force: those of the branch, but for what was pushed there and takes two people."""
        return self._force or self._snapshot

    @property
    def holds(self) -> bool:
        """Whether the branch alone does not say what is in force."""
        return self._force is not None

    async def hold(self, sha: str) -> None:
        """From now on the files of this commit are in force, wherever the branch is; "": those of the branch."""
        if sha and (self._force is None or self._force.sha != sha):
            self._force = self._snapshot if sha == self._snapshot.sha else await self._reader.snapshot(sha)
        elif not sha:
            self._force = None

    @property
    def announced(self) -> tuple[PlannedChange, ...]:
        return self.force.planned

    @property
    def ignores(self) -> tuple[Ignore, ...]:
        return self.force.ignores

    @property
    def standing(self) -> tuple[Standing, ...]:
        """What is approved by policy, those that have ended too."""
        return self.force.standing

    @property
    def described(self) -> tuple[Described, ...]:
        """Flows, definitions and owners that the pages write."""
        return self.force.described

    def entries(self, integration: str) -> Mapping[Ref, Entry]:
        """Which scopes have a baseline in force, and in which files."""
        return self.force.scopes.get(file_name(integration), {})

    def branch_entries(self, integration: str) -> Mapping[Ref, Entry]:
        """The same as the branch has them: what a commit is made on."""
        return self._snapshot.scopes.get(file_name(integration), {})

    async def index(self, integration: str) -> dict[Ref, tuple[str, bytes]]:
        """The blob of each baseline and the digest of its bytes."""
        return {ref: (entry.blob, entry.digest) for ref, entry in self.entries(integration).items()}

    async def raw(self, integration: str, ref: Ref) -> bytes | None:
        entry = self.entries(integration).get(ref)
        if entry is None:
            return None
        return await self._blobs.one(entry.blob)

    async def branch_raw(self, integration: str, ref: Ref) -> bytes | None:
        entry = self.branch_entries(integration).get(ref)
        return None if entry is None else await self._blobs.one(entry.blob)

    async def body(self, integration: str, ref: Ref) -> Body | None:
        raw = await self.raw(integration, ref)
        return None if raw is None else decode(raw)

    async def bodies(
        self, integration: str, refs: Iterable[Ref], *, branch: bool = False
    ) -> AsyncGenerator[tuple[Ref, Body], None]:
        """Those of the scopes that have a baseline, in order, one at a time in memory, out of one git process at most;
        with `branch` as the branch has them."""
        entries = self.branch_entries(integration) if branch else self.entries(integration)
        there = [entries[ref] for ref in refs if ref in entries]
        async with aclosing(self._blobs.each(entry.blob for entry in there)) as blobs:
            for entry in there:
                _, raw = await anext(blobs)
                yield entry.ref, decode(raw)
            await anext(blobs, None)  # it has ended well only when it says so

    async def text(self, path: str) -> str | None:
        """Any file of the branch; None when it is not there."""
        blob = self._snapshot.files.get(path)
        return None if blob is None else (await self.git.run("cat-file", "blob", blob)).decode(errors="replace")

    async def before(self, sha: str, path: str) -> bytes:
        """A file as it was before a commit. Raises GitError where it was not there."""
        return await self.git.run("cat-file", "blob", f"{sha}^:{path}")

    async def sight(self, integration: str) -> Sight | None:
        """The vantage that was approved."""
        return self.force.sights.get(file_name(integration))

    def path_of(self, integration: str, ref: Ref, places: Places | None = None) -> str:
        """Where the scope's file is, or where a new one goes; `places` are those of the other new files of a commit."""
        entry = self.branch_entries(integration).get(ref)
        if entry is not None:
            return entry.path
        return (places or self.places()).give(integration, ref)

    def places(self) -> Places:
        return Places(self.prefix, self._snapshot.files)

    def vantage_path(self, integration: str) -> str:
        return vantage_path(self.prefix, integration)

    async def commit(self, decision: str, message: str, changes: Changes, expected_head: str, trail: str = "") -> str:
        """Writes files (None removes one) as one commit on `expected_head`. `trail` is the `n:hash` of the entry by
        which the decision was stored. Raises RefMoved, GitError."""
        trailers = f"{TRAILER}: {decision}\n" + (f"{TRAIL}: {trail}\n" if trail else "")
        said = committed(message).strip()
        sha = await self.write(f"{said}\n\n{trailers}", changes, expected_head, [expected_head])
        await self.move(sha, expected_head)
        return sha

    async def write(self, message: str, changes: Changes, base: str, parents: list[str]) -> str:
        """A commit of the tree of `base` with changes, on which nothing points yet."""
        folder = self._scratch / str(self._count)
        self._count += 1
        await asyncio.to_thread(folder.mkdir, parents=True)
        try:
            index = {"GIT_INDEX_FILE": str(folder / "index")}
            await self.git.run("read-tree", base or "--empty", environment=index)
            lines = [f"0 {_NOTHING}\t{path}" for path, raw in changes.items() if raw is None]
            kept = {path: raw for path, raw in changes.items() if raw is not None}
            seen: list[tuple[str, Known]] = []
            blobs = await self.git.add_blobs(self._contents(kept, seen), folder / "marks") if kept else []
            for path, blob, (sort, known) in zip(kept, blobs, seen, strict=True):
                lines.append(f"100644 {blob}\t{path}")
                self._reader.know(sort, blob, known)
            stdin = "".join(f"{line}\0" for line in lines).encode("utf-8", "surrogateescape")
            await self.git.run("update-index", "-z", "--index-info", stdin=stdin, environment=index)
            tree = await self.git.line("write-tree", environment=index)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder)
        sign = await self.git.line("config", "--type=bool", "commit.gpgSign", ok=(0, 1))
        at = f"{int(self._clock.now())} +0000"
        made = await self.git.run(
            "commit-tree",
            tree,
            *(part for parent in parents if parent for part in ("-p", parent)),
            *(["-S"] if sign == "true" else []),
            stdin=message.encode(),
            environment={"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at},
        )
        return made.decode().strip()

    async def _contents(
        self, files: Mapping[str, bytes | Callable[[], Awaitable[bytes]]], seen: list[tuple[str, Known]]
    ) -> AsyncIterator[bytes]:
        """Contents in order, each when its turn comes. `seen` is told what each is, so that it is not read back."""
        for path, raw in files.items():
            content = raw if isinstance(raw, bytes) else await raw()
            seen.append(self._reader.look(path, content))
            yield content

    async def move(self, sha: str, expected: str) -> None:
        """Compare-and-swap of the branch. Raises RefMoved."""
        try:
            await self.git.run("update-ref", "-m", "driftline", self.ref, sha, expected or _NOTHING)
        except GitError as error:
            if await self.resolve(self.ref) != expected:
                raise RefMoved(f"{self.branch} moved away from {expected[:12] or 'nothing'}") from error
            raise
        async with self._refreshing:
            self._snapshot = await self._reader.snapshot(sha)

    async def find_decision(self, decision: str, since: str = "") -> str | None:
        """The commit on the branch, after `since`, that carries this decision. A trailer is no authority: only what
        the remote does not have can be a commit of ours that was not recorded yet."""
        for commit in await self.log(since, unseen=True):
            if commit.decision == decision and commit.author.endswith(f"<{EMAIL}>"):
                return commit.sha
        return None

    async def log(self, since: str = "", *, unseen: bool = False) -> list[Commit]:
        """The commits of the branch after `since`, oldest first; with `unseen`, those that the remote has not.
        A merge lists only what it changed by itself."""
        if not self.seen or since == self.seen:
            return []
        hidden = ["--not", f"--glob={UPSTREAM[:-1]}[{UPSTREAM[-1]}]"] if unseen else []  # a pattern may match nothing
        form = f"--format=%x01%H%x00%an <%ae>%x00%ct%x00%s%x00%(trailers:key={TRAILER},valueonly,separator=%x2C)%x00"
        asked = ("log", "--reverse", "--topo-order", "-c", "-z", "--name-only", form)
        try:
            out = await self.git.run(*asked, f"{since}..{self.seen}" if since else self.seen, *hidden)
        except GitError:
            if not since or await self.resolve(since):
                raise
            out = await self.git.run(*asked, self.seen, *hidden)  # what is not there any more hides nothing
        return [_commit(part) for part in out.decode("utf-8", "surrogateescape").split("\x01")[1:]]

    async def tidy(self) -> None:
        """git's own housekeeping, for the nightly window."""
        await self.git.run("gc", "--quiet")


def _commit(text: str) -> Commit:
    sha, author, at, subject, decision, *paths = text.split("\0")
    return Commit(sha, author, float(at), subject, decision, tuple(path.strip("\n") for path in paths if path.strip()))


def _clear(bare: Path, scratch: Path) -> None:
    """Takes away what a killed predecessor left. The state folder's lock says that nobody else is here."""
    shutil.rmtree(scratch, ignore_errors=True)
    for lock in [*bare.glob("*.lock"), *bare.glob("refs/**/*.lock")]:
        lock.unlink(missing_ok=True)
