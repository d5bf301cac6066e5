"""Metabase on demand: one question, dashboard or segment, and who changed such a one.

`look`: its source asks in this order (metabase.api.common/read-check, by which /api/card/:id, /api/dashboard/:id and
/api/segment/:id begin): what does not exist is 404, what one may not read is 403. What is `archived` lies in the trash
and is gone from the lists. What stands in a personal collection is left out of them and was not deleted: nothing is
said of it. `who`: GET /api/revision (metabase.revisions.api) has the newest fifteen changes of a question or dashboard
with user and time, throwing it away among them; whoever may read the thing may read them. What is deleted for good
takes them along. Who changed a right, a database or a user stands in the audit log of the Enterprise plan alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from probes.kit.api import Ask, Client, listed
from probes.kit.contract import Absent, Denied, Kind, Malformed, Ref, Rejected, Sought, Unsupported
from probes.kit.errors import not_found
from probes.kit.listing import Found, Told
from probes.kit.values import instant

from .content import defined, folders, used
from .tables import places

DASHBOARDS: Final = Ref(Kind.TEMPLATE, "dashboards")
QUESTIONS: Final = ".questions"
SEGMENTS: Final = ".segments"


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """A question, a dashboard or a segment: in the trash it is gone."""
    thing = _thing(ref, key)
    if thing is None or ref.name.endswith(".dashboard"):
        raise Unsupported(f"Metabase is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    try:
        row: dict[str, Any] = (await api.ask(Ask(f"/api/{thing[0]}/{thing[1]}"))).value()
    except Rejected as fault:
        if not_found(fault):
            return Absent("404")
        raise
    if row.get("archived") is True:
        return Absent("archived")
    if thing[0] == "segment":
        number = (await api.ask(Ask(f"/api/table/{row['table_id']}"))).value("db_id")
        return await _inside(api, ref.name.removesuffix(SEGMENTS), row, number)
    row = (await folders(api)).put(row)
    if not row["shared"]:
        raise Unsupported("it stands in a personal collection, which is not watched", code="personal")
    if ref == DASHBOARDS:
        return Found("dashboards", row)
    return await _inside(api, ref.name.removesuffix(QUESTIONS), row, row["database_id"])


async def _inside(api: Client, database: str, row: Mapping[str, Any], number: Any) -> Found:
    """A question or a segment with what it reads of its database."""
    told = (await api.ask(Ask(f"/api/database/{number}/metadata", {"include_hidden": "true"}))).value()
    if told.get("name") != database:
        raise Unsupported("it asks another database now", code="moved")
    tables, fields = places(database, listed(told, "tables"))
    parent = {"key": database, "id": str(number)}
    if "definition" in row:
        return Found("segments", defined(row, tables, fields), parent)
    return Found("questions", {**row, **used(row, tables, fields)}, parent)


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """By the revisions of each thing, and the mailbox of whoever made one."""
    named = [_thing(one.ref, one.key) for one in sought]
    trails = {thing: await _revisions(api, *thing) for thing in sorted(set(filter(None, named)))}
    found = [_during(trails[thing], one) if thing else {} for thing, one in zip(named, sought, strict=True)]
    people = {id: await _person(api, id) for id in sorted({one["user"]["id"] for one in found if one})}
    return [_told(one, people) if one else {} for one in found]


def _thing(ref: Ref, key: str) -> tuple[str, str] | None:
    """What the API calls it, and its number; None for what has no revisions."""
    if ref.kind is Kind.AUTOMATION and ref.name.endswith(SEGMENTS) and key.isdecimal():
        return "segment", key
    if ref.kind is not Kind.TEMPLATE or not key.isdecimal():
        return None
    if ref == DASHBOARDS or ref.name.endswith(".dashboard"):
        return "dashboard", key
    return ("card", key) if ref.name.endswith(QUESTIONS) else None


async def _revisions(api: Client, entity: str, id: str) -> list[dict[str, Any]]:
    """Newest first. Of what is not there any more there are none."""
    try:
        told = (await api.ask(Ask("/api/revision", {"entity": entity, "id": id}))).value()
    except (Denied, Rejected):
        return []
    if not isinstance(told, list):
        raise Malformed("the revisions are not a list")
    return told


def _during(trail: Sequence[dict[str, Any]], sought: Sought) -> dict[str, Any]:
    """The newest revision of the time in question that somebody made."""
    for one in trail:
        at = instant(one["timestamp"]) or 0.0
        if sought.during(at) and (one.get("user") or {}).get("id"):
            return one
    return {}


async def _person(api: Client, id: int) -> str:
    """The mailbox, which an administrator alone is told."""
    try:
        return str((await api.ask(Ask(f"/api/user/{quote(str(id), safe='')}"))).value("email") or "")
    except (Denied, Rejected):
        return ""


def _told(revision: Mapping[str, Any], people: Mapping[int, str]) -> dict[str, Any]:
    made, back = revision.get("is_creation"), revision.get("is_reversion")
    user = revision["user"]
    return {
        "by": people[user["id"]] or user.get("common_name"),
        "at": revision["timestamp"],
        "action": "created" if made else "reverted" if back else "changed",
        "how": "named",
    }
