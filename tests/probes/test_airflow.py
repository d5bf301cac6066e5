"""Apache Airflow: its traps, against the simulated instance, whose answers are held against the vendor's OpenAPI."""

from __future__ import annotations

from typing import Any

import pytest

from probes.airflow import VENDOR
from probes.airflow.runs import API, cron
from probes.kit.contract import Absent, Fault, Kind, Ref, Resource, Sample, Sought, State
from probes.kit.demand import look, who
from probes.kit.memo import Memos
from tests.probes.desks import desk
from tests.probes.specs import spec, strange, unread

DAGS = Ref(Kind.AUTOMATION, "dags")
MARTS = "warehouse_marts"


def only(name: str) -> str:
    return name


async def sample(world: Any, dag: str = MARTS) -> Sample:
    world.memories = Memos()
    _, scopes, _ = await world.poll(listings=["dags", "runs"])
    (row,) = scopes[Ref(Kind.SYNC, f"{dag}.runs")].resources
    assert row.health is not None
    return row.health  # type: ignore[no-any-return]


async def test_everything_is_read_nothing_in_vain_and_no_secret_leaves() -> None:
    _, world, wire = desk(VENDOR)
    vantage, scopes, _ = await world.poll()
    assert unread(VENDOR, scopes) == set()
    assert (vantage.account, vantage.subject, vantage.api_version) == ("account.test", "user", "v2 of 3")
    assert not any(word in repr(scopes) for word in ("not-for-git", "For-Git", "***"))
    assert {one.url.path for one in wire.requests if one.method != "GET"} == {"/auth/token"}


async def test_the_answers_are_of_the_shape_that_airflow_publishes() -> None:
    account, world, wire = desk(VENDOR)
    account.run(dag=MARTS, state="failed", failed=["build_marts"])
    account.alter(table="dags", key=MARTS, what={"is_paused": True})
    await world.poll()
    await who(VENDOR, world.api, [Sought(DAGS, MARTS, 0.0, world.clock.now())], person=only)
    await look(VENDOR, world.api, DAGS, MARTS, person=only)
    # What stands below /auth is the auth manager's, which has a document of its own.
    said = [(path, body) for path, body in wire.said if not path.startswith("/auth/")]
    assert strange(spec("airflow/v2.yaml"), said) == []


CORE = [one for one in VENDOR.listings if one.path.startswith(API)]


@pytest.mark.parametrize("listing", CORE, ids=lambda one: one.name)
def test_each_path_and_parameter_stands_in_the_spec(listing: Any) -> None:
    operation = spec("airflow/v2.yaml")["paths"][listing.path.replace("{parent.key}", "{dag_id}")]["get"]
    known = {one["name"] for one in operation.get("parameters", [])}
    assert listing.params.keys() <= known
    if listing.paging.into:
        assert {listing.paging.into, listing.paging.size_into} <= known


async def test_a_token_is_had_for_a_name_and_a_password_and_had_anew_when_it_ended() -> None:
    account, world, wire = desk(VENDOR)
    await world.poll(listings=["version"])
    account._issued.clear()
    _, _, reads = await world.poll(listings=["pools"])
    assert reads["pools"].coverage.complete
    assert len([one for one in wire.requests if one.method == "POST"]) == 2
    account.password, account._issued = "another", {}
    vantage, _, _ = await world.poll(listings=["pools"])
    assert vantage.coverage.state is State.DENIED, "the version is told to everybody, and proves nothing"


async def test_a_dag_that_may_no_longer_be_read_is_held_and_not_called_gone() -> None:
    account, world, _ = desk(VENDOR)
    vantage, _, _ = await world.poll(listings=["dags"])
    account.hidden = frozenset({MARTS})
    _, scopes, _ = await world.poll(listings=["dags"])
    assert scopes[DAGS].coverage.complete and MARTS not in scopes[DAGS].keys
    assert {Kind.AUTOMATION, Kind.SYNC, Kind.SCHEMA} == vantage.silent, "no answer tells rights"
    found = await look(VENDOR, world.api, DAGS, MARTS, person=only)
    assert isinstance(found, Fault) and found.message == "Forbidden"


