"""Contentful: its traps, by changing a simulated space and polling it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probes.contentful import VENDOR
from probes.contentful.asked import called, ran
from probes.contentful.model import described
from probes.kit.api import Answer
from probes.kit.contract import Absent, Fault, Kind, Ref, Rejected, Sought, State, Throttled, Unreachable
from probes.kit.demand import look, who
from tests.probes import desks
from tests.probes.desks import NOW
from tests.probes.specs import unread

OPTIONS = {"space": "northwind0001"}
PAGE = Ref(Kind.FIELD, "landingPage")
TYPES, ROLES = Ref(Kind.SCHEMA, "content-types"), Ref(Kind.PERMISSION, "roles")
WEB = "https://app.contentful.com/spaces/northwind0001"


def desk(**account: Any) -> Any:
    return desks.desk(VENDOR, options=OPTIONS, **account)


def told(scopes: Any, ref: Ref) -> dict[str, Any]:
    return {row.key: row.facts for row in scopes[ref].resources}


async def test_no_declared_fact_reads_nothing_and_no_secret_leaves() -> None:
    _, world, wire = desk()
    vantage, scopes, _ = await world.poll(person=lambda name: name.partition("@")[0])
    assert unread(VENDOR, scopes) == set()
    assert "not-for-git" not in repr(scopes) and "@example" not in repr(scopes)
    assert (vantage.account, vantage.account_name) == ("northwind0001", "Northwind web")
    assert vantage.grants == {"member", "admin"} and vantage.api_version == "environment master-2026-05"
    assert {request.method for request in wire.requests} == {"GET"}
    assert not any(part in one.url.path for one in wire.requests for part in ("/entries", "/assets", "access_tokens"))


async def test_pages_stay_under_seven_megabytes_and_in_one_order() -> None:
    _, world, wire = desk(page=2)
    _, scopes, _ = await world.poll(listings=["content-types", "automations"])
    asked = [one.url.params for one in wire.requests if one.url.path.endswith("/content_types")]
    assert {(one["limit"], one["order"]) for one in asked} == {("100", "sys.id")}
    assert [one["skip"] for one in asked] == ["0", "2", "0", "2"]
    assert len(scopes[TYPES].resources) == 3
    assert len(scopes[Ref(Kind.AUTOMATION, "automations")].resources) == 3, "by the address of the next page"


async def test_fields_are_what_was_published_and_a_draft_is_named_at_its_type() -> None:
    account, world, _ = desk()
    _, scopes, _ = await world.poll(listings=["content-types"])
    assert told(scopes, TYPES)["form"]["x_waiting"] == ["phone"] and "phone" not in told(
        scopes, Ref(Kind.FIELD, "form")
    )
    account.alter(table="content_types", key="landingPage", what={"fields.0.required": False})
    _, scopes, _ = await world.poll(listings=["content-types"])
    assert told(scopes, TYPES)["landingPage"]["x_waiting"] == ["title"]
    assert not scopes[PAGE].resources, "nobody who reads the space sees it yet"
    account.publish(id="landingPage")
    _, scopes, _ = await world.poll(listings=["content-types"])
    assert told(scopes, PAGE)["title"]["required"] is False and "x_waiting" not in told(scopes, TYPES)["landingPage"]


async def test_a_type_that_was_never_published_has_no_fields_yet() -> None:
    account, world, _ = desk()
    new = account.drop(table="content_types", key="teaser")
    account.put(table="content_types", row={**new, "sys": {**new["sys"], "id": "banner"}})
    _, scopes, _ = await world.poll(listings=["content-types"])
    assert told(scopes, TYPES)["banner"]["enabled"] is False and Ref(Kind.FIELD, "banner") not in scopes
    assert "x_waiting" not in told(scopes, TYPES)["banner"]


async def test_order_of_validations_means_nothing_and_choices_are_options() -> None:
    account, world, _ = desk()
    _, scopes, _ = await world.poll(listings=["content-types"])
    rows = told(scopes, PAGE)
    assert rows["region"]["type"] == "option" and [one["value"] for one in rows["region"]["options"]] == [
        "EMEA", "AMER", "APAC",
    ]  # fmt: skip
    assert (rows["topics"]["type"], rows["topics"]["most_items"]) == ("multi_option", 3)
    assert rows["parts"]["references"] == ["form", "teaser"] and rows["parts"]["x_links_to"] == "Entry"
    assert (rows["title"]["length"], rows["title"]["min_length"], rows["title"]["unique"]) == (80, 3, True)
    assert rows["slug"]["pattern"] == "^[a-z-]+$"
    rule = {"at": "field", "prohibitRegexp": {"pattern": "\\s", "flags": None}}
    assert rows["campaignName"]["x_rules"] == [rule], "its message is words for editors"
    swapped = [{"unique": True}, {"size": {"min": 3, "max": 80}}]
    for table in ("content_types", "public/content_types"):
        account.alter(table=table, key="landingPage", what={"fields.0.validations": swapped})
    _, scopes, _ = await world.poll(listings=["content-types"])
    assert "title" not in told(scopes, PAGE) and scopes[PAGE].coverage.complete


async def test_omitted_and_disabled_are_how_a_field_begins_to_go() -> None:
    account, world, _ = desk()
    account.alter(table="content_types", key="form", what={"fields.1.disabled": True, "fields.1.omitted": True})
    account.publish(id="form")
    _, scopes, _ = await world.poll(listings=["content-types"])
    facts = told(scopes, Ref(Kind.FIELD, "form"))["consentText"]
    assert facts["hidden"] is True and facts["read_only"] is True


@pytest.mark.parametrize(
    ("field", "type", "native"),
    [
        ({"type": "Array", "items": {"type": "Link", "linkType": "Entry"}}, "reference", "Array of Link"),
        ({"type": "Array", "items": {"type": "New"}}, "any", "Array of New"),
        ({"type": "Integer", "validations": [{"in": [1, 2]}]}, "integer", "Integer"),
        ({"type": "Holo"}, "any", "Holo"),
        ({"type": "ResourceLink", "allowedResources": [{"type": "Contentful:Entry"}]}, "reference", "ResourceLink"),
    ],
)
def test_a_type_that_contentful_adds_is_kept_as_it_is(field: Any, type: str, native: str) -> None:
    found = described({"id": "x", **field})
    assert (found["ours"], found["native"], found["key"]) == (type, native, "x")


async def test_an_alias_that_is_retargeted_moves_the_vantage() -> None:
    account, world, _ = desk()
    account.alter(table="environment_aliases", key="master", what={"environment.sys.id": "master-2026-06"})
    vantage, scopes, _ = await world.poll(listings=["aliases"])
    assert vantage.api_version == "environment master-2026-06"
    assert told(scopes, Ref(Kind.PLATFORM, "aliases"))["master"]["environment"] == "master-2026-06"
    account.alter(table="environment_aliases", key="master", what={"environment.sys.id": ""})
    vantage, _, _ = await world.poll(listings=["aliases"])
    assert vantage.api_version == "", "an environment that is none"


async def test_a_role_that_goes_to_and_fro_is_read_as_two_values_and_nothing_else_moves() -> None:
    account, world, _ = desk()
    _, before, _ = await world.poll(listings=["roles"])
    for _ in range(2):
        old = account.alter(table="roles", key="role01", what={"permissions.ContentModel": ["read", "manage"]})
        _, scopes, _ = await world.poll(listings=["roles"])
        (row,) = scopes[ROLES].resources
        assert row.key == "Editor" and row.facts["customize"] is True
        assert row.facts["x_content_model"] == ["manage", "read"]
        account.alter(table="roles", key="role01", what=old)
        _, scopes, _ = await world.poll(listings=["roles"])
        (row,) = scopes[ROLES].resources
        assert row.facts == told(before, ROLES)["Editor"] and row.facts["customize"] is False


async def test_policies_have_no_ids_and_no_order() -> None:
    account, world, _ = desk()
    _, before, _ = await world.poll(listings=["roles"])
    policies = account.find("roles", "role03")["policies"]
    mixed = [{**one, "actions": one["actions"][::-1]} for one in policies[::-1]]
    account.alter(table="roles", key="role03", what={"policies": mixed})
    _, scopes, _ = await world.poll(listings=["roles"])
    assert told(scopes, ROLES).items() <= told(before, ROLES).items()
    developers = told(before, ROLES)["Web developer"]
    assert developers["x_content_model"] == ["all"] and developers["x_policies"][0]["may"] == "all"
    assert developers["customize"] is True


async def test_a_renamed_role_keeps_its_id() -> None:
    account, world, _ = desk()
    account.alter(table="roles", key="role01", what={"name": "Author"})
    _, scopes, _ = await world.poll(listings=["roles"])
    assert {row.id: row.key for row in scopes[ROLES].resources}["role01"] == "Author"


async def test_a_webhook_fails_when_its_newest_call_did() -> None:
    account, world, _ = desk()
    account.call(hook="hook01", status=500)
    _, scopes, reads = await world.poll(listings=["webhooks", "webhook-calls"])
    (row,) = scopes[Ref(Kind.SYNC, "hook01.calls")].resources
    assert row.health is not None and (row.health.state, row.health.errors) == ("failing", ("HTTP 500",))
    assert row.health.succeeded_at is not None and row.health.failed_at == NOW
    assert "webhook-calls/hook02" not in reads, "one that is off is not called"
    account.clock.advance(60)
    account.call(hook="hook01", status=0, error="TimeoutError")
    _, scopes, _ = await world.poll(listings=["webhooks", "webhook-calls"])
    (row,) = scopes[Ref(Kind.SYNC, "hook01.calls")].resources
    assert row.health is not None and row.health.errors == ("HTTP 500", "no answer")
    account.clock.advance(60)
    account.call(hook="hook01", status=204)
    _, scopes, _ = await world.poll(listings=["webhooks", "webhook-calls"])
    (row,) = scopes[Ref(Kind.SYNC, "hook01.calls")].resources
    assert row.health is not None and (row.health.state, row.health.errors) == ("ok", ())


def test_a_webhook_without_calls_and_an_automation_without_runs_are_unknown() -> None:
    assert called([])["state"] is None and ran([])["state"] is None


def test_an_automation_tells_the_step_at_which_its_newest_run_failed() -> None:
    def run(at: str, status: str, *steps: str) -> dict[str, Any]:
        return {"sys": {"createdAt": at, "updatedAt": at}, "status": status, "errors": [
            {"stepName": step, "message": "not-for-git"} for step in steps]}  # fmt: skip

    row = ran([run("2026-05-01T00:00:00Z", "COMPLETED"), run("2026-05-03T00:00:00Z", "IN_PROGRESS"),
               run("2026-05-02T00:00:00Z", "FAILED", "Translate")])  # fmt: skip
    assert (row["state"], row["errors"], row["failed_at"]) == (
        "IN_PROGRESS", ["step Translate"], "2026-05-02T00:00:00Z",
    )  # fmt: skip


async def test_who_is_no_admin_reads_the_model_and_is_refused_the_rest() -> None:
    account, world, _ = desk()
    account.revoke(name="admin")
    vantage, _, reads = await world.poll(listings=["content-types", "roles", "members", "webhooks"])
    assert vantage.grants == {"member"} and reads["content-types"].coverage.complete
    assert {reads[name].coverage.state for name in ("roles", "members", "webhooks")} == {State.DENIED}


async def test_roles_of_the_own_membership_are_grants() -> None:
    account, world, _ = desk()
    account.alter(table="space_memberships", key="mem01", what={"admin": False, "roles": [{"sys": {"id": "role02"}}]})
    vantage, _, _ = await world.poll(listings=["locales"])
    assert vantage.grants == {"member", "role:role02"}


async def test_an_environment_that_one_may_not_see_blinds_and_removes_nothing() -> None:
    account, world, _ = desk()
    account.revoke(name="environment")
    vantage, scopes, reads = await world.poll(listings=["content-types", "tags"])
    assert not vantage.coverage.complete and not any(scope.resources for scope in scopes.values())
    assert {found.coverage.state for found in reads.values()} == {State.FAILED}


async def test_a_dead_token_is_told_from_a_missing_right() -> None:
    account, world, _ = desk()
    account.set_token(token="another")
    vantage, _, _ = await world.poll(listings=["locales"])
    assert vantage.coverage.reason.startswith("Expired") and vantage.coverage.code == "AccessTokenInvalid"


async def test_a_429_is_waited_for_by_the_vendors_own_header() -> None:
    account, world, _ = desk()
    await world.poll(listings=["locales"])
    account.throttle(n=1)
    start = world.clock.monotonic()
    _, _, reads = await world.poll(listings=["locales"])
    assert reads["locales"].coverage.complete and 1 <= world.clock.monotonic() - start < 3


@pytest.mark.parametrize(
    ("status", "word", "fault", "wait"),
    [
        (429, "RateLimitExceeded", Throttled, 7.0),
        (502, "Hibernated", Unreachable, 7.0),
        (404, "NotFound", Rejected, None),
    ],
)
def test_the_seconds_stand_in_a_header_of_the_vendors_own(status: int, word: str, fault: type, wait: Any) -> None:
    body = json.dumps({"sys": {"type": "Error", "id": word}, "message": "no"}).encode()
    found = VENDOR.errors.fault(Answer(status, {"x-contentful-ratelimit-reset": "7", "retry-after": "3"}, body), NOW)
    assert (type(found), found.wait) == (fault, wait)
    silent = VENDOR.errors.fault(Answer(status, {}, body), NOW)
    assert silent.wait == {429: 1.0, 502: 60.0}.get(status), "a space that sleeps takes a minute to wake"


async def test_another_space_is_another_account() -> None:
    account, world, _ = desk()
    account.set_account(account="contoso0001")
    vantage, _, _ = await world.poll(listings=["space"])
    assert vantage.account == "contoso0001"


async def test_links_lead_into_the_web_app() -> None:
    _, world, _ = desk()
    _, scopes, _ = await world.poll(listings=["content-types", "roles", "webhooks", "apps", "aliases"])
    links = {row.key: row.evidence["link"] for scope in scopes.values() for row in scope.resources
             if "link" in row.evidence}  # fmt: skip
    assert links["landingPage"] == f"{WEB}/environments/master/content_types/landingPage/fields"
    assert (links["Editor"], links["hook01"]) == (f"{WEB}/settings/roles/role01", f"{WEB}/settings/webhooks/hook01")
    (app,) = [row.key for row in scopes[Ref(Kind.AUTOMATION, "apps")].resources]
    assert links[app] == f"{WEB}/environments/master/apps/app_installations/{app}/"
    assert links["master"] == f"{WEB}/environments/master/settings/environments"


# on demand


@pytest.mark.parametrize(
    ("ref", "key"),
    [
        (Ref(Kind.SCHEMA, "tags"), "topicWater"), (Ref(Kind.SYNC, "webhooks"), "hook01"),
        (Ref(Kind.AUTOMATION, "automations"), "auto01"), (Ref(Kind.AUTOMATION, "workflows"), "flow01"),
        (Ref(Kind.AUTOMATION, "apps"), ""), (Ref(Kind.SCHEMA, "editor-interfaces"), "landingPage"),
        (Ref(Kind.PERMISSION, "api-keys"), ""), (Ref(Kind.PLATFORM, "aliases"), ""),
    ],
)  # fmt: skip
async def test_one_thing_is_as_its_list_has_it_and_gone_when_its_environment_says_so(ref: Ref, key: str) -> None:
    account, world, _ = desk()
    _, scopes, _ = await world.poll(listings=[ref.name])
    row = next(row for row in scopes[ref].resources if key in ("", row.key))
    key = row.key
    async with world.api as api:
        assert await look(VENDOR, api, ref, key, person=str) == row
        assert isinstance(await look(VENDOR, api, ref, "none", person=str), Absent)
        account.revoke(name="environment")
        account.revoke(name="admin")
        assert isinstance(await look(VENDOR, api, ref, "none", person=str), Fault)
        account.grant(name="environment")
        account.fail(path="/spaces", status=400)
        assert isinstance(await look(VENDOR, api, ref, key, person=str), Fault)


async def test_what_two_lists_tell_together_is_not_asked_for_alone() -> None:
    _, world, _ = desk()
    async with world.api as api:
        for ref in (TYPES, PAGE, ROLES):
            assert isinstance(await look(VENDOR, api, ref, "x", person=str), Fault)


def sought(ref: Ref, key: str, id: str = "") -> Sought:
    return Sought(ref, key, NOW - 60, NOW + 60, id=id)


BESIDE = {
    "locales": (Kind.SCHEMA, "locales", "id"), "editor_interfaces": (Kind.SCHEMA, "editor-interfaces", "key"),
    "app_installations": (Kind.AUTOMATION, "apps", "key"), "space_memberships": (Kind.PERMISSION, "members", "id"),
    "team_space_memberships": (Kind.PERMISSION, "teams", "id"), "api_keys": (Kind.PERMISSION, "api-keys", "key"),
    "environment_aliases": (Kind.PLATFORM, "aliases", "key"),
}  # fmt: skip


@pytest.mark.parametrize("table", BESIDE)
async def test_what_is_known_by_a_name_or_stands_beside_is_asked_for_by_its_own_address(table: str) -> None:
    account, world, _ = desk(actor="admin-02@example.com")
    kind, name, called = BESIDE[table]
    _, scopes, _ = await world.poll(listings=["automations", name])
    row = scopes[Ref(kind, name)].resources[0]
    account.alter(table=table, key=getattr(row, called), what={"sys.version": 99})
    async with world.api as api:
        (told,) = await who(VENDOR, api, [sought(Ref(kind, name), row.key, row.id)], person=str)
    assert isinstance(told, dict) and told["by"] == "admin-02@example.com"


async def test_who_changed_a_thing_last() -> None:
    account, world, _ = desk()
    account.actor = "admin-02@example.com"
    account.alter(table="content_types", key="landingPage", what={"name": "Page"})
    account.alter(table="roles", key="role03", what={"name": "Translators"})
    asked = [sought(PAGE, "title"), sought(ROLES, "Translators", "role03"), sought(TYPES, "form"),
             sought(TYPES, "gone"), sought(Ref(Kind.SCHEMA, "locales"), "de-DE")]  # fmt: skip
    async with world.api as api:
        first, second, *rest = await who(VENDOR, api, asked, person=str)
        assert isinstance(first, dict) and isinstance(second, dict)
        assert (first["by"], first["how"], second["by"]) == ("admin-02@example.com", "last", "admin-02@example.com")
        assert rest == [{}, {}, {}], "too long ago, gone, and not asked for"
        account.revoke(name="admin")
        (refused,) = await who(VENDOR, api, [sought(ROLES, "Translators", "role03")], person=str)
        assert isinstance(refused, Fault)
