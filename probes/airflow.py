"""Apache Airflow 3, REST API v2. https://airflow.apache.org/docs/apache-airflow/stable/stable-rest-api-ref.html

Least grants: a user of its own who may read: the role Viewer, and besides (where the auth manager has it) to read
connections, variables, pools, providers, assets and the audit log. What the user may not read is left out of the lists
of DAGs, runs and assets with a 200; no answer tells what that is, so that a DAG which is missing is held until a
person releases it, or until the server says by its name that there is none (404; without the right it says 403).

Where the facts are from: the vendor's OpenAPI (apache/airflow-client-python, Apache-2.0) for paths, keys, parameters
and states; its docs for the token (POST /auth/token with name and password, of the simple and of the FAB auth manager;
how long it lives is a setting, a day unless changed, and not told); its source for what lists leave out
(ReadableDagsFilter) and for 403 before 404: the route of a DAG asks the auth manager, whichever it is, before its body
runs and looks for the DAG. Lists give 100 rows at most (the setting maximum_page_limit). Not verified: Airflow 2, which
has API v1 and is not read. Links go to the server's own pages; what has none leads to its first page, which shows the
health of its parts and files that fail.

A DAG whose file is gone is stale: the list leaves it out, which is a removal. Runs of backfills do not count for
health. A schedule is told as a cron expression where it is one, without its time zone. Not to be had: users and roles
(each auth manager has its own), who pays for a slot. Not read: passwords, logins, `extra` and values beyond a digest,
stack traces (a digest stands for one), code, logs, XComs, what a run was given.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit

import msgspec

from probes.kit.api import Answer, Ask, Client
from probes.kit.auth import Credentials, Exchange, Scheme
from probes.kit.contract import Absent, Denied, Fault, Kind, Malformed, Ref, Rejected, Sought, Unsupported, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Found, Listing, OptionSpec, Row, Told, Vendor, keep
from probes.kit.paging import Paging
from probes.kit.values import instant
from probes.kit.verified import Verified

API: Final = "/api/v2"
PAGES = Paging(style="offset", into="offset", size=100, size_into="limit", total="total_entries")
HOURLY, RARELY = 3600.0, 21_600.0
RUNS: Final = 25
PRESETS: Final = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *",
                  "@quarterly": "0 0 1 */3 *", "@yearly": "0 0 1 1 *"}  # fmt: skip
SLACK: Final = 5.0  # seconds that the server's clock and ours may be apart
DEEDS: Final = 100
# What people do in the event log; tasks and schedulers write into it too.
ACTS: Final = ("patch", "post", "put", "delete", "create", "update", "bulk", "trigger", "clear", "import", "set")


async def _token(given: Credentials) -> Ask:
    return Ask("/auth/token", body={"username": await given.get("username"), "password": await given.get("password")})


async def identity(api: Client) -> Vantage:
    """The server by its address. Nothing names the user, or tells what it may do; and the version is told to everybody,
    so a list is asked for as well: a credential that is refused must not pass."""
    told: dict[str, Any] = (await api.ask(Ask(f"{API}/version"))).value()
    with suppress(Denied):
        await api.ask(Ask(f"{API}/dags", {"limit": 1}))
    address = urlsplit(api.base)
    return Vantage(
        account=f"{address.netloc}{address.path.rstrip('/')}",
        subject="user",
        grants=frozenset(),
        api_version=f"v2 of {str(told['version']).partition('.')[0]}",
        silent=frozenset({Kind.AUTOMATION, Kind.SYNC, Kind.SCHEMA}),
    )


async def runs(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """How the newest runs of each DAG went, and which tasks failed in the last one that did."""
    for parent in parents:
        here = f"{API}/dags/{quote(str(parent['key']), safe='')}/dagRuns"
        try:
            rows = (await api.ask(Ask(here, {"order_by": "-run_after", "limit": RUNS}))).value("dag_runs")
            if rows is None:
                raise Malformed("the answer has no dag_runs")
            row = health(parent, rows)
            if failed := row.pop("failed"):
                path = f"{here}/{quote(failed, safe='')}/taskInstances"
                tasks = (await api.ask(Ask(path, {"state": "failed", "limit": 100}))).value("task_instances") or []
                row["errors"] = sorted({f"{task['task_id']} failed" for task in tasks}) or ["no task failed"]
            yield parent, Answer(200, {}, msgspec.json.encode({"runs": [row]}))
        except Fault as fault:
            yield parent, fault


async def components(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """The parts of the instance. One without a status is not there. A heartbeat is told of one that is unwell: of
    others it would be new each time."""
    told = (await api.ask(Ask(f"{API}/monitor/health"))).value()
    if not isinstance(told, dict) or not {"metadatabase", "scheduler"} <= told.keys():
        raise Malformed("the answer has no metadatabase or no scheduler")
    parts = [{"name": name, **part} for name, part in told.items() if part and part.get("status")]
    for part in parts:
        part["beat"] = None if part["status"] == "healthy" else part.get(f"latest_{part['name']}_heartbeat")
    yield parents[0], Answer(200, {}, msgspec.json.encode({"parts": parts}))


def health(dag: Row, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One row out of runs. `failed`: the run whose tasks say why, where the newest that ended has failed."""
    found = [row for row in rows if row["run_type"] != "backfill"]
    found.sort(key=lambda row: (str(row["run_after"]), str(row.get("start_date") or "")), reverse=True)
    ended = [row for row in found if row["state"] in ("success", "failed")]
    last = ended[0] if ended else {}
    good = next((row for row in ended if row["state"] == "success"), None)
    bad = next((row for row in ended if row["state"] == "failed"), None)
    return {
        "id": dag["key"],
        "state": (found[0]["state"] if found else None) if dag.get("active") else "paused",
        "succeeded_at": good and good["end_date"],
        "failed_at": bad and bad["end_date"],
        "duration": last.get("duration"),
        "errors": [],
        "cron": cron(str(dag.get("trigger") or "")),
        "failed": last["dag_run_id"] if last and last["state"] == "failed" else "",
    }


