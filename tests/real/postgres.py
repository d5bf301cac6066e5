"""A real PostgreSQL for the tests: a cluster of its own on a free loopback port, stopped by its pid.

The programs are Debian's package `postgresql`, version 15. PostgreSQL refuses to run as root: there it runs as the user
`postgres` that the package makes, or as `nobody`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import pg8000.dbapi

from tests.e2e.serving import free_port

from .directus import Unavailable

DATABASE = "warehouse"
START_WITHIN = 60.0
HBA = """
host all postgres 127.0.0.1/32 trust
hostssl all sealed 127.0.0.1/32 scram-sha-256
hostnossl all sealed 127.0.0.1/32 reject
host all all 127.0.0.1/32 scram-sha-256
"""


def programs() -> Path:
    """The folder of initdb and postgres. Raises Unavailable."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    there = str(found[-1]) if found else shutil.which("initdb")
    if there is None:
        raise Unavailable("PostgreSQL is missing: apt-get install postgresql")
    return Path(there).parent


def _user() -> str | None:
    """Who runs it, where we are root."""
    if os.getuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


class Postgres:
    """`with Postgres() as server: server.run("CREATE TABLE …")`. Starting takes about two seconds. `tls`: a file with
    the key and the certificate that it shows; without one it has no TLS."""

    def __init__(self, tls: str | None = None) -> None:
        self.port = free_port()
        self._tls = tls
        self._bin = programs()
        self._user = _user()
        self._work = tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True)
        self._folder = Path(self._work.name)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def base(self) -> str:
        return f"postgresql+plain://127.0.0.1:{self.port}/{DATABASE}"

    def __enter__(self) -> Postgres:
        try:
            self._made()
            self.start()
            self.run(f"CREATE DATABASE {DATABASE}", database="postgres")
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
        self._work.cleanup()

    def _made(self) -> None:
        if self._user:
            shutil.chown(self._folder, self._user)
        argv = [str(self._bin / "initdb"), "-D", str(self._folder / "data"), "-U", "postgres", "-N", "--auth=trust",
                "--encoding=UTF8", "--locale=C.UTF-8"]  # fmt: skip
        done = subprocess.run(argv, user=self._user, capture_output=True, text=True, timeout=120, cwd="/")
        if done.returncode:
            raise Unavailable(f"initdb ended with {done.returncode}: {done.stderr[-600:]}")
        (self._folder / "data" / "pg_hba.conf").write_text(HBA)
        if self._tls:
            pem = self._folder / "data" / "server.pem"
            shutil.copy(self._tls, pem)
            pem.chmod(0o600)
            if self._user:
                shutil.chown(pem, self._user)

    def start(self) -> None:
        settings = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": "", "fsync": "off",
                    "max_connections": 20, "shared_buffers": "16MB", "log_min_messages": "fatal"}  # fmt: skip
        if self._tls:
            settings |= {"ssl": "on", "ssl_cert_file": "server.pem", "ssl_key_file": "server.pem"}
        argv = [str(self._bin / "postgres"), "-D", str(self._folder / "data")]
        for name, value in settings.items():
            argv += ["-c", f"{name}={value}"]
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(argv, user=self._user, stdout=log, stderr=log, cwd="/")
        end = time.monotonic() + START_WITHIN
        while time.monotonic() < end and self._process.poll() is None:
            try:
                self.run("SELECT 1", database="postgres")
                return
            except (OSError, pg8000.dbapi.Error):
                time.sleep(0.05)  # not listening yet
        raise Unavailable(f"PostgreSQL did not start: {(self._folder / 'server.log').read_text()[-600:]}")

    def stop(self) -> None:
        """Ends the server by its pid: SIGQUIT, on which it hangs up at once."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(10)

    def connect(self, user: str = "postgres", password: str = "", database: str = DATABASE) -> Any:
        """A connection of its own, each statement a transaction."""
        line = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        try:
            made = pg8000.dbapi.Connection(user, password=password, database=database, sock=line, ssl_context=False)
        except BaseException:
            line.close()
            raise
        made.autocommit = True
        return made

    def run(self, *statements: str, database: str = DATABASE) -> None:
        """What an administrator does."""
        connection = self.connect(database=database)
        try:
            for sql in statements:
                connection.cursor().execute(sql)
        finally:
            connection.close()

    def ask(self, sql: str, user: str = "postgres", password: str = "") -> Sequence[Any]:
        """Rows, as a user sees them."""
        connection = self.connect(user, password)
        try:
            cursor = connection.cursor()
            cursor.execute(sql)
            return list(cursor.fetchall())
        finally:
            connection.close()
