"""Apache Airflow 3, REST API v2. https://airflow.apache.org/docs/apache-airflow/stable/stable-rest-api-ref.html

Least grants: a user of its own who may read: the role Viewer, and besides (where the auth manager has it) to read
connections, variables, pools, providers, assets, the audit log, and, of FAB, users and roles. What the user may not
read is left out of the lists of DAGs, runs, assets, connections, variables and pools with a 200; no answer tells what
that is, so that what is missing is held until a person releases it, or until the server says by its name that there is
none (404; without the right it says 403).

Where the facts are from: the vendor's OpenAPI (apache/airflow-client-python, Apache-2.0) for paths, keys, parameters
and states; its docs for the token (POST /auth/token with name and password, of the simple and of the FAB auth manager;
how long it lives is a setting, a day unless changed, and not told); its source for what lists leave out (the filters
Readable...FilterDep) and for 403 before 404: the route of a DAG, a connection, a variable, a pool and of a role of FAB
asks the auth manager, whichever it is, before its body runs and looks for the thing. Users and roles are those of the
FAB auth manager, whose API (providers/fab: api_fastapi, /auth/fab/v1) stands beside Airflow's: its OpenAPI and its
models have the paths and keys; a server with another auth manager, or with a release of FAB's from before these lists,
tells in the document at /auth/openapi.json that it has none, and they are "not observable" there. Lists give 100 rows
at most (the setting maximum_page_limit). Not verified: Airflow 2, which has API v1 and is not read. Links go to the
server's own pages, those of users and roles by the menu that FAB adds (get_extra_menu_items); what has none leads to
its first page, which shows the health of its parts and files that fail.

A DAG whose file is gone is stale: the list leaves it out, which is a removal. Runs of backfills do not count for
health. A schedule is told as a cron expression where it is one, without its time zone. Not to be had: users of other
auth managers, who pays for a slot. Not read: passwords, logins, `extra` and values beyond a digest, stack traces (a
digest stands for one), names of people, when they signed in, code, logs, XComs, what a run was given, the settings
(/config, which holds secrets and is off unless shown on purpose), plugins.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

from probes.kit.api import Ask, Client
from probes.kit.auth import Credentials, Exchange, Scheme
from probes.kit.contract import Denied, Kind, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, keep
from probes.kit.paging import Paging
from probes.kit.verified import Verified

from .asked import look, who
from .people import FAB, PAGES, listed
from .runs import API, components, runs

HOURLY, RARELY = 3600.0, 21_600.0
HOLDS: Final = "actions[].join(' on ', [action.name, resource.name])"  # what a role may, as FAB's own pages say it
PEOPLE: Final = "actions[?resource.name == 'Users' && contains(['can_create', 'can_edit'], action.name)] | [0] != null"


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
    absent="404 for a DAG, connection, variable, pool or role, after the right to it was checked (without the right: "
    "403); or is_stale of a DAG, which lists omit",
    who=who,
    grants={
        name: f"the user's right to read {name}"
        for name in ("DAGs", "DAG Runs", "Task Instances", "DAG Code", "Connections", "Variables", "Pools", "Assets",
                     "Providers", "ImportError", "DAG Warnings", "Audit Logs", "Users", "Roles")
    },
    grants_told=False,
    weaker="Users, roles and what else is of the platform are refused as a whole without the right to them (403).",
    lacks={
        Kind.FIELD: "Airflow moves data and keeps none: look at the systems that its DAGs write into",
        Kind.TEMPLATE: "templates of Airflow are code in DAGs, and part of them",
    },
    notes=(
        "A DAG that the user may no longer read is not told from a deleted one by lists: it is asked for by name.",
        "Users and roles are read where the auth manager is FAB; of another one they are not observable here.",
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
            name="users", kind=Kind.PERMISSION, path=f"{FAB}/users", fetch=listed("users", "username"), per_fetch=2,
            records="users", key="username", person=True, every=RARELY, always=("active",), needs=("Users",),
            facts=keep("active email", roles="roles[].name", admin="contains(roles[].name || `[]`, 'Admin')"),
            evidence={"at": "changed_on", "created": "created_on"}, link="{base}/auth/users/list/",
        ),
        Listing(
            name="roles", kind=Kind.PERMISSION, path=f"{FAB}/roles", fetch=listed("roles", "name"), per_fetch=2,
            records="roles", key="name", every=RARELY, facts=keep(grants=HOLDS, manage_users=PEOPLE),
            always=("grants",), needs=("Roles",), link="{base}/auth/roles/list/",
        ),
        Listing(
            name="version", kind=Kind.PLATFORM, path=f"{API}/version", key="'airflow'", every=RARELY, single=True,
            facts=keep("version"), always=("version",), link="{base}/",
        ),
    ),
)  # fmt: skip
