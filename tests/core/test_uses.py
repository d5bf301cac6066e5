"""What uses a field, out of what was read; and where a user may hide."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from monitor.core import uses
from monitor.core.model import Body
from monitor.core.row import Row
from monitor.core.uses import ALL, ANY, Known, Told, Use, merged, speaks
from probes.kit.contract import Kind, Ref


def body(
    kind: Kind, name: str, rows: dict[str, dict[str, Any]], facts: str = "", ids: dict[str, str] | None = None
) -> Body:
    there = {fact for row in rows.values() for fact in row}
    named = {key: Row(row, (ids or {}).get(key, "")) for key, row in rows.items()}
    return Body(Ref(kind, name), "read", tuple(sorted(there | set(facts.split()))), named)


def tell(body: Body, **called: str) -> Told:
    return uses.tell(body, called)


def said(told: Told) -> dict[tuple[str, str], list[tuple[str, str]]]:
    return {place: [(one.by, one.does) for one in some] for place, some in told.uses.items()}


def test_a_formula_uses_every_field_that_one_of_its_words_may_be() -> None:
    lead = body(Kind.FIELD, "Lead", {
        "Score__c": {"formula": "IF(rating__C = 'Hot', Account.Size__c, Owner.Name) + Score__c", "calculated": True},
        "Rating__c": {"default_formula": "TEXT(Size__c)"},
        "AccountId": {"relationship": "Account", "references": ["Account"]},
        "City__c": {"controller": "Country__c"},
        "Country__c": {},
    })  # fmt: skip
    assert said(tell(lead)) == {
        ("Lead", "Rating__c"): [("the field Lead.Score__c", "is worked out from it")],
        ("Account", "Size__c"): [("the field Lead.Score__c", "is worked out from it")],
        ("Account", ""): [("the field Lead.AccountId", "looks up its records"),
                          ("the field Lead.Score__c", "uses its fields")],
        ("Lead", "Country__c"): [("the field Lead.City__c", "offers its values by it")],
    }  # fmt: skip
    assert tell(lead).hidden == {}


@pytest.mark.parametrize(
    ("fact", "before", "after", "same"),
    [
        ("label", "City", "Town", True),
        ("length", 80, 40, True),
        ("formula", "A__c", "B__c", False),
        ("default_formula", None, "B__c", False),
        ("calculated", False, True, False),
        ("controller", "A__c", None, False),
        ("references", ["Account"], ["Account", "Contact"], False),
        ("relationship", "Account", "Company", False),
    ],
)
def test_what_a_field_uses_is_worked_out_anew_only_where_it_may_have_changed(
    fact: str, before: Any, after: Any, same: bool
) -> None:
    old = body(Kind.FIELD, "Lead", {"A__c": {}, "B__c": {}, "City__c": {"type": "text", fact: before}})
    rows = {**old.rows, "City__c": Row({"type": "text", fact: after})}
    now = msgspec.structs.replace(old, rows=rows)
    assert uses.alike(old, now) is same
    assert uses.alike(old, old) and (not same or tell(old) == tell(now))
    less = msgspec.structs.replace(old, rows={"City__c": old.rows["City__c"]})
    assert not uses.alike(old, less), "a formula may name what came or went"
    flow = body(Kind.AUTOMATION, "flows", {"x": {"reads": ["a"]}})
    assert not uses.alike(flow, flow), "of others than fields nothing is known before they are looked at"


def test_a_calculated_field_that_does_not_say_from_what_may_be_from_anything() -> None:
    told = tell(body(Kind.FIELD, "contacts", {"score": {"calculated": True}}))
    assert told.hidden == {ALL: "contacts.score is calculated, and nothing tells from what"}


def test_an_automation_uses_what_it_reads_and_writes() -> None:
    told = tell(body(Kind.AUTOMATION, "workflows", {
        "route": {"object": "0-1", "reads": ["contacts/country", "*/tier"],
              "writes": ["contacts/region"]},
        "old": {"active": False, "writes": ["plain"]},
        "3": {"opaque": True},
    }), route="Route", old="Old")  # fmt: skip
    route = "the workflow “Route”"
    assert said(told) == {
        ("0-1", ""): [(route, "works on its records")],
        ("contacts", ""): [(route, "uses its fields")],
        ("contacts", "country"): [(route, "decides by it")],
        ("contacts", "region"): [(route, "writes it")],
        (ANY, "tier"): [(route, "decides by it")],
        (ANY, "plain"): [("the workflow “Old” (switched off)", "writes it")],
    }
    assert told.hidden == {ALL: "the workflow “3” does what we cannot see into"}


def test_a_name_with_a_slash_of_its_own_is_found_however_it_is_parted() -> None:
    told = tell(body(Kind.AUTOMATION, "G1.tags", {"t": {"reads": ["G1.variables/DLV - a/b", "*/EVENT/region"]}}))
    found = Known(told.uses)
    assert found.of("G1.variables", "DLV - a/b") == found.of("300400.dimensions", "EVENT/region")
    assert [one.does for one in found.of("G1.variables", "DLV - a/b")] == ["decides by it"]
    assert not found.of("G1.variables", "b") and not found.of("300400.dimensions", "USER/region")
    form = tell(body(Kind.TEMPLATE, "forms", {"f": {"fields": ["a/b/c"]}}))
    assert {("a", "b/c"), ("a/b", "c")} <= form.uses.keys()
    mapped = {"source": "Lead", "target": "rows", "mapping": [{"from": "Email", "to": "t/EVENT/mail"}]}
    assert ("t", "EVENT/mail") in tell(body(Kind.SYNC, "s", {"up": mapped})).uses


def test_automations_that_do_not_say_what_they_use_hide_it_of_their_object_or_of_all() -> None:
    rules = tell(body(Kind.AUTOMATION, "Lead.validation-rules", {"Known": {"active": True}}))
    assert said(rules) == {("Lead", ""): [("the validation rule “Known”", "works on its records")]}
    assert rules.hidden == {"Lead": "what the validation rules use is not read"}
    assert tell(body(Kind.AUTOMATION, "flows", {"f": {"active": True}})).hidden.keys() == {ALL}
    assert tell(body(Kind.AUTOMATION, "triggers", {"t": {"object": "Case"}})).hidden.keys() == {"Case"}
    assert tell(body(Kind.AUTOMATION, "flows", {})).hidden == {}
    formula = tell(body(Kind.AUTOMATION, "Lead.validation-rules", {"r": {"formula": "ISBLANK(Region__c)"}}))
    assert ("Lead", "Region__c") in formula.uses and not formula.hidden
    far = tell(body(Kind.AUTOMATION, "Lead.validation-rules", {"r": {"formula": "ISBLANK(Account.Region__c)"}}))
    assert (ANY, "Region__c") in far.uses and ("Lead", "Region__c") not in far.uses


def test_a_form_has_fields_of_whichever_object_knows_the_name() -> None:
    told = tell(body(Kind.TEMPLATE, "forms", {"f": {"fields": ["email"]}, "g": {}}), f="Offer")
    assert said(told) == {(ANY, "email"): [("the form “Offer”", "has this field")]}
    assert told.hidden == {}


def test_a_report_that_is_made_by_code_may_read_any_field() -> None:
    told = tell(
        body(Kind.TEMPLATE, "warehouse.questions", {"1": {"opaque": True}, "2": {"opaque": False}}), **{"1": "A"}
    )
    assert told.hidden == {ALL: "the question “A” reads what we cannot see into"}


def test_a_sync_uses_both_ends_of_its_mapping_or_hides_them() -> None:
    mapped = {"source": "Lead", "target": "contacts", "mapping": [{"from": "Email", "to": "email"}, {"from": "Name"}]}
    assert said(tell(body(Kind.SYNC, "syncs", {"up": mapped}))) == {
        ("Lead", "Email"): [("the sync “up”", "takes it")],
        ("Lead", "Name"): [("the sync “up”", "takes it")],
        ("Lead", ""): [("the sync “up”", "uses its fields")],
        ("contacts", "email"): [("the sync “up”", "writes it")],
        ("contacts", ""): [("the sync “up”", "uses its fields")],
    }
    bare = tell(body(Kind.SYNC, "bulk", {"Lead/insert": {"object": "Lead"}, "nameless": {}}))
    assert bare.hidden == {"Lead": "which fields the sync “Lead/insert” moves is not read"}


def test_an_object_names_its_records_by_a_field_and_has_an_id_that_others_call_it_by() -> None:
    objects = body(Kind.SCHEMA, "objects", {"machines": {"primary_field": "serial"}, "plain": {}},
                   ids={"machines": "2-44", "plain": "plain"})  # fmt: skip
    flow = body(Kind.AUTOMATION, "workflows", {"M": {"object": "2-44", "writes": ["2-44/model"]}})
    known = merged([tell(objects), tell(flow)], {}, {})
    assert [one.by for one in known.of("machines", "model")] == ["the workflow “M”"]
    assert [one.does for one in known.of("machines", "serial")] == ["names its records by it"]
    assert {one.does for one in known.of("machines", "")} == {"uses its fields", "works on its records"}
    assert known.of("2-44", "model") == ()


@pytest.mark.parametrize(("kind", "name", "facts", "is_one"), [
    (Kind.AUTOMATION, "flows", "active", True), (Kind.FIELD, "Lead", "type formula", True),
    (Kind.FIELD, "Lead.validations", "rules", False), (Kind.TEMPLATE, "forms", "fields", True),
    (Kind.TEMPLATE, "mails", "subject", False), (Kind.SYNC, "imports", "native_type", False),
    (Kind.SYNC, "bulk", "object", True), (Kind.SCHEMA, "objects", "label", True),
    (Kind.SCHEMA, "Lead.recordtypes", "label", False), (Kind.PERMISSION, "users", "admin", False),
])  # fmt: skip
def test_which_scopes_tell_what_they_use(kind: Kind, name: str, facts: str, is_one: bool) -> None:
    assert speaks(Ref(kind, name), facts.split()) is is_one


def test_an_unseen_user_is_said_of_its_object_or_of_all() -> None:
    hidden = merged([Told(hidden={"Lead": "rules"}), Told(hidden={"Lead": "later", "2-1": "code"}, names={"2-1": "m"})],
                    {"Case": "forms"}, {ALL: "off"})  # fmt: skip
    assert [hidden.unseen(one) for one in ("Lead", "m", "Case", "Other")] == ["rules", "code", "forms", "off"]
    assert [hidden.gap(one) for one in ("Lead", "Case")] == ["", "forms"]
    assert Known().unseen("Lead") == ""
    assert Known({("*", "a"): (Use("f", "has", "x"),)}).of("o", "") == ()
