"""The dashboards as Grafana reads them from files: the classic JSON model, of the version that Grafana 11.6 writes.

The model: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/. Data source
and stack are variables, so that one file serves every installation; `$url` is where the pages of the stack are, as the
daemon itself says. All ids are counted, so that the files change only where a panel does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from .budget import BUDGET
from .integration import INTEGRATION
from .itself import ITSELF
from .model import STACK, Dashboard, Panel
from .overview import OVERVIEW
from .review import REVIEW

DASHBOARDS: Final = (OVERVIEW, INTEGRATION, REVIEW, BUDGET, ITSELF)
FOLDER: Final = Path("deploy/grafana")
SCHEMA: Final = 41
TAG: Final = "driftline"
_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
_WIDE: Final = 24

# A counter is born with its first event, at 1, which no rate sees: what was not there a minute ago is new as well.
_DECIDED: Final = f"sum by (stack, decision, rule) (driftline_rule_decisions_total{{{STACK}}})"
_BEFORE: Final = f"sum by (stack, decision, rule) (driftline_rule_decisions_total{{{STACK}}} offset 1m)"
DECISIONS: Final = f"({_DECIDED} - {_BEFORE} > 0) or ({_DECIDED} unless {_BEFORE})"
# The value is a time, and the annotation stands at it: to the second, and also for what was before the first scrape.
APPROVALS: Final = f"max by (integration) (driftline_baseline_approved_timestamp_seconds{{{STACK}}}) * 1000"


def files() -> dict[str, str]:
    """File name -> its content."""
    return {f"{one.name}.json": json.dumps(dashboard(one), indent=2, ensure_ascii=False) + "\n" for one in DASHBOARDS}


def write(root: Path) -> None:
    """A dashboard that is made no more goes."""
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    made = files()
    for old in folder.glob("*.json"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, "utf-8")


def dashboard(one: Dashboard) -> dict[str, Any]:
    return {
        "uid": one.name,
        "title": one.title,
        "description": one.says,
        "tags": [TAG],
        "schemaVersion": SCHEMA,
        "editable": False,
        "graphTooltip": 1,
        "timezone": "browser",
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "timepicker": {},
        "fiscalYearStartMonth": 0,
        "annotations": {"list": [_decisions(), _approvals()]},
        "links": [_others(), _pages()],
        "templating": {"list": list(_variables(one))},
        "panels": list(_panels(one)),
    }


def _variables(one: Dashboard) -> Iterator[dict[str, Any]]:
    common = {"regex": "", "multi": False, "includeAll": False, "options": []}
    yield {
        "type": "datasource", "name": "datasource", "label": "Data source", "query": "prometheus", "hide": 0,
        "refresh": 1, **common,
    }  # fmt: skip
    asked = [("stack", "Stack", "label_values(driftline_build_info, stack)", 0)]
    if one.one:
        asked.append(
            ("integration", "Integration", f"label_values(driftline_integration_info{{{STACK}}}, integration)", 0)
        )
    asked.append(("url", "Pages", f"label_values(driftline_service_info{{{STACK}}}, url)", 2))  # 2: not shown
    for name, label, query, hide in asked:
        yield {
            "type": "query", "name": name, "label": label, "datasource": _SOURCE, "definition": query,
            "query": {"query": query, "refId": name}, "hide": hide, "refresh": 2, "sort": 1, **common,
        }  # fmt: skip


def _panels(one: Dashboard) -> Iterator[dict[str, Any]]:
    """From left to right, a new row where one is full."""
    x = y = tall = 0
    for id_, panel in enumerate(one.panels, 1):
        if x + panel.width > _WIDE or (x and panel.height != tall):
            x, y = 0, y + tall
        tall = panel.height
        yield _panel(panel, id_, {"x": x, "y": y, "w": panel.width, "h": panel.height})
        x += panel.width


def _panel(panel: Panel, id_: int, place: dict[str, int]) -> dict[str, Any]:
    instant = panel.kind != "timeseries"
    legend = f"{{{{{panel.legend}}}}}" if panel.legend else ""
    return {
        "id": id_,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.says,
        "datasource": _SOURCE,
        "gridPos": place,
        "targets": [
            {
                "refId": "A", "datasource": _SOURCE, "expr": panel.expr, "legendFormat": legend or panel.title,
                "instant": instant, "range": not instant, "format": "time_series",
            }
        ],
        "fieldConfig": {"defaults": _field(panel), "overrides": []},
        "options": _options(panel),
    }  # fmt: skip


def _field(panel: Panel) -> dict[str, Any]:
    steps = [{"color": colour, "value": value} for value, colour in panel.steps]
    words = {value: {"text": word, "color": colour} for value, (word, colour) in panel.words.items()}
    found: dict[str, Any] = {
        "unit": panel.unit,
        "thresholds": {"mode": "absolute", "steps": steps},
        "color": {"mode": "palette-classic" if panel.kind == "timeseries" else "thresholds"},
        "mappings": [{"type": "value", "options": words}] if words else [],
        "links": [{"title": "Open in Driftline", "url": address(panel.link), "targetBlank": True}],
    }
    if panel.kind == "bargauge":
        found["min"] = 0
    return found


def _options(panel: Panel) -> dict[str, Any]:
    if panel.kind == "timeseries":
        return {
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
            "tooltip": {"mode": "multi", "sort": "desc"},
        }
    reduced = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}, "orientation": "auto"}
    if panel.kind == "bargauge":
        return {**reduced, "orientation": "horizontal", "displayMode": "basic", "showUnfilled": True}
    named = "name" if panel.legend else "value"
    return {**reduced, "textMode": named, "colorMode": "value", "graphMode": "none", "justifyMode": "auto"}


def address(link: str) -> str:
    """`/systems/{integration}` -> the address that Grafana fills in. `raw`: a URL is no text to be escaped."""
    return "${url:raw}" + re.sub(r"{(\w+)}", r"${__field.labels.\1}", link)


def _others() -> dict[str, Any]:
    return {
        "type": "dashboards", "title": "Driftline", "tags": [TAG], "asDropdown": True, "includeVars": True,
        "keepTime": True, "targetBlank": False, "icon": "external link", "tooltip": "", "url": "",
    }  # fmt: skip


def _pages() -> dict[str, Any]:
    return {
        "type": "link", "title": "Open Driftline", "tags": [], "asDropdown": False, "includeVars": False,
        "keepTime": False, "targetBlank": True, "icon": "external link", "tooltip": "The pages of this stack",
        "url": "${url:raw}/",
    }  # fmt: skip


def _decisions() -> dict[str, Any]:
    return _annotation("Decisions", DECISIONS, "orange", "{{decision}}", "{{rule}}", False)


def _approvals() -> dict[str, Any]:
    return _annotation("Baselines", APPROVALS, "green", "Baseline of {{integration}}", "approved or captured", True)


def _annotation(name: str, expr: str, colour: str, title: str, text: str, at_value: bool) -> dict[str, Any]:
    return {
        "name": name, "datasource": _SOURCE, "enable": True, "hide": False, "iconColor": colour, "expr": expr,
        "step": "1m", "titleFormat": title, "textFormat": text, "tagKeys": "", "useValueForTime": at_value,
        "target": {"refId": name, "expr": expr, "interval": "1m"},
    }  # fmt: skip
