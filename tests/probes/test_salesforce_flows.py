"""Which fields a Salesforce flow reads and writes, by the keys of the metadata type Flow."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from probes.kit.contract import Kind, Ref, State
from probes.salesforce.calls import COMPOSITE
from probes.salesforce.flows import used
from tests.probes.kit.world import js
from tests.probes.test_salesforce import Org

FLOWS = Ref(Kind.AUTOMATION, "flows")
START = {"object": "Lead", "triggerType": "RecordAfterSave"}


def flow(**elements: Any) -> dict[str, Any]:
    return {"start": START, **elements}


@pytest.mark.parametrize(
    ("elements", "reads", "writes"),
    [
        ({"start": {**START, "filters": [{"field": "Region__c"}]}}, ["Lead/Region__c"], []),
        ({"start": {**START, "filterFormula": "ISBLANK({!$Record.City})"}}, ["Lead/City"], []),
        ({"start": {**START, "scheduledPaths": [{"recordField": "Due__c"}]}}, ["Lead/Due__c"], []),
        (
            {"recordUpdates": [{"inputReference": "$Record", "filters": [], "inputAssignments": [
                {"field": "Rating", "value": {"elementReference": "$Record.Score__c"}}]}]},
            ["Lead/Score__c"], ["Lead/Rating"],
        ),
        (
            {"recordUpdates": [{"object": "Contact", "filters": [{"field": "Email"}], "inputAssignments": [
                {"field": "Title", "value": {"stringValue": "{!Get_It.Job_Title__c}"}}]}],
             "recordLookups": [{"name": "Get_It", "object": "Case", "queriedFields": ["Id"], "sortField": "Age"}]},
            ["Case/Age", "Case/Id", "Case/Job_Title__c", "Contact/Email"], ["Contact/Title"],
        ),
        (
            {"assignments": [{"assignmentItems": [
                {"assignToReference": "one.Status", "value": {"elementReference": "$Record.Owner:User.Team__c"}},
                {"assignToReference": "text", "value": {"elementReference": "$Record.Place__r.Region__c"}}]}],
             "variables": [{"name": "one", "objectType": "Lead"}, {"name": "text", "objectType": None}]},
            ["*/Region__c", "Lead/OwnerId", "Lead/Place__c", "User/Team__c"], ["Lead/Status"],
        ),
        (
            {"recordLookups": [{"name": "All", "object": "Case"}],
             "loops": [{"name": "each", "collectionReference": "All"}, {"name": "other", "collectionReference": "x"}],
             "decisions": [{"rules": [{"conditions": [
                {"leftValueReference": "each.Stage", "rightValue": {"elementReference": "$Flow.CurrentDate"}},
                {"leftValueReference": "other.Stage", "rightValue": {"elementReference": "All[0].Size__c"}}]}]}]},
            ["*/Stage", "Case/Size__c", "Case/Stage"], [],
        ),
        ({"collectionProcessors": [{"collectionReference": "x", "sortOptions": [{"sortField": "Rank__c"}]}]},
         ["*/Rank__c"], []),
        ({"formulas": [{"expression": "{!$User.Team__c} & {!text} & {!$Label.Greeting} & {!all[0].Name}"}]},
         ["*/Name", "User/Team__c"], []),
        ({"formulas": [{"expression": "{!$Setup.Limits__c.Most__c} + {!$CustomMetadata.Rate__mdt.EU.Tax__c}"}]},
         ["Limits__c/Most__c", "Rate__mdt/Tax__c"], []),
        ({"recordDeletes": [{"inputReference": "gone", "filters": [{"field": "Old__c"}]}]}, ["*/Old__c"], []),
        ({"screens": [{"fields": [{"objectFieldReference": "one.City"}]}],
          "variables": [{"name": "one", "objectType": "Lead"}]}, [], ["Lead/City"]),
        ({"dynamicChoiceSets": [{"picklistObject": "Case", "picklistField": "Reason"}]}, ["Case/Reason"], []),
        ({"transforms": [{"name": "t", "objectType": "Task", "transformValues": [{"transformValueActions": [
            {"outputFieldApiName": "Subject", "value": {"elementReference": "$Record.Name"}}]}]}]},
         ["Lead/Name"], ["Task/Subject"]),
        ({"waits": [{"waitEvents": [{"inputParameters": [
            {"name": "TimeFieldColumnEnumOrId", "value": {"stringValue": "Due__c"}}]}]}]}, ["*/Due__c"], []),
    ],
)  # fmt: skip
def test_fields_stand_in_filters_assignments_and_references(elements: Any, reads: Any, writes: Any) -> None:
    assert used(flow(**elements), []) == {"object": "Lead", "reads": reads, "writes": writes, "opaque": None}


def test_a_process_names_its_object_beside_the_elements() -> None:
    named = [{"name": "ObjectType", "value": {"stringValue": "Lead"}}]
    assert used({"start": None, "processMetadataValues": named}, [])["object"] == "Lead"
    assert used({"processMetadataValues": [{"name": "BuilderType"}]}, [])["object"] is None


@pytest.mark.parametrize(
    ("elements", "opaque"),
    [
        ({"actionCalls": [{"actionType": "emailSimple", "inputParameters": [{"name": "emailBody"}]}]}, None),
        ({"actionCalls": [{"actionType": "emailSimple", "inputParameters": [{"name": "emailTemplateId"}]}]}, True),
        ({"actionCalls": [{"actionType": "emailSimple"}, {"actionType": "apex"}]}, True),
        ({"actionCalls": [{"actionType": "flow", "actionName": "Known"}]}, None),
        ({"actionCalls": [{"actionType": "flow", "actionName": "Elsewhere"}]}, True),
        ({"subflows": [{"flowName": "Known"}]}, None),
        ({"subflows": [{"flowName": "Known"}, {"flowName": "Elsewhere"}]}, True),
        ({"apexPluginCalls": [{"apexClass": "Old"}]}, True),
        ({"newElements": [{"name": "of a later release"}]}, True),
        ({"screens": [{"fields": [{"fields": [{"extensionName": "c:map"}]}]}]}, True),
        ({"screens": [{"fields": [{"fieldText": "Hello", "extensionName": None}]}]}, None),
    ],
)
def test_what_cannot_be_seen_into_is_said_to_be_so(elements: Any, opaque: bool | None) -> None:
    assert used(flow(**elements), ["Known"])["opaque"] is opaque


def row(name: str, active: str | None = "3011", **more: Any) -> dict[str, Any]:
    return {"DurableId": f"d-{name}", "ApiName": name, "NamespacePrefix": None, "Label": name, "ProcessType": "Flow",
            "ActiveVersionId": active, "LatestVersionId": active, "LastModifiedDate": "2026-11-01T08:00:00.000+0000",
            **more}  # fmt: skip


class Flowing(Org):
    """`versions`: Metadata by id; an id that is not there is refused, and a record may come without it."""

    def __init__(self, *rows: dict[str, Any], **versions: Any) -> None:
        super().__init__()
        self.tables["FlowDefinitionView"] = list(rows)
        self.versions = {name.strip("v"): told for name, told in versions.items()}
        self.asked: list[list[str]] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != COMPOSITE:
            return super().handle(request)
        asked = json.loads(request.content)["compositeRequest"]
        self.asked.append([sub["url"].rpartition("/tooling/sobjects/Flow/")[2] for sub in asked])
        return js({"compositeResponse": [self.version(sub, id) for sub, id in zip(asked, self.asked[-1], strict=True)]})

    def version(self, sub: dict[str, Any], id: str) -> dict[str, Any]:
        part = {"referenceId": sub["referenceId"], "httpHeaders": {}}
        if id not in self.versions:
            return {**part, "httpStatusCode": 404, "body": [{"errorCode": "NOT_FOUND", "message": "no"}]}
        return {**part, "httpStatusCode": 200, "body": {"Id": id, **self.versions[id]}}

    async def facts(self, world: Any) -> tuple[dict[str, Any], State]:
        _, scopes, reads = await world.poll(listings=["flows"])
        return {one.key: one.facts for one in scopes[FLOWS].resources}, reads["flows"].coverage.state


SEES = {"Metadata": flow(formulas=[{"expression": "{!$Record.City}"}])}
TOLD = {"object": "Lead", "reads": ["Lead/City"], "native_type": "Flow"}


async def test_versions_that_the_org_owns_are_asked_for_25_to_a_call_and_only_when_the_list_moved() -> None:
    org = Flowing(*(row(f"F{n}", f"30{n}") for n in range(30)), **{f"v30{n}": SEES for n in range(31)})
    org.tables["FlowDefinitionView"] += [row("None", None), row("Packed", "399", NamespacePrefix="acme")]
    world = org.world()
    facts, state = await org.facts(world)
    assert [len(ids) for ids in org.asked] == [25, 5] and state is State.COMPLETE
    assert facts["F7"] == {**TOLD, "active": True} and facts["None"] == {"active": False, "native_type": "Flow"}
    assert facts["acme__Packed"] == {"active": True, "native_type": "Flow", "opaque": True}
    assert (await org.facts(world))[1] is State.COMPLETE
    assert len(org.asked) == 2
    org.tables["FlowDefinitionView"][7] = row("F7", "3030")
    org.versions["3030"] = {"Metadata": flow(formulas=[{"expression": "{!$Record.Phone}"}])}
    facts, _ = await org.facts(world)
    assert facts == {"F7": {**TOLD, "active": True, "reads": ["Lead/Phone"]}}


async def test_a_flow_that_is_switched_off_keeps_what_it_does() -> None:
    org = Flowing(row("Off", None, LatestVersionId="301"), v301=SEES)
    facts, _ = await org.facts(org.world())
    assert facts["Off"] == {**TOLD, "active": False}


@pytest.mark.parametrize("told", [None, {}, {"Metadata": None}, {"Metadata": {"variables": ["odd"]}}])
async def test_a_version_that_does_not_come_fails_its_own_flow(told: Any) -> None:
    """Refused, bare, or of another shape: the others are read, and what was known of this one stands."""
    org = Flowing(row("Here", "301"), row("Lost", "302"), v301=SEES, **({} if told is None else {"v302": told}))
    world = org.world()
    facts, state = await org.facts(world)
    assert set(facts) == {"Here"} and state is State.PARTIAL
    org.versions["302"] = SEES
    facts, state = await org.facts(world)
    assert set(facts) == {"Here", "Lost"} and state is State.COMPLETE


async def test_where_no_version_may_be_read_the_list_takes_the_fault() -> None:
    facts, state = await (org := Flowing(row("Lost", "302"))).facts(org.world())
    assert facts == {} and state is State.DENIED


async def test_a_composite_that_leaves_a_version_out_does_not_make_the_flow_one_that_uses_nothing() -> None:
    org = Flowing(row("Here", "301"), row("Lost", "302"), v301=SEES, v302=SEES)
    plain = org.handle

    def short(request: httpx.Request) -> httpx.Response:
        answer = plain(request)
        if request.url.path == COMPOSITE:
            return js({"compositeResponse": json.loads(answer.content)["compositeResponse"][:1]})
        return answer

    org.handle = short  # type: ignore[method-assign]
    facts, state = await org.facts(org.world())
    assert set(facts) == {"Here"} and state is State.PARTIAL
