"""What the kit says again word for word is not looked into again, unless what it is held against has moved."""

from __future__ import annotations

from pathlib import Path

from monitor.core.model import Closing, Phase
from monitor.engine.live import Live
from probes.kit.contract import Kind, Ref, State

from .conftest import World
from .test_ignores import HUB, Clone

CONTACTS = Ref(Kind.FIELD, "contacts")


async def settled(world: World) -> Live:
    """Read so often that an answer as before says nothing new."""
    live = world.engine.integrations[HUB]
    for _ in range(3):
        await world.engine.poll(HUB)
    assert CONTACTS in live.settled
    return live


async def test_only_its_times_are_new(world: World) -> None:
    live = await settled(world)
    before = live.known[CONTACTS]
    world.clock.advance(60)
    await world.engine.poll(HUB)
    now = live.known[CONTACTS]
    assert (now.digest, now.coverage, now.reading) == (before.digest, before.coverage, before.reading + 1)
    assert now.good_at is not None and before.good_at is not None and now.good_at >= before.good_at + 60
    assert (await world.engine.store.lasts(HUB))[CONTACTS] == now


async def test_a_baseline_that_somebody_moved_stays_another_one(world: World, tmp_path: Path) -> None:
    live = await settled(world)
    clone, path = Clone(world, tmp_path / "clone"), world.engine.baselines.path_of(HUB, CONTACTS)
    as_it_is = (clone.folder / path).read_bytes()
    await clone.push(path, as_it_is.replace(b'"label": "Lead score"', b'"label": "Points"'))
    (found,) = world.open(source="drift", key="lead_score")
    for _ in range(2):
        await world.engine.poll(HUB)
        assert found.phase is Phase.OPEN
    await clone.push(path, as_it_is)
    assert (found.phase, found.closing) == (Phase.CLOSED, Closing.APPROVED)
    await world.engine.poll(HUB)
    assert CONTACTS in live.settled and world.open(source="drift") == []


async def test_what_failed_meanwhile_is_complete_again(world: World) -> None:
    live = await settled(world)
    world.hubspot.cut(path="/contacts", at_byte=2000)
    await world.engine.poll(HUB)
    assert live.known[CONTACTS].coverage.state is not State.COMPLETE
    await world.engine.poll(HUB)
    assert live.known[CONTACTS].coverage.state is State.COMPLETE
    assert (await world.engine.store.lasts(HUB))[CONTACTS].coverage.state is State.COMPLETE
