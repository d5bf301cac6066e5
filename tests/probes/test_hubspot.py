"""What the HubSpot vendor file makes of answers in the vendor's published shape."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from probes.hubspot import VENDOR, V
from probes.hubspot.imports import import_row
from probes.hubspot.workflows import FLOWS
from probes.kit.api import Answer
from probes.kit.contract import Denied, Expired, Fault, Kind, Ref, State, Throttled, lost
from tests.probes.kit.world import World, js

SCOPES = ["crm.schemas.contacts.read", "crm.schemas.deals.read", "crm.import", "settings.users.read"]
MISSING = {"status": "error", "category": "MISSING_SCOPES", "message": "This app lacks scopes", "correlationId": "c-1"}


def prop(name: str, **wire: Any) -> dict[str, Any]:
    changeable = {"archivable": True, "readOnlyDefinition": False, "readOnlyValue": False}
    return {"name": name, "label": name, "type": "string", "fieldType": "text", "groupName": "info", "options": [],
            "hubspotDefined": False, "externalOptions": False, "hidden": False, "formField": True,
            "modificationMetadata": changeable, **wire}  # fmt: skip


class Portal:
    """A scripted portal. `answers`: path -> rows or a whole answer."""

    def __init__(self, *objects: str) -> None:
        self.scopes = list(SCOPES)
        self.answers: dict[str, Any] = {}
        self.objects = list(objects or ("contacts",))

    def world(self) -> World:
        return World(VENDOR, self.handle, options={"objects": self.objects, "pipelines": ["deals"]})

    def handle(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/oauth/v2/private-apps/get/access-token-info":
            assert json.loads(request.content) == {"tokenKey": "s3cr3t-canary-0123456789"}
            return js({"userId": 7, "hubId": 4711, "appId": 99, "scopes": self.scopes})
        if path == f"/account-info/{V}/details":
            return js(
                {"portalId": 4711, "accountType": "STANDARD", "timeZone": "Europe/Berlin", "uiDomain": "a.hs.com"}
            )
        found = self.answers.get(path, [])
        return found if isinstance(found, httpx.Response) else js({"results": found})


@pytest.mark.parametrize("status", [400, 404, 500], ids=lambda status: f"token info {status}")
async def test_a_key_that_is_no_longer_good_is_expired_whatever_is_said_of_it_elsewhere(status: int) -> None:
    portal = Portal()
    told = {"status": "error", "category": "INVALID_AUTHENTICATION", "message": "no longer valid"}
    refused, unknown = httpx.Response(401, json=told), httpx.Response(status, json={"message": "no such token"})

    def handle(request: httpx.Request) -> httpx.Response:
        return unknown if "access-token-info" in request.url.path else refused

    portal.handle = handle  # type: ignore[method-assign]
    vantage, _, _ = await portal.world().poll(listings=["account"])
    assert vantage.coverage.reason.startswith("Expired: ")
    assert vantage.coverage.code == "INVALID_AUTHENTICATION"


async def facts(portal: Portal, listing: str, kind: Kind, scope: str) -> dict[str, dict[str, Any]]:
    _, scopes, _ = await portal.world().poll(listings=[listing])
    assert scopes[Ref(kind, scope)].coverage.complete
    return {r.key: dict(r.facts) for r in scopes[Ref(kind, scope)].resources}


async def test_identity_is_the_app_its_account_and_its_grants_and_the_day_ends_there() -> None:
    world = Portal().world()
    vantage, _, _ = await world.poll(listings=["account"])
    assert (vantage.account, vantage.subject, vantage.grants) == ("4711", "app 99", frozenset(SCOPES))
    assert world.api.quota_zone == "Europe/Berlin"


async def test_a_property_has_our_type_and_its_options_in_shown_order() -> None:
    portal = Portal()
    portal.answers[f"/crm/properties/{V}/contacts"] = [
        prop("lifecyclestage", type="enumeration", fieldType="radio", options=[
            {"value": "customer", "label": "Customer", "displayOrder": 2, "hidden": False},
            {"value": "lead", "label": "Lead", "displayOrder": 1, "hidden": False},
        ]),
        prop("owner", type="enumeration", fieldType="select", externalOptions=True, referencedObjectType="OWNER",
             options=[{"value": "1", "label": "somebody", "displayOrder": -1, "hidden": False}]),
        prop("tags", type="enumeration", fieldType="checkbox"),
        prop("amount", type="number", fieldType="calculation_equation", calculated=True),
        prop("odd", type="newtype", fieldType="newfield"),
    ]  # fmt: skip
    found = await facts(portal, "properties", Kind.FIELD, "contacts")
    assert [option["value"] for option in found["lifecyclestage"]["options"]] == ["lead", "customer"]
    assert "options" not in found["owner"]
    assert found["owner"]["references"] == ["OWNER"]
    types = {name: row["type"] for name, row in found.items()}
    assert types == {
        "lifecyclestage": "option",
        "owner": "option",
        "tags": "multi_option",
        "amount": "decimal",
        "odd": "any",
    }
    assert found["odd"]["native_type"] == "newtype/newfield"


async def test_custom_objects_are_read_as_their_schemas_say() -> None:
    portal = Portal()
    portal.answers[f"/crm-object-schemas/{V}/schemas"] = [
        {"id": "1", "objectTypeId": "2-1", "fullyQualifiedName": "p1_event", "name": "event",
         "labels": {"singular": "Event", "plural": "Events"}, "requiredProperties": ["b", "a"],
         "searchableProperties": [], "primaryDisplayProperty": "a", "archived": False},
    ]  # fmt: skip
    portal.answers[f"/crm/properties/{V}/p1_event"] = [prop("a")]
    _, scopes, _ = await portal.world().poll(listings=["objects", "custom-properties"])
    (schema,) = scopes[Ref(Kind.SCHEMA, "objects")].resources
    assert (schema.key, schema.facts["required_fields"]) == ("p1_event", ["a", "b"])
    assert scopes[Ref(Kind.FIELD, "p1_event")].keys == {"a"}


async def test_a_lost_grant_is_denied_for_that_object_alone_and_explains_it() -> None:
    portal = Portal("contacts", "deals")
    portal.answers[f"/crm/properties/{V}/contacts"] = [prop("email")]
    portal.answers[f"/crm/properties/{V}/deals"] = [prop("amount")]
    world = portal.world()
    before, _, _ = await world.poll(listings=["properties"])
    portal.scopes.remove("crm.schemas.deals.read")
    portal.answers[f"/crm/properties/{V}/deals"] = js(MISSING, status=403)
    after, scopes, reads = await world.poll(listings=["properties"])
    assert reads["properties/deals"].coverage.state is State.DENIED
    assert reads["properties/contacts"].coverage.complete
    gone = [lost(before.grants, after.grants, scopes[Ref(Kind.FIELD, name)].needs) for name in ("deals", "contacts")]
    assert gone == [{"crm.schemas.deals.read"}, frozenset()]


async def test_validation_rules_are_asked_for_by_type_id() -> None:
    portal = Portal()
    rule = {"ruleType": "MAX_LENGTH", "ruleArguments": ["40"], "shouldApplyNormalization": False}
    portal.answers[f"/crm/property-validations/{V}/0-1"] = [{"propertyName": "zip", "propertyValidationRules": [rule]}]
    found = await facts(portal, "validations", Kind.FIELD, "contacts.validations")
    assert found == {"zip": {"rules": [{"rule": "MAX_LENGTH", "arguments": ["40"], "normalized": False}]}}


async def test_validation_rules_that_are_denied_are_denied_for_their_object() -> None:
    portal = Portal("contacts", "p1_event")
    portal.answers[f"/crm/property-validations/{V}/p1_event"] = js(MISSING, status=403)
    _, _, reads = await portal.world().poll(listings=["validations"])
    assert reads["validations/contacts"].coverage.complete
    assert reads["validations/p1_event"].coverage.state is State.DENIED


async def test_stages_keep_their_order_and_say_which_close() -> None:
    portal = Portal()
    portal.answers[f"/crm/pipelines/{V}/deals"] = [
        {"id": "default", "label": "Sales", "archived": False, "stages": [
            {"id": "won", "label": "Won", "displayOrder": 1, "metadata": {"isClosed": "true", "probability": "1.0"}},
            {"id": "new", "label": "New", "displayOrder": 0, "metadata": {"isClosed": "false", "probability": "0.1"}}]},
    ]  # fmt: skip
    found = await facts(portal, "pipelines", Kind.SCHEMA, "deals.pipelines")
    assert [stage["id"] for stage in found["default"]["stages"]] == ["new", "won"]
    assert found["default"]["stages"][1]["closed"] == "true"


async def test_a_super_admin_shows_and_nobody_is_named() -> None:
    portal = Portal()
    portal.answers["/settings/users/v3"] = [
        {"id": "1", "email": "admin-03@example.com", "superAdmin": True, "roleIds": ["9", "3"], "primaryTeamId": "5"}
    ]
    _, scopes, reads = await portal.world().poll(listings=["users"], person=lambda name: "p-1")
    (user,) = scopes[Ref(Kind.PERMISSION, "users")].resources
    assert (user.key, user.facts["admin"], user.facts["roles"]) == ("p-1", True, ["3", "9"])
    assert "admin-03" not in repr(reads)


async def test_imports_of_one_name_are_one_sync_with_the_kinds_of_its_errors() -> None:
    portal = Portal()
    base = {"importName": "Fair leads", "importSource": "API", "createdAt": "2026-11-20T10:00:00Z"}
    portal.answers[f"/crm/imports/{V}"] = [
        {**base, "id": "1", "state": "DONE", "updatedAt": "2026-11-20T10:05:00Z", "metadata": {"counters": {}}},
        {**base, "id": "2", "state": "DONE", "createdAt": "2026-11-21T10:00:00Z", "updatedAt": "2026-11-21T10:05:00Z",
         "metadata": {"counters": {"TOTAL_ROWS": 10, "ERRORS": 3, "UNIQUE_OBJECTS_WRITTEN": 7}}},
    ]  # fmt: skip
    portal.answers[f"/crm/imports/{V}/2/errors"] = [{"errorType": "INVALID_ENUMERATION_OPTION"}] * 3
    _, scopes, _ = await portal.world().poll(listings=["imports"])
    (row,) = scopes[Ref(Kind.SYNC, "imports")].resources
    assert row.health is not None
    assert (row.key, row.health.state, row.health.rows_ok, row.health.rows_failed) == ("Fair leads", "ok", 7, 3)
    assert row.health.errors == ("INVALID_ENUMERATION_OPTION",)


def test_an_import_that_runs_has_no_counts_yet() -> None:
    row = import_row("x", [{"id": "1", "state": "PROCESSING", "createdAt": "2026-11-21T10:00:00Z"}])
    assert (row["state"], row["rows_ok"], row["rows_failed"], row["succeeded_at"]) == ("PROCESSING", None, None, None)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (403, MISSING, Denied),
        (401, {"status": "error", "category": "INVALID_AUTHENTICATION", "message": "no"}, Expired),
        (429, {"status": "error", "errorType": "RATE_LIMIT", "policyName": "DAILY", "message": "no"}, Throttled),
    ],
)
def test_errors_are_told_by_policy_category_or_type(status: int, body: dict[str, Any], kind: type[Fault]) -> None:
    fault = VENDOR.errors.fault(Answer(status, {}, json.dumps(body).encode()), 0.0)
    assert type(fault) is kind
    assert fault.until_reset is (status == 429)


@pytest.mark.parametrize(("policy", "wait"), [("SECONDLY", 1.0), ("TEN_SECONDLY_ROLLING", 10.0), ("DAILY", None)])
def test_each_limit_is_waited_for_by_its_own_clock(policy: str, wait: float | None) -> None:
    body = {"status": "error", "errorType": "RATE_LIMIT", "policyName": policy, "message": "no", "correlationId": "c"}
    fault = VENDOR.errors.fault(Answer(429, {}, json.dumps(body).encode()), 0.0)
    assert (type(fault), fault.wait, fault.until_reset) == (Throttled, wait, policy == "DAILY")


async def test_the_days_calls_are_counted_by_the_accounts_headers_and_without_them_by_us() -> None:
    portal = Portal()
    head = {"x-hubspot-ratelimit-daily": "625000", "x-hubspot-ratelimit-daily-remaining": "624000"}
    portal.answers[f"/crm/properties/{V}/contacts"] = httpx.Response(200, json={"results": []}, headers=head)
    world = portal.world()
    await world.poll(listings=["properties"])
    assert (world.api.budget.limit, world.api.budget.used) == (625_000, 1_000)
    other = Portal().world()
    await other.poll(listings=["properties"])
    assert other.api.budget.limit == 250_000 and 0 < other.api.budget.used < 20, "OAuth has no such headers"


def test_the_older_paths_say_when_they_end() -> None:
    paths = {listing.path for listing in VENDOR.listings} | {FLOWS}
    older = {part for path in paths for part in path.split("/") if part in ("v1", "v2", "v3", "v4")}
    assert older == VENDOR.sunset.keys() == {"v3", "v4"}
    assert VENDOR.sunset["v4"] == "2027-03-30"
