"""A soak: many integrations read at an interval, a share of all answers spoiled, while things change at the vendors and
a person decides. What must be so afterwards is known outside of the daemon.

`missed`: a period in which no reading of an integration ended by a period (`late`) after it was due. Memory is judged
after a warm-up of a fifth of the time.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import uuid4

import httpx
import yaml

from monitor.adapters.store import Store
from probes.kit.clock import SystemClock
from tests.e2e.serving import until

from . import judge
from .figures import Slope, Slots, slope, slots
from .stack import ROOT, Vendors, captured, lay_out, multiplied, vendors

SHARE: Final = 0.01  # of all answers are spoiled
WARM: Final = 0.2  # of the time goes before memory, files and tasks are judged


class Plan(NamedTuple):
    """`systems` in-house systems and `accounts` each of Salesforce and HubSpot, read `every` seconds for `seconds`; an
    outcome is missed `late` seconds after it was due. `drifts` changes are made in the first third; each must be found
    within `settle` seconds. An answer may take `deadline` seconds. With `removal`, one field goes for good: the second
    look takes half a minute."""

    systems: int
    accounts: int
    every: float
    seconds: float
    late: float
    drifts: int
    settle: float
    deadline: float
    removal: bool

    @property
    def names(self) -> list[str]:
        accounts = [f"{vendor}-{n}" for vendor in ("salesforce", "hubspot") for n in range(self.accounts)]
        return [*(f"system-{n}" for n in range(self.systems)), *accounts]


class Result(NamedTuple):
    """`files` and `tasks`: the most in the first and in the last third of what is judged; `rss` in megabytes, at its
    beginning and end; `cpu` in cores; `wrong`: what should not be so, in words."""

    polls: int
    outcomes: Counter[str]
    spoiled: int
    drifts: int
    slots: Slots
    memory: Slope
    rss: tuple[float, float]
    files: tuple[float, float]
    tasks: tuple[float, float]
    cpu: float
    wrong: tuple[str, ...]


class Lived:
    """What was done to the vendors, and what came of it meanwhile. `fate` of a change: open, back or approved."""

    def __init__(self, plan: Plan, seed: int) -> None:
        names = [f"system-{n}" for n in range(1, plan.systems)]
        random.Random(seed).shuffle(names)
        self.dead, self.gone, self.waiting = names[0], names[1], names[2 : 2 + plan.drifts]
        self.died = 0.0
        self.made: dict[str, float] = {}
        self.fate: dict[str, str] = {}
        self.metrics = b""
        self.spoiled = 0
        self.wrong: list[str] = []

    def wanted(self, plan: Plan) -> dict[tuple[str, str, str], str]:
        """(integration, key, action) -> open or closed, of all drift that there must be."""
        found = {
            (name, "field_0", "changed"): "open" if fate == "open" else "closed" for name, fate in self.fate.items()
        }
        return {**found, **({(self.gone, "field_1", "removed"): "open"} if plan.removal else {})}


class Person:
    """Asks the daemon's API."""

    def __init__(self, config: Path) -> None:
        server = yaml.safe_load((config / "driftline.yaml").read_text())["server"]
        self.metrics = f"http://{server['metrics']}/metrics"
        self.api = httpx.Client(base_url=f"http://{server['listen']}", timeout=60, trust_env=False)

    def ready(self) -> bool:
        try:
            return self.api.get("/api/v1/summary").is_success
        except httpx.TransportError:
            return False

    def finding(self, name: str) -> Any:
        """The open finding about the label that was changed there, or None."""
        answer = self.api.get("/api/v1/findings", params={"stand": "open", "integration": name, "children": 1})
        rows = answer.raise_for_status().json()["items"]
        return next((row for row in rows if (row["source"], row["key"]) == ("drift", "field_0")), None)

    def approve(self, finding: Any) -> None:
        asked = {"uuid": str(uuid4()), "kind": "approve", "findings": {finding["id"]: finding["fingerprint"]},
                 "reason": "meant", "ticket": "OPS-1"}  # fmt: skip
        self.api.post("/api/v1/decisions", json=asked).raise_for_status()


