"""One commit of the baselines repository as values: which scope lies in which blob, and what could not be read.

A snapshot never changes; the next is built from the one before, and reads only the blobs that are new.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

import msgspec

from monitor.core.body import BodyError, decode
from monitor.core.graph import Definition, Flow
from monitor.core.ignores import Ignore
from monitor.core.model import Sight
from monitor.core.planned import PlannedChange
from monitor.core.standing import Standing
from probes.kit.contract import Ref, digest

from . import described
from .described import FOLDERS, Described
from .git import Git
from .layout import (
    IGNORES,
    PLANNED,
    STANDING,
    VANTAGE,
    LayoutError,
    decode_ignore,
    decode_planned,
    decode_sight,
    decode_standing,
)

_LINE = re.compile(r"^line (\d+): ")
UNSAFE = {IGNORES: "it ignores nothing", STANDING: "it approves nothing"}  # of which no earlier version is used
_TRIES = 50  # earlier versions of a broken file that are looked at


class FileProblem(msgspec.Struct, frozen=True, order=True):
    """A file of the repository that is not used as it stands. `line` is 0 where there is none to name."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}" if self.line else f"{self.path}: {self.what}"


class Entry(msgspec.Struct, frozen=True):
    """A scope's file: where it is, its blob, and the digest of its bytes."""

    path: str
    blob: str
    digest: bytes
    ref: Ref


