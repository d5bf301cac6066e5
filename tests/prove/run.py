"""Proves detection: changes single keys of real wire answers at random, polls over HTTP, and holds what is said
against the hand-made classification. What must be said and is not is a miss; what is said and must not be is a false
finding."""

from __future__ import annotations

import random
import tempfile
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import msgspec
import yaml

from monitor.config import load
from monitor.core.model import Phase, Source
from monitor.demo import stage as staging
from monitor.engine.core import Engine
from monitor.engine.opening import open_engine
from monitor.engine.request import Decide
from probes.kit.clock import ManualClock

from .edits import Said
from .mutate import Mutation, Pool, Where, drawn
from .sheet import find, specs
from .wire import Wire

START: Final = 1_790_000_000.0
BETWEEN: Final = 25 * 3600.0  # longer than the window in which flapping shows
WIDTHS: Final = (1, 1, 8, 24, 40)  # changes of a round: single ones, and many at once
INTEGRATIONS: Final = {"salesforce": "salesforce-prod", "hubspot": "hubspot-prod"}


class Result(msgspec.Struct):
    """What a run found. `changes` of which `meaningful` had to lead to `findings`."""

    seed: int
    rounds: int = 0
    changes: int = 0
    meaningful: int = 0
    findings: int = 0
    requests: int = 0
    classified: int = 0  # how many entries classify the keys that the answers have
    keys: set[str] = msgspec.field(default_factory=set)
    untried: set[str] = msgspec.field(default_factory=set)  # entries of which no change was drawn
    misses: list[str] = msgspec.field(default_factory=list)
    false: list[str] = msgspec.field(default_factory=list)
    unclassified: set[str] = msgspec.field(default_factory=set)


class Bench:
    """The example stack without flows and definitions, so that each rule speaks for itself."""

    def __init__(self, engine: Engine, clock: ManualClock, wires: dict[str, Wire], set_up: staging.Stage) -> None:
        self.engine, self.clock, self.wires, self.set_up = engine, clock, wires, set_up

    async def capture(self) -> None:
        for name in self.engine.integrations:
            await self.engine.poll(name)
            await self.engine.decide(Decide(uuid=str(uuid4()), kind="capture", integration=name), "test", "test")
        await self.engine.commit_decisions()

    async def polled(self, vendor: str) -> dict[Where, Said]:
        """A reading, and the second look at what it wants to see again. What stands then, but for health."""
        name = INTEGRATIONS[vendor]
        self.clock.advance(BETWEEN)
        seen = await self.engine.poll(name)
        if seen.confirm:
            self.clock.advance(self.engine.config.service.poll.confirm_after)
            await self.engine.poll(name, ids=seen.confirm, fresh=True)
        out: dict[Where, Said] = {}
        for one in self.engine.ledger.of(name):
            a = one.address
            if one.phase is Phase.CLOSED or a.source is Source.HEALTH:
                continue
            source = "" if a.source is Source.DRIFT and a.scope != "vantage" else f"{a.source}:"
            where = (f"{source}{a.kind}", a.scope, a.key, a.fact, a.item)
            out[where] = (
                str(one.claim.action),
                f"{one.level.word}{'' if one.phase is Phase.OPEN else f' ({one.phase})'}",
            )
        return out


# What stands in two answers that must agree, or whose rows name each other: one key alone cannot be changed there.
# tests/probes/test_hubspot_model.py, test_salesforce_setup.py and test_salesforce_apps.py change these at the account.
APART: Final = (
    ("hubspot-prod", "schema", "associations"),
    ("salesforce-prod", "permission", "roles"),
    ("salesforce-prod", "permission", "external-client-apps"),
    ("salesforce-prod", "platform", "packages"),
)


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    wires: dict[str, Wire] = {}
    clock = ManualClock(START, leap=True)

    def served(app: Any) -> Any:
        vendor = type(app.account).__module__.split(".")[2]  # probes.simulated.<vendor>
        wires[vendor] = Wire(app, vendor)
        return plain(wires[vendor])

    plain = staging.served
    with tempfile.TemporaryDirectory(prefix="driftline-") as folder:
        staging.served = served
        try:
            context = staging.stage(Path(folder) / "it", clock, {})
            async with context as set_up:
                config = set_up.config.root / "config"
                (config / "flows.yaml").write_text("flows: []\ndefinitions: []\n")
                _nobody_allowed(config)
                for name, kind, scope in APART:
                    _off(config / "integrations" / f"{name}.yaml", kind, scope)
                async with open_engine(load(config), clock) as engine:
                    made = Bench(engine, clock, wires, set_up)
                    await made.capture()
                    yield made
        finally:
            staging.served = plain


