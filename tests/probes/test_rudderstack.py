"""RudderStack: its traps, against answers in the shape of the vendor's own client."""

from __future__ import annotations

import httpx
import pytest

from probes.kit.contract import Fault, Kind, Malformed, Ref, Sought, State, Unsupported
from probes.kit.demand import who
from probes.rudderstack import VENDOR
from tests.probes.kit.world import js
from tests.probes.specs import unread
from tests.probes.written import written


async def test_no_declared_fact_reads_nothing_and_no_key_or_person_leaves() -> None:
    _, scopes, _ = await written(VENDOR).poll(person=lambda name: f"p-{name.partition('@')[0]}")
    assert unread(VENDOR, scopes) == set()
    assert not any(word in repr(list(scopes.values())) for word in ("not-for-git", "@example.com"))


async def test_a_next_address_with_or_without_its_version_is_asked_for_by_number() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["sources", "retl"])
    assert [one.key for one in scopes[Ref(Kind.SYNC, "sources")].resources] == ["s1", "s2", "s3"]
    assert [one.key for one in scopes[Ref(Kind.SYNC, "retl")].resources] == ["r1", "r2", "r3"]


async def test_a_list_that_ends_before_its_total_is_no_shorter_list() -> None:
    short = js({"sources": [], "paging": {"total": 3}})
    _, _, reads = await written(VENDOR, {"sources": short}).poll(listings=["sources"])
    assert reads["sources"].coverage.state is not State.COMPLETE


async def test_a_sync_that_succeeded_and_left_rows_out_says_how_many() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["retl", "syncs"])
    told = {name: scopes[Ref(Kind.SYNC, f"{name}.syncs")].resources[0].health for name in ("r1", "r2", "r3")}
    assert {key: health and (health.state, health.rows_ok, health.rows_failed) for key, health in told.items()} == {
        "r1": ("ok", 90, 10), "r2": ("failing", 0, 5), "r3": ("disabled", None, None),
    }  # fmt: skip


async def test_what_a_reverse_etl_connection_maps() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["retl"])
    facts = {one.key: one.facts for one in scopes[Ref(Kind.SYNC, "retl")].resources}
    assert facts["r1"]["mapping"] == [
        {"from": "email", "to": "email"}, {"from": "stage", "to": "lifecyclestage"},
        {"from": "score", "to": "lead_score"},
    ]  # fmt: skip
    assert [facts[key]["schedule"] for key in ("r1", "r2")] == ["basic 60 minutes", "manual"]


async def test_events_without_a_name_are_known_by_their_type() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["events"])
    assert {one.key for one in scopes[Ref(Kind.SCHEMA, "events")].resources} == {"track/Product Viewed", "identify"}


async def test_a_tracking_plan_is_told_event_by_event_and_its_schemas_are_never_rebuilt() -> None:
    made = written(VENDOR)
    _, scopes, _ = await made.poll(listings=["tracking-plans", "plan-events", "plan-sources"])
    events = {one.key: one.facts for one in scopes[Ref(Kind.SCHEMA, "tp_shop.events")].resources}
    assert events["track/Product Viewed"]["required_fields"] == ["amount", "product.id"]
    assert (events["identify"]["x_section"], events["track/Product Viewed"]["x_unplanned"]) == ("traits", False)
    fields = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "tp_shop/track/Product Viewed")].resources}
    assert {name: (told["type"], told["required"]) for name, told in fields.items()} == {
        "product": ("json", False), "product.id": ("text", True), "amount": ("any", True), "rank": ("integer", False),
    }  # fmt: skip
    assert (fields["product.id"]["length"], fields["rank"]["minimum"]) == (20, 1)
    guarded = {one.key: one.facts["options"] for one in scopes[Ref(Kind.SYNC, "tp_shop.sources")].resources}
    assert guarded["s1"]["track"]["anyOtherViolation"] == "drop" and set(guarded) == {"s1", "s2"}
    asked = [one.url for one in made.requests if "/events" in one.url.path]
    assert asked and {url.params["rebuildSchemas"] for url in asked} == {"false"}


async def test_an_event_of_a_plan_that_does_not_come_is_no_plan_without_it() -> None:
    _, _, reads = await written(VENDOR, {"ev2": js({"error": "no"}, 404)}).poll(
        listings=["tracking-plans", "plan-events"]
    )
    assert reads["plan-events/tp_shop"].coverage.state is State.FAILED and reads["plan-events/tp_app"].coverage.complete


@pytest.mark.parametrize("answer", [js({"error": "not found"}, 404), js({"syncs": None})])
async def test_syncs_that_do_not_come_are_said(answer: httpx.Response) -> None:
    _, _, reads = await written(VENDOR, {"syncs": answer}).poll(listings=["retl", "syncs"])
    assert reads["syncs/r1"].coverage.state is State.FAILED


