"""The real WordPress says what it lacks, and leaves nothing running."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.real import wordpress


def test_it_names_the_packages_that_are_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(wordpress, "PATHS", str(tmp_path))
    monkeypatch.setattr(wordpress, "PACKAGED", tmp_path)
    with pytest.raises(
        wordpress.Unavailable, match=r"apt-get install mariadb-server mariadb-client php-cli .* wordpress$"
    ):
        wordpress.Site().__enter__()


def test_what_it_started_is_ended_with_all_that_it_forked() -> None:
    forks = "import os, time; os.fork(); os.write(1, b'%d\\n' % os.getpid()); time.sleep(600)"
    process = subprocess.Popen([sys.executable, "-c", forks], stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    with process.stdout as said:
        pids = [int(said.readline()) for _ in range(2)]
        wordpress._end(process)
        assert said.read() == b"", "nobody holds the other end any more"
    assert process.pid in pids and process.poll() is not None
    wordpress._end(process)
