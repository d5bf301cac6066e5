"""The unit in the hands of systemd's own reader; no service manager runs where the tests do."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.daemon import DRAIN

UNIT = Path(__file__).resolve().parents[2] / "deploy" / "systemd" / "driftline.service"
EXPOSED = 20  # of 100, as systemd counts it; 100 is a service without any of this


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("systemd-analyze is not installed: apt-get install systemd")
    return subprocess.run([found, *arguments], capture_output=True, text=True, check=False, timeout=60)


def test_systemd_finds_nothing_to_say_about_it(tmp_path: Path) -> None:
    """With a program that is there in place of the one that an installation has."""
    there = tmp_path / UNIT.name
    there.write_text(UNIT.read_text().replace("/opt/driftline/.venv/bin/driftline", sys.executable))
    said = analyze("verify", "--man=no", str(there))
    assert said.returncode == 0 and UNIT.name not in said.stdout + said.stderr, said.stdout + said.stderr
    there.write_text(there.read_text().replace("ProtectClock=yes", "ProtectClocks=yes"))
    assert "ProtectClocks" in analyze("verify", "--man=no", str(there)).stderr, "a mistake would be said"


def test_little_is_left_that_it_could_do(tmp_path: Path) -> None:
    said = analyze("security", "--offline=true", f"--threshold={EXPOSED}", "--no-pager", str(UNIT))
    assert said.returncode == 0, said.stdout[-1500:] + said.stderr
    bare = tmp_path / "bare.service"
    bare.write_text("[Service]\nExecStart=/bin/true\n")
    assert analyze("security", "--offline=true", f"--threshold={EXPOSED}", "--no-pager", str(bare)).returncode != 0


def test_it_serves_a_stack_in_its_own_folder_and_gives_it_time_to_drain() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(UNIT)
    service = unit["Service"]
    folder = f"/var/lib/{service['StateDirectory']}"
    assert f"serve --stack {folder} " in service["ExecStart"]
    assert int(service["TimeoutStopSec"]) >= DRAIN + 5
    assert "-HUP" in service["ExecReload"]
