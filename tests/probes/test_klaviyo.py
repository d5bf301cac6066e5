"""Klaviyo: its traps, against the simulated account, whose answers are held against the vendor's OpenAPI."""

from __future__ import annotations

from typing import Any

import pytest

from probes.kit.api import Ask
from probes.kit.contract import Fault, Kind, Ref, Resource, State
from probes.kit.demand import look
from probes.kit.memo import Memos
from probes.klaviyo import REVISION, VENDOR
from probes.klaviyo.documented import CONDITIONS, PARAMETER, PROPERTY, RELATIONSHIP, SUMMED, TRIGGER
from probes.klaviyo.told import LOOKED, import_row
from probes.simulated.control import Reply
from tests.probes.desks import desk
from tests.probes.specs import spec, strange, unread

SPEC = f"klaviyo/stable.{REVISION}.json"
LISTS = Ref(Kind.SCHEMA, "lists")


def only(name: str) -> str:
    return name


async def test_every_request_names_the_revision_and_the_key_in_klaviyos_own_way() -> None:
    _, world, wire = desk(VENDOR)
    vantage, _, _ = await world.poll(listings=["account"])
    assert {request.headers["revision"] for request in wire.requests} == {REVISION}
    assert all(one.headers["authorization"].startswith("Klaviyo-API-Key ") for one in wire.requests)
    assert (vantage.account, vantage.account_name, vantage.api_version) == ("AbC123", "Example", REVISION)
    assert vantage.grants == frozenset(), "no answer tells what a key may do"


async def test_no_declared_fact_reads_nothing_and_no_secret_leaves() -> None:
    account, world, wire = desk(VENDOR)
    account.imported(ok=97, failed=3)
    account.refuse(object="OT1")
    account.alter(table="campaigns", key="C3", what={"attributes.status": "Cancelled: Misconfigured"})
    _, scopes, _ = await world.poll()
    assert unread(VENDOR, scopes) == set()
    assert "not-for-git" not in repr(scopes)
    assert {request.method for request in wire.requests} == {"GET"}


async def test_the_answers_are_of_the_shape_that_klaviyo_publishes() -> None:
    account, world, wire = desk(VENDOR, page=2)
    account.imported(ok=97, failed=3)
    account.refuse(object="OT1")
    _, scopes, _ = await world.poll()
    for ref in LOOKED:
        assert isinstance(await look(VENDOR, world.api, ref, scopes[ref].resources[0].key, person=only), Resource)
    assert strange(spec(SPEC), wire.said) == []


def test_nested_documents_are_compared_by_all_keys_that_the_spec_has_and_no_other() -> None:
    schemas = spec(SPEC)["components"]["schemas"]
    flow, metric = (schemas[name]["properties"] for name in ("FlowDefinition", "CustomMetricDefinition"))
    mapping, tracking = (
        schemas[f"{name}ResponseObjectResource"]["properties"]["attributes"]["properties"]
        for name in ("SourceMapping", "TrackingSetting")
    )
    segment = keys(schemas, schemas["SegmentDefinition"])
    assert set(CONDITIONS.split()) == segment | keys(schemas, flow["profile_filter"])
    assert set(TRIGGER.split()) == keys(schemas, flow["triggers"])
    assert keys(schemas, flow["reentry_criteria"]) == {"duration", "unit"}
    assert set(SUMMED.split()) == keys(schemas, metric["metric_groups"])
    assert set(PROPERTY.split()) == keys(schemas, mapping["property_mappings"])
    assert set(RELATIONSHIP.split()) == keys(schemas, mapping["relationship_mappings"])
    assert set(PARAMETER.split()) == keys(schemas, tracking["utm_source"])
    assert {*PARAMETER.split(), "name"} == keys(schemas, tracking["custom_parameters"])


