"""Every family of wire faults, for every vendor that has a simulated account, through the whole engine: what is said
while it lasts, and that the next poll after it is as if nothing had been."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest

from . import invariants as hold
from .families import CASES, FAMILIES, Case
from .hostile import after, honest
from .stack import Template, stack

SLOWEST = 20.0  # seconds of real time that one poll may take on a busy machine


async def test_a_fault_of_the_wire_is_told_as_what_it_is_and_the_next_poll_recovers(
    case: Case, vendor: str, template: Template, tmp_path: Path,
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    caplog.set_level(logging.INFO)
    async with stack(vendor, template, tmp_path / "s") as made:
        mark = await hold.Mark.of(made)
        before = made.live.last_ok_at
        made.patience(case.deadline)
        made.hostile.drift(made.twist)
        made.hostile.play(after(template.identity if case.spare else 0, case.script()))
        began = time.monotonic()
        seen = await made.poll()
        hold.bounded(made, time.monotonic() - began, SLOWEST)
        assert seen.reading.outcome in case.outcomes, seen.reading
        reasons = {c.reason for c, at in made.live.reads.values() if at >= seen.reading.started_at and not c.complete}
        for reason in reasons:
            assert any(word in reason for word in case.says), (case.says, reason)
        assert bool(reasons) or "ok" in case.outcomes
        await hold.nothing_removed(made, mark)
        hold.ages(made, seen, before)
        assert case.family != 8 or not seen.confirm or seen.reading.outcome != "failed"

        made.patience(10.0)
        made.hostile.play(honest)
        made.clock.advance(case.wait)
        healed = await made.settled()
        assert healed.reading.outcome == "ok", healed.reading
        await hold.told_once(made, "open")
        made.hostile.drift(lambda body: body)
        assert (await made.settled()).reading.outcome == "ok"
        await hold.told_once(made, "closed")
        await hold.nothing_removed(made, mark)
        await hold.one_outcome_each(made, made.polls)
        await hold.branch_parses(made)
        printed = capsys.readouterr()
        await hold.no_secret(made, caplog.text + printed.out + printed.err)
    await hold.back_to_the_start(mark)


def test_every_family_of_the_wire_has_a_case() -> None:
    assert {one.family for one in CASES} == {number for number in FAMILIES if number < 12}
