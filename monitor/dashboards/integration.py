"""One integration: what is open in it, how it is read, and its syncs."""

from __future__ import annotations

from typing import Final

from .model import FLAG, HURTS, ONE, SEEN, WARNS, Dashboard, Panel, bars, lines

_PAGE: Final = "/systems/$integration"

INTEGRATION: Final = Dashboard(
    name="driftline-integration",
    title="Driftline: one integration",
    says="What is open in one integration, how it is read, and whether its syncs run.",
    one=True,
    panels=(
        Panel(
            title="Open findings",
            says="That hang under no other.",
            expr=f"sum(driftline_finding_open{{{ONE}}})",
            link="/review?integration=$integration",
            steps=WARNS,
        ),
        Panel(
            title="Newest reading worked",
            says="Whether it brought something, whole or in part.",
            expr=f"max(driftline_probe_success{{{ONE}}})",
            link=_PAGE,
            words=FLAG,
        ),
        Panel(
            title="Failed in a row",
            says="Readings that failed since the last good one.",
            expr=f"sum(driftline_probe_consecutive_failures{{{ONE}}})",
            link=_PAGE,
            steps=HURTS,
        ),
        Panel(
            title="Read completely",
            says="Share of its scopes that the newest reading saw whole.",
            expr=f'sum(driftline_probe_coverage_scopes{{{ONE}, state="complete"}})'
            f" / sum(driftline_probe_coverage_scopes{{{ONE}}})",
            link="/coverage",
            unit="percentunit",
            steps=SEEN,
        ),
        Panel(
            title="Wait for a baseline",
            says="Scopes that were read and that no baseline covers.",
            expr=f"sum(driftline_baseline_uncaptured_scopes{{{ONE}}})",
            link="/proposals",
            steps=WARNS,
        ),
        Panel(
            title="Since the last approval",
            says="How long ago something was approved or captured in its baseline.",
            expr=f"time() - max(driftline_baseline_approved_timestamp_seconds{{{ONE}}})",
            link="/timeline?system=$integration",
            unit="s",
        ),
        lines(
            "Open findings by severity",
            "Over time.",
            f"sum by (severity) (driftline_finding_open{{{ONE}}})",
            "severity",
            "/review?integration=$integration&level={severity}",
        ),
        lines(
            "Scopes by how they were read",
            "Over time; what is not complete is not judged.",
            f"sum by (state) (driftline_probe_coverage_scopes{{{ONE}}})",
            "state",
            "/coverage",
        ),
        bars(
            "Open drift by kind",
            "What changed at the vendor and is not decided on.",
            f"sum by (kind) (driftline_drift_open{{{ONE}}})",
            "kind",
            "/review?source=drift&integration=$integration&kind={kind}",
        ),
        bars(
            "Syncs",
            "By the state that the vendor tells.",
            f"sum by (state) (driftline_sync_state{{{ONE}}})",
            "state",
            "/review?source=health&integration=$integration",
        ),
        bars(
            "Syncs with a problem",
            "By what is wrong, without those that an ignore holds for.",
            f"sum by (what) (driftline_sync_problems{{{ONE}}})",
            "what",
            "/review?source=health&integration=$integration",
            steps=HURTS,
        ),
        bars(
            "Since the oldest last success of its syncs",
            "By collection.",
            f"time() - min by (scope) (driftline_sync_last_success_timestamp_seconds{{{ONE}}})",
            "scope",
            _PAGE,
            "s",
        ),
        bars(
            "Readings since the daemon started",
            "By how they ended.",
            f"sum by (outcome) (driftline_probe_readings_total{{{ONE}}})",
            "outcome",
            _PAGE,
        ),
        bars(
            "Not fetched",
            "What its watch kept from being fetched, by kind, in the newest reading.",
            f"sum by (kind) (driftline_probe_unwatched{{{ONE}}})",
            "kind",
            _PAGE,
        ),
        Panel(
            title="Mean time of a reading",
            says="Since the daemon started.",
            expr=f"sum(driftline_probe_duration_seconds_sum{{{ONE}}})"
            f" / sum(driftline_probe_duration_seconds_count{{{ONE}}})",
            link=_PAGE,
            unit="s",
        ),
        Panel(
            title="New at the vendor",
            says="Objects that are new and that no watch rule names.",
            expr=f"sum(driftline_objects_new_unwatched{{{ONE}}})",
            link=_PAGE,
            steps=WARNS,
        ),
    ),
)
