"""One thing on demand, and who changed it, against the simulated accounts and, for Directus, its published answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from probes.directus import VENDOR as DIRECTUS
from probes.hubspot import VENDOR as HUBSPOT
from probes.hubspot import V
from probes.kit import demand
from probes.kit.clock import ManualClock
from probes.kit.contract import (
    Absent,
    Denied,
    Expired,
    Fault,
    Kind,
    Malformed,
    Ref,
    Rejected,
    Resource,
    Sought,
    Unsupported,
)
from probes.salesforce import VENDOR as SALESFORCE
from probes.salesforce.asked import names
from tests.probes.accounts import Wire, account
from tests.probes.kit.world import SECRET, World, js

LEAD = Ref(Kind.FIELD, "Lead")
CONTACTS = Ref(Kind.FIELD, "contacts")
T0 = 1_780_000_000.0
THEN = 1_795_316_663.0  # 2026-11-22T03:04:23Z


class Asked:
    """An integration that is asked on demand; people are called by a function as the monitor's does."""

    def __init__(self, vendor: Any, **options: Any) -> None:
        self.clock = ManualClock(T0, leap=True)
        scheme = next(iter(vendor.schemes))
        secrets = {field: f"{SECRET}-{field}" for field in vendor.schemes[scheme].fields}
        self.account, self.wire = account(vendor, self.clock, secrets, **options)
        self.world = World(vendor, transport=self.wire, clock=self.clock, scheme=scheme, secrets=secrets,
                           base="https://account.test", allow_private=True)  # fmt: skip

    async def look(self, ref: Ref, key: str) -> Resource | Absent | Fault:
        return await demand.look(self.world.vendor, self.world.api, ref, key, person=alias)

    async def who(self, ref: Ref, key: str, *, id: str = "", ago: float = 600.0) -> Mapping[str, str] | Fault:
        now = self.clock.now()
        return await ask_who(self.world, Sought(ref, key, now - ago, now + 30, id))

    def later(self) -> None:
        self.clock.advance(3600)


def alias(name: str) -> str:
    return f"p-{name.partition('@')[0]}"


# Salesforce


async def test_salesforce_shows_a_field_as_a_poll_does_and_its_object_and_record_types() -> None:
    org = Asked(SALESFORCE)
    _, scopes, _ = await org.world.poll(listings=["objects", "fields"])
    for ref in (LEAD, Ref(Kind.SCHEMA, "objects"), Ref(Kind.SCHEMA, "Lead.recordtypes")):
        polled = next(resource for resource in scopes[ref].resources if resource.key in ("Region__c", "Lead", "Master"))
        assert await org.look(ref, polled.key) == polled


async def test_salesforce_never_says_absent_because_a_lost_right_looks_the_same() -> None:
    org = Asked(SALESFORCE)
    org.account.delete_field("Lead", "Score__c")
    org.account.delete_object("Region_Map__c") if "Region_Map__c" in org.account.org.objects else None
    for ref, key in (
        (LEAD, "Score__c"),
        (Ref(Kind.FIELD, "Nowhere__c"), "X__c"),
        (Ref(Kind.SCHEMA, "objects"), "Gone__c"),
    ):
        found = await org.look(ref, key)
        assert isinstance(found, Denied) and found.code == "NOT_FOUND", found
    assert isinstance(await org.look(Ref(Kind.PERMISSION, "users"), "p-1"), Unsupported)


async def test_salesforce_names_who_changed_a_field_by_the_setup_audit_trail() -> None:
    org = Asked(SALESFORCE)
    org.account.alter_field("Lead", "Region__c", length=20)
    org.later()
    org.account.actor = "admin-02@example.com"
    org.account.delete_field("Lead", "Score__c")
    org.account.actor = "admin-01@example.com"
    org.account.alter_field("Lead", "Notes__c", length=99)
    found = await org.who(LEAD, "Score__c")
    assert isinstance(found, dict)
    assert (found["by"], found["how"], found["action"]) == ("p-admin-02", "named", "delete_field")
    assert found["at"] == "2026-05-28T21:26:40Z"
    assert await org.who(LEAD, "Region__c", ago=60) == {}, "two people worked then, and neither touched it"
    assert (await org.who(LEAD, "Region__c", ago=7200))["how"] == "named"  # type: ignore[index]


