"""What a real `serve --log-json` says of an integration that fails for a while."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from monitor.daemon import Daemon
from monitor.said import Said
from probes.kit.clock import SystemClock
from probes.simulated import hubspot
from tests.e2e.serving import Serving, Stack, account, until
from tests.e2e.warm import Warm

NAME = "hub"
FAILS, AGAIN = "this integration cannot be read as it should be; the next poll tries again", "it can be read again"


class Json(Serving):
    token = ""  # of the account

    def start(self) -> Serving:
        self.process = Warm(
            ["serve", "--log-json", "--stack", str(self.stack.folder)], self.said, self._environment
        )  # fmt: skip
        return self

    def lines(self, event: str = "") -> list[dict[str, Any]]:
        found = [json.loads(line) for line in self.log.splitlines()]
        return [one for one in found if event in ("", one["event"])]


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Json]:
    hub = hubspot.Account(clock=SystemClock())
    with account(hub.app) as base:
        stack = Stack(tmp_path / "stack", hub=False)
        stack.integration(NAME, "hubspot", base, {"scheme": "token", "token": stack.secret("hub", hub.token)})
        with Json(stack) as made:
            assert isinstance(made, Json)
            made.token = hub.token
            yield made


def test_a_failure_is_said_once_and_the_recovery_once_each_with_the_number_of_its_reading(serving: Json) -> None:
    assert serving.poll(NAME)["outcome"] == "ok"
    serving.stack.secret("hub", "wrong")
    bad = [serving.poll(NAME) for _ in range(3)]
    assert {one["outcome"] for one in bad} == {"failed"}
    serving.stack.secret("hub", serving.token)
    good = [serving.poll(NAME) for _ in range(2)]
    assert {one["outcome"] for one in good} == {"ok"}
    until(lambda: serving.lines(AGAIN), 20, "the recovery is in the log")
    (fails,), (again,) = serving.lines(FAILS), serving.lines(AGAIN)
    assert (fails["reading"], again["reading"]) == (bad[0]["id"], good[0]["id"])
    assert fails["integration"] == again["integration"] == NAME and fails["level"] == "error"
    assert fails["why"] and "wrong" not in serving.log and again["left"] == 0
    assert {one["id"] for one in serving.get("readings", integration=NAME)["items"]} >= {fails["reading"]}


def test_work_that_is_tried_again_and_again_is_said_to_fail_once(capsys: pytest.CaptureFixture[str]) -> None:
    said = Said()
    for _ in range(3):
        said.failed("push", "the disk is full")
    said.failed("push", ValueError("another way"))
    said.works("push")
    said.works("push")
    words = "".join(capsys.readouterr())
    assert words.count("the disk is full") == 1 <= words.count("another way") and words.count("works again") == 1


async def test_a_remote_that_takes_nothing_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    daemon: Any = Daemon(cast(Any, None), SystemClock())
    engine: Any = SimpleNamespace(push_fault="the remote does not answer")

    async def nothing() -> None: ...

    for fault in ("the remote does not answer", "the remote does not answer", "", ""):
        engine.push_fault = fault
        await daemon._remote(engine, nothing)()
    words = "".join(capsys.readouterr())
    assert words.count("does not answer") == words.count("this works again") == 1
