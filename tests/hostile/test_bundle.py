"""The file for a bug report, of a stack where everybody names everything as they like."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from monitor import logs
from monitor.engine.bundle import LARGEST, bundle
from monitor.engine.measure import Measure
from monitor.logs import logging_to

from . import house
from .conftest import TEAM, Hostile
from .corpus import LABELS, MARK

pytestmark = pytest.mark.asyncio(loop_scope="package")
PARTS = ["about.json", "config.json", "log.jsonl", "metrics.txt", "status.json", "store.json", "tasks.txt"]


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before, lines = structlog.get_config(), [*logs.newest]
    logs.newest.clear()
    yield
    structlog.configure(**before)
    logs.newest.clear()
    logs.newest.extend(lines)


def fail(label: str) -> None:
    raise ValueError(f"no such thing: {label}")


async def test_no_name_and_no_word_of_a_vendor_is_in_a_bug_report(
    world: Hostile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logging_to(json=True)
    for label in LABELS:
        structlog.get_logger().error(f"said {label}", label=label, of={label: label}, integration=label, **{label: 1})
        try:
            fail(label)
        except ValueError as error:
            structlog.get_logger().error("it failed", exc_info=error, work=label)
    parts = ("ConnectError at https://ops:canary-userinfo@crm.example.org/v1:", "HTTP 401, Bearer canary-token of Jane")
    said = " ".join((*parts, "Roe"))  # no text that stands in the code as a whole
    structlog.get_logger().error("it was refused", why=said, of=[said], exc_info=OSError(said))
    capsys.readouterr()
    measure = Measure()
    await measure.start(world.engine)
    found = (await bundle(world.engine, measure.exposition)).files
    assert sorted(found) == PARTS
    assert f"({len(said)} characters, HTTP 401, ConnectError)" in found["log.jsonl"], "what of it is ours stays"
    names = (
        MARK,
        TEAM,
        "canary",
        "Jane",
        "Roe",
        "example.org",
        "salesforce-prod",
        f'"{house.NAME}"',
        str(world.engine.store.folder),
    )
    for name, text in found.items():
        for word in (*names, *(label[:60] for label in LABELS)):
            assert word not in text, (name, word)
        assert "this part failed" not in text and len(text) <= LARGEST + 100, (name, text[:300])
    assert found["log.jsonl"].count('"it failed"') == len(LABELS) and "ValueError" in found["log.jsonl"]
    assert "tests/hostile" not in found["log.jsonl"] and "test_bundle.py" in found["log.jsonl"]


async def test_a_part_is_cut_and_the_log_is_a_ring(world: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    logging_to(json=True)
    for _ in range(logs.KEPT + 5):
        structlog.get_logger().info("again")
    assert len(logs.newest) == logs.KEPT
    monkeypatch.setattr("monitor.engine.bundle.LARGEST", 500)
    found = (await bundle(world.engine, None)).files
    assert len(found["log.jsonl"]) < 600 and "characters more are left out" in found["log.jsonl"]


async def test_a_part_that_fails_takes_no_other_along(world: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        fail(MARK)

    monkeypatch.setattr("monitor.engine.bundle._status", failing)
    found = (await bundle(world.engine, None)).files
    assert "this part failed" in found["status.json"] and "ValueError" in found["status.json"]
    assert MARK not in found["status.json"] and "tasks" in found["tasks.txt"]
