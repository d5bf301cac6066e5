"""Vendors of which one fact is a document of the customer's own, whose keys are the customer's. It may differ by a key
more; nothing else of what they answer may, however deep in a list the vendor adds it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from probes.testing.contract import facts
from tests.faults.families import richer
from tests.probes.desks import desk
from tests.probes.rules import everyone

OWN = {
    "n8n": {"x_digests"},  # of the parameters of nodes
    "segment": {"x_conditions"},  # of a rule's JSON Schema
    "strapi": {"conditions"},  # of a field, in JSON Logic
}


class Richer(httpx.AsyncBaseTransport):
    """Each object of each list in an answer has a key more."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        given = await self.inner.handle_async_request(request)
        headers = {"content-type": given.headers.get("content-type", "")}
        return httpx.Response(given.status_code, headers=headers, content=richer(await given.aread(), within=True))


async def compared(vendor: str, *, more: bool) -> dict[Any, dict[str, Any]]:
    """By row its facts, and what stands beside them."""
    _, world, wire = desk(everyone()[vendor])
    if more:
        wire.inner = Richer(wire.inner)
    _, scopes, reads = await world.poll()
    assert all(one.coverage.complete for one in reads.values())
    return {row: {**told, "id": id, "health": health} for row, (told, id, health) in facts(scopes).items()}


@pytest.mark.parametrize("vendor", OWN)
async def test_a_key_that_the_vendor_adds_changes_no_fact_but_the_customers_own_document(vendor: str) -> None:
    plain, added = await compared(vendor, more=False), await compared(vendor, more=True)
    assert plain.keys() == added.keys()
    differ = {name for row in plain for name in plain[row].keys() | added[row].keys()
              if plain[row].get(name) != added[row].get(name)}  # fmt: skip
    assert differ == OWN[vendor]
