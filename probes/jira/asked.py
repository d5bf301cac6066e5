"""Jira on demand: one field, context, project, product or group, and who changed something.

`look`: each of these operations takes a global permission, and without it says 403 (Swagger): an empty answer to who
has it says that there is none. Projects are the exception: whoever may not browse one is told that there is none. Of
them only those are gone that say so: archived, or deleted within 60 days (`status` of the search). What is known by a
name (issue types, statuses, schemes, roles, workflows) can be asked for by its id alone. `who`: the audit log (its
reference: objectItem, authorAccountId, created), asked once for all; an entry names its thing by id or by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from probes.kit.api import Ask, Client, called, listed
from probes.kit.contract import Absent, Denied, Fault, Kind, Ref, Rejected, Sought, Unsupported, window
from probes.kit.errors import not_found
from probes.kit.listing import Found, Told
from probes.kit.values import instant

from .told import API, contexts

MOST: Final = 1000  # records, which is the most that one answer has


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    if ref == Ref(Kind.FIELD, "fields"):
        return await _field(api, key)
    if ref == Ref(Kind.SCHEMA, "projects"):
        return await _project(api, key)
    if ref == Ref(Kind.PERMISSION, "groups"):
        rows = listed((await api.ask(Ask(f"{API}/group/bulk", {"groupId": key}))).value(), "values")
        return Found("groups", rows[0]) if rows else Absent("no group of that id")
    try:
        if ref == Ref(Kind.PERMISSION, "products"):
            return Found("products", (await api.ask(Ask(f"{API}/applicationrole/{quote(key, safe='')}"))).value())
        field, _, part = ref.name.rpartition(".")
        if ref.kind is Kind.FIELD and part == "contexts":
            return await _context(api, field, key)
    except Rejected as fault:
        if not_found(fault):
            return Absent("404")
        raise
    raise Unsupported(f"Jira is not asked for one thing of {ref.kind}/{ref.name}", code="look")


async def _field(api: Client, key: str) -> Found | Absent:
    """The list has its whole row; that it is nowhere is believed of the search alone, which takes Administer Jira."""
    for row in (await api.ask(Ask(f"{API}/field"))).value():
        if row["id"] == key:
            return Found("fields", row)
    told = (await api.ask(Ask(f"{API}/field/search", {"id": key, "type": "custom"}))).value()
    if listed(told, "values") or not key.startswith("customfield_"):
        raise Denied(f"{key} is there, and not for this user", code="hidden")
    return Absent("no field of that id")


async def _context(api: Client, field: str, key: str) -> Found | Absent:
    parent = {"key": field, "id": field}
    async for _, found in contexts(api, [parent], [{}]):
        if isinstance(found, Fault):
            raise found
        if (row := called(listed(found.value(), "values"), "id", key)) is not None:
            return Found("field-contexts", row, parent)
    return Absent("no context of that id")


async def _project(api: Client, key: str) -> Found | Absent:
    for state in ("live", "archived", "deleted"):
        told = (await api.ask(Ask(f"{API}/project/search", {"keys": key, "status": state}))).value()
        if rows := listed(told, "values"):
            return Found("projects", rows[0]) if state == "live" else Absent(state)
    raise Denied(f"{key} is gone for good, or not for this user", code="not given")


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    since, until = window(sought)
    asked = {"from": _iso(since), "to": _iso(until), "limit": MOST}
    records: list[dict[str, Any]] = (await api.ask(Ask("/rest/api/3/auditing/record", asked))).value("records")
    return [_did(records, one) for one in sought]


def _did(records: Sequence[dict[str, Any]], sought: Sought) -> dict[str, Any]:
    for record in records:
        item = record.get("objectItem") or {}
        at = instant(record["created"]) or 0.0
        if sought.during(at) and sought.names & {str(item.get("id")), str(item.get("name"))}:
            by = record.get("authorAccountId") or record.get("authorKey")
            return {"by": by, "at": record["created"], "action": record.get("category"), "how": "named"}
    return {}


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
