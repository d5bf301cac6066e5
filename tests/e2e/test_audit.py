"""The paper trail of a running daemon: verified and reported through its API and without it, and each way of tampering
told by the exit code."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor import cli
from probes.kit.clock import SystemClock
from probes.simulated import hubspot
from tests.adapters.repositories import clone
from tests.e2e.serving import Serving, Stack, account

NAME = "hub"


@pytest.fixture
def laid(tmp_path: Path) -> Iterator[tuple[Stack, hubspot.Account]]:
    hub = hubspot.Account(clock=SystemClock())
    with account(hub.app) as base:
        stack = Stack(tmp_path / "stack")
        stack.integration(NAME, "hubspot", base, {"scheme": "token", "token": stack.secret("hub", hub.token)})
        yield stack, hub


class Auditor:
    def __init__(self, stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
        self.stack, self.capsys = stack, capsys

    def run(self, *arguments: str) -> tuple[int, str, str]:
        code = cli.run(["audit", *arguments, "--stack", str(self.stack.folder)])
        return code, *self.capsys.readouterr()

    def tamper(self, statement: str) -> None:
        with closing(sqlite3.connect(self.stack.state / "state.db")) as other, other:
            other.execute(statement)


def test_what_was_done_is_verified_reported_and_no_tampering_passes(
    laid: tuple[Stack, hubspot.Account], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    stack, hub = laid
    auditor = Auditor(stack, capsys)
    with Serving(stack) as daemon:
        daemon.capture(NAME)
        hub.alter_property(type="contacts", name="lead_score", label="Points")
        daemon.poll(NAME)
        found = daemon.found("contacts", "lead_score", "label")
        assert daemon.decide("approve", found, reason="=renamed", ticket="OPS-1")["state"] == "pushed"
        code, out, err = auditor.run("verify")
        assert (code, err) == (0, "") and out.startswith("The trail is whole: ") and "2 commits of the branch" in out
        assert daemon.get("trail", what="decisions")["items"][0]["peer"] == "127.0.0.1"
        today = datetime.now(UTC).date()
        days = ("--from", f"{today - timedelta(days=1)}", "--to", f"{today}")
        lines = list(csv.DictReader(io.StringIO(auditor.run("report", *days)[1])))
        [line] = [line for line in lines if line["what"] == "approve"]
        assert (line["reason"], line["commit"]) == ("'=renamed", stack.log()[-1][0])
        (stack.file("people.yaml")).write_text("teams: 3\n")
        assert daemon.api.post("/-/reload").status_code == 409
        assert daemon.get("trail", what="reloads")["items"][0]["what"] == "reload refused"
        stack.git("checkout", "--quiet", "--", "config/people.yaml")
        assert daemon.api.post("/-/reload").is_success

    log = clone(stack.hub, tmp_path / "person")
    trailers = log.git("log", "-2", "--format=%(trailers:key=Driftline-Trail,valueonly,separator=%x2C)").splitlines()
    assert len(trailers) == 2 and all(len(mark.partition(":")[2]) == 64 for mark in trailers)
    code, out, _ = auditor.run("verify", "--json")
    told = json.loads(out)
    assert (code, told["ok"], told["remote"], told["commits"], told["problems"]) == (0, True, True, 2, [])
    code, out, err = auditor.run("report", *days, "--format", "html", "--out", str(tmp_path / "report.html"))
    assert (code, out) == (0, "") and "OPS-1" in (tmp_path / "report.html").read_text()
    assert auditor.run("report", *days, "--format", "pdf")[0] == 2
    code, out, err = auditor.run("report", "--from", "soon", "--to", "later")
    assert code == 2 and "from: expected a day" in err

    kept = (stack.state / "state.db").read_bytes()
    for statement, words in (
        ("UPDATE trail SET who = 'p-0000000000' WHERE what = 'approve'", "(approve) was changed after it was written"),
        ("DELETE FROM trail WHERE seq > 2", "the end is cut off"),
        ("DELETE FROM trail WHERE seq = 2", "entry 2 is missing: after 1 comes 3"),
    ):
        auditor.tamper(statement)
        code, out, err = auditor.run("verify")
        assert (code, out) == (1, "") and words in err
        for file in stack.state.glob("state.db-*"):
            file.unlink()
        (stack.state / "state.db").write_bytes(kept)
    assert auditor.run("verify")[0] == 0

    away = stack.hub.rename(stack.hub.with_name("away.git"))
    code, out, err = auditor.run("verify")
    assert code == 3 and "the remote could not be looked at" in err
    away.rename(stack.hub)
    log.git("reset", "-q", "--hard", "HEAD~1")
    log.git("push", "-q", "--force", "origin", "main")
    code, out, err = auditor.run("verify")
    assert code == 1 and "its history was rewritten" in err
