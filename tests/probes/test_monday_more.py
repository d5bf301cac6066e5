"""monday.com: automations, connections, what columns must hold, what people are, one board or workspace on demand."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from probes.kit.contract import Absent, Denied, Fault, Kind, Ref, Resource
from probes.kit.demand import look
from probes.kit.memo import Memos
from probes.monday import VENDOR, calls
from probes.simulated.monday import CAMPAIGNS, LEADS
from tests.probes.desks import desk
from tests.probes.kit.world import js
from tests.probes.test_monday import BOARDS, COLUMNS, answering, only, operations, refusal


async def test_a_board_of_several_levels_stays_in_the_list() -> None:
    account, world, _ = desk(VENDOR)
    account.alter(table="boards", key=LEADS, what={"hierarchy_type": "multi_level"})
    _, scopes, _ = await world.poll(listings=["boards"])
    assert {row.key for row in scopes[BOARDS].resources} == {CAMPAIGNS, LEADS}


async def test_automations_are_told_without_what_their_blocks_hold_and_connections_without_whose_they_are() -> None:
    account, world, wire = desk(VENDOR, page=2)
    _, scopes, _ = await world.poll(listings=["automations", "connections", "roles"])
    rows = {row.key: row for row in scopes[Ref(Kind.AUTOMATION, "automations")].resources}
    assert set(rows) == {"101", "102", "103"} and operations(wire, "query Automations") == 2
    was = rows["102"].facts
    assert (was["active"], was["object"], was["opaque"], was["x_template"]) == (False, CAMPAIGNS, True, "77")
    account.alter(
        table="automations",
        key="102",
        what={"workflow_blocks": [{"kind": "another"}], "updated_at": "2026-05-02T00:00:00Z"},
    )
    world.memories = Memos()
    _, again, _ = await world.poll(listings=["automations"])
    now = next(row.facts for row in again[Ref(Kind.AUTOMATION, "automations")].resources if row.key == "102")
    assert {name for name in now if now[name] != was[name]} == {"x_changed"}
    links = {row.key: row for row in scopes[Ref(Kind.SYNC, "connections")].resources}
    assert {key: row.health and row.health.state for key, row in links.items()} == {"11": "ok", "12": "disabled"}
    assert {row.key for row in scopes[Ref(Kind.PERMISSION, "roles")].resources} == {"admin", "Campaign editor"}
    assert "not-for-git" not in repr(scopes)


@pytest.mark.parametrize("listing", ["automations", "connections"])
async def test_a_list_that_never_ends_is_not_complete(listing: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(calls, "MOST", 1)
    _, world, _ = desk(VENDOR, page=1)
    _, _, reads = await world.poll(listings=[listing])
    assert reads[listing].coverage.code == "cap"


def test_an_automation_that_stands_nowhere_is_told_without_a_board() -> None:
    assert calls.automation({"id": "1", "active": True, "workflow_host_data": None})["board"] is None


async def test_which_columns_are_required_is_asked_of_many_boards_at_once() -> None:
    account, world, wire = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["boards", "validations"])
    held = {row.key: row.facts for row in scopes[Ref(Kind.FIELD, f"{CAMPAIGNS}.validations")].resources}
    assert operations(wire, "query Validations") == 1 and held["status"] == {"required": True}
    assert held["(rules)"]["required"] is False and len(held["(rules)"]["x_rules_digest"]) == 16
    empty = scopes[Ref(Kind.FIELD, f"{LEADS}.validations")]
    assert empty.coverage.complete and not empty.resources
    assert "greater_than" not in repr(scopes)
    account.drop(table="validations", key=LEADS)
    _, scopes, _ = await world.poll(listings=["boards", "validations"])
    assert scopes[Ref(Kind.FIELD, f"{LEADS}.validations")].coverage.complete, "null is a board of which none is held"


@pytest.mark.parametrize("answer", [js({"data": {}}), js({"data": {"b901": {"rules": None}}}), refusal("NOT_FOUND")])
async def test_validations_that_do_not_come_are_no_removal(answer: httpx.Response) -> None:
    parent = {"key": CAMPAIGNS, "id": CAMPAIGNS}
    found = [got async for _, got in calls.validations(answering(answer).api, [parent], [{}])]
    assert len(found) == 1 and isinstance(found[0], Fault)


async def test_a_board_is_gone_only_where_monday_says_what_became_of_it() -> None:
    account, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["boards", "workspaces"])
    spaces = Ref(Kind.SCHEMA, "workspaces")
    for ref, key in ((BOARDS, LEADS), (spaces, "1")):
        (listed,) = [row for row in scopes[ref].resources if row.key == key]
        found = await look(VENDOR, world.api, ref, key, person=only)
        assert isinstance(found, Resource) and found.facts == listed.facts
        assert found.evidence["link"] == listed.evidence["link"]
    assert scopes[spaces].resources[0].evidence["link"] == "https://northwind.monday.com/workspaces/1"
    account.alter(table="boards", key=LEADS, what={"state": "deleted"})
    account.alter(table="workspaces", key="1", what={"state": "archived"})
    assert await look(VENDOR, world.api, BOARDS, LEADS, person=only) == Absent("deleted")
    assert await look(VENDOR, world.api, spaces, "1", person=only) == Absent("archived")
    account.drop(table="boards", key=CAMPAIGNS)
    hidden = await look(VENDOR, world.api, BOARDS, CAMPAIGNS, person=only)
    assert isinstance(hidden, Denied), "one that is not given may be hidden"
    assert isinstance(await look(VENDOR, world.api, COLUMNS, "budget", person=only), Fault)


async def test_what_people_are_is_told_by_kind_and_status_and_the_version_says_when_it_ends() -> None:
    account, world, _ = desk(VENDOR)
    account.alter(table="users", key="8", what={"status": "PENDING", "kind": "view_only"})
    vantage, scopes, _ = await world.poll(listings=["users"], person=only)
    rows = {row.key.partition("@")[0]: row.facts for row in scopes[Ref(Kind.PERMISSION, "users")].resources}
    assert set(rows) == {"driftline", "marketing-operations", "agency-01"}, "who was deactivated is not in the list"
    assert rows["driftline"]["admin"] is True and rows["agency-01"]["x_guest"] is True
    told = rows["marketing-operations"]
    assert (told["active"], told["x_pending"], told["x_view_only"], told["user_type"]) == (
        True,
        True,
        True,
        "view_only",
    )
    assert VENDOR.sunset[vantage.api_version] == "2027-04-01"


async def test_people_and_the_account_lead_to_their_own_pages() -> None:
    _, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["users", "account"])
    links = {row.evidence["link"] for scope in scopes.values() for row in scope.resources}
    site = "https://northwind.monday.com"
    assert {f"{site}/users/7", f"{site}/admin/billing", f"{site}/admin/integrations/api"} <= links


@pytest.mark.parametrize(
    ("what", "said"),
    [({"rules": ["budget"]}, "not told by column"), ({"rules": False}, "not told by column"),
     ({"rules": "x"}, "not told by column"), ({"required_column_ids": False}, "are not there"),
     ({"required_column_ids": {}}, "are not there")],
)  # fmt: skip
async def test_rules_of_another_shape_are_malformed_and_nothing_of_them_is_gone(
    what: dict[str, Any], said: str
) -> None:
    account, world, _ = desk(VENDOR)
    await world.poll()
    account.alter(table="validations", key=CAMPAIGNS, what=what)
    world.memories = Memos()
    _, _, reads = await world.poll(listings=["boards", "validations"])
    (coverage,) = {
        one.coverage.reason for name, one in reads.items() if name.endswith(f"/{CAMPAIGNS}") and "valid" in name
    }
    assert said in coverage
