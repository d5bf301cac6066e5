"""Who changed something, where the account has no audit log, or none of it: what HubSpot keeps of the thing itself.

A property carries the mark of its last change (updatedAt, updatedUserId). A pipeline has an audit of its own in every
plan (reference of pipelines: `audit` gives every change of it, newest first, with fromUserId, action and timestamp),
stages included. E-mails stand in the audit of content (guide to it: Content Hub Enterprise, scope content; userId,
event, timestamp), asked once for all of them. People are told by the list of users; by their id where the key may not
read it. Lines of these audits also hold names and whole copies of the thing, of which nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from probes.kit.api import Ask, Client
from probes.kit.clock import stamp
from probes.kit.contract import Denied, Fault, Kind, Sought, window
from probes.kit.listing import Told
from probes.kit.values import instant

from .names import AFTER, V

CONTENT: Final = f"/cms/audit-logs/{V}"
PIPELINES: Final = ".pipelines"
SLACK: Final = 60.0  # seconds that HubSpot's clock and ours may be apart


def since(sought: Sequence[Sought]) -> str:
    """From when on something may have been done, as HubSpot writes an instant."""
    return stamp(window(sought, SLACK)[0], "milliseconds")


def during(at: float, sought: Sought) -> bool:
    return sought.during(at, SLACK)


class Trails:
    """The things' own trails of some changes; each list is asked for once."""

    def __init__(self, api: Client, sought: Sequence[Sought]) -> None:
        self._api = api
        self._sought = sought
        self._rows: dict[str, dict[str, list[Any]]] = {}
        self._audits: dict[str, list[Any]] = {}
        self._users: list[Any] | None = None

    async def of(self, sought: Sought) -> Told | None:
        """None for what has no trail of its own."""
        trail: Callable[[Sought], Any] | None = None
        if sought.ref.kind is Kind.FIELD and "." not in sought.ref.name:
            trail = self._mark
        elif sought.ref.kind is Kind.SCHEMA and sought.ref.name.endswith(PIPELINES):
            trail = self._pipeline
        elif sought.ref.kind is Kind.TEMPLATE and sought.ref.name == "emails":
            trail = self._email_content
        try:
            return await trail(sought) if trail is not None else None
        except Fault as fault:
            return fault

    async def _mark(self, sought: Sought) -> Mapping[str, Any]:
        """The property's own mark of its last change, be it in use or in the archive."""
        for row in (await self._properties(sought.ref.name)).get(sought.key, ()):
            at = instant(row.get("archivedAt") or row.get("updatedAt")) or 0.0
            if during(at, sought):
                return {"by": await self._email(str(row.get("updatedUserId") or "")), "at": at, "how": "last"}
        return {}

    async def _properties(self, name: str) -> Mapping[str, Sequence[Any]]:
        if name not in self._rows:
            asks = [Ask(f"/crm/properties/{V}/{quote(name, safe='')}", {"archived": how}) for how in ("false", "true")]
            rows: dict[str, list[Any]] = {}
            for row in [row for ask in asks for row in (await self._api.ask(ask)).value("results")]:
                rows.setdefault(row["name"], []).append(row)
            self._rows[name] = rows
        return self._rows[name]

    async def _pipeline(self, sought: Sought) -> Mapping[str, Any]:
        object = quote(sought.ref.name.removesuffix(PIPELINES), safe="")
        path = f"/crm/pipelines/{V}/{object}/{quote(sought.key, safe='')}/audit"
        if path not in self._audits:
            self._audits[path] = (await self._api.ask(Ask(path))).value("results") or []
        return await self._newest(self._audits[path], sought, "fromUserId", "action")

    async def _email_content(self, sought: Sought) -> Mapping[str, Any]:
        if CONTENT not in self._audits:
            ids = sorted(one.key for one in self._sought if one.ref == sought.ref)
            asked = {"objectType": "EMAIL", "objectId": ",".join(ids), "after": since(self._sought), "limit": 100}
            self._audits[CONTENT] = (await self._api.ask(Ask(CONTENT, asked))).value("results") or []
        lines = [row for row in self._audits[CONTENT] if str(row.get("objectId")) == sought.key]
        return await self._newest(lines, sought, "userId", "event")

    async def _newest(self, lines: Sequence[Any], sought: Sought, by: str, action: str) -> Mapping[str, Any]:
        """The newest line of that time."""
        timed = [(instant(row.get("timestamp")) or 0.0, row) for row in lines]
        at, row = max((one for one in timed if during(one[0], sought)), key=lambda one: one[0], default=(0.0, None))
        if row is None:
            return {}
        user = await self._email(str(row.get(by) or ""))
        return {"by": user, "at": at, "how": "named", "action": str(row.get(action) or "")}

    async def _email(self, id: str) -> str:
        """The address of a user; the id where the key may not read users, or nobody has it any more."""
        if self._users is None:
            try:
                self._users = await self._api.every(Ask("/settings/users/v3"), AFTER, "results") if id else []
            except Denied:
                self._users = []
        return next((user["email"] or id for user in self._users if str(user["id"]) == id), id)
