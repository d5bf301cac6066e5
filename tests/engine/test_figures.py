"""Figures over openings as events make them, held against what the same events say when they are counted by hand."""

from __future__ import annotations

import random
import statistics
from typing import Any

import pytest

from monitor.adapters import store_watched
from monitor.adapters.records import Decision, Origin, Reading
from monitor.adapters.store import Store
from monitor.core.figures import Spread
from monitor.core.model import (
    Action,
    Address,
    Claim,
    Closing,
    Event,
    EventType,
    Level,
    Reason,
    Source,
    Urgency,
    Verdict,
)
from monitor.engine import figures as figuring
from monitor.engine.figures import Asked, figures
from monitor.engine.request import Refused
from monitor.engine.timeline import Asked as Wanted
from monitor.engine.timeline import timeline
from probes.kit.contract import Kind, Ref
from tests.web.standin import NOW, StandIn

DAY = 86_400.0
HOUR = 3600.0


def claim(key: str, owner: str = "web", level: Level = Level.WARNING, **more: Any) -> Claim:
    source = more.pop("source", Source.DRIFT)
    standing = more.pop("standing", "")
    verdict = Verdict("r", level, Urgency.DIGEST, owner, (Reason("rule", "r", level),), standing=standing)
    return Claim(Address(source, "crm", Kind.FIELD, "Lead", key, "label"), Action.CHANGED, 1, 2, verdict, **more)


def event(type: EventType, at: float, key: str, **more: Any) -> Event:
    said = more.pop("claim", None)
    address = said.address if said is not None else claim(key).address
    return Event(type=type, at=at, finding=f"f-{key}", address=address, claim=said, told=True, **more)


@pytest.fixture
async def engine(tmp_path: Any) -> Any:
    made = StandIn.open(tmp_path)
    engine = await made
    engine.integrate("crm", "directus", "CRM", "web")
    yield engine
    await engine.store.close()


async def keep(engine: StandIn, *events: Event) -> None:
    async with engine.store.transaction() as tx:
        await tx.add_events(events)


def of(found: Any, name: str) -> Spread:
    return next(one.whole for one in found.figures if one.name == name)


async def test_a_median_and_the_ninth_of_ten_are_said_of_five_and_not_of_four(engine: StandIn) -> None:
    for number, hours in enumerate((1, 2, 3, 4)):
        key, at = str(number), NOW - DAY
        await keep(engine, event(EventType.OPENED, at, key, claim=claim(key)),
                   event(EventType.CLOSED, at + hours * HOUR, key, closing=Closing.AGREED))  # fmt: skip
    assert of(await figures(engine, Asked()), "resolve") == Spread(4)
    await keep(engine, event(EventType.OPENED, NOW - DAY, "x", claim=claim("x")),
               event(EventType.CLOSED, NOW - DAY + 9 * HOUR, "x", closing=Closing.APPROVED))  # fmt: skip
    found = await figures(engine, Asked())
    assert of(found, "resolve") == Spread(5, 3 * HOUR, 9 * HOUR)
    assert of(found, "acknowledge") == Spread(1), "an approval is a first answer too"
    assert found.figures[-1].weeks[-1].n == 5 and sum(week.n for week in found.figures[-1].weeks) == 5


async def test_only_what_was_put_back_or_approved_counts_as_resolved(engine: StandIn) -> None:
    for closing in Closing:
        key = str(closing)
        await keep(engine, event(EventType.OPENED, NOW - DAY, key, claim=claim(key)),
                   event(EventType.CLOSED, NOW - HOUR, key, closing=closing))  # fmt: skip
    found = await figures(engine, Asked())
    assert of(found, "resolve").n == 2
    assert found.ended == {"withdrawn": 1, "superseded": 1}