async def test_salesforce_names_who_changed_apps_rules_and_what_is_said_of_a_field() -> None:
    org = Asked(SALESFORCE)
    changes = (
        (Ref(Kind.FIELD, "Lead.definitions"), "Email", lambda: org.account.classify("Lead", "Email", Description="x")),
        (Ref(Kind.PERMISSION, "connected-apps"), "Hightouch", lambda: org.account.set_app("Hightouch")),
        (Ref(Kind.PERMISSION, "external-client-apps"), "HubSpot", lambda: org.account.set_client_app("HubSpot", "API")),
        (Ref(Kind.AUTOMATION, "workflow-rules"), "Case/Escalate Urgent Cases",
         lambda: org.account.set_workflow("Case", "Escalate Urgent Cases", active=False)),
    )  # fmt: skip
    for number, (_, _, change) in enumerate(changes):
        org.account.actor = f"admin-0{number % 2 + 1}@example.com"
        change()
    for number, (ref, key, _) in enumerate(changes):
        found = await org.who(ref, key)
        assert isinstance(found, dict) and (found["by"], found["how"]) == (f"p-admin-0{number % 2 + 1}", "named"), key


async def test_salesforce_where_one_person_alone_worked_it_was_that_person_and_where_nobody_did_nobody_knows() -> None:
    org = Asked(SALESFORCE)
    assert await org.who(LEAD, "hs_new__c") == {}
    org.account.alter_field("Lead", "Notes__c", length=99)
    assert (await org.who(LEAD, "Elsewhere__c"))["how"] == "alone"  # type: ignore[index]


async def test_salesforce_does_not_blame_who_is_left_when_a_line_of_the_trail_has_no_time() -> None:
    org = Asked(SALESFORCE)
    for number, length in ((1, 98), (2, 99)):
        org.account.actor = f"admin-0{number}@example.com"
        org.account.alter_field("Lead", "Notes__c", length=length)
    assert await org.who(LEAD, "Elsewhere__c") == {}
    inner = org.wire.inner

    class Undated(httpx.AsyncBaseTransport):
        """The trail of an org whose last line has no time."""

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            given = await inner.handle_async_request(request)
            body = json.loads(await given.aread())
            if body.get("records"):
                body["records"][-1]["CreatedDate"] = None
            return js(body, given.status_code)

    org.wire.inner = Undated()
    found = await org.who(LEAD, "Elsewhere__c")
    assert isinstance(found, Malformed) and "no CreatedDate" in found.message


async def test_salesforce_names_who_changed_a_matching_rule_where_the_trail_names_rule_and_object() -> None:
    """How the trail words it is not known: a line without the object proves nothing, and who worked alone it was."""
    org, rules, key = Asked(SALESFORCE), Ref(Kind.AUTOMATION, "matching-rules"), "Lead/Match_Leads_by_Email"
    org.account.actor = "admin-02@example.com"
    org.account.set_matching("Match_Leads_by_Email", status="Inactive")
    found = await org.who(rules, key)
    assert isinstance(found, dict) and (found["by"], found["how"]) == ("p-admin-02", "alone")
    org.account.actor = "admin-01@example.com"
    org.account.alter_field("Lead", "Notes__c", length=99)
    assert await org.who(rules, key) == {}
    line = org.account.org.row("SetupAuditTrail", Action="set_matching")
    line["Display"] = "Deactivated matching rule Match Leads by Email for object: Lead"
    found = await org.who(rules, key)
    assert isinstance(found, dict) and (found["by"], found["how"]) == ("p-admin-02", "named")


async def test_salesforce_does_not_blame_who_worked_in_setup_for_a_run_of_a_flow_or_a_job() -> None:
    org = Asked(SALESFORCE)
    org.account.interview("Error")
    org.account.set_matching("Match_Leads_by_Email", status="Inactive")
    for name, key in (("flow-interviews", "flow-interviews"), ("bulk-ingest", "Lead/insert")):
        assert await org.who(Ref(Kind.SYNC, name), key) == {}, name
    assert (await org.who(LEAD, "Elsewhere__c"))["how"] == "alone", "of a field it may have been"  # type: ignore[index]


