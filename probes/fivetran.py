"""Fivetran, REST API v1 with version 2 of its answers. https://fivetran.com/docs/rest-api/api-reference

Least grants: a system key with READ on ACCOUNT, CONNECTOR, DESTINATION, USER, TEAM, ROLES, TRANSFORMATION and WEBHOOK
(or a scoped key of a user whose role is Account Reviewer). A key sees what its permissions reach and nothing else, with
a 200: no answer tells what it may do, so change a key's permissions knowingly.

Where the facts are from: the vendor's reference (account info, connections, destinations, users, webhooks, schema
config, pagination, rate limits, response codes, keys), the definitions of each operation that the vendor keeps beside
its MCP server (fivetran/fivetran-mcp, 2026: system keys and the words of their permissions, users of a group, what a
team may use) and its OpenAPI of 2024 for the keys within answers, in which connections were still called connectors and
`next_cursor` was `nextCursor`. `config` holds masked secrets and is not read. Only columns whose setting was changed by
somebody stand in a schema config: the reference says so, and a column that follows its table is not seen; the types of
columns stood under /v1/metadata in 2024, which today's reference has no more. Not verified: that a destination has the
id of its group (the reference says that they are mapped one to one), which permission of a key covers groups (taken to
be DESTINATION) and system keys (ACCOUNT), and the codes NotFound_SchemaConfig and NotFound_Destination (it gives
NotFound_Connector as the example, and names the errors): with these, that one read is "not observable"; keys inside of
a transformation's `transformation_config`, which are those of the vendor's Terraform provider. Deep links: a
connection's page as the vendor's connector SDK prints it (connectors/<id>/status there, connections since they are
called so), pages of lists as they stand in the vendor's docs and examples; no address of webhooks or of system keys was
found.

`look` never says that a thing is gone: the page of response codes has a 403 and a 404, and none says which of them a
connection gets that is out of a key's reach. No `who`: the log of what people did is a connection of its own, the
Fivetran Platform Connector, and on no path of the API.

Never asked, because each interacts with the source: reload of a schema config, source table columns, setup tests. Not
read: the history of syncs (megabytes, no rows), log services, private links, certificates, proxies, projects of
transformations, which single user may use which connection (a request a user); of a system key its key and its secret.
`service_version` moves when Fivetran releases a connector: it stands apart, under platform, so that it is no drift of a
hundred syncs.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import quote

from probes.kit.api import Ask, Client
from probes.kit.auth import Basic, Scheme
from probes.kit.contract import Denied, Kind, Ref, Rejected, Unsupported, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Found, Listing, Vendor, View, keep
from probes.kit.paging import Paging
from probes.kit.values import instant
from probes.kit.verified import Verified

PAGES = Paging(style="cursor", next="data.next_cursor", into="cursor", size=1000, size_into="limit")
ITEMS = "data.items"
HOURLY = 3600.0
APP = "https://fivetran.com/dashboard"
PEOPLE = f"{APP}/account/users-permissions"
SCHEMA = f"{APP}/connections/{{parent.key}}/schema"
# A system key's permissions: "READ CONNECTOR", and where they are held to single things, to which.
MAY = "permissions[?access_level != 'NONE'].join(' ', [access_level, resource_type])"
PEOPLES = "permissions[?access_level == 'MANAGE' && resource_type == 'USER'] | [0] != null"
REACH = ("permissions[?resource_filter].{on: resource_type, ids: sort(resource_filter.ids || `[]`),"
         " groups: sort(resource_filter.group_ids || `[]`)}")  # fmt: skip
# `failed_at` after `succeeded_at` means that the last run failed; both are ISO 8601 in UTC, which sorts as text.
STATE = (
    "paused && 'paused' || status.setup_state == 'incomplete' && 'incomplete' || status.setup_state == 'broken' &&"
    " 'broken' || status.sync_state == 'syncing' && 'syncing' || failed_at && (!succeeded_at ||"
    " sort([failed_at, succeeded_at])[1] == failed_at) && 'failed' || status.update_state == 'delayed' && 'delayed' ||"
    " status.sync_state == 'rescheduled' && 'rescheduled' || 'ok'"
)


async def identity(api: Client) -> Vantage:
    """The key's account, whose key it is, and when a system key that may read keys ends."""
    told: dict[str, Any] = (await api.ask(Ask("/v1/account/info"))).value("data")
    key = told.get("system_key_id")
    ends: Any = None
    if key:
        with suppress(Denied, Rejected):
            ends = (await api.ask(Ask(f"/v1/system-keys/{quote(str(key), safe='')}"))).value("data.expired_at")
    return Vantage(
        account=str(told["account_id"]),
        account_name=str(told.get("account_name") or ""),
        subject=f"system key {key}" if key else f"user {told.get('user_id')}",
        grants=frozenset(),
        api_version="v1, answers of version 2",
        credential_expires_at=instant(ends),
        silent=frozenset(Kind) - {Kind.FIELD},
    )


