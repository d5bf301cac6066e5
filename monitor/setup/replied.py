"""Tries a new vendor's file on the answers that were made for it, before either is written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import msgspec

from probes.kit.client import Connection, connect
from probes.kit.clock import ManualClock
from probes.kit.contract import Read, Vantage
from probes.kit.drive import read
from probes.kit.limiter import Limiters
from probes.kit.listing import Vendor
from probes.kit.memo import Memos
from probes.simulated.recorded import HOST, Recorded

from .newvendor import NewVendor
from .proof import Tokenless


class Replied(httpx.AsyncBaseTransport):
    """Answers by path and by the value of a parameter, as probes/testing gives them; that needs pytest, and a person's
    terminal has none."""

    def __init__(self, replies: Mapping[str, Any]) -> None:
        self._replies = replies
        self._recorded = Recorded(replies.get("@recorded", []))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        name = request.url.path.strip("/").replace("/", "__") or "index"
        own = [f"{name}@{param}={value}" for param, value in request.url.params.multi_items()]
        found = next((one for one in (*own, name) if one in self._replies), None)
        if found is None and (again := self._recorded.answer(request)) is not None:
            return again
        if found is None:
            return httpx.Response(404, content=b"{}")
        body = self._replies[found]
        paged = any(one.startswith(f"{name}@page=") for one in self._replies)
        if not paged and "page" in request.url.params and isinstance(body, dict) and isinstance(body.get("data"), list):
            start = int(request.url.params["page"]) - 1
            body = {**body, "data": body["data"][start : start + 1]}
        return httpx.Response(200, content=msgspec.json.encode(body), headers={"content-type": "application/json"})


async def tried(made: NewVendor, home: Path = Path()) -> tuple[dict[str, str], list[str]]:
    """Reads that are not complete, each with why, and declared facts that no row has. `home`: the folder that the file
    will stand in."""
    vendor = _vendor(made, home)
    scheme = next(iter(vendor.schemes))
    connection = Connection(
        integration="tried", vendor=vendor, options=made.replies.get("@options", {}), scheme=scheme,
        secret=lambda field: f"of-{field}", base=HOST, allow_private=True,
    )  # fmt: skip
    clock = ManualClock(1_780_000_000.0, leap=True)
    wrong: dict[str, str] = {}
    had: set[str] = set()
    async with connect(connection, clock=clock, limiters=Limiters(clock), tokens=Tokenless(),
                       transport=Replied(made.replies)) as api:  # fmt: skip
        async for item in read(vendor, api, Memos()):
            if isinstance(item, Vantage) and not item.coverage.complete:
                wrong["identity"] = item.coverage.reason
            if isinstance(item, Read):
                if not item.coverage.complete:
                    wrong[item.id] = item.coverage.reason
                had |= {
                    f"{scope.ref.kind}.{fact}" for scope in item.scopes for row in scope.resources for fact in row.facts
                }
    declared = {
        f"{view.kind}.{fact}" for listing in vendor.listings for view in listing.views for fact in view.compared
    }
    return wrong, sorted(declared - had)


def _vendor(made: NewVendor, home: Path) -> Vendor:
    """As the file will give it from where it will stand: it may begin with one beside it."""
    module = ModuleType(f"driftline_vendor_{made.stem}")
    module.__file__ = str(home.resolve() / f"{made.stem}.py")
    exec(compile(made.text, module.__file__, "exec"), vars(module))  # noqa: S102  our own text
    vendor: Vendor = module.VENDOR
    return vendor