async def test_a_dag_is_gone_when_the_server_says_so_by_its_name_or_its_file_is_gone() -> None:
    account, world, _ = desk(VENDOR)
    await world.poll(listings=["dags"])
    here = await look(VENDOR, world.api, DAGS, MARTS, person=only)
    assert isinstance(here, Resource) and here.facts["trigger"] == "0 4 * * *"
    account.alter(table="dags", key=MARTS, what={"is_stale": True})
    _, scopes, _ = await world.poll(listings=["dags"])
    assert MARTS not in scopes[DAGS].keys
    assert await look(VENDOR, world.api, DAGS, MARTS, person=only) == Absent("is_stale")
    account.drop(table="dags", key=MARTS)
    assert await look(VENDOR, world.api, DAGS, MARTS, person=only) == Absent("404")
    assert isinstance(await look(VENDOR, world.api, Ref(Kind.SCHEMA, "assets"), "p", person=only), Fault)
    account.fail(path=f"/dags/{MARTS}", status=400, body="no", times=5)
    assert isinstance(await look(VENDOR, world.api, DAGS, MARTS, person=only), Fault)


@pytest.mark.parametrize(
    ("kind", "name", "key", "right"),
    [
        (Kind.SCHEMA, "connections", "warehouse", "Connections"),
        (Kind.SCHEMA, "variables", "qualified_score", "Variables"),
        (Kind.SCHEMA, "pools", "default_pool", "Pools"), (Kind.PERMISSION, "roles", "Viewer", "Roles"),
    ],
)  # fmt: skip
async def test_a_thing_is_asked_for_by_its_name_and_without_the_right_it_is_not_gone(
    kind: Kind, name: str, key: str, right: str
) -> None:
    account, world, _ = desk(VENDOR)
    here = await look(VENDOR, world.api, Ref(kind, name), key, person=only)
    assert isinstance(here, Resource) and here.key == key
    account.drop(table=name, key=key)
    assert await look(VENDOR, world.api, Ref(kind, name), key, person=only) == Absent("404")
    account.revoke(name=right)
    refused = await look(VENDOR, world.api, Ref(kind, name), key, person=only)
    assert isinstance(refused, Fault) and refused.message == "Forbidden"


async def test_users_and_roles_are_those_of_fab() -> None:
    _, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["users", "roles"], person=only)
    users = {row.key: row for row in scopes[Ref(Kind.PERMISSION, "users")].resources}
    assert users["driftline"].facts == {
        "active": True, "email": "driftline@example.com", "roles": ["Viewer", "Watcher"], "admin": False,
    }  # fmt: skip
    assert users["admin-01"].facts["admin"] is True and users["left-02"].facts["active"] is False
    assert users["admin-01"].evidence["link"] == "https://account.test/auth/users/list/"
    roles = {row.key: row.facts for row in scopes[Ref(Kind.PERMISSION, "roles")].resources}
    assert roles["Viewer"] == {"grants": ["can_read on DAG Runs", "can_read on DAGs"], "manage_users": False}
    assert roles["Admin"]["manage_users"] is True


async def test_when_somebody_signed_in_is_no_drift() -> None:
    account, world, _ = desk(VENDOR)
    _, before, _ = await world.poll(listings=["users"])
    account.alter(table="users", key="driftline", what={"last_login": "2026-06-01T00:00:00Z", "login_count": 4})
    world.memories = Memos()
    _, after, _ = await world.poll(listings=["users"])
    (one,), (other,) = before.values(), after.values()
    assert [(row.key, row.facts) for row in one.resources] == [(row.key, row.facts) for row in other.resources]


async def test_another_auth_manager_does_not_tell_users_and_its_page_is_no_empty_list() -> None:
    account, world, _ = desk(VENDOR)
    account.manager = "simple"
    _, _, reads = await world.poll(listings=["users", "roles"])
    assert {one.coverage.state for one in reads.values()} == {State.UNSUPPORTED}
    assert "auth manager" in reads["users"].coverage.reason
    gone = await look(VENDOR, world.api, Ref(Kind.PERMISSION, "roles"), "Nobody", person=only)
    assert isinstance(gone, Fault) and gone.code == "auth-manager"
    account._handlers = [(r, p, (lambda *_, **__: {}) if r.handler == "manages" else h)
                         for r, p, h in account._handlers]  # fmt: skip
    _, _, reads = await world.poll(listings=["users"])
    assert reads["users"].coverage.state is State.FAILED


