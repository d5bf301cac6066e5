"""What the shipped alerts ask for beside the other gauges: whose a system is, what is held, overdue, or wrong with its
syncs, and where the pages are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from monitor.adapters.layout import file_name
from monitor.adapters.metrics import BASE, Labels, Series
from monitor.adapters.store_home import Newest, newest
from monitor.core.model import Level, Phase, Source

from .rows import filed, stand
from .surface import Engine

PROBLEMS: Final = ("state", "freshness", "rows", "errors", "duration", "backlog", "volume")  # facts of health findings
_SEVERITIES: Final = ("breaking", "warning", "info")


async def alerting(engine: Engine) -> tuple[Series, ...]:
    """One statement, and a pass over what is open about syncs."""
    return tuple(_series(engine, await newest(engine.store, engine.integrations)))


def _series(engine: Engine, approved: Mapping[str, Newest]) -> Iterator[Series]:
    stack, now, lives = engine.config.stack, engine.clock.now(), engine.integrations
    where = {name: (stack, name, live.config.vendor, live.config.environment) for name, live in lives.items()}
    yield Series(
        "driftline_service_info",
        "Where the pages are, for links in alerts.",
        ("stack", "url"),
        {(stack, engine.config.service.server.external_url.rstrip("/")): 1.0},
    )
    yield Series(
        "driftline_integration_info",
        "What the configuration says of it.",
        (*BASE, "class", "tier", "owner"),
        {
            (*where[n], str(live.config.class_), str(live.config.tier), live.config.owner): 1.0
            for n, live in lives.items()
        },
    )
    yield Series(
        "driftline_findings_held",
        "Removals that are held until a person releases them.",
        BASE,
        {where[name]: float(_held(engine, name)) for name in lives},
    )
    yield Series(
        "driftline_probe_overdue_seconds",
        "How long ago the next reading should have begun; 0 while it is not due.",
        BASE,
        {where[n]: max(0.0, now - live.next_due_at) for n, live in lives.items() if live.next_due_at is not None},
    )
    yield Series(
        "driftline_baseline_approved_timestamp_seconds",
        "When something was last approved or captured in its baseline.",
        BASE,
        {where[name]: one.at for name, one in approved.items() if name in where},
    )
    yield Series(
        "driftline_sync_problems",
        "Syncs of which something is wrong, without those that an ignore holds for.",
        (*BASE, "scope", "what", "severity"),
        _problems(engine, where),
    )
    pushing = engine.alerting
    yield Series(
        "driftline_alert_push_success",
        "Whether an Alertmanager takes the alerts of findings (1), or none does or is configured (0).",
        ("stack",),
        {(stack,): float(pushing.works)},
    )
    yield Series(
        "driftline_alert_push_failing_since_timestamp_seconds",
        "Since when no Alertmanager takes alerts.",
        ("stack",),
        {} if pushing.failing_since is None else {(stack,): pushing.failing_since},
    )
    yield Series(
        "driftline_alerts_left_out",
        "Findings that have no alert since there are more than are pushed at once.",
        ("stack",),
        {(stack,): float(pushing.left_out)},
    )


def _held(engine: Engine, name: str) -> int:
    return sum(drawer.count for drawer in filed(engine).of(name) if drawer.stand == Phase.HELD)


def _problems(engine: Engine, where: Mapping[str, Labels]) -> Mapping[Labels, float]:
    """Zeros too: a problem that is over is a series that goes down, not one that goes away."""
    found: Counter[Labels] = Counter()
    now = engine.clock.now()
    for name, live in engine.integrations.items():
        for scope in {scope for scope, _ in live.samples}:
            at = (*where[name], file_name(scope))  # a vendor's name may hold anything, and an alert says it
            found.update({(*at, what, level): 0 for what in PROBLEMS for level in _SEVERITIES})
        for finding in engine.ledger.spoken_for(Source.HEALTH, name):
            address = finding.address
            if stand(finding, now) == Phase.OPEN and address.fact in PROBLEMS:
                found[*where[name], file_name(address.scope), address.fact, Level(finding.level).word] += 1
    return found
