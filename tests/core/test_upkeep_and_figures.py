"""What runs out by itself, and the figures that are made of findings and events."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from monitor.core.evaluate import Upkeep, upkeep
from monitor.core.figures import (
    Answered,
    Assigned,
    Began,
    Changed,
    Ended,
    Hung,
    Ignored,
    Judged,
    Spread,
    changed_at,
    moves,
    spread,
)  # fmt: skip
from monitor.core.model import Action, Closing, Event, EventType
from monitor.core.planned import PlannedChange
from monitor.core.standing import Standing

from .shapes import address, claim, verdict

DAY = 86_400.0


def said(**parts: Any) -> list[tuple[str, Action, str]]:
    found = upkeep(Upkeep(**{"subject": "crm", "reading": 1, "at": 100 * DAY, **parts}))
    assert found.covered.whole
    return [(one.address.fact, one.action, one.words) for one in found.claims]


def test_nothing_to_look_after_is_nothing_said() -> None:
    assert said(sunset={"v68": 900 * DAY}) == []
    assert said() == said(credential_expires_at=200 * DAY, quota_used=10, quota_limit=100) == said(quota_used=5) == []


@pytest.mark.parametrize(
    ("days", "action", "words"),
    [
        (13, Action.CHANGED, "The credential ends on 24 April 1970. Renew it before reading stops."),
        (2, Action.NARROWED, "The credential ends on 13 April 1970. Renew it before reading stops."),
        (-1, Action.NARROWED, "The credential ended on 10 April 1970. Renew it."),
    ],
)
def test_a_credential_that_ends_is_said_in_time(days: int, action: Action, words: str) -> None:
    assert said(credential_expires_at=(100 + days) * DAY) == [("expires", action, words)]


@pytest.mark.parametrize(("days", "action"), [(40, Action.CHANGED), (20, Action.NARROWED)])
def test_an_announced_end_of_a_version_is_said(days: int, action: Action) -> None:
    assert [found[:2] for found in said(sunset={"v58": (100 + days) * DAY})] == [("sunset_on", action)]


def test_a_standing_approval_that_holds_or_ends_is_said() -> None:
    ends = Standing(id="labels", owner="ops", reason="words", until=107 * DAY, cap=5)
    (held,) = said(held={"labels": (6, 5)})
    assert held[0] == "held" and "6 changes here at once, and its cap is 5 a day" in held[2]
    assert "labels ends on 18 April 1970" in said(lapsing=[ends])[0][2]
    assert "labels ended on 10 April 1970" in said(lapsing=[replace(ends, until=99 * DAY)])[0][2]
    assert said(lapsing=[replace(ends, until=108 * DAY), replace(ends, until=93 * DAY)]) == []


@pytest.mark.parametrize(("used", "action"), [(80, Action.CHANGED), (96, Action.NARROWED)])
def test_a_quota_that_runs_short_is_said(used: int, action: Action) -> None:
    assert [found[:2] for found in said(quota_used=used, quota_limit=100)] == [("quota", action)]


def test_a_push_that_fails_is_said() -> None:
    assert said(push_fault="refused")[0][2].endswith("could not be pushed: refused")


def test_an_announced_change_that_never_came_is_said_for_a_week_after_its_time() -> None:
    plan = PlannedChange("taxonomy", "MOPS-1", ("crm/field/Lead/A", "crm/field/Lead/B", "hub/field/*"), 0, 99 * DAY)
    both = [
        "The announced change taxonomy (MOPS-1) never came: crm/field/Lead/A. Its time ended on 10 April 1970.",
        "The announced change taxonomy (MOPS-1) never came: crm/field/Lead/B. Its time ended on 10 April 1970.",
    ]
    assert [words for _, _, words in said(planned=(plan,))] == both
    assert [words for _, _, words in said(planned=(plan,), came={"another": {"crm/field/Lead/A"}})] == both
    assert len(said(planned=(plan,), came={"taxonomy": {"crm/field/Lead/A/label"}})) == 1
    assert said(planned=(plan,), at=98 * DAY) == said(planned=(plan,), at=107 * DAY) == []


def test_what_came_at_the_end_of_its_time_is_seen_by_the_reading_after_it() -> None:
    plan = PlannedChange("taxonomy", "MOPS-1", ("crm/field/Lead/A",), 0, 99 * DAY)
    assert said(planned=(plan,), looked=99 * DAY) == []
    assert len(said(planned=(plan,), looked=99.1 * DAY)) == 1


def test_a_deployment_that_nobody_closed_says_that_it_ended_by_itself() -> None:
    plan = PlannedChange("deploy-7", "OPS-7", (), 98 * DAY, 99 * DAY, integrations=("crm", "hub"), deployment=True)
    assert said(planned=(plan,)) == [
        ("unclosed", Action.CHANGED,
         "The deployment deploy-7 (OPS-7) was never closed; it ended by itself on 10 April 1970 at 00:00 UTC.")
    ]  # fmt: skip
    assert said(planned=(plan,), subject="hub") == said(planned=(replace(plan, closed=99 * DAY),)) == []
    assert said(planned=(plan,), at=98.5 * DAY) == []


# -- figures ----------------------------------------------------------------------------------------------------------


def event(type: EventType, at: float = 100.0, **more: Any) -> Event:
    return Event(type=type, at=at, finding="f", address=address(), **more)


def test_an_event_moves_the_opening_of_its_finding() -> None:
    said = replace(claim("n", evidence={"at": "60"}), since=40.0)
    quiet = replace(said, verdict=replace(verdict(owner="web"), standing="labels"), evidence={})
    told = {
        EventType.OPENED: (event(EventType.OPENED, claim=said), [Began(True, False, 40.0), Changed(60.0)]),
        EventType.REOPENED: (
            event(EventType.REOPENED, claim=quiet, cause="g"),
            [Began(False, True, 40.0), Judged(2, "web", True)],
        ),
        EventType.JUDGED: (event(EventType.JUDGED, claim=quiet), [Judged(2, "web", True)]),
        EventType.HUNG: (event(EventType.HUNG, cause="g"), [Hung(False)]),
        EventType.ASSIGNED: (event(EventType.ASSIGNED, by="p", words="web"), [Assigned("web"), Answered()]),
        EventType.ACKNOWLEDGED: (event(EventType.ACKNOWLEDGED, by="p"), [Answered()]),
        EventType.REJECTED: (event(EventType.REJECTED), []),
        EventType.COMMENTED: (event(EventType.COMMENTED, by="p"), []),
        EventType.IGNORED: (event(EventType.IGNORED, ignore="i"), [Ignored()]),
        EventType.SUSPECTED: (event(EventType.SUSPECTED), []),
        EventType.CLOSED: (event(EventType.CLOSED, closing=Closing.AGREED), [Ended("agreed")]),
    }
    for one, expected in told.values():
        assert list(moves(one)) == expected, one.type
    assert list(moves(event(EventType.OPENED))) == [Began(True, False, None)], "let go, without a claim of its own"
    assert list(moves(event(EventType.IGNORED))) == [], "an ignore that lapsed"


@pytest.mark.parametrize(
    ("text", "at"),
    [("60", 60), ("1970-01-01T00:01:00", 60), ("1970-01-01T01:01:00+01:00", 60), ("soon", None), ("", None)],
)
def test_when_it_was_changed_is_taken_from_evidence(text: str, at: float | None) -> None:
    assert changed_at(claim("n", evidence={"at": text})) == at


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([], Spread(0)),
        ([1, 2, 3, 4], Spread(4)),
        ([5, 1, 4, 2, 3], Spread(5, 3, 5)),
        (list(range(10)), Spread(10, 4, 8)),
        (list(range(100, 0, -1)), Spread(100, 50, 90)),
    ],
)
def test_a_spread_is_of_enough_by_nearest_rank(values: list[float], found: Spread) -> None:
    assert spread(values) == found


def test_an_end_that_is_said_in_every_answer_is_one_line() -> None:
    ((_, _, words), (_, _, other)) = said(sunset={"/a": 140 * DAY, "/b": 140 * DAY + 60, "/c": 150 * DAY})
    assert (
        words
        == "The vendor switches /a and 1 more address off on 21 May 1970. Move to a newer version before that day."
    )
    assert "/c off" in other
