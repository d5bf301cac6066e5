"""Laws are held by counts of examples, never by time: the first use of DeepDiff alone takes longer than a deadline.

DRIFTLINE_EXAMPLES sets how many examples each law is tried on; a long proof takes thousands.
"""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("laws", deadline=None, max_examples=int(os.environ.get("DRIFTLINE_EXAMPLES", "60")))
settings.load_profile("laws")
