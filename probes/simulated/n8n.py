"""An n8n instance that answers in memory, in the shape of the public API's own OpenAPI (n8n-io/n8n, packages/cli,
version 1.1.1 of the API, 2026): workflows with their published version, executions, credentials without secrets,
variables, data tables, users, projects, roles, community packages, and what a key may do.

Lists come as `{data, nextCursor}`, 250 at most. A scope that lacks is 403 `{message: "Forbidden"}`, a feature that was
not bought 403 with a sentence about the license. A member sees the workflows of its own project, with a 200, and 404
for others.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from .control import Reply, Request, controlled
from .desk import Desk, Route, Wire

ME: Final = "u-monitor"
OURS: Final = "p-personal"
TEAM: Final = "p-marketing"
LICENSED: Final = {"variables": "feat:variables", "projects": "feat:projectRole:admin"}


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


class Account(Desk):
    """The instance. `run` is one execution; `unlicensed` names lists that the plan lacks; `role` is that of the key's
    user."""

    routes: ClassVar[tuple[Route, ...]] = (
        Route("GET", "/api/v1/discover", "discover"),
        Route("GET", "/api/v1/workflows", "workflows", "workflow:list"),
        Route("GET", "/api/v1/workflows/{id}", "workflow", "workflow:read"),
        Route("GET", "/api/v1/executions", "executions", "execution:list"),
        Route("GET", "/api/v1/credentials", "listed", "credential:list"),
        Route("GET", "/api/v1/variables", "listed", "variable:list"),
        Route("GET", "/api/v1/data-tables", "listed", "dataTable:list"),
        Route("GET", "/api/v1/users", "users", "user:list"),
        Route("GET", "/api/v1/users/{id}", "user", "user:read"),
        Route("GET", "/api/v1/roles", "roles", "role:list"),
        Route("GET", "/api/v1/community-packages", "packages", "communityPackage:list"),
        Route("GET", "/api/v1/projects", "listed", "project:list"),
        Route("GET", "/api/v1/projects/{id}/users", "members", "project:list"),
    )
    keys: ClassVar[dict[str, str]] = {
        "variables": "key", "data-tables": "name", "roles": "slug", "community-packages": "packageName"
    }  # fmt: skip
    running: ClassVar[tuple[str, ...]] = ("executions",)
    role = "global:admin"
    old = False  # an instance from before /discover, /roles and /community-packages
    unlicensed: ClassVar[frozenset[str]] = frozenset()

    def fill(self) -> None:
        self._last = 5000
        at = {"createdAt": iso(self.born), "updatedAt": iso(self.born)}
        who = ((ME, "integration-user", "global:admin"), ("u-owner", "admin-01", "global:owner"),
               ("u-ops", "marketing-operations", "global:member"))  # fmt: skip
        self.tables = {
            "workflows": [
                self._workflow("wf-enrich", "Enrich new leads", self._enrich(), TEAM, error="wf-alarm"),
                self._workflow("wf-utm", "Check UTM names nightly", self._nightly(), TEAM),
                self._workflow("wf-alarm", "Tell of errors", self._alarm(), OURS),
                self._workflow("wf-draft", "Consent export", self._alarm(), OURS, active=False),
            ],
            "credentials": [
                {"id": id, "name": name, "type": kind, **at,
                 "shared": [{"id": TEAM, "name": "Marketing", "role": "credential:owner", **at}]}
                for id, name, kind in (("c-hub", "HubSpot", "hubspotAppToken"), ("c-slack", "Slack", "slackApi"))
            ],
            "variables": [
                {"id": "v1", "key": "region_default", "value": "not-for-git", "type": "string", "project": None},
                {"id": "v2", "key": "team_channel", "value": "not-for-git", "type": "string",
                 "project": {"id": TEAM, "name": "Marketing", "type": "team"}},
            ],
            "data-tables": [{"id": "dt-1", "name": "campaign_names", "projectId": TEAM, **at, "columns": [
                {"id": f"col-{n}", "name": name, "type": kind, "index": n}
                for n, (name, kind) in enumerate((("name", "string"), ("budget", "number"), ("approved", "boolean"),
                                                  ("starts_on", "date")))]}],
            "users": [
                {"id": id, "email": f"{name}@example.com", "firstName": "not-for-git", "lastName": "not-for-git",
                 "isPending": False, "role": role, **at} for id, name, role in who
            ],
            "projects": [{"id": OURS, "name": "Monitor", "type": "personal"},
                         {"id": TEAM, "name": "Marketing", "type": "team"}],
            "members": [{"id": "u-ops", "project": TEAM, "role": "project:editor"},
                        {"id": "u-owner", "project": TEAM, "role": "project:admin"}],
            "roles": [
                {"slug": slug, "displayName": name, "description": f"May act as {name}", "systemRole": own,
                 "roleType": kind, "licensed": True, "scopes": list(scopes), **at}
                for slug, name, kind, own, scopes in (
                    ("global:admin", "Admin", "global", True, ("workflow:list", "user:list")),
                    ("global:member", "Member", "global", True, ("tag:read",)),
                    ("project:editor", "Project Editor", "project", True, ("workflow:update",)),
                    ("project:campaigns-x1", "Campaigns", "project", False, ("workflow:read", "workflow:execute")),
                    ("credential:owner", "Owner", "credential", True, ("credential:share",)),
                    ("workflow:owner", "Owner", "workflow", True, ("workflow:share",)))
            ],
            "community-packages": [
                {"packageName": "n8n-nodes-example", "installedVersion": "1.4.0", "authorName": "not-for-git",
                 "authorEmail": "not-for-git", "updateAvailable": "1.5.0", "failedLoading": False, **at,
                 "installedNodes": [{"name": "Example", "type": "n8n-nodes-example.example", "latestVersion": 1}]},
            ],
            "executions": [],
        }  # fmt: skip
        for workflow, mode in (("wf-enrich", "webhook"), ("wf-utm", "trigger")):
            for ago in (3, 2, 1):
                self._ran(workflow, self.clock.now() - ago * 3600, "success", mode)

    def _node(self, name: str, kind: str, version: float, parameters: Wire, **more: Any) -> Wire:
        return {"id": f"n-{name}", "name": name, "type": f"n8n-nodes-base.{kind}", "typeVersion": version,
                "position": [0, 0], "parameters": parameters, **more}  # fmt: skip

    def _enrich(self) -> tuple[list[Wire], Wire]:
        look = {"resource": "contact", "operation": "upsert", "email": "={{ $json.email }}",
                "additionalFields": {"lifeCycleStage": "marketingqualifiedlead"}}  # fmt: skip
        ask = {"method": "GET", "url": "https://api.example.com/enrich",
               "headerParameters": {"parameters": [{"name": "x-key", "value": "not-for-git"}]}}  # fmt: skip
        nodes = [
            self._node("New lead", "webhook", 2, {"path": "not-for-git"}, webhookId="not-for-git"),
            self._node("Look up", "httpRequest", 4.2, ask),
            self._node("Write contact", "hubspot", 2.1, look,
                       credentials={"hubspotAppToken": {"name": "HubSpot"}}),
            self._node("Old step", "slack", 2.3, {"resource": "message"}, disabled=True),
        ]  # fmt: skip
        return nodes, {"New lead": _to("Look up"), "Look up": _to("Write contact", "Old step")}

    def _nightly(self) -> tuple[list[Wire], Wire]:
        rule = {"rule": {"interval": [{"field": "cronExpression", "expression": "30 3 * * *"}]}}
        nodes = [
            self._node("Each night", "scheduleTrigger", 1.2, rule),
            self._node("Say so", "slack", 2.3, {"resource": "message", "operation": "post", "text": "not-for-git"},
                       credentials={"slackApi": {"name": "Slack"}}),
        ]  # fmt: skip
        return nodes, {"Each night": _to("Say so")}

    def _alarm(self) -> tuple[list[Wire], Wire]:
        nodes = [self._node("On error", "errorTrigger", 1, {}), self._node("Say so", "slack", 2.3, {})]
        return nodes, {"On error": _to("Say so")}

    def _workflow(
        self, id: str, name: str, made: tuple[list[Wire], Wire], project: str, active: bool = True, error: str = ""
    ) -> Wire:
        nodes, connections = made
        at = {"createdAt": iso(self.born), "updatedAt": iso(self.born)}
        settings = {"executionOrder": "v1", "timezone": "Europe/Berlin", "callerPolicy": "workflowsFromSameOwner",
                    "executionTimeout": 600, "saveDataSuccessExecution": "all", "availableInMCP": False,
                    "saveDataErrorExecution": "all", "redactionPolicy": "none", "callerIds": "wf-utm"}  # fmt: skip
        published = {"versionId": f"{id}-v1", "workflowId": id, "nodes": nodes, "connections": connections,
                     "authors": "Campaign Team", "name": None, "description": None, **at}  # fmt: skip
        return {
            "id": id, "name": name, "active": active, "activeVersionId": f"{id}-v1" if active else None,
            "activeVersion": published if active else None, "isArchived": False, "versionId": f"{id}-v2",
            "triggerCount": 1, "nodes": nodes, "connections": connections, "pinData": None, "meta": None,
            "staticData": {"node:x": {"lastId": 41}},
            "settings": settings | ({"errorWorkflow": error} if error else {}),
            "tags": [{"id": "t1", "name": "marketing", **at}], **at,
            "shared": [{"role": "workflow:owner", "workflowId": id, "projectId": project, **at}],
        }  # fmt: skip

    # answers

    def signed(self, request: Request) -> bool:
        return request.headers.get("x-n8n-api-key", "") == self.token

    def denied(self, request: Request, grant: str) -> Reply:
        return Reply(403, {"message": "Forbidden"})

    def refused(self, request: Request) -> Reply:
        return Reply(401, {"message": "unauthorized"})

    def missing(self, request: Request) -> Reply:
        return Reply(404, {"message": "not found"})

    def limited(self) -> Reply:
        return Reply(429, {"message": "Too many requests"}, {"retry-after": "4"})

    def touched(self, table: str, row: Wire) -> None:
        row["updatedAt"] = iso(self.clock.now())

    def _seen(self, row: Wire) -> bool:
        return self.role != "global:member" or any(one["projectId"] == OURS for one in row["shared"])

    def _page(self, request: Request, rows: list[Wire]) -> Wire:
        start = int(b64decode(request.query["cursor"])) if "cursor" in request.query else 0
        page, after = self.part(rows, start, min(250, int(request.query.get("limit", 100))))
        return {"data": self.mixed(page), "nextCursor": b64encode(str(after).encode()).decode() if after else None}

    def discover(self, request: Request) -> Any:
        if self.old:
            return self.missing(request)
        resources = {"workflow": {"operations": ["list", "read"], "endpoints": []}}
        return {"data": {"scopes": sorted(self.grants), "resources": resources, "filters": {}, "specUrl": "/openapi"}}

    def workflows(self, request: Request) -> Any:
        return self._page(request, [row for row in self.tables["workflows"] if self._seen(row)])

    def workflow(self, request: Request, id: str) -> Any:
        found = self.find("workflows", id)
        return found if found and self._seen(found) else self.missing(request)

    def executions(self, request: Request) -> Any:
        asked = request.query.get("workflowId")
        rows = [row for row in self.tables["executions"] if asked in (None, row["workflowId"])]
        return self._page(request, sorted(rows, key=lambda row: int(row["id"]), reverse=True))

    def listed(self, request: Request) -> Any:
        table = request.path.rpartition("/")[2]
        if table in self.unlicensed:
            words = f"Your license does not allow for {LICENSED[table]}. To enable {LICENSED[table]}, please upgrade."
            return Reply(403, {"message": words})
        return self._page(request, self.tables[table])

    def roles(self, request: Request) -> Any:
        kinds = ("global", "project", "credential", "workflow")
        groups = {kind: [row for row in self.rows("roles") if row["roleType"] == kind] for kind in kinds}
        return self.missing(request) if self.old else groups

    def packages(self, request: Request) -> Any:
        return self.missing(request) if self.old else self.rows("community-packages")

    def users(self, request: Request) -> Any:
        rows = self.tables["users"]
        if request.query.get("includeRole") != "true":
            rows = [{key: row[key] for key in row if key != "role"} for row in rows]
        return self._page(request, rows)

    def user(self, request: Request, id: str) -> Any:
        found = self.find("users", id)
        return {**found, **({"role": self.role} if id == ME else {})} if found else self.missing(request)

    def members(self, request: Request, id: str) -> Any:
        people = {row["id"]: row for row in self.tables["users"]}
        rows = [{**people[row["id"]], "role": row["role"]} for row in self.tables["members"] if row["project"] == id]
        return self._page(request, [{key: row[key] for key in row if key != "isPending"} for row in rows])

    # what happens in an instance

    @controlled
    def run(self, workflow: str, status: str = "success", mode: str = "trigger") -> None:
        """An execution ended just now, or goes on (new, running, waiting)."""
        self.note("run", workflow=workflow, status=status, mode=mode)
        self._ran(workflow, self.clock.now() - 20, status, mode)

    def _ran(self, workflow: str, at: float, status: str, mode: str) -> None:
        self._kept("workflows", workflow)
        self._last += 1
        ended = status not in ("new", "running", "unknown")
        self.tables["executions"].append({
            "id": str(self._last), "workflowId": workflow, "status": status, "mode": mode, "finished": ended,
            "startedAt": iso(at), "stoppedAt": iso(at + 12) if ended else None, "retryOf": None,
            "retrySuccessId": None, "waitTill": None, "storedAt": "db", "jsonSizeBytes": 0,
            "workflowVersionId": f"{workflow}-v1",
        })  # fmt: skip


def _to(*names: str) -> Wire:
    return {"main": [[{"node": name, "type": "main", "index": 0} for name in names]]}
