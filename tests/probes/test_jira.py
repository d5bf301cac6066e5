"""Jira Cloud: its traps, against the simulated site, whose answers are held against the vendor's Swagger."""

from __future__ import annotations

import re
from typing import Any

import pytest

from probes.jira import VENDOR
from probes.jira.rules import rule
from probes.jira.told import workflow
from probes.kit.contract import Fault, Kind, Ref, Sought, State
from probes.kit.demand import who
from probes.kit.memo import Memos
from probes.simulated.jira import ADMIN
from probes.simulated.jira.rows import PEOPLE, SITE
from probes.simulated.jira.rules import CLOUD
from tests.probes.desks import desk
from tests.probes.specs import spec, strange, unread

FIELDS = Ref(Kind.FIELD, "fields")
CHANNEL = "customfield_10020"
# What the reference of today has and the Swagger of July 2022 has not.
RULES = Ref(Kind.AUTOMATION, "automation-rules")
NEWER = {"no path /rest/api/3/workflows/search", ".authorAccountId", "no path /rest/api/3/config/fieldschemes",
         "no path /rest/api/3/config/fieldschemes/1/fields", "no path /rest/webhooks/1.0/webhook"}  # fmt: skip


def only(name: str) -> str:
    return name


async def test_everything_is_read_and_nothing_in_vain_and_no_person_by_name() -> None:
    _, world, wire = desk(VENDOR, options={"automation": [CLOUD]})
    vantage, scopes, _ = await world.poll()
    assert unread(VENDOR, scopes) == set()
    assert (vantage.account, vantage.account_name, vantage.subject) == (SITE, "Example", PEOPLE[1])
    assert vantage.grants == {ADMIN, "USER_PICKER", "BROWSE_PROJECTS"} and vantage.silent == frozenset()
    assert {request.method for request in wire.requests} == {"GET"}
    assert "not for git" not in repr(scopes) and "not-for-git" not in repr(scopes)
    assert {one.headers["x-force-accept-language"] for one in wire.requests} == {"true"}


async def test_the_answers_are_of_the_shape_that_jira_publishes() -> None:
    account, world, wire = desk(VENDOR)
    account.alter(table="projects", key="MKT", what={"name": "Marketing and brand"})
    await world.poll()
    now = world.clock.now()
    await who(VENDOR, world.api, [Sought(Ref(Kind.SCHEMA, "projects"), "MKT", now - 60, now)], person=only)
    found = strange(spec("jira/platform-swagger.v3.json.gz"), wire.said)
    assert {re.sub(r"^/rest/api/3/\S+: \.records\[\d+\]| is not in the spec", "", one) for one in found} == NEWER


@pytest.mark.parametrize(
    "path",
    sorted(
        {view.path for view in VENDOR.listings if view.path.startswith("/rest/api/3/") and "/config/" not in view.path}
    ),
)
def test_each_path_stands_in_the_spec(path: str) -> None:
    assert "get" in spec("jira/platform-swagger.v3.json.gz")["paths"][path]


async def test_types_are_told_by_widget_and_by_what_a_list_holds() -> None:
    _, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["fields"])
    types = {row.facts["label"]: row.facts["type"] for row in scopes[FIELDS].resources}
    assert types == {
        "Summary": "text", "Status": "option", "Assignee": "reference", "Labels": "multi_option", "Due date": "date",
        "Created": "datetime", "Time Spent": "decimal", "Campaign channel": "option", "Campaign name": "text",
        "Brief": "long_text", "Markets": "multi_option", "Budget": "decimal", "Audience": "option",
        "Landing page": "url",
    }  # fmt: skip


async def test_what_a_team_makes_in_its_own_project_is_no_drift() -> None:
    account, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll()
    assert "customfield_10031" not in scopes[FIELDS].keys
    assert scopes[Ref(Kind.SCHEMA, "issue-types")].keys == {"Campaign", "Creative request", "Sub-task"}
    assert scopes[Ref(Kind.SCHEMA, "statuses")].keys == {"To Do", "In review", "Live"}
    account.drop(table="fields", key="customfield_10031")
    world.memories = Memos()
    _, after, _ = await world.poll(listings=["fields"])
    assert after[FIELDS].keys == scopes[FIELDS].keys


