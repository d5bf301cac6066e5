"""The parts of a bug report that are on the disk: the machine, the configuration's form, and the store's sizes. They
can be told without a daemon, and of a stack that does not start.
"""

from __future__ import annotations

import os
import platform
import re
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any, Final

import msgspec

from monitor.adapters import schema
from monitor.adapters.columns import metadata
from monitor.adapters.migrate import revision
from monitor.config.document import Document
from monitor.config.schemas import schemas
from monitor.config.types import DURATION
from monitor.redact import Marks, shape, where

ENVIRONMENT: Final = (
    "DRIFTLINE_TOKEN", "DRIFTLINE_STACK", "DRIFTLINE_HEALTH", "DRIFTLINE_DEBUG", "HTTPS_PROXY", "HTTP_PROXY",
    "NO_PROXY", "https_proxy", "http_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "TZ", "LANG",
    "GIT_SSH_COMMAND",
)  # fmt: skip
FILES: Final = ("state.db", "state.db-wal", "state.db-shm", "baselines.git", "lock", "owner")
_REFERENCE: Final = re.compile(r"\$\{(env|file|cmd):[^{}]*\}")
_URL: Final = re.compile(r"(https?|ssh|git|file)://")
_SECRET: Final = re.compile(r"credential|token|password|secret|key|headers|signing", re.I)


def files(config: Path, state: Path | None, marks: Marks) -> dict[str, str]:
    """By name. A part that cannot be made says what kind of error it was."""
    found: dict[str, Callable[[], Any]] = {"about.json": _about, "config.json": lambda: _config(config, marks)}
    if state is not None:
        found["store.json"] = lambda: _store(state)
    made: dict[str, str] = {}
    for name, part in found.items():
        try:
            value = part()
        except Exception as error:
            value = {"this part failed": where(error)}
        made[name] = msgspec.json.format(msgspec.json.encode(value), indent=1).decode() + "\n"
    return made


def _about() -> Any:
    memory = resource.getrusage(resource.RUSAGE_SELF)
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, timeout=10, check=False)
    return {
        "driftline": version("driftline"), "schema": schema.HEAD, "python": platform.python_version(),
        "implementation": platform.python_implementation(), "platform": platform.platform(),
        "processors": os.cpu_count(), "sqlite": sqlite3.sqlite_version, "git": git.stdout.strip()[:40],
        "open files": resource.getrlimit(resource.RLIMIT_NOFILE), "largest memory kB": memory.ru_maxrss,
        "processor seconds": memory.ru_utime + memory.ru_stime, "in a container": Path("/.dockerenv").exists(),
        "encoding": sys.getfilesystemencoding(), "packages": _packages(),
        "environment": {name: "set" for name in ENVIRONMENT if name in os.environ},
    }  # fmt: skip


def _packages() -> dict[str, str]:
    found = {}
    for line in requires("driftline") or ():
        name = re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0]
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found


def _config(folder: Path, marks: Marks) -> Any:
    """Each file by its place: which settings it has, with numbers, durations and words of closed lists as they are."""
    made: dict[str, Any] = {}
    for file in sorted(folder.glob("*.yaml")):
        form = file.stem if f"{file.stem}.json" in schemas() else ""
        made[f"{form or 'another'}.yaml"] = _document(file, marks)
    for file in sorted((folder / "integrations").glob("*.yaml")):
        made[f"integrations/{marks.of('integration', file.stem)}.yaml"] = _document(file, marks)
    return made


def _document(file: Path, marks: Marks) -> Any:
    read = Document.read(file)
    return {"problems": [problem.line for problem in read.problems], "settings": _setting(read.data, "", marks)}


def _setting(value: Any, name: str, marks: Marks) -> Any:
    keys, words = _forms()
    if isinstance(value, dict):
        hidden = bool(_SECRET.search(name))
        return {
            str(key) if key in keys and not hidden else marks.of("key", str(key)): _setting(
                inner, "secret" if hidden else str(key) if key in keys else "", marks
            )
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_setting(inner, name, marks) for inner in value]
    if isinstance(value, str):
        return _text(value, name, words.get(name, frozenset()))
    return value if isinstance(value, bool) or value is None or (name and not _SECRET.search(name)) else "(a number)"


def _text(value: str, name: str, words: frozenset[str]) -> str:
    if found := _REFERENCE.fullmatch(value):
        return f"(reference: {found[1]})"
    if _SECRET.search(name) or not name:
        return shape(value)
    if value in words or re.fullmatch(DURATION, value):
        return value
    if found := _URL.match(value):
        return f"({found[1]} address of {len(value)} characters)"
    return shape(value)


@cache
def _forms() -> tuple[frozenset[str], Mapping[str, frozenset[str]]]:
    """From the schemas: names of settings, and the words that each takes."""
    from probes.kit.registry import own

    keys: set[str] = set()
    words: dict[str, set[str]] = {"vendor": {*own(), "rest", "attested"}}

    def walk(part: Any) -> None:
        if isinstance(part, list):
            for inner in part:
                walk(inner)
        elif isinstance(part, dict):
            for name, inner in (part.get("properties") or {}).items():
                keys.add(name)
                words.setdefault(name, set()).update(_enumerated(inner))
            for inner in part.values():
                walk(inner)

    for content in schemas().values():
        walk(msgspec.json.decode(content))
    return frozenset(keys), {name: frozenset(found) for name, found in words.items()}


def _enumerated(part: Any) -> set[str]:
    if isinstance(part, list):
        return {word for inner in part for word in _enumerated(inner)}
    if not isinstance(part, dict):
        return set()
    found = {word for word in (*part.get("enum", ()), part.get("const")) if isinstance(word, str)}
    return found.union(*(_enumerated(part[name]) for name in ("anyOf", "oneOf", "items") if name in part), set())


def _store(state: Path) -> Any:
    """Of a copy of nothing: a connection that only reads."""
    file = state / "state.db"
    sizes = {name: _size(state / name) for name in FILES if (state / name).exists()}
    others = [one for one in state.iterdir() if one.name not in FILES] if state.is_dir() else []
    found: dict[str, Any] = {"files": sizes, "other files": len(others), "their bytes": sum(map(_size, others))}
    if not file.is_file():
        return {**found, "store": "there is none"}
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as one:
        pragmas = ("page_count", "page_size", "freelist_count", "journal_mode")
        found |= {name: one.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas}
        there = {name for (name,) in one.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        known = sorted(there & metadata.tables.keys())
        found["rows"] = {name: one.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in known}  # noqa: S608 - names of ours
        found["other tables"] = len(there) - len(known)
        if "outbox" in known:
            found["outbox"] = one.execute("SELECT state, count(*) FROM outbox GROUP BY state").fetchall()
    found["schema"] = revision(file)
    return found


def _size(place: Path) -> int:
    if place.is_dir():
        return sum(one.stat().st_size for one in place.rglob("*") if one.is_file() and not one.is_symlink())
    return place.stat().st_size if place.exists() else 0
