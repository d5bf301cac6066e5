"""What no longer fits in a flow, or in a definition, hangs under the drift that brought it."""

from __future__ import annotations

from typing import Any

import msgspec

from monitor.core import cause
from monitor.core.graph import End, FieldMap, Flow
from monitor.core.model import Action, Address, CauseReason, Claim, Source
from probes.kit.contract import Kind

STAGES = FieldMap("stage", "Status", {"sql": "Qualified"})
UP = Flow("up", End("hub", "contacts"), End("crm", "Lead"), (STAGES, FieldMap("utm", "UTM")))


def drifted(
    of: str, scope: str, key: str, fact: str = "", item: str = "", kind: Kind = Kind.FIELD,
    action: Action = Action.REMOVED, **more: Any,
) -> Claim:  # fmt: skip
    return Claim(Address(Source.DRIFT, of, kind, scope, key, fact, item), action, "b", None, **more)


def missed(scope: str, key: str, fact: str, item: str = "", kind: Kind = Kind.FIELD) -> Claim:
    return Claim(Address(Source.MAPPING, "up", kind, scope, key, fact, item), Action.NARROWED)


OPTION_GONE = drifted("hub", "contacts", "stage", "options", "sql")


def test_a_mapping_hangs_under_the_drift_that_broke_it_at_either_end() -> None:
    there = missed("hub/contacts", "stage", "source_value", "sql")
    (found,) = cause.hang([there], (UP,), [OPTION_GONE])
    assert (found.under, found.because) == (OPTION_GONE.address, CauseReason.FLOW)
    added = drifted("crm", "Lead", "Status", "options", "Qualified")
    assert cause.hang([there], (UP,), [added])[0].under == added.address  # the value that it was turned into
    assert cause.hang([there], (UP,), [added, OPTION_GONE])[0].under == OPTION_GONE.address  # its own place first
    lands = missed("crm/Lead", "Status", "target_value", "Qualified")
    assert cause.hang([lands], (UP,), [OPTION_GONE])[0].under == OPTION_GONE.address


def test_another_value_order_wording_place_or_flow_broke_nothing() -> None:
    there = missed("hub/contacts", "stage", "source_value", "sql")
    others = [
        drifted("hub", "contacts", "stage", "options", "lead"),
        drifted("hub", "contacts", "stage", "options", action=Action.REORDERED),
        drifted("hub", "contacts", "stage", "options.label", "sql"),
        drifted("hub", "contacts", "other", "options", "sql"),
        drifted("hub", "users", "p-1", "", kind=Kind.PERMISSION),
        drifted("hub", "contacts.field-permissions", "Set/stage", "", kind=Kind.PERMISSION),
    ]
    assert cause.hang([there], (UP,), others)[0].under is None
    strange = msgspec.structs.replace(UP, id="else")
    assert cause.hang([there], (strange,), [drifted("crm", "Lead", "Status", "options", "Qualified")])[0].under is None
    old = missed("hub/contacts", "stage", "of_an_older_release", "sql")
    assert cause.hang([old], (UP,), [OPTION_GONE])[0].under is None


def test_an_object_that_went_took_its_fields_with_it() -> None:
    gone = drifted("crm", "objects", "Lead", kind=Kind.SCHEMA)
    assert cause.hang([missed("crm/Lead", "UTM", "field")], (UP,), [gone])[0].under == gone.address


def test_what_hangs_already_is_hung_under_the_same_root() -> None:
    root = drifted("crm", "Lead", "Other")
    child = drifted("crm", "Lead", "UTM", under=root.address, because=CauseReason.SAME_EDIT)
    assert cause.hang([missed("crm/Lead", "UTM", "field")], (UP,), [root, child])[0].under == root.address


def test_a_right_that_is_missed_hangs_under_the_right_that_went() -> None:
    lost = drifted("crm", "Lead.field-permissions", "HubSpot_Integration/Status", "edit", kind=Kind.PERMISSION)
    missing = missed("crm/Lead", "HubSpot_Integration/Status", "write_right", kind=Kind.PERMISSION)
    another = drifted("crm", "Lead.field-permissions", "Sales/Status", "edit", kind=Kind.PERMISSION)
    assert cause.hang([missing], (UP,), [lost, another])[0].under == lost.address
    assert cause.hang([missing], (UP,), [another])[0].under is None


def test_a_definition_hangs_under_the_drift_that_took_its_value() -> None:
    at = Address(Source.DEFINITION, "hub", Kind.FIELD, "contacts", "stage", "value", "qualified")
    left = Claim(at, Action.NARROWED, ["sql"], None)
    assert cause.hang([left], (), [OPTION_GONE])[0].under == OPTION_GONE.address
    assert cause.hang([left], (), [drifted("hub", "contacts", "stage", "options", "lead")])[0].under is None
    whole = msgspec.structs.replace(left, address=msgspec.structs.replace(at, fact="field"), before=None)
    gone = drifted("hub", "contacts", "stage")
    assert cause.hang([whole], (), [gone])[0].under == gone.address
