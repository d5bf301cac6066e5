"""The Directus vendor file against a real server, changed as an administrator would change it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from probes.directus import VENDOR
from probes.kit import demand
from probes.kit.api import Answer
from probes.kit.client import Connection, connect
from probes.kit.clock import SystemClock
from probes.kit.contract import Absent, Denied, Kind, Ref, Resource, Sought, State, Unsupported, lost
from probes.kit.limiter import Limiters
from tests.real.conftest import WEAK_TOKEN
from tests.real.directus import ADMIN_EMAIL, Server
from tests.real.polling import Poll, Poller

CANARY = "s3cr3t-canary-in-a-flow"


@pytest.fixture
async def before(directus: Server) -> tuple[Poller, Poll]:
    """An administrator's poller that has stored a reading."""
    poller = Poller(VENDOR, directus.url, directus.token)
    return poller, await poller.poll()


@pytest.fixture
def flow(directus: Server) -> Iterator[dict[str, Any]]:
    """A webhook flow with one step, which calls an address where nobody listens."""
    made = directus.post(
        "/flows",
        {"name": "Send lead", "status": "active", "trigger": "webhook", "accountability": "all",
         "options": {"method": "GET", "async": False, "return": "$all"}},
    )  # fmt: skip
    headers = [{"header": "Authorization", "value": CANARY}]
    step = directus.post(
        "/operations",
        {"flow": made["id"], "key": "call", "name": "Call", "type": "request", "position_x": 19, "position_y": 1,
         "options": {"method": "GET", "url": "http://127.0.0.1:1/none", "headers": headers}},
    )  # fmt: skip
    directus.patch(f"/flows/{made['id']}", {"operation": step["id"]})
    yield {"id": made["id"], "step": step["id"]}
    directus.delete(f"/flows/{made['id']}")


def sales_policy(directus: Server) -> str:
    return next(str(policy["id"]) for policy in directus.get("/policies") if policy["name"] == "Sales")


def trigger(directus: Server, flow: dict[str, Any]) -> httpx.Response:
    return httpx.get(f"{directus.url}/flows/trigger/{flow['id']}")


async def test_everything_is_read_completely_by_an_administrator(before: tuple[Poller, Poll]) -> None:
    _, first = before
    assert {read.coverage.state for read in first.reads.values()} == {State.COMPLETE}
    assert {scope.ref.kind for read in first.reads.values() for scope in read.scopes} == {
        Kind.SCHEMA, Kind.FIELD, Kind.PERMISSION, Kind.AUTOMATION, Kind.SYNC, Kind.PLATFORM,
    }  # fmt: skip
    assert "admin_access" in first.vantage.grants
    assert first.rows(Kind.PLATFORM, "server")["server"].facts["version"] == first.vantage.api_version
    email = first.rows(Kind.FIELD, "leads")["email"].facts
    assert (email["type"], email["native_type"], email["length"], email["nullable"]) == ("text", "string", 120, True)
    assert first.scope(Kind.FIELD, "leads").parent is not None


async def test_nothing_moves_when_nothing_was_changed_and_etags_are_honoured(before: tuple[Poller, Poll]) -> None:
    poller, _ = before
    second = await poller.poll()
    assert second.moved == set()
    assert all(scope.whole for read in second.reads.values() for scope in read.scopes)
    assert second.signals.requests["304"] >= 2


async def test_a_field_is_added_altered_and_deleted(directus: Server, before: tuple[Poller, Poll]) -> None:
    poller, _ = before
    directus.post("/fields/leads", {"field": "score", "type": "integer", "schema": {}, "meta": {"note": "0 to 100"}})
    try:
        added = await poller.poll()
        assert added.moved == {("leads", "score")}
        assert added.rows(Kind.FIELD, "leads")["score"].facts["type"] == "integer"
        directus.patch(
            "/fields/leads/score",
            {"meta": {"required": True}, "schema": {"is_nullable": False, "default_value": 0}},
        )
        altered = await poller.poll()
        assert altered.moved == {("leads", "score")}
        facts = altered.rows(Kind.FIELD, "leads")["score"].facts
        assert (facts["required"], facts["nullable"], facts["default"]) == (True, False, 0)
    finally:
        directus.delete("/fields/leads/score")
    deleted = await poller.poll()
    scope = deleted.scope(Kind.FIELD, "leads")
    assert scope.coverage.complete
    assert scope.keys == {"id", "email", "status"}
    confirmed = await poller.poll(["fields/leads"])
    assert set(confirmed.reads) == {"fields/leads"}
    assert "score" not in confirmed.scope(Kind.FIELD, "leads").keys


