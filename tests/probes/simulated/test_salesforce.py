"""The simulated Salesforce org answers as the vendor documents, and its changes show up the way they do there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from probes.simulated.salesforce import Account
from probes.simulated.salesforce.wire import checked, identifier

SECRET = "simulated-secret"
ROOT = "/services/data/v68.0"
# The keys of the two real answers named in probes/simulated/salesforce/wire.py.
DESCRIBE = """actionOverrides activateable childRelationships compactLayoutable createable custom customSetting
deepCloneable defaultImplementation deletable deprecatedAndHidden extendedBy extendsInterfaces feedEnabled
fields hasSubtypes implementedBy implementsInterfaces isInterface isSubtype keyPrefix label labelPlural
layoutable listviewable lookupLayoutable mergeable mruEnabled name namedLayoutInfos networkScopeFieldName
queryable recordTypeInfos replicateable retrieveable searchLayoutable searchable supportedScopes triggerable
undeletable updateable urls"""
FIELD = """aggregatable aiPredictionField autoNumber byteLength calculated calculatedFormula cascadeDelete caseSensitive
compoundFieldName controllerName createable custom defaultValue defaultValueFormula defaultedOnCreate dependentPicklist
deprecatedAndHidden digits displayLocationInDecimal encrypted externalId extraTypeInfo filterable filteredLookupInfo
formulaTreatNullNumberAsZero groupable highScaleNumber htmlFormatted idLookup inlineHelpText label length mask maskType
name nameField namePointing nillable permissionable picklistValues polymorphicForeignKey precision queryByDistance
referenceTargetField referenceTo relationshipName relationshipOrder restrictedDelete restrictedPicklist scale
searchPrefilterable soapType sortable type unique updateable writeRequiresMasterRead"""


class Now:
    def __init__(self) -> None:
        self.at = 1_795_300_000.0

    def now(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Now:
    return Now()


@pytest.fixture
def org(clock: Now) -> Account:
    return Account(clock=clock, control_token="open", page=0)


@pytest.fixture
async def api(org: Account) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(org.app), base_url="http://org.test") as client:
        await sign_in(client)
        yield client


async def sign_in(client: httpx.AsyncClient, secret: str = SECRET) -> httpx.Response:
    client.headers.pop("Authorization", None)
    answer = await client.post(
        "/services/oauth2/token", data={"grant_type": "client_credentials"}, auth=("simulated-client", secret)
    )
    if answer.status_code == 200:
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return answer


async def ask(api: httpx.AsyncClient, query: str, tooling: bool = False) -> httpx.Response:
    return await api.get(f"{ROOT}{'/tooling' if tooling else ''}/query", params={"q": query})


async def lead(api: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    answer = await api.get(f"{ROOT}/sobjects/Lead/describe")
    return {field["name"]: field for field in answer.json()["fields"]}


async def test_a_describe_has_every_key_the_vendor_sends(api: httpx.AsyncClient) -> None:
    whole = (await api.get(f"{ROOT}/sobjects/Lead/describe")).json()
    assert set(whole) == set(DESCRIBE.split())
    assert {frozenset(field) for field in whole["fields"]} == {frozenset(FIELD.split())}
    assert {len(value) for field in whole["fields"] for value in field["picklistValues"]} == {5}
    listed = (await api.get(f"{ROOT}/sobjects")).json()
    assert {len(entry) for entry in listed["sobjects"]} == {28}
    assert listed["encoding"] == "UTF-8"


async def test_a_caller_with_a_good_copy_gets_304_until_the_object_changes(
    api: httpx.AsyncClient, org: Account
) -> None:
    for path in (f"{ROOT}/sobjects", f"{ROOT}/sobjects/Lead/describe"):
        first = await api.get(path)
        again = await api.get(path, headers={"If-Modified-Since": first.headers["last-modified"]})
        assert (again.status_code, again.content) == (304, b"")
        org.alter_field("Lead", "Score__c", precision=4)
        changed = await api.get(path, headers={"If-Modified-Since": first.headers["last-modified"]})
        assert changed.status_code == 200
        assert changed.headers["last-modified"] != first.headers["last-modified"]


async def test_two_changes_in_one_second_have_two_validators(api: httpx.AsyncClient, org: Account) -> None:
    seen = set()
    for precision in (4, 3, 2):
        org.alter_field("Lead", "Score__c", precision=precision)
        seen.add((await api.get(f"{ROOT}/sobjects/Lead/describe")).headers["last-modified"])
    assert len(seen) == 3


async def test_a_composite_counts_as_one_call_and_gives_304_for_its_parts(api: httpx.AsyncClient, org: Account) -> None:
    stamp = (await api.get(f"{ROOT}/sobjects/Lead/describe")).headers["last-modified"]
    used = org.used
    parts = [
        {"method": "GET", "url": f"{ROOT}/sobjects/Contact/describe", "referenceId": "whole"},
        {"method": "GET", "url": f"{ROOT}/sobjects/Lead/describe", "referenceId": "same",
         "httpHeaders": {"If-Modified-Since": stamp}},
        {"method": "GET", "url": f"{ROOT}/sobjects/Nothing/describe", "referenceId": "gone"},
        {"method": "GET", "url": f"{ROOT}/query?q=SELECT+Name+FROM+Organization", "referenceId": "asked"},
    ]  # fmt: skip
    answer = await api.post(f"{ROOT}/composite", json={"compositeRequest": parts})
    found = {part["referenceId"]: part for part in answer.json()["compositeResponse"]}
    assert {name: part["httpStatusCode"] for name, part in found.items()} == {
        "whole": 200, "same": 304, "gone": 404, "asked": 200,
    }  # fmt: skip
    assert found["same"]["body"] is None
    assert found["whole"]["httpHeaders"]["Last-Modified"]
    assert found["gone"]["body"][0]["errorCode"] == "NOT_FOUND"
    assert found["asked"]["body"]["records"][0]["Name"] == "Example Industrial Supply"
    assert org.used == used + 1


@pytest.mark.parametrize(("url", "count"), [("sobjects/Lead/describe", 26), ("query?q=SELECT+Id+FROM+User", 6)])
async def test_a_composite_of_too_many_parts_is_refused(api: httpx.AsyncClient, url: str, count: int) -> None:
    parts = [{"method": "GET", "url": f"{ROOT}/{url}", "referenceId": f"r{n}"} for n in range(count)]
    answer = await api.post(f"{ROOT}/composite", json={"compositeRequest": parts})
    assert answer.status_code == 400


async def test_a_batch_counts_each_part(api: httpx.AsyncClient, org: Account) -> None:
    used = org.used
    parts = [
        {"method": "GET", "url": "v68.0/sobjects/Lead/describe"},
        {"method": "GET", "url": "v68.0/sobjects/No/describe"},
    ]
    answer = (await api.post(f"{ROOT}/composite/batch", json={"batchRequests": parts})).json()
    assert [part["statusCode"] for part in answer["results"]] == [200, 404]
    assert answer["hasErrors"] is True
    assert org.used == used + 3


async def test_field_level_security_makes_a_field_vanish_from_describe_and_soql(
    api: httpx.AsyncClient, org: Account
) -> None:
    assert "Score__c" in await lead(api)
    org.hide_field("Lead", "Score__c")
    assert "Score__c" not in await lead(api)
    refused = await ask(api, "SELECT Score__c FROM Lead")
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "INVALID_FIELD")
    org.set_permission("Driftline_Monitor", "Lead", "Score__c", read=True)
    assert "Score__c" in await lead(api)


async def test_object_rights_make_an_object_vanish(api: httpx.AsyncClient, org: Account) -> None:
    async def names() -> set[str]:
        return {entry["name"] for entry in (await api.get(f"{ROOT}/sobjects")).json()["sobjects"]}

    assert {"Lead", "LeadHistory", "Case"} <= await names()
    org.set_permission("Driftline_Monitor", "Case", read=False)
    assert "Case" not in await names()
    assert (await api.get(f"{ROOT}/sobjects/Case/describe")).json()[0]["errorCode"] == "NOT_FOUND"
    assert (await ask(api, "SELECT Id FROM Case")).json()[0]["errorCode"] == "INVALID_TYPE"


async def test_a_read_only_user_sees_nothing_writable_and_a_writer_does(api: httpx.AsyncClient, org: Account) -> None:
    assert not any(field["createable"] or field["updateable"] for field in (await lead(api)).values())
    org.runs_as = "integration-user@example.com"
    await sign_in(api)
    fields = await lead(api)
    assert fields["Status"]["updateable"] is True
    org.set_permission("HubSpot_Integration", "Lead", "Status", read=True, edit=False)
    assert (await lead(api))["Status"]["updateable"] is False


async def test_system_rights_open_setup_objects_limits_and_the_api(api: httpx.AsyncClient, org: Account) -> None:
    org.revoke("ViewSetup")
    assert (await ask(api, "SELECT Field FROM FieldPermissions")).json()[0]["errorCode"] == "INVALID_TYPE"
    assert (await api.get(f"{ROOT}/limits")).json()[0]["errorCode"] == "INSUFFICIENT_ACCESS"
    org.grant("ViewSetup")
    assert (await api.get(f"{ROOT}/limits")).json()["DailyApiRequests"]["Max"] == 145000
    org.set_power("profile:Minimum Access - API Only Integrations", "ApiEnabled", on=False)
    refused = await api.get(f"{ROOT}/limits")
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (403, "API_DISABLED_FOR_ORG")


async def test_a_field_that_goes_takes_its_permissions_and_comes_back_with_them(
    api: httpx.AsyncClient, org: Account
) -> None:
    query = (
        "SELECT Parent.Name, PermissionsEdit FROM FieldPermissions WHERE Field = 'Lead.UTM_Campaign__c'"
        " ORDER BY Parent.Name"
    )
    before = (await ask(api, query)).json()["records"]
    kept = org.kept_field("Lead", "UTM_Campaign__c")
    assert len(before) > 2
    org.delete_field("Lead", "UTM_Campaign__c")
    assert "UTM_Campaign__c" not in await lead(api)
    assert (await ask(api, query)).json()["records"] == []
    org.restore_field(**kept)
    assert "UTM_Campaign__c" in await lead(api)
    assert (await ask(api, query)).json()["records"] == before


async def test_a_field_made_required_cannot_be_hidden_any_more(api: httpx.AsyncClient, org: Account) -> None:
    org.alter_field("Lead", "Region__c", nillable=False)
    field = (await lead(api))["Region__c"]
    assert (field["nillable"], field["permissionable"]) == (False, False)
    query = "SELECT COUNT() FROM FieldPermissions WHERE Field = 'Lead.Region__c'"
    assert (await ask(api, query)).json()["totalSize"] == 0


async def test_rejected_rows_stand_with_the_job_and_not_in_the_list(api: httpx.AsyncClient, org: Account) -> None:
    org.bulk_job("Lead", "upsert", rows=400, failed=137)
    newest = (await api.get(f"{ROOT}/jobs/ingest")).json()["records"][0]
    assert "numberRecordsFailed" not in newest
    assert (newest["object"], newest["operation"], newest["state"]) == ("Lead", "upsert", "JobComplete")
    job = (await api.get(f"{ROOT}/jobs/ingest/{newest['id']}")).json()
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (400, 137)
    assert (await api.get(f"{ROOT}/jobs/query")).json()["records"] == []


async def test_every_answer_tells_the_quota_and_a_spent_one_is_refused(api: httpx.AsyncClient, org: Account) -> None:
    answer = await api.get(f"{ROOT}/sobjects")
    assert answer.headers["sforce-limit-info"] == f"api-usage={org.used}/145000"
    org.use_quota(145000)
    refused = await api.get(f"{ROOT}/sobjects")
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")


async def test_retired_and_unknown_versions_differ(api: httpx.AsyncClient) -> None:
    assert (await api.get("/services/data/v29.0/limits")).status_code == 410
    assert (await api.get("/services/data/v99.0/limits")).status_code == 404
    listed = (await api.get("/services/data/", headers={"Authorization": ""})).json()
    assert listed[-1]["version"] == "68.0"


async def test_shuffled_answers_hold_the_same_and_keep_what_has_an_order(api: httpx.AsyncClient, org: Account) -> None:
    def settled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: settled(value[key]) for key in sorted(value)}
        if isinstance(value, list) and value and isinstance(value[0], dict) and "name" in value[0]:
            return sorted((settled(item) for item in value), key=lambda item: str(item["name"]))
        return sorted(value) if isinstance(value, list) and all(isinstance(item, str) for item in value) else value

    path = f"{ROOT}/sobjects/Territory_Mapping__c/describe"
    plain = (await api.get(path)).json()
    plain["childRelationships"] = []
    org.shuffle()
    bodies = [(await api.get(path)) for _ in range(3)]
    assert len({body.content for body in bodies}) == 3
    for body in bodies:
        mixed = body.json()
        mixed["childRelationships"] = []
        picklist = next(field for field in mixed["fields"] if field["name"] == "Region__c")["picklistValues"]
        assert [value["value"] for value in picklist] == ["EMEA", "AMER", "APAC"]
        assert settled(mixed) == settled(plain)


async def test_generated_objects_are_described_like_all_others(clock: Now) -> None:
    org = Account(clock=clock, objects=200, fields=300)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(org.app), base_url="http://org.test") as client:
        await sign_in(client)
        names = [entry["name"] for entry in (await client.get(f"{ROOT}/sobjects")).json()["sobjects"]]
        assert sum(name.startswith("Bulk_") for name in names) == 200
        first = await client.get(f"{ROOT}/sobjects/Bulk_0007__c/describe")
        assert (len(first.json()["fields"]), first.json()["name"]) == (300, "Bulk_0007__c")
        org.alter_field("Bulk_0007__c", "Field_0002__c", precision=3)
        changed = await client.get(
            f"{ROOT}/sobjects/Bulk_0007__c/describe", headers={"If-Modified-Since": first.headers["last-modified"]}
        )
        pairs = zip(first.json()["fields"], changed.json()["fields"], strict=True)
        assert [after["name"] for before, after in pairs if before["precision"] != after["precision"]] == [
            "Field_0002__c"
        ]
        other = await client.get(
            f"{ROOT}/sobjects/Bulk_0008__c/describe", headers={"If-Modified-Since": first.headers["last-modified"]}
        )
        assert other.status_code == 304


async def test_a_release_of_the_vendor_is_nobodys_act(api: httpx.AsyncClient, org: Account) -> None:
    org.release(2)
    assert {"StandardAddition1", "StandardAddition2"} <= set(await lead(api))
    assert (await ask(api, "SELECT COUNT() FROM SetupAuditTrail")).json()["totalSize"] == 0


async def test_objects_users_flows_and_jobs_can_be_changed(api: httpx.AsyncClient, org: Account) -> None:
    org.add_object("Survey__c")
    assert (await api.get(f"{ROOT}/sobjects/Survey__c/describe")).status_code == 200
    org.delete_object("Survey__c")
    assert (await api.get(f"{ROOT}/sobjects/Survey__c/describe")).status_code == 404
    org.add_user("admin-09@example.com", "System Administrator", "Platform")
    org.set_profile("agency-desk@example.com", "System Administrator")
    admins = await ask(api, "SELECT Username FROM User WHERE Profile.Name = 'System Administrator' AND IsActive = true")
    assert admins.json()["totalSize"] == 4
    org.assign("agency-desk@example.com", "Consent_Officer")
    given = "SELECT Id FROM PermissionSetAssignment WHERE Assignee.Username = 'agency-desk@example.com'"
    assert (await ask(api, given)).json()["totalSize"] == 3
    org.unassign("agency-desk@example.com", "Consent_Officer")
    assert (await ask(api, given)).json()["totalSize"] == 2
    org.set_flow("Lead_Assignment", active=False)
    flow = (
        await ask(api, "SELECT IsActive, ActiveVersionId FROM FlowDefinitionView WHERE ApiName = 'Lead_Assignment'")
    ).json()
    assert (flow["records"][0]["IsActive"], flow["records"][0]["ActiveVersionId"]) == (False, None)
    org.fail_job("LeadScoringBatch")
    failed = await ask(api, "SELECT ApexClass.Name, NumberOfErrors FROM AsyncApexJob WHERE Status = 'Failed'")
    assert failed.json()["records"][0]["ApexClass"]["Name"] == "LeadScoringBatch"
    org.run_job("LeadScoringBatch")
    org.set_cron("Weekly Dedupe", "PAUSED")
    paused = await ask(api, "SELECT CronJobDetail.Name FROM CronTrigger WHERE State = 'PAUSED'")
    assert paused.json()["records"][0]["CronJobDetail"]["Name"] == "Weekly Dedupe"
    org.set_rule("Lead", "Consent_Needs_Date", active=False)
    off = await ask(api, "SELECT ValidationName FROM ValidationRule WHERE Active = false", tooling=True)
    assert off.json()["totalSize"] == 1


def test_ids_carry_a_check_of_their_case() -> None:
    assert len(identifier("00Q", 12345)) == 18
    assert checked("001D000000IRFma") == "001D000000IRFmaIAH"  # an id out of the vendor's own help