def keys(schemas: Any, whole: Any) -> set[str]:
    """Names of the properties of a schema and of all that it refers to."""
    found: set[str] = set()
    seen: set[str] = set()
    left = [whole]
    while left:
        one = left.pop()
        name = one.get("$ref", "").rpartition("/")[2]
        if name and name not in seen:
            seen.add(name)
            left.append(schemas[name])
        found |= one.get("properties", {}).keys()
        left += one.get("properties", {}).values()
        left += [one["items"]] if "items" in one else []
        left += [way for word in ("oneOf", "anyOf", "allOf") for way in one.get(word, ())]
    return found


@pytest.mark.parametrize("listing", VENDOR.listings, ids=lambda one: one.name)
def test_each_path_and_each_scope_stands_in_the_spec(listing: Any) -> None:
    paths = spec(SPEC)["paths"]
    if not listing.path:
        return
    known = listing.path.replace("{parent.key}", "{id}").replace("{parent.id}", "{id}")
    assert set(paths[known]["get"]["x-klaviyo-scopes"]) <= set(listing.needs)
    size = {"1/s": "default", "3/s": "S", "10/s": "M", "75/s": "L"}[paths[known]["get"]["x-klaviyo-ratelimit"]["burst"]]
    assert listing.limit == size


def test_each_thing_that_is_looked_at_has_a_path_of_its_own_and_is_counted_where_klaviyo_counts_it() -> None:
    paths = spec(SPEC)["paths"]
    for ref, limit in LOOKED.items():
        burst = paths[f"/api/{ref.name}/{{id}}"]["get"]["x-klaviyo-ratelimit"]["burst"]
        assert limit == {"1/s": "default", "3/s": "S", "10/s": "M", "75/s": "L"}[burst], ref
        assert VENDOR.listing(ref.name).kind is ref.kind


async def test_two_lists_of_one_name_are_two_things() -> None:
    _, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["lists"])
    rows = {one.key: one for one in scopes[LISTS].resources}
    assert rows["LA1"].facts == rows["LC3"].facts == {"label": "Newsletter", "x_opt_in": "double_opt_in"}
    assert rows["LA1"].evidence["link"] == "https://www.klaviyo.com/list/LA1"


async def test_an_address_leaves_as_its_host_and_a_digest() -> None:
    account, world, _ = desk(VENDOR)
    account.alter(table="web-feeds", key="WF2", what={"attributes.status": "critical_nightly_refresh_timeout"})
    _, scopes, _ = await world.poll(listings=["webhooks", "web-feeds", "templates"])
    hook = next(one for one in scopes[Ref(Kind.SYNC, "webhooks")].resources if one.key == "W1")
    assert hook.facts["target"] == "hooks.example.com" and len(hook.facts["x_address_digest"]) == 16
    feeds = {one.key: one.health and one.health.state for one in scopes[Ref(Kind.SYNC, "web-feeds")].resources}
    assert feeds == {"WF1": "ok", "WF2": "failing"}
    bodies = {one.key: one.facts.get("x_body_digest") for one in scopes[Ref(Kind.TEMPLATE, "templates")].resources}
    assert bodies["TE1"] and bodies["TE2"] is None
    account.alter(table="templates", key="TE1", what={"attributes.html": "<p>Another</p>"})
    _, scopes, _ = await world.poll(listings=["templates"])
    (row,) = scopes[Ref(Kind.TEMPLATE, "templates")].resources
    assert row.facts["x_body_digest"] not in (None, bodies["TE1"])


async def test_a_flow_is_told_with_its_steps_and_an_archived_one_without() -> None:
    _, world, _ = desk(VENDOR)
    _, scopes, reads = await world.poll(listings=["flows", "flow-steps"])
    assert {id for id in reads if id.startswith("flow-steps/")} == {"flow-steps/FL1", "flow-steps/FL2"}
    (welcome,) = scopes[Ref(Kind.AUTOMATION, "FL1.steps")].resources
    assert welcome.facts["reads"] == ["LA1/"], "the list as a whole, by its key"
    assert welcome.facts["opaque"] is True and welcome.facts["x_first"] == "11"
    assert welcome.facts["steps"] == [
        {"key": "11", "type": "time-delay", "target": "12"}, {"key": "12", "type": "send-email"}
    ]  # fmt: skip
    assert welcome.evidence["link"] == "https://www.klaviyo.com/flow/FL1/edit"


