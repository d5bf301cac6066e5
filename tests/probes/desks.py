"""A vendor's simulated account and the monitor's reading of it, for the tests of one vendor."""

from __future__ import annotations

import importlib
import json
from contextlib import suppress
from typing import Any

import httpx

from probes.kit.clock import ManualClock
from probes.kit.listing import Vendor

from .accounts import stem
from .kit.world import World

BASE = "https://account.test"
NOW = 1_780_000_000.0


class Said(httpx.AsyncBaseTransport):
    """Passes requests on and keeps them; `said` is what was answered with 200 in JSON, by path."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner
        self.said: list[tuple[str, Any]] = []
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        content = await request.aread()
        self.requests.append(httpx.Request(request.method, request.url, headers=request.headers, content=content))
        given = await self.inner.handle_async_request(request)
        body = await given.aread()
        if given.status_code == 200 and "json" in given.headers.get("content-type", ""):
            with suppress(ValueError):  # an account may have been asked to cut it
                self.said.append((request.url.path, json.loads(body)))
        return httpx.Response(given.status_code, headers=given.headers, content=body)


def desk(
    vendor: Vendor, *, scheme: str = "", options: dict[str, Any] | None = None, base: str = BASE, **account: Any
) -> tuple[Any, World, Said]:
    """The account (made with `account`), the world that reads it, and what passed between them. Secrets of the first
    scheme, or of `scheme`, are set at both ends: `world.poll()` and the account's controls are all a test needs."""
    name = scheme or next(iter(vendor.schemes))
    secrets = {field: f"demo-{field}" for field in vendor.schemes[name].fields}
    clock = ManualClock(NOW, leap=True)
    made = importlib.import_module(f"probes.simulated.{stem(vendor.name)}").Account(clock=clock, **account)
    for field, value in secrets.items():
        if hasattr(made, field):
            setattr(made, field, value)
    wire = Said(httpx.ASGITransport(made.app))
    world = World(
        vendor, transport=wire, clock=clock, scheme=name, secrets=secrets, base=base, allow_private=True,
        options=options or {},
    )  # fmt: skip
    return made, world, wire
