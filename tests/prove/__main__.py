"""`python -m tests.prove [CHANGES [SEED]]`: the whole proof, in runs of 2,000 changes, as many at once as there are
cores. Writes docs/proof/prove.json. Exit 1 when anything was missed, invented or unclassified, or a key never drawn."""

from __future__ import annotations

import asyncio
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from typing import Final

from tests.proof import keep

from .run import Result, prove

WHOLE: Final = 20_000
EACH: Final = 2_000
SHOWN: Final = 40


def one(seed: int, changes: int) -> Result:
    return asyncio.run(prove(seed, changes))


def main() -> None:
    changes = int(sys.argv[1]) if len(sys.argv) > 1 else WHOLE
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    runs = -(-changes // EACH)
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as workers:
        results = list(workers.map(one, range(first, first + runs), [min(EACH, changes)] * runs))
    misses = [miss for result in results for miss in result.misses]
    false = [made for result in results for made in result.false]
    unclassified = sorted({key for result in results for key in result.unclassified})
    untried = sorted(set.intersection(*(result.untried for result in results)))
    counts = {
        "changes": sum(result.changes for result in results),
        "meaningful": sum(result.meaningful for result in results),
        "findings_expected_and_found": sum(result.findings for result in results),
        "keys_classified": results[0].classified,
        "classified_keys_never_changed": len(untried),
        "keys_changed": len({key for result in results for key in result.keys}),
        "polls": sum(result.rounds for result in results),
        "requests": sum(result.requests for result in results),
        "missed": len(misses),
        "false_findings": len(false),
        "unclassified_keys": len(unclassified),
    }
    for words in (*unclassified[:SHOWN], *untried, *misses[:SHOWN], *false[:SHOWN]):
        print(words, file=sys.stderr)
    keep("prove", seed=first, counts=counts)
    raise SystemExit(1 if misses or false or unclassified or untried else 0)


if __name__ == "__main__":
    main()