async def test_a_drafted_object_has_no_schema_yet_and_is_not_asked_for_one() -> None:
    _, world, _ = desk(VENDOR)
    _, scopes, reads = await world.poll(listings=["object-types", "object-schemas"])
    assert {id for id in reads if id.startswith("object-schemas/")} == {"object-schemas/OT1", "object-schemas/OT3"}
    fields = {one.key: one.facts["type"] for one in scopes[Ref(Kind.FIELD, "OT1")].resources}
    assert fields == {"serial": "text", "sold_on": "datetime", "months": "integer", "price": "decimal",
                      "registered": "boolean"}  # fmt: skip
    (schema,) = scopes[Ref(Kind.SCHEMA, "OT1.schema")].resources
    assert schema.facts["required_fields"] == ["serial"] and (schema.key, schema.id) == ("OT1", "S31")


async def test_a_published_schema_gets_another_id_and_stays_the_same_thing() -> None:
    account, world, _ = desk(VENDOR)
    _, before, _ = await world.poll(listings=["object-types", "object-schemas"])
    account.publish(object="OT1", id="S40")
    world.memories = Memos()
    _, after, _ = await world.poll(listings=["object-types", "object-schemas"])
    (was,), (now,) = (one[Ref(Kind.SCHEMA, "OT1.schema")].resources for one in (before, after))
    assert (was.key, was.facts) == (now.key, now.facts) and (was.id, now.id) == ("S31", "S40")
    assert after[Ref(Kind.FIELD, "OT1")].keys == before[Ref(Kind.FIELD, "OT1")].keys


async def test_only_failures_are_logged_so_that_none_is_unknown_and_never_ok() -> None:
    account, world, wire = desk(VENDOR)
    account.refuse(object="OT1", code="missing_required")
    account.refuse(object="OT1")
    world.clock.advance(60)
    _, scopes, _ = await world.poll(listings=["object-types", "object-failures"])
    (bad,), (still,) = (scopes[Ref(Kind.SYNC, f"{one}.ingestion")].resources for one in ("OT1", "OT3"))
    assert bad.health is not None and still.health is not None
    assert (bad.health.state, bad.health.errors) == ("failing", ("invalid_type", "missing_required"))
    assert (still.health.state, still.health.failed_at) == ("unknown", None)
    (asked, *_) = [one for one in wire.requests if "ingestion" in one.url.path]
    assert asked.url.params["filter"] == "greater-or-equal(timestamp,2026-05-27T20:27:40Z),equals(status,'error')"
    world.clock.advance(2 * 86_400)
    _, scopes, _ = await world.poll(listings=["object-types", "object-failures"])
    (row,) = scopes[Ref(Kind.SYNC, "OT1.ingestion")].resources
    assert row.health is not None and row.health.state == "unknown"
    account.fail(path="ingestion-logs", status=500, body="no", times=50)
    _, _, reads = await world.poll(listings=["object-types", "object-failures"])
    assert {reads[f"object-failures/{one}"].coverage.state for one in ("OT1", "OT3")} == {State.FAILED}


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
    account, world, wire = desk(VENDOR)
    imports = Ref(Kind.SYNC, "profile-imports")
    _, scopes, _ = await world.poll(listings=["profile-imports"])
    assert not any(one.url.path.endswith("/import-errors") for one in wire.requests)
    account.imported(ok=97, failed=3)
    _, scopes, _ = await world.poll(listings=["profile-imports"])
    (row,) = scopes[imports].resources
    assert row.health is not None and (row.health.rows_ok, row.health.rows_failed) == (97, 3)
    assert row.health.errors == ("invalid",)
    (asked,) = [one for one in wire.requests if one.url.path.endswith("/import-errors")]
    assert asked.url.params["fields[import-error]"] == "code"
    account.imported(ok=1, status="processing")
    _, scopes, _ = await world.poll(listings=["profile-imports"])
    (row,) = scopes[imports].resources
    assert row.health is not None and (row.health.state, row.health.rows_failed) == ("running", 3)
    account.tables["profile-bulk-import-jobs"].clear()
    _, scopes, _ = await world.poll(listings=["profile-imports"])
    (row,) = scopes[imports].resources
    assert row.health is not None and row.health.state == "unknown", "the vendor forgets jobs after a while"