async def test_options_stand_at_the_contexts_of_a_field_and_those_of_a_cascade_at_what_they_hang_on() -> None:
    account, world, wire = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["fields", "field-contexts"])
    (channel,) = scopes[Ref(Kind.FIELD, f"{CHANNEL}.contexts")].resources
    assert [one["value"] for one in channel.facts["options"]] == ["Email", "Paid search", "Paid social"]
    assert channel.evidence["link"].endswith("/ConfigureCustomField!default.jspa?customFieldId=10020")
    (audience,) = scopes[Ref(Kind.FIELD, "customfield_10025.contexts")].resources
    assert audience.facts["options"][2:] == [
        {"value": "New/B2B", "active": True, "depends": "B2B"}, {"value": "New/B2C", "active": True, "depends": "B2C"},
    ]  # fmt: skip
    asked = {one.url.path.split("/")[5] for one in wire.requests if "/context" in one.url.path}
    assert asked == {CHANNEL, "customfield_10023", "customfield_10025"}, "text and numbers have no options"
    account.alter(table="options", key="102", what={"disabled": True})
    _, scopes, _ = await world.poll(listings=["fields", "field-contexts"])
    (channel,) = scopes[Ref(Kind.FIELD, f"{CHANNEL}.contexts")].resources
    assert [one["active"] for one in channel.facts["options"]] == [True, False, True]


async def test_a_workflow_is_told_with_its_ways_and_the_fields_its_rules_read_and_write() -> None:
    account, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["workflows"])
    (row,) = scopes[Ref(Kind.AUTOMATION, "workflows")].resources
    assert row.facts["reads"] == [CHANNEL, "duedate"] and row.facts["writes"] == ["assignee"]
    assert [one["target"] for one in row.facts["steps"]] == ["> To Do", "To Do > In review", "> Live"]
    assert {one.split()[1] for one in row.facts["x_rules"]} == {
        "system:update-field", "system:validate-field-value", "system:restrict-issue-transition",
        "system:trigger-webhook",
    }  # fmt: skip
    place = "transitions.1.validators.0.parameters.fieldsRequired"
    account.alter(table="workflows", key="Campaign workflow", what={place: "duedate"})
    _, scopes, _ = await world.poll(listings=["workflows"])
    (later,) = scopes[Ref(Kind.AUTOMATION, "workflows")].resources
    assert later.facts["reads"] == ["duedate"] and later.facts["x_rules"] != row.facts["x_rules"]
    screen = {"transitionScreen": {"ruleKey": "system:transition-screen", "parameters": {"screenId": "1"}}}
    bare = workflow({"name": "w", "transitions": [{"id": 5, "type": "GLOBAL", "name": "n", **screen}]}, {})
    assert bare["steps"][0]["target"] == "> ?" and bare["rules"][0].startswith("5 system:transition-screen ")


@pytest.mark.parametrize("body", [{"values": None, "statuses": []}, {"values": [], "statuses": [], "isLast": False}])
async def test_workflows_that_do_not_end_are_never_complete(body: Any) -> None:
    account, world, _ = desk(VENDOR)
    account._handlers = [(r, p, (lambda *_, **__: body) if r.handler in ("workflows", "schemes") else h)
                         for r, p, h in account._handlers]  # fmt: skip
    _, _, reads = await world.poll(listings=["workflows", "permission-schemes"])
    assert {read.coverage.state for read in reads.values()} == {State.FAILED}
    assert all("Malformed" in read.coverage.reason for read in reads.values())


async def test_workflows_come_in_pages() -> None:
    account, world, _ = desk(VENDOR, page=1)
    account.put(table="workflows", row={**account.tables["workflows"][0], "name": "Second", "id": "wf-2"})
    _, scopes, _ = await world.poll(listings=["workflows"])
    assert scopes[Ref(Kind.AUTOMATION, "workflows")].keys == {"Campaign workflow", "Second"}


async def test_holders_of_permissions_are_told_by_names_and_people_by_no_name() -> None:
    _, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["permission-schemes", "roles"], person=lambda name: f"p-{len(name)}")
    (scheme,) = scopes[Ref(Kind.PERMISSION, "permission-schemes")].resources
    held = scheme.facts["grants"]
    assert "ADMINISTER_PROJECTS: projectRole Administrators" in held and "EDIT_ISSUES: group jira-marketing" in held
    assert PEOPLE[0] not in repr(scopes)
    roles = {row.key: row.facts for row in scopes[Ref(Kind.PERMISSION, "roles")].resources}
    assert roles["Administrators"]["members"] == [f"p-{len(PEOPLE[0])}"]


