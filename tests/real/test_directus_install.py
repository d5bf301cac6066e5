"""The installer of the real Directus does its work once, and says what is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.real import directus


def test_an_installation_that_is_there_is_not_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directus.shutil, "which", lambda name: "/usr/bin/npm")
    ran: list[list[str]] = []
    monkeypatch.setattr(directus, "_run", lambda argv, *rest: ran.append(argv))
    assert directus.install(tmp_path) == tmp_path
    assert ran[0][1] == "ci"
    assert ran[1][2:] == ["rebuild", "sqlite3"]
    assert '"directus": "12.4.0"' in (tmp_path / "package.json").read_text()
    directus.install(tmp_path)
    assert len(ran) == 2


def test_another_lock_installs_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directus.shutil, "which", lambda name: "/usr/bin/npm")
    ran: list[list[str]] = []
    monkeypatch.setattr(directus, "_run", lambda argv, *rest: ran.append(argv))
    (tmp_path / "installed").write_text("another lock")
    directus.install(tmp_path)
    assert len(ran) == 2


def test_without_npm_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directus.shutil, "which", lambda name: None)
    with pytest.raises(directus.Unavailable, match="apt-get install"):
        directus.install(tmp_path)


def test_a_step_that_fails_or_hangs_names_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with pytest.raises(directus.Unavailable, match=f"ended with 3; its output is in {log}"):
        directus._run([sys.executable, "-c", "raise SystemExit(3)"], tmp_path, {}, log, 30)
    with pytest.raises(directus.Unavailable, match="took more than"):
        directus._run([sys.executable, "-c", "import time; time.sleep(30)"], tmp_path, {}, log, 0.3)
