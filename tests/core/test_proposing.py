"""What may feed what: evidence and strength of each edge, and what is never proposed."""

from __future__ import annotations

from typing import Any

from monitor.core.graph import End, FieldMap, Flow
from monitor.core.proposing import Move, Pair, Proposed, System, Writer, links, propose
from monitor.core.readers import Reader

HUB, CRM = "hub", "crm"
YES = Writer("Hubspot_Set", "", True, frozenset({"Email", "Region__c", "Status", "Score__c", "Short__c", "Agree__c"}))


def choice(*values: str, **more: Any) -> dict[str, Any]:
    return {"type": "option", "options": [{"value": one, "active": True} for one in values], **more}


def hub(**objects: dict[str, Any]) -> System:
    return System(HUB, "hubspot", "marketing", objects)


def crm(writers: dict[str, Any] | None = None, moves: tuple[Move, ...] = (), **objects: dict[str, Any]) -> System:
    return System(CRM, "salesforce", "sales", objects, writers or {}, moves)


def edges(found: tuple[Proposed, ...]) -> dict[tuple[str, str, str, str], Pair]:
    return {(f.source.scope, p.source, f.target.scope, p.target): p for f in found for p in f.fields}


CONTACTS = {"salesforceleadid": {"type": "text"}, "email": {"type": "text", "label": "E-Mail"}}


def test_objects_belong_together_by_the_id_that_one_keeps_or_by_name() -> None:
    systems = (hub(contacts=CONTACTS, tickets={}, leads={}), crm(Lead={"HubSpot_Id__c": {}}, Case={"Hub_Spot": {}}))
    found = {(link.one.scope, link.other.scope): (link.firm, len(link.evidence)) for link in links(systems)}
    assert found == {("contacts", "Lead"): (True, 2), ("leads", "Lead"): (True, 2)}
    alone = links((hub(leads={}), crm(Lead={})))
    assert [(link.firm, link.evidence) for link in alone] == [(False, ("leads and Lead are called alike",))]


def test_what_a_sync_maps_is_certain_where_its_ends_are_known() -> None:
    move = Move("nightly", "contacts", "Lead", (("email", "Email"), ("gone", "Email"), ("email", "gone")))
    lost = Move("odd", "contacts", "nowhere", (("email", "Email"),))
    own = Move("inside", "Lead", "Lead", (("Email", "Email"),))
    found = propose((hub(contacts={"email": {}}), crm(moves=(move, lost, own), Lead={"Email": {}})), ())
    assert [(f.id, f.owner) for f in found] == [("contacts-to-lead", "sales")]
    (pair,) = found[0].fields
    assert (pair.source, pair.target, pair.strength) == ("email", "Email", "certain")
    twice = propose((hub(contacts={"email": {}}), hub(contacts={}), crm(moves=(move,), Lead={"Email": {}})), ())
    assert twice == ()


def test_a_right_made_for_a_system_that_is_not_read_proposes_a_flow_without_names_at_its_end() -> None:
    lead = {"Status": {"type": "option"}, "Email": {"type": "email"}}
    made = Reader("Ads_Sync", "Ads Sync", frozenset({"Status", "Email"}), 10, True)
    own = Reader("Tool_Sync", "", frozenset({"Email"}), 10, True)
    system = System(CRM, "salesforce", "sales", {"Lead": lead}, readers={"Lead": (made, own)})
    tool = System("tool", "rest", "sales", {})
    (flow,) = propose((system, tool), ())
    assert (flow.id, flow.source, flow.target) == ("lead-to-ads", End(CRM, "Lead"), End("ads", ""))
    assert (flow.reader, flow.writer, flow.creates) == ("Ads_Sync", "", False)
    assert flow.elsewhere == "Reads crm by the permission set Ads_Sync; not monitored here"
    assert [(pair.source, pair.target, pair.strength) for pair in flow.fields] == [
        ("Email", "", "likely"), ("Status", "", "likely")]  # fmt: skip
    assert flow.fields[0].evidence == ("Ads_Sync may read it", "what it is called there is not known here")
    known = Flow("ads", End(CRM, "Lead"), End("ads", "leads"), (FieldMap("Email", "mail"), FieldMap("Name", "Status")))
    (left,) = propose((system, tool), (known,))
    assert [pair.source for pair in left.fields] == ["Status"]


def test_the_same_name_is_likely_where_the_other_side_may_write_it_and_possible_else() -> None:
    fields = {**CONTACTS, "short": {"type": "text"}, "plain": {"type": "text"}}
    lead = {"Email": {"type": "email", "label": "E-Mail"}, "Short__c": {"type": "text"}, "Plain__c": {"type": "text"}}
    other = Writer("Sales", "", False, frozenset({"Plain__c"}))
    found = propose((hub(contacts=fields), crm({"Lead": (other, YES)}, Lead=lead)), ())
    there = edges(found)
    assert there["contacts", "email", "Lead", "Email"].strength == "likely"
    assert there["contacts", "email", "Lead", "Email"].evidence == (
        "both have the same name", "both are labelled alike", "Hubspot_Set may write it")  # fmt: skip
    plain = there["contacts", "plain", "Lead", "Plain__c"]
    assert (plain.strength, plain.evidence[-1]) == ("possible", "nothing tells which of the two feeds the other")
    assert ("Lead", "Email", "contacts", "email") not in there
    assert (found[0].writer, found[0].creates) == ("Hubspot_Set", True)
    unread = edges(propose((hub(contacts=fields), crm(Lead=lead)), ()))
    assert {pair.strength for pair in unread.values()} <= {"possible"}


