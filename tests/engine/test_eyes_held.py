"""Whatever is done in whatever order by whomever: what takes two people moves when two have agreed, and only then."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from monitor.adapters.layout import encode_ignore, ignore_path
from monitor.adapters.records import DecisionState
from monitor.core.ignores import Ignore
from monitor.engine import standing
from monitor.engine.eyes import names
from monitor.engine.pushed import Push, answer
from monitor.engine.request import Decide, Refused
from monitor.engine.second import confirm, decline, withdraw
from monitor.engine.standing_shapes import Asked, End
from monitor.engine.tick import tick
from monitor.engine.undoing import Undo, undo
from monitor.engine.unignore import unignore
from tests.adapters.repositories import Person, start

from .conftest import World, opened
from .eyed import signed, watching
from .test_eyes import CONTACTS, FIELDS, HUB, label
from .test_pushed import edited, person

PEOPLE = ("kim", "token:kim", "token:robin", "token:sam", "local:root")
ACTS = 45


class Crowd:
    """People who do what comes into their heads. `now` is what of the fact must not move by one of them alone."""

    def __init__(self, world: World, draw: random.Random, git: Person) -> None:
        self.world, self.draw, self.git, self.who = world, draw, git, "token:kim"
        self.count = 0

    async def now(self) -> tuple[Any, ...]:
        body = await self.world.engine.baselines.body(HUB, CONTACTS)
        ids = sorted(one.id for one in self.world.engine.baselines.ignores)
        hidden = sorted(
            one.id for one in self.world.engine.ledger.of(HUB)
            if one.address.key == "lead_score" and one.ignored_until is not None
        )  # fmt: skip
        return (None if body is None else dict(body.rows["lead_score"].facts), ids, hidden)

    async def decide(self, kind: Any) -> None:
        found = [one for one in self.world.open(subject=HUB) if one.address.key == "lead_score"]
        more: dict[str, Any] = {"reason": "r", "ticket": "t"} | ({"until": "2027-06-01"} if kind == "ignore" else {})
        asked = {one.id: one.claim.fingerprint for one in found}
        asked_for = Decide(uuid=uuid4().hex, kind=kind, findings=asked, any_value=self.draw.random() < 0.3, **more)
        await self.world.engine.decide(asked_for, self.who, "test")

    async def second(self, act: Callable[..., Awaitable[Any]], *more: str) -> None:
        waiting = sorted(self.world.engine.waiting)
        if waiting:
            await act(self.world.engine, self.draw.choice(waiting), *more, self.who, "test")

    async def undo(self) -> None:
        listed = await self.world.engine.store.decisions(newest_first=True, limit=6)
        one = self.draw.choice(listed)
        await undo(self.world.engine, Undo(uuid=uuid4().hex, decision=one.uuid, reason="r"), self.who, "test")

    async def push(self) -> None:
        self.git.git("fetch", "-q")
        self.git.git("reset", "-q", "--hard", self.draw.choice(["origin/main", "origin/main~1"]))
        self.count += 1
        if self.draw.random() < 0.3:
            ignore = Ignore(
                id="h", pattern=f"{HUB}/field/contacts/*", reason="r", owner="o", until="2027-06-01", any_value=True
            )
            self.git.commit("hide", **{ignore_path("h"): encode_ignore(ignore)})
            self.git.git("push", "-q", "--force", "origin", "main")
        else:
            edited(self.git, self.world, f"Pushed {self.count}")
        await self.world.engine.fetch()

    async def change(self) -> None:
        self.count += 1
        self.world.hubspot.alter_property(type="contacts", name="lead_score", label=f"Vendor {self.count % 3}")
        await self.world.player.round()

    async def pushed(self, word: Any) -> None:
        asked = Push(uuid=uuid4().hex, answer=word, integration=self.draw.choice([HUB, ""]), reason="r")
        await answer(self.world.engine, asked, self.who, "test")

    async def policy(self) -> None:
        end = self.world.clock.now() + 90 * 86_400
        asked = Asked(
            uuid=uuid4().hex, id="all", reason="r", owner="marketing-operations", until=end, cap=500, rules=("*",),
            patterns=(f"{HUB}/*",), levels=("info", "warning"),
        )  # fmt: skip
        await standing.add(self.world.engine, asked, self.who, "test")

    async def day(self) -> None:
        self.world.clock.advance(86_400)
        await tick(self.world.engine)

    async def unignore(self) -> None:
        for one in self.world.engine.baselines.ignores[:1]:
            await unignore(self.world.engine, one.id, End(uuid=uuid4().hex, reason="r"), self.who, "test")

    async def act(self) -> str:
        """Does something; gives its name. What is refused, did nothing."""
        acts: dict[str, Callable[[], Awaitable[None]]] = {
            "approve": lambda: self.decide("approve"), "ignore": lambda: self.decide("ignore"),
            "confirm": lambda: self.second(confirm), "decline": lambda: self.second(decline, "no"),
            "withdraw": lambda: self.second(withdraw, ""), "undo": self.undo, "push": self.push, "change": self.change,
            "accept": lambda: self.pushed("accept"), "restore": lambda: self.pushed("restore"), "policy": self.policy,
            "day": self.day, "unignore": self.unignore,
        }  # fmt: skip
        weights = {"confirm": 5, "approve": 3, "change": 2, "push": 2}
        name = self.draw.choices(list(acts), [weights.get(one, 1) for one in acts])[0]
        self.who = self.draw.choice(PEOPLE)
        with signed(self.who) if not self.who.startswith("local:") else _nobody():
            try:
                await acts[name]()
            except Refused:
                return f"{name} (refused)"
        return name


class _nobody:
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_no_fact_that_takes_two_moves_by_one(tmp_path: Path, seed: int) -> None:
    hub = start(tmp_path / "hub.git", bare=True)
    async with opened(tmp_path / "demo", baselines={"repository": str(hub.folder)}) as world:
        await world.player.capture()
        await world.engine.push()
        await watching(world, {**FIELDS, "scope": "contacts"})
        crowd = Crowd(world, random.Random(seed), person(world))
        moved, done = 0, []
        for _ in range(ACTS):
            before, (facts, ignores, hidden) = await crowd.now(), await crowd.now()
            agreed = set()
            for one in await world.engine.store.decisions():
                if one.answered_by and one.state is not DecisionState.DECLINED:
                    agreed.add(one.uuid)
            done.append(f"{crowd.who}: {await crowd.act()}")
            await world.engine.commit_decisions()
            await world.engine.push()
            new = [
                one for one in await world.engine.store.decisions()
                if one.uuid not in agreed and one.answered_by and one.state is not DecisionState.DECLINED
            ]  # fmt: skip
            after = await crowd.now()
            more_hidden = not set(after[1]) <= set(ignores) or not set(after[2]) <= set(hidden)
            if after[0] != facts or more_hidden:
                moved += 1
                assert any(
                    one.waits is not None and one.waits.one[0] != _first(world, one.answered_by) for one in new
                ), (before, after, done)
        assert moved or seed != 1, "nothing ever moved: the crowd proves nothing"
        assert await label(world)


def _first(world: World, who: str) -> str:
    from monitor.engine.acting import Actor

    return names(world.engine, Actor(who))[0]
