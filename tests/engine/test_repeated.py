"""Under the uuid of one request no other one is answered: it is refused with a sentence, and nothing of it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from msgspec.structs import replace

from monitor.adapters.described import OWNERS
from monitor.adapters.records import Decision
from monitor.core.model import Finding
from monitor.engine import describing, planning, standing
from monitor.engine.plan_shapes import Close, Move, Plan
from monitor.engine.pushed import Push
from monitor.engine.repeated import mark
from monitor.engine.request import Decide, Refused
from monitor.engine.standing_shapes import Asked, End
from monitor.engine.undoing import Undo, undo
from monitor.engine.unignore import unignore

from .conftest import World
from .eyed import watching
from .test_eyes_surfaces import browser

HUB = "hubspot-prod"
ME = ("local:tester", "test")
Act = Callable[[Any], Awaitable[Any]]


async def relabelled(world: World, *names: str) -> list[Finding]:
    for name in names:
        world.hubspot.alter_property(type="contacts", name=name, label=f"Our {name}")
    await world.engine.poll(HUB)
    return [world.open(subject=HUB, key=name, fact="label")[0] for name in names]


async def held(world: World, act: Act, first: Any, *others: Any) -> None:
    """The first is done once, however often it comes, also twice at the same instant, as of a double click; another
    one under its uuid is not."""
    uuid = first.uuid
    for done in await asyncio.gather(act(first), act(first)):
        assert getattr(done, "decision", done).uuid == uuid
    await world.engine.commit_decisions()
    done, head = await world.engine.store.decision(uuid), world.engine.baselines.seen
    entries = len(await world.engine.store.trail())
    await act(first)
    for other in others:
        with pytest.raises(Refused, match=f"The uuid {uuid} was sent before, with another request: that one stands"):
            await act(other)
    await world.engine.commit_decisions()
    assert await world.engine.store.decision(uuid) == done and world.engine.baselines.seen == head
    assert len(await world.engine.store.trail()) == entries


async def test_another_request_under_the_same_uuid_is_refused_whatever_it_asks_for(world: World) -> None:
    engine, now = world.engine, world.clock.now()
    one, other, third = await relabelled(world, "lead_score", "region", "lifecyclestage")
    seen = {found.id: {found.id: found.claim.fingerprint} for found in (one, other, third)}

    async def decide(asked: Decide) -> Decision:
        return await engine.decide(asked, *ME)

    approve = Decide(uuid="a", kind="approve", findings=seen[one.id], reason="meant", ticket="T-1")
    await held(
        world, decide, approve, replace(approve, findings=seen[other.id]), replace(approve, reason="another"),
        Decide(uuid="a", kind="acknowledge", findings=seen[one.id]),
    )  # fmt: skip
    assert other.acknowledged_by == one.acknowledged_by == ""
    ignore = Decide(uuid="i", kind="ignore", findings=seen[other.id], reason="noise", until="2027-06-01")
    await held(world, decide, ignore, replace(ignore, until="2027-07-01"), replace(ignore, any_value=True))
    back = Undo(uuid="u", decision="a")
    await held(world, lambda asked: undo(engine, asked, *ME), back, replace(back, decision="i"))
    ended = End(uuid="e", reason="it is told again")
    await held(
        world, lambda asked: unignore(engine, other.id, asked, *ME), ended, replace(ended, reason="by mistake")
    )  # fmt: skip
    plan = Plan(uuid="p", id="p-1", ticket="T-2", patterns=(f"{HUB}/field/contacts/x",), end=now + 7200.0)
    await held(world, lambda asked: planning.add(engine, asked, *ME), plan, replace(plan, id="p-2"))
    moved = Move(uuid="m", end=now + 9000.0)
    await held(world, lambda asked: planning.move(engine, "p-1", asked, *ME), moved, replace(moved, end=now + 9999.0))
    shut = Close(uuid="c")
    await held(world, lambda asked: planning.close(engine, "p-1", asked, *ME), shut, Close(uuid="c", reason="done"))
    with pytest.raises(Refused, match="The uuid c was sent before"):
        await planning.withdraw(engine, "p-1", End(uuid="c", reason="never mind"), *ME)
    takes = Asked(uuid="s", id="labels", owner="marketing-operations", reason="r", until=now + 86_400.0, cap=5)
    await held(world, lambda asked: standing.add(engine, asked, *ME), takes, replace(takes, cap=500))
    over = End(uuid="t", reason="enough")
    await held(world, lambda asked: standing.end(engine, "labels", asked, *ME), over, replace(over, reason="other"))
    owner = describing.Describe(
        uuid="o", entry={"integration": HUB, "owner": "revenue-operations"}, reason="agreed", expected=""
    )
    await held(
        world, lambda asked: describing.write(engine, OWNERS, asked, *ME), owner, replace(owner, reason="not agreed")
    )  # fmt: skip
    gone = describing.Forget(uuid="f", reason="as before")
    await held(
        world, lambda asked: describing.end(engine, OWNERS, HUB, asked, *ME), gone, replace(gone, reason="why not")
    )  # fmt: skip


def test_what_is_left_at_its_default_is_as_if_it_had_not_been_said() -> None:
    asked = Decide(uuid="a", kind="approve", findings={"f": "1", "g": "2"})
    assert mark(asked) == mark(Decide(uuid="b", kind="approve", findings={"g": "2", "f": "1"}, reason="", scopes=()))
    assert mark(asked) != mark(asked, "elsewhere") != mark(Push(uuid="a", answer="accept"))


async def test_the_api_and_a_page_answer_with_a_conflict(world: World) -> None:
    await watching(world)
    one, other = await relabelled(world, "lead_score", "region")
    async with browser(world, "kim") as kim:
        asked = {"uuid": "a", "kind": "acknowledge", "findings": {one.id: one.claim.fingerprint}}
        assert (await kim.post("/api/v1/decisions", json=asked)).status_code == 202
        again = await kim.post("/api/v1/decisions", json=asked)
        assert (again.status_code, again.json()["uuid"]) == (202, "a")
        wrong = await kim.post("/api/v1/decisions", json={**asked, "findings": {other.id: other.claim.fingerprint}})
        assert wrong.status_code == 409 and "with another request" in wrong.json()["problems"][0]
        form = {"uuid": "a", "kind": "acknowledge", "fingerprint": other.claim.fingerprint}
        page = await kim.post(f"/findings/{other.id}/decide", data=form)
        assert page.status_code == 409 and "The uuid a was sent before" in page.text
    assert one.acknowledged_by and not other.acknowledged_by
