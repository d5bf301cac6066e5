"""A real sshd (OpenSSH, Debian's openssh-server) on loopback: one process for each connection, as inetd starts it
(sshd(8), -i). Keys are made for the test, and nothing of the machine's own configuration is read."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final

import pytest

PROGRAM: Final = "/usr/sbin/sshd"
SEPARATION: Final = Path("/run/sshd")  # a folder that sshd started by root wants to be there


class Sshd:
    """`key` may sign in; `known_hosts` has the server's own key. `stop` and `start` keep the port."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder, self.key, self.known_hosts = folder, folder / "id", folder / "known_hosts"
        self._host = folder / "host"
        for key in (self.key, self._host):
            make_key(key)
        self._port = 0
        self._children: list[subprocess.Popen[bytes]] = []
        self._settings = folder / "sshd_config"
        (folder / "authorized").write_text(self.key.with_suffix(".pub").read_text())
        self._settings.write_text(
            f"HostKey {self._host}\nAuthorizedKeysFile {folder / 'authorized'}\nStrictModes no\nUsePAM no\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n"
        )
        if os.geteuid() == 0:
            SEPARATION.mkdir(mode=0o755, exist_ok=True)

    def __enter__(self) -> Sshd:
        self.start()
        kind, key = self._host.with_suffix(".pub").read_text().split()[:2]
        self.known_hosts.write_text(f"[127.0.0.1]:{self._port} {kind} {key}\n")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def address(self, repository: Path) -> str:
        return f"ssh://{getpass.getuser()}@127.0.0.1:{self._port}{repository}"

    def start(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def stop(self) -> None:
        """Nobody is answered any more."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()
        for child in self._children:
            child.terminate()
            child.wait()
        self._children.clear()

    def _serve(self) -> None:
        while True:
            try:
                taken, _ = self._listening.accept()
            except OSError:
                return  # it was stopped
            with taken, (self.folder / "log").open("ab") as log:
                at = (PROGRAM, "-i", "-e", "-f", str(self._settings))
                self._children.append(subprocess.Popen(at, stdin=taken, stdout=taken, stderr=log))


def make_key(at: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(at)], check=True)


def needed() -> None:
    """Ends the test by name where there is no sshd; in CI that is a failure."""
    if shutil.which(PROGRAM) is None:
        words = "sshd is not installed; on Debian: apt-get install openssh-server openssh-client"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(words)
