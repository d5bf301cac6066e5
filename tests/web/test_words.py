from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.model import Action, Address, Claim, Source
from monitor.core.rules import possible
from monitor.engine.diff import diff
from monitor.engine.words import plain, sentence
from probes.kit.contract import Kind

F, P = Kind.FIELD, Kind.PERMISSION


def said(kind: Kind, scope: str, key: str, fact: str, item: str, action: Action, before: Any, after: Any) -> str:
    return plain(sentence(Claim(Address(Source.DRIFT, "s", kind, scope, key, fact, item), action, before, after)))


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((F, "Lead", "Score__c", "", "", Action.REMOVED, {}, None), "Field Score__c was removed"),
        ((F, "Lead", "a", "", "", Action.RENAMED, "a", "b"), "Field a was renamed to b"),
        ((P, "permission-sets", "Ops", "", "", Action.ADDED, None, {}), "Permission set Ops was added"),
        ((P, "assignments", "kim/Ops", "", "", Action.ADDED, None, {}), "kim was given Ops"),
        ((F, "Lead", "Status", "options.active", "Qualified", Action.NARROWED, True, False),
         "Option Qualified was deactivated on Status"),
        ((F, "Lead", "Status", "options.label", "Q", Action.CHANGED, "Old", "New"),
         "Label of option Q on Status changed from Old to New"),
        ((F, "Lead", "Status", "options.depends", "Q", Action.CHANGED, ["a"], ["b"]),
         "Depends of option Q on Status changed from a to b"),
        ((F, "Lead", "LeadSource", "options", "", Action.REORDERED, ["a", "b"], ["b", "a"]),
         "The order of options changed on LeadSource"),
        ((F, "Lead", "Region__c", "required", "", Action.NARROWED, False, True), "Field Region__c became required"),
        ((F, "Lead", "Score__c", "precision", "", Action.NARROWED, 18, 6),
         "Precision of Score__c narrowed from 18 to 6"),
        ((F, "Lead", "x", "length", "", Action.WIDENED, 80, None), "Length of x is no longer set, was 80"),
        ((P, "Lead.field-permissions", "Int/Status", "edit", "", Action.NARROWED, True, False),
         "Int lost edit on Lead.Status"),
        ((P, "Lead.field-permissions", "Int/Status", "", "", Action.REMOVED, {}, None),
         "Int lost its rights on Lead.Status"),
        ((P, "users", "kim", "admin", "", Action.WIDENED, False, True), "User kim became an administrator"),
        ((P, "roles", "Editor", "customize", "", Action.WIDENED, False, True),
         "Editor can now change how the system is set up"),
        ((P, "roles", "Editor", "customize", "", Action.NARROWED, True, False),
         "Editor can no longer change how the system is set up"),
        ((P, "roles", "Editor", "powers", "export_all", Action.ADDED, None, None),
         "Power export_all was added to Editor"),
        ((P, "users", "kim", "policies", "Mail", Action.REMOVED, None, None), "Policy Mail was removed from kim"),
        ((P, "Lead.field-permissions", "Int/Status", "", "", Action.ADDED, None, {}),
         "Int was given rights on Lead.Status"),
        ((P, "TEAM.people", "kim", "", "", Action.REMOVED, {}, None), "Person kim was removed"),
        ((F, "Lead", "a", "used_by", "Score", Action.REMOVED, None, None), "Score no longer uses a"),
        ((F, "Lead", "a", "used_by", "Score", Action.ADDED, None, None), "Score now uses a"),
        ((Kind.AUTOMATION, "workflows", "w", "reads", "Lead.a", Action.ADDED, None, None), "w now reads Lead.a"),
        ((Kind.AUTOMATION, "workflows", "w", "writes", "Lead.a", Action.REMOVED, None, None),
         "w no longer writes Lead.a"),
        ((F, "Lead", "a", "permissionable", "", Action.CHANGED, True, False),
         "Field a can no longer be given to some and kept from others"),
        ((F, "Lead", "a", "x_odd", "", Action.CHANGED, {"b": 1}, [2, 3]),
         'Setting odd of field a changed from {"b":1} to 2, 3'),
        ((F, "Lead", "a", "x_odd", "", Action.CHANGED, ["b"], []), "Setting odd of field a changed from b to none"),
        ((F, "Lead", "a", "x_in_api", "", Action.CHANGED, True, False),
         "Setting in api of field a was switched off"),
        ((F, "Lead", "a", "x_hook", "", Action.CHANGED, "there", False),
         "Setting hook of field a changed from there to no"),
        ((Kind.SYNC, "webhooks", "901", "x_notifies", "", Action.CHANGED, None, True),
         "Setting notifies of webhook 901 was switched on"),
        ((Kind.SYNC, "webhooks", "901", "x_address_digest", "", Action.CHANGED, "6c06", "6f6e"),
         "Address of 901 changed; what it was is kept as a digest alone"),
        ((Kind.SYNC, "main.schedule", "schedule", "x_smart", "", Action.CHANGED, True, False),
         "Setting smart of schedule of main was switched off"),
        ((Kind.SYNC, "main.schedule", "schedule", "enabled", "", Action.NARROWED, True, False),
         "Schedule of main was switched off"),
        ((Kind.SYNC, "con-hub", "deals", "", "", Action.REMOVED, {}, None), "Sync deals was removed"),
        ((Kind.SYNC, "300.bigquery", "7", "", "", Action.REMOVED, {}, None), "BigQuery link 7 was removed"),
        ((Kind.AUTOMATION, "c-1.details", "c-1", "active", "", Action.NARROWED, True, False),
         "Automation c-1 was deactivated"),
        ((Kind.SCHEMA, "models", "m", "stages", "", Action.CHANGED, [1], None),
         "Stages of m are no longer set, were 1"),
    ],
)  # fmt: skip
def test_a_change_is_said_in_the_words_people_use(args: tuple[Any, ...], words: str) -> None:
    assert said(*args) == words


