"""monday.com: its traps, against the simulated account."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from probes.kit.contract import Denied, Fault, Kind, Malformed, Ref, Sought
from probes.kit.demand import who
from probes.monday import VENDOR, asked, calls, standing
from probes.simulated.monday import AUTOMATION, CAMPAIGNS, LEADS
from probes.simulated.queries import Wrong, parse, picked
from tests.probes.desks import NOW, desk
from tests.probes.kit.world import World, js
from tests.probes.specs import unread

BOARDS, COLUMNS = Ref(Kind.SCHEMA, "boards"), Ref(Kind.FIELD, CAMPAIGNS)
BUDGET = Sought(COLUMNS, "budget", NOW - 60, NOW + 60, id="budget")


def only(name: str) -> str:
    return name


async def told(world: World, *sought: Sought) -> Any:
    return await who(VENDOR, world.api, sought, person=only)


def operations(wire: Any, name: str) -> int:
    return sum(name.encode() in request.content for request in wire.requests)


async def test_no_declared_fact_reads_nothing_and_no_secret_is_read() -> None:
    _, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(person=lambda name: f"p-{name.partition('@')[0]}")
    assert unread(VENDOR, scopes) == set()
    said = repr(list(scopes.values()))
    assert "@example.com" not in said and "columnId" not in said


async def test_columns_have_their_labels_read_out_of_a_string() -> None:
    _, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["boards"])
    rows = {one.key: one.facts for one in scopes[COLUMNS].resources}
    assert {key: facts["type"] for key, facts in rows.items()} == {
        "name": "text", "status": "option", "channel": "multi_option", "budget": "decimal", "share": "any",
        "lead": "reference", "soon": "any",
    }  # fmt: skip
    assert [one["value"] for one in rows["status"]["options"]] == ["Working", "Done", "Done/5"]
    assert rows["share"]["formula"] == "{budget}/100" and rows["lead"]["references"] == [LEADS]
    assert scopes[Ref(Kind.FIELD, LEADS)].parent is not None
    links = {row.evidence["link"] for ref in (BOARDS, COLUMNS) for row in scopes[ref].resources}
    assert links == {f"https://northwind.monday.com/boards/{board}" for board in (CAMPAIGNS, LEADS)}


def test_settings_that_are_no_json_are_malformed() -> None:
    assert calls.inside(None) == {"labels": [], "formula": None, "boards": None}
    with pytest.raises(Malformed):
        calls.inside("{")


@pytest.mark.parametrize(
    ("me", "grants"),
    [
        ({"kind": "admin"}, {"admin", "member"}),
        ({"kind": "member"}, {"member"}),
        ({"kind": "guest"}, {"guest"}),
        ({"kind": "VIEW_ONLY"}, {"view-only"}),
    ],
)
def test_what_the_token_sees_hangs_on_what_its_user_is(me: dict[str, Any], grants: set[str]) -> None:
    assert standing(me) == grants


async def test_webhooks_of_many_boards_are_one_operation() -> None:
    _, world, wire = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["boards", "webhooks"])
    assert operations(wire, "query Webhooks") == 1
    (hook,) = scopes[Ref(Kind.SYNC, f"{CAMPAIGNS}.webhooks")].resources
    assert hook.facts["trigger"] == "change_status_column_value" and "config" not in hook.facts


def refusal(code: str, **more: Any) -> httpx.Response:
    said = {"message": "no", "extensions": {"code": code, **more}}
    return js({"data": {"boards": []}, "errors": [said]})


def answering(answer: httpx.Response) -> World:
    transport = httpx.MockTransport(lambda _: answer)
    world = World(VENDOR, transport=transport, secrets={"token": "demo"}, base="https://account.test",
                  scheme="token", allow_private=True)  # fmt: skip
    world.api.start()
    return world


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refusal("USER_UNAUTHORIZED", status_code=403), "Denied"),
        (refusal("COMPLEXITY_BUDGET_EXHAUSTED", retry_in_seconds=7), "Throttled"),
        (js({"error_code": "ComplexityException", "error_message": "reset in 9 seconds"}, 429), "Throttled"),
        (js({"data": {"boards": None}}), "Malformed"),
    ],
)
async def test_refusals_come_with_a_200_and_data_beside_them_is_not_believed(
    answer: httpx.Response, words: str
) -> None:
    with pytest.raises(Fault) as caught:
        await calls.whole(answering(answer).api, "Boards", "boards", calls.BOARDS)
    assert type(caught.value).__name__ == words


@pytest.mark.parametrize("answer", [refusal("USER_UNAUTHORIZED"), js({"data": {}})])
async def test_webhooks_that_do_not_come_are_no_removal(answer: httpx.Response) -> None:
    parents = [{"key": CAMPAIGNS, "id": CAMPAIGNS}, {"key": LEADS, "id": LEADS}]
    given = [found async for found in calls.webhooks(answering(answer).api, parents, [{}, {}])]
    assert [type(fault).__name__ for _, fault in given] in (["Denied"] * 2, ["Malformed"] * 2)


async def test_a_board_may_be_hidden_and_calls_of_a_day_hang_on_the_plan() -> None:
    _, world, _ = desk(VENDOR)
    vantage, _, _ = await world.poll(listings=["account"])
    assert vantage.silent == {Kind.SCHEMA, Kind.AUTOMATION}, "made private is not told from gone: it is held"
    quota = VENDOR.quota
    assert quota is not None and (free := quota.on({"plan": "free"})) is not None
    assert (free.per_day, free.resets) == (200, "UTC")


# who


async def test_who_changed_a_column_is_named_among_several_and_others_are_not_taken() -> None:
    account, world, wire = desk(VENDOR)
    account.act(board=CAMPAIGNS, event="change_column_settings", user="9", column_id="budget")
    account.clock.advance(20)
    account.act(board=CAMPAIGNS, event="update_column_name", user="8", column_id="budget", column_title="Budget")
    account.act(board=CAMPAIGNS, event="change_column_settings", user="7", column_id="status")
    account.act(board=CAMPAIGNS, event="update_column_value", user="9", entity="pulse", column_id="budget", pulse_id=1)
    account.act(board=CAMPAIGNS, event="batch_change_pulses_column_value", user="9", column_id="budget")
    account.act(board=LEADS, event="delete_column", user="9", column_id="budget")
    found, status, absent = await told(
        world, BUDGET, Sought(COLUMNS, "status", NOW - 60, NOW + 60), Sought(COLUMNS, "name", NOW - 60, NOW + 60)
    )
    assert found == {
        "by": "marketing-operations@example.com", "at": "2026-05-28T20:27:00Z", "action": "update_column_name",
        "how": "named",
    }  # fmt: skip
    assert status["by"] == "driftline@example.com" and absent == {}
    assert (operations(wire, "query Names"), operations(wire, "query Gone")) == (1, 0)


async def test_an_act_before_or_after_the_time_in_question_is_not_it() -> None:
    account, world, _ = desk(VENDOR)
    account.act(board=CAMPAIGNS, event="update_column_name", column_id="budget")
    account.clock.advance(600)
    account.act(board=CAMPAIGNS, event="change_column_settings", user="9", column_id="budget")
    account.clock.advance(600)
    between = Sought(COLUMNS, "budget", NOW + 200, NOW + 400)
    late = Sought(COLUMNS, "budget", NOW + 500, NOW + 700)
    assert [one.get("by") for one in await told(world, between, late)] == [None, "agency-01@example.com"]


async def test_a_board_has_its_own_acts_and_so_has_one_that_is_gone() -> None:
    account, world, _ = desk(VENDOR)
    account.act(board=CAMPAIGNS, event="board_view_added", user="9")
    account.clock.advance(1)
    account.act(board=CAMPAIGNS, event="create_column", user="8", column_id="budget")
    account.act(board=CAMPAIGNS, event="subscribe", user="8")
    account.act(board=CAMPAIGNS, event="batch_move_pulses_into_board", user="8")
    account.act(board=LEADS, event="board_deleted", user="8")
    account.alter(table="boards", key=LEADS, what={"state": "deleted"})
    found = await told(world, *(Sought(BOARDS, key, NOW - 60, NOW + 60) for key in (CAMPAIGNS, LEADS, "999")))
    assert [one.get("action") for one in found] == ["board_view_added", "board_deleted", None]


async def test_what_no_boards_log_knows_is_not_asked_for() -> None:
    _, world, wire = desk(VENDOR)
    sought = [Sought(Ref(Kind.PERMISSION, "users"), "p-1", 0, NOW), Sought(Ref(Kind.SCHEMA, "workspaces"), "1", 0, NOW)]
    assert await told(world, *sought) == [{}, {}] and not wire.requests


@pytest.mark.parametrize(
    ("user", "by"),
    [("10", "former-01@example.com"), ("4711", "4711"), (AUTOMATION, "automation")],
    ids=["deactivated", "deleted", "an automation"],
)
async def test_who_is_no_user_any_more_is_told_without_a_name(user: str, by: str) -> None:
    account, world, _ = desk(VENDOR)
    account.act(board=CAMPAIGNS, event="delete_column", user=user, column_id="budget")
    (found,) = await told(world, BUDGET)
    assert (found["by"], found["how"], found["action"]) == (by, "named", "delete_column")


async def test_a_token_that_may_not_see_users_tells_the_number_and_when() -> None:
    account, world, _ = desk(VENDOR)
    account.act(board=CAMPAIGNS, event="delete_column", user="8", column_id="budget")
    account.revoke(name="users:read")
    (found,) = await told(world, BUDGET)
    assert (found["by"], found["at"]) == ("8", "2026-05-28T20:26:40Z")


async def test_a_log_is_paged_until_the_thing_is_found_or_it_ends() -> None:
    account, world, wire = desk(VENDOR, page=2)
    account.act(board=CAMPAIGNS, event="delete_column", user="8", column_id="budget")
    account.clock.advance(1)
    for n in range(4):
        account.act(board=CAMPAIGNS, event="update_column_value", entity="pulse", column_id="budget", pulse_id=n)
    (found,) = await told(world, BUDGET)
    assert found["action"] == "delete_column" and operations(wire, "query Logs") == 3
    assert await told(world, Sought(COLUMNS, "status", NOW - 60, NOW + 60)) == [{}]
    assert operations(wire, "query Logs") == 3 + 4, "up to the page that is empty"


async def test_a_log_without_end_is_left_after_the_lines_that_the_vendor_gives(monkeypatch: Any) -> None:
    account, world, wire = desk(VENDOR, page=1)
    monkeypatch.setattr(asked, "PAGES", 2)
    for n in range(4):
        account.act(board=CAMPAIGNS, event="update_column_value", entity="pulse", column_id="budget", pulse_id=n)
    assert await told(world, BUDGET) == [{}] and operations(wire, "query Logs") == 2


async def test_a_board_that_is_refused_hides_no_other(monkeypatch: Any) -> None:
    account, world, _ = desk(VENDOR)
    account.act(board=CAMPAIGNS, event="delete_column", user="8", column_id="budget")
    listed = account._logs

    def closed(board: str, wanted: Any) -> Any:
        if board == LEADS:
            account.need(None, "what nobody gave")
        return listed(board, wanted)

    monkeypatch.setattr(account, "_logs", closed)
    found, refused = await told(world, BUDGET, Sought(BOARDS, LEADS, NOW - 60, NOW + 60))
    assert found["by"] == "marketing-operations@example.com" and isinstance(refused, Denied)


async def test_an_answer_without_boards_is_malformed() -> None:
    (found,) = await told(answering(js({"data": {}})), BUDGET)
    assert isinstance(found, Malformed)


def test_the_accounts_queries_know_aliases_and_refuse_what_is_not_there() -> None:
    (field,) = parse("query Q { b1: boards(ids: [1]) { name: id } }")
    assert (field.name, field.told, field.inner[0].told) == ("boards", "b1", "name")
    assert picked([{"id": "7"}, None], field) == [{"name": "7"}, None]
    with pytest.raises(Wrong):
        picked({"title": "x"}, field)


async def test_the_account_refuses_a_query_that_it_does_not_know_and_a_board_that_is_not_there() -> None:
    account, world, _ = desk(VENDOR)
    world.api.start()
    with pytest.raises(Fault):
        await calls.told(world.api, "Tags", "query Tags { tags { id } }")
    with pytest.raises(KeyError, match="nowhere"):
        account.act(board="nowhere", event="create_column")