def soak(folder: Path, plan: Plan, seed: int) -> Result:
    with vendors(plan.systems, plan.accounts, seed) as world:
        config = lay_out(folder, world.ports, plan.every, plan.deadline)
        asyncio.run(captured(config))
        multiplied(folder, config, world.ports, plan.systems, plan.deadline)
        command = [sys.executable, "-m", "tests.soak.daemon", str(config), str(folder / "told"), str(plan.every / 20)]
        lived, person, began = Lived(plan, seed), Person(config), time.time()
        with (folder / "said").open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out, cwd=ROOT) as daemon:
            try:
                until(lambda: person.ready() or daemon.poll() is not None, 120, "the daemon is ready")
                live(world, person, lived, plan)
            finally:
                daemon.terminate()
                code = daemon.wait(30)
                person.api.close()
    if code:
        lived.wrong.append(f"the daemon ended with {code}")
    return asyncio.run(judged(folder, plan, lived, began))


def live(world: Vendors, person: Person, lived: Lived, plan: Plan) -> None:
    """The soak itself, once the daemon is ready."""
    began, pause = time.monotonic(), threading.Event()
    pause.wait(1.5 * plan.every)  # all were read once
    world.spoil(SHARE)
    world.set(lived.dead, "dead")
    lived.died = time.time()
    if plan.removal:
        world.set(lived.gone, "gone")
    pace, number, look = plan.seconds / 3 / plan.drifts, 0, dict[str, float]()
    while (now := time.monotonic()) < began + plan.seconds or lived.made:
        if lived.waiting and now > began + number * pace:
            lived.made[lived.waiting[-1]], number = now, number + 1
            world.set(lived.waiting.pop(), "label", f"Changed-{number}")
        for name, at in list(lived.made.items()):
            if now < look.get(name, at + plan.every):
                continue
            look[name] = now + plan.every / 4
            if (finding := person.finding(name)) is not None:
                del lived.made[name]
                settled(world, person, lived, name, finding)
            elif now - at > plan.settle:
                del lived.made[name]
                lived.wrong.append(f"{name}: its change was not found within {plan.settle:.0f} s")
        pause.wait(0.2)
    lived.spoiled = sum(world.spoil(0.0).values())
    pause.wait(1.5 * plan.every)  # what was spoiled last is read again
    closing = [name for name, fate in lived.fate.items() if fate != "open"]
    until(lambda: all(person.finding(name) is None for name in closing), plan.settle, "what was settled is closed")
    lived.metrics = httpx.get(person.metrics, trust_env=False).content


def settled(world: Vendors, person: Person, lived: Lived, name: str, finding: Any) -> None:
    """A change was found: it is left, put back, or approved, one after the other."""
    fate = lived.fate[name] = ("open", "back", "approved")[len(lived.fate) % 3]
    if fate == "back":
        world.set(name, "label", "Field-0")
    if fate == "approved":
        person.approve(finding)


async def judged(folder: Path, plan: Plan, lived: Lived, began: float) -> Result:
    told = [json.loads(line) for line in (folder / "told").read_text().splitlines()]
    warm = began + WARM * (told[-1]["at"] - began)
    held = [one for one in told if one["at"] >= warm][:-1]  # the last line is of the end
    store = await Store.open(folder / "stack" / "var", SystemClock())
    try:
        readings = [one for one in await store.readings(limit=1_000_000) if one.started_at >= began]
        events = [event for _, event in await store.events()]
        wrong = [
            *lived.wrong,
            *judge.drift(lived.wanted(plan), await store.findings()),
            *judge.once(events),
            *judge.outcomes(readings),
            *await judge.aged(store, lived.dead, lived.died, plan.every),
            *judge.branch(folder, 2, await store.decisions()),
            *judge.secrets(folder, lived.metrics),
        ]
    finally:
        await store.close()
    due = slots(readings, plan.names, plan.every, held[0]["at"], held[-1]["at"], plan.late)
    third = len(held) // 3
    return Result(
        polls=len(readings),
        outcomes=Counter(one.outcome for one in readings),
        spoiled=lived.spoiled,
        drifts=len(lived.fate),
        slots=due,
        memory=slope([(one["at"], one["rss"]) for one in held], plan.every),
        rss=(held[0]["rss"] / 1e6, held[-1]["rss"] / 1e6),
        files=_most(held, third, "files"),
        tasks=_most(held, third, "tasks"),
        cpu=(held[-1]["cpu"] - held[0]["cpu"]) / (held[-1]["at"] - held[0]["at"]),
        wrong=tuple(wrong),
    )


def _most(held: list[dict[str, float]], third: int, what: str) -> tuple[float, float]:
    return max(one[what] for one in held[:third]), max(one[what] for one in held[-third:])