async def test_people_come_as_a_bare_list_until_it_is_empty_and_apps_are_no_people() -> None:
    account, world, wire = desk(VENDOR, page=2)
    _, scopes, reads = await world.poll(listings=["users"])
    assert scopes[Ref(Kind.PERMISSION, "users")].keys == set(PEOPLE) and reads["users"].coverage.complete
    assert [one.url.params["startAt"] for one in wire.requests if "users/search" in one.url.path] == [
        "0",
        "2",
        "4",
        "5",
    ]
    account.alter(table="users", key=PEOPLE[3], what={"active": False})
    _, scopes, _ = await world.poll(listings=["users"])
    (changed,) = scopes[Ref(Kind.PERMISSION, "users")].resources
    assert changed.facts["active"] is False


async def test_who_no_longer_administers_sees_less_with_a_200_and_loses_nothing() -> None:
    account, world, _ = desk(VENDOR)
    before, scopes, _ = await world.poll()
    account.revoke(name=ADMIN)
    world.memories = Memos()
    after, scopes, reads = await world.poll()
    assert before.grants - after.grants == {ADMIN} and after.silent == {Kind.SCHEMA, Kind.FIELD, Kind.AUTOMATION}
    assert scopes[FIELDS].coverage.complete and CHANNEL not in scopes[FIELDS].keys
    assert scopes[FIELDS].needs == (ADMIN,)
    for listing in ("statuses", "workflows", "workflow-schemes", "permission-schemes", "roles", "products"):
        assert reads[listing].coverage.state is State.DENIED, listing
    account.revoke(name="BROWSE_PROJECTS")
    _, scopes, _ = await world.poll(listings=["projects"])
    assert scopes[Ref(Kind.SCHEMA, "projects")].keys == frozenset()


async def test_a_project_that_may_not_be_opened_is_a_fault_and_not_an_empty_list() -> None:
    account, world, _ = desk(VENDOR)
    account._handlers = [(r, p, (lambda request, **_: account.missing(request)) if r.handler == "project_roles" else h)
                         for r, p, h in account._handlers]  # fmt: skip
    _, _, reads = await world.poll(listings=["projects", "project-roles", "fields", "field-contexts"])
    assert reads["project-roles/MKT"].coverage.state is State.FAILED
    account.drop(table="fields", key=CHANNEL)
    account.tables["contexts"].clear()
    account.revoke(name=ADMIN)
    _, _, reads = await world.poll(ids=["field-contexts/customfield_10023"])
    assert reads["field-contexts/customfield_10023"].coverage.state is not State.COMPLETE


async def test_a_scope_that_lacks_is_denied_and_no_dead_token() -> None:
    account, world, _ = desk(VENDOR)
    account.scoped_out = frozenset({"/rest/api/3/workflowscheme"})
    _, _, reads = await world.poll(listings=["workflow-schemes", "projects"])
    lacking = reads["workflow-schemes"].coverage
    assert (lacking.state, lacking.code) == (State.DENIED, "Unauthorized; scope does not match")
    assert "Denied" in lacking.reason and reads["projects"].coverage.complete
    account.set_token(token="another")
    vantage, _, _ = await world.poll(listings=["projects"])
    assert vantage.coverage.state is State.DENIED and "Expired" in vantage.coverage.reason


async def test_the_day_on_which_the_token_ends_is_said_by_a_person() -> None:
    _, world, _ = desk(VENDOR, options={"token_ends": "2026-12-31"})
    vantage, _, _ = await world.poll(listings=["site"])
    assert vantage.credential_expires_at == 1_798_675_200.0


async def test_a_burst_is_waited_for_as_long_as_it_is_told() -> None:
    account, world, _ = desk(VENDOR)
    await world.poll(listings=["site"])
    account.throttle(n=1)
    start = world.clock.monotonic()
    _, _, reads = await world.poll(listings=["products"])
    assert reads["products"].coverage.complete and world.clock.monotonic() - start >= 5


async def test_who_did_it_stands_in_the_audit_log_and_is_asked_once() -> None:
    account, world, wire = desk(VENDOR)
    start = world.clock.now()
    world.clock.advance(30)
    account.alter(table="options", key="102", what={"disabled": True})
    account.alter(table="projects", key="MKT", what={"name": "Marketing and brand"})
    world.clock.advance(30)
    sought = [
        Sought(Ref(Kind.SCHEMA, "projects"), "MKT", start, world.clock.now()),
        Sought(Ref(Kind.SCHEMA, "projects"), "WEB", start, world.clock.now()),
        Sought(Ref(Kind.SCHEMA, "projects"), "MKT", start - 900, start - 600),
    ]
    first, second, third = await who(VENDOR, world.api, sought, person=only)
    assert not isinstance(first, Fault)
    assert (first["by"], first["how"], first["action"]) == (PEOPLE[0], "named", "projects")
    assert second == {} and third == {}
    assert len([one for one in wire.requests if "auditing" in one.url.path]) == 1
    account.revoke(name=ADMIN)
    (refused,) = await who(VENDOR, world.api, sought[:1], person=only)
    assert isinstance(refused, Fault)


