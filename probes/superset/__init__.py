"""Apache Superset, REST API v1. https://superset.apache.org/docs/api

Least grants: a user of its own with the role Admin; with the role Gamma and access to all data sources one sees
datasets and databases, and nothing of rights. Superset shows everybody the datasets, databases and reports that they
may see, with a 200; so the roles of the user stand in the vantage.

Where the facts are from: the vendor's source (apache/superset: list and show columns of superset/datasets/api.py,
superset/databases/api.py, superset/reports/api.py; states in superset/reports/models.py) and its documented sign-in,
POST /api/v1/security/login. Lists are asked for by Rison in `q` and come as `{count, ids, result}`. Reports are 404 on
a server without the feature ALERT_REPORTS, users and roles on one without FAB_ADD_SECURITY_API: then they are "not
observable". Users and groups: list columns of Flask-AppBuilder (flask_appbuilder/security/
sqla/apis); groups, by which users have roles too, are 404 before its release 4.7. Not verified: keys of
/api/v1/me/roles/, how long a token lives (15 minutes by default, asked for anew after 10). Links are routes of its own
pages (superset-frontend/src/views/routes.tsx); those of users, roles and groups differ between versions, and are left
out.

Charts and dashboards: list columns of superset/charts/api.py and superset/dashboards/api.py. What a chart reads stands
in `params`, the names of whose columns and metrics are those of superset/connectors/sqla/models.py, of its filters
those of superset/utils/core.py, and of a dashboard's own filters those of superset/commands/dashboard/export.py. A name
in the place of a metric is one that its dataset has saved. `params` that are no JSON say nothing, to Superset too. Not
verified: the names of axes and rows that newer kinds of chart use (x_axis, groupbyRows, groupbyColumns). Of each
dashboard that is shown, and each report, the whole is asked for once a day: no list has filters and recipients.

Row-level security: list columns of superset/row_level_security/api.py; its SQL is a digest, it may name people. One
thing on demand and who deleted it: asked.py. The API tells no version of the server and no end of one.

Never asked: refresh of a dataset, tests of connections, samples, data and screenshots of charts. Not read: SQL of
virtual datasets, of charts and of alerts, values of filters, recipients' addresses (a digest leaves here of each: they
may name people or what is confidential), last values of alerts, entries of
the action log but deletions.
"""

from __future__ import annotations

from typing import Any

from probes.kit.api import Ask, Client
from probes.kit.auth import Credentials, Exchange, Scheme
from probes.kit.contract import Kind, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, View, keep
from probes.kit.verified import Verified

from .asked import look, who
from .content import filters, reports
from .lists import every, parts

HOURLY = 3600.0
DAILY = 86_400.0
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
        silent=frozenset() if "Admin" in (roles or ()) else frozenset({Kind.TEMPLATE, Kind.AUTOMATION}),
    )


