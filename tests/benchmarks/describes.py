"""200 describes at 30 ms latency, beside simple-salesforce in the same run, over loopback sockets.

The simulated org is served by a process of its own. Both read every describe in full (the org answers no 304): ours
with the vendor file, projected to facts and compared with what was read before; simple-salesforce by its describe loop.
Its constructor knows https alone, so the address is set on each SFType. Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any, Final

import httpx
import orjson
from simple_salesforce.api import SFType

from monitor.demo import stage
from probes.kit.client import Connection, LiveClient, connect
from probes.kit.clock import SystemClock
from probes.kit.contract import Read, Signals
from probes.kit.drive import read
from probes.kit.limiter import Limiters
from probes.kit.memo import Memos
from probes.salesforce import VENDOR, VERSION
from probes.simulated import salesforce

OBJECTS: Final = 200
FIELDS: Final = 200
LATENCY: Final = 0.03
ROUNDS: Final = 5
SECRET: Final = {"client_id": "bench", "client_secret": "bench-secret"}


class Memory(Memos):
    """The kit's memory, and no rotating tokens."""

    async def load(self, name: str) -> dict[str, Any] | None:
        return None

    async def refresh_started(self, name: str) -> None: ...

    async def save(self, name: str, token: dict[str, Any]) -> None: ...


async def poll(api: LiveClient, memory: Memory) -> tuple[float, int, int]:
    """Wall seconds, describes read, requests."""
    start, read_ids, requests = time.perf_counter(), 0, 0
    async for item in read(VENDOR, api, memory, listings=("objects", "fields")):
        match item:
            case Read():
                assert item.coverage.complete, item.coverage
                read_ids += item.id.startswith("fields/")
                memory.keep(item)
            case Signals():
                requests = sum(item.requests.values())
    return time.perf_counter() - start, read_ids, requests


def peer(base: str, token: str, names: Sequence[str]) -> float:
    """Wall seconds of describing these objects one after the other, as the library does."""
    start = time.perf_counter()
    session = None
    for name in names:
        thing = SFType(name, token, "127.0.0.1", sf_version=VERSION, session=session)
        session = thing.session
        thing.base_url = f"{base}/services/data/v{VERSION}/sobjects/{name}/"
        assert thing.describe()["fields"]
    return time.perf_counter() - start


def signed_in(base: str) -> tuple[str, list[str]]:
    """A session, and the names of all objects that can be described."""
    with httpx.Client(base_url=base, trust_env=False) as http:
        given = http.post("/services/oauth2/token", data={"grant_type": "client_credentials", **SECRET})
        token = str(given.json()["access_token"])
        found = http.get(f"/services/data/v{VERSION}/sobjects", headers={"Authorization": f"Bearer {token}"}).json()
    return token, [thing["name"] for thing in found["sobjects"] if thing["queryable"]]


@contextlib.contextmanager
def served() -> Iterator[str]:
    """The simulated org in a process of its own; gives its address."""
    command = [sys.executable, "-m", "tests.benchmarks.describes", "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


async def serve() -> None:
    account = salesforce.Account(
        clock=SystemClock(), latency=LATENCY, objects=OBJECTS, fields=FIELDS, validators=False, **SECRET
    )
    async with stage.served(account.app) as address:
        print(address, flush=True)
        await asyncio.Event().wait()


@contextlib.asynccontextmanager
async def client(base: str, memory: Memory) -> AsyncIterator[LiveClient]:
    secret: Callable[[str], str] = SECRET.__getitem__
    connection = Connection(
        "bench", VENDOR, {"my_domain": "bench"}, "client_credentials", secret, base=base, allow_private=True
    )
    clock = SystemClock()
    async with connect(connection, clock=clock, limiters=Limiters(clock), tokens=memory) as api:
        yield api


async def main() -> dict[str, Any]:
    first, again, theirs = [], [], []
    with served() as base:
        token, names = await asyncio.to_thread(signed_in, base)
        for _ in range(ROUNDS):
            memory = Memory()
            async with client(base, memory) as api:
                wall, describes, requests = await poll(api, memory)
                first.append(wall)
                assert describes == len(names), (describes, len(names))
            async with client(base, memory) as api:  # signing in again counts
                wall, _, requests = await poll(api, memory)
                again.append(wall)
            theirs.append(await asyncio.to_thread(peer, base, token, names))
    return {
        "describes": len(names), "requests": requests, "peer_requests": len(names),
        "peer": statistics.median(theirs), "again": statistics.median(again), "first": statistics.median(first),
        "again_share": statistics.median(a / b for a, b in zip(again, theirs, strict=True)),
        "first_share": statistics.median(a / b for a, b in zip(first, theirs, strict=True)),
    }  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(serve())
    else:
        print(orjson.dumps(asyncio.run(main())).decode())