async def test_a_missing_scope_is_a_403_of_its_own_listing_and_no_shorter_list() -> None:
    account, world, _ = desk(VENDOR)
    _, before, _ = await world.poll(listings=["flows", "lists"])
    account.revoke(name="flows:read")
    world.memories = Memos()
    vantage, scopes, reads = await world.poll(listings=["flows", "lists"])
    assert reads["flows"].coverage.state is State.DENIED and reads["flows"].coverage.code == "permission_denied"
    assert scopes[LISTS].keys == before[LISTS].keys and vantage.silent == frozenset()
    account.set_token(token="another")
    vantage, _, _ = await world.poll(listings=["lists"])
    assert vantage.coverage.state is State.DENIED and vantage.coverage.code == "not_authenticated"


async def test_a_revision_that_is_switched_off_is_retired() -> None:
    account, world, _ = desk(VENDOR)
    gone = {"errors": [{"id": "e", "status": 410, "code": "gone", "title": "No", "detail": "no", "source": {}}]}
    account._handlers = [(r, p, (lambda *_, **__: Reply(410, gone)) if r.path == "/api/flows" else h)
                         for r, p, h in account._handlers]  # fmt: skip
    _, _, reads = await world.poll(listings=["flows", "lists"])
    assert "Retired" in reads["flows"].coverage.reason and reads["lists"].coverage.complete
    assert VENDOR.sunset[REVISION] == "2028-07-15"


async def test_one_thing_is_looked_at_as_its_list_has_it_and_never_said_to_be_gone() -> None:
    account, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll()
    for ref in LOOKED:
        listed = scopes[ref].resources[0]
        found = await look(VENDOR, world.api, ref, listed.key, person=only)
        assert isinstance(found, Resource) and (found.facts, found.health) == (listed.facts, listed.health), ref
        assert found.evidence.get("link") == listed.evidence.get("link")
    account.drop(table="lists", key="LA1")
    missing = await look(VENDOR, world.api, LISTS, "LA1", person=only)
    assert isinstance(missing, Fault) and missing.code == "not_found"
    account.revoke(name="lists:read")
    denied = await look(VENDOR, world.api, LISTS, "LB2", person=only)
    assert isinstance(denied, Fault) and denied.code == "permission_denied"
    assert isinstance(await look(VENDOR, world.api, Ref(Kind.FIELD, "OT1"), "serial", person=only), Fault)
    account.fail(path="/api/flows/FL1", status=400, body="no", times=5)
    assert isinstance(await look(VENDOR, world.api, Ref(Kind.AUTOMATION, "flows"), "FL1", person=only), Fault)


async def test_an_account_that_is_asked_too_often_is_left_alone_for_as_long_as_it_says() -> None:
    account, world, _ = desk(VENDOR)
    await world.poll(listings=["webhooks"])
    account.throttle(n=1)
    start = world.clock.monotonic()
    _, _, reads = await world.poll(listings=["webhooks"])
    assert reads["webhooks"].coverage.complete and world.clock.monotonic() - start >= 15


# campaigns

SENDS = Ref(Kind.SYNC, "campaigns")


