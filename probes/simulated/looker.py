"""A Looker instance in memory, API 4.0, as the OpenAPI document that the vendor publishes has its answers
(looker-open-source/sdk-codegen): bare lists by `limit` and `offset`, `fields` that leave keys out, `{message,
documentation_url}` for errors, and 404 for what one may not see.

Its model says what a qualified lead is, as the example stack agreed on it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from .control import Reply, Request, controlled
from .desk import Desk, Route, Wire

POWERS: Final = (
    "explore", "see_lookml", "see_users", "see_datagroups", "see_schedules", "see_user_dashboards", "see_looks",
    "administer",
)  # fmt: skip
DAY: Final = 86_400
PART: Final = re.compile(r"\s*(\w+)")


def field(name: str, label: str, type: str, category: str, **more: Any) -> Wire:
    return {
        "name": f"leads.{name}", "label": label, "description": f"{label} of a lead", "type": type,
        "category": category, "hidden": False, "measure": category == "measure", "primary_key": name == "id",
        "sql": f"${{TABLE}}.{name}", "view": "leads", "view_label": "Leads", "tags": [], "times_used": 7,
        "enumerations": None, "filters": None, "value_format": None, "value_format_name": None, "error": None,
        "default_filter_value": None, **more,
    }  # fmt: skip


def query(id: str, *names: str, **more: Any) -> Wire:
    """What is behind a tile or a Look."""
    return {
        "id": id, "model": "marketing", "view": "leads", "fields": [f"leads.{name}" for name in names], "pivots": None,
        "fill_fields": None, "filters": None, "filter_expression": None, "sorts": [], "limit": "500",
        "dynamic_fields": None, "slug": f"slug{id}", "vis_config": {"type": "looker_column"}, "query_timezone": "UTC",
        **more,
    }  # fmt: skip


def folder(id: str, name: str, personal: bool = False) -> Wire:
    return {"id": id, "name": name, "parent_id": "1", "is_personal": personal, "is_personal_descendant": False,
            "is_shared_root": False, "creator_id": "10", "child_count": 0}  # fmt: skip


def narrowed(row: Any, wanted: str) -> Any:
    """The keys that `fields` names, "id,folder(id,name)": at any depth, of each row of a list."""
    if isinstance(row, list):
        return [narrowed(one, wanted) for one in row]
    if not isinstance(row, dict):
        return row
    made, rest = {}, wanted
    while found := PART.match(rest):
        name, rest = found[1], rest[found.end() :]
        inner = ""
        if rest.startswith("("):
            end = closing(rest)
            inner, rest = rest[1:end], rest[end + 1 :]
        if name in row:
            made[name] = narrowed(row[name], inner) if inner else row[name]
        rest = rest.removeprefix(",")
    return made


def closing(text: str) -> int:
    """Where the bracket that a text begins with ends."""
    deep = 0
    for at, sign in enumerate(text):
        deep += {"(": 1, ")": -1}.get(sign, 0)
        if not deep:
            return at
    return len(text)


class Account(Desk):
    """The instance. Rights are those of the permission set that the key's user has."""

    routes: ClassVar[tuple[Route, ...]] = (
        Route("POST", "/login", "sign_in", open=True),
        Route("GET", "/user", "me"),
        Route("GET", "/versions", "versions"),
        Route("GET", "/lookml_models", "models", "explore"),
        Route("GET", "/lookml_models/{model}/explores/{explore}", "explore", "explore"),
        Route("GET", "/roles", "roles"),
        Route("GET", "/users", "listed", "see_users"),
        Route("GET", "/users/{id}", "one"),
        Route("GET", "/groups/search/with_roles", "groups", "see_users"),
        Route("GET", "/datagroups", "listed", "see_datagroups"),
        Route("GET", "/scheduled_plans", "listed"),
        Route("GET", "/dashboards/search", "content", "see_user_dashboards"),
        Route("GET", "/looks/search", "content", "see_looks"),
        Route("GET", "/dashboards/{id}", "one", "see_user_dashboards"),
        Route("GET", "/looks/{id}", "one", "see_looks"),
        Route("GET", "/connections/{id}", "one", "administer"),
        Route("GET", "/alerts/search", "content"),
        Route("GET", "/{table}", "listed", "administer"),
    )
    keys: ClassVar[dict[str, str]] = {"connections": "name", "lookml_models": "name"}
    running: ClassVar[tuple[str, ...]] = ("datagroups", "scheduled_plans")
    client_id, client_secret = "simulated-client", "simulated-secret"

    @classmethod
    def every_grant(cls) -> set[str]:
        return set(POWERS)

    def fill(self) -> None:
        self.token, now = "issued-to-the-demo", int(self.clock.now())
        all_models = {"id": "1", "name": "All", "built_in": True, "all_access": True, "models": []}
        explores = [{"name": name, "label": name.capitalize(), "description": f"All {name}", "hidden": False,
                     "group_label": "Marketing"} for name in ("leads", "campaigns")]  # fmt: skip
        self.tables = {
            "lookml_models": [{
                "name": "marketing", "label": "Marketing", "project_name": "looker", "explores": explores,
                "allowed_db_connection_names": ["warehouse"], "unlimited_db_connections": False,
            }],
            "dimensions": [field("id", "Id", "string", "dimension"),
                           field("status", "Status", "string", "dimension", enumerations=[
                               {"value": "Open", "label": "Open"}, {"value": "Qualified", "label": "Qualified"}]),
                           field("region", "Region", "string", "dimension"),
                           field("created_date", "Created Date", "date_date", "dimension")],
            "measures": [field("qualified", "Qualified leads", "count", "measure", filters=[
                {"field": "leads.score", "condition": ">=65"}, {"field": "leads.consent", "condition": "Yes"}])],
            "filters": [field("since", "Since", "date", "filter", default_filter_value="30 days")],
            "parameters": [field("unit", "Unit", "unquoted", "parameter")],
            "connections": [{"name": "warehouse", "dialect_name": "postgres", "host": "warehouse.example.com",
                             "database": "warehouse", "schema": "analytics", "ssl": True, "pdts_enabled": True,
                             "db_timezone": "UTC", "max_connections": 30, "user_id": "10"}],
            "projects": [{"id": "looker", "name": "looker", "uses_git": True, "git_service_name": "github",
                          "git_remote_url": "git@git.example.com:northwind/looker.git", "is_example": False,
                          "git_production_branch_name": "main", "pull_request_mode": "required",
                          "validation_required": True, "allow_warnings": False, "git_release_mgmt_enabled": False,
                          "is_git_dev_locked": False}],
            "integrations": [{"id": "1::google_sheets", "integration_hub_id": "1", "label": "Google Sheets",
                              "description": "Sends rows to a sheet", "enabled": True, "uses_oauth": True,
                              "params": [], "supported_formats": ["csv"], "required_fields": [],
                              "supported_action_types": ["query", "dashboard"]}],
            "datagroups": [{"id": "1", "model_name": "marketing", "name": "nightly", "created_at": int(self.born),
                            "stale_before": 0, "trigger_check_at": now - 600, "trigger_error": None,
                            "trigger_value": "7", "triggered_at": now - DAY // 4}],
            "scheduled_plans": [{
                "id": "5", "name": "Weekly funnel", "title": "Funnel", "user_id": "9", "run_as_recipient": False,
                "enabled": True, "look_id": None, "dashboard_id": "31", "lookml_dashboard_id": None, "query_id": None,
                "crontab": "0 7 * * 1", "datagroup": None, "timezone": "Europe/Berlin",
                "user": {"id": "9", "first_name": "integration", "last_name": "user",
                         "display_name": "integration-user"},
                "scheduled_plan_destination": [
                    {"id": "1", "format": "wysiwyg_pdf", "type": "email", "address": "analytics@example.com",
                     "message": "not-for-git"},
                    {"id": "2", "format": "csv", "type": "webhook", "address": "https://hooks.example.com/not-for-git"},
                ],
                "created_at": "2026-02-03T09:00:00Z", "updated_at": "2026-02-03T09:00:00Z", "next_run_at": None,
                "last_run_at": None,
            }],
            "dashboards": [
                self._dashboard("31", "Funnel", "marketing", [
                    {"id": "310", "query": query("501", "status", "qualified", filters={"leads.region": "EMEA"})},
                    {"id": "311", "look": {"id": "17", "title": "Leads by region", "query": query("502", "region")}},
                ], certification_metadata={"certification_status": "certified", "user_name": "analytics-01"}),
                self._dashboard("32", "Scratch", "analytics-01", [], personal=True),
            ],
            "looks": [self._look("17", "Leads by region", "marketing", query("502", "region", "qualified")),
                      self._look("18", "Tried", "analytics-01", query("503", "id"), personal=True)],
            "alerts": [{
                "id": "7", "custom_title": "Few qualified leads", "description": "asks the team", "cron": "0 8 * * *",
                "comparison_type": "LESS_THAN", "threshold": 50, "is_disabled": False, "disabled_reason": None,
                "is_public": True, "owner_id": "10", "owner_display_name": "analytics-01", "query_id": "501",
                "investigative_content_type": "dashboard", "investigative_content_id": "31",
                "investigative_content_title": "Funnel", "dashboard_element_id": "310",
                "field": {"title": "Qualified leads", "name": "leads.qualified", "filter": []},
                "applied_dashboard_filters": [{"filter_title": "Region", "field_name": "leads.region",
                                               "filter_value": "EMEA"}],
                "destinations": [{"destination_type": "EMAIL", "email_address": "analytics@example.com"}],
            }],
            "permission_sets": [{"id": "1", "name": "Monitor", "built_in": False, "all_access": False},
                                {"id": "2", "name": "Viewer", "built_in": True, "all_access": False,
                                 "permissions": ["access_data", "see_looks"]}],
            "model_sets": [all_models, {"id": "2", "name": "Marketing", "built_in": False, "all_access": False,
                                        "models": ["marketing"]}],
            "roles": [self._role("2", "Monitor", "1", all_models), self._role("3", "Viewer", "2", all_models)],
            "groups": [{"id": "1", "name": "analytics", "include_by_default": False, "externally_managed": True,
                        "external_group_id": None, "user_count": 2, "can_add_to_content_metadata": True,
                        "role_id": "3"}],
            "user_attributes": [{"id": "1", "name": "region", "label": "Region", "type": "string",
                                 "default_value": None, "is_system": False, "is_permanent": False,
                                 "value_is_hidden": True, "user_can_view": True, "user_can_edit": False}],
            "users": [self._user("9", "integration-user", "2"), self._user("10", "analytics-01", "3")],
        }  # fmt: skip

    def _role(self, id: str, name: str, powers: str, models: Wire) -> Wire:
        return {"id": id, "name": name, "internal": False, "permission_set_id": powers, "model_set_id": models["id"],
                "model_set": models}  # fmt: skip

    def _user(self, id: str, box: str, role: str) -> Wire:
        return {"id": id, "email": f"{box}@example.com", "display_name": box, "is_disabled": False, "role_ids": [role],
                "group_ids": ["1"], "is_service_account": False, "service_account_name": None,
                "locale": "en"}  # fmt: skip

    def _dashboard(
        self, id: str, title: str, place: str, tiles: list[Wire], personal: bool = False, **more: Any
    ) -> Wire:
        return {
            "id": id, "title": title, "description": f"{title} of the team", "hidden": False, "readonly": False,
            "slug": f"slug{id}", "user_id": "10", "user_name": "analytics-01", "is_owner_disabled": False,
            "refresh_interval": "1 hour", "query_timezone": "Europe/Berlin", "deleted": False, "view_count": 31,
            "last_viewed_at": "2026-02-03T09:00:00Z", "updated_at": "2026-02-03T09:00:00Z",
            "last_updater_name": "analytics-01", "last_updater_id": "10", "deleted_at": None, "deleter_id": None,
            "folder": folder(f"f{id}", place, personal),
            "certification_metadata": None, "dashboard_elements": tiles,
            "dashboard_filters": [{"id": "1", "name": "Region", "title": "Region", "type": "field",
                                   "model": "marketing", "explore": "leads", "dimension": "leads.region"}],
            **more,
        }  # fmt: skip

    def _look(self, id: str, title: str, place: str, asked: Wire, personal: bool = False) -> Wire:
        return {
            "id": id, "title": title, "description": f"{title}, by week", "public": False, "user_id": "10",
            "user_name": "analytics-01", "is_owner_disabled": False, "deleted": False, "view_count": 4,
            "query_id": asked["id"], "query": asked, "updated_at": "2026-02-03T09:00:00Z",
            "last_updater_id": "10", "deleted_at": None, "deleter_id": None,
            "folder": folder(f"f{id}", place, personal),
            "certification_metadata": {"certification_status": "certified", "user_name": "analytics-01"},
        }  # fmt: skip

    # changing

    def touched(self, table: str, row: Wire) -> None:
        if table in ("dashboards", "looks"):
            row["updated_at"], row["last_updater_id"] = self._now(), self._acting()
        elif table == "connections":
            row["user_id"] = self._acting()

    @controlled
    def trash(self, table: str, id: str) -> None:
        """Puts a dashboard or Look into the trash, where it is until an administrator empties it."""
        self.note("trash", table=table, id=id)
        self._kept(table, id).update(deleted=True, deleted_at=self._now(), deleter_id=self._acting())

    def _now(self) -> str:
        return datetime.fromtimestamp(self.clock.now(), UTC).isoformat().replace("+00:00", "Z")

    def _acting(self) -> str:
        """The number of the user that `actor` is; none for whoever is no user any more."""
        return next((row["id"] for row in self.tables["users"] if row["email"] == self.actor), "404")

    # refusing

    def _error(self, status: int, message: str) -> Reply:
        return Reply(status, {"message": message, "documentation_url": "https://cloud.google.com/looker/docs/"})

    def denied(self, request: Request, grant: str) -> Reply:
        return self._error(404, "Not found")

    def refused(self, request: Request) -> Reply:
        return self._error(401, "Requires authentication.")

    def missing(self, request: Request) -> Reply:
        return self._error(404, "Not found")

    def limited(self) -> Reply:
        return self._error(429, "Too many requests")

    def sign_in(self, request: Request) -> Any:
        form = request.form()
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret):
            return self._error(404, "Not found")
        return {"access_token": self.token, "token_type": "Bearer", "expires_in": 3600}

    # answers

    def me(self, request: Request) -> Any:
        return self._fields(request, self.tables["users"][0])

    def versions(self, request: Request) -> Any:
        current = {"version": "4.0", "full_version": "4.0.26.12", "status": "current"}
        return self._fields(request, {"looker_release_version": "26.12.3", "current_version": current,
                                      "supported_versions": [current]})  # fmt: skip

    def models(self, request: Request) -> Any:
        return self._page(request, self.tables["lookml_models"])

    def explore(self, request: Request, model: str, explore: str) -> Any:
        found = self.find("lookml_models", model)
        if found is None or explore not in [one["name"] for one in found["explores"]]:
            return self.missing(request)
        parts = ("dimensions", "measures", "filters", "parameters")
        told = {part: self.rows(part) for part in parts}
        if "see_lookml" not in self.grants:
            told = {part: [{**row, "sql": None} for row in rows] for part, rows in told.items()}
        return {"fields": told}

    def roles(self, request: Request) -> Any:
        """Everybody sees their own; the others are an administrator's."""
        wanted = request.query.get("ids", "")
        if not wanted:
            self.need(request, "administer")
        sets = {one["id"]: one for one in self._sets()}
        rows = [{**row, "permission_set": sets[row["permission_set_id"]]} for row in self.rows("roles")]
        return [self._fields(request, row) for row in rows if not wanted or row["id"] in wanted.split(",")]

    def _sets(self) -> list[Wire]:
        return [{"permissions": self.mixed(sorted(self.grants)), **row} for row in self.rows("permission_sets")]

    def listed(self, request: Request, table: str = "") -> Any:
        name = table or request.path.rpartition("/")[2]
        if name == "permission_sets":
            return self._sets()
        if name not in self.tables:
            return self.missing(request)
        if name == "scheduled_plans" and "see_schedules" not in self.grants:
            return []  # those of others are left out without a word
        return self._page(request, self.tables[name])

    def content(self, request: Request) -> Any:
        """Reports in personal folders are shown to an administrator alone; of a Look the list has no query."""
        table = request.path.split("/")[-2]
        rows = self.tables[table]
        if request.query.get("deleted") == "false":
            rows = [row for row in rows if not row["deleted"]]
        if "administer" not in self.grants:
            rows = [] if table == "alerts" else [row for row in rows if not row["folder"]["is_personal"]]
        bare = [{key: row[key] for key in row if table != "looks" or key != "query"} for row in rows]
        return self._page(request, bare)

    def one(self, request: Request, id: str) -> Any:
        """A whole one, from the trash too. One that others do not share is told as one that is not there."""
        found = self.find(request.path.split("/")[-2], id)
        hidden = found and found.get("folder", {}).get("is_personal") and "administer" not in self.grants
        return self._fields(request, found) if found and not hidden else self.missing(request)

    def groups(self, request: Request) -> Any:
        roles = {row["id"]: self._role(row["id"], row["name"], "1", row["model_set"]) for row in self.tables["roles"]}
        rows = [{name: value for name, value in {**row, "roles": [roles[row["role_id"]]]}.items() if name != "role_id"}
                for row in self.tables["groups"]]  # fmt: skip
        return self._page(request, rows)

    def _page(self, request: Request, rows: list[Wire]) -> list[Wire]:
        start = int(request.query.get("offset", 0))
        size = min(int(request.query.get("limit", len(rows) or 1)), self.page)
        if "limit" not in request.query:
            size = len(rows)
        return [self._fields(request, row) for row in self.mixed(rows[start : start + size])]

    def _fields(self, request: Request, row: Wire) -> Wire:
        wanted = request.query.get("fields", "")
        return narrowed(row, wanted) if wanted else row
