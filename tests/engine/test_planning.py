"""Planned changes end to end: made, moved, closed and withdrawn through git, before and after the fact."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from monitor.adapters.layout import encode_planned
from monitor.adapters.records import DecisionState
from monitor.core.model import CauseReason, Finding, Phase
from monitor.core.planned import PlannedChange
from monitor.engine import planning
from monitor.engine.plan_shapes import Announced, Close, Move, Plan, PlanRow
from monitor.engine.planlist import may, plan
from monitor.engine.planlist import plans as every
from monitor.engine.request import Refused
from monitor.engine.standing_shapes import End
from monitor.engine.tick import tick
from monitor.engine.undoing import Undo, undo
from monitor.engine.views import NotFound

from .conftest import World
from .eyed import agree, eyed, signed

HUB, CRM = "hubspot-prod", "salesforce-prod"
HOUR = 3600.0
SCORE = f"{HUB}/field/contacts/lead_score"


async def announced(world: World, **asked: Any) -> Announced:
    made = await planning.add(world.engine, Plan(**{"ticket": "MOPS-7"} | asked), "local:tester", "test")
    await world.engine.commit_decisions()
    return made


def plans(world: World) -> tuple[PlanRow, ...]:
    """Without that of the story."""
    return tuple(row for row in every(world.engine) if row.id != "lead-campaign-taxonomy")


async def relabelled(world: World, label: str = "Points", name: str = "lead_score") -> Finding:
    world.hubspot.alter_property(type="contacts", name=name, label=label)
    await world.player.round()
    (found,) = world.open(subject=HUB, key=name, fact="label")
    return found


def of(finding: Finding) -> tuple[str, str]:
    verdict = finding.claim.verdict
    assert verdict is not None
    return verdict.planned, verdict.beside


async def test_one_is_announced_by_a_commit_and_what_comes_then_hangs_under_it(world: World) -> None:
    now = world.clock.now()
    made = await announced(world, id="scores", patterns=[SCORE], end=now + HOUR, reason="Scores are renamed")
    assert made.decision is not None and (made.id, made.deployment) == ("scores", False)
    said = await world.git("log", "-1", "--format=%B", world.engine.baselines.ref)
    assert said.startswith("Announce the planned change scores") and f"Driftline-Decision: {made.decision.uuid}" in said
    (line,) = [one for one in await world.trail() if one.what == "planned"]
    assert (line.system, line.says) == (HUB, "scores")
    found = await relabelled(world)
    assert of(found) == ("scores", "") and found.level.word == "info"
    (row,) = plans(world)
    assert (row.state, row.waiting, row.done, row.outstanding) == ("open", 1, 0, ())
    await world.decide("approve", found)
    await world.engine.commit_decisions()
    (row,) = plans(world)
    assert (row.waiting, row.done) == (0, 1), "what came is counted after it was approved too"


async def test_after_the_fact_what_is_open_already_hangs_under_it_at_once(world: World) -> None:
    world.hubspot.alter_property(type="contacts", name="product_interest", label="Role")
    found = await relabelled(world)
    (other,) = world.open(key="product_interest", fact="label")
    assert (of(found) == of(other) == ("", "") and found.level.word == "info") or found.level.word == "warning"
    start = world.clock.now() - HOUR
    sent = len(world.hubspot.requests)
    await announced(world, id="after", patterns=[f"{HUB}/field/contacts/*"], start=start, end=start + 2 * HOUR)
    assert len(world.hubspot.requests) == sent, "no call to the vendor"
    assert of(found) == of(other) == ("after", "")
    roots = [one for one in (found, other) if not one.cause]
    (child,) = [one for one in (found, other) if one.cause]
    assert child.cause == roots[0].id and child.claim.because is CauseReason.PLANNED
    shown = plan(world.engine, "after")
    assert {row.id for row in shown.ready} == {found.id, other.id} and shown.row.waiting == 2, "a plan hides nothing"
    await planning.withdraw(world.engine, "after", End(uuid="w-1", reason="It was not ours"), "local:tester", "test")
    await world.engine.commit_decisions()
    assert of(found) == of(other) == ("", "")
    assert plans(world) == ()


async def test_by_actor_and_window_with_one_ticket(world: World) -> None:
    """The vendor's own log names who it was, so it is exact."""
    found = await relabelled(world)
    await world.engine.demand.settled()
    who = world.engine.people.name(found.claim.evidence["by"])
    assert who is not None and found.claim.evidence["how"] in ("named", "last")
    start = world.clock.now() - HOUR
    await announced(world, id="other", actor="somebody@example.com", start=start, end=start + 2 * HOUR)
    assert of(found) == ("", "")
    await announced(world, id="work", actor=who.upper(), start=start, end=start + 2 * HOUR)
    assert of(found) == ("work", "")
    text = await world.engine.baselines.text("planned/work.json")
    assert text is not None and who not in text and found.claim.evidence["by"] in text, "no name stands in git"
    (row,) = [one for one in plans(world) if one.id == "work"]
    assert (row.actor, row.waiting) == (who, 1)


