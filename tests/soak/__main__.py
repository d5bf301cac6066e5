"""`python -m tests.soak [SEED]`: a thousand integrations at a minute's interval, for about twenty-two minutes.

Writes docs/proof/soak.json. Exit 1 when a period was missed, something is lost or invented, or memory grows for sure.
"""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from tests.proof import keep

from .run import Plan, Result, soak

WHOLE: Final = Plan(
    systems=990, accounts=5, every=60, seconds=1140, late=60, drifts=60, settle=210, deadline=10, removal=True
)  # fmt: skip
POLLS: Final = 20_000


def counts(plan: Plan, found: Result) -> dict[str, Any]:
    return {
        "integrations": len(plan.names),
        "interval_seconds": plan.every,
        "polls": found.polls,
        **{f"polls_{name}": count for name, count in sorted(found.outcomes.items())},
        "answers_spoiled": found.spoiled,
        "periods_due": found.slots.due,
        "periods_missed": len(found.slots.missed),
        "periods_left_out_by_back_off": found.slots.backed_off,
        "latest_outcome_seconds_after_due": round(found.slots.latest, 1),
        "changes_made": plan.drifts + plan.removal,
        "invariants_broken": len(found.wrong),
        "memory_mb_after_warm_up": round(found.rss[0], 1),
        "memory_mb_at_the_end": round(found.rss[1], 1),
        "memory_slope_mb_per_hour": round(found.memory.value, 2),
        "memory_slope_95_low": round(found.memory.low, 2),
        "memory_slope_95_high": round(found.memory.high, 2),
        "open_files_first_third": int(found.files[0]),
        "open_files_last_third": int(found.files[1]),
        "tasks_first_third": int(found.tasks[0]),
        "tasks_last_third": int(found.tasks[1]),
        "cpu_cores": round(found.cpu, 2),
    }


def main() -> None:
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(1 << 32)
    with tempfile.TemporaryDirectory(prefix="driftline-") as folder:
        found = soak(Path(folder), WHOLE, seed)
    for words in (*found.wrong, *found.slots.missed[:40]):
        print(words, file=sys.stderr)
    keep("soak", seed=seed, counts=counts(WHOLE, found))
    raise SystemExit(1 if found.wrong or found.slots.missed or found.polls < POLLS else 0)


if __name__ == "__main__":
    main()