async def test_an_option_is_relabelled_and_one_is_added(directus: Server, before: tuple[Poller, Poll]) -> None:
    poller, _ = before
    old = [{"text": "New", "value": "new"}, {"text": "Qualified", "value": "qualified"}]
    new = [old[0], {"text": "Sales ready", "value": "qualified"}, {"text": "Lost", "value": "lost"}]
    directus.patch("/fields/leads/status", {"meta": {"options": {"choices": new}}})
    try:
        after = await poller.poll()
    finally:
        directus.patch("/fields/leads/status", {"meta": {"options": {"choices": old}}})
    assert after.moved == {("leads", "status")}
    assert after.rows(Kind.FIELD, "leads")["status"].facts["options"] == [
        {"value": "new", "label": "New"},
        {"value": "qualified", "label": "Sales ready"},
        {"value": "lost", "label": "Lost"},
    ]


async def test_a_policy_that_gains_admin_access_is_seen(directus: Server, before: tuple[Poller, Poll]) -> None:
    poller, first = before
    directus.patch(f"/policies/{sales_policy(directus)}", {"admin_access": True})
    try:
        after = await poller.poll()
    finally:
        directus.patch(f"/policies/{sales_policy(directus)}", {"admin_access": False})
    assert ("policies", "Sales") in after.moved
    assert first.rows(Kind.PERMISSION, "policies")["Sales"].facts["admin"] is False
    assert after.rows(Kind.PERMISSION, "policies")["Sales"].facts["admin"] is True


async def test_a_permission_that_is_widened_is_seen(directus: Server, before: tuple[Poller, Poll]) -> None:
    poller, _ = before
    made = directus.post(
        "/permissions",
        {"policy": sales_policy(directus), "collection": "leads", "action": "update", "fields": ["*"]},
    )
    try:
        after = await poller.poll()
    finally:
        directus.delete(f"/permissions/{made['id']}")
    assert after.moved == {("permissions", "Sales/leads/update")}
    assert after.rows(Kind.PERMISSION, "permissions")["Sales/leads/update"].facts["fields"] == ["*"]


async def test_trap_1_a_weaker_token_gets_a_smaller_200_and_says_so(
    directus: Server, before: tuple[Poller, Poll]
) -> None:
    """Every scope in which keys went missing is one whose needs the vantage lost: nothing of it is believed."""
    _, strong = before
    weak = await Poller(VENDOR, directus.url, WEAK_TOKEN).poll()
    assert weak.vantage.account == strong.vantage.account
    assert weak.vantage.coverage.complete
    assert weak.scope(Kind.PERMISSION, "roles").keys == {"Sales"}
    assert weak.scope(Kind.PERMISSION, "users").keys == {"sales-01@example.com"}
    for listing in ("policies", "access", "permissions", "flows", "operations", "flow-runs", "license"):
        assert weak.reads[listing].coverage.state is State.DENIED, listing
        assert weak.reads[listing].coverage.code == "FORBIDDEN"
    fewer = 0
    for was in (scope for read in strong.reads.values() for scope in read.scopes):
        now = next((s for r in weak.reads.values() for s in r.scopes if s.ref == was.ref), None)
        if now is not None and now.coverage.complete and was.keys - now.keys:
            fewer += 1
            assert "admin_access" in lost(strong.vantage.grants, weak.vantage.grants, now.needs)
    assert fewer >= 2


