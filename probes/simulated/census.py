"""A Census workspace in memory: API v1 as its reference and its older docs describe it (list syncs, list sync runs,
sources, destinations, pagination), and datasets as its client for Terraform has them.

Answers come as `{status, pagination, data}`; an error as `{status: "error", message}`. Details of a connection and the
texts of errors are there, as the vendor gives them, though they may hold secrets and rows.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from .control import Reply, Request, controlled
from .desk import Desk, Route, Wire

HOUR = 3600.0


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


class Account(Desk):
    """The workspace that Hightouch took over from. `announce` is the vendor saying when the API ends."""

    routes: ClassVar[tuple[Route, ...]] = (
        Route("GET", "/api/v1/{table}", "listed"),
        Route("GET", "/api/v1/syncs/{id}/sync_runs", "ran"),
    )
    running: ClassVar[tuple[str, ...]] = ("runs",)
    sunset = ""

    def fill(self) -> None:
        now = self.clock.now()
        self.tables = {
            "sources": [{
                "id": 4, "name": "Snowflake - example", "label": "Warehouse", "type": "snowflake",
                "last_test_succeeded": True, "last_tested_at": iso(self.born), "read_only_connection": False,
                "connection_details": {"account": "example", "user": "not-for-git"},
            }],
            "destinations": [
                {"id": 15, "name": "HubSpot", "type": "hubspot", "last_test_succeeded": True,
                 "last_tested_at": iso(self.born), "connection_details": {"token": "not-for-git"}},
                {"id": 16, "name": "Marketo", "type": "marketo", "last_test_succeeded": None, "last_tested_at": None,
                 "connection_details": {}},
            ],
            "syncs": [self._sync(61, "Qualified leads to HubSpot", 15, "contact"),
                      self._sync(62, "Accounts to HubSpot", 15, "company"),
                      self._sync(63, "Leads to Marketo", 16, "lead", paused=True)],
            "datasets": [{
                "id": 7, "name": "Qualified leads", "type": "sql", "description": "Leads that sales may call",
                "query": "select not_for_git", "source_id": 4, "resource_identifier": "qualified_leads",
                "cached_record_count": 1200, "created_at": iso(self.born), "updated_at": iso(self.born), "columns": [
                    {"name": "EMAIL", "data_type": "text"}, {"name": "SCORE", "data_type": "integer"},
                    {"name": "REGION", "data_type": "text"}, {"name": "SEEN_AT", "data_type": "TIMESTAMP_NTZ"}],
            }],
            "runs": [self._run(8, 61, now - 30 * HOUR), self._run(9, 61, now - 6 * HOUR),
                     self._run(10, 62, now - 6 * HOUR)],
        }  # fmt: skip

    def _sync(self, id: int, label: str, target: int, object: str, paused: bool = False) -> Wire:
        mappings = [("EMAIL", "email", True), ("REGION", "region", False)]
        return {
            "id": id, "label": label, "status": "ready", "operation": "upsert", "paused": paused,
            "created_at": iso(self.born), "updated_at": iso(self.born),
            "source_attributes": {"connection_id": 4, "object": {
                "type": "model", "id": 7, "name": "qualified_leads", "query": "select not_for_git"}},
            "destination_attributes": {"connection_id": target, "object": object},
            "mappings": [{"from": {"type": "column", "data": source}, "to": to, "is_primary_identifier": key}
                         for source, to, key in mappings],
            "alert_attributes": [{"type": "FailureAlertConfiguration", "send_for": "first_time",
                                  "should_send_recovery": True, "options": None}],
            "mode": {"type": "triggered", "triggers": {"schedule": {"frequency": "daily", "hour": 10, "minute": 30}}},
            "field_behavior": "specific_properties", "mirror_strategy": None,
        }  # fmt: skip

    def _run(self, id: int, sync: int, at: float, failed: int = 0, error: str = "") -> Wire:
        return {
            "id": id, "sync_id": sync, "source_record_count": 1200, "records_processed": 1200,
            "records_updated": 1200 - failed, "records_failed": failed, "records_invalid": 0, "created_at": iso(at),
            "updated_at": iso(at + 80), "completed_at": None if error else iso(at + 80), "full_sync": False,
            "scheduled_execution_time": None, "status": "failed" if error else "completed", "canceled": False,
            "error_code": error or None, "error_message": 'value "not-for-git" is refused' if error else None,
            "error_detail": None,
        }  # fmt: skip

    # answers

    def denied(self, request: Request, grant: str) -> Reply:
        return Reply(403, {"status": "error", "message": "Forbidden"})

    def refused(self, request: Request) -> Reply:
        return Reply(401, {"status": "error", "message": "Unauthorized"})

    def missing(self, request: Request) -> Reply:
        return Reply(404, {"status": "error", "message": "Not found"})

    def limited(self) -> Reply:
        return Reply(429, {"status": "error", "message": "Too many requests"})

    def headers(self, request: Request) -> dict[str, str]:
        return {"sunset": self.sunset} if self.sunset else {}

    def listed(self, request: Request, table: str) -> Any:
        if table not in ("sources", "destinations", "syncs", "datasets"):
            return self.missing(request)
        return self._page(request, self.tables[table])

    def ran(self, request: Request, id: str) -> Any:
        if self.find("syncs", id) is None:
            return self.missing(request)
        newest_first = sorted(self.tables["runs"], key=lambda row: str(row["created_at"]), reverse=True)
        return self._page(request, [row for row in newest_first if str(row["sync_id"]) == id])

    def _page(self, request: Request, rows: list[Wire]) -> Wire:
        size = min(int(request.query.get("per_page", 25)), self.page)
        page, last = int(request.query.get("page", 1)), max(1, -(-len(rows) // size))
        before, after = page - 1 if page > 1 else None, page + 1 if page < last else None
        told = {"total_records": len(rows), "per_page": size, "page": page, "last_page": last, "prev_page": before,
                "next_page": after}  # fmt: skip
        return {"status": "success", "pagination": told, "data": self.mixed(rows[(page - 1) * size : page * size])}

    @controlled
    def announce(self, days: int) -> None:
        """From now on every answer says that its address ends in so many days; with 0 none does."""
        self.note("announce", days=days)
        ends = datetime.fromtimestamp(self.clock.now() + days * 24 * HOUR, UTC)
        self.sunset = ends.strftime("%a, %d %b %Y 00:00:00 GMT") if days else ""
