"""An Airbyte organization that answers in memory, as the vendor's SDK has its public API
(airbytehq/airbyte-api-python-sdk of June 2026: rows and parameters) and as its server decides who sees what: one's own
permissions are told whole, those of another only to an administrator of the organization and without the ones of
workspaces; lists hold what one's roles reach and are shorter without a word. Lists come as `{data, next, previous}` by
`limit` (20 unless asked) and `offset`; `next` is the whole address, or "". Refusals are problem documents (RFC 7807).

Tokens are had for a client's id and secret, and end after 15 minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from .control import Reply, Request, controlled
from .desk import Denial, Desk, Route, Wire

LIFE: Final = 900.0
ORG, SANDBOX, TRIAL = "0a7c4b1e-org", "5d1f-sandbox", "9e2b-trial"
ME, OTHER = "u-monitor", "u-admin"
STREAMS: Final[dict[str, list[Wire]]] = {
    "src-hubspot": [
        {"streamName": "contacts", "streamnamespace": "", "syncModes": ["full_refresh_overwrite", "incremental_append"],
         "defaultCursorField": ["updatedAt"], "sourceDefinedCursorField": True, "sourceDefinedPrimaryKey": [["id"]],
         "propertyFields": [["id"], ["updatedAt"], ["properties"], ["properties", "email"], ["properties", "region"]]},
        {"streamName": "deals", "streamnamespace": "", "syncModes": ["full_refresh_overwrite"],
         "defaultCursorField": [], "sourceDefinedCursorField": False, "sourceDefinedPrimaryKey": [["id"]],
         "propertyFields": [["id"], ["amount"], ["stage"]]},
    ],
    "src-sheet": [
        {"streamName": "campaigns", "streamnamespace": "taxonomy", "syncModes": ["full_refresh_overwrite"],
         "defaultCursorField": [], "sourceDefinedCursorField": False, "sourceDefinedPrimaryKey": [],
         "propertyFields": [["name"], ["region"], ["channel"]]},
    ],
}  # fmt: skip


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Account(Desk):
    """The organization. `run` is one job of a connection with all that it changes."""

    routes: ClassVar[tuple[Route, ...]] = (
        Route("POST", "/applications/token", "issue", open=True),
        Route("GET", "/organizations", "organizations"),
        Route("GET", "/workspaces", "of_workspaces"),
        Route("GET", "/sources", "of_workspaces"),
        Route("GET", "/destinations", "of_workspaces"),
        Route("GET", "/connections", "of_workspaces"),
        Route("GET", "/connections/{id}", "one_connection"),
        Route("GET", "/workspaces/{id}/definitions/{kind}", "definitions"),
        Route("GET", "/streams", "streams"),
        Route("GET", "/jobs", "jobs"),
        Route("GET", "/users", "users"),
        Route("GET", "/permissions", "permissions"),
    )
    keys: ClassVar[dict[str, str]] = {
        "workspaces": "workspaceId", "sources": "sourceId", "destinations": "destinationId", "streams": "streamName",
        "connections": "connectionId", "permissions": "permissionId", "organizations": "organizationId",
        "jobs": "jobId", "definitions": "name",
    }  # fmt: skip
    running: ClassVar[tuple[str, ...]] = ("jobs",)
    client_id = "simulated"
    client_secret = "simulated"  # noqa: S105  of nobody

    def fill(self) -> None:
        self._jobs = 400
        self._issued: dict[str, float] = {}
        who = (("u-admin", "admin-01"), (ME, "integration-user"), ("u-ops", "marketing-operations"))
        self.tables = {
            "organizations": [
                {"organizationId": ORG, "organizationName": "Example", "email": "martech-platform@example.com"}
            ],
            "workspaces": [self._workspace(TRIAL, "Marketing trial"), self._workspace(SANDBOX, "Sandbox")],
            "sources": list(self._sources()),
            "destinations": [
                {"destinationId": "dst-warehouse", "name": "Warehouse", "destinationType": "postgres",
                 "definitionId": "def-postgres", "workspaceId": TRIAL, "createdAt": int(self.born),
                 "configuration": {"host": "db.example.com", "password": "**********", "ssh": "not-for-git"}},
            ],
            "streams": [{"sourceId": source, **stream} for source, rows in STREAMS.items() for stream in rows],
            "connections": list(self._connections()),
            "users": [{"id": id, "email": f"{name}@example.com", "name": name} for id, name in who],
            "permissions": [
                self._permission("p1", OTHER, "organization_admin", "organization", ORG),
                self._permission("p2", ME, "organization_admin", "organization", ORG),
                self._permission("p3", ME, "workspace_reader", "workspace", TRIAL),
                self._permission("p4", "u-ops", "organization_member", "organization", ORG),
                self._permission("p5", "u-ops", "workspace_editor", "workspace", TRIAL),
            ],
            "jobs": [],
            "definitions": [
                self._definition("sources", "hubspot", "HubSpot", "5.3.1"),
                self._definition("sources", "google-sheets", "Google Sheets", "0.9.6"),
                self._definition("sources", "shopify", "Shopify", "3.0.4"),
                self._definition("destinations", "postgres", "Postgres", "2.4.7"),
                self._definition("destinations", "snowflake", "Snowflake", "4.0.12"),
            ],
        }  # fmt: skip
        for connection in ("con-hubspot", "con-sheet"):
            for ago in (3, 2, 1):
                self._ran(connection, self.clock.now() - ago * 86_400 + 3600, "succeeded", 5200)

    def _workspace(self, id: str, name: str) -> Wire:
        hook = {"enabled": True, "url": "https://hooks.example.com/services/not-for-git"}
        told = {"failure": {"email": {"enabled": True}, "webhook": hook}, "success": {"email": {"enabled": False}},
                "syncDisabled": {"email": {"enabled": True}, "webhook": hook},
                "connectionUpdateActionRequired": {"email": {"enabled": True}, "webhook": hook}}  # fmt: skip
        return {"workspaceId": id, "name": name, "dataResidency": "eu", "notifications": told}

    def _sources(self) -> Iterator[Wire]:
        for id, name, kind, workspace in (("src-hubspot", "HubSpot", "hubspot", TRIAL),
                                          ("src-sheet", "Campaign taxonomy", "google-sheets", TRIAL),
                                          ("src-other", "HubSpot", "hubspot", SANDBOX)):  # fmt: skip
            secret = {"credentials": {"client_secret": "**********", "start": "not-for-git"}}
            yield {"sourceId": id, "name": name, "sourceType": kind, "definitionId": f"def-{kind}",
                   "workspaceId": workspace, "createdAt": int(self.born), "configuration": secret}  # fmt: skip

    def _connections(self) -> Iterator[Wire]:
        contacts = {
            "name": "contacts", "syncMode": "incremental_deduped_history", "cursorField": ["updatedAt"],
            "primaryKey": [["id"]], "includeFiles": False, "selectedFields": [{"fieldPath": ["id"]}, {
                "fieldPath": ["properties", "email"]}], "destinationObjectName": "hubspot_contacts",
            "mappers": [
                {"id": "m1", "type": "hashing", "mapperConfiguration": {
                    "targetField": "email", "method": "SHA-256", "fieldNameSuffix": "_hashed"}},
                {"id": "m2", "type": "row-filtering", "mapperConfiguration": {"conditions": {
                    "type": "EQUAL", "fieldName": "region", "comparisonValue": "EMEA"}}},
            ],
        }  # fmt: skip
        deals = {"name": "deals", "syncMode": "full_refresh_overwrite", "cursorField": [], "primaryKey": [["id"]]}
        sheet = {"name": "campaigns", "namespace": "taxonomy", "syncMode": "full_refresh_overwrite", "primaryKey": []}
        tag = {"tagId": "t1", "name": "trial", "color": "DBEAFE", "workspaceId": TRIAL}
        cron = {"scheduleType": "cron", "cronExpression": "0 0 4 * * ?"}
        basic = {"scheduleType": "basic", "basicTiming": "Every 24 HOURS"}
        for id, name, source, streams, schedule in (
            ("con-hubspot", "HubSpot to warehouse", "src-hubspot", [contacts, deals], cron),
            ("con-sheet", "Taxonomy to warehouse", "src-sheet", [sheet], basic),
            ("con-idle", "HubSpot once", "src-hubspot", [dict(deals)], {"scheduleType": "manual"}),
        ):
            yield {
                "connectionId": id, "name": name, "sourceId": source, "destinationId": "dst-warehouse",
                "workspaceId": TRIAL, "status": "inactive" if id == "con-idle" else "active",
                "statusReason": "switched off by hand" if id == "con-idle" else None,
                "schedule": schedule, "createdAt": int(self.born), "tags": [tag], "prefix": "mkt_",
                "namespaceDefinition": "custom_format", "namespaceFormat": "marketing",
                "nonBreakingSchemaUpdatesBehavior": "propagate_columns", "configurations": {"streams": streams},
            }  # fmt: skip

    def _permission(self, id: str, user: str, kind: str, scope: str, of: str) -> Wire:
        return {"permissionId": id, "userId": user, "permissionType": kind, "scope": scope, "scopeId": of}

    def _definition(self, kind: str, short: str, name: str, tag: str) -> Wire:
        """All connectors that there are stand in the list, used or not. `kind` is our own and never told."""
        return {"kind": kind, "id": f"def-{short}", "name": name, "dockerImageTag": tag,
                "dockerRepository": f"airbyte/{kind[:-1]}-{short}",
                "documentationUrl": f"https://docs.airbyte.com/integrations/{kind}/{short}"}  # fmt: skip

    def well(self) -> None:
        self.tables["connections"] = [row for row in self.tables["connections"] if row["status"] == "active"]

    # who may what

    def signed(self, request: Request) -> bool:
        token = request.headers.get("authorization", "").removeprefix(self.scheme)
        return self._issued.get(token, 0.0) > self.clock.now()

    def issue(self, request: Request) -> Any:
        given = request.json() or {}
        if (given.get("client_id"), given.get("client_secret")) != (self.client_id, self.client_secret):
            return self.refused(request)
        token = f"issued-{len(self._issued)}-{self.client_secret}"
        self._issued[token] = self.clock.now() + LIFE
        return {"access_token": token, "token_type": "Bearer", "expires_in": int(LIFE)}

    def _mine(self) -> list[Wire]:
        return [row for row in self.tables["permissions"] if row["userId"] == ME]

    def _administers(self) -> bool:
        return any(row["permissionType"] == "organization_admin" for row in self._mine())

    def _seen(self) -> set[str]:
        """The workspaces that one's roles reach. A member of an organization sees those alone that were opened."""
        mine = self._mine()
        if any(row["scope"] == "organization" and row["permissionType"] != "organization_member" for row in mine):
            return {row["workspaceId"] for row in self.tables["workspaces"]}
        return {row["scopeId"] for row in mine if row["scope"] == "workspace"}

    # answers

    def _problem(self, status: int, title: str, detail: str) -> Reply:
        body = {"type": f"https://reference.airbyte.com/reference/errors#{title}", "title": title, "status": status,
                "detail": detail}  # fmt: skip
        return Reply(status, body, {"content-type": "application/problem+json"})

    def denied(self, request: Request, grant: str) -> Reply:
        return self._problem(403, "forbidden", "The user does not have sufficient permissions.")

    def refused(self, request: Request) -> Reply:
        return self._problem(401, "unauthorized", "Unauthorized")

    def missing(self, request: Request) -> Reply:
        return self._problem(404, "resource-not-found", "Could not find a resource for this id.")

    def limited(self) -> Reply:
        return Reply(429, {"message": "You are being rate limited."}, {"retry-after": "2"})

    def _page(self, request: Request, rows: list[Wire], usual: int = 20) -> Wire:
        start, size = int(request.query.get("offset", 0)), int(request.query.get("limit", usual))
        page, after = self.part(rows, start, size)
        here = f"{request.base}{request.path}?limit={size}&offset="
        before = f"{here}{max(0, start - size)}" if start else ""
        return {"data": self.mixed(page), "next": "" if after is None else f"{here}{after}", "previous": before}

    def organizations(self, request: Request) -> Any:
        return {"data": self.rows("organizations")}

    def of_workspaces(self, request: Request) -> Any:
        asked = set(request.query["workspaceIds"].split(",")) if "workspaceIds" in request.query else self._seen()
        if asked - self._seen():
            return self.denied(request, "")
        table = request.path.rpartition("/")[2]
        return self._page(request, [row for row in self.tables[table] if row["workspaceId"] in asked])

    def one_connection(self, request: Request, id: str) -> Any:
        return self.find("connections", id) or self.missing(request)

    def definitions(self, request: Request, id: str, kind: str) -> Any:
        if id not in self._seen():
            return self.denied(request, "")
        rows = [{name: row[name] for name in row if name != "kind"} for row in self.rows("definitions")
                if row["kind"] == kind]  # fmt: skip
        return {"data": rows, "next": "", "previous": ""}

    def streams(self, request: Request) -> Any:
        if "sourceId" not in request.query:
            raise Denial(self._problem(400, "bad-request", "sourceId is missing"))
        return [{name: value for name, value in row.items() if name != "sourceId"} for row in self.rows("streams")
                if row["sourceId"] == request.query["sourceId"]]  # fmt: skip

    def jobs(self, request: Request) -> Any:
        rows = [row for row in self.tables["jobs"] if row["connectionId"] == request.query.get("connectionId")]
        if kind := request.query.get("jobType"):
            rows = [row for row in rows if row["jobType"] == kind]
        if request.query.get("orderBy") == "updatedAt|DESC":
            rows.sort(key=lambda row: row["lastUpdatedAt"], reverse=True)
        return self._page(request, rows)

    def users(self, request: Request) -> Any:
        if not self._administers():
            return self.denied(request, "")
        return {"data": self.rows("users")}

    def permissions(self, request: Request) -> Any:
        user = request.query.get("userId", ME)
        rows = [row for row in self.rows("permissions") if row["userId"] == user]
        if user == ME:
            return {"data": rows}
        if "organizationId" not in request.query:
            return self._problem(400, "bad-request", "Organization ID is required for someone else's permissions.")
        if not self._administers():
            return self.denied(request, "")
        return {"data": [row for row in rows if row["scope"] == "organization"]}

    # what happens in an organization

    @controlled
    def run(self, connection: str, status: str = "succeeded", rows: int = 5200, kind: str = "sync") -> None:
        """A job of a connection ended just now, or goes on (pending, queued, running, incomplete)."""
        self.note("run", connection=connection, status=status, rows=rows, kind=kind)
        self._ran(connection, self.clock.now() - 600, status, rows, kind)

    def _ran(self, connection: str, at: float, status: str, rows: int, kind: str = "sync") -> None:
        self._kept("connections", connection)
        self._jobs += 1
        self.tables["jobs"].append({
            "jobId": self._jobs, "connectionId": connection, "jobType": kind, "status": status, "startTime": iso(at),
            "lastUpdatedAt": iso(at + 570), "duration": "PT9M30S", "rowsSynced": rows, "bytesSynced": rows * 220,
        })  # fmt: skip
