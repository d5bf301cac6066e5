"""What the git tests share: bodies, and a person with a clone of their own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from monitor.core.body import encode
from monitor.core.model import Body
from monitor.core.row import Row
from probes.kit.contract import Kind, Ref

LEAD = Ref(Kind.FIELD, "Lead")
OBJECTS = Ref(Kind.SCHEMA, "objects")


def body(ref: Ref = LEAD, **rows: dict[str, Any]) -> Body:
    """A body whose rows are given as facts: body(Score__c={"length": 100})."""
    facts = tuple(sorted({name for row in rows.values() for name in row} | {"label", "length"}))
    return Body(ref, f"fields/{ref.name}", facts, {key: Row(row) for key, row in rows.items()})


def raw(ref: Ref = LEAD, **rows: dict[str, Any]) -> bytes:
    return encode(body(ref, **rows))


class Person:
    """Somebody with git, a name and a work tree."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def git(self, *arguments: str) -> str:
        who = {"GIT_AUTHOR_NAME": "ops", "GIT_AUTHOR_EMAIL": "ops@example.com"}
        who |= {"GIT_COMMITTER_NAME": "ops", "GIT_COMMITTER_EMAIL": "ops@example.com", "GIT_CONFIG_GLOBAL": "/dev/null"}
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env={**os.environ, **who}, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def write(self, path: str, content: bytes | str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())

    def commit(self, message: str, **files: bytes | str) -> str:
        for path, content in files.items():
            self.write(path, content)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


def start(folder: Path, *, bare: bool = False) -> Person:
    """A new repository with `main` as its branch."""
    person = Person(folder)
    person.git("init", "-q", "-b", "main", *(["--bare"] if bare else []))
    return person


def clone(origin: Path, folder: Path) -> Person:
    person = Person(folder)
    person.git("clone", "-q", str(origin), ".")
    return person
