"""Alerts about syncs, about the monitor itself, and the two objectives with their budgets."""

from __future__ import annotations

from typing import Final

from .model import BY_TIER, Alert, Case, Group, Record
from .state import AT, OF, case

# Budget burnt so many times too fast, over a long and a short window: the four pairs of Google's SRE Workbook,
# chapter 5 (https://sre.google/workbook/alerting-on-slos/).
_BURNS: Final = (
    (14.4, "1h", "5m", "page"), (6.0, "6h", "30m", "page"), (3.0, "1d", "2h", "ticket"), (1.0, "3d", "6h", "ticket"),
)  # fmt: skip
_WINDOWS: Final = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
BUDGET: Final = 0.01  # of both objectives: 99 of 100 are to be good


def _sync(name: str, what: str, summary: str, why: str) -> Alert:
    return Alert(
        name=name,
        pushed=True,
        expr=f'(driftline_sync_problems{{what="{what}", severity="breaking"}} > 0) {OF}',
        severity="critical",
        urgency=BY_TIER,
        summary=summary,
        why=why,
        page="/review?source=health&integration={{ $labels.integration }}",
        case=case(f'driftline_sync_problems{{{AT}, scope="imports", what="{what}", severity="breaking"}}', "1", "0"),
    )


SYNCS: Final = Group(
    name="driftline-syncs",
    alerts=(
        _sync(
            "DriftlineSyncStale",
            "freshness",
            "{{ $value }} syncs of {{ $labels.integration }} ({{ $labels.scope }}) have not run when they should",
            "Data does not arrive. The finding says since when, and what changed before.",
        ),
        _sync(
            "DriftlineSyncFailing",
            "state",
            "{{ $value }} syncs of {{ $labels.integration }} ({{ $labels.scope }}) fail, or are switched off",
            "Data does not arrive. The finding says since when, and what changed before.",
        ),
        _sync(
            "DriftlineRowsRejected",
            "rows",
            "{{ $value }} syncs of {{ $labels.integration }} ({{ $labels.scope }}) have rows refused",
            "Rows are lost at each run. The finding says how many, and what changed before.",
        ),
    ),
)

MONITOR: Final = Group(
    name="driftline-monitor",
    alerts=(
        Alert(
            name="DriftlineSilent",
            expr='up{job="driftline"} == 0 or absent(up{job="driftline"})',
            holds="5m",
            keeps="",
            severity="critical",
            urgency="page",
            summary="Driftline does not answer: nothing is watched now",
            why="What it said last holds no longer. See whether it runs, and what its log says last.",
            page="/",
            case=Case(
                firing={'up{job="driftline", instance="a"}': "0x40"},
                silent={'up{job="driftline", instance="a"}': "1x40"},
                at="10m",
                lost=False,  # that there is no value is what this one is about
            ),
        ),
        Alert(
            name="DriftlinePushFailing",
            pushed=True,
            expr="driftline_baseline_push_success == 0",
            holds="15m",
            severity="warning",
            urgency="ticket",
            summary="Approved baselines of {{ $labels.stack }} do not reach the remote",
            why="They are committed here alone, so others do not see them. The finding says what git answered.",
            page="/review?source=upkeep",
            case=case('driftline_baseline_push_success{stack="s"}', "0", "1", at="20m"),
        ),
        Alert(
            name="DriftlineReloadFailed",
            expr="driftline_config_last_reload_successful == 0",
            holds="5m",
            severity="warning",
            urgency="ticket",
            summary="The configuration on disk of {{ $labels.stack }} is not the one in use",
            why="It is not valid, so the last good one stays in use. `driftline check` says where, and what to do.",
            page="/",
            case=case('driftline_config_last_reload_successful{stack="s"}', "0", "1", at="10m"),
        ),
    ),
)


def _windows(name: str) -> tuple[Record, ...]:
    return tuple(Record(name=f"{name}{window}", expr=f"avg_over_time({name}1m[{window}])") for window in _WINDOWS)


def _burns(alert: str, name: str, what: str, why: str, page: str, bad: str, every: str) -> tuple[Alert, ...]:
    """Two alerts: one for what is burnt within hours, one for what is burnt within days. `bad` and `every`: the series
    that are counted."""
    found = []
    for urgency, severity in (("page", "critical"), ("ticket", "warning")):
        pairs = [pair for pair in _BURNS if pair[3] == urgency]
        expr = " or ".join(
            f"({name}{long} > {factor:g} * {BUDGET:g} and {name}{short} > {factor:g} * {BUDGET:g})"
            for factor, long, short, _ in pairs
        )
        least = min(factor for factor, *_ in pairs) * BUDGET
        found.append(
            Alert(
                name=f"{alert}{'Fast' if urgency == 'page' else 'Slow'}",
                expr=expr,
                severity=severity,
                urgency=urgency,
                summary=what,
                why=why,
                page=page,
                runbook=alert,
                case=_share(bad, every, least),
            )
        )
    return tuple(found)


def _share(bad: str, every: str, least: float) -> Case:
    """Of a thousand, a tenth more are bad than burn so fast, and a tenth fewer."""
    series = {every: "1000x60"}
    return Case(
        firing={**series, bad: f"{round(1100 * least)}x60"},
        silent={**series, bad: f"{round(900 * least)}x60"},
        at="30m",
    )


OBJECTIVES: Final = Group(
    name="driftline-objectives",
    records=(
        # 99 of 100 scopes are read whole, wherever the vendor has them.
        Record(
            name="stack:driftline_coverage_errors:ratio_1m",
            expr='sum by (stack) (driftline_probe_coverage_scopes{state=~"partial|denied|failed"}) / '
            '(sum by (stack) (driftline_probe_coverage_scopes{state!="unsupported"}) > 0)',
        ),
        # 99 of 100 syncs ran when they should.
        Record(
            name="stack:driftline_freshness_errors:ratio_1m",
            expr='sum by (stack) (driftline_sync_problems{what="freshness"}) / '
            "(sum by (stack) (driftline_sync_state) > 0)",
        ),
        *_windows("stack:driftline_coverage_errors:ratio_"),
        *_windows("stack:driftline_freshness_errors:ratio_"),
    ),
    alerts=(
        *_burns(
            "DriftlineCoverageBudgetBurns",
            "stack:driftline_coverage_errors:ratio_",
            "{{ $value | humanizePercentage }} of what {{ $labels.stack }} watches was not read whole",
            "The objective is 99 of 100 scopes. What is not read whole may change unseen.",
            "/coverage",
            f'driftline_probe_coverage_scopes{{{AT}, kind="field", state="denied"}}',
            f'driftline_probe_coverage_scopes{{{AT}, kind="field", state="complete"}}',
        ),
        *_burns(
            "DriftlineFreshnessBudgetBurns",
            "stack:driftline_freshness_errors:ratio_",
            "{{ $value | humanizePercentage }} of the syncs of {{ $labels.stack }} did not run when they should",
            "The objective is 99 of 100 syncs. Data arrives late, or not at all.",
            "/review?source=health",
            f'driftline_sync_problems{{{AT}, scope="imports", what="freshness", severity="warning"}}',
            f'driftline_sync_state{{{AT}, scope="imports", state="ok"}}',
        ),
    ),
)
