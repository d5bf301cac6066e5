"""Law 3: what is not complete yields no removal; what went with its parent is one finding at the parent."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.compare import compare
from monitor.core.evaluate import Gone, coverage_of, drift, faults
from monitor.core.ledger import Ledger, is_removal
from monitor.core.model import Action, Body, CauseReason, Closing, EventType, Phase
from probes.kit.contract import COMPLETE, Coverage, Kind, Parent, Ref, State

from .shapes import LEAD, OBJECTS, PARTIAL, address, bodies, gone, looked, poll, set_to, step

incomplete = st.sampled_from([state for state in State if state is not State.COMPLETE]).map(Coverage)
LEAD_GONE = address("Lead", "", ref=OBJECTS)


@given(bodies(), bodies(), incomplete)
def test_what_is_not_complete_yields_no_removal(before: Body, after: Body, coverage: Coverage) -> None:
    keys = frozenset(after.rows)
    changes = (*compare(before, after, keys), gone("zzz"))
    found = drift(poll(looked(*changes, coverage=coverage, keys=keys, known=len(before.rows))))
    assert not any(is_removal(claim) for claim in found.claims)
    assert not found.held


@given(incomplete)
def test_what_was_open_stands_while_its_scope_is_not_read(coverage: Coverage) -> None:
    ledger = Ledger()
    step(ledger, drift(poll(looked(set_to("a", "n"), gone("b")), reading=1)), 0)
    step(ledger, drift(poll(looked(set_to("a", "n"), gone("b")), reading=2)), 60)
    assert [f.phase for f in ledger.of("crm")] == [Phase.OPEN, Phase.OPEN]
    blind = looked(coverage=coverage, keys=frozenset())
    assert step(ledger, drift(poll(blind, reading=3)), 120) == ()
    assert step(ledger, drift(poll(reading=4)), 180) == ()


def test_a_key_that_a_partial_read_brought_back_closes_its_drift() -> None:
    ledger = Ledger()
    step(ledger, drift(poll(looked(set_to("a", "n"), set_to("b", "n")), reading=1)), 0)
    events = step(ledger, drift(poll(looked(coverage=PARTIAL, keys=frozenset("a")), reading=2)), 60)
    assert [(e.type, e.address.key, e.closing) for e in events] == [(EventType.CLOSED, "a", Closing.AGREED)]


def test_a_scope_that_is_missing_from_a_poll_is_no_removal() -> None:
    assert drift(poll()).claims == ()


def test_what_went_with_its_parent_is_one_finding_at_the_parent() -> None:
    ledger = Ledger()
    step(ledger, drift(poll(looked(set_to("a", "n")), reading=1)), 0)
    away = looked(gone("Lead", OBJECTS), ref=OBJECTS)
    went = {"gone": (Gone(LEAD, Parent(OBJECTS, "Lead")),)}
    first = step(ledger, drift(poll(away, reading=2, **went)), 60)
    assert [(e.type, e.address) for e in first] == [(EventType.SUSPECTED, LEAD_GONE)]
    second = step(ledger, drift(poll(away, reading=3, **went)), 120)
    assert [(e.type, e.address.scope, e.closing) for e in second] == [
        (EventType.OPENED, "objects", None),
        (EventType.CLOSED, "Lead", Closing.SUPERSEDED),
    ]
    assert [f.address for f in ledger.of("crm")] == [LEAD_GONE]


def test_a_suspicion_in_a_scope_that_went_with_its_parent_is_cleared() -> None:
    ledger = Ledger()
    away = looked(gone("Lead", OBJECTS), ref=OBJECTS)
    step(ledger, drift(poll(away, looked(gone("b")), reading=1)), 0)
    assert {f.phase for f in ledger.of("crm")} == {Phase.SUSPECTED}
    events = step(ledger, drift(poll(away, reading=2, gone=(Gone(LEAD, Parent(OBJECTS, "Lead")),))), 60)
    assert [e.type for e in events] == [EventType.OPENED, EventType.CLEARED]


def test_claims_in_a_scope_whose_parent_is_gone_hang_under_the_parent() -> None:
    child = looked(set_to("a", "n"), parent=Parent(OBJECTS, "Lead"))
    found = drift(poll(looked(gone("Lead", OBJECTS), ref=OBJECTS), child))
    by = {claim.address: claim for claim in found.claims}
    assert by[address("a")].under == LEAD_GONE
    assert by[address("a")].because is CauseReason.PARENT_REMOVED


def test_drift_of_a_key_that_is_gone_waits_for_the_removal_and_is_superseded_by_it() -> None:
    ledger = Ledger()
    step(ledger, drift(poll(looked(set_to("a", "n")), reading=1)), 0)
    assert [e.type for e in step(ledger, drift(poll(looked(gone("a")), reading=2)), 60)] == [EventType.SUSPECTED]
    events = step(ledger, drift(poll(looked(gone("a")), reading=3)), 120)
    assert [(e.type, e.closing) for e in events] == [(EventType.OPENED, None), (EventType.CLOSED, Closing.SUPERSEDED)]


def test_the_last_good_content_compared_again_closes_what_was_approved_meanwhile_and_removes_nothing() -> None:
    ledger = Ledger()
    step(ledger, drift(poll(looked(set_to("a", "n")), reading=1)), 0)
    again = drift(poll(looked(gone("b"), coverage=PARTIAL, keys=None), reading=1))
    events = step(ledger, msgspec.structs.replace(again, closing=Closing.APPROVED), 60)
    assert [(e.type, e.closing) for e in events] == [(EventType.CLOSED, Closing.APPROVED)]


# -- faults are claims of their own -----------------------------------------------------------------------------------

DENIED = Coverage(State.DENIED, "Denied: no right", "403")
FIELD = (Kind.FIELD,)


def test_a_fault_is_said_once_it_lasts_and_closes_with_the_next_good_read() -> None:
    ledger = Ledger()
    bad = {"reads": (("fields/Lead", DENIED, FIELD), ("users", COMPLETE, (Kind.PERMISSION,)))}
    assert [e.type for e in step(ledger, faults(poll(reading=1, **bad)), 0)] == [EventType.SUSPECTED]
    assert step(ledger, faults(poll(reading=2, **bad)), 100) == ()
    (opened,) = step(ledger, faults(poll(reading=3, **bad)), 301)
    assert opened.type is EventType.OPENED
    assert opened.claim is not None
    assert opened.claim.words == (
        "fields/Lead could not be read: no right. What was known of it stands, with its age. "
        "Ask an administrator at the vendor for the missing right."
    )
    good = {"reads": (("fields/Lead", COMPLETE, FIELD),)}
    (closed,) = step(ledger, faults(poll(reading=4, **good)), 400)
    assert (closed.type, closed.closing) == (EventType.CLOSED, Closing.AGREED)


def test_what_a_read_was_like_can_be_told_from_its_claim() -> None:
    said = [
        DENIED,
        PARTIAL,
        Coverage(State.FAILED, "Unreachable: no answer", "deadline"),
        Coverage(State.FAILED, "the vendor left it out of its answer"),
        Coverage(State.UNSUPPORTED, "Unsupported: not in this plan"),
    ]
    for coverage in said:
        (claim,) = faults(poll(reads=(("forms", coverage, FIELD), ("users", COMPLETE, FIELD)))).claims
        again = coverage_of(claim)
        assert (again.state, again.code) == (coverage.state, coverage.code)
        assert again.reason in (coverage.reason.partition(":")[0], str(coverage.state))


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("Malformed: the answer is cut", "could not be read: the answer is cut."),
        ("page 2: Malformed: the answer is cut", "could not be read: page 2: the answer is cut."),
        ("Unreachable", "could not be read: failed."),
    ],
)
def test_a_faults_name_is_not_among_the_words_for_people(reason: str, why: str) -> None:
    (claim,) = faults(poll(reads=(("forms", Coverage(State.FAILED, reason), FIELD), ("users", COMPLETE, FIELD)))).claims
    assert claim.words.startswith(f"forms {why}")


def test_a_listing_that_fails_as_a_whole_is_one_claim() -> None:
    reads = (("fields/Lead", DENIED, FIELD), ("fields/Case", DENIED, FIELD), ("users", COMPLETE, (Kind.PERMISSION,)))
    (claim,) = faults(poll(reads=reads)).claims
    assert claim.address.key == "fields/*"


def test_nothing_readable_is_one_claim_for_all() -> None:
    reads = (("fields/Lead", DENIED, FIELD), ("users", DENIED, ()))
    (claim,) = faults(poll(reads=reads)).claims
    assert (claim.address.scope, claim.address.key) == ("reads", "*")


def test_reads_that_fail_in_different_ways_are_told_apart() -> None:
    reads = (("fields/Lead", DENIED, FIELD), ("fields/Case", PARTIAL, FIELD), ("users", Coverage(State.FAILED), ()))
    found = faults(poll(reads=reads))
    assert [(c.address.key, c.action, c.after) for c in found.claims] == [
        ("fields/Lead", Action.CHANGED, "Denied"),
        ("fields/Case", Action.NARROWED, "Malformed"),
        ("users", Action.CHANGED, "failed"),
    ]
    assert Ref(Kind.PLATFORM, "reads") not in found.covered.scopes


def test_a_confirming_read_covers_itself_alone() -> None:
    found = faults(poll(reads=(("fields/Lead", COMPLETE, FIELD),), confirming=True))
    assert found.covered.scopes[Ref(Kind.FIELD, "fields")] == frozenset({"fields/Lead"})
