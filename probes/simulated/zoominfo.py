"""A ZoomInfo account in memory: its Platform, Data, GTM Studio and Agent APIs V1, as the vendor's OpenAPI documents
have them. Answers are JSON:API; an error is `{errors: [{id, status, code, title, detail}]}`; entitlements tell who may
export, one type in each answer.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any, ClassVar, Final

from .control import Reply, Request
from .desk import Desk, Route, Wire

MODEL, FLOWS, RIGHTS = "api:gtm-data-model:read", "api:workflows:read", "api:entitlement:read"
LOOKUP, AUDIENCES, TEAMS = "api:data:lookup", "api:audience:read", "api:agent-teams:read"
AT: Final = "2026-05-01T09:00:00Z"
MARKS: Final = {
    "createdAt": AT, "createdById": 7, "createdByName": "Role Mailbox", "updatedAt": AT, "updatedById": 7,
    "updatedByName": "Role Mailbox",
}  # fmt: skip


def field(name: str, type: str, *options: str, required: bool = False, reference: str | None = None) -> Wire:
    label = name.capitalize()
    return {"id": name, "type": "GtmEntityField", "attributes": {
        "name": name, "displayName": label, "description": f"The {name}", "dataType": type, "required": required,
        "fieldType": "standard", "pickListValues": list(options) or None, "reference": reference,
    }}  # fmt: skip


def entitlement(code: str, name: str, type: str, value: str) -> Wire:
    return {"id": code, "type": "Entitlement", "attributes": {"roleCode": code, "roleName": name, "roleType": type,
                                                              "value": value}}  # fmt: skip


def workflow(id: str, name: str, active: bool) -> Wire:
    return {"id": id, "type": "Workflow", "attributes": {
        "name": name, "active": active, "runnableOnDemand": False, "lastUpdated": AT, "createdAt": AT,
    }}  # fmt: skip


def team(id: str, name: str, *triggers: str, active: bool = True) -> Wire:
    return {"id": id, "type": "AgentTeam", "attributes": {
        "name": name, "description": f"{name}, every week", "triggers": list(triggers), "active": active,
    }, "meta": {"createdAt": AT, "createdBy": 7, "updatedAt": AT, "creditsUsed": 12, "lastRunDate": AT}}  # fmt: skip


def column(id: str, name: str, type: str, source: str, **more: Any) -> Wire:
    return {"id": id, "type": "Column", "attributes": {
        "name": name, "dataType": type, "isDeletable": True, "isEditable": True, "isExportable": True,
        "isFilterable": True, "isFrozen": False, "isHidden": False, "isSortable": True, "columnType": source, **more,
    }, "meta": MARKS}  # fmt: skip


def audience(id: str, name: str, type: str, *columns: Wire) -> Wire:
    return {"id": id, "type": "Audience", "attributes": {
        "name": name, "description": "", "notes": "", "recordCount": 420, "type": type, "folderId": "f1",
        "folderName": "Webinars", "origin": "CSV", "columns": list(columns),
    }, "meta": MARKS}  # fmt: skip


class Account(Desk):
    """The account of the example stack, restricted: what it may export is watched."""

    routes: ClassVar[tuple[Route, ...]] = (
        Route("POST", "/oauth2/default/v1/token", "sign_in", open=True),
        Route("GET", "/platform/v1/metadata/entities", "entities", MODEL),
        Route("GET", "/platform/v1/metadata/entities/{entity}/fields", "fields", MODEL),
        Route("GET", "/platform/v1/entitlements", "entitlements", RIGHTS),
        Route("GET", "/platform/v1/workflows", "workflows", FLOWS),
        Route("GET", "/agent/v1/agent-teams", "teams", TEAMS),
        Route("GET", "/agent/v1/agent-teams/{id}", "one_team", TEAMS),
        Route("GET", "/studio/v1/audiences", "audiences", AUDIENCES),
        Route("GET", "/studio/v1/audiences/{id}", "one_audience", AUDIENCES),
        Route("GET", "/data/v1/users/usage", "usage", LOOKUP),
    )
    client_id, client_secret = "simulated-client", "simulated-secret"

    def fill(self) -> None:
        self.token = "issued-to-the-demo"  # noqa: S105  of a simulation
        self.tables = {
            "entities": [
                {"id": name, "type": "GtmEntity", "attributes": {
                    "entityName": name, "displayName": name.capitalize(), "description": f"Every {name}",
                    "associations": associated}}
                for name, associated in (
                    ("contact", [{"associatedEntity": "company", "associatedFieldName": "companyId"}]), ("company", []))
            ],
            "contact": [field("email", "string", required=True), field("region", "picklist", "emea", "amer", "apac"),
                        field("companyId", "reference", reference="company"), field("score", "number")],
            "company": [field("name", "string", required=True), field("industry", "picklist", "retail", "software")],
            "entitlements": [entitlement("EXPORT_CONTACTS", "Export contacts", "action", "Y"),
                             entitlement("EXPORT_LIMIT", "Contacts per export", "limit", "5000"),
                             entitlement("INTENT", "Intent", "feature", "N")],
            "workflows": [workflow("w1", "New leads", True), workflow("w2", "Renewals", True),
                          workflow("w3", "Last year", False)],
            "teams": [team("t1", "Account briefings", "SCHEDULE", "MEETING"),
                      team("t2", "Old", "MANUAL", active=False)],
            "audiences": [
                audience("5d1f", "Webinar guests", "CONTACT", column("c1", "Email", "EMAIL", "CSV"),
                         column("c2", "Fit", "PICKLIST", "AI", prompt="Does it fit?", tool="AI_WEB_RESEARCH")),
                audience("8e2a", "Target accounts", "COMPANY", column("c3", "Website", "URL", "ZOOMINFO_MATCH")),
            ],
            "limits": [{"limitType": name, "description": says, "totalLimit": most, "currentUsage": 77,
                        "usageRemaining": most - 77}
                       for name, says, most in (("request", "API requests", 1_000_000),
                                                ("uniqueID", "Unique records", 5000))],
        }  # fmt: skip

    # refusing

    def _error(self, status: int, code: str, title: str) -> Reply:
        return Reply(
            status,
            {"errors": [{"id": "6a5f2a7b", "status": str(status), "code": code, "title": title, "detail": title}]},
        )

    def denied(self, request: Request, grant: str) -> Reply:
        return self._error(403, "PFAPI0003", "Access is denied")

    def refused(self, request: Request) -> Reply:
        return self._error(401, "PFAPI0001", "Authentication failed")

    def missing(self, request: Request) -> Reply:
        return self._error(404, "PFAPI0004", "Not found")

    def limited(self) -> Reply:
        return self._error(429, "PFAPI0029", "Too many requests")

    def sign_in(self, request: Request) -> Any:
        basic = b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {basic}":
            return Reply(401, {"error": "invalid_client", "error_description": "Invalid client credentials"})
        return {"access_token": self.token, "token_type": "Bearer", "expires_in": 3600}

    # answers

    def entities(self, request: Request) -> Any:
        return {"data": self.rows("entities")}

    def fields(self, request: Request, entity: str) -> Any:
        return {"data": self.rows(entity)} if self.find("entities", entity) else self.missing(request)

    def entitlements(self, request: Request) -> Any:
        if not {"filter[admin]", "filter[roleType]"} <= set(request.query):
            return self._error(400, "PFAPI0005", "A mandatory parameter lacks")
        if request.query["filter[admin]"] != "false":
            return self._error(403, "PFAPI0003", "Access is denied")
        type = request.query["filter[roleType]"]
        return {"data": [row for row in self.rows("entitlements") if row["attributes"]["roleType"] == type]}

    def _page(self, request: Request, table: str) -> tuple[list[Wire], int, int, int]:
        size, number = (int(request.query.get(f"page[{name}]", usual)) for name, usual in (("size", 25), ("number", 1)))
        size = min(size, self.page)
        rows = self.tables[table]
        return self.mixed(rows[(number - 1) * size : number * size]), number, size, len(rows)

    def workflows(self, request: Request, table: str = "workflows") -> Any:
        rows, number, size, total = self._page(request, table)
        return {"data": rows, "meta": {"page": number, "pageSize": size, "totalCount": total}, "links": {}}

    def teams(self, request: Request) -> Any:
        return self.workflows(request, "teams")

    def audiences(self, request: Request) -> Any:
        rows, number, size, total = self._page(request, "audiences")
        return {"data": rows, "meta": {"page": {"size": size, "number": number}, "total": total}, "links": {}}

    def one_team(self, request: Request, id: str) -> Any:
        found = self.find("teams", id)
        return {"data": found} if found else self.missing(request)

    def one_audience(self, request: Request, id: str) -> Any:
        found = self.find("audiences", id)
        return {"data": found} if found else self.missing(request)

    def usage(self, request: Request) -> Any:
        return {"data": [{"id": "1", "type": "UserUsage", "attributes": {"usage": self.rows("limits")}}]}
