"""n8n: its traps, against the simulated instance."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest

from probes.kit.contract import Absent, Fault, Kind, Ref, Resource, Sample, Sought, State
from probes.kit.demand import look, who
from probes.kit.memo import Memos
from probes.n8n import VENDOR
from probes.n8n.asked import LISTED, held, told
from probes.n8n.told import workflow
from probes.simulated.n8n import ME, iso
from tests.probes.desks import desk
from tests.probes.specs import unread

FLOWS = Ref(Kind.AUTOMATION, "workflows")
PROJECTS = Ref(Kind.SCHEMA, "projects")


def key(**claims: Any) -> str:
    """A key as n8n signs them."""
    parts = [urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in ({"alg": "HS256"}, claims)]
    return ".".join([*parts, "c2lnbmVk"])


def instance(**account: Any) -> tuple[Any, Any, Any]:
    """An instance and its reader, with a key of the monitor's own user."""
    made, world, wire = desk(VENDOR, **account)
    world.secrets["token"] = made.token = key(sub=ME, iss="n8n", aud="public-api", exp=1_790_000_000)
    return made, world, wire


def only(name: str) -> str:
    return name


async def sample(world: Any, flow: str = "wf-utm") -> Sample:
    world.memories = Memos()
    _, scopes, _ = await world.poll(listings=["workflows", "executions"])
    (row,) = scopes[Ref(Kind.SYNC, f"{flow}.runs")].resources
    assert row.health is not None
    return row.health  # type: ignore[no-any-return]


async def test_everything_is_read_nothing_in_vain_and_no_secret_leaves() -> None:
    _, world, wire = instance()
    vantage, scopes, _ = await world.poll()
    assert unread(VENDOR, scopes) == set()
    assert (vantage.account, vantage.subject, vantage.credential_expires_at) == ("account.test", ME, 1_790_000_000)
    assert {"global:admin", "workflow:list"} < vantage.grants and vantage.silent == frozenset()
    assert "not-for-git" not in repr(scopes)
    assert {request.method for request in wire.requests} == {"GET"}
    assert {one.url.params.get("includeData") for one in wire.requests if "executions" in one.url.path} == {"false"}


async def test_what_runs_is_compared_and_not_what_is_being_drawn() -> None:
    account, world, _ = instance()
    _, scopes, _ = await world.poll(listings=["workflows"])
    (row,) = [one for one in scopes[FLOWS].resources if one.key == "wf-enrich"]
    assert row.facts["steps"][3] == {"key": "Write contact", "type": "hubspot 2.1"}
    assert row.facts["writes"] == ["hubspot contact.lifeCycleStage"] and row.facts["trigger"] == "webhook"
    assert row.facts["actions"] == ["httpRequest", "hubspot contact upsert", "webhook"], "one that is off does nothing"
    assert row.facts["x_error_workflow"] == "wf-alarm"
    assert row.evidence["link"] == "https://account.test/workflow/wf-enrich"
    drawn = [*account.tables["workflows"][0]["nodes"], {"name": "New", "type": "n8n-nodes-base.set", "parameters": {}}]
    account.alter(table="workflows", key="wf-enrich", what={"nodes": drawn, "versionId": "v9", "staticData": {"x": 1}})
    world.memories = Memos()
    _, scopes, _ = await world.poll(listings=["workflows"])
    (again,) = [one for one in scopes[FLOWS].resources if one.key == "wf-enrich"]
    assert again.facts == row.facts, "nor what it keeps between executions"
    account.alter(table="workflows", key="wf-enrich", what={"activeVersion.nodes": drawn})
    _, scopes, _ = await world.poll(listings=["workflows"])
    assert "New" in {step["key"] for step in scopes[FLOWS].resources[0].facts["steps"]}


