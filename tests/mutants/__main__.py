"""`python -m tests.mutants [WORDS]`: every mutant, or those whose name has these words. Exit 1 when one survives.

Writes docs/proof/mutants.json when all were tried.
"""

from __future__ import annotations

import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

from tests.proof import keep

from .run import FAILED, Mutant, copied, mutants, tried


def main() -> None:
    words = " ".join(sys.argv[1:])
    chosen = [mutant for mutant in mutants() if words in mutant.name]
    folders: Queue[Path] = Queue()
    survived: list[str] = []
    with tempfile.TemporaryDirectory(prefix="driftline-") as base:
        workers = os.cpu_count() or 1
        for number in range(workers):
            folders.put(copied(Path(base) / str(number)))

        def one(mutant: Mutant) -> None:
            folder = folders.get()
            try:
                code, said = tried(mutant, mutant.test, folder)
            finally:
                folders.put(folder)
            print(f"{'caught' if code == FAILED else 'SURVIVED'}  {mutant.name}", flush=True)
            if code != FAILED:
                survived.append(mutant.name)
                print(f"pytest ended with {code}\n{said}", file=sys.stderr, flush=True)

        code, said = tried(None, " ".join(sorted({mutant.test for mutant in chosen})), folders.queue[0])
        if code:
            raise SystemExit(f"the tests do not pass over the code as it is:\n{said}")
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(one, chosen))
    if not words:
        keep("mutants", seed=0, counts={"mutants": len(chosen), "survived": len(survived)})
    raise SystemExit(1 if survived else 0)


if __name__ == "__main__":
    main()