async def test_users_are_refused_without_the_right_and_the_rest_is_read() -> None:
    account, world, _ = desk(VENDOR)
    account.revoke(name="Users")
    _, _, reads = await world.poll(listings=["users", "roles"])
    assert reads["users"].coverage.state is State.DENIED and reads["roles"].coverage.complete


async def test_when_it_was_parsed_and_when_it_runs_next_are_no_drift() -> None:
    account, world, _ = desk(VENDOR)
    _, before, _ = await world.poll(listings=["dags", "pools", "assets"])
    moved = {"last_parsed_time": "2026-06-01T00:00:00Z", "next_dagrun_run_after": None, "bundle_version": "abc"}
    account.alter(table="dags", key=MARTS, what=moved)
    account.alter(table="pools", key="default_pool", what={"open_slots": 1, "running_slots": 127})
    account.alter(table="assets", key="qualified_leads", what={"last_asset_event": None})
    world.memories = Memos()
    _, after, _ = await world.poll(listings=["dags", "pools", "assets"])
    assert {ref: [(one.key, one.facts) for one in scope.resources] for ref, scope in after.items()} == {
        ref: [(one.key, one.facts) for one in scope.resources] for ref, scope in before.items()
    }


async def test_an_asset_is_told_with_who_makes_and_who_uses_it() -> None:
    _, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["assets", "dags", "tasks"])
    (asset,) = scopes[Ref(Kind.SCHEMA, "assets")].resources
    assert asset.facts == {
        "target": "warehouse://marts/qualified_leads", "x_made_by": ["warehouse_marts.build_marts"],
        "x_starts": ["audience_export"], "x_used_by": ["lead_scoring.score"],
    }  # fmt: skip
    tasks = {row.key: row for row in scopes[Ref(Kind.AUTOMATION, f"{MARTS}.tasks")].resources}
    assert tasks["build_marts"].facts["x_next"] == ["check_qualified"]
    assert tasks["build_marts"].evidence["link"] == f"https://account.test/dags/{MARTS}/tasks/build_marts"


@pytest.mark.parametrize(
    ("state", "kind", "told"),
    [
        ("success", "scheduled", "ok"), ("failed", "manual", "failing"), ("running", "scheduled", "running"),
        ("queued", "asset_triggered", "running"), ("failed", "backfill", "ok"), ("brand-new", "scheduled", "unknown"),
    ],
)  # fmt: skip
async def test_the_newest_run_tells_the_state_and_a_backfill_does_not(state: str, kind: str, told: str) -> None:
    account, world, _ = desk(VENDOR)
    account.run(dag=MARTS, state=state, failed=["load_hubspot", "build_marts"] if state == "failed" else [], kind=kind)
    found = await sample(world)
    assert found.state == told and found.duration == 45 and found.cron == "0 4 * * *"
    assert found.errors == (("build_marts failed", "load_hubspot failed") if told == "failing" else ())
    assert found.succeeded_at is not None and (found.failed_at is not None) is (told == "failing")


async def test_a_run_that_failed_without_a_task_says_so_and_a_paused_dag_is_paused() -> None:
    account, world, _ = desk(VENDOR)
    account.run(dag=MARTS, state="failed")
    assert (await sample(world)).errors == ("no task failed",)
    account.alter(table="dags", key=MARTS, what={"is_paused": True})
    assert (await sample(world)).state == "paused"
    assert (await sample(world, "audience_export")).state == "unknown", "it never ran"


async def test_runs_that_are_refused_or_no_list_are_no_state() -> None:
    account, world, _ = desk(VENDOR)
    account._handlers = [(r, p, (lambda *_, **__: {}) if r.handler == "runs" else h)
                         for r, p, h in account._handlers]  # fmt: skip
    _, _, reads = await world.poll(listings=["dags", "runs"])
    assert reads[f"runs/{MARTS}"].coverage.state is State.FAILED
    account.revoke(name="DAG Runs")
    account.revoke(name="Connections")
    _, _, reads = await world.poll(listings=["dags", "runs", "connections"])
    assert reads[f"runs/{MARTS}"].coverage.state is State.DENIED
    assert reads["connections"].coverage.state is State.DENIED and reads["dags"].coverage.complete
    account.revoke(name="DAGs")
    vantage, _, reads = await world.poll(listings=["dags", "pools"])
    assert vantage.coverage.complete and reads["dags"].coverage.state is State.DENIED
    assert reads["pools"].coverage.complete


