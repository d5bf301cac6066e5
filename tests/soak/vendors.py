"""The vendors of the soak, in a process of their own: in-house systems behind one listener, and Salesforce and HubSpot
accounts behind one each. Of their answers, a share is spoiled at random once that was asked for.

`python -m tests.soak.vendors REST ACCOUNTS SEED` prints one line of JSON: the port of the in-house systems, and the
ports of the Salesforce and of the HubSpot accounts. POST /spoil/<share> and /set/<system>/<what>/<value> steer it.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import Callable
from typing import Any, Final

import uvicorn

from probes.kit.clock import SystemClock
from probes.simulated import hubspot, salesforce
from probes.simulated.control import App, Receive, Scope, Send

TOKEN: Final = "kanarie7-must-show-nowhere-0815"
OBJECTS: Final = ("lead", "account", "order")
FIELDS: Final = 12
STALL: Final = 20.0  # seconds; longer than the soak's integrations wait for an answer
HTML: Final = b"<html><body>Please sign in</body></html>"


class System:
    """An in-house system. `label` is what its field lead.field_0 is called; `gone` whether lead.field_1 was deleted;
    `dead` whether it refuses everything."""

    def __init__(self) -> None:
        self.label, self.gone, self.dead, self.loads = "Field-0", False, False, 0

    def answer(self, path: str) -> Any:
        if path == "/me":
            return {"org": {"id": "o-1"}, "login": "monitor", "scopes": ["read"]}
        if path == "/objects":
            return {"data": [{"name": name, "label": name.title()} for name in OBJECTS]}
        if path == "/loads":
            self.loads += 1
            return {"data": [{"name": "nightly", "cron": "0 1 * * *", "status": "done", "good": self.loads}]}
        name = path.removeprefix("/objects/").removesuffix("/fields")
        rows = [{"name": f"field_{n}", "label": f"Field {n}", "kind": "text"} for n in range(FIELDS)]
        if name == "lead":
            rows[0]["label"] = self.label
            rows = [row for row in rows if not (self.gone and row["name"] == "field_1")]
        return {"data": rows}


def reply(status: int, body: bytes, *headers: str, says: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status} x", f"content-length: {len(body) if says is None else says}", *headers]
    return "\r\n".join([*lines, "content-type: application/json", "", ""]).encode() + body


# What may come instead of an answer: bytes, and whether the connection ends with them.
FAULTS: Final[dict[str, Callable[[bytes], tuple[bytes, bool]]]] = {
    "500": lambda body: (reply(500, b"{}"), False),
    "503 as HTML": lambda body: (reply(503, HTML), False),
    "429": lambda body: (reply(429, b"{}", "retry-after: 2"), False),
    "403": lambda body: (reply(403, b'{"error": "no"}'), False),
    "200 as HTML": lambda body: (reply(200, HTML), False),
    "reset": lambda body: (b"", True),
    "cut": lambda body: (reply(200, body[: len(body) // 2], says=len(body)), True),
    "cut JSON": lambda body: (reply(200, body[: len(body) // 2]), False),
    "empty": lambda body: (reply(200, b""), False),
    "no rows": lambda body: (reply(200, b'{"data": []}'), False),
    "another key": lambda body: (reply(200, b'{"rows": []}'), False),
    "not HTTP": lambda body: (b"\x00\xff\r\n\r\n", True),
}


class Vendors:
    """All of them; `spoiled` counts faults by name."""

    def __init__(self, rest: int, seed: int) -> None:
        self.systems = [System() for _ in range(rest)]
        self.share, self.chance = 0.0, random.Random(seed)
        self.spoiled: dict[str, int] = {}

    def fault(self) -> str:
        """The name of what comes instead of the next answer; empty for nothing."""
        if self.chance.random() >= self.share:
            return ""
        name = self.chance.choice((*FAULTS, "stall"))
        self.spoiled[name] = self.spoiled.get(name, 0) + 1
        return name

    def steer(self, path: str) -> Any:
        what, *rest = path.strip("/").split("/")
        if what == "spoil":
            self.share = float(rest[0])
        elif what == "set":
            system = self.systems[int(rest[0])]
            system.label = rest[2] if rest[1] == "label" else system.label
            system.gone = system.gone or rest[1] == "gone"
            system.dead = system.dead or rest[1] == "dead"
        return self.spoiled

    def odd(self, app: App) -> App:
        """A simulated account of which some answers are not its own."""

        class Odd:  # uvicorn takes a bound method for the old two-step protocol
            async def __call__(_, scope: Scope, receive: Receive, send: Send) -> None:
                name = self.fault() if scope["type"] == "http" else ""
                if not name:
                    return await app(scope, receive, send)
                if name == "stall":
                    await asyncio.sleep(STALL)
                status = int(name) if name.isdigit() else 502
                headers = [(b"content-type", b"text/html"), (b"retry-after", b"2")]
                await send({"type": "http.response.start", "status": status, "headers": headers})
                await send({"type": "http.response.body", "body": HTML})

        return Odd()


class Line(asyncio.Protocol):
    """One connection to the in-house systems; requests come one after the other."""

    def __init__(self, vendors: Vendors) -> None:
        self.vendors, self.kept = vendors, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.kept += data
        while b"\r\n\r\n" in self.kept:
            head, _, self.kept = self.kept.partition(b"\r\n\r\n")
            self.answer(head.decode("latin-1"))

    def answer(self, head: str) -> None:
        method, path, _ = head.split(" ", 2)
        if method == "POST":
            return self.transport.write(reply(200, json.dumps(self.vendors.steer(path)).encode()))
        number, _, rest = path.lstrip("/").partition("/")
        system = self.vendors.systems[int(number)]
        if system.dead:
            return self.transport.write(reply(503, HTML))
        if f"x-api-key: {TOKEN}" not in head.lower():
            return self.transport.write(reply(401, b"{}"))
        body = json.dumps(system.answer(f"/{rest}")).encode()
        name = self.vendors.fault()
        if name == "stall":
            return None
        raw, ends = FAULTS[name](body) if name else (reply(200, body), False)
        self.transport.write(raw)
        return self.transport.close() if ends else None


async def served(app: Any) -> int:
    """A simulated account on a free loopback port, for as long as the process lives. Gives the port."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off", interface="asgi3")
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    return int(server.servers[0].sockets[0].getsockname()[1])


async def main(rest: int, accounts: int, seed: int) -> None:
    vendors, clock = Vendors(rest, seed), SystemClock()
    server = await asyncio.get_running_loop().create_server(lambda: Line(vendors), "127.0.0.1", 0, backlog=1024)
    orgs = [salesforce.Account(clock=clock, client_id="soak", client_secret=TOKEN) for _ in range(accounts)]
    portals = [hubspot.Account(clock=clock, token=TOKEN) for _ in range(accounts)]
    ports = {
        "rest": server.sockets[0].getsockname()[1],
        "salesforce": [await served(vendors.odd(one.app)) for one in orgs],
        "hubspot": [await served(vendors.odd(one.app)) for one in portals],
    }
    print(json.dumps(ports), flush=True)
    while True:  # the accounts' logs of requests would grow for as long as it runs, and nobody reads them here
        await asyncio.sleep(10)
        for one in (*orgs, *portals):
            one.requests.clear()


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
