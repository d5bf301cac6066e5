"""A year of a stack in minutes: real polls of what changed, real decisions, real commits, real nights, a clock by hand.

What is done as the daemon does it, through the engine: each integration is read whole on half of the days, with two to
six changes, its removals get their second look, its findings are answered, decisions are committed by git, each night
tidies. What is simulated: the systems answer in memory in the shape of a described API (`rest`); of the polls between
these, in which nothing is new, only what they leave behind is written (the row of the poll, the times of its scopes,
samples and runs of syncs, requests made), a day of them in one transaction. There are as many rows of polls and of
samples as of polls every fifteen minutes.
"""

from __future__ import annotations

import asyncio
import pickle
import random
import subprocess
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import msgspec
import orjson

from monitor.adapters import schema as t
from monitor.config import load
from monitor.core.book import current
from monitor.core.model import Finding, Phase, Source
from monitor.core.runs import Run
from monitor.engine.core import Engine
from monitor.engine.night import night
from monitor.engine.opening import open_engine
from monitor.engine.request import Decide, Refused
from monitor.engine.tick import tick
from probes.kit.api import Answer, Ask
from probes.kit.clock import ManualClock
from probes.kit.contract import Sample
from tests.benchmarks.replay import lay_out

START: Final = 1_790_035_200.0  # a midnight UTC, a Tuesday
DAY, HOUR, WEEK = 86_400.0, 3_600.0, 7 * 86_400.0
EVERY: Final = 900.0
AT_ONCE: Final = 10  # systems that are read at the same time
FILE: Final = "year.pickle"
KEPT: Final = ("systems", "counts", "days", "seconds")  # of a year, so that it can go on
OBJECTS, FIELDS, SYNCS = 4, 30, 4  # of one integration; every third has syncs
PAGE = {"records": "data", "key": "name"}
LISTINGS: Final = [
    {"name": "objects", "kind": "schema", "path": "/objects", "scope": "objects", **PAGE,
     "facts": ["label", "enabled"]},
    {"name": "fields", "kind": "field", "for_each": "objects", "path": "/objects/{parent.key}/fields", **PAGE,
     "facts": {"type": "type", "label": "label", "description": "description", "required": "required",
               "length": "length", "options": "options[].{value: value, label: label, active: active}"}},
    {"name": "users", "kind": "permission", "path": "/users", "scope": "users", "facts": ["admin", "roles"], **PAGE},
]  # fmt: skip
JOBS: Final = {
    "name": "jobs", "kind": "sync", "path": "/jobs", "scope": "jobs", "facts": ["enabled", "schedule"], **PAGE,
    "health": {"state": "state", "succeeded_at": "ok_at", "failed_at": "failed_at", "rows_ok": "ok",
               "rows_failed": "bad", "errors": "errors"},
    "states": {"done": "ok", "broken": "failing"},
}  # fmt: skip


