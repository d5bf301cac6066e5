"""The whole path on real input: the daemon watches a real Directus that an administrator changes.

Each change is followed from the vendor to the finding, the metric, the decision and the commit that closes it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.serving import Serving, Stack, until
from tests.real.conftest import WEAK_TOKEN
from tests.real.directus import ADMIN_EMAIL, Server

NAME = "cms"
LOOKS = 75.0  # seconds for a removal to be believed: the second look comes 30 s after the first at the earliest


@pytest.fixture(scope="module")
def flow(directus: Server) -> dict[str, Any]:
    """A webhook flow that works: its one step asks this very server."""
    made = directus.post(
        "/flows",
        {"name": "Send lead", "status": "active", "trigger": "webhook", "accountability": "all",
         "options": {"method": "GET", "async": False, "return": "$all"}},
    )  # fmt: skip
    step = directus.post(
        "/operations",
        {"flow": made["id"], "key": "call", "name": "Call", "type": "request", "position_x": 19, "position_y": 1,
         "options": {"method": "GET", "url": f"{directus.url}/server/ping"}},
    )  # fmt: skip
    directus.patch(f"/flows/{made['id']}", {"operation": step["id"]})
    run(directus, made["id"])
    return {"id": made["id"], "step": step["id"]}


@pytest.fixture(scope="module")
def daemon(directus: Server, flow: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Everything that was found is its baseline."""
    directus.post("/fields/leads", {"field": "source", "type": "string", "schema": {}, "meta": {"note": "Where from"}})
    stack = Stack(tmp_path_factory.mktemp("directus") / "stack")
    stack.integration(NAME, "directus", directus.url, {"scheme": "token", "token": stack.secret("cms", directus.token)})
    with Serving(stack) as serving:
        serving.capture(NAME)
        assert serving.poll(NAME)["outcome"] == "ok"
        assert told(serving) == []
        yield serving


def told(daemon: Serving) -> list[str]:
    """What is open, in the words of the page."""
    return [f"{one['technical']}: {one['says']}" for one in daemon.findings()]


def run(directus: Server, flow: str) -> None:
    assert httpx.get(f"{directus.url}/flows/trigger/{flow}", trust_env=False).status_code == 200


def seen(daemon: Serving, scope: str, key: str, fact: str = "") -> Any:
    """Polls; gives the open finding there."""
    daemon.poll(NAME)
    finding = daemon.found(scope, key, fact)
    assert finding is not None, daemon.findings("all")
    return finding


def opened(daemon: Serving, kind: str) -> float | None:
    return daemon.metric("driftline_drift_open", integration=NAME, vendor="directus", kind=kind)


def done_by(daemon: Serving, finding: Any) -> tuple[str, str, str]:
    """Who did it, how sure that is, and what the vendor calls it, once the vendor was asked."""

    def told() -> Any:
        who = daemon.get(f"findings/{finding['id']}")["who"]
        return who if who["by"] else None

    who = until(told, 10, "it is told who did it")
    return who["by"], who["how"], who["action"]


def approved(daemon: Serving, finding: Any, path: str) -> str:
    """Approves it, and sees that the commit alone closed it. Gives what the commit changed."""
    polled = daemon.get("readings", integration=NAME, limit=1)["items"][0]["id"]
    row = daemon.decide("approve", finding, reason="it is meant", ticket="MOPS-1")
    assert row["state"] == "pushed", row
    assert (row["sha"], row["uuid"]) == daemon.stack.log()[-1]
    now = daemon.get(f"findings/{finding['id']}")["row"]
    assert (now["stand"], now["closing"]) == ("closed", "approved")
    assert daemon.get("readings", integration=NAME, limit=1)["items"][0]["id"] == polled, "nobody was asked for it"
    changed = daemon.stack.git("-C", str(daemon.stack.hub), "show", "--format=", "--name-only", row["sha"])
    assert changed == path
    return daemon.stack.git("-C", str(daemon.stack.hub), "show", "--format=", "--unified=0", row["sha"])


