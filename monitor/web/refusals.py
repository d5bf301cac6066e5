"""Sign-ins that were refused, for the trail: all are counted, and so few are written that nobody fills the disk."""

from __future__ import annotations

from collections import Counter
from typing import Final

WINDOW: Final = 3600.0  # seconds
MOST: Final = 20  # entries in a window, wherever the tries come from
PEERS: Final = 1000  # addresses that are counted apart in a window
OTHERS: Final = "others"


class Refusals:
    """Of one address the first try is written, the tenth, the hundredth and so on."""

    def __init__(self) -> None:
        self._until = 0.0
        self._left = MOST
        self._tries = Counter[str]()
        self._unsaid = 0

    def note(self, peer: str, now: float) -> dict[str, int] | None:
        """One more. What an entry says of it: `times` from that address within the hour, `since` the entry before from
        anywhere; None where none is to be written."""
        if now >= self._until:
            self._until, self._left = now + WINDOW, MOST
            self._tries.clear()
        one = peer if peer in self._tries or len(self._tries) < PEERS else OTHERS
        self._tries[one] += 1
        self._unsaid += 1
        times = self._tries[one]
        if not self._left or str(times).strip("0") != "1":
            return None
        self._left -= 1
        since, self._unsaid = self._unsaid, 0
        return {"times": times, "since": since}
