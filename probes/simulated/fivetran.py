"""A Fivetran account that answers in memory, in the shape of the vendor's reference (version 2 of its answers) and of
its OpenAPI of 2024 for the keys within rows: groups, destinations, connections with their schema configs, users,
teams, roles, webhooks; of the vendor's definitions of 2026 (fivetran/fivetran-mcp) for system keys, users of a group
and what a team may use.

Every answer is `{code, message, data}` with "Success" where it is one; lists are `{items, next_cursor}`, 100 rows
unless asked for up to 1,000. A key sees what its permissions reach: `reach` names the groups of one that is held to
some, and what is outside leaves its lists with a 200. A list that its permissions do not cover at all is 403.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from .control import Reply, Request, controlled
from .desk import Desk, Route, Wire

GROUP, LAB = "warehouse_group", "trial_group"
CONNECTIONS: Final = (
    ("salesforce_crm", "salesforce", "crm", 60), ("hubspot_mkt", "hubspot", "hubspot", 360),
    ("eloqua_emea", "eloqua", "eloqua", 1440), ("shopify_store", "shopify", "shop", 360),
    ("google_ads", "google_ads", "ads_google", 360), ("meta_ads", "facebook_ads", "ads_meta", 360),
    ("ga4_web", "google_analytics_4", "ga4", 1440), ("trial_sheet", "google_sheets", "taxonomy.names", 1440),
)  # fmt: skip


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Account(Desk):
    """The account. `run` is one sync of a connection with all that it changes."""

    routes: ClassVar[tuple[Route, ...]] = (
        Route("GET", "/v1/account/info", "info"),
        Route("GET", "/v1/groups", "groups", "DESTINATION"),
        Route("GET", "/v1/groups/{id}/users", "users_of", "USER"),
        Route("GET", "/v1/system-keys", "listed", "ACCOUNT"),
        Route("GET", "/v1/system-keys/{id}", "key", "ACCOUNT"),
        Route("GET", "/v1/destinations/{id}", "destination", "DESTINATION"),
        Route("GET", "/v1/connections", "connections", "CONNECTOR"),
        Route("GET", "/v1/connections/{id}", "connection", "CONNECTOR"),
        Route("GET", "/v1/connections/{id}/schemas", "schemas", "CONNECTOR"),
        Route("GET", "/v1/users", "listed", "USER"),
        Route("GET", "/v1/roles", "listed", "ROLES"),
        Route("GET", "/v1/teams", "listed", "TEAM"),
        Route("GET", "/v1/teams/{id}/users", "members", "TEAM"),
        Route("GET", "/v1/teams/{id}/{what}", "may_use", "TEAM"),
        Route("GET", "/v1/transformations", "listed", "TRANSFORMATION"),
        Route("GET", "/v1/webhooks", "listed", "WEBHOOK"),
    )
    keys: ClassVar[dict[str, str]] = {"roles": "name", "schemas": "connection"}
    api_key = "simulated"
    api_secret = "simulated"  # noqa: S105  of nobody
    reach: ClassVar[frozenset[str]] = frozenset()
    user = ""  # the user whose key it is; a system key is of nobody

    def fill(self) -> None:
        born = iso(self.born)
        self.tables = {
            "groups": [{"id": id, "name": name, "created_at": born}
                       for id, name in ((GROUP, "Warehouse"), (LAB, "Trial"))],
            "destinations": [
                {"id": id, "group_id": id, "service": kind, "region": "GCP_EUROPE_WEST3", "setup_status": "connected",
                 "time_zone_offset": "+1", "networking_method": "Directly", "daylight_saving_time_enabled": True}
                for id, kind in ((GROUP, "snowflake"), (LAB, "postgres_warehouse"))
            ],
            "connections": [self._connection(*one) for one in CONNECTIONS],
            "schemas": [self._schema(id) for id, *_ in CONNECTIONS],
            "users": [
                {"id": id, "email": f"{name}@example.com", "given_name": "not-for-git", "family_name": "not-for-git",
                 "verified": True, "invited": False, "picture": None, "phone": None, "role": role, "active": True,
                 "logged_in_at": iso(self.clock.now()), "created_at": born}
                for id, name, role in (("u_admin", "admin-01", "Account Administrator"),
                                       ("u_ops", "marketing-operations", "Account Reviewer"))
            ],
            "roles": [
                {"name": "Account Reviewer", "description": "Reads all", "scope": ["ACCOUNT"], "is_custom": False},
                {"name": "Ads", "description": "Of ads", "scope": ["DESTINATION", "CONNECTOR"], "is_custom": True},
            ],
            "teams": [{"id": "t_data", "name": "Data", "description": "Warehouse", "role": "Account Reviewer"},
                      {"id": "t_agency", "name": "Agency", "description": "Ads", "role": "Ads"}],
            "members": [{"id": "t_data/u_ops", "team": "t_data", "user_id": "u_ops", "role": "Team Member"},
                        {"id": "t_agency/u_admin", "team": "t_agency", "user_id": "u_admin", "role": "Team Manager"}],
            "may_use": [
                {"of": "t_data", "what": "groups", "id": GROUP, "role": "Destination Reviewer", "created_at": born},
                {"of": "t_agency", "what": "connections", "id": "google_ads", "role": "Connection Collaborator",
                 "created_at": born},
            ],
            "system-keys": [
                {"id": "sk_driftline", "name": "Driftline", "key": "not-for-git", "secret": "not-for-git",
                 "permissions": [{"resource_type": kind, "access_level": "READ"}
                                 for kind in sorted(self.every_grant())],
                 "created_at": born, "updated_at": born, "expired_at": iso(self.clock.now() + 365 * 86_400),
                 "last_used_at": iso(self.clock.now())},
                {"id": "sk_agency", "name": "Agency", "key": "not-for-git", "secret": None, "permissions": [
                    {"resource_type": "CONNECTOR", "access_level": "MANAGE",
                     "resource_filter": {"ids": ["meta_ads", "google_ads"], "group_ids": []}},
                    {"resource_type": "USER", "access_level": "NONE"}],
                 "created_at": born, "updated_at": born, "expired_at": None, "last_used_at": None},
            ],
            "transformations": [
                {"id": "dbt_qualified", "status": "SUCCEEDED", "type": "DBT_CORE", "paused": False, "created_at": born,
                 "created_by_id": "u_admin", "output_model_names": ["qualified_lead", "lead_scored"],
                 "schedule": {"cron": None, "interval": 60, "smart_syncing": True, "schedule_type": "INTEGRATED",
                              "connection_ids": ["salesforce_crm", "hubspot_mkt"], "days_of_week": [],
                              "time_of_day": None},
                 "transformation_config": {"project_id": "analytics", "name": "qualified leads",
                                           "steps": [{"name": "build", "command": "dbt run --select qualified"}]}},
                {"id": "quick_shop", "status": "SUCCEEDED", "type": "QUICKSTART", "paused": False, "created_at": born,
                 "created_by_id": "u_admin", "output_model_names": ["shopify_orders"],
                 "schedule": {"cron": ["0 4 * * *"], "smart_syncing": False, "schedule_type": "CRON",
                              "days_of_week": ["MONDAY", "FRIDAY"], "time_of_day": "04:00"},
                 "transformation_config": {"package_name": "shopify", "connection_ids": ["shopify_store"],
                                           "excluded_models": [], "upgrade_available": False}},
            ],
            "webhooks": [
                {"id": "w_account", "type": "account", "url": "https://hooks.example.com/f?key=not-for-git",
                 "events": ["sync_end", "sync_start"], "active": True, "secret": "******", "created_at": born,
                 "created_by": "u_admin"},
                {"id": "w_group", "type": "group", "group_id": GROUP, "url": "https://hooks.example.com/g",
                 "events": ["sync_end"], "active": False, "secret": "******", "created_at": born,
                 "created_by": "u_admin"},
            ],
        }  # fmt: skip

    def _connection(self, id: str, service: str, schema: str, minutes: int) -> Wire:
        status = {"tasks": [], "warnings": [], "schema_status": "ready", "update_state": "on_schedule",
                  "setup_state": "connected", "sync_state": "scheduled", "is_historical_sync": False,
                  "rescheduled_for": None}  # fmt: skip
        return {
            "id": id, "service": service, "service_version": 4, "schema": schema, "paused": False, "status": status,
            "group_id": LAB if id == "trial_sheet" else GROUP, "sync_frequency": minutes, "pause_after_trial": True,
            "connected_by": "u_admin", "created_at": iso(self.born), "succeeded_at": iso(self.clock.now() - 1800),
            "failed_at": iso(self.clock.now() - 90_000), "schedule_type": "auto",
            "daily_sync_time": "14:00" if minutes == 1440 else None, "networking_method": "Directly",
            "data_delay_sensitivity": "NORMAL", "data_delay_threshold": 30, "config": {"password": "******"},
            "hybrid_deployment_agent_id": "agent_eu" if id == "salesforce_crm" else None,
        }  # fmt: skip

    def _schema(self, connection: str) -> Wire:
        free, locked = {"allowed": True}, {"allowed": False, "reason_code": "SYSTEM_TABLE", "reason": "no"}
        column = {"name_in_destination": "email", "enabled": True, "hashed": True, "enabled_patch_settings": free}
        system = {"allowed": False, "reason_code": "SYSTEM_COLUMN", "reason": "no"}
        tables: Wire = {
            "Lead": {"sync_mode": "SOFT_DELETE", "name_in_destination": "lead", "enabled": True,
                     "enabled_patch_settings": free, "columns": {
                         "Email": column,
                         "Region__c": {**column, "name_in_destination": "region_c", "enabled": False, "hashed": False},
                         "Id": {**column, "name_in_destination": "id", "hashed": False,
                                "enabled_patch_settings": system}}},
            "Account": {"sync_mode": "SOFT_DELETE", "name_in_destination": "account", "enabled": True,
                        "enabled_patch_settings": free},
            "LeadHistory": {"sync_mode": "HISTORY", "name_in_destination": "lead_history", "enabled": False,
                            "enabled_patch_settings": locked},
        }  # fmt: skip
        schema = {"name_in_destination": connection, "enabled": True, "tables": tables}
        return {"connection": connection, "enable_new_by_default": False, "schema_change_handling": "ALLOW_COLUMNS",
                "schemas": {connection.partition("_")[0]: schema}}  # fmt: skip

    # answers

    def signed(self, request: Request) -> bool:
        given = b64encode(f"{self.api_key}:{self.api_secret}".encode()).decode()
        return request.headers.get("authorization", "") == f"Basic {given}"

    def _no(self, status: int, code: str, message: str = "no") -> Reply:
        return Reply(status, {"code": code, "message": message})

    def denied(self, request: Request, grant: str) -> Reply:
        return self._no(403, "Forbidden", f"You are not authorized to READ {grant}")

    def refused(self, request: Request) -> Reply:
        return self._no(401, "AuthFailed", "The API key is not valid")

    def missing(self, request: Request) -> Reply:
        return self._no(404, "NotFound", "Not found")

    def limited(self) -> Reply:
        return Reply(429, {"code": "TooManyRequests", "message": "wait"}, {"retry-after": "40"})

    def headers(self, request: Request) -> dict[str, str]:
        return {"x-rate-limit": "20000", "x-rate-limit-remaining": str(20_000 - len(self.requests))}

    def _good(self, data: Any) -> Wire:
        return {"code": "Success", "message": "Operation performed.", "data": data}

    def _page(self, request: Request, rows: list[Wire]) -> Wire:
        start = int(b64decode(request.query["cursor"])) if "cursor" in request.query else 0
        page, after = self.part(rows, start, min(1000, int(request.query.get("limit", 100))))
        further = {} if after is None else {"next_cursor": b64encode(str(after).encode()).decode()}
        return self._good({"items": self.mixed(page), **further})

    def _reached(self, group: str) -> bool:
        return not self.reach or group in self.reach

    def info(self, request: Request) -> Any:
        return self._good({"account_id": self.account, "account_name": "Example", "user_id": self.user or None,
                           "system_key_id": None if self.user else "sk_driftline"})  # fmt: skip

    def groups(self, request: Request) -> Any:
        return self._page(request, [row for row in self.tables["groups"] if self._reached(row["id"])])

    def destination(self, request: Request, id: str) -> Any:
        found = self.find("destinations", id)
        return self._good(found) if found and self._reached(id) else self._no(404, "NotFound_Destination")

    def connections(self, request: Request) -> Any:
        return self._page(request, [row for row in self.tables["connections"] if self._reached(row["group_id"])])

    def _one(self, id: str) -> Wire | None:
        found = self.find("connections", id)
        return found if found and self._reached(found["group_id"]) else None

    def connection(self, request: Request, id: str) -> Any:
        found = self._one(id)
        return self._good(found) if found else self._no(404, "NotFound_Connector", f"Cannot find connection {id}")

    def schemas(self, request: Request, id: str) -> Any:
        if self._one(id) is None:
            return self._no(404, "NotFound_Connector", f"Cannot find connection {id}")
        found = self.find("schemas", id)
        if found is None:
            return self._no(404, "NotFound_SchemaConfig", f"Connection {id} has no schema config yet")
        return self._good({name: value for name, value in found.items() if name != "connection"})

    def listed(self, request: Request) -> Any:
        return self._page(request, self.tables[request.path.rpartition("/")[2]])

    def members(self, request: Request, id: str) -> Any:
        rows = [{"user_id": row["user_id"], "role": row["role"]} for row in self.tables["members"] if row["team"] == id]
        return self._page(request, rows)

    def users_of(self, request: Request, id: str) -> Any:
        rows = [{**row, "role": "Destination Administrator"} for row in self.tables["users"] if id == GROUP]
        return self._page(request, rows)

    def key(self, request: Request, id: str) -> Any:
        found = self.find("system-keys", id)
        return self._good(found) if found else self._no(404, "NotFound_SystemKey")

    def may_use(self, request: Request, id: str, what: str) -> Any:
        rows = [row for row in self.tables["may_use"] if (row["of"], row["what"]) == (id, what)]
        return self._page(request, [{k: row[k] for k in row if k not in ("of", "what")} for row in rows])

    # what happens in an account

    @controlled
    def run(self, connection: str, ok: bool = True, tasks: tuple[str, ...] = (), state: str = "scheduled") -> None:
        """A connection synced just now, well or not; `tasks` are the codes of what a person has to do."""
        self.note("run", connection=connection, ok=ok, tasks=tasks, state=state)
        row = self._kept("connections", connection)
        row["succeeded_at" if ok else "failed_at"] = iso(self.clock.now() - 5)
        row["status"] |= {"sync_state": state, "tasks": [{"code": code, "message": "m"} for code in tasks]}
