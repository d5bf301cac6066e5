"""The coded parts of the Directus vendor file; its listings are held against a real server in tests/real."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from probes.directus import VENDOR, folded, outcome
from probes.kit.contract import Kind, Ref, State
from tests.probes.kit.world import World, js

TYPES = {"op-1": "request", "op-2": "condition"}


def run(*steps: tuple[str, str], at: str = "2026-11-22T02:00:00.000Z") -> dict[str, Any]:
    made = [{"operation": operation, "key": "call", "status": status} for operation, status in steps]
    return {"activity": {"timestamp": at}, "data": {"steps": made}}


@pytest.mark.parametrize(
    ("steps", "died_at"),
    [
        ([("op-1", "resolve")], ""),
        ([("op-1", "reject")], "call"),
        ([("op-1", "reject"), ("op-1", "resolve")], ""),
        ([("op-2", "reject")], ""),
        ([], ""),
    ],
)
def test_a_run_failed_when_its_last_step_did_unless_that_was_a_condition(
    steps: list[tuple[str, str]], died_at: str
) -> None:
    assert outcome(run(*steps), TYPES) == ("2026-11-22T02:00:00.000Z", died_at)


def test_a_run_without_anything_in_it_went_well() -> None:
    assert outcome({"data": None, "activity": None}, TYPES) == ("", "")


@pytest.mark.parametrize(
    ("status", "outcomes", "state"),
    [
        ("active", [], "never"),
        ("active", [("3", ""), ("2", "call")], "ok"),
        ("active", [("3", "call"), ("2", "")], "reject"),
        ("inactive", [("3", "")], "inactive"),
    ],
)
def test_a_flow_is_as_its_newest_run(status: str, outcomes: list[tuple[str, str]], state: str) -> None:
    row = folded({"id": "f", "name": "Send", "status": status, "options": {"cron": "0 * * * *"}}, outcomes)
    assert (row["state"], row["cron"]) == (state, "0 * * * *")
    if state == "reject":
        assert (row["succeeded_at"], row["failed_at"], row["errors"]) == ("2", "3", ["step call rejected"])


@pytest.mark.parametrize(("trigger", "cron"), [("schedule", "0 0 * * * *"), ("event", None)])
def test_only_a_flow_that_a_schedule_starts_is_due_by_it(trigger: str, cron: str | None) -> None:
    row = folded({"id": "f", "trigger": trigger, "options": {"cron": "0 0 * * * *"}}, [("3", "")])
    assert row["due_by"] == cron


async def test_runs_of_a_flow_that_leaves_no_trace_are_not_asked_for() -> None:
    flow = {
        "id": "f",
        "name": "Send",
        "status": "active",
        "trigger": "webhook",
        "accountability": None,
        "options": None,
    }

    def handle(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api")
        if path == "/users/me":
            return js({"data": {"id": "u-1", "email": None, "language": None, "role": None}})
        if path == "/policies/me/globals":
            return js({"data": {"app_access": False, "admin_access": True, "enforce_tfa": False}})
        if path == "/server/info":
            return js({"data": {"version": "12.4.0", "project": {"project_name": "CMS"}}})
        if path in ("/flows", "/operations"):
            rows = [flow] if path == "/flows" else []
            return js({"data": rows, "meta": {"filter_count": len(rows)}})
        raise AssertionError(f"nobody should ask for {path}")

    world = World(VENDOR, handle, base="https://cms.example.com/api", options={})
    vantage, scopes, _ = await world.poll(listings=["flow-runs"])
    assert (vantage.account, vantage.subject, vantage.locale) == ("cms.example.com/api", "u-1", "default")
    assert vantage.grants == {"admin_access"}
    (row,) = scopes[Ref(Kind.SYNC, "flows")].resources
    assert row.health is not None
    assert row.health.state == "unknown"


async def test_a_200_with_errors_is_a_fault() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        said = {"message": "You don't have permission", "extensions": {"code": "FORBIDDEN"}}
        return js({"errors": [said]} if request.url.path == "/collections" else {"data": {}})

    world = World(VENDOR, handle, base="https://cms.example.com", options={})
    _, scopes, reads = await world.poll(listings=["collections", "fields"])
    assert reads["collections"].coverage.state is State.DENIED
    assert reads["fields/*"].coverage.state is State.DENIED
    assert all(not scope.resources for scope in scopes.values())
