"""Airbyte: its traps, against the simulated organization."""

from __future__ import annotations

from typing import Any

import pytest

from probes.airbyte import NOBODYS, VENDOR, roles
from probes.airbyte.calls import does, plain, seconds
from probes.kit.contract import Kind, Ref, Sample, State
from probes.kit.memo import Memos
from probes.simulated.airbyte import ME, TRIAL
from tests.probes.desks import desk
from tests.probes.specs import unread

HUBSPOT = "con-hubspot"
CONNECTIONS = Ref(Kind.SYNC, "connections")


async def sample(world: Any, connection: str = HUBSPOT) -> Sample:
    world.memories = Memos()
    _, scopes, _ = await world.poll(listings=["connections", "jobs"])
    (row,) = scopes[Ref(Kind.SYNC, f"{connection}.jobs")].resources
    assert row.health is not None
    return row.health  # type: ignore[no-any-return]


async def test_everything_is_read_nothing_in_vain_and_no_source_is_disturbed() -> None:
    _, world, wire = desk(VENDOR)
    vantage, scopes, _ = await world.poll()
    assert unread(VENDOR, scopes) == set()
    assert (vantage.account, vantage.account_name, vantage.subject) == ("0a7c4b1e-org", "Example", ME)
    posts = {request.url.path for request in wire.requests if request.method == "POST"}
    assert posts == {"/applications/token"}
    assert not any("ignoreCache" in request.url.params for request in wire.requests)
    assert "not-for-git" not in repr(scopes) and "**" not in repr(scopes)


async def test_a_token_is_used_for_as_long_as_it_is_said_to_live() -> None:
    account, world, wire = desk(VENDOR)
    await world.poll(listings=["organizations"])
    world.clock.advance(800)
    await world.poll(listings=["organizations"])
    assert len([one for one in wire.requests if one.method == "POST"]) == 1
    world.clock.advance(60)
    _, _, reads = await world.poll(listings=["organizations"])
    assert reads["organizations"].coverage.complete
    assert len([one for one in wire.requests if one.method == "POST"]) == 2
    account._issued.clear()
    _, _, reads = await world.poll(listings=["organizations"])
    assert reads["organizations"].coverage.complete, "one that ended before its time is had anew"


async def test_a_release_of_a_connector_is_a_change_of_the_platform_and_of_nothing_else() -> None:
    account, world, _ = desk(VENDOR)
    _, before, _ = await world.poll()
    here = Ref(Kind.PLATFORM, f"{TRIAL}.connectors")
    assert {row.key: row.facts["version"] for row in before[here].resources} == {
        "airbyte/source-hubspot": "5.3.1", "airbyte/source-google-sheets": "0.9.6",
        "airbyte/destination-postgres": "2.4.7",
    }, "what nobody uses is not told"  # fmt: skip
    account.alter(table="definitions", key="HubSpot", what={"dockerImageTag": "6.0.0"})
    account.alter(table="definitions", key="Shopify", what={"dockerImageTag": "4.0.0"})
    world.memories = Memos()
    _, after, _ = await world.poll()
    pairs = [(ref.kind, *two) for ref in after for two in zip(after[ref].resources, before[ref].resources, strict=True)]
    moved = {(kind, new.key) for kind, new, old in pairs if new.facts != old.facts}
    assert moved == {(Kind.PLATFORM, "airbyte/source-hubspot")}


async def test_definitions_that_are_no_list_or_are_refused_lose_nothing() -> None:
    account, world, _ = desk(VENDOR)
    reply: list[Any] = [{"data": None}]
    account._handlers = [(r, p, (lambda *_, **__: reply[0]) if r.handler == "definitions" else h)
                         for r, p, h in account._handlers]  # fmt: skip
    _, _, reads = await world.poll(listings=["workspaces", "connectors"])
    assert reads[f"connectors/{TRIAL}"].coverage.state is State.FAILED
    reply[0] = account.denied(None, "")
    _, _, reads = await world.poll(listings=["workspaces", "connectors"])
    assert reads[f"connectors/{TRIAL}"].coverage.state is State.DENIED


