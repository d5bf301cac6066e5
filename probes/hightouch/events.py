"""Hightouch Events: contracts and domains, with the events that they declare and what each event may hold.

Both are collections of JSON Schemas that incoming events are held against; a domain also has components, fragments that
its schemas import. Each property becomes a field under its dotted path, as events carry it ("properties.total").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import made, once
from probes.kit.listing import Fetch
from probes.kit.paging import Paging
from probes.kit.schemas import properties

PAGES: Final = Paging(style="offset", into="offset", size=100, size_into="limit")


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
        fields = [{"event": one["event"], **field} for one in events for field in properties(one["schema"])]
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
