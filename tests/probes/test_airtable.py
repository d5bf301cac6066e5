"""Airtable: its traps, against the simulated account."""

from __future__ import annotations

from typing import Any

import pytest

from probes.airtable import VENDOR, fields
from probes.kit.contract import Absent, Denied, Fault, Kind, Parent, Ref, Resource, Sought, State, Unsupported
from probes.kit.demand import look, who
from probes.kit.memo import Memos
from probes.simulated.airtable import BUDGET, CAMPAIGNS, ENTERPRISE, LINES, NAMES, OTHER, TABLE
from probes.simulated.control import Reply
from tests.probes.desks import NOW, desk
from tests.probes.specs import unread

TABLES = Ref(Kind.SCHEMA, f"{CAMPAIGNS}.tables")


def only(name: str) -> str:
    return name


async def test_no_declared_fact_reads_nothing_and_no_secret_leaves() -> None:
    _, world, wire = desk(VENDOR)
    _, scopes, _ = await world.poll()
    assert unread(VENDOR, scopes) == set()
    assert "not-for-git" not in repr(scopes)
    assert {request.method for request in wire.requests} == {"GET"}


async def test_a_base_is_read_whole_in_one_request() -> None:
    _, world, wire = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["bases", "tables"])
    assert [one.url.path for one in wire.requests].count(f"/v0/meta/bases/{CAMPAIGNS}/tables") == 1
    assert scopes[Ref(Kind.FIELD, TABLE)].parent == Parent(TABLES, TABLE)
    tables = {one.key: one for one in scopes[TABLES].resources}
    assert tables[TABLE].facts["label"] == "Campaigns" and tables[TABLE].facts["x_primary"] == "fldName"
    assert tables[TABLE].evidence["link"] == f"https://airtable.com/{CAMPAIGNS}/{TABLE}"


async def test_two_bases_may_have_tables_of_one_name() -> None:
    _, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["bases", "tables"])
    assert {Ref(Kind.FIELD, LINES), Ref(Kind.FIELD, OTHER)} <= scopes.keys()


async def test_types_are_ours_and_one_that_airtable_adds_is_kept_as_it_is() -> None:
    _, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["bases", "tables"])
    rows = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, TABLE)].resources}
    assert (rows["Channel"]["type"], rows["Region"]["type"]) == ("option", "multi_option")
    options = [{"value": "Email"}, {"value": "Paid search"}, {"value": "Web/Mobile"}]
    assert rows["Channel"]["options"] == options, "no ids and no colours"
    assert (rows["From tomorrow"]["type"], rows["From tomorrow"]["native_type"]) == ("any", "aTypeThatIsNew")
    assert rows["Ends"]["x_zone"] == "utc" and rows["Late"]["x_gives"] == "singleLineText"
    assert rows["Teaser"]["type"] == "long_text" and len(rows["Teaser"]["x_prompt"]) == 16


async def test_personal_views_come_and_go_unseen_and_so_do_colours() -> None:
    account, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["bases", "tables"])
    tables = {one.key: one.facts for one in scopes[TABLES].resources}
    assert tables[TABLE]["x_views"] == ["All grid", "Calendar calendar"]
    mine = {"id": "viw9", "name": "Mine too", "type": "grid", "personalForUserId": "usrA"}
    views = [*account.find("tables", TABLE)["views"], mine]
    account.alter(table="tables", key=TABLE, what={"views": views, "fields.1.options.choices.0.color": "redLight2"})
    world.memories = Memos()
    _, after, _ = await world.poll(listings=["bases", "tables"])
    for ref in (TABLES, Ref(Kind.FIELD, TABLE)):
        assert [one.facts for one in after[ref].resources] == [one.facts for one in scopes[ref].resources]


async def test_an_option_that_goes_is_told_in_the_vendors_words() -> None:
    account, world, _ = desk(VENDOR)
    await world.poll(listings=["bases", "tables"])
    left = account.find("tables", TABLE)["fields"][1]["options"]["choices"][:2]
    account.alter(table="tables", key=TABLE, what={"fields.1.options.choices": left})
    _, scopes, _ = await world.poll(listings=["bases", "tables"])
    (row,) = scopes[Ref(Kind.FIELD, TABLE)].resources
    assert (row.key, row.facts["options"]) == ("Channel", [{"value": "Email"}, {"value": "Paid search"}])


