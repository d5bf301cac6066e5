"""check: every mistake at once, with its file and line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from .conftest import Run

EXAMPLE = Path(__file__).resolve().parents[2] / "config"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(EXAMPLE, tmp_path / "config", ignore=shutil.ignore_patterns("schemas", "*.md"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_good_stack_is_said_to_be_one(folder: Path, run: Run) -> None:
    said = run("check")
    assert (said.code, said.err) == (0, "")
    assert "2 integrations, 4 flows, 0 baseline files: nothing to mend." in said.out
    assert run("check", "--stack", "config").code == 0


def test_every_mistake_is_told_with_its_line(folder: Path, run: Run) -> None:
    with (folder / "config" / "driftline.yaml").open("a") as file:
        file.write("colour: red\n")
    (folder / "config" / "rules.yaml").write_text("overrides:\n  - rule: 3\n")
    said = run("check")
    assert (said.code, said.out) == (2, "")
    assert "config/driftline.yaml:" in said.err and "colour" in said.err
    assert "config/rules.yaml:2: overrides[0]" in said.err
    told = json.loads(run("check", "--json").out)
    assert told["ok"] is False
    assert {problem["file"] for problem in told["problems"]} == {"config/driftline.yaml", "config/rules.yaml"}


def test_baseline_files_are_checked_too(folder: Path, run: Run) -> None:
    good = (
        '{"driftline": 1, "scope": {"kind": "field", "name": "Lead"}, "read": "fields/Lead", "parent": null,'
        ' "api_version": "", "facts": [], "resources": {}}'
    )
    place = folder / "baselines" / "salesforce-prod" / "field"
    place.mkdir(parents=True)
    for name, text in {
        "Lead": good,
        "Lead-copy": good,
        "broken": '{\n  "driftline": 1,\n  oops\n}',
        "old": "{}",
    }.items():
        (place / f"{name}.json").write_text(text)
    (place.parent / "vantage.json").write_text("[]")
    (folder / "planned").mkdir()
    (folder / "planned" / "x.json").write_text('{"driftline": 1, "start": "soon"}')
    (folder / "ignores").mkdir()
    said = (
        '{"driftline": 1, "pattern": "crm/field/Lead", "reason": "r", "owner": "web", "any_value": true, "until": "%s"}'
    )
    for name, day in (("fine", "2026-12-31"), ("y", "2026-02-30")):
        (folder / "ignores" / f"{name}.json").write_text(said % day)
    said = run("check")
    assert said.code == 2
    lines = said.err.splitlines()
    assert any(line.startswith("baselines/salesforce-prod/field/broken.json:3: ") for line in lines)
    assert any("field/Lead.json: expected each scope once, found field Lead, which" in line for line in lines)
    assert any("field/old.json" in line and "format of this release" in line for line in lines)
    assert any("vantage.json" in line for line in lines)
    assert any("ignores/y.json: until: expected a day such as 2026-12-31" in line for line in lines)
    assert not any("fine.json" in line for line in lines)
    assert any("planned/x.json: start: expected epoch seconds" in line for line in lines)
    assert lines[-1] == "driftline: 6 problems; nothing was changed"
