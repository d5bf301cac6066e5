"""Strapi on demand: one content type, component or field, and who made each of some changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from probes.kit.api import Ask, Client
from probes.kit.contract import Absent, Kind, Malformed, Ref, Rejected, Sought, Unsupported, window
from probes.kit.listing import Found, Told
from probes.kit.values import instant

from .told import of

DEEDS, MOST = 100, 5  # entries of the audit log on a page, and pages that are looked through
ACTS: Final = ("content-type.", "component.", "role.", "permission.", "user.")  # and not what happens to content
GONE: Final = ("contentType.notFound", "component.notFound")
NAMES: Final = ("uid", "code", "name", "email")


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """A content type, a component, or one of its fields. Only the uid of a content type has `::` in it."""
    if ref.kind is not Kind.FIELD and ref not in (Ref(Kind.SCHEMA, "collections"), Ref(Kind.SCHEMA, "components")):
        raise Unsupported(f"Strapi is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    uid = key if ref.kind is Kind.SCHEMA else ref.name
    listing, place = ("collections", "content-types") if "::" in uid else ("components", "components")
    try:
        row = (await api.ask(Ask(f"/content-type-builder/{place}/{quote(uid, safe=':')}"))).value("data")
    except Rejected as fault:
        if fault.code in GONE:
            return Absent(fault.code)
        raise
    if ref.kind is Kind.SCHEMA:
        return Found(listing, row)
    field = next((one for one in of(row) if one["key"] == key), None)
    return Absent("attributes") if field is None else Found(listing, field)


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """By the audit log, newest first, asked for once. A field is named by its type, whose schema was saved."""
    since, _ = window(sought)
    rows: list[dict[str, Any]] = []
    for page in range(1, MOST + 1):
        answer = await api.ask(Ask("/admin/audit-logs", {"sort": "date:DESC", "page": page, "pageSize": DEEDS}))
        found, pages = answer.value("results"), answer.value("pagination.pageCount")
        if not isinstance(found, list) or not isinstance(pages, int):
            raise Malformed("the audit log has no results and pagination")
        rows += found
        if page >= pages or (found and (instant(found[-1]["date"]) or 0.0) < since):
            break
    return [_did(rows, one) for one in sought]


def _did(rows: Sequence[Mapping[str, Any]], sought: Sought) -> dict[str, Any]:
    named = {sought.ref.name} if sought.ref.kind is Kind.FIELD else sought.names
    for row in rows:
        at = instant(row["date"]) or 0.0
        if sought.during(at) and str(row["action"]).startswith(ACTS) and named & set(things(row.get("payload"))):
            by = row.get("user") or {}
            return {"by": by.get("email"), "at": row["date"], "action": row["action"], "how": "named"}
    return {}


def things(value: Any) -> Iterator[str]:
    """What a payload names as a thing, however deep that stands. Other texts in it may name what a thing refers to."""
    match value:
        case dict():
            yield from (inner for name, inner in value.items() if name in NAMES and isinstance(inner, str))
            yield from (found for inner in value.values() for found in things(inner))
        case list():
            yield from (found for inner in value for found in things(inner))
