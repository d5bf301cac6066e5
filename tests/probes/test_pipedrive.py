"""Pipedrive: its traps, against answers in the shape that it publishes."""

from __future__ import annotations

import pytest

from probes.kit.contract import Kind, Ref
from probes.pipedrive import VENDOR
from tests.probes.kit.world import js
from tests.probes.specs import unread
from tests.probes.written import written

REGION = "a1" * 20


async def test_no_declared_fact_reads_nothing_and_no_address_or_password_leaves() -> None:
    vantage, scopes, _ = await written(VENDOR).poll()
    assert vantage.account == "77" and vantage.grants == {"global:user", "sales:admin"}
    assert unread(VENDOR, scopes) == set()
    assert "not-for-git" not in repr(list(scopes.values())) and "robot" not in repr(list(scopes.values()))


async def test_the_code_of_a_field_is_its_key_and_fields_go_on_over_pages() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["deal-fields"])
    rows = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "deal")].resources}
    assert {key: facts["type"] for key, facts in rows.items()} == {
        "title": "text", REGION: "option", "value": "currency", "next_activity_id": "reference", "origin": "any",
    }  # fmt: skip
    assert rows[REGION]["options"] == [{"value": "1", "label": "EMEA"}, {"value": "2", "label": "APAC"}]
    assert rows[REGION]["required"] is True and rows[REGION]["x_required_stages"] == [12]
    assert rows["value"]["required"] is False and rows[REGION]["custom"] is True


async def test_stages_of_one_name_are_told_apart_by_their_pipeline() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["pipelines", "stages"])
    found = {ref.name: {one.key for one in scope.resources} for ref, scope in scopes.items()}
    assert found == {"pipelines": {"Trade", "Rental"}, "Trade": {"Asked", "Offered"}, "Rental": {"Asked"}}


async def test_who_may_do_what() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["users", "permission-sets", "powers", "roles"])
    users = {one.key: one.facts for one in scopes[Ref(Kind.PERMISSION, "users")].resources}
    assert {key: (facts["active"], facts["admin"]) for key, facts in users.items()} == {
        "admin-01@example.com": (True, True), "former-01@example.com": (False, False),
        "monitor-01@example.com": (True, False),
    }  # fmt: skip
    powers = scopes[Ref(Kind.PERMISSION, "sales/Admin")].resources[0].facts["powers"]
    assert powers == ["can_bulk_edit_items", "can_export_data"]
    listed = scopes[Ref(Kind.PERMISSION, "sales/Regular")].resources[0].facts["powers"]
    assert listed == ["can_add_custom_fields"], "the vendor's document has one shape, its example another"


async def test_what_a_role_lets_see_and_only_the_first_one_has_levels_of_access() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["roles", "sees"])
    first, second = (scopes[Ref(Kind.PERMISSION, f"sees-{role}")].resources[0].facts for role in ("Sales", "Trade"))
    assert first["x_deals"] == second["x_deals"] == 1 and first["x_access_to_products"] == 7
    assert not any(name.startswith("x_access") for name in second)


async def test_projects_have_fields_boards_with_phases_and_templates_that_go_on_over_pages() -> None:
    world = written(VENDOR)
    _, scopes, _ = await world.poll(listings=["project-fields", "boards", "phases", "project-templates", "add-ons"])
    found = {ref.name: {one.key for one in scope.resources} for ref, scope in scopes.items()}
    assert found == {
        "project": {"name", "b2" * 20}, "boards": {"Campaigns", "Events"}, "Campaigns.phases": {"Plan", "Done"},
        "Events.phases": {"Plan"}, "project-templates": {"1", "2"}, "add-ons": {"leadbooster_v2", "projects"},
    }  # fmt: skip
    template = scopes[Ref(Kind.TEMPLATE, "project-templates")].resources[0]
    assert (template.evidence["label"], template.facts["x_board"]) == ("Trade fair", 2)


@pytest.mark.parametrize(("status", "words"), [(402, "Unsupported"), (415, "Unsupported")])
async def test_a_feature_or_an_account_that_is_not_open_is_no_empty_list(status: int, words: str) -> None:
    no = js({"success": False, "error": "not available"}, status)
    _, _, reads = await written(VENDOR, {"projectTemplates": no}).poll(listings=["project-templates", "add-ons"])
    assert reads["project-templates"].coverage.reason.startswith(words) and reads["add-ons"].coverage.complete


async def test_how_the_last_delivery_of_a_webhook_went() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["webhooks"])
    rows = scopes[Ref(Kind.SYNC, "webhooks")].resources
    assert {one.key: one.health.state for one in rows if one.health} == {
        "31": "ok", "32": "failing", "33": "unknown", "34": "disabled",
    }  # fmt: skip
    assert {one.key: bool(one.health and one.health.failed_at) for one in rows} == {
        "31": False, "32": True, "33": False, "34": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "words"), [(200, "Malformed"), (403, "Denied"), (401, "Expired"), (429, "Throttled")]
)
async def test_a_success_that_says_no_is_no_empty_list(status: int, words: str) -> None:
    no = js({"success": False, "error": "Scope and URL mismatch", "data": []}, status)
    _, _, reads = await written(VENDOR, {"roles": no}).poll(listings=["roles"])
    coverage = reads["roles"].coverage
    assert coverage.reason.startswith(words) and "Scope and URL mismatch" in coverage.reason


async def test_a_reading_takes_the_tokens_that_the_vendor_counts() -> None:
    world = written(VENDOR)
    await world.poll()
    lists = {"/api/v2/pipelines": 5, "/api/v2/stages": 5, "/api/v2/": 10, "/v1/users/me": 2, "/v1/permissionSets/": 2,
             "/v1/webhooks": 10, "/v1/": 20}  # fmt: skip
    asked = [next(cost for path, cost in lists.items() if path in str(one.url)) for one in world.requests]
    assert world.api.budget and world.api.budget.used == sum(asked) > 9 * len(asked)
