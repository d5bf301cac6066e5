"""The chain of the trail: each hash covers an entry and the hash before it, so that no entry changes, goes or comes
unseen. Pure."""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from probes.kit.contract import canonical

from .records import TrailEntry

START: Final = b"\0" * 32


def trail_hash(before: bytes, entry: TrailEntry) -> bytes:
    """SHA-256 over the hash before and the entry's line. Its number is not in it: numbers have no gaps."""
    line = canonical([entry.at, entry.who, entry.what, entry.subject, msgspec.to_builtins(entry.data)])
    return hashlib.sha256(before + line).digest()


def mark(entry: TrailEntry) -> str:
    """How a commit names an entry: `n:hash`."""
    return f"{entry.seq}:{entry.hash.hex()}"


class Check:
    """Recomputes the chain, entry by entry in their order. `problems` says what is wrong, in sentences; `last` is the
    entry that was seen last."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.last = TrailEntry(at=0.0, who="", what="", hash=START)

    def see(self, entry: TrailEntry) -> None:
        before = self.last
        name = f"entry {entry.seq} ({entry.what})"
        if entry.seq != before.seq + 1:
            gone = f"entry {before.seq + 1} is" if entry.seq == before.seq + 2 else _many(before.seq + 1, entry.seq - 1)
            self.problems.append(f"{gone} missing: after {before.seq or 'the beginning'} comes {entry.seq}")
        elif entry.before_hash != before.hash:
            self.problems.append(
                f"{name} does not follow on entry {before.seq}: one of the two was put in another place"
            )
        if trail_hash(entry.before_hash, entry) != entry.hash:
            self.problems.append(f"{name} was changed after it was written: its content and its hash do not agree")
        elif entry.decision != str(entry.data.get("decision", "")):
            self.problems.append(f"{name} is filed under another decision than the one it speaks of")
        self.last = entry

    def end(self, given: int) -> None:
        """`given` is the highest number that the store ever gave to an entry."""
        if given > self.last.seq:
            self.problems.append(
                f"the end is cut off: entry {given} was written, and the last that is there is {self.last.seq}"
            )


def _many(first: int, last: int) -> str:
    return f"entries {first} to {last} are"
