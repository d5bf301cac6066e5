"""What the "Break something" page needs of a demo: steps that change the simulated vendors, and back."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Final, Protocol

import msgspec

NO_DEMO: Final = "This page is there when the example stack runs: driftline demo, or make run."


class NoStep(Exception):
    """The story has no step of this number."""


class NotHere(Exception):
    """A system that the step changes is not in the configuration; the message says which, and what to do."""


class DemoStep(msgspec.Struct, frozen=True):
    """`done`: the change stands at the vendor now. `found`: ids of the findings it led to."""

    number: str
    title: str
    says: str
    done: bool = False
    found: tuple[str, ...] = ()


class Demo(Protocol):
    """`do` and `undo` change the vendor and ask for a poll; they raise NoStep for an unknown number,
    and NotHere, with nothing changed, when a system of the step is not there."""

    def steps(self) -> Sequence[DemoStep]: ...
    def do(self, number: str) -> Awaitable[None]: ...
    def undo(self, number: str) -> Awaitable[None]: ...
