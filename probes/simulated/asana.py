"""An Asana workspace that answers in memory, in the shape of the vendor's OpenAPI: custom fields, projects with what
is in them, members, teams, roles, templates, webhooks, and on Enterprise the audit log.

Answers hold what `opt_fields` asks for, beside gid and resource_type, and nothing else. Lists are `{data, next_page}`,
20 rows unless asked for up to 100. A user sees its own workspace as an admin, a member or a guest (`standing` changes
it): a guest gets shorter lists with a 200, a private project is for its members alone. 403 is for what one may not
see, 404 for what is not there.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from .control import Reply, Request, controlled
from .desk import Denial, Desk, Route, Wire

WORKSPACE: Final = "1200000000000001"
ME: Final = "11"
LAUNCH, REQUESTS, SECRET = "201", "202", "203"


# What a role allows, by name: all that is true or false is false here.
ALLOWS: Final[Wire] = {"allowed_guest_invites": "none", "task_deletion_policy": "owned"} | dict.fromkeys(
    ("create_app_authorization", "create_pat_authorization", "share_goal_with_domain", "share_portfolios_with_org",
     "assign_roles", "manage_roles", "export_project_data", "download_mobile_attachments", "import_data",
     "create_global_custom_fields", "upload_attachments", "create_team", "create_and_edit_ai_automations",
     "proactive_ai", "standard_ai", "create_and_edit_ai_teammates", "share_teams_with_org", "create_goal",
     "create_project", "create_read_only_link", "create_portfolio", "view_public_teams",
     "view_shared_with_org_projects", "view_shared_with_org_tasks", "view_shared_with_org_portfolios"), False,
)  # fmt: skip


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def chosen(row: Any, asked: list[str]) -> Any:
    """What of a row is asked for. A path that goes deeper takes the thing at its start along, by its gid; what has none
    is a part of its row, and comes whole."""
    if not isinstance(row, dict):
        return [chosen(one, asked) for one in row] if isinstance(row, list) else row
    if "gid" not in row and asked == [""]:
        return row
    found = {name: row[name] for name in ("gid", "resource_type") if name in row}
    for name in dict.fromkeys(one.partition(".")[0] for one in asked if one):
        if name in row:
            deeper = [one.partition(".")[2] for one in asked if one.partition(".")[0] == name]
            found[name] = chosen(row[name], deeper) if isinstance(row[name], dict | list) else row[name]
    return found


def field(gid: str, name: str, kind: str, sort: str = "", **more: Any) -> Wire:
    return {
        "gid": gid, "resource_type": "custom_field", "name": name, "description": "", "resource_subtype": kind,
        "representation_type": sort or kind, "is_global_to_workspace": True, "asana_created_field": None,
        "privacy_setting": "public", "default_access_level": "user", "input_restrictions": [], "id_prefix": None,
        "is_value_read_only": False, "is_formula_field": False, **more,
    }  # fmt: skip


def options(*names: str, off: str = "") -> list[Wire]:
    return [{"gid": str(n), "resource_type": "enum_option", "name": name, "enabled": name != off, "color": "blue"}
            for n, name in enumerate(names, 1)]  # fmt: skip


def fields() -> Iterator[Wire]:
    yield field("101", "Channel", "enum", description="Where it runs", asana_created_field="content_channels",
                enum_options=options("Email", "Web", "Fax", off="Fax"))  # fmt: skip
    yield field("102", "Budget", "number", precision=2, format="currency", currency_code="EUR", custom_label=None)
    yield field("103", "Share", "number", precision=0, format="percentage")
    yield field("104", "Points", "number", precision=0, format="custom", custom_label="points")
    yield field("105", "Regions", "multi_enum", enum_options=options("EMEA", "AMER", "APAC"))
    yield field("106", "Number", "text", "custom_id", is_value_read_only=True, id_prefix="CMP")
    yield field("107", "Late", "number", "formula", is_formula_field=True, precision=0, format="none")
    yield field("108", "Go live", "date")
    yield field("109", "Approver", "people", input_restrictions=["task"])


class Account(Desk):
    """The workspace. `deliver` is one delivery of a webhook, `standing` what the token's user is."""

    routes: ClassVar[tuple[Route, ...]] = (
        Route("GET", "/users/me", "me"),
        Route("GET", "/workspaces/{workspace}", "workspace"),
        Route("GET", "/workspaces/{workspace}/workspace_memberships", "memberships"),
        Route("GET", "/workspaces/{workspace}/custom_fields", "custom_fields"),
        Route("GET", "/workspaces/{workspace}/projects", "projects"),
        Route("GET", "/workspaces/{workspace}/teams", "teams"),
        Route("GET", "/workspaces/{workspace}/audit_log_events", "audit"),
        Route("GET", "/projects/{gid}", "one"),
        Route("GET", "/projects/{gid}/{table}", "of_project"),
        Route("GET", "/custom_types", "of_one"),
        Route("GET", "/custom_types/{gid}", "one"),
        Route("GET", "/sections/{gid}", "one"),
        Route("GET", "/task_templates", "of_one"),
        Route("GET", "/task_templates/{gid}", "one"),
        Route("GET", "/teams/{gid}", "one"),
        Route("GET", "/teams/{gid}/team_memberships", "of_team"),
        Route("GET", "/roles", "listed"),
        Route("GET", "/project_templates", "listed"),
        Route("GET", "/project_templates/{gid}", "one"),
        Route("GET", "/webhooks", "listed"),
        Route("GET", "/webhooks/{gid}", "one"),
    )
    keys: ClassVar[dict[str, str]] = dict.fromkeys(
        ("memberships", "custom_fields", "projects", "teams", "custom_field_settings", "sections", "custom_types",
         "webhooks", "task_templates", "project_memberships", "team_memberships", "roles", "project_templates"),
        "gid")  # fmt: skip
    enterprise = True

    def fill(self) -> None:
        self.account = WORKSPACE
        people: dict[str, str] = {"11": "integration-user", "12": "marketing-operations", "13": "", "14": "brand"}
        self.people = {
            gid: {
                "gid": gid,
                "resource_type": "user",
                "name": "not-for-git",
                **({"email": f"{name}@example.com"} if name else {}),
            }
            for gid, name in people.items()
        }
        made = {one["name"]: one for one in fields()}
        levels = {
            "member_invite_management_access_level": "all_team_members",
            "guest_invite_management_access_level": "only_team_admins",
            "team_content_management_access_level": "no_restriction",
        }
        self.tables = {
            "workspaces": [{"gid": WORKSPACE, "resource_type": "workspace", "name": "Example", "is_organization": True,
                            "email_domains": ["example.org", "example.com"]}],
            "memberships": [
                {"gid": f"m{gid}", "resource_type": "workspace_membership", "user": self.people[gid],
                 "is_active": gid != "14", "is_admin": gid == ME, "is_guest": gid == "13", "is_view_only": gid == "14"}
                for gid in people
            ],
            "custom_fields": list(made.values()),
            "projects": [
                {"gid": gid, "resource_type": "project", "name": name, "privacy_setting": privacy, "archived": False,
                 "default_access_level": "editor", "team": {"gid": "t1", "resource_type": "team", "name": "Campaigns"},
                 "minimum_access_level_for_customization": "editor", "minimum_access_level_for_sharing": "admin",
                 "permalink_url": f"https://app.asana.com/1/{WORKSPACE}/project/{gid}", "notes": "not-for-git"}
                for gid, name, privacy in ((LAUNCH, "Spring launch", "public_to_workspace"),
                                           (REQUESTS, "Creative requests", "public_to_workspace"),
                                           (SECRET, "Brand relaunch", "private"))
            ],
            "custom_field_settings": [
                {"gid": gid, "resource_type": "custom_field_setting", "project": project, "is_important": first,
                 "custom_field": made[name]}
                for gid, project, first, name in (("s1", LAUNCH, True, "Channel"), ("s2", LAUNCH, False, "Budget"),
                                                  ("s3", REQUESTS, False, "Channel"))
            ],
            "sections": [{"gid": gid, "resource_type": "section", "project": project, "name": name}
                         for gid, project, name in (("301", LAUNCH, "Draft"), ("302", LAUNCH, "Draft"),
                                                    ("303", REQUESTS, "Inbox"))],
            "task_templates": [
                {"gid": "451", "resource_type": "task_template", "project": LAUNCH, "name": "Review of copy",
                 "created_by": self.people["12"], "created_at": iso(self.born),
                 "template": {"name": "Review the copy", "task_resource_subtype": "approval_task"}}],
            "custom_types": [{"gid": "401", "resource_type": "custom_type", "project": LAUNCH, "name": "Asset",
                       "status_options": [
                {"gid": "1", "name": "In work", "enabled": True, "completion_state": "incomplete"},
                {"gid": "2", "name": "Approved", "enabled": True, "completion_state": "complete"}]}],
            "project_memberships": [
                {"gid": gid, "resource_type": "project_membership", "project": project, "access_level": level,
                 "member": {"gid": who, "resource_type": kind}}
                for gid, project, who, kind, level in (("501", LAUNCH, "12", "user", "editor"),
                                                       ("502", LAUNCH, "t1", "team", "commenter"),
                                                       ("503", REQUESTS, "13", "user", "viewer"),
                                                       ("504", SECRET, ME, "user", "admin"))
            ],
            "teams": [
                {"gid": gid, "resource_type": "team", "name": name, "description": f"For {name}", "visibility": seen,
                 "permalink_url": f"https://app.asana.com/0/{gid}", **levels}
                for gid, name, seen in (("t1", "Campaigns", "public"), ("t2", "Brand", "secret"))
            ],
            "team_memberships": [
                {"gid": gid, "resource_type": "team_membership", "team": team, "user": self.people[who],
                 "is_admin": admin, "is_guest": guest, "is_limited_access": guest}
                for gid, team, who, admin, guest in (("701", "t1", "12", True, False), ("702", "t1", "13", False, True),
                                                     ("703", "t2", ME, True, False))
            ],
            "roles": [
                {"gid": "601", "resource_type": "role", "name": "Member", "description": "As everybody",
                 "is_standard_role": True, "base_role_type": "member", "creation_time": iso(self.born),
                 "modified_at": iso(self.born), "permissions": {**ALLOWS, "create_project": True}},
                {"gid": "602", "resource_type": "role", "name": "Developers", "description": "May make tokens",
                 "is_standard_role": False, "base_role_type": "member", "creation_time": iso(self.born),
                 "modified_at": iso(self.born), "permissions": {
                     **ALLOWS, "create_project": True, "create_pat_authorization": True, "import_data": True,
                     "allowed_guest_invites": "all"}}],
            "project_templates": [
                {"gid": "801", "resource_type": "project_template", "name": "Launch", "description": "Of a product",
                 "public": True, "owner": self.people["12"],
                 "team": {"gid": "t1", "resource_type": "team", "name": "Campaigns"},
                 "requested_dates": [{"gid": "1", "name": "Start Date", "description": ""}],
                 "requested_roles": [{"gid": "1", "name": "Designer"}]}],
            "webhooks": [
                {"gid": gid, "resource_type": "webhook", "active": active, "delivery_retry_count": 0,
                 "resource": {"gid": LAUNCH, "resource_type": "project", "name": "Spring launch"},
                 "target": f"https://hooks.example.com/{gid}?token=not-for-git", "failure_deletion_timestamp": None,
                 "last_success_at": iso(self.clock.now() - 600), "last_failure_at": None, "last_failure_content": "",
                 "filters": [{"resource_type": "task", "resource_subtype": "milestone", "action": "changed",
                              "fields": ["due_at", "name"]}]}
                for gid, active in (("901", True), ("902", True), ("903", False))
            ],
        }  # fmt: skip

    # answers

    def _no(self, status: int, words: str, **head: str) -> Reply:
        return Reply(status, {"errors": [{"message": words, "help": "See the documentation."}]}, head)

    def denied(self, request: Request, grant: str) -> Reply:
        return self._no(403, "You do not have access to this.")

    def refused(self, request: Request) -> Reply:
        return self._no(401, "Not Authorized")

    def missing(self, request: Request) -> Reply:
        return self._no(404, "No matching route, or no such object.")

    def limited(self) -> Reply:
        return Reply(429, {"errors": [{"message": "You have made too many requests recently."}]}, {"retry-after": "30"})

    def _mine(self) -> Wire:
        return self._kept("memberships", f"m{ME}")

    def _seen(self, project: Wire) -> bool:
        inside = any(row["project"] == project["gid"] and row["member"]["gid"] == ME
                     for row in self.tables["project_memberships"])  # fmt: skip
        return inside or (project["privacy_setting"] != "private" and not self._mine()["is_guest"])

    def _one(self, request: Request, row: Wire) -> Wire:
        return {"data": chosen(row, request.query.get("opt_fields", "name").split(","))}

    def _page(self, request: Request, rows: list[Wire]) -> Wire:
        start = int(b64decode(request.query["offset"])) if "offset" in request.query else 0
        page, after = self.part(rows, start, min(100, int(request.query.get("limit", 20))))
        asked = request.query.get("opt_fields", "name").split(",")
        token = b64encode(str(after).encode()).decode()
        further = {"offset": token, "path": f"{request.path}?offset={token}", "uri": f"{request.base}{request.path}"}
        return {
            "data": [chosen(row, asked) for row in self.mixed(page)],
            "next_page": None if after is None else further,
        }

    def me(self, request: Request) -> Any:
        return self._one(request, self.people[ME])

    def _here(self, request: Request, workspace: str) -> None:
        if workspace != self.account:
            raise Denial(self.missing(request))

    def workspace(self, request: Request, workspace: str) -> Any:
        self._here(request, workspace)
        return self._one(request, {**self.tables["workspaces"][0], "gid": self.account})

    def memberships(self, request: Request, workspace: str) -> Any:
        self._here(request, workspace)
        rows = self.tables["memberships"]
        alone = request.query.get("user") == "me" or self._mine()["is_guest"]
        return self._page(request, [row for row in rows if row["user"]["gid"] == ME] if alone else rows)

    def custom_fields(self, request: Request, workspace: str) -> Any:
        self._here(request, workspace)
        return self._page(request, self.tables["custom_fields"])

    def projects(self, request: Request, workspace: str) -> Any:
        self._here(request, workspace)
        only = request.query.get("archived")
        rows = [row for row in self.tables["projects"] if only is None or row["archived"] is (only == "true")]
        return self._page(request, [row for row in rows if self._seen(row)])

    def teams(self, request: Request, workspace: str) -> Any:
        self._here(request, workspace)
        rows = self.tables["teams"]
        return self._page(request, [] if self._mine()["is_guest"] else rows)

    def one(self, request: Request, gid: str) -> Any:
        table = request.path.split("/")[1]
        found = self.find(table, gid)
        if found is None:
            return self.missing(request)
        return self.denied(request, "") if table == "projects" and not self._seen(found) else self._one(request, found)

    def of_project(self, request: Request, gid: str, table: str) -> Any:
        found = self.find("projects", gid)
        if found is None or table not in self.tables:
            return self.missing(request)
        if not self._seen(found):
            return self.denied(request, "")
        return self._page(request, [row for row in self.tables[table] if row["project"] == gid])

    def of_one(self, request: Request) -> Any:
        """A list that takes its project as a parameter."""
        rows = self.tables[request.path.strip("/")]
        return self._page(request, [row for row in rows if row["project"] == request.query.get("project")])

    def of_team(self, request: Request, gid: str) -> Any:
        return self._page(request, [row for row in self.tables["team_memberships"] if row["team"] == gid])

    def listed(self, request: Request) -> Any:
        table = request.path.strip("/")
        if table == "roles" and not self.enterprise:
            return self._no(402, "This is available on Enterprise only.")
        return self._page(request, self.tables[table])

    def audit(self, request: Request, workspace: str) -> Any:
        if not self.enterprise:
            return self._no(402, "This is available on Enterprise only.")
        since, until = request.query.get("start_at", ""), request.query.get("end_at", "9")
        rows: list[Wire] = [
            {"gid": str(number), "created_at": iso(edit.at), "event_type": f"{edit.table[:-1]}_{edit.action}",
             "event_category": "content_export", "details": {}, "context": {"context_type": "web"},
             "actor": {"actor_type": "user", "gid": "12", "name": "not-for-git", "email": edit.by},
             "resource": {"resource_type": edit.table[:-1], "gid": edit.key,
                          "name": str((edit.after or edit.before or {}).get("name") or "")}}
            for number, edit in enumerate(self.edits, 1) if since <= iso(edit.at) <= until
        ]  # fmt: skip
        wanted = request.query.get("resource_gid")
        rows = [row for row in rows if wanted in (None, row["resource"]["gid"])]
        return {"data": rows[:100], "next_page": {"offset": "later", "path": request.path, "uri": request.base}}

    # what happens in a workspace

    @controlled
    def standing(self, admin: bool = False, guest: bool = False, view_only: bool = False) -> None:
        """What the token's user is in the workspace from now on."""
        self.note("standing", admin=admin, guest=guest, view_only=view_only)
        self._mine().update(is_admin=admin, is_guest=guest, is_view_only=view_only)

    @controlled
    def deliver(self, webhook: str, ok: bool = True, tries: int = 0) -> None:
        """The newest delivery of a webhook arrived, or failed and is tried again until a day from now."""
        self.note("deliver", webhook=webhook, ok=ok, tries=tries)
        row: Wire = self._kept("webhooks", webhook)
        now = self.clock.now()
        row["last_success_at" if ok else "last_failure_at"] = iso(now)
        row["delivery_retry_count"] = tries
        row["failure_deletion_timestamp"] = None if ok else iso(now + 86_400)