async def test_who_is_told_of_what_without_a_person() -> None:
    account, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["notification-schemes"])
    (row,) = scopes[Ref(Kind.AUTOMATION, "notification-schemes")].resources
    assert row.key == "Marketing notifications" and row.facts["reads"] == ["customfield_10021"]
    assert row.facts["actions"][:3] == [
        "Issue created: CurrentAssignee", "Issue created: Group jira-marketing", "Issue created: ProjectRole Members",
    ]  # fmt: skip
    assert PEOPLE[2] not in repr(row.facts) and len(row.facts["actions"]) == 5
    account.grants.discard(ADMIN)
    vantage, scopes, _ = await world.poll()
    assert Kind.AUTOMATION in vantage.silent, "the list is shorter with a 200: what left it is held"


async def test_rules_are_read_where_their_site_is_named_and_tell_what_they_use() -> None:
    account, world, wire = desk(VENDOR, page=1, options={"automation": [CLOUD]})
    _, scopes, _ = await world.poll(listings=["automation-rules"])
    rows = {row.evidence["label"]: row for row in scopes[RULES].resources}
    urgent, nightly = rows["Assign what is urgent"].facts, rows["Tell the data team"].facts
    assert urgent.items() >= {
        "active": True, "trigger": "jira.issue.field.changed", "actions": ["jira.issue.edit"], "writes": ["assignee"],
        "reads": ["customfield_10020", "customfield_10021"], "opaque": False,
    }.items()  # fmt: skip
    assert nightly["active"] is False and nightly["opaque"] is True and nightly["x_labels"] == ["nightly"]
    assert "not-for-git" not in repr(scopes) and "hook.example.com" not in repr(scopes)
    (rule,) = (row for row in account.tables["rules"] if row["name"] == "Assign what is urgent")
    moved = {**rule["components"][0], "id": "n1"}
    account.alter(table="rules", key=rule["uuid"], what={"components": [moved], "updated": 1.0})
    world.memories = Memos()
    _, scopes, _ = await world.poll(listings=["automation-rules"])
    same = {row.evidence["label"]: row.facts for row in scopes[RULES].resources}["Assign what is urgent"]
    assert same == urgent, "ids of parts are given anew whenever a rule is saved"
    account.alter(table="rules", key=rule["uuid"], what={"components": []})
    world.memories = Memos()
    _, scopes, _ = await world.poll(listings=["automation-rules"])
    less = {row.evidence["label"]: row.facts for row in scopes[RULES].resources}["Assign what is urgent"]
    assert less["x_definition"] != urgent["x_definition"] and "actions" not in less and "writes" not in less
    assert {one.method for one in wire.requests} == {"GET"}


async def test_without_a_site_no_rule_is_asked_for() -> None:
    _, world, wire = desk(VENDOR)
    await world.poll()
    assert not [one for one in wire.requests if "/automation/" in one.url.path]


async def test_a_token_with_scopes_is_denied_the_rules_and_nothing_else() -> None:
    account, world, _ = desk(VENDOR, options={"automation": [CLOUD]})
    account.scoped_out = frozenset({f"/gateway/api/automation/public/jira/{CLOUD}/rest/v1/rule/summary"})
    _, _, reads = await world.poll()
    assert {name for name, found in reads.items() if not found.coverage.complete} == {f"automation-rules/{CLOUD}"}
    assert reads[f"automation-rules/{CLOUD}"].coverage.state is State.DENIED


def test_a_name_that_two_fields_have_is_left_as_it_is_and_smart_values_hide_what_they_use() -> None:
    part = {"component": "ACTION", "type": "jira.issue.edit", "value": {"operations": [
        {"field": {"type": "NAME", "value": "Region"}, "value": "{{issue.summary}}"}, {"field": "x"}]}}  # fmt: skip
    made = rule({"trigger": {"component": "TRIGGER", "type": "jira.issue.event.trigger:created"}, "components": [part]},
                {"Region": "Region"})  # fmt: skip
    assert made["writes"] == ["Region"] and made["opaque"] is True
