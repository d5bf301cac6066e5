"""The example company's story, played by the command a newcomer types. The expectations are the story's own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from probes.simulated.story import STORY
from probes.simulated.story_full import WHOLE

ROOT = Path(__file__).resolve().parents[2]
SPINE = {"hubspot-prod", "salesforce-prod"}
FULL = {file.stem for file in (ROOT / "config" / "full" / "integrations").glob("*.yaml")}


@pytest.mark.parametrize(
    ("stack", "systems", "story"),
    [("spine", SPINE, STORY), ("full", SPINE | FULL, WHOLE)],
    ids=["spine", "full"],
)
def test_the_whole_story_is_told_as_it_must_be_and_nothing_else_is(
    stack: str, systems: set[str], story: Any, tmp_path: Path
) -> None:
    options = ["--once", "--json", "--stack", stack, "--state", str(tmp_path / "demo")]
    command = [sys.executable, "-m", "monitor.cli", "demo", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(done.stdout)
    assert [line["number"] for line in report["story"]] == [step.number for step in story]
    assert all(line["found"] and not line["missing"] and not line["unexpected"] for line in report["story"])
    assert report["unexpected"] == []
    assert set(report["integrations"]) == systems
    assert report["resources"]["field"] > 500 and report["requests"] > 1000
    assert done.stderr == ""
