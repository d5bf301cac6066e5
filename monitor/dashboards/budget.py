"""What runs out: calls of the vendors' quotas, credentials, API versions."""

from __future__ import annotations

from typing import Final

from .model import LEFT, SHARE, STACK, Dashboard, Panel, bars, lines

_PAGE: Final = "/systems/{integration}"

BUDGET: Final = Dashboard(
    name="driftline-budget",
    title="Driftline: API budget and credentials",
    says="Calls of the vendors' quotas, and how long credentials and API versions last.",
    panels=(
        bars(
            "Quota used",
            "Share of the vendor's quota that is used, by all that call it.",
            f"max by (integration) (driftline_api_quota_used{{{STACK}}} / driftline_api_quota_limit{{{STACK}}})",
            "integration",
            _PAGE,
            "percentunit",
            SHARE,
        ),
        bars(
            "Calls that Driftline may still make",
            "Of the quota, until it starts anew.",
            f"min by (integration) (driftline_api_budget_remaining{{{STACK}}})",
            "integration",
            _PAGE,
        ),
        bars(
            "Until the quota starts anew",
            "As the vendor tells.",
            f"min by (integration) (driftline_api_quota_reset_timestamp_seconds{{{STACK}}}) - time()",
            "integration",
            _PAGE,
            "s",
        ),
        lines(
            "Requests",
            "That Driftline makes, a second, by integration.",
            f"sum by (integration) (rate(driftline_api_requests_total{{{STACK}}}[$__rate_interval]))",
            "integration",
            _PAGE,
            "reqps",
        ),
        lines(
            "Quota used over time",
            "Calls, by all that call the vendor.",
            f"max by (integration) (driftline_api_quota_used{{{STACK}}})",
            "integration",
            _PAGE,
        ),
        bars(
            "Requests since the daemon started",
            "By class of answer: 429 is a refusal for too many.",
            f"sum by (class) (driftline_api_requests_total{{{STACK}}})",
            "class",
            "/coverage",
        ),
        bars(
            "Until the credential ends",
            "Where the vendor tells when. An integration that is not here has a credential whose end is not told.",
            f"min by (integration) (driftline_credential_expiry_timestamp_seconds{{{STACK}}}) - time()",
            "integration",
            _PAGE,
            "s",
            LEFT,
        ),
        bars(
            "Until an API version ends",
            "The soonest end that was announced of an endpoint or version in use.",
            f"min by (integration) (driftline_api_sunset_timestamp_seconds{{{STACK}}}) - time()",
            "integration",
            _PAGE,
            "s",
            LEFT,
        ),
        Panel(
            title="Integrations",
            says="That the configuration names.",
            expr=f"count(driftline_integration_info{{{STACK}}})",
            link="/",
        ),
        Panel(
            title="Credentials whose end is not told",
            says="Integrations whose vendor does not tell when the credential ends: keep the day in a calendar.",
            expr=f"count(driftline_integration_info{{{STACK}}} unless on (stack, integration)"
            f" driftline_credential_expiry_timestamp_seconds{{{STACK}}})",
            link="/coverage",
            width=6,
        ),
    ),
)
