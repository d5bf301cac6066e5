"""What an account sends: marketing e-mails, campaigns, types of subscription, and the audit of its content.

Shapes are those of the vendor's published specification of 2026-09 (marketing emails, campaigns, subscriptions, CMS
content audit). A campaign has only the properties that are asked for. The content of an e-mail is cut to one widget.
"""

from __future__ import annotations

import re
from typing import Any

from probes.simulated.control import Reply, Request

from . import wire
from .base import DATED, Base, Routes, chosen
from .wire import Wire


class Marketing(Base):
    """Answers about what is sent."""

    def marketing_routes(self) -> Routes:
        return [
            ("GET", rf"^/marketing/emails/{DATED}$", self.emails),
            ("GET", rf"^/marketing/campaigns/{DATED}$", self.campaigns),
            ("GET", rf"^/marketing/campaigns/{DATED}/(?P<id>[^/]+)$", self.one_campaign),
            ("GET", rf"^/communication-preferences/{DATED}/definitions$", self.subscriptions),
            ("GET", rf"^/cms/audit-logs/{DATED}$", self.content_audit),
        ]

    def emails(self, request: Request, found: re.Match[str]) -> Reply:
        self.need("content")
        kind, archived = request.query.get("type"), request.query.get("archived") == "true"
        rows = [row for row in self.account.emails if kind in (None, row["type"]) and row["archived"] is archived]
        names = [value for name, value in request.pairs if name == "includedProperties"]
        return self.total(chosen(rows, names, ("id", "isAb")), request)

    def campaigns(self, request: Request, found: re.Match[str]) -> Reply:
        self.need("marketing.campaigns.read")
        return self.total([self._asked(row, request) for row in self.account.campaigns], request)

    def one_campaign(self, request: Request, found: re.Match[str]) -> Reply:
        self.need("marketing.campaigns.read")
        for row in self.account.campaigns:
            if row["id"] == found["id"]:
                return Reply(200, self._asked(row, request))
        raise self.absent(f"no campaign {found['id']}")

    def _asked(self, row: Wire, request: Request) -> Wire:
        """A campaign with the properties that are asked for, and no others."""
        names = [part for name, value in request.pairs if name == "properties" for part in value.split(",")]
        return row | {"properties": {name: row["properties"][name] for name in names if name in row["properties"]}}

    def total(self, rows: list[Wire], request: Request) -> Reply:
        reply = self.paged(rows, request)
        body: Any = reply.body
        return Reply(200, {"total": len(rows), **body})

    def subscriptions(self, request: Request, found: re.Match[str]) -> Reply:
        self.need("communication_preferences.read")
        now = wire.stamp(self.account.clock.now())
        return Reply(200, {"status": "COMPLETE", "startedAt": now, "completedAt": now,
                           "results": self.account.mixed(self.account.subscriptions)})  # fmt: skip

    def content_audit(self, request: Request, found: re.Match[str]) -> Reply:
        """Newest first. `after` is a moment, and the cursor too."""
        self.need("content")
        query, since = request.query, request.query.get("after", "")
        ids, kinds = query.get("objectId", ""), query.get("objectType", "")
        rows = [row for row in reversed(self.account.content_audit)
                if row["timestamp"] > since and (not ids or row["objectId"] in ids.split(","))
                and (not kinds or row["objectType"] in kinds.split(","))]  # fmt: skip
        return Reply(200, {"results": rows[: int(query.get("limit", "100"))]})
