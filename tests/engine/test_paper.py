"""The report for an auditor: decisions with who made the change, what went past approval, and the time observed."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from monitor.adapters.records import Reading, TrailEntry
from monitor.core.ignores import day_of
from monitor.core.model import Phase
from monitor.core.observing import NOTHING
from monitor.engine import paper
from monitor.engine.auditing import verify
from monitor.engine.paper import report
from monitor.engine.request import Refused
from monitor.engine.trail_shapes import Observed, Report
from monitor.web.reports import COLUMNS, as_csv, cell, lasted, name, render

from .conftest import START, World

CRM, HUB = "salesforce-prod", "hubspot-prod"
DAY = 86_400.0
TODAY = day_of(START + 1, UTC)
MIDNIGHT = datetime.fromisoformat(TODAY).replace(tzinfo=UTC).timestamp()


async def approved(world: World, by: str = "") -> None:
    world.salesforce.alter_field(object="Lead", name="Score__c", precision=4)
    await world.player.round()
    (found,) = world.open(key="Score__c", fact="precision")
    if by:
        asked = {found.id: found.claim.fingerprint}
        from monitor.engine.request import Decide

        await world.engine.decide(
            Decide(uuid="u-1", kind="approve", findings=asked, reason="fewer digits", ticket="OPS-1"), by, "page"
        )
    else:
        await world.decide("approve", found, reason="fewer digits", ticket="OPS-1")
    await world.engine.commit_decisions()
    assert found.phase is Phase.CLOSED


async def made(world: World) -> Report:
    return await report(world.engine, TODAY, day_of(world.clock.now() + 1, UTC))


async def test_a_decision_says_what_changed_who_made_it_who_decided_and_in_which_commit(world: World) -> None:
    await approved(world)
    found = await made(world)
    assert [one.kind for one in found.decisions] == ["capture", "capture", "approve"]
    one = found.decisions[-1]
    assert (one.by, one.system, one.ticket, one.reason, one.state) == (
        "local:tester", CRM, "OPS-1", "fewer digits", "committed",
    )  # fmt: skip
    assert one.commit == world.engine.baselines.seen and len(one.makers) == 1 and "@" in one.makers[0]
    assert len(one.changes) == len(one.findings) == 1 and "Score" in one.changes[0]
    assert one.apart == "yes"
    captured = found.decisions[0]
    assert captured.changes[0].startswith("taken as found: ") and " more" in captured.changes[0]
    assert (
        captured.changes[1].endswith("vantage.json is written")
        and captured.apart == "not known"
        and captured.makers == ()
    )


@pytest.mark.parametrize(("who", "apart"), [("{}", "no"), ("token:{}", "no"), ("{local}", "no"), ("anna", "yes")])
async def test_who_made_a_change_and_approved_it_is_told(world: World, who: str, apart: str) -> None:
    world.salesforce.alter_field(object="Lead", name="Score__c", precision=3)
    await world.player.round()
    (found,) = world.open(key="Score__c", fact="precision")
    from monitor.engine.author import author

    maker = author(world.engine, found)
    assert maker is not None and maker.by
    await approved(world, who.format(maker.by, local=maker.by.partition("@")[0].upper()))
    assert (await made(world)).decisions[-1].apart == apart


def test_a_policy_and_an_unknown_maker_are_said_as_what_they_are() -> None:
    assert paper._apart("policy:renamed-from", "policy:renamed-from", []) == "policy"
    assert paper._apart("p-0123456789", "anna", ["bea", ""]) == "not known"
    assert paper._apart("p-0123456789", "p-0123456789", ["p-0123456789"]) == "no"


async def test_what_is_no_approval_has_a_place_of_its_own(world: World) -> None:
    await approved(world)
    entries = {
        "signed in": {}, "sign-in refused": {"how": "link", "times": 1}, "token created": {"role": "viewer"},
        "approved outside": {"sha": "abc", "subject": "by hand", "paths": ["a.json"]}, "release": {"decision": "u-r"},
        "overrides changed": {"added": [], "ended": []}, "reload": {"changed": True}, "comment": {"decision": "u-c"},
    }  # fmt: skip
    async with world.engine.store.transaction() as tx:
        for what, data in entries.items():
            who = "" if what == "sign-in refused" else "anna"
            await tx.add_trail(TrailEntry(at=world.clock.now(), who=who, what=what, data=data))
    found = await made(world)
    assert [one.kind for one in found.releases] == ["release"] and found.releases[0].state == "not known"
    assert [one.kind for one in found.others] == ["comment"]
    assert [(one.who, one.why, one.says) for one in found.outside][-1] == ("anna", "by hand", "a.json")
    assert len(found.overrides) == len(found.reloads) == len(found.tokens) == 1
    assert found.sign_ins == {"anna": {"signed in": 1}, "not known": {"sign-in refused": 1}}
    assert found.verified is None
    await verify(world.engine)
    assert (await made(world)).verified is not None
    assert [one.kind for one in (await report(world.engine, "2020-01-01", "2020-01-31")).decisions] == []


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("", "2026-01-01", "from which day"),
        ("2026-01-01", "", "from which day"),
        ("2026-02-30", "2026-03-01", "from: expected a day"),
        ("2026-01-01", "soon", "to: expected a day"),
        ("2026-03-01", "2026-01-01", "is after"),
    ],
)
async def test_days_that_are_none_are_refused(world: World, first: str, last: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        await report(world.engine, first, last)


# -- time observed ----------------------------------------------------------------------------------------------------


async def read(world: World, *minutes: float, outcome: str = "ok", reason: str = "", of: str = HUB) -> None:
    """Readings of an integration that ended so many minutes after midnight."""
    async with world.engine.store.transaction() as tx:
        for minute in minutes:
            at = MIDNIGHT + minute * 60
            id = await world.engine.store.next_reading(of)
            listings = () if outcome == "failed" else ("account",)
            await tx.end_reading(
                Reading(id=id, integration=of, started_at=at - 1, ended_at=at, outcome=outcome, reason=reason,
                        listings=listings)
            )  # fmt: skip


async def seen(world: World, days: int = 1, of: str = HUB) -> Observed:
    last = day_of(MIDNIGHT + days * DAY, UTC)
    return next(one for one in (await report(world.engine, TODAY, last)).observed if one.system == of)


@pytest.fixture
async def quiet(world: World) -> World:
    """A store without readings, a day later."""
    async with world.engine.store.transaction() as tx:
        from sqlalchemy import delete

        from monitor.adapters import schema

        await tx.run(delete(schema.reading))
    world.clock.advance(MIDNIGHT + 2 * DAY - world.clock.now())
    return world


def minutes(gap: Any) -> tuple[float, float, str]:
    return (gap.since - MIDNIGHT) / 60, (gap.until - MIDNIGHT) / 60, gap.reason


async def test_readings_as_planned_leave_no_gap(quiet: World) -> None:
    await read(quiet, *range(-15, 1440, 15))
    found = await seen(quiet)
    assert (found.gaps, found.observed, found.share, found.note) == ((), DAY, 1.0, "")
    assert found.readings == {"ok": 96, "partial": 0, "failed": 0}


async def test_each_gap_has_its_reason(quiet: World) -> None:
    await read(quiet, *range(-15, 600, 15), *range(690, 1200, 15))
    await read(quiet, 615, 645, outcome="failed", reason="token refused")
    await read(quiet, 705.5, outcome="partial", reason="deals: denied")
    found = await seen(quiet)
    assert [minutes(gap) for gap in found.gaps] == [(600, 690, "token refused"), (1200, 1440, NOTHING)]
    assert found.observed == DAY - 330 * 60
    assert [(one.reason, one.readings) for one in found.partly] == [("deals: denied", 1)]


async def test_a_gap_over_midnight_is_cut_at_the_days_asked_for(quiet: World) -> None:
    await read(quiet, -100, *range(50, 1440, 15))
    assert [minutes(gap) for gap in (await seen(quiet)).gaps] == [(0, 50, NOTHING)]


async def test_what_was_not_there_yet_is_no_gap(quiet: World) -> None:
    await read(quiet, *range(720, 1440, 15))
    found = await seen(quiet)
    assert (found.since - MIDNIGHT, found.gaps) == (720 * 60, ())
    assert found.note == f"watched since {TODAY} 12:00, when it was read first"


async def test_what_is_not_kept_any_more_is_no_gap(quiet: World) -> None:
    await read(quiet, *range(720, 1440, 15))
    quiet.clock.advance(100 * DAY)
    assert (await seen(quiet)).note == f"readings before {TODAY} 12:00 are not kept any more (retention.readings)"


async def test_a_system_that_was_never_read_was_not_watched(quiet: World) -> None:
    found = await seen(quiet)
    assert (found.observed, [minutes(gap) for gap in found.gaps]) == (0.0, [(0, 1440, NOTHING)])


async def test_a_day_to_come_is_no_gap(quiet: World) -> None:
    await read(quiet, *range(-15, 2 * 1440, 15))
    found = await seen(quiet, days=9)
    assert (found.until, found.gaps) == (quiet.clock.now(), ())
    late = await report(quiet.engine, "2099-01-01", "2099-01-31")
    assert all(one.observed == 0.0 and one.gaps == () and one.share == 1.0 for one in late.observed)


async def test_a_system_that_is_configured_no_more_is_in_it(quiet: World) -> None:
    await read(quiet, *range(0, 600, 15), of="old")
    found = await seen(quiet, of="old")
    assert "it is not configured any more" in found.note and found.gaps[-1].until == MIDNIGHT + DAY


# -- as a file --------------------------------------------------------------------------------------------------------


async def test_the_report_is_a_table_data_or_one_page(world: World) -> None:
    await approved(world)
    await verify(world.engine)
    found = await made(world)
    assert msgspec.json.decode(render(found, "json"), type=Report) == found
    lines = list(csv.DictReader(io.StringIO(render(found, "csv"), newline="")))
    assert tuple(lines[0]) == COLUMNS
    [line] = [line for line in lines if line["what"] == "approve"]
    assert (line["record"], line["who"], line["maker is not approver"]) == ("approval", "local:tester", "yes")
    assert line["commit"] == world.engine.baselines.seen and line["at"].endswith("+00:00")
    assert {line["system"] for line in lines if line["record"] == "observed"} == set(world.engine.integrations)
    page = render(found, "html")
    assert not re.findall(r"(?:src|href)=|@import|url\(", page), "nothing outside of it"
    assert "<script" not in page and "fewer digits" in page and "nothing is wrong" in page
    assert name(found, "csv") == f"driftline-{found.first}-to-{found.last}.csv"


async def test_words_of_others_stay_words_in_every_format(world: World) -> None:
    evil = '=cmd|"/c calc"!A1 <script>alert(1)</script>\u202e'
    await approved(world)
    found = await made(world)
    row = msgspec.structs.replace(found.decisions[-1], reason=evil, by="@sum", ticket="\t=1", changes=("-1+1",))
    hostile = msgspec.structs.replace(found, decisions=(row,))
    [line] = [line for line in csv.DictReader(io.StringIO(as_csv(hostile), newline="")) if line["what"] == "approve"]
    assert line["reason"].startswith("'=cmd") and "\\u202e" in line["reason"]
    assert (line["who"], line["ticket"], line["details"]) == ("'@sum", "'\t=1", "'-1+1")
    page = render(hostile, "html")
    assert "<script" not in page and html.escape("<script>") in page
    assert json.loads(render(hostile, "json"))["decisions"][0]["reason"] == evil


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "  =1", "＝1", "|calc", "%0a"])
def test_what_a_spreadsheet_would_take_for_a_formula_is_text(text: str) -> None:
    assert cell(text).startswith("'")


@pytest.mark.parametrize("text", ["", "a=1", "2026-01-01", "approve", "'x"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert cell(text) == text


@pytest.mark.parametrize(("seconds", "words"), [(5, "5 s"), (60, "1 m"), (90_060, "1 d 1 h 1 m"), (7200, "2 h")])
def test_times_are_read_at_a_glance(seconds: float, words: str) -> None:
    assert lasted(seconds) == words
