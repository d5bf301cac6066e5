"""Census and monday.com: their traps, against answers in the shape that each publishes."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from probes import census, monday
from probes.kit.contract import Fault, Kind, Malformed, Ref, State
from probes.kit.listing import Vendor
from tests.probes.kit.world import js
from tests.probes.specs import unread
from tests.probes.written import written


@pytest.mark.parametrize("vendor", [census.VENDOR, monday.VENDOR], ids=lambda one: one.name)
async def test_no_declared_fact_reads_nothing_and_no_secret_is_read(vendor: Vendor) -> None:
    _, scopes, _ = await written(vendor).poll(person=lambda name: f"p-{name.partition('@')[0]}")
    assert unread(vendor, scopes) == set()
    said = repr(list(scopes.values()))
    assert not any(word in said for word in ("not-for-git", "not_for_git", "@example.com"))


async def test_a_census_sync_tells_line_by_line_what_goes_where() -> None:
    _, scopes, _ = await written(census.VENDOR).poll(listings=["syncs"])
    rows = {one.key: one.facts for one in scopes[Ref(Kind.SYNC, "syncs")].resources}
    assert [(one["from"], one["to"]) for one in rows["61"]["mapping"]] == [
        ("EMAIL/email", "email"), ("EMAIL/work_email", "work_email"), ("(constant_value)", "cohort"),
        ("ACCOUNT", "company"),
    ]  # fmt: skip
    assert (rows["61"]["source"], rows["62"]["source"]) == ("4/qualified_leads", "4/users")
    assert (rows["63"]["enabled"], rows["63"]["schedule"], rows["61"]["schedule"]) == (False, "* 1 * * *", "daily")


async def test_a_census_sync_is_as_its_newest_run_that_was_no_skip() -> None:
    _, scopes, _ = await written(census.VENDOR).poll()
    found = {ref.name: row.health for ref, scope in scopes.items() if ref.name.endswith(".runs")
             for row in scope.resources}  # fmt: skip
    states = {name: health and health.state for name, health in found.items()}
    assert states == {"61.runs": "ok", "62.runs": "failing", "63.runs": "paused", "64.runs": "unknown"}
    failing = found["62.runs"]
    assert failing is not None and (failing.rows_ok, failing.rows_failed, failing.errors) == (
        0, 480, ("JSON_ARRAY_ERROR",),
    )  # fmt: skip
    assert failing.succeeded_at is not None and failing.failed_at is not None


def test_a_cancelled_census_run_says_nothing_of_the_sync() -> None:
    run = {"status": "completed", "canceled": True, "completed_at": "2026-05-28T02:52:29.234Z", "records_updated": 1}
    assert census.folded([run], False) == {
        "state": "canceled", "succeeded_at": None, "failed_at": None, "ok": None, "failed": None, "errors": [],
    }  # fmt: skip


async def test_the_end_of_censuss_v1_is_told_before_it_comes() -> None:
    made = written(census.VENDOR)
    await made.poll(listings=["sources"])
    assert made.signals.sunset["v1"] > 1_780_000_000


@pytest.mark.parametrize(
    ("answer", "state"), [(js({"status": "error", "message": "no"}), State.FAILED), (js({}, 401), State.DENIED)]
)
async def test_a_census_list_that_does_not_come_is_no_empty_list(answer: httpx.Response, state: State) -> None:
    _, _, reads = await written(census.VENDOR, {"destinations": answer}).poll(listings=["destinations"])
    assert reads["destinations"].coverage.state is state


async def test_census_runs_that_do_not_come_are_malformed() -> None:
    no = js({"status": "success"})
    _, _, reads = await written(census.VENDOR, {"sync_runs": no}).poll(listings=["syncs", "runs"])
    assert reads["runs/61"].coverage.state is State.FAILED


async def test_mondays_columns_have_their_labels_read_out_of_a_string() -> None:
    _, scopes, _ = await written(monday.VENDOR).poll(listings=["boards"])
    rows = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "901")].resources}
    assert {key: facts["type"] for key, facts in rows.items()} == {
        "name": "text", "status": "option", "channel": "multi_option", "budget": "decimal", "share": "any",
        "lead": "reference", "soon": "any",
    }  # fmt: skip
    assert [one["value"] for one in rows["status"]["options"]] == ["Working", "Done", "Done/5"]
    assert rows["share"]["formula"] == "{budget}/100" and rows["lead"]["references"] == ["902"]
    assert scopes[Ref(Kind.FIELD, "902")].parent is not None


def test_settings_that_are_no_json_are_malformed() -> None:
    assert monday.inside(None) == {"labels": [], "formula": None, "boards": None}
    with pytest.raises(Malformed):
        monday.inside("{")


@pytest.mark.parametrize(
    ("me", "grants"),
    [
        ({"is_admin": True}, {"admin", "member"}),
        ({"is_admin": False}, {"member"}),
        ({"is_guest": True, "is_admin": False}, {"guest"}),
        ({"is_view_only": True}, {"view-only"}),
    ],
)
def test_what_mondays_token_sees_hangs_on_what_its_user_is(me: dict[str, Any], grants: set[str]) -> None:
    assert monday.standing(me) == grants


async def test_mondays_webhooks_of_many_boards_are_one_operation() -> None:
    made = written(monday.VENDOR)
    _, scopes, _ = await made.poll(listings=["boards", "webhooks"])
    sent = [request for request in made.requests if b"Webhooks" in request.content]
    assert len(sent) == 1 and b"b901: webhooks(board_id: 901)" in sent[0].content
    (hook,) = scopes[Ref(Kind.SYNC, "901.webhooks")].resources
    assert hook.facts["trigger"] == "change_status_column_value" and "config" not in hook.facts


def refusal(code: str, **more: Any) -> httpx.Response:
    said = {"message": "no", "extensions": {"code": code, **more}}
    return js({"data": {"boards": []}, "errors": [said]})


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refusal("USER_UNAUTHORIZED", status_code=403), "Denied"),
        (refusal("COMPLEXITY_BUDGET_EXHAUSTED", retry_in_seconds=7), "Throttled"),
        (js({"error_code": "ComplexityException", "error_message": "reset in 9 seconds"}, 429), "Throttled"),
        (js({"data": {"boards": None}}), "Malformed"),
    ],
)
async def test_mondays_refusals_come_with_a_200_and_data_beside_them_is_not_believed(
    answer: httpx.Response, words: str
) -> None:
    held = written(monday.VENDOR, {"v2": answer})
    held.api.start()
    with pytest.raises(Fault) as caught:
        await monday.whole(held.api, "Boards", "boards", monday.BOARDS)
    assert type(caught.value).__name__ == words


@pytest.mark.parametrize("answer", [refusal("USER_UNAUTHORIZED"), js({"data": {}})])
async def test_mondays_webhooks_that_do_not_come_are_no_removal(answer: httpx.Response) -> None:
    held = written(monday.VENDOR, {"v2": answer})
    held.api.start()
    parents = [{"key": "901", "id": "901"}, {"key": "902", "id": "902"}]
    given = [found async for found in monday.webhooks(held.api, parents, [{}, {}])]
    assert [type(fault).__name__ for _, fault in given] in (["Denied"] * 2, ["Malformed"] * 2)


async def test_a_monday_board_may_be_hidden_and_calls_of_a_day_hang_on_the_plan() -> None:
    vantage, _, _ = await written(monday.VENDOR).poll(listings=["account"])
    assert vantage.silent == {Kind.SCHEMA}, "made private is not told from gone: it is held"
    quota = monday.VENDOR.quota
    assert quota is not None and (free := quota.on({"plan": "free"})) is not None
    assert (free.per_day, free.resets) == (200, "UTC")
