"""What the long proofs found, kept as docs/proof/*.json and shown in docs/proof.md.

`python -m tests.proof` renders the page anew; it says of each run whether the code has changed since.
"""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
KEPT: Final = ROOT / "docs" / "proof"
PAGE: Final = ROOT / "docs" / "proof.md"
CODE: Final = ("monitor", "probes")
TITLES: Final[Mapping[str, str]] = {
    "prove": "`make prove`: random changes of every key of the wire answers, each found or rightly silent",
    "mutants": "`make mutants`: plausible bugs put in on purpose, each caught by a named test",
    "crash": "Killed at random, again and again: nothing lost, nothing doubled",
    "soak": "A thousand integrations for hours: polls missed, memory",
    "fuzz": "Random bytes into everything that reads from outside",
}


def keep(name: str, *, seed: int, counts: Mapping[str, Any]) -> None:
    """Writes what a run found, and the page."""
    KEPT.mkdir(parents=True, exist_ok=True)
    told = {
        "commit": _git("rev-parse", "HEAD"),
        "clean": not _git("status", "--porcelain", "--", *CODE),
        "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ"),
        "python": platform.python_version(),
        "seed": seed,
        "counts": dict(counts),
    }
    (KEPT / f"{name}.json").write_text(json.dumps(told, indent=2) + "\n")
    PAGE.write_text(page())
    print(json.dumps(told, indent=2))


def page() -> str:
    lines = ["# Proof", "", "Rendered by `python -m tests.proof` from the runs kept in docs/proof.", ""]
    for file in sorted(KEPT.glob("*.json")):
        told = json.loads(file.read_text())
        lines += [f"## {TITLES[file.stem]}", "", _when(told), "", "| what | count |", "| --- | ---: |"]
        lines += [f"| {name.replace('_', ' ')} | {value:,} |" for name, value in told["counts"].items()]
        lines.append("")
    return "\n".join(lines)


def _when(told: Mapping[str, Any]) -> str:
    commit = told["commit"]
    words = f"Run {told['at']} at commit {commit[:10]}, seed {told['seed']}, Python {told['python']}."
    if not told["clean"]:
        return f"{words} The code had changes that were not committed."
    behind = _git("rev-list", "--count", f"{commit}..HEAD", "--", *CODE)
    return words if behind == "0" else f"{words} **Older than the code**: {behind} commits have changed it since."


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    PAGE.write_text(page())
