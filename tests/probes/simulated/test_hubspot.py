"""The simulated HubSpot account answers as the vendor documents, and its changes show up the way they do there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from probes.simulated.hubspot import Account

TOKEN = "pat-eu1-simulated"


class Now:
    def __init__(self) -> None:
        self.at = 1_795_300_000.0

    def now(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Now:
    return Now()


@pytest.fixture
def account(clock: Now) -> Account:
    return Account(clock=clock)


@pytest.fixture
async def api(account: Account) -> AsyncIterator[httpx.AsyncClient]:
    transport, headers = httpx.ASGITransport(account.app), {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.test", headers=headers) as client:
        yield client


async def rows(api: httpx.AsyncClient, path: str, **params: str) -> list[dict[str, Any]]:
    answer = await api.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["results"])


async def contact(api: httpx.AsyncClient, name: str) -> dict[str, Any]:
    found = [row for row in await rows(api, "/crm/properties/2026-09/contacts") if row["name"] == name]
    assert len(found) == 1, name
    return found[0]


EVERY_PATH = [
    "/account-info/2026-09/details", "/account-info/2026-09/api-usage/daily/private-apps",
    "/account-info/2026-09/activity/audit-logs", "/crm-object-schemas/2026-09/schemas",
    "/crm-object-schemas/2026-09/schemas/machines", "/crm/properties/2026-09/contacts",
    "/crm/properties/2026-09/contacts/groups", "/crm/property-validations/2026-09/0-1",
    "/crm/pipelines/2026-09/deals", "/crm/owners/2026-09", "/crm/imports/2026-09", "/settings/users/v3",
    "/settings/v3/users/roles", "/settings/v3/users/teams", "/automation/v4/flows", "/automation/v4/flows/44100201",
    "/marketing/v3/forms", "/crm/lists/2026-09", "/crm/object-library/2026-09/enablement",
    "/crm/associations/2026-09/contacts/companies/labels", "/crm/associations/2026-09/definitions/configurations/all",
    "/crm/limits/2026-09/associations/labels", "/crm/limits/2026-09/custom-object-types",
    "/crm/limits/2026-09/custom-properties", "/crm/limits/2026-09/calculated-properties",
    "/crm/limits/2026-09/records", "/crm/limits/2026-09/pipelines", "/marketing/emails/2026-09",
    "/marketing/campaigns/2026-09", "/communication-preferences/2026-09/definitions", "/cms/audit-logs/2026-09",
    "/crm/pipelines/2026-09/deals/default/audit",
]  # fmt: skip


@pytest.mark.parametrize("path", EVERY_PATH)
async def test_every_path_answers_with_the_rate_limit_headers_and_refuses_a_dead_key(
    api: httpx.AsyncClient, account: Account, path: str
) -> None:
    answer = await api.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-hubspot-ratelimit-interval-milliseconds"] == "10000"
    assert answer.headers["x-hubspot-ratelimit-daily-remaining"] == str(625000 - account.used)
    account.expire_tokens()
    refused = await api.get(path)
    assert (refused.status_code, refused.json()["category"]) == (401, "INVALID_AUTHENTICATION")
    account.set_token(TOKEN)
    assert (await api.get(path)).status_code == 200


@pytest.mark.parametrize(
    ("scope", "path"),
    [
        ("crm.schemas.deals.read", "/crm/properties/2026-09/deals"),
        ("crm.schemas.deals.read", "/crm/pipelines/2026-09/0-3"),
        ("crm.schemas.contacts.read", "/crm/property-validations/2026-09/0-1"),
        ("crm.schemas.custom.read", "/crm-object-schemas/2026-09/schemas"),
        ("crm.schemas.custom.read", "/crm/properties/2026-09/p62114207_machines"),
        ("crm.objects.owners.read", "/crm/owners/2026-09"),
        ("settings.users.read", "/settings/users/v3"),
        ("settings.users.read", "/settings/v3/users/roles"),
        ("settings.users.teams.read", "/settings/v3/users/teams"),
        ("account-info.security.read", "/account-info/2026-09/activity/audit-logs"),
        ("automation", "/automation/v4/flows"),
        ("forms", "/marketing/v3/forms"),
        ("crm.lists.read", "/crm/lists/2026-09"),
        ("crm.import", "/crm/imports/2026-09"),
        ("crm.objects.products.read", "/crm/object-library/2026-09/enablement"),
        ("crm.objects.products.read", "/crm/associations/2026-09/0-1/0-2/labels"),
        ("crm.objects.products.read", "/crm/limits/2026-09/records"),
        ("content", "/marketing/emails/2026-09"),
        ("content", "/cms/audit-logs/2026-09"),
        ("marketing.campaigns.read", "/marketing/campaigns/2026-09"),
        ("communication_preferences.read", "/communication-preferences/2026-09/definitions"),
    ],
)
async def test_a_lost_scope_denies_its_paths_and_nothing_else(
    api: httpx.AsyncClient, account: Account, scope: str, path: str
) -> None:
    account.revoke(scope)
    refused = await api.get(path)
    assert (refused.status_code, refused.json()["category"]) == (403, "MISSING_SCOPES")
    assert scope in refused.json()["errors"][0]["context"]["requiredGranularScopes"]
    told = (await api.post("/oauth/v2/private-apps/get/access-token-info", json={"tokenKey": TOKEN})).json()
    assert scope not in told["scopes"]
    assert (await api.get("/crm/properties/2026-09/companies")).status_code == 200
    account.grant(scope)
    assert (await api.get(path)).status_code == 200


async def test_the_key_tells_its_account_and_a_foreign_key_tells_nothing(
    api: httpx.AsyncClient, account: Account
) -> None:
    path = "/oauth/v2/private-apps/get/access-token-info"
    told = (await api.post(path, json={"tokenKey": TOKEN})).json()
    assert set(told) == {"userId", "hubId", "appId", "scopes"}
    assert (await api.get("/account-info/2026-09/details")).json()["portalId"] == told["hubId"]
    assert (await api.post(path, json={"tokenKey": "other"})).status_code == 404
    account.set_portal(1)
    assert (await api.get("/account-info/2026-09/details")).json()["accountType"] == "SANDBOX"


async def test_an_object_type_answers_to_its_name_its_id_and_its_full_name(api: httpx.AsyncClient) -> None:
    names = [
        await rows(api, f"/crm/properties/2026-09/{type}") for type in ("machines", "2-4400102", "p62114207_machines")
    ]
    assert names[0] == names[1] == names[2]
    refused = await api.get("/crm/properties/2026-09/unicorns")
    assert (refused.status_code, refused.json()["category"]) == (400, "VALIDATION_ERROR")


async def test_schemas_bring_their_properties_only_when_asked(api: httpx.AsyncClient) -> None:
    path = "/crm-object-schemas/2026-09/schemas"
    whole = await rows(api, path, includePropertyDefinitions="true")
    bare = await rows(api, path, includePropertyDefinitions="false", includeAssociationDefinitions="false")
    assert {row["name"] for row in whole} == {"event_registrations", "machines", "consent_records"}
    assert all(row["properties"] and row["associations"] for row in whole)
    assert not any("properties" in row or "associations" in row for row in bare)
    assert await rows(api, path, archived="true") == []


async def test_a_deleted_property_is_in_the_archive_and_a_purged_one_nowhere(
    api: httpx.AsyncClient, account: Account
) -> None:
    path = "/crm/properties/2026-09/contacts"
    account.delete_property("contacts", "utm_campaign")
    assert "utm_campaign" not in {row["name"] for row in await rows(api, path)}
    archived = await rows(api, path, archived="true")
    assert [row["name"] for row in archived] == ["utm_campaign"]
    assert archived[0]["archivedAt"]
    account.restore_property("contacts", "utm_campaign")
    assert "archivedAt" not in await contact(api, "utm_campaign")
    account.purge_property("contacts", "utm_campaign")
    assert await rows(api, path, archived="true") == []
    with pytest.raises(KeyError, match="no property utm_campaign"):
        account.alter_property("contacts", "utm_campaign", label="x")


async def test_a_sensitive_property_shows_only_when_asked_for(api: httpx.AsyncClient, account: Account) -> None:
    account.alter_property("contacts", "sales_notes", dataSensitivity="sensitive")
    path = "/crm/properties/2026-09/contacts"
    assert "sales_notes" not in {row["name"] for row in await rows(api, path)}
    assert [row["name"] for row in await rows(api, path, dataSensitivity="sensitive")] == ["sales_notes"]


async def test_options_keep_their_order_and_their_places(api: httpx.AsyncClient, account: Account) -> None:
    kept = account.options("contacts", "lifecyclestage")
    account.remove_option("contacts", "lifecyclestage", "salesqualifiedlead")
    now = (await contact(api, "lifecyclestage"))["options"]
    assert [o["value"] for o in now] == [o["value"] for o in kept if o["value"] != "salesqualifiedlead"]
    assert [o["displayOrder"] for o in now] == list(range(len(now)))
    account.add_option("contacts", "lifecyclestage", "partner=Partner", at=0)
    assert (await contact(api, "lifecyclestage"))["options"][0]["label"] == "Partner"
    account.set_options("contacts", "lifecyclestage", kept)
    assert (await contact(api, "lifecyclestage"))["options"] == kept
    account.reorder_options("contacts", "region", ["APAC", "EMEA", "AMER"])
    assert [o["value"] for o in (await contact(api, "region"))["options"]] == ["APAC", "EMEA", "AMER"]


async def test_what_the_vendor_ships_is_the_vendors_own(api: httpx.AsyncClient, account: Account) -> None:
    account.release(2)
    row = await contact(api, "hs_new_feature_2")
    assert row["hubspotDefined"] is True
    assert "createdUserId" not in row
    account.add_property("contacts", "event_code string/text own")
    assert (await contact(api, "event_code"))["hubspotDefined"] is False
    log = await rows(api, "/account-info/2026-09/activity/audit-logs")
    assert [entry["targetObjectId"] for entry in log] == ["event_code"]
    account.withdraw_release()
    assert "hs_new_feature_1" not in {row["name"] for row in await rows(api, "/crm/properties/2026-09/contacts")}


async def test_lists_are_paged_by_after_and_nothing_is_lost(api: httpx.AsyncClient, account: Account) -> None:
    account.page = 3
    path, emails = "/settings/users/v3", []
    answer = (await api.get(path)).json()
    while True:
        emails += [row["email"] for row in answer["results"]]
        if "paging" not in answer:
            break
        answer = (await api.get(answer["paging"]["next"]["link"])).json()
    assert len(emails) == len(set(emails)) == 8
    assert (await api.get(path, params={"after": "x"})).status_code == 400


async def test_too_many_requests_in_ten_seconds_are_refused_and_forgotten(
    api: httpx.AsyncClient, account: Account, clock: Now
) -> None:
    account.burst = 2
    path = "/account-info/2026-09/details"
    codes = [(await api.get(path)).status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    refused = (await api.get(path)).json()
    assert (refused["errorType"], refused["policyName"]) == ("RATE_LIMIT", "TEN_SECONDLY_ROLLING")
    assert "category" not in refused
    clock.at += 11
    assert (await api.get(path)).status_code == 200
    account.use_quota(625_000)
    assert (await api.get(path)).json()["policyName"] == "DAILY"


async def test_workflows_change_their_revision_with_their_content(api: httpx.AsyncClient, account: Account) -> None:
    before = await rows(api, "/automation/v4/flows")
    assert "actions" not in before[0]
    account.set_flow("44100202", on=False)
    after = await rows(api, "/automation/v4/flows")
    changed = [new for old, new in zip(before, after, strict=True) if old["revisionId"] != new["revisionId"]]
    assert [(row["id"], row["isEnabled"]) for row in changed] == [("44100202", False)]
    asked = {"inputs": [{"flowId": "44100202", "type": "FLOW_ID"}, {"flowId": "1", "type": "FLOW_ID"}]}
    read = (await api.post("/automation/v4/flows/batch/read", json=asked)).json()
    assert [row["actions"][0]["fields"]["property_name"] for row in read["results"]] == ["hs_email_optout"]
    assert (await api.get("/automation/v4/flows/1")).status_code == 404
    account.alter_flow("44100202", name="Consent is withdrawn")
    assert (await api.get("/automation/v4/flows/44100202")).json()["name"] == "Consent is withdrawn"


async def test_an_import_tells_how_many_rows_failed_and_why(api: httpx.AsyncClient, account: Account) -> None:
    account.run_import("Shop customers nightly", rows=1180, failed=3)
    newest = (await rows(api, "/crm/imports/2026-09"))[0]
    assert (newest["state"], newest["metadata"]["counters"]["ERRORS"]) == ("DONE", 3)
    errors = await rows(api, f"/crm/imports/2026-09/{newest['id']}/errors")
    assert [error["errorType"] for error in errors] == ["INVALID_ENUMERATION_OPTION"] * 3
    assert (await api.get(f"/crm/imports/2026-09/{newest['id']}")).json() == newest
    assert (await api.get("/crm/imports/2026-09/1")).status_code == 404


async def test_people_pipelines_forms_schemas_and_rules_can_be_changed(
    api: httpx.AsyncClient, account: Account
) -> None:
    account.set_super_admin("admin-03@example.com")
    account.add_user("new-desk@example.com")
    account.set_role("new-desk@example.com", "513")
    people = {row["email"]: row for row in await rows(api, "/settings/users/v3")}
    assert people["admin-03@example.com"]["superAdmin"] is True
    assert people["new-desk@example.com"]["roleIds"] == ["513"]
    account.remove_user("new-desk@example.com")
    assert len(await rows(api, "/settings/users/v3")) == len(people) - 1
    with pytest.raises(KeyError, match="no user"):
        account.user("new-desk@example.com")
    account.rename_stage("deals", "default", "closedwon", "Won")
    account.remove_stage("deals", "default", "contractsent")
    stages = (await rows(api, "/crm/pipelines/2026-09/deals"))[0]["stages"]
    assert {row["id"]: row["label"] for row in stages}["closedwon"] == "Won"
    assert "contractsent" not in {row["id"] for row in stages}
    account.set_validation("contacts", "phone", "FORMAT")
    account.set_validation("companies", "domain", "MAX_LENGTH", ["80"])
    rules = await rows(api, "/crm/property-validations/2026-09/0-1")
    assert {row["propertyName"] for row in rules} == {"utm_campaign", "email"}
    assert (await rows(api, "/crm/property-validations/2026-09/0-2"))[0]["propertyValidationRules"][0][
        "ruleArguments"
    ] == ["80"]
    account.set_form_field("Newsletter", "preferred_language", required=True)
    form = next(row for row in await rows(api, "/marketing/v3/forms") if row["name"] == "Newsletter")
    assert [f["required"] for group in form["fieldGroups"] for f in group["fields"]] == [True, True, False]
    account.add_object("surveys")
    account.set_required("machines", ["serial_number", "model"])
    schemas = {row["name"]: row for row in await rows(api, "/crm-object-schemas/2026-09/schemas")}
    assert schemas["machines"]["requiredProperties"] == ["serial_number", "model"]
    assert (await rows(api, "/crm/properties/2026-09/surveys"))[0]["name"] == "record_name"
    account.delete_object("surveys")
    assert (await api.get("/crm/properties/2026-09/surveys")).status_code == 400


async def test_an_owner_who_left_is_in_the_archive_and_a_queue_has_no_mailbox(
    api: httpx.AsyncClient, account: Account
) -> None:
    path = "/crm/owners/2026-09"
    account.remove_user("events-desk@example.com")
    there = await rows(api, path)
    (gone,) = await rows(api, path, archived="true")
    assert (gone["email"], gone["archived"], "userId" in gone) == ("events-desk@example.com", True, False)
    assert [row["id"] for row in there if "email" not in row] == ["97900"]
    assert [row["id"] for row in there if "userId" not in row] == ["97900", "97901"]


async def test_an_object_type_that_is_none_has_no_labels(api: httpx.AsyncClient) -> None:
    refused = await api.get("/crm/associations/2026-09/contacts/unicorns/labels")
    assert (refused.status_code, refused.json()["category"]) == (400, "VALIDATION_ERROR")


async def test_campaigns_and_emails_have_only_the_keys_that_are_asked_for(api: httpx.AsyncClient) -> None:
    bare = await rows(api, "/marketing/campaigns/2026-09")
    assert [row["properties"] for row in bare] == [{}, {}]
    some = await rows(api, "/marketing/emails/2026-09", includedProperties="name", type="BATCH_EMAIL")
    assert [set(row) for row in some] == [{"id", "name", "isAb"}]
    assert len((await rows(api, "/marketing/emails/2026-09"))[0]) > 30


async def test_shuffled_answers_hold_the_same(api: httpx.AsyncClient, account: Account) -> None:
    path = "/crm/properties/2026-09/contacts"
    plain = {row["name"]: row for row in await rows(api, path)}
    account.shuffle()
    bodies = [await api.get(path) for _ in range(3)]
    assert len({body.content for body in bodies}) == 3
    assert all({row["name"]: row for row in body.json()["results"]} == plain for body in bodies)


async def test_more_properties_can_be_generated(clock: Now) -> None:
    account = Account(clock=clock, properties=500)
    transport, headers = httpx.ASGITransport(account.app), {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.test", headers=headers) as client:
        assert len(await rows(client, "/crm/properties/2026-09/contacts")) > 500


async def test_unknown_paths_and_methods_are_not_found(api: httpx.AsyncClient) -> None:
    assert (await api.get("/crm/nothing")).status_code == 404
    assert (await api.delete("/crm/properties/2026-09/contacts")).status_code == 404