async def test_the_roles_of_the_user_are_the_grants_with_all_that_they_include() -> None:
    account, world, _ = desk(VENDOR)
    vantage, _, _ = await world.poll(listings=["organizations"])
    assert {"organization_admin", "organization_reader", f"workspace_reader:{TRIAL}"} < vantage.grants
    account.alter(table="permissions", key="p2", what={"permissionType": "organization_reader"})
    less, _, _ = await world.poll(listings=["organizations"])
    assert vantage.grants - less.grants == {"organization_admin", "organization_editor", "organization_runner"}
    assert roles({"permissionType": "instance_admin", "scope": "none", "scopeId": ""})[-1] == "instance_admin"
    assert roles({"permissionType": "workspace_owner", "scope": "workspace", "scopeId": "w"})[-1] == "workspace_admin:w"
    assert roles({"permissionType": "dataplane", "scope": "none", "scopeId": ""}) == ["dataplane"]


async def test_a_user_who_may_see_less_gets_shorter_lists_and_its_grants_say_why() -> None:
    account, world, _ = desk(VENDOR)
    before, scopes, _ = await world.poll(listings=["sources", "people", "organizations"])
    assert len(scopes[Ref(Kind.SCHEMA, "sources")].resources) == 3
    account.alter(table="permissions", key="p2", what={"permissionType": "organization_member"})
    after, scopes, reads = await world.poll(listings=["sources", "people", "organizations"])
    assert scopes[Ref(Kind.SCHEMA, "sources")].coverage.complete
    assert scopes[Ref(Kind.SCHEMA, "sources")].keys == {"src-hubspot", "src-sheet"}
    assert scopes[Ref(Kind.SCHEMA, "sources")].needs == ("*",) and before.grants - after.grants
    assert reads["people/0a7c4b1e-org"].coverage.state is State.DENIED
    assert reads["people/0a7c4b1e-org"].coverage.code == "forbidden"


async def test_of_others_only_the_roles_in_the_organization_are_told() -> None:
    _, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["organizations", "people"], person=lambda name: name.partition("@")[0])
    held = {row.key: row.facts["roles"] for row in scopes[Ref(Kind.PERMISSION, "0a7c4b1e-org")].resources}
    assert held["marketing-operations"] == ["organization_member"]
    assert held["integration-user"] == ["organization_admin"]


async def test_a_connection_is_told_with_what_it_does_to_each_stream() -> None:
    _, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["connections"])
    rows = {row.key: row for row in scopes[CONNECTIONS].resources}
    assert rows[HUBSPOT].evidence["link"] == f"https://cloud.airbyte.com/workspaces/{TRIAL}/connections/{HUBSPOT}"
    assert rows["con-idle"].facts["enabled"] is False
    contacts = next(row for row in scopes[Ref(Kind.SYNC, HUBSPOT)].resources if row.key == "contacts")
    assert contacts.facts["x_fields"] == ["id", "properties.email"]
    assert contacts.facts["x_does"] == ["hashing email SHA-256", "row-filtering region"]
    assert "EMEA" not in repr(scopes), "what rows are compared with is a value"
    inner = [{"type": "EQUAL", "fieldName": "a", "comparisonValue": "x"}]
    turned = {"type": "row-filtering", "mapperConfiguration": {"conditions": {"type": "NOT", "conditions": inner}}}
    assert does(turned) == "row-filtering a"


async def test_streams_have_names_of_fields_and_their_keys() -> None:
    account, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["sources", "streams"])
    fields = {row.key: row.facts for row in scopes[Ref(Kind.FIELD, "src-hubspot")].resources}
    assert fields["contacts/id"] == {"x_key": True, "x_cursor": False} and "contacts/properties.email" in fields
    assert {row.key for row in scopes[Ref(Kind.SCHEMA, "src-sheet.streams")].resources} == {"taxonomy/campaigns"}
    account.alter(table="streams", key="deals", what={"propertyFields": [["id"], ["stage"]]})
    _, scopes, _ = await world.poll(listings=["sources", "streams"])
    assert "deals/amount" not in scopes[Ref(Kind.FIELD, "src-hubspot")].keys