@pytest.mark.parametrize(
    ("kind", "scope", "key", "fact", "evidence", "words"),
    [
        (Kind.SYNC, "syncs", "61", "enabled", {"called": "Scores"}, "Sync Scores (61) was switched off"),
        (Kind.TEMPLATE, "emails", "51", "active", {"label": "Welcome"}, "Email Welcome (51) was deactivated"),
        (F, "Lead", "Status", "searchable", {"called": "Lead status"}, "Field Status is no longer searchable"),
        (P, "users", "kim", "active", {"label": "Kim"}, "User kim was deactivated"),
    ],
)
def test_what_has_an_id_for_its_key_is_called_by_its_name(
    kind: Kind, scope: str, key: str, fact: str, evidence: dict[str, str], words: str
) -> None:
    address = Address(Source.DRIFT, "s", kind, scope, key, fact)
    assert plain(sentence(Claim(address, Action.NARROWED, True, False, evidence=evidence))) == words


def test_a_right_on_a_field_that_became_required_is_not_called_lost() -> None:
    under = Address(Source.DRIFT, "s", F, "Lead", "Region__c", "required")
    address = Address(Source.DRIFT, "s", P, "Lead.field-permissions", "Int/Region__c")
    words = plain(sentence(Claim(address, Action.REMOVED, {"edit": True}, None, under=under)))
    assert words == "Int has no rights of its own on Lead.Region__c any more: it is required"


def test_every_possible_change_has_a_sentence() -> None:
    for kind in Kind:
        for fact, action in possible(kind):
            item = "i" if "." in fact else ""
            words = said(kind, "x", "key", fact, item, action, "was", "is")
            assert ("was" in words and "is" in words) if action is Action.RENAMED else "key" in words


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from([(kind, *one) for kind in Kind for one in possible(kind)]), JSON, JSON, st.text(max_size=3))
def test_whatever_a_vendor_has_can_be_said(
    change: tuple[Kind, str, Action], before: Any, after: Any, item: str
) -> None:
    kind, fact, action = change
    assert said(kind, "x", "key/of", fact, item, action, before, after)


def test_options_are_aligned_by_value_and_far_ones_are_folded() -> None:
    before = [{"value": str(n), "label": f"L{n}"} for n in range(40)]
    after = [o for o in before if o["value"] != "20"]
    rows = diff(Address(Source.DRIFT, "s", F, "Lead", "Status", "options", "20"), before, after)
    assert [(r.sign, r.hit) for r in rows] == [
        ("…", False), ("=", False), ("=", False), ("-", True), ("=", False), ("=", False), ("…", False),
    ]  # fmt: skip
    assert rows[0].before == "18 unchanged"


def test_sets_scalars_and_whole_resources_have_a_diff() -> None:
    address = Address(Source.DRIFT, "s", P, "users", "kim", "powers", "export")
    assert [(r.sign, r.before, r.after) for r in diff(address, ["api"], ["api", "export"])] == [
        ("=", "api", "api"),
        ("+", "", "export"),
    ]
    length = Address(Source.DRIFT, "s", F, "Lead", "x", "length")
    assert [(r.sign, r.before, r.after) for r in diff(length, 255, 80)] == [("~", "255", "80")]
    gone = Address(Source.DRIFT, "s", F, "Lead", "x")
    assert [(r.sign, r.before) for r in diff(gone, {"type": "text", "html": False}, None)] == [
        ("-", "type: text"),
        ("…", "and 1 that are off or empty"),
    ]
