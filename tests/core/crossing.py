"""A small stack for the tests of flows and definitions: two systems, joined by one flow each way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from monitor.core import mapping
from monitor.core.graph import End, FieldMap, Flow
from monitor.core.row import Row
from monitor.core.stack import Seen, StackView
from probes.kit.contract import Kind, Parent, Ref

NOW = 1000.0
CONTACTS, LEAD = ("hub", Ref(Kind.FIELD, "contacts")), ("crm", Ref(Kind.FIELD, "Lead"))
OBJECTS = ("crm", Ref(Kind.SCHEMA, "objects"))
ON_OBJECT = ("crm", Ref(Kind.PERMISSION, "Lead.object-permissions"))
ON_FIELD = ("crm", Ref(Kind.PERMISSION, "Lead.field-permissions"))
SETS, USERS = ("crm", Ref(Kind.PERMISSION, "permission-sets")), ("crm", Ref(Kind.PERMISSION, "users"))
GRANTS = ("crm", Ref(Kind.PERMISSION, "assignments"))
STAGES = {"sql": "Qualified", "lead": "Open"}
UP = Flow(
    "up",
    End("hub", "contacts"),
    End("crm", "Lead"),
    (FieldMap("stage", "Status", STAGES, ("other",)), FieldMap("utm", "UTM"), FieldMap("region", "Region")),
    writer="Set",
)
DOWN = Flow("down", End("crm", "Lead"), End("elsewhere", "leads"), (FieldMap("Status", "state", {"Open": "new"}),))


def chosen(*values: str, **more: Any) -> dict[str, Any]:
    return {"type": "option", "options": [{"value": value} for value in values], **more}


def seen(rows: Mapping[str, Mapping[str, Any]], **more: Any) -> Seen:
    return Seen(**{"rows": {k: Row(v) for k, v in rows.items()}, "good_at": NOW - 10, "good_for": 100.0, **more})


def stack() -> dict[tuple[str, Ref], Seen]:
    """All of it, and all of it fits."""
    text = {"type": "text", "length": 80}
    return {
        CONTACTS: seen({"stage": chosen("sql", "lead", "other"), "utm": text, "region": chosen("EMEA", "AMER")}),
        LEAD: seen(
            {
                "Status": chosen("Qualified", "Open", permissionable=True),
                "UTM": {**text, "length": 120, "permissionable": True},
                "Region": chosen("EMEA", "AMER", "APAC"),
                "Name": {"type": "text"},
            },
            parent=Parent(OBJECTS[1], "Lead"),
        ),
        OBJECTS: seen({"Lead": {"label": "Lead"}}),
        ON_OBJECT: seen({"Set": {"read": True, "create": True, "edit": True}}),
        ON_FIELD: seen({"Set/Status": {"read": True, "edit": True}, "Set/UTM": {"read": True, "edit": True}}),
    }


def edited(place: tuple[str, Ref], key: str, **facts: Any) -> dict[tuple[str, Ref], Seen]:
    """The stack with other facts of one resource; without facts it is gone."""
    scopes = stack()
    rows = dict(scopes[place].rows)
    if facts:
        rows[key] = Row({k: v for k, v in {**(rows[key].facts if key in rows else {}), **facts}.items() if v != ""})
    else:
        del rows[key]
    return {**scopes, place: msgspec.structs.replace(scopes[place], rows=rows)}


def view(scopes: Mapping[tuple[str, Ref], Seen] | None = None, now: float = NOW) -> StackView:
    return StackView(stack() if scopes is None else scopes, frozenset({"hub", "crm"}), now)


def fitted(
    scopes: Mapping[tuple[str, Ref], Seen] | None = None, flow: Flow = UP, people: Mapping[str, str] | None = None
) -> mapping.Fitting:
    return mapping.evaluate(flow, view(scopes), people or {}, 1)


def broken(found: mapping.Fitting) -> list[tuple[str, str, str, str]]:
    """Where, key, fact and item of every claim, with ! before the fact when data does not get through."""
    return [
        (c.address.scope, c.address.key, ("!" if c.action == "narrowed" else "") + c.address.fact, c.address.item)
        for c in found.evaluation.claims
    ]