async def test_a_field_names_what_is_made_from_it_and_a_broken_count_says_so() -> None:
    _, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["bases", "tables"])
    rows = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, TABLE)].resources}
    assert rows["Start"]["used_by"] == ["Campaigns/Late"]
    lines = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, LINES)].resources}
    assert lines["Amount"]["used_by"] == ["Campaigns/Planned"]
    assert lines["How many"]["x_valid"] is False and rows["Planned"]["x_valid"] is True
    bare = {"id": "tbl", "name": "T", "fields": [{"id": "f", "name": "F", "type": "checkbox"}]}
    assert fields([bare]) == [{"id": "f", "name": "F", "type": "checkbox", "table": "tbl", "used_by": []}]


@pytest.mark.parametrize(
    ("status", "error", "state", "reason"),
    [
        (404, {"type": "NOT_FOUND", "message": "no"}, State.UNSUPPORTED, "Unsupported"),
        (404, "NOT_FOUND", State.UNSUPPORTED, "Unsupported"),
        (403, {"type": "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", "message": "no"}, State.DENIED, "Denied"),
        (422, {"type": "INVALID_REQUEST_UNKNOWN", "message": "no"}, State.FAILED, "Rejected"),
    ],
)
async def test_collaborators_are_a_matter_of_the_plan(status: int, error: Any, state: State, reason: str) -> None:
    account, world, _ = desk(VENDOR)
    told = account.base
    account._handlers = [
        (r, p, (lambda request, id: Reply(status, {"error": error}) if id == CAMPAIGNS else told(request, id))
         if r.handler == "base" else h) for r, p, h in account._handlers
    ]  # fmt: skip
    _, _, reads = await world.poll(listings=["bases", "collaborators"])
    assert reads[f"collaborators/{CAMPAIGNS}"].coverage.state is state
    assert reason in reads[f"collaborators/{CAMPAIGNS}"].coverage.reason
    assert reads[f"collaborators/{BUDGET}"].coverage.complete


async def test_on_a_smaller_plan_people_are_not_observable_and_all_else_is() -> None:
    account, world, _ = desk(VENDOR)
    account.enterprise = False
    _, _, reads = await world.poll()
    states = {id: read.coverage.state for id, read in reads.items() if not read.coverage.complete}
    assert states == {f"collaborators/{base}": State.UNSUPPORTED for base in (CAMPAIGNS, BUDGET, NAMES)}


async def test_people_leave_as_pseudonyms_and_who_has_two_ways_in_has_two_rows() -> None:
    _, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["bases", "collaborators"], person=lambda name: name.partition("@")[0])
    assert "@example" not in repr(scopes)
    people = scopes[Ref(Kind.PERMISSION, f"{CAMPAIGNS}.people")].resources
    ways = sorted((one.facts["profile"], one.facts["x_via"]) for one in people if one.id == "usrA")
    assert ways == [("edit", "base"), ("read", "workspace")]
    (link,) = scopes[Ref(Kind.PERMISSION, f"{CAMPAIGNS}.links")].resources
    assert link.facts == {"profile": "edit", "x_via": "base", "x_type": "multiUse",
                          "x_domains": ["example.com", "example.org"]}  # fmt: skip


async def test_a_webhook_is_well_by_its_last_notification_and_hides_its_address() -> None:
    account, world, _ = desk(VENDOR)
    hooks = Ref(Kind.SYNC, f"{CAMPAIGNS}.webhooks")
    _, scopes, _ = await world.poll(listings=["bases", "webhooks"])
    rows = {one.key: one for one in scopes[hooks].resources}
    states = {key: row.health and row.health.state for key, row in rows.items()}
    assert states == {"achNames": "ok", "achMute": "paused"}
    assert rows["achNames"].facts["target"] == "hooks.example.com" and rows["achNames"].evidence["expires"]
    at = world.clock.now()
    account.notify(webhook="achNames", ok=False)
    account.alter(table="webhooks", key="achMute", what={"isHookEnabled": False})
    _, scopes, _ = await world.poll(listings=["bases", "webhooks"])
    worse = {one.key: one.health for one in scopes[hooks].resources}
    bad: Any = worse["achNames"]
    assert bad.state == "failing" and bad.failed_at == at and bad.errors
    assert worse["achMute"] is not None and worse["achMute"].state == "disabled"
    account.notify(webhook="achNames")
    _, scopes, _ = await world.poll(listings=["bases", "webhooks"])
    (row,) = scopes[hooks].resources
    assert row.health is not None and row.health.state == "ok" and not row.health.failed_at


