"""The shipped rules and routes, in the hands of promtool and amtool."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from monitor import reference
from monitor.mixin import render
from monitor.mixin.model import KEEP

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS, ROUTES = ROOT / "deploy/prometheus", ROOT / "deploy/alertmanager/alertmanager.yml"
TESTS = sorted(path.name for path in PROMETHEUS.glob("*.test.yaml"))
NOT_OURS = {"up", "ALERTS"}


def tool(name: str, package: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: apt-get install {package}")
    return subprocess.run([found, *arguments], cwd=PROMETHEUS, capture_output=True, text=True, check=False, timeout=120)


def test_the_files_are_what_the_source_makes() -> None:
    assert {path.name: path.read_text("utf-8") for path in PROMETHEUS.iterdir()} == render.files()


def test_promtool_finds_nothing_to_say() -> None:
    files = sorted(path.name for path in PROMETHEUS.glob("*.rules.yaml"))
    said = tool("promtool", "prometheus", "check", "rules", "--lint=all", "--lint-fatal", *files)
    assert said.returncode == 0 and said.stdout.count("SUCCESS") == len(files) == 5, said.stdout + said.stderr


@pytest.mark.parametrize("name", TESTS)
def test_each_alert_fires_is_silent_and_outlasts_ten_minutes_without_a_value(name: str) -> None:
    said = tool("promtool", "prometheus", "test", "rules", name)
    assert said.returncode == 0, said.stdout + said.stderr


def test_a_case_is_lost_where_the_rule_is_another(tmp_path: Path) -> None:
    """The cases hold the thresholds: with each of them moved, promtool finds every alert of the group wrong."""
    names = {alert.name for alert in render.GROUPS[1].alerts}
    rules = (PROMETHEUS / "driftline-reading.rules.yaml").read_text("utf-8")
    moved = re.sub(r"([<>]=?) (\d[\d.]*)\)", lambda m: f"{m[1]} {float(m[2]) * (2 if '>' in m[1] else 0.5)})", rules)
    assert moved != rules
    (tmp_path / "driftline-reading.rules.yaml").write_text(moved)
    shutil.copy(PROMETHEUS / "driftline-reading.test.yaml", tmp_path)
    said = tool("promtool", "prometheus", "test", "rules", str(tmp_path / "driftline-reading.test.yaml"))
    assert said.returncode == 1 and {name for name in names if name in said.stdout + said.stderr} == names


def test_what_is_a_gauge_of_ours_is_kept_while_it_is_not_scraped() -> None:
    ours = [alert for alert in render.alerts() if "driftline" in alert.expr.replace('job="driftline"', "")]
    assert len(ours) == len(list(render.alerts())) - 1
    assert {alert.keeps for alert in ours} == {KEEP}
    slow = {alert.name for alert in ours if not alert.case.lost}
    assert not slow, "each of them is tried without values"


def test_rules_ask_for_what_is_served() -> None:
    """Names of metrics and their labels, held against what the daemon serves."""
    served = {family.name: set(family.labels) for family in reference.metrics()}
    recorded = {one.name for group in render.GROUPS for one in group.records}
    exprs = [one.expr for group in render.GROUPS for one in (*group.records, *group.alerts)]
    asked = {name for expr in exprs for name in re.findall(r"(?<![\w:])driftline_[a-z_]+(?![\w:])", expr)}
    assert len(asked) > 15 and not asked - served.keys()
    named = {name for expr in exprs for name in re.findall(r"\w+:driftline_\w+:\w+", expr)}
    assert named <= recorded
    for expr in exprs:
        for name, inside in re.findall(r"(driftline_[a-z_]+){([^}]*)}", expr):
            assert set(re.findall(r"(\w+)(?:=~|!=|!~|=)", inside)) <= served[name], (name, inside)


def test_amtool_takes_the_routes_and_each_urgency_has_its_own() -> None:
    said = tool("amtool", "prometheus-alertmanager", "check-config", str(ROUTES))
    assert said.returncode == 0, said.stdout + said.stderr
    ways = {"page": "driftline-page", "ticket": "driftline-ticket", "digest": "driftline-digest"}
    for urgency, receiver in ways.items():
        way = f"urgency={urgency}"
        said = tool("amtool", "prometheus-alertmanager", "config", "routes", "test", f"--config.file={ROUTES}", way)
        assert said.stdout.strip() == receiver
    inhibited = yaml.safe_load(ROUTES.read_text("utf-8"))["inhibit_rules"]
    silent = [one for one in inhibited if one["source_matchers"] == ['alertname="DriftlineSilent"']]
    assert len(silent) == 1 and "equal" not in silent[0], "it silences the alerts of every stack it is about"
