"""Brings a stack back from a backup, into an empty place, whole or not at all.

The archive is held against its hashes before anything is written. What was to be sent then is dropped: the machine that
was lost may have sent it, and what still holds is said anew by the next reading.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import shutil
import sqlite3
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Final

import msgspec

from .backup import BUNDLE, CONFIG, FORM, MANIFEST, STORE, BackupError, Manifest, settle
from .git import Git
from .migrate import SchemaError, known, migrate

_STAGE: Final = ".driftline-restore-"
_FOUND: Final = "lost+found"  # the root of a volume has it from the beginning
_CAP: Final = 16 << 20  # bytes of a manifest
_STATE: Final = "var"
_NAME: Final = re.compile(rf"{CONFIG}/(integrations/)?[^/\0]+\.yaml")
_PLACE: Final = re.compile(r"[^/\0]+(/[^/\0]+)*")


def restore(archive: Path, folder: Path) -> Manifest:
    """Blocking. Raises BackupError, GitError, SchemaError, OSError, sqlite3.Error: then `folder` is as it was."""
    folder = folder.absolute()  # git goes into it, and what it is told counts from there
    _vacant(folder)
    made = _checked(archive)
    fresh = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with TemporaryDirectory(prefix=_STAGE, dir=folder) as stage:
            whole = Path(stage) / "stack"
            whole.mkdir()
            _built(archive, made, Path(stage), whole)
            _moved(whole, folder)
    except BaseException:
        if fresh:
            folder.rmdir()
        raise
    return made


def _vacant(folder: Path) -> None:
    there = sorted(one.name for one in folder.iterdir() if one.name != _FOUND) if folder.exists() else []
    if there:
        more = f" and {len(there) - 3} more" if len(there) > 3 else ""
        raise BackupError(
            f"{folder} is not empty: it has {', '.join(there[:3])}{more}. A restore goes into an empty folder only; "
            "name another with --stack, or move away what is there"
        )


def _checked(archive: Path) -> Manifest:
    """Reads all of it and writes nothing."""
    try:
        raw, found = _read(archive)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise BackupError(f"{archive}: it is no backup, or it was cut off ({error}); use another one") from error
    try:
        made = msgspec.json.decode(raw, type=Manifest)
    except msgspec.DecodeError as error:
        raise BackupError(f"{archive}: {MANIFEST} cannot be read ({error}); use another backup") from error
    if made.form != FORM:
        raise BackupError(f"{archive}: its form is {made.form}, this release reads {FORM}; use the one that made it")
    known(made.schema, archive)
    for name in sorted({*found, *made.files, STORE}):
        if found.get(name) is None or found[name] != made.files.get(name):
            raise BackupError(f"{archive}: {name!r} is missing or not what was backed up; use another backup")
    if made.state and (".." in made.state.split("/") or not _PLACE.fullmatch(made.state)):
        raise BackupError(f"{archive}: {MANIFEST} puts the store at {made.state!r}, outside the stack; use another one")
    return made


def _read(archive: Path) -> tuple[bytes, dict[str, str]]:
    """The manifest, and the SHA-256 of each other member."""
    found: dict[str, str] = {}
    raw = b""
    for name, content in _members(archive):
        if name in found or (name == MANIFEST and raw):
            raise BackupError(f"{archive}: it has {name!r} twice, which no backup has; nothing was restored")
        if name == MANIFEST:
            raw = content.read(_CAP)
        else:
            found[name] = hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]
    return raw, found


def _members(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Name and content of each. Raises BackupError for what no backup has: a link, a device, a path that climbs out."""
    with tarfile.open(archive, "r|gz") as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isreg() else None
            if content is None or not (member.name in (MANIFEST, STORE, BUNDLE) or _NAME.fullmatch(member.name)):
                raise BackupError(f"{archive}: it has {member.name!r}, which no backup has; nothing was restored")
            yield member.name, content


def _built(archive: Path, made: Manifest, stage: Path, whole: Path) -> None:
    """The stack as it is to be, in a folder beside."""
    state = whole / (made.state or _STATE)
    _unpacked(archive, stage)
    state.mkdir(parents=True, mode=0o700)
    shutil.move(stage / STORE, state / STORE)
    _settled(state / STORE)
    asyncio.run(_cloned(archive, made, stage / BUNDLE, Git(state / "baselines.git"), whole))
    shutil.copytree(stage / CONFIG, whole / CONFIG, dirs_exist_ok=True)


async def _cloned(archive: Path, made: Manifest, bundle: Path, git: Git, whole: Path) -> None:
    await git.run("init", "--quiet", "--bare", f"--initial-branch={made.branch}", str(git.folder))
    if made.refs:
        await git.run("fetch", "--quiet", "--no-write-fetch-head", str(bundle), "+refs/*:refs/*")
    there = (await git.line("for-each-ref", "--format=%(refname) %(objectname)")).splitlines()
    if there != [f"{name} {sha}" for name, sha in sorted(made.refs.items())]:
        raise BackupError(f"{archive}: {BUNDLE} has other commits than {MANIFEST} says; use another backup")
    ref = f"refs/heads/{made.branch}"
    if made.here and ref in made.refs:  # the stack's folder was the repository: it is one again, with our newest commit
        own = Git(whole / ".git")
        await own.run("init", "--quiet", f"--initial-branch={made.branch}", str(whole))
        await own.run("fetch", "--quiet", "--no-write-fetch-head", "--update-head-ok", str(git.folder), f"{ref}:{ref}")
        await own.run("--work-tree", str(whole), "reset", "--quiet", "--hard", ref)


def _unpacked(archive: Path, stage: Path) -> None:
    (stage / CONFIG / "integrations").mkdir(parents=True)
    for name, content in _members(archive):
        with (stage / name).open("xb") as out:
            shutil.copyfileobj(content, out)


def _settled(store: Path) -> None:
    """Of this release, and with nothing in it that another machine may have sent, or holds."""
    store.chmod(0o600)
    migrate(store)
    with closing(sqlite3.connect(store)) as one:
        fault = one.execute("PRAGMA quick_check(1)").fetchone()[0]
        if fault != "ok":
            raise SchemaError(f"the store of the backup is damaged ({fault}); use another backup")
        with one:
            one.execute("DELETE FROM outbox")
            one.execute("DELETE FROM told")
            one.execute("DELETE FROM flag WHERE name LIKE 'notify/%'")
            one.execute("DELETE FROM alert")
            one.execute("UPDATE lease SET until = 0")


def _moved(whole: Path, folder: Path) -> None:
    """The configuration last: without it nothing starts on what a killed restore left."""
    done: list[Path] = []
    try:
        for one in sorted(whole.iterdir(), key=lambda one: one.name == CONFIG):
            one.rename(folder / one.name)
            done.append(folder / one.name)
        settle(folder)
    except BaseException:
        for one in done:
            shutil.rmtree(one) if one.is_dir() else one.unlink()
        raise