async def test_a_base_that_is_taken_off_the_token_leaves_the_list_with_a_200_and_is_held() -> None:
    account, world, _ = desk(VENDOR)
    vantage, _, _ = await world.poll(listings=["bases"])
    account.put_on_token(base=BUDGET, on=False)
    after, scopes, _ = await world.poll(listings=["bases"])
    bases = scopes[Ref(Kind.SCHEMA, "bases")]
    assert bases.coverage.complete and bases.keys == {CAMPAIGNS, NAMES} and after == vantage
    assert {Kind.SCHEMA, Kind.SYNC, Kind.PERMISSION} == vantage.silent
    account.oauth = True
    vantage, _, _ = await world.poll(listings=["bases"])
    assert "schema.bases:read" in vantage.grants, "a token that came by OAuth tells its scopes"


async def test_a_scope_that_lacks_is_a_missing_right_and_no_removal() -> None:
    account, world, _ = desk(VENDOR)
    await world.poll()
    account.revoke(name="webhook:manage")
    _, _, reads = await world.poll()
    assert reads[f"webhooks/{CAMPAIGNS}"].coverage.state is State.DENIED
    assert reads[f"tables/{CAMPAIGNS}"].coverage.complete
    account.set_token(token="another")
    vantage, scopes, _ = await world.poll()
    assert vantage.coverage.state is State.DENIED and not any(scope.resources for scope in scopes.values())


async def test_one_table_is_looked_at_and_gone_only_where_its_base_answers() -> None:
    account, world, _ = desk(VENDOR)
    await world.poll(listings=["bases", "tables"])
    found = await look(VENDOR, world.api, TABLES, TABLE, person=only)
    assert isinstance(found, Resource) and found.facts["label"] == "Campaigns"
    assert found.evidence["link"] == f"https://airtable.com/{CAMPAIGNS}/{TABLE}"
    account.drop(table="tables", key=TABLE)
    assert await look(VENDOR, world.api, TABLES, TABLE, person=only) == Absent("not in its base")
    account.put_on_token(base=CAMPAIGNS, on=False)
    refused = await look(VENDOR, world.api, TABLES, TABLE, person=only)
    assert isinstance(refused, Fault) and refused.code == "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"
    assert isinstance(await look(VENDOR, world.api, Ref(Kind.SCHEMA, "bases"), BUDGET, person=only), Fault)


async def test_after_a_429_nobody_asks_for_thirty_seconds() -> None:
    account, world, _ = desk(VENDOR)
    await world.poll(listings=["bases"])
    account.throttle(n=1)
    start = world.clock.monotonic()
    _, _, reads = await world.poll(listings=["bases"])
    assert reads["bases"].coverage.complete and world.clock.monotonic() - start >= 30
    assert [one.status for one in account.requests].count(429) == 1, "one refused request, and no second in that time"


# who, by the audit log of an enterprise

BASES = Ref(Kind.SCHEMA, "bases")
AUDITED = {"enterprise": ENTERPRISE}


def shared(name: str) -> Ref:
    return Ref(Kind.PERMISSION, f"{CAMPAIGNS}.{name}")


def sought(ref: Ref, key: str, id: str = "", after: float = NOW - 60, until: float = NOW + 60) -> Sought:
    return Sought(ref, key, after, until, id=id)


async def acts(world: Any, *all: Sought) -> list[Any]:
    """What is told of each, as (by, action)."""
    found = await who(VENDOR, world.api, all, person=only)
    return [one if isinstance(one, Fault) else (one.get("by"), one.get("action")) for one in found]


