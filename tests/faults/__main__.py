"""`python -m tests.faults [faults|fuzz]`: every case of the fault matrix, and random input drawn anew, ten times as
much as in `make test`. Writes docs/proof/faults.json and docs/proof/fuzz.json. Exit 1 when a case failed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

os.environ["DRIFTLINE_PROOFS"] = "1"  # before the tests are imported: they draw by it

from tests.faults import fuzzing
from tests.faults.families import FAMILIES
from tests.faults.stack import VENDORS
from tests.proof import keep, ran

HERE: Final = Path(__file__).parent
MATRIX: Final = ("test_kit_faults.py", "test_vendor_faults.py", "test_inside_faults.py")


def faults() -> int:
    counts = ran("-k", "not test_every_family", *(str(HERE / name) for name in MATRIX))
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
