"""The dashboards hold to Grafana's own types, those of @grafana/schema: checked by TypeScript where npm is.

What is installed stands with hashes in types/package-lock.json, and goes into build/, which is in no commit.
"""

from __future__ import annotations

import fcntl
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from monitor.dashboards import render

SOURCE = Path(__file__).parent / "types"
FOLDER = Path(__file__).resolve().parents[2] / "build" / "grafana-types"


@pytest.fixture(scope="module")
def installed() -> Path:
    """Installs what the lock pins, unless it is there."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed: apt-get install nodejs npm")
    FOLDER.mkdir(parents=True, exist_ok=True)
    lock, stamp = (SOURCE / "package-lock.json").read_text("utf-8"), FOLDER / "installed"
    with (FOLDER / "install.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not stamp.is_file() or stamp.read_text("utf-8") != lock:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(SOURCE / name, FOLDER)
            quiet = ["--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run([npm, "ci", *quiet], cwd=FOLDER, capture_output=True, text=True, timeout=300)
            assert done.returncode == 0, f"`npm ci` in {FOLDER} ended with {done.returncode}:\n{done.stderr[-1000:]}"
            stamp.write_text(lock, "utf-8")
    return FOLDER


@pytest.fixture
def compile_(installed: Path, tmp_path: Path) -> Callable[[dict[str, Any]], list[str]]:
    """What the compiler says of dashboards, by line."""

    def said(boards: dict[str, Any]) -> list[str]:
        for name in ("tsconfig.json", "model.d.ts"):
            shutil.copy(SOURCE / name, tmp_path)
        (tmp_path / "node_modules").unlink(missing_ok=True)
        (tmp_path / "node_modules").symlink_to(installed / "node_modules")
        lines = [f"export const {name}: Board = {json.dumps(board)};" for name, board in boards.items()]
        (tmp_path / "boards.ts").write_text("\n".join(['import type { Board } from "./model";', *lines]), "utf-8")
        command = ["node", str(installed / "node_modules/typescript/bin/tsc"), "--pretty", "false", "-p", str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        return done.stdout.splitlines()

    return said


def boards() -> dict[str, Any]:
    return {one.name.replace("-", "_"): json.loads(json.dumps(render.dashboard(one))) for one in render.DASHBOARDS}


def test_every_dashboard_is_of_grafanas_own_types(compile_: Callable[[dict[str, Any]], list[str]]) -> None:
    assert compile_(boards()) == []


def test_what_is_not_of_these_types_is_found(compile_: Callable[[dict[str, Any]], list[str]]) -> None:
    """One mistake of each sort in an else good dashboard: in its own keys, a panel's, its options, and its query."""
    spoilt = boards()
    names = list(spoilt)
    spoilt[names[0]]["refresh"] = 60
    spoilt[names[1]]["panels"][0]["gridPos"]["w"] = "4"
    spoilt[names[2]]["panels"][0]["options"]["graphMode"] = "pie"
    spoilt[names[3]]["panels"][0]["targets"][0]["instant"] = "yes"
    spoilt[names[4]]["templating"]["list"][0]["current"] = {}
    found = compile_(spoilt)
    assert {int(at) for line in found for at in re.findall(r"boards\.ts\((\d+),", line)} == {2, 3, 4, 5, 6}, found