def _nobody_allowed(config: Path) -> None:
    """Nobody is an announced administrator."""
    for file in (config / "integrations").glob("*.yaml"):
        entry = yaml.safe_load(file.read_text())
        entry["allowed_admins"] = []
        file.write_text(yaml.safe_dump(entry, sort_keys=False))


def _off(file: Path, kind: str, scope: str) -> None:
    entry = yaml.safe_load(file.read_text())
    entry["watch"] = [{"kind": kind, "scope": scope, "level": "off"}, *entry.get("watch", [])]
    file.write_text(yaml.safe_dump(entry, sort_keys=False))


async def prove(seed: int, changes: int) -> Result:
    """At least so many random changes, half at each vendor."""
    rng, result = random.Random(seed), Result(seed)
    async with bench() as on:
        pools = {vendor: _pool(on, vendor, wire) for vendor, wire in on.wires.items()}
        result.unclassified = set().union(*(pool.unclassified for pool in pools.values()))
        result.classified = sum(pool.classified for pool in pools.values())
        result.untried = {f"{vendor} {' '.join(entry)}" for vendor, pool in pools.items() for entry in pool.entries}
        queues = {vendor: pool.queue(rng) for vendor, pool in pools.items()}
        for wire in on.wires.values():
            wire.recording = False
        for vendor in pools:
            _hold(result, vendor, [], await on.polled(vendor))
        while result.changes < changes:
            for vendor, pool in pools.items():
                width = rng.choice(WIDTHS)
                first = _untried(result, vendor, queues[vendor]) if width < 24 else []
                mutations = list(drawn(pool, rng, width, first))
                if any(one.allowed for one in mutations):
                    await on.polled(vendor)  # what closes nothing must not find the last round's drift still open
                edits: dict[tuple[str, ...], list[Any]] = defaultdict(list)
                for one in sorted(mutations, key=lambda one: (one.structural, one.names)):
                    edits[one.document].append(one.edit)
                on.wires[vendor].edits = edits
                _hold(result, vendor, mutations, await on.polled(vendor))
                on.wires[vendor].edits = {}
        result.requests = on.set_up.requests
    return result


def _untried(result: Result, vendor: str, queue: deque[tuple[str, str]]) -> list[tuple[str, str]]:
    """The next entry of which no change was drawn. It goes to the end, since not every draw makes a change."""
    for _ in range(len(queue)):
        entry = queue[0]
        queue.rotate(-1)
        if f"{vendor} {' '.join(entry)}" in result.untried:
            return [entry]
    return []


def _pool(on: Bench, vendor: str, wire: Wire) -> Pool:
    known, found = specs(), []
    for address, body in sorted(wire.documents.items()):  # a seed draws the same whatever came first
        met = find(known, vendor, address)
        if met is None:
            raise LookupError(f"{vendor}: nobody has classified the answers of {address}; add them to tests/prove/keys")
        found.append((*met, body))
    return Pool(found, on.engine.people.pseudonym)


def _hold(result: Result, vendor: str, mutations: list[Mutation], said: dict[Where, Said]) -> None:
    wanted = {where: verdict for one in mutations for where, verdict in one.expected.items()}
    allowed = {one.allowed for one in mutations if one.allowed}
    drew = "; ".join(map(str, mutations))
    for where, verdict in wanted.items():
        if said.get(where) != verdict:
            why = next(str(one) for one in mutations if where in one.expected)
            result.misses.append(f"{vendor}: {where} {verdict}, said was {said.get(where)}; {why}")
    for where, verdict in said.items():
        if where not in wanted and not _is_allowed(where, allowed):
            result.false.append(f"{vendor}: {where} {verdict}; of {drew}")
    result.rounds += 1
    result.changes += len(mutations)
    result.meaningful += sum(bool(one.expected) for one in mutations)
    result.findings += sum(said.get(where) == verdict for where, verdict in wanted.items())
    result.keys |= {f"{vendor} {one.document[0]} {one.path}" for one in mutations}
    result.untried -= {f"{vendor} {one.entry}" for one in mutations}


def _is_allowed(where: Where, allowed: set[str]) -> bool:
    kind, scope = where[:2]
    if "vantage" in allowed and (scope == "vantage" or kind.startswith("fault:")):
        return True
    return "fault" in allowed and kind.startswith("fault:")