async def test_a_deployment_marks_what_is_not_in_its_plan_and_finds_its_drift_after_it_closed(world: World) -> None:
    await world.player.round()
    made = await announced(world, id="run-7", patterns=[SCORE])
    assert made.deployment and made.end - made.start == planning.OPEN_FOR
    world.hubspot.alter_property(type="contacts", name="product_interest", label="Role")
    world.hubspot.alter_property(type="contacts", name="lead_score", label="Points")
    world.clock.advance(60)
    await planning.close(world.engine, "run-7", Close(), "token:ci", "api")
    await world.engine.commit_decisions()
    world.clock.advance(300)
    await world.player.round()
    (mine,), (other,) = world.open(key="lead_score", fact="label"), world.open(key="product_interest", fact="label")
    assert (of(mine), of(other)) == (("run-7", ""), ("", "run-7"))
    (row,) = plans(world)
    assert (row.state, row.waiting, row.beside, row.outstanding) == ("over", 1, 1, ())
    assert "not in the plan" in other.claim.verdict.chain[-1].words  # type: ignore[union-attr]
    again = await planning.close(world.engine, "run-7", Close(), "token:ci", "api")
    assert again.decision is None and again.closed == row.closed


async def test_asking_twice_makes_one_and_another_under_its_id_is_refused(world: World) -> None:
    asked = {"id": "run-8", "patterns": [SCORE], "integrations": [HUB]}
    first = await planning.add(world.engine, Plan(ticket="OPS-1", **asked), "token:ci", "api")
    again = await planning.add(world.engine, Plan(ticket="OPS-1", **asked), "token:ci", "api")
    assert first.decision is not None and again.decision is None and again.start == first.start
    with pytest.raises(Refused, match="says something else; choose another id"):
        await planning.add(world.engine, Plan(ticket="OPS-2", **asked), "token:ci", "api")
    with pytest.raises(Refused, match="There is a planned change run-8 already"):
        await planning.add(world.engine, Plan(ticket="OPS-2", **asked | {"id": "RUN-8"}), "token:ci", "api")
    await planning.withdraw(world.engine, "run-8", End(uuid="w-1", reason="It failed"), "token:ci", "api")
    await world.engine.commit_decisions()
    made = await announced(world, **asked, ticket="OPS-1")
    assert made.decision is not None and made.decision.uuid != first.decision.uuid, "after it went it can be made anew"
    assert [row.id for row in plans(world)] == ["run-8"]


