"""Vendors of which one fact is a document of the customer's own, whose keys are the customer's. It may differ by a key
more; nothing else of what they answer may, however deep in a list the vendor adds it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest

from probes.testing.contract import facts
from tests.faults.families import reshaped, richer
from tests.probes.desks import BASE, desk
from tests.probes.rules import everyone

OWN = {
    "n8n": {"x_digests"},  # of the parameters of nodes
    "segment": {"x_conditions"},  # of a rule's JSON Schema
    "strapi": {"conditions"},  # of a field, in JSON Logic
}


# Read to the keys that the vendor documents, wherever the vendor adds one: the options of their accounts.
DEEP: dict[str, dict[str, Any]] = {
    "braze": {"workspace": "Pilot"},
    "klaviyo": {},
    "meta-ads": {"account": "100200300"},
    "tag-manager": {"account": "600700", "login": BASE},
}
FREE = ("extras", "headers")  # of a message, whose keys are the customer's


def everywhere(body: bytes) -> bytes:
    """Each object that has a key has one more, whose value names a variable and an attribute."""

    def add(value: Any) -> Any:
        if isinstance(value, dict):
            inner = {name: one if name in FREE else add(one) for name, one in value.items()}
            return {**inner, "somethingNew": "{{New}} {{custom_attribute.${new}}}"} if value else value
        return [add(one) for one in value] if isinstance(value, list) else value

    return reshaped(body, add)


class Richer(httpx.AsyncBaseTransport):
    """An answer is what `how` makes of it."""

    def __init__(self, inner: httpx.AsyncBaseTransport, how: Callable[[bytes], bytes]) -> None:
        self.inner, self.how = inner, how

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        given = await self.inner.handle_async_request(request)
        headers = {"content-type": given.headers.get("content-type", "")}
        return httpx.Response(given.status_code, headers=headers, content=self.how(await given.aread()))


async def compared(vendor: str, how: Callable[[bytes], bytes] = bytes) -> dict[Any, dict[str, Any]]:
    """By row its facts, and what stands beside them."""
    _, world, wire = desk(everyone()[vendor], options=DEEP.get(vendor))
    wire.inner = Richer(wire.inner, how)
    _, scopes, reads = await world.poll()
    assert all(one.coverage.complete for one in reads.values())
    return {row: {**told, "id": id, "health": health} for row, (told, id, health) in facts(scopes).items()}


@pytest.mark.parametrize("vendor", OWN)
async def test_a_key_that_the_vendor_adds_changes_no_fact_but_the_customers_own_document(vendor: str) -> None:
    plain, added = await compared(vendor), await compared(vendor, partial(richer, within=True))
    assert plain.keys() == added.keys()
    differ = {name for row in plain for name in plain[row].keys() | added[row].keys()
              if plain[row].get(name) != added[row].get(name)}  # fmt: skip
    assert differ == OWN[vendor]


@pytest.mark.parametrize("vendor", DEEP)
async def test_a_key_more_in_every_object_of_every_answer_changes_nothing(vendor: str) -> None:
    assert await compared(vendor, everywhere) == await compared(vendor)
