"""Rules for what is found by looking across systems: flows that no longer fit, shared meanings that one system left.

Narrowed means that data does not get through, changed that something of it may be lost on the way.
"""

from __future__ import annotations

from typing import Final

from .model import Action, Level, Source
from .ruletable import CHANGED, GENERIC, NARROWED, B, Row, W

_MEND: Final = (
    "Is it put back at the vendor, or is the flow changed, and flows.yaml with it? One of the two must happen."
)
_MEANT: Final = "Does the system come back to what was agreed, or do all systems agree on something new?"


def _row(source: Source, fact: str, action: Action, level: Level, reason: str) -> Row:
    return Row(source, None, (fact,), (action,), level, reason, question=_MEND if source is _M else _MEANT)


_M, _D = Source.MAPPING, Source.DEFINITION

ROWS: Final[tuple[Row, ...]] = (
    _row(_M, "object", NARROWED, B, "What the flow reads from or writes into is not there: nothing is carried over."),
    _row(_M, "field", NARROWED, B, "A field that the flow carries is not there at one end: its values are lost."),
    _row(_M, "writable", NARROWED, B, "The flow writes into a field that takes nothing from outside."),
    _row(_M, "type", NARROWED, B, "The target does not take values of this kind: rows are refused."),
    _row(_M, "type", CHANGED, W, "The target holds less of each value than the source gives."),
    _row(_M, "length", CHANGED, W, "Long values do not fit: they are cut, or their rows are refused."),
    _row(_M, "source_value", NARROWED, B,
         "The mapping waits for a value that cannot come any more: records are no longer told apart by it."),
    _row(_M, "target_value", NARROWED, B, "The mapping turns values into one that the target does not take."),
    _row(_M, "unmapped_value", CHANGED, W, "A value can come for which nobody said what becomes of it."),
    _row(_M, "refused_value", NARROWED, B, "A value can come that the target does not take: its rows are refused."),
    _row(_M, "required", NARROWED, B,
         "The target asks for something that the flow does not send: its rows are refused."),
    _row(_M, "read_right", NARROWED, B, "Who runs the flow may not read what it carries: empty values arrive."),
    _row(_M, "write_right", NARROWED, B, "Who runs the flow may not write what it carries: rows are refused."),
    _row(_M, GENERIC, CHANGED, W, "A mapping between two systems no longer fits."),
    _row(_D, "field", NARROWED, B, "A meaning that several systems share has no place in this one any more."),
    _row(_D, "value", NARROWED, B, "A value that stands for a shared meaning is gone: reports and flows count wrong."),
    _row(_D, GENERIC, CHANGED, W, "Systems no longer mean the same by one word."),
)  # fmt: skip