class Snapshot(msgspec.Struct, frozen=True):
    """`sha` is "" for a branch without a commit. `files` maps every path of the commit to its blob."""

    sha: str = ""
    files: Mapping[str, str] = {}
    scopes: Mapping[str, Mapping[Ref, Entry]] = {}
    sights: Mapping[str, Sight] = {}
    planned: tuple[PlannedChange, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    standing: tuple[Standing, ...] = ()
    problems: tuple[FileProblem, ...] = ()
    described: tuple[Described, ...] = ()


_Parsed = Ref | Sight | PlannedChange | Ignore | Standing | Described


class Known(msgspec.Struct, frozen=True):
    """What a blob holds, or why it holds nothing that can be used."""

    value: _Parsed | str
    digest: bytes = b""


class Reader:
    """Builds snapshots and remembers what each blob held."""

    def __init__(self, git: Git, prefix: str) -> None:
        self._git = git
        self._prefix = PurePosixPath(prefix).parts  # paths are taken apart as text: a thousand of them at each commit
        self._blobs: dict[tuple[str, str], Known] = {}  # (sort of file, blob)
        self._good: dict[str, str] = {}  # path -> the last blob of it that could be used

    async def snapshot(self, sha: str) -> Snapshot:
        """Raises GitError."""
        files = await self._files(sha) if sha else {}
        ours = {path: sort for path in files if (sort := self._sort(path))}
        await self._learn({(ours[path], files[path]) for path in ours})
        problems: list[FileProblem] = []
        used: dict[str, tuple[str, Known]] = {}
        for path in sorted(ours):
            known = self._blobs[ours[path], files[path]]
            if isinstance(known.value, str):
                problems.append(_problem(path, known.value, ours[path]))
                if ours[path] in UNSAFE:
                    continue  # what hides or approves something must say what, why and until when: else it does neither
                earlier = await self._earlier(sha, path, ours[path])
                if earlier is None:
                    continue
                used[path] = earlier
            else:
                self._good[path] = files[path]
                used[path] = files[path], known
        return _assemble(sha, files, used, problems, self._prefix)

    def look(self, path: str, raw: bytes) -> tuple[str, Known]:
        """What a file is by its place, and what it holds."""
        sort = self._sort(path)
        return sort, _parse(sort, raw) if sort else Known("")

    def know(self, sort: str, blob: str, known: Known) -> None:
        """A blob was written with what was looked at before: it need not be read back."""
        if sort:
            self._blobs[sort, blob] = known

    async def _files(self, sha: str) -> dict[str, str]:
        listed = await self._git.run("ls-tree", "-r", "-z", "--full-tree", sha)
        files: dict[str, str] = {}
        for line in listed.decode("utf-8", "surrogateescape").split("\0"):
            if line:
                about, path = line.split("\t", 1)
                files[path] = about.split()[2]
        return files

    def _sort(self, path: str) -> str:
        """What a file is by its place: a scope, a vantage, a planned change, a standing approval, or none of ours."""
        if not path.endswith(".json"):
            return ""
        parts = path.split("/")
        if parts[0] in (PLANNED, IGNORES, STANDING, *FOLDERS) and len(parts) == 2:
            return parts[0]
        inside = parts[len(self._prefix) :]
        if tuple(parts[: len(self._prefix)]) != self._prefix:
            return ""
        if len(inside) == 2 and inside[1] == VANTAGE:
            return VANTAGE
        return "scope" if len(inside) == 3 else ""

    async def _learn(self, wanted: set[tuple[str, str]]) -> None:
        new = {blob: sort for sort, blob in wanted if (sort, blob) not in self._blobs}
        async for blob, raw in self._git.blobs(new):
            self._blobs[new[blob], blob] = _parse(new[blob], raw)

    async def _earlier(self, sha: str, path: str, sort: str) -> tuple[str, Known] | None:
        """The newest version of a file that could be used; after a restart it is looked for in the history."""
        if path not in self._good:
            listed = await self._git.line("log", f"-{_TRIES}", "--format=%H", sha, "--", path)
            for commit in listed.split():
                blob = await self._git.line("rev-parse", "--verify", "--quiet", f"{commit}:{path}", ok=(0, 1, 128))
                if not blob:
                    continue
                await self._learn({(sort, blob)})
                if not isinstance(self._blobs[sort, blob].value, str):
                    self._good[path] = blob
                    break
        blob = self._good.get(path, "")
        return (blob, self._blobs[sort, blob]) if blob else None


def _parse(sort: str, raw: bytes) -> Known:
    try:
        if sort == VANTAGE:
            return Known(decode_sight(raw))
        if sort == PLANNED:
            return Known(decode_planned(raw))
        if sort == IGNORES:
            return Known(decode_ignore(raw))
        if sort == STANDING:
            return Known(decode_standing(raw))
        if sort in FOLDERS:
            return Known(described.decode(sort, raw))
        return Known(decode(raw).ref, digest(raw))
    except (BodyError, LayoutError) as error:
        return Known(str(error))


def _problem(path: str, words: str, sort: str) -> FileProblem:
    line = _LINE.match(words)
    version = UNSAFE.get(sort, "the last version that could be read stays in use")
    return FileProblem(path, int(line[1]) if line else 0, f"{_LINE.sub('', words)}; {version}")


def _assemble(
    sha: str,
    files: Mapping[str, str],
    used: Mapping[str, tuple[str, Known]],
    problems: list[FileProblem],
    prefix: tuple[str, ...],
) -> Snapshot:
    scopes: dict[str, dict[Ref, Entry]] = {}
    sights: dict[str, Sight] = {}
    planned: list[PlannedChange] = []
    ignores: list[Ignore] = []
    standing: dict[str, Standing] = {}
    told: dict[tuple[str, str], Described] = {}
    for path, (blob, known) in used.items():
        match known.value:
            case Sight() as sight:
                sights[path.split("/")[len(prefix)]] = sight
            case PlannedChange() as change:
                planned.append(change)
            case Ignore() as ignore:
                ignores.append(msgspec.structs.replace(ignore, id=PurePosixPath(path).stem))
            case Standing() as approval:
                if approval.id in standing:
                    what = f"holds {approval.id}, which another file holds already and which is used; remove one"
                    problems.append(FileProblem(path, 0, what))
                standing.setdefault(approval.id, approval)
            case Flow() | Definition() | described.Owner() as one:
                if described.key(one) in told:
                    what = (
                        f"holds {described.key(one)[1]}, which another file holds already and which is used; remove one"
                    )
                    problems.append(FileProblem(path, 0, what))
                told.setdefault(described.key(one), one)
            case Ref() as ref:
                inside = scopes.setdefault(path.split("/")[len(prefix)], {})
                if ref in inside:
                    first = inside[ref].path
                    what = f"holds {ref.kind} {ref.name}, which {first} holds already and which is used; remove one"
                    problems.append(FileProblem(path, 0, what))
                else:
                    inside[ref] = Entry(path, blob, known.digest, ref)
    beside = tuple(planned), tuple(ignores), tuple(standing.values())
    return Snapshot(sha, files, scopes, sights, *beside, tuple(sorted(problems)), tuple(told.values()))
