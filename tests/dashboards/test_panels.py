"""Each query of the dashboards, asked of a real Prometheus that scrapes the running demo: none empty, the counts are
those of the API, and the page behind each number is there."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from fastapi import FastAPI

from monitor.dashboards import render
from monitor.dashboards.overview import OVERVIEW
from tests.dashboards.filled import INTEGRATION, filled, page
from tests.dashboards.running import demo, prometheus, query
from tests.e2e.serving import Serving, account, until

BROKEN = ("3", "4", "5")  # lines of the story that need no second look
ENDS = 1_900_000_000  # when the credential of the in-house system ends
LAG = 90  # seconds by which its job is behind
PATIENCE = 90
pytestmark = pytest.mark.proof
PANELS = [(board.name, panel) for board in render.DASHBOARDS for panel in board.panels]


def in_house() -> FastAPI:
    """A system of one's own, declared by YAML, that tells when its key ends."""
    app = FastAPI()

    @app.get("/me")
    async def me() -> dict[str, Any]:
        return {"org": "example", "ends": ENDS}

    @app.get("/jobs")
    async def jobs() -> dict[str, Any]:
        return {"data": [{"name": "cards", "on": True, "state": "done", "behind": LAG}]}

    @app.get("/api/v2/summary.json")
    async def status() -> dict[str, Any]:
        """In the shape that Statuspage publishes (developer.statuspage.io, Status API, summary)."""
        page = {"id": "p", "name": "Loyalty", "url": "https://status.example.com", "time_zone": "Etc/UTC"}
        told = {"indicator": "minor", "description": "Minor Service Outage"}
        return {"page": page, "status": told, "components": [], "incidents": [], "scheduled_maintenances": []}

    @app.get("/objects")
    async def objects() -> dict[str, Any]:
        return {"data": [{"name": "card", "label": "Card"}]}

    return app


def declare(folder: Path, base: str) -> None:
    rest = {
        "title": "Loyalty",
        "auth": {"style": "header", "headers": {"X-Api-Key": "{token}"}},
        "identity": {"path": "/me", "account": "org", "expires_at": "ends"},
        "listings": [
            {"name": "objects", "kind": "schema", "path": "/objects", "records": "data", "key": "name",
             "facts": ["label"]},
            {"name": "jobs", "kind": "sync", "path": "/jobs", "records": "data", "key": "name",
             "facts": {"enabled": "on"}, "health": {"state": "state", "lag": "behind"}, "states": {"done": "ok"}},
        ],
    }  # fmt: skip
    key = folder / "loyalty.key"
    key.touch(0o600)
    key.write_text("not a secret\n")
    entry = {
        "vendor": "rest", "owner": "marketing-operations", "base": base, "allow_private": True, "rest": rest,
        "credentials": {"scheme": "header", "token": f"${{file:{key.name}}}"},
        "status": {"page": base, "allow_private": True},
    }  # fmt: skip
    (folder / "config" / "integrations" / "loyalty.yaml").write_text(yaml.safe_dump(entry))


def opened(serving: Serving) -> list[Any]:
    """Open findings that hang under no other, and that no policy approves."""
    return list(serving.get("findings", stand="open", limit=200)["items"])


def narrowed(serving: Serving) -> Any:
    """What line 4 of the story is found as, or None."""
    place = ("Lead", "Score__c", "precision")
    return next((one for one in opened(serving) if (one["scope"], one["key"], one["fact"]) == place), None)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """The demo, something broken in it, one of its findings approved, and all of that scraped."""
    folder = tmp_path_factory.mktemp("dashboards")
    with (
        account(in_house()) as base,
        demo(folder / "demo") as serving,
        prometheus(folder / "prom", serving.stack.metrics) as prom,
    ):
        declare(serving.stack.folder, base)
        serving.post("/-/reload")
        serving.capture("loyalty")
        until(lambda: query(prom, 'driftline_vendor_status{state="degraded"} == 1'), PATIENCE, "its status is scraped")
        for number in BROKEN:
            done = serving.api.post(
                f"/break/{number}/do", headers={"origin": serving.stack.url, "accept": "application/json"}
            )
            assert done.status_code < 400, done.text
        until(lambda: len(opened(serving)) >= len(BROKEN), PATIENCE, "each line is found")
        decided = until(lambda: narrowed(serving), PATIENCE, "line 4 is found")
        assert serving.decide("approve", decided)["state"] == "pushed"
        until(lambda: query(prom, "driftline_rule_decisions_total"), PATIENCE, "the decision is scraped")
        until(lambda: query(prom, "rate(driftline_api_requests_total[1m])"), PATIENCE, "two scrapes")
        yield SimpleNamespace(serving=serving, prom=prom, decided=decided)


