"""A real daemon that tells a real receiver, killed while a message is on its way: nothing is lost, and what may have
arrived is said once more at most, under the same id."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from probes.kit.clock import SystemClock
from probes.simulated import hubspot
from tests.e2e.serving import Serving, Stack, account
from tests.receivers import Receiver, receiving

NAME, SECRET = "hubspot", "a-secret-of-webhooks"


def test_kill_9_between_sending_and_keeping_that_it_was_sent_repeats_one_message_and_loses_none(tmp_path: Path) -> None:
    hub = hubspot.Account(clock=SystemClock())
    with receiving() as receiver, account(hub.app) as base:
        stack = Stack(tmp_path / "stack")
        hook = {"url": f"{receiver.url}/hook", "secret": stack.secret("hook", SECRET), "allow_private": True}
        route = {"to": ["hook"], "urgency": ["page", "ticket", "digest"]}
        stack.set("driftline.yaml", notify={"targets": {"hook": {"webhook": hook}}, "routes": [route]})
        stack.integration(NAME, "hubspot", base, {"scheme": "token", "token": stack.secret("hub", hub.token)})
        serving = Serving(stack)
        try:
            serving.start().ready()
            serving.capture(NAME)
            sent = serving.api.post("/api/v1/notifications/test", json={}).json()["items"]
            assert sent == [{"target": "hook", "ok": True, "says": "HTTP 200: ok"}]
            receiver.held.clear()
            hub.alter_property(type="contacts", name="lifecyclestage", label="Another")
            serving.api.post(f"/api/v1/integrations/{NAME}/poll", json={})
            (first,) = receiver.wait(lambda: receiver.of("finding.opened"))
            serving.kill()  # it is there, and nobody knows
            receiver.held.set()
            serving.start().ready()
            receiver.wait(lambda: len(receiver.of("finding.opened")) == 2)
            hub.alter_property(type="contacts", name="email", label="Another")
            serving.api.post(f"/api/v1/integrations/{NAME}/poll", json={})
            receiver.wait(lambda: len(receiver.of("finding.opened")) == 3)
            assert [one["id"] == first["id"] for one in receiver.of("finding.opened")] == [True, True, False]
            assert all(got.verified(SECRET) for got in receiver.got) and SECRET not in serving.log
        finally:
            receiver.held.set()
            serving.kill()
            serving.api.close()
        _refused(stack, receiver)


def _refused(stack: Stack, receiver: Receiver) -> None:
    """While no daemon runs, the command sends by itself."""
    receiver.answers.append((500, {}, b"out of order"))
    command = ["-c", "from monitor.cli import main; main()", "notify", "test", "hook", "--stack", str(stack.folder)]
    failed = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    assert failed.returncode == 1 and "hook: FAILED." in failed.stdout and "HTTP 500: out of order" in failed.stdout
