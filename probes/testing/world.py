"""A stack in miniature: one integration of a vendor, polled as the monitor does, over a transport of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx

from probes.kit.client import Connection, LiveClient, connect
from probes.kit.clock import ManualClock
from probes.kit.contract import Read, Ref, Scope, Signals, Vantage
from probes.kit.drive import read
from probes.kit.limiter import Limiters
from probes.kit.listing import Vendor
from probes.kit.memo import Memos
from probes.kit.prepared import Plan

ENDLESS = 20_000  # requests; no test means to make so many
SECRET = "s3cr3t-canary-0123456789"
Handler = Callable[[httpx.Request], httpx.Response]


class Tokens:
    """A TokenStore in memory that writes down the order of what happened."""

    def __init__(self, token: dict[str, Any] | None = None) -> None:
        self.token = token
        self.log: list[str] = []

    async def load(self, name: str) -> dict[str, Any] | None:
        return self.token

    async def refresh_started(self, name: str) -> None:
        self.log.append("started")

    async def save(self, name: str, token: dict[str, Any]) -> None:
        self.log.append("saved")
        self.token = token


class World:
    """One integration of a vendor, polled as the monitor does: memos are kept only with their reading."""

    def __init__(
        self,
        vendor: Vendor,
        handle: Handler | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: ManualClock | None = None,
        secrets: Mapping[str, str] | None = None,
        tokens: Tokens | None = None,
        **connection: Any,
    ) -> None:
        self.calls: list[str] = []
        self.requests: list[httpx.Request] = []
        self.clock = clock or ManualClock(leap=True)
        self.tokens = tokens or Tokens()
        self.memories = Memos()
        self.plan = Plan()
        self.secrets = dict(secrets or {"token": SECRET})
        self.limiters = Limiters(self.clock)
        self.signals = Signals()
        if handle is not None:

            def seen(request: httpx.Request) -> httpx.Response:
                assert len(self.requests) < ENDLESS, "this goes on without end"
                self.calls.append(f"{request.method} {request.url.raw_path.decode()}")
                self.requests.append(request)
                return handle(request)

            transport = httpx.MockTransport(seen)
        fields = {"integration": "acme-prod", "options": {}, "scheme": "token", **connection}
        self.connection = Connection(vendor=vendor, secret=lambda field: self.secrets[field], **fields)
        self.api: LiveClient = connect(
            self.connection, clock=self.clock, limiters=self.limiters, tokens=self.tokens, transport=transport
        )
        self.vendor = vendor

    async def poll(self, **how: Any) -> tuple[Vantage, dict[Ref, Scope], dict[str, Read]]:
        self.calls.clear()
        vantage: Vantage | None = None
        scopes: dict[Ref, Scope] = {}
        reads: dict[str, Read] = {}
        async for item in read(self.vendor, self.api, self.memories, plan=self.plan, **how):
            if isinstance(item, Vantage):
                vantage = item
            elif isinstance(item, Signals):
                self.signals = item
            else:
                assert item.id not in reads, f"two reads are called {item.id}"
                reads[item.id] = item
                for scope in item.scopes:
                    assert scope.ref not in scopes, f"two reads give {scope.ref}"
                    scopes[scope.ref] = scope
                self.memories.keep(item)
        assert vantage is not None
        return vantage, scopes, reads