def test_a_field_that_was_added_is_found_counted_approved_and_committed(daemon: Serving, directus: Server) -> None:
    directus.post("/fields/leads", {"field": "score", "type": "integer", "schema": {}, "meta": {"note": "0 to 100"}})
    finding = seen(daemon, "leads", "score")
    assert (finding["action"], finding["kind"]) == ("added", "field")
    assert done_by(daemon, finding) == (ADMIN_EMAIL, "named", "create")
    page = httpx.get(f"{daemon.stack.url}/findings/{finding['id']}", trust_env=False).text
    assert f"<strong>{ADMIN_EMAIL}</strong>" in page, "the administrator who changed it, on the page of the finding"
    until(lambda: opened(daemon, "field") == 1, 10, "the metric says one")
    diff = approved(daemon, finding, f"baselines/{NAME}/field/leads.json")
    assert "0 to 100" in diff
    until(lambda: opened(daemon, "field") == 0, 10, "the metric says none")
    daemon.poll(NAME)
    assert told(daemon) == []


def test_a_field_that_was_altered_is_told_fact_by_fact(daemon: Serving, directus: Server) -> None:
    directus.patch("/fields/leads/email", {"schema": {"max_length": 60}, "meta": {"required": True}})
    finding = seen(daemon, "leads", "email", "length")
    required = daemon.found("leads", "email", "required")
    assert (finding["action"], required["action"]) == ("narrowed", "narrowed")
    detail = daemon.get(f"findings/{finding['id']}")
    assert "120" in str(detail["diff"])
    assert "60" in str(detail["diff"])
    assert done_by(daemon, finding) == done_by(daemon, required) == (ADMIN_EMAIL, "named", "update")
    directus.patch("/fields/leads/email", {"meta": {"required": False}})
    diff = approved(daemon, finding, f"baselines/{NAME}/field/leads.json")
    assert [line for line in diff.splitlines() if line.startswith(("-  ", "+  ")) and "length" not in line] == []
    assert daemon.found("leads", "email", "required") is not None, "only what was approved is approved"
    daemon.poll(NAME)
    put_back = daemon.get(f"findings/{required['id']}")["row"]
    assert (put_back["stand"], put_back["closing"]) == ("closed", "agreed")


def test_a_field_that_was_deleted_is_believed_when_the_server_says_of_it_alone_that_it_is_gone(
    daemon: Serving, directus: Server
) -> None:
    directus.delete("/fields/leads/source")
    daemon.poll(NAME)
    finding = until(lambda: daemon.found("leads", "source"), 15, "it was looked at by itself")
    assert finding["action"] == "removed"
    assert finding["opened_at"] - finding["first_seen_at"] < 15, "no second reading was waited for"
    assert "it does not exist" in daemon.get(f"findings/{finding['id']}")["evidence"]["confirmed"]
    assert done_by(daemon, finding) == (ADMIN_EMAIL, "named", "delete")
    until(lambda: opened(daemon, "field") == 1, 10, "the metric says one")
    diff = approved(daemon, finding, f"baselines/{NAME}/field/leads.json")
    assert '-    "source"' in diff


def test_a_permission_that_was_widened_is_found_and_approved(daemon: Serving, directus: Server) -> None:
    policy = next(one["id"] for one in directus.get("/policies") if one["name"] == "Sales")
    directus.post("/permissions", {"policy": policy, "collection": "leads", "action": "update", "fields": ["*"]})
    finding = seen(daemon, "permissions", "Sales/leads/update")
    assert finding["kind"] == "permission"
    assert finding["level"] in ("warning", "breaking")
    until(lambda: opened(daemon, "permission") == 1, 10, "the metric says one")
    approved(daemon, finding, f"baselines/{NAME}/permission/permissions.json")


def test_a_permission_that_was_deleted_is_believed_after_a_second_look_alone(daemon: Serving, directus: Server) -> None:
    """Directus is not asked for one permission, so the list is read again."""
    made = next(
        one for one in directus.get("/permissions") if (one["collection"], one["action"]) == ("leads", "update")
    )
    directus.delete(f"/permissions/{made['id']}")
    daemon.poll(NAME)
    assert daemon.found("permissions", "Sales/leads/update") is None
    assert daemon.found("permissions", "Sales/leads/update", stand="suspected") is not None
    until(lambda: daemon.found("permissions", "Sales/leads/update"), LOOKS, "the second look came by itself")
    finding = daemon.found("permissions", "Sales/leads/update")
    assert finding["action"] == "removed"
    assert finding["opened_at"] - finding["first_seen_at"] >= 15
    newest = daemon.get("readings", integration=NAME, limit=1)["items"][0]
    assert sum(newest["requests"].values()) < 10, "it asked for that read alone"
    assert done_by(daemon, finding) == (ADMIN_EMAIL, "named", "delete")
    approved(daemon, finding, f"baselines/{NAME}/permission/permissions.json")


