"""Dynamics 365: runs of cloud flows, column security, and where people look at things, on a simulated environment."""

from __future__ import annotations

from probes.kit.contract import Kind, Ref, State
from tests.probes.desks import NOW
from tests.probes.test_dynamics import LEAD, TABLES, desk, told

RUNS = Ref(Kind.SYNC, "flow-runs")


async def test_a_cloud_flow_fails_when_its_newest_run_did_and_says_no_word_of_the_row() -> None:
    account, world, wire = desk()
    account.run(flow="flow-1", status="Failed", code="WorkflowRunActionFailed")
    account.run(flow="flow-1", status="Cancelled")
    _, scopes, _ = await world.poll(listings=["flow-runs", "processes"])
    (row,) = scopes[RUNS].resources
    assert (row.key, row.facts["label"], row.health.state) == ("flow-1", "Qualify leads", "failing")
    assert row.health.errors == ("WorkflowRunActionFailed",) and row.health.succeeded_at == NOW - 7200
    page = "https://make.powerautomate.com/environments/env-northwind-01/flows/flow-1"
    assert row.evidence["link"] == page and "not-for-git" not in repr(scopes)
    links = {one.key: one.evidence["link"] for one in scopes[Ref(Kind.AUTOMATION, "processes")].resources}
    assert links["flow-1"] == page and links["flow-2"].endswith("entitylist&etn=workflow")
    asked = next(one.url.params for one in wire.requests if one.url.path.endswith("/flowruns"))
    assert "errormessage" not in asked["$select"] and asked["$top"] == "5000"
    await world.clock.sleep(900)
    account.run(flow="flow-1", status="Success")
    _, scopes, _ = await world.poll(listings=["flow-runs"])
    assert scopes[RUNS].resources[0].health.state == "ok"


async def test_a_flow_that_is_off_is_disabled_and_one_whose_runs_are_not_kept_is_unknown() -> None:
    account, world, _ = desk()
    account.tables["flowruns"].clear()
    account.alter(table="organizations", key="org-northwind-01", what={"flowruntimetoliveinseconds": 0})
    _, scopes, _ = await world.poll(listings=["flow-runs", "organization"])
    assert scopes[RUNS].resources[0].health.state == "unknown"
    organization = told(scopes, Ref(Kind.PLATFORM, "organization"))["organization"]
    assert organization["x_flow_runs_kept_seconds"] == 0
    account.alter(table="workflows", key="flow-1", what={"statecode": 2})
    await world.clock.sleep(900)
    _, scopes, _ = await world.poll(listings=["flow-runs"])
    assert scopes[RUNS].resources[0].health.state == "disabled"


async def test_where_the_environment_has_no_table_of_runs_that_is_said_and_nothing_else_is_touched() -> None:
    account, world, _ = desk()
    real = account.listed
    account.listed = lambda request, table: account.missing(request) if table == "flowruns" else real(request, table)
    account._handlers = [(*one[:2], account.listed if one[0].path.endswith("/{table}") else one[2])
                         for one in account._handlers]  # fmt: skip
    _, _, reads = await world.poll(listings=["flow-runs", "processes"])
    assert reads["flow-runs"].coverage.state is State.UNSUPPORTED and reads["processes"].coverage.complete


async def test_tables_and_forms_lead_to_power_apps_and_without_the_environments_id_to_its_first_page() -> None:
    account, world, _ = desk()
    _, scopes, _ = await world.poll(listings=["tables", "forms"])
    maker = "https://make.powerapps.com"
    assert {row.evidence["link"] for row in (*scopes[TABLES].resources, *scopes[LEAD].resources)} == {
        f"{maker}/environments/env-northwind-01/entities"
    }  # fmt: skip
    forms = {row.key: row.evidence["link"] for row in scopes[Ref(Kind.TEMPLATE, "forms")].resources}
    key = next(iter(forms))
    assert forms[key].startswith(f"{maker}/e/env-northwind-01/s/") and forms[key].endswith(f"/form/edit/{key}")
    account, world, _ = desk()
    account.routes = ()
    account._handlers = [one for one in account._handlers if "RetrieveCurrentOrganization" not in one[0].path]
    _, scopes, reads = await world.poll(listings=["tables", "forms"])
    assert reads["tables"].coverage.complete and reads["forms"].coverage.complete
    assert {row.evidence["link"] for row in scopes[TABLES].resources} == {maker}


async def test_a_privilege_that_is_spelled_in_small_letters_is_the_same_one() -> None:
    account, world, _ = desk()
    for row in account.tables["privileges"]:
        row["name"] = row["name"].lower()
    account.grants = {name.lower() for name in account.grants}
    assert "prvReadflowrun:Global" in (await world.poll(listings=["version"]))[0].grants
    assert "prvReadUser:Global" in (await world.poll(listings=["version"]))[0].grants


async def test_a_row_says_who_changed_it_last_and_a_form_of_which_that_is_not_told_says_nothing() -> None:
    account, world, _ = desk(actor="admin-02@example.com")
    account.alter(table="workflows", key="flow-2", what={"statecode": 0})
    account.alter(table="roles", key="role-sales", what={"name": "Sales"})
    _, scopes, _ = await world.poll()
    marks = {(ref.name, row.key): row.evidence.get("by") for ref, scope in scopes.items() for row in scope.resources}
    assert marks["processes", "flow-2"] == marks["roles", "role-sales"] == "admin-02@example.com"
    assert marks["processes", "flow-1"] == marks["endpoints", "end-1"] == "admin-01@example.com"
    assert all(row.evidence.get("by") is None for row in scopes[Ref(Kind.TEMPLATE, "forms")].resources)


async def test_who_may_see_a_secured_column_is_told_by_profiles_and_by_people_under_no_name() -> None:
    account, world, _ = desk()
    names = ["column-profiles", "column-permissions", "column-profile-users", "users"]
    _, scopes, _ = await world.poll(listings=names, person=lambda name: f"p{len(name)}")
    assert told(scopes, Ref(Kind.PERMISSION, "column-profiles"))["profile-1"]["teams"] == ["Marketing"]
    permissions = told(scopes, Ref(Kind.PERMISSION, "column-permissions"))
    of_notes = permissions["lead/nw_notes/profile-1"]
    assert (of_notes["profile"], of_notes["read"], of_notes["edit"]) == ("Notes of leads", True, False)
    people = told(scopes, Ref(Kind.PERMISSION, "column-profile-users"))
    assert [row["permission_sets"] for row in people.values()] == [["Notes of leads"]]
    assert "@example.com" not in repr(scopes)
    account.revoke(name="prvReadFieldSecurityProfile")
    _, _, reads = await world.poll(listings=names)
    assert reads["column-profiles"].coverage.state is State.DENIED and reads["users"].coverage.complete
