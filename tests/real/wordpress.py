"""A real WordPress over a real MariaDB for the tests: Debian's packages, an empty site of its own, on loopback only.

The site is a copy of what the package installed, so that its plugins may be changed; the database listens on a socket
in the same temporary folder and on no port. Everything that the tests change,
they change as the administrator would: by the forms of wp-admin, by REST with the session of the browser, and, for what
a developer registers in code, by editing the one must-use plugin.
"""

from __future__ import annotations

import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

PACKAGED = Path("/usr/share/wordpress")
ADMIN = "admin-01@example.com"
NEEDED = {"mariadbd": "mariadb-server", "mariadb-install-db": "mariadb-server", "mariadb": "mariadb-client",
          "php": "php-cli php-mysql php-xml php-mbstring php-curl"}  # fmt: skip
PATHS = f"{os.environ['PATH']}:/usr/sbin"
NAME = re.compile(r"[a-z0-9-]+")

CONFIG = """<?php
define( 'DB_NAME', 'wp' ); define( 'DB_USER', 'wp' ); define( 'DB_PASSWORD', 'wp' );
define( 'DB_HOST', 'localhost:{socket}' ); define( 'DB_CHARSET', 'utf8mb4' ); define( 'DB_COLLATE', '' );
define( 'WP_ENVIRONMENT_TYPE', 'local' );  // application passwords over plain http
define( 'WP_HTTP_BLOCK_EXTERNAL', true ); define( 'AUTOMATIC_UPDATER_DISABLED', true );
define( 'DISABLE_WP_CRON', true ); define( 'WP_DEBUG', false );
foreach ( array( 'AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE' ) as $word ) {{
    define( $word . '_KEY', '{salt}' . $word ); define( $word . '_SALT', $word . '{salt}' );
}}
$table_prefix = 'wp_';
if ( ! defined( 'ABSPATH' ) ) {{ define( 'ABSPATH', __DIR__ . '/' ); }}
require_once ABSPATH . 'wp-settings.php';
"""
THEME = """/*
Theme Name: Plain
Version: 1.0
*/
"""
CLOCK_TICKS = 0.05  # seconds between two looks whether it answers


class Unavailable(Exception):
    """The site cannot be started here; the message says what is missing and how to get it."""


def missing() -> str:
    """The Debian packages that are not there, by name; empty where all are."""
    found = [package for program, package in NEEDED.items() if shutil.which(program, path=PATHS) is None]
    if not (PACKAGED / "wp-includes").is_dir():
        found.append("wordpress")
    return " ".join(dict.fromkeys(found))


