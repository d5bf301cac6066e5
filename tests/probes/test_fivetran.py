"""Fivetran: its traps, against the simulated account, whose answers are held against the vendor's OpenAPI of 2024."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from probes.fivetran import VENDOR
from probes.kit.contract import Fault, Kind, Ref, Resource, State
from probes.kit.demand import look
from probes.kit.memo import Memos
from probes.simulated.fivetran import GROUP
from tests.probes.desks import desk
from tests.probes.specs import spec, strange, unread

CONNECTIONS = Ref(Kind.SYNC, "connections")
CRM = "salesforce_crm"
# What the reference has and the OpenAPI of 2024 has not yet, and what each service has of its own.
NEWER = {
    "no path /v1/system-keys", "no path /v1/system-keys/sk_driftline", "no path /v1/account/info",
    "no path /v1/transformations", "no path /v1/connections", ".networking_method",
    ".daylight_saving_time_enabled",
    ".data_delay_sensitivity", ".data_delay_threshold", ".config",
    ".hybrid_deployment_agent_id",
}  # fmt: skip


def only(name: str) -> str:
    return name


async def test_no_declared_fact_reads_nothing_and_no_secret_and_no_person_leaves() -> None:
    _, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(person=lambda name: name.partition("@")[0])
    assert unread(VENDOR, scopes) == set()
    assert "not-for-git" not in repr(scopes) and "******" not in repr(scopes) and "@example" not in repr(scopes)
    hook = next(row for row in scopes[Ref(Kind.SYNC, "webhooks")].resources if row.key == "w_account")
    assert hook.facts["target"] == "hooks.example.com" and hook.facts["enabled"] is True


async def test_the_answers_are_of_the_shape_that_fivetran_publishes() -> None:
    text = json.dumps(spec("fivetran/fivetran.yaml"))
    today = json.loads(text.replace("nextCursor", "next_cursor").replace("/connectors", "/connections"))
    account, world, wire = desk(VENDOR, page=2)
    account.run(connection=CRM, ok=False, tasks=["reconnect"])
    await world.poll()
    await look(VENDOR, world.api, CONNECTIONS, CRM, person=only)
    found = strange(today, wire.said)
    assert {re.sub(r"^/v1/\S+: |\.data(?=\.)| is not in the spec", "", one) for one in found} == NEWER


async def test_every_request_asks_for_version_two_and_none_disturbs_the_source() -> None:
    _, world, wire = desk(VENDOR)
    vantage, _, _ = await world.poll()
    assert {one.headers["accept"] for one in wire.requests} == {"application/json;version=2"}
    assert {one.method for one in wire.requests} == {"GET"}
    assert not any(re.search(r"/(reload|columns|test)$", one.url.path) for one in wire.requests)
    assert (vantage.account, vantage.subject) == ("example", "system key sk_driftline")
    assert {Kind.SYNC, Kind.SCHEMA} < vantage.silent, "a key that may see less gets shorter lists with a 200"


async def test_a_key_of_a_user_says_so() -> None:
    account, world, _ = desk(VENDOR)
    account.user = "u_ops"
    vantage, _, _ = await world.poll(listings=["groups"])
    assert vantage.subject == "user u_ops"


async def test_a_key_that_reaches_less_gets_shorter_lists_and_nothing_tells_so() -> None:
    account, world, _ = desk(VENDOR)
    before, scopes, _ = await world.poll()
    assert "trial_sheet" in scopes[CONNECTIONS].keys
    account.reach = frozenset({GROUP})
    after, scopes, reads = await world.poll()
    assert scopes[CONNECTIONS].coverage.complete and "trial_sheet" not in scopes[CONNECTIONS].keys
    assert after == before, "so a removal is held: Vantage.silent"
    found = await look(VENDOR, world.api, CONNECTIONS, "trial_sheet", person=only)
    assert isinstance(found, Fault) and found.code == "NotFound_Connector", "not found is not gone"
    account.revoke(name="USER")
    _, _, reads = await world.poll(listings=["users"])
    assert reads["users"].coverage.state is State.DENIED


async def test_one_connection_is_looked_at_as_its_list_has_it() -> None:
    _, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["connections"])
    listed = next(row for row in scopes[CONNECTIONS].resources if row.key == CRM)
    found = await look(VENDOR, world.api, CONNECTIONS, CRM, person=only)
    assert isinstance(found, Resource) and (found.facts, found.health) == (listed.facts, listed.health)
    assert found.evidence["link"] == f"https://fivetran.com/dashboard/connections/{CRM}/status"
    assert isinstance(await look(VENDOR, world.api, Ref(Kind.SCHEMA, "groups"), GROUP, person=only), Fault)


@pytest.mark.parametrize(
    ("what", "word", "state"),
    [
        ({}, "ok", "ok"),
        ({"paused": True}, "paused", "paused"),
        ({"status.setup_state": "incomplete"}, "incomplete", "disabled"),
        ({"status.setup_state": "broken"}, "broken", "failing"),
        ({"status.sync_state": "syncing"}, "syncing", "running"),
        ({"status.update_state": "delayed"}, "delayed", "failing"),
        ({"status.sync_state": "rescheduled"}, "rescheduled", "running"),
        ({"succeeded_at": None}, "failed", "failing"),
        ({"succeeded_at": None, "failed_at": None}, "ok", "ok"),
    ],
)
async def test_health_is_told_from_five_states_and_two_times(what: dict[str, Any], word: str, state: str) -> None:
    account, world, _ = desk(VENDOR)
    account.alter(table="connections", key=CRM, what=what)
    _, scopes, _ = await world.poll(listings=["connections"])
    row = next(one for one in scopes[CONNECTIONS].resources if one.key == CRM)
    assert row.health is not None and (row.evidence["state"], row.health.state) == (word, state)


async def test_the_last_run_failed_when_the_failure_is_newer_and_its_tasks_say_why() -> None:
    account, world, _ = desk(VENDOR)
    world.clock.advance(3600)
    account.run(connection=CRM, ok=False, tasks=["reconnect", "resync_table_warning"])
    _, scopes, _ = await world.poll(listings=["connections"])
    health = next(one for one in scopes[CONNECTIONS].resources if one.key == CRM).health
    assert health is not None and (health.state, health.errors) == ("failing", ("reconnect", "resync_table_warning"))
    world.clock.advance(3600)
    account.run(connection=CRM)
    world.memories = Memos()
    _, scopes, _ = await world.poll(listings=["connections"])
    health = next(one for one in scopes[CONNECTIONS].resources if one.key == CRM).health
    assert health is not None and (health.state, health.errors) == ("ok", ())


async def test_a_sync_that_waits_for_the_sources_quota_is_due_when_fivetran_says() -> None:
    account, world, _ = desk(VENDOR)
    until = "2026-05-29T12:00:00.000000Z"
    what = {"status.sync_state": "rescheduled", "status.rescheduled_for": until}
    account.alter(table="connections", key=CRM, what=what)
    _, scopes, _ = await world.poll(listings=["connections"])
    (row,) = [one for one in scopes[CONNECTIONS].resources if one.key == CRM]
    assert row.health is not None and (row.health.state, row.health.due_at) == ("running", 1_780_056_000.0)


async def test_tasks_and_warnings_come_in_any_order() -> None:
    account, world, _ = desk(VENDOR)
    told = []
    for tasks in (["reconnect", "add_permission"], ["add_permission", "reconnect"]):
        account.run(connection=CRM, ok=False, tasks=tasks)
        _, scopes, _ = await world.poll(listings=["connections"])
        told += [row.health.errors for row in scopes[CONNECTIONS].resources if row.key == CRM and row.health]
    assert told == [("add_permission", "reconnect")] * 2


async def test_a_release_of_a_connector_is_no_drift_of_the_sync() -> None:
    account, world, _ = desk(VENDOR)
    _, before, _ = await world.poll(listings=["connections"])
    for id in before[CONNECTIONS].keys:
        account.alter(table="connections", key=id, what={"service_version": 5})
    world.memories = Memos()
    _, after, _ = await world.poll(listings=["connections"])
    assert [row.facts for row in after[CONNECTIONS].resources] == [row.facts for row in before[CONNECTIONS].resources]
    versions = {row.key: row.facts for row in after[Ref(Kind.PLATFORM, "connectors")].resources}
    assert versions[CRM] == {"label": "salesforce", "version": 5}


async def test_a_schema_config_is_a_map_of_maps_whose_columns_are_exceptions() -> None:
    account, world, _ = desk(VENDOR)
    schemas = account.find("schemas", "meta_ads")["schemas"]
    schemas["old/one"] = schemas.pop("meta")
    _, scopes, _ = await world.poll(listings=["connections", "schemas"])
    tables = {row.key: row.facts for row in scopes[Ref(Kind.SCHEMA, f"{CRM}.tables")].resources}
    assert tables["salesforce/Account"] == {"enabled": True, "label": "account", "x_sync_mode": "SOFT_DELETE"}
    assert tables["salesforce/LeadHistory"]["x_locked"] == "SYSTEM_TABLE"
    columns = {row.key: row.facts for row in scopes[Ref(Kind.FIELD, CRM)].resources}
    assert columns["salesforce/Lead/Email"] == {"label": "email", "masked": True, "x_enabled": True}
    assert not any(key.startswith("salesforce/Account/") for key in columns)
    assert "old%2Fone/Lead/Email" in {row.key for row in scopes[Ref(Kind.FIELD, "meta_ads")].resources}
    (policy,) = scopes[Ref(Kind.SCHEMA, f"{CRM}.policy")].resources
    assert policy.facts == {"x_new": "ALLOW_COLUMNS", "x_new_enabled": False}


async def test_a_connection_without_a_schema_config_is_not_observable_and_nothing_is_gone() -> None:
    account, world, _ = desk(VENDOR)
    account.drop(table="schemas", key="trial_sheet")
    _, _, reads = await world.poll(listings=["connections", "schemas"])
    told = reads["schemas/trial_sheet"].coverage
    assert (told.state, told.code) == (State.UNSUPPORTED, "NotFound_SchemaConfig")
    account.drop(table="destinations", key=GROUP)
    _, _, reads = await world.poll(listings=["groups", "destinations"])
    assert reads[f"destinations/{GROUP}"].coverage.state is State.UNSUPPORTED


async def test_an_answer_that_is_no_success_is_a_fault_whatever_its_status() -> None:
    account, world, _ = desk(VENDOR)
    account._good = lambda data: {"code": "Failed", "message": "no"}
    vantage, _, _ = await world.poll(listings=["roles"])
    assert vantage.coverage.state is State.FAILED and vantage.coverage.code == "Failed"


async def test_a_key_that_asks_too_often_waits_for_as_long_as_it_is_told() -> None:
    account, world, _ = desk(VENDOR)
    await world.poll(listings=["groups"])
    account.throttle(n=1)
    start = world.clock.monotonic()
    _, _, reads = await world.poll(listings=["users"])
    assert reads["users"].coverage.complete and world.clock.monotonic() - start >= 40


@pytest.mark.parametrize(
    ("what", "state"),
    [
        ({}, "ok"),
        ({"status": "FAILED"}, "failing"),
        ({"status": "PARTIALLY_SUCCEEDED"}, "failing"),
        ({"status": "BLOCKED"}, "failing"),
        ({"status": "RUNNING"}, "running"),
        ({"status": "CANCELED"}, "unknown"),
        ({"status": "FAILED", "paused": True}, "paused"),
    ],
)
async def test_a_transformation_is_told_with_what_it_makes_and_how_its_last_run_went(
    what: dict[str, Any], state: str
) -> None:
    account, world, _ = desk(VENDOR)
    account.alter(table="transformations", key="dbt_qualified", what=what)
    _, scopes, _ = await world.poll(listings=["transformations"])
    rows = {row.key: row.facts for row in scopes[Ref(Kind.AUTOMATION, "transformations")].resources}
    assert rows["dbt_qualified"]["writes"] == ["lead_scored", "qualified_lead"]
    assert rows["dbt_qualified"]["x_after"] == ["hubspot_mkt", "salesforce_crm"] and rows["quick_shop"]["x_after"]
    assert rows["quick_shop"]["x_schedule"]["days"] == ["FRIDAY", "MONDAY"]
    (run,) = [row for row in scopes[Ref(Kind.SYNC, "transformation-runs")].resources if row.key == "dbt_qualified"]
    assert run.health is not None and run.health.state == state


async def test_what_has_a_page_leads_there() -> None:
    _, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(person=lambda name: "p")
    links = {row.evidence["link"] for scope in scopes.values() for row in scope.resources if "link" in row.evidence}
    links |= {scope.link for scope in scopes.values() if scope.link}
    assert f"https://fivetran.com/dashboard/connections/{CRM}/schema" in links
    assert "https://fivetran.com/dashboard/account/users-permissions/users" in links
    without = {
        ref.name for ref, scope in scopes.items() if not scope.link and "link" not in scope.resources[0].evidence
    }
    assert without == {"webhooks", "system-keys"}


async def test_a_system_key_is_told_with_what_it_may_and_never_with_its_secret() -> None:
    account, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["system-keys"])
    keys = {row.key: row for row in scopes[Ref(Kind.PERMISSION, "system-keys")].resources}
    assert keys["sk_agency"].facts == {
        "label": "Agency", "powers": ["MANAGE CONNECTOR"], "manage_users": False,
        "x_reach": [{"on": "CONNECTOR", "ids": ["google_ads", "meta_ads"], "groups": []}],
    }  # fmt: skip
    assert "READ TEAM" in keys["sk_driftline"].facts["powers"] and keys["sk_driftline"].facts["expires_on"]
    assert "not-for-git" not in repr(scopes)
    before = keys["sk_driftline"].facts
    account.alter(table="system-keys", key="sk_driftline", what={"last_used_at": "2026-06-01T00:00:00Z"})
    world.memories = Memos()
    _, scopes, _ = await world.poll(listings=["system-keys"])
    assert before in [row.facts for row in scopes[Ref(Kind.PERMISSION, "system-keys")].resources]


async def test_a_key_says_when_it_ends_where_it_may_read_keys() -> None:
    account, world, _ = desk(VENDOR)
    vantage, _, _ = await world.poll(listings=["roles"])
    assert vantage.credential_expires_at == pytest.approx(world.clock.now() + 365 * 86_400, abs=60)
    account.revoke(name="ACCOUNT")
    vantage, _, reads = await world.poll(listings=["roles", "system-keys"])
    assert vantage.coverage.complete and vantage.credential_expires_at is None
    assert reads["system-keys"].coverage.state is State.DENIED and reads["roles"].coverage.complete


async def test_who_may_use_a_group_or_a_connection_is_told_by_team_and_by_person() -> None:
    _, world, _ = desk(VENDOR)
    listings = ["groups", "teams", "group-users", "team-groups", "team-connections"]
    _, scopes, _ = await world.poll(listings=listings, person=lambda name: name.partition("@")[0])
    may = {(ref.name, row.key): row.facts.get("profile") for ref, scope in scopes.items() for row in scope.resources
           if ref.kind is Kind.PERMISSION}  # fmt: skip
    assert may["t_data.groups", GROUP] == "Destination Reviewer"
    assert may["t_agency.connections", "google_ads"] == "Connection Collaborator"
    assert may[f"{GROUP}.users", "marketing-operations"] == "Destination Administrator"