async def test_the_parts_of_an_instance_are_syncs_and_one_that_is_not_there_is_none() -> None:
    account, world, _ = desk(VENDOR)
    components = Ref(Kind.SYNC, "components")
    _, scopes, _ = await world.poll(listings=["components"])
    assert {row.key for row in scopes[components].resources} == {"metadatabase", "scheduler", "triggerer"}
    account.unwell(part="scheduler", since=world.clock.now() - 900)
    _, scopes, _ = await world.poll(listings=["components"])
    (row,) = [one for one in scopes[components].resources if one.key == "scheduler"]
    assert row.health is not None
    assert (row.health.state, row.health.succeeded_at) == ("failing", world.clock.now() - 900)
    well = {"status": "healthy"}
    for told in ({"detail": "what is this"}, {"metadatabase": well, "scheduler": None},
                 {"metadatabase": {}, "scheduler": well}, {"metadatabase": "healthy", "scheduler": well}):  # fmt: skip
        account.tables["health"] = told
        _, _, reads = await world.poll(listings=["components"])
        assert reads["components"].coverage.state is State.FAILED, told
    account.tables["health"] = None
    account.unwell(part="metadatabase", since=0.0)
    _, scopes, _ = await world.poll(listings=["components"])
    assert all(one.health is not None for one in scopes[components].resources)


async def test_a_file_that_cannot_be_read_comes_and_goes_and_its_trace_stays_there() -> None:
    account, world, _ = desk(VENDOR)
    errors = Ref(Kind.PLATFORM, "import-errors")
    _, scopes, _ = await world.poll(listings=["import-errors"])
    assert scopes[errors].keys == {"dags-folder/old%2Fcensus_export.py"} and "Traceback" not in repr(scopes)
    account.drop(table="import_errors", key="old/census_export.py")
    _, scopes, _ = await world.poll(listings=["import-errors"])
    assert scopes[errors].coverage.complete and scopes[errors].keys == frozenset()


def test_a_timetable_is_told_as_cron_only_where_it_is_one() -> None:
    assert [cron(one) for one in ("@daily", "*/5 2-4 * * MON", "1 day, 0:00:00", "Asset", "None", "@once")] == [
        "0 0 * * *", "*/5 2-4 * * MON", None, None, None, None,
    ]  # fmt: skip


async def test_who_did_it_stands_in_the_event_log_between_what_tasks_write() -> None:
    account, world, wire = desk(VENDOR)
    start = world.clock.now()
    world.clock.advance(30)
    account.alter(table="dags", key=MARTS, what={"is_paused": True})
    account.alter(table="connections", key="warehouse", what={"host": "other.example.com"})
    world.clock.advance(30)
    now = world.clock.now()
    sought = [
        Sought(DAGS, MARTS, start, now), Sought(Ref(Kind.SCHEMA, "connections"), "warehouse", start, now),
        Sought(DAGS, "lead_scoring", start, now), Sought(DAGS, MARTS, start - 900, start - 600),
    ]  # fmt: skip
    first, second, third, fourth = await who(VENDOR, world.api, sought, person=only)
    assert not isinstance(first, Fault) and not isinstance(second, Fault)
    assert (first["by"], first["action"], first["how"]) == ("admin-01", "patch_dag", "named")
    assert second["action"] == "patch_connection" and third == {} and fourth == {}
    assert len([one for one in wire.requests if one.url.path == f"{API}/eventLogs"]) == 1


async def test_too_many_requests_are_waited_for() -> None:
    account, world, _ = desk(VENDOR)
    await world.poll(listings=["pools"])
    account.throttle(n=1)
    start = world.clock.monotonic()
    _, _, reads = await world.poll(listings=["pools"])
    assert reads["pools"].coverage.complete and world.clock.monotonic() - start >= 3
