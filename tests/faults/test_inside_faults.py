"""Faults of our own side, for every vendor: whatever happens to clock, disk, git or process, the next poll is as if
nothing had been, and drift that came meanwhile is told once."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from . import invariants as hold
from .families import CASES, FAMILIES
from .inside import BEFORE, INSIDE
from .stack import FEW, VENDORS, Template, stack
from .test_kit_faults import CASES as TRANSPORT

OURS = sorted({*BEFORE, *INSIDE})


@pytest.mark.parametrize("family", OURS)
async def test_a_fault_of_our_own_side_leaves_no_trace(
    family: int,
    vendor: str,
    template: Template,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.INFO)
    async with stack(vendor, template, tmp_path / "s", BEFORE.get(family)) as made:
        mark = await hold.Mark.of(made)
        made.hostile.drift(made.twist)
        how = await INSIDE[family](made) if family in INSIDE else "open"
        moved = how != "open"
        healed = await made.settled()
        assert healed.reading.outcome == "ok", healed.reading
        await hold.told_once(made, "closed" if how == "approved" else "open")
        await hold.nothing_removed(made, mark, approved=moved)
        if how != "approved":
            made.hostile.drift(lambda body: body)
            await made.settled()
            await hold.told_once(made, "closed")
        if family not in BEFORE or family in INSIDE:
            await hold.one_outcome_each(made, made.polls)
        await hold.branch_parses(made)
        printed = capsys.readouterr()
        said = tmp_path / "s" / "said.log"
        told = said.read_text() if said.exists() else ""
        await hold.no_secret(made, caplog.text + printed.out + printed.err + told)
    await hold.back_to_the_start(mark)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_a_case_for_every_vendor(family: int) -> None:
    """Cases are made over all vendor files, so that a family that has one has it for each of them."""
    assert (family in {case.family for case in CASES}) != (family in OURS)
    assert {*FEW} <= VENDORS.keys() and len(VENDORS) >= 30


def test_every_family_is_there_and_there_are_enough_cases() -> None:
    """One for each family and each of the few, and those of transport, which are tried once."""
    assert [*FAMILIES] == [*range(1, 22)]
    assert sorted([*{case.family for case in CASES}, *OURS]) == [*FAMILIES]
    assert len(TRANSPORT) + len(FAMILIES) * len(FEW) >= 120
