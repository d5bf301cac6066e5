"""Alerts about what stands: drift, systems that cannot be read, what runs out."""

from __future__ import annotations

from typing import Final

from .model import Alert, Case, Group, Record

AT: Final = 'stack="s", integration="crm", vendor="salesforce", environment="production"'
OF: Final = "* on (stack, integration) group_left (owner, tier) driftline_integration_info"
_INFO: Final = f'driftline_integration_info{{{AT}, class="production", tier="1", owner="ops"}}'
_DAY: Final = 86_400


def case(series: str, fires: str, silent: str, at: str = "10m", count: int = 40) -> Case:
    """One series of the integration that all cases are about; `fires` and `silent` are its value each time."""

    def values(start: str) -> dict[str, str]:
        return {series: f"{start}x{count}", _INFO: f"1x{count}"}

    return Case(firing=values(fires), silent=values(silent), at=at)


def _drift(level: str) -> str:
    return f'driftline_drift_open{{{AT}, kind="field", severity="{level}", owner="ops"}}'


def _quota(used: int) -> dict[str, str]:
    series = f"driftline_api_quota_%s{{{AT}}}"
    return {series % "used": f"{used}x40", series % "limit": "100x40", _INFO: "1x40"}


def _coverage(complete: int) -> dict[str, str]:
    scopes = f"driftline_probe_coverage_scopes{{{AT}, kind="
    return {
        f'{scopes}"field", state="complete"}}': f"{complete}x70",
        f'{scopes}"field", state="denied"}}': f"{100 - complete}x70",
        f'{scopes}"field", state="unsupported"}}': "50x70",
        _INFO: "1x70",
    }


DRIFT: Final = Group(
    name="driftline-drift",
    records=(
        Record(
            name="stack:driftline_drift_open:sum",
            expr="sum by (stack, severity, owner) (driftline_drift_open)",
        ),
    ),
    alerts=(
        Alert(
            name="DriftlineBreakingDriftOpen",
            pushed=True,
            expr='sum by (stack, integration, environment, owner) (driftline_drift_open{severity="breaking"}) > 0',
            severity="critical",
            urgency="ticket",
            summary="{{ $value }} breaking changes of {{ $labels.integration }} wait for a decision",
            why="What changed breaks something that is known here. Decide on it: approve it, or have it put back.",
            page="/review?level=breaking&integration={{ $labels.integration }}",
            case=case(_drift("breaking"), "1", "0"),
        ),
        Alert(
            name="DriftlineWarningDriftAging",
            pushed=True,
            expr='sum by (stack, integration, environment, owner) (driftline_drift_open{severity="warning"}) > 0',
            holds="3d",
            severity="warning",
            urgency="digest",
            summary="{{ $value }} changes of {{ $labels.integration }} have been open for three days",
            why="Nobody has decided on them. What stays open hides what comes next.",
            page="/review?level=warning&integration={{ $labels.integration }}",
            case=case(_drift("warning"), "1", "0", at="73h", count=80 * 60),
        ),
        Alert(
            name="DriftlineBrakeHeld",
            pushed=True,
            expr=f"(driftline_findings_held > 0) {OF}",
            severity="critical",
            urgency="ticket",
            summary="{{ $value }} removals in {{ $labels.integration }} are held until a person looks",
            why="So much went at once that our own sight may be what is lost. Release them, or find what hides them.",
            page="/review?stand=held&integration={{ $labels.integration }}",
            case=case(f"driftline_findings_held{{{AT}}}", "12", "0"),
        ),
        Alert(
            name="DriftlineMappingBroken",
            pushed=True,
            expr='driftline_flow_state{state="broken"} == 1',
            severity="critical",
            urgency="ticket",
            summary="The flow {{ $labels.flow }} does not fit its ends any more",
            why="A field or a value that it maps is gone, or of another type: rows will be refused, or be wrong.",
            page="/flows",
            case=case('driftline_flow_state{stack="s", flow="leads", state="broken"}', "1", "0"),
        ),
        Alert(
            name="DriftlineBaselineOverdue",
            expr=f"(time() - driftline_baseline_approved_timestamp_seconds > {180 * _DAY}) {OF}",
            severity="info",
            urgency="digest",
            summary="Nothing was approved in the baseline of {{ $labels.integration }} for half a year",
            why="A baseline that nobody looks at says little. Go once through what was captured and never reviewed.",
            page="/systems/{{ $labels.integration }}",
            case=case(f"driftline_baseline_approved_timestamp_seconds{{{AT}}}", f"-{181 * _DAY}", f"-{179 * _DAY}"),
        ),
    ),
)

