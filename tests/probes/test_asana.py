"""Asana: its traps, against the simulated workspace, whose answers are held against the vendor's OpenAPI."""

from __future__ import annotations

from typing import Any

import pytest

from probes.asana import VENDOR, standing
from probes.kit.contract import Absent, Fault, Kind, Ref, Resource, Sought, State
from probes.kit.demand import look, who
from probes.simulated.asana import LAUNCH, REQUESTS, SECRET, WORKSPACE
from tests.probes.desks import desk
from tests.probes.specs import spec, strange, unread

SPEC = "asana/asana_oas.yaml.gz"
OPTIONS = {"workspace": WORKSPACE}
PROJECTS = Ref(Kind.SCHEMA, "projects")


def only(name: str) -> str:
    return name


@pytest.fixture(scope="module")
def published() -> Any:
    """The vendor's spec. Lists give a compact form, and with `opt_fields` whatever the whole one has."""
    found = spec(SPEC)
    schemas = found["components"]["schemas"]
    for name, schema in list(schemas.items()):
        for whole in (name.removesuffix("Compact") + "Response", name.removesuffix("CompactResponse") + "Base"):
            if name != whole and name.endswith(("Compact", "CompactResponse")) and whole in schemas:
                schemas[name] = {"anyOf": [schema, {"$ref": f"#/components/schemas/{whole}"}]}
                break
    return found


async def test_no_declared_fact_reads_nothing_and_no_secret_leaves() -> None:
    _, world, wire = desk(VENDOR, options=OPTIONS)
    _, scopes, _ = await world.poll()
    assert unread(VENDOR, scopes) == set()
    assert "not-for-git" not in repr(scopes)
    assert {request.method for request in wire.requests} == {"GET"}


async def test_the_answers_are_of_the_shape_that_asana_publishes(published: Any) -> None:
    account, world, wire = desk(VENDOR, options=OPTIONS, page=2)
    account.deliver(webhook="902", ok=False, tries=3)
    await world.poll()
    await look(VENDOR, world.api, PROJECTS, LAUNCH, person=only)
    await who(VENDOR, world.api, [Sought(PROJECTS, LAUNCH, 0.0, world.clock.now())], person=only)
    # The spec's answer of /task_templates leaves out how it goes on, for which it takes limit and offset.
    assert set(strange(published, wire.said)) <= {"/task_templates: .next_page is not in the spec"}


@pytest.mark.parametrize("listing", VENDOR.listings, ids=lambda one: one.name)
def test_all_that_is_asked_for_may_be_asked_for(published: Any, listing: Any) -> None:
    parts = listing.path.replace("{options.workspace}", "x").replace("{parent.key}", "x").split("/")
    (operation,) = (
        operations["get"]
        for path, operations in published["paths"].items()
        if len(own := path.split("/")) == len(parts)
        and all((mine == "x" and his.startswith("{")) or mine == his for mine, his in zip(parts, own, strict=True))
    )
    named = {one.get("name"): one for one in operation["parameters"]}
    known = {one for one in named["opt_fields"]["schema"]["items"]["enum"]}
    asked = set(listing.params["opt_fields"].split(","))
    unsure = {"user.email"}  # as the vendor file's docstring says
    assert {one for one in asked - unsure if one not in known and not one.endswith(".gid")} == set()


@pytest.mark.parametrize(
    ("membership", "grants"),
    [
        ({"is_admin": True}, {"admin", "member"}),
        ({"is_admin": False}, {"member"}),
        ({"is_guest": True, "is_admin": False}, {"guest"}),
        ({"is_view_only": True}, {"view-only"}),
    ],
)
def test_what_the_tokens_user_is_decides_what_is_seen(membership: dict[str, Any], grants: set[str]) -> None:
    assert standing(membership) == grants


async def test_the_vantage_says_what_the_tokens_user_is() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    vantage, _, _ = await world.poll(listings=["workspace"])
    assert (vantage.account, vantage.account_name) == (WORKSPACE, "Example")
    assert vantage.grants == {"admin", "member"} and vantage.subject == "integration-user@example.com"
    assert vantage.silent == {Kind.SCHEMA}, "even an admin does not see what others keep private"
    account.drop(table="memberships", key="m12")
    del account.people["11"]["email"]
    account._handlers = [(r, p, (lambda *_, **__: {"data": [], "next_page": None}) if r.handler == "memberships" else h)
                         for r, p, h in account._handlers]  # fmt: skip
    vantage, _, _ = await world.poll(listings=["workspace"])
    assert (vantage.subject, vantage.grants) == ("11", frozenset())