class System:
    """One system of the stack, as its API tells of it, and what happens to it."""

    def __init__(self, number: int, clock: ManualClock) -> None:
        self.name = f"system-{number:03}"
        self.chance, self.clock = random.Random(number), clock
        self.objects = [f"Object_{one}" for one in range(OBJECTS)]
        self.fields = {name: {f"Field_{one}": self._field(one) for one in range(FIELDS)} for name in self.objects}
        self.users = {f"role-{one}": {"admin": one == 0, "roles": ["reader"]} for one in range(12)}
        self.syncs = number % 3 == 0
        self.broken_until = 0.0
        self.undo: list[tuple[dict[str, Any], str, Any]] = []  # what somebody will put back

    @property
    def config(self) -> dict[str, Any]:
        listings = [*LISTINGS, JOBS] if self.syncs else LISTINGS
        return {"vendor": "rest", "base": "http://127.0.0.1:9", "credentials": {"scheme": "none"},
                "rest": {"listings": listings}}  # fmt: skip

    def _field(self, number: int) -> dict[str, Any]:
        options = [{"value": f"v{one}", "label": f"Value {one}", "active": True} for one in range(number % 7 * 2)]
        return {"type": "string", "label": f"Field {number}", "description": f"What field {number} is for.",
                "required": False, "length": 255, "options": options}  # fmt: skip

    def change(self) -> None:
        """One realistic change: mostly words and options, sometimes what hurts."""
        of = self.fields[self.chance.choice(self.objects)]
        name = self.chance.choice(sorted(of))
        field, kind = of[name], self.chance.random()
        serial = self.chance.randrange(10**6)
        if kind < 0.35:
            self._set(field, "label", f"Field {serial}")
        elif kind < 0.6:
            self._set(field, "description", f"Since the change {serial} this is used for something else.")
        elif kind < 0.8:
            self._set(field, "options", [*field["options"], {"value": f"o{serial}", "label": f"Option {serial}",
                                                             "active": True}][-24:])  # fmt: skip
        elif kind < 0.88:
            self._set(field, "required", not field["required"])
        elif kind < 0.93:
            self._set(field, "length", self.chance.choice([40, 80, 120, 255]))
        elif kind < 0.96 and len(of) > FIELDS // 2:
            del of[name]
        elif kind < 0.98:
            of[f"Field_{serial}"] = self._field(serial % 50)
        else:
            self.users[self.chance.choice(sorted(self.users))]["roles"] = ["reader", f"role-{serial % 30}"]

    def _set(self, thing: dict[str, Any], fact: str, value: Any) -> None:
        if self.chance.random() < 0.15:
            self.undo.append((thing, fact, thing[fact]))
        thing[fact] = value

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "clock"}

    def put_back(self) -> None:
        for thing, fact, value in reversed(self.undo):
            thing[fact] = value
        self.undo.clear()

    async def ask(self, ask: Ask) -> Answer:
        path = ask.path
        if path.endswith("/objects"):
            rows: Any = [{"name": one, "label": one, "enabled": True} for one in self.objects]
        elif path.endswith("/fields"):
            rows = [{"name": name, **one} for name, one in self.fields[path.split("/")[-2]].items()]
        elif path.endswith("/users"):
            rows = [{"name": name, **one} for name, one in self.users.items()]
        else:
            rows = self.jobs()
        return Answer(200, {"content-type": "application/json"}, orjson.dumps({"data": rows}))

    def jobs(self) -> list[dict[str, Any]]:
        now, end = self.clock.now(), self.clock.now() // HOUR * HOUR
        broken = now < self.broken_until
        run = {"state": "broken", "failed_at": end, "ok": 0, "bad": 37, "errors": ["INVALID_PICKLIST"]}
        good = {"state": "done", "ok_at": end, "ok": 480 + int(end) % 40, "bad": 0, "errors": []}
        return [
            {"name": f"job-{one}", "enabled": True, "schedule": "hourly", **(run if broken and one == 0 else good)}
            for one in range(SYNCS)
        ]

    def sample(self, at: float, job: int) -> dict[str, Any]:
        """A row of the store: what a poll at that time would have seen."""
        end = at // HOUR * HOUR
        if at < self.broken_until and job == 0:
            seen = Sample("failing", failed_at=end, rows_ok=0, rows_failed=37, errors=("INVALID_PICKLIST",))
        else:
            seen = Sample("ok", succeeded_at=end, rows_ok=480 + int(end) % 40, rows_failed=0)
        of = {"integration": self.name, "scope": "jobs", "key": f"job-{job}"}
        return {**of, "at": at, "data": msgspec.json.encode(seen)}

    def run(self, end: float, job: int) -> dict[str, Any]:
        made = Run(ended=end, ok=end >= self.broken_until or job > 0, rows=480 + int(end) % 40)
        of = {"integration": self.name, "scope": "jobs", "key": f"job-{job}"}
        return {**of, "ended": end, "data": msgspec.json.encode(made)}