def asked(prom: str, title: str, board: str) -> dict[str, float]:
    """The numbers of a panel, by the label that tells them apart; a zero that the API does not speak of left out."""
    panel = next(panel for name, panel in PANELS if (name, panel.title) == (board, title))
    rows = query(prom, filled(panel.expr))
    return {labels.get(panel.legend, ""): value for labels, value in rows if value or not panel.legend}


def test_no_panel_is_empty_and_each_number_leads_to_a_page_that_is_there(running: SimpleNamespace) -> None:
    pages: dict[str, str] = {}
    for board, panel in PANELS:
        rows = query(running.prom, filled(panel.expr))
        assert rows, f"{board}: {panel.title} is empty"
        assert not any(math.isnan(value) for _, value in rows), f"{board}: {panel.title}"
        for labels, _ in rows:
            pages[page(render.address(panel.link), labels)] = f"{board}: {panel.title}"
    for path, of in pages.items():
        answer = running.serving.api.get(path, headers={"accept": "text/html"})
        assert answer.status_code == 200 and "text/html" in answer.headers["content-type"], (
            of,
            path,
            answer.status_code,
        )
    assert len(pages) > 30
    (service,) = query(running.prom, "driftline_service_info")
    assert service[0]["url"] == running.serving.stack.url, "what $url is filled with"


def test_the_counts_are_those_of_the_api(running: SimpleNamespace) -> None:
    """Looked at again until both say the same: a scrape is a second old, and its rendering up to five."""
    serving: Serving = running.serving

    def api() -> dict[str, dict[str, float]]:
        told, rows = serving.get("summary"), opened(serving)
        systems = {one["name"]: one for one in serving.get("integrations")["items"]}

        def by(field: str, found: list[Any] = rows) -> dict[str, float]:
            return {word: float(count) for word, count in Counter(one[field] for one in found).items()}

        return {
            "Breaking": {"": told["breaking"]},
            "Warning": {"": told["warning"]},
            "Info": {"": told["info"]},
            "Read completely": {"": told["complete"] / told["scopes"]},
            "Open findings": by("level"),
            "Open findings by owner": by("owner"),
            "Open findings by integration": by("integration"),
            "Open findings by source": by("source"),
            "Open drift by kind": by("kind", [one for one in rows if one["source"] == "drift"]),
            "Flows": by("state", serving.get("flows")["items"]),
            "driftline-integration/Open findings": {"": sum(1.0 for one in rows if one["integration"] == INTEGRATION)},
            "driftline-integration/Read completely": {"": systems[INTEGRATION]["coverage"]},
            "driftline-review/Decided since the daemon started": {"approve": 1.0},
            "driftline-budget/Integrations": {"": float(len(systems))},
            "driftline-budget/Credentials whose end is not told": {"": float(len(systems) - 1)},
        }

    def panels() -> dict[str, dict[str, float]]:
        named = {name: name.rpartition("/") for name in last[1]}
        return {name: asked(running.prom, title, board or OVERVIEW.name) for name, (board, _, title) in named.items()}

    last: list[Any] = [None, None]

    def same() -> bool:
        last[1] = api()
        last[0] = panels()
        return bool(last[0] == last[1])

    try:
        until(same, PATIENCE, "the panels say what the API says")
    finally:
        assert last[0] == last[1]
    assert sum(last[1][title][""] for title in ("Breaking", "Warning", "Info")) >= 2, "something is open to be counted"


def test_a_decision_is_an_annotation_and_an_approval_stands_at_its_time(running: SimpleNamespace) -> None:
    decisions = query(running.prom, filled(render.DECISIONS))
    assert [(labels["decision"], labels["rule"]) for labels, _ in decisions] == [("approve", running.decided["rule"])]
    approved = {labels["integration"]: value / 1000 for labels, value in query(running.prom, filled(render.APPROVALS))}
    newest = running.serving.get("decisions")["items"][0]
    assert newest["kind"] == "approve" and approved[INTEGRATION] >= newest["at"] > approved["loyalty"]


def test_a_credential_that_ends_is_counted_down(running: SimpleNamespace) -> None:
    left = asked(running.prom, "Until the credential ends", "driftline-budget")
    assert left.keys() == {"loyalty"} and left["loyalty"] == pytest.approx(ENDS - time.time(), abs=600)


def test_what_a_vendor_says_of_itself_and_how_far_a_sync_is_behind(running: SimpleNamespace) -> None:
    assert asked(running.prom, "Vendors' own status", OVERVIEW.name) == {"degraded": 1.0}
    assert asked(running.prom, "Sync lag", OVERVIEW.name) == {"loyalty": float(LAG)}
