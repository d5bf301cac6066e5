"""kill -9 at each named place and at random moments of a running daemon, while a person goes on working with it.

What must be so afterwards is known outside of it: the simulated account's log of changes and requests, the decisions
that the person made, and `git log` of the repository that it pushes to. Nothing may be lost, and nothing doubled.
"""

from __future__ import annotations

import asyncio
import random
import re
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import msgspec
import pytest

from monitor.adapters.failpoints import VARIABLE
from monitor.adapters.store import Store
from monitor.adapters.tokens import Tokens, new_key
from probes.kit.clock import SystemClock
from probes.simulated import hubspot, salesforce
from probes.simulated.control import Reply, Request
from tests.e2e.serving import Serving, Stack, account, until
from tests.proof import keep

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
        self.deaths: list[tuple[str, int]] = []  # at which place, or none; the exit code
        self.places: list[str] = []  # where it is still to die: one place for each start
        self.place = ""
        self.lock, self.up = threading.Lock(), threading.Event()  # up: it answered since it was started last
        self.serving = Serving(stack)

    def serve(self) -> None:
        """Starts it, armed with the next place, until one start comes through."""
        while True:
            with self.lock:
                self.up.clear()
                self.serving.kill()
                self.serving.api.close()
                self.place = self.places.pop(0) if self.places else ""
                self.serving = Serving(self.stack, **{VARIABLE: self.place}).start()
            until(lambda: answers(self.serving) or self.serving.running.poll() is not None, 30, "it is ready")
            if self.serving.running.poll() is None:
                self.up.set()
                return
            self.died()

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

    def asks(self, step: Callable[[], T]) -> T:
        while True:
            try:
                return step()
            except httpx.TransportError:
                self.died()
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


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    yield from at_work(tmp_path)


def test_kill_9_at_each_named_place_loses_nothing_and_doubles_nothing(person: Person) -> None:
    """One after the other: what one death left behind is what the next life begins with."""
    person.serve()
    person.capture()
    person.end()
    person.places = [*PLACES]
    person.serve()
    while person.place:
        before = len(person.deaths)
        person.works()
        assert len(person.deaths) > before, f"{person.place} was not reached"
    person.works()
    assert [place for place, _ in person.deaths] == PLACES
    person.finds_everything_once()
    person.end()


def at_random(person: Person, kills: int, seed: int, longest: float = 4.0, awake: float = 0.0) -> None:
    """Killed again and again at some moment of its life, the opening too, while the person goes on. A life that is too
    short for a step is followed by others, so the work gets done. `longest`: seconds that a life may last;
    of a share `awake` of the lives they are counted from when it answers, however slow the machine is."""
    chance, over = random.Random(seed), threading.Event()
    moments: list[float] = []

    def killing() -> None:
        for _ in range(kills):
            if chance.random() < awake:
                until(lambda: over.is_set() or person.up.is_set(), 60, "it answers")
            alive, moment = person.serving, chance.uniform(0.0, longest)
            if over.wait(moment):
                return
            person.kill()
            moments.append(moment)
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
    assert len(moments) == kills
    assert len(person.deaths) >= kills - 1  # of the last one it may be that nobody noticed: the work was done
    person.finds_everything_once()
    person.end()


def test_kill_9_at_thirty_random_moments(person: Person) -> None:
    at_random(person, 30, seed=2026)


@pytest.mark.proof
def test_kill_9_at_five_hundred_moments_that_no_run_had_before(person: Person) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")  # pytest shows it with a failure
    for number in range(400):  # one for each piece of work
        person.hub.add_property("contacts", f"crash_{number} string/text own")
    person.waiting = [row["name"] for row in person.hub.properties["contacts"]]
    at_random(person, 500, seed, longest=2.5, awake=0.7)
    counts = {"kills": 500, "changes_found_and_approved": len(person.changed), "lost": 0, "doubled": 0}
    keep("crash", seed=seed, counts=counts)


def answers(serving: Serving) -> bool:
    try:
        return httpx.get(f"{serving.stack.url}/api/v1/summary", trust_env=False).is_success
    except httpx.TransportError:
        return False


# -- a refresh token that changes at each use -------------------------------------------------------------------------


class Rotating(salesforce.Account):
    """Gives a new refresh token with each session. The one before stays good until the new one is used, as vendors
    do so that an answer which got lost locks nobody out. `presented`: what it was shown, in order."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.good, self.presented, self.count = ["refresh-0"], list[str](), 0

    def answer(self, request: Request) -> Reply:
        form = request.form()
        if form.get("grant_type") != "refresh_token":
            return super().answer(request)
        shown = form["refresh_token"]
        self.presented.append(shown)
        if shown not in self.good:
            return Reply(400, {"error": "invalid_grant", "error_description": "expired access/refresh token"})
        self.count += 1
        self.good = [shown, f"refresh-{self.count}"]
        as_client = {**form, "grant_type": "client_credentials"}
        reply = super().answer(msgspec.structs.replace(request, body=urlencode(as_client).encode()))
        return Reply(reply.status, {**reply.body, "refresh_token": self.good[-1]})


async def given(stack: Stack, key: str) -> None:
    """What `driftline authorize` leaves: the first refresh token, in the store."""
    store = await Store.open(stack.state, SystemClock())
    try:
        await (await Tokens.open(store, [key], SystemClock())).save(NAME, {"refresh_token": "refresh-0"})
    finally:
        await store.close()


@pytest.mark.parametrize(
    ("place", "presented"),
    [
        ("token.before", ["refresh-0"]),
        ("token.after", ["refresh-0", "refresh-0"]),
        ("token.saved", ["refresh-0", "refresh-1"]),
    ],
)
def test_kill_9_around_a_token_refresh_locks_nobody_out(tmp_path: Path, place: str, presented: list[str]) -> None:
    org = Rotating(clock=SystemClock())
    with account(org.app) as base:
        stack, key = Stack(tmp_path / "stack"), new_key()
        stack.set("driftline.yaml", token_keys=[stack.secret("tokens", key)])
        credentials = {"scheme": "refresh_token", "client_id": stack.secret("id", org.client_id)}
        credentials["client_secret"] = stack.secret("crm", org.client_secret)
        stack.integration(NAME, "salesforce", base, credentials, options={"my_domain": "acme"})
        asyncio.run(given(stack, key))
        armed = Serving(stack, **{VARIABLE: place}).start().ready()
        try:
            with pytest.raises(httpx.TransportError):
                armed.poll(NAME, "api")
            assert armed.ended() == -signal.SIGKILL
        finally:
            armed.kill()
            armed.api.close()
        with Serving(stack) as again:
            assert again.poll(NAME, "api")["outcome"] == "ok"
            assert org.presented == presented
            assert again.findings() == []
            assert not re.search(r"refresh-\d", again.log + armed.log)
        kept = b"".join(path.read_bytes() for path in stack.state.glob("*.db*"))
        assert kept
        assert b"refresh-" not in kept, "tokens are kept encrypted"
