"""Zoho CRM: its traps, against answers in the shape that it publishes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from probes.kit.contract import Kind, Ref
from probes.zoho_crm import VENDOR
from tests.probes.kit.world import js
from tests.probes.specs import unread
from tests.probes.written import written


async def test_no_declared_fact_reads_nothing() -> None:
    world = written(VENDOR)
    vantage, scopes, _ = await world.poll()
    assert vantage.account == "7700123" and vantage.grants == {"profile:Reader", "role:Sales"}
    assert vantage.silent == {Kind.SCHEMA, Kind.FIELD}
    assert unread(VENDOR, scopes) == set()
    assert world.requests[-1].headers["authorization"] == "Zoho-oauthtoken made-up"


async def test_only_modules_of_the_api_are_asked_for_their_fields() -> None:
    _, scopes, reads = await written(VENDOR).poll(listings=["modules", "fields"])
    assert {id for id in reads if id.startswith("fields/")} == {"fields/Leads", "fields/Rentals"}
    rows = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "Leads")].resources}
    assert {key: facts["type"] for key, facts in rows.items()} == {
        "Email": "email", "Region": "option", "Account": "reference",
    }  # fmt: skip
    assert rows["Region"]["options"][1] == {"value": "OLD", "label": "Old", "active": False}
    assert rows["Email"]["unique"] is True and rows["Region"]["required"] is True
    assert rows["Account"]["references"] == ["Accounts"]
    other = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "Rentals")].resources}
    assert other["Days"]["hidden"] is True and other["Days"]["x_unused"] is True
    assert other["Days"]["unique"] is True, "the documents of two years spell it in two ways"
    assert other["Price"]["type"] == "any" and other["Price"]["calculated"] is True


async def test_who_may_do_what() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["profiles", "powers", "users"])
    assert scopes[Ref(Kind.PERMISSION, "Reader")].resources[0].facts["powers"] == ["Crm_View"]
    users = {one.key: one.facts["active"] for one in scopes[Ref(Kind.PERMISSION, "users")].resources}
    assert users == {"admin-01@example.com": True, "former-01@example.com": False, "monitor-01@example.com": True}


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (401, "OAUTH_SCOPE_MISMATCH", "Denied"),
        (401, "INVALID_TOKEN", "Expired"),
        (429, "TOO_MANY_REQUESTS", "Throttled"),
    ],
)
async def test_refusals(status: int, code: str, words: str) -> None:
    told = js({"code": code, "message": "no such right", "status": "error", "details": {}}, status)
    _, _, reads = await written(VENDOR, {"roles": told}).poll(listings=["roles"])
    assert reads["roles"].coverage.reason.startswith(words) and "no such right" in reads["roles"].coverage.reason


async def test_a_204_without_a_body_is_an_empty_list_and_a_200_without_one_is_none() -> None:
    _, scopes, reads = await written(VENDOR, {"fields": js(b"", 204)}).poll(listings=["modules", "fields"])
    assert reads["fields/Leads"].coverage.complete and not scopes[Ref(Kind.FIELD, "Leads")].resources
    _, _, reads = await written(VENDOR, {"roles": js(b"", 200)}).poll(listings=["roles"])
    assert reads["roles"].coverage.reason.startswith("Malformed")


async def test_users_go_on_while_zoho_says_that_there_are_more_however_few_came() -> None:
    world = written(VENDOR)
    _, scopes, _ = await world.poll(listings=["users"])
    assert len(scopes[Ref(Kind.PERMISSION, "users")].keys) == 3
    asked = [one.url.params["page"] for one in world.requests if one.url.params.get("type") == "AllUsers"]
    assert asked == ["1", "2"]


async def test_workflow_rules_and_templates_are_known_by_their_module_and_name() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["workflow-rules", "templates"])
    rules = {one.key: one.facts for one in scopes[Ref(Kind.AUTOMATION, "workflow-rules")].resources}
    assert rules == {
        "Leads/Route by region": {"active": True, "object": "Leads", "trigger": "create"},
        "Rentals/Warn of expiry": {"active": False, "object": "Rentals", "trigger": "date_or_datetime"},
    }
    (template,) = scopes[Ref(Kind.TEMPLATE, "templates")].resources
    assert template.key == "Leads/Public Email Templates/Welcome" and template.evidence["at"].startswith("2026-02-03")


async def test_what_a_rule_reads_and_writes_is_told_with_its_field_updates_and_later_actions() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["steps", "field-updates"])
    steps = {one.key: one.facts for one in scopes[Ref(Kind.AUTOMATION, "steps")].resources}
    assert steps["Leads/Route by region"] == {
        "reads": ["Leads/Account", "Leads/Email", "Leads/Region"], "writes": ["Leads/Region", "Rentals/Days"],
        "actions": ["create_record", "field_updates", "webhooks"],
    }  # fmt: skip
    warn = steps["Rentals/Warn of expiry"]
    assert warn["reads"] == ["Leads/Region", "Rentals/Ends_On"], "criteria of a related module are about that one"
    assert "writes" not in warn and warn["actions"] == ["email_notifications"]
    updates = {one.key: one.facts for one in scopes[Ref(Kind.AUTOMATION, "field-updates")].resources}
    assert updates["Leads/Set region/80"]["writes"] == ["Leads/Region"]
    assert updates["Rentals/Free the account/81"]["writes"] == ["Leads/Account"], "of the related module"
    assert "EMEA" not in repr(list(updates.values())), "a value may be a person"


async def test_a_webhook_fails_that_failed_within_a_day_and_one_that_no_rule_names_is_off() -> None:
    def failure(at: str, why: str) -> dict[str, Any]:
        return {"webhook": {"name": "Tell the shop", "id": "90"}, "failure_time": at, "failure_reason": why, "id": at,
                "entity_details": {"module": {"api_name": "Leads", "id": "10"}, "name": "Person", "id": "7"},
                "workflow_rule": {"name": "Route by region", "id": "50"}}  # fmt: skip

    now = written(VENDOR).clock.now()
    for ago, state in ((30 * 3600, "ok"), (3600, "failing")):
        at = datetime.fromtimestamp(now - ago, UTC).isoformat()
        older = failure(datetime.fromtimestamp(now - 90_000, UTC).isoformat(), "page_notfound")
        answer = js({"webhook_failures": [older, failure(at, "timeout")], "info": {"more_records": False}})
        world = written(VENDOR, {"webhook_failures": answer})
        _, scopes, _ = await world.poll(listings=["webhooks"])
        hooks = {one.key: one for one in scopes[Ref(Kind.SYNC, "webhooks")].resources}
        shop, bridge = hooks["Leads/Tell the shop"], hooks["Rentals/Old bridge"]
        assert shop.health and bridge.health and (shop.health.state, bridge.health.state) == (state, "disabled")
        failed = (now - ago, ("timeout",)) if state == "failing" else (None, ())
        assert (shop.health.failed_at, shop.health.errors) == failed
        assert shop.facts["target"] == "hooks.example.com" and bridge.facts["enabled"] is False
        assert "not-for-git" not in repr(scopes) and "Person" not in repr(scopes)
    asked = next(one for one in world.requests if one.url.path.endswith("webhook_failures"))
    yesterday = datetime.fromtimestamp(now - 86_400, UTC).strftime("%Y-%m-%d")
    assert asked.url.params["from"] == yesterday, "30 days are told where nothing is said"


async def test_no_failures_at_all_are_a_204() -> None:
    _, scopes, reads = await written(VENDOR, {"webhook_failures": js(b"", 204)}).poll(listings=["webhooks"])
    assert reads["webhooks"].coverage.complete and len(scopes[Ref(Kind.SYNC, "webhooks")].resources) == 2


async def test_actions_are_refused_to_a_profile_that_may_not_manage_workflow() -> None:
    no = js({"code": "NO_PERMISSION", "details": {"permissions": ["Crm_Implied_Manage_Workflow"]},
             "message": "permission denied", "status": "error"}, 403)  # fmt: skip
    _, _, reads = await written(VENDOR, {"webhooks": no, "field_updates": no}).poll(
        listings=["webhooks", "steps", "field-updates", "templates"]
    )
    assert {name for name, one in reads.items() if one.coverage.reason.startswith("Denied")} == {
        "webhooks", "steps", "field-updates",
    }  # fmt: skip
    assert reads["templates"].coverage.complete


def test_the_credits_of_a_day_hang_on_the_edition() -> None:
    assert VENDOR.quota is not None and VENDOR.quota.resets == "rolling-24h"
    free = VENDOR.quota.on({"plan": "free"})
    assert free is not None and free.per_day == 5_000


SETUP = "/crm/org7700123/settings"


async def test_links_go_to_the_organization_in_the_regions_application() -> None:
    _, scopes, _ = await written(VENDOR).poll()
    rules = {one.key: one.evidence["link"] for one in scopes[Ref(Kind.AUTOMATION, "workflow-rules")].resources}
    assert rules["Leads/Route by region"] == f"https://crm.zoho.eu{SETUP}/workflow-rules/50"
    lists = {ref.name: scope.link for ref, scope in scopes.items() if ref.name not in ("workflow-rules", "steps")}
    assert lists["modules"] == lists["Leads"] == lists["Rentals"] == f"https://crm.zoho.eu{SETUP}/modules"
    assert {link for name, link in lists.items() if name not in ("modules", "Leads", "Rentals")} == {
        f"https://crm.zoho.eu{SETUP}/index"
    }


@pytest.mark.parametrize(
    ("base", "app", "login"),
    [
        ("https://www.zohoapis.com", "https://crm.zoho.com", "https://accounts.zoho.com"),
        ("https://www.zohoapis.eu", "https://crm.zoho.eu", "https://accounts.zoho.eu"),
        ("https://www.zohoapis.com.au/", "https://crm.zoho.com.au", "https://accounts.zoho.com.au"),
        ("https://www.zohoapis.com.cn", "https://crm.zoho.com.cn", "https://accounts.zoho.com.cn"),
        ("https://www.zohoapis.ca", "https://crm.zohocloud.ca", "https://accounts.zohocloud.ca"),
        ("https://sandbox.zohoapis.com", None, "https://accounts.zoho.com"),
    ],
)
async def test_application_and_login_go_by_the_region_of_the_api(base: str, app: str | None, login: str) -> None:
    world = written(VENDOR, base=base, options={})
    assert (world.api.options["app"], world.api.options["login"]) == (app, login)
    _, scopes, reads = await world.poll(listings=["modules", "workflow-rules"])
    assert reads["workflow-rules"].coverage.complete
    assert scopes[Ref(Kind.SCHEMA, "modules")].link == (f"{app}{SETUP}/modules" if app else "")
    rules = scopes[Ref(Kind.AUTOMATION, "workflow-rules")].resources
    assert [one.evidence.get("link") for one in rules] == [
        f"{app}{SETUP}/workflow-rules/{one.id}" if app else None for one in rules
    ]
    assert str(world.requests[0].url) == f"{login}/oauth/v2/token"
