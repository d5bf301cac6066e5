"""Metabase, its REST API. https://www.metabase.com/docs/latest/api

Least grants: an API key of the group Administrators. A key of another group sees the databases, tables and users that
the group may see, with a 200, and is refused all lists of rights; so its groups, and whether it is an administrator's,
stand in the vantage.

Where the facts are from: the vendor's pages on the API (docs/api of metabase/metabase: database, permissions, user,
pulse) for paths, parameters and who may ask; keys within answers from its documentation of types and the metadata that
its own tests have taken from a server. `/api/user` and `/api/database` come as `{data, total}`. Hidden tables and
fields are asked for. A 402 is what the plan lacks. Errors are often text and no JSON; a 200 with an `error` is none.
Deep links are the routes of its admin panel, of a table and a field as its own tests have them. Not verified: values of
download and data-model rights (they are kept as they come).

One thing on demand and who changed it: asked.py; how a database's sync went: tables.py.

Reports: paths of questions, dashboards, collections and alerts from its pages card, dashboard, collection, pulse and
the source of /api/notification and of /api/segment; their keys from its frontend's published types
(metabase-types/api), what a query is made of from the schema of its library (lib/schema/ref). The list of dashboards is
marked deprecated there, and has no cards: each is asked for once a day. Personal collections and all below them are
left out: they come and go with whoever owns them. Which columns SQL reads, and which a dashboard's own filters are
bound to, is not told.

Never asked: sync, rescan, persist, queries. Not read: `details` of a database (its password) and of a channel, SQL (a
digest leaves here), public links (they open without a sign-in: that there is one is a fact), values of fields, figures
of use, last sign-ins, who changed a right (that log is of the Enterprise plan). Rights to collections are told by group
and collection, as the admin panel has them; personal collections are not among them. Of a segment the meaning of its
filters is a digest (values may be people). Not read: snippets, timelines, transforms, what a sync wrote. The server
names no end of a version: there is no sunset.
"""

from __future__ import annotations

from typing import Any

from probes.kit.api import Ask, Client, several
from probes.kit.auth import Header, Scheme
from probes.kit.contract import Kind, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, View, keep
from probes.kit.paging import Paging
from probes.kit.verified import Verified

from .asked import look, who
from .content import alerts, dashboards, questions, segments
from .tables import databases, tables

HOURLY = 3600.0
DAILY = 86_400.0
MODEL = "{base}/admin/datamodel/database"
TYPES = {
    "type/Text": "text", "type/TextLike": "text", "type/Integer": "integer", "type/BigInteger": "integer",
    "type/Float": "decimal", "type/Decimal": "decimal", "type/Number": "decimal", "type/Boolean": "boolean",
    "type/Date": "date", "type/DateTime": "datetime", "type/DateTimeWithTZ": "datetime",
    "type/DateTimeWithLocalTZ": "datetime", "type/DateTimeWithZoneOffset": "datetime", "type/Time": "time",
    "type/TimeWithTZ": "time", "type/UUID": "id", "type/MongoBSONID": "id", "type/JSON": "json",
    "type/Structured": "json", "type/Dictionary": "json", "type/Array": "json", "type/IPAddress": "text", "*": "any",
}  # fmt: skip


async def identity(api: Client) -> Vantage:
    """Whose key it is, and in which groups."""
    me: dict[str, Any] = (await api.ask(Ask("/api/user/current"))).value()
    told = (await api.ask(Ask("/api/session/properties"))).value()
    groups = {f"group:{id}" for id in several(me.get("group_ids"), "group_ids")}
    return Vantage(
        account=api.base.partition("//")[2].rstrip("/"),
        account_name=str(told.get("site-name") or ""),
        subject=str(me.get("common_name") or me["id"]),
        grants=frozenset(groups | ({"superuser"} if me.get("is_superuser") else set())),
        api_version=str((told.get("version") or {}).get("tag") or ""),
        locale=str(me.get("locale") or ""),
        silent=frozenset() if me.get("is_superuser") else frozenset({Kind.TEMPLATE, Kind.AUTOMATION}),
    )


