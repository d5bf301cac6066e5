"""A monday.com account in memory: as much of its GraphQL API of version 2026-10 as reads boards, columns, users,
workspaces, webhooks, validations, roles, automations, connections, the account, and what was done on a board.

Written from the vendor's reference (boards, columns, users, webhooks, workspaces, account, activity logs, errors) and,
for automations, connections, roles and validations, from its published schema (mondaycom/mcp). A refusal is a 200 with
`errors`, as is a query that is wrong. The activity log of a board comes newest first, 25 lines unless asked for more;
its times are Unix time of 17 digits, `data` is JSON in a string. What it holds by event was seen in the answers that
public clients keep (monday_ruby, Estuary's connector): no page lists it. What an automation does is done by user -4.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar, Final

from .control import Reply, Request, controlled
from .desk import Desk, Route, Wire
from .queries import Field, Wrong, filled, parse, picked

CAMPAIGNS, LEADS = "901", "902"
AUTOMATION: Final = "-4"
SCOPES: Final = {
    "boards": "boards:read", "users": "users:read", "webhooks": "webhooks:read", "workspaces": "workspaces:read",
    "account": "account:read", "me": "me:read", "version": "", "validations": "boards:read", "account_roles": "",
    "board_automations": "automations:read", "account_connections": "connections:read",
}  # fmt: skip
VERSION: Final = "2026-10"
LISTED: Final = {"boards": 25, "users": 200, "workspaces": 25}  # rows of a list that names no limit


def column(id: str, title: str, kind: str, archived: bool = False, **settings: Any) -> Wire:
    return {"id": id, "title": title, "type": kind, "description": f"The {title}", "archived": archived, "width": None,
            "settings_str": json.dumps(settings)}  # fmt: skip


def columns() -> Iterator[Wire]:
    yield column("name", "Name", "name")
    yield column("status", "Status", "status", labels={"0": "Working", "1": "Done", "2": "", "5": "Done"},
                 labels_colors={"0": {"color": "#fdab3d"}})  # fmt: skip
    yield column("channel", "Channel", "dropdown", labels=[{"id": 1, "name": "Email"}, {"id": 2, "name": "Web"}])
    yield column("budget", "Budget", "numbers")
    yield column("share", "Share", "formula", formula="{budget}/100")
    yield column("lead", "Lead", "board_relation", archived=True, boardIds=[902])
    yield column("soon", "Soon", "unheard_of")


def board(id: str, name: str, kind: str, held: list[Wire], workspace: str | None, **more: Any) -> Wire:
    return {
        "id": id, "name": name, "description": None, "board_kind": kind, "permissions": "everyone", "type": "board",
        "state": "active", "workspace": workspace and {"id": "1", "name": workspace}, "columns": held, "views": [],
        "workspace_id": None, "items_count": 3, "updated_at": "2026-05-01T08:00:00Z", "item_terminology": "item",
        "url": f"https://northwind.monday.com/boards/{id}", "board_folder_id": None,
        "hierarchy_type": "classic", **more,
    }  # fmt: skip


def user(id: str, email: str, *teams: str, **what: Any) -> Wire:
    return {"id": id, "email": email, "name": email.partition("@")[0], "kind": "member",
            "status": "ACTIVE", "is_deleted": False, "teams": [{"name": one} for one in teams],
            "title": None, "created_at": "2024-01-01", "last_activity": "2026-05-01T08:00:00Z", "photo_small": "",
            "time_zone_identifier": "Europe/London",
            "url": f"https://northwind.monday.com/users/{id}", **what}  # fmt: skip


def automation(id: str, title: str, board: str, active: bool = True, **more: Any) -> Wire:
    return {"id": id, "user_id": "8", "active": active, "title": title, "description": f"{title}, when it is time",
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-04-01T00:00:00Z", "importance": None,
            "notice_message": None, "template_reference_id": None, "workflow_host_data": {"id": board, "type": "BOARD"},
            "workflow_blocks": [{"kind": "not-for-git"}], "workflow_variables": {}, **more}  # fmt: skip


class Account(Desk):
    """Tables: boards, users, workspaces, webhooks (each with its `board`), logs (each with its `board`). `act` is
    something that somebody does on a board, as its activity log tells it."""

    routes: ClassVar[tuple[Route, ...]] = (Route("POST", "/v2", "graphql"),)
    scheme = ""

    @classmethod
    def every_grant(cls) -> set[str]:
        return {scope for scope in SCOPES.values() if scope}

    def fill(self) -> None:
        self.account = "123456"
        self.tables = {
            "boards": [
                board(CAMPAIGNS, "Campaigns", "public", list(columns()), "Marketing", description="All campaigns",
                      views=[{"id": "1", "name": "Main", "type": "table"}]),
                board(LEADS, "Leads", "private", [column("name", "Name", "name")], None, permissions="owners"),
            ],
            "users": [
                user("7", "driftline@example.com", "Marketing", kind="admin"),
                user("8", "marketing-operations@example.com", "Marketing"),
                user("9", "agency-01@example.com", kind="guest"),
                user("10", "former-01@example.com", status="INACTIVE"),
            ],
            "workspaces": [{"id": "1", "name": "Marketing", "kind": "open", "state": "active",
                            "description": "All of marketing", "created_at": "2024-01-01"}],
            "webhooks": [{"id": "55", "board": CAMPAIGNS, "board_id": CAMPAIGNS, "event": "change_status_column_value",
                          "config": "{\"columnId\":\"status\"}", "app_webhook_url": None}],
            "validations": [{"id": CAMPAIGNS, "required_column_ids": ["status", "budget"],
                             "rules": {"budget": [{"then": {"operator": "greater_than", "value": "not-for-git"}}]}},
                            {"id": LEADS, "required_column_ids": None, "rules": None}],
            "roles": [{"id": "1", "name": "admin", "roleType": "basic_role"},
                      {"id": "7", "name": "Campaign editor", "roleType": "custom_role"}],
            "automations": [
                automation("101", "Tell the team", CAMPAIGNS),
                automation("102", "Start the launch", CAMPAIGNS, active=False, template_reference_id="77"),
                automation("103", "Ask for consent", LEADS),
            ],
            "connections": [
                {"id": n, "accountId": 123456, "userId": 8, "provider": provider, "name": "not-for-git", "state": state,
                 "method": "oauth", "providerAccountIdentifier": "not-for-git", "createdAt": "2026-01-02T08:00:00Z",
                 "updatedAt": "2026-04-02T08:00:00Z"}
                for n, provider, state in ((11, "gmail", "active"), (12, "slack", "inactive"))
            ],
            "logs": [],
        }  # fmt: skip

    # refusing

    def _no(self, message: str, code: str, status: int) -> Reply:
        extensions = {"code": code, "status_code": status, "error_data": {}}
        return Reply(200, {"data": None, "errors": [{"message": message, "extensions": extensions}],
                           "account_id": int(self.account)})  # fmt: skip

    def denied(self, request: Request, grant: str) -> Reply:
        return self._no("User unauthorized to perform action", "UserUnauthorizedException", 403)

    def refused(self, request: Request) -> Reply:
        return Reply(401, {"errors": ["Not Authenticated"]})

    def missing(self, request: Request) -> Reply:
        return Reply(404, {"errors": ["Not Found"]})

    def limited(self) -> Reply:
        return self._no("Complexity budget exhausted", "COMPLEXITY_BUDGET_EXHAUSTED", 429)

    # answering

    def graphql(self, request: Request) -> Reply:
        body = request.json() or {}
        try:
            fields = parse(str(body.get("query")))
            data = {field.told: self._root(request, field, body.get("variables") or {}) for field in fields}
        except Wrong as wrong:
            return self._no(str(wrong), "INVALID_GRAPHQL_REQUEST", 200)
        return Reply(200, {"data": data, "extensions": {"request_id": "r-1"}})

    def _root(self, request: Request, field: Field, variables: Mapping[str, Any]) -> Any:
        if field.name not in SCOPES:
            raise Wrong(f"Cannot query field '{field.name}' on type 'Query'.")
        if request.headers.get("api-version") != VERSION:
            raise Wrong(f"this account answers by {VERSION} alone")
        self.need(request, SCOPES[field.name])
        asked = filled(field.arguments, variables)
        if field.name == "account_roles":
            return [picked(row, field) for row in self.rows("roles")]
        if field.name == "validations":
            return picked(self.find("validations", str(asked["id"])), field)
        if field.name == "board_automations":
            start = int(asked.get("cursor") or 0)
            page, after = self.part(self.tables["automations"], start, int(asked["limit"]))
            return picked({"cursor": after and str(after), "items": self.mixed(page)}, field)
        if field.name == "account_connections":
            last = asked["pagination"].get("lastId") or 0
            page, _ = self.part([row for row in self.tables["connections"] if row["id"] > last], 0)
            return [picked(row, field) for row in page]
        if field.name == "version":
            return picked({"value": VERSION, "kind": "current", "display_name": "Current"}, field)
        if field.name in ("me", "account"):
            plan = {"max_users": 50, "period": "yearly", "tier": "pro", "version": 8}
            whole = {"id": self.account, "name": "Northwind", "slug": "northwind", "tier": "pro", "plan": plan}
            return picked(whole if field.name == "account" else {**self.tables["users"][0], "account": whole}, field)
        if field.name == "webhooks":
            found = [row for row in self.rows("webhooks") if row["board"] == str(asked["board_id"])]
            return [picked(row, field) for row in found]
        rows = [row for row in self.tables[field.name] if self._asked_for(field.name, row, asked)]
        size = min(int(asked.get("limit") or LISTED[field.name]), self.page)
        start = (int(asked.get("page") or 1) - 1) * size
        page = self.mixed(rows[start : start + size])
        inner = next((one for one in field.inner if one.name == "activity_logs"), None)
        if inner:
            wanted = filled(inner.arguments, variables)
            page = [{**row, "activity_logs": self._logs(row["id"], wanted)} for row in page]
        return [picked(row, field) for row in page]

    def _asked_for(self, table: str, row: Wire, asked: Mapping[str, Any]) -> bool:
        if asked.get("ids") is not None and row["id"] not in {str(id) for id in asked["ids"]}:
            return False
        if table == "boards" and row["hierarchy_type"] not in asked.get("hierarchy_types", ["classic"]):
            return False
        if table in ("boards", "workspaces"):
            return asked.get("state", "active") in ("all", row["state"])
        return table != "users" or row["status"] in asked.get("status", ["ACTIVE", "PENDING"])

    def _logs(self, board: str, asked: Mapping[str, Any]) -> list[Wire]:
        bounds = [datetime.fromisoformat(asked[name]).timestamp() if asked.get(name) else default
                  for name, default in (("from", 0.0), ("to", self.clock.now()))]  # fmt: skip
        rows = [row for row in self.tables["logs"] if row["board"] == board
                and bounds[0] <= int(row["created_at"]) / 1e7 <= bounds[1]]  # fmt: skip
        rows.sort(key=lambda row: -int(row["created_at"]))
        size = min(int(asked.get("limit") or 25), self.page)
        start = (int(asked.get("page") or 1) - 1) * size
        return rows[start : start + size]

    # what happens in an account

    @controlled
    def act(self, board: str, event: str, user: str = "8", entity: str = "board", **data: Any) -> None:
        """Somebody does something on a board."""
        self.note("act", board=board, event=event, user=user)
        self._kept("boards", board)
        self.tables["logs"].append({
            "board": board, "id": f"log-{len(self.tables['logs'])}", "event": event, "entity": entity, "user_id": user,
            "account_id": self.account, "created_at": f"{round(self.clock.now() * 1e7)}",
            "data": json.dumps({"board_id": int(board), **data}),
        })  # fmt: skip
