"""Accounts that the contract suite reads: a simulated one where there is one, else answers written down by hand.

A written-down answer stands in replies/<vendor>/, in a file of its path with "/" as "__" ("index" for "/" itself) and
without its parameters. What is answered to one value of a parameter alone, such as the second page to its cursor,
stands beside it in a file named "<path>@<parameter>=<value>". The options that an integration of the vendor has to have
stand in "@options".
"""

from __future__ import annotations

import importlib
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from random import Random
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


class Written(httpx.AsyncBaseTransport):
    """Answers as they stand in replies/<vendor>; shuffled, those without a descending order come in another order."""

    def __init__(self, vendor: str) -> None:
        self.folder = REPLIES / vendor
        self.stems = {file.stem for file in self.folder.iterdir()}
        self.shuffled = False

    def shuffle(self, on: bool) -> None:
        self.shuffled = on

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.strip("/").replace("/", "__") or "index"
        own = [f"{name}@{param}={value}" for param, value in request.url.params.multi_items()]
        stem = next((one for one in (*own, name) if one in self.stems), None)
        if stem is None:
            return httpx.Response(404, content=b"{}")
        body = json.loads((self.folder / f"{stem}.json").read_bytes())
        if self.shuffled:
            body = self._jumbled(body, request)
        if "page" in request.url.params and isinstance(body, dict) and isinstance(body.get("data"), list):
            start = int(request.url.params["page"]) - 1  # one row a page, so that lists of two have a second one
            body = {**body, "data": body["data"][start : start + 1]}
        content = json.dumps(body).encode()
        return httpx.Response(200, content=content, headers={"content-type": "application/json"})

    def _jumbled(self, body: Any, request: httpx.Request) -> Any:
        if not request.url.params.get("sort", "").startswith("-"):
            for rows in _lists(body):
                Random(7).shuffle(rows)
        return _backwards(body)


def _lists(body: Any) -> list[list[Any]]:
    """The lists that rows may stand in: the answer itself, or one at most two names into it."""
    if isinstance(body, list):
        return [body]
    inner = [value for value in body.values() if isinstance(value, dict)]
    return [rows for place in (body, *inner) for rows in place.values() if isinstance(rows, list)]


def _backwards(value: Any) -> Any:
    """The same value with the keys of every object the other way round."""
    if isinstance(value, dict):
        return {name: _backwards(inner) for name, inner in reversed(value.items())}
    return [_backwards(inner) for inner in value] if isinstance(value, list) else value


def options(vendor: str) -> dict[str, Any]:
    """What an integration of a written-down account has in its options."""
    file = REPLIES / vendor / "@options.json"
    return json.loads(file.read_bytes()) if file.exists() else {}


def stem(vendor: str) -> str:
    """What files of a vendor are called: "tag-manager" stands in tag_manager.py, which can be imported."""
    return vendor.replace("-", "_")


def has_account(vendor: Vendor) -> bool:
    simulated = importlib.util.find_spec(f"probes.simulated.{stem(vendor.name)}") is not None
    return simulated or (REPLIES / vendor.name).is_dir()


def account(vendor: Vendor, clock: ManualClock, secrets: dict[str, str], **options: Any) -> tuple[Any, Wire]:
    """The account, which can be shuffled, and the transport to it."""
    if importlib.util.find_spec(f"probes.simulated.{stem(vendor.name)}") is None:
        said = Written(vendor.name)
        return said, Wire(said)
    made = importlib.import_module(f"probes.simulated.{stem(vendor.name)}").Account(clock=clock, page=PAGE, **options)
    for field, value in secrets.items():
        if hasattr(made, field):
            setattr(made, field, value)
    return made, Wire(httpx.ASGITransport(made.app))
