"""HubSpot on demand: one property, and who changed something.

`look`: a missing scope is 403 MISSING_SCOPES, so that 404 OBJECT_NOT_FOUND is no lack of right; a property that was
deleted stays in the archive for 90 days, which `archived=true` lists (guide to properties). `who`: the account activity
API (reference of audit-logs: actingUser, category, action, targetObjectId; Enterprise accounts, with a scope), else the
mark of its last change that every property carries (updatedAt, updatedUserId).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from probes.kit.api import Ask, Client
from probes.kit.contract import Absent, Denied, Fault, Kind, Ref, Rejected, Sought, Unsupported
from probes.kit.listing import Found, Told
from probes.kit.paging import Paging
from probes.kit.values import instant

V: Final = "2026-09"
AFTER: Final = Paging(style="cursor", next="paging.next.after", into="after", size=100, size_into="limit")
AUDIT: Final = f"/account-info/{V}/activity/audit-logs"
SLACK: Final = 60.0  # seconds that HubSpot's clock and ours may be apart


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """One property. HubSpot refuses a missing scope with 403 MISSING_SCOPES, so 404 OBJECT_NOT_FOUND means that it is
    not there; a deleted one stands in the archive for 90 days."""
    if ref.kind is not Kind.FIELD or "." in ref.name:
        raise Unsupported(f"HubSpot is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    path = f"/crm/properties/{V}/{quote(ref.name, safe='')}"
    listing = "properties" if ref.name in api.options["objects"] else "custom-properties"
    try:
        row = (await api.ask(Ask(f"{path}/{quote(key, safe='')}", {"archived": "false"}))).value()
    except Rejected as fault:
        if fault.code == "OBJECT_NOT_FOUND":
            return Absent(fault.code)
        gone = (await api.ask(Ask(path, {"archived": "true"}))).value("results")
        if any(row["name"] == key for row in gone):
            return Absent("archived")
        raise
    return Found(listing, row, {"key": ref.name, "id": ""})


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """By the audit log where there is the grant (an Enterprise account's), else by the property's own last change."""
    since = datetime.fromtimestamp(min(one.after for one in sought) - SLACK, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    refused: Fault | None = None
    rows: list[Any] = []
    try:
        rows = await api.every(Ask(AUDIT, {"occurredAfter": since}), AFTER, "results")
    except (Denied, Unsupported) as fault:
        refused = fault
    of: dict[str, list[tuple[float, Any]]] = {}  # by the thing: one act may be thousands of lines and of changes
    for at, row in ((instant(row["occurredAt"]) or 0.0, row) for row in rows):
        of.setdefault(str(row.get("targetObjectId")), []).append((at, row))
    told: list[Told] = [_logged([line for name in one.names for line in of.get(name, ())], one) for one in sought]
    marks = Marks(api)
    for place, one in enumerate(sought):
        if not told[place] and one.ref.kind is Kind.FIELD and "." not in one.ref.name:
            told[place] = await marks.of(one)
        elif not told[place] and refused is not None:
            told[place] = refused
    return told


def _during(at: float, sought: Sought) -> bool:
    return sought.after - SLACK <= at <= sought.until + SLACK


def _logged(lines: Sequence[tuple[float, Any]], sought: Sought) -> Mapping[str, Any]:
    """The newest in that time of the lines about a thing."""
    at, row = max((line for line in lines if _during(line[0], sought)), key=lambda line: line[0], default=(0.0, None))
    if row is None:
        return {}
    actor = row.get("actingUser") or {}
    return {"by": actor.get("userEmail") or actor.get("userId"), "at": at, "how": "named",
            "action": " ".join(str(row[part]) for part in ("category", "action") if row.get(part))}  # fmt: skip


class Marks:
    """The properties' own marks of their last change, be they in use or in the archive; each list is asked for once."""

    def __init__(self, api: Client) -> None:
        self._api = api
        self._rows: dict[str, dict[str, list[Any]]] = {}
        self._users: list[Any] | None = None

    async def of(self, sought: Sought) -> Told:
        try:
            for row in (await self._properties(sought.ref.name)).get(sought.key, ()):
                at = instant(row.get("archivedAt") or row.get("updatedAt")) or 0.0
                if _during(at, sought):
                    return {"by": await self._email(str(row.get("updatedUserId") or "")), "at": at, "how": "last"}
        except Fault as fault:
            return fault
        return {}

    async def _properties(self, name: str) -> Mapping[str, Sequence[Any]]:
        if name not in self._rows:
            asks = [Ask(f"/crm/properties/{V}/{quote(name, safe='')}", {"archived": how}) for how in ("false", "true")]
            rows: dict[str, list[Any]] = {}
            for row in [row for ask in asks for row in (await self._api.ask(ask)).value("results")]:
                rows.setdefault(row["name"], []).append(row)
            self._rows[name] = rows
        return self._rows[name]

    async def _email(self, id: str) -> str:
        """The address of a user; the id where the key may not read users, or nobody has it any more."""
        if self._users is None:
            try:
                self._users = await self._api.every(Ask("/settings/users/v3"), AFTER, "results") if id else []
            except Denied:
                self._users = []
        return next((str(user["email"]) for user in self._users if str(user["id"]) == id), id)
