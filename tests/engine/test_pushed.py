"""What is pushed and takes two people is not in force until two agree here: a real bare remote and a real push."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from monitor.adapters import described
from monitor.adapters.described import Owner
from monitor.adapters.layout import encode_ignore, ignore_path
from monitor.adapters.records import DecisionState
from monitor.core import body as bodies
from monitor.core.graph import End, Flow
from monitor.core.ignores import Ignore
from monitor.core.model import Phase, Source
from monitor.core.row import Row
from monitor.engine import inforce
from monitor.engine.opening import open_engine
from monitor.engine.pushed import Push, answer, pushed
from monitor.engine.request import Refused
from monitor.engine.tick import tick
from tests.adapters.repositories import Person, clone

from .conftest import World
from .eyed import agree, ask, signed, watching
from .kept import CAPTURED
from .test_eyes import CONTACTS, FIELDS, HUB, label, relabelled


@pytest.fixture
async def shared(tmp_path: Path) -> AsyncIterator[World]:
    async with CAPTURED.world(tmp_path) as world:
        await watching(world, {**FIELDS, "scope": "contacts"})
        yield world


def person(world: World) -> Person:
    folder = world.stack.parent.parent
    made = clone(folder / "hub.git", folder / "person")
    made.git("checkout", "-q", "main")
    return made


def edited(who: Person, world: World, text: str, key: str = "lead_score") -> None:
    """The label of a field, written by hand and pushed."""
    path = world.engine.baselines.path_of(HUB, CONTACTS)
    body = bodies.decode((who.folder / path).read_bytes())
    row = body.rows[key]
    rows = {**body.rows, key: Row({**row.facts, "label": text}, row.id)}
    who.commit(f"{key} is called {text}", **{path: bodies.encode(bodies.Body(**{**_parts(body), "rows": rows}))})
    who.git("push", "-q", "--force", "origin", "main")


def _parts(body: bodies.Body) -> dict[str, object]:
    return {name: getattr(body, name) for name in body.__struct_fields__}


async def branch(world: World) -> str:
    async for _, body in world.engine.baselines.bodies(HUB, [CONTACTS], branch=True):
        return str(body.rows["lead_score"].facts["label"])
    raise AssertionError("the branch has no such scope")


async def test_a_push_that_blesses_a_change_leaves_it_open_until_two_agree(shared: World) -> None:
    before = await label(shared)
    found = await relabelled(shared)
    edited(person(shared), shared, "Points")
    await shared.engine.fetch()
    assert (await branch(shared), await label(shared)) == ("Points", before)
    assert found.phase is Phase.OPEN
    (row,) = await pushed(shared.engine)
    assert row.integration == HUB and any("Points" in one for one in row.says)
    assert [one.what for one in await shared.engine.store.trail()].count("pushed, waits") == 1
    await tick(shared.engine)
    (told,) = [one for one in shared.open(subject=HUB) if one.address.source is Source.UPKEEP]
    assert told.address.fact == "pushed" and "it is not in force" in told.claim.words
    held = await ask(shared, "token:kim", "approve", found)
    done = await agree(shared, "token:robin", held)
    assert done.state is DecisionState.ALREADY
    assert await label(shared) == "Points" and found.phase is Phase.CLOSED and await pushed(shared.engine) == ()
    origin = await shared.engine.store.origin(HUB, CONTACTS, "lead_score", "label")
    assert origin is not None and (origin.how, origin.by) == ("approved", "token:kim")
    await tick(shared.engine)
    assert told.phase is Phase.CLOSED


async def test_a_push_of_what_nobody_changed_is_told_and_put_back_by_one(shared: World) -> None:
    before, who = await label(shared), person(shared)
    edited(who, shared, "Something")
    edited(who, shared, "Company", "company")
    await shared.engine.fetch()
    assert (await branch(shared), await label(shared)) == ("Something", before)
    with signed("token:kim"):
        done = await answer(
            shared.engine,
            Push(uuid="r", answer="restore", integration=HUB, reason="nobody asked"),
            "token:kim",
            "test",
        )
    assert done.state is DecisionState.QUEUED
    await shared.engine.commit_decisions()
    assert (await branch(shared), await label(shared), await pushed(shared.engine)) == (before, before, ())
    with pytest.raises(Refused, match="Nothing that was pushed waits of"):
        await answer(shared.engine, Push(uuid="s", answer="accept", integration=HUB, reason="x"), "token:kim", "test")


async def test_two_agree_to_what_was_pushed(shared: World) -> None:
    edited(person(shared), shared, "Points")
    await shared.engine.fetch()
    asked = Push(uuid="a", answer="accept", integration=HUB, reason="as agreed")
    with signed("token:kim"):
        held = await answer(shared.engine, asked, "token:kim", "test")
    assert held.state is DecisionState.WAITING
    with pytest.raises(Refused, match="that is you"):
        await agree(shared, "kim", held)
    await agree(shared, "token:robin", held)
    assert await label(shared) == "Points"
    assert [one.claim.after for one in shared.open(subject=HUB, key="lead_score")] != ["Points"]  # the vendor says else


async def test_another_value_than_what_was_pushed_is_approved_over_it(shared: World) -> None:
    found = await relabelled(shared, "Score points")
    edited(person(shared), shared, "Points")
    await shared.engine.fetch()
    done = await agree(shared, "token:robin", await ask(shared, "token:kim", "approve", found))
    assert done.state is DecisionState.COMMITTED
    assert (await branch(shared), await label(shared), await pushed(shared.engine)) == ("Score points",) * 2 + ((),)


async def test_what_takes_one_person_is_in_force_from_the_same_push(shared: World) -> None:
    who = person(shared)
    edited(who, shared, "Points")
    path = next(
        entry.path for ref, entry in shared.engine.baselines.entries("salesforce-prod").items() if ref.name == "Lead"
    )
    body = bodies.decode((who.folder / path).read_bytes())
    row = body.rows["Score__c"]
    body = bodies.Body(
        **{**_parts(body), "rows": {**body.rows, "Score__c": Row({**row.facts, "label": "Grade"}, row.id)}}
    )  # type: ignore[arg-type]
    who.commit("a field of another system", **{path: bodies.encode(body)})
    who.git("push", "-q", "origin", "main")
    await shared.engine.fetch()
    mine = await shared.engine.baselines.body("salesforce-prod", body.ref)
    assert mine is not None and mine.rows["Score__c"].facts["label"] == "Grade"
    assert await label(shared) != "Points" and len(await pushed(shared.engine)) == 1


async def test_a_pushed_ignore_hides_nothing_that_takes_two(shared: World) -> None:
    found, who = await relabelled(shared), person(shared)
    ignore = Ignore(
        id="x", pattern=f"{HUB}/field/contacts/lead_score", reason="r", owner="o", until="2027-01-31", any_value=True
    )
    who.commit("hide it", **{ignore_path("x"): encode_ignore(ignore)})
    who.git("push", "-q", "origin", "main")
    await shared.engine.fetch()
    assert found.ignored_until is None and shared.engine.baselines.ignores == ()
    assert [one.path for one in await pushed(shared.engine)] == [ignore_path("x")]


async def test_a_protected_branch_needs_nobody_here(shared: World) -> None:
    found, who = await relabelled(shared), person(shared)
    edited(who, shared, "Points")
    await shared.engine.fetch()
    assert found.phase is Phase.OPEN
    await watching(shared, {**FIELDS, "scope": "contacts"}, git={"protected": True})
    await shared.engine.refresh_baselines()
    assert await label(shared) == "Points" and found.phase is Phase.CLOSED
    edited(who, shared, "Score")
    await shared.engine.fetch()
    assert await label(shared) == "Score"


async def test_a_restart_and_a_rewritten_history_let_nothing_in(shared: World) -> None:
    before, who = await label(shared), person(shared)
    found = await relabelled(shared)
    await agree(shared, "token:robin", await ask(shared, "token:kim", "approve", found))
    await shared.engine.push()
    who.git("fetch", "-q")
    who.git("reset", "-q", "--hard", "origin/main~1")
    edited(who, shared, "Evil")
    await shared.engine.fetch()
    assert await label(shared) == "Points", "what two agreed to is in force, wherever the branch is"
    await inforce.load(shared.engine)
    assert await label(shared) == "Points" and before != "Points"


async def test_a_broken_file_leads_to_no_version_that_nobody_agreed_to(shared: World) -> None:
    before, who = await label(shared), person(shared)
    edited(who, shared, "Evil")
    await shared.engine.fetch()
    who.commit("broken", **{shared.engine.baselines.path_of(HUB, CONTACTS): "{"})
    who.git("push", "-q", "origin", "main")
    await shared.engine.fetch()
    assert await label(shared) == before


async def test_an_engine_opened_anew_has_the_same_in_force(tmp_path: Path) -> None:
    async with CAPTURED.world(tmp_path) as world:
        await watching(world, {**FIELDS, "scope": "contacts"})
        before = await label(world)
        edited(person(world), world, "Points")
        await world.engine.fetch()
        config, clock = world.engine.config, world.clock
        await world.engine.close()
        await world.engine.store.close()
        async with open_engine(config, clock) as again:
            body = await again.baselines.body(HUB, CONTACTS)
            assert body is not None and body.rows["lead_score"].facts["label"] == before
            assert len(await pushed(again)) == 1


async def test_who_owns_a_system_and_what_a_flow_says_of_it_is_not_in_force_by_a_push(shared: World) -> None:
    """Levels, and the right to decide, hang on both."""
    someone, before = person(shared), shared.engine.config
    owner = described.encode(Owner(HUB, "revenue-operations"))
    flow = described.encode(Flow("by-hand", End(HUB, "contacts"), End("elsewhere", ""), owner="revenue-operations"))
    paths = {described.path(described.OWNERS, HUB): owner, described.path(described.FLOWS, "by-hand"): flow}
    someone.commit("Take it over", **paths)
    someone.git("push", "-q", "origin", "main")
    await shared.engine.fetch()
    assert shared.engine.config.integrations[HUB].owner == before.integrations[HUB].owner != "revenue-operations"
    assert [one.id for one in shared.engine.config.flows] == [one.id for one in before.flows]
    assert set(shared.engine.pushed) == set(paths)
