"""Puts one plausible bug into a copy of the code and runs the test that must notice it.

A mutant is caught when its test fails; it survives when the test passes. That a test could not even be collected is
neither: the mutant is then written wrongly.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

import yaml

ROOT: Final = Path(__file__).resolve().parents[2]
LISTS: Final = Path(__file__).parent
SECONDS: Final = 600.0
FAILED: Final = 1  # pytest's exit code when tests ran and failed


class Mutant(NamedTuple):
    """`old` stands once in `file`; `test` is what pytest is given."""

    name: str
    file: str
    old: str
    new: str
    test: str


def mutants() -> tuple[Mutant, ...]:
    out: list[Mutant] = []
    for file in sorted(LISTS.glob("*.yaml")):
        out += [Mutant(e["name"], e["file"], e["from"], e["to"], e["test"]) for e in yaml.safe_load(file.read_text())]
    return tuple(out)


def mutated(mutant: Mutant) -> str:
    """The file's text with the bug. Raises ValueError when it does not stand there exactly once, or changes nothing."""
    text = (ROOT / mutant.file).read_text()
    if text.count(mutant.old) != 1:
        raise ValueError(f"{mutant.name}: its `from` stands {text.count(mutant.old)} times in {mutant.file}")
    if mutant.old == mutant.new:
        raise ValueError(f"{mutant.name}: it changes nothing")
    return text.replace(mutant.old, mutant.new)


def copied(folder: Path) -> Path:
    """The tree as it is, but for what git does not know."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_file():
            shutil.copy(ROOT / name, target)
    return folder


def tried(mutant: Mutant | None, test: str, folder: Path) -> tuple[int, str]:
    """pytest's exit code over a copy in `folder`, and the end of what it printed; with no mutant, of the code as it
    is."""
    if mutant is not None:
        (folder / mutant.file).write_text(mutated(mutant))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *test.split()],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "DRIFTLINE_MUTANTS": "1"},
            capture_output=True, text=True, timeout=SECONDS,
        )  # fmt: skip
        return done.returncode, done.stdout[-1500:]
    except subprocess.TimeoutExpired:
        return FAILED, f"did not end within {SECONDS:.0f} s"
    finally:
        if mutant is not None:
            shutil.copy(ROOT / mutant.file, folder / mutant.file)
