"""The monitor itself: whether it runs, is current, reads in time and tells what it finds."""

from __future__ import annotations

from typing import Final

from .model import CALM_FLAG, FLAG, HURTS, SERVING, STACK, WARNS, Dashboard, Panel, bars, lines


def _flag(title: str, says: str, metric: str, link: str, words: dict[str, tuple[str, str]] = FLAG) -> Panel:
    return Panel(title=title, says=says, expr=f"min({metric}{{{STACK}}})", link=link, words=words)


ITSELF: Final = Dashboard(
    name="driftline-itself",
    title="Driftline: the monitor itself",
    says="Whether the monitor runs, reads in time, uses the configuration on disk and tells what it finds.",
    panels=(
        Panel(
            title="Runs since",
            says="How long this process has run.",
            expr=f"time() - max(driftline_up_since_timestamp_seconds{{{STACK}}})",
            link="/",
            unit="s",
        ),
        _flag(
            "Configuration in use",
            "Whether the configuration on disk is the one in use; if not, the last good one is.",
            "driftline_config_last_reload_successful",
            "/runbooks/DriftlineReloadFailed",
        ),
        _flag(
            "Commits reach the remote",
            "Whether baselines can be pushed.",
            "driftline_baseline_push_success",
            "/runbooks/DriftlinePushFailing",
        ),
        _flag(
            "Alertmanager takes alerts",
            "No also where none is configured: then the rules of Prometheus fire for drift.",
            "driftline_alert_push_success",
            "/runbooks/DriftlinePushFailing",
            CALM_FLAG,
        ),
        Panel(
            title="Findings without an alert",
            says="More findings than are pushed at once.",
            expr=f"sum(driftline_alerts_left_out{{{STACK}}})",
            link="/review",
            steps=HURTS,
        ),
        Panel(
            title="Decisions not in git yet",
            says="They are kept, and committed when git works again.",
            expr=f"sum(driftline_decisions_waiting{{{STACK}}})",
            link="/history",
            steps=WARNS,
        ),
        bars(
            "Readings overdue",
            "How long ago the next reading should have begun.",
            f"max by (integration) (driftline_probe_overdue_seconds{{{STACK}}})",
            "integration",
            "/systems/{integration}",
            "s",
            ((None, "green"), (300, "orange"), (3600, "red")),
        ),
        bars(
            "Failed in a row",
            "Readings, by integration.",
            f"max by (integration) (driftline_probe_consecutive_failures{{{STACK}}})",
            "integration",
            "/systems/{integration}",
            steps=HURTS,
        ),
        bars(
            "Since the oldest complete read",
            "By kind: older than this, nothing is judged by.",
            f"time() - min by (kind) (driftline_probe_oldest_complete_timestamp_seconds{{{STACK}}})",
            "kind",
            "/coverage",
            "s",
        ),
        lines(
            "Time of a reading",
            "Mean since the daemon started, by integration.",
            f"sum by (integration) (driftline_probe_duration_seconds_sum{{{STACK}}})"
            f" / sum by (integration) (driftline_probe_duration_seconds_count{{{STACK}}})",
            "integration",
            "/systems/{integration}",
            "s",
        ),
        lines(
            "Memory",
            "Of the process.",
            f"process_resident_memory_bytes {SERVING}",
            "instance",
            "/",
            "bytes",
        ),
        lines(
            "Processor",
            "Cores that the process uses.",
            f"rate(process_cpu_seconds_total[$__rate_interval]) {SERVING}",
            "instance",
            "/",
        ),
        bars(
            "Keys that the vendor file does not know",
            "In answers of the newest reading: the vendor added them.",
            f"max by (integration) (driftline_probe_unknown_keys{{{STACK}}})",
            "integration",
            "/systems/{integration}",
        ),
        Panel(
            title="Series left out",
            says="Of the metrics, because there were too many; 0 in a healthy stack.",
            expr=f"max(driftline_metrics_dropped_series {SERVING})",
            link="/coverage",
            steps=HURTS,
        ),
        Panel(
            title="Release",
            says="Which release runs.",
            expr=f"max by (version) (driftline_build_info{{{STACK}}})",
            legend="version",
            link="/",
        ),
    ),
)
