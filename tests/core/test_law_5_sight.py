"""Law 5: what a change of our own sight explains is one finding, and nothing is called gone for it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core import cause
from monitor.core.compare import compare
from monitor.core.evaluate import drift, faults
from monitor.core.ledger import Ledger
from monitor.core.model import Action, Address, Body, CauseReason, Change, EventType, Phase, Sight, Source
from monitor.core.sight import Look, encode, look, sight
from probes.kit.contract import Coverage, Kind, Ref, State, Vantage

from .shapes import LEAD, gone, looked, pairs, poll, set_to, step

APPROVED = Sight("org1", "p-1", frozenset({"read", "users"}), api_version="v1", locale="en")
NOW = Vantage("org1", "p-1", frozenset({"read", "users"}), api_version="v1", locale="en")
GRANTS = Address(Source.DRIFT, "crm", Kind.PERMISSION, "vantage", "self", "grants")
grants = st.frozensets(st.sampled_from(["read", "users", "more"]))


def seen(**parts: object) -> Look:
    return look(APPROVED, msgspec.structs.replace(NOW, **parts))


@given(grants, grants)
def test_a_look_says_which_grants_were_lost_and_gained(before: frozenset[str], now: frozenset[str]) -> None:
    found = look(msgspec.structs.replace(APPROVED, grants=before), msgspec.structs.replace(NOW, grants=now))
    assert (found.lost, found.gained, found.proposal) == (before - now, now - before, bool(now - before))


def test_the_first_look_is_a_proposal() -> None:
    assert look(None, NOW) == Look(proposal=True, account="org1")


@pytest.mark.parametrize("approved", [None, APPROVED])
def test_an_identity_that_could_not_be_read_says_nothing_of_grants(approved: Sight | None) -> None:
    found = look(approved, Vantage("", "", frozenset(), coverage=Coverage(State.FAILED)))
    assert found.blind
    assert not found.lost
    assert not found.wrong_account


def test_what_a_vendor_ceases_to_tell_has_not_moved() -> None:
    assert seen(locale="").moved == ()
    assert seen(locale="de", api_version="v2").moved == (("api_version", "v1", "v2"), ("locale", "en", "de"))


def test_a_vantage_is_kept_as_sorted_lines() -> None:
    assert encode(NOW) == encode(sight(NOW))
    assert b'"grants": [\n    "read",\n    "users"\n  ]' in encode(NOW)


@given(st.sampled_from([("*",), ("users",), ("users", "read")]), st.booleans())
def test_a_lost_grant_is_one_finding_and_no_removal(needs: tuple[str, ...], twice: bool) -> None:
    ledger = Ledger()
    scope = looked(gone("a"), set_to("b", "n"), needs=needs)
    lost = seen(grants=frozenset({"read"}))
    told = []
    for reading in (1, 2, 3) if twice else (1,):
        told += [e for e in step(ledger, drift(poll(scope, reading=reading, look=lost)), reading * 60.0) if e.told]
    assert [(e.type, e.address) for e in told] == [(EventType.OPENED, GRANTS)]
    assert not [f for f in ledger.findings.values() if f.claim.action is Action.REMOVED]
    (child,) = [f for f in ledger.of("crm") if f.cause]
    assert (child.address.key, child.claim.because) == ("b", CauseReason.SIGHT)


def test_a_lost_grant_that_a_scope_does_not_need_explains_nothing() -> None:
    found = drift(poll(looked(gone("a"), needs=("read",)), look=seen(grants=frozenset({"read"}))))
    assert [claim.under for claim in found.claims if claim.address.key == "a"] == [None]


def test_a_grant_that_names_the_vanished_thing_explains_nothing() -> None:
    before = msgspec.structs.replace(APPROVED, grants=frozenset({"read", "Score__c.read"}))
    found = drift(poll(looked(gone("Score__c"), gone("a"), needs=("*",)), look=look(before, NOW)))
    assert {c.address.key: c.because for c in found.claims if c.address.ref == LEAD} == {
        "Score__c": None,
        "a": CauseReason.SIGHT,
    }


@pytest.mark.parametrize(
    ("grant", "key", "named"),
    [
        ("crm.schemas.deals.read", "deals", True),
        ("crm.schemas.deals.read", "deal", False),
        ("Read.Lead Score", "lead_score", True),
        ("read", "", False),
    ],
)
def test_a_grant_names_a_thing_by_whole_words(grant: str, key: str, named: bool) -> None:
    assert cause.names(grant, key) is named


@given(pairs())
def test_nothing_that_is_out_of_sight_is_a_finding_that_could_be_approved(pair: tuple[Body, Body]) -> None:
    """Not a resource, not an item of a list, not a whole fact; what is there and differs hangs under the lost sight."""
    ledger, changes = Ledger(), compare(*pair, None)
    scope = looked(*changes, needs=("*",))
    for reading in (1, 2, 3):
        step(ledger, drift(poll(scope, reading=reading, look=seen(grants=frozenset()))), reading * 60.0)
    (root,) = [one for one in ledger.of("crm") if not one.cause]
    assert root.address == GRANTS
    hidden = {c.address("crm") for c in changes if c.after is None}
    assert {one.address for one in ledger.of("crm")} == {GRANTS} | {c.address("crm") for c in changes} - hidden
    for reading in (4, 5):
        step(ledger, drift(poll(scope, reading=reading, look=seen())), reading * 60.0)
    assert {one.address for one in ledger.of("crm")} == {c.address("crm") for c in changes}, "sight is back: all counts"
    assert all(one.phase is Phase.OPEN for one in ledger.of("crm"))


def test_an_item_out_of_sight_is_not_gone_unless_the_lost_grant_names_it() -> None:
    roles = Ref(Kind.PERMISSION, "roles")
    left = [Change(roles, "Team", "policies", item, Action.REMOVED, item, None) for item in ("Sales", "Support")]
    before = msgspec.structs.replace(APPROVED, grants=NOW.grants | {"support.read"})
    scope = looked(*left, ref=roles, needs=("*",))
    ledger = Ledger()
    step(ledger, drift(poll(scope, look=look(before, NOW))), 0)
    assert {f.address.item: bool(f.cause) for f in ledger.of("crm")} == {"": False, "Support": False}


def test_an_item_that_was_found_gone_before_sight_was_lost_stays_a_finding() -> None:
    ledger, change = Ledger(), Change(LEAD, "a", "options", "x", Action.REMOVED, {"value": "x"}, None)
    step(ledger, drift(poll(looked(change, needs=("*",)), reading=1, look=seen())), 0)
    step(ledger, drift(poll(looked(change, needs=("*",)), reading=2, look=seen(grants=frozenset()))), 60)
    assert {f.address.key: f.phase for f in ledger.of("crm")} == {"a": Phase.OPEN, "self": Phase.OPEN}


def test_a_removal_that_stood_open_before_sight_was_lost_stands() -> None:
    ledger = Ledger()
    scope = looked(gone("a"), needs=("*",))
    for reading in (1, 2):
        step(ledger, drift(poll(scope, reading=reading, look=seen())), reading * 60.0)
    assert [f.address.key for f in ledger.of("crm")] == ["a"]
    lost = seen(grants=frozenset())
    step(ledger, drift(poll(scope, reading=3, look=lost)), 200)
    assert [f.address.key for f in ledger.of("crm")] == ["a", "self"]


def test_no_removal_is_believed_while_it_is_not_known_who_reads() -> None:
    ledger = Ledger()
    for reading in (1, 2, 3):
        found = drift(poll(looked(gone("a"), set_to("b", "n")), reading=reading, look=Look(blind=True)))
        step(ledger, found, reading * 60.0)
    assert [f.address.key for f in ledger.of("crm")] == ["b"]
    (said,) = faults(poll(looked(), look=Look(blind=True))).claims
    assert (said.address.scope, said.words.split(":")[0]) == ("identity", "Who reads could not be read")


def test_another_account_is_one_claim_and_nothing_is_compared() -> None:
    ledger = Ledger()
    step(ledger, drift(poll(looked(set_to("a", "n")), reading=1, look=seen())), 0)
    wrong = seen(account="org2", grants=frozenset())
    events = step(ledger, drift(poll(looked(gone("b")), reading=2, look=wrong)), 60)
    assert [(e.type, e.address.fact) for e in events] == [(EventType.OPENED, "account")]
    assert faults(poll(reading=2, look=wrong, reads=(("x", Coverage(State.DENIED), ()),))).claims == ()
    back = step(ledger, drift(poll(looked(set_to("a", "n")), reading=3, look=seen())), 120)
    assert [(e.type, e.address.fact) for e in back] == [(EventType.CLOSED, "account")]


def test_a_mass_removal_that_lost_sight_explains_trips_no_brake() -> None:
    many = [gone(f"k{n}") for n in range(20)]
    found = drift(poll(looked(*many, needs=("*",), known=20), look=seen(grants=frozenset())))
    assert found.held == {}
    assert drift(poll(looked(*many, known=20), look=Look(blind=True))).held == {}


def test_evidence_brings_the_link_of_the_scope_along() -> None:
    scope = looked(set_to("a", "n"), evidence={"a": {"by": "p-1"}}, link="https://crm.example/Lead")
    (claim,) = drift(poll(scope)).claims
    assert claim.evidence == {"by": "p-1", "link": "https://crm.example/Lead"}


def test_gained_sight_is_one_finding_and_what_is_newly_seen_hangs_under_it() -> None:
    added = Change(LEAD, "new", "", "", Action.ADDED, None, {"label": "x"})
    more = seen(grants=frozenset({"read", "users", "more"}))
    events = step(Ledger(), drift(poll(looked(added, needs=("more",)), look=more)), 0)
    assert [(e.address.key, e.told) for e in events] == [("self", True), ("new", False)]
    assert events[0].claim is not None
    assert (events[0].claim.action, events[0].claim.after) == (Action.WIDENED, ["more"])


def test_losing_and_gaining_is_one_finding() -> None:
    (claim,) = drift(poll(look=seen(grants=frozenset({"read", "more"})))).claims
    assert claim.words == "Lost sight: the credential no longer has users. It newly has more."


def test_a_long_list_of_grants_is_cut() -> None:
    many = msgspec.structs.replace(APPROVED, grants=frozenset("abcdefg"))
    (claim,) = drift(poll(look=look(many, msgspec.structs.replace(NOW, grants=frozenset())))).claims
    assert claim.words == "Lost sight: the credential no longer has a, b, c, d, e and 2 more."


@pytest.mark.parametrize("moved", [{"subject": "p-2"}, {"api_version": "v2"}, {"locale": "de"}])
def test_drift_seen_from_another_place_hangs_under_the_move(moved: dict[str, str]) -> None:
    ledger = Ledger()
    events = step(ledger, drift(poll(looked(set_to("a", "n"), gone("b")), look=seen(**moved))), 0)
    assert [(e.address.fact, e.told) for e in events] == [(next(iter(moved)), True), ("label", False)]


def test_denied_reads_hang_under_the_lost_grant() -> None:
    lost = seen(grants=frozenset())
    (claim,) = faults(poll(look=lost, reads=(("users", Coverage(State.DENIED, "Denied: no"), ()),))).claims
    assert (claim.under, claim.because) == (GRANTS, CauseReason.SIGHT)


def test_what_hung_under_lost_sight_is_told_when_sight_is_back_and_it_holds() -> None:
    ledger = Ledger()
    scope = looked(set_to("a", "n"), needs=("*",))
    step(ledger, drift(poll(scope, reading=1, look=seen(grants=frozenset()))), 0)
    events = step(ledger, drift(poll(scope, reading=2, look=seen())), 60)
    assert [(e.type, e.address.fact, e.told) for e in events] == [
        (EventType.HUNG, "label", True),
        (EventType.CLOSED, "grants", True),
    ]


def test_seeing_who_we_are_says_nothing_of_a_scope_that_was_not_read() -> None:
    """A vendor's own scope may be called "account": a second look that reads other things must not close it."""
    account = Ref(Kind.PLATFORM, "account")
    change = Change(account, "account", "plan", "", Action.CHANGED, "A", "B")
    ledger = Ledger()
    step(ledger, drift(poll(looked(change, ref=account), reading=1, look=seen())), 0)
    step(ledger, drift(poll(reading=2, look=seen())), 40)
    assert [(one.address.ref, one.phase) for one in ledger.of("crm")] == [(account, Phase.OPEN)]