async def test_salesforce_without_view_setup_does_not_know_and_says_which_right_it_lacks() -> None:
    org = Asked(SALESFORCE)
    org.account.revoke("ViewSetup")
    found = await org.who(LEAD, "Region__c")
    assert isinstance(found, Fault) and not isinstance(found, Expired), found


@pytest.mark.parametrize(
    ("display", "key", "is_named"),
    [
        ("Changed length of Region__c on Lead", "Region__c", True),
        ("Created custom field: Region Code (Text)", "Region_Code__c", True),
        ("Created custom field: Region Code (Text)", "acme__Region_Code__c", True),
        ("Changed Region__code", "Region__c", False),
        ("Deleted custom field Subregion", "Region__c", False),
        ("Changed permission set Sync: field Status", "Sync/Status", True),
        ("Changed permission set Sync: field Status", "Other/Status", False),
        ("Changed profile Sales User", "profile:Sales User", True),
        ("Changed flow Lead/Routing", "Lead%2FRouting", True),
    ],
)
def test_a_sentence_of_the_trail_names_a_thing_by_its_words(display: str, key: str, is_named: bool) -> None:
    assert names(display, Sought(LEAD, key, 0, 1)) is is_named


# HubSpot


async def test_hubspot_tells_a_property_that_is_there_from_one_that_is_gone_and_one_it_may_not_see() -> None:
    portal = Asked(HUBSPOT)
    _, scopes, _ = await portal.world.poll(listings=["properties"])
    polled = next(r for r in scopes[CONTACTS].resources if r.key == "lifecyclestage")
    found = await portal.look(CONTACTS, "lifecyclestage")
    assert found == polled
    portal.account.purge_property("contacts", "lifecyclestage")
    assert await portal.look(CONTACTS, "lifecyclestage") == Absent("OBJECT_NOT_FOUND")
    portal.account.revoke("crm.schemas.contacts.read")
    portal.account.revoke("crm.objects.contacts.read")
    found = await portal.look(CONTACTS, "lifecyclestage")
    assert isinstance(found, Denied) and found.code == "MISSING_SCOPES"
    assert isinstance(await portal.look(Ref(Kind.SCHEMA, "contacts.groups"), "x"), Unsupported)


async def test_hubspot_takes_a_path_that_does_not_answer_for_no_proof_and_the_archive_for_one() -> None:
    portal = Asked(HUBSPOT)
    inner = portal.wire.inner

    class Bare(httpx.AsyncBaseTransport):
        """An account whose path of one property is gone: every answer there is a 404 without the vendor's word."""

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            one = request.url.path.startswith(f"/crm/properties/{V}/contacts/")
            return js({}, 404) if one else await inner.handle_async_request(request)

    portal.wire.inner = Bare()
    assert isinstance(await portal.look(CONTACTS, "lifecyclestage"), Rejected)
    portal.account.delete_property("contacts", "lifecyclestage")
    assert await portal.look(CONTACTS, "lifecyclestage") == Absent("archived")


async def test_hubspot_custom_objects_are_shown_through_their_own_listing() -> None:
    portal = Asked(HUBSPOT)
    _, scopes, _ = await portal.world.poll(listings=["objects", "custom-properties"])
    ref = next(ref for ref in scopes if ref.kind is Kind.FIELD)
    polled = scopes[ref].resources[0]
    assert await portal.look(ref, polled.key) == polled


async def test_hubspot_names_who_by_the_audit_log_and_without_it_by_the_propertys_own_mark() -> None:
    portal = Asked(HUBSPOT)
    portal.account.grant("account-info.security.read")
    portal.later()
    portal.account.actor = "admin-02@example.com"
    portal.account.set_role("admin-01@example.com", "512")
    portal.account.actor = "admin-01@example.com"
    portal.account.alter_property("contacts", "region", label="Stage")
    named = await portal.who(CONTACTS, "region")
    assert named == {"by": "p-admin-01", "how": "named", "action": "PROPERTY UPDATE", "at": "2026-05-28T21:26:40Z"}
    assert (await portal.who(Ref(Kind.PERMISSION, "users"), "p-x", id="admin-01@example.com"))["by"] == "p-admin-02"  # type: ignore[index]
    assert await portal.who(Ref(Kind.PERMISSION, "users"), "p-y") == {}
    portal.account.revoke("account-info.security.read")
    last = await portal.who(CONTACTS, "region")
    assert last == {"by": "p-admin-01", "how": "last", "at": "2026-05-28T21:26:40Z"}
    for user in portal.account.users:
        user["email"] = None
    assert (await portal.who(CONTACTS, "region"))["by"] == "p-7001", "a user without a mailbox is not called None"  # type: ignore[index]
    found = await portal.who(Ref(Kind.PERMISSION, "users"), "p-x")
    assert isinstance(found, Denied) and found.code == "MISSING_SCOPES"