async def test_a_changed_parameter_shows_at_its_node_and_where_a_node_stands_does_not() -> None:
    account, world, _ = instance()
    _, before, _ = await world.poll(listings=["workflows"])
    account.alter(table="workflows", key="wf-utm", what={"activeVersion.nodes.1.position": [300, 40]})
    world.memories = Memos()
    _, moved, _ = await world.poll(listings=["workflows"])
    assert {row.key: row.facts for row in moved[FLOWS].resources} == {r.key: r.facts for r in before[FLOWS].resources}
    account.alter(table="workflows", key="wf-utm", what={"activeVersion.nodes.1.parameters.text": "another"})
    _, scopes, _ = await world.poll(listings=["workflows"])
    (row,) = scopes[FLOWS].resources
    was = next(one for one in before[FLOWS].resources if one.key == "wf-utm").facts["x_digests"]
    assert {name for name, digest in row.facts["x_digests"].items() if digest != was[name]} == {"Say so"}


def test_a_workflow_of_an_older_instance_is_read_too() -> None:
    sheet = {"name": "Keep", "type": "n8n-nodes-base.googleSheets", "typeVersion": 4,
             "parameters": {"operation": "append", "columns": {"value": {"utm": "={{ $json.utm }}"}}}}  # fmt: skip
    wide = {"name": "Wide", "type": "custom.thing", "parameters": {"operation": "create", "columns": "all"}}
    ways = {"Keep": {"main": [None], "made": {"by": "x"}}}
    row = {"id": "1", "name": "old", "active": True, "nodes": [sheet, wide], "connections": ways}
    found = workflow(row)
    assert found["active"] is True and found["writes"] == ["googleSheets.utm"] and found["trigger"] is None
    assert found["steps"][0]["target"] == "" and found["project"] is None


@pytest.mark.parametrize(
    ("status", "mode", "state"),
    [
        ("success", "trigger", "ok"), ("error", "trigger", "failing"), ("crashed", "webhook", "failing"),
        ("running", "trigger", "running"), ("new", "trigger", "running"), ("waiting", "trigger", "running"),
        ("canceled", "trigger", "unknown"), ("error", "manual", "ok"), ("error", "evaluation", "ok"),
    ],
)  # fmt: skip
async def test_the_newest_execution_tells_the_state_but_not_one_that_somebody_tried_out(
    status: str, mode: str, state: str
) -> None:
    account, world, _ = instance()
    account.run(workflow="wf-utm", status=status, mode=mode)
    found = await sample(world)
    assert found.state == state and found.duration == 12 and found.cron == "30 3 * * *"
    assert found.errors == ((status,) if state == "failing" else ())
    assert found.succeeded_at is not None


async def test_where_good_executions_are_not_kept_an_old_failure_says_nothing() -> None:
    account, world, _ = instance()
    account.tables["executions"].clear()
    account.alter(table="workflows", key="wf-utm", what={"settings.saveDataSuccessExecution": "none"})
    account.run(workflow="wf-utm", status="error")
    assert (await sample(world)).state == "failing"
    world.clock.advance(2 * 86_400)
    found = await sample(world)
    assert found.state == "unknown" and found.failed_at is not None
    account.alter(table="workflows", key="wf-utm", what={"settings.saveDataSuccessExecution": "all"})
    assert (await sample(world)).state == "failing", "where they are kept, none since means that none went well"


async def test_a_workflow_that_is_off_is_disabled_and_an_archived_one_is_not_asked_after() -> None:
    account, world, wire = instance()
    assert (await sample(world, "wf-draft")).state == "disabled"
    assert (await sample(world, "wf-alarm")).state == "unknown", "it never ran"
    account.alter(table="workflows", key="wf-draft", what={"isArchived": True})
    wire.requests.clear()
    await world.poll(listings=["workflows", "executions"])
    assert not any(one.url.params.get("workflowId") == "wf-draft" for one in wire.requests)


