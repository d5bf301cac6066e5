"""What a person's browser talks to in these tests: the demo as a process, alone or behind nginx on a path."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from tests.e2e.serving import free_port, until

DEMO: Final = """
import json, sys
from pathlib import Path
from monitor.demo.run import live
live(Path(sys.argv[1]), json.loads(sys.argv[2]))
"""
# One process in the foreground, everything it writes under the folder it is given, and the path taken off as many
# proxies do it. What nginx does by itself with buffers and hosts is left as it is: our pages have to stand that.
NGINX: Final = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr warn;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location {path}/ {{ proxy_pass http://{behind}/; proxy_set_header Host $http_host; }}
  }}
}}
"""


class Demo:
    """`driftline demo` on free ports. `url` is where people reach it, without a slash at the end."""

    def __init__(self, folder: Path, path: str = "") -> None:
        self.folder, self.said = folder, folder.with_suffix(".log")
        self.behind = f"127.0.0.1:{free_port()}"
        self.url = f"http://127.0.0.1:{free_port()}{path}" if path else f"http://{self.behind}"
        self.settings = {
            "poll": {"every": "1d", "confirm_after": "30s"},  # read when a line of the story is done, and not between
            "server": {
                "listen": self.behind, "metrics": f"127.0.0.1:{free_port()}", "external_url": self.url,
            },
        }  # fmt: skip
        self.api = httpx.Client(base_url=self.url, timeout=60, trust_env=False, headers={"origin": origin(self.url)})

    @contextmanager
    def running(self) -> Iterator[Demo]:
        command = [sys.executable, "-c", DEMO, str(self.folder), json.dumps(self.settings)]
        with self.said.open("ab") as out, process(command, out, cwd=None):
            yield self
            self.api.close()

    def ready(self) -> Demo:
        def look() -> bool:
            try:
                return self.api.get("/api/v1/summary").is_success
            except httpx.TransportError:
                return False

        until(look, 60, f"the demo is ready; it said\n{self.log}")
        return self

    @property
    def log(self) -> str:
        return self.said.read_text()[-3000:] if self.said.exists() else ""

    def do(self, number: str, way: str = "do") -> None:
        """A line of the story, read by the time this returns."""
        answer = self.api.post(f"/break/{number}/{way}")
        assert answer.status_code == 303, f"{answer.status_code} {answer.text}\n{self.log}"

    def found(self, key: str, fact: str = "") -> Any:
        """The open root there. Waits: a cause may be folded over a few readings."""

        def look() -> Any:
            rows = self.api.get("/api/v1/findings", params={"limit": 200}).json()["items"]
            return next((one for one in rows if one["key"] == key and fact in ("", one["fact"])), None)

        return until(look, 20, f"a finding at {key}")

    def decide(self, kind: str, finding: Any, **more: Any) -> str:
        """Through the API; gives its uuid."""
        body = {"uuid": uuid4().hex, "kind": kind, "findings": {finding["id"]: finding["fingerprint"]}, **more}
        answer = self.api.post("/api/v1/decisions", json=body)
        assert answer.is_success, answer.text
        return str(body["uuid"])

    def closed(self, id_: str) -> None:
        """Waits until the finding is."""
        until(
            lambda: self.api.get(f"/api/v1/findings/{id_}").json()["row"]["stand"] == "closed", 20, f"{id_} is closed"
        )

    def git(self, *arguments: str) -> str:
        """Of the repository that the daemon commits to."""
        repository = self.folder / "stack" / "var" / "baselines.git"
        done = subprocess.run(["git", *arguments], cwd=repository, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commits(self) -> int:
        return int(self.git("rev-list", "--count", "main"))

    def approved(self, before: int) -> str:
        """Waits for one commit more than `before`; gives its message and what it changed."""
        until(lambda: self.commits() > before, 20, "the approval is in git")
        assert self.commits() == before + 1
        return self.git("show", "main")


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@contextmanager
def demo(folder: Path) -> Iterator[Demo]:
    with Demo(folder / "demo").running() as one:
        yield one.ready()


@contextmanager
def demo_below(folder: Path, path: str) -> Iterator[Demo]:
    """The demo as `external_url` with a path has it: reached through a real proxy only."""
    one = Demo(folder / "demo", path)
    own = folder / "nginx"
    own.mkdir()
    (own / "nginx.conf").write_text(NGINX.format(folder=own, port=urlsplit(one.url).port, path=path, behind=one.behind))
    command = [program("nginx"), "-p", str(own), "-c", str(own / "nginx.conf"), "-e", "stderr"]
    with one.running(), (own / "log").open("ab") as out, process(command, out, cwd=own):
        yield one.ready()


@contextmanager
def process(command: list[str], out: Any, cwd: Path | None) -> Iterator[None]:
    """Ends it as a supervisor does, and kills it where it does not listen."""
    running = subprocess.Popen(command, stdout=out, stderr=out, cwd=cwd)
    try:
        yield
        assert running.poll() is None, f"{command[0]} ended by itself with {running.returncode}"
    finally:
        running.send_signal(signal.SIGTERM)
        try:
            running.wait(15)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
            raise


class Missing(Exception):
    """A program that these tests drive is not installed; the message names it."""


def program(name: str) -> str:
    """Its path. Debian keeps servers where only root looks by itself."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin")
    if found is None:
        raise Missing(f"{name} is not installed (on Debian: `sh tests/prepare.sh` does it)")
    return found