async def test_trap_2_a_lost_right_is_denied_and_never_gone(directus: Server) -> None:
    poller = Poller(VENDOR, directus.url, WEAK_TOKEN)
    first = await poller.poll(listings=["collections", "fields"])
    assert first.scope(Kind.FIELD, "leads").coverage.complete
    row = next(r for r in directus.get("/permissions?filter[collection][_eq]=leads") if r.get("id"))
    directus.delete(f"/permissions/{row['id']}")
    try:
        after = await poller.poll(["fields/leads"])
    finally:
        kept = {name: row[name] for name in ("policy", "collection", "action", "fields")}
        directus.post("/permissions", kept)
    assert after.reads["fields/leads"].coverage.state is State.DENIED
    assert after.reads["fields/leads"].coverage.code == "FORBIDDEN"
    assert after.moved == set()
    again = await poller.poll()
    assert again.scope(Kind.FIELD, "leads").coverage.complete


async def test_trap_3_what_the_plan_lacks_is_unsupported_and_the_plan_is_read(
    directus: Server, before: tuple[Poller, Poll]
) -> None:
    rule = {"policy": sales_policy(directus), "collection": "leads", "action": "delete", "fields": ["*"],
            "permissions": {"status": {"_eq": "new"}}}  # fmt: skip
    refused = directus.send("POST", "/permissions", rule)
    fault = VENDOR.errors.fault(Answer(refused.status_code, dict(refused.headers), refused.content), 0.0)
    assert (type(fault), fault.code) == (Unsupported, "RESOURCE_RESTRICTED")
    _, first = before
    assert first.rows(Kind.PLATFORM, "license")["license"].facts["plan"] == "Core"
    entitlements = first.rows(Kind.PLATFORM, "entitlements")
    assert entitlements["seats"].facts["maximum"] == 3
    assert entitlements["custom_permission_rules_enabled"].facts["enabled"] is False


async def test_trap_4_a_flow_that_answers_200_and_fails_is_failing(directus: Server, flow: dict[str, Any]) -> None:
    poller = Poller(VENDOR, directus.url, directus.token)
    fresh = await poller.poll()
    health = fresh.rows(Kind.SYNC, "flows")["Send lead"].health
    assert health is not None
    assert health.state == "unknown"
    assert trigger(directus, flow).status_code == 200
    failing = (await poller.poll()).rows(Kind.SYNC, "flows")["Send lead"].health
    assert failing is not None
    assert (failing.state, failing.errors, failing.succeeded_at) == ("failing", ("step call rejected",), None)
    assert failing.failed_at is not None
    directus.patch(f"/operations/{flow['step']}", {"options": {"method": "GET", "url": f"{directus.url}/server/ping"}})
    mended = await poller.poll()
    assert {("operations", "Send lead/call")} <= mended.moved
    assert trigger(directus, flow).status_code == 200
    well = (await poller.poll()).rows(Kind.SYNC, "flows")["Send lead"].health
    assert well is not None
    assert (well.state, well.errors) == ("ok", ())
    assert well.succeeded_at is not None
    assert well.failed_at == failing.failed_at


async def test_a_flow_that_is_switched_off_is_inactive_and_its_sync_disabled(
    directus: Server, flow: dict[str, Any]
) -> None:
    poller = Poller(VENDOR, directus.url, directus.token)
    assert (await poller.poll()).rows(Kind.AUTOMATION, "flows")["Send lead"].facts["active"] is True
    directus.patch(f"/flows/{flow['id']}", {"status": "inactive"})
    assert trigger(directus, flow).status_code == 403
    after = await poller.poll()
    assert after.rows(Kind.AUTOMATION, "flows")["Send lead"].facts["active"] is False
    health = after.rows(Kind.SYNC, "flows")["Send lead"].health
    assert health is not None
    assert health.state == "disabled"


async def test_a_condition_that_does_not_hold_is_no_failure(directus: Server, flow: dict[str, Any]) -> None:
    directus.patch(
        f"/operations/{flow['step']}",
        {"type": "condition", "options": {"filter": {"$trigger": {"query": {"go": {"_eq": "yes"}}}}}},
    )
    assert trigger(directus, flow).status_code == 200
    poller = Poller(VENDOR, directus.url, directus.token)
    health = (await poller.poll()).rows(Kind.SYNC, "flows")["Send lead"].health
    assert health is not None
    assert health.state == "ok"