async def test_executions_without_a_list_are_malformed_and_refused_ones_denied() -> None:
    account, world, _ = instance()
    account._handlers = [(r, p, (lambda *_, **__: {}) if r.handler == "executions" else h)
                         for r, p, h in account._handlers]  # fmt: skip
    _, _, reads = await world.poll(listings=["workflows", "executions"])
    assert reads["executions/wf-utm"].coverage.state is State.FAILED
    account.revoke(name="execution:list")
    _, _, reads = await world.poll(listings=["workflows", "executions"])
    assert reads["executions/wf-utm"].coverage.state is State.DENIED and reads["workflows"].coverage.complete


async def test_a_member_sees_its_own_workflows_alone_with_a_200_and_the_lost_role_says_why() -> None:
    account, world, _ = instance()
    before, scopes, _ = await world.poll(listings=["workflows"])
    assert len(scopes[FLOWS].keys) == 4
    account.role = "global:member"
    after, scopes, _ = await world.poll(listings=["workflows"])
    assert scopes[FLOWS].coverage.complete and scopes[FLOWS].keys == {"wf-alarm", "wf-draft"}
    assert before.grants - after.grants == {"global:admin"} and after.silent == LISTED
    assert held("global:owner") == {"global:owner", "global:admin", "global:member"}
    assert held("ours:custom") == {"ours:custom"} and held("") == frozenset()


async def test_a_feature_that_was_not_bought_is_not_observable_and_a_scope_that_lacks_is_denied() -> None:
    account, world, _ = instance()
    account.unlicensed = frozenset({"variables", "projects"})
    account.revoke(name="credential:list")
    _, _, reads = await world.poll()
    assert {name: reads[name].coverage.state for name in ("variables", "projects", "credentials")} == {
        "variables": State.UNSUPPORTED, "projects": State.UNSUPPORTED, "credentials": State.DENIED,
    }  # fmt: skip
    assert reads["variables"].coverage.code == "license"


async def test_an_instance_that_does_not_tell_scopes_and_a_key_that_tells_nothing_are_read_with_care() -> None:
    account, world, _ = instance()
    account.old = True
    vantage, _, reads = await world.poll(listings=["workflows"])
    assert vantage.grants == {"global:admin", "global:member"} and reads["workflows"].coverage.complete
    world.secrets["token"] = account.token = "n8n_api_0123456789abcdef"
    vantage, _, reads = await world.poll(listings=["workflows"])
    assert (vantage.subject, vantage.grants, vantage.silent) == ("API key", frozenset(), LISTED)
    assert vantage.credential_expires_at is None and reads["workflows"].coverage.complete
    account.set_token(token="another")
    vantage, _, _ = await world.poll(listings=["workflows"])
    assert vantage.coverage.state is State.DENIED
    assert told("a.b.c") == told("a.!.c") == told(key(sub="x").replace(".", "-")) == {}
    assert told(f"a.{urlsafe_b64encode(b'[1]').decode()}.c") == {}


async def test_a_fault_of_discovery_is_a_fault_and_a_role_that_is_not_told_is_none() -> None:
    account, world, _ = instance()
    account.revoke(name="user:read")
    vantage, _, _ = await world.poll(listings=["workflows"])
    assert vantage.silent == LISTED and "global:admin" not in vantage.grants
    account._handlers = [(r, p, (lambda request, **_: account._odd()) if r.handler == "discover" else h)
                         for r, p, h in account._handlers]  # fmt: skip
    account._odd = lambda: account.limited().__class__(400, {"message": "bad"})
    vantage, _, _ = await world.poll(listings=["workflows"])
    assert vantage.coverage.state is State.FAILED


async def test_one_workflow_is_looked_at_and_gone_only_to_who_sees_every_one() -> None:
    account, world, _ = instance()
    await world.poll(listings=["workflows"])
    found = await look(VENDOR, world.api, FLOWS, "wf-utm", person=only)
    assert isinstance(found, Resource) and found.facts["x_cron"] == "30 3 * * *"
    account.drop(table="workflows", key="wf-utm")
    assert await look(VENDOR, world.api, FLOWS, "wf-utm", person=only) == Absent("404")
    account.role = "global:member"
    assert isinstance(await look(VENDOR, world.api, FLOWS, "wf-enrich", person=only), Fault)
    assert isinstance(await look(VENDOR, world.api, Ref(Kind.SCHEMA, "projects"), "p", person=only), Fault)


