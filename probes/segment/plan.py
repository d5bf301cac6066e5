"""Tracking plans: their rules, page by page, and the properties that the JSON Schema of a rule holds.

A rule is an event, or what all events, all pages or all users share. Its schema has sections (properties, traits,
context), which have properties, which may have more: each becomes a field under its dotted path, as mappings of Segment
name it ("properties.order_id", "properties.products[].sku").
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import each, made
from probes.kit.contract import Fault, Malformed
from probes.kit.listing import Row

COUNT, CURSOR = "pagination.count", "pagination.cursor"
MOST: Final = 200  # rows of a page, by the reference
DEEP: Final = 8  # levels of a schema that become fields
TYPES: Final = {"string": "text", "integer": "integer", "number": "decimal", "boolean": "boolean", "object": "json",
                "array": "json"}  # fmt: skip
FORMATS: Final = {"date-time": "datetime", "date": "date", "time": "time", "email": "email", "uri": "url"}
BOUNDS: Final = {"minLength": "min_length", "maxLength": "length", "minimum": "minimum", "maximum": "maximum",
                 "minItems": "least_items", "maxItems": "most_items", "pattern": "pattern",
                 "description": "description", "default": "default"}  # fmt: skip
KNOWN: Final = frozenset({"type", "enum", "format", "properties", "required", "items", "title", "$schema", "$id", "id",
                          "labels", *BOUNDS})  # fmt: skip


@each
async def rules(api: Client, parent: Row) -> Answer:
    """All rules of a plan and their fields. A page that breaks leaves what came before it, as partial."""
    found, lacks = await pages(api, f"/tracking-plans/{parent['id']}/rules", "rules", "rules")
    rows = [{**rule, "event": event(str(parent["key"]), rule)} for rule in found]
    inner = [field for row in rows for field in fields(row)]
    events = [{**row, "required": required(row["jsonSchema"]), "other": other(row["jsonSchema"])}
              for row in rows]  # fmt: skip
    return made({"events": events, "fields": inner}, lacks)


async def pages(
    api: Client, path: str, name: str, limit: str = "default", **asked: str
) -> tuple[list[Any], Fault | None]:
    """The rows of a list, and why some are not among them. Raises the Fault of the first page."""
    rows: list[Any] = []
    cursor: str | None = None
    seen: set[str] = set()
    while True:
        try:
            answer = await api.ask(Ask(path, {**asked, COUNT: MOST, CURSOR: cursor}, limit=limit))
            found, told = answer.value(f"data.{name}"), answer.value("data.pagination") or {}
            if not isinstance(found, list):
                raise Malformed(f"the answer has no list data.{name}")
        except Fault as fault:
            if cursor is None:
                raise
            return rows, fault
        rows += found
        cursor, total = told.get("next"), told.get("totalEntries")
        if not cursor:
            short = isinstance(total, int) and total != len(rows)
            return rows, Malformed(f"{len(rows)} rows of {total}", code="short") if short else None
        if cursor in seen:
            return rows, Malformed("the cursor repeats", code="loop")
        seen.add(cursor)


def event(plan: str, rule: Mapping[str, Any]) -> str:
    """What a rule is called: its plan, type, name and version, of which a plan may hold several at a time."""
    name = [str(rule["key"])] if rule.get("key") else []
    return "/".join([plan, str(rule["type"]), *name, f"v{rule['version']}"])


def required(schema: Any) -> list[str]:
    sections = (schema or {}).get("properties") or {}
    return [f"{section}.{name}" for section, told in sections.items() for name in told.get("required") or ()]


def other(schema: Any) -> dict[str, Any]:
    """What a schema says at its top that no field of ours holds, such as conditions."""
    return {name: value for name, value in (schema or {}).items() if name not in KNOWN}


def fields(rule: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    schema = rule.get("jsonSchema") or {}
    try:
        for row in _fields(schema, "", 0):
            yield {"event": rule["event"], **row}
    except (AttributeError, TypeError) as error:
        raise Malformed(f"the schema of a rule is no JSON Schema: {type(error).__name__}") from None


def _fields(schema: Mapping[str, Any], at: str, depth: int) -> Iterator[dict[str, Any]]:
    must = schema.get("required") or ()
    for name, told in (schema.get("properties") or {}).items():
        path = f"{at}{name}"
        yield {"path": path, "required": name in must, **described(told)}
        items = told.get("items")
        inner, mark = (items, "[].") if isinstance(items, Mapping) else (told, ".")
        if depth < DEEP:
            yield from _fields(inner, f"{path}{mark}", depth + 1)


def described(told: Mapping[str, Any]) -> dict[str, Any]:
    """One property in our words. Without a type anything goes."""
    given = told.get("type")
    kinds = sorted(map(str, given)) if isinstance(given, list) else [str(given)] if given else []
    plain = [kind for kind in kinds if kind != "null"]
    ours = TYPES.get(plain[0], "any") if len(plain) == 1 else "any"
    values = told.get("enum")
    if ours == "text":
        ours = "option" if values else FORMATS.get(str(told.get("format")), "text")
    bounds = {name: told[word] for word, name in BOUNDS.items() if told.get(word) not in (None, "")}
    left = {name: value for name, value in told.items() if name not in KNOWN}
    if told.get("format") and ours == "text":
        left["format"] = told["format"]
    return {
        "type": ours, "native": " or ".join(kinds), "nullable": "null" in kinds if kinds else None,
        "options": sorted({str(_said(value)) for value in values}) if values else None,
        "left": left, **bounds,
    }  # fmt: skip


def _said(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
