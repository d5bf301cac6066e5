"""The coded lists of commercetools: types with their fields beside them, and API clients with their scopes apart."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from probes.kit.api import Answer, Ask, Client
from probes.kit.contract import Fault, Malformed
from probes.kit.listing import Row
from probes.kit.paging import Paging

SORTED: Final = {"sort": "id asc"}
PAGES: Final = Paging(style="offset", into="offset", size=500, size_into="limit", total="total")
PRODUCTS: Final = "products/"  # before the key of a product type, which a type may have too
INNER: Final = {"types": "fieldDefinitions", "product-types": "attributes"}


async def rows(api: Client, what: str) -> list[Any]:
    return await api.every(Ask(f"/{api.options['project']}/{what}", SORTED), PAGES, "results")


async def types(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """Types of custom fields, with their fields."""
    yield parents[0], await both(api, "types")


async def products(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """Product types, with their attributes."""
    yield parents[0], await both(api, "product-types")


async def clients(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """API clients, with their scopes one by one."""
    found = [scoped(one) for one in await rows(api, "api-clients")]
    yield parents[0], Answer(200, {}, msgspec.json.encode({"results": found}))


def scoped(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "scope": str(row.get("scope") or "").split()}


async def both(api: Client, what: str) -> Answer:
    told = await rows(api, what)
    return Answer(200, {}, msgspec.json.encode({"results": told, "fields": apart(told, what)}))


def apart(told: Sequence[Mapping[str, Any]], what: str) -> list[dict[str, Any]]:
    """The fields of types; `of` is the key of the type as its own list has it. Raises Malformed where one has none."""
    fields: list[dict[str, Any]] = []
    for one in told:
        if not isinstance(one.get(INNER[what]), list):
            raise Malformed(f"a type has no {INNER[what]}")
        place = str(one.get("key") or one["id"])
        if what == "product-types":
            place = PRODUCTS + place.replace("%", "%25").replace("/", "%2F")
        own = {"of": place, "of_id": one.get("id")}
        fields += [{**field, **own, "kind": kind(field["type"])} for field in one[INNER[what]]]
    return fields


def kind(told: Mapping[str, Any]) -> str:
    """A type's name, of a set also that of what it holds, in small letters."""
    name = str(told["name"]).lower()
    held = told.get("elementType")
    return f"set of {held['name']}".lower() if name == "set" and held and "enum" in held["name"].lower() else name
