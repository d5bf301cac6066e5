"""A whole stack around one vendor that misbehaves: its account behind a hostile server, real HTTP, SQLite and git.

A captured stack is made once per vendor and copied for each case, so that no case finds what another left.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from functools import lru_cache
from pathlib import Path
from socket import socket
from typing import Any
from uuid import uuid4

import msgspec
import yaml

from monitor.config import load
from monitor.core.model import Body
from monitor.engine.core import Engine
from monitor.engine.observe import Observed
from monitor.engine.opening import open_engine
from monitor.engine.request import Decide
from probes.kit.clock import ManualClock
from probes.kit.contract import Kind, Ref
from probes.kit.listing import Vendor
from tests.adapters.repositories import Person, clone, start
from tests.probes.accounts import account, options, simulated
from tests.probes.rules import REST, everyone

from .hostile import Hostile, listening, port

START = 1_790_000_000.0
LATER = 3600.0  # seconds between the capture and a case
EVERY = 300.0
NAME = "acct"
CANARY = "kanarie7-must-show-nowhere-0815"
# Each way in which the kit asks is used by one of these: what is not of the wire is played with them.
FEW = ("directus", "hubspot", "rest", "salesforce")
# Who has a simulated account that is asked over HTTP; of vendors whose answers are written by hand, the contract suite
# cuts, empties and refuses every answer. Dynamics and Google Sheets tell by a stamp whether anything changed, so that a
# text which is altered on the wire alone is rightly not seen.
APART = ("dynamics", "google-sheets", "sql")
VENDORS = {name: made for name, made in everyone().items() if name in FEW or (simulated(name) and name not in APART)}


class Twist(msgspec.Struct, frozen=True):
    """A value that the account gives once, and another one: drift that can be made on the wire of any vendor."""

    ref: Ref
    before: bytes
    after: bytes

    def __call__(self, body: bytes) -> bytes:
        return body.replace(self.before, self.after)


class Template(msgspec.Struct):
    """A captured stack in a folder; `at` is where its vendor listens; `requests` what a full poll takes,
    `identity` how many of them go before the first read, signing in included; `events` and `readings` are in it."""

    folder: Path
    at: socket
    twist: Twist
    requests: int
    identity: int
    events: int
    readings: int


Before = Callable[[Path, Hostile, Template], Awaitable[None]]


class Stack:
    """An engine on a captured stack. `person` has a clone of the baselines' repository."""

    def __init__(self, engine: Engine, hostile: Hostile, clock: ManualClock, vendor: str, template: Template) -> None:
        self.engine, self.hostile, self.clock, self.vendor, self.template = engine, hostile, clock, vendor, template
        self.twist = template.twist
        self.polls = 0  # how many were asked for

    @property
    def live(self) -> Any:
        return self.engine.integrations[NAME]

    @property
    def folder(self) -> Path:
        return self.engine.config.root

    @property
    def hub(self) -> Path:
        return self.folder.parent / "hub.git"

    @property
    def secrets(self) -> list[str]:
        return [file.read_text() for file in sorted((self.folder / "secrets").iterdir())]

    def patience(self, seconds: float) -> None:
        """How long the reader waits for a whole answer from now on."""
        self.engine.pollers[NAME].connection.deadline = seconds

    async def poll(self, **how: Any) -> Observed:
        """One interval later, as the scheduler asks for it."""
        self.clock.advance(EVERY)
        self.polls += 1
        return await self.engine.poll(NAME, **how)

    async def settled(self) -> Observed:
        """A poll, and the second look where one is wanted."""
        seen = await self.poll()
        if not seen.confirm:
            return seen
        self.clock.advance(45.0)
        self.polls += 1
        return await self.engine.poll(NAME, ids=seen.confirm, fresh=True)

    def person(self) -> Person:
        return clone(self.hub, self.folder.parent / f"person-{uuid4().hex[:6]}")


def lay_out(folder: Path, vendor: str, base: str, every: str, deadline: str) -> Mapping[str, str]:
    """The stack's folder: configuration and secrets. Gives the secrets by field."""
    made = VENDORS[vendor]
    scheme = "token" if "token" in made.schemes else next(iter(made.schemes))
    secrets = {field: f"{CANARY}-{field}" for field in made.schemes[scheme].fields}
    entry: dict[str, Any] = {
        "vendor": vendor, "owner": "ops", "tier": 1, "base": base, "allow_private": True, "deadline": deadline,
        "credentials": {"scheme": scheme, **{field: f"${{file:secrets/{field}}}" for field in secrets}},
        "schedule": {"every": every},
        "options": _options(made, base),
    }  # fmt: skip
    if vendor == "rest":
        entry["rest"] = {**yaml.safe_load(REST.read_text("utf-8")), "base": base}
    documents = {
        "driftline.yaml": {
            "stack": {"name": "faults"},
            "baselines": {"repository": "../hub.git"},
            "server": {"listen": "127.0.0.1:0", "metrics": "127.0.0.1:0"},
            "poll": {"jitter": 0.0},
        },
        "people.yaml": {"teams": {"ops": {"contact": "ops@example.com"}}},
        f"integrations/{NAME}.yaml": entry,
    }
    for name, document in documents.items():
        file = folder / "config" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(document))
    for field, value in secrets.items():
        file = folder / "secrets" / field
        file.parent.mkdir(exist_ok=True)
        file.write_text(value)
        file.chmod(0o600)
    return secrets


