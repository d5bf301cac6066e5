"""The corpus: each case of cases/*.yaml is played on a stack of its own, over a real socket, with the clock in hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .corpus import cases
from .play import Play


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case['file']}: {case['case']}") for case in cases()])
async def test_case(case: dict[str, Any], tmp_path: Path, models: Path) -> None:
    play = Play(case, tmp_path / "stack")
    await play.run(models)
    assert set(case.get("fires", [])) <= play.shown, "rules that must have spoken"
    opened = [one for one in play.engine.ledger.findings.values() if one.opened_at is not None]
    told = {one.claim.verdict.rule for one in opened if one.claim.verdict is not None}
    assert not told & set(case.get("calm", [])), "rules that must have kept silent"
