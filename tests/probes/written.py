"""A written-down account of a vendor, read as the monitor does, with an answer of one's own where a test needs one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from probes.kit.listing import Vendor

from .accounts import Written, options
from .kit.world import World


def written(
    vendor: Vendor, answers: Mapping[str, httpx.Response] | None = None, scheme: str = "", **connection: Any
) -> World:
    """The account; `answers`: instead of what stands there, by the last part of the path. Requests are kept.
    `scheme`: another than the vendor's first, where signing in by that takes more than what is written down.
    `connection`: another base address or other options than those written down."""
    account, own = Written(vendor.name), answers or {}

    class Wire(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            made.requests.append(request)
            given = own.get(request.url.path.rstrip("/").rpartition("/")[2])
            return given or await account.handle_async_request(request)

    scheme = scheme or next(iter(vendor.schemes))
    how = {"base": "https://account.test", "options": options(vendor.name), **connection}
    made = World(
        vendor, transport=Wire(), allow_private=True, scheme=scheme,
        secrets={field: f"demo-{field}" for field in vendor.schemes[scheme].fields}, **how,
    )  # fmt: skip
    return made
