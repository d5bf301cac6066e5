"""Adobe Marketo Engage: its traps, on a simulated account, whose answers are held against the vendor's Swagger."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from probes.kit.contract import Kind, Ref, State, lost
from probes.kit.memo import Memos
from probes.kit.prepared import Plan
from probes.marketo import SIGHT, VENDOR
from probes.marketo.told import through
from tests.probes.desks import NOW, Said, desk
from tests.probes.judged import said
from tests.probes.kit.world import World, js
from tests.probes.specs import spec, strange, unread

LEADS, USERS = Ref(Kind.FIELD, "leads"), Ref(Kind.PERMISSION, "users")
CAMPAIGNS, WRITES = Ref(Kind.AUTOMATION, "smart-campaigns"), Ref(Kind.SYNC, "writes")
# Where Adobe's own samples have what its Swagger spells otherwise, or leaves out.
SAMPLED = {
    ".folder.value is not in the spec", ".folder.folderName is not in the spec", ".costs is not in the spec",
    ".headStart is not in the spec", ".tags is not in the spec", ".name is not in the spec",
    ".hidden is not in the spec", ".onlyAllZones is not in the spec",
    ".attributes.value is text, and the spec has object", ".validationMessage is text, and the spec has object",
}  # fmt: skip


def marketo(**options: Any) -> tuple[Any, World, Said]:
    return desk(VENDOR, options={"munchkin": "123-abc-456", **options})


def rows(scopes: Any, ref: Ref) -> dict[str, Any]:
    return {one.key: one for one in scopes[ref].resources}


def forgetful(world: World) -> World:
    world.memories, world.plan = Memos(), Plan()
    return world


async def test_no_declared_fact_reads_nothing() -> None:
    account, world, _ = marketo(schema_fields=True)
    account.grant(name="Read-Write Schema Standard Field")
    account.write()
    _, scopes, reads = await world.poll()
    assert [id for id, one in reads.items() if not one.coverage.complete] == []
    assert unread(VENDOR, scopes) == set()


async def test_the_answers_are_of_the_shape_that_adobe_publishes() -> None:
    account, world, wire = marketo(schema_fields=True)
    account.grant(name="Read-Write Schema Standard Field")
    account.write()
    await world.poll()
    found: set[str] = set()
    for name, start in (("mapi", "/rest/v1"), ("asset", "/rest/asset"), ("user", "/userservice")):
        answers = [(path, body) for path, body in wire.said if path.startswith(start)]
        assert answers
        wrong = strange(spec(f"marketo/swagger-{name}.json"), answers)
        told = (re.sub(r"\[\d+\]", "", one.partition(": ")[2]).removeprefix(".result") for one in wrong)
        found |= {re.sub(r'is ".*"', "is text", one) for one in told}
    assert found == SAMPLED


async def test_the_token_goes_in_the_header_and_the_secret_in_no_address() -> None:
    _, world, wire = marketo()
    vantage, _, _ = await world.poll()
    addresses = [str(one.url) for one in wire.requests]
    assert not any("access_token" in one or "demo-client" in one or ".test//" in one for one in addresses)
    bearers = {one.headers["authorization"] for one in wire.requests if "oauth" not in one.url.path}
    assert bearers == {"Bearer marketo-token-1:int"}
    assert (vantage.account, vantage.subject) == ("123-ABC-456", "driftline-api@example.com")


async def test_a_token_that_others_share_is_used_for_what_is_left_of_it_and_asked_for_again() -> None:
    account, world, _wire = marketo()
    account.until, account.issued = NOW + 40, 5  # somebody else has had it for most of an hour
    await world.poll(listings=["programs"])
    world.clock.advance(60)
    _, _, reads = await world.poll(listings=["programs"])
    assert reads["programs"].coverage.complete and account.issued == 6
    account.until = 0.0  # revoked before its time: 602 inside of a 200
    _, _, reads = await world.poll(listings=["programs"])
    assert reads["programs"].coverage.complete and account.issued == 7


async def test_a_client_that_is_refused_is_a_dead_credential_and_is_tried_once() -> None:
    account, world, wire = marketo()
    account.client_secret = "replaced"
    vantage, scopes, reads = await world.poll()
    assert "Expired" in vantage.coverage.reason and scopes == {} and len(wire.requests) == 1
    assert {one.coverage.state for one in reads.values()} == {State.DENIED}


def twisted(part: str, reply: httpx.Response, times: int = 99) -> World:
    """The account, whose next answers to paths holding `part` are `reply`."""
    _, world, wire = marketo()
    real, left = wire.inner, [reply] * times

    class Twist(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return left.pop() if left and part in request.url.path else await real.handle_async_request(request)

    wire.inner = Twist()
    return world


def failed(code: str) -> httpx.Response:
    return js({"requestId": "e42b#1", "success": False, "errors": [{"code": code, "message": "no"}]})


@pytest.mark.parametrize(
    ("code", "state", "fault"),
    [
        ("604", State.FAILED, "Unreachable"), ("606", State.FAILED, "Throttled"),
        ("607", State.FAILED, "Throttled"), ("610", State.FAILED, "Rejected"), ("615", State.FAILED, "Throttled"),
        ("616", State.UNSUPPORTED, "Unsupported"), ("703", State.UNSUPPORTED, "Unsupported"),
        ("713", State.FAILED, "Unreachable"), ("603", State.DENIED, "Denied"), ("608", State.FAILED, "Unreachable"),
        ("611", State.FAILED, "Unreachable"), ("614", State.FAILED, "Unreachable"), ("1008", State.DENIED, "Denied"),
        ("1029", State.FAILED, "Throttled"), ("602", State.DENIED, "Expired"), ("601", State.DENIED, "Expired"),
        ("1018", State.UNSUPPORTED, "Unsupported"),
    ],
)  # fmt: skip
async def test_an_error_in_a_200_is_told_by_its_code_and_no_empty_list(code: str, state: State, fault: str) -> None:
    _, scopes, reads = await twisted("customobjects.json", failed(code)).poll(listings=["custom-objects"])
    found = reads["custom-objects"].coverage
    assert (found.state, found.code) == (state, code) and found.reason.startswith(fault)
    assert not any(scope.resources for scope in scopes.values())


async def test_the_daily_quota_waits_for_midnight_in_chicago_and_the_rate_for_twenty_seconds() -> None:
    _account, world, _ = marketo()
    await world.poll(listings=["programs"])
    budget = world.api.budget
    assert budget is not None and budget.zone == "America/Chicago" and budget.left < 5_000
    busy = twisted("programs.json", failed("606"), times=1)
    before = busy.clock.monotonic()
    assert (await busy.poll(listings=["programs"]))[2]["programs"].coverage.complete
    assert busy.clock.monotonic() - before >= 20
    late = twisted("programs.json", failed("607"))
    _, _, reads = await late.poll(listings=["programs"])
    assert "Throttled" in reads["programs"].coverage.reason
    assert late.api._limiters["default"].paused == pytest.approx(budget.resets_at - NOW, abs=60)


async def test_the_end_of_a_list_of_assets_is_a_warning_and_a_missing_result_without_it_is_not() -> None:
    _, world, wire = marketo()
    _, scopes, reads = await world.poll(listings=["programs"])
    assert reads["programs"].coverage.complete and reads["programs"].coverage.rows == 3
    assert [one.url.params["offset"] for one in wire.requests if "programs" in one.url.path] == ["0", "3"]
    bare = js({"success": True, "errors": [], "requestId": "1", "warnings": []})
    _, scopes, reads = await twisted("programs.json", bare).poll(listings=["programs"])
    assert "Malformed" in reads["programs"].coverage.reason and not scopes[Ref(Kind.SCHEMA, "programs")].resources


async def test_a_workspace_that_the_user_leaves_hides_assets_and_its_lost_place_explains_it() -> None:
    account, world, _ = marketo()
    before, first, _ = await world.poll()
    assert before.grants == {"role:API Reader", "workspace:Default", "workspace:EMEA"} and not before.silent
    account.revoke(name="workspace:EMEA")
    after, second, reads = await forgetful(world).poll()
    gone = rows(first, CAMPAIGNS).keys() - rows(second, CAMPAIGNS).keys()
    assert gone == {"1004"} and reads["smart-campaigns"].coverage.complete
    assert "workspace:EMEA" in lost(before.grants, after.grants, {"*"})


async def test_where_its_places_are_not_told_nothing_that_leaves_a_list_is_taken_for_deleted() -> None:
    account, world, _ = marketo()
    account.revoke(name="Access User Management Api")
    vantage, _, reads = await world.poll()
    assert vantage.coverage.complete and vantage.grants == frozenset() and vantage.silent == frozenset(SIGHT)
    assert reads["users"].coverage.state is State.DENIED and reads["programs"].coverage.complete


async def test_a_field_that_rest_cannot_reach_is_none_and_keys_are_names_of_rest() -> None:
    _, world, _ = marketo()
    _, scopes, _ = await world.poll(listings=["lead-fields"])
    fields = rows(scopes, LEADS)
    assert "LegacyOnly" not in repr(scopes) and fields["region"].id == "62"
    assert fields["region"].facts["x_crm_managed"] is True and fields["sfdcLeadId"].facts["read_only"] is True
    types = {key: row.facts["type"] for key, row in fields.items()}
    assert types["leadScore"] == "integer" and types["notes"] == "long_text" and types["annualRevenue"] == "currency"
    assert "description" not in fields["region"].facts


async def test_what_needs_the_right_to_write_schemas_is_asked_for_only_where_somebody_says_so() -> None:
    account, world, wire = marketo()
    await world.poll(listings=["lead-fields"])
    assert not any("schema/fields" in one.url.path for one in wire.requests)
    account, world, _ = marketo(schema_fields=True)
    _, _, reads = await world.poll(listings=["lead-fields"])
    assert reads["lead-fields"].coverage.state is State.DENIED
    account.grant(name="Read-Write Schema Standard Field")
    _, scopes, _ = await world.poll(listings=["lead-fields"])
    notes = rows(scopes, LEADS)["notes"].facts
    assert (notes["hidden"], notes["sensitivity"], notes["description"]) == (True, False, "What notes is for")


async def test_a_field_that_goes_is_told_and_a_campaign_that_stops() -> None:
    account, world, _ = marketo()
    _, before, _ = await world.poll()
    account.drop(table="leads", key="UTM Campaign")
    account.alter(table="smartCampaigns", key="1002", what={"isActive": False, "status": "Inactive"})
    _, after, _ = await forgetful(world).poll()
    told = {change[:5] for change in said(before, after)}
    assert ("leads", "utmCampaign", "", "", "removed") in told
    assert ("smart-campaigns", "1002", "active", "", "narrowed") in told and len(told) == 3


async def test_a_draft_of_a_custom_object_and_marks_that_move_by_themselves_are_no_change() -> None:
    account, world, wire = marketo()
    _, before, _ = await world.poll()
    account.put(table="customObjects", row={"name": "draft_c", "displayName": "Draft", "state": "draft", "fields": []})
    account.alter(table="smartCampaigns", key="1002", what={"smartListId": 9, "flowId": 8, "updatedAt": "2026-05-01"})
    account.alter(table="programs", key="1107", what={"url": "https://app-ab01.example.com/#PG1107A1"})
    _, after, reads = await forgetful(world).poll()
    assert said(before, after) == set() and reads["custom-objects"].coverage.complete
    assert not any("schema.json" in one.url.path for one in wire.requests), "that list has drafts too"


async def test_every_object_of_the_database_is_described_and_one_that_the_crm_keeps_is_not_had() -> None:
    _, world, _ = marketo()
    _, scopes, _ = await world.poll()
    names = {"companies", "opportunities", "opportunity-roles", "named-accounts", "salespersons", "program-members"}
    assert all(scopes[Ref(Kind.FIELD, name)].resources and scopes[Ref(Kind.SCHEMA, f"{name}.object")] for name in names)
    _, _, reads = await twisted("salespersons", failed("1018")).poll(listings=["salespersons", "companies"])
    assert reads["salespersons"].coverage.state is State.UNSUPPORTED and reads["companies"].coverage.complete


async def test_what_has_no_page_of_its_own_leads_to_my_marketo_where_its_address_is_known() -> None:
    _, world, _ = marketo(app="https://app-ab01.example.com")
    _, scopes, _ = await world.poll()
    links = {ref.name: row.evidence["link"] for ref, scope in scopes.items() for row in scope.resources}
    home = "https://app-ab01.example.com/#MM0A1"
    assert links["leads"] == links["users"] == links["writes"] == links["channels"] == home
    assert links["736.form"] == "https://app-ab01.example.com/#FO736A1" and "#SC" in links["smart-campaigns"]
    _, world, _ = marketo()
    _, scopes, _ = await world.poll(listings=["lead-fields"])
    assert not any("link" in row.evidence for row in scopes[LEADS].resources)


async def test_who_may_do_what_is_told_for_each_workspace_and_people_by_no_name() -> None:
    account, world, _wire = marketo()
    account.alter(table="users", key="census-sync@example.com", what={"isLocked": True, "lockedReason": "expired"})
    _, scopes, _ = await world.poll(listings=["users", "roles"])
    people = rows(scopes, USERS)
    assert people["admin-01@example.com"].facts["admin"] is True
    assert people["driftline-api@example.com"].facts["roles"] == ["API Reader@Default", "API Reader@EMEA"]
    assert people["census-sync@example.com"].facts["active"] is False
    assert people["agency-editor@example.com"].facts["expires_on"] == "20261231T08:00:00.000+0000"
    assert rows(scopes, Ref(Kind.PERMISSION, "roles"))["Admin"].facts["x_all_workspaces"] is True
    _, hidden, _ = await forgetful(world).poll(person=lambda name: f"p{len(name)}")
    assert "@example.com" not in repr(hidden)


async def test_forms_name_their_fields_and_campaigns_the_filters_they_read_but_no_value() -> None:
    _, world, _ = marketo()
    _, scopes, _ = await world.poll()
    assert rows(scopes, Ref(Kind.TEMPLATE, "736.uses"))["736"].facts["fields"] == [
        "leads/email", "leads/region",
    ], "as the list of fields has them"  # fmt: skip
    asked = rows(scopes, Ref(Kind.FIELD, "736.form"))
    assert asked["Email"].facts["required"] is True and asked["Region__c"].facts["type"] == "option"
    (rules,) = scopes[Ref(Kind.AUTOMATION, "1002.smart-list")].resources
    assert (rules.facts["object"], rules.facts["reads"]) == ("leads", ["leads/region"])
    assert rules.facts["x_filters"] == ["Region"] and rules.facts["enrolments"] == ["Fills Out Form"]
    assert "EMEA" not in repr(rules.facts["criteria"]) and len(rules.facts["criteria"]) == 16
    uses = rows(scopes, Ref(Kind.AUTOMATION, "registration_c.uses"))
    assert uses["Smart Campaign/1002"].facts["reads"] == ["attended"]
    assert rows(scopes, CAMPAIGNS)["1002"].evidence["link"].endswith("#SC1002A1")
    assert "1001" not in rows(scopes, CAMPAIGNS), "the vendor's own campaigns are none of ours"


async def test_one_form_that_is_refused_costs_no_other_and_no_form_is_read_without_the_names_of_fields() -> None:
    world = twisted("form/736/fields.json", failed("610"), times=1)
    names = ["forms", "form-fields"]
    _, _, reads = await world.poll(listings=names)
    states = {id: read.coverage.state for id, read in reads.items() if id.startswith("form-fields")}
    assert states.pop("form-fields/736") is State.FAILED and set(states.values()) <= {State.COMPLETE}
    lists = ["smart-campaigns", "smart-lists"]
    for path, some in (("describe.json", names), ("smartCampaign/1002/smartList", lists)):
        _, _, reads = await twisted(path, failed("603")).poll(listings=some)
        part = [read for id, read in reads.items() if id.partition("/")[0] == some[1]]
        assert part and State.DENIED in {read.coverage.state for read in part}


async def test_an_instance_on_its_way_out_that_is_still_written_to_says_through_what_and_when() -> None:
    account, world, _ = marketo()
    _, scopes, _ = await world.poll(listings=["writes"])
    quiet = {key: row.health for key, row in rows(scopes, WRITES).items()}
    assert set(quiet) == {"api", "crm", "import", "other"}
    assert all(one.writes and one.rows_ok == 0 and one.succeeded_at is None for one in quiet.values())
    account.write(leads=3)
    _, scopes, _ = await world.poll(listings=["writes", "calls"])
    api = rows(scopes, WRITES)["api"].health
    assert (api.state, api.rows_ok) == ("ok", 3) and api.succeeded_at is not None and api.succeeded_at >= NOW
    assert "somebody@example.com" not in repr(scopes[WRITES])
    assert "census-sync@example.com" in rows(scopes, Ref(Kind.SYNC, "callers"))


async def test_more_changes_than_are_looked_at_have_no_number() -> None:
    account, world, wire = marketo()
    account.write(leads=950)
    account.page = 300
    _, scopes, _ = await world.poll(listings=["writes"])
    api = rows(scopes, WRITES)["api"].health
    assert (api.rows_ok, api.state) == (None, "ok")
    assert sum(one.url.path.endswith("activities.json") for one in wire.requests) == 3


@pytest.mark.parametrize(
    ("source", "through_what"),
    [("Web service API", "api"), ("SFDC", "crm"), ("Microsoft Dynamics", "crm"), ("List import", "import"),
     ("Web form fillout", "other"), ("", "other")],
)  # fmt: skip
def test_a_change_came_through_what_its_source_says(source: str, through_what: str) -> None:
    assert through([{"name": "Lead ID", "value": 7}, {"name": "Source", "value": source}]) == through_what


async def test_errors_of_all_who_call_are_the_health_of_the_instance() -> None:
    account, world, _ = marketo()
    account.put(table="errors", row={"errorCode": "607", "count": 40})
    _, scopes, _ = await world.poll(listings=["calls"])
    (row,) = scopes[Ref(Kind.SYNC, "rest-api")].resources
    assert row.health is not None
    assert (row.health.state, row.health.rows_ok, row.health.rows_failed) == ("failing", 167, 43)
    assert row.health.errors == ("602", "607")


async def test_snippets_and_static_lists_are_read_and_nothing_of_what_they_hold() -> None:
    account, world, wire = marketo()
    account.alter(table="snippets", key="31", what={"status": "draft"})
    _, scopes, _ = await world.poll(listings=["snippets", "static-lists"])
    rows = {row.key: row.facts for row in scopes[Ref(Kind.TEMPLATE, "snippets")].resources}
    assert (rows["31"]["active"], rows["31"]["opaque"], rows["32"]["x_workspace"]) == (False, True, "EMEA")
    assert scopes[Ref(Kind.SCHEMA, "static-lists")].keys == {"2001", "2002"}
    assert {row.evidence["link"][-9:] for row in scopes[Ref(Kind.SCHEMA, "static-lists")].resources} == {
        "/#ST2001A1"[-9:], "/#ST2002A1"[-9:],
    }  # fmt: skip
    assert not any("content" in one.url.path or "/leads" in one.url.path for one in wire.requests)


async def test_templates_of_emails_and_pages_are_read_and_a_draft_is_not_in_use_however_it_is_spelled() -> None:
    account, world, _ = marketo()
    names = ["email-templates", "landing-page-templates"]
    _, before, _ = await world.poll(listings=names)
    templates = rows(before, Ref(Kind.TEMPLATE, "email-templates"))
    assert {key: (row.facts["active"], row.facts["opaque"]) for key, row in templates.items()} == {
        "51": (True, True), "52": (False, True),
    }  # fmt: skip
    assert "/#LT61" in rows(before, Ref(Kind.TEMPLATE, "landing-page-templates"))["61"].evidence["link"]
    account.alter(table="emailTemplates", key="51", what={"status": "draft"})
    _, after, _ = await forgetful(world).poll(listings=names)
    assert {change[1:3] for change in said(before, after)} == {("51", "active"), ("51", "x_status")}
