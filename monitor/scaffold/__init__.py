"""Makes the git repository of a user's own stack: configuration, baselines, and two ways to run it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

from monitor.adapters.layout import STANDING, encode_standing, standing_path
from monitor.config.schemas import write
from monitor.config.types import NAME
from monitor.core.starter import starter

LAYOUT: Final[Mapping[str, str]] = {
    "README.md": "README.md",
    "driftline.yaml": "config/driftline.yaml",
    "people.yaml": "config/people.yaml",
    "flows.yaml": "config/flows.yaml",
    "rules.yaml": "config/rules.yaml",
    "integrations.md": "config/integrations/README.md",
    "baselines.md": "baselines/README.md",
    "compose.yaml": "compose.yaml",
    "helm-values.yaml": "helm-values.yaml",
    "check.yml": ".github/workflows/check.yml",
    "pre-commit": ".githooks/pre-commit",
    "gitignore": ".gitignore",
}
YEAR: Final = 365 * 86_400.0  # after which the standing approvals of a new stack are to be renewed
EXECUTABLE: Final = frozenset({"pre-commit"})


class ScaffoldError(Exception):
    """A stack that cannot be made; nothing was left behind. The message says why and what to do."""


def scaffold(folder: Path, name: str) -> tuple[str, ...]:
    """Makes `folder` with a first commit on `main` and gives the paths in it. It may exist if it is empty.

    Raises ScaffoldError. It is made aside and moved into place whole.
    """
    if not re.fullmatch(NAME, name):
        raise ScaffoldError(f"{name!r} is no name for a stack: use lower-case letters, digits and dashes, at most 63")
    try:
        if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
            raise ScaffoldError(f"{folder} is there already and not an empty folder: choose another")
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            aside.chmod(0o755)
            _fill(aside, name)
            _commit(aside)
            aside.rename(folder)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
    except OSError as error:
        raise ScaffoldError(f"{error.filename or folder}: {error.strerror}") from error
    return tuple(sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if _shown(path, folder)))


def _fill(folder: Path, name: str) -> None:
    for template, place in LAYOUT.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        text = files(__name__).joinpath("files", f"{template}.tmpl").read_text("utf-8")
        path.write_text(text.replace("@stack@", name), "utf-8")
        if template in EXECUTABLE:
            path.chmod(0o755)
    write(folder / "config" / "schemas")
    (folder / STANDING).mkdir()
    for approval in starter("marketing-operations", time.time() + YEAR):
        (folder / standing_path(approval.id)).write_bytes(encode_standing(approval))


def _commit(folder: Path) -> None:
    """The first commit is Driftline's own: a person may have no identity set up, and signs nothing here."""
    quiet = ["-c", "user.name=Driftline", "-c", "user.email=driftline@localhost", "-c", "commit.gpgsign=false"]
    for arguments in (
        ["init", "--quiet", "--initial-branch=main", "--template="],
        ["config", "core.hooksPath", ".githooks"],
        ["add", "--all"],
        [*quiet, "commit", "--quiet", "--no-verify", "-m", "Set up the stack"],
    ):
        try:
            subprocess.run(
                ["git", *arguments],
                cwd=folder,
                env={key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
                check=True,
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
            )
        except FileNotFoundError:
            raise ScaffoldError("git is not installed: install it (version 2.30 or newer) and try again") from None
        except subprocess.CalledProcessError as error:
            raise ScaffoldError(f"git {arguments[0]}: {error.stderr.strip()}") from error


def _shown(path: Path, folder: Path) -> bool:
    return path.is_file() and path.relative_to(folder).parts[0] != ".git"
