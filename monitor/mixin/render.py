"""The rules as Prometheus reads them, and their cases as promtool plays them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from .model import PUSHED, Alert, Group
from .service import MONITOR, OBJECTIVES, SYNCS
from .state import DRIFT, READING
from .words import LAST_URL, URL

GROUPS: Final[tuple[Group, ...]] = (DRIFT, READING, SYNCS, MONITOR, OBJECTIVES)
FOLDER: Final = Path("deploy/prometheus")
_HEAD: Final = "# Made by `make generate` from monitor/mixin; do not edit it.\n"
PUSHES: Final = 5000  # minutes, longer than any case
_LONG_EVERY: Final = "4m"  # within the five minutes for which Prometheus takes a value for current
_GONE: Final = 10  # minutes without a value that no alert may end for


def files() -> dict[str, str]:
    """File name -> its content: for each group its rules, and a file with cases that promtool plays with them alone."""
    found = {}
    for group in GROUPS:
        found[_rules(group)] = _yaml({"groups": [_group(group)]})
        # For each alert: it fires, it does not, and where that is asked, it goes on when nothing is scraped.
        for name, every, alerts in (
            (group.name, "1m", [one for one in group.alerts if not _long(one)]),
            (f"{group.name}-long", _LONG_EVERY, [one for one in group.alerts if _long(one)]),
        ):
            tests = [test for alert in alerts for test in _tests(alert)]
            if tests:
                played = {"rule_files": [_rules(group)], "evaluation_interval": every, "tests": tests}
                found[f"{name}.test.yaml"] = _yaml(played)
    return found


def _long(alert: Alert) -> bool:
    """Its cases last for days: evaluated each minute they would take promtool longer than all others together."""
    return alert.case.at.endswith("h") and int(alert.case.at.removesuffix("h")) >= 24


def alerts() -> Iterator[Alert]:
    return (alert for group in GROUPS for alert in group.alerts)


def write(root: Path) -> None:
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (folder / name).write_text(text, "utf-8")


def _rules(group: Group) -> str:
    return f"{group.name}.rules.yaml"


def _group(group: Group) -> dict[str, Any]:
    records = [{"record": one.name, "expr": one.expr} for one in group.records]
    return {"name": group.name, "interval": group.interval, "rules": [*records, *map(_alert, group.alerts)]}


def _alert(alert: Alert) -> dict[str, Any]:
    url = URL if "driftline_" in alert.expr else LAST_URL
    times = {"for": alert.holds, "keep_firing_for": alert.keeps}
    return {
        "alert": alert.name,
        "expr": f"({alert.expr}) unless on (stack) {PUSHED}" if alert.pushed else alert.expr,
        **{name: value for name, value in times.items() if value not in ("", "0m")},
        "labels": {"severity": alert.severity, "urgency": alert.urgency},
        "annotations": {
            "summary": alert.summary,
            "description": alert.text.whole() if alert.text is not None else alert.why,
            "link": f"{url}{alert.page}",
            "runbook_url": f"{url}/runbooks/{alert.runbook or alert.name}",
        },
    }


def _tests(alert: Alert) -> Iterator[dict[str, Any]]:
    case = alert.case
    yield _test(alert, "fires", case.firing, [(case.at, 1)])
    yield _test(alert, "is silent", case.silent, [(case.at, 0)])
    if alert.pushed:
        for what, value, count in (("is silent while findings are pushed", 1, 0), ("fires while no push works", 0, 1)):
            push = {'driftline_alert_push_success{stack="s"}': f"{value}x{PUSHES}"}
            yield _test(alert, what, {**case.firing, **push}, [(case.at, count)])
    if case.lost:
        minutes = int(case.at.removesuffix("m").removesuffix("h")) * (60 if case.at.endswith("h") else 1)
        lost = {name: f"{values.partition('x')[0]}x{minutes} stale" for name, values in case.firing.items()}
        at = f"{minutes + 1 + _GONE}m"
        yield _test(alert, f"goes on after {_GONE} minutes without a value", lost, [(case.at, 1), (at, 1)])


def _test(alert: Alert, what: str, series: Mapping[str, str], looks: list[tuple[str, int]]) -> dict[str, Any]:
    """The number of series that fire at each look; none where nothing does."""
    firing = f'count(ALERTS{{alertname="{alert.name}", alertstate="firing"}}) or vector(0)'
    return {
        "name": f"{alert.name} {what}",
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {"expr": firing, "eval_time": at, "exp_samples": [{"labels": "{}", "value": count}]} for at, count in looks
        ],
    }


def _yaml(value: Any) -> str:
    return _HEAD + yaml.safe_dump(value, sort_keys=False, width=120, allow_unicode=True)
