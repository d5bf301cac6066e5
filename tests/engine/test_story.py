"""The example company's story, played by the command a newcomer types. The expectations are the story's own.

The whole department's story takes two minutes of a processor and is a proof; its own lines alone are not.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.core.model import Phase
from monitor.demo.play import Player
from monitor.demo.stage import stage
from monitor.engine.opening import open_engine
from probes.kit.clock import ManualClock
from probes.simulated.story import STORY
from probes.simulated.story_full import MORE, WHOLE
from probes.simulated.telling import Step

ROOT = Path(__file__).resolve().parents[2]
SPINE = {"hubspot-prod", "salesforce-prod"}
FULL = SPINE | {file.stem for file in (ROOT / "config" / "full" / "integrations").glob("*.yaml")}


@pytest.mark.parametrize(
    ("stack", "systems", "story"),
    [("spine", SPINE, STORY), pytest.param("full", FULL, WHOLE, marks=pytest.mark.proof)],
    ids=["spine", "full"],
)
def test_the_whole_story_is_told_as_it_must_be_and_nothing_else_is(
    stack: str, systems: set[str], story: Any, tmp_path: Path
) -> None:
    options = ["--once", "--json", "--stack", stack, "--state", str(tmp_path / "demo")]
    command = [sys.executable, "-m", "monitor.cli", "demo", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1200, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(done.stdout)
    assert [line["number"] for line in report["story"]] == [step.number for step in story]
    assert all(line["found"] and not line["missing"] and not line["unexpected"] for line in report["story"])
    assert report["unexpected"] == []
    assert set(report["integrations"]) == systems
    assert report["resources"]["field"] > 500 and report["requests"] > 1000
    assert done.stderr == ""


class Near(Player):
    """Between one line and the next, reads the systems of that line alone. What it does to others shows at the end."""

    async def round(self, step: Step | None = None, alone: bool = False) -> None:
        await super().round(step, alone=step is not None)


async def test_the_whole_department_starts_well_and_tells_the_lines_of_its_own(tmp_path: Path) -> None:
    clock = ManualClock(time.time(), leap=True)
    async with stage(tmp_path / "demo", clock, {}, "full") as set_up, open_engine(set_up.config, clock) as engine:
        assert engine.integrations.keys() == FULL and len(FULL) >= 25
        player = Near(engine, set_up, clock)
        await player.capture()
        assert [live.name for live in engine.integrations.values() if not live.known] == []
        assert await player.unasked() == ()
        for step in MORE:
            told = await player.line(step)
            assert told.found and not told.missing and not told.unexpected, (step.number, told)
        await player.round()
        assert await player.unasked() == ()


async def test_an_end_that_comes_near_by_the_calendar_is_told_and_is_no_surprise_of_the_story(tmp_path: Path) -> None:
    """Whoever plays it in the weeks before the version of HubSpot's API that is read ends."""
    clock = ManualClock(datetime(2027, 1, 15, tzinfo=UTC).timestamp(), leap=True)
    async with stage(tmp_path / "demo", clock, {}) as set_up, open_engine(set_up.config, clock) as engine:
        player = Near(engine, set_up, clock)
        await player.capture()
        ends = [one for one in engine.ledger.findings.values() if one.address.fact == "sunset_on"]
        assert [(one.address.subject, one.address.key, one.phase) for one in ends] == [
            ("hubspot-prod", "v4", Phase.OPEN)
        ]
        assert await player.unasked() == ()
        told = await player.line(STORY[0])
        assert told.found and not told.missing and not told.unexpected, told