VENDOR = Vendor(
    name="metabase",
    title="Metabase",
    docs="https://www.metabase.com/docs/latest/api",
    base="{options.url}",
    hosts=("{base}",),
    schemes={
        "key": Scheme(
            fields=("key",), build=lambda given: Header(given, X_API_Key="{key}"),
            note="Admin settings > Settings > Authentication > API keys > Create API key, for Administrators.",
        )
    },
    options={"url": OptionSpec(default="", says="address of the server, with its path if it has one")},
    errors=Errors(failed="error", message="message || error", plain=("Not found.",)),
    limits={"default": Limit(key="{host}", rate=5, per=1, concurrency=3)},
    verified=Verified("docs", "2026-11-23"),
    identity=identity,
    look=look,
    who=who,
    absent="the server looks for a thing before it asks whether one may see it: 404 is none, 403 is not yours",
    grants={"superuser": "the API key's group is Administrators. Others see what their groups may see."},
    notes=(
        "What stands in personal collections, and in the trash, is left out; what is moved there leaves its list.",
        "Columns that a question reads by SQL are not told: its SQL is a digest.",
        "A key of another group than Administrators sees fewer databases, tables and users, and no rights at all.",
        "Metabase knows tables by what its last sync found: a dropped column is told after the next one.",
    ),
    listings=(
        Listing(
            name="databases", kind=Kind.SYNC, path="/api/database", fetch=databases, records="data", key="name",
            id="id", per_fetch=2, every=900.0, always=("native_type",),
            facts=keep(label="name", native_type="engine", schedule="metadata_sync_schedule", x_full="is_full_sync",
                       x_on_demand="is_on_demand", x_values_schedule="cache_field_values_schedule"),
            health={"state": "sync_state", "succeeded_at": "sync_ok_at", "failed_at": "sync_failed_at",
                    "duration": "seconds(sync_duration)"},
            states={"success": "ok", "started": "running", "failed": "failing", "unknown": "unknown",
                    "complete": "ok", "incomplete": "running", "aborted": "failing"},
            link="{base}/admin/databases/{id}",
        ),
        Listing(
            name="tables", kind=Kind.SCHEMA, for_each="databases", fetch=tables, scope="{parent.key}.tables",
            path="/api/database/{parent.id}/metadata", records="tables", key="place", id="id", every=HOURLY,
            facts=keep("description", label="display_name", hidden="visibility_type != null",
                       archived="active == `false`", x_entity="entity_type"),
            always=("label",), evidence={"at": "updated_at"},
            link=f"{MODEL}/{{row.db_id}}/schema/{{row.db_id}}:{{row.schema}}/table/{{id}}",
            also=(
                View(
                    kind=Kind.FIELD, scope_by="place", records="fields", key="name", id="id", words={"type": TYPES},
                    facts=keep("description", type="base_type", native_type="database_type", label="display_name",
                               x_meaning="semantic_type", hidden="visibility_type != 'normal'",
                               references="[target][?@]", archived="active == `false`"),
                    always=("type",), evidence={"at": "updated_at"},
                    link=f"{MODEL}/{{row.db}}/schema/{{row.db}}:{{row.schema}}/table/{{row.table_id}}/field/{{id}}",
                ),
            ),
        ),
        Listing(
            name="users", kind=Kind.PERMISSION, path="/api/user", params={"status": "all"}, records="data",
            paging=Paging(style="offset", into="offset", size=100, size_into="limit", total="total"), key="email",
            id="id", person=True, always=("active", "admin"), facts=keep(active="is_active", admin="is_superuser"),
            link="{base}/admin/people",
        ),
        Listing(
            name="groups", kind=Kind.PERMISSION, path="/api/permissions/group", key="name", id="id", every=HOURLY,
            facts=keep(label="name"), always=("label",), link="{base}/admin/people/groups/{id}",
        ),
        Listing(
            name="memberships", kind=Kind.PERMISSION, path="/api/permissions/membership", records="*",
            key='"@path"[0]', facts=keep(teams="value[].to_string(group_id)",
                                         x_manages="value[?is_group_manager].group_id"),
            unordered=("x_manages",), always=("teams",), every=HOURLY, link="{base}/admin/people",
        ),
        Listing(
            name="rights", kind=Kind.PERMISSION, path="/api/permissions/graph", records="groups.*.*", key='"@path"',
            facts=keep(x_view='"view-data"', x_query='"create-queries"', x_download="download",
                       x_model='"data-model"', x_details="details"),
            link="{base}/admin/permissions/data",
        ),
        Listing(
            name="folder-rights", kind=Kind.PERMISSION, path="/api/collection/graph", records="groups.*.*",
            key='"@path"', facts=keep(x_may="value"), where="value != 'none'", always=("x_may",), needs=("superuser",),
            every=HOURLY, link="{base}/admin/permissions/collections",
        ),
        Listing(
            name="subscriptions", kind=Kind.AUTOMATION, path="/api/pulse", key="id", id="id", every=HOURLY,
            facts=keep(label="name", active="archived == `false`", trigger="channels[0].schedule_type",
                       actions="channels[].channel_type", object="to_string(dashboard_id)",
                       owner="creator.email", x_recipients="channels[].recipients[].email",
                       x_channels="channels[].details.channel"),
            people=("owner", "x_recipients"), unordered=("x_recipients", "x_channels"), always=("active",),
            link="{base}/dashboard/{row.dashboard_id}",
        ),
        Listing(
            name="questions", kind=Kind.TEMPLATE, for_each="databases", scope="{parent.key}.questions", fetch=questions,
            path="/api/card", records="rows", where="shared", key="id", id="id", per_fetch=3, every=6 * HOURLY,
            needs=("superuser",),
            facts=keep("folder description", label="name", native_type="type", owner="creator.email", fields="used",
                       x_sources="sources", x_sql_digest="digest(sql)", x_public="public_uuid != null",
                       x_embedding="enable_embedding", x_display="display", opaque="sql != `[]`"),
            people=("owner",), unordered=("x_sources",), always=("native_type",),
            evidence={"at": '"last-edit-info".timestamp', "by": '"last-edit-info".email'},
            link="{base}/question/{key}",
        ),
        Listing(
            name="segments", kind=Kind.AUTOMATION, for_each="databases", scope="{parent.key}.segments", fetch=segments,
            path="/api/segment", records="rows", key="id", id="id", per_fetch=2, every=HOURLY, needs=("superuser",),
            facts=keep("description", label="name", object="on", reads="used", owner="creator.email",
                       x_means_digest="digest(means)"),
            people=("owner",), always=("object",), evidence={"at": "updated_at"},
            link="{base}/admin/datamodel/segment/{key}",
        ),
        Listing(
            name="dashboards", kind=Kind.TEMPLATE, path="/api/dashboard", fetch=dashboards, records="rows", key="id",
            id="id", where="shared", per_fetch=2, every=HOURLY, needs=("superuser",),
            facts=keep("folder description", label="name", owner="creator.email", x_public="public_uuid != null",
                       x_embedding="enable_embedding"),
            people=("owner",), always=("x_public",),
            evidence={"at": '"last-edit-info".timestamp', "by": '"last-edit-info".email'},
            link="{base}/dashboard/{key}",
        ),
        Listing(
            name="dashboard-questions", kind=Kind.TEMPLATE, for_each="dashboards", scope="{parent.key}.dashboard",
            path="/api/dashboard/{parent.id}", single=True, key="id", id="id", every=DAILY, needs=("superuser",),
            facts=keep(label="name", x_questions="map(&[card_id, series[].id], dashcards)[][]",
                       x_filters="parameters[].join(' ', [slug, type])"),
            unordered=("x_questions", "x_filters"), link="{base}/dashboard/{key}",
        ),
        Listing(
            name="alerts", kind=Kind.AUTOMATION, path="/api/notification", fetch=alerts, records="rows", key="id",
            id="id", every=HOURLY, always=("active",), needs=("superuser",),
            facts=keep("active", trigger="subscriptions[0].cron_schedule", object="to_string(card_id)",
                       actions="handlers[].channel_type", owner="creator.email",
                       x_when="payload.send_condition", x_once="payload.send_once",
                       x_recipients="handlers[?channel_type == 'channel/email'].recipients[]"
                                    ".[user.email, details.value][]",
                       x_channels="handlers[?channel_type == 'channel/slack'].recipients[].details.value"),
            people=("owner", "x_recipients"), unordered=("x_recipients", "x_channels"),
            link="{base}/question/{row.card_id}",
        ),
        Listing(
            name="server", kind=Kind.PLATFORM, path="/api/session/properties", key="'server'", every=HOURLY,
            single=True,
            facts=keep(version="version.tag", label='"site-name"', timezone='"report-timezone"',
                       x_public='"enable-public-sharing"', x_embedding='"enable-embedding"'),
            always=("version",), needs=(), link="{base}/admin/settings",
        ),
    ),
)  # fmt: skip
