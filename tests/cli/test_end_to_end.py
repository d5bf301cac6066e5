"""The terminal over the real thing: simulated vendors, a repository, and `serve` in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from monitor.demo.play import Player, step_of
from monitor.demo.stage import stage
from monitor.engine.opening import open_engine
from probes.kit.clock import ManualClock

from .conftest import Run

OPTION = "Option Sales Qualified Lead (salesqualifiedlead) was removed from lifecyclestage"


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A stack with baselines and the drift of lines 1 and 2 of the story; its vendors are gone by now."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    pages, metrics = (f"127.0.0.1:{free_port()}" for _ in range(2))
    server = {"listen": pages, "metrics": metrics, "external_url": f"http://{pages}"}
    before = dict(os.environ)

    async def lay() -> None:
        clock = ManualClock(time.time() - 7200, leap=True)
        async with stage(folder, clock, {"server": server}) as set_up, open_engine(set_up.config, clock) as engine:
            player = Player(engine, set_up, clock)
            await player.capture()
            for number in ("1", "2"):
                await player.do(step_of(number))

    asyncio.run(lay())
    yield folder / "stack"
    os.environ.clear()
    os.environ.update(before)


@contextmanager
def serving(stack: Path) -> Iterator[subprocess.Popen[str]]:
    code = "import sys; from monitor.cli import main; sys.argv[0] = 'driftline'; main()"
    daemon = subprocess.Popen(
        [sys.executable, "-c", code, "serve", "--log-json", "--stack", str(stack)], stderr=subprocess.PIPE, text=True
    )
    assert daemon.stderr is not None
    said = []
    for line in daemon.stderr:
        said.append(line)
        if '"ready"' in line:
            break
    else:
        raise AssertionError("".join(said))
    try:
        yield daemon
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate(timeout=20)


def ageless(text: str) -> str:
    return re.sub(r"\b\d+ [smhd]\b", "N", text)


def git(stack: Path, *arguments: str) -> str:
    bare = stack / "var" / "baselines.git"
    return subprocess.run(["git", "-C", str(bare), *arguments], check=True, capture_output=True, text=True).stdout


def test_from_findings_to_the_commit_here_and_through_the_daemon(laid: Path, run: Run) -> None:
    where = ("--stack", str(laid))
    here = run("findings", *where)
    assert (here.code, here.err) == (0, "")
    assert "Option Sales Qualified Lead (salesqualifiedlead) was removed from" in here.out
    items = json.loads(run("findings", "--json", *where).out)["items"]
    option = next(row for row in items if row["says"] == OPTION)
    field = next(row for row in items if row["key"] == "UTM_Campaign__c")
    page = run("show", option["id"][:5], *where).out
    assert run("diff", "--fail-on", "breaking", *where).code == 1

    with serving(laid) as daemon:
        assert ageless(run("findings", *where).out) == ageless(here.out), "the same words, order and ids"
        assert ageless(run("show", option["id"][:5], *where).out) == ageless(page)
        done = run(
            "approve",
            f"{option['id']}:{option['fingerprint']}",
            "--yes",
            "--reason",
            "retired",
            "--ticket",
            "OPS-1",
            *where,
        )
        assert (done.code, "committed in" in done.out) == (0, True)
        history = run("history", option["id"], *where)
        assert "closed (approved)" in history.out and "was approved by local:" in history.out
        again = run("approve", option["id"], "--yes", *where)
        assert again.code == 2 and "nothing is left to decide" in again.err
        blocked = run("serve", *where)
        assert blocked.code == 2 and str(daemon.pid) in blocked.err

        made = json.loads(run("token", "create", "ci", "--role", "viewer", "--json", *where).out)
        assert made["secret"] not in run("token", "list", "--json", *where).out
        assert run("token", "revoke", "ci", *where).code == 0
        assert run("reload", *where).code == 0

        (laid / "config" / "rules.yaml").write_text("overrides: nonsense\n")
        tolerant = run("findings", *where)
        assert tolerant.code == 0 and "has mistakes and the daemon goes on" in tolerant.err
        refused = run("reload", *where)
        assert refused.code == 2 and "rules.yaml:1: overrides" in refused.err
        (laid / "config" / "rules.yaml").write_text("overrides: []\n")
        ignored_and_told_again(run, field["id"], where)
    assert daemon.returncode == 0

    log = git(laid, "log", "--format=%B", "main")
    assert "retired" in log and f"Finding: {option['id']}" in log and "Driftline-Decision:" in log
    ignored_and_told_again(run, field["id"], where)
    put_back = run("reject", field["id"], "--reason", "needed", *where)
    assert put_back.code == 0
    assert "to be put back" in run("findings", *where).out
    assert option["id"] not in run("findings", *where).out
    approved = run("approve", field["id"], "--effects", "--yes", "--reason", "meant", "--ticket", "OPS-2", *where)
    assert approved.code == 0
    left = json.loads(run("findings", "--children", "--json", *where).out)["items"]
    assert {row["source"] for row in left} == {"mapping", "definition"}, "approved, and what it breaks is still said"


def ignored_and_told_again(run: Run, id: str, where: tuple[str, ...]) -> None:
    """An ignore is made and ended, each by a commit that the command waits for."""
    until = ("--until", "2999-12-31", "--reason", "moved next week")
    assert "committed in" in run("ignore", id, *until, *where).out
    (row,) = json.loads(run("ignores", "--json", *where).out)["items"]
    assert (row["id"], row["state"]) == (id, "in force")
    assert run("unignore", "none", "--reason", "x", *where).code == 2
    ended = run("unignore", id, "--reason", "it is not moved", *where)
    assert (ended.code, f"The ignore {id} has ended, by commit" in ended.out) == (0, True), ended
    assert json.loads(run("ignores", "--json", *where).out)["items"] == []


def test_vendors_that_are_gone_are_blindness_and_not_deletions(laid: Path, run: Run) -> None:
    before = json.loads(run("diff", "--json", "--stack", str(laid)).out)["drifts"]
    said = run("poll", "hubspot-prod", "--strict", "--json", "--stack", str(laid))
    assert said.code == 3
    told: Any = json.loads(said.out)
    assert told["items"][0]["reading"]["outcome"] == "failed"
    assert {one["state"] for one in told["incomplete"]} == {"failed"}
    after = json.loads(run("diff", "--json", "--stack", str(laid)).out)["drifts"]
    assert [one["row"]["id"] for one in after] == [one["row"]["id"] for one in before]
