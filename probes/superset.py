"""Apache Superset, REST API v1. https://superset.apache.org/docs/api

Least grants: a user of its own with the role Admin; with the role Gamma and access to all data sources one sees
datasets and databases, and nothing of rights. Superset shows everybody the datasets, databases and reports that they
may see, with a 200; so the roles of the user stand in the vantage.

Where the facts are from: the vendor's source (apache/superset: list and show columns of superset/datasets/api.py,
superset/databases/api.py, superset/reports/api.py; states in superset/reports/models.py) and its documented sign-in,
POST /api/v1/security/login. Lists are asked for by Rison in `q` and come as `{count, ids, result}`. Reports are 404 on
a server without the feature ALERT_REPORTS, users and roles on one without FAB_ADD_SECURITY_API: then they are "not
observable". Not verified: keys of /api/v1/me/roles/ and of users (from Flask-AppBuilder's documentation), how long a
token lives (15 minutes by default, asked for anew after 10). Links are routes of its own pages; those of users and
roles differ between versions, and are left out.

Never asked: refresh of a dataset, tests of connections, samples. Not read: SQL of virtual datasets (a digest leaves
here: it may name what is confidential), charts, dashboards, recipients' addresses, logs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from probes.kit.api import Answer, Ask, Client, listed
from probes.kit.auth import Credentials, Exchange, Scheme
from probes.kit.contract import Fault, Kind, Malformed, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Fetch, Listing, OptionSpec, Row, Vendor, View, keep
from probes.kit.verified import Verified

HOURLY = 3600.0
SIZE: Final = 100
MOST: Final = 200  # pages of a list
# `type_generic`: 0 number, 1 text, 2 time, 3 boolean (superset/utils/core.py, GenericDataType).
TYPES = {"0": "decimal", "1": "text", "2": "datetime", "3": "boolean", "metric": "decimal", "*": "any"}
STATES = {"Success": "ok", "Working": "running", "Error": "failing", "Not triggered": "ok", "On Grace": "ok"}


async def sign_in(credentials: Credentials) -> Ask:
    user, password = await credentials.get("user"), await credentials.get("password")
    return Ask("/api/v1/security/login", body={"username": user, "password": password, "provider": "db"})


async def identity(api: Client) -> Vantage:
    """The user and its roles."""
    me: dict[str, Any] = (await api.ask(Ask("/api/v1/me/"))).value("result")
    roles = (await api.ask(Ask("/api/v1/me/roles/"))).value("result.roles")
    return Vantage(
        account=api.base.partition("//")[2].rstrip("/"),
        subject=str(me.get("email") or me["username"]),
        grants=frozenset(f"role:{role}" for role in roles or ()),
        api_version="v1",
    )


async def whole(api: Client, path: str) -> list[Any]:
    """All rows of a list. Raises Malformed where they are not as many as it counts."""
    rows: list[Any] = []
    for page in range(MOST):
        answer = await api.ask(Ask(path, {"q": f"(page:{page},page_size:{SIZE})"}))
        found, count = answer.value("result"), answer.value("count")
        if not isinstance(found, list) or not isinstance(count, int):
            raise Malformed(f"{path} has no result and count")
        rows += found
        if not found or len(rows) >= count:
            break
    if len(rows) != count:
        raise Malformed(f"{path}: {len(rows)} rows of {count}", code="short")
    return rows


def every(path: str) -> Fetch:
    """A list with all its pages."""

    async def fetch(
        api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
    ) -> AsyncIterator[tuple[Row, Answer | Fault]]:
        yield parents[0], Answer(200, {}, msgspec.json.encode({"result": await whole(api, path)}))

    return fetch


async def parts(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """The columns and metrics of a dataset."""
    for parent in parents:
        try:
            told = (await api.ask(Ask(f"/api/v1/dataset/{parent['id']}"))).value("result")
            columns = [
                {**one, "key": one["column_name"], "what": one.get("type_generic")} for one in listed(told, "columns")
            ]
            metrics = [
                {**one, "key": f"metric.{one['metric_name']}", "what": "metric", "group": "metrics"}
                for one in listed(told, "metrics")
            ]
            yield parent, Answer(200, {}, msgspec.json.encode({"rows": columns + metrics}))
        except Fault as fault:
            yield parent, fault


REPORTS = "/api/v1/report/"
EXPLORE = "{base}/explore/?datasource_type=table&datasource_id="  # what `explore_url` of a dataset says
VENDOR = Vendor(
    name="superset",
    title="Apache Superset",
    docs="https://superset.apache.org/docs/api",
    base="{options.url}",
    hosts=("{base}",),
    schemes={
        "login": Scheme(
            fields=("user", "password"), build=lambda given: Exchange(given, sign_in, ttl="", lifetime=600.0),
            note="Settings > List Users > +: a user of its own with the role Admin, signed in by the database.",
        )
    },
    options={"url": OptionSpec(default="", says="address of the server, with its path if it has one")},
    errors=Errors(code="message", message="message", faults={"Not found": "unsupported"}),
    limits={"default": Limit(key="{host}", rate=5, per=1, concurrency=3)},
    verified=Verified("docs", "2026-11-23"),
    identity=identity,
    grants={"role:Admin": "Settings > List Users: the role Admin. Others see what their roles may see."},
    unseen={
        Kind.TEMPLATE: "charts and dashboards are not read",
    },
    notes=(
        "On a server without FAB_ADD_SECURITY_API users and roles are not observable, without ALERT_REPORTS reports.",
        "A user with fewer roles sees fewer datasets and databases, with a 200.",
    ),
    exempt={"cursor": "its lists are put together from pages, and held to their count, before they become rows"},
    listings=(
        Listing(
            name="databases", kind=Kind.PLATFORM, path="/api/v1/database/", fetch=every("/api/v1/database/"),
            records="result", key="database_name", id="uuid", every=HOURLY, always=("x_backend",),
            facts=keep(label="database_name", x_backend="backend", x_writes="allow_dml", x_uploads="allow_file_upload",
                       x_in_lab="expose_in_sqllab", x_creates="allow_ctas", x_async="allow_run_async"),
            evidence={"at": "changed_on"}, link="{base}/databaseview/list/",
        ),
        Listing(
            name="datasets", kind=Kind.SCHEMA, path="/api/v1/dataset/", fetch=every("/api/v1/dataset/"), id="id",
            records="result", key="[database.database_name, schema || 'default', table_name]", always=("label",),
            facts=keep("description", label="table_name", group="database.database_name", x_kind="kind",
                       x_sql_digest="digest(sql)"),
            evidence={"at": "changed_on_utc", "by": "changed_by_name"}, link=f"{EXPLORE}{{id}}",
        ),
        Listing(
            name="fields", kind=Kind.FIELD, for_each="datasets", fetch=parts, path="/api/v1/dataset/{parent.id}",
            records="rows", key="key", id="uuid", words={"type": TYPES}, every=HOURLY, always=("type",),
            facts=keep("description group", label="verbose_name", type="to_string(what)", native_type="type",
                       formula="expression", searchable="filterable", x_groups="groupby", x_format="d3format",
                       x_warning="warning_text", archived="is_active == `false`"),
            evidence={"at": "changed_on"}, link=f"{EXPLORE}{{parent.id}}",
        ),
        Listing(
            name="roles", kind=Kind.PERMISSION, path="/api/v1/security/roles/", id="id", records="result", key="name",
            fetch=every("/api/v1/security/roles/"), facts=keep(label="name"), always=("label",), every=HOURLY,
        ),
        Listing(
            name="role-rights", kind=Kind.PERMISSION, for_each="roles", scope="rights-{parent.key}", records="result",
            path="/api/v1/security/roles/{parent.id}/permissions/", key="[view_menu_name, permission_name]", id="id",
            facts=keep(x_right="permission_name"), always=("x_right",), every=6 * HOURLY,
        ),
        Listing(
            name="users", kind=Kind.PERMISSION, path="/api/v1/security/users/", id="id", records="result",
            key="email || username", person=True, fetch=every("/api/v1/security/users/"), always=("active",),
            facts=keep("active", roles="roles[].name"), every=HOURLY,
        ),
        Listing(
            name="reports", kind=Kind.SYNC, path=REPORTS, fetch=every(REPORTS), records="result", key="name", id="id",
            facts=keep(enabled="active", schedule="crontab", native_type="type", x_zone="timezone",
                       x_channels="recipients[].type"),
            unordered=("x_channels",), always=("enabled",), states={**STATES, "disabled": "disabled"},
            health={"state": "active && last_state || 'disabled'",
                    "succeeded_at": "last_state == 'Success' && last_eval_dttm || null",
                    "failed_at": "last_state == 'Error' && last_eval_dttm || null"},
            evidence={"at": "changed_on"}, link="{base}/report/list/",
            also=(
                View(kind=Kind.AUTOMATION, scope="reports", records="result", key="name", id="id",
                     facts=keep("active", trigger="crontab", native_type="type", actions="recipients[].type"),
                     always=("active",), link="{base}/report/list/"),
            ),
        ),
    ),
)  # fmt: skip
