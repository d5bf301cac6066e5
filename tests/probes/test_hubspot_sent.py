"""HubSpot's e-mails, campaigns and subscriptions, the segments of its workflows, and who changed what without an audit
log, against a simulated account that changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from probes.hubspot import VENDOR
from probes.hubspot.workflows import properties
from probes.kit import demand
from probes.kit.contract import Denied, Fault, Kind, Ref, Sought
from tests.probes.desks import desk

from .test_hubspot_model import refuse, rows

EMAILS, CAMPAIGNS = Ref(Kind.TEMPLATE, "emails"), Ref(Kind.TEMPLATE, "campaigns")
SUBSCRIPTIONS, WORKFLOWS = Ref(Kind.TEMPLATE, "subscriptions"), Ref(Kind.AUTOMATION, "workflows")
DEALS = Ref(Kind.SCHEMA, "deals.pipelines")


@pytest.mark.parametrize("page", [0, 1])
async def test_emails_that_send_by_themselves_tell_what_they_print_and_not_what_they_say(page: int) -> None:
    _, world, wire = desk(VENDOR, page=page)
    before = await rows(world, "emails", EMAILS)
    assert {row.evidence["label"]: row.facts["fields"] for row in before.values()} == {
        "Consent withdrawn": ["contacts/firstname", "contacts/preferred_language"],
        "Offer received": ["contacts/firstname", "contacts/product_interest"],
        "Service reminder": ["contacts/firstname", "contacts/region"]}  # fmt: skip
    assert "trade-fair" not in repr(before), "what is sent once is no setting"
    assert "Hello" not in repr(before) and "campaign-desk" not in repr(before) and "admin-03@" not in repr(before)
    assert before["180100201"].facts["consents"] == ["610"]
    assert before["180100201"].evidence["link"] == "https://app.hubspot.com/email/62114207/edit/180100201/settings"
    asked = [request.url for request in wire.requests if "/marketing/emails/" in request.url.path]
    assert all("content" in url.params.get_list("includedProperties") for url in asked)
    assert {url.params["type"] for url in asked} == set(VENDOR.options["emails"].default)


async def test_an_email_changes_by_its_sender_its_content_and_its_state_alone() -> None:
    account, world, _ = desk(VENDOR)
    before = await rows(world, "emails", EMAILS)
    account.alter_email("180100201", state="AUTOMATED_SENDING", stats={"sent": 9}, content={"widgets": {}})
    account.alter_email("180100202", **{"from": {"fromName": "Somebody else", "replyTo": "service-desk@example.com"}})
    account.alter_email("180100203", isPublished=False, content={"html": "{% if company.industry %}{{deal.amount}}"})
    after = await rows(world, "emails", EMAILS)
    changed = {
        key: {name for name in row.facts.keys() | before[key].facts.keys()
              if row.facts.get(name) != before[key].facts.get(name)} for key, row in after.items()
    }  # fmt: skip
    assert changed == {"180100201": {"fields"}, "180100202": {"x_sender"}, "180100203": {"fields", "active"}}
    assert after["180100203"].facts["fields"] == ["companies/industry", "deals/amount"]
    account.delete_email("180100203")
    assert set(await rows(world, "emails", EMAILS)) == {"180100201", "180100202"}


async def test_campaigns_have_what_was_asked_of_them_and_subscriptions_say_what_they_are_for() -> None:
    account, world, wire = desk(VENDOR)
    before = await rows(world, "campaigns", CAMPAIGNS)
    one = next(iter(sorted(before)))
    assert (before[one].facts["x_utm"], before[one].facts["x_status"]) == (
        "2026-Q4_emea_event_trade-fair", "in_progress")  # fmt: skip
    assert "7003" not in repr(before), "whose it is follows people"
    assert before[one].evidence["link"] == f"https://app.hubspot.com/marketing/62114207/campaigns/{one}"
    (url,) = [request.url for request in wire.requests if "/campaigns/" in request.url.path]
    assert "hs_utm" in url.params.get_list("properties")
    account.alter_campaign(one, hs_utm="2026-Q4_emea_event_fair", hs_notes="moved")
    after = await rows(world, "campaigns", CAMPAIGNS)
    assert after[one].facts["x_utm"] == "2026-Q4_emea_event_fair"
    assert (await rows(world, "subscriptions", SUBSCRIPTIONS))["610"].facts["active"] is True
    account.alter_subscription("610", isActive=False)
    assert (await rows(world, "subscriptions", SUBSCRIPTIONS))["610"].facts["active"] is False


async def test_a_campaign_list_without_its_properties_is_malformed() -> None:
    account, world, _ = desk(VENDOR)
    for row in account.campaigns:
        row["properties"] = {}
    _, _, reads = await world.poll(listings=["campaigns"])
    assert not reads["campaigns"].coverage.complete


async def test_a_workflow_tells_from_which_segments_it_takes_and_whom_it_leaves_out() -> None:
    account, world, _ = desk(VENDOR)
    within = {"filterType": "IN_LIST", "operator": "IN_LIST", "listId": "52"}
    branch = {"filterBranchType": "OR", "filters": [], "filterBranches": [{"filters": [within]}]}
    account.alter_flow("44100201", suppressionListIds=[53], canEnrollFromSalesforce=True,
                       enrollmentCriteria={"type": "LIST_BASED", "listFilterBranch": branch})  # fmt: skip
    after = await rows(world, "workflows", WORKFLOWS)
    facts = after["44100201"].facts
    assert (facts["enrolments"], facts["suppressions"], facts["x_from_salesforce"]) == (["52"], ["53"], True)
    assert "enrolments" not in after["44100202"].facts


def test_a_deals_suppression_is_read_and_a_property_of_an_event_is_none_of_the_object() -> None:
    event = {"filterType": "UNIFIED_EVENTS", "eventTypeId": "4-1", "filterLines": [{"property": "hs_page"}]}
    left_out = {"filters": [{"property": "dealstage", "filterType": "PROPERTY"}]}
    said = properties({"objectTypeId": "0-3", "suppressionFilterBranch": left_out, "goal": {"filters": [event]}})
    assert said["reads"] == ["deals/dealstage"]


async def ask(world: Any, ref: Ref, key: str, *more: str) -> Mapping[str, Any] | Fault:
    now = world.clock.now()
    sought = [Sought(ref, one, now - 600, now + 30) for one in (key, *more)]
    return (await demand.who(VENDOR, world.api, sought, person=str))[0]


@pytest.mark.parametrize("scope", [True, False], ids=["with an audit log", "without"])
async def test_a_pipeline_tells_who_changed_one_of_its_stages_in_every_plan(scope: bool) -> None:
    account, world, _ = desk(VENDOR)
    if not scope:
        account.revoke("account-info.security.read")
    account.rename_stage("deals", "default", "closedwon", "Won")
    told = await ask(world, DEALS, "default")
    assert isinstance(told, Mapping)
    assert (told["by"], told["how"], told["action"]) == ("admin-01@example.com", "named", "UPDATE")
    world.clock.advance(7200)
    account.delete_pipeline("deals", "75e28846")
    account.revoke("account-info.security.read")
    told = await ask(world, DEALS, "75e28846", "75e28846")
    assert isinstance(told, Mapping) and told["action"] == "DELETE"
    assert isinstance(await ask(world, DEALS, "default"), Mapping), "an old change is of nobody now"
    assert not await ask(world, DEALS, "default")


async def test_an_email_that_was_deleted_is_told_by_the_audit_of_content_and_nobody_is_named_twice() -> None:
    account, world, wire = desk(VENDOR)
    account.revoke("account-info.security.read")
    account.revoke("settings.users.read")
    account.delete_email("180100203")
    told = await ask(world, EMAILS, "180100203", "180100201")
    assert isinstance(told, Mapping)
    assert (told["by"], told["action"], told["how"]) == ("7001", "DELETED", "named")
    assert "Desk" not in repr(told)
    (asked,) = [request.url for request in wire.requests if "/cms/audit-logs/" in request.url.path]
    assert (asked.params["objectId"], asked.params["objectType"]) == ("180100201,180100203", "EMAIL")


async def test_a_plan_without_the_audit_of_content_says_so_and_what_has_no_trail_tells_why() -> None:
    account, world, _ = desk(VENDOR)
    account.revoke("account-info.security.read")
    refuse(account, "/cms/audit-logs/", 403, "FORBIDDEN")
    assert isinstance(await ask(world, EMAILS, "180100203"), Denied)
    assert isinstance(await ask(world, CAMPAIGNS, "1"), Denied)
    account.grant("account-info.security.read")
    assert not await ask(world, CAMPAIGNS, "1")
