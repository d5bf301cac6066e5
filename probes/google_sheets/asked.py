"""Google Sheets on demand: one file, one tab, one column, and who changed a file last.

`look`: a 404 says "not there" and "not shared with you" alike (Drive's page on errors: "File not found"), so it stays a
refusal; a file that is in the trash says so (`trashed`), and that alone is Absent. Of a spreadsheet that answers all
tabs are told, and all header cells of a tab: what is not among them is not there, unless a cell shows an error. A
column that is still there is not told from here: the next reading tells it. `who`: Drive marks the last change of a
file, whichever it was; its activity (Drive Activity API) is another API with a scope that no read of ours takes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from probes.kit.api import Ask, Client
from probes.kit.contract import Absent, Kind, Ref, Sought, Unsupported
from probes.kit.listing import Found, Told
from probes.kit.values import instant

from .told import content

FILE: Final = ("id,name,driveId,writersCanShare,copyRequiresWriterPermission,inheritedPermissionsDisabled,modifiedTime,"
               "lastModifyingUser/emailAddress,webViewLink,capabilities(canEdit,canShare)")  # fmt: skip
SPREADSHEETS: Final = Ref(Kind.SCHEMA, "spreadsheets")
TABS: Final = ".tabs"


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """A spreadsheet, a tab of it, or a column of a tab."""
    if ref == SPREADSHEETS:
        asked = {"fields": f"{FILE},trashed", "supportsAllDrives": "true"}
        row: dict[str, Any] = (await api.ask(Ask(f"/drive/v3/files/{quote(key, safe='')}", asked))).value()
        return Absent("trashed") if row.get("trashed") is True else Found("spreadsheets", row)
    tabs = ref.kind is Kind.SCHEMA and ref.name.endswith(TABS)
    if not tabs and ref.kind is not Kind.FIELD:
        raise Unsupported(f"Google Sheets is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    id = ref.name.removesuffix(TABS) if tabs else ref.name.partition("/")[0]
    answer = await content(api, id)
    if answer.lacks is not None:
        raise answer.lacks
    if not tabs:
        there = {(one["scope"], one["key"]) for one in answer.value("fields")}
        if (ref.name, key) in there:
            raise Unsupported("a column that is there is told by the next reading", code="look")
        return Absent("not in its header")
    found = next((one for one in answer.value("tabs") if one["place"] == key), None)
    return Absent("not in its spreadsheet") if found is None else Found("contents", found, {"key": id, "id": id})


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """Whoever changed a file last, where that was in the time in question: one request for each file. Sharing a file is
    no change of it, and is marked nowhere."""
    told: dict[str, dict[str, Any]] = {}
    for id in sorted({id for one in sought if (id := _file(one))}):
        asked = {"fields": "modifiedTime,lastModifyingUser/emailAddress", "supportsAllDrives": "true"}
        told[id] = (await api.ask(Ask(f"/drive/v3/files/{quote(id, safe='')}", asked))).value()
    return [_last(told.get(_file(one)) or {}, one) for one in sought]


def _file(sought: Sought) -> str:
    """The spreadsheet that a change is about; none for its people."""
    name = sought.ref.name
    if name.endswith(".people") or name == "ourselves":
        return ""
    return sought.key if name == "spreadsheets" else re.split(r"[./]", name)[0]


def _last(file: Mapping[str, Any], sought: Sought) -> dict[str, Any]:
    at = instant(file.get("modifiedTime")) or 0.0
    if not sought.during(at):
        return {}
    by = (file.get("lastModifyingUser") or {}).get("emailAddress")
    return {"by": by, "at": file["modifiedTime"], "action": "modified", "how": "last"}