async def test_one_look_into_the_log_serves_all_that_is_sought() -> None:
    org = Asked(SALESFORCE)
    org.account.alter_field("Lead", "Region__c", length=20)
    org.account.alter_field("Lead", "Notes__c", length=99)
    portal = Asked(HUBSPOT)
    portal.account.revoke("account-info.security.read")
    portal.later()
    for name in ("region", "lead_score"):
        portal.account.alter_property("contacts", name, label=name.title())
    for asked, ref, keys in (
        (org, LEAD, ("Region__c", "Notes__c", "Elsewhere__c")),
        (portal, CONTACTS, ("region", "lead_score", "elsewhere")),
    ):
        await asked.world.poll(listings=[])  # signed in
        alone, aside, now = asked.world.api.aside(30, 5.0), asked.world.api.aside(30, 5.0), asked.clock.now()
        sought = [Sought(ref, key, now - 600, now + 30) for key in keys]
        await demand.who(asked.world.vendor, alone, sought[:1], person=alias)
        told = await demand.who(asked.world.vendor, aside, sought, person=alias)
        assert [bool(one) for one in told[:2]] == [True, True]
        assert aside.tally == alone.tally, asked.world.vendor.name
        early = await demand.who(asked.world.vendor, alone, [Sought(ref, keys[0], now - 9e4, now - 8e4)], person=alias)
        assert early == [{}], "what was done outside of its time is not said of it"


async def test_hubspot_a_deleted_property_is_found_in_the_archive_and_an_old_mark_says_nothing() -> None:
    portal = Asked(HUBSPOT)
    portal.account.revoke("account-info.security.read")
    portal.later()
    assert await portal.who(CONTACTS, "region") == {}
    assert await portal.who(CONTACTS, "never_there") == {}
    portal.account.delete_property("contacts", "region")
    portal.account.revoke("settings.users.read")
    portal.account.revoke("crm.objects.users.read")
    assert await portal.who(CONTACTS, "region") == {
        "by": "p-7001", "how": "last", "at": "2026-05-28T21:26:40Z",
    }, "without the right to read users the vendor's own number is what there is"  # fmt: skip


# Directus, in the shapes that its 12.4.0 answers with (tests/real holds these against the server itself)

FORBIDDEN = {"errors": [{"message": "You don't have permission", "extensions": {"code": "FORBIDDEN"}}]}
SEEN = {"field": "score", "collection": "leads", "type": "integer", "meta": None, "schema": {"data_type": "integer"}}


class Cms:
    """A server with one field; `admin` is what the token may."""

    def __init__(self, *, admin: bool) -> None:
        self.admin = admin
        self.deeds: list[dict[str, Any]] = []
        self.revisions: dict[str, Any] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path, params = request.url.path, request.url.params
        if path == "/policies/me/globals":
            return js({"data": {"admin_access": self.admin}})
        if path == "/fields/leads/score":
            return js({"data": SEEN})
        if path == "/collections/leads":
            return js({"data": {"collection": "leads", "meta": {"hidden": False}, "schema": {"name": "leads"}}})
        if path == "/activity":
            assert params["filter[timestamp][_between]"].count(",") == 1
            tables = params["filter[collection][_in]"].split(",")
            return js({"data": [d for d in self.deeds if d["collection"] in tables]})
        if path == "/revisions":
            items = params["filter[item][_in]"].split(",")
            return js({"data": [{"item": i, "data": kept} for i, kept in self.revisions.items() if i in items]})
        return js(FORBIDDEN, 403)

    def world(self) -> World:
        return World(DIRECTUS, self, base="https://cms.example.com", options={})


async def ask_look(world: World, ref: Ref, key: str) -> Resource | Absent | Fault:
    return await demand.look(world.vendor, world.api, ref, key, person=alias)