def cron(summary: str) -> str | None:
    """A timetable that is a cron expression, or one of its short names; None for any other."""
    expression = PRESETS.get(summary, summary)
    return expression if re.fullmatch(r"[\d*/,\-]+( [\w*/,\-#?]+){4}", expression) else None


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """One DAG. Who may not read it is told so before it is looked for; one whose file is gone stays as stale."""
    if ref != Ref(Kind.AUTOMATION, "dags"):
        raise Unsupported(f"Airflow is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    try:
        row: dict[str, Any] = (await api.ask(Ask(f"{API}/dags/{quote(key, safe='')}"))).value()
    except Rejected as fault:
        if fault.code == "404":
            return Absent("404")
        raise
    return Absent("is_stale") if row.get("is_stale") is True else Found("dags", row)


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """By the event log, asked for once. A DAG is named by it, other things stand in what was sent along."""
    since, until = min(one.after for one in sought) - SLACK, max(one.until for one in sought) + SLACK
    asked = {"after": _iso(since), "before": _iso(until), "order_by": "-when", "limit": DEEDS}
    rows: list[dict[str, Any]] = (await api.ask(Ask(f"{API}/eventLogs", asked))).value("event_logs")
    return [_did([row for row in rows if str(row["event"]).startswith(ACTS)], one) for one in sought]


def _did(rows: Sequence[dict[str, Any]], sought: Sought) -> dict[str, Any]:
    for row in rows:
        at = instant(row["when"]) or 0.0
        during = sought.after - SLACK <= at <= sought.until + SLACK
        named = {str(row.get("dag_id") or "")} | set(re.findall(r'"([^"\\]+)"', str(row.get("extra") or "")))
        if during and sought.names & named:
            return {"by": row.get("owner"), "at": row["when"], "action": row["event"], "how": "named"}
    return {}


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


VENDOR = Vendor(
    name="airflow",
    title="Apache Airflow",
    docs="https://airflow.apache.org/docs/apache-airflow/stable/stable-rest-api-ref.html",
    base="{options.url}",
    hosts=("{base}",),
    schemes={
        "user": Scheme(
            fields=("username", "password"),
            build=lambda given: Exchange(given, _token, ttl="", lifetime=900.0),
            note="A user of its own. FAB auth manager: Security > List Users > Add, or `airflow users create`, with "
            "the role Viewer and one that reads what stands under grants. Others: whatever answers at /auth/token.",
        )
    },
    options={"url": OptionSpec(default="", says="address of the API server, with its path if it has one")},
    errors=Errors(message="detail"),
    limits={"default": Limit(key="{host}", rate=10, per=1, concurrency=4)},
    identity=identity,
    verified=Verified("spec", "2026-11-23"),
    look=look,
    absent="404 for a DAG, after the right to it was checked (without the right: 403); or is_stale, which lists omit",
    who=who,
    grants={
        name: f"the user's right to read {name}"
        for name in ("DAGs", "DAG Runs", "Task Instances", "DAG Code", "Connections", "Variables", "Pools", "Assets",
                     "Providers", "ImportError", "DAG Warnings", "Audit Logs")
    },
    grants_told=False,
    weaker="What may not be read beside DAGs, runs and assets is refused as a whole (403).",
    unseen={
        Kind.PERMISSION: "users and roles are of the auth manager, whose own API is not read; look at Security",
        Kind.TEMPLATE: "templates of Airflow are code in DAGs",
    },
    lacks={Kind.FIELD: "Airflow moves data and keeps none: look at the systems that its DAGs write into"},
    notes=(
        "A DAG that the user may no longer read is not told from a deleted one by lists: it is asked for by name.",
        "A DAG that is paused is of the state paused; runs of backfills do not count.",
        "The server is known by its address: one that moves is another account until it is captured anew.",
    ),
    listings=(
        Listing(
            name="dags", kind=Kind.AUTOMATION, path=f"{API}/dags", records="dags", paging=PAGES, key="dag_id",
            params={"exclude_stale": "true", "order_by": "dag_id"}, always=("active",), needs=("DAGs",),
            link="{base}/dags/{key}",
            facts=keep(
                "description", label="dag_display_name", active="!is_paused", trigger="timetable_summary",
                owner="join(', ', sort(owners))", x_schedule="timetable_description", x_tags="tags[].name",
                x_file="relative_fileloc", x_bundle="bundle_name", x_most_runs="max_active_runs",
                x_most_tasks="max_active_tasks", x_most_failed="max_consecutive_failed_dag_runs",
                x_import_errors="has_import_errors",
            ),
            unordered=("x_tags",),
        ),
        Listing(
            name="tasks", kind=Kind.AUTOMATION, for_each="dags", path=f"{API}/dags/{{parent.key}}/tasks",
            scope="{parent.key}.tasks", records="tasks", paging=Paging(total="total_entries"), key="task_id",
            every=RARELY, always=("native_type",), needs=("DAG Code",), link="{base}/dags/{parent.key}/tasks/{key}",
            facts=keep("owner", native_type="operator_name", x_next="downstream_task_ids", x_rule="trigger_rule",
                       x_retries="retries", x_pool="pool", x_queue="queue", x_mapped="is_mapped",
                       x_after_past="depends_on_past"),
            unordered=("x_next",),
        ),
        Listing(
            name="runs", kind=Kind.SYNC, for_each="dags", fetch=runs, scope="{parent.key}.runs", records="runs",
            facts={}, needs=("DAG Runs",), link="{base}/dags/{parent.key}/runs",
            health={name: name for name in ("state", "succeeded_at", "failed_at", "duration", "errors", "cron")},
            states={"success": "ok", "failed": "failing", "running": "running", "queued": "running",
                    "paused": "paused"},
        ),
        Listing(
            name="components", kind=Kind.SYNC, path=f"{API}/monitor/health", fetch=components, records="parts",
            key="name", facts={}, health={"state": "status", "succeeded_at": "beat"},
            states={"healthy": "ok", "unhealthy": "failing"}, link="{base}/",
        ),
        Listing(
            name="import-errors", kind=Kind.PLATFORM, path=f"{API}/importErrors", params={"order_by": "filename"},
            records="import_errors", paging=PAGES, key="[bundle_name || 'dags', filename]", needs=("ImportError",),
            facts=keep(status="'cannot be read'", x_trace_digest="digest(stack_trace)"), evidence={"at": "timestamp"},
            link="{base}/",
        ),
        Listing(
            name="warnings", kind=Kind.PLATFORM, path=f"{API}/dagWarnings", params={"order_by": "dag_id"},
            records="dag_warnings", paging=PAGES, key="[dag_id, warning_type]", needs=("DAG Warnings",),
            facts=keep(label="message"), evidence={"at": "timestamp"}, link="{base}/",
        ),
        Listing(
            name="connections", kind=Kind.SCHEMA, path=f"{API}/connections", params={"order_by": "connection_id"},
            records="connections", paging=PAGES, key="connection_id", every=HOURLY, always=("native_type",),
            facts=keep("description", native_type="conn_type", target="host", x_port="port", x_schema="schema",
                       x_login_digest="digest(login)", x_extra_digest="digest(extra)"),
            needs=("Connections",), link="{base}/connections",
        ),
        Listing(
            name="variables", kind=Kind.SCHEMA, path=f"{API}/variables", params={"order_by": "key"},
            records="variables", paging=PAGES, key="key", every=HOURLY, always=("x_encrypted",), needs=("Variables",),
            facts=keep("description", x_value_digest="digest(value)", x_encrypted="is_encrypted"),
            link="{base}/variables",
        ),
        Listing(
            name="pools", kind=Kind.SCHEMA, path=f"{API}/pools", params={"order_by": "name"}, records="pools",
            paging=PAGES, key="name", every=HOURLY, always=("x_slots",), needs=("Pools",), link="{base}/pools",
            facts=keep("description", x_slots="slots", x_counts_deferred="include_deferred"),
        ),
        Listing(
            name="assets", kind=Kind.SCHEMA, path=f"{API}/assets", params={"order_by": "name"}, records="assets",
            paging=PAGES, key="[group || 'asset', name]", id="id", every=HOURLY, always=("target",), needs=("Assets",),
            facts=keep(target="uri", x_made_by="producing_tasks[].join('.', [dag_id, task_id])",
                       x_starts="scheduled_dags[].dag_id",
                       x_used_by="consuming_tasks[].join('.', [dag_id, task_id])"),
            unordered=("x_made_by", "x_starts", "x_used_by"), link="{base}/assets/{id}",
        ),
        Listing(
            name="providers", kind=Kind.PLATFORM, path=f"{API}/providers", records="providers", paging=PAGES,
            key="package_name", every=RARELY, facts=keep("version"), always=("version",), needs=("Providers",),
            link="{base}/providers",
        ),
        Listing(
            name="version", kind=Kind.PLATFORM, path=f"{API}/version", key="'airflow'", every=RARELY, single=True,
            facts=keep("version"), always=("version",), link="{base}/",
        ),
    ),
)  # fmt: skip