async def test_a_limit_is_waited_for() -> None:
    account, world, _ = instance()
    await world.poll(listings=["users"])
    account.throttle(n=1)
    start = world.clock.monotonic()
    _, _, reads = await world.poll(listings=["users"])
    assert reads["users"].coverage.complete and world.clock.monotonic() - start >= 4


async def test_who_wrote_what_was_published_is_told_and_who_published_an_older_draft_is_not() -> None:
    account, world, _ = instance()
    now = world.clock.now()
    version = {"activeVersion.createdAt": iso(now - 30), "activeVersion.authors": "Marketing Operations"}
    account.alter(table="workflows", key="wf-utm", what=version)
    keys = ("wf-utm", "wf-enrich", "wf-draft", "wf-none")
    sought = [*(Sought(FLOWS, key, now - 60, now) for key in keys), Sought(PROJECTS, "p-marketing", now - 60, now)]
    told, older, never, gone, other = await who(VENDOR, world.api, sought, person=lambda name: f"p:{name}")
    assert told == {"by": "p:Marketing Operations", "at": "2026-05-28T20:26:10Z", "action": "saved", "how": "last"}
    assert (older, never, other) == ({}, {}, {}) and isinstance(gone, Fault)
    _, scopes, _ = await world.poll(listings=["workflows"], person=lambda name: f"p:{name}")
    assert {row.evidence.get("by") for row in scopes[FLOWS].resources} == {
        "p:Marketing Operations", "p:Campaign Team", None,
    }  # fmt: skip


async def test_roles_of_the_customers_own_are_told_with_what_they_may_do() -> None:
    account, world, _ = instance()
    _, scopes, _ = await world.poll(listings=["roles"])
    rows = {row.key: row.facts for row in scopes[Ref(Kind.PERMISSION, "roles")].resources}
    assert rows["project:campaigns-x1"]["grants"] == ["workflow:execute", "workflow:read"]
    assert rows["global:member"]["vendor_defined"] is True and "grants" not in rows["global:member"]
    account.alter(table="roles", key="global:member", what={"scopes": ["tag:read", "tag:list"]})
    world.memories = Memos()
    _, again, _ = await world.poll(listings=["roles"])
    assert {row.key: row.facts for row in again[Ref(Kind.PERMISSION, "roles")].resources} == rows, "a release's own"


async def test_what_an_older_instance_does_not_have_is_not_observable_and_what_is_no_list_is_malformed() -> None:
    account, world, _ = instance()
    lists = ["roles", "community-packages"]
    _, scopes, _ = await world.poll(listings=lists)
    (package,) = scopes[Ref(Kind.PLATFORM, "community-packages")].resources
    assert package.facts["version"] == "1.4.0" and package.evidence["update"] == "1.5.0"
    assert package.evidence["link"] == "https://account.test/settings/community-nodes"
    account.old = True
    _, _, reads = await world.poll(listings=lists)
    assert {reads[name].coverage.state for name in lists} == {State.UNSUPPORTED}
    account.old = False
    account.fail(path="/api/v1/roles", status=400, body={"message": "bad"}, times=1)
    account.fail(path="/api/v1/community-packages", status=200, body={"data": []}, times=1)
    _, _, reads = await world.poll(listings=lists)
    assert {reads[name].coverage.state for name in lists} == {State.FAILED}
    account.fail(path="/api/v1/roles", status=200, body={"global": None}, times=1)
    _, _, reads = await world.poll(listings=lists)
    assert reads["roles"].coverage.state is State.FAILED
