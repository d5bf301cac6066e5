"""Law 10: nothing is lost. The crash tests hold it as a whole; what it needs of the core is held here: a ledger rebuilt
from what was stored goes on exactly like the one that was lost, whatever was folded and not stored."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.ledger import Ledger, apply, fold, replay
from monitor.core.model import Event

from .shapes import LIMITS
from .test_law_8_memory import Script, evaluations, readings


@given(evaluations, st.data())
def test_a_ledger_rebuilt_at_any_moment_goes_on_like_the_one_that_was_lost(script: Script, data: st.DataObject) -> None:
    ledger, events = Ledger(), list[Event]()
    for now, found in readings(script):
        for one in found:
            before = replay(events)  # the process died after folding and before storing
            told = fold(ledger, one, now, LIMITS)
            assert fold(before, one, now, LIMITS) == told
            kept = data.draw(st.booleans())
            if kept:
                events += told
                for event in told:
                    apply(ledger, event)
