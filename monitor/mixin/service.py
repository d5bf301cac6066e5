"""Alerts about syncs, about the monitor itself, and the two objectives with their budgets."""

from __future__ import annotations

from typing import Final

from .model import BY_TIER, Alert, Case, Group, Record
from .state import AT, OF, case
from .words import LAST_URL, SCOPE, STACK, SYSTEM, VENDOR, VENDORS, Text, asked, began, changes, moment

# Budget burnt so many times too fast, over a long and a short window: the four pairs of Google's SRE Workbook,
# chapter 5 (https://sre.google/workbook/alerting-on-slos/).
_BURNS: Final = (
    (14.4, "1h", "5m", "page"), (6.0, "6h", "30m", "page"), (3.0, "1d", "2h", "ticket"), (1.0, "3d", "6h", "ticket"),
)  # fmt: skip
_WINDOWS: Final = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
BUDGET: Final = 0.01  # of both objectives: 99 of 100 are to be good


def _sync(name: str, what: str, summary: str, why: str, hit: str, first: str, wait: str) -> Alert:
    text = Text(
        stopped=summary,
        since=began(f'driftline_sync_problems{{of, what="{what}", severity="breaking"}} > 0', SCOPE),
        hit=hit,
        good=moment("driftline_sync_last_success_timestamp_seconds{of}", SCOPE),
        change=changes("/review?source=drift&integration={{ $labels.integration }}", SYSTEM),
        vendor=VENDOR, first=first, wait=wait, owner="{{ $labels.owner }}",
    )  # fmt: skip
    return Alert(
        text=text,
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


# The last time within a day that it answered; of all there were, where no instance is known.
_UP: Final = (
    '{{ with printf `max(max_over_time(timestamp(up{job="driftline", instance=~%q} == 1)[1d:1m]))` '
    '(or $labels.instance ".+") | query }}{{ . | first | value | humanizeTimestamp }}{{ else }}not known{{ end }}'
)

SYNCS: Final = Group(
    name="driftline-syncs",
    alerts=(
        _sync(
            "DriftlineSyncStale",
            "freshness",
            "{{ $value }} syncs of {{ $labels.integration }} ({{ $labels.scope }}) have not run when they should",
            "Data does not arrive. The finding says since when, and what changed before.",
            "{{ $value }} syncs; rows not known while they do not run",
            "Start the sync by hand at the vendor; if it does not run, read its error.",
            "data has not arrived since the last good run",
        ),
        _sync(
            "DriftlineSyncFailing",
            "state",
            "{{ $value }} syncs of {{ $labels.integration }} ({{ $labels.scope }}) fail, or are switched off",
            "Data does not arrive. The finding says since when, and what changed before.",
            "{{ $value }} syncs; rows not known while they fail",
            "Open the sync at the vendor, read the error of its newest run, then start it again.",
            "nothing goes through until it runs again",
        ),
        _sync(
            "DriftlineRowsRejected",
            "rows",
            "{{ $value }} syncs of {{ $labels.integration }} ({{ $labels.scope }}) have rows refused",
            "Rows are lost at each run. The finding says how many, and what changed before.",
            asked("driftline_sync_rows_failed{of}", SCOPE, "{{ . | first | value }} rows refused in the newest runs"),
            "Read at the vendor why one of the rows was refused, and keep them for another run.",
            "rows are lost at each run",
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
            text=Text(
                stopped="Driftline does not answer: nothing is watched now",
                since=_UP,
                hit="nobody yet, as far as is known; what breaks from here on is told to nobody",
                good=_UP,
                change=f"a release, its configuration or its machine · {LAST_URL}/",
                vendor="not a vendor's",
                first="See whether it runs, and what its log says last; then start it.",
                wait="all other alerts of Driftline hold nothing any more",
                owner="whoever runs Driftline",
            ),
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
            name="DriftlineNotifyFailing",
            expr="driftline_notify_oldest_seconds > 1800",
            severity="warning",
            urgency="ticket",
            summary="The target {{ $labels.target }} of {{ $labels.stack }} takes no messages",
            why="Who is told there hears of nothing. `driftline notify test` says what the other end answers.",
            page="/",
            case=case('driftline_notify_oldest_seconds{stack="s", target="chat"}', "1801", "1800"),
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


def _burns(
    alert: str, name: str, what: str, why: str, page: str, bad: str, every: str, text: Text
) -> tuple[Alert, ...]:
    """Two alerts: one for what is burnt within hours, one for what is burnt within days. `bad` and `every`: the series
    that are counted; `text`: what the first of them says."""
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
                text=text if urgency == "page" else None,
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
            Text(
                stopped="{{ $value | humanizePercentage }} of what {{ $labels.stack }} watches was not read whole",
                since=began(f"stack:driftline_coverage_errors:ratio_1m{{of}} > {BUDGET:g}", STACK),
                hit=asked(
                    'sum(driftline_probe_coverage_scopes{of, state=~"partial|denied|failed"})',
                    STACK,
                    "{{ . | first | value }} scopes; rows not known",
                ),
                good=moment("max(driftline_probe_last_success_timestamp_seconds{of})", STACK),
                change=changes("/coverage", STACK),
                vendor=VENDORS,
                first="Open the coverage: look for a right that was taken away, or a vendor that does not answer.",
                wait="what breaks there now is not seen",
                owner="whoever runs Driftline",
            ),
        ),
        *_burns(
            "DriftlineFreshnessBudgetBurns",
            "stack:driftline_freshness_errors:ratio_",
            "{{ $value | humanizePercentage }} of the syncs of {{ $labels.stack }} did not run when they should",
            "The objective is 99 of 100 syncs. Data arrives late, or not at all.",
            "/review?source=health",
            f'driftline_sync_problems{{{AT}, scope="imports", what="freshness", severity="warning"}}',
            f'driftline_sync_state{{{AT}, scope="imports", state="ok"}}',
            Text(
                stopped="{{ $value | humanizePercentage }} of the syncs of {{ $labels.stack }} did not run in time",
                since=began(f"stack:driftline_freshness_errors:ratio_1m{{of}} > {BUDGET:g}", STACK),
                hit=asked(
                    'sum(driftline_sync_problems{of, what="freshness"})',
                    STACK,
                    "{{ . | first | value }} syncs; rows not known while they do not run",
                ),
                good=moment("min(driftline_sync_last_success_timestamp_seconds{of})", STACK),
                change=changes("/review?source=drift", STACK),
                vendor=VENDORS,
                first="Open the stale syncs: start the oldest by hand at its vendor, and read its error.",
                wait="data has not arrived since the last good run",
                owner="the owners of the syncs",
            ),
        ),
    ),
)
