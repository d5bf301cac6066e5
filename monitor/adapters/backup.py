"""One file that a stack can be brought back from: the store, the clone of the baselines, and what people configured.

Taken while the daemon runs. The store is copied by SQLite's online backup, which sees one moment of it; the refs of the
clone have to be the same before and after, so that both are of one moment, as after a power failure. No credential is
in it: references stay references, and refresh tokens are left out of the copy.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sqlite3
import tarfile
from collections.abc import Mapping
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

from monitor.config.models import Service

from .git import Git
from .migrate import known, revision
from .tokens import RESTORED

FORM: Final = 1  # of the archive
MANIFEST: Final = "manifest.json"
STORE: Final = "state.db"
BUNDLE: Final = "baselines.bundle"
CONFIG: Final = "config"
_TRIES: Final = 10
_BUSY: Final = 30.0  # seconds that a lock of SQLite's is waited for


class BackupError(Exception):
    """No backup was made, or nothing was restored. The message says where, what, and what to do."""


class Manifest(msgspec.Struct, frozen=True):
    """`schema`: the store's revision; `at`: epoch seconds UTC; `state`: where the store lies in the stack, "" where it
    lies outside; `here`: whether the stack's folder itself is the repository of the baselines; `refs`: commit by ref;
    `files`: SHA-256 of each other member."""

    form: int
    version: str
    schema: str
    at: float
    stack: str
    state: str
    branch: str
    here: bool
    refs: Mapping[str, str]
    files: Mapping[str, str]


def back_up(config: Path, service: Service, file: Path, now: float) -> Manifest:
    """Blocking. Writes the archive, which only its owner can read, whole or not at all. Raises BackupError, GitError,
    SchemaError, OSError, sqlite3.Error."""
    root = config.absolute().parent
    state = root / service.state
    if file.exists():
        raise BackupError(f"{file} is there already, and a backup replaces nothing: name another file")
    if not (state / STORE).is_file():
        raise BackupError(f"{state} has no store yet, so there is nothing to back up; is this the stack's folder?")
    with TemporaryDirectory(prefix=".driftline-backup-", dir=file.absolute().parent) as folder:
        parts = Path(folder)
        refs = asyncio.run(_moment(state, parts))
        written = _copied(config, parts)
        inside = [STORE, *([BUNDLE] if refs else []), *written]
        made = Manifest(
            form=FORM, version=version("driftline"), schema=revision(parts / STORE) or "", at=now,
            stack=service.stack.name, state=_inside(state, root), branch=service.baselines.branch,
            here=(root / service.baselines.repository).resolve() == root.resolve(), refs=refs,
            files={name: digest(parts / name) for name in inside},
        )  # fmt: skip
        (parts / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(made)))
        _pack(parts, (MANIFEST, *inside), file)
    return made


async def _moment(state: Path, parts: Path) -> dict[str, str]:
    """Store and clone as they were at one moment. Returns the refs."""
    git = Git(state / "baselines.git")
    for _ in range(_TRIES):
        before = await _refs(git)
        await asyncio.to_thread(_copy, state / STORE, parts / STORE)
        if before:
            await git.run("bundle", "create", str(parts / BUNDLE), "--all")
        if before == await _refs(git):
            return before
    raise BackupError(f"{git.folder}: a commit came in during each of {_TRIES} copies; try again when less is decided")


async def _refs(git: Git) -> dict[str, str]:
    if not git.folder.is_dir():
        return {}
    listed = (await git.line("for-each-ref", "--format=%(refname) %(objectname)")).splitlines()
    return {name: sha for name, _, sha in (line.partition(" ") for line in listed)}


def _copy(store: Path, copy: Path) -> None:
    known(revision(store), store)
    copy.unlink(missing_ok=True)
    with (
        closing(sqlite3.connect(f"{store.absolute().as_uri()}?mode=rw", uri=True, timeout=_BUSY)) as one,
        closing(sqlite3.connect(copy)) as other,
    ):
        one.backup(other)
        other.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
        other.execute("PRAGMA secure_delete = ON")  # what is taken out is not in free pages either
        with other:
            other.execute("UPDATE rotating SET state = ?, data = x'' WHERE data <> x''", (RESTORED,))


def _copied(config: Path, parts: Path) -> list[str]:
    """What the loader reads, and no other file: a key may lie beside it. Copied before it is hashed, for people write
    meanwhile."""
    names = []
    for file in sorted([*config.glob("*.yaml"), *config.glob("integrations/*.yaml")]):
        if not file.name.startswith("."):
            name = f"{CONFIG}/{file.relative_to(config).as_posix()}"
            (parts / name).parent.mkdir(parents=True, exist_ok=True)
            (parts / name).write_bytes(file.read_bytes())
            names.append(name)
    return names


def _inside(folder: Path, root: Path) -> str:
    resolved, base = folder.resolve(), root.resolve()
    return resolved.relative_to(base).as_posix() if resolved != base and resolved.is_relative_to(base) else ""


def _pack(parts: Path, names: tuple[str, ...], file: Path) -> None:
    made = parts / "archive"
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        with tarfile.open(fileobj=out, mode="w:gz", compresslevel=6) as tar:
            for name in names:
                tar.add(parts / name, name, filter=_plain)
        out.flush()
        os.fsync(out.fileno())
    made.rename(file)
    settle(file.absolute().parent)


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Nothing of the account that made it."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def settle(folder: Path) -> None:
    """Names in a folder outlast a power failure once the folder is synced."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
