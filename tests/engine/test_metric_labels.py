"""docs/reference/metrics.md names the labels of each metric as a real scrape of the example stack has them."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from monitor.core.model import Phase
from monitor.engine.measure import Measure
from monitor.engine.night import night
from tests.engine.conftest import World

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "metrics.md"
# Nothing of the example stack brings a series of these: what they are made of is in it no more than in a new stack.
SILENT = {
    "driftline_vendor_status", "driftline_credential_expiry_timestamp_seconds", "driftline_probe_overdue_seconds",
    "driftline_sync_lag_seconds", "driftline_alert_push_failing_since_timestamp_seconds", "driftline_notify_waiting",
    "driftline_notify_oldest_seconds",
}  # fmt: skip


def documented() -> dict[str, tuple[str, ...]]:
    rows = re.findall(r"^\| `(driftline_\w+)` \| \w+ \| ([^|]*) \|", PAGE.read_text("utf-8"), re.M)
    return {name: tuple(sorted(re.findall(r"`(\w+)`", labels))) for name, labels in rows}


async def test_each_metric_has_the_labels_that_are_documented(world: World) -> None:
    engine, measure = world.engine, Measure()
    await measure.start(engine)
    world.salesforce.alter_field(object="Lead", name="Score__c", precision=3)
    await world.player.round()
    found = next(one for one in engine.ledger.findings.values() if one.phase is Phase.OPEN)
    await world.decide("approve", found)
    await engine.commit_decisions()
    for _ in range(2):
        world.clock.advance(86_400)
        await night(engine)
    engine.tidied.rows["reading"] += 1
    engine.alerting.pushes["ok"] += 1  # as one that was sent counts itself
    engine.notifying.delivering.outcomes["ops", "sent"] += 1
    next(iter(engine.integrations.values())).pushed.counts["accepted"] += 1  # and one that came in
    transport = httpx.ASGITransport(measure.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9732") as web:
        text = (await web.get("/metrics")).text
    seen: dict[str, tuple[str, ...]] = {}
    for family in text_string_to_metric_families(text):
        if family.name.startswith("driftline_") and family.samples and not family.name.endswith("_created"):
            name = f"{family.name}_total" if family.type == "counter" else family.name
            labels = {label for sample in family.samples for label in sample.labels if label != "le"}
            seen[name] = tuple(sorted(labels))
    told = documented()
    wrong = {name: (labels, told.get(name)) for name, labels in seen.items() if told.get(name) != labels}
    assert not wrong
    assert told.keys() - seen.keys() == SILENT