REPORTS = "/api/v1/report/"
SHOWN = "published || certified_by"
PEOPLE = "owners[].join(' ', [first_name, last_name][?@]) || editors[].label"  # owners were renamed to editors
EDITOR = "changed_by && join(' ', [changed_by.first_name, changed_by.last_name][?@])"
CHANGED = {"at": "changed_on_utc", "by": "changed_by_name"}
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
    look=look,
    who=who,
    absent="a dataset tells all its columns; a chart or dashboard that an Admin is answered 404 about is not there",
    grants={"role:Admin": "Settings > List Users: the role Admin. Others see what their roles may see."},
    notes=(
        "Dashboards that are drafts, and charts on none that is published, are left out unless they are certified.",
        "Columns that a chart reads by SQL of its own are not told: that SQL is a digest.",
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
            evidence={"at": "changed_on", "by": EDITOR}, link="{base}/databaseview/list/",
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
            facts=keep("active", roles="roles[].name"), evidence={"at": "changed_on"}, every=HOURLY,
        ),
        Listing(
            name="groups", kind=Kind.PERMISSION, path="/api/v1/security/groups/", id="id", records="result",
            key="name", fetch=every("/api/v1/security/groups/"), every=HOURLY, always=("roles",),
            facts=keep("description label", roles="roles[].name", members="users[].username"), people=("members",),
        ),
        Listing(
            name="row-filters", kind=Kind.PERMISSION, path="/api/v1/rowlevelsecurity/", id="id", records="result",
            key="name", fetch=every("/api/v1/rowlevelsecurity/"), every=HOURLY, always=("row_filter",),
            facts=keep(roles="roles[].name", row_filter="digest(clause)", x_kind="filter_type", x_group="group_key",
                       x_tables="tables[].table_name"),
            unordered=("x_tables",), needs=("role:Admin",), link="{base}/rowlevelsecurity/list/",
        ),
        Listing(
            name="reports", kind=Kind.SYNC, path=REPORTS, fetch=every(REPORTS), records="result", key="name", id="id",
            facts=keep(enabled="active", schedule="crontab", native_type="type", x_zone="timezone",
                       x_channels="recipients[].type"),
            unordered=("x_channels",), always=("enabled",), states={**STATES, "disabled": "disabled"},
            health={"state": "active && last_state || 'disabled'",
                    "succeeded_at": "last_state == 'Success' && last_eval_dttm || null",
                    "failed_at": "last_state == 'Error' && last_eval_dttm || null"},
            evidence={"at": "changed_on", "by": EDITOR}, link="{base}/report/list/",
            also=(
                View(kind=Kind.AUTOMATION, scope="reports", records="result", key="name", id="id",
                     facts=keep("active", trigger="crontab", native_type="type", actions="recipients[].type"),
                     always=("active",), link="{base}/report/list/"),
            ),
        ),
        Listing(
            name="report-details", kind=Kind.AUTOMATION, for_each="reports", scope="{parent.key}.report",
            path="/api/v1/report/{parent.id}", records="result", single=True, key="name", id="id", every=DAILY,
            facts=keep("description", label="name", criteria="validator_config_json", x_dashboard="dashboard.id",
                       x_chart="chart.id", x_when="validator_type", x_format="report_format",
                       x_database="database.database_name", x_sql_digest="digest(sql)",
                       x_recipients_digest="digest(sort(map(&to_string(@), recipients[].recipient_config_json)))"),
            always=("x_format",), needs=("role:Admin",), link="{base}/report/list/",
        ),
        Listing(
            name="dashboards", kind=Kind.TEMPLATE, path="/api/v1/dashboard/", fetch=reports, records="dashboards",
            key="id", id="id", per_fetch=6, every=HOURLY, where=SHOWN, needs=("role:Admin",),
            facts=keep("description", label="dashboard_title", fields="used", x_charts="charts", x_people=PEOPLE,
                       x_certified="certified_by", x_managed="is_managed_externally", active="published"),
            unordered=("x_charts", "x_people"), people=("x_people", "x_certified"), always=("active",),
            evidence=CHANGED, link="{base}/superset/dashboard/{key}/",
            also=(
                View(
                    kind=Kind.TEMPLATE, scope="charts", records="charts", key="id", id="id", where="shown",
                    needs=("role:Admin",),
                    facts=keep("description", label="slice_name", native_type="viz_type", fields="used",
                               opaque="opaque", x_dataset="dataset", x_filters_digest="digest(narrowed)",
                               x_sql_digest="digest(sql)", x_people=PEOPLE, x_certified="certified_by",
                               x_managed="is_managed_externally"),
                    unordered=("x_people",), people=("x_people", "x_certified"), always=("native_type",),
                    evidence=CHANGED, link="{base}/explore/?slice_id={key}",
                ),
            ),
        ),
        Listing(
            name="dashboard-filters", kind=Kind.TEMPLATE, for_each="dashboards", scope="{parent.key}.dashboard",
            path="/api/v1/dashboard/{parent.id}", fetch=filters, records="rows", key="id", id="id", batch=20,
            per_fetch=21, every=DAILY, facts=keep(label="dashboard_title", fields="used", x_filters="filters"),
            unordered=("x_filters",), needs=("role:Admin",), link="{base}/superset/dashboard/{key}/",
        ),
    ),
)  # fmt: skip
