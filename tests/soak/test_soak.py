"""A tenth of the soak in every run; the whole one is `python -m tests.soak`. And that its figures can be trusted."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from monitor.adapters.records import Reading
from monitor.daemon import FILES, roomy

from .figures import slope, slots
from .run import Plan, soak

TENTH = Plan(systems=98, accounts=1, every=6, seconds=126, late=30, drifts=6, settle=90, deadline=2, removal=True)


def test_many_systems_are_read_on_time_and_nothing_is_lost_or_invented(tmp_path: Path) -> None:
    found = soak(tmp_path, TENTH, seed=7)
    assert found.wrong == ()
    assert found.slots.missed == () and found.slots.due > 10 * len(TENTH.names)
    assert found.drifts == TENTH.drifts
    assert found.spoiled > 0
    assert found.polls > 10 * len(TENTH.names)  # how many more depends on the machine


def test_a_daemon_takes_as_many_files_as_it_may() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (512, before[1]))
        roomy()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert soft == (FILES if hard == resource.RLIM_INFINITY else min(FILES, hard))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_slope_is_found_with_its_bound() -> None:
    steady = [(60.0 * n, 1e8 + (n % 2) * 1e6) for n in range(60)]
    assert slope(steady, 180).low < 0 < slope(steady, 180).high
    grown = slope([(at, size + 1e6 * at / 3600) for at, size in steady], 180)
    assert grown.low < 1 < grown.high
    with pytest.raises(ValueError, match="too few"):
        slope(steady[:4], 180)


def reading(name: str, at: float, outcome: str = "ok") -> Reading:
    return Reading(id=int(at), integration=name, started_at=at, ended_at=at + 1, outcome=outcome)


def test_a_period_without_an_outcome_is_missed_unless_it_was_backed_off() -> None:
    every = [reading("a", 1000.0 + 60 * n) for n in range(10)]
    assert slots(every, ["a"], 60, 1000, 1600, 60)[1:3] == ((), 0)
    gap = slots([one for one in every if one.id != 1300], ["a"], 60, 1000, 1600, 60)
    assert gap.missed == ("a at 1300.0",)
    failing = [reading("a", one.started_at, "failed" if one.id < 1300 else "ok") for one in every if one.id != 1300]
    assert slots(failing, ["a"], 60, 1000, 1600, 60)[1:3] == ((), 1)
    assert len(slots(every, ["a", "never"], 60, 1000, 1600, 60).missed) == 9
