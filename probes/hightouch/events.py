"""Hightouch Events: contracts and domains, with the events that they declare and what each event may hold.

Both are collections of JSON Schemas that incoming events are held against; a domain also has components, fragments that
its schemas import. Each property becomes a field under its dotted path, as events carry it ("properties.total").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import made, once
from probes.kit.contract import Malformed
from probes.kit.listing import Fetch
from probes.kit.paging import Paging

PAGES: Final = Paging(style="offset", into="offset", size=100, size_into="limit")
DEEP: Final = 8  # levels of a schema that become fields
TYPES: Final = {"string": "text", "integer": "integer", "number": "decimal", "boolean": "boolean", "object": "json",
                "array": "json"}  # fmt: skip
FORMATS: Final = {"date-time": "datetime", "date": "date", "time": "time", "email": "email", "uri": "url"}
BOUNDS: Final = {"minLength": "min_length", "maxLength": "length", "minimum": "minimum", "maximum": "maximum",
                 "pattern": "pattern", "description": "description", "default": "default"}  # fmt: skip
KNOWN: Final = frozenset({"type", "enum", "format", "properties", "required", "items", "title", "$schema", "$id",
                          *BOUNDS})  # fmt: skip


def declared(what: str) -> Fetch:
    """All contracts, or all domains, of the workspace."""

    @once
    async def fetch(api: Client) -> Answer:
        rows = [
            {**row, "key": row.get("slug") or row["id"]}
            for row in await api.every(Ask(f"/events/{what}", {"orderBy": "id"}), PAGES, "data")
        ]
        events = [
            {**one, "event": named(what, row["key"], one), "required": list(required(one["schema"]))}
            for row in rows
            for one in row.get("events") or ()
        ]
        parts = [
            {**one, "key": f"{row['key']}/{one.get('slug') or one['name']}"}
            for row in rows
            for one in row.get("components") or ()
        ]
        fields = [{"event": one["event"], **field} for one in events for field in held(one["schema"])]
        told = {"rows": rows, "events": events, "components": parts, "fields": fields}
        return made(told)

    return fetch


def named(what: str, of: str, event: Mapping[str, Any]) -> str:
    """What an event is called: what declares it, its type, its name (only track events must have one) and its version,
    where it is another than the usual."""
    version = event.get("version")
    parts = [what, of, event["type"], event.get("name"), version if version != "default" else None]
    return "/".join(str(part) for part in parts if part)


def required(schema: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """The dotted paths that an event must have."""
    for name, told in (schema.get("properties") or {}).items():
        if name in (schema.get("required") or ()):
            yield f"{at}{name}"
            yield from required(told, f"{at}{name}.")


def held(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The properties of a schema. Raises Malformed for what is no JSON Schema."""
    try:
        return list(_held(schema, "", 0))
    except (AttributeError, TypeError) as error:
        raise Malformed(f"the schema of an event is no JSON Schema: {type(error).__name__}") from None


def _held(schema: Mapping[str, Any], at: str, depth: int) -> Iterator[dict[str, Any]]:
    must = schema.get("required") or ()
    for name, told in (schema.get("properties") or {}).items():
        yield {"path": f"{at}{name}", "required": name in must, **described(told)}
        items = told.get("items")
        inner, mark = (items, "[].") if isinstance(items, Mapping) else (told, ".")
        if depth < DEEP:
            yield from _held(inner, f"{at}{name}{mark}", depth + 1)


def described(told: Mapping[str, Any]) -> dict[str, Any]:
    """One property in our words. Without a type, or with one out of a component, anything goes."""
    given = told.get("type")
    kinds = sorted(map(str, given)) if isinstance(given, list) else [str(given)] if given else []
    plain = [kind for kind in kinds if kind != "null"]
    ours = TYPES.get(plain[0], "any") if len(plain) == 1 else "any"
    values = told.get("enum")
    if ours == "text":
        ours = "option" if values else FORMATS.get(str(told.get("format")), "text")
    return {
        "type": ours, "native": " or ".join(kinds), "nullable": "null" in kinds if kinds else None,
        "options": sorted({str(value) for value in values}) if values else None,
        "left": {name: value for name, value in told.items() if name not in KNOWN},
        **{name: told[word] for word, name in BOUNDS.items() if told.get(word) not in (None, "")},
    }  # fmt: skip
