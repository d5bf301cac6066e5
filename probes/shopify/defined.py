"""Metafields and metaobjects: their definitions in our words, one definition on demand, and the segments of customers
that ask for metafields.

Validations come as name and value in text, lists of them as JSON in text: choices become options, sizes become bounds,
and what is left stays as it is told. A definition is known by its namespace and key, a field of a metaobject by its
key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import each, made, once
from probes.kit.contract import Absent, Kind, Malformed, Ref, Unsupported
from probes.kit.listing import Found, Row
from probes.kit.paging import Paging

from .queries import METAFIELD, METAFIELDS, METAOBJECT, METAOBJECTS, SEGMENTS

VERSION: Final = "2026-10"
PATH: Final = f"/admin/api/{VERSION}/graphql.json"
# https://shopify.dev/docs/apps/build/custom-data/metafields/list-of-data-types
TYPES: Final = {
    "single_line_text_field": "text", "multi_line_text_field": "long_text", "rich_text_field": "json", "id": "id",
    "number_integer": "integer", "number_decimal": "decimal", "boolean": "boolean", "date": "date",
    "date_time": "datetime", "json": "json", "url": "url", "link": "json", "color": "text", "language": "text",
    "money": "currency", "rating": "json", "dimension": "json", "volume": "json", "weight": "json",
    "file_reference": "file",
}  # fmt: skip
# https://shopify.dev/docs/api/shopifyql/segment-query-language-reference
_ASKED: Final = re.compile(r"\bmetafields\.([\w:$-]+)\.([\w-]+)")
_VALUE: Final = re.compile(r"'(?:[^'\\]|\\.)*'")
METAOBJECT_TYPES: Final = Ref(Kind.SCHEMA, "metaobjects")
TEXTS: Final = ("single_line_text_field", "multi_line_text_field", "id")
OURS: Final = ("page", "collection", "customer", "company", "product", "variant", "metaobject", "mixed", "article",
               "order", "product_taxonomy_value")  # fmt: skip


def page(root: str) -> Paging:
    return Paging(style="graphql", next=f"data.{root}.pageInfo")


async def nodes(api: Client, query: str, root: str, **variables: Any) -> list[Any]:
    body = {"query": query, "variables": {**variables, "after": None}}
    return await api.every(Ask(PATH, body=body), page(root), f"data.{root}.nodes")


@each
async def metafields(api: Client, parent: Row) -> Answer:
    rows = [definition(row) for row in await nodes(api, METAFIELDS, "metafieldDefinitions", owner=parent["key"])]
    return made({"rows": rows})


@once
async def metaobjects(api: Client) -> Answer:
    """Types of metaobjects, their fields beside them."""
    rows = await nodes(api, METAOBJECTS, "metaobjectDefinitions")
    fields = [{**described(field), "of": row["type"]} for row in rows for field in row.pop("fieldDefinitions")]
    return made({"types": rows, "fields": fields})


@once
async def segments(api: Client) -> Answer:
    """Segments of customers, with the metafields of customers that their queries name."""
    rows = await nodes(api, SEGMENTS, "segments")
    told = [{**row, "reads": sorted({f"CUSTOMER/{space}.{key}" for space, key in _ASKED.findall(
        _VALUE.sub(" ", str(row.get("query") or "")))})} for row in rows]  # fmt: skip
    return made({"rows": told})


def definition(row: Mapping[str, Any]) -> dict[str, Any]:
    held = row.get("constraints") or {}
    only = sorted(str(one["value"]) for one in (held.get("values") or {}).get("nodes") or ())
    return {**described(row), "only_for": {"key": held["key"], "values": only} if held.get("key") else None}


def described(row: Mapping[str, Any]) -> dict[str, Any]:
    native = str(row["type"]["name"])
    single = native.removeprefix("list.")
    told = {str(one["name"]): one.get("value") for one in row.get("validations") or ()}
    choices = parsed(told.pop("choices", None))
    return {
        **row, "validations": None, "native": native, "ours": ours(native, choices),
        "choices": [str(one) for one in choices] if isinstance(choices, list) else None,
        "pattern": told.pop("regex", None), **bounds(single, told),
        "left": {name: parsed(value) for name, value in told.items() if value is not None},
    }  # fmt: skip


def ours(native: str, choices: Any) -> str:
    single = native.removeprefix("list.")
    if choices:
        return "multi_option" if native != single else "option"
    if single.endswith("_reference") and single != "file_reference":
        return "reference"
    found = TYPES.get(single, "any")
    return "json" if native != single and found not in ("file", "any") else found


def bounds(single: str, told: dict[str, Any]) -> dict[str, Any]:
    """`min` and `max` are characters of a text, else the number itself; those of a list have names of their own. Bounds
    that are no numbers, such as dates, stay among what is left."""
    text = single in TEXTS
    names = {"min": "min_length" if text else "minimum", "max": "length" if text else "maximum",
             "list.min": "least_items", "list.max": "most_items"}  # fmt: skip
    found = {}
    for word, name in names.items():
        if word in told and isinstance(value := parsed(told[word]), int | float) and not isinstance(value, bool):
            found[name] = value
            del told[word]
    return found


def parsed(value: Any) -> Any:
    """A value that is JSON in text; other text stays text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """One definition of metafields or metaobjects. Null is "there is none"; a missing right is an error ACCESS_DENIED.
    A definition that an app keeps to itself may be hidden instead: of those nothing is said."""
    if ref == METAOBJECT_TYPES:
        return await _looked(api, METAOBJECT, {"type": key.removeprefix("metaobject:")})
    namespace, _, name = key.rpartition(".")
    if ref.kind is not Kind.FIELD or ref.name.startswith("metaobject:") or not namespace:
        raise Unsupported(f"Shopify is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    return await _looked(api, METAFIELD, {"owner": ref.name, "namespace": namespace, "key": name})


async def _looked(api: Client, query: str, asked: Mapping[str, str]) -> Found | Absent:
    root, space = ("metafieldDefinition", "namespace") if "owner" in asked else ("metaobjectDefinitionByType", "type")
    data = (await api.ask(Ask(PATH, body={"query": query, "variables": asked}))).value("data")
    if not isinstance(data, dict) or root not in data:
        raise Malformed(f"the answer has no data.{root}")
    found = data[root]
    if found is None and asked[space].startswith("app--"):
        raise Unsupported("a definition of an app's own namespace may be hidden from other apps", code="look")
    if found is None:
        return Absent("null")
    if "owner" in asked:
        return Found("metafields", definition(found), {"key": asked["owner"], "id": ""})
    return Found("metaobjects", {**found, "of": found["type"]})
