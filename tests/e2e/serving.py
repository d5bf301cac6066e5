"""A stack of one's own and the real `driftline serve` on it: a process, its API, its metrics, its repository."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import httpx
import uvicorn
import yaml

from monitor.scaffold import scaffold

from .warm import Warm

T = TypeVar("T")
PAGE = 200  # findings that the API gives at once


def until(look: Callable[[], T | None], seconds: float, what: str) -> T:
    """Looks again and again until there is something. For what another process does, which no event tells of here."""
    ends = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > ends:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.05)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def account(app: Any, **tls: str) -> Iterator[str]:
    """A simulated account on a free loopback port, in a thread of its own. Gives its address."""
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off", interface="asgi3", **tls)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started or not thread.is_alive(), 10, "the simulated account is served")
    assert server.started
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()


class Stack:
    """A user's stack as `driftline new-stack` makes it, its repository pushed to a bare one that nobody works in."""

    def __init__(self, folder: Path, *, hub: bool = True, **service: Any) -> None:
        scaffold(folder, "acme")
        self.folder = folder
        self.git("rm", "-r", "--quiet", "standing")  # what these tests change is for a person to decide
        self.git("commit", "--quiet", "-m", "Decide all by hand")
        self.pages, self.metrics = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.pages}"
        settings = {"server": {"listen": f"127.0.0.1:{self.pages}", "metrics": f"127.0.0.1:{self.metrics}"}}
        settings["server"]["external_url"] = self.url
        if hub:
            self.hub = folder.parent / f"{folder.name}-hub.git"
            self.git("clone", "--quiet", "--bare", str(folder), str(self.hub))
            settings["baselines"] = {"repository": str(self.hub)}
        else:
            self.hub = folder
        self.set("driftline.yaml", **settings)
        self.set("driftline.yaml", poll={"every": "1d", "confirm_after": "30s"}, **service)

    @property
    def state(self) -> Path:
        return self.folder / "var"

    def file(self, name: str) -> Path:
        return self.folder / "config" / name

    def set(self, name: str, **settings: Any) -> None:
        """Changes settings of a configuration file, one level deep, as an editor writes it: aside, then in place."""
        path = self.file(name)
        there = yaml.safe_load(path.read_text()) if path.exists() else {}
        for key, value in settings.items():
            there[key] = {**(there.get(key) or {}), **value} if isinstance(value, dict) else value
        self.write(name, yaml.safe_dump(there, sort_keys=False))

    def write(self, name: str, text: str) -> None:
        path = self.file(name)
        aside = path.with_name(f".{path.name}.new")
        aside.write_text(text)
        aside.replace(path)

    def secret(self, name: str, value: str) -> str:
        """A file that only its owner can read; gives the reference to it."""
        path = self.folder / f"{name}.key"
        path.touch(0o600)
        path.write_text(f"{value}\n")
        return f"${{file:{name}.key}}"

    def integration(self, name: str, vendor: str, base: str, credentials: Mapping[str, str], **more: Any) -> None:
        entry = {"vendor": vendor, "owner": "marketing-operations", "base": base, "allow_private": True}
        self.set(f"integrations/{name}.yaml", **entry, credentials=dict(credentials), **more)

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, check=True, capture_output=True, text=True,
            env={key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
        )  # fmt: skip
        return done.stdout.strip()

    def log(self, branch: str = "main") -> list[tuple[str, str]]:
        """(sha, decision) of every commit of the repository that a decision made, oldest first."""
        form = "--format=%H%x00%(trailers:key=Driftline-Decision,valueonly,separator=%x2C)"
        lines = self.git("-C", str(self.hub), "log", "--reverse", form, branch).splitlines()
        return [(sha, decision) for sha, _, decision in (line.partition("\0") for line in lines) if decision]


