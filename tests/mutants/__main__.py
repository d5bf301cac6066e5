"""`python -m tests.mutants [WORDS]`: every mutant, or those whose name has these words. Exit 1 when one survives.

Writes docs/proof/mutants.json when all were tried.
"""

from __future__ import annotations

import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.proof import keep

from .run import FAILED, Mutant, copied, mutants, tried


def main() -> None:
    words = " ".join(sys.argv[1:])
    chosen = [mutant for mutant in mutants() if words in mutant.name]
    folders: SimpleQueue[Path] = SimpleQueue()
    survived: list[str] = []
    with tempfile.TemporaryDirectory(prefix="driftline-") as base:
        workers = os.cpu_count() or 1
        for number in range(workers):
            folders.put(copied(Path(base) / str(number)))

        def one(test: str, mutant: Mutant | None = None) -> None:
            folder = folders.get()
            try:
                code, said = tried(mutant, test, folder)
            finally:
                folders.put(folder)
            good, name = code == (FAILED if mutant else 0), mutant.name if mutant else test
            print(f"{'caught' if good and mutant else 'passes' if good else 'PROBLEM'}  {name}", flush=True)
            if not good:
                survived.append(name)
                print(f"pytest ended with {code}\n{said}", file=sys.stderr, flush=True)

        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(one, sorted({mutant.test for mutant in chosen})))
            list(pool.map(lambda mutant: one(mutant.test, mutant), chosen))
    if not words:
        keep("mutants", seed=0, counts={"mutants": len(chosen), "survived": len(survived)})
    raise SystemExit(1 if survived else 0)


if __name__ == "__main__":
    main()
