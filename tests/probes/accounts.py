"""Accounts that the contract suite reads: a simulated one where there is one, else answers written down by hand.

A written-down answer stands in replies/<vendor>/, in a file of its path with "/" as "__" and without its parameters.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from probes.kit.clock import ManualClock
from probes.kit.listing import Vendor

REPLIES = Path(__file__).parent / "replies"
Twist = Callable[[httpx.Request, httpx.Response], httpx.Response]
PAGE = 2


def asleep(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    return response


class Wire(httpx.AsyncBaseTransport):
    """Passes requests on to the account and, once armed, twists what it answers."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner
        self.twist: Twist = asleep
        self.armed = False
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        content = await request.aread()
        given = await self.inner.handle_async_request(request)
        body = await given.aread()
        headers = {k: v for k, v in given.headers.items() if k not in ("content-length", "content-encoding")}
        plain = httpx.Response(given.status_code, headers=headers, content=body)
        if not self.armed:
            return plain
        self.requests.append(httpx.Request(request.method, request.url, content=content))
        return self.twist(request, plain)


def written(vendor: str) -> httpx.AsyncBaseTransport:
    def reply(request: httpx.Request) -> httpx.Response:
        file = REPLIES / vendor / (request.url.path.strip("/").replace("/", "__") + ".json")
        if not file.exists():
            return httpx.Response(404, content=b"{}")
        return httpx.Response(200, content=file.read_bytes(), headers={"content-type": "application/json"})

    return httpx.MockTransport(reply)


def has_account(vendor: Vendor) -> bool:
    simulated = importlib.util.find_spec(f"probes.simulated.{vendor.name}") is not None
    return simulated or (REPLIES / vendor.name).is_dir()


def account(vendor: Vendor, clock: ManualClock, secrets: dict[str, str], **options: Any) -> tuple[Any, Wire]:
    """The account, None for a written one, and the transport to it."""
    if importlib.util.find_spec(f"probes.simulated.{vendor.name}") is None:
        return None, Wire(written(vendor.name))
    made = importlib.import_module(f"probes.simulated.{vendor.name}").Account(clock=clock, page=PAGE, **options)
    for field, value in secrets.items():
        if hasattr(made, field):
            setattr(made, field, value)
    return made, Wire(httpx.ASGITransport(made.app))