class Serving:
    """`driftline serve` of a stack, as a process. `with Serving(stack) as daemon:` ends it by SIGTERM."""

    def __init__(self, stack: Stack, **environment: str) -> None:
        self.stack = stack
        self.said = stack.folder.parent / f"{stack.folder.name}-{uuid4().hex[:6]}.log"
        self.environment = environment
        self.api = httpx.Client(base_url=stack.url, timeout=60, trust_env=False)
        self.process: Warm | subprocess.Popen[bytes] | None = None

    def start(self) -> Serving:
        self.process = Warm(["serve", "--stack", str(self.stack.folder)], self.said, self._environment)
        return self

    def start_anew(self) -> Serving:
        """As a person starts it: a new interpreter, the installed command."""
        command = [sys.executable, "-c", "from monitor.cli import main; main()"]
        with self.said.open("ab") as out:
            self.process = subprocess.Popen(
                [*command, "serve", "--stack", str(self.stack.folder)], stdout=out, stderr=out, env=self._environment
            )
        return self

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self.environment}

    def ready(self, seconds: float = 30) -> Serving:
        def look() -> bool:
            if self.running.poll() is not None:
                raise AssertionError(f"serve ended with {self.running.returncode}:\n{self.log[-3000:]}")
            try:
                return self.api.get("/api/v1/summary").is_success
            except httpx.TransportError:
                return False

        until(look, seconds, f"serve is ready; it said\n{self.log[-3000:]}")
        return self

    @property
    def running(self) -> Warm | subprocess.Popen[bytes]:
        assert self.process is not None
        return self.process

    @property
    def log(self) -> str:
        return self.said.read_text() if self.said.exists() else ""

    def stop(self, seconds: float = 10) -> int:
        """SIGTERM; gives the exit code. Fails when it takes longer."""
        self.running.send_signal(signal.SIGTERM)
        return self.ended(seconds)

    def ended(self, seconds: float = 10) -> int:
        try:
            return self.running.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"serve did not end within {seconds} s:\n{self.log[-3000:]}") from None

    def kill(self) -> None:
        """kill -9, unless it is gone already."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    def __enter__(self) -> Serving:
        return self.start().ready()

    def __exit__(self, *error: object) -> None:
        try:
            if self.process is not None and self.process.poll() is None:
                self.stop()
        finally:
            self.kill()
            self.api.close()

    # -- what a person asks of it ---------------------------------------------------------------------------------

    def get(self, path: str, **query: Any) -> Any:
        answer = self.api.get(f"/api/v1/{path}", params=query)
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def post(self, path: str, body: Any = None) -> Any:
        answer = self.api.post(path, json=body)
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}\n{self.log[-3000:]}"
        return answer.json()

    def poll(self, name: str, *listings: str) -> Any:
        """Reads now; gives the reading."""
        return self.post(f"/api/v1/integrations/{name}/poll", {"listings": listings or None})["reading"]

    def findings(self, stand: str = "open", **query: Any) -> list[Any]:
        found: list[Any] = []
        place: dict[str, str] = {}
        while True:
            page = self.get("findings", stand=stand, children=1, limit=PAGE, **place, **query)
            found += page["items"]
            if not page["next"]:
                return found
            place = {"cursor": page["next"]}

    def found(self, scope: str, key: str, fact: str = "", stand: str = "open") -> Any:
        """The one finding there, or None."""
        hits = [one for one in self.findings(stand) if (one["scope"], one["key"], one["fact"]) == (scope, key, fact)]
        assert len(hits) < 2, hits
        return hits[0] if hits else None

    def decide(self, kind: str, *findings: Any, **more: Any) -> Any:
        """Decides, and waits until it is in git and pushed."""
        asked = {"uuid": str(uuid4()), "kind": kind, "findings": {one["id"]: one["fingerprint"] for one in findings}}
        asked |= {"reason": "meant", "ticket": "OPS-1"} if kind == "approve" else {}
        return self.settled(self.post("/api/v1/decisions", {**asked, **more})["uuid"])

    def settled(self, uuid: str, seconds: float = 20) -> Any:
        def look() -> Any:
            row = self.get(f"decisions/{uuid}")
            return row if row["state"] not in ("queued", "committed") else None

        return until(look, seconds, f"decision {uuid} is settled; the log ends with\n{self.log[-2000:]}")

    def capture(self, name: str) -> Any:
        read = self.poll(name)
        assert read["outcome"] == "ok", (read, self.get(f"integrations/{name}"))
        row = self.decide("capture", integration=name)
        assert row["state"] == "pushed", row
        return row

    def scrape(self) -> str:
        answer = httpx.get(f"http://127.0.0.1:{self.stack.metrics}/metrics", trust_env=False)
        assert answer.status_code == 200, answer.text
        return answer.text

    def metric(self, name: str, **labels: str) -> float | None:
        """The sum of a metric's series that have these labels; None when there is none. Up to 5 s old."""
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        values = [
            float(line.rsplit(" ", 1)[1])
            for line in self.scrape().splitlines()
            if line.startswith((f"{name}{{", f"{name} ")) and all(one in line for one in wanted)
        ]
        return sum(values) if values else None

    def says(self, value: float, name: str, **labels: str) -> None:
        """Waits until the metric has this value: a rendering is kept for five seconds."""
        until(lambda: self.metric(name, **labels) == value, 10, f"{name} {labels} is {value}")
