"""Account Engagement (Pardot): what it does otherwise than its documentation lets one think."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import httpx
import pytest

from probes.account_engagement import CAMPAIGNS, CONTENTS, FIELDS, FORM, LANDING, LAYOUTS, LISTS, VENDOR
from probes.kit.contract import Absent, Denied, Fault, Kind, Ref, Resource, Sought, State, Unsupported
from probes.kit.demand import look, who
from probes.kit.memo import Memos
from probes.kit.prepared import Plan
from probes.simulated.account_engagement import BASE, BINNED, UNIT, VIEWS, asset, member
from tests.probes.desks import NOW, Said, desk
from tests.probes.judged import said as judged
from tests.probes.kit.world import World, js
from tests.probes.specs import unread

OPTIONS = {
    "my_domain": "example", "business_unit": UNIT, "login": "https://account.test", "timezone": "Europe/Berlin",
}  # fmt: skip
OWN, CONTACT = Ref(Kind.FIELD, "prospects"), Ref(Kind.FIELD, "form-1201")
ALL, FORMS = Ref(Kind.SCHEMA, "lists"), Ref(Kind.TEMPLATE, "forms")
HANDLERS, USERS = Ref(Kind.TEMPLATE, "form-handlers"), Ref(Kind.PERMISSION, "users")


def pardot(options: dict[str, Any] | None = None, **account: Any) -> tuple[Any, World, Said]:
    return desk(VENDOR, options=OPTIONS | (options or {}), **account)


def rows(scopes: Any, ref: Ref) -> dict[str, Any]:
    return {one.key: one for one in scopes[ref].resources}


def forgetful(world: World) -> World:
    world.memories, world.plan = Memos(), Plan()
    return world


def twisted(part: str, reply: httpx.Response, times: int = 99) -> tuple[Any, World, Said]:
    """The account, whose next answers to paths that end in `part` are `reply`."""
    account, world, wire = pardot()
    real, left = wire.inner, [reply] * times

    class Twist(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            meant = left and request.url.path.endswith(part)
            return left.pop() if meant else await real.handle_async_request(request)

    wire.inner = Twist()
    return account, world, wire


async def test_no_declared_fact_reads_nothing() -> None:
    _, world, _ = pardot()
    vantage, scopes, reads = await world.poll()
    assert [id for id, one in reads.items() if not one.coverage.complete] == []
    assert unread(VENDOR, scopes) == set()
    assert (vantage.account, vantage.subject) == (UNIT, "integration-user@example.com")
    assert vantage.api_version == "v5" and vantage.coverage.complete


async def test_every_request_names_the_unit_and_the_fields_and_no_more_comes_back() -> None:
    _, world, wire = pardot()
    await world.poll()
    asked = [one for one in wire.requests if one.url.path.startswith(BASE)]
    assert {one.headers["pardot-business-unit-id"] for one in asked} == {UNIT}
    assert {one.headers["x-return-api-usage"] for one in asked} == {"1"}
    assert all(one.headers["authorization"].startswith("Bearer pardot-token-") for one in asked)
    assert all("fields" in one.url.params for one in asked)
    personal = {"firstName", "lastName", "jobTitle", "description", "errorMessage"}
    assert not any(personal & set(one.url.params["fields"].split(",")) for one in asked)
    binned = {one.url.path.rpartition("/")[2] for one in asked if one.url.params.get("deleted") == "all"}
    assert binned <= BINNED and {"lists", "forms", "campaigns"} <= binned


async def test_pages_follow_the_address_that_the_vendor_gives_and_never_to_another_host() -> None:
    _, world, wire = pardot(page=3)
    _, scopes, reads = await world.poll(listings=["custom-fields"])
    assert reads["custom-fields"].coverage.complete and len(scopes[OWN].resources) == 8
    assert sum("nextPageToken" in one.url.params for one in wire.requests) == 2
    row = {"id": 1, "name": "A", "fieldId": "a", "type": "Text"}
    away = js({"nextPageUrl": "https://elsewhere.test/api/v5/objects/custom-fields?x=1", "values": [row]})
    _, world, wire = twisted("custom-fields", away)
    _, scopes, reads = await world.poll(listings=["custom-fields"])
    assert reads["custom-fields"].coverage.state is not State.COMPLETE
    assert not any("elsewhere" in str(one.url) for one in wire.requests)


async def test_a_token_that_ends_is_asked_for_once_more_and_a_dead_client_only_once() -> None:
    account, world, wire = pardot()
    await world.poll(listings=["lists"])
    account.revoke_tokens()
    _, _, reads = await world.poll(listings=["lists"])
    assert reads["lists"].coverage.complete and account.issued == 2
    assert all(one.headers["authorization"].startswith("Basic ") for one in wire.requests if one.method == "POST")
    account, world, wire = pardot()
    account.client_secret = "another"
    vantage, scopes, reads = await world.poll()
    assert "Expired" in vantage.coverage.reason and scopes == {} and len(wire.requests) == 1
    assert {one.coverage.state for one in reads.values()} == {State.DENIED}


async def test_a_refresh_token_signs_in_as_well() -> None:
    account, world, wire = desk(VENDOR, scheme="refresh_token", options=OPTIONS)
    world.secrets["refresh_token"] = account.refresh_token
    _, _, reads = await world.poll(listings=["lists"])
    assert reads["lists"].coverage.complete
    form = parse_qs(next(one for one in wire.requests if one.method == "POST").content.decode())
    assert form["grant_type"] == ["refresh_token"] and form["refresh_token"] == ["kept"]


async def test_another_unit_is_said_to_be_none_of_ours() -> None:
    account, world, _ = pardot()
    account.unit = "0UvB000000000Other"
    _, scopes, reads = await world.poll()
    assert all(one.coverage.reason.startswith("Rejected") for one in reads.values()), reads
    assert not any(scope.resources for scope in scopes.values())


async def test_an_ability_that_is_missing_costs_its_own_list_alone() -> None:
    account, world, _ = pardot()
    account.revoke(name=LISTS)
    account.revoke(name=FORM)
    _, scopes, reads = await world.poll()
    refused = {name for name, one in reads.items() if one.coverage.state is State.DENIED}
    assert refused == {"lists", "forms", "form-fields"}
    assert all(one.coverage.complete for name, one in reads.items() if name not in refused)
    assert scopes[ALL].needs == (LISTS,) and not scopes[ALL].resources
    assert {FIELDS, CAMPAIGNS, LISTS, FORM, CONTENTS, LANDING, LAYOUTS} <= set(VIEWS.values()), (
        "the account knows them by the same names"
    )


async def test_without_openid_the_integration_is_read_all_the_same() -> None:
    for status in (401, 403):
        _, world, _ = twisted("/userinfo", httpx.Response(status, text="Missing_OAuth_Token"))
        vantage, _, reads = await world.poll(listings=["lists"])
        assert (vantage.account, vantage.subject) == (UNIT, "Salesforce user") and reads["lists"].coverage.complete


async def test_the_day_is_counted_by_everybodys_calls_and_ends_at_the_accounts_midnight() -> None:
    account, world, _ = pardot()
    await world.poll(listings=["lists"])
    budget = world.api.budget
    assert budget is not None and (budget.used, budget.limit, budget.zone) == (121, 25_000, "Europe/Berlin")
    account.spend(calls=13_000)
    await world.poll(listings=["lists"])
    _, _, reads = await world.poll(listings=["lists"])
    assert "Throttled" in reads["lists"].coverage.reason, "half of the day is for others"
    midnight = datetime.fromtimestamp(budget.resets_at, ZoneInfo("Europe/Berlin"))
    assert (midnight.hour, midnight.minute) == (0, 0)


async def test_the_plan_that_is_named_says_what_a_day_has() -> None:
    _, world, _ = pardot({"plan": "plus"})
    assert VENDOR.quota is not None
    assert [getattr(VENDOR.quota.on({"plan": plan}), "per_day", 0) for plan in ("", "growth", "premium")] == [
        25_000, 25_000, 100_000,
    ]  # fmt: skip
    _, _, reads = await world.poll(listings=["lists"])
    assert reads["lists"].coverage.complete


async def test_122_waits_for_midnight_and_66_for_seconds() -> None:
    _, world, _ = twisted("/lists", js({"code": 122, "message": "Daily API rate limit met"}, 429))
    _, _, reads = await world.poll(listings=["lists"])
    assert "Throttled" in reads["lists"].coverage.reason
    assert world.api.budget is not None
    assert world.api._limiters["default"].paused == pytest.approx(world.api.budget.resets_at - NOW, abs=60)
    _, world, _ = twisted("/lists", js({"code": 66, "message": "Concurrent request limit exceeded"}, 400), times=1)
    before = world.clock.monotonic()
    _, _, reads = await world.poll(listings=["lists"])
    assert reads["lists"].coverage.complete and 5 <= world.clock.monotonic() - before < 20


async def test_a_field_that_does_not_exist_fails_its_own_list_in_words() -> None:
    account, world, _ = pardot()
    for row in account.tables["form-handlers"]:
        del row["isCookieless"]
    _, _, reads = await world.poll()
    assert {name for name, one in reads.items() if not one.coverage.complete} == {"form-handlers"}
    assert "isCookieless" in reads["form-handlers"].coverage.reason


async def test_two_lists_of_one_name_are_two_and_what_is_in_the_bin_is_archived() -> None:
    account, world, _ = pardot()
    _, before, _ = await world.poll()
    lists = rows(before, ALL)
    assert [lists[key].facts["label"] for key in ("6001", "6002")] == ["Newsletter", "Newsletter"]
    assert (lists["6001"].facts["archived"], lists["6002"].facts["archived"]) == (False, True)
    assert lists["6001"].evidence["link"] == "https://account.test/list/read/id/6001"
    account.alter(table="forms", key="1201", what={"isDeleted": True})
    _, after, _ = await forgetful(world).poll()
    assert {change[:5] for change in judged(before, after)} == {
        ("forms", "form-1201", "archived", "", "narrowed"),
    }  # fmt: skip
    account.drop(table="forms", key="1202")
    account.drop(table="form-fields", key="3003")
    _, gone, _ = await forgetful(world).poll()
    assert {change[:5] for change in judged(after, gone)} == {
        ("forms", "form-1202", "", "", "removed"), ("prospects.forms", "form-1202", "", "", "removed"),
    }  # fmt: skip


async def test_what_is_asked_of_prospects_stands_under_its_form_and_its_handler() -> None:
    account, world, _ = pardot()
    _, before, _ = await world.poll()
    asked = {ref.name for ref in before if ref.kind is Kind.FIELD}
    assert asked == {"prospects", "form-1201", "form-1202", "handler-1401", "handler-1402"}
    assert {one.key for one in before[CONTACT].resources} == {"email", "region__c"}
    optin = rows(before, Ref(Kind.FIELD, "handler-1401"))["optin"]
    assert optin.facts["x_into"] == "newsletter__c" and optin.facts["x_keeps_first"] is True
    account.alter(table="form-fields", key="3002", what={"isRequired": True})
    account.drop(table="form-handler-fields", key="4002")
    account.alter(table="custom-fields", key="region", what={"type": "Text"})
    account.alter(table="lists", key="6003", what={"updatedAt": "2026-05-28T00:00:00+00:00"})
    _, after, _ = await forgetful(world).poll()
    assert {change[:4] for change in judged(before, after)} == {
        ("form-1201", "region__c", "required", ""), ("handler-1401", "optin", "", ""),
        ("prospects", "region", "type", ""), ("prospects", "region", "native_type", ""),
        ("prospects.form-handlers", "handler-1401", "fields", "prospects/newsletter"),
    }  # fmt: skip


async def test_what_a_form_writes_into_is_a_field_as_the_list_of_custom_fields_has_it() -> None:
    _, world, _ = pardot(page=1)
    _, scopes, _ = await world.poll()
    uses = rows(scopes, Ref(Kind.TEMPLATE, "prospects.forms"))
    assert uses["form-1201"].facts["fields"] == ["prospects/email", "prospects/region"]
    assert "region" in rows(scopes, OWN), "and not region__c"
    handlers = rows(scopes, Ref(Kind.TEMPLATE, "prospects.form-handlers"))
    assert handlers["handler-1401"].facts["fields"] == ["prospects/email", "prospects/newsletter"]


async def test_who_changed_an_asset_last_is_told_by_its_mark_and_one_in_the_bin_still_tells() -> None:
    account, world, wire = pardot(actor="agency-editor@example.com")
    account.alter(table="lists", key="6001", what={"isDeleted": True})
    account.alter(table="form-fields", key="3002", what={"isRequired": True})
    account.drop(table="custom-fields", key="lead_notes")
    asked = [
        Sought(ALL, "6001", NOW - 60, NOW + 60, id="6001"), Sought(CONTACT, "region__c", NOW - 60, NOW + 60, id="3002"),
        Sought(ALL, "6003", NOW - 60, NOW + 60, id="6003"), Sought(OWN, "lead_notes", NOW - 60, NOW + 60, id="7002"),
        Sought(Ref(Kind.PLATFORM, "account"), "account", NOW - 60, NOW + 60, id="88001"),
    ]  # fmt: skip
    async with world.api as api:
        first, second, *others = await who(VENDOR, api, asked, person=str)
        assert isinstance(first, dict) and isinstance(second, dict)
        assert (first["by"], first["how"]) == ("agency-editor@example.com", "last") == (second["by"], second["how"])
        assert others == [{}, {}, {}], "changed at another time, gone, without a mark"
        assert sum(one.url.path.endswith("/users") for one in wire.requests) == 1
        account.revoke(name=LISTS)
        refused, told = await who(VENDOR, api, asked[:2], person=str)
        assert isinstance(refused, Fault) and isinstance(told, dict), "each for itself"


async def test_an_asset_is_looked_at_as_its_list_has_it_and_one_in_the_bin_is_archived_and_not_gone() -> None:
    account, world, _ = pardot()
    _, scopes, _ = await world.poll()
    pages = Ref(Kind.TEMPLATE, "landing-pages")
    for ref, key in ((ALL, "6001"), (ALL, "6002"), (FORMS, "form-1201"), (HANDLERS, "handler-1402"), (pages, "1802")):
        found = await look(VENDOR, world.api, ref, key, person=str)
        assert isinstance(found, Resource) and found.facts == rows(scopes, ref)[key].facts, (ref, key)
    for ref, key in ((USERS, "admin-01@example.com"), (OWN, "region")):
        assert isinstance(await look(VENDOR, world.api, ref, key, person=str), Unsupported)
    account.drop(table="lists", key="6001")
    assert isinstance(await look(VENDOR, world.api, ALL, "6001", person=str), Absent)
    account.revoke(name=LISTS)
    assert isinstance(await look(VENDOR, world.api, ALL, "6001", person=str), Denied), "and not gone"


async def test_dynamic_content_uses_the_field_that_it_goes_by_and_a_landing_page_tells_its_form() -> None:
    account, world, _ = pardot()
    _, before, _ = await world.poll()
    contents = rows(before, Ref(Kind.TEMPLATE, "dynamic-contents"))
    assert [contents[key].facts.get("fields") for key in ("1951", "1952")] == [["prospects/region"], None]
    pages = rows(before, Ref(Kind.TEMPLATE, "landing-pages"))
    assert (pages["1801"].facts["x_form"], pages["1801"].facts["x_layout"]) == (1201, 1901)
    account.alter(table="dynamic-contents", key="1951", what={"basedOnProspectApiFieldId": "newsletter__c"})
    account.alter(table="landing-pages", key="1801", what={"formId": None})
    account.drop(table="layout-templates", key="1901")
    _, after, _ = await forgetful(world).poll()
    assert {change[:4] for change in judged(before, after)} == {
        ("dynamic-contents", "1951", "fields", "prospects/region"), ("landing-pages", "1801", "x_form", ""),
        ("dynamic-contents", "1951", "fields", "prospects/newsletter"), ("layout-templates", "1901", "", ""),
    }  # fmt: skip
    link = before[Ref(Kind.PLATFORM, "account")].resources[0].evidence["link"]
    assert link == "https://account.test/account"


async def test_where_a_handler_forwards_to_leaves_as_host_and_digest() -> None:
    account, world, _ = pardot()
    _, before, _ = await world.poll(listings=["form-handlers"])
    facts = rows(before, HANDLERS)["handler-1401"].facts
    assert facts["x_goes_to"] == "shop.example.com" and facts["x_forwards"] is True
    assert "key=1" not in repr(before) and "/thanks" not in repr(before)
    account.alter(table="form-handlers", key="1401", what={"successLocation": "https://shop.example.com/other?key=1"})
    _, after, _ = await forgetful(world).poll(listings=["form-handlers"])
    assert {change[:3] for change in judged(before, after)} == {("form-handlers", "handler-1401", "x_goes_to_digest")}


async def test_users_are_pseudonyms_and_one_who_came_again_is_no_second_person() -> None:
    account, world, _ = pardot()
    _, scopes, _ = await world.poll(person=lambda name: name.partition("@")[0])
    people = rows(scopes, USERS)
    assert set(people) == {"admin-01", "integration-user"}, "who was taken out is there no more"
    assert people["admin-01"].facts["profile"] == "Administrator"
    assert "@example.com" not in repr(scopes[USERS])
    account.tables["users"].append(member(104, "agency-editor@example.com", "Marketing"))
    _, scopes, reads = await forgetful(world).poll(listings=["users"])
    assert reads["users"].coverage.complete and len(scopes[USERS].resources) == 3
    account.drop(table="users", key="admin-01@example.com")
    _, after, _ = await forgetful(world).poll(listings=["users"])
    assert {change[1:5:3] for change in judged(scopes, after)} == {("admin-01@example.com", "removed")}


async def test_programs_say_whether_they_run_and_syncs_of_the_connector_stay_unseen() -> None:
    account, world, _ = pardot()
    _, before, _ = await world.poll()
    programs = rows(before, Ref(Kind.AUTOMATION, "programs"))
    assert {key: one.facts["active"] for key, one in programs.items()} == {"2201": True, "2202": False}
    assert Kind.SYNC in VENDOR.unseen and not any(ref.kind is Kind.SYNC for ref in before)
    account.alter(table="engagement-studio-programs", key="2201", what={"status": "Paused"})
    account.put(table="campaigns", row=asset(5003, "Trade fair", cost=1, parentCampaignId=5001))
    _, after, _ = await forgetful(world).poll()
    assert {change[:5] for change in judged(before, after)} == {
        ("programs", "2201", "active", "", "narrowed"), ("programs", "2201", "status", "", "changed"),
        ("campaigns", "5003", "", "", "added"),
    }  # fmt: skip
