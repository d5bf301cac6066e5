"""A Looker instance in memory, API 4.0, as the OpenAPI document that the vendor publishes has its answers
(looker-open-source/sdk-codegen): bare lists by `limit` and `offset`, `fields` that leave keys out, `{message,
documentation_url}` for errors, and 404 for what one may not see.

Its model says what a qualified lead is, as the example stack agreed on it.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from .control import Reply, Request
from .desk import Desk, Route, Wire

POWERS: Final = ("explore", "see_lookml", "see_users", "see_datagroups", "see_schedules", "administer")
DAY: Final = 86_400


def field(name: str, label: str, type: str, category: str, **more: Any) -> Wire:
    return {
        "name": f"leads.{name}", "label": label, "description": f"{label} of a lead", "type": type,
        "category": category, "hidden": False, "measure": category == "measure", "primary_key": name == "id",
        "sql": f"${{TABLE}}.{name}", "view": "leads", "view_label": "Leads", "tags": [], "times_used": 7,
        "enumerations": None, "filters": None, "value_format": None, "value_format_name": None, "error": None,
        "default_filter_value": None, **more,
    }  # fmt: skip


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
        Route("GET", "/groups", "listed", "see_users"),
        Route("GET", "/datagroups", "listed", "see_datagroups"),
        Route("GET", "/scheduled_plans", "listed"),
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
                             "db_timezone": "UTC", "max_connections": 30}],
            "datagroups": [{"id": "1", "model_name": "marketing", "name": "nightly", "created_at": int(self.born),
                            "stale_before": 0, "trigger_check_at": now - 600, "trigger_error": None,
                            "trigger_value": "7", "triggered_at": now - DAY // 4}],
            "scheduled_plans": [{
                "id": "5", "name": "Weekly funnel", "title": "Funnel", "user_id": "9", "run_as_recipient": False,
                "enabled": True, "look_id": None, "dashboard_id": "31", "lookml_dashboard_id": None, "query_id": None,
                "crontab": "0 7 * * 1", "datagroup": None, "timezone": "Europe/Berlin",
                "scheduled_plan_destination": [{"id": "1", "format": "wysiwyg_pdf", "type": "email",
                                                "address": "analytics@example.com", "message": "not-for-git"}],
                "created_at": "2026-02-03T09:00:00Z", "updated_at": "2026-02-03T09:00:00Z", "next_run_at": None,
                "last_run_at": None,
            }],
            "permission_sets": [{"id": "1", "name": "Monitor", "built_in": False, "all_access": False},
                                {"id": "2", "name": "Viewer", "built_in": True, "all_access": False,
                                 "permissions": ["access_data", "see_looks"]}],
            "model_sets": [all_models, {"id": "2", "name": "Marketing", "built_in": False, "all_access": False,
                                        "models": ["marketing"]}],
            "roles": [self._role("2", "Monitor", "1", all_models), self._role("3", "Viewer", "2", all_models)],
            "groups": [{"id": "1", "name": "analytics", "include_by_default": False, "externally_managed": True}],
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

    def _page(self, request: Request, rows: list[Wire]) -> list[Wire]:
        start = int(request.query.get("offset", 0))
        size = min(int(request.query.get("limit", len(rows) or 1)), self.page)
        if "limit" not in request.query:
            size = len(rows)
        return [self._fields(request, row) for row in self.mixed(rows[start : start + size])]

    def _fields(self, request: Request, row: Wire) -> Wire:
        wanted = request.query.get("fields", "")
        return {key: row[key] for key in row if not wanted or key in wanted.split(",")}
