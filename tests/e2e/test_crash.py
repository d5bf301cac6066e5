"""kill -9 at each named place and at random moments of a running daemon, while a person goes on working with it.

What must be so afterwards is known outside of it: the simulated account's log of changes and requests, the decisions
that the person made, and `git log` of the repository that it pushes to. Nothing may be lost, and nothing doubled.
"""

from __future__ import annotations

import random
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import httpx
import pytest

from monitor.adapters.failpoints import VARIABLE
from probes.kit.clock import SystemClock
from probes.simulated import hubspot
from tests.e2e.serving import Serving, Stack, account, until

NAME = "hub"
PLACES = [
    "fetch.before", "fetch.after", "store.before", "store.after", "decide.before", "decide.after",
    "commit.before", "commit.after", "record.after", "push.before", "push.after",
]  # fmt: skip
T = TypeVar("T")


class Person:
    """Changes the account, reads it, approves what was found; goes on after each crash as if nothing had been, asking
    again for what was not answered, under the same uuid."""

    def __init__(self, stack: Stack, hub: hubspot.Account) -> None:
        self.stack, self.hub = stack, hub
        self.waiting = [row["name"] for row in hub.properties["contacts"]]
        self.changed: list[str] = []
        self.decided: list[str] = []
        self.deaths: list[int] = []
        self.lock = threading.Lock()
        self.serving = Serving(stack)

    def serve(self, place: str = "") -> None:
        with self.lock:
            self.serving.kill()
            self.serving.api.close()
            self.serving = Serving(self.stack, **{VARIABLE: place}).start()
        self.serving.ready()

    def end(self) -> None:
        assert self.serving.stop() == 0
        self.serving.api.close()

    def kill(self) -> None:
        with self.lock:
            self.serving.running.kill()

    def asks(self, step: Callable[[], T]) -> T:
        while True:
            try:
                return step()
            except httpx.TransportError:
                self.deaths.append(self.serving.ended())
                self.serve()

    def capture(self) -> None:
        self.asks(lambda: self.serving.poll(NAME))
        self._decides({"kind": "capture", "integration": NAME})

    def works(self) -> None:
        """One change at the vendor, from the account to the commit."""
        field = self.waiting.pop(0)
        self.hub.alter_property(type="contacts", name=field, label=f"Changed {field}")
        self.changed.append(field)
        self.asks(lambda: self.serving.poll(NAME))
        finding = self.asks(lambda: self.serving.found("contacts", field, "label"))
        assert finding is not None, self.serving.findings("all")
        self._decides({"kind": "approve", "findings": {finding["id"]: finding["fingerprint"]}})
        self.asks(lambda: until(lambda: not self.serving.findings(), 20, "what was approved is closed"))

    def _decides(self, asked: dict[str, Any]) -> None:
        uuid = str(uuid4())
        self.decided.append(uuid)
        self.asks(lambda: self.serving.post("/api/v1/decisions", {"uuid": uuid, **asked}))
        row = self.asks(lambda: self.serving.settled(uuid))
        assert row["state"] == "pushed", row

    def finds_everything_once(self) -> None:
        """The oracle. Asks the daemon last, and compares what it says with what is known outside."""
        changed = [one.what["name"] for one in self.hub.log if one.method == "alter_property"]
        assert changed == self.changed
        assert [decision for _, decision in self.stack.log()] == self.decided, "each decision is one commit, in order"
        rows = self.serving.get("decisions", limit=500)["items"]
        assert sorted((row["uuid"], row["sha"]) for row in rows) == sorted(
            (decision, sha) for sha, decision in self.stack.log()
        )
        events = self.serving.get("events", limit=1000)["items"]
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
        assert self.stack.git("-C", str(self.stack.hub), "fsck", "--strict", "--no-dangling") == ""
        assert self.stack.git("-C", str(self.stack.state / "baselines.git"), "rev-parse", "main") == self.stack.git(
            "-C", str(self.stack.hub), "rev-parse", "main"
        )


def at_work(folder: Path) -> Iterator[Person]:
    hub = hubspot.Account(clock=SystemClock())
    with account(hub.app) as base:
        stack = Stack(folder / "stack")
        stack.integration(NAME, "hubspot", base, {"scheme": "token", "token": stack.secret("hub", hub.token)})
        person = Person(stack, hub)
        try:
            yield person
        finally:
            person.serving.kill()
            person.serving.api.close()


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """One account, one repository and one state for all places: what one crash left behind meets the next."""
    for person in at_work(tmp_path_factory.mktemp("crash")):
        person.serve()
        person.capture()
        person.end()
        yield person


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Person]:
    yield from at_work(tmp_path)


@pytest.mark.parametrize("place", PLACES)
def test_kill_9_at_a_named_place_loses_nothing_and_doubles_nothing(person: Person, place: str) -> None:
    died = len(person.deaths)
    person.serve(place)
    person.works()
    assert person.deaths[died:] == [-signal.SIGKILL], f"{place} was not reached"
    person.finds_everything_once()
    person.end()


def at_random(person: Person, kills: int, seed: int) -> None:
    """Kills it again and again, each time some moment after it is ready, while the person goes on."""
    chance, over = random.Random(seed), threading.Event()

    def killing() -> None:
        for _ in range(kills):
            alive = person.serving
            until(lambda alive=alive: over.is_set() or answers(alive), 60, "it is ready")
            if over.wait(chance.uniform(0.05, 3.0)):
                return
            person.kill()
            until(lambda alive=alive: over.is_set() or person.serving is not alive, 60, "it is started again")

    person.serve()
    killer = threading.Thread(target=killing)
    killer.start()
    try:
        person.capture()
        while killer.is_alive():
            person.works()
    finally:
        over.set()
        killer.join(70)
    person.works()
    assert person.deaths.count(-signal.SIGKILL) == len(person.deaths) >= kills - 1
    person.finds_everything_once()
    person.end()


def answers(serving: Serving) -> bool:
    try:
        return httpx.get(f"{serving.stack.url}/api/v1/summary", trust_env=False).is_success
    except httpx.TransportError:
        return False


def test_kill_9_at_six_random_moments(newcomer: Person) -> None:
    at_random(newcomer, 6, seed=20)


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(3))
def test_kill_9_at_thirty_random_moments(newcomer: Person, seed: int) -> None:
    at_random(newcomer, 10, seed)
