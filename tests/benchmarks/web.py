"""`python -m tests.benchmarks.web [FINDINGS INTEGRATIONS PEOPLE SECONDS]`: the review queue of a large stack, in use.

A daemon with 100,000 open findings polls 1,000 integrations over loopback while 20 people ask for the queue: pages,
filters, searches, findings and the API, each with two seconds to read. Prints the figures; ends with 1 when the queue's
p99 is 500 ms or more, a request takes longer than that alone, or a poll began late. Takes about three minutes.

The daemon, the vendor and the people each have a process of their own.
"""

from __future__ import annotations

import asyncio
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import orjson
import uvicorn

import monitor.daemon as daemons
from monitor.adapters.store import Store
from monitor.config import load
from monitor.core.model import (
    Action,
    Address,
    Claim,
    Event,
    EventType,
    Finding,
    Level,
    Phase,
    Reason,
    Source,
    Urgency,
    Verdict,
)
from monitor.daemon import Daemon
from monitor.engine.core import Engine
from monitor.logs import logging_to
from probes.kit.clock import SystemClock
from probes.kit.contract import Kind

from .detect import Stalls, repository
from .replay import lay_out

SIZES: Final = (100_000, 1000, 20, 60)
P99_MS: Final = 500.0
ALONE_MS: Final = 300.0
LATE_S: Final = 1.0
READ_S: Final = 2.0  # what a person takes to look, on average
EVERY: Final = 300.0  # seconds between two polls of an integration, as by default
LISTING: Final = {"listings": [{"name": "objects", "kind": "schema", "path": "/objects", "records": "items",
                                "key": "name", "facts": ["label"]}]}  # fmt: skip
ANSWER: Final = orjson.dumps({"items": [{"name": f"Object_{n}", "label": f"Object {n}"} for n in range(50)]})
TEAMS: Final = ("ops", "brand", "revenue")
QUEUE: Final = (
    "/review", "/review?level=breaking", "/review?size=200", "/review?owner=brand&page=40", "/review?page={page}",
    "/review?integration=crm-{n:04}", "/review?q=field_{n}", "/review?children=1&kind=permission",
    "/api/v1/findings", "/api/v1/findings?level=warning&cursor=-{then}~", "/api/v1/findings?q=label&limit=200",
)  # fmt: skip


def finding(number: int, integrations: int, chance: random.Random) -> Finding:
    """An open finding about something that no poll of this stack looks at, so that it stays."""
    level, kind = chance.choice(list(Level)), chance.choice([Kind.FIELD, Kind.PERMISSION, Kind.AUTOMATION])
    address = Address(
        Source.DRIFT, f"crm-{number % integrations:04}", kind, f"Object_{number % 97}", f"Field_{number}", "label", ""
    )
    why = (Reason("rule", "The label changed.", level),)
    verdict = Verdict("field.label.changed", level, Urgency.DIGEST, chance.choice(TEAMS), why)
    said = Claim(address, Action.CHANGED, f"Old label {number}", f"New label {number}", verdict)
    at = time.time() - 60.0 - number
    return Finding(
        id=address.finding_id(1), opening=1, claim=said, phase=Phase.OPEN, first_seen_at=at, opened_at=at, reading=1
    )


async def fill(state: Path, findings: int, integrations: int) -> None:
    state.mkdir(parents=True, exist_ok=True)
    store, chance = await Store.open(state, SystemClock()), random.Random(1)
    made = [finding(number, integrations, chance) for number in range(findings)]
    for start in range(0, findings, 5000):
        part = made[start : start + 5000]
        async with store.transaction() as tx:
            await tx.put_findings(part)
            await tx.add_events(
                [
                    Event(type=EventType.OPENED, at=one.first_seen_at, finding=one.id, address=one.address)
                    for one in part
                ]
            )
    await store.close()


