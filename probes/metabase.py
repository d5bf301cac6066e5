"""Metabase, its REST API. https://www.metabase.com/docs/latest/api

Least grants: an API key of the group Administrators. A key of another group sees the databases, tables and users that
the group may see, with a 200, and is refused all lists of rights; so its groups, and whether it is an administrator's,
stand in the vantage.

Where the facts are from: the vendor's pages on the API (docs/api of metabase/metabase: database, permissions, user,
pulse) for paths, parameters and who may ask; keys within answers from its documentation of types and the metadata that
its own tests have taken from a server. `/api/user` and `/api/database` come as `{data, total}`. Hidden tables and
fields are asked for. A 402 is what the plan lacks. Errors are often text and no JSON; a 200 with an `error` is none.
Deep links are the routes of its admin panel, of a table and a field as its own tests have them. Not verified: values of
download and data-model rights (they are kept as they come), keys of subscriptions in releases with the newer
notifications.

Never asked: sync, rescan, persist. Not read: `details` of a database (its password), questions, dashboards, values of
fields, last sign-ins, who changed something (its log is of the Enterprise plan). Not told: whether a scheduled sync of
a table went well; of a database only its first one is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec

from probes.kit.api import Answer, Ask, Client
from probes.kit.auth import Header, Scheme
from probes.kit.contract import Fault, Kind, Malformed, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Row, Vendor, View, keep
from probes.kit.paging import Paging
from probes.kit.verified import Verified

HOURLY = 3600.0
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
    groups = {f"group:{id}" for id in me.get("group_ids") or ()}
    return Vantage(
        account=api.base.partition("//")[2].rstrip("/"),
        account_name=str(told.get("site-name") or ""),
        subject=str(me.get("common_name") or me["id"]),
        grants=frozenset(groups | ({"superuser"} if me.get("is_superuser") else set())),
        api_version=str((told.get("version") or {}).get("tag") or ""),
        locale=str(me.get("locale") or ""),
    )


async def tables(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """All tables of a database, and their fields beside them."""
    for parent in parents:
        asked = Ask(f"/api/database/{parent['id']}/metadata", {"include_hidden": "true"})
        try:
            told = (await api.ask(asked)).value("tables")
            if not isinstance(told, list):
                raise Malformed("the metadata has no tables")
            yield parent, flat(str(parent["key"]), told)
        except Fault as fault:
            yield parent, fault


def flat(database: str, told: Sequence[Mapping[str, Any]]) -> Answer:
    """`place` names a table the same in every installation, and `references` that of a foreign key."""
    named = {one["id"]: ".".join(filter(None, (one.get("schema"), one["name"]))) for one in told}
    of = {field["id"]: f"{database}/{named[one['id']]}" for one in told for field in one.get("fields") or ()}
    rows = [{**one, "place": named[one["id"]]} for one in told]
    fields = [
        {
            **field,
            "place": of[field["id"]],
            "target": of.get(field.get("fk_target_field_id")),
            "db": one.get("db_id"),
            "schema": one.get("schema"),
        }
        for one in told
        for field in one.get("fields") or ()
    ]
    return Answer(200, {}, msgspec.json.encode({"tables": rows, "fields": fields}))


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
    errors=Errors(failed="error", message="message || error"),
    limits={"default": Limit(key="{host}", rate=5, per=1, concurrency=3)},
    verified=Verified("docs", "2026-11-23"),
    identity=identity,
    grants={"superuser": "the API key's group is Administrators. Others see what their groups may see."},
    unseen={
        Kind.TEMPLATE: "questions and dashboards are not read",
    },
    notes=(
        "A key of another group than Administrators sees fewer databases, tables and users, and no rights at all.",
        "Metabase knows tables by what its last sync found: a dropped column is told after the next one.",
    ),
    listings=(
        Listing(
            name="databases", kind=Kind.SYNC, path="/api/database", records="data", key="name", id="id",
            paging=Paging(total="total"), always=("native_type",),
            facts=keep(label="name", native_type="engine", schedule="metadata_sync_schedule", x_full="is_full_sync",
                       x_on_demand="is_on_demand", x_values_schedule="cache_field_values_schedule"),
            health={"state": "initial_sync_status"},
            states={"complete": "ok", "incomplete": "running", "aborted": "failing"},
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
            name="subscriptions", kind=Kind.AUTOMATION, path="/api/pulse", key="id", id="id", every=HOURLY,
            facts=keep(label="name", active="archived == `false`", trigger="channels[0].schedule_type",
                       actions="channels[].channel_type", object="to_string(dashboard_id)"),
            always=("active",),
        ),
        Listing(
            name="server", kind=Kind.PLATFORM, path="/api/session/properties", key="'server'", every=HOURLY,
            single=True,
            facts=keep(version="version.tag", label='"site-name"', timezone='"report-timezone"',
                       x_public='"enable-public-sharing"', x_embedding='"enable-embedding"'),
            always=("version",), needs=(),
        ),
    ),
)  # fmt: skip
