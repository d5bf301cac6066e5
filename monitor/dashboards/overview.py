"""The stack at a glance: what is open, whose it is, what is seen, and whether data flows."""

from __future__ import annotations

from typing import Final

from .model import HURTS, PLAIN, SEEN, STACK, WARNS, Dashboard, Panel, Steps, bars, lines


def _open(level: str, title: str, says: str, steps: Steps) -> Panel:
    return Panel(
        title=title,
        says=says,
        expr=f'sum(driftline_finding_open{{{STACK}, severity="{level}"}})',
        link=f"/review?level={level}",
        steps=steps,
    )


OVERVIEW: Final = Dashboard(
    name="driftline-overview",
    title="Driftline: the stack",
    says="What is open in the stack, whose it is, how much is seen, and whether data flows.",
    panels=(
        _open(
            "breaking", "Breaking", "Open findings that break something known; none that hangs under another.", HURTS
        ),
        _open("warning", "Warning", "Open findings that may hurt later.", WARNS),
        _open("info", "Info", "Open findings that are only to be known of.", PLAIN),
        Panel(
            title="Wait for a first answer",
            says="Open findings that nobody has acknowledged, rejected or decided on.",
            expr=f"sum(driftline_review_items_new{{{STACK}}})",
            link="/review",
            steps=WARNS,
        ),
        Panel(
            title="Held",
            says="Removals that are held until a person releases them: so much is gone that it may be a mistake.",
            expr=f"sum(driftline_findings_held{{{STACK}}})",
            link="/review?stand=held",
            steps=HURTS,
        ),
        Panel(
            title="Read completely",
            says="Share of the scopes that the newest reading saw whole.",
            expr=f'sum(driftline_probe_coverage_scopes{{{STACK}, state="complete"}})'
            f" / sum(driftline_probe_coverage_scopes{{{STACK}}})",
            link="/coverage",
            unit="percentunit",
            steps=SEEN,
        ),
        lines(
            "Open findings",
            "By severity, over time.",
            f"sum by (severity) (driftline_finding_open{{{STACK}}})",
            "severity",
            "/review?level={severity}",
        ),
        lines(
            "Open findings by owner",
            "Whose they are, over time.",
            f"sum by (owner) (driftline_finding_open{{{STACK}}})",
            "owner",
            "/review?owner={owner}",
        ),
        bars(
            "Open findings by integration",
            "Where they are.",
            f"sum by (integration) (driftline_finding_open{{{STACK}}})",
            "integration",
            "/review?integration={integration}",
        ),
        bars(
            "Open drift by kind",
            "What changed at vendors and is not decided on.",
            f"sum by (kind) (driftline_drift_open{{{STACK}}})",
            "kind",
            "/review?source=drift&kind={kind}",
        ),
        bars(
            "Open findings by source",
            "What says so: drift, health of syncs, mapping, definition, policy, fault of the monitor, upkeep.",
            f"sum by (source) (driftline_finding_open{{{STACK}}})",
            "source",
            "/review?source={source}",
        ),
        bars(
            "Flows",
            "By how they stand.",
            f"sum by (state) (driftline_flow_state{{{STACK}}})",
            "state",
            "/flows",
        ),
        bars(
            "Syncs",
            "By the state that the vendor tells.",
            f"sum by (state) (driftline_sync_state{{{STACK}}})",
            "state",
            "/review?source=health",
        ),
        bars(
            "Since the last good reading",
            "How long ago each integration was last read without a failure.",
            f"time() - max by (integration) (driftline_probe_last_success_timestamp_seconds{{{STACK}}})",
            "integration",
            "/systems/{integration}",
            "s",
        ),
        bars(
            "Vendors' own status",
            "How many vendors say what of themselves on their status pages; unknown where one cannot be read.",
            f"sum by (state) (driftline_vendor_status{{{STACK}}})",
            "state",
            "/#systems",
        ),
        bars(
            "Sync lag",
            "How far the slowest sync of each integration is behind, where the vendor tells.",
            f"max by (integration) (driftline_sync_lag_seconds{{{STACK}}})",
            "integration",
            "/systems/{integration}",
            "s",
        ),
    ),
)
