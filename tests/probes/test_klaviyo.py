"""Klaviyo: its traps, and its written-down answers against the vendor's OpenAPI."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from probes.kit.clock import ManualClock
from probes.kit.contract import Kind, Ref, State
from probes.klaviyo import REVISION, VENDOR
from probes.klaviyo.told import import_row
from tests.probes.accounts import Written
from tests.probes.kit.world import World, js
from tests.probes.specs import misread, spec, strangers, unread

LATE_MAY = 1_780_000_000.0


def world(**changes: httpx.Response) -> World:
    """The written-down account; `changes`: an answer of one's own for a path, its last part the name."""
    written = Written("klaviyo")

    class Wire(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            made.requests.append(request)
            own = changes.get(request.url.path.rpartition("/")[2].replace("-", "_"))
            return own or await written.handle_async_request(request)

    made = World(VENDOR, transport=Wire(), base="https://account.test", allow_private=True,
                 clock=ManualClock(LATE_MAY, leap=True))  # fmt: skip
    return made


async def test_every_request_names_the_revision_and_the_key_in_klaviyos_own_way() -> None:
    made = world()
    vantage, _, _ = await made.poll(listings=["account"])
    assert {request.headers["revision"] for request in made.requests} == {REVISION}
    assert all(one.headers["authorization"].startswith("Klaviyo-API-Key ") for one in made.requests)
    assert (vantage.account, vantage.account_name, vantage.api_version) == ("AbC123", "Northwind Outdoor", REVISION)
    assert vantage.grants == frozenset(), "no answer tells what a key may do"


async def test_no_declared_fact_reads_nothing() -> None:
    _, scopes, _ = await world().poll()
    assert unread(VENDOR, scopes) == set()


def test_the_written_down_answers_are_of_the_shape_that_klaviyo_publishes() -> None:
    published = spec(f"klaviyo/stable.{REVISION}.json")
    assert strangers(published, "klaviyo") == [] and misread(published, VENDOR) == []


@pytest.mark.parametrize("listing", VENDOR.listings, ids=lambda one: one.name)
def test_each_path_and_each_scope_stands_in_the_spec(listing: Any) -> None:
    paths = spec(f"klaviyo/stable.{REVISION}.json")["paths"]
    if not listing.path:
        return
    known = listing.path.replace("{parent.key}", "{id}").replace("{parent.id}", "{id}")
    assert set(paths[known]["get"]["x-klaviyo-scopes"]) <= set(listing.needs)
    size = {"1/s": "default", "3/s": "S", "10/s": "M", "75/s": "L"}[paths[known]["get"]["x-klaviyo-ratelimit"]["burst"]]
    assert listing.limit == size


async def test_two_lists_of_one_name_are_two_things() -> None:
    _, scopes, _ = await world().poll(listings=["lists"])
    rows = {one.key: one.facts for one in scopes[Ref(Kind.SCHEMA, "lists")].resources}
    assert rows["LA1"] == rows["LC3"] == {"label": "Newsletter", "x_opt_in": "double_opt_in"}


async def test_an_address_leaves_as_its_host_and_a_digest() -> None:
    _, scopes, _ = await world().poll(listings=["webhooks", "web-feeds", "templates"])
    assert "not-for-git" not in repr(scopes) and "first_name" not in repr(scopes)
    hook = next(one for one in scopes[Ref(Kind.SYNC, "webhooks")].resources if one.key == "W1")
    assert hook.facts["target"] == "hooks.example.com" and len(hook.facts["x_address_digest"]) == 16
    feed = next(one for one in scopes[Ref(Kind.SYNC, "web-feeds")].resources if one.key == "WF2")
    assert feed.health is not None and feed.health.state == "failing"
    bodies = {one.key: one.facts.get("x_body_digest") for one in scopes[Ref(Kind.TEMPLATE, "templates")].resources}
    assert bodies["TE1"] and bodies["TE2"] is None


async def test_a_flow_is_told_with_its_steps_and_an_archived_one_without() -> None:
    _, scopes, reads = await world().poll(listings=["flows", "flow-steps"])
    assert {id for id in reads if id.startswith("flow-steps/")} == {"flow-steps/FL1", "flow-steps/FL2"}
    (welcome,) = scopes[Ref(Kind.AUTOMATION, "FL1.steps")].resources
    assert welcome.facts["reads"] == ["list/LA1"] and welcome.facts["x_first"] == "11"
    assert welcome.facts["steps"] == [
        {"key": "11", "type": "time-delay", "target": "12"}, {"key": "12", "type": "send-email"}
    ]  # fmt: skip


async def test_a_drafted_object_has_no_schema_yet_and_is_not_asked_for_one() -> None:
    _, scopes, reads = await world().poll(listings=["object-types", "object-schemas"])
    assert {id for id in reads if id.startswith("object-schemas/")} == {"object-schemas/OT1", "object-schemas/OT3"}
    fields = {one.key: one.facts["type"] for one in scopes[Ref(Kind.FIELD, "OT1")].resources}
    assert fields == {"serial": "text", "sold_on": "datetime", "months": "integer", "price": "decimal",
                      "registered": "boolean"}  # fmt: skip
    (schema,) = scopes[Ref(Kind.SCHEMA, "OT1.schema")].resources
    assert schema.facts["required_fields"] == ["serial"] and (schema.key, schema.id) == ("OT1", "S31")


async def test_a_published_schema_gets_another_id_and_stays_the_same_thing() -> None:
    made = world()
    await made.poll(listings=["object-types", "object-schemas"])
    later = json.loads((Written("klaviyo").folder / "api__object-types__OT1__current-schema.json").read_bytes())
    later["data"]["id"] = "S40"
    again = world(current_schema=js(later))
    _, scopes, _ = await again.poll(listings=["object-types", "object-schemas"])
    assert [one.key for one in scopes[Ref(Kind.SCHEMA, "OT1.schema")].resources] == ["OT1"]


async def test_only_failures_are_logged_so_that_none_is_unknown_and_never_ok() -> None:
    _, scopes, _ = await world().poll(listings=["object-types", "object-failures"])
    (bad,), (still,) = (scopes[Ref(Kind.SYNC, f"{one}.ingestion")].resources for one in ("OT1", "OT3"))
    assert bad.health is not None and still.health is not None
    assert (bad.health.state, bad.health.errors) == ("failing", ("invalid_type", "missing_required"))
    assert (still.health.state, still.health.failed_at) == ("unknown", None)
    made = world(object_ingestion_logs=js({"errors": [{"code": "permission_denied", "detail": "no"}]}, 403))
    _, _, reads = await made.poll(listings=["object-types", "object-failures"])
    assert {reads[f"object-failures/{one}"].coverage.state for one in ("OT1", "OT3")} == {State.DENIED}
    (asked, *_) = [one for one in made.requests if "ingestion" in one.url.path]
    assert asked.url.params["filter"] == "greater-or-equal(timestamp,2026-05-27T20:26:40Z),equals(status,'error')"


def job(status: str, ok: int, bad: int) -> dict[str, Any]:
    told = {"status": status, "completed_count": ok, "failed_count": bad, "completed_at": "2026-05-28T02:05:00+00:00"}
    return {"id": "J", "attributes": told}


@pytest.mark.parametrize(
    ("jobs", "state", "ok", "failed"),
    [
        ([job("processing", 1, 0), job("complete", 9, 1)], "processing", True, False),
        ([job("complete", 0, 7)], "complete", False, True),
        ([], None, False, False),
    ],
)
def test_jobs_have_no_names_and_are_runs_of_one_sync(jobs: list[Any], state: str, ok: bool, failed: bool) -> None:
    row = import_row(jobs)
    assert (row["state"], bool(row["succeeded_at"]), bool(row["failed_at"])) == (state, ok, failed)


async def test_of_refused_profiles_only_the_codes_are_asked_for_and_only_where_there_are_some() -> None:
    made = world()
    _, scopes, _ = await made.poll(listings=["profile-imports"])
    (row,) = scopes[Ref(Kind.SYNC, "profile-imports")].resources
    assert row.health is not None and (row.health.rows_ok, row.health.rows_failed) == (97, 3)
    assert row.health.errors == ("invalid",)
    (asked,) = [one for one in made.requests if one.url.path.endswith("/import-errors")]
    assert asked.url.params["fields[import-error]"] == "code"
    made = world(profile_bulk_import_jobs=js({"data": []}))
    _, scopes, _ = await made.poll(listings=["profile-imports"])
    (row,) = scopes[Ref(Kind.SYNC, "profile-imports")].resources
    assert row.health is not None and row.health.state == "unknown"


@pytest.mark.parametrize(
    ("status", "code", "state"),
    [(403, "permission_denied", State.DENIED), (401, "not_authenticated", State.DENIED), (410, "gone", State.FAILED)],
)
async def test_a_missing_scope_is_a_403_of_its_own_listing_and_no_shorter_list(
    status: int, code: str, state: State
) -> None:
    said = js({"errors": [{"id": "e", "status": status, "code": code, "title": "No", "detail": "no", "source": {}}]},
              status)  # fmt: skip
    _, _, reads = await world(flows=said).poll(listings=["flows", "lists"])
    assert reads["flows"].coverage.state is state and reads["flows"].coverage.code == code
    assert reads["lists"].coverage.complete
    assert ("Retired" in reads["flows"].coverage.reason) == (status == 410)


async def test_an_account_that_is_asked_too_often_is_left_alone_for_as_long_as_it_says() -> None:
    made = world(webhooks=js({"errors": [{"code": "throttled", "detail": "wait"}]}, 429, retry_after="20"))
    start = made.clock.monotonic()
    _, _, reads = await made.poll(listings=["webhooks"])
    assert "Throttled" in reads["webhooks"].coverage.reason and made.clock.monotonic() - start >= 20