READING: Final = Group(
    name="driftline-reading",
    records=(
        Record(
            name="integration:driftline_coverage:ratio",
            expr="sum by (stack, integration, vendor, environment) "
            '(driftline_probe_coverage_scopes{state="complete"}) / (sum by (stack, integration, vendor, environment) '
            '(driftline_probe_coverage_scopes{state!="unsupported"}) > 0)',
        ),
    ),
    alerts=(
        Alert(
            name="DriftlineProbeFailing",
            pushed=True,
            expr=f"(driftline_probe_consecutive_failures >= 3) {OF}",
            severity="warning",
            urgency="ticket",
            summary="{{ $labels.integration }} could not be read {{ $value }} times in a row",
            why="What changes there now is not seen. The page of the system says which fault it is, and what to do.",
            page="/systems/{{ $labels.integration }}",
            case=case(f"driftline_probe_consecutive_failures{{{AT}}}", "3", "2"),
        ),
        Alert(
            name="DriftlineCoverageLost",
            expr=f"(integration:driftline_coverage:ratio < 0.9) {OF}",
            holds="30m",
            severity="warning",
            urgency="ticket",
            summary="Only {{ $value | humanizePercentage }} of what is watched in {{ $labels.integration }} "
            "is read whole",
            why="A removal is not believed where a read is not complete. Look for a right that was taken away.",
            page="/coverage?integration={{ $labels.integration }}",
            case=Case(firing=_coverage(89), silent=_coverage(90), at="45m"),
        ),
        Alert(
            name="DriftlineCredentialRunsOut",
            pushed=True,
            expr=f"(driftline_credential_expiry_timestamp_seconds - time() < {14 * _DAY}) {OF}",
            severity="warning",
            urgency="ticket",
            summary="The credential for {{ $labels.integration }} ends in {{ $value | humanizeDuration }}",
            why="After that nothing is read there. Renew it before.",
            page="/systems/{{ $labels.integration }}",
            case=case(f"driftline_credential_expiry_timestamp_seconds{{{AT}}}", f"{13 * _DAY}", f"{15 * _DAY}"),
        ),
        Alert(
            name="DriftlineQuotaNearEnd",
            pushed=True,
            expr=f"(driftline_api_quota_used / (driftline_api_quota_limit > 0) > 0.9) {OF}",
            holds="10m",
            severity="warning",
            urgency="ticket",
            summary="{{ $value | humanizePercentage }} of the calls that {{ $labels.integration }} allows are used",
            why="All who share the account run out together: syncs too. Find who calls so much, or read less often.",
            page="/systems/{{ $labels.integration }}",
            case=Case(firing=_quota(91), silent=_quota(90), at="20m"),
        ),
        Alert(
            name="DriftlineApiVersionEnds",
            pushed=True,
            expr=f"(driftline_api_sunset_timestamp_seconds - time() < {30 * _DAY}) {OF}",
            severity="warning",
            urgency="ticket",
            summary="The vendor of {{ $labels.integration }} switches an API off in {{ $value | humanizeDuration }}",
            why="Whatever still calls it stops then, Driftline too. Its finding names the address and the day.",
            page="/review?source=upkeep&integration={{ $labels.integration }}",
            case=case(f"driftline_api_sunset_timestamp_seconds{{{AT}}}", f"{29 * _DAY}", f"{31 * _DAY}"),
        ),
        Alert(
            name="DriftlineScheduleLags",
            expr=f"(driftline_probe_overdue_seconds > 900) {OF}",
            holds="5m",
            severity="warning",
            urgency="ticket",
            summary="{{ $labels.integration }} should have been read {{ $value | humanizeDuration }} ago",
            why="Driftline is behind: too many systems for poll.width, an answer that never ends, or a busy machine.",
            page="/reads?integration={{ $labels.integration }}",
            case=case(f"driftline_probe_overdue_seconds{{{AT}}}", "901", "900"),
        ),
    ),
)
