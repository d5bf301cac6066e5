"""Whatever is done in whatever order by whomever: what takes two people moves when two have agreed, and only then."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from monitor.adapters.layout import encode_ignore, ignore_path
from monitor.adapters.records import Decision, DecisionState
from monitor.core.ignores import Ignore
from monitor.engine import standing
from monitor.engine.acting import Actor
from monitor.engine.eyes import names
from monitor.engine.pushed import Push, answer
from monitor.engine.request import Decide, Refused
from monitor.engine.second import confirm, decline, withdraw
from monitor.engine.standing_shapes import Asked, End
from monitor.engine.tick import tick
from monitor.engine.undoing import Undo, undo
from monitor.engine.unignore import unignore
from tests.adapters.repositories import Person

from .conftest import World
from .eyed import signed, watching
from .kept import CAPTURED
from .test_eyes import CONTACTS, FIELDS, HUB
from .test_pushed import edited, person

PEOPLE = ("kim", "token:kim", "token:robin", "token:sam", "local:root")
ACTS = {
    "approve": 3, "ignore": 1, "confirm": 5, "decline": 1, "withdraw": 1, "undo": 1, "push": 2, "change": 2,
    "accept": 1, "restore": 1, "policy": 1, "day": 1, "unignore": 1,
}  # fmt: skip
Act = tuple[str, str, int]  # what, who, and what the details are drawn from
SURE: list[Act] = [("change", "token:kim", 0), ("approve", "token:kim", 0), ("confirm", "token:robin", 0)]
PROGRAMS = st.lists(
    st.tuples(
        st.sampled_from([name for name, weight in ACTS.items() for _ in range(weight)]),
        st.sampled_from(PEOPLE),
        st.integers(0, 2**16),
    ),
    min_size=20,
    max_size=20,
)


class Crowd:
    """People who do what comes into their heads. `now` is what of the fact must not move by one of them alone."""

    def __init__(self, world: World, git: Person) -> None:
        self.world, self.draw, self.git, self.who = world, random.Random(0), git, "token:kim"
        self.count = self.moved = 0
        self.done: list[str] = []

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

    async def act(self, name: str, who: str, seed: int) -> None:
        """What is refused, did nothing."""
        acts: dict[str, Callable[[], Awaitable[None]]] = {
            "approve": lambda: self.decide("approve"), "ignore": lambda: self.decide("ignore"),
            "confirm": lambda: self.second(confirm), "decline": lambda: self.second(decline, "no"),
            "withdraw": lambda: self.second(withdraw, ""), "undo": self.undo, "push": self.push, "change": self.change,
            "accept": lambda: self.pushed("accept"), "restore": lambda: self.pushed("restore"), "policy": self.policy,
            "day": self.day, "unignore": self.unignore,
        }  # fmt: skip
        self.who, self.draw = who, random.Random(seed)
        with signed(who) if not who.startswith("local:") else nullcontext():
            try:
                await acts[name]()
                self.done.append(f"{who}: {name}")
            except Refused:
                self.done.append(f"{who}: {name} (refused)")
        await self.world.engine.commit_decisions()
        await self.world.engine.push()

    async def agreed(self) -> dict[str, Decision]:
        every = await self.world.engine.store.decisions()
        return {one.uuid: one for one in every if one.answered_by and one.state is not DecisionState.DECLINED}


@pytest.fixture
async def crowd(tmp_path: Path) -> AsyncIterator[Crowd]:
    async with CAPTURED.world(tmp_path) as world:
        await watching(world, {**FIELDS, "scope": "contacts"})
        made = Crowd(world, person(world))
        yield made
        assert made.moved, "nothing ever moved: the crowd proves nothing"


@settings(
    max_examples=4, deadline=None, phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@example(program=SURE)
@given(program=PROGRAMS)
async def test_no_fact_that_takes_two_moves_by_one(crowd: Crowd, program: list[Act]) -> None:
    """One stack for all programs: each goes on where the one before left it, since no state may be an exception."""
    for act in program:
        (facts, ignores, hidden), agreed = await crowd.now(), await crowd.agreed()
        await crowd.act(*act)
        now = await crowd.now()
        more_hidden = not set(now[1]) <= set(ignores) or not set(now[2]) <= set(hidden)
        if now[0] != facts or more_hidden:
            crowd.moved += 1
            new = [one for uuid, one in (await crowd.agreed()).items() if uuid not in agreed]
            assert any(
                one.waits is not None and one.waits.one[0] != names(crowd.world.engine, Actor(one.answered_by))[0]
                for one in new
            ), (facts, ignores, hidden, now, crowd.done)