async def test_what_a_flow_carries_never_leaves_the_probe(directus: Server, flow: dict[str, Any]) -> None:
    poller = Poller(VENDOR, directus.url, directus.token)
    first = await poller.poll()
    step = first.rows(Kind.AUTOMATION, "operations")["Send lead/call"]
    assert step.facts["native_type"] == "request"
    assert CANARY not in repr(first)
    assert directus.token not in repr(first)
    directus.patch(f"/operations/{flow['step']}", {"options": {"method": "POST", "url": "http://127.0.0.1:1/none"}})
    after = await poller.poll()
    assert after.moved == {("operations", "Send lead/call")}
    assert after.rows(Kind.AUTOMATION, "operations")["Send lead/call"].facts != step.facts


async def test_trap_5_built_in_permission_rows_are_not_ours(directus: Server, before: tuple[Poller, Poll]) -> None:
    _, first = before
    built_in = [row for row in directus.get("/permissions") if row.get("system")]
    assert len(built_in) > 10
    scope = first.scope(Kind.PERMISSION, "permissions")
    assert scope.coverage.complete
    assert scope.keys == {"Sales/leads/read"}


async def test_a_collection_that_is_deleted_takes_its_fields_along(
    directus: Server, before: tuple[Poller, Poll]
) -> None:
    poller, _ = before
    key = {"field": "id", "type": "integer", "schema": {"is_primary_key": True, "has_auto_increment": True}}
    directus.post("/collections", {"collection": "campaigns", "schema": {}, "meta": {}, "fields": [key]})
    try:
        there = await poller.poll()
        assert {("collections", "campaigns"), ("campaigns", "id")} <= there.moved
    finally:
        directus.delete("/collections/campaigns")
    gone = await poller.poll()
    assert gone.scope(Kind.SCHEMA, "collections").coverage.complete
    assert gone.scope(Kind.SCHEMA, "collections").keys == {"leads"}
    assert "fields/campaigns" not in gone.reads


async def test_a_dead_token_is_expired_and_nothing_is_asked_with_it(directus: Server) -> None:
    poll = await Poller(VENDOR, directus.url, "no-such-token").poll()
    assert poll.vantage.coverage.state is State.DENIED
    assert poll.vantage.coverage.reason.startswith("Expired")
    assert all(not read.coverage.complete and not read.scopes for read in poll.reads.values())


async def test_one_thing_is_looked_at_and_its_author_named(directus: Server) -> None:
    """As an administrator a deleted field is absent; as anybody else it is only denied."""
    clock, fields = SystemClock(), Ref(Kind.FIELD, "leads")

    def aliased(name: str) -> str:
        return f"p-{name}"

    async def asked(token: str) -> tuple[Any, Any, Any]:
        connection = Connection("real", VENDOR, {}, "token", lambda field: token, base=directus.url, allow_private=True)
        poller = Poller(VENDOR, directus.url, token)
        async with connect(connection, clock=clock, limiters=Limiters(clock), tokens=poller) as api:
            sought = Sought(fields, "grade", started, clock.now())
            return (
                await demand.look(VENDOR, api, fields, "email", person=aliased),
                await demand.look(VENDOR, api, fields, "grade", person=aliased),
                (await demand.who(VENDOR, api, [sought], person=aliased))[0],
            )

    started = clock.now()
    directus.post("/fields/leads", {"field": "grade", "type": "integer", "schema": {}, "meta": {"note": "1 to 6"}})
    directus.patch("/fields/leads/email", {"meta": {"note": "work address"}})
    directus.delete("/fields/leads/grade")
    there, gone, who = await asked(directus.token)
    assert isinstance(there, Resource) and there.facts["native_type"] == "string"
    assert gone == Absent("FORBIDDEN")
    assert (who["by"], who["action"], who["how"]) == (f"p-{ADMIN_EMAIL}", "delete", "named")
    there, gone, who = await asked(WEAK_TOKEN)
    assert isinstance(gone, Denied) and who == {}, "a plain user sees no deeds but their own"
