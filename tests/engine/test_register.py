"""The register says what a walk over the ledger would say, whatever moved, and answers without walking it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from monitor.core import ledger as ledgers
from monitor.core.ledger import Ledger
from monitor.core.model import Action, Closing, Event, EventType, Finding, Level, Phase
from monitor.engine import rows, views
from monitor.engine.choosing import choose
from monitor.engine.register import SLICE
from monitor.engine.rows import filed, stand, worst_first
from monitor.engine.shapes import Filter
from monitor.engine.walk import walk
from probes.kit.contract import Kind
from tests.web.standin import NOW, StandIn, claim, verdict

SYSTEMS = ("crm-a", "crm-b", "crm-c")
TEAMS = ("marketing-operations", "revenue-operations")


@pytest.fixture
async def engine(tmp_path: Path) -> Any:
    made = await StandIn.open(tmp_path)
    for name in SYSTEMS:
        made.integrate(name, "salesforce", name.upper(), TEAMS[0])
    yield made
    await made.store.close()


def opened(number: int, chance: random.Random, at: float = NOW, cause: str = "") -> Event:
    level, owner, kind = chance.choice(list(Level)), chance.choice(TEAMS), chance.choice([Kind.FIELD, Kind.SYNC])
    by = verdict(level, "field.label.changed", owner, standing=chance.choice(["", "", "quiet"]))
    said = claim(
        chance.choice(SYSTEMS), kind, f"Object_{number % 7}", f"Field_{number}", "label", "", Action.CHANGED,
        f"Old {number}", f"New {number}", by,
    )  # fmt: skip
    return Event(
        type=EventType.OPENED, at=at, finding=said.address.finding_id(1), address=said.address, claim=said, opening=1,
        cause=cause,
    )  # fmt: skip


def happen(engine: StandIn, *events: Event) -> None:
    for event in events:
        ledgers.apply(engine.ledger, event)


def about(finding: Finding, type: EventType, **more: Any) -> Event:
    return Event(type=type, at=NOW, finding=finding.id, address=finding.address, **more)


def walked(engine: StandIn, wanted: Filter) -> list[str]:
    """Ids that fit, by looking at every finding: the plain meaning of a filter."""
    now, found = engine.clock.now(), []
    for one in engine.ledger.findings.values():
        waits = rows.waits_for(engine, one)
        if wanted.stand != "all" and stand(one, now) != wanted.stand:
            continue
        if (one.cause and not (wanted.children or wanted.cause)) or (wanted.cause and one.cause != wanted.cause):
            continue
        if waits and wanted.stand == "open" and not wanted.policy:
            continue
        of = one.assignee or (one.claim.verdict.owner if one.claim.verdict else "")
        asked = ((wanted.integration, one.address.subject), (wanted.owner, of), (wanted.level, one.level.word))
        if all(want in ("", has) for want, has in asked) and wanted.text in one.address.key.casefold():
            found.append(one)
    return [one.id for one in sorted(found, key=worst_first)]


def seen(finding: Finding) -> tuple[float, str]:
    return -finding.first_seen_at, finding.id


FILTERS = (
    Filter(), Filter(children=True), Filter(policy=True), Filter(stand="ignored"), Filter(integration="crm-b"),
    Filter(owner=TEAMS[1]), Filter(level="warning", children=True), Filter(text="field_1"), Filter(stand="suspected"),
    Filter(stand="all", children=True, integration="crm-a", level="breaking"),
)  # fmt: skip


def moves(engine: StandIn, chance: random.Random) -> Iterator[Event]:
    """What happens to one finding in a life, in any order that the ledger takes."""
    for number in range(400):
        there = [one for one in engine.ledger.findings.values() if one.phase is Phase.OPEN]
        if number < 60 or not there:
            cause = chance.choice(there).id if there and number % 5 == 0 else ""
            yield opened(number, chance, NOW - number, cause)
            continue
        one = chance.choice(there)
        other = opened(int(one.address.key.partition("_")[2]), chance).claim
        assert other is not None and other.verdict is not None
        judged = claim(
            one.address.subject, one.address.kind, one.address.scope, one.address.key, "label", "", Action.CHANGED, "a",
            f"b{number}", other.verdict,
        )  # fmt: skip
        yield chance.choice(
            [
                about(one, EventType.JUDGED, claim=judged),
                about(one, EventType.CHANGED, claim=judged),
                about(one, EventType.ASSIGNED, words=chance.choice(TEAMS)),
                about(one, EventType.ACKNOWLEDGED, by="somebody"),
                about(one, EventType.IGNORED, until=NOW + chance.choice([10, 1000]), ignore="i"),
                about(one, EventType.CLOSED, closing=Closing.AGREED),
                about(one, EventType.HUNG, cause=chance.choice([x.id for x in there if x.id != one.id] or [""])),
            ]
        )


@pytest.mark.parametrize("seed", range(6))
async def test_it_says_what_a_walk_over_the_ledger_says(engine: StandIn, seed: int) -> None:
    chance = random.Random(seed)
    for step, event in enumerate(moves(engine, chance)):
        happen(engine, event)
        if step % 40 == 39:
            engine.clock.advance(5)
        if step % 60 == 59:
            for wanted in FILTERS:
                found = choose(engine, wanted)
                ids = [card.id for card in found.cards]
                assert sorted(ids) == sorted(walked(engine, wanted)), wanted
                assert found.total == len(ids)
                newest = sorted(seen(engine.ledger.findings[id]) for id in ids)
                assert [card.seen for card in found.newest(None)] == newest, wanted
                assert [card.seen for card in found.newest((-NOW + 15.5, ""))] == [
                    x for x in newest if x > (-NOW + 15.5,)
                ]
                if wanted.stand != "all":
                    assert ids == walked(engine, wanted), wanted
                assert sum(found.of(name).total + found.of(name).children for name in SYSTEMS) >= found.counts.total
            for row in views.findings(engine, Filter(stand="all", children=True), size=200).items:
                assert row.children == sum(1 for _ in engine.ledger.under(row.id))


async def test_a_ledger_that_was_read_again_is_filed_whole(engine: StandIn) -> None:
    chance = random.Random(7)
    happen(engine, *(opened(number, chance) for number in range(20)))
    before = choose(engine, Filter(policy=True)).total
    gone = next(iter(engine.ledger.findings))
    engine.ledger = Ledger.load([one for one in engine.ledger.findings.values() if one.id != gone])
    assert choose(engine, Filter(policy=True)).total == before - 1
    assert filed(engine).card(gone) is None


async def test_what_is_pruned_or_cleared_is_on_no_shelf(engine: StandIn) -> None:
    chance = random.Random(8)
    happen(engine, *(opened(number, chance) for number in range(20)))
    first, second, *_ = engine.ledger.findings.values()
    choose(engine, Filter())
    happen(engine, about(first, EventType.CLOSED, closing=Closing.AGREED), about(second, EventType.CLEARED))
    assert [card.id for card in choose(engine, Filter(stand="closed")).cards] == [first.id]
    engine.ledger.prune(NOW + 1)
    assert choose(engine, Filter(stand="closed")).total == 0
    assert choose(engine, Filter(stand="all", children=True)).total == 18


async def test_what_a_policy_holds_over_its_cap_is_a_persons_again(engine: StandIn) -> None:
    chance = random.Random(9)
    happen(engine, *(opened(number, chance) for number in range(40)))
    waiting = [one for one in engine.ledger.findings.values() if rows.waits_for(engine, one)]
    assert waiting and choose(engine, Filter()).total == 40 - len(waiting)
    for name in SYSTEMS:
        engine.integrations[name].over = {"quiet": (9, 1)}
    assert choose(engine, Filter()).total == 40


async def test_it_is_filled_beside_other_work_and_what_moves_meanwhile_is_in_it(engine: StandIn) -> None:
    chance = random.Random(13)
    happen(engine, *(opened(number, chance, NOW - number) for number in range(3 * SLICE)))
    filling = asyncio.create_task(engine.register.fill(engine.ledger, NOW))
    await asyncio.sleep(0)
    assert not filling.done()  # others have a turn
    first, second, *_ = engine.ledger.findings.values()
    happen(
        engine, opened(5 * SLICE, chance), about(first, EventType.CLEARED), about(second, EventType.ASSIGNED, words="x")
    )
    await filling
    for wanted in (Filter(policy=True), Filter(owner="x", policy=True), Filter(text="field_1", policy=True)):
        assert [card.id for card in choose(engine, wanted).cards] == walked(engine, wanted)


async def test_planned_changes_are_counted_while_they_are_open(engine: StandIn) -> None:
    chance = random.Random(14)
    for number, (planned, beside) in enumerate([("p", ""), ("p", ""), ("q", ""), ("", "p")]):
        event = opened(number, chance)
        assert event.claim is not None and event.claim.verdict is not None
        told = replace(event.claim, verdict=replace(event.claim.verdict, planned=planned, beside=beside))
        happen(engine, replace(event, claim=told))
    assert (filed(engine).came["p"], filed(engine).came["q"], filed(engine).beside["p"]) == (2, 1, 1)
    happen(engine, about(next(iter(engine.ledger.findings.values())), EventType.CLOSED, closing=Closing.AGREED))
    assert (filed(engine).came["p"], filed(engine).beside["p"]) == (1, 1)


class Walked(dict[str, Finding]):
    """Findings that count how often somebody goes through all of them."""

    walks = 0

    def values(self) -> Any:
        self.walks += 1
        return super().values()

    def items(self) -> Any:
        self.walks += 1
        return super().items()

    def __iter__(self) -> Iterator[str]:
        self.walks += 1
        return super().__iter__()


async def test_a_page_costs_as_much_as_it_shows(engine: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts of work, not time: however many are open, no list walks the ledger, and only what is shown is said."""
    chance = random.Random(10)
    happen(engine, *(opened(number, chance, NOW - number) for number in range(3000)))
    choose(engine, Filter())
    engine.ledger.findings = found = Walked(engine.ledger.findings)
    said = []
    sentence = rows.sentence
    monkeypatch.setattr(rows, "sentence", lambda *given: said.append(1) or sentence(*given))
    for wanted in (Filter(), Filter(owner=TEAMS[0]), Filter(text="field_2"), Filter(stand="all", children=True)):
        said.clear()
        page = views.findings(engine, wanted, 2, 50)
        assert len(page.items) == 50 and len(said) == 50
        said.clear()
        assert len(walk(engine, wanted, (-NOW + 10, ""), 50)[0]) == 50 and len(said) == 50
    views.overview(engine)
    assert found.walks == 0


async def test_who_reads_the_first_page_has_not_walked_the_rest(engine: StandIn) -> None:
    chance = random.Random(11)
    happen(engine, *(opened(number, chance, NOW - number) for number in range(3000)))
    found = choose(engine, Filter(children=True, policy=True))
    rest = iter(found.cards)
    assert len(list(islice(rest, 50))) == 50
    assert sum(1 for _ in rest) == found.total - 50


async def test_little_that_moved_is_filed_by_itself(engine: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(12)
    happen(engine, *(opened(number, chance) for number in range(1000)))
    register, filings = filed(engine), []
    put = type(register)._put
    monkeypatch.setattr(type(register), "_put", lambda *given: filings.append(1) or put(*given))
    one = next(iter(engine.ledger.findings.values()))
    happen(engine, about(one, EventType.ACKNOWLEDGED, by="somebody"))
    assert choose(engine, Filter(policy=True)).total == 1000
    assert len(filings) == 1
