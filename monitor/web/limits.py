"""How often one address may try to sign in. Tokens are too long to be guessed: this keeps guesses from being work."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_network
from typing import Final

from monitor.config.sign_in import address_of

WINDOW: Final = 60.0  # seconds
FAILURES: Final = 20  # in a window, from one address
ATTEMPTS: Final = 60  # sign-ins begun in a window, from one address, well or badly
PEERS: Final = 1000  # addresses that are counted apart; those that come later in a window share one count
OTHERS: Final = "others"


class Limits:
    """Counts of one window. Of IPv6 a /64 counts as one: that much anybody has."""

    def __init__(self, most: int) -> None:
        self._most, self._until = most, 0.0
        self._counts: dict[str, int] = {}

    def count(self, peer: str, now: float) -> None:
        self._turn(now)
        one = self._whose(peer)
        self._counts[one] = self._counts.get(one, 0) + 1

    def wait(self, peer: str, now: float) -> int:
        """Seconds until that address may try again; 0 for one that may now."""
        self._turn(now)
        over = self._counts.get(self._whose(peer), 0) >= self._most
        return max(1, round(self._until - now)) if over else 0

    def _turn(self, now: float) -> None:
        if now >= self._until or now < self._until - WINDOW:
            self._until = now + WINDOW
            self._counts.clear()

    def _whose(self, peer: str) -> str:
        address = address_of(peer)
        one = str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else peer
        return one if one in self._counts or len(self._counts) < PEERS else OTHERS