def _options(vendor: Vendor, base: str) -> dict[str, Any]:
    """What its account needs; the account's server stands in for every other host of the vendor, too."""
    given = {**{name: one.default for name, one in vendor.options.items()}, **options(vendor.name)}
    elsewhere = {name: base for name, value in given.items() if str(value).startswith("https://")}
    return {name: value for name, value in {**given, **elsewhere}.items() if value is not None}


@asynccontextmanager
async def served(
    folder: Path, vendor: str, at: socket, every: str = "5m", deadline: str = "10s"
) -> AsyncIterator[tuple[Hostile, ManualClock]]:
    """The account behind its server, and a configuration that leads there, in a folder with or without a stack."""
    clock = ManualClock(START, leap=True)
    base = f"http://127.0.0.1:{at.getsockname()[1]}"
    secrets = await asyncio.to_thread(lay_out, folder / "stack", vendor, base, every, deadline)
    made, wire = account(VENDORS[vendor], clock, dict(secrets))  # as old as the one that was captured
    if vendor == "salesforce":
        made.page = 40  # the suite's pages of two rows make three hundred requests of a poll
    hostile = Hostile(wire)
    if (folder / "hub.git").exists():
        clock.advance(LATER)
    async with listening(hostile, at):
        yield hostile, clock


@asynccontextmanager
async def opened(folder: Path, clock: ManualClock) -> AsyncIterator[Engine]:
    config = await asyncio.to_thread(load, folder / "stack" / "config")
    async with open_engine(config, clock) as engine:
        yield engine


@lru_cache(None)
def capture(vendor: str, root: Path) -> Template:
    """Captured once per vendor, in a loop of its own."""
    return asyncio.run(_captured(vendor, root / vendor))


async def _captured(vendor: str, folder: Path) -> Template:
    folder.mkdir(parents=True)
    at = port()
    hub = start(folder / "hub.git", bare=True)
    first = clone(hub.folder, folder / "first")
    first.git("checkout", "-q", "-b", "main")
    first.commit("Begin", **{"README.md": "baselines"})
    first.git("push", "-q", "origin", "main")
    shutil.rmtree(first.folder)
    async with served(folder, vendor, at) as (hostile, clock), opened(folder, clock) as engine:
        async with aclosing(engine.pollers[NAME].stream(want=lambda kind, scope: True)) as items:
            await anext(items)
        identity = hostile.requests
        seen = await engine.poll(NAME)
        assert seen.reading.outcome == "ok", seen.reading
        requests, twist = hostile.requests, await _twist(engine, hostile.bodies)
        await engine.decide(Decide(uuid=str(uuid4()), kind="capture", integration=NAME), "local:tester", "test")
        await engine.commit_decisions()
        await engine.push()
        assert not engine.push_fault, engine.push_fault
        clock.advance(EVERY)
        assert (await engine.poll(NAME)).reading.outcome == "ok"
        assert not [one for one in engine.ledger.findings.values() if one.claim.address.source == "drift"]
        events, readings = await engine.store.events(limit=9999), await engine.store.readings(NAME)
    return Template(folder, at, twist, requests, identity, len(events), len(readings))


async def _twist(engine: Engine, bodies: list[bytes]) -> Twist:
    """A text of a field that stands in one answer, once; labels first."""
    whole = b"\n".join(bodies)
    for names in (("label", "description", "group"), ()):
        for ref, known in engine.integrations[NAME].known.items():
            if ref.kind is not Kind.FIELD and names:
                continue
            body: Body = await engine.body(known.digest)
            for key, row in body.rows.items():
                for name, value in row.facts.items():
                    if (names and name not in names) or not isinstance(value, str) or not value.isascii():
                        continue
                    spelled = msgspec.json.encode(value)
                    if value != key and len(value) > 4 and whole.count(spelled) == 1:
                        return Twist(ref, spelled, msgspec.json.encode(f"{value} altered"))
    raise AssertionError("no text of this account stands alone in an answer")


@asynccontextmanager
async def stack(vendor: str, made: Template, folder: Path, before: Before | None = None) -> AsyncIterator[Stack]:
    """A copy of the captured stack, an hour later, with its engine open. `before` does something to it until then."""
    await asyncio.to_thread(shutil.copytree, made.folder, folder, dirs_exist_ok=True)
    hurried = ("1s", "1s") if before else ("5m", "10s")
    async with served(folder, vendor, made.at, *hurried) as (hostile, clock):
        if before is not None:
            await before(folder, hostile, made)
            clock.set_wall(time.time() + 60)  # a daemon of the real time may have been there
        async with opened(folder, clock) as engine:
            found = Stack(engine, hostile, clock, vendor, made)
            found.patience(10.0)
            yield found
