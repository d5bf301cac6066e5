"""The log: as text in a terminal or a file, as JSON, and what libraries say."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator

import pytest
import structlog

from monitor.logs import Deep, logging_to

from . import held
from .corpus import LABELS


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def test_a_line_of_the_log_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    logging_to(json=True)
    for label in LABELS:
        structlog.get_logger().error("said", label=label, of={label: label})
        err = capsys.readouterr().err
        held.log_line(err)
        assert json.loads(err)["label"] == label
    logging_to(json=False)
    for label in LABELS:
        structlog.get_logger().warning(label, label=label, of={label: [label]}, **{label[:40]: label})
        held.text_line(capsys.readouterr().err)


def test_what_failed_is_told_below_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    logging_to(json=False)
    for label in LABELS:
        structlog.get_logger().error("it failed", of=label, exc_info=ValueError(f"{label}\n2026-01-01T00:00 [info] x"))
        first, *further = capsys.readouterr().err.rstrip("\n").split("\n")
        held.text_line(f"{first}\n")
        assert further and all(line.startswith("    ") for line in further), further
        for line in further:
            held.text_line(f"{line}\n")


def test_what_a_library_says_is_one_line_and_its_trace_is_deeper() -> None:
    for label in LABELS:
        record = logging.LogRecord("httpx", logging.WARNING, __file__, 1, "it said %s", (label,), None)
        line, *further = Deep("%(levelname)s %(message)s").format(record).split("\n")
        held.text_line(f"{line}\n")
        assert all(line.startswith("    ") for line in further)
        assert re.match("WARNING it said", line)
