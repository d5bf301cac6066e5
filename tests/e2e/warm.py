"""`driftline serve` as a process of its own that need not import for seconds: a child of Python's fork server, where
that was done once. It has its own pid, is killed and signalled like any other, and shares nothing with the test."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

SPAWNING: Final = multiprocessing.get_context("forkserver")
SPAWNING.set_forkserver_preload(["tests.e2e.warm", "monitor.daemon", "monitor.cli.service", "rich.console", "httpx"])


def _live(arguments: Sequence[str], said: Path, environment: Mapping[str, str]) -> None:
    from monitor.cli import main

    out = os.open(said, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the fork server itself does not listen to Ctrl-C
    sys.argv[1:] = arguments
    main()


class Warm:
    """One life of it, with as much of subprocess.Popen as is used."""

    def __init__(self, arguments: Sequence[str], said: Path, environment: Mapping[str, str]) -> None:
        self._process = SPAWNING.Process(target=_live, args=(arguments, said, dict(environment)), daemon=True)
        self._process.start()
        self._asking = threading.Lock()  # its exit code is read from a pipe, once

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self.poll()

    def poll(self) -> int | None:
        with self._asking:
            return self._process.exitcode

    def wait(self, timeout: float) -> int:
        with self._asking:
            self._process.join(timeout)
            code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired("driftline serve", timeout)
        return code

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self._process.kill()