async def ask_who(world: World, sought: Sought) -> Mapping[str, str] | Fault:
    (told,) = await demand.who(world.vendor, world.api, [sought], person=alias)
    return told


async def test_directus_says_absent_to_an_administrator_only() -> None:
    fields, collections = Ref(Kind.FIELD, "leads"), Ref(Kind.SCHEMA, "collections")
    for admin in (True, False):
        world = Cms(admin=admin).world()
        there = await ask_look(world, fields, "score")
        assert isinstance(there, Resource) and there.facts["type"] == "integer"
        assert there.evidence["link"] == "https://cms.example.com/admin/settings/data-model/leads/score"
        there = await ask_look(world, collections, "leads")
        assert isinstance(there, Resource) and there.facts["x_table"] == "leads"
        for ref in (fields, collections):
            gone = await ask_look(world, ref, "gone")
            assert isinstance(gone, Absent) if admin else isinstance(gone, Denied), (admin, gone)
        assert isinstance(await ask_look(world, Ref(Kind.PERMISSION, "roles"), "x"), Unsupported)


async def test_directus_knows_a_field_by_its_row_and_all_else_by_its_id() -> None:
    cms = Cms(admin=True)
    person = {"email": "admin-02@example.com"}

    def deed(collection: str, item: str, action: str, user: Any) -> dict[str, Any]:
        return {"collection": collection, "item": item, "action": action, "timestamp": "2026-11-22T03:04:23.646Z",
                "user": user}  # fmt: skip

    cms.deeds = [
        deed("directus_fields", "7", "update", person), deed("directus_fields", "9", "delete", person),
        deed("directus_fields", "7", "create", None), deed("directus_policies", "u-u", "update", person),
        deed("directus_collections", "leads", "create", None),
    ]  # fmt: skip
    cms.revisions = {"9": {"collection": "leads", "field": "score"}, "7": {"collection": "leads", "field": "email"}}
    world = cms.world()
    fields, policies = Ref(Kind.FIELD, "leads"), Ref(Kind.PERMISSION, "policies")
    at = "2026-11-22T03:04:23Z"
    assert await ask_who(world, Sought(fields, "score", THEN, THEN + 60)) == {
        "by": "p-admin-02", "action": "delete", "at": at, "how": "named",
    }  # fmt: skip
    assert (await ask_who(world, Sought(policies, "Sales", THEN, THEN, id="u-u")))["action"] == "update"  # type: ignore[index]
    assert await ask_who(world, Sought(policies, "Sales", THEN, THEN)) == {}
    assert await ask_who(world, Sought(policies, "Sales", THEN + 60, THEN + 90, id="u-u")) == {}, "it was earlier"
    world.calls.clear()
    told = await demand.who(world.vendor, world.api, [
        Sought(fields, "score", THEN, THEN), Sought(fields, "email", THEN, THEN),
        Sought(policies, "Sales", THEN, THEN, id="u-u"),
    ], person=alias)  # fmt: skip
    assert [one["action"] for one in told] == ["delete", "update", "update"]  # type: ignore[index]
    assert len(world.calls) == 2, "one look into the log, and one into the revisions, for all of them"
    assert await ask_who(world, Sought(fields, "other", THEN, THEN)) == {}
    cms.revisions["9"] = {"field": "score"}
    assert (await ask_who(world, Sought(fields, "score", THEN, THEN)))["by"] == "p-admin-02"  # type: ignore[index]
    cms.revisions["7"] = {"field": "score"}
    assert await ask_who(world, Sought(fields, "score", THEN, THEN)) == {}, "two fields of that name, and no collection"
    assert await ask_who(world, Sought(Ref(Kind.SCHEMA, "collections"), "leads", THEN, THEN)) == {}, (
        "nobody was signed in"
    )


async def test_what_is_asked_on_demand_is_sent_to_the_same_hosts_only() -> None:
    org = Asked(SALESFORCE)
    assert isinstance(org.wire, Wire)
    org.wire.armed = True
    await org.look(LEAD, "Region__c")
    await org.who(LEAD, "Region__c")
    assert {request.url.host for request in org.wire.requests} == {"account.test"}
    assert {request.method for request in org.wire.requests if "oauth2" not in request.url.path} == {"GET"}