@pytest.mark.parametrize("said", [{"data": []}, None])
async def test_streams_that_are_no_list_and_jobs_without_one_are_malformed(said: Any) -> None:
    account, world, _ = desk(VENDOR)
    twisted = ("streams", "jobs", "users")
    account._handlers = [(r, p, (lambda *_, **__: {"no": said}) if r.handler in twisted else h)
                         for r, p, h in account._handlers]  # fmt: skip
    _, _, reads = await world.poll()
    for read in ("streams/src-hubspot", f"jobs/{HUBSPOT}", "people/0a7c4b1e-org"):
        assert reads[read].coverage.state is State.FAILED and "Malformed" in reads[read].coverage.reason


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("succeeded", "ok"), ("failed", "failing"), ("pending", "running"), ("queued", "running"),
        ("running", "running"), ("incomplete", "running"), ("cancelled", "unknown"),
    ],
)  # fmt: skip
async def test_the_newest_sync_tells_the_state_and_one_that_is_tried_again_is_not_failing_yet(
    status: str, state: str
) -> None:
    account, world, _ = desk(VENDOR)
    world.clock.advance(86_400)
    account.run(connection=HUBSPOT, status=status, rows=40)
    account.run(connection=HUBSPOT, status="failed", kind="reset")
    found = await sample(world)
    assert found.state == state and found.rows_ok == (40 if state in ("ok", "failing") else 5200)
    assert found.duration == 570 and found.cron == "0 0 4 * * *"
    assert (found.failed_at is not None) is (status == "failed")


async def test_a_connection_that_is_off_is_disabled_and_one_every_day_is_due_a_day_later() -> None:
    account, world, _ = desk(VENDOR)
    idle, sheet = await sample(world, "con-idle"), await sample(world, "con-sheet")
    assert (idle.state, idle.succeeded_at) == ("disabled", None)
    assert sheet.due_at is not None and sheet.succeeded_at is not None
    assert sheet.due_at - sheet.succeeded_at == 86_400 - 570
    account.alter(table="connections", key=HUBSPOT, what={"status": "locked", "statusReason": "credit"})
    assert (await sample(world)).state == "disabled"


def test_a_quartz_expression_is_read_as_cron_where_both_mean_the_same() -> None:
    assert plain("0 0 4 ? * MON-FRI UTC") == "0 0 4 * * MON-FRI"
    assert plain("0 0 4 ? * 2") is None and plain("0 4 *") is None
    assert (seconds("PT1H9M30.5S"), seconds("P1DT1S"), seconds("9 minutes")) == (4170.5, 86_401.0, None)


async def test_a_user_in_several_organizations_must_say_which() -> None:
    account, world, _ = desk(VENDOR)
    account.put(table="organizations", row={"organizationId": "b", "organizationName": "Other", "email": ""})
    vantage, _, reads = await world.poll(listings=["workspaces"])
    assert vantage.coverage.state is State.FAILED and "Other b" in vantage.coverage.reason
    account, world, _ = desk(VENDOR, options={"organization": "b"})
    account.tables["organizations"] = [{"organizationId": "b", "organizationName": "Other", "email": ""}]
    vantage, _, reads = await world.poll(listings=["workspaces"])
    assert vantage.account == "b" and reads["workspaces"].coverage.complete


async def test_a_server_with_one_organization_is_known_by_its_address_too() -> None:
    account, world, _ = desk(VENDOR)
    account.alter(table="organizations", key="0a7c4b1e-org", what={"organizationId": NOBODYS})
    vantage, _, _ = await world.poll(listings=["workspaces"])
    assert vantage.account == f"{NOBODYS} account.test"


async def test_a_client_that_is_refused_loses_nothing_and_one_that_is_throttled_waits() -> None:
    account, world, _ = desk(VENDOR)
    await world.poll(listings=["workspaces"])
    account.throttle(n=1)
    start = world.clock.monotonic()
    _, _, reads = await world.poll(listings=["workspaces"])
    assert reads["workspaces"].coverage.complete and world.clock.monotonic() - start >= 2
    account.client_secret, account._issued = "another", {}
    vantage, scopes, _ = await world.poll(listings=["workspaces"])
    assert vantage.coverage.state is State.DENIED and not any(scope.resources for scope in scopes.values())


async def test_a_stream_whose_fields_are_no_list_is_malformed_and_not_one_without_fields() -> None:
    account, world, _ = desk(VENDOR)
    account.alter(table="streams", key="deals", what={"propertyFields": "id"})
    _, _, reads = await world.poll()
    told = {one.coverage.reason for name, one in reads.items() if name.startswith("streams/")}
    assert "Malformed: propertyFields is not a list" in told
