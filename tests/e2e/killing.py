"""A person who goes on working with a daemon that is killed again and again, and what must be so afterwards.

Known outside of the daemon: the simulated account's log of changes and requests, the decisions that the person made,
and `git log` of the repository that it pushes to.
"""

from __future__ import annotations

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import uuid4

import httpx

from monitor.adapters.failpoints import VARIABLE
from probes.simulated import hubspot
from tests.e2e.serving import Serving, Stack, until

NAME = "hub"
ACTS = ("starting", "reading", "deciding", "committing", "closing")  # what a change goes through, after each start
T = TypeVar("T")


class Acts:
    """What goes on now, and how long it took when it was last let alone. A kill is aimed at a moment of one of them,
    so that kills fall on every part of the work, however quick, and the work goes on between them."""

    def __init__(self) -> None:
        self.turn = threading.Condition()
        self.now, self.over = "", threading.Event()
        self.took: dict[str, float] = {}

    @contextmanager
    def at(self, act: str, let_alone: Callable[[], bool]) -> Iterator[None]:
        with self.turn:
            self.now = act
            self.turn.notify_all()
        began = time.monotonic()
        yield
        if let_alone():
            self.took[act] = time.monotonic() - began

    def wait(self, act: str) -> bool:
        """Until it is at this; False when all is over."""
        with self.turn:
            return self.turn.wait_for(lambda: self.over.is_set() or self.now == act, 120) and not self.over.is_set()

    def end(self) -> None:
        self.over.set()
        with self.turn:
            self.turn.notify_all()