async def test_a_guest_gets_shorter_lists_with_a_200_and_its_standing_says_why() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    before, scopes, _ = await world.poll(listings=["projects", "teams"])
    assert scopes[PROJECTS].keys == {LAUNCH, REQUESTS, SECRET}
    account.standing(guest=True)
    after, scopes, _ = await world.poll(listings=["projects", "teams"])
    assert scopes[PROJECTS].coverage.complete and scopes[PROJECTS].keys == {SECRET}
    assert scopes[Ref(Kind.PERMISSION, "teams")].keys == frozenset()
    assert before.grants - after.grants == {"admin", "member"} and scopes[PROJECTS].needs == ("*",)


async def test_a_number_is_typed_by_its_format_and_an_option_keeps_its_place_and_no_id() -> None:
    _, world, _ = desk(VENDOR, options=OPTIONS)
    _, scopes, _ = await world.poll(listings=["custom-fields"])
    rows = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "custom-fields")].resources}
    types = {name: facts["type"] for name, facts in rows.items()}
    assert types == {"Channel": "option", "Budget": "currency", "Share": "percent", "Points": "decimal",
                     "Regions": "multi_option", "Number": "id", "Late": "any", "Go live": "date",
                     "Approver": "reference"}  # fmt: skip
    assert rows["Channel"]["options"] == [{"value": "Email", "active": True}, {"value": "Web", "active": True},
                                          {"value": "Fax", "active": False}]  # fmt: skip


async def test_two_sections_of_one_name_are_two_things_and_members_have_no_address() -> None:
    _, world, _ = desk(VENDOR, options=OPTIONS)
    _, scopes, _ = await world.poll(person=lambda name: name.partition("@")[0])
    assert [one.key for one in scopes[Ref(Kind.SCHEMA, f"{LAUNCH}.sections")].resources] == ["301", "302"]
    said = {ref: scope for ref, scope in scopes.items() if ref.kind is Kind.PERMISSION}
    assert "@example.com" not in repr(said) and len(scopes[Ref(Kind.PERMISSION, "workspace-members")].resources) == 4


async def test_a_webhook_that_is_tried_again_is_failing_before_it_is_deleted() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    await world.poll(listings=["webhooks"])
    ends = world.clock.now() + 86_400
    account.deliver(webhook="902", ok=False, tries=3)
    _, scopes, _ = await world.poll(listings=["webhooks"])
    (row,) = scopes[Ref(Kind.SYNC, "webhooks")].resources
    assert row.health is not None and (row.key, row.health.state) == ("902", "failing")
    assert row.health.failed_at == ends - 86_400 and row.evidence["deleted_at"]
    assert row.facts["target"] == "hooks.example.com"
    account.deliver(webhook="902")
    account.alter(table="webhooks", key="901", what={"active": False})
    _, scopes, _ = await world.poll(listings=["webhooks"])
    states = {one.key: one.health and one.health.state for one in scopes[Ref(Kind.SYNC, "webhooks")].resources}
    assert states == {"901": "disabled", "902": "ok"}


async def test_what_the_plan_lacks_is_no_missing_right() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    account.enterprise = False
    _, _, reads = await world.poll(listings=["roles", "teams"])
    assert reads["roles"].coverage.state is State.UNSUPPORTED and "Enterprise only" in reads["roles"].coverage.reason
    assert reads["teams"].coverage.complete
    (told,) = await who(VENDOR, world.api, [Sought(PROJECTS, LAUNCH, 0.0, world.clock.now())], person=only)
    assert isinstance(told, Fault)


async def test_a_token_that_is_refused_and_one_that_leads_elsewhere_lose_nothing() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    await world.poll(listings=["projects"])
    account.set_account(account="77")
    vantage, scopes, _ = await world.poll(listings=["projects"])
    assert vantage.coverage.state is State.FAILED and not any(scope.resources for scope in scopes.values())
    account.set_token(token="another")
    vantage, _, _ = await world.poll(listings=["projects"])
    assert vantage.coverage.state is State.DENIED


