"""For all tests: property tests are the same in every run; `make proofs` draws anew."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.register_profile("proofs", deadline=None, database=None, max_examples=2000)
settings.load_profile("proofs" if os.environ.get("DRIFTLINE_PROOFS") else "steady")
