"""Standing approvals over real parts: read from git, applied once a day by one commit, held over their cap."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from monitor.adapters.layout import decode_standing, encode_standing, standing_path
from monitor.core import policy
from monitor.core.accept import Edit, amend
from monitor.core.model import Body, Closing, Finding, Phase
from monitor.core.row import Row
from monitor.core.standing import Standing
from monitor.engine import standing as shown
from monitor.engine.measure import Measure
from monitor.engine.policies import day_of
from monitor.engine.request import Refused
from monitor.engine.standing_shapes import Asked, End
from monitor.engine.tick import tick
from monitor.engine.undoing import Undo, reverse, undo
from probes.kit.contract import Kind, Ref

from .conftest import START, World, opened

DAY = 86_400.0
LABELS = Standing(
    id="labels", owner="marketing-operations", reason="Words on a page break nothing", until=START + 90 * DAY, cap=5,
    rules=("*.label.changed",),
)  # fmt: skip


def put(world: World, *approvals: Standing) -> None:
    """As a person pushes them."""
    for one in approvals:
        file = world.stack / standing_path(one.id)
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(encode_standing(one))
    run = ["git", "-C", str(world.stack), "-c", "user.name=Operations", "-c", "user.email=ops@example.com"]
    subprocess.run([*run, "add", "-A"], check=True)
    subprocess.run([*run, "commit", "-qm", "Approve labels by policy"], check=True)


async def read_and_tick(world: World) -> None:
    for name in world.engine.integrations:
        await world.engine.poll(name)
    await tick(world.engine)
    await world.engine.commit_decisions()
    await world.engine.push()


async def next_day(world: World) -> None:
    world.clock.advance(DAY)
    await read_and_tick(world)


@pytest.fixture
async def standing(world: World) -> AsyncIterator[World]:
    for file in world.stack.glob("standing/*.json"):
        file.unlink()
    put(world, LABELS)
    await world.engine.fetch()
    assert world.engine.baselines.standing == (LABELS,)
    yield world


def relabel(world: World, *names: str, to: str = "Now") -> None:
    for name in names:
        world.hubspot.alter_property(type="companies", name=name, label=f"{to} {name}")


async def relabelled(world: World) -> Finding:
    """One change that a policy takes, as it stands after a few minutes."""
    relabel(world, "name")
    await world.player.round()
    (found,) = world.open(scope="companies")
    return found


async def test_it_is_approved_once_a_day_by_one_commit_under_its_name(standing: World) -> None:
    world = standing
    relabel(world, "name", "domain")
    world.clock.advance(120.0)  # another edit
    world.hubspot.alter_property(type="contacts", name="email", label="E-mail")  # a flow reads it
    await world.player.round()
    found = world.open(scope="companies")
    assert {policy.waits(one) for one in found} == {"labels"} and len(found) == 2
    (asked,) = world.open(scope="contacts")
    assert policy.waits(asked) == ""
    told = [event for _, event in await world.engine.store.events(told=True)]
    assert {event.finding for event in told} == {asked.id}
    head = world.engine.baselines.seen
    await next_day(world)
    assert [one.phase for one in found] == [Phase.CLOSED] * 2 and found[0].closing is Closing.APPROVED
    assert asked.phase is Phase.OPEN
    assert await world.git("rev-list", "--count", f"{head}..{world.engine.baselines.seen}") == "1\n"
    (row,) = [one for one in await world.engine.store.decisions() if one.how == "policy"]
    assert row.policies == {one.id: "labels" for one in found} and row.by == "policy"
    origin = await world.engine.store.origin("hubspot-prod", found[0].address.ref, found[0].address.key, "label")
    assert origin is not None and origin.how == "policy"
    await next_day(world)
    assert len([one for one in await world.engine.store.decisions() if one.how == "policy"]) == 1


async def test_what_was_done_with_something_to_decide_is_one_item_and_decided_with_it(standing: World) -> None:
    world = standing
    relabel(world, "name", "domain")
    world.hubspot.alter_property(type="contacts", name="email", label="E-mail")  # a flow reads it
    await world.player.round()
    (asked,) = world.open(scope="contacts")
    found = world.open(scope="companies")
    assert [one.cause for one in found] == [asked.id] * 2 and {policy.waits(one) for one in found} == {""}
    told = [event for _, event in await world.engine.store.events(told=True)]
    assert {event.finding for event in told} == {asked.id}
    await next_day(world)
    assert [one.phase for one in (asked, *found)] == [Phase.OPEN] * 3
    await world.decide("approve", asked, *found)
    await world.engine.commit_decisions()
    assert [one.phase for one in (asked, *found)] == [Phase.CLOSED] * 3


async def test_a_wall_clock_that_was_years_ahead_and_is_put_right_does_not_stop_it(standing: World) -> None:
    world, now = standing, standing.clock.now()
    world.clock.set_wall(2.0**31)
    await tick(world.engine)
    world.clock.set_wall(now)
    found = await relabelled(world)
    await next_day(world)
    assert found.closing is Closing.APPROVED


async def test_over_its_cap_it_takes_none_and_says_so(standing: World) -> None:
    world = standing
    relabel(world, "name", "domain", "industry", "numberofemployees", "annualrevenue", "country")
    await world.player.round()
    await next_day(world)
    assert len(world.open(scope="companies")) == 6
    (said,) = world.open(source="upkeep", fact="held")
    assert "6 changes" in said.claim.words and "its cap is 5" in said.claim.words
    world.hubspot.alter_property(type="companies", name="name", label="Name")  # one is put back
    await world.player.round()
    assert world.open(source="upkeep", fact="held") == []
    await next_day(world)
    assert world.open(scope="companies") == []


async def test_what_a_person_asked_to_be_put_back_is_not_approved(standing: World) -> None:
    world, found = standing, await relabelled(standing)
    await world.decide("reject", found, reason="The old word stands in the manual")
    await next_day(world)
    assert found.phase is Phase.OPEN


async def test_what_is_not_read_completely_waits(standing: World) -> None:
    world, found = standing, await relabelled(standing)
    world.hubspot.cut(path="/crm/properties/2026-09/companies", at_byte=2000, times=1000)
    await next_day(world)
    assert found.phase is Phase.OPEN
    world.hubspot.mend()
    await next_day(world)
    assert found.phase is Phase.CLOSED


async def test_what_came_within_the_hour_waits_for_the_next_day(standing: World) -> None:
    world = standing
    world.clock.advance(DAY)
    relabel(world, "name")
    await read_and_tick(world)
    (found,) = world.open(scope="companies")
    await next_day(world)
    assert found.phase is Phase.CLOSED


async def test_its_end_is_announced_and_then_what_waited_is_told(standing: World) -> None:
    world, found = standing, await relabelled(standing)
    put(world, replace(LABELS, until=world.clock.now() + 6 * DAY))
    await world.engine.fetch()
    await tick(world.engine)
    (said,) = world.open(source="upkeep", fact="lapses")
    assert said.address.key == "labels" and policy.waits(found) == "labels"
    put(world, replace(LABELS, until=world.clock.now()))
    await world.engine.fetch()
    assert policy.waits(found) == ""
    told = [event for _, event in await world.engine.store.events(told=True, finding=found.id)]
    assert [event.type.value for event in told] == ["judged"]
    await next_day(world)
    assert found.phase is Phase.OPEN


async def test_a_file_that_says_what_no_policy_may_is_not_used_and_is_named(standing: World) -> None:
    world = standing
    put(world, replace(LABELS, levels=("breaking",)))
    await world.engine.fetch()
    (problem,) = world.engine.baselines.problems
    assert problem.path == "standing/labels.json" and "people decide on what is breaking" in problem.what
    assert problem.what.endswith("; it approves nothing") and world.engine.baselines.standing == ()
    (world.stack / "standing" / "twice.json").write_bytes(encode_standing(LABELS))
    put(world, LABELS)
    await world.engine.fetch()
    (problem,) = world.engine.baselines.problems
    assert "holds labels, which another file holds already" in problem.what


@pytest.mark.parametrize("hour", [0, 23])
async def test_the_hour_is_a_setting(tmp_path: Path, hour: int) -> None:
    async with opened(tmp_path, policy={"hour": hour}) as world:
        await world.player.capture()
        await tick(world.engine)
        now = world.clock.now()
        at = now - now % DAY + hour * 3600 + (DAY if now % DAY >= hour * 3600 else 0)
        live = world.engine.integrations["hubspot-prod"]
        before: Any = live.policy_day
        world.clock.advance(at - now - 1)
        await tick(world.engine)
        assert live.policy_day == before
        world.clock.advance(1)
        await tick(world.engine)
        assert live.policy_day == before + 1


def test_a_file_reads_back_as_it_was_written() -> None:
    full = replace(LABELS, vendor_made=False, since=START, before=START + DAY, actor="p-1", but=("abc",))
    assert decode_standing(encode_standing(full)) == full
    assert b"2026-" in encode_standing(full)


async def test_a_day_is_listed_and_undone_by_a_reverse_commit_and_then_asked_of_people(standing: World) -> None:
    world = standing
    relabel(world, "name", "domain")
    await world.player.round()
    await next_day(world)
    (day,) = await shown.digest(world.engine)
    assert [(one.policy, one.undone) for one in day.taken] == [("labels", False)] * 2 and day.state == "pushed"
    one = next(taken for taken in day.taken if "domain" in taken.says)
    asked = Undo(uuid="u-1", decision=day.decision, reason="The manual says Domain", findings=(one.finding,))
    with pytest.raises(Refused, match="not in"):
        await undo(world.engine, replace(asked, uuid="u-0", findings=("nope",)), "local:tester", "test")
    await undo(world.engine, asked, "local:tester", "test")
    await undo(world.engine, asked, "local:tester", "test")  # asked twice, done once
    await world.engine.commit_decisions()
    (found,) = world.open(scope="companies")
    assert found.address.key == "domain" and policy.waits(found) == ""
    (labels,) = world.engine.baselines.standing
    assert labels.but == (found.claim.fingerprint,)
    assert [taken.undone for taken in (await shown.digest(world.engine))[0].taken if taken.finding == one.finding] == [
        True
    ]
    await next_day(world)
    assert found.phase is Phase.OPEN  # it is not taken again
    relabel(world, "domain", to="Then")
    await world.player.round()
    assert policy.waits(found) == "labels"  # another value is


async def test_one_is_made_changed_and_ended_by_commits_of_ours(standing: World) -> None:
    world = standing
    asked = Asked(
        uuid="s-1", id="agency", owner="martech-platform", reason="The agency tidies up", cap=9,
        until=world.clock.now() + DAY, rules=("*.description.changed",), actor="agency-desk@example.com",
    )  # fmt: skip
    await shown.add(world.engine, asked, "local:tester", "test")
    await world.engine.commit_decisions()
    rows = {row.id: row for row in shown.standing(world.engine)}
    assert rows["agency"].actor == "agency-desk@example.com" and rows["agency"].state == "in force"
    text = await world.engine.baselines.text("standing/agency.json")
    assert text is not None and "agency-desk" not in text  # names of people stay in the store
    assert (await world.git("log", "-1", "--format=%s", world.engine.baselines.ref)).startswith("Make the standing")
    for wrong in (
        {"owner": "nobody"}, {"rules": ("no.such",)}, {"id": "Not A Name"}, {"until": 1.0}, {"levels": ("breaking",)},
    ):  # fmt: skip
        with pytest.raises(Refused):
            await shown.add(world.engine, replace(asked, uuid=str(wrong), **wrong), "local:tester", "test")
    await shown.end(world.engine, "agency", End(uuid="s-2", reason="They are done"), "local:tester", "test")
    await world.engine.commit_decisions()
    assert [row.id for row in shown.standing(world.engine)] == ["labels"]
    with pytest.raises(Refused, match="no standing approval"):
        await shown.end(world.engine, "agency", End(uuid="s-3", reason="Again"), "local:tester", "test")


async def test_a_day_it_names_ends_by_the_clocks_where_the_stack_is(standing: World) -> None:
    world = standing
    service = world.engine.config.service
    there = service.stack.model_copy(update={"timezone": "America/Los_Angeles"})
    world.engine.config = replace(world.engine.config, service=service.model_copy(update={"stack": there}))
    asked = Asked(
        uuid="s-1", id="agency", owner="martech-platform", reason="The agency tidies up", cap=9, until="2031-12-31",
        since="2025-06-30", rules=("*.description.changed",),
    )  # fmt: skip
    for wrong in ({"until": "2031-02-30"}, {"since": "30d"}, {"before": "soon"}):
        with pytest.raises(Refused, match=f"{next(iter(wrong))}: expected a day"):
            await shown.add(world.engine, replace(asked, uuid=str(wrong), **wrong), "local:tester", "test")
    await shown.add(world.engine, asked, "local:tester", "test")
    await world.engine.commit_decisions()
    (row,) = [row for row in shown.standing(world.engine) if row.id == "agency"]
    assert row.until == datetime.fromisoformat("2032-01-01T00:00:00-08:00").timestamp()
    assert row.since == datetime.fromisoformat("2025-07-01T00:00:00-07:00").timestamp()
    assert row.last_day == "2031-12-31"


def test_the_reverse_of_edits_of_a_renamed_field_finds_it_under_its_new_name() -> None:
    ref = Ref(Kind.FIELD, "Lead")
    edits = (Edit(ref, "Old", "label", "a", "b"), Edit(ref, "Old", "", None, None, "New", "1"))
    before = Body(ref, "r", ("label",), {"Old": Row({"label": "a"}, "1")})
    after = amend(before, edits).body
    assert after.rows == {"New": Row({"label": "b"}, "1")}
    back = amend(after, reverse(edits))
    assert (back.body.rows, back.conflicted) == (before.rows, ())


async def test_a_correction_is_kept_and_counted_for_its_rule(standing: World) -> None:
    world = standing
    world.hubspot.alter_property(type="contacts", name="email", label="E-mail")
    await world.player.round()
    (found,) = world.open(scope="contacts")
    measure = Measure()
    await measure.start(world.engine)
    with pytest.raises(Refused, match="noise, or worse"):
        await world.decide("correct", found, reason="Only a label")
    made = await world.decide("correct", found, reason="Only a label", correction="noise")
    assert made.correction == "noise" and found.phase is Phase.OPEN
    words = [event.words for _, event in await world.engine.store.events(finding=found.id)]
    assert "noise: Only a label" in words
    text = measure._metrics.render(await measure.snapshot()).decode()
    assert 'driftline_rule_decisions_total{decision="noise",rule="field.label.changed",stack="example"} 1.0' in text


@pytest.mark.parametrize(
    ("zone", "when", "day"),
    [
        ("UTC", "2026-03-29T03:59:59+00:00", "2026-03-28"),
        ("UTC", "2026-03-29T04:00:00+00:00", "2026-03-29"),
        ("Europe/Berlin", "2026-03-29T02:00:00+00:00", "2026-03-29"),  # 04:00 in summer, the hour after 01:59
        ("Europe/Berlin", "2026-03-28T02:59:59+00:00", "2026-03-27"),  # 03:59 in winter
        ("Pacific/Auckland", "2026-06-30T15:59:59+00:00", "2026-06-30"),
        ("Pacific/Auckland", "2026-06-30T16:00:00+00:00", "2026-07-01"),
        ("America/Los_Angeles", "2026-07-01T10:59:00+00:00", "2026-06-30"),
    ],
)
def test_the_hour_is_that_of_the_clocks_where_the_stack_is(zone: str, when: str, day: str) -> None:
    assert str(day_of(datetime.fromisoformat(when).timestamp(), 4, ZoneInfo(zone))) == day


async def test_two_days_whose_commits_fall_on_one_date_are_two_commits(standing: World) -> None:
    """A day that is late by almost a day, and the next one in time."""
    world = standing
    midnight = (world.clock.now() // DAY + 1) * DAY
    for at, name, ticks in ((5.0, "", True), (48.0, "name", False), (51.5, "domain", True), (52.6, "", True)):
        world.clock.set_wall(midnight + at * 3600)
        if name:
            relabel(world, name)
        for one in world.engine.integrations:
            await world.engine.poll(one)
        if ticks:
            await tick(world.engine)
            await world.engine.commit_decisions()
    made = [one for one in await world.engine.store.decisions() if one.how == "policy"]
    assert [len(one.findings) for one in made] == [1, 1] and world.open(scope="companies") == []