async def test_effects_and_what_a_policy_or_an_older_ignore_takes_ask_nobody(engine: StandIn) -> None:
    await keep(
        engine,
        event(EventType.OPENED, NOW - DAY, "root", claim=claim("root")),
        event(EventType.OPENED, NOW - DAY, "effect", claim=claim("effect"), cause="f-root"),
        event(EventType.OPENED, NOW - DAY, "policy", claim=claim("policy", standing="labels")),
        event(EventType.OPENED, NOW - DAY, "hushed", claim=claim("hushed")),
        event(EventType.IGNORED, NOW - DAY, "hushed", ignore="i1", by="ignore i1"),
        event(EventType.OPENED, NOW - DAY, "later", claim=claim("later")),
        event(EventType.IGNORED, NOW - HOUR, "later", ignore="i2", by="ignore i2"),
        *(event(EventType.CLOSED, NOW, key, closing=Closing.APPROVED)
          for key in ("root", "effect", "policy", "hushed", "later")),
    )  # fmt: skip
    found = await figures(engine, Asked())
    assert of(found, "resolve").n == of(found, "acknowledge").n == 2
    assert found.ended == {"policy": 2}
    assert found.backlog.new == {"web": (0,) * 12 + (2,)}
    assert {one.id for one in (await timeline(engine, Wanted(what="resolve"))).items} == {"f-root", "f-later"}


async def test_an_effect_that_becomes_a_root_counts_from_then_on(engine: StandIn) -> None:
    await keep(engine, event(EventType.OPENED, NOW - DAY, "a", claim=claim("a"), cause="f-b"),
               event(EventType.HUNG, NOW - HOUR, "a"),
               event(EventType.CLOSED, NOW, "a", closing=Closing.AGREED))  # fmt: skip
    assert of(await figures(engine, Asked()), "resolve").n == 1


async def test_detecting_is_by_the_vendors_own_time_and_else_only_bounded(engine: StandIn) -> None:
    def at(hours: float) -> dict[str, str]:
        return {"at": str(NOW - hours * HOUR)}

    since = NOW - 3 * HOUR
    await keep(
        engine,
        event(EventType.OPENED, NOW, "named", claim=claim("named", since=since)),
        event(EventType.ATTRIBUTED, NOW + 0.5, "named", claim=claim("named", since=since, evidence=at(2))),
        event(EventType.OPENED, NOW, "silent", claim=claim("silent", since=since)),
        event(EventType.OPENED, NOW, "older", claim=claim("older", since=since, evidence=at(50))),
        event(EventType.OPENED, NOW, "later", claim=claim("later", since=since, evidence=at(-1))),
        event(EventType.OPENED, NOW, "unknown", claim=claim("unknown", evidence={"at": "some day"})),
    )
    assert [(one.finding, one.seconds) for one in (await timeline(engine, Wanted(what="detect"))).items] == [
        ("f-named", 2 * HOUR)
    ]
    bounded = (await timeline(engine, Wanted(what="detect_within"))).items
    assert {one.finding for one in bounded} == {"f-silent", "f-older", "f-later"}
    assert {one.seconds for one in bounded} == {3 * HOUR}


async def test_answers_of_people_count_once_and_a_finding_that_came_back_anew(engine: StandIn) -> None:
    await keep(
        engine,
        event(EventType.OPENED, NOW - 3 * DAY, "a", claim=claim("a")),
        event(EventType.COMMENTED, NOW - 3 * DAY + 60, "a", by="p-1"),
        event(EventType.ASSIGNED, NOW - 3 * DAY + HOUR, "a", by="p-1", words="brand"),
        event(EventType.REJECTED, NOW - 3 * DAY + 2 * HOUR, "a", by="p-1"),
        event(EventType.CLOSED, NOW - 2 * DAY, "a", closing=Closing.AGREED),
        event(EventType.REOPENED, NOW - DAY, "a", claim=claim("a", "brand")),
        event(EventType.ACKNOWLEDGED, NOW - DAY + 2 * HOUR, "a", by="p-2"),
    )
    rows = (await timeline(engine, Wanted(what="acknowledge"))).items
    assert [one.seconds for one in rows] == [2 * HOUR, HOUR]
    assert [one.seconds for one in (await timeline(engine, Wanted(what="resolve"))).items] == [DAY]
    assert of(await figures(engine, Asked(owner="brand")), "acknowledge").n == 2
    assert of(await figures(engine, Asked(owner="web")), "acknowledge").n == 0
    assert of(await figures(engine, Asked(kind="sync")), "acknowledge").n == 0
    assert of(await figures(engine, Asked(system="erp")), "acknowledge").n == 0


