"""The week and the month in review: what counts as caught, over events that are played by hand."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from monitor.adapters.records import Decision, DecisionState
from monitor.core.book import apply
from monitor.core.model import Closing, Event, EventType, Level, Source
from monitor.core.standing import Standing
from monitor.engine.recap import _first, recap
from monitor.engine.request import Refused
from monitor.web.recaps import render
from probes.kit.contract import Signals
from tests.web.standin import NOW, StandIn

from .test_figures import DAY, HOUR, claim, event

HOSTILE = "<script>x</script>| [a](javascript:b)\u202e\n# x"


@pytest.fixture
async def engine(tmp_path: Path) -> Any:
    engine = await StandIn.open(tmp_path)
    engine.integrate("crm", "directus", "CRM", "web")
    yield engine
    await engine.store.close()


async def keep(engine: StandIn, *events: Event) -> None:
    for one in events:
        apply(engine.ledger, one)
    engine.moved()
    async with engine.store.transaction() as tx:
        await tx.add_events(events)


def broke(at: float, key: str, source: Source = Source.DRIFT, **more: Any) -> Event:
    said = claim(key, level=Level.BREAKING, source=source)
    return event(EventType.OPENED, at, key, claim=said, **more)


async def test_caught_is_what_nothing_broke_under_in_that_time(engine: StandIn) -> None:
    await keep(
        engine,
        broke(NOW - DAY, "caught"),
        broke(NOW - DAY, "put-right"),
        event(EventType.CLOSED, NOW - HOUR, "put-right", closing=Closing.AGREED),
        broke(NOW - DAY, "cause"),
        broke(NOW - HOUR, "rows", Source.HEALTH, cause="f-cause"),
        broke(NOW - 3 * DAY, "late-cause"),
        broke(NOW - 2 * DAY, "sync", Source.HEALTH),
        msgspec.structs.replace(broke(NOW - DAY, "sync", Source.HEALTH, cause="f-late-cause"), type=EventType.HUNG),
        broke(NOW - DAY, "alone", Source.HEALTH),
        broke(NOW - 9 * DAY, "older"),
        event(EventType.OPENED, NOW - DAY, "warning", claim=claim("warning")),
    )
    found = await recap(engine, "week")

    def ids(group: Any) -> set[str]:
        assert group.all == len(group.some)
        return {one.id for one in group.some}

    assert ids(found.caught) == {"f-caught", "f-put-right"}
    assert ids(found.damage) == {"f-cause", "f-late-cause"}
    assert ids(found.unexplained) == {"f-alone"}
    assert {one.id: one.state for one in found.caught.some} == {"f-caught": "open", "f-put-right": "agreed"}
    assert found.oldest[0].id == "f-older" and {"f-put-right", "f-rows"}.isdisjoint(one.id for one in found.oldest)
    assert (await recap(engine, "month")).caught.all == 3


async def test_the_pace_is_set_beside_that_of_the_time_before(engine: StandIn) -> None:
    for number in range(5):
        for begin, took in ((NOW - 2 * DAY, HOUR), (NOW - 9 * DAY, 3 * HOUR)):
            key = f"{number}-{took}"
            await keep(engine, event(EventType.OPENED, begin, key, claim=claim(key)),
                       event(EventType.CLOSED, begin + took, key, closing=Closing.AGREED))  # fmt: skip
    pace = next(one for one in (await recap(engine, "week")).paces if one.name == "resolve")
    assert (pace.now.n, pace.now.median, pace.before.n, pace.before.median) == (5, HOUR, 5, 3 * HOUR)


async def test_policies_tell_what_they_took_and_what_was_taken_back(engine: StandIn) -> None:
    def decision(uuid: str, at: float, **more: Any) -> Decision:
        return Decision(
            uuid=uuid, kind="approve", integration="crm", at=at, by="p-1", state=DecisionState.PUSHED, **more
        )

    engine.baselines.standing = (
        Standing(id="labels", owner="web", reason="r", patterns=("crm/*",), cap=9, until=NOW + 5 * DAY),
        Standing(id="over", owner="web", reason="r", patterns=("crm/*",), cap=9, until=NOW - DAY),
    )  # fmt: skip
    async with engine.store.transaction() as tx:
        for one in (
            decision("a", NOW - DAY, how="policy", findings={"f-1": "x", "f-2": "y"},
                     policies={"f-1": "labels", "f-2": "labels"}),
            decision("b", NOW - 20 * DAY, how="policy", findings={"f-0": "x"}, policies={"f-0": "labels"}),
            decision("c", NOW - HOUR, findings={"f-2": "y"}, undoes="a"),
        ):  # fmt: skip
            await tx.queue_decision(one)
    (policy,) = (await recap(engine, "week")).policies
    assert (policy.id, policy.taken, policy.undone, policy.soon) == ("labels", 2, 1, True)
    assert (await recap(engine, "month")).policies[0].taken == 3


async def test_what_ends_is_told_soonest_first_and_not_once_it_ended(engine: StandIn) -> None:
    live = engine.integrations["crm"]
    live.signals = Signals(sunset={"API v1": NOW + 40 * DAY, "v0": NOW - DAY, "v2": NOW + 4 * DAY})
    assert [one.what for one in (await recap(engine, "week")).sunsets] == ["v2", "API v1"]


@pytest.mark.parametrize(
    ("last", "week", "month"),
    [
        (date(2026, 1, 31), date(2026, 1, 25), date(2026, 1, 1)),
        (date(2026, 3, 30), date(2026, 3, 24), date(2026, 3, 1)),
        (date(2024, 3, 15), date(2024, 3, 9), date(2024, 2, 16)),
        (date(2026, 1, 15), date(2026, 1, 9), date(2025, 12, 16)),
    ],
)
def test_a_month_is_what_follows_the_same_day_of_the_month_before(last: date, week: date, month: date) -> None:
    assert (_first(last, "week"), _first(last, "month")) == (week, month)


async def test_days_that_are_none_or_still_to_come_are_refused(engine: StandIn) -> None:
    for wrong in ("2026-13-01", "2999-01-01"):
        with pytest.raises(Refused, match=r"expected a day|still to come"):
            await recap(engine, "week", wrong)


async def test_an_empty_week_and_hostile_words_make_a_page_that_is_whole(engine: StandIn) -> None:
    empty = await recap(engine, "week")
    for form in ("html", "markdown", "json"):
        assert render(empty, form, "https://d.example.com")
    said = claim(HOSTILE, level=Level.BREAKING)
    await keep(engine, event(EventType.OPENED, NOW - DAY, "h", claim=said))
    found = await recap(engine, "week")
    page, text = (render(found, form, "https://d.example.com") for form in ("html", "markdown"))
    assert "https://d.example.com/findings/f-h" in page and "https://d.example.com/findings/f-h" in text
    read = re.sub(r"`[^`]*`", "", text)  # a forge shows code as it stands
    for made in (page, read):
        assert "<script>" not in made and "](javascript:" not in read and "\u202e" not in made
    assert "\n# x" not in text and "\u202e" not in text