async def test_without_the_account_of_an_enterprise_nobody_is_asked() -> None:
    _, world, wire = desk(VENDOR)
    (found,) = await who(VENDOR, world.api, [sought(BASES, BUDGET, BUDGET)], person=only)
    assert isinstance(found, Unsupported) and "options.enterprise" in found.message and not wire.requests


async def test_who_renamed_made_or_deleted_a_base_is_named_among_those_who_looked() -> None:
    account, world, wire = desk(VENDOR, options=AUDITED)
    account.actor = "agency-01@example.com"
    account.alter(table="bases", key=BUDGET, what={"name": "Budgets"})
    account.actor = "admin-01@example.com"
    account.drop(table="bases", key=NAMES)
    account.clock.advance(1)
    for base in (BUDGET, CAMPAIGNS):
        account.watch(base=base)
    assert await acts(world, *(sought(BASES, id, id) for id in (BUDGET, NAMES, CAMPAIGNS))) == [
        ("agency-01@example.com", "updateBaseName"), ("admin-01@example.com", "deleteBase"), (None, None),
    ]  # fmt: skip
    (request,) = wire.requests
    assert "viewBase" not in request.url.params.get_list("eventType") and request.url.params["pageSize"] == "1000"
    told = await who(VENDOR, world.api, [sought(BASES, BUDGET, BUDGET)], person=only)
    assert told == [{"by": "agency-01@example.com", "at": "2026-05-28T20:26:40Z", "action": "updateBaseName",
                     "how": "named"}]  # fmt: skip


async def test_what_was_done_before_or_after_is_not_it() -> None:
    account, world, _ = desk(VENDOR, options=AUDITED)
    account.alter(table="bases", key=BUDGET, what={"name": "Budgets"})
    account.clock.advance(900)
    account.alter(table="bases", key=BUDGET, what={"name": "Budget"})
    account.clock.advance(900)
    other = sought(BASES, NAMES, NAMES, NOW - 60, NOW + 1_000)
    assert await acts(world, sought(BASES, BUDGET, BUDGET, NOW + 300, NOW + 600), other) == [(None, None)] * 2


async def test_a_copy_of_a_base_is_no_change_of_what_it_was_made_from() -> None:
    account, world, _ = desk(VENDOR, options=AUDITED)
    payload = {"current": {"application": {"id": NAMES}}, "previous": {"application": {"id": BUDGET}}}
    account._event("duplicateBase", "base", BUDGET, BUDGET, payload)
    account._event("restoreBaseFromSnapshot", "base", BUDGET, BUDGET, {"id": CAMPAIGNS, "name": "Campaigns (2)"})
    assert await acts(world, *(sought(BASES, id, id) for id in (BUDGET, NAMES, CAMPAIGNS))) == [
        (None, None), ("admin-01@example.com", "duplicateBase"), ("admin-01@example.com", "restoreBaseFromSnapshot"),
    ]  # fmt: skip


async def test_who_let_somebody_in_is_known_by_the_base_or_by_its_workspace() -> None:
    account, world, wire = desk(VENDOR, options=AUDITED)
    new = {"base": CAMPAIGNS, "permissionLevel": "edit", "createdTime": "2026-05-28T20:26:40.000Z"}
    account.alter(table="people", key="usrB", what={"permissionLevel": "edit"})
    account.put(table="people", row={**new, "via": "workspace", "userId": "usrC", "email": "new@example.com"})
    account.alter(table="groups", key="ugpA", what={"permissionLevel": "edit"})
    account.drop(table="links", key="invA")
    account.put(table="people", row={**new, "base": BUDGET, "via": "base", "userId": "usrD", "email": "d@example.com"})
    by = "admin-01@example.com"
    assert await acts(
        world,
        sought(shared("people"), "agency@example.com/base", "usrB"),
        sought(shared("people"), "new@example.com/workspace", "usrC"),
        sought(shared("people"), "new@example.com/base", "usrC"),
        sought(shared("groups"), "Marketing/base", "ugpA"),
        sought(shared("links"), "invA", "invA"),
        sought(shared("people"), "d@example.com/base", "usrD"),
    ) == [
        (by, "changeBaseCollaboratorPermission"), (by, "addWorkspaceCollaborator"), (None, None),
        (by, "changeBaseCollaboratorPermission"), (by, "removeBaseInviteLink"), (None, None),
    ]  # fmt: skip
    assert [one.url.path for one in wire.requests].count(f"/v0/meta/bases/{CAMPAIGNS}") == 1


