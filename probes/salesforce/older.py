"""What acts on records beside flows and Apex: workflow rules, and the rules by which records count as the same.

WorkflowRule and WorkflowFieldUpdate are objects of the tooling reference. Whether a rule is on, on what, and what it
does stands in its Metadata (the metadata type Workflow), one record at a time, asked for as `rules` asks and only when
a row of the list moved. Of its actions a field update alone says what it writes; alerts, outbound messages, tasks and
flows make the rule one that cannot be seen into, and so does an update that is not found by its name (that the list
gives the unique name is not verified at a vendor's org). Rules of a managed package are not asked about.

MatchingRule and MatchingRuleItem are in the object reference (View Setup and Configuration). A matching rule decides
by fields what counts as a duplicate; which duplicate rule uses it, the API does not give.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any, Final

from probes.kit.api import Answer, Client
from probes.kit.coded import made, once
from probes.kit.contract import Fault, Kind, Malformed, canonical, digest
from probes.kit.listing import Listing, Row, keep
from probes.kit.stumble import VENDOR_ERRORS, unread

from .calls import PAGES, holder, packed, records, select, soql

HOUR: Final = 3600.0
_RULE: Final = "Id, Name, TableEnumOrId, NamespacePrefix, LastModifiedDate"
_UPDATE: Final = "Id, Name, EntityDefinition.QualifiedApiName, FieldDefinition.QualifiedApiName, LastModifiedDate"
_MATCH: Final = (
    "Id, DeveloperName, MasterLabel, NamespacePrefix, Description, SobjectType, RuleStatus, BooleanFilter, "
    "LastModifiedDate"
)
_CALLED: Final = ("SobjectType", "NamespacePrefix", "DeveloperName")
Writes = Mapping[tuple[str, str], str]  # object and name of a field update -> the field


async def workflow_rules(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """Every workflow rule, with what it goes by and what it writes."""
    rules = await api.every(soql(select(_RULE, "WorkflowRule"), tooling=True), PAGES, "records")
    updates = await api.every(soql(select(_UPDATE, "WorkflowFieldUpdate"), tooling=True), PAGES, "records")
    rules, updates = sorted(rules, key=canonical), sorted(updates, key=canonical)
    mark = digest(canonical([rules, updates])).hex()
    if validators[0].get("If-None-Match") == mark:
        yield parents[0], Answer(304, {}, b"")
        return
    told = await records(api, "WorkflowRule", [str(row["Id"]) for row in rules if not packed(row)])
    writes = _writes(updates)
    full: dict[tuple[str, str], dict[str, Any]] = {}
    lacks: Fault | None = None
    for row in rules:
        try:
            one = _packaged(row) if packed(row) else _rule(row, told.get(str(row["Id"])), writes)
        except Fault as fault:
            lacks = lacks or fault
        except VENDOR_ERRORS as error:  # one rule of another shape takes no other with it
            lacks = lacks or unread(error)
        else:
            full.setdefault((one["object"], one["name"]), one)
    answer = Answer(200, {"etag": mark}, made({"records": list(full.values())}).raw, lacks=lacks)
    yield parents[0], lacks if lacks and not full else answer


def _writes(updates: Sequence[Mapping[str, Any]]) -> Writes:
    """By the name that actions give, in which blanks are underscores."""
    found: dict[tuple[str, str], str] = {}
    for row in updates:
        at, field = row.get("EntityDefinition") or {}, row.get("FieldDefinition") or {}
        object, name = str(at.get("QualifiedApiName")), str(row["Name"]).replace(" ", "_")
        if field.get("QualifiedApiName"):
            found[object, name] = f"{object}/{field['QualifiedApiName']}"
    return found


def _packaged(row: Mapping[str, Any]) -> dict[str, Any]:
    """Its object is given by an id where it is a custom one, which another org does not share."""
    return {**row, "object": "", "name": holder(row), "opaque": True}


def _rule(row: Mapping[str, Any], told: Answer | Fault | None, writes: Writes) -> dict[str, Any]:
    """Raises the Fault that came instead of the record: without it the rule would seem to do nothing any more."""
    if isinstance(told, Fault):
        raise told
    record = told.value() if told is not None else None
    if not isinstance(record, Mapping) or not record.get("Metadata"):
        raise Malformed(f"the workflow rule {row['Name']} came without its Metadata")
    meta, object = record["Metadata"], str(record["FullName"]).partition(".")[0]
    waits = meta.get("workflowTimeTriggers") or ()
    items = [{name: one.get(name) for name in ("field", "operation", "value", "valueField")}
             for one in meta.get("criteriaItems") or ()]  # fmt: skip
    actions = [one for some in (meta, *waits) for one in some.get("actions") or ()]
    written = [writes.get((object, one["name"])) if one["type"] == "FieldUpdate" else None for one in actions]
    reads = {place for one in items for name in ("field", "valueField") if (place := _place(one[name]))}
    reads |= {place for one in waits if (place := _place(one.get("offsetFromField")))}
    return {
        **row, "object": object, "name": str(row["Name"]), "active": meta.get("active"),
        "trigger": meta.get("triggerType"), "description": meta.get("description"), "formula": meta.get("formula"),
        "criteria": {"logic": meta.get("booleanFilter"), "items": items} if items else None, "reads": sorted(reads),
        "writes": sorted({place for place in written if place}), "opaque": None in written or None,
        "actions": [f"{one['type']}:{one['name']}" for one in actions],
    }  # fmt: skip


def _place(named: str | None) -> str:
    """Case.Priority as object and field; empty for what is none, such as the day on which a rule was met."""
    object, dot, field = str(named or "").partition(".")
    return f"{object}/{field}" if dot else ""


@once
async def matching_rules(api: Client) -> Answer:
    """Every matching rule with the fields that it compares, in their order."""
    rules = await api.every(soql(select(_MATCH, "MatchingRule")), PAGES, "records")
    of = ", ".join(f"MatchingRule.{name}" for name in _CALLED)
    items: dict[tuple[Any, ...], list[Mapping[str, Any]]] = defaultdict(list)
    what = f"Id, {of}, Field, MatchingMethod, BlankValueBehavior, SortOrder"
    for item in await api.every(soql(select(what, "MatchingRuleItem")), PAGES, "records"):
        items[_called(item["MatchingRule"])].append(item)
    return made({"records": [{**rule, **_compared(rule, items[_called(rule)])} for rule in rules]})


def _called(rule: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(rule.get(name) for name in _CALLED)


def _compared(rule: Mapping[str, Any], items: Collection[Mapping[str, Any]]) -> dict[str, Any]:
    order = sorted(items, key=lambda item: (item.get("SortOrder") or 0, str(item["Field"])))
    return {
        "name": holder({**rule, "Name": rule["DeveloperName"]}),
        "reads": sorted({f"{rule['SobjectType']}/{item['Field']}" for item in order}),
        "criteria": [{"field": item["Field"], "method": item.get("MatchingMethod"),
                      "blank": item.get("BlankValueBehavior")} for item in order],
    }  # fmt: skip


OLDER: Final = (
    Listing(
        name="workflow-rules", kind=Kind.AUTOMATION, fetch=workflow_rules, per_fetch=3, conditional="etag",
        records="records", key="object && [object, name] || name", id="Id", every=HOUR,
        facts=keep("active trigger description formula criteria reads writes actions opaque",
                   object="object || `null`", label="Name"),
        evidence={"at": "LastModifiedDate"}, link="{base}/lightning/setup/WorkflowRules/page?address=/{id}",
    ),
    Listing(
        name="matching-rules", kind=Kind.AUTOMATION, fetch=matching_rules, per_fetch=2, records="records",
        key="[SobjectType, name]", id="Id", every=HOUR, needs=("ViewSetup",), always=("active", "status"),
        facts=keep("reads criteria", label="MasterLabel", description="Description", object="SobjectType",
                   status="RuleStatus", active="RuleStatus == 'Active'", formula="BooleanFilter"),
        evidence={"at": "LastModifiedDate"}, link="{base}/lightning/setup/MatchingRules/page?address=/{id}",
    ),
)  # fmt: skip
