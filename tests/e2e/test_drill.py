"""`driftline drill` through a real daemon to a real Alertmanager with the routes that are shipped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import yaml

from monitor import cli
from tests.alertmanagers import Alertmanager, Receiver, alertmanager, receiving
from tests.e2e.serving import Serving, Stack, until

ROOT: Final = Path(__file__).resolve().parents[2]
WITHIN: Final = "60s"  # a machine may be busy: the promise is held by the proof
PATIENCE: Final = 60.0


def shipped(where: str) -> dict[str, Any]:
    """The routes as they are shipped; each receiver is told under its own name, and soon that something is over."""
    text = (ROOT / "deploy/alertmanager/alertmanager.yml").read_text("utf-8")
    found: dict[str, Any] = yaml.safe_load(text.replace("group_interval: 10s", "group_interval: 1s"))
    for one in found["receivers"]:
        one["webhook_configs"] = [{"url": f"{where}/{one['name']}", "send_resolved": True}]
    return found


class Running:
    """A daemon that has one Alertmanager, and who is told by that."""

    def __init__(self, daemon: Serving, manager: Alertmanager, receiver: Receiver) -> None:
        self.daemon, self.manager, self.receiver = daemon, manager, receiver
        daemon.api.close()  # its connections stand idle for as long as a command takes, and the daemon closes such
        fresh = httpx.Limits(max_keepalive_connections=0)
        daemon.api = httpx.Client(base_url=daemon.stack.url, timeout=60, trust_env=False, limits=fresh)
        self.stack = ["--stack", str(daemon.stack.folder)]

    def newest(self) -> Any:
        return self.daemon.get("drill")["drill"]

    def idle(self) -> bool:
        newest = self.newest()
        return newest is None or newest["done_at"] is not None

    def told(self, status: str, id: str) -> list[Any]:
        return [one for one in self.receiver.of(status) if one.annotations.get("finding") == id]


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    with receiving() as (receiver, where), alertmanager(folder / "am", shipped(where)) as manager:
        stack = Stack(
            folder / "stack", hub=False, alerts={"alertmanager": {"urls": [manager.url], "allow_private": True}}
        )
        with Serving(stack) as daemon:
            yield Running(daemon, manager, receiver)


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("drill")) as made:
        yield made


@pytest.fixture(autouse=True)
def quiet(at: Running) -> None:
    """The drill of the test before is over."""
    until(at.idle, PATIENCE, "no drill is under way")


def counted(at: Running) -> dict[str, Any]:
    """All that counts something, and the branch."""
    daemon = at.daemon
    paths = ("findings", "timeline", "figures", "events", "proposals", "report")
    found: dict[str, Any] = {path: daemon.get(path) for path in paths}
    found["findings"] = daemon.findings("all")
    for name in ("made_at", "at"):
        found["report"].pop(name, None)
        found["figures"].pop(name, None)
    overview = daemon.get("overview")
    found["counts"] = {name: overview[name] for name in ("counts", "waiting", "proposals", "scopes", "systems")}
    found["branch"] = daemon.stack.git("rev-parse", "HEAD")
    found["decisions"] = daemon.get("decisions")["items"]
    found["trail"] = daemon.get("trail", what="decisions")["items"]
    return found


def drifts(at: Running) -> str:
    return "\n".join(line for line in at.daemon.scrape().splitlines() if line.startswith(("driftline_drift", "ALERTS")))


def test_it_comes_through_with_the_time_of_each_step_and_is_counted_nowhere(
    at: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    before, metrics = counted(at), drifts(at)
    assert cli.run(["drill", "--within", WITHIN, *at.stack]) == 0
    said = capsys.readouterr()
    lines = [line.split()[0] for line in said.out.splitlines()]
    assert sorted(lines) == ["The", "accepted", "made", "on", "over", "resolved"] and not said.err
    assert f"{at.manager.url} tells driftline-drill" in said.out
    drill = at.newest()
    assert drill["made_at"] <= drill["managers"][0]["at"] <= drill["over_at"] <= drill["managers"][0]["gone_at"]
    (fired,) = at.receiver.wait(lambda: at.told("firing", drill["id"]), "it fires")
    (over,) = at.receiver.wait(lambda: at.told("resolved", drill["id"]), "it is over")
    assert {fired.route, over.route} == {"driftline-drill"}
    labels = {name: fired.labels[name] for name in ("alertname", "drill", "severity", "urgency", "integration")}
    assert labels == {
        "alertname": "DriftlineDrill", "drill": "true", "severity": "critical", "urgency": "ticket",
        "integration": "(drill)",
    }  # fmt: skip
    assert fired.labels["address"] == drill["id"], "two drills are two alerts"
    assert "DRILL, nothing is wrong" in fired.annotations["description"]
    assert at.daemon.api.get(fired.annotations["runbook_url"]).is_success
    assert counted(at) == before and drifts(at) == metrics
    trail = [one["what"] for one in at.daemon.get("trail", what="drills")["items"]]
    assert trail[:2] == ["drill ended", "drill begun"]


def test_while_it_goes_each_page_says_that_it_is_made_up_and_a_second_one_is_refused(
    at: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    made = at.daemon.post("/api/v1/drill", {"within": 60, "hold": 60})
    assert "is made up" in at.daemon.api.get("/").text and made["id"] in at.daemon.api.get("/drill").text
    assert cli.run(["drill", *at.stack]) == 2
    assert "is under way: it ends by itself within" in capsys.readouterr().err
    at.receiver.wait(lambda: at.told("firing", made["id"]), "it fires")
    at.daemon.api.delete("/api/v1/drill").raise_for_status()
    at.receiver.wait(lambda: at.told("resolved", made["id"]), "it was ended early")


def test_a_command_that_is_killed_leaves_nothing_behind(at: Running) -> None:
    command = [sys.executable, "-m", "monitor.cli", "drill", "--within", "30s", "--hold", "1s", *at.stack]
    before = at.newest()["id"] if at.newest() else ""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=dict(os.environ))
    until(lambda: (found := at.newest()) and found["id"] != before, PATIENCE, "it began")
    process.kill()
    process.wait(10)
    until(at.idle, PATIENCE, "it ended by itself")
    assert at.newest()["managers"][0]["gone_at"] and not at.manager.alerts(drill="true")


def test_a_command_that_is_interrupted_ends_the_drill(at: Running) -> None:
    command = [sys.executable, "-m", "monitor.cli", "drill", "--within", "60s", "--hold", "5m", *at.stack]
    before = at.newest()["id"] if at.newest() else ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("accepted"):
                break
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    assert at.newest()["id"] != before
    until(at.idle, PATIENCE, "it was ended")
    assert not at.manager.alerts(drill="true")


def test_a_silence_that_holds_it_back_fails_the_drill(at: Running, capsys: pytest.CaptureFixture[str]) -> None:
    silence = at.manager.silence("weekend", "ops", 600, stack="acme")
    assert cli.run(["drill", "--within", WITHIN, "--hold", "1s", "--json", *at.stack]) == 1
    said = capsys.readouterr()
    assert "tells nobody, a silence holds it back" in said.err
    told = json.loads(said.out)
    assert told["passed"] is False and [one["step"] for one in told["steps"]][:1] == ["made"]
    httpx.delete(f"{at.manager.url}/api/v2/silence/{silence}", trust_env=False).raise_for_status()


def test_it_says_that_it_stopped_before_an_alertmanager_that_does_not_answer(
    at: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    at.manager.kill()
    try:
        assert cli.run(["drill", "--within", "2s", *at.stack]) == 1
        said = capsys.readouterr()
        assert "it stopped before Alertmanager" in said.err and "does not answer" in said.err
        assert "accepted" not in said.out and "on page" in said.out
    finally:
        at.manager.start()


def test_a_daemon_that_is_killed_in_the_middle_takes_the_drill_along(at: Running) -> None:
    made = at.daemon.post("/api/v1/drill", {"within": 60, "hold": 300})
    at.receiver.wait(lambda: at.told("firing", made["id"]), "it fires")
    (alert,) = at.manager.alerts(drill="true")
    ends = datetime.fromisoformat(alert["endsAt"]).timestamp()
    assert abs(ends - made["until"] - made["within"]) < 1, "it ends by itself, hours before others do"
    at.daemon.kill()
    at.daemon.start().ready(60)
    at.receiver.wait(lambda: at.told("resolved", made["id"]), "the next process says that it is over")
    assert at.newest() is None and not at.manager.alerts(drill="true")


def test_nothing_is_sent_where_no_daemon_runs_or_nothing_is_pushed(
    at: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = Stack(tmp_path / "stack", hub=False)
    assert cli.run(["drill", "--stack", str(stack.folder)]) == 2
    assert "no daemon serves" in capsys.readouterr().err
