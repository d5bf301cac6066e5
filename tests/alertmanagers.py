"""The real Alertmanager, as Debian packages it, and a receiver on loopback that it tells."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import yaml

from tests.e2e.serving import free_port, until

PATIENCE = 60.0  # seconds for what takes one or two when the machine is free
GROUP_WAIT, GROUP_INTERVAL = "1s", "2s"


class Notice(msgspec.Struct, frozen=True):
    """One alert of one message: `route` is the receiver's name."""

    at: float
    route: str
    status: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    together: int  # alerts in the message


class Receiver:
    """Takes webhooks in the shape of Alertmanager's documentation (configuration, webhook_config)."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.messages: list[Any] = []
        self._changed = threading.Condition()

    def take(self, route: str, message: Any) -> None:
        with self._changed:
            self.messages.append(message)
            told = message["alerts"]
            self.notices += [
                Notice(time.time(), route, one["status"], one["labels"], one["annotations"], len(told)) for one in told
            ]
            self._changed.notify_all()

    def of(self, status: str = "", **labels: str) -> list[Notice]:
        return [one for one in self.notices if status in ("", one.status) and labels.items() <= one.labels.items()]

    def wait(self, look: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
        """What `look` finds, as soon as a message brings it."""
        with self._changed:
            if not self._changed.wait_for(look, seconds):
                raise AssertionError(f"not within {seconds:.0f} s: {what}; told was {self.notices}")
            return look()


@contextmanager
def receiving() -> Iterator[tuple[Receiver, str]]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.end_headers()
            receiver.take(self.path.strip("/"), json.loads(body))

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


class Alertmanager:
    """A process with a state of its own. `config` is its whole configuration file."""

    def __init__(self, folder: Path, config: Mapping[str, Any], prefix: str = "") -> None:
        self.folder, self.prefix = folder, prefix
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / "alertmanager.yml"
        self.file.write_text(yaml.safe_dump(dict(config), sort_keys=False))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}{prefix}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Alertmanager:
        program = shutil.which("prometheus-alertmanager")
        if program is None:
            pytest.skip("prometheus-alertmanager is not installed: apt-get install prometheus-alertmanager")
        with (self.folder / "log").open("ab") as out:
            self.process = subprocess.Popen(
                [program, f"--config.file={self.file}", f"--storage.path={self.folder / 'data'}",
                 f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address=",
                 f"--web.external-url={self.url}"],
                stdout=out, stderr=out,
            )  # fmt: skip
        until(self._answers, PATIENCE, f"Alertmanager answers: {(self.folder / 'log').read_text()[-2000:]}")
        return self

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/-/ready", trust_env=False).is_success
        except httpx.TransportError:
            return False

    def kill(self, *, forgetting: bool = False) -> None:
        """kill -9; `forgetting`: on a disk that comes back empty, as a container's does."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        if forgetting:
            shutil.rmtree(self.folder / "data", ignore_errors=True)

    def post(self, *alerts: Mapping[str, Any]) -> None:
        httpx.post(f"{self.url}/api/v2/alerts", json=list(alerts), trust_env=False).raise_for_status()

    def alerts(self, **labels: str) -> list[Any]:
        found = httpx.get(f"{self.url}/api/v2/alerts", trust_env=False).raise_for_status().json()
        return [one for one in found if labels.items() <= one["labels"].items()]

    def silence(self, comment: str, by: str, seconds: float, **labels: str) -> str:
        now = time.time()
        form = "%Y-%m-%dT%H:%M:%SZ"
        answer = httpx.post(
            f"{self.url}/api/v2/silences", trust_env=False,
            json={
                "matchers": [{"name": k, "value": v, "isRegex": False, "isEqual": True} for k, v in labels.items()],
                "startsAt": time.strftime(form, time.gmtime(now)),
                "endsAt": time.strftime(form, time.gmtime(now + seconds)), "createdBy": by, "comment": comment,
            },
        )  # fmt: skip
        answer.raise_for_status()
        return str(answer.json()["silenceID"])


def routes(where: str, group_by: list[str] | None = None) -> dict[str, Any]:
    """One receiver for all, told quickly."""
    return {
        "route": {
            "receiver": "all", "group_by": group_by or ["stack", "integration", "alertname"],
            "group_wait": GROUP_WAIT, "group_interval": GROUP_INTERVAL, "repeat_interval": "4h",
        },
        "receivers": [{"name": "all", "webhook_configs": [{"url": f"{where}/all", "send_resolved": True}]}],
    }  # fmt: skip


@contextmanager
def alertmanager(folder: Path, config: Mapping[str, Any], prefix: str = "") -> Iterator[Alertmanager]:
    made = Alertmanager(folder, config, prefix)
    made.start()
    try:
        yield made
    finally:
        if made.process is not None and made.process.poll() is None:
            made.process.terminate()
            made.process.wait(10)
