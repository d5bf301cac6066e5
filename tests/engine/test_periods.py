"""Digests and reports: once in their period, also across restarts, by the clock of the stack's time zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.config.notifying import Quiet
from monitor.engine import hours
from monitor.engine.notifying import Notifying
from monitor.web.recaps import render
from tests.receivers import Receiver, mailing, receiving

from .conftest import World
from .notified import look, relabelled, told

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = 7 * 86_400.0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("every", "now", "due"),
    [
        ("daily", "2026-09-22T08:00+02:00", "2026-09-22T08:00+02:00"),
        ("daily", "2026-09-22T07:59+02:00", "2026-09-21T08:00+02:00"),
        ("daily", "2026-10-25T09:00+01:00", "2026-10-25T08:00+01:00"),  # the night that the clocks go back
        ("weekly", "2026-09-27T23:00+02:00", "2026-09-21T08:00+02:00"),
        ("weekly", "2026-09-28T07:00+02:00", "2026-09-21T08:00+02:00"),
        ("monthly", "2026-03-31T12:00+02:00", "2026-03-01T08:00+01:00"),
        ("monthly", "2026-04-01T07:00+02:00", "2026-03-01T08:00+01:00"),
    ],
)
def test_what_comes_by_the_clock_was_due_last_at(every: Any, now: str, due: str) -> None:
    found, day = hours.newest(every, 8, "monday", at(now), BERLIN)
    assert (found, f"{day}") == (at(due), due[:10])


@pytest.mark.parametrize(
    ("begins", "ends", "now", "until"),
    [
        ("22:00", "07:00", "2026-09-22T23:00+02:00", "2026-09-23T07:00+02:00"),
        ("22:00", "07:00", "2026-09-22T06:59+02:00", "2026-09-22T07:00+02:00"),
        ("22:00", "07:00", "2026-09-22T07:00+02:00", ""),
        ("22:00", "07:00", "2026-09-22T21:59+02:00", ""),
        ("22:00", "07:00", "2026-10-24T23:00+02:00", "2026-10-25T07:00+01:00"),
        ("12:00", "13:00", "2026-09-22T12:30+02:00", "2026-09-22T13:00+02:00"),
        ("12:00", "13:00", "2026-09-22T13:00+02:00", ""),
    ],
)
def test_quiet_hours_end_by_the_clock_of_the_place(begins: str, ends: str, now: str, until: str) -> None:
    quiet = Quiet(begins=begins, ends=ends)
    assert hours.due(quiet, "ticket", at(now), BERLIN) == at(until or now)
    assert hours.due(quiet, "page", at(now), BERLIN) == at(now)
    assert hours.due(quiet.model_copy(update={"page": True}), "page", at(now), BERLIN) == at(until or now)
    assert hours.due(None, "ticket", at(now), UTC) == at(now)


async def test_each_owner_gets_one_digest_a_day_and_the_weekly_one_says_what_can_be_taken_back(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = [{"every": "daily", "to": ["hook"]}, {"every": "weekly", "to": ["hook"]}]
    told(world, monkeypatch, receiver.url, digests=every)
    await look(world)
    assert not receiver.got, "a new digest begins with its next time"
    found = await relabelled(world, "Score__c", "Another")
    assert found is not None and found.claim.verdict is not None
    owner = found.claim.verdict.owner
    world.clock.advance(86_400)
    for _ in range(2):
        await look(world)
    world.engine.notifying = Notifying(world.engine)  # as the next process does
    await look(world)
    (one,) = [one for one in receiver.of("digest.daily") if one["data"]["owner"] == owner]
    assert found.id in one["text"] and one["data"]["new"] == 1 and "1 new" in one["title"] and not one["finding"]
    world.clock.advance(WEEK)
    await look(world)
    weeks = {one["data"]["owner"]: one["text"] for one in receiver.of("digest.weekly")}
    assert "Standing approvals: none." in weeks[owner] and found.id in weeks[owner]
    assert "Standing approvals:\n- " in weeks["marketing-operations"] and ", took 0, " in weeks["marketing-operations"]
    daily = [one for one in receiver.of("digest.daily") if one["data"]["owner"] == owner]
    assert len(daily) == 2, "of the days on which nobody could send, one speaks for all"


async def test_a_day_on_which_nothing_is_open_needs_no_message(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(world, monkeypatch, receiver.url, digests=[{"every": "daily", "owners": ["web"], "to": ["hook"]}])
    await look(world)
    world.clock.advance(86_400)
    await look(world)
    assert not receiver.got


async def test_a_report_is_written_and_mailed_once_a_week(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with mailing() as box:
        monkeypatch.setenv("MAIL", f"mailto://127.0.0.1:{box.port}/?from=d@example.com&to=o@example.com&mode=insecure")
        reports = [{"every": "weekly", "to": ["mail", "hook"], "folder": "reports"}]
        told(world, monkeypatch, receiver.url, reports=reports, targets={"mail": {"apprise": "${env:MAIL}"}})
        world.engine.notifying.draw = render
        await look(world)
        world.clock.advance(WEEK)
        for _ in range(2):
            await look(world)
        (mail,) = box.mails
        (file,) = mail.iter_attachments()
    folder = world.stack / "reports"
    names = sorted(one.name for one in folder.iterdir())
    assert [name.rpartition(".")[2] for name in names] == ["html", "md"] and str(file.get_filename()) == names[0]
    assert file.get_content().strip() == (folder / names[0]).read_text().strip()
    (hooked,) = receiver.of("report.week")
    assert (
        hooked["data"]["report"]["last"] in names[0]
        and datetime.fromisoformat(hooked["data"]["report"]["last"]).weekday() == 6
    )


async def test_a_folder_that_cannot_be_written_is_told_and_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(world, monkeypatch, reports=[{"every": "monthly", "folder": "reports"}])
    (world.stack / "reports").write_text("a file stands in its way")
    world.engine.notifying.draw = render
    await look(world)
    world.clock.advance(32 * 86_400)
    await look(world)
    line = world.engine.notifying.delivering.line("folder:reports")
    assert "cannot be written" in line.fault and line.failures == 1
    (world.stack / "reports").unlink()
    world.clock.advance(60)
    await look(world)
    assert line.failures == 0 and len(list((world.stack / "reports").iterdir())) == 2