async def test_one_thing_is_looked_at_and_gone_only_where_asana_says_that_it_is_not_there() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    _, scopes, _ = await world.poll(listings=["projects", "teams", "project-templates", "webhooks"])
    for ref, scope in scopes.items():
        listed = scope.resources[0]
        found = await look(VENDOR, world.api, ref, listed.key, person=only)
        assert isinstance(found, Resource) and (found.facts, found.health) == (listed.facts, listed.health), ref
        assert found.evidence.get("link") == listed.evidence.get("link")
    assert scopes[PROJECTS].resources[0].evidence["link"].endswith(f"/project/{scopes[PROJECTS].resources[0].key}")
    account.alter(table="projects", key=REQUESTS, what={"archived": True})
    account.alter(table="projects", key=LAUNCH, what={"privacy_setting": "private"})
    account.drop(table="teams", key="t2")
    assert await look(VENDOR, world.api, PROJECTS, REQUESTS, person=only) == Absent("archived")
    assert await look(VENDOR, world.api, Ref(Kind.PERMISSION, "teams"), "t2", person=only) == Absent("404")
    hidden = await look(VENDOR, world.api, PROJECTS, LAUNCH, person=only)
    assert isinstance(hidden, Fault) and "access" in hidden.message, "made private is not gone"
    assert isinstance(await look(VENDOR, world.api, Ref(Kind.FIELD, LAUNCH), "Channel", person=only), Fault)
    account.fail(path="/teams/t1", status=400, body="no", times=5)
    assert isinstance(await look(VENDOR, world.api, Ref(Kind.PERMISSION, "teams"), "t1", person=only), Fault)


@pytest.mark.parametrize(
    ("kind", "scope", "gid", "table"),
    [(Kind.SCHEMA, "sections", "301", "sections"), (Kind.SCHEMA, "types", "401", "custom_types"),
     (Kind.TEMPLATE, "task-templates", "451", "task_templates")],
)  # fmt: skip
async def test_what_stands_in_a_project_is_looked_at_by_itself(kind: Kind, scope: str, gid: str, table: str) -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    _, scopes, _ = await world.poll(listings=["projects", "sections", "task-types", "task-templates"])
    ref = Ref(kind, f"{LAUNCH}.{scope}")
    (listed,) = [row for row in scopes[ref].resources if row.key == gid]
    found = await look(VENDOR, world.api, ref, gid, person=only)
    assert isinstance(found, Resource) and found.facts == listed.facts and found.evidence == listed.evidence
    account.drop(table=table, key=gid)
    assert await look(VENDOR, world.api, ref, gid, person=only) == Absent("404")
    assert isinstance(await look(VENDOR, world.api, Ref(kind, f"{LAUNCH}.other"), gid, person=only), Fault)


async def test_a_role_is_told_with_what_it_allows() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    _, scopes, _ = await world.poll(listings=["roles"])
    rows = {row.key: row.facts for row in scopes[Ref(Kind.PERMISSION, "roles")].resources}
    assert rows["Developers"]["powers"] == ["create_pat_authorization", "create_project", "import_data"]
    assert (rows["Developers"]["x_invites_guests"], rows["Member"]["x_invites_guests"]) == ("all", "none")
    account.alter(table="roles", key="601", what={"permissions.export_project_data": True})
    _, scopes, _ = await world.poll(listings=["roles"])
    (member,) = [row for row in scopes[Ref(Kind.PERMISSION, "roles")].resources if row.key == "Member"]
    assert member.facts["powers"] == ["create_project", "export_project_data"]


async def test_who_did_it_stands_in_the_audit_log() -> None:
    account, world, wire = desk(VENDOR, options=OPTIONS)
    start = world.clock.now()
    world.clock.advance(30)
    account.alter(table="custom_fields", key="101", what={"description": "Where it will run"})
    account.alter(table="projects", key=LAUNCH, what={"name": "Spring launch 2027"})
    world.clock.advance(30)
    now = world.clock.now()
    sought = [
        Sought(Ref(Kind.FIELD, "custom-fields"), "Channel", start, now, id="101"),
        Sought(PROJECTS, LAUNCH, start, now, id=LAUNCH), Sought(PROJECTS, REQUESTS, start, now),
    ]  # fmt: skip
    first, second, third = await who(VENDOR, world.api, sought, person=only)
    assert not isinstance(first, Fault) and not isinstance(second, Fault)
    assert (first["by"], first["how"], first["action"]) == ("admin-01@example.com", "named", "custom_field_updated")
    assert second["action"] == "project_updated" and third == {}
    assert len([one for one in wire.requests if "audit_log" in one.url.path]) == 1
    (alone,) = await who(VENDOR, world.api, sought[1:2], person=only)
    assert alone == second and wire.requests[-1].url.params["resource_gid"] == LAUNCH


async def test_a_token_that_asks_too_often_waits_for_as_long_as_it_is_told() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    await world.poll(listings=["roles"])
    account.throttle(n=1)
    start = world.clock.monotonic()
    _, _, reads = await world.poll(listings=["roles"])
    assert reads["roles"].coverage.complete and world.clock.monotonic() - start >= 30
