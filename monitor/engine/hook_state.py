"""What came of the pushes for one integration since the process started: counts, and the deliveries that are known."""

from __future__ import annotations

from collections import Counter
from typing import Final, Literal, TypeAlias

import msgspec

KEPT: Final = 1000  # deliveries of an integration that are known without asking the store
Outcome: TypeAlias = Literal[
    "accepted", "repeated", "budget", "signature", "stale", "secret", "too_large", "too_often", "not_ready"
]
TAKEN: Final = frozenset[Outcome](("accepted", "repeated", "budget"))  # the others are refused
SAYS: Final[dict[Outcome, str]] = {
    "accepted": "taken",
    "repeated": "the same delivery again",
    "budget": "taken, but the vendor's quota leaves nothing beside the schedule",
    "signature": "not signed with the secret of `hook`, or for another address than server.external_url",
    "stale": "signed more than five minutes from now: a clock is wrong, or it was recorded and sent again",
    "secret": "the secret of `hook` cannot be had, or is none of this scheme",
    "too_large": "more than 256 KB",
    "too_often": "too many that were not signed came from the same address",
    "not_ready": "Driftline was loading or stopping",
}


class Pushed(msgspec.Struct):
    """What came for one integration since the process started. `marks`: known deliveries, oldest first; `why` is that
    of the newest refusal."""

    counts: Counter[str] = msgspec.field(default_factory=Counter)
    marks: dict[bytes, float] = msgspec.field(default_factory=dict)
    taken_at: float | None = None
    refused_at: float | None = None
    why: Outcome | None = None

    def note(self, outcome: Outcome, now: float) -> Outcome:
        self.counts[outcome] += 1
        if outcome in TAKEN:
            self.taken_at = now
        else:
            self.refused_at, self.why = now, outcome
        return outcome
