"""What the Salesforce vendor file makes of answers in the vendor's published shape."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from probes.kit.api import Answer
from probes.kit.contract import Denied, Expired, Fault, Kind, Ref, Retired, State, Throttled, Unsupported
from probes.salesforce import VENDOR
from probes.salesforce.calls import DATA, apex_row, bulk_row, holder, quoted
from tests.probes.kit.world import World, js

ORG = "00D000000000001EAA"


def field(name: str, **wire: Any) -> dict[str, Any]:
    return {"name": name, "label": name, "type": "string", "soapType": "xsd:string", "length": 80, "nillable": True,
            "defaultedOnCreate": False, "createable": False, "updateable": False, "picklistValues": [],
            "referenceTo": [], "custom": False, **wire}  # fmt: skip


def records(*rows: dict[str, Any], total: int | None = None) -> httpx.Response:
    return js({"totalSize": len(rows) if total is None else total, "done": True, "records": list(rows)})


class Org:
    """A scripted org: queries are answered by their FROM, describes from `fields`."""

    def __init__(self, *names: str) -> None:
        self.names = names or ("Lead",)
        self.fields: dict[str, list[dict[str, Any]]] = {name: [field("Email")] for name in self.names}
        self.tables: dict[str, list[dict[str, Any]]] = {
            "Organization": [{"Id": ORG, "Name": "Example", "OrganizationType": "Enterprise Edition"}],
            "PermissionSetAssignment": [
                {"PermissionSet": {"Name": "X00e", "IsOwnedByProfile": True, "Profile": {"Name": "Integration"},
                                   "PermissionsApiEnabled": True, "PermissionsViewSetup": False}},
                {"PermissionSet": {"Name": "Monitor", "NamespacePrefix": "drift", "IsOwnedByProfile": False,
                                   "Profile": None, "PermissionsApiEnabled": False, "PermissionsViewSetup": True}},
            ],
        }  # fmt: skip
        self.queries: list[str] = []
        self.subrequests: list[dict[str, Any]] = []
        self.refused: dict[str, tuple[int, str]] = {}
        self.validator = ""
        self.jobs: list[dict[str, Any]] = []

    def world(self) -> World:
        secrets = {"client_id": "app", "client_secret": "very-secret-value"}
        return World(VENDOR, self.handle, scheme="client_credentials", secrets=secrets, options={"my_domain": "acme"})

    def handle(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/services/oauth2/token":
            return js({"access_token": "token-1", "instance_url": "https://acme.my.salesforce.com"})
        if path == "/services/oauth2/userinfo":
            return js({"user_id": "005A", "organization_id": ORG, "preferred_username": "monitor@example.com",
                       "locale": "en_US", "language": "en_US"})  # fmt: skip
        if path.endswith("/query"):
            self.queries.append(request.url.params["q"])
            source = re.search(r" FROM (\w+)", request.url.params["q"])
            assert source is not None
            return records(*self.tables.get(source[1], []))
        if path == f"{DATA}/sobjects":
            flags = {"labelPlural": "x", "keyPrefix": "00Q", "custom": False, "queryable": True, "layoutable": True}
            return js({"sobjects": [{"name": name, "label": name, **flags} for name in self.names]})
        if path == f"{DATA}/sobjects/PermissionSet/describe":
            return js({"fields": [{"name": f"Permissions{n}"} for n in ("ModifyAllData", "ViewSetup", "ManageRoles")]})
        if path == f"{DATA}/composite":
            asked = json.loads(request.content)["compositeRequest"]
            self.subrequests += asked
            return js({"compositeResponse": [self.describe(sub) for sub in asked]})
        if path == f"{DATA}/jobs/ingest":
            return js({"done": True, "records": self.jobs, "nextRecordsUrl": None})
        if path.startswith(f"{DATA}/jobs/ingest/"):
            return js({"id": path[-1], "numberRecordsProcessed": 500, "numberRecordsFailed": 20,
                       "totalProcessingTime": 4100, "errorMessage": None})  # fmt: skip
        raise AssertionError(f"nobody should ask for {path}")

    def describe(self, sub: dict[str, Any]) -> dict[str, Any]:
        name = sub["url"].split("/")[-2]
        if name in self.refused:
            status, code = self.refused[name]
            return {"httpStatusCode": status, "referenceId": sub["referenceId"],
                    "body": [{"errorCode": code, "message": "no"}], "httpHeaders": {}}  # fmt: skip
        if self.validator and (sub.get("httpHeaders") or {}).get("If-Modified-Since") == self.validator:
            return {"httpStatusCode": 304, "referenceId": sub["referenceId"], "body": None, "httpHeaders": {}}
        body = {"name": name, "fields": self.fields[name], "recordTypeInfos": [
            {"developerName": "Master", "name": "Master", "active": True, "available": True, "master": True,
             "defaultRecordTypeMapping": True, "recordTypeId": "012000000000000AAA"}]}  # fmt: skip
        headers = {"Last-Modified": self.validator} if self.validator else {}
        return {"httpStatusCode": 200, "referenceId": sub["referenceId"], "body": body, "httpHeaders": headers}


async def test_identity_is_made_of_sets_and_system_rights_never_of_objects() -> None:
    vantage, _, _ = await Org().world().poll(listings=["org"])
    assert (vantage.account, vantage.account_name, vantage.subject) == (ORG, "Example", "monitor@example.com")
    assert vantage.grants == {"ApiEnabled", "ViewSetup", "set:profile:Integration", "set:drift__Monitor"}
    assert (vantage.api_version, vantage.locale) == ("68.0", "en_US")


async def test_describes_go_25_to_a_call() -> None:
    names = [f"Object{n}__c" for n in range(60)]
    org = Org(*names)
    world = org.world()
    _, scopes, _ = await world.poll(listings=["fields"])
    assert sum(call.endswith("/composite") for call in world.calls) == 3
    assert all(scopes[Ref(Kind.FIELD, name)].coverage.complete for name in names)


async def test_one_refused_object_is_denied_alone() -> None:
    org = Org("Lead", "Contact")
    org.refused["Contact"] = (404, "NOT_FOUND")
    _, scopes, reads = await org.world().poll(listings=["fields"])
    assert scopes[Ref(Kind.FIELD, "Lead")].coverage.complete
    assert reads["fields/Contact"].coverage.state is State.DENIED
    assert scopes[Ref(Kind.FIELD, "Contact")].keys == frozenset()


async def test_validators_ride_in_the_subrequests_and_a_sub_304_is_taken() -> None:
    org = Org("Lead")
    org.validator = "Sat, 01 Nov 2014 10:00:00 GMT"
    world = org.world()
    _, first, _ = await world.poll(listings=["fields"])
    _, second, _ = await world.poll(listings=["fields"])
    assert [r.key for r in first[Ref(Kind.FIELD, "Lead")].resources] == ["Email"]
    assert org.subrequests[-1]["httpHeaders"] == {"If-Modified-Since": org.validator}
    assert second[Ref(Kind.FIELD, "Lead")].whole


async def test_types_are_ours_and_required_does_not_depend_on_the_readers_rights() -> None:
    org = Org("Lead")
    option = {"value": "A", "label": "Alpha", "active": True, "defaultValue": False, "validFor": None}
    org.fields["Lead"] = [
        field("Region__c", type="picklist", nillable=False, picklistValues=[option], restrictedPicklist=True),
        field("OwnerId", type="reference", nillable=False, defaultedOnCreate=True, referenceTo=["User", "Group"]),
        field("Odd__c", type="brandnew"),
    ]
    _, scopes, _ = await org.world().poll(listings=["fields"])
    facts = {r.key: r.facts for r in scopes[Ref(Kind.FIELD, "Lead")].resources}
    region = facts["Region__c"]
    assert (region["type"], region["native_type"], region["required"]) == ("option", "picklist", True)
    assert region["options"] == [{"value": "A", "label": "Alpha", "active": True, "default": False}]
    assert (facts["OwnerId"]["required"], facts["OwnerId"]["references"]) == (False, ["Group", "User"])
    assert (facts["Odd__c"]["type"], facts["Odd__c"]["native_type"]) == ("any", "brandnew")
    assert not {"createable", "updateable"} & set(region)
    types = scopes[Ref(Kind.SCHEMA, "Lead.recordtypes")].resources
    assert [(r.key, r.facts["enabled"]) for r in types] == [("Master", True)]


async def test_state_codes_that_repeat_between_countries_are_told_apart() -> None:
    org = Org("Lead")
    codes = [("AL", "Alabama"), ("AK", "Alaska"), ("AL", "Alagoas")]
    values = [{"value": value, "label": label, "active": True, "defaultValue": False} for value, label in codes]
    org.fields["Lead"] = [field("StateCode", type="picklist", picklistValues=values)]
    _, scopes, _ = await org.world().poll(listings=["fields"])
    (row,) = scopes[Ref(Kind.FIELD, "Lead")].resources
    assert [option["value"] for option in row.facts["options"]] == ["AL/Alabama", "AK", "AL/Alagoas"]


async def test_only_powers_that_the_org_knows_are_asked_for() -> None:
    org = Org()
    org.tables["PermissionSet"] = [
        {"Id": "0PS1", "Name": "X00e1", "Label": "x", "Type": "Profile", "IsOwnedByProfile": True,
         "Profile": {"Name": "Admin"}, "PermissionsModifyAllData": True, "PermissionsManageRoles": True,
         "PermissionsViewSetup": False},
        {"Id": "0PS2", "Name": "Agg", "Label": "group", "Type": "Group", "IsOwnedByProfile": False, "Profile": None,
         "PermissionsModifyAllData": True},
    ]  # fmt: skip
    _, scopes, _ = await org.world().poll(listings=["permission-sets"])
    rows = {r.key: r.facts for r in scopes[Ref(Kind.PERMISSION, "permission-sets")].resources}
    assert list(rows) == ["profile:Admin"]
    assert (rows["profile:Admin"]["modify_all"], rows["profile:Admin"]["powers"]) == (True, ["ManageRoles"])
    assert "PermissionsManageRoles" in org.queries[-1]
    assert "PermissionsManageUsers" not in org.queries[-1]


async def test_object_and_field_rights_are_told_apart_by_object_and_one_without_any_is_read_too() -> None:
    org = Org("Lead", "Contact")
    parent = {"Name": "Sync", "NamespacePrefix": None, "IsOwnedByProfile": False, "Profile": None, "Type": "Regular"}
    status = {"SobjectType": "Lead", "Field": "Lead.Status"}
    org.tables["FieldPermissions"] = [
        {"Parent": parent, **status, "PermissionsRead": True, "PermissionsEdit": False},
        {"Parent": {**parent, "Type": "Group"}, **status, "PermissionsRead": True, "PermissionsEdit": True},
    ]  # fmt: skip
    _, scopes, _ = await org.world().poll(listings=["field-permissions"])
    lead = scopes[Ref(Kind.PERMISSION, "Lead.field-permissions")]
    assert [(r.key, r.facts) for r in lead.resources] == [("Sync/Status", {"read": True, "edit": False})]
    contact = scopes[Ref(Kind.PERMISSION, "Contact.field-permissions")]
    assert (contact.coverage.state, contact.keys) == (State.COMPLETE, frozenset())


async def test_a_confirming_read_asks_about_its_object_alone() -> None:
    org = Org("Lead", "Contact")
    world = org.world()
    await world.poll(listings=["object-permissions"])
    org.queries.clear()
    _, _, reads = await world.poll(ids=["object-permissions/Lead"])
    assert set(reads) == {"object-permissions/Lead"}
    assert [q for q in org.queries if "ObjectPermissions" in q] == [
        q for q in org.queries if q.endswith("WHERE SobjectType IN ('Lead')")
    ]


async def test_people_are_named_by_the_callers_pseudonym_only() -> None:
    org = Org()
    org.tables["User"] = [{"Id": "005B", "Username": "admin-03@example.com", "IsActive": True, "UserType": "Standard",
                           "Profile": {"Name": "Admin"}, "UserRole": None}]  # fmt: skip
    _, scopes, reads = await org.world().poll(listings=["users"], person=lambda name: "p-" + str(len(name)))
    assert scopes[Ref(Kind.PERMISSION, "users")].keys == {"p-20"}
    assert "admin-03" not in repr(reads)


async def test_an_assignment_is_called_by_person_and_set_or_group() -> None:
    org = Org()
    sets = {"Name": "Sync", "NamespacePrefix": None, "IsOwnedByProfile": False}
    org.tables["PermissionSetAssignment"] += [
        {"Id": "0Pa1", "Assignee": {"Username": "a@example.com"}, "PermissionSet": sets, "PermissionSetGroup": None,
         "ExpirationDate": "2027-01-01T00:00:00.000+0000"},
        {"Id": "0Pa2", "Assignee": {"Username": "a@example.com"}, "PermissionSet": sets,
         "PermissionSetGroup": {"DeveloperName": "Ops"}, "ExpirationDate": None},
    ]  # fmt: skip
    org.tables["PermissionSetAssignment"] = org.tables["PermissionSetAssignment"][2:]
    _, scopes, _ = await org.world().poll(listings=["assignments"], person=lambda name: "p-1")
    rows = {r.key: r.facts for r in scopes[Ref(Kind.PERMISSION, "assignments")].resources}
    assert rows == {"p-1/Sync": {"expires_on": "2027-01-01T00:00:00.000+0000"}, "p-1/group:Ops": {}}


async def test_bulk_jobs_fold_into_one_sync_per_object_and_operation() -> None:
    org = Org()
    job = {"object": "Lead", "operation": "upsert", "jobType": "V2Ingest", "apiVersion": 68.0}
    org.jobs = [
        {**job, "id": "1", "state": "JobComplete", "createdDate": "2026-11-21T10:00:00.000+0000",
         "systemModstamp": "2026-11-21T10:05:00.000+0000"},
        {**job, "id": "2", "state": "InProgress", "createdDate": "2026-11-21T11:00:00.000+0000",
         "systemModstamp": "2026-11-21T11:01:00.000+0000"},
    ]  # fmt: skip
    _, scopes, _ = await org.world().poll(listings=["bulk-ingest"])
    (row,) = scopes[Ref(Kind.SYNC, "bulk-ingest")].resources
    assert row.health is not None
    assert (row.key, row.health.state, row.health.rows_ok, row.health.rows_failed) == (
        "Lead/upsert",
        "running",
        480,
        20,
    )
    assert (row.health.duration, row.health.succeeded_at) == (4.1, 1795255500.0)


async def test_apex_runs_are_read_as_one_sync_per_class() -> None:
    org = Org()
    run = {"JobType": "BatchApex", "Status": "Completed", "NumberOfErrors": 0, "JobItemsProcessed": 3,
           "CreatedDate": "2026-11-21T11:00:00.000+0000", "CompletedDate": "2026-11-21T11:10:00.000+0000"}  # fmt: skip
    names = [{"Name": "Score", "NamespacePrefix": None}, {"Name": "Score", "NamespacePrefix": "ns"}, None]
    org.tables["AsyncApexJob"] = [{**run, "ApexClass": name} for name in names]
    _, scopes, _ = await org.world().poll(listings=["apex-jobs"])
    found = {r.key: r.health.state for r in scopes[Ref(Kind.SYNC, "apex-jobs")].resources if r.health}
    assert found == {"Score": "ok", "ns__Score": "ok", "?": "ok"}


def test_an_apex_class_fails_by_its_newest_run_and_keeps_its_last_success() -> None:
    runs = [
        {"JobType": "BatchApex", "Status": "Completed", "NumberOfErrors": 2, "JobItemsProcessed": 10,
         "ExtendedStatus": "First error: too many rows", "CreatedDate": "2026-11-21T11:00:00Z",
         "CompletedDate": "2026-11-21T11:10:00Z"},
        {"JobType": "BatchApex", "Status": "Completed", "NumberOfErrors": 0, "JobItemsProcessed": 10,
         "CreatedDate": "2026-11-20T11:00:00Z", "CompletedDate": "2026-11-20T11:10:00Z"},
    ]  # fmt: skip
    row = apex_row("Score", list(reversed(runs)))
    assert (row["state"], row["rows_ok"], row["rows_failed"], row["errors"]) == ("Errors", 8, 2, ["First error"])
    assert row["failed_at"] - row["succeeded_at"] == 86_400


def test_a_sync_whose_jobs_have_not_ended_yet_has_no_counts() -> None:
    job = {"object": "Lead", "operation": "insert", "state": "Open", "createdDate": "2026-11-21T10:00:00Z"}
    row = bulk_row("Lead", "insert", [job], job, {})
    assert (row["state"], row["rows_ok"], row["rows_failed"], row["errors"]) == ("Open", None, None, [])
    unended = apex_row("Score", [{"Status": "Queued", "CreatedDate": "2026-11-21T10:00:00Z"}])
    assert (unended["state"], unended["rows_ok"], unended["succeeded_at"]) == ("Queued", None, None)


def test_sets_are_called_by_profile_namespace_or_name() -> None:
    assert holder({"Name": "X1", "IsOwnedByProfile": True, "Profile": {"Name": "Admin"}}) == "profile:Admin"
    assert holder({"Name": "Read", "NamespacePrefix": "ns"}) == "ns__Read"
    assert holder({"Name": "Read", "NamespacePrefix": None}) == "Read"


def test_names_are_quoted_for_soql() -> None:
    assert quoted(["Lead", "O'Brien\\x"]) == r"'Lead', 'O\'Brien\\x'"


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "INVALID_SESSION_ID", Expired),
        (403, "REQUEST_LIMIT_EXCEEDED", Throttled),
        (403, "INSUFFICIENT_ACCESS", Denied),
        (403, "FUNCTIONALITY_NOT_ENABLED", Unsupported),
        (400, "INVALID_FIELD", Denied),
        (410, "GONE", Retired),
    ],
)
def test_the_code_decides_not_the_status(status: int, code: str, kind: type[Fault]) -> None:
    body = json.dumps([{"message": "said", "errorCode": code}]).encode()
    fault = VENDOR.errors.fault(Answer(status, {}, body), 0.0)
    assert (type(fault), fault.code, fault.message) == (kind, code, "said")


def test_the_orgs_own_count_is_read_and_not_that_of_one_app() -> None:
    assert VENDOR.quota is not None
    pattern = VENDOR.quota.headers["sforce-limit-info"]
    found = re.search(pattern, "per-app-api-usage=17/250(appName=sample), api-usage=18/5000")
    assert found is not None
    assert found.groupdict() == {"used": "18", "limit": "5000"}


def test_twins_and_managed_objects_are_proposed_as_off() -> None:
    from fnmatch import fnmatchcase

    def is_off(kind: Kind, scope: str) -> bool:
        return any(k is kind and fnmatchcase(scope, pattern) for k, pattern, _ in VENDOR.quiet)

    assert is_off(Kind.FIELD, "LeadHistory")
    assert is_off(Kind.PERMISSION, "LeadShare.field-permissions")
    assert is_off(Kind.FIELD, "ns__Thing__c")
    assert not is_off(Kind.FIELD, "Lead")
    assert not is_off(Kind.FIELD, "Region_Map__c")
    assert not is_off(Kind.SCHEMA, "Lead.recordtypes")
