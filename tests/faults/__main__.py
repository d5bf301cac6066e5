"""`python -m tests.faults [faults|fuzz]`: every case of the fault matrix, and random input drawn anew, ten times as
much as in `make test`. Writes docs/proof/faults.json and docs/proof/fuzz.json. Exit 1 when a case failed.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest

os.environ["DRIFTLINE_PROOFS"] = "1"  # before the tests are imported: they draw by it

from tests.faults import fuzzing
from tests.faults.families import FAMILIES
from tests.faults.stack import VENDORS
from tests.proof import keep

HERE: Final = Path(__file__).parent
MATRIX: Final = ("test_kit_faults.py", "test_vendor_faults.py", "test_inside_faults.py")


class Told:
    """Counts how the tests ended."""

    def __init__(self) -> None:
        self.ended: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            self.ended[report.outcome] += 1


def ran(*arguments: str) -> dict[str, Any]:
    told = Told()
    code = pytest.main(["-q", "-p", "no:cacheprovider", *arguments], plugins=[told])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise SystemExit(f"pytest ended with {code}: nothing is written of this run")
    return {"cases": told.ended.total(), "failed": told.ended["failed"], "skipped": told.ended["skipped"]}


def faults() -> int:
    counts = ran(*(str(HERE / name) for name in MATRIX))
    keep("faults", seed=0, counts={"families": len(FAMILIES), "vendors": len(VENDORS), **counts})
    return int(counts["failed"])


def fuzz() -> int:
    counts = ran("-m", "proof", str(HERE))
    keep("fuzz", seed=fuzzing.SEED, counts={"inputs": fuzzing.TRIED["inputs"], **counts})
    return int(counts["failed"])


def main() -> None:
    runs = {"faults": faults, "fuzz": fuzz}
    failed = [runs[name]() for name in sys.argv[1:] or runs]
    raise SystemExit(1 if any(failed) else 0)


if __name__ == "__main__":
    main()
