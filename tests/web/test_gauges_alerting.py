"""What the shipped alerts ask for beside the other gauges, over the example stack's story."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.adapters.metrics import Labels, Series
from monitor.core.model import Action, Level, Phase
from monitor.core.rules import RULES
from monitor.engine.gauges_alerting import PROBLEMS, alerting
from probes.kit.contract import Kind
from tests.web.standin import NOW, StandIn, claim, verdict


async def told(engine: StandIn) -> Mapping[str, Series]:
    return {one.name: one for one in await alerting(engine)}


def of(series: Series, **wanted: str) -> dict[Labels, float]:
    rows = {labels: dict(zip(series.labels, labels, strict=True)) for labels in series.values}
    return {labels: series.values[labels] for labels, row in rows.items() if wanted.items() <= row.items()}


async def test_syncs_are_counted_by_what_is_wrong_also_under_a_cause(engine: StandIn) -> None:
    problems = (await told(engine))["driftline_sync_problems"]
    here = {"integration": "salesforce-prod", "scope": "bulk-ingest"}
    assert sum(of(problems, **here, what="rows", severity="breaking").values()) == 1
    assert len(of(problems, **here)) == len(PROBLEMS) * 3 and sum(of(problems, **here).values()) == 1
    finding = next(one for one in engine.ledger.findings.values() if one.address.fact == "rows" and one.cause)
    finding.ignored_until = NOW + 60
    assert sum((await told(engine))["driftline_sync_problems"].values.values()) == 0, "somebody chose not to hear of it"


async def test_a_reading_that_should_have_begun_is_overdue(engine: StandIn) -> None:
    engine.integrations["hubspot-prod"].next_due_at = NOW - 900
    engine.integrations["salesforce-prod"].next_due_at = NOW + 900
    overdue = (await told(engine))["driftline_probe_overdue_seconds"]
    assert list(of(overdue, integration="hubspot-prod").values()) == [900]
    assert list(of(overdue, integration="salesforce-prod").values()) == [0]


async def test_a_baseline_is_as_old_as_what_was_approved_last(engine: StandIn) -> None:
    said = of((await told(engine))["driftline_baseline_approved_timestamp_seconds"], integration="hubspot-prod")
    assert [NOW - at for at in said.values()] == [3 * 86_400.0]


async def test_owner_tier_and_address_are_the_configurations(engine: StandIn) -> None:
    series = await told(engine)
    info = series["driftline_integration_info"]
    assert len(of(info, integration="salesforce-prod", owner="revenue-operations")) == 1
    assert len(info.values) == len(engine.integrations)
    urls = {labels[1] for labels in series["driftline_service_info"].values}
    assert urls == {engine.config.service.server.external_url}


async def test_what_is_held_is_counted_where_it_is(engine: StandIn) -> None:
    rated = verdict(Level.WARNING, "field.removed", "marketing-operations")
    gone = claim("hubspot-prod", Kind.FIELD, "contacts", "fax", "", "", Action.REMOVED, {"label": "Fax"}, None, rated)
    await engine.find(gone, phase=Phase.HELD)
    held = (await told(engine))["driftline_findings_held"]
    assert list(of(held, integration="hubspot-prod").values()) == [1]
    assert sum(held.values.values()) == 1


def test_each_problem_has_a_rule() -> None:
    """The closed list is what health is judged by: one that is forgotten there would never alert."""
    assert {rule.id.split(".")[1] for rule in RULES if rule.id.startswith("health.")} == {*PROBLEMS, "own"}