class Year:
    """`play` a number of `days`; `counts` of what was done. Of the nights only each `nth` finds the daemon awake.
    `save` at the end, and another process goes on from there."""

    def __init__(self, engine: Engine, systems: list[System], clock: ManualClock, nth: int, file: Path) -> None:
        self.engine, self.systems, self.clock, self.nth = engine, systems, clock, nth
        self.counts: Counter[str] = Counter()
        self.days, self.seconds = 0, 0.0
        self._file = file

    def save(self) -> None:
        kept = {name: getattr(self, name) for name in KEPT} | {"now": self.clock.now()}
        self._file.write_bytes(pickle.dumps(kept))

    async def begin(self) -> None:
        """Each system is read and captured."""
        for one in self.systems:
            await self._poll(one)
            await self._decide("capture", integration=one.name)
        await self.engine.commit_decisions()

    async def play(self, days: int) -> None:
        for _ in range(days):
            await self._day()
            self.days += 1

    async def _day(self) -> None:
        midnight = self.clock.now()
        self.clock.advance(3 * HOUR + 60.0)
        if midnight // DAY % self.nth == 0:
            await tick(self.engine)
            await night(self.engine)
        self.clock.advance(8 * HOUR)
        committing: asyncio.Task[object] | None = None
        for start in range(0, len(self.systems), AT_ONCE):
            some = self.systems[start : start + AT_ONCE]
            await asyncio.gather(*(self._of(one, start + place) for place, one in enumerate(some)))
            if committing is not None:
                await committing
            committing = asyncio.create_task(self.engine.commit_decisions())  # beside what is read meanwhile
        if committing is not None:
            await committing
        await self.engine.commit_decisions()
        self.clock.advance(midnight + DAY - self.clock.now())
        for start in range(0, len(self.systems), 10):
            await self._quiet(self.systems[start : start + 10], midnight)

    async def _of(self, one: System, number: int) -> None:
        if one.chance.random() < 0.5:
            await self._changed(one)
        await self._answer(one, number)

    async def _changed(self, one: System) -> None:
        if one.undo and one.chance.random() < 0.6:
            one.put_back()
        for _ in range(one.chance.randint(2, 6)):
            one.change()
            self.counts["changes"] += 1
        if one.syncs and one.chance.random() < 0.04:
            one.broken_until = self.clock.now() + one.chance.uniform(1, 30) * HOUR
            self.counts["syncs that failed for hours"] += 1
        seen = await self._poll(one)
        if seen.confirm:
            self.clock.advance(0.5)
            await self.engine.poll(one.name, None, seen.confirm, fresh=True)
            self.counts["second looks"] += 1

    async def _poll(self, one: System) -> Any:
        self.counts["polls read"] += 1
        self.clock.advance(1.0)
        seen = await self.engine.poll(one.name)
        assert seen.reading.outcome == "ok", seen.reading
        return seen

    async def _answer(self, one: System, number: int) -> None:
        """Once a week all that stands is approved in one commit; on other days now and then one thing alone."""
        found = [
            f
            for f in self.engine.ledger.of(one.name)
            if f.phase is Phase.OPEN and f.address.source is Source.DRIFT and current(f)
        ]
        if not found:
            return
        if (int(self.clock.now() // DAY) + number) % 7 == 0:
            await self._decide("approve", *found, reason="as agreed with the owners", ticket="OPS-1")
        elif one.chance.random() < 0.05:
            await self._decide("approve", found[0], reason="as agreed with the owners", ticket="OPS-2")
        elif one.chance.random() < 0.05:
            await self._decide("acknowledge", found[0], reason="looked at")

    async def _decide(self, kind: Any, *findings: Finding, **more: Any) -> None:
        asked = {one.id: one.claim.fingerprint for one in findings}
        request = Decide(uuid=str(uuid4()), kind=kind, findings=asked, **more)
        try:
            await self.engine.decide(request, "local:ops", "test")
            self.counts[f"decisions: {kind}"] += 1
        except Refused:  # not so any more since it was read: a person looks again, and so does next week
            self.counts["refused"] += 1

    async def _quiet(self, systems: list[System], midnight: float) -> None:
        """What the day's other polls leave behind."""
        store, day = self.engine.store, self.engine.day(midnight)
        times = [midnight + nth * EVERY for nth in range(int(DAY / EVERY))]
        async with store.transaction() as tx:
            for one in systems:
                live = self.engine.integrations[one.name]
                listings = " ".join(sorted(listing["name"] for listing in one.config["rest"]["listings"]))
                asks = OBJECTS + 2 + one.syncs
                fixed = {"integration": one.name, "outcome": "ok", "reason": "", "listings": listings,
                         "requests": msgspec.json.encode({"ok": asks})}  # fmt: skip
                polls = [
                    {**fixed, "id": await store.next_reading(one.name), "started_at": at, "ended_at": at + 2.0}
                    for at in times
                ]
                await tx._put(t.reading, polls)
                if one.syncs:
                    await tx._put(t.sample, [one.sample(at, job) for at in times for job in range(SYNCS)])
                    hours = [midnight + nth * HOUR for nth in range(24)]
                    await tx._put(t.run, [one.run(at, job) for at in hours for job in range(SYNCS)])
                await tx.read_again(one.name, live.known.keys(), self.clock.now(), polls[-1]["id"])
                await tx.add_quota(one.name, day, asks * len(times))
                self.counts["polls written"] += len(times)


def repository(folder: Path) -> None:
    git = ["git", "-C", str(folder), "-c", "user.name=ops", "-c", "user.email=ops@example.com"]
    for args in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "The stack"]):
        subprocess.run([*git, *args], check=True)


def saved(folder: Path) -> dict[str, Any]:
    """What was kept of a year in this folder; nothing where none was saved."""
    file = folder / FILE
    return dict(pickle.loads(file.read_bytes())) if file.exists() else {}  # noqa: S301 - of ours


@asynccontextmanager
async def opened(folder: Path, integrations: int, *, nth: int = 1, **service: Any) -> AsyncIterator[Year]:
    """A stack in this folder, or the one that was saved there."""
    before = saved(folder)
    clock = ManualClock(before.pop("now", START))
    systems = before.pop("systems", None) or [System(number, clock) for number in range(integrations)]
    if not before:
        lay_out(folder, {one.name: one.config for one in systems}, baselines={"push": False}, **service,
                server={"listen": "127.0.0.1:0", "metrics": "127.0.0.1:0"})  # fmt: skip
        repository(folder)
    async with open_engine(load(folder / "config"), clock) as engine:
        for one in systems:
            one.clock = clock
            api = await engine.pollers[one.name].client()
            api.ask = one.ask  # type: ignore[method-assign]
        year = Year(engine, systems, clock, nth, folder / FILE)
        for name, value in before.items():
            setattr(year, name, value)
        yield year
