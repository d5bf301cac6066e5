"""For all tests: property tests are the same in every run; `python -m tests.properties` draws anew, and 2,000 of each.

They are held by counts of examples, never by time: a busy machine is no fault of what it runs.
"""

from __future__ import annotations

import gc
import os

from hypothesis import HealthCheck, Phase, settings

UNHURRIED = settings(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("steady", UNHURRIED, derandomize=True, max_examples=60)
settings.register_profile("proofs", UNHURRIED, max_examples=2000)
# Whether a mutant is caught is all that is asked: the smallest example of it is not looked for.
settings.register_profile("mutants", parent=settings.get_profile("steady"), phases=(Phase.explicit, Phase.generate))
settings.load_profile(
    "proofs" if os.environ.get("DRIFTLINE_PROOFS") else "mutants" if os.environ.get("DRIFTLINE_MUTANTS") else "steady"
)


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: the collector need not go through it again at every test."""
    gc.collect()
    gc.freeze()
