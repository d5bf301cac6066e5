"""The ledger's state table: what an evaluation makes of a finding, by where the finding stands. One table serves every
source of findings; docs show it as `ledger_table` renders it. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from .model import EventType, Phase


class Case(StrEnum):
    """What an evaluation means for one finding."""

    SURE = "claimed, and believed"
    RETURNED = "claimed and believed: the value that closed before is back"
    UNSURE = "claimed, and wants a second look"
    BRAKED = "a removal that the brake holds"
    DOUBTED = "a loss, where losses say nothing this time"
    SAME = "claimed as before"
    MOVED = "claimed with another value"
    JUDGED = "claimed as before, judged differently"
    REPLACED = "another claim stands there, and wants a second look"
    GONE = "covered, and no longer claimed"
    RESTS = "covered and no longer claimed, while flapping"
    SWALLOWED = "its parent's removal is believed"


class Step(NamedTuple):
    events: tuple[EventType, ...]
    phase: Phase | None  # None: nothing stays


_E, _S, _H, _O = EventType, Phase.SUSPECTED, Phase.HELD, Phase.OPEN
TABLE: Final[Mapping[tuple[Phase | None, Case], Step]] = {
    (None, Case.SURE): Step((_E.OPENED,), _O),
    (None, Case.RETURNED): Step((_E.REOPENED,), _O),
    (None, Case.UNSURE): Step((_E.SUSPECTED,), _S),
    (None, Case.BRAKED): Step((_E.HELD,), _H),
    (None, Case.DOUBTED): Step((), None),
    (_S, Case.SURE): Step((_E.OPENED,), _O),
    (_S, Case.RETURNED): Step((_E.CLEARED, _E.REOPENED), _O),
    (_S, Case.UNSURE): Step((), _S),
    (_S, Case.BRAKED): Step((_E.HELD,), _H),
    (_S, Case.DOUBTED): Step((), _S),
    (_S, Case.GONE): Step((_E.CLEARED,), None),
    (_S, Case.SWALLOWED): Step((_E.CLEARED,), None),
    (_H, Case.UNSURE): Step((_E.RELEASED,), _S),
    (_H, Case.BRAKED): Step((), _H),
    (_H, Case.DOUBTED): Step((), _H),
    (_H, Case.GONE): Step((_E.CLEARED,), None),
    (_H, Case.SWALLOWED): Step((_E.CLEARED,), None),
    (_O, Case.SAME): Step((), _O),
    (_O, Case.MOVED): Step((_E.CHANGED,), _O),
    (_O, Case.JUDGED): Step((_E.JUDGED,), _O),
    (_O, Case.DOUBTED): Step((), _O),
    (_O, Case.REPLACED): Step((_E.CLOSED, _E.SUSPECTED), _S),
    (_O, Case.GONE): Step((_E.CLOSED,), Phase.CLOSED),
    (_O, Case.RESTS): Step((_E.CHANGED,), _O),
    (_O, Case.SWALLOWED): Step((_E.CLOSED,), Phase.CLOSED),
}


def ledger_table() -> str:
    """The state table as Markdown."""
    lines = ["| A finding that is | and is now | becomes | by |", "| --- | --- | --- | --- |"]
    for (phase, case), step in TABLE.items():
        events = ", ".join(step.events) or "no event"
        lines.append(f"| {phase or 'not there'} | {case} | {step.phase or 'not there'} | {events} |")
    return "\n".join(lines) + "\n"
