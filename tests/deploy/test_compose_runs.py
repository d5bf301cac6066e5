"""What deploy/compose.yaml describes, started: scraped over an address that is not loopback, signed in to once."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.compose import DEPLOY

pytestmark = pytest.mark.proof
NEEDS = {"prometheus": "prometheus", "prometheus-alertmanager": "prometheus-alertmanager", "ip": "iproute2"}
NEEDS |= {"unshare": "util-linux", "setpriv": "util-linux"}
NAMESPACES = ["unshare", "--net", "--mount", "--fork", "--kill-child"]


def missing() -> str:
    if platform.system() != "Linux" or os.geteuid() != 0:
        return "namespaces of its own take root on Linux"
    gone = [
        f"{name} is not installed: apt-get install {package}"
        for name, package in NEEDS.items()
        if not shutil.which(name)
    ]
    if not gone and subprocess.run(["unshare", "--net", "--mount", "true"], check=False).returncode:
        gone = ["this machine makes no namespaces"]
    return "; ".join(gone)


def test_it_is_scraped_signed_in_to_once_and_what_breaks_is_seen(tmp_path: Path) -> None:
    if why := missing():
        if os.environ.get("CI"):
            pytest.fail(f"this may not be skipped here: {why}", pytrace=False)
        pytest.skip(why)
    ran = subprocess.run(
        [*NAMESPACES, sys.executable, "-m", "tests.deploy.inside", str(tmp_path)],
        cwd=DEPLOY.parent, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    logs = "".join(f"\n--- {log.name}\n{log.read_text()[-2000:]}" for log in sorted(tmp_path.glob("*.log")))
    assert ran.returncode == 0, f"{ran.stdout[-2000:]}{ran.stderr[-3000:]}{logs}"
    seen = json.loads(ran.stdout.splitlines()[-1])
    assert seen["healthz"] == 200
    assert seen["signed"] == [200, 303, 200, 200, 403, 401], "the page, signed in, an answer; then the same link again"
    assert seen["up"] == ["1"]
    assert set(seen["rules"]) == {path.name for path in (DEPLOY / "prometheus").glob("*.rules.yaml")}
    assert seen["alertmanagers"] == ["http://alertmanager:9093/api/v2/alerts"]
    assert seen["without"] == 401, "/metrics asks for its token"
    assert seen["broke"][0] == 0, seen["broke"]
    assert seen["breaking"] >= 1
    assert {one["stack"] for one in seen["pushed"]} == {"example"}
    assert {one["alertname"] for one in seen["pushed"]} <= {"DriftlineDrift", "DriftlineMapping", "DriftlineDefinition"}
    assert seen["ended"] == 0
