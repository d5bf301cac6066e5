from __future__ import annotations

import re
import shutil
import subprocess

import httpx
import pytest

from monitor.adapters.metrics import Metrics
from monitor.adapters.records import Reading
from monitor.engine.gauges import base, health, snapshot
from monitor.engine.measure import Measure

from .standin import NOW, StandIn


def rendered(engine: StandIn) -> str:
    metrics = Metrics()
    metrics.polled(base(engine, "hubspot-prod"), "ok", 2.0, {"2xx": 4})
    return metrics.render(snapshot(engine)).decode()


def value(text: str, name: str, **labels: str) -> float | None:
    for line in text.splitlines():
        if line.startswith((f"{name}{{", f"{name} ")) and all(f'{k}="{v}"' in line for k, v in labels.items()):
            return float(line.rpartition(" ")[2])
    return None


def test_what_is_open_is_counted_once_at_its_root(engine: StandIn) -> None:
    text = rendered(engine)
    drift = {"integration": "salesforce-prod", "severity": "breaking", "owner": "revenue-operations"}
    assert value(text, "driftline_drift_open", kind="permission", **drift) == 1
    assert value(text, "driftline_finding_open", source="drift", **drift) == 2
    assert value(text, "driftline_finding_open", source="health", **drift) == 0, "folded under its cause"
    assert value(text, "driftline_drift_open", integration="directus-lab", kind="field", severity="info") == 0
    assert value(text, "driftline_review_items_new", owner="revenue-operations") == 3, "drift of any level waits"


def test_probes_syncs_and_quota_are_told(engine: StandIn) -> None:
    text = rendered(engine)
    assert value(text, "driftline_probe_success", integration="hubspot-prod") == 1
    assert value(text, "driftline_probe_success", integration="segment-prod") == 0
    assert value(text, "driftline_probe_coverage_scopes", integration="hubspot-prod", kind="field", state="denied") == 1
    assert value(text, "driftline_sync_state", scope="bulk-ingest", state="failing") == 1
    assert value(text, "driftline_sync_rows_failed", scope="bulk-ingest") == 312
    assert value(text, "driftline_api_quota_used", integration="hubspot-prod") == 120
    assert value(text, "driftline_api_budget_remaining", integration="hubspot-prod") == 380
    assert value(text, "driftline_baseline_uncaptured_scopes", integration="directus-lab") == 1


def test_no_label_holds_an_id_a_field_a_person_or_a_time(engine: StandIn) -> None:
    text = rendered(engine)
    said = " ".join(re.findall(r'="([^"]*)"', text))
    hidden = {"admin-03", "lifecyclestage", "Region__c", "Lead/upsert", "salesqualified", "00D-1"}
    hidden |= set(engine.ledger.findings) | {f.claim.fingerprint for f in engine.ledger.findings.values()}
    hidden |= {f.claim.address.key for f in engine.ledger.findings.values() if f.claim.address.key}
    assert not [word for word in hidden if word in said]


def test_an_assignee_who_is_no_team_is_no_label(engine: StandIn) -> None:
    next(iter(engine.ledger.findings.values())).assignee = "kim@example.com"
    engine.moved()
    assert "kim" not in rendered(engine)


def test_promtool_finds_nothing_to_say_about_a_whole_stack(engine: StandIn) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    told = subprocess.run(
        [promtool, "check", "metrics"], input=rendered(engine).encode(), capture_output=True, check=False
    )
    assert (told.returncode, told.stdout, told.stderr) == (0, b"", b"")


def test_health_says_what_does_not_work(engine: StandIn) -> None:
    assert health(engine).degraded == ()
    engine.config_problems, engine.push_fault = ("driftline.yaml:3: x",), "no route"  # type: ignore[attr-defined]
    assert len(health(engine).degraded) == 2
    assert health(engine).state == "ready"


async def test_readings_and_events_are_counted_once_and_from_the_start_of_the_process(engine: StandIn) -> None:
    measure = Measure()
    await measure.start(engine)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(measure.app), base_url="http://127.0.0.1:9732")

    async def now() -> str:
        measure.app._page = None
        return (await client.get("/metrics")).text

    assert "driftline_probe_readings_total{" not in await now(), "what was stored before is not counted"
    reading = Reading(
        id=8, integration="hubspot-prod", started_at=NOW, ended_at=NOW + 3, outcome="ok", requests={"2xx": 4}
    )
    async with engine.store.transaction() as tx:
        await tx.end_reading(reading)
    await engine.find(next(iter(engine.ledger.findings.values())).claim)
    for _ in range(2):
        text = await now()
        assert value(text, "driftline_probe_readings_total", integration="hubspot-prod", outcome="ok") == 1
        assert value(text, "driftline_probe_duration_seconds_sum", integration="hubspot-prod") == 3
        assert value(text, "driftline_api_requests_total", integration="hubspot-prod") == 4
        assert value(text, "driftline_events_total", type="opened") == 1
    assert value(text, "driftline_decisions_waiting") == 0
