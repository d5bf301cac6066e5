"""What an address is about, and what lies downstream of it."""

from __future__ import annotations

import pytest

from monitor.core.graph import Definition, End, FieldMap, Flow, Kept, Thing, home, path, pattern_matches, reach, thing
from monitor.core.model import Address, Source
from probes.kit.contract import Kind

STAGES = {"sql": "Qualified", "lead": "Open"}
FLOWS = (
    Flow("up", End("hub", "contacts"), End("crm", "Lead"), (FieldMap("stage", "Status", STAGES), FieldMap("u", "U"))),
    Flow("ads", End("crm", "Lead"), End("ads", "leads"), (FieldMap("Status", "state"), FieldMap("U", "U"))),
    Flow("back", End("ads", "leads"), End("hub", "contacts"), (FieldMap("state", "stage"),)),
)
DEFINITIONS = (
    Definition("qualified", kept=(Kept("hub", "contacts", "stage", "sql"), Kept("crm", "Lead", "Status", "Qualified"))),
    Definition("region", kept=(Kept("crm", "Lead", "Region"),)),
)


def at(kind: Kind, scope: str, key: str, fact: str = "", item: str = "", subject: str = "crm") -> Address:
    return Address(Source.DRIFT, subject, kind, scope, key, fact, item)


@pytest.mark.parametrize(
    ("address", "about"),
    [
        (at(Kind.FIELD, "Lead", "Status"), Thing("crm", "Lead", "Status")),
        (at(Kind.SCHEMA, "objects", "Lead"), Thing("crm", "Lead")),
        (at(Kind.SCHEMA, "Lead.recordtypes", "Partner"), Thing("crm", "Lead")),
        (at(Kind.PERMISSION, "Lead.field-permissions", "set/Status"), Thing("crm", "Lead", "Status")),
        (at(Kind.PERMISSION, "Lead.object-permissions", "set"), Thing("crm", "Lead")),
        (at(Kind.PERMISSION, "permissions", "policy/leads/read"), Thing("crm", "leads")),
        (at(Kind.PERMISSION, "users", "p-1"), None),
        (at(Kind.SYNC, "flows", "1"), None),
    ],
)
def test_an_address_is_about_a_field_an_object_or_nothing(address: Address, about: Thing | None) -> None:
    assert thing(address) == about


def test_reach_goes_on_from_flow_to_flow_and_ends_in_a_circle() -> None:
    found = reach(FLOWS, DEFINITIONS, at(Kind.FIELD, "contacts", "stage", subject="hub"), None)
    assert [(r.via, r.target) for r in found] == [
        ("back", "ads/leads/state"),
        ("up", "crm/Lead/Status"),
        ("ads", "ads/leads/state"),
        ("qualified", "hub/contacts/stage"),
        ("qualified", "crm/Lead/Status"),
    ]


def test_where_the_far_field_is_not_known_reach_names_the_system_and_ends() -> None:
    flows = (
        Flow("out", End("crm", "Lead"), End("tool", ""), (FieldMap("Status", ""), FieldMap("U", ""))),
        Flow("deep", End("crm", "Lead"), End("tool", "leads"), (FieldMap("Status", ""),)),
        Flow("on", End("tool", "leads"), End("ads", "sales"), (FieldMap("stage", "state"),)),
    )
    found = reach(flows, (), at(Kind.FIELD, "Lead", "Status"), None)
    assert [(r.via, r.target, r.words) for r in found] == [
        ("out", "tool", "reads Status of crm"), ("deep", "tool/leads", "reads Status of crm")]  # fmt: skip
    whole = reach(flows[:1], (), at(Kind.SCHEMA, "objects", "Lead"), None)
    assert [r.words for r in whole] == ["reads Status of crm", "reads U of crm"]


def test_of_one_option_only_what_carries_this_value_counts() -> None:
    gone = at(Kind.FIELD, "contacts", "stage", "options", "sql", "hub")
    found = reach(FLOWS, DEFINITIONS, gone, None)
    assert [(r.via, r.words) for r in found if r.via == "qualified"] == [
        ("qualified", "“qualified” loses its value here"),
        ("qualified", "keeps “qualified”"),
    ]
    other = at(Kind.FIELD, "contacts", "stage", "options", "other", "hub")
    assert [r.via for r in reach(FLOWS, DEFINITIONS, other, None)] == ["back"]
    assert [r.via for r in reach(FLOWS, (), at(Kind.FIELD, "Lead", "Status", "options", "x"), None)] == ["ads", "back"]


def test_what_flows_cannot_name_reaches_nothing() -> None:
    assert reach(FLOWS, DEFINITIONS, at(Kind.PERMISSION, "users", "p-1"), None) == ()


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("crm/field/Lead/*", True),
        ("crm/field/Lead/Status", True),
        ("crm/field/Lead/Status/label", True),
        ("*/Status/label", True),
        ("crm/field/Lead/Stat", False),
        ("crm/field/[L]ead/*", False),
        ("crm/field", True),
    ],
)
def test_a_pattern_names_a_path_or_what_is_above_it(pattern: str, matches: bool) -> None:
    assert pattern_matches(pattern, path(at(Kind.FIELD, "Lead", "Status", "label"))) is matches


def test_what_is_said_of_a_flow_is_about_one_of_its_ends() -> None:
    def said(kind: Kind, key: str) -> Address:
        return Address(Source.MAPPING, "up", kind, "crm/Lead", key, "field")

    assert thing(said(Kind.FIELD, "Status")) == Thing("crm", "Lead", "Status")
    assert thing(said(Kind.SCHEMA, "Lead")) == Thing("crm", "Lead")
    assert thing(said(Kind.PERMISSION, "Set/Status")) == Thing("crm", "Lead", "Status")
    assert thing(said(Kind.PERMISSION, "Set")) == Thing("crm", "Lead")
    assert home(said(Kind.FIELD, "Status")) == "crm"
    assert home(at(Kind.FIELD, "contacts", "stage", subject="hub")) == "hub"
