"""`python -m tests.properties [SEED]`: the laws and all other properties, on 2,000 random examples each, drawn anew.

Writes docs/proof/properties.json. Exit 1 when an example was found for which a property does not hold.
"""

from __future__ import annotations

import os
import random
import re
import sys
from pathlib import Path
from typing import Final

import pytest

os.environ["DRIFTLINE_PROOFS"] = "1"  # before the tests are imported: they draw by it

from tests.proof import keep, ran

HERE: Final = Path(__file__).parent
TRIED: Final = re.compile(r"(\d+) passing")


class Tried:
    """Counts the examples, as hypothesis tells of each property when it is done with it."""

    def __init__(self) -> None:
        self.examples = 0

    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        told = getattr(item, "hypothesis_statistics", "")
        self.examples += sum(int(number) for number in TRIED.findall(told))


def main() -> None:
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(1 << 32)
    tried = Tried()
    counts = ran("-m", "hypothesis", f"--hypothesis-seed={seed}", "--durations=5", str(HERE), also=tried)
    keep("properties", seed=seed, counts={"properties": counts.pop("cases"), "examples": tried.examples, **counts})
    raise SystemExit(1 if counts["failed"] or not tried.examples else 0)


if __name__ == "__main__":
    main()
