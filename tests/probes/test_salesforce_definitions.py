"""What was said of fields, read by FieldDefinition: one query for each object, five of them a call, no second page."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from probes.kit.contract import Denied, Kind, Ref, State, lost
from probes.kit.demand import look
from probes.kit.memo import Memos
from probes.salesforce import VENDOR
from probes.salesforce.calls import DATA
from tests.probes.desks import desk
from tests.probes.test_salesforce import Org

SAID, FIELDS = Ref(Kind.FIELD, "Lead.definitions"), Ref(Kind.FIELD, "Lead")
PLAIN = {"QualifiedApiName": "Fax", "DurableId": "Lead.Fax", "Description": None, "SecurityClassification": None,
         "ComplianceGroup": None, "BusinessOwnerId": None, "BusinessStatus": None, "IsFieldHistoryTracked": False,
         "LastModifiedDate": None}  # fmt: skip


def opened() -> tuple[Any, Any, Any]:
    return desk(VENDOR, options={"my_domain": "acme"})


async def read(world: Any, *listings: str, person: Any = str) -> dict[Ref, dict[str, Any]]:
    world.memories = Memos()
    _, scopes, _ = await world.poll(listings=list(listings) or ["definitions"], person=person)
    return {ref: {row.key: row.facts for row in scope.resources} for ref, scope in scopes.items()}


async def test_what_was_said_of_a_field_is_read_and_of_a_field_nobody_spoke_of_there_is_no_row() -> None:
    account, world, _ = opened()
    before = await read(world)
    email = before[SAID]["Email"]
    assert email == {"description": "Where mails of marketing go", "sensitivity": "Confidential", "deprecated": False,
                     "sensitivity_categories": ["GDPR", "PII"], "hidden": False, "history_tracked": False}  # fmt: skip
    assert before[SAID]["Status"] == {"deprecated": False, "hidden": False, "history_tracked": True}
    assert "Company" not in before[SAID] and SAID.name.replace("Lead", "LeadHistory") not in {r.name for r in before}
    assert before[Ref(Kind.FIELD, "Account.definitions")]["Customer_Tier__c"]["deprecated"] is True
    account.classify("Lead", "Email", ComplianceGroup="PII", SecurityClassification="Public", BusinessStatus="Hidden")
    account.classify("Lead", "Company", BusinessOwnerId="0055g00000A1AAA")
    after = await read(world, person=lambda name: f"p-{len(name)}")
    assert after[SAID]["Email"] == email | {"sensitivity": "Public", "sensitivity_categories": ["PII"], "hidden": True}
    assert after[SAID]["Company"]["x_business_owner"] == "p-15", "who answers for it is a person, or a group of them"


async def test_describe_does_not_change_with_what_is_said_so_it_is_asked_for_by_itself() -> None:
    account, world, _ = opened()
    before = await read(world, "fields", "definitions")
    account.classify("Lead", "Phone", SecurityClassification="Restricted")
    after = await read(world, "fields", "definitions")
    assert after[FIELDS] == before[FIELDS] and after[SAID] != before[SAID]


async def test_a_deleted_field_takes_what_was_said_of_it_along() -> None:
    account, world, _ = opened()
    account.classify("Lead", "Score__c", Description="0 to 100")
    assert "Score__c" in (await read(world))[SAID]
    account.delete_field("Lead", "Score__c")
    assert "Score__c" not in (await read(world))[SAID]


async def test_each_object_is_a_query_with_equality_alone_and_five_go_to_a_call() -> None:
    _, world, wire = opened()
    found = await read(world)
    calls = [json.loads(request.content)["compositeRequest"] for request in wire.requests
             if request.url.path == f"{DATA}/composite"]  # fmt: skip
    queries = [parse_qs(urlsplit(sub["url"]).query)["q"][0] for call in calls for sub in call]
    objects = [ref for ref in found if ref.name.endswith(".definitions")]
    assert [len(call) for call in calls[:-1]] == [5] * (len(calls) - 1) and len(queries) == len(objects)
    assert all(" WHERE EntityDefinition.QualifiedApiName = '" in query for query in queries)
    assert not any(word in query for query in queries for word in (" OR ", " NOT ", " IN ", "LIMIT", "COUNT"))
    listing = VENDOR.listing("definitions")
    assert listing.every == 86_400 and listing.cost(400) == 80, "400 objects cost 80 requests, once a day"


async def test_without_view_setup_it_is_denied_and_nothing_is_gone() -> None:
    account, world, _ = opened()
    held, _, _ = await world.poll(listings=["definitions"])
    account.revoke("ViewSetup")
    world.memories = Memos()
    left, scopes, reads = await world.poll(listings=["definitions"])
    assert reads["definitions/Lead"].coverage.state is State.DENIED
    assert not scopes[SAID].resources and not scopes[SAID].coverage.complete
    assert lost(held.grants, left.grants, scopes[SAID].needs) == {"ViewSetup"}


class Defined(Org):
    """`answers`: by object; a pair is refused with this status and code."""

    def __init__(self, **answers: Any) -> None:
        super().__init__(*answers)
        self.answers = answers

    def describe(self, sub: dict[str, Any]) -> dict[str, Any]:
        query = parse_qs(urlsplit(sub["url"]).query)["q"][0]
        answer = self.answers[query.rpartition(" = ")[2].strip("'")]
        part = {"referenceId": sub["referenceId"], "httpHeaders": {}}
        if isinstance(answer, tuple):
            return {**part, "httpStatusCode": answer[0], "body": [{"errorCode": answer[1], "message": "no"}]}
        return {**part, "httpStatusCode": 200, "body": answer}


def body(*rows: Any, **more: Any) -> dict[str, Any]:
    return {"totalSize": len(rows), "done": True, "records": list(rows), **more}


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ((400, "EXCEEDED_ID_LIMIT"), State.FAILED),
        ((400, "INVALID_TYPE"), State.DENIED),
        ((406, ""), State.FAILED),
        (body(PLAIN, done=False), State.FAILED),
        (body(PLAIN, totalSize=2), State.FAILED),
        ({"totalSize": 1, "done": True}, State.FAILED),
        (body({"QualifiedApiName": "Fax"}), State.FAILED),
        (body(7), State.FAILED),
        ([], State.FAILED),
        (None, State.FAILED),
    ],
)
async def test_an_answer_that_is_not_all_fails_its_object_alone(answer: Any, state: State) -> None:
    org = Defined(Lead=answer, Case=body({**PLAIN, "Description": "said"}))
    _, scopes, reads = await org.world().poll(listings=["definitions"])
    assert reads["definitions/Lead"].coverage.state is state, reads["definitions/Lead"].coverage
    assert scopes[Ref(Kind.FIELD, "Case.definitions")].keys == {"Fax"}
    assert not scopes[SAID].resources


async def test_an_object_of_which_nothing_was_said_is_a_reading_too() -> None:
    _, scopes, reads = await Defined(Lead=body(PLAIN)).world().poll(listings=["definitions"])
    assert reads["definitions/Lead"].coverage.complete and scopes[SAID].keys == frozenset()


async def test_one_definition_is_shown_as_a_poll_shows_it_by_one_query_of_its_object() -> None:
    _, world, wire = opened()
    _, scopes, _ = await world.poll(listings=["definitions"])
    asked = len(wire.requests)
    polled = next(row for row in scopes[SAID].resources if row.key == "Email")
    assert await look(VENDOR, world.api, SAID, "Email", person=str) == polled and polled.evidence["link"]
    (request,) = wire.requests[asked:]
    assert request.method == "GET" and " WHERE EntityDefinition.QualifiedApiName = 'Lead'" in request.url.params["q"]


@pytest.mark.parametrize("key", ["Company", "Nowhere__c"])
async def test_a_field_of_which_nothing_is_said_is_not_called_absent(key: str) -> None:
    _, world, _ = opened()
    found = await look(VENDOR, world.api, SAID, key, person=str)
    assert isinstance(found, Denied) and found.code == "NOT_FOUND" and f"Lead.{key}" in found.message


async def test_without_view_setup_one_definition_is_a_fault_too() -> None:
    account, world, _ = opened()
    account.revoke("ViewSetup")
    assert isinstance(await look(VENDOR, world.api, SAID, "Email", person=str), Denied)


async def test_a_row_leads_to_the_page_of_its_field() -> None:
    org = Defined(Lead=body({**PLAIN, "DurableId": "Lead.00N5g00000A1b2C", "Description": "said"}))
    _, scopes, _ = await org.world().poll(listings=["definitions"])
    (row,) = scopes[SAID].resources
    assert row.evidence["link"] == (
        "https://acme.my.salesforce.com/lightning/setup/ObjectManager/Lead/FieldsAndRelationships/00N5g00000A1b2C/view"
    )
