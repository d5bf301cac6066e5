"""SOQL at the simulated Salesforce org: what it selects, how it is paged, and how it refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from probes.simulated.salesforce import Account

ROOT = "/services/data/v68.0"


class Now:
    def now(self) -> float:
        return 1_795_300_000.0


@pytest.fixture
def org() -> Account:
    return Account(clock=Now())


@pytest.fixture
async def api(org: Account) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(org.app), base_url="http://org.test") as client:
        form = {"grant_type": "client_credentials", "client_id": org.client_id, "client_secret": org.client_secret}
        token = (await client.post("/services/oauth2/token", data=form)).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


async def ask(api: httpx.AsyncClient, query: str, tooling: bool = False) -> httpx.Response:
    return await api.get(f"{ROOT}{'/tooling' if tooling else ''}/query", params={"q": query})


async def test_permissions_of_profiles_hang_under_their_own_sets(api: httpx.AsyncClient) -> None:
    query = (
        "SELECT Parent.Profile.Name, SobjectType, PermissionsRead FROM ObjectPermissions"
        " WHERE Parent.IsOwnedByProfile = true AND SobjectType = 'Lead' ORDER BY Parent.Profile.Name"
    )
    records = (await ask(api, query)).json()["records"]
    assert [row["Parent"]["Profile"]["Name"] for row in records] == [
        "Marketing User",
        "Sales User",
        "System Administrator",
    ]
    assert records[0]["attributes"]["type"] == "ObjectPermissions"


async def test_a_query_is_paged_by_locator_and_nothing_is_lost(org: Account, api: httpx.AsyncClient) -> None:
    org.page = 100
    answer = (await ask(api, "SELECT Id FROM FieldPermissions")).json()
    total, ids = answer["totalSize"], [row["Id"] for row in answer["records"]]
    while not answer["done"]:
        answer = (await api.get(answer["nextRecordsUrl"])).json()
        ids += [row["Id"] for row in answer["records"]]
    assert len(ids) == len(set(ids)) == total > 100
    refused = await api.get(f"{ROOT}/query/01gxx-5-5")
    assert refused.json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("IsActive = false", {"former-agency@example.com"}),
        ("Username IN ('admin-01@example.com', 'admin-02@example.com')", {"admin-01@example.com",
                                                                          "admin-02@example.com"}),
        ("Username LIKE 'admin%' AND NOT Username = 'admin-01@example.com'", {"admin-02@example.com"}),
        ("(Profile.Name = 'Sales User' OR UserRole.Name = 'Platform') AND UserRole.Name != 'Sales'",
         {"admin-01@example.com", "admin-02@example.com", "sales-desk-emea@example.com"}),
        ("LastLoginDate = null", {"former-agency@example.com"}),
        ("LastLoginDate < 2000-01-01T00:00:00Z", set()),
        ("LastLoginDate = LAST_N_DAYS:2 AND Username = 'admin-01@example.com'", {"admin-01@example.com"}),
        ("Id IN (SELECT AssigneeId FROM PermissionSetAssignment WHERE PermissionSet.Name = 'HubSpot_Integration')",
         {"integration-user@example.com"}),
        ("Id NOT IN (SELECT AssigneeId FROM PermissionSetAssignment)", set()),
    ],
)  # fmt: skip
async def test_conditions_select_what_they_say(api: httpx.AsyncClient, where: str, found: set[str]) -> None:
    answer = await ask(api, " ".join(("SELECT Username FROM User WHERE", where)))
    assert answer.status_code == 200, answer.text
    assert {row["Username"] for row in answer.json()["records"]} == found


async def test_order_limit_and_offset_are_obeyed(api: httpx.AsyncClient) -> None:
    answer = await ask(api, "SELECT Username FROM User ORDER BY Username DESC NULLS LAST LIMIT 2 OFFSET 1")
    assert [row["Username"] for row in answer.json()["records"]] == [
        "sales-desk-emea@example.com",
        "integration-user@example.com",
    ]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT Nope FROM User", "INVALID_FIELD"),
        ("SELECT Nope.Name FROM User", "INVALID_FIELD"),
        ("SELECT Id FROM Nope", "INVALID_TYPE"),
        ("SELECT Id FROM User WHERE Nope = 1", "INVALID_FIELD"),
        ("SELECT Id FROM User WHERE", "MALFORMED_QUERY"),
        ("SELECT Id User", "MALFORMED_QUERY"),
        ("SELECT Id FROM User GROUP BY Id", "MALFORMED_QUERY"),
        ("SELECT MAX() FROM User", "MALFORMED_QUERY"),
        ("SELECT Id FROM User WHERE Id ~ 1", "MALFORMED_QUERY"),
        ("SELECT ValidationName FROM ValidationRule", "INVALID_TYPE"),
        ("", "MALFORMED_QUERY"),
    ],
)
async def test_a_wrong_query_is_refused_in_the_vendors_words(api: httpx.AsyncClient, query: str, code: str) -> None:
    answer = await ask(api, query)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


async def test_a_validation_rules_formula_is_given_one_at_a_time(api: httpx.AsyncClient) -> None:
    wide = "SELECT ValidationName, Metadata FROM ValidationRule"
    assert (await ask(api, wide, tooling=True)).json()[0]["errorCode"] == "MALFORMED_QUERY"
    one = (await ask(api, wide + " WHERE ValidationName = 'Qualified_Needs_Region'", tooling=True)).json()
    assert "Region__c" in one["records"][0]["Metadata"]["errorConditionFormula"]


async def test_changes_leave_a_trail_with_who_did_them(api: httpx.AsyncClient, org: Account) -> None:
    org.actor = "admin-02@example.com"
    org.add_field("Lead", "Event_Code__c string(40)")
    query = "SELECT Action, Display, CreatedBy.Username FROM SetupAuditTrail ORDER BY CreatedDate DESC LIMIT 1"
    row = (await ask(api, query)).json()["records"][0]
    assert (row["CreatedBy"]["Username"], row["Action"]) == ("admin-02@example.com", "add_field")
    assert "Event_Code__c" in row["Display"]
    assert [change.method for change in org.log] == ["add_field"]
