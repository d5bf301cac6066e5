"""Tracking plans: their rules, page by page, and the properties that the JSON Schema of a rule holds.

A rule is an event, or what all events, all pages or all users share. Its schema has sections (properties, traits,
context), which have properties, which may have more: each becomes a field under its dotted path, as mappings of Segment
name it ("properties.order_id", "properties.products[].sku").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from probes.kit import schemas
from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import each, made
from probes.kit.contract import Fault, Malformed
from probes.kit.listing import Row

COUNT, CURSOR = "pagination.count", "pagination.cursor"
MOST: Final = 200  # rows of a page, by the reference
BOUNDS: Final = {**schemas.BOUNDS, "minItems": "least_items", "maxItems": "most_items"}
KNOWN: Final = schemas.KNOWN | {*BOUNDS, "id", "labels"}


@each
async def rules(api: Client, parent: Row) -> Answer:
    """All rules of a plan and their fields. A page that breaks leaves what came before it, as partial."""
    found, lacks = await pages(api, f"/tracking-plans/{parent['id']}/rules", "rules", "rules")
    rows = [{**rule, "event": event(str(parent["key"]), rule)} for rule in found]
    fields = [
        {"event": row["event"], **field}
        for row in rows
        for field in schemas.properties(row["jsonSchema"] or {}, BOUNDS, KNOWN)
    ]
    events = [{**row, "required": required(row["jsonSchema"]), "other": other(row["jsonSchema"])}
              for row in rows]  # fmt: skip
    return made({"events": events, "fields": fields}, lacks)


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