async def test_the_backlog_over_time_ends_with_what_is_open(engine: StandIn) -> None:
    chance = random.Random(7)
    opened, ended = [], []
    for number in range(300):
        key, at = str(number), NOW - chance.uniform(0, 130) * DAY
        opened.append(event(EventType.OPENED, at, key, claim=claim(key)))
        end = at + chance.expovariate(1 / (9 * DAY))
        if end < NOW:
            ended.append(event(EventType.CLOSED, end, key, closing=Closing.AGREED))
    await keep(engine, *opened, *ended)
    found = await figures(engine, Asked())
    assert len(found.backlog.open) == 14
    assert found.backlog.open[-1] == 300 - len(ended)
    assert found.backlog.open[0] == sum(e.at < found.since for e in opened) - sum(e.at < found.since for e in ended)
    assert sum(found.backlog.new["web"]) == sum(e.at >= found.since for e in opened)
    starts = {e.finding: e.at for e in opened}
    took = [e.at - starts[e.finding] for e in ended if e.at >= found.since]
    assert of(found, "resolve").n == len(took)
    assert of(found, "resolve").median == pytest.approx(statistics.median_low(took))


async def test_the_share_reviewed_is_of_things_that_stand_in_a_baseline(engine: StandIn) -> None:
    live = engine.integrations["crm"]
    for name in ("Lead", "Contact", "Task", "new"):
        engine.know(live, Kind.FIELD, name)  # twelve things each
    live.proposals[Ref(Kind.FIELD, "new")] = "not in the baseline yet"
    rows = [("Lead", "", "captured"), ("Lead", "A", "approved"), ("Lead", "B", "policy"), ("Contact", "", "approved"),
            ("Task", "", "captured")]  # fmt: skip
    async with engine.store.transaction() as tx:
        for scope, key, how in rows:
            await tx.set_origin(Origin(integration="crm", ref=Ref(Kind.FIELD, scope), key=key, how=how, sha="1",
                                       by="web", at=NOW))  # fmt: skip
    found = (await figures(engine, Asked())).reviewed
    assert (found.total, found.some) == (36, 14)
    assert (await figures(engine, Asked(kind="sync"))).reviewed.total == 0
    assert (await figures(engine, Asked(owner="brand"))).reviewed.total == 0


# -- watched ----------------------------------------------------------------------------------------------------------


async def read(store: Store, ends: dict[float, str], first: int) -> None:
    async with store.transaction() as tx:
        for number, (at, outcome) in enumerate(ends.items(), first):
            why = "token refused" * (outcome == "failed")
            await tx.end_reading(Reading(id=number, integration="crm", started_at=at - 1, ended_at=at, outcome=outcome,
                                         reason=why, listings=("all",)))  # fmt: skip