class Person:
    """Changes the account, reads it, approves what was found; goes on after each crash as if nothing had been, asking
    again for what was not answered, under the same uuid."""

    def __init__(self, stack: Stack, hub: hubspot.Account) -> None:
        self.stack, self.hub = stack, hub
        self.waiting = [row["name"] for row in hub.properties["contacts"]]
        self.changed: list[str] = []
        self.decided: list[str] = []
        self.deaths: list[tuple[str, int]] = []  # at which place, or none; the exit code
        self.places: list[str] = []  # where it is still to die: one place for each start
        self.place = ""
        self.lock, self.acts = threading.Lock(), Acts()
        self.serving = Serving(stack)

    def serve(self) -> None:
        """Starts it, armed with the next place, until one start comes through."""
        while True:
            with self.at("starting"):
                with self.lock:
                    self.serving.kill()
                    self.serving.api.close()
                    self.place = self.places.pop(0) if self.places else ""
                    self.serving = Serving(self.stack, **{VARIABLE: self.place}).start()
                until(lambda: answers(self.serving) or self.serving.running.poll() is not None, 30, "it is ready")
            if self.serving.running.poll() is None:
                return
            self.died()

    @contextmanager
    def at(self, act: str) -> Iterator[None]:
        before = len(self.deaths)
        with self.acts.at(act, lambda: len(self.deaths) == before and self.serving.running.poll() is None):
            yield

    def died(self) -> None:
        code = self.serving.ended()
        assert code == -signal.SIGKILL, self.serving.log[-3000:]
        self.deaths.append((self.place, code))

    def end(self) -> None:
        assert self.serving.stop() == 0
        self.serving.api.close()

    def kill(self) -> None:
        with self.lock:
            self.serving.running.kill()

    def asks(self, act: str, step: Callable[[], T]) -> T:
        while True:
            try:
                with self.at(act):
                    return step()
            except httpx.TransportError:
                self.died()
                self.serve()

    def capture(self) -> None:
        self.asks("reading", lambda: self.serving.poll(NAME))
        self._decides({"kind": "capture", "integration": NAME})

    def works(self) -> None:
        """One change at the vendor, from the account to the commit."""
        field = self.waiting.pop(0)
        self.hub.alter_property(type="contacts", name=field, label=f"Changed {field}")
        self.changed.append(field)
        self.asks("reading", lambda: self.serving.poll(NAME))
        finding = self.asks("reading", lambda: self.serving.found("contacts", field, "label"))
        assert finding is not None, self.serving.findings("all")
        chosen = {finding["id"]: finding["fingerprint"]}
        self._decides({"kind": "approve", "findings": chosen, "reason": "meant", "ticket": "OPS-1"})
        self.asks("closing", lambda: until(lambda: not self.serving.findings(), 20, "what was approved is closed"))

    def _decides(self, asked: dict[str, Any]) -> None:
        uuid = str(uuid4())
        self.decided.append(uuid)
        self.asks("deciding", lambda: self.serving.post("/api/v1/decisions", {"uuid": uuid, **asked}))
        row = self.asks("committing", lambda: self.serving.settled(uuid))
        assert row["state"] == "pushed", row

    def events(self) -> Iterator[Any]:
        """All of them, from the first."""
        after = 0
        while items := self.serving.get("events", limit=1000, after=after)["items"]:
            yield from items
            after = items[-1]["number"]

    def finds_everything_once(self) -> None:
        """The oracle. Asks the daemon last, and compares what it says with what is known outside."""
        changed = [one.what["name"] for one in self.hub.log if one.method == "alter_property"]
        assert changed == self.changed
        assert [decision for _, decision in self.stack.log()] == self.decided, "each decision is one commit, in order"
        rows = self.serving.get("decisions", limit=500)["items"]
        assert len(rows) < 500, "more decisions than the API tells of at once"
        assert sorted((row["uuid"], row["sha"]) for row in rows) == sorted(
            (decision, sha) for sha, decision in self.stack.log()
        )
        events = [*self.events()]
        numbers = [event["number"] for event in events]
        assert numbers == sorted(set(numbers))
        findings = {one["id"]: one for one in self.serving.findings("all")}
        assert sorted(one["key"] for one in findings.values()) == sorted(changed), "each change is one finding"
        assert {one["closing"] for one in findings.values()} <= {"approved"}
        told = Counter((event["type"], event["finding"]) for event in events if event["type"] in ("opened", "closed"))
        assert told == Counter({(type, id): 1 for id in findings for type in ("opened", "closed")})
        readings = self.serving.get("readings", limit=500)["items"]
        begun = sum("access-token-info" in one.path for one in self.hub.requests)
        assert len({one["id"] for one in readings}) == len(readings) <= begun
        trail = self.serving.post("/api/v1/trail/verify")
        assert (trail["problems"], trail["unknown"]) == ([], [])
        assert trail["commits"] == trail["decisions"] == len(self.decided), "each commit names its entry"
        assert self.stack.git("-C", str(self.stack.hub), "fsck", "--strict", "--no-dangling") == ""
        assert self.stack.git("-C", str(self.stack.state / "baselines.git"), "rev-parse", "main") == self.stack.git(
            "-C", str(self.stack.hub), "rev-parse", "main"
        )


def answers(serving: Serving) -> bool:
    try:
        return serving.api.get("/api/v1/summary").is_success
    except httpx.TransportError:
        return False


def at_random(person: Person, kills: int, seed: int) -> Counter[str]:
    """Killed again and again at a random moment of a random act, the opening too, while the person goes on: what a
    life was too short for is done by later ones. Gives how many kills fell on each act."""
    chance, fell, acts = random.Random(seed), Counter[str](), person.acts

    def killing() -> None:
        for _ in range(kills):
            act, part = chance.choice(ACTS), chance.uniform(0.0, 1.1)
            if not acts.wait(act):
                return
            alive = person.serving
            if acts.over.wait(part * acts.took.get(act, 1.0)):
                return
            person.kill()
            fell[acts.now] += 1
            until(lambda alive=alive: acts.over.is_set() or person.serving is not alive, 60, "it is started again")

    person.serve()
    killer = threading.Thread(target=killing)
    killer.start()
    try:
        person.capture()
        while killer.is_alive():
            person.works()
    finally:
        acts.end()
        killer.join(70)
    person.works()
    assert fell.total() == kills
    assert len(person.deaths) >= kills - 1  # of the last one it may be that nobody noticed: the work was done
    person.finds_everything_once()
    person.end()
    return fell