class Site:
    """One running WordPress: `with Site() as site: site.rest("POST", "/wp/v2/users", {...})`.

    `url` is its address, `api` the base of its REST API; `plugin(code)` replaces the must-use plugin.
    """

    def __init__(self, *, start_within: float = 300.0) -> None:
        self.start_within = start_within
        self.url = self.api = ""
        self.password = secrets.token_urlsafe(18)
        self._work: tempfile.TemporaryDirectory[str] | None = None
        self._running: list[subprocess.Popen[bytes]] = []
        self._browser: httpx.Client | None = None
        self._nonce = ""

    @property
    def folder(self) -> Path:
        assert self._work is not None, "the site is not running"
        return Path(self._work.name)

    def __enter__(self) -> Site:
        if lacking := missing():
            raise Unavailable(f"it takes Debian's packages: apt-get install {lacking}")
        self._work = tempfile.TemporaryDirectory(prefix="wordpress-", ignore_cleanup_errors=True)
        try:
            self._database()
            self._files()
            self._serve()
            self._settle()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """End what runs by its process ids, at once, since nothing of it is kept, and remove its files."""
        if self._browser is not None:
            self._browser.close()
        for process in reversed(self._running):
            _end(process)
        self._running.clear()
        if self._work is not None:
            self._work.cleanup()

    # starting

    def _start(self, argv: list[str], env: dict[str, str]) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("a") as log:
            process = subprocess.Popen(argv, cwd=self.folder, env=env, stdout=log, stderr=log, start_new_session=True)
        self._running.append(process)
        return process

    def _ran(self, argv: list[str], given: str = "") -> bool:
        env = {**os.environ, "PATH": PATHS}
        with (self.folder / "log").open("a") as log:
            return (
                subprocess.run(argv, env=env, input=given.encode(), stdout=log, stderr=log, timeout=300).returncode == 0
            )

    def _until(self, what: str, process: subprocess.Popen[bytes], ready: Any) -> None:
        end = time.monotonic() + self.start_within
        while time.monotonic() < end and process.poll() is None:
            if ready():
                return
            time.sleep(CLOCK_TICKS)
        raise Unavailable(f"{what} did not start; the log ends with: {(self.folder / 'log').read_text()[-800:]}")

    def _database(self) -> None:
        data, user = self.folder / "db", "mysql" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        data.mkdir()
        if os.getuid() == 0:  # the server refuses to run as root
            self.folder.chmod(0o711)
            shutil.chown(data, "mysql", "mysql")
        made = ["mariadb-install-db", "--no-defaults", f"--user={user}", f"--datadir={data}", "--skip-test-db",
                "--auth-root-authentication-method=normal"]  # fmt: skip
        if not self._ran(made):
            raise Unavailable(
                f"mariadb-install-db failed; the log ends with: {(self.folder / 'log').read_text()[-800:]}"
            )
        self._sock = data / "s.sock"
        argv = [str(shutil.which("mariadbd", path=PATHS)), "--no-defaults", f"--user={user}", f"--datadir={data}",
                f"--socket={self._sock}", "--skip-networking", f"--pid-file={data / 'p.pid'}",
                "--innodb-buffer-pool-size=32M", "--innodb-flush-log-at-trx-commit=0"]  # fmt: skip
        process = self._start(argv, {**os.environ, "PATH": PATHS})
        client = ["mariadb", "--no-defaults", "-uroot", f"--socket={self._sock}"]
        self._until("MariaDB", process, lambda: self._sock.exists() and self._ran(client, "select 1"))
        grant = "create database wp; create user wp@localhost identified by 'wp'; grant all on wp.* to wp@localhost"
        assert self._ran(client, grant), "the database was not made"

    def _files(self) -> None:
        site = self.folder / "site"
        shutil.copytree(PACKAGED, site, ignore=shutil.ignore_patterns("wp-config.php", "languages"))
        (site / "wp-config.php").write_text(CONFIG.format(socket=self._sock, salt=secrets.token_hex(16)))
        theme = site / "wp-content" / "themes" / "plain"
        (theme / "templates").mkdir(parents=True)
        (theme / "style.css").write_text(THEME)
        (theme / "templates" / "index.html").write_text("<!-- wp:post-title /-->")
        (site / "wp-content" / "mu-plugins").mkdir()
        self.plugin("")

    def _serve(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        self.api = f"{self.url}/wp-json"
        env = {**os.environ, "PHP_CLI_SERVER_WORKERS": "4"}  # the site asks itself whether it can be reached
        argv = [
            "php",
            "-d",
            "opcache.enable_cli=1",
            "-d",
            "opcache.revalidate_freq=0",
            "-S",
            self.url[7:],
            "-t",
            "site",
        ]
        process = self._start(argv, env)
        self._browser = httpx.Client(base_url=self.url, timeout=30.0, follow_redirects=True, trust_env=False)
        self._until("PHP", process, self._answers)

    def _answers(self) -> bool:
        assert self._browser is not None
        try:
            return self._browser.get("/readme.html").status_code == 200
        except httpx.TransportError:
            return False

    def _settle(self) -> None:
        """The famous installation, signing in, and Settings > Permalinks, without which there is no /wp-json."""
        asked = {"weblog_title": "Example", "user_name": "admin", "admin_password": self.password, "pw_weak": "1",
                 "admin_password2": self.password, "admin_email": ADMIN, "blog_public": "0"}  # fmt: skip
        assert "Success" in self.form("/wp-admin/install.php?step=2", asked).text
        self.form("/wp-login.php", {"log": "admin", "pwd": self.password, "testcookie": "1"})
        self.submit("/wp-admin/options-permalink.php", {"selection": "custom", "permalink_structure": "/%postname%/"})
        self._nonce = self.page("/wp-admin/admin-ajax.php?action=rest-nonce").text

    # what an administrator does

    def page(self, path: str) -> httpx.Response:
        assert self._browser is not None
        return self._browser.get(path).raise_for_status()

    def form(self, path: str, fields: dict[str, str]) -> httpx.Response:
        assert self._browser is not None
        return self._browser.post(path, data=fields).raise_for_status()

    def submit(self, path: str, fields: dict[str, str]) -> httpx.Response:
        """A form of wp-admin, sent with the nonce that its page has."""
        found = re.search(r'name="_wpnonce" value="(\w+)"', self.page(path).text)
        assert found, f"{path} has no form: is the administrator signed in?"
        return self.form(path, {"_wpnonce": found[1], **fields})

    def rest(self, method: str, path: str, body: Any = None) -> Any:
        """One request of the administrator's browser. Raises AssertionError with the answer where it fails."""
        assert self._browser is not None
        answer = self._browser.request(method, f"/wp-json{path}", json=body, headers={"X-WP-Nonce": self._nonce})
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:400]}"
        return answer.json()

    def application_password(self, user: int, name: str = "Driftline") -> str:
        """A new one, as the user's profile page makes it."""
        assert NAME.fullmatch(name.lower())
        made = self.rest("POST", f"/wp/v2/users/{user}/application-passwords", {"name": name})
        return str(made["password"])

    def user(self, name: str, role: str) -> int:
        made = {
            "username": name,
            "email": f"{name}@example.com",
            "password": secrets.token_urlsafe(18),
            "roles": [role],
        }
        return int(self.rest("POST", "/wp/v2/users", made)["id"])

    def plugin(self, code: str) -> None:
        """Replaces the must-use plugin, as a deployment does: what it registers is there with the next request."""
        file = self.folder / "site" / "wp-content" / "mu-plugins" / "example.php"
        new = file.with_suffix(".new")
        new.write_text(f"<?php\n{code}\n")
        new.replace(file)


def _end(process: subprocess.Popen[bytes]) -> None:
    """A process and those it forked, which are all of its own session."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
