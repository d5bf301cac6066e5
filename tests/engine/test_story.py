"""The example company's story, played by the command a newcomer types. The expectations are the story's own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from probes.simulated.story import STORY

ROOT = Path(__file__).resolve().parents[2]


def test_the_whole_story_is_told_as_it_must_be_and_nothing_else_is(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "monitor.cli", "demo", "--once", "--json", "--state", str(tmp_path / "demo")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(done.stdout)
    assert [line["number"] for line in report["story"]] == [step.number for step in STORY]
    assert all(line["found"] and not line["missing"] and not line["unexpected"] for line in report["story"])
    assert report["unexpected"] == []
    assert report["integrations"] == ["hubspot-prod", "salesforce-prod"]
    assert report["resources"]["field"] > 500 and report["requests"] > 1000
    assert done.stderr == ""
