"""Looker on demand: one dashboard or Look, and who changed such a one, or a connection, last.

`look`: a 404 says "not there" and "no right" alike (the vendor's page on 404 errors), so it stays a refusal. What was
deleted goes to the trash first, and is told from there with `deleted`: that alone is Absent. What stands in a personal
folder is left out of its list and was not deleted: nothing is said of it. A field is not looked for: an explore leaves
out those that an access grant keeps from us. `who`: there is no log in this API (System Activity is a model whose
queries would have to be run, Cloud Audit Logs are another product). Dashboards and Looks have a mark of their last
change and of whoever put them into the trash; of a connection `user_id` is who changed it last, without a time. Changes
of LookML are commits, which their project's repository knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from probes.kit.api import Ask, Client
from probes.kit.contract import Absent, Kind, Ref, Rejected, Sought, Unsupported
from probes.kit.listing import Found, Told
from probes.kit.values import instant

from .content import DASHBOARD, LOOK, tiled

MARKS: Final = "deleted,deleted_at,deleter_id,updated_at,last_updater_id"
LOOKED: Final = {Ref(Kind.TEMPLATE, "dashboards"): DASHBOARD, Ref(Kind.TEMPLATE, "looks"): LOOK}


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """A dashboard or a Look: in the trash it is gone."""
    if ref not in LOOKED:
        raise Unsupported(f"Looker is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    asked = Ask(f"/{ref.name}/{quote(key, safe='')}", {"fields": f"{LOOKED[ref]},deleted"})
    row: dict[str, Any] = (await api.ask(asked)).value()
    folder = row.get("folder") or {}
    if row.get("deleted") is True:
        return Absent("in the trash")
    if folder.get("is_personal") or folder.get("is_personal_descendant"):
        raise Unsupported("it stands in a personal folder, which is not watched", code="personal")
    return Found(ref.name, tiled(row) if ref.name == "dashboards" else row)


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """By the mark of the last change of each thing, and the mailbox of whoever made it."""
    marks = {path: await _mark(api, path) for path in sorted({_path(one) for one in sought} - {""})}
    people: dict[str, str] = {}
    for mark in marks.values():
        if mark["id"] not in people:
            people[mark["id"]] = await _person(api, mark["id"])
    return [_last(marks[path], people, one) if (path := _path(one)) else {} for one in sought]


def _path(sought: Sought) -> str:
    """Where the thing itself is told; empty for what has no mark."""
    kind, name = sought.ref.kind, sought.ref.name
    if sought.ref in LOOKED:
        return f"/{name}/{quote(sought.key, safe='')}"
    if kind is Kind.TEMPLATE and name.endswith(".look"):
        return f"/looks/{quote(sought.key, safe='')}"
    return f"/connections/{quote(sought.key, safe='')}" if sought.ref == Ref(Kind.PLATFORM, "connections") else ""


async def _mark(api: Client, path: str) -> dict[str, str]:
    """Who made the last change (the number of a user), when, and what it was. What is not told is not known."""
    connection = path.startswith("/connections/")
    try:
        row = (await api.ask(Ask(path, {"fields": "user_id" if connection else MARKS}))).value()
    except Rejected:
        row = {}
    if connection:
        return {"id": str(row.get("user_id") or ""), "at": "", "action": "updated"}
    if row.get("deleted") is True:
        return {"id": str(row.get("deleter_id") or ""), "at": str(row.get("deleted_at") or ""), "action": "deleted"}
    told = str(row.get("updated_at") or "")
    return {"id": str(row.get("last_updater_id") or ""), "at": told, "action": "updated"}


async def _person(api: Client, id: str) -> str:
    if not id:
        return ""
    try:
        told = (await api.ask(Ask(f"/users/{quote(id, safe='')}", {"fields": "email,display_name"}))).value()
    except Rejected:  # a user who is gone, or is nobody's to see
        return ""
    return str(told.get("email") or told.get("display_name") or "")


def _last(mark: Mapping[str, str], people: Mapping[str, str], sought: Sought) -> dict[str, Any]:
    at = instant(mark["at"])
    if mark["at"] and not sought.during(at or 0.0):
        return {}
    by = people[mark["id"]]
    return {"by": by, "at": mark["at"], "action": mark["action"], "how": "last"} if by else {}
