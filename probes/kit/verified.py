"""Against what a vendor file was checked, and when: the weakest true word, so that nobody trusts a file too much.

A word is said here and proven elsewhere: tests/test_reference.py finds the test that stands behind it, or refuses it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

WORDS: Final = {
    "real": "real system in CI",
    "spec": "vendor's spec",
    "docs": "vendor's docs",
    "unproven": "unproven",
}


@dataclass(frozen=True)
class Verified:
    """`Verified("docs", "2026-11-22")`. `how`, the best that is true:

    - `real`: a test in tests/real reads a running server of the vendor's with this file.
    - `spec`: a test holds the written-down answers against the machine-readable spec that the vendor published.
    - `docs`: each path and key was read in the vendor's documentation, which the docstring names; answers are written
      by hand in that shape.
    - `unproven`: none of these, which is the default.

    `at`: the day on which that was last done, as an ISO date.
    """

    how: Literal["real", "spec", "docs", "unproven"] = "unproven"
    at: str = ""

    def __post_init__(self) -> None:
        if self.how not in WORDS:
            raise ValueError(f"verified: {self.how!r} is none of {', '.join(WORDS)}")
        if self.at or self.proven:
            try:
                date.fromisoformat(self.at)
            except ValueError:
                raise ValueError(
                    f"verified: expected the day of the check, such as 2026-11-22, found {self.at!r}"
                ) from None

    @property
    def proven(self) -> bool:
        return self.how != "unproven"

    @property
    def words(self) -> str:
        return WORDS[self.how]
