"""What the long proofs found, kept as docs/proof/*.json and shown in docs/proof.md.

`python -m tests.proof` renders the page anew. It says of a run that it is older than the code when a file of the code
is another than it was then; no history is needed to tell that.
"""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[1]
KEPT: Final = ROOT / "docs" / "proof"
PAGE: Final = ROOT / "docs" / "proof.md"
CODE: Final = ("monitor", "probes")
TITLES: Final[Mapping[str, str]] = {
    "properties": "The laws and all other properties, on random examples drawn anew",
    "prove": "`make prove`: random changes of every key of the wire answers, each found or rightly silent",
    "mutants": "`make mutants`: plausible bugs put in on purpose, each caught by a named test",
    "faults": "The 21 families of faults, every case with its invariants",
    "crash": "The daemon killed at random moments, and started again: nothing lost, nothing doubled",
    "soak": "`python -m tests.soak`: a thousand integrations, a share of all answers spoiled",
    "year": "`pytest -m proof tests/engine/test_year.py`: a simulated year of a hundred systems (what is simulated: "
    "tests/engine/year.py)",
    "fuzz": "Random bytes into everything that reads from outside: a value or a declared error",
}


class Told:
    """Counts how the tests of a run ended."""

    def __init__(self) -> None:
        self.ended: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            self.ended[report.outcome] += 1


def ran(*arguments: str, also: object = None) -> dict[str, int]:
    """Runs tests, with a plugin more where one is given; gives how many there were, failed, and were skipped."""
    told = Told()
    early = "ignore::pytest.PytestAssertRewriteWarning"  # what a run has imported by now needs no rewriting
    code = pytest.main(["-q", "-p", "no:cacheprovider", "-W", early, *arguments], plugins=[told, *filter(None, [also])])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise SystemExit(f"pytest ended with {code}: nothing is written of this run")
    return {"cases": told.ended.total(), "failed": told.ended["failed"], "skipped": told.ended["skipped"]}


def keep(name: str, *, seed: int, counts: Mapping[str, Any]) -> None:
    """Writes what a run found, and the page. `counts`: words with underscores -> numbers."""
    KEPT.mkdir(parents=True, exist_ok=True)
    told = {
        "commit": _git("rev-parse", "HEAD"),
        "code": code(),
        "clean": not _git("status", "--porcelain", "--", *CODE, "tests"),
        "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ"),
        "python": platform.python_version(),
        "seed": seed,
        "counts": dict(counts),
    }
    (KEPT / f"{name}.json").write_text(json.dumps(told, indent=2) + "\n")
    PAGE.write_text(page())
    print(json.dumps(told, indent=2))


def code() -> str:
    """A digest of all files of the code, by which a later look sees whether they are the same."""
    listed = _git("ls-files", "-co", "--exclude-standard", "--", *CODE).splitlines()
    found = hashlib.sha256()
    for name in sorted(set(listed)):
        if (ROOT / name).is_file():
            found.update(f"{name}\0".encode() + hashlib.sha256((ROOT / name).read_bytes()).digest())
    return found.hexdigest()[:32]


def page() -> str:
    lines = ["# Proof", "", "Rendered by `python -m tests.proof` from the runs kept in docs/proof.", ""]
    now = code()
    for name in (name for name in TITLES if (KEPT / f"{name}.json").exists()):
        told = json.loads((KEPT / f"{name}.json").read_text())
        lines += [f"## {TITLES[name]}", "", when(told, now), "", "| what | count |", "| --- | ---: |"]
        lines += [f"| {name.replace('_', ' ')} | {value:,} |" for name, value in told["counts"].items()]
        lines.append("")
    return "\n".join(lines)


def when(told: Mapping[str, Any], now: str) -> str:
    words = f"Run {told['at']} at commit {told['commit'][:10]}, seed {told['seed']}, Python {told['python']}."
    if not told["clean"]:
        words += " The code had changes that were not committed."
    return words if told["code"] == now else f"{words} **Older than the code**: it has changed since."


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    PAGE.write_text(page())