async def vendor() -> None:
    """Answers every listing alike."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": ANSWER})

    own = socket.create_server(("127.0.0.1", 0))
    print(orjson.dumps({"port": own.getsockname()[1]}).decode(), flush=True)
    await uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off")).serve(sockets=[own])


async def serve(config: Path) -> None:
    """The daemon, with a watch on how late its polls begin and its loop comes round, from its first tick on: in a new
    store that writes something for each integration. Told when it ends."""
    logging_to(json=False)
    daemon, stalls, late = Daemon(load(config), SystemClock()), Stalls(), list[float]()
    run_job, tick, clock, warm = Engine.run_job, daemons.tick, SystemClock(), asyncio.Event()

    async def first(engine: Engine) -> Any:
        done = await tick(engine)
        warm.set()
        return done

    async def timed(engine: Engine, job: Any) -> Any:
        if warm.is_set() and job.next_due and not job.missed and str(job.why) == "schedule":
            late.append(clock.now() - (min(job.next_due.values()) - EVERY))
        return await run_job(engine, job)

    Engine.run_job = timed  # type: ignore[method-assign]
    daemons.tick = first  # type: ignore[assignment]
    running, ready = asyncio.create_task(daemon.run()), asyncio.create_task(warm.wait())
    await asyncio.wait((running, ready), return_when=asyncio.FIRST_COMPLETED)
    print(orjson.dumps({"warm": ready.done()}).decode(), flush=True)
    async with stalls.watching():
        await running
    told = {"polls": len(late), "late_max_s": max(late, default=0.0), "late": sum(one > LATE_S for one in late)}
    print(orjson.dumps({**told, **{f"stall_{name}": value for name, value in stalls.told().items()}}).decode())


@contextmanager
def process(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """Another part of this module, and the first thing it says."""
    command = [sys.executable, "-m", "tests.benchmarks.web", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as started:
        try:
            assert started.stdout is not None
            line = started.stdout.readline()
            assert line, f"{arguments[0]} ended before it said anything"
            yield started, orjson.loads(line)
        finally:
            started.terminate()


async def ask(base: str, findings: int, integrations: int, people: int, seconds: float) -> dict[str, list[float]]:
    """Milliseconds of each answer, by address."""
    took: dict[str, list[float]] = defaultdict(list)
    until, began = time.perf_counter() + seconds, time.time()

    async def person(number: int) -> None:
        chance = random.Random(number)
        async with httpx.AsyncClient(
            base_url=base, timeout=60, trust_env=False, headers={"accept": "text/html"}
        ) as web:
            await asyncio.sleep(chance.uniform(0, 2 * READ_S))  # nobody waits for the others to begin
            while time.perf_counter() < until:
                path = chance.choice(QUEUE)
                to = path.format(
                    n=chance.randrange(integrations),
                    page=chance.randrange(1, max(2, findings // 300)),
                    then=began - chance.uniform(0, findings),
                )
                start = time.perf_counter()
                answer = await web.get(to)
                took[path].append(1000 * (time.perf_counter() - start))
                assert answer.status_code == 200, (to, answer.status_code, answer.text[:500])
                await asyncio.sleep(chance.uniform(0, 2 * READ_S))

    async with asyncio.TaskGroup() as tasks:
        for number in range(people):
            tasks.create_task(person(number))
    return took


def alone(base: str) -> dict[str, float]:
    """The median of a few, with nobody else on it."""
    out = {}
    with httpx.Client(base_url=base, timeout=60, trust_env=False, headers={"accept": "text/html"}) as web:
        for path in QUEUE:
            walls = []
            for _ in range(5):
                start = time.perf_counter()
                web.get(path.format(n=7, page=3, then=time.time() - 1000.0)).raise_for_status()
                walls.append(1000 * (time.perf_counter() - start))
            out[path] = sorted(walls)[2]
    return out


def p99(values: list[float]) -> float:
    return sorted(values)[max(0, int(len(values) * 0.99) - 1)]


def measure(findings: int, integrations: int, people: int, seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as temporary, process("vendor") as (_, at):
        folder = Path(temporary)
        own = {"vendor": "rest", "base": f"http://127.0.0.1:{at['port']}", "credentials": {"scheme": "none"},
               "rest": LISTING}  # fmt: skip
        port = 19_731
        config = lay_out(
            folder,
            {f"crm-{number:04}": own for number in range(integrations)},
            poll={"every": f"{EVERY:.0f}s", "jitter": 1.0},
            server={"listen": f"127.0.0.1:{port}", "metrics": f"127.0.0.1:{port + 1}"},
            baselines={"push": False},
        )
        repository(folder)
        asyncio.run(fill(folder / "var", findings, integrations))
        start = time.perf_counter()
        with process("serve", str(config)) as (daemon, _):
            ready, base = time.perf_counter() - start, f"http://127.0.0.1:{port}"
            by_one = alone(base)
            took = asyncio.run(ask(base, findings, integrations, people, seconds))
            daemon.terminate()
            assert daemon.stdout is not None
            told = orjson.loads(daemon.stdout.readlines()[-1])
    every = [wall for walls in took.values() for wall in walls]
    worst = max(took, key=lambda path: p99(took[path]))
    return {
        "findings": findings, "integrations": integrations, "people": people, "ready_s": ready,
        "answers": len(every), "alone_max_ms": max(by_one.values()), "alone_worst": max(by_one, key=by_one.__getitem__),
        "p50_ms": sorted(every)[len(every) // 2], "p99_ms": p99(every), "p99_worst": worst,
        "p99_of_worst_ms": p99(took[worst]), **told,
    }  # fmt: skip


def main(sizes: list[str]) -> int:
    findings, integrations, people, seconds = (int(one) for one in sizes) if sizes else SIZES
    found = measure(findings, integrations, people, seconds)
    for name, value in found.items():
        print(f"{name:18} {value:,.1f}" if isinstance(value, float) else f"{name:18} {value}")
    met = found["p99_ms"] < P99_MS and found["alone_max_ms"] < ALONE_MS and not found["late"]
    print("met" if met else "not met")
    return 0 if met else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["vendor"]:
        asyncio.run(vendor())
    elif sys.argv[1:2] == ["serve"]:
        asyncio.run(serve(Path(sys.argv[2])))
    else:
        raise SystemExit(main(sys.argv[1:]))
