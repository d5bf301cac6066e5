"""How much of something was read, in words for every surface. What is not complete is never called in step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from probes.kit.contract import Coverage, State

from .shapes import Mark

_WORDS: Final = {
    State.COMPLETE: "complete",
    State.PARTIAL: "partial",
    State.DENIED: "denied",
    State.UNSUPPORTED: "not observable here",
    State.FAILED: "not read",
}
_MARKS: Final[dict[State, Mark]] = {State.DENIED: "denied", State.FAILED: "blind", State.PARTIAL: "partial"}


def seen(state: State | str, good_at: float | None, now: float) -> str:
    """`partial, last complete 40 min ago`, `denied, never complete`, `not observable here`, `complete`."""
    state = State(state)
    if state in (State.COMPLETE, State.UNSUPPORTED):
        return _WORDS[state]
    age = f"last complete {_span(now - good_at)} ago" if good_at is not None else "never complete"
    return f"{_WORDS[state]}, {age}"


def _span(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


def mark(coverages: Iterable[Coverage]) -> Mark:
    """What the gravest of them is: denied, blind, partial; `ok` where all that the vendor's plan has is complete;
    `unseen` where it has none of it; `none` where there is nothing."""
    states = {coverage.state for coverage in coverages}
    for state, found in _MARKS.items():
        if state in states:
            return found
    return "ok" if State.COMPLETE in states else "unseen" if states else "none"