def test_what_nobody_may_write_or_refuses_the_type_is_no_target() -> None:
    fields = {**CONTACTS, "score": {"type": "text"}, "sum": {"type": "decimal"}, "owner": {"type": "reference"},
              "old": {"type": "text", "archived": True}, "lost": {"type": "text"}}  # fmt: skip
    lead = {"Score__c": {"type": "decimal"}, "Sum__c": {"type": "decimal", "calculated": True},
            "Owner": {"type": "reference"}, "Old__c": {"type": "text"}, "Lost__c": {"type": "text"}}  # fmt: skip
    may = Writer("Hubspot_Set", "", True, frozenset({"Score__c", "Sum__c", "Owner", "Old__c"}))
    found = edges(propose((hub(contacts=fields), crm({"Lead": (may,)}, Lead=lead)), ()))
    assert [key for key in found if key[2] == "Lead"] == []
    assert {key[1] for key in found} == {"Score__c", "Sum__c", "Lost__c"}


def test_equal_values_are_mapped_and_what_has_no_place_is_named() -> None:
    fields = {**CONTACTS, "region": choice("emea", "apac"), "agree": choice("true", "false"),
              "short": choice("a_one", "two")}  # fmt: skip
    lead = {"Region__c": choice("EMEA", "APAC"), "Agree__c": {"type": "boolean"}, "Short__c": choice("A one")}
    there = edges(propose((hub(contacts=fields), crm({"Lead": (YES,)}, Lead=lead)), ()))
    region = there["contacts", "region", "Lead", "Region__c"]
    assert dict(region.values) == {"emea": "EMEA", "apac": "APAC"} and "both have the same 2 values" in region.evidence
    assert there["contacts", "short", "Lead", "Short__c"].left == ("two",)
    assert ("contacts", "agree", "Lead", "Agree__c") in there


def test_of_several_the_most_alike_is_taken_and_the_objects_name_may_be_left_out() -> None:
    fields = {**CONTACTS, "lead_score": {"type": "decimal"}, "score": {"type": "decimal"}, "lead": {"type": "text"},
              "score_lead": {"type": "decimal"}}  # fmt: skip
    there = edges(propose((hub(contacts=fields), crm({"Lead": (YES,)}, Lead={"Score__c": {"type": "decimal"}})), ()))
    assert [key for key in there if key[3] == "Score__c"] == [("contacts", "score", "Lead", "Score__c")]
    del fields["score"], fields["score_lead"]
    there = edges(propose((hub(contacts=fields), crm({"Lead": (YES,)}, Lead={"Score__c": {"type": "decimal"}})), ()))
    assert there["contacts", "lead_score", "Lead", "Score__c"].evidence[0] == (
        "both have the same name but for that of the object")  # fmt: skip


def test_a_field_that_the_vendor_made_after_the_other_object_shows_it() -> None:
    fields = {**CONTACTS, "hs_lead_status": choice("NEW", "OPEN", vendor_defined=True)}
    lead = {"Status": choice("Open", "Working")}
    there = edges(propose((hub(contacts=fields), crm({"Lead": (YES,)}, Lead=lead)), ()))
    assert [key for key in there if "Status" in key] == [("Lead", "Status", "contacts", "hs_lead_status")]
    assert there["Lead", "Status", "contacts", "hs_lead_status"].strength == "likely"


def test_what_a_new_record_must_have_is_possibly_fed_by_a_choice_whose_values_hold_its_own() -> None:
    stage = {**CONTACTS, "stage": choice("salesqualified", "other"), "tone": choice("warm", "cold")}
    must = choice("Qualified", "New", required=True)
    held = choice("Qualified", nullable=False, default="Qualified")
    free, none = choice("Qualified"), choice("Unheard", required=True)
    lead = {"Status": must, "Kind": held, "Free": free, "None": none, "Text": {"type": "text", "required": True}}
    found = edges(propose((hub(contacts=stage), crm({"Lead": (YES,)}, Lead=lead)), ()))
    fed = {key[3]: pair for key, pair in found.items() if key[1] == "stage"}
    assert fed.keys() == {"Status", "Kind"} and {one.strength for one in fed.values()} == {"possible"}
    assert fed["Status"].evidence == ("Status cannot be empty", "its value Qualified is a part of salesqualified")
    only = Writer("Hubspot_Set", "", False, YES.fields)
    assert not edges(propose((hub(contacts=stage), crm({"Lead": (only,)}, Lead={"Status": must})), ()))


def test_what_is_described_is_not_proposed_and_names_are_new() -> None:
    lead = {"Email": {"type": "email"}, "Region__c": {"type": "text"}}
    systems = (hub(contacts={**CONTACTS, "region": {"type": "text"}}), crm({"Lead": (YES,)}, Lead=lead))
    known = Flow("contacts-to-lead", End(HUB, "contacts"), End(CRM, "Lead"), (FieldMap("email", "Email"),))
    (found,) = propose(systems, (known,))
    assert (found.id, [pair.source for pair in found.fields]) == ("hub-contacts-to-lead", ["region"])
    (third,) = propose(systems, (known,), ["hub-contacts-to-lead"])
    assert third.id == "hub-contacts-to-lead-2"
