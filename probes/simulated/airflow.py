"""An Airflow 3 that answers in memory, in the shape of the vendor's OpenAPI (apache/airflow-client-python, REST API
v2): DAGs with their tasks and runs, import errors and warnings, connections, variables, pools, assets, providers,
health, and the event log. Beside it stands the API of the FAB auth manager (apache/airflow, providers/fab: its OpenAPI
and models): users and roles, told in the document at /auth/openapi.json. With `manager` "simple" that document has
none, and any other address below /auth is a page.

A token is had for a user's name and password at /auth/token, with a 201, and ends after a day. Lists give 100 rows at
most, by `limit` and `offset`, with `total_entries`; what the user may not read is left out of lists and refused by
name. DAGs whose file is gone stay as stale, which the list leaves out unless asked. Errors are `{detail}`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from .control import Reply, Request, controlled
from .desk import Desk, Route, Wire

DAY: Final = 86_400.0
DAGS: Final[dict[str, tuple[str, str, tuple[str, ...], dict[str, tuple[str, list[str]]]]]] = {
    "warehouse_marts": ("0 4 * * *", "At 04:00", ("martech-platform",), {
        "load_salesforce": ("SFToGCSOperator", ["build_marts"]), "load_hubspot": ("HttpOperator", ["build_marts"]),
        "build_marts": ("DbtRunOperator", ["check_qualified"]), "check_qualified": ("SQLCheckOperator", [])}),
    "lead_scoring": ("@hourly", "Every hour", ("revenue-operations",), {
        "score": ("PythonOperator", ["write_back"]), "write_back": ("SalesforceOperator", [])}),
    "audience_export": ("Asset", "Triggered by assets", ("marketing-operations",), {
        "export": ("HightouchTriggerSyncOperator", [])}),
}  # fmt: skip


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Account(Desk):
    """The instance. `run` is one run of a DAG; `hidden` names DAGs that the user may not read."""

    routes: ClassVar[tuple[Route, ...]] = (
        Route("POST", "/auth/token", "issue", open=True),
        Route("GET", "/api/v2/version", "version", open=True),
        Route("GET", "/api/v2/monitor/health", "health", open=True),
        Route("GET", "/api/v2/dags", "dags", "DAGs"),
        Route("GET", "/api/v2/dags/{dag}", "dag", "DAGs"),
        Route("GET", "/api/v2/dags/{dag}/tasks", "tasks", "DAG Code"),
        Route("GET", "/api/v2/dags/{dag}/dagRuns", "runs", "DAG Runs"),
        Route("GET", "/api/v2/dags/{dag}/dagRuns/{run}/taskInstances", "instances", "Task Instances"),
        Route("GET", "/api/v2/importErrors", "listed", "ImportError"),
        Route("GET", "/api/v2/dagWarnings", "listed", "DAG Warnings"),
        Route("GET", "/api/v2/connections", "listed", "Connections"),
        Route("GET", "/api/v2/variables", "listed", "Variables"),
        Route("GET", "/api/v2/pools", "listed", "Pools"),
        Route("GET", "/api/v2/assets", "listed", "Assets"),
        Route("GET", "/api/v2/providers", "listed", "Providers"),
        Route("GET", "/api/v2/eventLogs", "events", "Audit Logs"),
        Route("GET", "/api/v2/connections/{key}", "one", "Connections"),
        Route("GET", "/api/v2/variables/{key}", "one", "Variables"),
        Route("GET", "/api/v2/pools/{key}", "one", "Pools"),
        Route("GET", "/auth/openapi.json", "manages", open=True),
        Route("GET", "/auth/fab/v1/users", "people", "Users"),
        Route("GET", "/auth/fab/v1/roles", "people", "Roles"),
        Route("GET", "/auth/fab/v1/roles/{key}", "one", "Roles"),
    )
    keys: ClassVar[dict[str, str]] = {
        "dags": "dag_id", "tasks": "task_id", "runs": "dag_run_id", "connections": "connection_id", "variables": "key",
        "pools": "name", "assets": "name", "providers": "package_name", "import_errors": "filename",
        "dag_warnings": "dag_id", "users": "username", "roles": "name",
    }  # fmt: skip
    lists: ClassVar[dict[str, str]] = {"importErrors": "import_errors", "dagWarnings": "dag_warnings"}
    username = "simulated"
    password = "simulated"  # noqa: S105  of nobody
    hidden: ClassVar[frozenset[str]] = frozenset()
    manager = "fab"

    def fill(self) -> None:
        self.actor = "admin-01"
        self._number = 0
        self._issued: dict[str, float] = {}
        self.tables = {
            "dags": [self._dag(name, *told[:3]) for name, told in DAGS.items()],
            "tasks": [
                self._task(dag, name, kind, after)
                for dag, told in DAGS.items() for name, (kind, after) in told[3].items()
            ],
            "runs": [], "instances": [],
            "import_errors": [{
                "import_error_id": 1, "bundle_name": "dags-folder", "filename": "old/census_export.py",
                "timestamp": iso(self.born), "stack_trace": "Traceback: key=not-for-git"}],
            "dag_warnings": [{
                "dag_id": "lead_scoring", "dag_display_name": "lead_scoring", "warning_type": "non-existent pool",
                "message": "Dag lead_scoring references non-existent pools: ['crm']", "timestamp": iso(self.born)}],
            "connections": [
                {"connection_id": id, "conn_type": kind, "description": None, "host": host, "login": "not-for-git",
                 "password": "***", "schema": "marts" if port else None, "port": port, "team_name": None,
                 "extra": '{"token": "***"}'}
                for id, kind, host, port in (("salesforce_prod", "salesforce", "example.my.salesforce.com", None),
                                             ("warehouse", "snowflake", "db.example.com", 443))
            ],
            "variables": [{"key": "qualified_score", "value": "65", "description": "From this score on",
                           "is_encrypted": True, "team_name": None}],
            "pools": [{"name": "default_pool", "slots": 128, "description": "Default pool", "include_deferred": False,
                       "occupied_slots": 3, "running_slots": 3, "queued_slots": 0, "scheduled_slots": 0,
                       "open_slots": 125, "deferred_slots": 0, "team_name": None}],
            "assets": [self._asset()],
            "providers": [{"package_name": "apache-airflow-providers-salesforce", "version": "5.12.1",
                           "description": "Salesforce", "documentation_url": None}],
            "users": [self._user("admin-01", "Admin"), self._user("driftline", "Viewer", "Watcher"),
                      self._user("left-02", active=False)],
            "roles": [
                self._role("Admin", "can_read DAGs", "can_edit DAGs", "can_create Users", "can_read Users"),
                self._role("Viewer", "can_read DAGs", "can_read DAG Runs"),
                self._role("Watcher", "can_read Connections", "can_read Users", "can_read Roles"),
            ],
        }  # fmt: skip
        for dag in ("warehouse_marts", "lead_scoring"):
            for ago in (3, 2, 1):
                self._ran(dag, self.clock.now() - ago * 3600, "success", ())

    def _dag(self, name: str, summary: str, words: str, owners: tuple[str, ...]) -> Wire:
        return {
            "dag_id": name, "dag_display_name": name, "description": f"{name} of the example", "is_paused": False,
            "is_stale": False, "last_parsed_time": iso(self.clock.now()), "last_parse_duration": 0.4,
            "last_expired": None, "bundle_name": "dags-folder", "bundle_version": None,
            "relative_fileloc": f"{name}.py", "fileloc": f"/opt/airflow/dags/{name}.py", "file_token": "not-for-git",
            "timetable_summary": summary,
            "timetable_description": words, "timetable_partitioned": False, "owners": list(owners),
            "tags": [{"name": "marketing", "dag_id": name, "dag_display_name": name}], "max_active_tasks": 16,
            "max_active_runs": 1, "max_consecutive_failed_dag_runs": 0, "has_task_concurrency_limits": False,
            "has_import_errors": False, "next_dagrun_logical_date": None, "next_dagrun_data_interval_start": None,
            "next_dagrun_data_interval_end": None, "next_dagrun_run_after": iso(self.clock.now() + 3600),
            "allowed_run_types": None,
        }  # fmt: skip

    def _task(self, dag: str, name: str, kind: str, after: list[str]) -> Wire:
        return {
            "dag": dag, "task_id": name, "task_display_name": name, "owner": "airflow", "operator_name": kind,
            "trigger_rule": "all_success", "downstream_task_ids": after, "retries": 2, "retry_exponential_backoff": 0,
            "retry_delay": {"__type": "TimeDelta", "days": 0, "seconds": 300, "microseconds": 0},
            "execution_timeout": None, "pool": "default_pool", "pool_slots": 1, "queue": "default", "is_mapped": False,
            "priority_weight": 1, "weight_rule": "downstream", "depends_on_past": False, "wait_for_downstream": False,
            "start_date": iso(self.born), "end_date": None, "template_fields": [], "extra_links": [], "params": {},
            "class_ref": {"class_name": kind, "module_path": "example"}, "ui_color": "#fff", "ui_fgcolor": "#000",
            "doc_md": None,
        }  # fmt: skip

    def _asset(self) -> Wire:
        at = {"created_at": iso(self.born), "updated_at": iso(self.born)}
        return {
            "id": 1, "name": "qualified_leads", "uri": "warehouse://marts/qualified_leads", "group": "asset",
            "extra": {"token": "not-for-git"}, **at, "aliases": [], "watchers": [],
            "last_asset_event": {"id": 9, "timestamp": iso(self.clock.now())},
            "producing_tasks": [{"dag_id": "warehouse_marts", "task_id": "build_marts", **at}],
            "scheduled_dags": [{"dag_id": "audience_export", **at}],
            "consuming_tasks": [{"dag_id": "lead_scoring", "task_id": "score", **at}],
        }  # fmt: skip

    def _user(self, name: str, *roles: str, active: bool = True) -> Wire:
        return {
            "username": name, "email": f"{name}@example.com", "first_name": "Not", "last_name": "For-Git",
            "roles": [{"name": role} for role in roles] or None, "active": active, "last_login": None,
            "login_count": 3, "fail_login_count": 0, "created_on": iso(self.born), "changed_on": iso(self.born),
        }  # fmt: skip

    def _role(self, name: str, *may: str) -> Wire:
        pairs = [one.split(" ", 1) for one in may]
        return {"name": name, "actions": [{"action": {"name": a}, "resource": {"name": b}} for a, b in pairs]}

    # answers

    def signed(self, request: Request) -> bool:
        token = request.headers.get("authorization", "").removeprefix(self.scheme)
        return self._issued.get(token, 0.0) > self.clock.now()

    def issue(self, request: Request) -> Any:
        given = request.json() or {}
        if (given.get("username"), given.get("password")) != (self.username, self.password):
            return Reply(401, {"detail": "Invalid credentials"})
        token = f"issued-{len(self._issued)}-{self.password}"
        self._issued[token] = self.clock.now() + DAY
        return Reply(201, {"access_token": token})

    def denied(self, request: Request, grant: str) -> Reply:
        return Reply(403, {"detail": "Forbidden"})

    def refused(self, request: Request) -> Reply:
        return Reply(401, {"detail": "Not authenticated"})

    def missing(self, request: Request) -> Reply:
        return Reply(404, {"detail": "Not Found"})

    def limited(self) -> Reply:
        return Reply(429, {"detail": "Too Many Requests"}, {"retry-after": "3"})

    def _page(self, request: Request, name: str, rows: list[Wire]) -> Wire:
        start, size = int(request.query.get("offset", 0)), min(100, int(request.query.get("limit", 50)))
        return {name: self.part(rows, start, size)[0], "total_entries": len(rows)}

    def _without(self, row: Wire, *names: str) -> Wire:
        return {key: row[key] for key in row if key not in names}

    def version(self, request: Request) -> Any:
        return {"version": "3.2.1", "git_version": None}

    def health(self, request: Request) -> Any:
        beat = iso(self.clock.now() - 4)
        return self.tables.get("health") or {
            "metadatabase": {"status": "healthy"},
            "scheduler": {"status": "healthy", "latest_scheduler_heartbeat": beat},
            "triggerer": {"status": "healthy", "latest_triggerer_heartbeat": beat},
            "dag_processor": {"status": None, "latest_dag_processor_heartbeat": None},
        }

    @controlled
    def unwell(self, part: str, since: float) -> None:
        """A part of the instance is unhealthy: its last heartbeat was at `since`."""
        self.note("unwell", part=part, since=since)
        told: Any = self.health(Request("GET", "", {}, {}, b"", ""))
        beat = {} if part == "metadatabase" else {f"latest_{part}_heartbeat": iso(since)}
        self.tables["health"] = {**told, part: {"status": "unhealthy", **beat}}  # type: ignore[assignment]

    def dags(self, request: Request) -> Any:
        stale = request.query.get("exclude_stale", "true") == "true"
        rows = [row for row in self.tables["dags"] if row["dag_id"] not in self.hidden]
        rows = [row for row in rows if not (stale and row["is_stale"])]
        return self._page(request, "dags", sorted(rows, key=lambda row: str(row["dag_id"])))

    def _read(self, request: Request, dag: str) -> Wire | Reply:
        if dag in self.hidden:
            return self.denied(request, "")
        return self.find("dags", dag) or Reply(404, {"detail": f"Dag with id {dag} was not found"})

    def dag(self, request: Request, dag: str) -> Any:
        return self._read(request, dag)

    def tasks(self, request: Request, dag: str) -> Any:
        found = self._read(request, dag)
        rows = [self._without(row, "dag") for row in self.rows("tasks") if row["dag"] == dag]
        return found if isinstance(found, Reply) else {"tasks": rows, "total_entries": len(rows)}

    def runs(self, request: Request, dag: str) -> Any:
        found = self._read(request, dag)
        if isinstance(found, Reply):
            return found
        order = request.query.get("order_by", "id")
        rows = [row for row in self.tables["runs"] if row["dag_id"] == dag]
        if order.lstrip("-") == "run_after":
            rows.sort(key=lambda row: str(row["run_after"]), reverse=order.startswith("-"))
        return self._page(request, "dag_runs", rows)

    def instances(self, request: Request, dag: str, run: str) -> Any:
        rows = [row for row in self.rows("instances") if (row["dag_id"], row["dag_run_id"]) == (dag, run)]
        rows = [row for row in rows if request.query.get("state") in (None, row["state"])]
        return self._page(request, "task_instances", rows)

    def listed(self, request: Request) -> Any:
        path = request.path.rpartition("/")[2]
        table = self.lists.get(path, path)
        key = self.keys[table]
        return self._page(request, table, sorted(self.tables[table], key=lambda row: str(row[key])))

    def one(self, request: Request, key: str) -> Any:
        table = request.path.rsplit("/", 2)[1]
        return self.find(table, key) or Reply(404, {"detail": f"there is no {table} {key}"})

    def manages(self, request: Request) -> Any:
        paths = ["/token", "/token/cli"]
        if self.manager == "fab":
            paths += ["/fab/v1/roles", "/fab/v1/roles/{name}", "/fab/v1/users", "/fab/v1/users/{username}"]
        told: Wire = {path: {"post" if "token" in path else "get": {"responses": {}}} for path in paths}
        return {"openapi": "3.1.0", "info": {"title": f"{self.manager} auth manager", "version": "0.1.0"},
                "paths": told, "servers": [{"url": "/auth"}]}  # fmt: skip

    def people(self, request: Request) -> Any:
        if self.manager != "fab":
            return Reply(200, b"<!doctype html><title>Airflow</title>", {"content-type": "text/html"})
        return self.listed(request)

    def events(self, request: Request) -> Any:
        since, until = request.query.get("after", ""), request.query.get("before", "9")
        rows = [
            {"event_log_id": number, "when": iso(edit.at), "dag_id": edit.key if edit.table == "dags" else None,
             "task_id": None, "run_id": None, "map_index": None, "try_number": None, "logical_date": None,
             "dag_display_name": None, "task_display_name": None, "event": f"patch_{edit.table[:-1]}", "owner": edit.by,
             "extra": json.dumps({self.keys[edit.table]: edit.key, "method": "PATCH"})}
            for number, edit in enumerate(self.edits, 1) if since <= iso(edit.at) <= until
        ]  # fmt: skip
        tasks = [{**row, "event": "running", "owner": "airflow"} for row in rows]  # what runs writes into it too
        return self._page(request, "event_logs", list(reversed(rows + tasks)))

    # what happens in an instance

    @controlled
    def run(self, dag: str, state: str = "success", failed: tuple[str, ...] = (), kind: str = "scheduled") -> None:
        """A run of a DAG ended just now, or goes on (queued, running); `failed` names the tasks that did."""
        self.note("run", dag=dag, state=state, failed=failed, kind=kind)
        self._ran(dag, self.clock.now() - 60, state, failed, kind)

    def _ran(self, dag: str, at: float, state: str, failed: tuple[str, ...], kind: str = "scheduled") -> None:
        self._kept("dags", dag)
        self._number += 1
        id = f"{kind}__{self._number}"
        ended = state in ("success", "failed")
        self.tables["runs"].append({
            "dag_id": dag, "dag_display_name": dag, "dag_run_id": id, "state": state, "run_type": kind,
            "run_after": iso(at), "start_date": iso(at), "end_date": iso(at + 45) if ended else None,
            "duration": 45.0 if ended else None, "logical_date": iso(at), "queued_at": iso(at), "conf": {},
            "data_interval_start": None, "data_interval_end": None, "last_scheduling_decision": None, "note": None,
            "triggered_by": "timetable", "triggering_user_name": None, "dag_versions": [], "bundle_version": None,
            "partition_key": None,
        })  # fmt: skip
        for task in failed:
            self.tables["instances"].append({
                "id": f"{id}-{task}", "dag_id": dag, "dag_display_name": dag, "dag_run_id": id, "task_id": task,
                "task_display_name": task, "state": "failed", "try_number": 3, "max_tries": 2, "map_index": -1,
                "run_after": iso(at), "logical_date": iso(at), "start_date": iso(at), "end_date": iso(at + 45),
                "duration": 45.0, "pool": "default_pool", "pool_slots": 1, "queue": "default", "operator": "X",
                "operator_name": "X", "priority_weight": 1, "queued_when": None, "scheduled_when": None, "pid": None,
                "executor": None, "executor_config": "{}", "hostname": "", "unixname": "airflow", "note": None,
                "rendered_fields": {}, "rendered_map_index": None, "trigger": None, "triggerer_job": None,
                "dag_version": None,
            })  # fmt: skip
