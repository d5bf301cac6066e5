"""Oracle Eloqua: its traps, on a simulated account."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from probes.eloqua import VENDOR
from probes.eloqua.bulk import mapping
from probes.kit import demand
from probes.kit.contract import Fault, Kind, Malformed, Ref, Sought, State, lost
from probes.kit.memo import Memos
from probes.kit.prepared import Plan
from tests.probes.desks import NOW, Said, desk
from tests.probes.judged import said
from tests.probes.kit.world import World, js
from tests.probes.specs import unread

OPTIONS = {"login": "https://account.test", "redirect_uri": "https://driftline.test/callback"}
CONTACTS = Ref(Kind.FIELD, "contacts")
FORMS, PROGRAMS = Ref(Kind.TEMPLATE, "forms"), Ref(Kind.AUTOMATION, "programs")
TRANSFERS = Ref(Kind.SYNC, "transfers")


def eloqua(scheme: str = "basic", **options: str) -> tuple[Any, World, Said]:
    account, world, wire = desk(VENDOR, scheme=scheme, options={**OPTIONS, **options})
    return account, world, wire


def forgetful(world: World) -> World:
    """The same integration, read by somebody who remembers nothing."""
    world.memories, world.plan = Memos(), Plan()
    return world


def rows(scopes: Any, ref: Ref) -> dict[str, Any]:
    return {one.key: one for one in scopes[ref].resources}


async def test_no_declared_fact_reads_nothing() -> None:
    _, world, _ = eloqua()
    vantage, scopes, _ = await world.poll()
    assert unread(VENDOR, scopes) == set()
    assert (vantage.account, vantage.account_name, vantage.subject) == ("1042", "ExampleEMEA", "Integration.User")


async def test_a_campaign_of_several_steps_is_told_with_them_and_one_that_is_sent_once_is_not() -> None:
    account, world, wire = eloqua()
    _, scopes, _ = await world.poll(listings=["campaigns"])
    ref = Ref(Kind.AUTOMATION, "campaigns")
    (nurture,) = rows(scopes, ref).values()
    assert (nurture.key, nurture.evidence["label"], nurture.facts["active"]) == ("701", "EMEA nurture", True)
    assert nurture.facts["reads"] == ["C_Lead_Score1"] and nurture.facts["opaque"] is True
    assert (nurture.facts["x_segments"], nurture.facts["x_emails"]) == (["61"], ["801"])
    assert [one.get("target") for one in nurture.facts["steps"]] == ["out=12", "out=13", "no=12 yes=14", None]
    asked = [one.url.params for one in wire.requests if one.url.path.endswith("/assets/campaigns")]
    assert [(one["count"], one["depth"]) for one in asked] == [("100", "complete")], "each has all of its steps"
    account.alter(table="campaigns", key="701", what={"currentStatus": "Draft", "memberCount": "9"})
    _, scopes, _ = await forgetful(world).poll(listings=["campaigns"])
    changed = rows(scopes, ref)["701"].facts
    assert {name for name in changed if changed[name] != nurture.facts[name]} == {"status", "active"}


async def test_a_refresh_token_works_once_and_the_next_one_is_kept_before_its_access_token_is_used() -> None:
    account, world, wire = eloqua("refresh_token")
    await world.poll(listings=["programs"])
    (first,) = [one for one in wire.requests if one.method == "POST"]
    form = parse_qs(first.content.decode())
    assert (form["redirect_uri"], form["scope"]) == ([OPTIONS["redirect_uri"]], ["full"])
    assert world.tokens.log == ["started", "saved"] and world.tokens.token == {"refresh_token": account.refresh_token}
    world.clock.advance(8 * 3600)
    _, _, reads = await world.poll(listings=["programs"])
    assert reads["programs"].coverage.complete and account.count == 2
    again = parse_qs([one for one in wire.requests if one.method == "POST"][1].content.decode())
    assert again["refresh_token"] != form["refresh_token"], "the one of the credential is spent"


async def test_a_spent_refresh_token_is_a_dead_credential_and_is_tried_once() -> None:
    account, world, wire = eloqua("refresh_token")
    account.refresh_token = "somebody else used it"
    vantage, scopes, reads = await world.poll()
    assert vantage.coverage.code == "invalid_grant" and vantage.coverage.state is State.DENIED and scopes == {}
    assert len(wire.requests) == 1 and all("Expired" in one.coverage.reason for one in reads.values())


async def test_the_day_on_which_the_credential_ends_is_told_where_somebody_knows_it() -> None:
    _, world, _ = eloqua(credential_ends="2026-05-30")
    vantage, _, _ = await world.poll(listings=["programs"])
    assert vantage.credential_expires_at is not None and 0 < vantage.credential_expires_at - NOW < 3 * 86_400
    _, world, _ = eloqua()
    assert (await world.poll(listings=["programs"]))[0].credential_expires_at is None


async def test_a_credential_that_ends_is_told_by_a_200_of_the_login_host_and_nothing_is_lost() -> None:
    account, world, wire = eloqua()
    await world.poll()
    account.end()
    wire.requests.clear()
    vantage, scopes, reads = await world.poll()
    assert "Expired" in vantage.coverage.reason and scopes == {}
    assert {one.coverage.state for one in reads.values()} == {State.DENIED}
    assert len(wire.requests) <= 3, "a wrong password is not tried again and again"
    account.end(dead=False)
    assert (await world.poll())[0].coverage.complete


async def test_an_instance_that_moved_is_found_at_its_new_data_centre_and_stays_the_same_account() -> None:
    account, world, wire = eloqua()
    before, there, _ = await world.poll()
    account.move("https://secure.p07.eloqua.com")
    wire.requests.clear()
    after, here, reads = await forgetful(world).poll()
    assert after.account == before.account and reads["programs"].coverage.complete
    assert {one.url.host for one in wire.requests} == {"account.test", "secure.p07.eloqua.com"}
    assert {change[:3] for change in said(there, here)} == {("site", "site", "domain")}
    account.move("https://secure.p07.eloqua.com.evil.test")
    after, _, _ = await world.poll()
    assert not after.coverage.complete and "not a host of Oracle Eloqua" in after.coverage.reason


async def test_every_list_is_asked_for_in_full_depth_and_text_becomes_what_it_means() -> None:
    _, world, wire = eloqua()
    _, scopes, _ = await world.poll()
    lists = [one for one in wire.requests if one.url.path.startswith("/api/rest/")]
    assert lists and {one.url.params["depth"] for one in lists} == {"complete"}
    mail, region = rows(scopes, CONTACTS)["C_EmailAddress"], rows(scopes, CONTACTS)["C_Region1"]
    assert (mail.facts["type"], mail.facts["required"], mail.facts["unique"]) == ("email", True, True)
    assert "at" not in mail.evidence or mail.evidence["at"] > "2000", "standard fields are of 1900"
    assert (region.facts["required"], region.facts["nullable"], region.facts["vendor_defined"]) == (False, True, False)
    assert region.facts["options"] == [{"value": one, "label": one.title()} for one in ("emea", "apac", "amer")]
    assert rows(scopes, CONTACTS)["C_UTM_Campaign1"].facts["label"] == "UTM Campaign & Source"
    types = {key: row.facts["type"] for key, row in rows(scopes, CONTACTS).items()}
    assert types["C_Marketing_Consent1"] == "boolean" and types["C_Notes1"] == "long_text"


async def test_a_standard_field_that_never_changed_has_no_date_of_1900() -> None:
    account, world, _ = eloqua()
    table = next(name for name, some in account.tables.items() if any("internalName" in one for one in some))
    field = account.tables[table][0]
    field["updatedAt"] = "-2208970800"
    _, scopes, _ = await world.poll(listings=["contact-fields"])
    assert "at" not in rows(scopes, CONTACTS)[field["internalName"]].evidence
    field["updatedAt"] = "1780000000"
    _, scopes, _ = await forgetful(world).poll(listings=["contact-fields"])
    assert rows(scopes, CONTACTS)[field["internalName"]].evidence["at"].startswith("2026-05-28")


async def test_an_option_that_goes_is_told_at_each_field_that_has_its_list() -> None:
    account, world, _ = eloqua()
    _, before, _ = await world.poll()
    lists = account.find("optionLists", "501")["elements"]
    account.alter(table="optionLists", key="501", what={"elements": [one for one in lists if one["value"] != "amer"]})
    _, after, _ = await forgetful(world).poll()
    told = {change[:5] for change in said(before, after)}
    assert told == {
        ("contacts", "C_Region1", "options", "amer", "removed"),
        ("Webinar registrations", "Webinar1", "options", "amer", "removed"),
    }


async def test_what_the_reader_may_do_with_an_asset_and_who_touched_it_is_no_change_of_it() -> None:
    account, world, _ = eloqua()
    _, before, _ = await world.poll()
    account.actor = "agency-editor@example.com"
    account.alter(table="forms", key="204", what={"permissions": ["Retrieve", "Update"], "folderId": "99"})
    _, after, _ = await forgetful(world).poll()
    assert said(before, after) == set()
    changed = rows(after, FORMS)["Contact us EMEA"]
    assert changed.evidence["by"] != rows(before, FORMS)["Contact us EMEA"].evidence["by"]


async def test_what_has_a_page_of_its_own_leads_there_and_all_else_to_the_application() -> None:
    _, world, _ = eloqua()
    _, scopes, _ = await world.poll()
    links = {(ref.name, row.key): row.evidence["link"] for ref, scope in scopes.items() for row in scope.resources}
    assert links["forms", "Contact us EMEA"].endswith("/Main.aspx#forms&id=204")
    assert links["contacts", "C_Region1"] == "https://account.test/Main.aspx" and links["accounts", "M_Industry1"]
    assert all(link.startswith(links["contacts", "C_Region1"]) for link in links.values())


async def test_a_label_hides_assets_with_a_200_and_the_lost_group_explains_it() -> None:
    account, world, _ = eloqua()
    before, first, _ = await world.poll()
    account.revoke(name="EMEA")
    after, second, reads = await forgetful(world).poll()
    gone = rows(first, FORMS).keys() - second[FORMS].keys
    assert gone == {"Newsletter EMEA"} and reads["forms"].coverage.complete
    assert lost(before.grants, after.grants, second[FORMS].needs) == {"group:EMEA"}


async def test_a_user_without_api_access_is_denied_and_nothing_is_removed() -> None:
    account, world, _ = eloqua()
    await world.poll()
    account.revoke(name="API readers")
    vantage, _, reads = await world.poll()
    assert vantage.coverage.complete and "group:API readers" not in vantage.grants
    states = {one.coverage.state for id, one in reads.items() if id != "site"}
    assert states == {State.DENIED}


async def test_forms_and_segments_name_the_fields_they_use() -> None:
    _, world, _ = eloqua()
    _, scopes, _ = await world.poll()
    assert rows(scopes, FORMS)["Contact us EMEA"].facts["fields"] == ["C_EmailAddress", "C_Region1"]
    work = rows(scopes, Ref(Kind.AUTOMATION, "form-processing"))["Newsletter EMEA"].facts
    assert work["writes"] == ["C_EmailAddress", "C_Marketing_Consent1"] and work["active"] is False
    segments = rows(scopes, Ref(Kind.AUTOMATION, "segments"))
    assert segments["Qualified in EMEA"].facts["reads"] == ["C_Lead_Score1", "C_Region1"]
    assert not any("4211" in repr(one.facts) for one in segments.values()), "counts are no facts"
    steps = rows(scopes, PROGRAMS)["EMEA lead scoring"].facts["steps"]
    assert steps[0] == {"key": "1", "type": "CampaignSegment", "target": "2"}


async def test_definitions_of_one_name_are_one_sync_with_the_health_of_its_newest_run() -> None:
    _account, world, _ = eloqua()
    _, scopes, _ = await world.poll()
    found = rows(scopes, TRANSFERS)
    assert set(found) == {"contacts/imports/Campaign names from Airtable", "contacts/exports/Leads to Salesforce",
                          "accounts/imports/Accounts from Salesforce"}  # fmt: skip
    taken = found["contacts/imports/Campaign names from Airtable"]
    assert taken.facts["mapping"][0] == {"from": "Campaign", "to": "contacts/C_UTM_Campaign1"}
    assert taken.health.state == "ok" and (taken.health.rows_ok, taken.health.rows_failed) == (1200, 0)
    assert taken.health.writes and not found["contacts/exports/Leads to Salesforce"].health.writes
    never = found["accounts/imports/Accounts from Salesforce"].health
    assert (never.state, never.rows_ok) == ("unknown", None)


@pytest.mark.parametrize(
    ("run", "state", "ok", "failed", "errors"),
    [
        ({"rejected": 480}, "ok", 20, 480, ("ELQ-00002",)),
        ({"status": "error"}, "failing", 500, 0, ("ELQ-00107",)),
        ({"status": "active"}, "running", 1200, 0, ()),
        ({"by": "Somebody.Else"}, "ok", None, None, ()),
    ],
)
async def test_a_run_is_told_by_its_log_where_the_log_may_be_seen(
    run: dict[str, Any], state: str, ok: int | None, failed: int | None, errors: tuple[str, ...]
) -> None:
    account, world, _ = eloqua()
    world.clock.advance(60)
    account.run(uri="/contacts/imports/7001", processed=500, **run)
    _, scopes, reads = await world.poll()
    health = rows(scopes, TRANSFERS)["contacts/imports/Campaign names from Airtable"].health
    assert reads["transfers"].coverage.complete
    assert (health.state, health.rows_ok, health.rows_failed, health.errors) == (state, ok, failed, errors)
    assert (health.failed_at is not None) == (state == "failing")


async def test_transfers_of_an_account_that_is_alive_go_on_by_themselves() -> None:
    account, world, _ = eloqua()
    account.alive = True
    _, before, _ = await world.poll()
    world.clock.advance(3 * 86_400)
    _, after, _ = await forgetful(world).poll()
    for key, row in rows(before, TRANSFERS).items():
        later = rows(after, TRANSFERS)[key].health
        assert (later.state, later.rows_ok) == (row.health.state, row.health.rows_ok)
        if row.health.succeeded_at:
            assert later.succeeded_at - row.health.succeeded_at == pytest.approx(3 * 86_400, abs=3_600)
    assert said(before, after) == set()


def test_an_export_maps_its_fields_to_columns_and_may_give_one_twice() -> None:
    fields = {"Mail": "{{Contact.Field(C_EmailAddress)}}", "Email": "{{Contact.Field(C_EmailAddress)}}"}
    assert mapping(fields, "exports") == [{"from": "contacts/C_EmailAddress", "to": "Email, Mail"}]


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("{{Contact.Field(C_Region1)}}", "contacts/C_Region1"), ("{{Account.Field(M_Name)}}", "accounts/M_Name"),
        ("{{Contact.Account.Field(M_Name)}}", "accounts/M_Name"), ("{{Contact.Id}}", "{{Contact.Id}}"),
        ("{{CustomObject[7].Field[12]}}", "{{CustomObject[7].Field[12]}}"),
    ],
)  # fmt: skip
def test_a_transfer_names_fields_as_their_list_does(statement: str, name: str) -> None:
    assert mapping({"x": statement}, "imports") == [{"from": "x", "to": name}]


def twisted(part: str, reply: httpx.Response) -> World:
    """The account, whose answers to paths holding `part` are `reply`."""
    _, world, wire = eloqua()
    real = wire.inner

    class Twist(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return reply if part in request.url.path else await real.handle_async_request(request)

    wire.inner = Twist()
    return world


@pytest.mark.parametrize(
    ("reply", "state", "code"),
    [
        (js("This service has not been enabled for your site.", 403), State.UNSUPPORTED,
         "This service has not been enabled for your site."),
        (js([{"type": "ObjectValidationError", "property": "x", "requirement": {"type": "IdRequirement"},
              "value": "somebody@example.com"}], 400), State.FAILED, "ObjectValidationError"),
        (js({"type": "EndpointParameterError", "requirement": {"type": "IdRequirement"}}, 400), State.FAILED,
         "EndpointParameterError"),
        (httpx.Response(204), State.FAILED, ""),
        (httpx.Response(503), State.FAILED, "503"),
    ],
)  # fmt: skip
async def test_a_refusal_is_told_by_its_type_and_never_by_the_value_it_quotes(
    reply: httpx.Response, state: State, code: str
) -> None:
    _, scopes, reads = await twisted("/programs", reply).poll(listings=["programs"])
    assert (reads["programs"].coverage.state, reads["programs"].coverage.code) == (state, code)
    assert "example.com" not in reads["programs"].coverage.reason and not scopes[PROGRAMS].resources


async def test_who_asks_too_often_waits_although_no_header_says_how_long() -> None:
    account, world, wire = eloqua()
    await world.poll(listings=["programs"])
    account.throttle(n=2)
    before = world.clock.monotonic()
    assert (await world.poll(listings=["programs"]))[2]["programs"].coverage.complete
    assert world.clock.monotonic() - before >= 6
    assert sum(one.url.path == "/id" for one in wire.requests) <= 4, "the login host is throttled itself"


async def test_the_last_change_of_a_thing_names_its_user() -> None:
    account, world, _wire = eloqua()
    _, scopes, _ = await world.poll()
    account.actor = "agency-editor@example.com"
    account.alter(table="contactFields", key="100189", what={"isRequired": "true"})
    region = rows(scopes, CONTACTS)["C_Region1"]
    sought = [
        Sought(CONTACTS, "C_Region1", NOW - 60, world.clock.now() + 60, region.id),
        Sought(CONTACTS, "C_Company", NOW - 60, world.clock.now() + 60, "100004"),
        Sought(CONTACTS, "C_Gone", NOW - 60, world.clock.now() + 60, "999"),
        Sought(TRANSFERS, "contacts/imports/x", NOW, NOW + 60, "/contacts/imports/1"),
    ]
    told = await demand.who(VENDOR, world.api, sought, person=lambda name: name)
    assert not any(isinstance(one, Fault) for one in told)
    assert dict(told[0]) | {"at": ""} == {"by": "Agency.Editor", "at": "", "action": "updated", "how": "last"}  # type: ignore[arg-type]
    assert told[1:] == [{}, {}, {}]


async def test_no_person_leaves_under_a_name_and_no_password_at_all() -> None:
    _, world, _ = eloqua()
    _, scopes, _ = await world.poll(person=lambda name: "somebody")
    assert "@example.com" not in repr(scopes) and "Marketing.Operations" not in repr(scopes)
    users = scopes[Ref(Kind.PERMISSION, "users")]
    assert users.coverage.code == "" or users.coverage.state is State.PARTIAL


async def test_a_page_that_comes_short_is_no_shorter_list() -> None:
    short = js({"elements": [], "page": 1, "pageSize": 1000, "total": 12})
    _, scopes, reads = await twisted("/contact/fields", short).poll(listings=["contact-fields"])
    assert Malformed.__name__ in reads["contact-fields"].coverage.reason and not scopes[CONTACTS].resources
