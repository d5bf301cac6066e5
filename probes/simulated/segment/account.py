"""A Segment workspace in memory: the Public API v1, as its reference and the vendor's own SDK describe it.

Written from docs.segmentapis.com (pagination, rate limits, error handling, and the page of each resource) and from the
models of segmentio/public-api-sdk-typescript (MIT, OpenAPI 73.2.0), whose whole rows it answers. `pagination.count` is
required of every list, as the reference says; a cursor is the place in base64.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error
from datetime import UTC, datetime
from typing import Any, ClassVar

from probes.simulated.control import Reply, Request, controlled
from probes.simulated.desk import Denial, Desk, Route, Wire

from .content import OWNER, stamp, tables, time

MOST = 200  # rows of a page
WORDS = {"created": "Created", "updated": "Modified", "deleted": "Deleted"}
LISTED = ("id", "resourceType", "createdAt", "createdBy", "displayName", "description", "logoUrl", "catalogId")
PROTOCOLS = "Tracking Plan Read-only"
ENGAGE = "Unify and Engage Read-only"


class Account(Desk):
    """Tables: tracking-plans, rules, plan-sources, sources, settings, destinations, subscriptions, filters, warehouses,
    reports, functions, transformations, reverse-etl-models, syncs, users, groups, members, roles, deliveries,
    spaces, audiences, computed-traits."""

    routes = (
        Route("GET", "/", "workspace"),
        Route("GET", "/tracking-plans", "plans", PROTOCOLS),
        Route("GET", "/tracking-plans/{plan}/rules", "rules", PROTOCOLS),
        Route("GET", "/tracking-plans/{plan}/sources", "plan_sources", PROTOCOLS),
        Route("GET", "/sources/{source}/settings", "settings", "Source Read-only"),
        Route("GET", "/destinations/{id}", "destination", "Source Read-only"),
        Route("GET", "/destinations/{id}/subscriptions", "subscriptions", "Source Read-only"),
        Route("GET", "/destination/{id}/filters", "filters", "Source Read-only"),
        Route("GET", "/delivery-overview/successful-delivery", "delivered", "Source Read-only"),
        Route("GET", "/delivery-overview/failed-delivery", "undelivered", "Source Read-only"),
        Route("GET", "/warehouses/{id}", "warehouse", "Warehouse Read-only"),
        Route("GET", "/warehouses/{id}/syncs", "reports", "Warehouse Read-only"),
        Route("GET", "/warehouses/{id}/advanced-sync-schedule", "schedule", "Warehouse Read-only"),
        Route("GET", "/warehouses/{id}/connected-sources", "connected", "Warehouse Read-only"),
        Route("GET", "/reverse-etl-models/{model}/subscriptionId/{subscription}/syncs", "syncs", "Source Read-only"),
        Route("GET", "/groups/{group}/users", "members", OWNER),
        Route("GET", "/functions/{id}", "function", "Function Read-only"),
        Route("GET", "/audit-events", "audit", OWNER),
        Route("GET", "/spaces/{space}/audiences", "audiences", ENGAGE),
        Route("GET", "/spaces/{space}/computed-traits", "traits", ENGAGE),
        Route("GET", "/{table}", "table"),
    )
    keys: ClassVar[dict[str, str]] = {"rules": "at", "settings": "sourceId", "deliveries": "id",
                                      "reports": "at", "syncs": "syncId", "members": "at"}  # fmt: skip
    running: ClassVar[tuple[str, ...]] = ("reports", "syncs", "deliveries")
    # plural in the path -> plural in the answer, and the right it takes
    lists: ClassVar[dict[str, tuple[str, str]]] = {
        "sources": ("sources", "Source Read-only"), "destinations": ("destinations", "Source Read-only"),
        "warehouses": ("warehouses", "Warehouse Read-only"), "functions": ("functions", "Function Read-only"),
        "transformations": ("transformations", PROTOCOLS), "reverse-etl-models": ("models", "Source Read-only"),
        "users": ("users", OWNER), "groups": ("userGroups", OWNER), "roles": ("roles", OWNER),
        "spaces": ("spaces", ENGAGE),
    }  # fmt: skip

    @classmethod
    def every_grant(cls) -> set[str]:
        return super().every_grant() | {grant for _, grant in cls.lists.values()}

    # refusing

    def denied(self, request: Request, grant: str) -> Reply:
        """The reference has one status for "who are you" and "you may not"."""
        return _error(401, "unauthorized", "The provided API token does not have permission to access the resource")

    def refused(self, request: Request) -> Reply:
        return _error(401, "unauthorized", "Invalid API token")

    def missing(self, request: Request) -> Reply:
        return _error(404, "not-found", "Resource not found")

    def limited(self) -> Reply:
        told = {"remainingPoints": 0, "msBeforeNext": 57647, "consumedPoints": 201}
        return Reply(429, {"errors": [{"type": "RequestError", "message": "Too many requests", "data": told}]})

    def headers(self, request: Request) -> dict[str, str]:
        resets = datetime.fromtimestamp(self.clock.now() + 60, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        return {"x-ratelimit-consumed": "3", "x-ratelimit-remaining": "197", "x-ratelimit-reset": resets}

    # answering

    def _paged(self, request: Request, name: str, rows: list[Wire]) -> Wire:
        count = request.query.get("pagination.count", "")
        if not count.isdigit() or not 1 <= int(count) <= MOST:
            raise Denial(_error(422, "input-validation", '"pagination.count" must be between 1 and 200', "pagination"))
        try:
            start = int(b64decode(request.query.get("pagination.cursor", "") or "MA==", validate=True))
        except (Error, ValueError):
            raise Denial(_error(422, "input-validation", '"pagination.cursor" is invalid', "pagination")) from None
        part, after = self.part(rows, start, int(count))
        size = min(int(count), self.page)
        if start and self.torn and self.torn in request.path:
            raise Denial(Reply(200, b'{"data": {"' + name.encode() + b'": [{"id": "'))
        told: Wire = {"current": _cursor(start), "totalEntries": len(rows)}
        if after is not None:
            told["next"] = _cursor(after)
        if start:
            told["previous"] = _cursor(max(0, start - size))
        return {"data": {name: self.mixed(part), "pagination": told}}

    def _all(self, table: str) -> list[Wire]:
        """Rows in their own order: pages of a list that is mixed anew for each would overlap."""
        return self.tables.get(table, [])

    def _of(self, table: str, name: str, value: str) -> list[Wire]:
        return [row for row in self._all(table) if row[name] == value]

    def workspace(self, request: Request) -> Wire:
        slug = self.account if self.account != "example" else "northwind"
        told = {"id": f"ws_{slug}", "slug": slug, "name": slug.title()}
        return {"data": {"workspace": told}}

    def plans(self, request: Request) -> Wire:
        return self._paged(request, "trackingPlans", self._all("tracking-plans"))

    def rules(self, request: Request, plan: str) -> Any:
        if self.find("tracking-plans", plan) is None:
            return self.missing(request)
        own = [{name: value for name, value in row.items() if name not in ("at", "plan")}
               for row in self._of("rules", "plan", plan)]  # fmt: skip
        return self._paged(request, "rules", own)

    def plan_sources(self, request: Request, plan: str) -> Any:
        found = self.find("tracking-plans", plan)
        if found is None:
            return self.missing(request)
        linked = self.tables["plan-sources"]
        slugs = {row["source"] for row in linked if row["plan"] == plan}
        return self._paged(request, "sources", [row for row in self._all("sources") if row["slug"] in slugs])

    def settings(self, request: Request, source: str) -> Any:
        found = self.find("settings", source)
        return {"data": found} if found else self.missing(request)

    def destination(self, request: Request, id: str) -> Any:
        found = self.find("destinations", id)
        return {"data": {"destination": found}} if found else self.missing(request)

    def warehouse(self, request: Request, id: str) -> Any:
        found = self.find("warehouses", id)
        return {"data": {"warehouse": found}} if found else self.missing(request)

    def subscriptions(self, request: Request, id: str) -> Wire:
        return self._paged(request, "subscriptions", self._of("subscriptions", "destinationId", id))

    def filters(self, request: Request, id: str) -> Wire:
        return self._paged(request, "filters", self._of("filters", "destinationId", id))

    def reports(self, request: Request, id: str) -> Wire:
        own = [{name: value for name, value in row.items() if name not in ("at", "warehouse")}
               for row in self._of("reports", "warehouse", id)]  # fmt: skip
        return self._paged(request, "reports", sorted(own, key=lambda row: str(row["start"]), reverse=True))

    def schedule(self, request: Request, id: str) -> Any:
        found = self.find("schedules", id)
        return {"data": {k: found[k] for k in found if k != "id"}} if found else {"data": {"enabled": False}}

    def connected(self, request: Request, id: str) -> Wire:
        """Whose reports there are, but for sources that were deleted: their reports stay."""
        loaded = {row["sourceId"] for row in self._of("reports", "warehouse", id)}
        return self._paged(request, "sources", [row for row in self._all("sources") if row["id"] in loaded])

    def syncs(self, request: Request, model: str, subscription: str) -> Wire:
        own = [row for row in self._of("syncs", "modelId", model)]
        newest = sorted(own, key=lambda row: str(row["startedAt"]), reverse=True)
        rows = newest[: int(request.query.get("count", "10"))]
        return {"data": {"syncStatuses": rows, "pagination": {"current": "MA==", "totalEntries": len(own)}}}

    def members(self, request: Request, group: str) -> Wire:
        mine = {row["user"] for row in self._of("members", "group", group)}
        short = [{name: user[name] for name in ("id", "name", "email")} for user in self._all("users")]
        return self._paged(request, "users", [user for user in short if user["id"] in mine])

    def function(self, request: Request, id: str) -> Any:
        found = self.find("functions", id)
        return {"data": {"function": found}} if found else self.missing(request)

    def audiences(self, request: Request, space: str) -> Any:
        found = self.find("spaces", space)
        rows = self._of("audiences", "spaceId", space)
        return self._paged(request, "audiences", rows) if found else self.missing(request)

    def traits(self, request: Request, space: str) -> Any:
        found = self.find("spaces", space)
        rows = self._of("computed-traits", "spaceId", space)
        return self._paged(request, "computedTraits", rows) if found else self.missing(request)

    def table(self, request: Request, table: str) -> Any:
        if table not in self.lists:
            return self.missing(request)
        name, grant = self.lists[table]
        self.need(request, grant)
        rows = self._all(table)
        if table == "functions":  # the list leaves out what one function alone tells
            rows = [{name: row[name] for name in LISTED if name in row} for row in rows]
        return self._paged(request, name, rows)

    def delivered(self, request: Request) -> Any:
        return self._delivery(request, "ok")

    def undelivered(self, request: Request) -> Any:
        return self._delivery(request, "failed")

    def _delivery(self, request: Request, name: str) -> Any:
        """Both ends in one window of hours, at most 14 days wide. Reasons are told where they are asked for."""
        asked = request.query
        if asked.get("granularity") != "HOUR" or not asked.get("startTime") or not asked.get("endTime"):
            return _error(422, "input-validation", '"granularity" is required', "granularity")
        found = self.find("deliveries", asked.get("destinationConfigId", ""))
        if found is None:
            return self.missing(request)
        first, last = (datetime.fromisoformat(asked[one]) for one in ("startTime", "endTime"))
        within = [hour for hour in found["hours"] if first <= datetime.fromisoformat(hour["time"]) < last]
        grouped = asked.get("groupBy.0") == "discardReason"
        sets: dict[str, list[Wire]] = {}
        for hour in within:
            for reason, count in (hour["failed"] if name == "failed" else {"": hour["ok"]}).items():
                point = {"time": hour["time"], "count": count, "retryCount": 0}
                sets.setdefault(reason if grouped else "", []).append(point)
        dataset = [
            {**({"discardReason": reason} if grouped else {}), "total": sum(point["count"] for point in series),
             "series": series, "totalRetryCount": 0}
            for reason, series in sets.items()
        ]  # fmt: skip
        total = sum(one["total"] for one in dataset)
        pages = {"current": "MA==", "totalEntries": len(dataset)}
        return {"data": {"total": total, "dataset": self.mixed(dataset), "pagination": pages}}

    def audit(self, request: Request) -> Wire:
        names = {"tracking-plans": "Tracking Plan", "rules": "Tracking Plan", "sources": "Source",
                 "settings": "Source", "destinations": "Integration", "users": "User"}  # fmt: skip
        events = []
        for number, edit in enumerate(self.edits):
            row = edit.after or edit.before or {}
            owner = row["plan"] if edit.table == "rules" else edit.key
            what = names.get(edit.table, edit.table.title())
            word = "Modified" if edit.table in ("rules", "settings") else WORDS[edit.action]
            events.append({
                "id": f"evt_{number}", "timestamp": time(edit.at), "type": f"{what} {word}", "actor": "usr_01",
                "actorEmail": edit.by, "resourceId": owner, "resourceType": what.lower().replace(" ", "_"),
                "resourceName": str(row.get("name") or owner),
            })  # fmt: skip
        first, last = request.query.get("startTime", ""), request.query.get("endTime", "~")
        events = [event for event in events if first <= event["timestamp"] <= last]
        return self._paged(request, "events", events[::-1])

    # changing

    @controlled
    def tear(self, path: str = "") -> None:
        """From now on every page but the first of lists at such a path ends in the middle; nothing for none."""
        self.note("tear", path=path)
        self.torn = path

    @controlled
    def deliver(self, destination: str, ok: int, failed: dict[str, int] | None = None) -> None:
        """An hour of events went out to a destination now; `failed` counts those that did not, by reason."""
        self.note("deliver", destination=destination, ok=ok, failed=failed)
        hour = datetime.fromtimestamp(self.clock.now(), UTC).replace(minute=0, second=0, microsecond=0)
        row = self._kept("deliveries", destination)
        kept = [one for one in row["hours"] if one["time"] != stamp(hour)]
        row["hours"] = [*kept, {"time": stamp(hour), "ok": ok, "failed": dict(failed or {})}]

    def touched(self, table: str, row: Wire) -> None:
        if "updatedAt" in row:
            row["updatedAt"] = time(self.clock.now())

    def well(self) -> None:
        self.page = 3  # so that its lists have more than one page
        self.tables["reports"] = [row for row in self.tables["reports"] if row["notices"] == []]
        for sync in self.tables["syncs"]:
            sync["loadPhase"]["deliverFailureCount"] = "0"

    def fill(self) -> None:
        self.torn = ""
        self.tables = tables(time(self.born), self.clock.now())


def _error(status: int, type: str, message: str, field: str = "") -> Reply:
    return Reply(status, {"errors": [{"type": type, "message": message, **({"field": field} if field else {})}]})


def _cursor(start: int) -> str:
    return b64encode(str(start).encode()).decode()
