"""What the kit's tests make their vendors and answers of, beside the stack in miniature."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

from probes.kit.auth import Header, Scheme
from probes.kit.contract import Kind
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, Vendor, keep
from probes.testing.world import ENDLESS, SECRET, Handler, Tokens, World

__all__ = ["ENDLESS", "SECRET", "Handler", "Tokens", "World", "js", "listing", "turned", "vendor"]


def js(body: Any, status: int = 200, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, content=content, headers={"content-type": "application/json", **named})


def turned(row: Mapping[str, Any], by: int) -> dict[str, Any]:
    """The same row with its keys in another order: sorted, then turned by so many places."""
    pairs = sorted(row.items())
    at = by % len(pairs)
    return dict(pairs[at:] + pairs[:at])


def listing(**changes: Any) -> Listing:
    return Listing(
        **{"name": "fields", "kind": Kind.FIELD, "path": "/fields", "records": "data", "key": "name",
           "facts": keep("label type"), **changes}
    )  # fmt: skip


def vendor(*listings: Listing, **changes: Any) -> Vendor:
    return Vendor(
        **{
            "name": "acme", "title": "Acme", "docs": "https://acme.test/docs", "base": "https://api.acme.test",
            "hosts": ("acme.test",), "listings": listings or (listing(),),
            "schemes": {"token": Scheme(fields=("token",), build=lambda c: Header(c, Authorization="Bearer {token}"))},
            "limits": {"default": Limit(rate=10_000)}, **changes,
        }
    )  # fmt: skip
