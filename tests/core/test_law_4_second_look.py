"""Law 4: a removal is drift only after two complete readings without the thing, the second not at once."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.compare import compare
from monitor.core.evaluate import drift
from monitor.core.ledger import Ledger, Limits
from monitor.core.model import Action, Change, Closing, Covered, EventType, Phase
from monitor.core.row import Row

from .shapes import LEAD, PARTIAL, address, body, evaluation, gone, looked, poll, step

STEADY = Limits(flap_count=99)  # flapping has its own law
steps = st.lists(
    st.tuples(
        st.integers(0, 2),  # how much later the reading is; 0 is a re-comparison
        st.sampled_from([0.0, 10.0, 29.9, 30.0, 400.0]),
        st.sampled_from(["gone", "there", "partial", "approved again"]),
    ),
    max_size=12,
)


@given(steps)
def test_a_removal_opens_only_after_two_complete_readings_without_it(script: list[tuple[int, float, str]]) -> None:
    ledger, reading, now = Ledger(), 1, 0.0
    first: tuple[int, float] | None = None
    opened = False
    for later, seconds, what in script:
        reading, now = reading + later, now + seconds
        if what == "partial":
            scope = looked(gone("a"), coverage=PARTIAL, keys=frozenset("b"))
        else:
            scope = looked(*((gone("a"),) if what != "there" else ()))
        found = drift(poll(scope, reading=reading))
        if what == "approved again":
            found = msgspec.structs.replace(found, closing=Closing.APPROVED)
        events = step(ledger, found, now, STEADY)
        if what in ("gone", "approved again") and not opened:
            if first is None:
                first = (reading, now)
            elif what == "gone" and reading > first[0] and now - first[1] >= 30:
                opened = True
        if what == "there":
            first, opened = None, False
        phases = [f.phase for f in ledger.of("crm")]
        assert phases == ([] if first is None else [Phase.OPEN if opened else Phase.SUSPECTED])
        assert all(e.told == (e.type is not EventType.SUSPECTED and e.type is not EventType.CLEARED) for e in events)


def test_an_option_that_went_out_of_a_row_that_was_read_is_sure_at_once() -> None:
    change = Change(LEAD, "a", "options", "x", Action.REMOVED, {"value": "x"}, None)
    (event,) = step(Ledger(), drift(poll(looked(change))), 0)
    assert event.type is EventType.OPENED


def test_a_removal_after_another_drift_at_the_same_place_wants_its_own_second_look() -> None:
    ledger = Ledger()
    came = Change(LEAD, "a", "", "", Action.ADDED, None, {"label": "a"})
    step(ledger, drift(poll(looked(came), reading=1)), 0)
    events = step(ledger, drift(poll(looked(gone("a")), reading=2)), 60)
    assert [e.type for e in events] == [EventType.CLOSED, EventType.SUSPECTED]
    assert events[0].closing is Closing.SUPERSEDED
    assert events[0].finding != events[1].finding


def test_judging_a_suspicion_anew_confirms_nothing() -> None:
    ledger = Ledger()
    step(ledger, drift(poll(looked(gone("a")), reading=1)), 0)
    (suspect,) = ledger.of("crm")
    assert step(ledger, evaluation(suspect.claim, reading=9, covered=Covered()), 900) == ()


def test_a_removal_that_comes_again_after_it_closed_reopens() -> None:
    ledger = Ledger()
    for reading, now in ((1, 0), (2, 60)):
        step(ledger, drift(poll(looked(gone("a")), reading=reading)), now, STEADY)
    step(ledger, drift(poll(looked(), reading=3)), 120, STEADY)
    step(ledger, drift(poll(looked(gone("a")), reading=4)), 180, STEADY)
    events = step(ledger, drift(poll(looked(gone("a")), reading=5)), 240, STEADY)
    assert [e.type for e in events] == [EventType.CLEARED, EventType.REOPENED]
    assert [f.opening for f in ledger.of("crm")] == [1]


def test_a_rename_is_not_two_removals() -> None:
    before = msgspec.structs.replace(body({}), rows={"a": Row({"label": "x"}, "id1")})
    after = msgspec.structs.replace(body({}), rows={"b": Row({"label": "y"}, "id1")})
    changes = compare(before, after, None)
    assert [(c.key, c.fact, c.action, c.after) for c in changes] == [
        ("a", "", Action.RENAMED, "b"),
        ("a", "label", Action.CHANGED, "y"),
    ]
    found = drift(poll(looked(*changes)))
    assert all(claim.believe for claim in found.claims)
    assert {claim.address for claim in found.claims} == {address("a", ""), address("a")}
