"""The table of alerts for docs/reference."""

from __future__ import annotations

from .model import BY_TIER, Alert
from .render import GROUPS

_WORDS = (
    "Prometheus rules, made from `monitor/mixin` into `deploy/prometheus/`: one file for each group, and beside it the "
    "cases that `promtool test rules` plays with it. They need Prometheus 2.42 or newer and a scrape job of the name "
    "`driftline`.\n\n"
    "`page`: data is being lost now. `ticket`: something breaks that nobody feels yet. `digest`: the rest. Where both "
    "stand, a system of tier 1 pages. Once an alert fires it stays for as long as the column *stays* says when its "
    "series are gone: a monitor that is not scraped has not become healthy.\n\n"
    "Those with `finding` in the column *unless* are silent while alerts of findings reach an Alertmanager "
    "([how](../alerts.md#push)): one fact, one alert.\n"
)
_COLUMNS = (
    "| alert | severity | urgency | holds | stays | unless | means |\n| --- | --- | --- | --- | --- | --- | --- |\n"
)


def body() -> str:
    parts = [_WORDS]
    for group in GROUPS:
        parts.append(f"\n## {group.name}\n\n{_COLUMNS}")
        parts += [_row(alert) for alert in group.alerts]
        if group.records:
            parts.append("\nRecorded: " + ", ".join(f"`{one.name}`" for one in group.records) + ".\n")
    return "".join(parts)


def _row(alert: Alert) -> str:
    urgency = "page, ticket" if alert.urgency == BY_TIER else alert.urgency
    holds = "" if alert.holds == "0m" else alert.holds
    unless = "finding" if alert.pushed else ""
    return f"| `{alert.name}` | {alert.severity} | {urgency} | {holds} | {alert.keeps} | {unless} | {alert.why} |\n"
