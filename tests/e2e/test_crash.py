"""kill -9 at each named place and at random moments of a running daemon, while a person goes on working with it.

What must be so afterwards is known outside of it: the simulated account's log of changes and requests, the decisions
that the person made, and `git log` of the repository that it pushes to. Nothing may be lost, and nothing doubled.
"""

from __future__ import annotations

import asyncio
import random
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec
import pytest

from monitor.adapters.failpoints import VARIABLE
from monitor.adapters.store import Store
from monitor.adapters.tokens import Tokens, new_key
from probes.kit.clock import SystemClock
from probes.simulated import hubspot, salesforce
from probes.simulated.control import Reply, Request
from tests.e2e.killing import ACTS, NAME, Person, at_random
from tests.e2e.serving import Serving, Stack, account
from tests.proof import keep

PLACES = [
    "fetch.before", "fetch.after", "store.before", "store.after", "decide.before", "decide.after",
    "commit.before", "commit.after", "record.after", "push.before", "push.after",
]  # fmt: skip
NOTHING = {"lost": 0, "doubled": 0}  # or the oracle had failed


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    hub = hubspot.Account(clock=SystemClock())
    with account(hub.app) as base:
        stack = Stack(tmp_path / "stack")
        stack.integration(NAME, "hubspot", base, {"scheme": "token", "token": stack.secret("hub", hub.token)})
        person = Person(stack, hub)
        try:
            yield person
        finally:
            person.serving.kill()
            person.serving.api.close()


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


def test_kill_9_at_fifty_random_moments(person: Person) -> None:
    fell = at_random(person, 50, seed=2026)
    assert len(person.changed) >= 10
    assert fell["starting"] and fell["committing"]


@pytest.mark.proof
def test_kill_9_at_five_hundred_moments_that_no_run_had_before(person: Person) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")  # pytest shows it with a failure
    for number in range(500):  # one for each piece of work
        person.hub.add_property("contacts", f"crash_{number} string/text own")
    person.waiting = [row["name"] for row in person.hub.properties["contacts"]]
    fell = at_random(person, 500, seed)
    assert len(person.changed) >= 100
    counts = {"kills": 500, **{f"kills_while_{act}": fell[act] for act in ACTS}}
    keep("crash", seed=seed, counts={**counts, "changes_found_and_approved": len(person.changed), **NOTHING})


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
