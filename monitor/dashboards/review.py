"""Review and figures: what waits for whom, what was decided, and what people are told."""

from __future__ import annotations

from typing import Final

from .model import STACK, WARNS, Dashboard, Panel, bars, lines

REVIEW: Final = Dashboard(
    name="driftline-review",
    title="Driftline: review and figures",
    says="What waits for whom, what was decided, and what people were told. How quick they are: the timeline.",
    panels=(
        Panel(
            title="Open",
            says="Findings that hang under no other, with those that a policy will approve.",
            expr=f'sum(driftline_findings{{{STACK}, stand="open"}})',
            link="/review?policy=1",
            steps=WARNS,
        ),
        Panel(
            title="Wait for a first answer",
            says="Open findings that nobody has acknowledged, rejected or decided on.",
            expr=f"sum(driftline_review_items_new{{{STACK}}})",
            link="/review",
            steps=WARNS,
        ),
        Panel(
            title="Suspected",
            says="Removals that wait for the second look.",
            expr=f'sum(driftline_findings{{{STACK}, stand="suspected"}})',
            link="/review?stand=suspected",
        ),
        Panel(
            title="A policy will approve",
            says="Open findings that a standing approval decides on.",
            expr=f'sum(driftline_findings{{{STACK}, stand="policy"}})',
            link="/standing",
        ),
        Panel(
            title="Flapping",
            says="Findings that come and go.",
            expr=f'sum(driftline_findings{{{STACK}, stand="flapping"}})',
            link="/review",
            steps=WARNS,
        ),
        Panel(
            title="Not in git yet",
            says="Decisions that are kept and not yet committed.",
            expr=f"sum(driftline_decisions_waiting{{{STACK}}})",
            link="/history",
            steps=WARNS,
        ),
        lines(
            "Wait for a first answer, by owner",
            "Over time.",
            f"sum by (owner) (driftline_review_items_new{{{STACK}}})",
            "owner",
            "/review?owner={owner}",
        ),
        lines(
            "Findings by where they stand",
            "Over time.",
            f'sum by (stand) (driftline_findings{{{STACK}, stand=~"open|suspected|held|ignored"}})',
            "stand",
            "/review?stand={stand}",
        ),
        bars(
            "Decided since the daemon started",
            "Findings, by what was decided; noise and worse are corrections of a level.",
            f"sum by (decision) (driftline_rule_decisions_total{{{STACK}}})",
            "decision",
            "/trail",
        ),
        bars(
            "Rules decided on most",
            "Findings since the daemon started. A rule that is often noise wants another level.",
            f"topk(10, sum by (rule) (driftline_rule_decisions_total{{{STACK}}}))",
            "rule",
            "/rules",
        ),
        bars(
            "Told since the daemon started",
            "Events of findings that people were told of, by type.",
            f"sum by (type) (driftline_events_total{{{STACK}}})",
            "type",
            "/timeline",
        ),
        bars(
            "Ignores",
            "In the baselines repository, by state.",
            f"sum by (state) (driftline_ignores{{{STACK}}})",
            "state",
            "/ignores",
        ),
        bars(
            "Ignored findings by integration",
            "That are so, and that an ignore holds for.",
            f"sum by (integration) (driftline_findings_ignored{{{STACK}}})",
            "integration",
            "/review?stand=ignored&integration={integration}",
        ),
    ),
)