async def test_how_long_a_system_was_watched_is_the_same_taken_up_or_not(engine: StandIn) -> None:
    every = figuring.interval(engine)("crm")
    begin = NOW - 2 * DAY
    steps = [begin + n * every for n in range(int(2 * DAY / every))]
    hole = {at for at in steps if begin + DAY <= at < begin + DAY + 6 * HOUR}
    ends = {at: "failed" if at in hole else "partial" if n % 7 == 0 else "ok" for n, at in enumerate(steps)}
    half = dict(list(ends.items())[: len(ends) * 5 // 8])
    await read(engine.store, half, 10)
    await figuring.follow(engine)
    await read(engine.store, {at: how for at, how in ends.items() if at not in half}, 10 + len(half))
    before = (await figures(engine, Asked())).watched
    await figuring.follow(engine)
    await figuring.follow(engine)
    (one,) = (await figures(engine, Asked())).watched
    assert before == (one,)
    (gap,) = one.gaps
    assert gap.reason == "token refused" and one.since == begin
    assert gap.seconds == pytest.approx(6 * HOUR, abs=every)
    assert one.share == pytest.approx(1 - gap.seconds / (NOW - begin))
    (said,) = [item for item in (await timeline(engine, Wanted(what="incidents"))).items if item.stream == "incident"]
    assert (said.at, said.until, said.says) == (gap.since, gap.until, "token refused")
    engine.clock.advance(DAY)
    (one,) = (await figures(engine, Asked())).watched
    assert len(one.gaps) == 2 and one.gaps[1].until == NOW + DAY
    rows = await store_watched.known(engine.store, ["crm"], NOW + DAY, lambda name: 900.0)
    assert len(rows["crm"]) == 1, "what is older than the window is not read"


async def test_a_system_that_was_never_read_has_no_share(engine: StandIn) -> None:
    await read(engine.store, {NOW - HOUR: "failed"}, 1)
    assert (await figures(engine, Asked())).watched == ()


# -- the timeline -----------------------------------------------------------------------------------------------------


async def test_pages_of_the_timeline_show_everything_once_in_one_order(engine: StandIn) -> None:
    chance = random.Random(3)
    times = [NOW - chance.randrange(0, 40) * HOUR for _ in range(60)]  # many of the same instant
    await keep(engine, *(event(EventType.OPENED, at, str(n), claim=claim(str(n))) for n, at in enumerate(times[:40])))
    async with engine.store.transaction() as tx:
        for number, at in enumerate(times[40:]):
            await tx.queue_decision(Decision(uuid=f"u-{number:02}", kind="approve", by="p-1", at=at, integration="crm",
                                             findings={"f-1": "x"}))  # fmt: skip
    every = NOW - 80 * HOUR
    await read(engine.store, {every: "ok", every + 20 * HOUR: "ok", NOW: "ok"}, 1)
    shown, cursor = [], ""
    for _ in range(30):
        page = await timeline(engine, Wanted(cursor=cursor), 7)
        shown += [(one.at, one.stream, one.id) for one in page.items]
        cursor = page.next
        if not cursor:
            break
    assert not cursor and len(shown) == len(set(shown)) == 62
    assert [at for at, _, _ in shown] == sorted((at for at, _, _ in shown), reverse=True)
    assert {stream for _, stream, _ in shown} == {"event", "decision", "incident"}


async def test_the_timeline_is_narrowed_by_whose_it_is_of_what_kind_and_when(engine: StandIn) -> None:
    fault = Claim(Address(Source.FAULT, "crm", Kind.PLATFORM, "", "", "credential"), Action.CHANGED, None, None,
                  claim("x").verdict, words="Blind")  # fmt: skip
    quiet = event(EventType.SUSPECTED, NOW - HOUR, "s", claim=claim("s", "brand"))
    await keep(
        engine, event(EventType.OPENED, NOW - 3 * DAY, "a", claim=claim("a", "brand")),
        event(EventType.CLOSED, NOW - 2 * DAY, "a", closing=Closing.AGREED),
        event(EventType.OPENED, NOW - DAY, "b", claim=claim("b")),
        event(EventType.OPENED, NOW - DAY, "dead", claim=fault),
        Event(type=quiet.type, at=quiet.at, finding=quiet.finding, address=quiet.address, claim=quiet.claim),
    )  # fmt: skip
    async with engine.store.transaction() as tx:
        await tx.queue_decision(Decision(uuid="u", kind="reject", by="p-1", at=NOW, findings={"f-a": "x"}))

    async def told(**more: str) -> list[str]:
        return [f"{one.what} {one.finding}" for one in (await timeline(engine, Wanted(**more))).items]

    assert await told() == ["reject f-a", "opened f-dead", "opened f-b", "closed f-a", "opened f-a"]
    assert await told(owner="brand") == ["reject f-a", "closed f-a", "opened f-a"], "an end has the owner it had"
    assert await told(owner="brand", what="all") == ["reject f-a", "suspected f-s", "closed f-a", "opened f-a"]
    assert await told(kind="platform") == ["opened f-dead"]
    assert await told(what="incidents") == ["opened f-dead"]
    assert await told(what="decisions") == ["reject f-a"]
    assert await told(what="opened", first="2026-09-19") == ["opened f-dead", "opened f-b"]
    assert await told(last="2026-09-19") == ["closed f-a", "opened f-a"]
    assert await told(system="erp") == []


@pytest.mark.parametrize("cursor", ["x", "1.0~event~x", "1.0~nothing~1", "1.0~event~", "~event~1"])
async def test_a_cursor_that_is_none_is_refused(engine: StandIn, cursor: str) -> None:
    with pytest.raises(Refused, match="cursor"):
        await timeline(engine, Wanted(cursor=cursor))
