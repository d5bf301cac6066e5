"""What takes two people is done by two, whatever it is; alone nobody moves it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from monitor.adapters.described import FLOWS, OWNERS
from monitor.adapters.recording import AGREED, carried_out
from monitor.adapters.records import DecisionState, TrailEntry
from monitor.core.model import Finding, Phase
from monitor.core.policy import waits
from monitor.engine import describing, planning
from monitor.engine.auditing import verify
from monitor.engine.paper import report
from monitor.engine.plan_shapes import Close, Plan
from monitor.engine.request import UNDO_SECONDS, Decide, Refused, as_decided
from monitor.engine.second import confirm, decline, withdraw
from monitor.engine.standing_shapes import End
from monitor.engine.tick import tick
from monitor.engine.undoing import Undo, undo
from monitor.engine.unignore import unignore
from monitor.engine.waitinglist import waiting
from probes.kit.contract import Kind, Ref

from .conftest import World, opened
from .eyed import agree, ask, eyed, signed, watching
from .test_policies import LABELS, put
from .test_policies import relabelled as taken_by_policy

HUB = "hubspot-prod"
FIELDS = {"integration": HUB, "kind": "field"}
CONTACTS = Ref(Kind.FIELD, "contacts")


async def relabelled(world: World, label: str = "Points") -> Finding:
    world.hubspot.alter_property(type="contacts", name="lead_score", label=label)
    await world.player.round()
    (found,) = world.open(subject=HUB, key="lead_score")
    return found


async def label(world: World) -> str:
    body = await world.engine.baselines.body(HUB, CONTACTS)
    assert body is not None
    return str(body.rows["lead_score"].facts["label"])


async def test_an_approval_waits_for_a_second_person_and_then_reaches_git(tmp_path: Path) -> None:
    async with eyed(tmp_path, FIELDS) as world:
        before, head = await label(world), world.engine.baselines.seen
        found = await relabelled(world)
        held = await ask(world, "token:kim", "approve", found)
        assert held.state is DecisionState.WAITING and held.waits is not None and held.waits.findings == (found.id,)
        await world.engine.commit_decisions()
        assert world.engine.baselines.seen == head and await label(world) == before
        assert found.phase is Phase.OPEN
        with pytest.raises(Refused, match="that is you"):
            await agree(world, "token:kim", held)
        with pytest.raises(Refused, match="waits for a second person already: token:kim asked to approve it"):
            await ask(world, "token:robin", "ignore", found, reason="noise", until="2027-01-31")
        world.clock.advance(600)
        done = await agree(world, "robin", held)
        assert (done.state, done.by, done.answered_by) == (DecisionState.COMMITTED, "token:kim", "robin")
        assert await label(world) == "Points" and found.phase is Phase.CLOSED
        assert as_decided(done).undo_until == world.clock.now() + UNDO_SECONDS
        assert world.engine.waiting == {}
        said = [(one.what, one.who) for one in await world.trail(what="decisions") if one.decision == held.uuid]
        assert said == [("approve", "token:kim")]
        (entry,) = [one for one in await world.engine.store.trail() if one.what == "confirmed"]
        assert entry.who == world.engine.people.pseudonym("robin") and entry.decision == held.uuid
        again = await agree(world, "robin", held)
        assert again.sha == done.sha  # a second click


async def test_a_flow_or_an_owner_of_what_takes_two_takes_two(tmp_path: Path) -> None:
    """Levels, and the right to decide, hang on both: by them one alone could change what two have to agree on."""
    flow = {"id": "more", "from": {"integration": HUB, "scope": "contacts"}, "owner": "revenue-operations",
            "to": {"integration": "salesforce-prod", "scope": "Lead"}, "creates": False,
            "fields": [{"from": "email", "to": "Nowhere__c"}]}  # fmt: skip
    entries = {FLOWS: flow, OWNERS: {"integration": HUB, "owner": "revenue-operations"}}
    async with eyed(tmp_path, FIELDS) as world:
        for folder, entry in entries.items():
            asked = describing.Describe(uuid=f"u-{folder}", entry=entry, reason="agreed")
            with signed("token:kim") as who:
                held = await describing.write(world.engine, folder, asked, who, "test")
            assert held.state is DecisionState.WAITING and held.waits is not None and held.waits.places
            assert (await agree(world, "robin", held)).state is DecisionState.COMMITTED
        gone = describing.Forget(uuid="u-gone", reason="no more")
        with signed("token:kim") as who:
            held = await describing.end(world.engine, FLOWS, "more", gone, who, "test")
        assert held.state is DecisionState.WAITING
        elsewhere = {"integration": "salesforce-prod", "owner": "marketing-operations"}
        asked = describing.Describe(uuid="u-else", entry=elsewhere, reason="agreed")
        with signed("token:kim") as who:
            done = await describing.write(world.engine, OWNERS, asked, who, "test")
        assert done.state is DecisionState.QUEUED


async def test_nobody_makes_themselves_the_owner(tmp_path: Path) -> None:
    async with eyed(tmp_path, owners_decide=True) as world:
        entry = {"integration": HUB, "owner": "revenue-operations"}
        asked = describing.Describe(uuid="u", entry=entry, reason="mine now")
        with signed("token:kim", "revenue-operations") as who, pytest.raises(Refused, match="Only members of"):
            await describing.write(world.engine, OWNERS, asked, who, "test")


@pytest.mark.parametrize(
    ("first", "then", "made_by", "words"),
    [
        ("token:kim", "kim", (), "that is you"),  # a session and a token
        ("token:kim", "token:KIM", (), "that is you"),
        ("kim@example.com", "token:kim", (), "that is you"),
        ("token:kim", "token:other", ("kim",), "made what you signed in with"),
        ("token:kim", "local:root", None, "signs in"),
    ],
)
async def test_one_person_is_not_two(
    tmp_path: Path, first: str, then: str, made_by: tuple[str, ...] | None, words: str
) -> None:
    async with eyed(tmp_path, FIELDS) as world:
        found = await relabelled(world)
        held = await ask(world, first, "approve", found)
        for answer in (confirm, lambda *more: decline(more[0], more[1], "no", *more[2:])):
            if made_by is None:
                with pytest.raises(Refused, match=words):
                    await answer(world.engine, held.uuid, then, "terminal")
                continue
            makers = tuple(world.engine.people.pseudonym(one) for one in made_by)
            with signed(then, made_by=makers), pytest.raises(Refused, match=words):
                await answer(world.engine, held.uuid, then, "test")
        assert world.engine.waiting


async def test_a_double_click_answers_once(tmp_path: Path) -> None:
    async with eyed(tmp_path, FIELDS) as world:
        found = await relabelled(world)
        held = await ask(world, "token:kim", "approve", found)
        with signed("token:robin") as who:
            both = await asyncio.gather(*(confirm(world.engine, held.uuid, who, "test") for _ in range(2)))
        assert {(one.uuid, one.answered_by) for one in both} == {(held.uuid, "token:robin")}
        assert len([one for one in await world.engine.store.trail() if one.what == "confirmed"]) == 1


async def test_who_made_the_first_ones_token_is_no_second_person(tmp_path: Path) -> None:
    async with eyed(tmp_path, FIELDS) as world:
        found = await relabelled(world)
        with signed("token:second", made_by=(world.engine.people.pseudonym("kim"),)) as who:
            asked = Decide(
                uuid="u", kind="approve", findings={found.id: found.claim.fingerprint}, reason="r", ticket="t"
            )
            held = await world.engine.decide(asked, who, "test")
        with pytest.raises(Refused, match="You made what token:second signed in with"):
            await agree(world, "kim", held)


async def test_nobody_at_a_terminal_asks_for_what_takes_two(tmp_path: Path) -> None:
    async with eyed(tmp_path, FIELDS) as world:
        found = await relabelled(world)
        with pytest.raises(Refused, match="takes two people who signed in, and nobody signs in at a terminal"):
            await world.decide("approve", found)
        assert world.engine.waiting == {}


async def test_what_changed_since_is_refused_and_said(tmp_path: Path) -> None:
    async with eyed(tmp_path, FIELDS) as world:
        held = await ask(world, "token:kim", "approve", await relabelled(world))
        found = await relabelled(world, "Score points")
        with pytest.raises(Refused, match="is of another value by now than when token:kim asked") as refused:
            await agree(world, "token:robin", held)
        assert refused.value.changed == (found.id,)
        with signed("token:kim"):
            await withdraw(world.engine, held.uuid, "it moved", "token:kim", "test")
        again = await agree(world, "token:robin", await ask(world, "token:kim", "approve", found))
        assert again.state is DecisionState.COMMITTED and await label(world) == "Score points"


async def test_declined_withdrawn_and_lapsed_leave_all_as_it_was(tmp_path: Path) -> None:
    async with eyed(tmp_path, FIELDS, lapse="2h") as world:
        before, found = await label(world), await relabelled(world)
        held = await ask(world, "token:kim", "approve", found)
        with signed("token:robin"):
            with pytest.raises(Refused, match="they alone can withdraw it"):
                await withdraw(world.engine, held.uuid, "", "token:robin", "test")
            with pytest.raises(Refused, match="Say why"):
                await decline(world.engine, held.uuid, " ", "token:robin", "test")
            declined = await decline(world.engine, held.uuid, "not agreed with sales", "token:robin", "test")
        assert (declined.state, declined.note) == (DecisionState.DECLINED, "not agreed with sales")
        held = await ask(world, "token:kim", "approve", found)
        with signed("token:kim"):
            assert (await withdraw(world.engine, held.uuid, "", "token:kim", "test")).state is DecisionState.WITHDRAWN
        with pytest.raises(Refused, match="does not wait any more: it is withdrawn"):
            await agree(world, "token:robin", held)
        held = await ask(world, "token:kim", "approve", found)
        world.clock.advance(7201)
        with pytest.raises(Refused, match="waited too long"):
            await agree(world, "token:robin", held)
        await tick(world.engine)
        row = await world.engine.store.decision(held.uuid)
        assert row is not None and row.state is DecisionState.LAPSED and world.engine.waiting == {}
        assert await label(world) == before and found.phase is Phase.OPEN
        said = [one.what for one in await world.engine.store.trail() if one.decision]
        assert [one for one in said if one in ("declined", "withdrawn", "lapsed")] == [
            "declined",
            "withdrawn",
            "lapsed",
        ]
        words = [event.words for _, event in await world.engine.store.events(finding=found.id)]
        assert "approve: declined (not agreed with sales)" in words


async def test_an_undo_takes_two_again_and_is_open_from_the_second_word(tmp_path: Path) -> None:
    async with eyed(tmp_path, FIELDS) as world:
        before, found = await label(world), await relabelled(world)
        held = await ask(world, "token:kim", "approve", found)
        with signed("token:kim"), pytest.raises(Refused, match="withdraw it instead"):
            await undo(world.engine, Undo(uuid="early", decision=held.uuid), "token:kim", "test")
        world.clock.advance(UNDO_SECONDS + 60)
        await agree(world, "token:robin", held)
        with signed("token:kim"):
            back = await undo(world.engine, Undo(uuid="-back", decision=held.uuid), "token:kim", "test")
        assert back.state is DecisionState.WAITING
        await world.engine.commit_decisions()
        assert await label(world) == "Points", "one person alone moves nothing back"
        assert (await agree(world, "token:sam", back)).state is DecisionState.COMMITTED
        assert await label(world) == before
        assert await world.engine.store.flags(AGREED) == {}, "what is in force is not brought in again"


def test_what_was_carried_out_at_one_time_keeps_its_order() -> None:
    flags = {"b": "5.0/2", "a": "5.0/3", "c": "5.0/1", "d": "4.5/9", "e": "6.0"}
    assert carried_out(flags) == ["d", "c", "b", "a", "e"]


async def test_ignores_captures_and_announced_changes_take_two_and_ending_them_one(tmp_path: Path) -> None:
    async with eyed(tmp_path, FIELDS) as world:
        found = await relabelled(world)
        hidden = await ask(world, "token:kim", "ignore", found, reason="noise", until="2027-06-01", any_value=True)
        assert hidden.state is DecisionState.WAITING and world.engine.baselines.ignores == ()
        await agree(world, "token:robin", hidden)
        (ignore,) = world.engine.baselines.ignores
        with signed("token:kim"):
            ended = await unignore(
                world.engine, ignore.id, End(uuid="end", reason="it is told again"), "token:kim", "test"
            )
        assert ended.state is DecisionState.QUEUED
        plan = {"uuid": "p", "id": "p-1", "ticket": "T-1", "patterns": (f"{HUB}/field/contacts/*",), "owner": ""}
        with signed("token:kim"):
            told = await planning.add(world.engine, Plan(**plan), "token:kim", "test")
            other = {**plan, "uuid": "q", "id": "p-2", "patterns": ("salesforce-prod/field/Lead/*",)}
            free = await planning.add(world.engine, Plan(**other), "token:kim", "test")
        assert told.decision is not None and told.decision.state == "waiting"
        assert free.decision is not None and free.decision.state == "queued"
        one = world.engine.waiting["p"]
        assert one.waits is not None and one.waits.places == (f"{HUB}/field/contacts/*",)
        await agree(world, "token:robin", one)
        assert "p-1" in [plan.id for plan in world.engine.baselines.announced]
        with signed("token:kim"):
            closed = await planning.close(world.engine, "p-1", Close(uuid="c"), "token:kim", "test")
        assert closed.decision is not None and closed.decision.state == "queued", "to close one hides nothing more"


async def test_a_first_capture_of_such_scopes_takes_two(tmp_path: Path) -> None:
    async with opened(tmp_path, review={"four_eyes": [FIELDS]}, server={"auth": {"mode": "tokens"}}) as world:
        for name in world.engine.integrations:
            await world.engine.poll(name)
        with signed("token:kim"):
            made = await world.engine.decide(Decide(uuid="c", kind="capture", integration=HUB), "token:kim", "test")
            free = Decide(uuid="d", kind="capture", integration="salesforce-prod")
            assert (await world.engine.decide(free, "token:kim", "test")).state is DecisionState.QUEUED
        assert made.state is DecisionState.WAITING and made.waits is not None
        assert f"{HUB}/field/contacts" in made.waits.places and not made.waits.findings
        await world.engine.commit_decisions()
        assert await world.engine.baselines.body(HUB, CONTACTS) is None
        (row,) = waiting(world.engine, "token:robin")
        assert "field/contacts is taken as found" in row.says
        assert (await agree(world, "token:robin", made)).state is DecisionState.COMMITTED
        assert await world.engine.baselines.body(HUB, CONTACTS) is not None


async def test_no_policy_takes_such_a_fact(tmp_path: Path) -> None:
    async with eyed(tmp_path) as world:
        put(world, LABELS)
        await world.engine.fetch()
        found = await taken_by_policy(world)
        assert waits(found) != ""
        await watching(world, FIELDS)
        assert waits(found) == ""
        world.clock.advance(2 * 86_400)
        await tick(world.engine)
        assert not [one for one in await world.engine.store.decisions() if found.id in one.findings]


async def test_an_auditor_is_told_of_both_and_of_a_confirmation_that_is_missing(tmp_path: Path) -> None:
    async with eyed(tmp_path, FIELDS) as world:
        held = await agree(world, "token:robin", await ask(world, "token:kim", "approve", await relabelled(world)))
        assert (await verify(world.engine)).good
        day = world.engine.day(world.clock.now())
        (row,) = [one for one in (await report(world.engine, day, day)).decisions if one.kind == "approve"]
        assert (row.by, row.second, row.apart) == ("token:kim", "token:robin", "yes")
        async with world.engine.store.transaction() as tx:  # as if it had been carried out by one
            alone = msgspec.structs.replace(held, uuid="alone", waits=held.waits)
            await tx.queue_decision(alone)
            data = {"decision": "alone", "findings": [], "takes two": True}
            await tx.add_trail(TrailEntry(at=alone.at, who="token:kim", what="approve", subject=HUB, data=data))
        found = await verify(world.engine)
        assert any("takes two people, of whom no second one agreed" in one for one in found.problems)
