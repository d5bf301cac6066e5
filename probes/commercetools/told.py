"""The coded lists of commercetools: types with their fields beside them, and API clients with their scopes apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import made, once
from probes.kit.contract import Malformed
from probes.kit.paging import Paging

SORTED: Final = {"sort": "id asc"}
PAGES: Final = Paging(style="offset", into="offset", size=500, size_into="limit", total="total")
PRODUCTS: Final = "products/"  # before the key of a product type, which a type may have too
INNER: Final = {"types": "fieldDefinitions", "product-types": "attributes"}


async def rows(api: Client, what: str) -> list[Any]:
    return await api.every(Ask(f"/{api.options['project']}/{what}", SORTED), PAGES, "results")


@once
async def types(api: Client) -> Answer:
    """Types of custom fields, with their fields."""
    return await both(api, "types")


@once
async def products(api: Client) -> Answer:
    """Product types, with their attributes."""
    return await both(api, "product-types")


@once
async def clients(api: Client) -> Answer:
    """API clients, with their scopes one by one."""
    found = [scoped(one) for one in await rows(api, "api-clients")]
    return made({"results": found})


def scoped(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "scope": str(row.get("scope") or "").split()}


async def both(api: Client, what: str) -> Answer:
    told = await rows(api, what)
    return made({"results": told, "fields": apart(told, what)})


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
