"""ActiveCampaign: its traps, against answers in the shape that it publishes."""

from __future__ import annotations

import pytest

from probes.activecampaign import VENDOR
from probes.kit.contract import Kind, Ref, State
from tests.probes.kit.world import js
from tests.probes.specs import unread
from tests.probes.written import written


async def test_no_declared_fact_reads_nothing_and_no_address_or_token_leaves() -> None:
    vantage, scopes, _ = await written(VENDOR).poll()
    assert vantage.subject == "monitor-01@example.com" and Kind.SCHEMA in vantage.silent
    assert unread(VENDOR, scopes) == set()
    assert "not-for-git" not in repr(list(scopes.values()))


async def test_options_stand_beside_the_fields_even_on_another_page() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["contact-fields"])
    rows = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "contact")].resources}
    assert {key: facts["type"] for key, facts in rows.items()} == {
        "SFID": "text", "REGION": "option", "TOPICS": "multi_option", "LEGACY": "any",
    }  # fmt: skip
    assert rows["REGION"]["options"] == [{"value": "emea", "label": "EMEA"}, {"value": "apac", "label": "APAC"}]
    assert rows["REGION"]["required"] is True and rows["LEGACY"]["form_field"] is False


@pytest.mark.parametrize("gone", [{"fields": []}, {"fieldOptions": []}])
async def test_fields_without_their_options_are_not_read_as_fields_without_options(gone: dict[str, list[str]]) -> None:
    _, _, reads = await written(VENDOR, {"fields": js(gone)}).poll(listings=["contact-fields"])
    assert reads["contact-fields"].coverage.reason.startswith("Malformed")


async def test_a_list_that_does_not_heed_the_offset_is_not_asked_for_ever() -> None:
    same = js({"fields": [{"id": "1", "perstag": "A", "title": "A", "type": "text"}], "fieldOptions": []})
    _, _, reads = await written(VENDOR, {"fields": same}).poll(listings=["contact-fields"])
    assert "came twice" in reads["contact-fields"].coverage.reason


async def test_booleans_are_numbers_for_accounts_and_a_tag_is_the_key_where_there_is_one() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["account-fields", "deal-fields"])
    accounts = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "account")].resources}
    assert accounts["ACCT_SEGMENT"]["options"] == [{"value": "retail"}, {"value": "trade"}]
    assert accounts["Notes"]["form_field"] is False and accounts["Notes"]["type"] == "long_text"
    deals = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "deal")].resources}
    assert deals["Budget"]["required"] is True and deals["Old code"]["hidden"] is True


async def test_stages_are_of_their_pipeline() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["pipelines", "stages"])
    found = {ref.name: {one.key for one in scope.resources} for ref, scope in scopes.items()}
    assert found == {"pipelines": {"Rental", "Trade"}, "Trade": {"To contact", "Won"}, "Rental": {"Asked"}}


async def test_what_a_group_may_do_and_that_it_may_export() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["groups"])
    rows = {one.key: one.facts for one in scopes[Ref(Kind.PERMISSION, "groups")].resources}
    assert rows["Editors"]["powers"] == ["pgContactExport", "pgMessageEdit"] and rows["Editors"]["export"] is True
    assert rows["Editors"]["manage_users"] is False and "pg_user_delete" in rows["Admin"]["powers"]


async def test_a_total_is_a_text_so_that_only_an_empty_page_is_the_end() -> None:
    world = written(VENDOR)
    _, _, reads = await world.poll(listings=["automations"])
    assert reads["automations"].coverage.complete and reads["automations"].coverage.pages == 2


@pytest.mark.parametrize(("status", "words"), [(403, "Denied"), (429, "Throttled")])
async def test_refusals(status: int, words: str) -> None:
    told = {"errors": [{"status": status, "title": "No", "detail": "You do not have permission to view lists."}]}
    _, _, reads = await written(VENDOR, {"lists": js(told, status)}).poll(listings=["lists"])
    assert reads["lists"].coverage.reason.startswith(words) and "permission" in reads["lists"].coverage.reason
    assert reads["lists"].coverage.state is not State.COMPLETE


async def test_campaigns_that_send_by_themselves_are_read_and_no_issue_of_one() -> None:
    _, scopes, reads = await written(VENDOR).poll(listings=["campaigns"])
    rows = {one.key: one.facts for one in scopes[Ref(Kind.AUTOMATION, "campaigns")].resources}
    assert set(rows) == {"2", "4", "5", "6", "7"}, "neither what is sent once, nor an issue of the monthly letter"
    assert {key for key, facts in rows.items() if facts["active"]} == {"2", "5", "6"}
    assert (rows["2"]["x_recurs"], rows["2"]["x_segment"]) == ("month1", "7") and "x_recurs" not in rows["4"]
    assert (rows["4"]["trigger"], rows["4"]["x_after"]) == ("subscribe", "24") and rows["6"]["x_automation"] == "1"
    assert rows["5"]["x_feed"] == "blog.example.com" and rows["7"]["x_reminds"] == "- 2 day month_day %BIRTHDAY%"
    assert reads["campaigns"].coverage.complete and "not-for-git" not in repr(scopes)


async def test_how_connections_stand_and_no_account_of_theirs_leaves() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["connections"])
    rows = {one.key: one for one in scopes[Ref(Kind.SYNC, "connections")].resources}
    assert {key: one.health.state for key, one in rows.items() if one.health} == {
        "shopify/Northwind shop": "ok", "rentals/Rental desk": "failing", "stripe/Payments": "running",
    }  # fmt: skip
    shop = rows["shopify/Northwind shop"]
    assert shop.health and shop.health.succeeded_at is None and shop.evidence["began"].startswith("2026-02-03")
    assert rows["rentals/Rental desk"].facts["x_list"] == "1" and "x_list" not in shop.facts
    assert "not-for-git" not in repr(scopes)


async def test_what_groups_are_held_to_and_texts_that_mails_are_made_of() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["limits", "site-tracking", "variables", "saved-replies"])
    limits = {one.key: one.facts for one in scopes[Ref(Kind.PLATFORM, "limits")].resources}
    assert (limits["group-3"]["x_contacts"], limits["group-4"]["x_contacts"]) == ("0", "5000")
    assert scopes[Ref(Kind.PLATFORM, "site-tracking")].resources[0].facts == {"enabled": True}
    (variable,) = scopes[Ref(Kind.TEMPLATE, "variables")].resources
    (reply,) = scopes[Ref(Kind.TEMPLATE, "saved-replies")].resources
    assert (variable.key, variable.facts["x_lists"], reply.evidence["subject"]) == (
        "SHOP_ADDRESS",
        "1,2",
        "About sizes",
    )
    assert len(reply.facts["x_text_digest"]) == 16
