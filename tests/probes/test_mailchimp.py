"""Mailchimp: its traps, against answers in the shape that it publishes."""

from __future__ import annotations

import httpx
import pytest

from probes.kit.contract import Absent, Denied, Kind, Ref, Rejected, Resource, State, Unsupported
from probes.kit.demand import look
from probes.mailchimp import VENDOR
from tests.probes.kit.world import js
from tests.probes.specs import unread
from tests.probes.written import written


async def test_no_declared_fact_reads_nothing_and_no_address_leaves() -> None:
    vantage, scopes, _ = await written(VENDOR).poll()
    assert vantage.account == "8d3a" and vantage.grants == {"role:viewer"}
    assert unread(VENDOR, scopes) == set()
    assert "not-for-git" not in repr(list(scopes.values()))


async def test_merge_fields_are_of_our_types_and_the_tag_is_the_key() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["audiences", "fields"])
    rows = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "Newsletter")].resources}
    assert {key: facts["type"] for key, facts in rows.items()} == {
        "FNAME": "text", "REGION": "option", "BDAY": "text", "PHONE": "phone", "ADDRESS": "address", "TIER": "option",
    }  # fmt: skip
    assert rows["REGION"]["options"] == [{"value": "EMEA"}, {"value": "APAC"}] and rows["REGION"]["required"] is True
    assert rows["BDAY"]["form_field"] is False and rows["BDAY"]["date_hint"] == "MM/DD"
    trade = {one.key: one.facts["type"] for one in scopes[Ref(Kind.FIELD, "Trade")].resources}
    assert trade == {"SCORE": "decimal", "SITE": "url"}  # of an audience on the second page


async def test_two_audiences_may_have_a_group_of_one_title() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["audiences", "groups", "interests"])
    fields = {ref: scope for ref, scope in scopes.items() if ref.kind is Kind.FIELD}
    found = {ref.name: {one.key for one in scope.resources} for ref, scope in fields.items()}
    assert found == {
        "Newsletter.groups": {"Newsletter/Topics", "Newsletter/Source"}, "Trade.groups": {"Trade/Topics"},
        "Newsletter/Topics": {"Hiking", "Climbing"}, "Newsletter/Source": set(), "Trade/Topics": {"Prices"},
    }  # fmt: skip
    groups = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "Newsletter.groups")].resources}
    assert groups["Newsletter/Topics"]["type"] == "multi_option"
    assert groups["Newsletter/Source"]["type"] == "any" and groups["Newsletter/Source"]["hidden"] is True


async def test_a_paused_automation_is_not_active_and_who_linked_an_app_is_a_person() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["automations", "apps"])
    flows = {one.key: one.facts["active"] for one in scopes[Ref(Kind.AUTOMATION, "automations")].resources}
    assert flows == {"Welcome": True, "Birthday": False}
    apps = {one.key: one.facts["members"] for one in scopes[Ref(Kind.PERMISSION, "apps")].resources}
    assert apps == {"Shop sync": ["editor-01@example.com", "owner-01@example.com"], "Survey": ["owner-01@example.com"]}
    assert VENDOR.listing("apps").people == ("members",)


async def test_campaigns_that_follow_a_feed_are_automations_and_what_they_sent_is_not() -> None:
    made = written(VENDOR)
    _, scopes, _ = await made.poll(listings=["feeds"])
    rows = {one.key: one for one in scopes[Ref(Kind.AUTOMATION, "feeds")].resources}
    assert {key: (one.facts["active"], one.facts["trigger"]) for key, one in rows.items()} == {
        "r1": (True, "daily"), "r2": (False, "weekly"),
    }  # fmt: skip
    assert rows["r1"].facts["x_source"] == "blog.example.com" and rows["r1"].facts["x_days"]["monday"] is True
    assert rows["r1"].evidence["link"].endswith("/campaigns/show/?id=4711") and "not-for-git" not in repr(scopes)
    assert {one.url.params["type"] for one in made.requests if one.url.path == "/3.0/campaigns"} == {"rss"}


async def test_a_segment_names_its_fields_and_what_it_asks_of_them_stays_a_digest() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["audiences", "segments"])
    rows = {one.key: one.facts for one in scopes[Ref(Kind.AUTOMATION, "Newsletter.segments")].resources}
    assert rows["81"]["reads"] == ["REGION", "aim"] and rows["81"]["object"] == "Newsletter"
    assert rows["81"]["opaque"] is True and len(rows["81"]["x_values_digest"]) == 16
    assert "not-for-git" not in repr(scopes)