async def test_while_one_waits_for_a_second_person_asking_again_makes_no_other(tmp_path: Path) -> None:
    async with eyed(tmp_path, {"integration": HUB, "kind": "field"}) as world:
        asked = Plan(id="run-1", ticket="OPS-1", patterns=(SCORE,))
        with signed("token:ci"):
            first = await planning.add(world.engine, asked, "token:ci", "api")
            assert first.decision is not None and first.decision.state == "waiting"
            world.clock.advance(60)
            again = await planning.add(world.engine, asked, "token:ci", "api")
        assert again.decision is not None and again.decision.uuid == first.decision.uuid
        assert plans(world) == () and len(world.engine.waiting) == 1
        with pytest.raises(Refused, match="There is no planned change 'run-1'"):
            await planning.close(world.engine, "run-1", Close(), "token:ci", "api")
        row = await world.engine.store.decision(first.decision.uuid)
        await agree(world, "robin", row)
        assert [row.id for row in plans(world)] == ["run-1"]
        closed = await planning.close(world.engine, "run-1", Close(), "token:ci", "api")
        assert closed.decision is not None and closed.decision.state == "queued", "to end one takes one person"


async def test_the_same_form_sent_twice_makes_one(world: World) -> None:
    asked = Plan(ticket="OPS-1", patterns=(SCORE,), uuid="form-1")
    first = await planning.add(world.engine, asked, "local:tester", "page")
    again = await planning.add(world.engine, asked, "local:tester", "page")
    assert first.id == again.id and first.decision is not None
    await planning.withdraw(world.engine, first.id, End(uuid="w-1", reason="a slip"), "local:tester", "page")
    await world.engine.commit_decisions()
    late = await planning.add(world.engine, asked, "local:tester", "page")
    assert late.decision is not None and late.decision.uuid == first.decision.uuid and plans(world) == ()


async def test_a_deployment_that_is_opened_and_closed_at_once_waits_for_git_itself(world: World) -> None:
    await planning.add(world.engine, Plan(id="run-9", ticket="OPS-1", patterns=(SCORE,)), "token:ci", "api")
    done = await planning.close(world.engine, "run-9", Close(), "token:ci", "api")
    await world.engine.commit_decisions()
    assert done.closed == world.clock.now() and done.decision is not None
    row = await world.engine.store.decision(done.decision.uuid)
    assert row is not None and row.state is DecisionState.COMMITTED
    assert plans(world)[0].state in ("open", "over")


async def test_one_moves_and_what_came_in_the_old_time_is_judged_without_it(world: World) -> None:
    found, now = await relabelled(world), world.clock.now()
    await announced(world, id="scores", patterns=[SCORE], start=now - HOUR, end=now + HOUR)
    assert of(found) == ("scores", "")
    asked = Move(start=now + HOUR, end=now + 2 * HOUR, uuid="m-1")
    done = await planning.move(world.engine, "scores", asked, "local:tester", "test")
    await world.engine.commit_decisions()
    assert of(found) == ("", "") and plans(world)[0].state == "coming"
    assert (await planning.move(world.engine, "scores", asked, "local:tester", "test")).decision == (
        done.decision and (await _now(world, done.decision.uuid))
    )
    same = await planning.move(world.engine, "scores", Move(), "local:tester", "test")
    assert same.decision is None and same.end == now + 2 * HOUR
    with pytest.raises(Refused, match="has not begun"):
        await planning.close(world.engine, "scores", Close(), "local:tester", "test")
    with pytest.raises(Refused, match="end: expected a time after its start"):
        await planning.move(world.engine, "scores", Move(end=now), "local:tester", "test")


