"""Google Ads: its traps, and rows of its simulated account against the sibling API that has a published document."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from probes.google_ads import VENDOR
from probes.google_ads.told import search, select
from probes.kit.contract import Absent, Kind, Ref, Resource, Retired, Scope, Sought, State, Unsupported
from probes.kit.demand import look, who
from probes.simulated.google_ads import CUSTOMER, MANAGER

from .desks import BASE, NOW, Said, desk
from .discovery import unlike
from .kit.world import Tokens, World
from .specs import spec, unread

OPTIONS = {"customer": CUSTOMER, "login": BASE}


def ads(**options: Any) -> tuple[Any, World, Said]:
    return desk(VENDOR, options={**OPTIONS, **options})


def rows(scopes: dict[Ref, Scope], kind: Kind, name: str) -> dict[str, Any]:
    return {one.key: one for one in scopes[Ref(kind, name)].resources}


def queries(wire: Said) -> list[str]:
    return [json.loads(one.content)["query"] for one in wire.requests if one.url.path.endswith(":search")]


async def test_no_declared_fact_reads_nothing() -> None:
    _, world, _ = ads()
    _, scopes, _ = await world.poll()
    assert unread(VENDOR, scopes) == set()


async def test_rows_are_of_the_shape_of_the_sibling_that_google_publishes() -> None:
    document = spec("google/searchads360.v23.json.gz")
    schemas, prefix = document["schemas"], "GoogleAdsSearchads360V23Services__"
    row = schemas[f"{prefix}SearchAds360Row"]["properties"]
    search = {"httpMethod": "GET", "path": "{table}", "response": {"$ref": f"{prefix}SearchAds360Row"}}
    account, world, wire = ads()
    await world.poll()
    whole = [(f"/{table}", {table: one}) for table, all_rows in account.tables.items() for one in all_rows]
    told = [(path, one) for path, body in wire.said if path.endswith(":search") for one in body.get("results", [])]
    assert account.tables.keys() - {"changeEvent"} <= row.keys()
    assert unlike({"servicePath": "", "schemas": schemas, "methods": {"search": search}}, whole) == []
    path = {**search, "path": "v26/customers/{id}/googleAds:search"}
    assert unlike({"servicePath": "", "schemas": schemas, "methods": {"search": path}}, told) == []


async def test_every_request_is_a_query_and_none_asks_for_a_page_size_or_for_figures() -> None:
    _, world, wire = ads()
    await world.poll()
    assert {one.method for one in wire.requests} == {"POST"} and VENDOR.reads == ("/v26/customers/*/googleAds:search",)
    assert all(query.startswith("SELECT ") and "metrics." not in query for query in queries(wire))
    assert not any("pageSize" in one.content.decode() for one in wire.requests)
    assert not any("developer-token" in one.headers for one in wire.requests), "there is none since 2026-09"


async def test_what_was_removed_stays_there_and_is_not_read() -> None:
    account, world, _ = ads()
    _, scopes, _ = await world.poll()
    assert set(rows(scopes, Kind.SCHEMA, "conversion-actions")) == {"Qualified lead (CRM)", "Contact form", "Purchase"}
    account.alter(table="conversionAction", key="102", what={"status": "REMOVED"})
    account.alter(table="conversionAction", key="103", what={"status": "HIDDEN"})
    _, scopes, _ = await world.poll()
    found = rows(scopes, Kind.SCHEMA, "conversion-actions")
    assert "Contact form" not in found and found["Purchase"].facts["enabled"] is False
    assert scopes[Ref(Kind.SCHEMA, "conversion-actions")].coverage.complete


async def test_a_conversion_action_says_how_it_counts_and_keeps_its_number_through_a_new_name() -> None:
    account, world, _ = ads()
    _, scopes, _ = await world.poll()
    lead = rows(scopes, Kind.SCHEMA, "conversion-actions")["Qualified lead (CRM)"]
    assert (lead.id, lead.facts["group"], lead.facts["x_counts"]) == ("101", "QUALIFIED_LEAD", "ONE_PER_CLICK")
    assert lead.facts["x_model"] == "GOOGLE_SEARCH_ATTRIBUTION_DATA_DRIVEN" and lead.facts["x_value"] == 40
    assert "not-for-git" not in repr(scopes)
    account.alter(table="conversionAction", key="101", what={"name": "Qualified lead"})
    _, scopes, _ = await world.poll()
    assert rows(scopes, Kind.SCHEMA, "conversion-actions")["Qualified lead"].id == "101"


async def test_what_google_applies_by_itself_is_an_automation_that_is_switched_on_and_off() -> None:
    account, world, _ = ads()
    _, scopes, _ = await world.poll()
    found = rows(scopes, Kind.AUTOMATION, "auto-applied")
    assert {key: row.facts["active"] for key, row in found.items()} == {"KEYWORD": False, "RESPONSIVE_SEARCH_AD": True}
    account.alter(table="recommendationSubscription", key="KEYWORD", what={"status": "ENABLED"})
    _, scopes, _ = await world.poll()
    assert rows(scopes, Kind.AUTOMATION, "auto-applied")["KEYWORD"].facts["active"] is True


async def test_a_value_rule_names_the_audiences_by_which_it_changes_what_a_conversion_is_worth() -> None:
    _, world, _ = ads()
    _, scopes, _ = await world.poll()
    found = rows(scopes, Kind.AUTOMATION, "value-rules")
    assert set(found) == {"811", "812"}, "what was removed stays there and is not read"
    more, less = found["811"].facts, found["812"].facts
    assert (more["active"], more["actions"], more["reads"]) == (True, ["MULTIPLY 1.5"], ["401/"])
    assert "401" in rows(scopes, Kind.SCHEMA, "audiences"), "named as its list has it"
    assert (less["active"], less["x_devices"], less["x_places"]) == (False, ["MOBILE"], ["2276"])


async def test_a_lead_form_tells_what_it_asks_and_to_whom_leads_go_and_no_secret() -> None:
    account, world, _ = ads()
    account.actor = "agency@example.com"
    _, scopes, _ = await world.poll()
    form = rows(scopes, Kind.TEMPLATE, "lead-forms")["901"]
    assert [one["inputType"] for one in form.facts["x_asks"]] == ["EMAIL", "COMPANY_SIZE"]
    assert form.facts["x_questions"][0]["singleChoiceAnswers"] == {"answers": ["EMEA", "AMER"]}
    assert form.facts["x_delivers_to"] == ["hooks.example.com"] and "not-for-git" not in repr(scopes)
    other = {**account.find("asset", "901")["leadFormAsset"], "deliveryMethods": []}
    account.alter(table="asset", key="901", what={"leadFormAsset": other})
    _, scopes, _ = await world.poll()
    assert "x_delivers_to" not in rows(scopes, Kind.TEMPLATE, "lead-forms")["901"].facts
    at = world.clock.now()
    ref = Ref(Kind.TEMPLATE, "lead-forms")
    (told,) = await who(VENDOR, world.api, [Sought(ref, "901", NOW - 60, at + 60, "901")], person=str)
    assert told["by"] == "agency@example.com" and told["how"] == "named"  # type: ignore[index]


async def test_a_result_without_rows_is_complete_and_an_answer_without_its_mask_is_none() -> None:
    account, world, _ = ads()
    account.tables["label"] = []
    account.tables["offlineConversionUploadClientSummary"] = []
    _, scopes, reads = await world.poll()
    assert reads["labels"].coverage.complete and not scopes[Ref(Kind.SCHEMA, "labels")].keys
    assert reads["uploads"].coverage.complete
    account._handlers = [(route, pattern, lambda request, customer: {}) for route, pattern, _ in account._handlers]
    vantage, _, reads = await world.poll()
    assert not vantage.coverage.complete and reads["labels"].coverage.state is State.FAILED
    assert reads["uploads"].coverage.state is State.FAILED


async def test_uploads_are_told_in_the_account_s_zone_by_their_newest_day() -> None:
    account, world, _ = ads()
    _, scopes, _ = await world.poll()
    lead = rows(scopes, Kind.SYNC, "uploads-by-action")["Qualified lead (CRM)/GOOGLE_ADS_API"]
    assert (lead.health.state, lead.health.rows_ok, lead.health.rows_failed) == ("ok", 118, 2)
    assert abs(NOW - 5400 - lead.health.succeeded_at) < 1, "a local time without an offset is hours away"
    world.clock.advance(86_400)
    account.upload(ok=0, failed=480, status="NEEDS_ATTENTION", error="EXPIRED_EVENT")
    _, scopes, _ = await world.poll()
    whole = rows(scopes, Kind.SYNC, "uploads")["GOOGLE_ADS_API"].health
    assert (whole.state, whole.rows_ok, whole.rows_failed, whole.errors) == ("failing", 0, 480, ("EXPIRED_EVENT",))
    assert whole.succeeded_at is None and whole.failed_at is not None
    for zone in ("Nowhere/Land", "America", "x" * 5000):
        account.tables["customer"][0]["timeZone"] = zone
        _, _, reads = await world.poll()
        assert reads["uploads"].coverage.state is State.FAILED and "time zone" in reads["uploads"].coverage.reason


async def test_a_word_that_google_adds_is_kept_as_it_is_and_no_health_is_made_of_it() -> None:
    account, world, _ = ads()
    account.alter(table="conversionAction", key="103", what={"type": "BRAND_NEW", "status": "BRAND_NEW"})
    account.upload(ok=5, failed=0, status="BRAND_NEW", error="BRAND_NEW")
    _, scopes, reads = await world.poll()
    assert all(found.coverage.complete for found in reads.values())
    found = rows(scopes, Kind.SCHEMA, "conversion-actions")["Purchase"].facts
    assert (found["native_type"], found["enabled"]) == ("BRAND_NEW", False)
    health = rows(scopes, Kind.SYNC, "uploads")["GOOGLE_ADS_API"].health
    assert (health.state, health.errors) == ("unknown", ("BRAND_NEW",))


async def test_auto_tagging_and_url_suffixes_are_watched_since_conversions_hang_on_them() -> None:
    account, world, _ = ads()
    account.alter(table="campaign", key="701", what={"finalUrlSuffix": "utm_campaign=other"})
    account.tables["customer"][0]["autoTaggingEnabled"] = False
    _, scopes, _ = await world.poll()
    (customer,) = rows(scopes, Kind.PLATFORM, "customer").values()
    assert customer.facts["x_auto_tagging"] is False and customer.facts["x_suffix"] == "utm_medium=cpc"
    campaigns = rows(scopes, Kind.SCHEMA, "campaigns")
    assert campaigns["701"].facts["x_suffix"] == "utm_campaign=other" and "703" not in campaigns
    assert (Kind.SCHEMA, "campaigns") in [(kind, pattern) for kind, pattern, _ in VENDOR.quiet]


async def test_people_open_invitations_and_managers_are_three_lists() -> None:
    _, world, _ = ads()
    _, scopes, _ = await world.poll(person=lambda mailbox: mailbox.partition("@")[0])
    people = {key: row.facts for key, row in rows(scopes, Kind.PERMISSION, "people").items()}
    assert people["admin-01"] == {"profile": "ADMIN", "admin": True} and people["monitor"]["profile"] == "READ_ONLY"
    assert set(rows(scopes, Kind.PERMISSION, "invitations")) == {"admin-03"}
    managers = {key: row.facts["active"] for key, row in rows(scopes, Kind.PERMISSION, "managers").items()}
    assert managers == {MANAGER: True, "3332221111": False} and "@example" not in repr(scopes)


async def test_an_account_below_a_manager_is_asked_for_by_the_manager_s_number() -> None:
    account, world, wire = ads(manager=MANAGER)
    account.login_customer = MANAGER
    vantage, _, reads = await world.poll()
    assert vantage.coverage.complete and all(found.coverage.complete for found in reads.values())
    assert {one.headers["login-customer-id"] for one in wire.requests} == {MANAGER}
    other, world, wire = ads()
    other.login_customer = MANAGER
    vantage, _, _ = await world.poll()
    assert vantage.coverage.state is State.DENIED and vantage.coverage.code == "USER_PERMISSION_DENIED"
    assert not any("login-customer-id" in one.headers for one in wire.requests)


@pytest.mark.parametrize(
    ("kind", "word", "state"),
    [
        ("authorizationError", "CUSTOMER_NOT_ENABLED", State.DENIED),
        ("authorizationError", "CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION", State.DENIED),
        ("authenticationError", "OAUTH_TOKEN_EXPIRED", State.DENIED),
        ("quotaError", "RESOURCE_EXHAUSTED", State.FAILED),
        ("internalError", "TRANSIENT_ERROR", State.FAILED),
        ("queryError", "UNRECOGNIZED_FIELD", State.FAILED),
    ],
)
async def test_the_code_inside_the_details_decides(kind: str, word: str, state: State) -> None:
    account, world, _ = ads()
    await world.poll()

    def refuse(request: Any, customer: str) -> Any:
        if "FROM label" in request.json()["query"]:
            raise account.failure(400, "INVALID_ARGUMENT", kind, word)
        return search(request, customer)

    search = account.search
    account._handlers = [(route, pattern, refuse) for route, pattern, _ in account._handlers]
    _, scopes, reads = await world.poll(listings=["labels"])
    assert (reads["labels"].coverage.state, reads["labels"].coverage.code) == (state, word)
    assert not scopes[Ref(Kind.SCHEMA, "labels")].resources


async def test_a_version_that_has_ended_is_retired_and_no_removal() -> None:
    account, world, _ = ads()
    route, pattern, _ = account._handlers[1]
    account._handlers[1] = (route, pattern, account.sunset)
    vantage, _, reads = await world.poll()
    assert vantage.coverage.code == "UNSUPPORTED_VERSION" and "Retired" in reads["campaigns"].coverage.reason
    with pytest.raises(Retired):
        await search(world.api, select("customer", "id"))


async def test_the_planned_end_of_the_version_is_counted_down_to() -> None:
    _, world, _ = desk(VENDOR, options=OPTIONS)
    vantage, _, _ = await world.poll(listings=["customer"])
    assert VENDOR.sunset[vantage.api_version] == "2027-11-01"


async def test_a_short_limit_is_waited_for_as_long_as_the_vendor_says() -> None:
    account, world, _ = ads()
    await world.poll()
    start = world.clock.monotonic()
    account.throttle(n=1)
    vantage, _, _ = await world.poll()
    assert vantage.coverage.complete and world.clock.monotonic() - start >= 5
    assert world.api.budget is not None and world.api.budget.limit == 2_880
    _, basic, _ = ads(plan="basic")
    _, standard, _ = ads(plan="standard")
    assert basic.api.budget is not None and basic.api.budget.limit == 15_000 and standard.api.budget is None


async def test_a_refresh_token_is_another_way_in() -> None:
    account, world, _ = desk(VENDOR, scheme="refresh_token", options=OPTIONS)
    world.tokens.token = {"refresh_token": account.refresh_token}
    vantage, _, _ = await world.poll(listings=["labels"])
    assert vantage.coverage.complete
    account.refresh_token = "revoked"
    account.set_token(token="replaced")
    vantage, _, _ = await world.poll(listings=["labels"])
    assert vantage.coverage.state is State.DENIED and isinstance(world.tokens, Tokens)


async def test_change_events_name_who_changed_a_campaign_and_know_nothing_of_conversions() -> None:
    account, world, wire = ads()
    account.actor = "agency@example.com"
    account.alter(table="campaign", key="701", what={"finalUrlSuffix": "utm_campaign=other"})
    campaigns, actions = Ref(Kind.SCHEMA, "campaigns"), Ref(Kind.SCHEMA, "conversion-actions")
    sought = [Sought(campaigns, "701", NOW - 60, NOW + 60, "701"), Sought(campaigns, "702", NOW - 60, NOW + 60, "702"),
              Sought(actions, "x", NOW - 60, NOW + 60, "701"),
              Sought(campaigns, "701", NOW - 9e3, NOW - 8e3, "701")]  # fmt: skip
    named, *others = await who(VENDOR, world.api, sought, person=lambda mailbox: mailbox.partition("@")[0])
    assert named == {"by": "agency", "how": "named", "action": "UPDATE",
                     "at": datetime.fromtimestamp(NOW, UTC).isoformat().replace("+00:00", "Z")}  # fmt: skip
    assert not any(others) and "LIMIT 1000" in queries(wire)[-1]
    wire.requests.clear()
    assert await who(VENDOR, world.api, sought[2:3], person=str) == [{}] and not wire.requests


async def test_what_was_removed_is_found_with_that_word_and_what_is_not_found_is_not_gone() -> None:
    account, world, wire = ads()
    account.alter(table="conversionAction", key="102", what={"name": "Contact's \\ form"})
    _, scopes, _ = await world.poll()
    actions, campaigns = Ref(Kind.SCHEMA, "conversion-actions"), Ref(Kind.SCHEMA, "campaigns")

    async def asked(ref: Ref, key: str) -> Any:
        return await look(VENDOR, world.api, ref, key, person=str)

    found = await asked(actions, "Contact's \\ form")
    assert isinstance(found, Resource) and found == rows(scopes, Kind.SCHEMA, "conversion-actions")[found.key]
    assert "WHERE conversion_action.name = 'Contact\\'s \\\\ form'" in queries(wire)[-1]
    assert await asked(actions, "Old lead") == Absent("REMOVED") and await asked(campaigns, "703") == Absent("REMOVED")
    assert isinstance(await asked(campaigns, "701"), Resource)
    assert await asked(Ref(Kind.AUTOMATION, "value-rules"), "813") == Absent("REMOVED")
    for ref, key in ((actions, "Never there"), (campaigns, "7 OR 1"), (Ref(Kind.PERMISSION, "people"), "x")):
        assert isinstance(await asked(ref, key), Unsupported), key
    account.tables["conversionAction"].append({**account.find("conversionAction", "104"), "id": "105",
                                               "status": "ENABLED"})  # fmt: skip
    assert isinstance(await asked(actions, "Old lead"), Resource), "a name may be used again"
