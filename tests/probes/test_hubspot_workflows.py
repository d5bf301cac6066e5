"""Which properties a HubSpot workflow reads and writes, by the keys of the vendor's published specification."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from probes.hubspot.workflows import properties, workflows
from probes.kit.api import Answer
from probes.kit.contract import Malformed


def action(type: str = "SINGLE_CONNECTION", **fields: Any) -> dict[str, Any]:
    return {"actionId": "1", "type": type, "actionTypeId": "0-5", "actionTypeVersion": 0, "fields": fields}


def said(*actions: Any, **more: Any) -> tuple[list[str], list[str], Any]:
    found = properties({"id": "1", "objectTypeId": "0-1", "actions": list(actions), **more})
    return found["reads"], found["writes"], found["opaque"]


def test_what_an_action_sets_is_written_and_what_it_copies_is_read_of_any_object() -> None:
    static = {"type": "STATIC_VALUE", "staticValue": "{{ enrolled_object.city }}"}
    copied = {"type": "OBJECT_PROPERTY", "propertyName": "owner"}
    there = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 5}
    made = {"object_type_id": "0-3", "properties": [{"targetProperty": "dealname", "value": copied}]}
    assert said(action(property_name="region", value=static)) == (["*/city"], ["contacts/region"], None)
    assert said(action(property_name="tier", association=there, value=copied)) == (["*/owner"], ["*/tier"], None)
    assert said(action(**made)) == (["*/owner"], ["deals/dealname"], None)


def test_conditions_are_read_of_the_object_that_their_branch_is_about() -> None:
    inner = {"filterBranchType": "ASSOCIATION", "objectTypeId": "0-2", "filters": [{"property": "domain"}]}
    more = {"operation": {"comparisonPropertyName": "closed_at"}, "property": "opened_at", "filterType": "PROPERTY"}
    criteria = {"type": "LIST_BASED", "listFilterBranch": {"filterBranches": [inner], "filters": [more]}}
    reads, writes, _ = said(enrollmentCriteria=criteria, eventAnchor={"contactProperty": "born_on"})
    assert reads == ["companies/domain", "contacts/born_on", "contacts/closed_at", "contacts/opened_at"]
    assert writes == []


@pytest.mark.parametrize("type", ["CUSTOM_CODE", "WEBHOOK"])
def test_code_and_addresses_that_are_called_cannot_be_seen_into(type: str) -> None:
    assert said(action(type))[2] is True
    assert said(objectTypeId="2-44", sort={"property": "serial"})[0] == ["2-44/serial"]


class Client:
    """Answers with a list of two workflows, and with these details."""

    def __init__(self, *details: str) -> None:
        self.details = [
            {"id": id, "objectTypeId": "0-1", "actions": [action(property_name="region")]} for id in details
        ]

    async def every(self, *_: Any) -> list[Any]:
        return [{"id": "1", "name": "One", "isEnabled": True}, {"id": "2", "name": "Two", "isEnabled": False}]

    async def ask(self, ask: Any) -> Answer:
        assert [one["flowId"] for one in ask.body["inputs"]] == ["1", "2"]
        return Answer(200, {}, msgspec.json.encode({"results": self.details}))


async def test_a_workflow_whose_details_are_kept_back_did_not_stop_using_anything() -> None:
    ((_, whole),) = [one async for one in workflows(Client("2", "1"), [{}], [{}])]  # type: ignore[arg-type]
    assert isinstance(whole, Answer)
    assert [row["writes"] for row in whole.value("results")] == [["contacts/region"], ["contacts/region"]]
    with pytest.raises(Malformed, match="left out 1 of 2 workflows, such as 2"):
        assert [one async for one in workflows(Client("1"), [{}], [{}])]  # type: ignore[arg-type]