async def _now(world: World, uuid: str) -> Any:
    from monitor.engine.request import as_decided

    row = await world.engine.store.decision(uuid)
    assert row is not None
    return as_decided(row)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"patterns": [SCORE], "ticket": " "}, "ticket: expected the ticket"),
        ({"end": 2e9}, "found neither"),
        ({"patterns": ["hub/field/contacts/x"], "end": 0.0}, "found 'hub'"),
        ({"patterns": [SCORE], "integrations": ["nobody"]}, "found 'nobody'"),
        ({"patterns": [SCORE], "owner": "nobody"}, "owner: expected one of"),
        ({"patterns": [SCORE], "id": "a b"}, "id: expected letters"),
        ({"patterns": [SCORE], "end": "soon"}, "end: expected a day or a time such as"),
        ({"patterns": [SCORE], "end": 1.0, "expected_end": 2.0}, "found both"),
    ],
)
async def test_what_cannot_be_announced_is_refused_in_words(world: World, asked: dict[str, Any], words: str) -> None:
    with pytest.raises(Refused, match=words):
        await announced(world, **asked)
    for work in (
        planning.close(world.engine, "none", Close(), "x", "test"),
        planning.withdraw(world.engine, "none", End(uuid="w", reason="x"), "x", "test"),
    ):
        with pytest.raises(Refused, match="There is no planned change 'none'"):
            await work
    with pytest.raises(NotFound, match="no planned change"):
        plan(world.engine, "none")


async def test_one_that_is_made_can_be_undone_and_a_withdrawal_needs_a_reason(world: World) -> None:
    found, now = await relabelled(world), world.clock.now()
    made = await announced(world, id="scores", patterns=[SCORE], start=now - HOUR, end=now + HOUR)
    assert of(found) == ("scores", "") and made.decision is not None
    with pytest.raises(Refused, match="needs a reason"):
        await planning.withdraw(world.engine, "scores", End(uuid="w-1", reason=" "), "local:tester", "test")
    await undo(world.engine, Undo(uuid="u-1", decision=made.decision.uuid), "local:tester", "test")
    await world.engine.commit_decisions()
    assert plans(world) == () and of(found) == ("", "")


async def test_what_a_person_wrote_into_another_file_is_theirs_to_change(world: World) -> None:
    now = world.clock.now()
    by_hand = PlannedChange("by-hand", "MOPS-1", (SCORE,), now - HOUR, now + HOUR)
    await world.engine.baselines.commit(
        "u-1", "Announce", {"planned/mine.json": encode_planned(by_hand)}, world.engine.baselines.seen
    )
    await world.engine.refresh_baselines()
    assert [row.id for row in plans(world)] == ["by-hand"]
    with pytest.raises(Refused, match=r"into another file than planned/by-hand\.json"):
        await planning.close(world.engine, "by-hand", Close(), "local:tester", "test")


async def test_what_never_came_and_a_deployment_that_nobody_closed_are_told_at_the_end(world: World) -> None:
    await announced(world, id="run-7", patterns=[SCORE, f"{HUB}/field/contacts/never"])
    found = await relabelled(world)
    world.clock.advance(planning.OPEN_FOR + 1)
    await tick(world.engine)
    assert [one.address.fact for one in world.open(source="upkeep", scope="planned")] == ["unclosed"]
    await world.player.round()
    await tick(world.engine)
    told = {one.address.fact: one.claim.words for one in world.open(source="upkeep", scope="planned")}
    assert set(told) == {"unclosed", "missing"} and "contacts/never" in told["missing"]
    assert of(found) == ("run-7", "") and plans(world)[0].outstanding == (f"{HUB}/field/contacts/never",)


async def test_another_value_after_the_window_is_no_part_of_it(world: World) -> None:
    now = world.clock.now()
    await announced(world, id="scores", patterns=[SCORE], end=now + HOUR)
    found = await relabelled(world)
    assert of(found) == ("scores", "")
    world.clock.advance(2 * HOUR)
    await world.player.round()
    await relabelled(world, "Score, new")
    assert of(found) == ("", "") and found.phase is Phase.OPEN and may(world.engine, found)


def test_days_and_times_are_meant_by_the_stacks_clocks(tmp_path: Path) -> None:
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("Europe/Berlin")
    assert planning.instant("2026-06-01T12:00", zone, last=True) == planning.instant(
        "2026-06-01T10:00:00+00:00", zone, last=True
    )
    begin, end = (planning.instant("2026-06-01", zone, last=last) for last in (False, True))
    assert begin is not None and end is not None and end - begin == 86_400.0
    assert planning.instant("tomorrow", zone, last=True) is None
