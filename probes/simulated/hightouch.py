"""A Hightouch workspace that answers in memory, as the vendor's published SDK has it
(speakeasy-sdks/hightouch-python-sdk: sources, destinations, models, syncs, sync runs, with all their keys), its OpenAPI
of August 2026 (contracts and domains of events, flows and messages of the decision engine) and its page on the API
(Bearer key of an administrator, 200 requests in 10 seconds, no headers that say what is left).

Lists come as `{data, hasMore}`, models without `hasMore`, by `limit` and `offset`; runs are five at most unless asked
for more, and which way `orderBy` goes is said nowhere: `newest_first` turns it. A refusal is `{message, details}`, too
many requests `{error}`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from .control import Reply, Request, controlled
from .desk import Denial, Desk, Route, Wire

HOUR: Final = 3600.0
MODELS: Final[dict[str, tuple[int, str, int, str | None, str, Wire]]] = {
    "qualified-leads": (71, "Qualified leads", 11, "lead_id", "raw_sql", {"raw": {
        "sql": "select id as lead_id, status as stage, utm_campaign__c as campaign, gclid, region from lead"}}),
    "won-opportunities": (72, "Won opportunities", 12, "opportunity_id", "dbt", {"dbt": {
        "name": "won_opportunities", "schema": "marts", "database": "analytics", "modelId": 5, "rawSql": "select 1",
        "compiledSql": "select 1", "dbtUniqueId": "model.example.won_opportunities"}}),
    "accounts": (73, "Accounts", 12, None, "table", {"table": {"name": "marts.accounts"}}),
}  # fmt: skip
SYNCS: Final[dict[str, tuple[int, int, int, str, Any, list[tuple[str, str]]]]] = {
    "qualified-leads-to-google-ads": (301, 71, 21, "hour", 1, [
        ("stage", "conversion_action"), ("gclid", "gclid"), ("campaign", "campaign_label")]),
    "won-opportunities-to-google-ads": (302, 72, 21, "hour", 6, [
        ("gclid", "gclid"), ("amount", "conversion_value"), ("currency", "currency_code"),
        ("closed_at", "order_time")]),
    "won-opportunities-to-meta-ads": (303, 72, 22, "cron", "15 4 * * *", [
        ("email", "em"), ("email", "external_id"), ("amount", "value")]),
    "accounts-to-salesforce": (304, 73, 23, "manual", 0, [("account_id", "External_Id__c")]),
}  # fmt: skip


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def counts(number: int) -> Wire:
    return {"addedCount": number, "changedCount": 0, "removedCount": 0}


class Account(Desk):
    """The workspace. `run` is one run of a sync with all that it changes."""

    routes: ClassVar[tuple[Route, ...]] = (
        Route("GET", "/syncs/{id}/runs", "runs"),
        Route("GET", "/events/{table}", "listed", "events"),
        Route("GET", "/decision-engine/{table}", "listed", "decision engine"),
        Route("GET", "/decision-engine/flow/{flow}/messages", "messages", "decision engine"),
        Route("GET", "/{table}", "listed"),
        Route("GET", "/{table}/{id}", "one"),
    )
    keys: ClassVar[dict[str, str]] = {
        "sources": "slug", "destinations": "slug", "models": "slug", "syncs": "slug", "contracts": "slug",
        "domains": "slug", "flows": "id", "messages": "id",
    }  # fmt: skip
    running: ClassVar[tuple[str, ...]] = ("runs", "syncs")
    newest_first = False

    def fill(self) -> None:
        self.account = "4211"
        self._last = 9000
        self.tables = {name: list(getattr(self, f"_{name}")()) for name in ("sources", "destinations", "models")}
        self.tables |= {"syncs": list(self._syncs()), "runs": [], **self._events(), **self._engine()}
        for model in self.tables["models"]:
            model["syncs"] = [sync["id"] for sync in self.tables["syncs"] if sync["modelId"] == model["id"]]
        for target in self.tables["destinations"]:
            target["syncs"] = [sync["id"] for sync in self.tables["syncs"] if sync["destinationId"] == target["id"]]
        for slug in ("qualified-leads-to-google-ads", "won-opportunities-to-google-ads"):
            for ago in (3, 2, 1):
                self._ran(slug, self.clock.now() - ago * HOUR + 60, "success", 1200, 0, "")
        self._ran("won-opportunities-to-meta-ads", self.clock.now() - 20 * HOUR, "success", 310, 0, "")

    def _about(self, id: int, slug: str) -> Wire:
        return {"id": id, "slug": slug, "workspaceId": int(self.account), "createdAt": iso(self.born),
                "updatedAt": iso(self.born)}  # fmt: skip

    def _sources(self) -> Iterator[Wire]:
        secret = {"host": "db.example.com", "password": "not-for-git"}
        for id, slug, name, kind in ((11, "salesforce-prod", "Salesforce", "salesforce"),
                                     (12, "warehouse", "Warehouse", "snowflake")):  # fmt: skip
            yield {**self._about(id, slug), "name": name, "type": kind, "configuration": secret}

    def _destinations(self) -> Iterator[Wire]:
        for id, slug, name, kind in ((21, "google-ads", "Google Ads", "google"), (22, "meta-ads", "Meta", "facebook"),
                                     (23, "salesforce", "Salesforce", "salesforce")):  # fmt: skip
            secret = {"accountId": "act-1", "refreshToken": "not-for-git"}
            yield {**self._about(id, slug), "name": name, "type": kind, "configuration": secret}

    def _models(self) -> Iterator[Wire]:
        for slug, (id, name, source, key, kind, query) in MODELS.items():
            yield {**self._about(id, slug), "name": name, "sourceId": source, "primaryKey": key, "queryType": kind,
                   "isSchema": key is None, "tags": {"team": "marketing-operations"}, **query}  # fmt: skip

    def _syncs(self) -> Iterator[Wire]:
        for slug, (id, model, target, unit, every, fields) in SYNCS.items():
            schedule: Any = {"type": "interval", "schedule": {"interval": {"unit": unit, "quantity": every}}}
            if unit == "cron":
                schedule = {"type": "cron", "schedule": {"expression": every}}
            mappings = [{"from": source, "to": to, "type": "standard"} for source, to in fields]
            mappings.append({"to": "ht_run", "type": "variable", "variable": "sync-run-id"})
            mappings.append({"to": "origin", "type": "template", "template": "crm-{{ row['region'] }}"})
            key = next(key for one, _, _, key, _, _ in MODELS.values() if one == model)
            yield {
                **self._about(id, slug), "modelId": model, "destinationId": target, "disabled": False,
                "status": "pending", "lastRunAt": None, "primaryKey": key or "account_id",
                "schedule": None if unit == "manual" else schedule,
                "referencedColumns": sorted({source for source, _ in fields} | {"region"}),
                "configuration": {
                    "mode": "upsert", "object": "conversion", "mappings": mappings, "secretKey": "not-for-git",
                    "externalIdMapping": {"from": fields[0][0], "to": fields[0][1], "type": "standard"},
                },
            }  # fmt: skip

    def _events(self) -> dict[str, list[Wire]]:
        order = {
            "type": "object", "required": ["properties"], "properties": {"properties": {
                "type": "object", "required": ["total", "currency"], "properties": {
                    "total": {"type": "number", "minimum": 0, "maximum": 100000},
                    "currency": {"type": "string", "enum": ["EUR", "USD"]},
                    "coupon": {"type": ["string", "null"], "minLength": 4, "maxLength": 40,
                               "description": "As it was typed"},
                    "ordered_at": {"type": "string", "format": "date-time"}, "buyer": {"$ref": "#/components/buyer"},
                    "lines": {"type": "array", "items": {"type": "object", "required": ["sku"], "properties": {
                        "sku": {"type": "string", "pattern": "^[A-Z0-9-]+$", "default": "NONE"}}}}}}},
        }  # fmt: skip
        site = [{"id": "1", "name": "Shop"}]
        identify = {"type": "object", "properties": {"traits": {"type": "object", "properties": {
            "email": {"type": "string", "format": "email"}}}}}  # fmt: skip
        contract = {
            **self._about(0, "shop"), "id": "41", "name": "Shop", "description": "What the shop sends",
            "onUndeclaredSchema": "BLOCK_EVENT", "eventSources": site,
            "events": [
                {"type": "track", "name": "Order Completed", "slug": "track-order-completed", "version": "default",
                 "schema": order, "onSchemaViolation": "BLOCK_EVENT", "onUndeclaredFields": "OMIT_FIELDS"},
                {"type": "identify", "slug": "identify", "version": "2", "schema": identify,
                 "onSchemaViolation": "ALLOW_EVENT", "onUndeclaredFields": "ALLOW_EVENT"},
            ],
        }  # fmt: skip
        buyer = {"id": "c1", "slug": "buyer", "name": "Buyer", "version": "default", "description": "Who buys",
                 "schema": {"type": "object", "properties": {"email": {"type": "string"}}},
                 "imports": ["address"]}  # fmt: skip
        earned = {**contract["events"][0], "name": "Points Earned", "slug": "track-points-earned"}
        domain = {**contract, **self._about(0, "loyalty"), "id": "51", "name": "Loyalty", "components": [buyer],
                  "events": [earned]}  # fmt: skip
        return {"contracts": [contract], "domains": [domain]}

    def _engine(self) -> dict[str, list[Wire]]:
        flow = {
            "id": "f-winback", "name": "Win back", "workspaceId": int(self.account), "decisionEngineId": "engine-1",
            "audienceId": 71, "status": "active", "config": {"goal": "not-for-git"}, "createdAt": iso(self.born),
            "updatedAt": iso(self.born),
        }  # fmt: skip
        lines = [{"value": "We miss you", "tags": {"tone": "warm"}, "localeValues": {"de-DE": "Wir vermissen Sie"}},
                 {"value": "Ten percent off", "tags": {"tone": "plain"}}]  # fmt: skip
        message = {
            "of": "f-winback", "id": "m-mail", "name": "Win back by mail", "channelId": "email",
            "config": {"destination": "not-for-git"}, "tags": {"season": "autumn"},
            "guardrails": {"maxSendsPerUser": 2, "maxSendsPerUserWindowDays": 30},
            "variables": [{"name": "subject", "config": {"localizationEnabled": True}, "variants": lines}],
            "createdAt": iso(self.born), "updatedAt": iso(self.born),
        }  # fmt: skip
        return {"flows": [flow], "messages": [message]}

    # answers

    def denied(self, request: Request, grant: str) -> Reply:
        return Reply(403, {"message": "Forbidden", "details": {}})

    def refused(self, request: Request) -> Reply:
        return Reply(401, {"message": "Unauthorized", "details": {}})

    def missing(self, request: Request) -> Reply:
        return Reply(404, {"message": "Not found", "details": {}})

    def limited(self) -> Reply:
        return Reply(429, {"error": "Too many requests"})

    def touched(self, table: str, row: Wire) -> None:
        row["updatedAt"] = iso(self.clock.now())

    def listed(self, request: Request, table: str) -> Any:
        above = request.path.split("/")[1:-1]
        if table not in {"events": ("contracts", "domains"), "decision-engine": ("flows",)}.get(
            "".join(above), ("sources", "destinations", "models", "syncs")
        ):
            return self.missing(request)
        rows = self.rows(table)
        if "slug" in request.query:
            rows = [row for row in rows if row["slug"] == request.query["slug"]]
        if order := request.query.get("orderBy"):
            rows = sorted(rows, key=lambda row: row[order])
        body = self._page(request, rows, 100)
        if table == "models":
            del body["hasMore"]
        return body

    def one(self, request: Request, table: str, id: str) -> Any:
        found = [row for row in self.tables.get(table, []) if table in self.keys and str(row["id"]) == id]
        return found[0] if found else self.missing(request)

    def messages(self, request: Request, flow: str) -> Any:
        if self.find("flows", flow) is None:
            return self.missing(request)
        rows = [{key: row[key] for key in row if key != "of"} for row in self.rows("messages") if row["of"] == flow]
        return self._page(request, rows, 100)

    def runs(self, request: Request, id: str) -> Any:
        if not any(str(row["id"]) == id for row in self.tables["syncs"]):
            return self.missing(request)
        rows = [row for row in self.rows("runs") if str(row["of"]) == id]
        if after := request.query.get("after"):
            rows = [row for row in rows if row["startedAt"] > after]
        order = request.query.get("orderBy", "id")
        rows.sort(key=lambda row: row[order] or "", reverse=self.newest_first)
        return self._page(request, [{key: row[key] for key in row if key != "of"} for row in rows], 5)

    def _page(self, request: Request, rows: list[Wire], usual: int) -> Wire:
        try:
            size, start = (int(request.query.get(name, no)) for name, no in (("limit", usual), ("offset", 0)))
        except ValueError:
            raise Denial(Reply(422, {"message": "Validation failed", "details": {}})) from None
        rows, after = self.part(rows, start, size)
        return {"data": rows, "hasMore": after is not None}

    # what happens in a workspace

    @controlled
    def run(self, sync: str, status: str = "success", rows: int = 1000, failed: int = 0, error: str = "") -> None:
        """A sync ran, and ended just now (or goes on: querying, processing, reporting, queued). Of `rows` that it
        planned the destination refused `failed`."""
        self.note("run", sync=sync, status=status, rows=rows, failed=failed, error=error)
        self._ran(sync, self.clock.now() - 30, status, rows, failed, error)

    def _ran(self, sync: str, at: float, status: str, rows: int, failed: int, error: str) -> None:
        row = self._kept("syncs", sync)
        ended = status in ("success", "warning", "failed", "cancelled", "interrupted")
        self._last += 1
        run = {
            "of": row["id"], "id": self._last, "createdAt": iso(at), "startedAt": iso(at),
            "finishedAt": iso(at + 30) if ended else None, "status": status, "querySize": rows,
            "completionRatio": 1 if ended else 0.4, "plannedRows": counts(rows),
            "successfulRows": counts(rows - failed if ended else 0), "failedRows": counts(failed),
        }  # fmt: skip
        if error:
            run["error"] = error
        self.tables["runs"].append(run)
        row["status"], row["lastRunAt"] = status, iso(at)
