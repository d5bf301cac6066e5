"""deploy/Dockerfile, built and run: nobody's root, a root nobody can write to, a poll, a commit, a clean end."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from probes.kit.clock import SystemClock
from probes.simulated import hubspot
from tests.deploy import image
from tests.e2e.serving import Serving, Stack, account

pytestmark = pytest.mark.proof
LARGEST = 340e6  # bytes that the image adds to its base: Python's packages, git with its perl, ssh


@pytest.fixture(scope="module")
def built() -> Iterator[image.Image]:
    try:
        image.wanted()
    except image.Unavailable as error:
        if os.environ.get("CI"):
            pytest.fail(f"the image may not be skipped here: {error}", pytrace=False)
        pytest.skip(f"no image: {error}")
    made = image.Image()
    yield made
    made.remove()


class Contained(Serving):
    """`serve` as the image's own command, in a container."""

    def __init__(self, stack: Stack, built: image.Image) -> None:
        super().__init__(stack)
        self.name, self.built = f"driftline-{uuid4().hex[:8]}", built

    def start(self) -> Contained:
        health = f"DRIFTLINE_HEALTH=http://127.0.0.1:{self.stack.metrics}/healthz"
        bundle = self.built.bundle(self.stack.folder.parent / self.name, self.stack.folder, [health])
        with self.said.open("ab") as out:
            self.process = subprocess.Popen(["runc", "run", "--bundle", str(bundle), self.name], stdout=out, stderr=out)
        return self


def test_it_runs_as_nobody_in_particular_polls_commits_and_ends_cleanly(built: image.Image, tmp_path: Path) -> None:
    hub = hubspot.Account(clock=SystemClock())
    stack = Stack(tmp_path / "stack", hub=False)
    check = built.config["Healthcheck"]["Test"]
    assert check[0] == "CMD"
    with account(hub.app) as base:
        stack.integration("hub", "hubspot", base, {"scheme": "token", "token": stack.secret("hub", hub.token)})
        with Contained(stack, built) as serving:
            assert (who := image.inside(serving.name, "id", "-u")).stdout.strip() == "10001", who.stderr
            status = image.inside(serving.name, "cat", "/proc/1/status").stdout
            assert "Uid:\t10001\t10001\t10001\t10001" in status and "CapEff:\t0000000000000000" in status
            for there in ("/opt/x", "/x", "/usr/x", "/opt/driftline/x"):
                wrote = image.inside(serving.name, "touch", there)
                assert wrote.returncode != 0 and "Read-only file system" in wrote.stderr, wrote
            assert image.inside(serving.name, "touch", "/tmp/x", "/data/x").returncode == 0
            healthy = image.inside(serving.name, *check[1:])
            assert healthy.returncode == 0, healthy.stderr
            nobody = image.inside(serving.name, "env", "DRIFTLINE_HEALTH=http://127.0.0.1:1/healthz", *check[1:])
            assert nobody.returncode != 0, "the check fails where nothing answers"
            row = serving.capture("hub")
            asked = len(hub.requests)
            assert asked > 20
            hub.delete_property("contacts", "jobtitle")
            assert serving.poll("hub")["outcome"] == "ok" and len(hub.requests) > asked
            for program in (["git", "--version"], ["ssh", "-V"]):
                assert image.inside(serving.name, *program).returncode == 0
            assert serving.stop(20) == 0
        head = stack.git("-c", "safe.directory=*", "log", "-1", "--format=%an %s%n%b", "driftline/main")
        assert row["uuid"] in head, head
        assert '"event": "stopped"' in serving.log, "the image logs JSON lines"
        assert hub.token not in serving.log


def test_it_is_small_labelled_and_holds_only_what_it_is_made_of(built: image.Image) -> None:
    sizes = {}
    for name in (image.BASE, image.IMAGE):
        told = image.run("buildah", "images", "--json", name)
        sizes[name] = sum(_bytes(one["size"]) for one in json.loads(told))
    assert sizes[image.IMAGE] - sizes[image.BASE] < LARGEST, sizes
    labels = built.config["Labels"]
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert labels["org.opencontainers.image.revision"] == "proof"
    ours = {path.name for path in (built.root / "opt" / "driftline").iterdir()}
    assert ours == {"monitor", "probes", "config", "pyproject.toml", "README.md", "LICENSE", "requirements.lock"}
    packages = {path.name for path in (built.root / "opt" / "venv").glob("lib/python3*/site-packages/*")}
    assert not packages & {"pip", "setuptools", "pytest"}
    for path in (built.root / "opt").rglob("*"):
        assert path.is_symlink() or path.stat().st_uid == 0, f"{path} could be changed by who runs it"


def _bytes(said: str) -> float:
    number, unit = said.split()
    return float(number) * {"B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9}[unit]
