"""Flows are held against the facts at both ends: what no longer fits is said, what is unknown is never said broken."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core import mapping
from monitor.core.graph import End, FieldMap, Flow
from monitor.core.judge import Context, Subject, judge
from monitor.core.model import Level
from probes.kit.contract import Kind, Ref

from .crossing import (
    CONTACTS,
    DOWN,
    GRANTS,
    LEAD,
    NOW,
    OBJECTS,
    ON_FIELD,
    ON_OBJECT,
    SETS,
    STAGES,
    UP,
    USERS,
    broken,
    chosen,
    edited,
    fitted,
    seen,
    stack,
    view,
)

HUB, CRM = "hub/contacts", "crm/Lead"


def test_a_flow_that_fits_says_nothing() -> None:
    found = fitted()
    assert (broken(found), found.unknown) == ([], ())
    kinds = {(ref.kind, ref.name) for ref in found.evaluation.covered.scopes}
    assert (Kind.SYNC, CRM) in kinds and (Kind.FIELD, HUB) in kinds and (Kind.PERMISSION, CRM) in kinds


@pytest.mark.parametrize(
    ("place", "key", "facts", "said"),
    [
        (CONTACTS, "utm", {}, (HUB, "utm", "!field", "")),
        (LEAD, "UTM", {}, (CRM, "UTM", "!field", "")),
        (LEAD, "UTM", {"archived": True}, (CRM, "UTM", "!field", "")),
        (LEAD, "UTM", {"read_only": True}, (CRM, "UTM", "!writable", "")),
        (LEAD, "UTM", {"calculated": True}, (CRM, "UTM", "!writable", "")),
        (LEAD, "UTM", {"auto_number": True}, (CRM, "UTM", "!writable", "")),
        (LEAD, "UTM", {"type": "integer"}, (CRM, "UTM", "!type", "")),
        (LEAD, "UTM", {"length": 40}, (CRM, "UTM", "length", "")),
        (CONTACTS, "stage", chosen("lead", "other"), (HUB, "stage", "!source_value", "sql")),
        (CONTACTS, "stage", chosen("sql", "lead", "mql"), (HUB, "stage", "unmapped_value", "mql")),
        (LEAD, "Status", chosen("Open"), (CRM, "Status", "!target_value", "Qualified")),
        (CONTACTS, "region", chosen("EMEA", "LATAM"), (CRM, "Region", "!refused_value", "LATAM")),
        (LEAD, "Name", {"required": True}, (CRM, "Name", "!required", "")),
        (ON_FIELD, "Set/UTM", {"edit": False}, (CRM, "Set/UTM", "!write_right", "")),
        (ON_OBJECT, "Set", {"create": False}, (CRM, "Set", "!write_right", "create")),
    ],
)
def test_what_no_longer_fits_is_said(place: Any, key: str, facts: dict[str, Any], said: tuple[str, ...]) -> None:
    found = fitted(edited(place, key, **facts))
    assert said in broken(found)
    assert len(broken(found)) <= 2 and found.unknown == ()
    words = found.evaluation.claims[0].words
    assert words.startswith("up: ") and words.endswith(".")


@pytest.mark.parametrize(
    ("place", "key", "facts"),
    [
        (LEAD, "Name", {"required": True, "default": "x"}),
        (LEAD, "Name", {"required": True, "calculated": True}),
        (LEAD, "Name", {"required": True, "type": "option", "options": [{"value": "a", "default": True}]}),
        (LEAD, "Region", chosen("EMEA", restricted_options=False)),
        (CONTACTS, "region", {"type": "option", "options": ""}),
        (CONTACTS, "stage", {"type": "option", "options": ""}),
        (LEAD, "Status", {"externally_managed_options": True}),
        (LEAD, "UTM", {"length": 0}),
        (LEAD, "UTM", {"length": "", "type": "long_text"}),
        (ON_FIELD, "Other/UTM", {"edit": False}),
    ],
)
def test_what_no_vendor_says_is_not_held_against_a_flow(place: Any, key: str, facts: dict[str, Any]) -> None:
    assert broken(fitted(edited(place, key, **facts))) == []


def test_a_value_that_is_left_out_on_purpose_needs_no_place() -> None:
    named = msgspec.structs.replace(UP, fields=(FieldMap("stage", "Status", STAGES),))
    assert broken(fitted(flow=named)) == [(HUB, "stage", "unmapped_value", "other")]
    rest = msgspec.structs.replace(UP, fields=(FieldMap("stage", "Status", STAGES, ("*",)),))
    assert broken(fitted(flow=rest)) == []
    plain = msgspec.structs.replace(UP, fields=(FieldMap("region", "Region", left_out=("LATAM",)),))
    assert broken(fitted(edited(CONTACTS, "region", **chosen("EMEA", "LATAM")), plain)) == []


def test_an_option_that_can_no_longer_be_chosen_takes_nothing_and_brings_nothing() -> None:
    off = [{"value": "Qualified", "active": False}, {"value": "Open"}]
    assert broken(fitted(edited(LEAD, "Status", options=off))) == [(CRM, "Status", "!target_value", "Qualified")]
    dormant = [{"value": "sql"}, {"value": "lead"}, {"value": "old", "active": False}]
    assert broken(fitted(edited(CONTACTS, "stage", options=dormant))) == []


def test_what_an_object_says_must_be_filled_counts_too() -> None:
    scopes = edited(OBJECTS, "Lead", required_fields=["Name", "UTM", "elsewhere"])
    assert broken(fitted(scopes)) == [(CRM, "Name", "!required", "")]
    updates = msgspec.structs.replace(UP, creates=False)
    assert broken(fitted(scopes, updates)) == []
    assert broken(fitted({**scopes, OBJECTS: seen({})}, UP))[0][2] == "!object"
    unread = {**scopes, OBJECTS: msgspec.structs.replace(scopes[OBJECTS], gap="denied")}
    assert broken(fitted(unread)) == []
    alone = {**stack(), LEAD: msgspec.structs.replace(stack()[LEAD], parent=None)}
    assert broken(fitted(alone)) == []


def test_an_object_that_is_gone_is_one_claim() -> None:
    scopes = edited(OBJECTS, "Lead")
    found = fitted(scopes)
    assert broken(found) == [(CRM, "Lead", "!object", "")]
    assert Ref(Kind.FIELD, CRM) in found.evaluation.covered.scopes
    waiting = msgspec.structs.replace(scopes[OBJECTS], unsure=frozenset({"Lead"}))
    assert broken(fitted({**scopes, OBJECTS: waiting})) == []


def test_a_field_that_may_be_gone_is_neither_broken_nor_covered() -> None:
    scopes = edited(LEAD, "UTM")
    scopes[LEAD] = msgspec.structs.replace(scopes[LEAD], unsure=frozenset({"UTM"}))
    found = fitted(scopes)
    assert broken(found) == []
    assert "UTM of Lead in crm was not seen" in found.unknown[0]
    covered = found.evaluation.covered.scopes
    assert covered[Ref(Kind.FIELD, CRM)] == {"Status", "Region", "Name"}
    assert covered[Ref(Kind.SYNC, CRM)] == {"Status", "Region"}


def test_the_end_that_is_read_is_looked_at_though_the_other_is_not() -> None:
    assert broken(fitted(flow=DOWN)) == [(CRM, "Status", "unmapped_value", "Qualified")]
    found = fitted(edited(LEAD, "Status"), DOWN)
    assert broken(found) == [(CRM, "Status", "!field", "")]
    assert found.unknown == ("elsewhere is not read here.",)
    assert {ref.kind for ref in found.evaluation.covered.scopes} == {Kind.SCHEMA, Kind.FIELD}


def test_why_something_is_unknown_is_said() -> None:
    scopes = stack()
    del scopes[CONTACTS]
    assert fitted(scopes).unknown == ("contacts of hub was never read whole.",)
    scopes[CONTACTS] = msgspec.structs.replace(stack()[CONTACTS], gap="Denied: no right.")
    assert fitted(scopes).unknown == ("contacts of hub was not read whole: Denied: no right.",)
    scopes[CONTACTS] = msgspec.structs.replace(stack()[CONTACTS], good_at=0.0)
    assert fitted(scopes).unknown == ("What is known of contacts of hub is too old.",)


# -- rights -----------------------------------------------------------------------------------------------------------


def test_who_reads_at_the_source_must_be_able_to() -> None:
    down = msgspec.structs.replace(DOWN, fields=(FieldMap("Status", "state"),), reader="Set")
    assert broken(fitted(flow=down)) == []
    assert broken(fitted(edited(ON_FIELD, "Set/Status", read=False), down)) == [
        (CRM, "Set/Status", "!read_right", ""),
    ]
    assert broken(fitted(edited(ON_OBJECT, "Set", read=False), down)) == [(CRM, "Set", "!read_right", "read")]


def test_rights_that_were_not_read_are_unknown() -> None:
    for place in (ON_OBJECT, ON_FIELD):
        scopes = {**stack(), place: msgspec.structs.replace(stack()[place], gap="Denied")}
        assert fitted(scopes).unknown == ("What Set may do with Lead of crm is not known.",)
    nobody = {**stack(), ON_OBJECT: seen({"Other": {"edit": True}})}
    assert broken(fitted(nobody)) == [] and fitted(nobody).unknown
    nobody[SETS] = seen({"Set": {"label": "Set"}})
    assert [one[3] for one in broken(fitted(nobody))] == ["create", "edit"]
    nobody[SETS] = seen({"Set": {"modify_all": True}})
    assert broken(fitted(nobody)) == []


def test_a_user_has_the_rights_of_its_sets_and_profile() -> None:
    flow, people = msgspec.structs.replace(UP, writer="robot@x"), {"robot@x": "p-1"}
    scopes = {**stack(), USERS: seen({"p-1": {"profile": "Robots"}}), SETS: seen({})}
    assert fitted(scopes, flow, people).unknown  # what the user is assigned was not read
    scopes[GRANTS] = seen({"p-1/Set": {}, "p-2/Else": {}})
    assert broken(fitted(scopes, flow, people)) == []
    scopes[GRANTS] = seen({"p-2/Set": {}})
    assert {one[2] for one in broken(fitted(scopes, flow, people))} == {"!write_right"}
    assert (CRM, "robot@x/UTM", "!write_right", "") in broken(fitted(scopes, flow, people))
    scopes[GRANTS] = seen({"p-1/group:Robots": {}})
    assert fitted(scopes, flow, people).unknown


def test_nobody_named_is_nobody_judged() -> None:
    flow = msgspec.structs.replace(UP, writer="")
    found = fitted(edited(ON_OBJECT, "Set"), flow)
    assert (broken(found), found.unknown) == ([], ())


# -- laws -------------------------------------------------------------------------------------------------------------

PLACES = [CONTACTS, LEAD, OBJECTS, ON_OBJECT, ON_FIELD]
EDITS = [
    edited(LEAD, "UTM"), edited(CONTACTS, "stage", **chosen("lead")), edited(LEAD, "Status", **chosen("Open")),
    edited(OBJECTS, "Lead"), edited(ON_FIELD, "Set/UTM"), edited(LEAD, "Name", required=True), stack(),
]  # fmt: skip


@given(st.sampled_from(EDITS), st.sets(st.sampled_from(PLACES), min_size=1), st.sampled_from(["gap", "old", "never"]))
def test_what_was_not_read_is_never_said_to_be_broken(scopes: Any, hidden: set[Any], how: str) -> None:
    """Whatever is claimed is claimed as well when only what was read is there, and rests on covered scopes alone."""
    blind = dict(scopes)
    for place in hidden:
        if how == "never":
            del blind[place]
        else:
            changes: dict[str, Any] = {"gap": "Denied"} if how == "gap" else {"good_at": 0.0}
            blind[place] = msgspec.structs.replace(scopes[place], **changes)
    found = fitted(blind)
    assert set(broken(found)) <= set(broken(fitted(scopes)))
    for claim in found.evaluation.claims:
        ends = (
            {CONTACTS, LEAD} if claim.address.kind is Kind.SYNC else {CONTACTS if claim.address.scope == HUB else LEAD}
        )
        rests = ends | ({ON_OBJECT, ON_FIELD} if claim.address.kind is Kind.PERMISSION else set())
        if claim.address.fact == "object":
            rests = {OBJECTS}
        assert not rests & hidden
        assert found.evaluation.covered.has(claim.address)


@given(st.permutations(UP.fields), st.randoms(use_true_random=False), st.sampled_from(EDITS))
def test_the_order_of_fields_and_rows_says_nothing(fields: Any, random: Any, scopes: Any) -> None:
    shuffled = {}
    for place, one in scopes.items():
        rows = list(one.rows.items())
        random.shuffle(rows)
        shuffled[place] = msgspec.structs.replace(one, rows=dict(rows))
    flow = msgspec.structs.replace(UP, fields=tuple(fields))
    assert fitted(shuffled, flow) == fitted(scopes)


def test_a_flow_is_judged_by_its_owner_and_its_reach_begins_at_the_end_in_question() -> None:
    claim = fitted(edited(CONTACTS, "stage", **chosen("lead"))).evaluation.claims[0]
    context = Context(Subject("up", owner="revenue-operations", tier=1), flows=(UP, DOWN))
    verdict = judge(claim, context, NOW).verdict
    assert verdict is not None
    assert (verdict.rule, verdict.level, verdict.owner) == (
        "mapping.source_value.narrowed", Level.BREAKING, "revenue-operations",
    )  # fmt: skip
    assert ("up", "crm/Lead/Status") in {(r.via, r.target) for r in verdict.reach}


def test_a_flow_between_objects_that_no_field_joins_is_looked_at_as_objects() -> None:
    bare = Flow("bare", End("hub", "contacts"), End("crm", "Lead"), creates=False)
    assert broken(fitted(flow=bare)) == []
    assert broken(fitted(edited(OBJECTS, "Lead"), bare)) == [(CRM, "Lead", "!object", "")]


def test_the_view_knows_nothing_of_what_it_never_saw() -> None:
    assert view({}).gone("crm", LEAD[1]) is None
    assert view().gone("hub", CONTACTS[1]) is False
    assert mapping.place(UP.target) == CRM