async def test_links_and_counts_are_not_asked_for() -> None:
    world = written(VENDOR)
    await world.poll(listings=["audiences"])
    asked = {request.url.params["exclude_fields"] for request in world.requests if request.url.path == "/3.0/lists"}
    assert asked == {"_links,lists._links,lists.stats"}


async def test_a_list_of_fewer_webhooks_than_it_counts_is_partial() -> None:
    short = js({"webhooks": [{"id": "w1", "url": "https://hooks.example.com", "events": {"subscribe": True}}],
                "total_items": 2})  # fmt: skip
    _, _, reads = await written(VENDOR, {"webhooks": short}).poll(listings=["audiences", "webhooks"])
    assert reads["webhooks/Newsletter"].coverage.state is State.PARTIAL


@pytest.mark.parametrize(
    ("status", "state", "words"),
    [(403, State.DENIED, "Denied"), (401, State.DENIED, "Expired"), (429, State.FAILED, "Throttled")],
)
async def test_refusals_are_problem_details(status: int, state: State, words: str) -> None:
    told = {"type": "https://mailchimp.com/developer/marketing/docs/errors/", "title": "No", "status": status,
            "detail": "You may not.", "instance": "e0c1"}  # fmt: skip
    answers: dict[str, httpx.Response] = {"verified-domains": js(told, status)}
    _, _, reads = await written(VENDOR, answers).poll(listings=["domains"])
    coverage = reads["domains"].coverage
    assert coverage.reason.startswith(words) and "You may not." in coverage.reason and coverage.state is state


async def test_stores_say_whether_they_sync_and_no_address_and_no_script_leaves() -> None:
    world = written(VENDOR)
    _, scopes, _ = await world.poll(listings=["stores", "sites"])
    rows = {one.key: one for one in scopes[Ref(Kind.SYNC, "stores")].resources}
    assert {key: one.health.state for key, one in rows.items() if one.health} == {
        "shop.example.com": "unknown", "rent.example.com": "running", "old.example.com": "disabled",
    }  # fmt: skip
    assert rows["shop.example.com"].facts["x_abandoned_cart"] == "sending"
    assert rows["rent.example.com"].evidence["link"].endswith("/integrations/manage?name=woocommerce")
    asked = next(one for one in world.requests if one.url.path.endswith("/stores"))
    assert {"stores.address", "stores.phone", "stores.email_address"} < set(
        asked.url.params["exclude_fields"].split(",")
    )
    (site,) = scopes[Ref(Kind.PLATFORM, "sites")].resources
    assert len(site.facts["x_script_digest"]) == 16 and "not-for-git" not in repr(scopes)


async def test_what_is_in_an_audience_has_its_page_there() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["audiences", "fields", "groups", "segments"])
    lists = "https://us19.admin.mailchimp.com/lists"
    assert scopes[Ref(Kind.FIELD, "Trade")].link == f"{lists}/settings/merge-tags?id=102"
    assert scopes[Ref(Kind.FIELD, "Newsletter.groups")].link == f"{lists}/dashboard/groups?id=101"
    assert scopes[Ref(Kind.AUTOMATION, "Newsletter.segments")].link == f"{lists}/segments?id=101"


FEEDS, LANDING = Ref(Kind.AUTOMATION, "feeds"), Ref(Kind.TEMPLATE, "landing-pages")


async def test_a_feed_and_a_landing_page_are_looked_at_as_their_lists_have_them() -> None:
    world = written(VENDOR)
    _, scopes, _ = await world.poll(listings=["feeds", "landing-pages"])
    for ref, key in ((FEEDS, "r1"), (LANDING, "l1")):
        listed = next(one for one in scopes[ref].resources if one.key == key)
        found = await look(VENDOR, world.api, ref, key, person=str)
        assert isinstance(found, Resource) and found.facts == listed.facts and found.evidence == listed.evidence
    assert isinstance(await look(VENDOR, world.api, Ref(Kind.SCHEMA, "audiences"), "Trade", person=str), Unsupported)


@pytest.mark.parametrize(
    ("status", "title", "meant"),
    [(404, "Resource Not Found", Absent), (403, "Forbidden", Denied), (404, "", Rejected)],
)
async def test_only_the_vendors_own_word_says_that_a_feed_is_gone(status: int, title: str, meant: type) -> None:
    told = {"type": "https://mailchimp.com/developer/marketing/docs/errors/", "title": title, "status": status,
            "detail": "No.", "instance": "e0c1"}  # fmt: skip
    world = written(VENDOR, {"r1": js(told, status)})
    await world.poll(listings=["apps"])
    assert isinstance(await look(VENDOR, world.api, FEEDS, "r1", person=str), meant)
