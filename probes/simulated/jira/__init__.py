"""A Jira Cloud site that answers in memory, in the shape of the vendor's Swagger (platform v3): fields, contexts and
options, issue types, statuses, projects, schemes, roles, groups, users, the audit log; and of its reference of 2026
for workflows, whose search was made anew (CHANGE-2569), and for the rules of Automation, which have an API of their own
at the site's address (its summaries as the reference shows them, a whole rule as exports of rules have it), for field
schemes (`schemed`: whether the site has them), and for webhooks of administrators (the guide to webhooks).

An administrator sees everything. Others see the fields and projects that they may browse, with a 200, and are refused
the lists that are for administrators. Pages are `{startAt, maxResults, total, isLast, values}`; people come as a bare
list until it is empty. Errors are `{errorMessages, errors}`; a gateway in front refuses a token whose scopes do not
reach with `{code, message}` under 401.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any, ClassVar, Final

from probes.simulated.control import Reply, Request
from probes.simulated.desk import Desk, Route, Wire

from .rows import (
    OPTIONS,
    PEOPLE,
    SITE,
    beside,
    custom,
    holds,
    iso,
    kind,
    project,
    role,
    system,
    team,
    user,
    workflow,
)
from .rules import notices, rule, sweep

ADMIN: Final = "ADMINISTER"


class Account(Desk):
    """The site. What is changed from outside stands in its audit log, by `actor`'s account id."""

    routes: ClassVar[tuple[Route, ...]] = (
        Route("GET", "/rest/api/3/myself", "myself"),
        Route("GET", "/rest/api/3/serverInfo", "server", open=True),
        Route("GET", "/rest/api/3/mypermissions", "mine"),
        Route("GET", "/rest/api/3/configuration", "configuration"),
        Route("GET", "/rest/api/3/field", "fields"),
        Route("GET", "/rest/api/3/field/search", "search", ADMIN),
        Route("GET", "/rest/api/3/field/{id}/context", "contexts", ADMIN),
        Route("GET", "/rest/api/3/field/{id}/context/{context}/option", "options", ADMIN),
        Route("GET", "/rest/api/3/issuetype", "issue_types"),
        Route("GET", "/rest/api/3/statuses/search", "paged", ADMIN),
        Route("GET", "/rest/api/3/workflows/search", "workflows", ADMIN),
        Route("GET", "/rest/api/3/workflowscheme", "paged", ADMIN),
        Route("GET", "/rest/api/3/project/search", "projects"),
        Route("GET", "/rest/api/3/permissionscheme", "schemes"),
        Route("GET", "/rest/api/3/notificationscheme", "notices"),
        Route("GET", "/gateway/api/automation/public/jira/{site}/rest/v1/rule/summary", "rules", ADMIN),
        Route("GET", "/gateway/api/automation/public/jira/{site}/rest/v1/rule/{uuid}", "rule", ADMIN),
        Route("GET", "/rest/api/3/role", "roles", ADMIN),
        Route("GET", "/rest/api/3/project/{key}/role", "project_roles"),
        Route("GET", "/rest/api/3/project/{key}/role/{id}", "project_role"),
        Route("GET", "/rest/api/3/group/bulk", "groups", "USER_PICKER"),
        Route("GET", "/rest/api/3/group/member", "members", ADMIN),
        Route("GET", "/rest/api/3/users/search", "people", "USER_PICKER"),
        Route("GET", "/rest/api/3/applicationrole", "applications", ADMIN),
        Route("GET", "/rest/api/3/applicationrole/{key}", "application", ADMIN),
        Route("GET", "/rest/api/3/issuesecurityschemes", "security", ADMIN),
        Route("GET", "/rest/api/3/config/fieldschemes", "field_schemes", ADMIN),
        Route("GET", "/rest/api/3/config/fieldschemes/{id}/fields", "scheme_fields", ADMIN),
        Route("GET", "/rest/webhooks/1.0/webhook", "hooks", ADMIN),
        Route("GET", "/rest/api/3/auditing/record", "audit", ADMIN),
    )
    keys: ClassVar[dict[str, str]] = {
        "projects": "key", "users": "accountId", "groups": "groupId", "workflows": "name", "applications": "key",
        "rules": "uuid",
    }  # fmt: skip
    email = "simulated"
    schemed = True
    scoped_out: ClassVar[frozenset[str]] = frozenset()  # paths that the token's scopes do not reach

    @classmethod
    def every_grant(cls) -> set[str]:
        return {ADMIN, "USER_PICKER", "BROWSE_PROJECTS"}

    def fill(self) -> None:
        self.actor = PEOPLE[0]
        self.tables = {
            "fields": [*system(), *custom()],
            "contexts": [
                {"id": f"2{field[-3:]}", "field": field, "name": f"Default for {field}", "description": "",
                 "isGlobalContext": True, "isAnyIssueType": True} for field in OPTIONS
            ],
            "options": [
                {"id": id, "field": field, "value": value, "disabled": False, **({"optionId": up} if up else {})}
                for field, rows in OPTIONS.items() for id, value, up in rows
            ],
            "issuetypes": [
                kind("1", "Campaign", 0), kind("2", "Creative request", 0), kind("3", "Sub-task", -1),
                {**kind("9", "Campaign", 0), "scope": team()},
            ],
            "statuses": [
                {"id": id, "name": name, "statusCategory": group, "description": "", "usages": [],
                 "scope": {"type": "GLOBAL"}}
                for id, name, group in (("10", "To Do", "TODO"), ("11", "In review", "IN_PROGRESS"),
                                        ("12", "Live", "DONE"))
            ] + [{"id": "19", "name": "To Do", "statusCategory": "TODO", "description": "", "usages": [],
                  "scope": {"type": "PROJECT", "project": {"id": "10002"}}}],
            "workflows": [workflow(self.born)],
            "workflowschemes": [{
                "id": 301, "name": "Marketing scheme", "description": "", "defaultWorkflow": "Campaign workflow",
                "issueTypeMappings": {"2": "Campaign workflow"}, "draft": False, "self": f"{SITE}/rest/api/3/x"}],
            "projects": [
                project("10000", "MKT", "Marketing", "classic"), project("10001", "WEB", "Web", "classic"),
                project("10002", "TEAM", "Team's own", "next-gen"),
            ],
            "schemes": [{
                "id": 10000, "name": "Marketing permissions", "description": "", "self": f"{SITE}/rest/api/3/x",
                "permissions": [
                    holds(1, "BROWSE_PROJECTS", "applicationRole", None, None),
                    holds(2, "ADMINISTER_PROJECTS", "projectRole", "10360", "10360"),
                    holds(3, "EDIT_ISSUES", "group", "jira-marketing", "g-marketing"),
                    holds(4, "DELETE_ISSUES", "user", PEOPLE[0], PEOPLE[0]),
                ]}],
            "notices": [notices()],
            "rules": [rule("0192e5ac-0001", "Assign what is urgent", self.born), sweep(self.born)],
            "roles": [role(10360, "Administrators", PEOPLE[:1]), role(10361, "Members", PEOPLE[2:])],
            "groups": [{"name": "jira-administrators", "groupId": "g-admins"},
                       {"name": "jira-marketing", "groupId": "g-marketing"}],
            "memberships": [
                {"id": f"g-{group}/{who}", "group": f"g-{group}", "who": who}
                for group, who in (("admins", PEOPLE[0]), ("admins", PEOPLE[1]), ("marketing", PEOPLE[2]),
                                   ("marketing", PEOPLE[3]))
            ],
            "users": [user(who, "atlassian") for who in PEOPLE] + [user("app-slack", "app")],
            "applications": [{
                "key": "jira-software", "name": "Jira", "groups": ["jira-marketing"],
                "defaultGroups": ["jira-marketing"],
                "groupDetails": [{"name": "jira-marketing", "groupId": "g-marketing", "self": f"{SITE}/x"}],
                "defaultGroupsDetails": [{"name": "jira-marketing", "groupId": "g-marketing", "self": f"{SITE}/x"}],
                "selectedByDefault": True, "defined": True, "numberOfSeats": 50, "remainingSeats": 12, "userCount": 38,
                "userCountDescription": "users", "hasUnlimitedSeats": False, "platform": False}],
            **beside(self.born),
        }  # fmt: skip

    # answers

    def signed(self, request: Request) -> bool:
        given = b64encode(f"{self.email}:{self.token}".encode()).decode()
        return request.headers.get("authorization", "") == f"Basic {given}"

    def answer(self, request: Request) -> Reply:
        if request.path in self.scoped_out:
            return Reply(401, {"code": 401, "message": "Unauthorized; scope does not match"})
        return super().answer(request)

    def _error(self, status: int, words: str) -> Reply:
        return Reply(status, {"errorMessages": [words], "errors": {}})

    def denied(self, request: Request, grant: str) -> Reply:
        return self._error(403, "You do not have the permission for this operation.")

    def refused(self, request: Request) -> Reply:
        return self._error(401, "Client must be authenticated to access this resource.")

    def missing(self, request: Request) -> Reply:
        return self._error(404, "Not found.")

    def limited(self) -> Reply:
        head = {"retry-after": "5", "ratelimit-reason": "jira-burst-based", "x-ratelimit-reset": "2026-01-01T00:00Z"}
        return Reply(429, {"errorMessages": ["Rate limit exceeded."], "errors": {}}, head)

    def _page(self, request: Request, rows: list[Wire], ordered: bool = False) -> Wire:
        start, size = int(request.query.get("startAt", 0)), int(request.query.get("maxResults", 50))
        page, after = self.part(rows, start, size)
        body = {"self": f"{SITE}{request.path}", "startAt": start, "maxResults": min(size, self.page),
                "total": len(rows), "isLast": after is None,
                "values": page if ordered else self.mixed(page)}  # fmt: skip
        return body if after is None else {**body, "nextPage": f"{SITE}{request.path}?startAt={after}"}

    def _seen(self, row: Wire) -> bool:
        """Who does not administer sees what is in a project that may be browsed: here none of the custom fields."""
        return ADMIN in self.grants or ("BROWSE_PROJECTS" in self.grants and not row.get("custom", False))

    def myself(self, request: Request) -> Any:
        return user(PEOPLE[1], "atlassian")

    def server(self, request: Request) -> Any:
        return {"baseUrl": self.account if "://" in self.account else SITE, "version": "1001.0.0-SNAPSHOT",
                "versionNumbers": [1001, 0, 0], "deploymentType": "Cloud", "buildNumber": 100280,
                "buildDate": iso(self.born), "serverTime": iso(self.clock.now()), "scmInfo": "abc",
                "serverTitle": "Example"}  # fmt: skip

    def mine(self, request: Request) -> Any:
        asked = request.query.get("permissions", "").split(",")
        told = {
            key: {"id": str(n), "key": key, "name": key.title(), "type": "GLOBAL", "description": "",
                  "havePermission": key in self.grants}
            for n, key in enumerate(asked)
        }  # fmt: skip
        return {"permissions": told} if asked != [""] else self._error(400, "The permissions parameter is required.")

    def configuration(self, request: Request) -> Any:
        return {"votingEnabled": True, "watchingEnabled": True, "unassignedIssuesAllowed": False,
                "subTasksEnabled": True, "issueLinkingEnabled": True, "timeTrackingEnabled": True,
                "attachmentsEnabled": True}  # fmt: skip

    def fields(self, request: Request) -> Any:
        return Reply(200, self.jumbled([row for row in self.rows("fields") if self._seen(row)]))

    def contexts(self, request: Request, id: str) -> Any:
        if self.find("fields", id) is None:
            return self._error(404, "The custom field was not found.")
        rows = [row for row in self.tables["contexts"] if row["field"] == id]
        return self._page(request, [{key: row[key] for key in row if key != "field"} for row in rows])

    def options(self, request: Request, id: str, context: str) -> Any:
        rows = [row for row in self.tables["options"] if row["field"] == id]
        return self._page(request, [{key: row[key] for key in row if key != "field"} for row in rows], ordered=True)

    def issue_types(self, request: Request) -> Any:
        return self.rows("issuetypes")

    def paged(self, request: Request) -> Any:
        return self._page(request, self.tables["statuses" if "/statuses/" in request.path else "workflowschemes"])

    def workflows(self, request: Request) -> Any:
        rows = self.tables["workflows"]
        if "values.transitions" not in request.query.get("expand", ""):
            rows = [{key: row[key] for key in row if key != "transitions"} for row in rows]
        told = [{"id": row["id"], "statusReference": row["id"], "name": row["name"], "scope": row["scope"],
                 "statusCategory": row["statusCategory"]} for row in self.tables["statuses"]]  # fmt: skip
        return {**self._page(request, rows), "statuses": told}

    def projects(self, request: Request) -> Any:
        wanted, asked = request.query.get("keys"), request.query.get("status", "live")
        rows = [row for row in self.tables["projects"] if wanted in (None, row["key"]) and self._seen(row)]
        state = {row["key"]: "deleted" if row["deleted"] else "archived" if row["archived"] else "live" for row in rows}
        return self._page(request, [row for row in rows if state[row["key"]] == asked])

    def search(self, request: Request) -> Any:
        return self._page(request, [row for row in self.tables["fields"] if row["id"] == request.query.get("id")])

    def security(self, request: Request) -> Any:
        return {"issueSecuritySchemes": self.rows("issuesecurity")}

    def field_schemes(self, request: Request) -> Any:
        return self._page(request, self.tables["fieldschemes"]) if self.schemed else self.missing(request)

    def scheme_fields(self, request: Request, id: str) -> Any:
        rows = [row for row in self.tables["schemefields"] if row["scheme"] == id]
        return self._page(request, [{key: row[key] for key in row if key not in ("id", "scheme")} for row in rows])

    def hooks(self, request: Request) -> Any:
        return [{key: row[key] for key in row if key != "id"} for row in self.rows("hooks")]

    def application(self, request: Request, key: str) -> Any:
        return self.find("applications", key) or self.missing(request)

    def schemes(self, request: Request) -> Any:
        whole = "expand" in request.query
        rows = [row if whole else {k: row[k] for k in row if k != "permissions"} for row in self.rows("schemes")]
        return {"permissionSchemes": rows}

    def notices(self, request: Request) -> Any:
        rows = self.tables["notices"] if ADMIN in self.grants else []
        whole = "expand" in request.query
        return self._page(request, [row if whole else {k: row[k] for k in row if k != "notificationSchemeEvents"}
                                    for row in rows])  # fmt: skip

    def rules(self, request: Request, site: str) -> Any:
        start, size = int(request.query.get("cursor") or 0), int(request.query.get("limit", 50))
        page, after = self.part(self.tables["rules"], start, size)
        told = ("uuid", "name", "description", "state", "labels", "authorAccountId", "ruleScopeARIs", "created",
                "updated")  # fmt: skip
        rows = [{"actorAccountId": row["actor"]["actor"], **{key: row[key] for key in told}} for row in page]
        links = {"self": f"?cursor={start}&limit={size}", "prev": None,
                 "next": None if after is None else f"?cursor={after}&limit={size}"}  # fmt: skip
        return {"links": links, "data": self.mixed(rows)}

    def rule(self, request: Request, site: str, uuid: str) -> Any:
        found = self.find("rules", uuid)
        return {"rule": found, "connections": []} if found else self.missing(request)

    def roles(self, request: Request) -> Any:
        return self.rows("roles")

    def project_roles(self, request: Request, key: str) -> Any:
        if self.find("projects", key) is None or ADMIN not in self.grants:
            return self._error(404, f"No project could be found with key '{key}'.")
        return {row["name"]: f"{SITE}/rest/api/3/project/{key}/role/{row['id']}" for row in self.rows("roles")}

    def project_role(self, request: Request, key: str, id: str) -> Any:
        return self.find("roles", id) or self.missing(request)

    def groups(self, request: Request) -> Any:
        wanted = request.query.get("groupId")
        return self._page(request, [row for row in self.tables["groups"] if wanted in (None, row["groupId"])])

    def members(self, request: Request) -> Any:
        group = request.query.get("groupId", "")
        if self.find("groups", group) is None:
            return self._error(404, f"The group with id '{group}' was not found.")
        who = {row["who"] for row in self.tables["memberships"] if row["group"] == group}
        rows = [row for row in self.tables["users"] if row["accountId"] in who]
        return self._page(request, [{key: row[key] for key in row if key != "locale"} for row in rows])

    def people(self, request: Request) -> Any:
        start, size = int(request.query.get("startAt", 0)), int(request.query.get("maxResults", 50))
        return self.mixed(self.part(self.tables["users"], start, size)[0])

    def applications(self, request: Request) -> Any:
        return self.rows("applications")

    def audit(self, request: Request) -> Any:
        rows = [
            {"id": number, "summary": f"{edit.table} {edit.action}", "remoteAddress": "192.0.2.1",
             "authorKey": edit.by, "authorAccountId": edit.by, "created": iso(edit.at), "category": edit.table,
             "eventSource": "", "objectItem": {"id": edit.key, "name": edit.key, "typeName": edit.table.upper()}}
            for number, edit in enumerate(self.edits, 1)
            if request.query.get("from", "") <= iso(edit.at) <= request.query.get("to", "9")
        ]  # fmt: skip
        return {"offset": 0, "limit": int(request.query.get("limit", 1000)), "total": len(rows),
                "records": list(reversed(rows))}  # fmt: skip