async def test_a_plan_without_the_catalog_is_refused_and_the_rest_is_read() -> None:
    answer = js({"message": "Feature is not enabled for your account"}, 403)
    _, _, reads = await written(VENDOR, {"properties": answer}).poll()
    assert reads["properties"].coverage.state is State.DENIED and reads["events"].coverage.state is State.COMPLETE


async def test_code_is_known_by_a_digest_and_where_it_runs_by_the_destinations() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["transformations", "libraries"])
    rows = {one.key: one.facts for one in scopes[Ref(Kind.AUTOMATION, "transformations")].resources}
    assert rows["t1"]["x_destinations"] == ["d1"] and rows["t1"]["x_imports"] == ["mask"]
    assert "x_destinations" not in rows["t2"] and rows["t2"]["native_type"] == "pythonfaas"
    assert rows["t1"]["x_code_digest"] != rows["t2"]["x_code_digest"] and rows["t1"]["opaque"] is True
    (library,) = scopes[Ref(Kind.AUTOMATION, "libraries")].resources
    assert library.facts["x_import_name"] == "mask" and "transformEvent" not in repr(list(scopes.values()))


def deed(id: str, what: str, of: str, at: str) -> dict[str, str]:
    return {"id": id, "actorId": "u1", "actorType": "user", "targetId": of, "targetType": what, "action": "updated",
            "ip": "192.0.2.1", "createdAt": at, "workspaceId": "w1", "organizationId": "o1"}  # fmt: skip


NOON = 1_779_969_600.0  # 2026-05-28T12:00:00Z
SOURCE = Sought(Ref(Kind.SYNC, "sources"), "s1", NOON, NOON + 600)


async def test_who_changed_a_source_stands_in_the_audit_log_which_another_token_opens() -> None:
    log = js({"data": [deed("a1", "source", "s1", "2026-05-28T12:01:00.000Z"),
                       deed("a2", "destination", "d1", "2026-05-28T12:02:00.000Z"),
                       deed("a3", "source", "s1", "2026-05-28T14:00:00.000Z")], "paging": {"total": 3}})  # fmt: skip
    made = written(VENDOR, {"audit-logs": log}, scheme="audited")
    later = Sought(Ref(Kind.SYNC, "destinations"), "d9", NOON, NOON + 600)
    first, second = await who(VENDOR, made.api, [SOURCE, later], person=lambda name: f"p-{name}")
    assert first == {"by": "p-u1", "at": "2026-05-28T12:01:00Z", "action": "source updated", "how": "named"}
    assert second == {}
    (asked,) = [one for one in made.requests if one.url.path == "/v2/audit-logs"]
    assert asked.headers["authorization"] == "Bearer demo-organization_token"
    assert asked.url.params["created_after"] == "2026-05-28T11:59:55.000Z"
    await made.poll(listings=["sources"])
    assert made.requests[-1].headers["authorization"] == "Bearer demo-token", "and is sent nowhere else"


async def test_a_log_of_several_pages_is_walked_by_its_last_entry_and_one_without_an_end_is_no_answer() -> None:
    page = js({"data": [deed("a1", "source", "s9", "2026-05-28T12:01:00.000Z")],
               "paging": {"next": "/audit-logs?after_cursor=a1", "total": 2}})  # fmt: skip
    made = written(VENDOR, {"audit-logs": page}, scheme="audited")
    (told,) = await who(VENDOR, made.api, [SOURCE], person=str)
    assert isinstance(told, Malformed)
    asked = [one.url.params.get("after_cursor") for one in made.requests]
    assert asked[:2] == [None, "a1"]


@pytest.mark.parametrize("answer", [js({"error": "no"}, 403), js({"paging": {}})])
async def test_a_log_that_does_not_come_is_nobodys_deed(answer: httpx.Response) -> None:
    made = written(VENDOR, {"audit-logs": answer}, scheme="audited")
    (told,) = await who(VENDOR, made.api, [SOURCE], person=str)
    assert isinstance(told, Fault)


async def test_without_a_token_of_the_organization_nobody_knows_who() -> None:
    made = written(VENDOR)
    (told,) = await who(VENDOR, made.api, [SOURCE], person=str)
    assert isinstance(told, Unsupported) and "audited" in told.message and not made.requests


async def test_a_tracking_plan_and_what_is_in_it_lead_to_its_page() -> None:
    _, scopes, _ = await written(VENDOR).poll()
    plan = "https://app.rudderstack.com/trackingPlans/tp_shop"
    rows = {row.key: row for row in scopes[Ref(Kind.SCHEMA, "tracking-plans")].resources}
    assert rows["tp_shop"].evidence["link"] == plan and scopes[Ref(Kind.SCHEMA, "tp_shop.events")].link == plan
    assert scopes[Ref(Kind.SYNC, "tp_shop.sources")].link == plan
    assert scopes[Ref(Kind.AUTOMATION, "libraries")].link == "https://app.rudderstack.com/transformations"
