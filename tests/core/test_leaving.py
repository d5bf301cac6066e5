"""A system on its way out: what is still written into it is said, for a week after the last time."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.core.leaving import STILL, evaluate
from monitor.core.model import Source
from probes.kit.contract import Kind, Ref, Sample

from .shapes import poll

NOW = 1_790_000_000.0
KEY = ("imports", "leads")


def claims(*samples: Sample, leaving: bool = True, read: dict[str, Any] | None = None) -> list[str]:
    series = [(NOW - 60.0 * (len(samples) - n), one) for n, one in enumerate(samples)]
    found = evaluate(poll(), leaving, {KEY: series}, {"imports": None} if read is None else read, NOW)
    assert found.source is Source.POLICY
    return [one.words for one in found.claims]


def wrote(ago: float, rows: int | None = 5, **more: Any) -> Sample:
    return Sample("ok", succeeded_at=NOW - ago, rows_ok=rows, **{"writes": True, **more})


def test_the_newest_write_is_the_one_that_is_said() -> None:
    assert claims(wrote(3 * 86_400.0), wrote(86_400.0)) == [
        "crm is on its way out, and is still written into by leads: last on 20 September 2026."
    ]


@pytest.mark.parametrize(
    "sample",
    [
        wrote(STILL),
        wrote(60.0, rows=0),
        wrote(60.0, writes=False),
        Sample("failing", failed_at=NOW, writes=True),
    ],
    ids=["a week ago", "no rows", "a read", "never went through"],
)
def test_what_is_no_write_of_late_is_nobodys_news(sample: Sample) -> None:
    assert claims(sample) == []


def test_a_run_that_is_under_way_is_a_write_as_of_its_reading() -> None:
    assert len(claims(Sample("running", writes=True))) == 1


def test_only_what_was_read_is_spoken_of_and_a_system_that_stays_may_be_written_into() -> None:
    assert claims(wrote(60.0), leaving=False) == []
    assert claims(wrote(60.0), read={}) == []
    assert claims(wrote(60.0), read={"imports": frozenset({"other"})}) == []
    assert len(claims(wrote(60.0), read={"imports": frozenset({"leads"})})) == 1
    found = evaluate(poll(), False, {}, {"imports": None}, NOW)
    assert found.covered.scopes == {Ref(Kind.SYNC, "imports"): None} and found.claims == ()