def test_a_flow_that_breaks_fails_in_health_and_metric(daemon: Serving, directus: Server, flow: dict[str, Any]) -> None:
    broken = {"options": {"method": "GET", "url": "http://127.0.0.1:1/none"}}
    directus.patch(f"/operations/{flow['step']}", broken)
    run(directus, flow["id"])
    step = seen(daemon, "operations", "Send lead/call", "x_options_digest")
    daemon.poll(NAME)
    failing = [one for one in daemon.findings() if one["source"] == "health"]
    assert {(one["scope"], one["key"], one["fact"]) for one in failing} == {
        ("flows", "Send lead", "state"), ("flows", "Send lead", "errors"),
    }  # fmt: skip
    until(lambda: daemon.metric("driftline_sync_state", integration=NAME, state="failing") == 1, 10, "one sync fails")
    says = {"integration": NAME, "source": "health"}
    roots = len([one for one in failing if not one["cause"]])
    until(lambda: daemon.metric("driftline_finding_open", **says) == roots, 10, f"the metric says {roots}")
    directus.patch(f"/operations/{flow['step']}", {"options": {"method": "GET", "url": f"{directus.url}/server/ping"}})
    run(directus, flow["id"])
    daemon.poll(NAME)
    daemon.poll(NAME)
    assert told(daemon) == []
    assert daemon.get(f"findings/{step['id']}")["row"]["closing"] == "agreed"


def test_a_weaker_token_loses_sight_and_deletes_nothing(daemon: Serving, directus: Server) -> None:
    before = {one["read"]: one for one in daemon.get("coverage", integration=NAME)["items"]}
    files = daemon.stack.git("-C", str(daemon.stack.hub), "ls-tree", "-r", "main")
    daemon.stack.secret("cms", WEAK_TOKEN)
    daemon.poll(NAME)
    daemon.poll(NAME)
    every = daemon.findings("all")
    sight = [one for one in every if one["scope"] == "vantage" and one["fact"] == "grants"]
    assert [(one["stand"], one["action"]) for one in sight] == [("open", "narrowed")]
    standing = [one for one in every if one["stand"] != "closed" and one["scope"] != "vantage"]
    removed = [one for one in standing if one["action"] == "removed"]
    assert [one["technical"] for one in removed] == [], "what cannot be seen is not gone, no item of a list either"
    alone = [(one["technical"], one["stand"]) for one in standing if one["cause"] != sight[0]["id"]]
    assert alone == [], "what looks otherwise now hangs under the lost sight"
    after = {one["read"]: one for one in daemon.get("coverage", integration=NAME)["items"]}
    assert before.keys() == after.keys()
    for listing in ("policies", "permissions", "flows", "operations"):
        assert after[listing]["state"] == "denied", after[listing]
    assert daemon.metric("driftline_probe_coverage_scopes", integration=NAME, state="denied") or until(
        lambda: daemon.metric("driftline_probe_coverage_scopes", integration=NAME, state="denied"), 10, "denied scopes"
    )
    assert daemon.stack.git("-C", str(daemon.stack.hub), "ls-tree", "-r", "main") == files
    daemon.stack.secret("cms", directus.token)
    daemon.poll(NAME)
    assert daemon.poll(NAME)["outcome"] == "ok"
    assert told(daemon) == []


def test_the_metrics_are_well_formed(daemon: Serving, tmp_path: Path) -> None:
    page = daemon.scrape()
    assert "driftline_probe_success{" in page
    assert WEAK_TOKEN not in page + daemon.log
    promtool = shutil.which("promtool")
    if promtool is None:
        if os.environ.get("CI"):
            pytest.fail("promtool is missing, and may not be skipped here")
        pytest.skip("promtool is missing (Debian: apt-get install prometheus)")
    checked = subprocess.run([promtool, "check", "metrics"], input=page, text=True, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
