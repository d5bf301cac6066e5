"""Accounts that the contract suite reads: answers written down by hand, and the wire that twists what an account says.

A written-down answer stands in a folder, in a file of its path with "/" as "__" ("index" for "/" itself) and without
its parameters. What is answered to one value of a parameter alone, such as the second page to its cursor, stands beside
it in a file named "<path>@<parameter>=<value>". A named operation of GraphQL has a file "<path>@<operation>", for one
value of a variable "<path>@<operation>@<variable>=<value>". What was recorded of an account stands in "@recorded", and
answers what no file does (probes/simulated/recorded.py). The options that an integration has to have stand in
"@options". Addresses in an answer that begin with the vendor's own base, such as that of the next page, stay as its
documentation shows them: they lead here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from pathlib import Path
from random import Random
from typing import Any

import httpx

from probes.simulated.recorded import Recorded

Twist = Callable[[httpx.Request, httpx.Response], httpx.Response]


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

    async def open(self) -> None:
        """Before the first poll."""

    async def close(self) -> None:
        """After the last one."""

    def without(self, names: Collection[str]) -> Twist:
        """A twist that calls these keys of an answer by another name."""
        spelled = re.compile(b'"(' + "|".join(sorted(names)).encode() + b')" ?:')

        def drop(request: httpx.Request, given: httpx.Response) -> httpx.Response:
            content = spelled.sub(b'"gone":', given.content)
            return httpx.Response(given.status_code, headers=given.headers, content=content)

        return drop


class Written(httpx.AsyncBaseTransport):
    """Answers as they stand in a folder; shuffled, those without a descending order come in another order. `base`: the
    vendor's own address, for which the one that is asked stands in."""

    def __init__(self, folder: Path, base: str = "") -> None:
        self.folder = folder
        self.base = base.rstrip("/")
        self.stems = {file.stem for file in folder.iterdir()}
        told = folder / "@recorded.json"
        self.recorded = Recorded(json.loads(told.read_bytes()) if told.exists() else [])
        self.shuffled = False
        self.missed: set[str] = set()  # files that an answer was looked for in, and that are not there

    def shuffle(self, on: bool) -> None:
        self.shuffled = on

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.strip("/").replace("/", "__") or "index"
        own = [*_graphql(name, request), *(f"{name}@{p}={value}" for p, value in request.url.params.multi_items())]
        stem = next((one for one in (*own, name) if one in self.stems), None)
        if stem is None and (again := self.recorded.answer(request, self.shuffled)) is not None:
            return again
        if stem is None:
            self.missed.add(" or ".join(f"{one}.json" for one in (name, *own)))
            return httpx.Response(404, content=b"{}")
        body = json.loads((self.folder / f"{stem}.json").read_bytes())
        if self.shuffled:
            body = self._jumbled(body, request)
        paged = any(one.startswith(f"{name}@page=") for one in self.stems)  # its pages are written down one by one
        if not paged and "page" in request.url.params and isinstance(body, dict) and isinstance(body.get("data"), list):
            start = int(request.url.params["page"]) - 1  # one row a page, so that lists of two have a second one
            body = {**body, "data": body["data"][start : start + 1]}
        content = json.dumps(body).encode()
        if self.base:
            content = content.replace(
                self.base.encode(), f"{request.url.scheme}://{request.url.netloc.decode()}".encode()
            )
        return httpx.Response(200, content=content, headers={"content-type": "application/json"})

    def _jumbled(self, body: Any, request: httpx.Request) -> Any:
        if not request.url.params.get("sort", "").startswith("-"):
            for rows in _lists(body):
                Random(7).shuffle(rows)
        return _backwards(body)


def _graphql(name: str, request: httpx.Request) -> list[str]:
    """The files that an operation of GraphQL may be answered by, as the top of this module names them."""
    body = json.loads(request.content) if request.method == "POST" and request.content[:1] == b"{" else {}
    if not (operation := body.get("operationName")):
        return []
    return [*(f"{name}@{operation}@{k}={v}" for k, v in (body.get("variables") or {}).items()), f"{name}@{operation}"]


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


def options(folder: Path) -> dict[str, Any]:
    """What an integration of a written-down account has in its options."""
    file = folder / "@options.json"
    return dict(json.loads(file.read_bytes())) if file.exists() else {}
