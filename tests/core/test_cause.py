"""One human act is one root: what it brought with it hangs under it, and nothing security rates is hidden."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.core import cause
from monitor.core.evaluate import drift
from monitor.core.graph import End, Flow
from monitor.core.ledger import Ledger
from monitor.core.model import Action, Address, CauseReason, Claim, Covered, EventType, Source
from probes.kit.contract import Kind

from .shapes import address, claim, evaluation, looked, poll, set_to, step


def one(
    kind: Kind, scope: str, key: str, fact: str = "", action: Action = Action.REMOVED, *, item: str = "",
    source: Source = Source.DRIFT, **more: Any,
) -> Claim:  # fmt: skip
    return Claim(Address(source, "crm", kind, scope, key, fact, item), action, "b", None, **more)


def under(claims: tuple[Claim, ...]) -> dict[str, tuple[str, CauseReason] | None]:
    out: dict[str, tuple[str, CauseReason] | None] = {}
    for found in claims:
        name = f"{found.address.key}{'.' if found.address.fact else ''}{found.address.fact}"
        if found.under is None or found.because is None:
            out[name] = None
        else:
            out[name] = (f"{found.under.key}{'.' if found.under.fact else ''}{found.under.fact}", found.because)
    return out


FIELD_GONE = one(Kind.FIELD, "Lead", "UTM")
RIGHT_GONE = one(Kind.PERMISSION, "Lead.field-permissions", "Sales/UTM")


def test_the_rights_of_a_field_go_with_the_field() -> None:
    assert under(cause.group([RIGHT_GONE, FIELD_GONE])) == {"UTM": None, "Sales/UTM": ("UTM", CauseReason.IMPLIED)}


def test_a_right_that_went_alone_is_a_root() -> None:
    assert under(cause.group([RIGHT_GONE])) == {"Sales/UTM": None}


def test_the_root_may_stand_from_an_earlier_reading() -> None:
    assert under(cause.hang([RIGHT_GONE], (), [FIELD_GONE])) == {"Sales/UTM": ("UTM", CauseReason.IMPLIED)}


def test_the_rights_of_a_field_go_when_it_becomes_required() -> None:
    required = one(Kind.FIELD, "Lead", "UTM", "required", Action.NARROWED)
    assert under(cause.group([RIGHT_GONE, required]))["Sales/UTM"] == ("UTM.required", CauseReason.IMPLIED)


def test_what_is_said_of_a_field_goes_with_the_field() -> None:
    said = one(Kind.FIELD, "Lead.definitions", "UTM")
    found = {claim.address: claim for claim in cause.group([said, FIELD_GONE])}
    assert (found[said.address].under, found[said.address].because) == (FIELD_GONE.address, CauseReason.IMPLIED)
    assert under(cause.group([said])) == {"UTM": None}
    other = one(Kind.FIELD, "Case.definitions", "UTM")
    assert {claim.under for claim in cause.group([other, FIELD_GONE])} == {None}


def test_what_belongs_to_an_object_goes_with_the_object_whatever_stands_between() -> None:
    object_gone = one(Kind.SCHEMA, "objects", "Lead")
    types_gone = one(Kind.SCHEMA, "Lead.recordtypes", "Partner")
    assert under(cause.group([RIGHT_GONE, FIELD_GONE, types_gone, object_gone])) == {
        "Lead": None,
        "UTM": ("Lead", CauseReason.PARENT_REMOVED),
        "Partner": ("Lead", CauseReason.PARENT_REMOVED),
        "Sales/UTM": ("Lead", CauseReason.IMPLIED),
    }


def test_an_objects_lists_of_fields_follow_the_field() -> None:
    listed = one(Kind.SCHEMA, "objects", "Lead", "required_fields", Action.ADDED, item="UTM")
    new = one(Kind.FIELD, "Lead", "UTM", action=Action.ADDED)
    assert under(cause.group([listed, new]))["Lead.required_fields"] == ("UTM", CauseReason.IMPLIED)


def test_another_type_brings_other_limits() -> None:
    typed = one(Kind.FIELD, "Lead", "UTM", "type", Action.CHANGED)
    length = one(Kind.FIELD, "Lead", "UTM", "length", Action.CHANGED)
    assert under(cause.group([typed, length]))["UTM.length"] == ("UTM.type", CauseReason.IMPLIED)


def test_a_required_field_may_not_be_empty_either() -> None:
    required = one(Kind.FIELD, "Lead", "UTM", "required", Action.NARROWED)
    nullable = one(Kind.FIELD, "Lead", "UTM", "nullable", Action.NARROWED)
    assert under(cause.group([nullable, required]))["UTM.nullable"] == ("UTM.required", CauseReason.IMPLIED)


def test_what_a_release_of_the_vendor_brought_to_a_scope_is_one_line() -> None:
    def shipped(key: str, own: bool = True) -> Claim:
        return Claim(address(key, ""), Action.ADDED, None, {"vendor_defined": own})

    found = cause.hang([shipped("hs_1"), shipped("hs_2"), shipped("ours", False)], ())
    assert under(found) == {"hs_1": None, "hs_2": ("hs_1", CauseReason.SAME_EDIT), "ours": None}


def test_assignments_go_with_the_user() -> None:
    user, row = one(Kind.PERMISSION, "users", "p-1"), one(Kind.PERMISSION, "assignments", "p-1/Sales")
    assert under(cause.group([row, user]))["p-1/Sales"] == ("p-1", CauseReason.IMPLIED)


def test_what_was_granted_to_a_role_goes_with_the_role() -> None:
    role, row = one(Kind.PERMISSION, "users", "loaders"), one(Kind.PERMISSION, "crm.lead.grants", "loaders")
    assert under(cause.group([row]))["loaders"] is None
    found = {claim.address.scope: claim.under for claim in cause.group([row, role])}
    assert found == {"users": None, "crm.lead.grants": role.address}


def test_what_another_role_allows_hangs_under_the_role() -> None:
    def held(fact: str, item: str, action: Action, key: str = "p-1") -> Claim:
        return one(Kind.PERMISSION, "users", key, fact, action, item=item)

    came, went = held("roles", "administrator", Action.ADDED), held("roles", "editor", Action.REMOVED)
    powers = [held("powers", f"power-{number}", Action.ADDED) for number in range(30)]
    others = [held("admin", "", Action.WIDENED), held("powers", "edit_posts", Action.REMOVED), went]
    alien = held("powers", "export", Action.ADDED, key="p-2")
    found = {claim.address: claim for claim in cause.group([*powers, *others, alien, came])}
    assert {a for a, claim in found.items() if claim.under is None} == {came.address, alien.address}
    assert {claim.because for claim in found.values() if claim.under} == {CauseReason.IMPLIED}
    less = {claim.address: claim for claim in cause.group([held("powers", "export", Action.ADDED), went])}
    assert all(claim.under is None for claim in less.values()), "a power that came is not of a role that went"


def test_a_power_that_was_given_hangs_under_nothing_harmless() -> None:
    user = one(Kind.PERMISSION, "users", "p-1", action=Action.ADDED)
    row = one(Kind.PERMISSION, "assignments", "p-1/Admins", action=Action.ADDED)
    assert under(cause.group([row, user]))["p-1/Admins"] is None


def test_what_one_actor_did_in_one_minute_is_one_edit_with_the_gravest_as_root() -> None:
    def by(key: str, fact: str, action: Action, at: str, who: str = "p-1") -> Claim:
        return one(Kind.FIELD, "Lead", key, fact, action, evidence={"by": who, "at": at})

    found = cause.hang(
        [
            by("A", "label", Action.CHANGED, "2026-11-22T02:10:05Z"),
            by("B", "", Action.REMOVED, "2026-11-22T02:10:40Z"),
            by("C", "label", Action.CHANGED, "2026-11-22T02:11:40Z"),
            by("D", "label", Action.CHANGED, "2026-11-22T02:10:40Z", "p-2"),
            by("E", "label", Action.CHANGED, "600"),
            by("F", "label", Action.CHANGED, "630.5"),
            one(Kind.FIELD, "Lead", "G", "label", Action.CHANGED, evidence={"by": "p-1"}),
        ],
        (),
    )
    assert under(found) == {
        "A.label": ("B", CauseReason.SAME_EDIT),
        "B": None,
        "C.label": None,
        "D.label": None,
        "E.label": None,
        "F.label": ("E.label", CauseReason.SAME_EDIT),
        "G.label": None,
    }


def test_a_circle_of_causes_is_left_as_it_came() -> None:
    a, b = address("a"), address("b")
    flow = CauseReason.FLOW
    found = cause.group([claim(at=a, under=b, because=flow), claim(at=b, under=a, because=flow)])
    assert {c.address: c.under for c in found} == {a: b, b: a}


# -- symptoms ---------------------------------------------------------------------------------------------------------

ROWS = one(Kind.SYNC, "bulk-ingest", "Lead/upsert", "rows", Action.NARROWED, source=Source.HEALTH)
LOST_EDIT = one(Kind.PERMISSION, "Lead.field-permissions", "HubSpot_Integration/Status", "edit", Action.NARROWED)


def test_refused_rows_hang_under_the_right_that_was_lost() -> None:
    narrowed = one(Kind.FIELD, "Lead", "Score", "precision", Action.NARROWED)
    found = cause.hang([ROWS], (), [narrowed, LOST_EDIT])
    assert under(found)["Lead/upsert.rows"] == ("HubSpot_Integration/Status.edit", CauseReason.FLOW)


def test_a_sync_hangs_under_a_change_at_the_other_end_of_its_flow() -> None:
    flow = Flow("contact-to-lead", End("hub", "contacts"), End("crm", "Lead"))
    other = Flow("else", End("hub", "deals"), End("crm", "Opportunity"))
    at_hub = Address(Source.HEALTH, "hub", Kind.SYNC, "flows", "contact-to-lead", "state")
    (found,) = cause.hang([Claim(at_hub, Action.NARROWED)], (other, flow), [LOST_EDIT])
    assert found.under == LOST_EDIT.address
    by_object = Claim(Address(Source.HEALTH, "hub", Kind.SYNC, "contacts", "nightly", "state"), Action.NARROWED)
    assert cause.hang([by_object], (other, flow), [LOST_EDIT])[0].under == LOST_EDIT.address


def test_a_symptom_without_a_change_that_can_explain_it_is_a_root() -> None:
    harmless = one(Kind.FIELD, "Lead", "Score", "label", Action.CHANGED)
    elsewhere = one(Kind.FIELD, "Case", "Score", "precision", Action.NARROWED)
    user = one(Kind.PERMISSION, "users", "p-1", "active", Action.NARROWED)
    late = one(Kind.SYNC, "bulk-ingest", "Lead/upsert", "state", Action.NARROWED, source=Source.HEALTH)
    slow = one(Kind.SYNC, "bulk-ingest", "Lead/upsert", "duration", source=Source.HEALTH)
    assert set(under(cause.hang([ROWS, slow], (), [harmless, elsewhere, user, late])).values()) == {None}


# -- what the ledger makes of causes ----------------------------------------------------------------------------------


def test_effects_are_folded_and_told_when_they_outlive_their_cause() -> None:
    ledger = Ledger()
    typed = claim("n", at=address("a", "type"))
    length = claim("n", at=address("a", "length"), under=typed.address, because=CauseReason.IMPLIED)
    events = step(ledger, evaluation(length, typed, reading=1), 0)
    assert [(e.address.fact, e.told) for e in events] == [("type", True), ("length", False)]
    events = step(ledger, evaluation(claim("n", at=address("a", "length")), reading=2), 60)
    assert [(e.type, e.address.fact, e.told) for e in events] == [
        (EventType.HUNG, "length", True),
        (EventType.CLOSED, "type", True),
    ]


def test_an_effect_of_another_source_is_told_when_its_cause_ends() -> None:
    ledger = Ledger()
    step(ledger, drift(poll(looked(set_to("a", "n")), reading=1)), 0)
    rows = Address(Source.HEALTH, "crm", Kind.SYNC, "runs", "nightly", "rows")
    sick = claim("bad", at=rows, under=address("a"), because=CauseReason.FLOW)
    (opened,) = step(ledger, evaluation(sick, source=Source.HEALTH, reading=1), 0)
    assert (opened.told, ledger.findings[opened.finding].cause != "") == (False, True)
    events = step(ledger, drift(poll(looked(), reading=2)), 60)
    assert [(e.type, e.address.fact, e.told) for e in events] == [
        (EventType.CLOSED, "label", True),
        (EventType.HUNG, "rows", True),
    ]
    assert ledger.findings[opened.finding].cause == ""


def test_a_finding_that_gets_a_cause_later_is_hung_without_a_word() -> None:
    ledger = Ledger()
    length = address("a", "length")
    step(ledger, evaluation(claim("n", at=length), reading=1), 0)
    typed = claim("n", at=address("a", "type"))
    hung = claim("n", at=length, under=typed.address, because=CauseReason.IMPLIED)
    events = step(ledger, evaluation(hung, typed, reading=2), 60)
    assert [(e.type, e.told) for e in events] == [(EventType.OPENED, True), (EventType.HUNG, False)]


def test_a_cause_that_nobody_claims_hangs_nothing() -> None:
    ledger = Ledger()
    lone = claim("n", under=address("zzz"), because=CauseReason.IMPLIED)
    (event,) = step(ledger, evaluation(lone), 0)
    assert (event.cause, event.told) == ("", True)


def test_a_power_under_a_harmless_cause_is_told_all_the_same() -> None:
    for secure, told in ((False, True), (True, False)):
        ledger = Ledger()
        root = claim("n", at=address("a", "type"), security=secure)
        power = claim("n", at=address("b"), security=True, under=root.address, because=CauseReason.SIGHT)
        events = step(ledger, evaluation(root, power), 0)
        assert [e.told for e in events] == [True, told]


def test_a_power_whose_cause_stands_from_before_asks_the_ledger_for_it() -> None:
    ledger = Ledger()
    step(ledger, evaluation(claim("n", at=address("a", "type"), security=True)), 0)
    power = claim("n", at=address("b"), security=True, under=address("a", "type"), because=CauseReason.SIGHT)
    only_b = Covered({address().ref: frozenset("b")})
    (event,) = step(ledger, evaluation(power, covered=only_b), 0)
    assert (bool(event.cause), event.told) == (True, False)


def test_what_one_vendor_release_brought_to_a_scope_is_one_root() -> None:
    def added(key: str, vendor_defined: bool) -> Claim:
        address = Address(Source.DRIFT, "hubspot-prod", Kind.FIELD, "contacts", key)
        return Claim(address, Action.ADDED, None, {"label": key, "vendor_defined": vendor_defined})

    first, second, own = added("hs_a", True), added("hs_b", True), added("custom", False)
    found = {claim.address.key: claim for claim in cause.hang([second, own, first], ())}
    assert found["hs_a"].under is None
    assert (found["hs_b"].under, found["hs_b"].because) == (first.address, CauseReason.SAME_EDIT)
    assert found["custom"].under is None


def test_a_field_that_became_required_brings_its_other_facts_along() -> None:
    def changed(fact: str, action: Action) -> Claim:
        address = Address(Source.DRIFT, "salesforce-prod", Kind.FIELD, "Lead", "Region__c", fact)
        return Claim(address, action, True, False)

    required = changed("required", Action.NARROWED)
    found = cause.group([changed("nullable", Action.NARROWED), changed("permissionable", Action.CHANGED), required])
    under = {claim.address.fact: claim.under for claim in found}
    assert under == {"nullable": required.address, "permissionable": required.address, "required": None}


def test_who_made_a_change_is_remembered_when_the_row_comes_again_without_it() -> None:
    seen = {"by": "p-1", "at": "2026-11-22T02:10:05Z"}
    told = [one(Kind.FIELD, "Lead", "A", evidence=seen), one(Kind.FIELD, "Lead", "B", "label", evidence=seen)]
    again = [one(Kind.FIELD, "Lead", "A"), one(Kind.FIELD, "Lead", "B", "label")]
    assert under(cause.hang(again, (), told))["B.label"] == ("A", CauseReason.SAME_EDIT)
    moved = Claim(again[1].address, Action.CHANGED, "b", "another value")
    assert under(cause.hang([again[0], moved], (), told))["B.label"] is None
    unnamed = [one(Kind.FIELD, "Lead", "A"), one(Kind.FIELD, "Lead", "B", "label")]
    assert under(cause.hang(again, (), unnamed)) == {"A": None, "B.label": None}


def test_an_edit_may_have_its_root_in_what_was_not_looked_at_now() -> None:
    seen = {"by": "p-1", "at": "2026-11-22T02:10:05Z"}
    root = one(Kind.FIELD, "Lead", "A", evidence=seen)
    found = cause.hang([one(Kind.FIELD, "Case", "B", "label", Action.CHANGED, evidence=seen)], (), [root])
    assert under(found) == {"B.label": ("A", CauseReason.SAME_EDIT)}


def test_the_next_release_of_the_vendor_is_news_beside_the_last_one() -> None:
    def shipped(key: str) -> Claim:
        return Claim(address(key, ""), Action.ADDED, None, {"vendor_defined": True})

    assert under(cause.hang([shipped("hs_2")], (), [shipped("hs_1")])) == {"hs_2": None}


@pytest.mark.parametrize(
    ("fresh", "kept"),
    [
        ({}, {"by": "p-1", "at": "1", "how": "named", "made by": "the vendor"}),
        ({"by": "p-2", "at": "9"}, {"by": "p-2", "at": "9", "made by": "the vendor"}),
    ],
)
def test_what_changed_to_and_fro_is_whoevers_mark_it_bears_now(fresh: dict[str, str], kept: dict[str, str]) -> None:
    at = Address(Source.DRIFT, "crm", Kind.PERMISSION, "roles", "Translator", "customize")
    told = {"by": "p-1", "at": "1", "how": "named", "made by": "the vendor"}
    before, now = [Claim(at, Action.WIDENED, False, True, evidence=evidence) for evidence in (told, fresh)]
    (found,) = cause.hang([now], (), [before])
    assert found.evidence == kept