async def test_a_token_without_the_scope_of_collaborators_still_knows_those_of_the_base() -> None:
    account, world, _ = desk(VENDOR, options=AUDITED)
    account.alter(table="people", key="usrB", what={"permissionLevel": "edit"})
    account.revoke(name="workspacesAndBases:read")
    found = await acts(world, sought(shared("people"), "agency@example.com/base", "usrB"),
                       sought(shared("people"), "agency@example.com/workspace", "usrB"))  # fmt: skip
    assert found == [("admin-01@example.com", "changeBaseCollaboratorPermission"), (None, None)]


async def test_of_tables_fields_and_webhooks_no_log_tells_and_none_is_asked() -> None:
    account, world, wire = desk(VENDOR, options=AUDITED)
    account.alter(table="tables", key=TABLE, what={"name": "Launches"})
    refs = (TABLES, Ref(Kind.FIELD, TABLE), Ref(Kind.SYNC, f"{CAMPAIGNS}.webhooks"), Ref(Kind.PERMISSION, "token"))
    assert await acts(world, *(sought(ref, TABLE, TABLE) for ref in refs)) == [(None, None)] * 4
    assert not wire.requests
    everything = [sought(BASES, CAMPAIGNS, CAMPAIGNS), sought(Ref(Kind.FIELD, TABLE), "Name", "fldName")]
    assert await acts(world, *everything) == [(None, None)] * 2


@pytest.mark.parametrize(
    ("actor", "by"),
    [
        ({"type": "user", "user": {"id": "usrGone", "email": ""}}, "usrGone"),
        ({"type": "automation", "automationId": "wflA"}, "automation"),
        ({"type": "system"}, "system"),
    ],
)
async def test_who_is_no_person_is_told_by_the_vendors_word(actor: dict[str, Any], by: str) -> None:
    account, world, _ = desk(VENDOR, options=AUDITED)
    account.alter(table="bases", key=BUDGET, what={"name": "Budgets"})
    account.events[-1]["actor"] = actor
    assert await acts(world, sought(BASES, BUDGET, BUDGET)) == [(by, "updateBaseName")]


@pytest.mark.parametrize("user", [None, {}, {"id": None, "email": None}])
async def test_a_person_who_is_not_told_is_nobody_and_not_called_user(user: dict[str, Any] | None) -> None:
    account, world, _ = desk(VENDOR, options=AUDITED)
    account.alter(table="bases", key=BUDGET, what={"name": "Budgets"})
    account.events[-1]["actor"] = {"type": "user", "user": user}
    assert await acts(world, sought(BASES, BUDGET, BUDGET)) == [(None, None)]


async def test_a_log_of_several_pages_is_read_to_its_end() -> None:
    account, world, wire = desk(VENDOR, options=AUDITED, page=1)
    account.alter(table="bases", key=BUDGET, what={"name": "Budgets"})
    account.clock.advance(1)
    for name in ("A", "B"):
        account.alter(table="bases", key=NAMES, what={"name": name})
    assert await acts(world, sought(BASES, BUDGET, BUDGET)) == [("admin-01@example.com", "updateBaseName")]
    assert [one.url.params.get("previous") for one in wire.requests] == [None, "1", "2"]


async def test_a_token_without_the_scope_or_of_another_enterprise_is_told_so() -> None:
    account, world, _ = desk(VENDOR, options=AUDITED)
    account.revoke(name="enterprise.auditLogs:read")
    (refused,) = await acts(world, sought(BASES, BUDGET, BUDGET))
    _, elsewhere, _ = desk(VENDOR, options={"enterprise": "entOther"})
    (other,) = await acts(elsewhere, sought(BASES, BUDGET, BUDGET))
    assert isinstance(refused, Denied) and isinstance(other, Denied)