async def sends(world: Any) -> dict[str, Any]:
    world.memories = Memos()
    _, scopes, reads = await world.poll(listings=["campaigns"])
    assert reads["campaigns"].coverage.complete
    return {row.key: row.health for row in scopes[SENDS].resources}


async def test_campaigns_come_and_go_and_are_runs_of_one_sync_per_channel() -> None:
    account, world, wire = desk(VENDOR)
    states = {"email": "ok", "sms": "ok", "mobile_push": "unknown"}
    assert {name: health.state for name, health in (await sends(world)).items()} == states
    account.drop(table="campaigns", key="C3")
    account.alter(table="campaigns", key="C2", what={"attributes.status": "Sent", "attributes.name": "Another"})
    assert {name: health.state for name, health in (await sends(world)).items()} == states
    filters = [one.url.params["filter"] for one in wire.requests if one.url.path == "/api/campaigns"]
    assert filters[0] == (
        "equals(messages.channel,'email'),equals(archived,false),greater-or-equal(updated_at,2026-05-21T20:26:40Z)"
    )
    assert all("messages.channel" in one for one in filters) and len(filters) == 12


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("Cancelled: Misconfigured", "Misconfigured"), ("Cancelled: Billing Limit", "Billing Limit"),
        ("Queued without Recipients", "Queued without Recipients"),
    ],
)  # fmt: skip
async def test_what_klaviyo_cancelled_is_failing_for_a_day_and_what_a_person_cancelled_is_not(
    status: str, error: str
) -> None:
    account, world, _ = desk(VENDOR)
    account.alter(table="campaigns", key="C3", what={"attributes.status": status})
    health = (await sends(world))["email"]
    assert (health.state, health.errors) == ("failing", (error,)) and health.failed_at and health.succeeded_at
    world.clock.advance(86_400 + 60)
    assert (await sends(world))["email"].state == "ok"
    account.alter(table="campaigns", key="C3", what={"attributes.status": "Cancelled"})
    assert (await sends(world))["email"].state == "ok"
    account.alter(table="campaigns", key="C3", what={"attributes.status": "Sending"})
    assert (await sends(world))["email"].state == "running"


async def test_an_audience_that_is_gone_while_a_campaign_waits_for_it_is_told_before_it_is_sent() -> None:
    account, world, wire = desk(VENDOR)
    await sends(world)
    asked = [(one.url.path, one.url.params["filter"]) for one in wire.requests if "campaigns" not in one.url.path
             and "filter" in one.url.params]  # fmt: skip
    assert asked == [("/api/lists", 'any(id,["LA1","LB2","SG1"])'), ("/api/segments", 'any(id,["SG1"])')]
    account.drop(table="lists", key="LB2")
    health = (await sends(world))["email"]
    assert (health.state, health.errors) == ("failing", ("excluded audience is gone",))
    account.drop(table="segments", key="SG1")
    assert (await sends(world))["email"].errors == ("excluded audience is gone", "included audience is gone")
    account.alter(table="campaigns", key="C2", what={"attributes.status": "Draft"})
    assert (await sends(world))["email"].state == "ok", "nothing waits for it"


@pytest.mark.parametrize("scope", ["campaigns:read", "lists:read", "segments:read"])
async def test_a_key_that_may_not_see_audiences_says_none_is_gone(scope: str) -> None:
    account, world, _ = desk(VENDOR)
    account.revoke(name=scope)
    _, _, reads = await world.poll(listings=["campaigns"])
    assert reads["campaigns"].coverage.state is State.DENIED


async def test_the_account_refuses_campaigns_of_no_channel_and_a_filter_that_is_none() -> None:
    _, world, _ = desk(VENDOR)
    world.api.start()
    for written in ("", "equals(messages.channel", "equals(status,'Draft')"):
        with pytest.raises(Fault, match="filter"):
            await world.api.ask(Ask("/api/campaigns", {"filter": written}, limit="M"))
