"""A real Directus server for the tests: installed from npm once, started on a free loopback port, stopped by its pid.

What is pinned stands with hashes in tests/real/cms/package-lock.json: Directus 12.4.0 on Node 22.23.3 (itself an npm
package; isolated-vm does not compile on Node 24) over SQLite. `isolated-vm` is replaced by a stub: only the "run
script" flow step and sandboxed extensions need it. Nothing is downloaded when what the lock says is installed.
`make test` begins with it, by `python -m tests.real.directus`. A new lock is made in that folder by `npm install
--package-lock-only --omit-lockfile-registry-resolved --ignore-scripts`; what packages say of themselves is taken out.
"""

from __future__ import annotations

import fcntl
import os
import platform
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

SOURCE = Path(__file__).parent / "cms"
FOLDER = Path(__file__).resolve().parents[2] / "build" / "directus"
ADMIN_EMAIL = "admin-01@example.com"
HANGS = 3600.0  # seconds after which a step is given up: many times what it takes on a machine that is busy
HEADER = Path("/usr/include/sqlite3.h")  # of Debian's libsqlite3-dev
_ARCHITECTURES = {"x86_64": "x64", "aarch64": "arm64"}


class Unavailable(Exception):
    """The server cannot be installed or started here; the message says what is missing and how to get it."""


def _node_package() -> str:
    machine = _ARCHITECTURES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        raise Unavailable(f"Directus is tested on Linux (x86_64, aarch64), not on {sys.platform} {platform.machine()}.")
    return f"node-linux-{machine}"


def _run(argv: list[str], folder: Path, env: dict[str, str], log: Path, seconds: float) -> None:
    with log.open("a") as out:
        out.write(f"$ {' '.join(argv)}\n")
        out.flush()
        try:
            done = subprocess.run(argv, cwd=folder, env=env, stdout=out, stderr=subprocess.STDOUT, timeout=seconds)
        except subprocess.TimeoutExpired:
            raise Unavailable(f"`{' '.join(argv)}` took more than {seconds:.0f} s; its output is in {log}.") from None
    if done.returncode:
        raise Unavailable(f"`{' '.join(argv)}` ended with {done.returncode}; its output is in {log}.")


def environment(folder: Path) -> dict[str, str]:
    """The environment in which Directus and the compilation of its native module run: the pinned Node first in PATH."""
    node = folder / "node_modules" / _node_package()
    path = f"{node / 'bin'}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "npm_config_nodedir": str(node), "JOBS": "max"}


def install(folder: Path = FOLDER) -> Path:
    """Install what is pinned into `folder` (about 0.9 GB, two minutes) unless it is there. Gives the folder.

    Two processes that call it at once wait for each other. Raises Unavailable.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("npm is missing: install Node.js with npm (Debian: apt-get install nodejs npm).")
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / "install.lock"):
        stamp, lock = folder / "installed", (SOURCE / "package-lock.json").read_text()
        if stamp.is_file() and stamp.read_text() == lock:
            return folder
        stamp.unlink(missing_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(SOURCE / name, folder)
        log = folder / "install.log"
        env = environment(folder)
        if HEADER.is_file():  # else SQLite itself is compiled, which takes a processor a minute and a half
            env["npm_config_sqlite"] = "/usr"
        _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder, dict(os.environ), log, HANGS)
        cli = Path(npm).resolve()  # npm is a script: run it by the pinned Node, else modules are built for another one
        _run(["node", str(cli), "rebuild", "sqlite3"], folder, env, log, HANGS)
        stamp.write_text(lock)
    return folder


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """One running Directus with an empty database of its own: `with Server() as server: server.post("/flows", …)`.

    `url` is its base address, `token` an administrator's. Starting takes about 15 s, most of it for the new database.
    """

    def __init__(self, folder: Path = FOLDER, *, start_within: float = 300.0) -> None:
        self.folder = folder
        self.start_within = start_within
        self.token = secrets.token_hex(16)
        self.url = ""
        self._work: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._http: httpx.Client | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, "the server is not running"
        return self._process.pid

    def __enter__(self) -> Server:
        install(self.folder)
        self._work = tempfile.TemporaryDirectory(prefix="directus-", ignore_cleanup_errors=True)
        try:
            self._start(Path(self._work.name))
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _start(self, work: Path) -> None:
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        (work / "uploads").mkdir()
        (work / "extensions").mkdir()
        env = environment(self.folder) | {
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "PUBLIC_URL": self.url,
            "DB_CLIENT": "sqlite3",
            "DB_FILENAME": str(work / "data.db"),
            "SECRET": secrets.token_hex(32),
            "ADMIN_EMAIL": ADMIN_EMAIL,
            "ADMIN_PASSWORD": secrets.token_urlsafe(24),
            "ADMIN_TOKEN": self.token,
            "TELEMETRY": "false",
            "IMPORT_IP_DENY_LIST": "",  # the default keeps flows from calling loopback addresses
            "EXTENSIONS_PATH": str(work / "extensions"),
            "STORAGE_LOCAL_ROOT": str(work / "uploads"),
            "RATE_LIMITER_ENABLED": "false",
            "PRESSURE_LIMITER_ENABLED": "false",  # on a busy machine it refuses with 503 what would take a moment
            "LOG_STYLE": "raw",
        }
        log = work / "server.log"
        cli = str(self.folder / "node_modules" / "directus" / "cli.js")
        _run(["node", cli, "bootstrap"], work, env, log, self.start_within)
        with log.open("a") as out:
            self._process = subprocess.Popen(["node", cli, "start"], cwd=work, env=env, stdout=out, stderr=out)
        self._http = httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.token}"}, timeout=30.0)
        self._wait(log)

    def _wait(self, log: Path) -> None:
        assert self._http is not None
        end = time.monotonic() + self.start_within
        while time.monotonic() < end:
            if self._process is not None and self._process.poll() is not None:
                break
            try:
                if self._http.get("/server/ping").text == "pong":
                    return
            except httpx.TransportError:
                pass  # not listening yet
            time.sleep(0.1)
        raise Unavailable(f"Directus did not answer at {self.url}; its log ends with: {log.read_text()[-800:]}")

    def stop(self) -> None:
        """End the server by its pid (SIGTERM, then SIGKILL after 10 s) and remove its files."""
        if self._http is not None:
            self._http.close()
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(10)
        if self._work is not None:
            self._work.cleanup()

    def send(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> httpx.Response:
        """One request of the administrator (or of `token`), whatever it answers."""
        assert self._http is not None, "the server is not running"
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self._http.request(method, path, json=body, headers=headers)

    def call(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> Any:
        """One request of the administrator (or of `token`); gives `data`. Raises AssertionError with the answer."""
        answer = self.send(method, path, body, token=token)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:400]}"
        return answer.json().get("data") if answer.content else None

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def post(self, path: str, body: Any = None) -> Any:
        return self.call("POST", path, body)

    def patch(self, path: str, body: Any) -> Any:
        return self.call("PATCH", path, body)

    def delete(self, path: str) -> None:
        self.call("DELETE", path)


if __name__ == "__main__":
    try:
        print(f"Directus is installed in {install()}")
    except Unavailable as error:
        sys.exit(str(error))
