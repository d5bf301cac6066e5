"""The dashboards as files: current, whole by Grafana's documented model, bound to no data source, and PromQL."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor import reference
from monitor.dashboards import render
from tests.dashboards.filled import filled

ROOT = Path(__file__).resolve().parents[2]
GRAFANA = ROOT / render.FOLDER
BOARDS: list[dict[str, Any]] = [json.loads(text) for text in render.files().values()]
OF_PROCESS = re.compile(r"process_\w+")


def panels() -> list[dict[str, Any]]:
    return [panel for board in BOARDS for panel in board["panels"]]


def exprs() -> list[str]:
    asked = [target["expr"] for panel in panels() for target in panel["targets"]]
    return [*asked, *(one["expr"] for board in BOARDS for one in board["annotations"]["list"])]


def test_the_files_are_what_the_source_makes(tmp_path: Path) -> None:
    held = {path.name: path.read_text("utf-8") for path in GRAFANA.glob("*.json")}
    assert held == render.files(), "run `make generate` and commit what it writes"
    old = tmp_path / render.FOLDER / "driftline-gone.json"
    old.parent.mkdir(parents=True)
    old.write_text("{}")
    render.write(tmp_path)
    assert sorted(path.name for path in old.parent.iterdir()) == sorted(held)


def test_promtool_parses_each_query(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    rules = [{"record": f"asked:{number}", "expr": filled(expr)} for number, expr in enumerate(exprs())]
    file = tmp_path / "asked.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "asked", "rules": rules}]}))
    said = subprocess.run([promtool, "check", "rules", str(file)], capture_output=True, text=True, check=False)
    assert said.returncode == 0 and f"{len(rules)} rules found" in said.stdout, said.stdout + said.stderr


def test_queries_ask_for_what_is_served_and_make_nothing_up() -> None:
    served = {family.name: set(family.labels) for family in reference.metrics()}
    for expr in exprs():
        assert "vector(" not in expr, "a number that is missing is to be missed"
        names = set(re.findall(r"(?<![\w:])driftline_[a-z_]+", expr))
        assert names or OF_PROCESS.search(expr), expr
        assert {re.sub("_seconds_(sum|count)$", "_seconds", name) for name in names} <= served.keys(), expr
        for name, inside in re.findall(r"(driftline_[a-z_]+){([^}]*)}", expr):
            labels = served[re.sub("_seconds_(sum|count)$", "_seconds", name)]
            assert set(re.findall(r"(\w+)(?:=~|!=|!~|=)", inside)) <= labels, expr
            assert 'stack="$stack"' in inside, f"another stack would be counted too: {expr}"


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board["uid"])
def test_a_dashboard_has_what_the_documented_model_asks_for(board: dict[str, Any]) -> None:
    """https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/"""
    assert {"uid", "title", "tags", "timezone", "editable", "graphTooltip", "time", "timepicker", "templating",
            "annotations", "refresh", "schemaVersion", "links", "panels"} <= board.keys()  # fmt: skip
    assert "id" not in board and len(board["uid"]) <= 40, "the id is the database's; a uid has 40 characters at most"
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24 and panel["type"] in ("stat", "bargauge", "timeseries")
        assert panel["title"] and panel["description"] and panel["targets"][0]["refId"] == "A"
        assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["value"] is None
    for one, other in combinations((panel["gridPos"] for panel in board["panels"]), 2):
        apart_x = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        apart_y = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert apart_x or apart_y, (one, other)


def test_no_data_source_is_named_and_stack_is_chosen() -> None:
    for board in BOARDS:
        variables = {one["name"]: one for one in board["templating"]["list"]}
        assert variables["datasource"]["type"] == "datasource" and variables["datasource"]["query"] == "prometheus"
        assert {"stack", "url"} < variables.keys()
        assert ("integration" in variables) == ("$integration" in json.dumps(board["panels"]))
        asking = [one for name, one in variables.items() if name != "datasource"]
        asking += [*board["annotations"]["list"], *board["panels"], *(p["targets"][0] for p in board["panels"])]
        assert all(one["datasource"] == {"type": "prometheus", "uid": "${datasource}"} for one in asking)


def test_every_number_has_a_link_and_its_labels_are_those_of_the_query() -> None:
    for panel in panels():
        (link,) = panel["fieldConfig"]["defaults"]["links"]
        assert link["url"].startswith("${url:raw}/"), panel["title"]
        for label in re.findall(r"\$\{__field\.labels\.(\w+)\}", link["url"]):
            assert re.search(rf"by \([^)]*\b{label}\b", panel["targets"][0]["expr"]), (panel["title"], label)