async def look(api: Client, ref: Ref, key: str) -> Found:
    """One connection. Whether one that is not found is gone or out of this key's reach is not told."""
    if ref != Ref(Kind.SYNC, "connections"):
        raise Unsupported(f"Fivetran is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    return Found("connections", (await api.ask(Ask(f"/v1/connections/{quote(key, safe='')}"))).value("data"))


VENDOR = Vendor(
    name="fivetran",
    title="Fivetran",
    docs="https://fivetran.com/docs/rest-api/api-reference",
    verified=Verified("docs", "2026-11-23"),
    base="https://api.fivetran.com",
    hosts=("fivetran.com",),
    headers={"accept": "application/json;version=2"},
    schemes={
        "basic": Scheme(
            fields=("api_key", "api_secret"),
            build=lambda given: Basic(given, user="api_key", password="api_secret"),  # noqa: S106  fields' names
            note="Account Settings > General > System Keys > Add system key, as an account administrator, with READ on "
            "what stands under grants; or, of a user with a read-only role: the user's name > API Key > Generate.",
        )
    },
    errors=Errors(
        ok="code", ok_is="Success", code="code", message="message",
        faults={"NotFound_SchemaConfig": "unsupported", "NotFound_Destination": "unsupported"},
    ),
    limits={"default": Limit(key="{integration}", rate=7_200, per=3600, concurrency=4)},  # 20,000 an hour if paid for
    identity=identity,
    look=look,
    grants={
        name: f"the system key's permission READ on {name}"
        for name in ("ACCOUNT", "CONNECTOR", "DESTINATION", "USER", "TEAM", "ROLES", "TRANSFORMATION", "WEBHOOK")
    },
    grants_told=False,
    weaker="Columns come with the schema of a connection, all of them or none.",
    lacks={Kind.TEMPLATE: "Fivetran moves data and has no templates"},
    notes=(
        "What a key may no longer read is not told from what was deleted: it is held until a person releases it.",
        "Of columns only those are told whose setting somebody changed; others follow their table.",
        "Trial accounts have 500 requests an hour: one connection is one request each hour beside the lists.",
    ),
    listings=(
        Listing(
            name="groups", kind=Kind.SCHEMA, path="/v1/groups", records=ITEMS, paging=PAGES, id="id", every=HOURLY,
            facts=keep(label="name"), always=("label",), needs=("DESTINATION",),
            link=f"{APP}/destinations",
        ),
        Listing(
            name="destinations", kind=Kind.PLATFORM, for_each="groups", path="/v1/destinations/{parent.key}",
            scope="{parent.key}.destination", records="data", id="id", every=6 * HOURLY, always=("label",),
            single=True, needs=("DESTINATION",), link=f"{APP}/destinations",
            facts=keep("region", label="service", status="setup_status", timezone="time_zone_offset",
                       x_networking="networking_method", x_daylight_saving="daylight_saving_time_enabled"),
        ),
        Listing(
            name="connections", kind=Kind.SYNC, path="/v1/connections", records=ITEMS, paging=PAGES, id="id",
            always=("native_type", "enabled"), needs=("CONNECTOR",),
            facts=keep(label="schema", native_type="service", target="group_id", enabled="!paused",
                       schedule="schedule_type", x_every_minutes="sync_frequency", x_daily_at="daily_sync_time",
                       x_networking="networking_method", x_delay_sensitivity="data_delay_sensitivity",
                       x_delay_threshold="data_delay_threshold", x_pause_after_trial="pause_after_trial",
                       x_agent="hybrid_deployment_agent_id || proxy_agent_id || private_link_id"),
            health={"state": STATE, "due_at": "status.rescheduled_for",
                    "succeeded_at": "succeeded_at", "failed_at": "failed_at",
                    "errors": "[status.tasks[].code, status.warnings[].code][][]"},
            states={"ok": "ok", "rescheduled": "running", "syncing": "running", "paused": "paused",
                    "broken": "failing", "failed": "failing", "delayed": "failing", "incomplete": "disabled"},
            evidence={"created": "created_at", "creator": "connected_by"},
            link=f"{APP}/connections/{{key}}/status",
            also=(
                View(
                    kind=Kind.PLATFORM, scope="connectors", records=ITEMS, needs=("CONNECTOR",), always=("version",),
                    facts=keep(label="service", version="service_version"), link=f"{APP}/connections/{{key}}/status",
                ),
            ),
        ),
        Listing(
            name="schemas", kind=Kind.SCHEMA, for_each="connections", scope="{parent.key}.policy", records="data",
            single=True, path="/v1/connections/{parent.key}/schemas", key="'policy'", every=HOURLY, always=("x_new",),
            facts=keep(x_new="schema_change_handling", x_new_enabled="enable_new_by_default"), needs=("CONNECTOR",),
            link=SCHEMA,
            also=(
                View(
                    kind=Kind.SCHEMA, scope="{parent.key}.schemas", records="data.schemas.*", key='"@path"',
                    facts=keep("enabled", label="name_in_destination"), always=("enabled",), needs=("CONNECTOR",),
                    link=SCHEMA,
                ),
                View(
                    kind=Kind.SCHEMA, scope="{parent.key}.tables", records="data.schemas.*.tables.*", key='"@path"',
                    facts=keep("enabled", label="name_in_destination", x_sync_mode="sync_mode",
                               x_locked="enabled_patch_settings.reason_code"),
                    always=("enabled",), needs=("CONNECTOR",), link=SCHEMA,
                ),
                View(
                    kind=Kind.FIELD, records="data.schemas.*.tables.*.columns.*", key='"@path"',
                    facts=keep(label="name_in_destination", masked="hashed", x_enabled="enabled",
                               x_locked="enabled_patch_settings.reason_code"),
                    needs=("CONNECTOR",), link=SCHEMA,
                ),
            ),
        ),
        Listing(
            name="users", kind=Kind.PERMISSION, path="/v1/users", records=ITEMS, paging=PAGES, key="email", id="id",
            person=True, always=("active",), every=HOURLY, needs=("USER",),
            facts=keep("active", profile="role", x_invited="invited", x_verified="verified"), link=f"{PEOPLE}/users",
        ),
        Listing(
            name="roles", kind=Kind.PERMISSION, path="/v1/roles", records=ITEMS, paging=PAGES, key="name",
            every=HOURLY, facts=keep("description", custom="is_custom", grants="scope"), always=("custom",),
            needs=("ROLES",), link=f"{PEOPLE}/roles",
        ),
        Listing(
            name="teams", kind=Kind.PERMISSION, path="/v1/teams", records=ITEMS, paging=PAGES, id="id", every=HOURLY,
            facts=keep("description", label="name", profile="role"), always=("label",), needs=("TEAM",),
            link=f"{PEOPLE}/teams",
        ),
        Listing(
            name="team-users", kind=Kind.PERMISSION, for_each="teams", path="/v1/teams/{parent.key}/users",
            scope="{parent.key}.users", records=ITEMS, paging=PAGES, key="user_id", every=HOURLY,
            facts=keep(profile="role"), always=("profile",), needs=("TEAM",), link=f"{PEOPLE}/teams",
        ),
        Listing(
            name="team-groups", kind=Kind.PERMISSION, for_each="teams", path="/v1/teams/{parent.key}/groups",
            scope="{parent.key}.groups", records=ITEMS, paging=PAGES, every=6 * HOURLY, facts=keep(profile="role"),
            always=("profile",), needs=("TEAM",), link=f"{PEOPLE}/teams",
        ),
        Listing(
            name="team-connections", kind=Kind.PERMISSION, for_each="teams", path="/v1/teams/{parent.key}/connections",
            scope="{parent.key}.connections", records=ITEMS, paging=PAGES, every=6 * HOURLY, facts=keep(profile="role"),
            always=("profile",), needs=("TEAM",), link=f"{PEOPLE}/teams",
        ),
        Listing(
            name="group-users", kind=Kind.PERMISSION, for_each="groups", path="/v1/groups/{parent.key}/users",
            scope="{parent.key}.users", records=ITEMS, paging=PAGES, key="email", id="id", person=True, every=HOURLY,
            facts=keep("active", profile="role"), always=("active",), needs=("DESTINATION", "USER"),
            link=f"{PEOPLE}/users",
        ),
        Listing(
            name="system-keys", kind=Kind.PERMISSION, path="/v1/system-keys", records=ITEMS, paging=PAGES, id="id",
            every=HOURLY, always=("powers",), needs=("ACCOUNT",),
            evidence={"at": "updated_at", "created": "created_at"},
            facts=keep(label="name", powers=MAY, expires_on="expired_at", manage_users=PEOPLES, x_reach=REACH),
            unordered=("x_reach",),
        ),
        Listing(
            name="transformations", kind=Kind.AUTOMATION, path="/v1/transformations", records=ITEMS, paging=PAGES,
            id="id", always=("active", "native_type"), needs=("TRANSFORMATION",), link=f"{APP}/transformations",
            facts=keep(
                native_type="type", active="!paused", trigger="schedule.schedule_type", writes="output_model_names",
                x_schedule="schedule.{cron: cron, minutes: interval, days: sort(days_of_week || `[]`), at: time_of_day,"
                " smart: smart_syncing}",
                x_after="schedule.connection_ids || transformation_config.connection_ids",
                x_project="transformation_config.project_id || transformation_config.package_name",
                steps="transformation_config.steps[].{key: name, type: command}",
            ),
            unordered=("x_after",), evidence={"created": "created_at", "creator": "created_by_id"},
            also=(
                View(
                    kind=Kind.SYNC, scope="transformation-runs", records=ITEMS, facts={}, needs=("TRANSFORMATION",),
                    health={"state": "paused && 'PAUSED' || status"}, link=f"{APP}/transformations",
                    states={"SUCCEEDED": "ok", "PARTIALLY_SUCCEEDED": "failing", "FAILED": "failing",
                            "BLOCKED": "failing", "RUNNING": "running", "TERMINATING": "running",
                            "SCHEDULING": "running", "PAUSED": "paused"},
                ),
            ),
        ),
        Listing(
            name="webhooks", kind=Kind.SYNC, path="/v1/webhooks", records=ITEMS, paging=PAGES, id="id", every=HOURLY,
            facts=keep(enabled="active", target="host(url)", x_address_digest="digest(url)", x_events="events",
                       native_type="type", x_group="group_id"),
            unordered=("x_events",), always=("enabled",), needs=("WEBHOOK",),
        ),
    ),
)  # fmt: skip
