"""Directus 11 and 12, a self-hosted CMS. https://directus.io/docs/api

Least grants: a policy with `admin_access`. Directus shows everybody only what they may read, with a 200: a weaker
token sees fewer collections, roles and users, and a 403 for the rest, and a right that was taken away looks like a
collection that was deleted (403 FORBIDDEN is by design not told from "does not exist"). Only an administrator's reading
proves that something is gone; the grants of the vantage say whether this was one.

Where the facts are from: the vendor's OpenAPI (directus/openapi) and a running 12.4.0, against which
tests/real/test_directus_probe.py holds every listing. Seen there and relied on: ETag on /fields/{collection}; built-in
permission rows without a policy (left out: an upgrade would read as permission drift, and they break the count);
RESOURCE_RESTRICTED for what the plan lacks; a flow's webhook answers 200 although a step rejected, so that only the
run's revision tells how it went. A schedule trigger states a cron expression with seconds first, kept in the time zone
of the server (directus/docs#660: its TZ), which no answer tells. Not to be had: runs of flows whose `accountability` is
not "all" (their state is unknown), and a second flow, policy or role of an equal name (the scope is then partial).
Options of flow operations carry tokens and webhook addresses: they leave this file as a digest only. Not read:
content, dashboards and bookmarks of people, translations, extensions (which are code on the server). Pages of the app
are under /admin; a right leads to the list of policies, a step to that of flows, the server to the project's settings;
of the license none was found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from probes.kit.api import Answer, Ask, Client
from probes.kit.auth import bearer
from probes.kit.coded import made, once
from probes.kit.contract import Kind, Vantage, canonical
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, View, keep
from probes.kit.paging import Paging
from probes.kit.verified import Verified

from .asked import look, who

PAGE = Paging(style="page", into="page", size=100, size_into="limit", total="meta.filter_count")
COUNTED = {"meta": "filter_count", "sort": "id"}
RUNS = 10  # newest runs looked at per flow: enough for the last success beside a few failures

# Directus's field types (its OpenAPI, components/schemas/fields) to ours.
TYPES = {
    "string": "text", "text": "long_text", "uuid": "id", "hash": "text", "integer": "integer", "bigInteger": "integer",
    "float": "decimal", "decimal": "decimal", "boolean": "boolean", "date": "date", "dateTime": "datetime",
    "timestamp": "datetime", "time": "time", "json": "json", "csv": "multi_option", "binary": "file", "*": "any",
    "geometry": "geo", "geometry.Point": "geo", "geometry.LineString": "geo", "geometry.Polygon": "geo",
    "geometry.MultiPoint": "geo", "geometry.MultiLineString": "geo", "geometry.MultiPolygon": "geo",
}  # fmt: skip


async def identity(api: Client) -> Vantage:
    """The role and the global powers of the token. Rights on single collections are monitored things, not grants."""
    me = (await api.ask(Ask("/users/me", {"fields": "id,email,language,role.name"}))).value("data") or {}
    powers = (await api.ask(Ask("/policies/me/globals"))).value("data") or {}
    info = (await api.ask(Ask("/server/info"))).value("data") or {}
    role = (me.get("role") or {}).get("name")
    grants = {name for name in ("admin_access", "app_access") if powers.get(name) is True}
    address = urlsplit(api.base)
    return Vantage(
        account=f"{address.netloc}{address.path.rstrip('/')}",
        account_name=str((info.get("project") or {}).get("project_name") or ""),
        subject=str(me.get("email") or me.get("id") or "public"),
        grants=frozenset(grants | ({f"role:{role}"} if role else set())),
        api_version=str(info.get("version") or ""),
        locale=str(me.get("language") or "default"),
    )


@once
async def operations(api: Client) -> Answer:
    """The steps of all flows, their options replaced by a digest."""
    fields = "id,key,name,type,options,flow.name,resolve.key,reject.key"
    rows = await api.every(Ask("/operations", {"fields": fields, **COUNTED}), PAGE, "data")
    for row in rows:
        options = row.pop("options", None)
        row["options_digest"] = sha256(canonical(options)).hexdigest()[:16] if options else None
    return made({"data": rows})


@once
async def runs(api: Client) -> Answer:
    """How the newest runs of each flow went, folded into one row per flow. What a run carried is dropped here."""
    fields = "id,name,status,trigger,accountability,options"
    flows = await api.every(Ask("/flows", {"fields": fields, **COUNTED}), PAGE, "data")
    steps = await api.every(Ask("/operations", {"fields": "id,type", **COUNTED}), PAGE, "data")
    types = {str(step["id"]): str(step["type"]) for step in steps}
    rows = []
    for flow in flows:
        ask = Ask(
            "/revisions",
            {
                "filter[collection][_eq]": "directus_flows",
                "filter[item][_eq]": flow["id"],
                "filter[activity][action][_eq]": "run",
                "fields": "id,activity.timestamp,data",
                "sort": "-id",
                "limit": RUNS,
            },
        )
        traced = flow.get("accountability") == "all"
        found = (await api.ask(ask)).value("data") or [] if traced else []
        rows.append(folded(flow, [outcome(run, types) for run in found]))
    return made({"data": rows})


def outcome(run: Mapping[str, Any], types: Mapping[str, str]) -> tuple[str, str]:
    """When a run was, and the key of the step it died at; "" when it went well.

    A condition that does not hold rejects by design: it ends a flow without anything being wrong.
    """
    steps = ((run.get("data") or {}).get("steps")) or []
    last = steps[-1] if steps else {}
    died = last.get("status") == "reject" and types.get(str(last.get("operation"))) != "condition"
    return str((run.get("activity") or {}).get("timestamp") or ""), str(last.get("key") or "?") if died else ""


def folded(flow: Mapping[str, Any], outcomes: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """One row per flow: its state now, its last success and failure, the step it died at. Newest outcome first."""
    died_at = outcomes[0][1] if outcomes else ""
    state = "inactive" if flow.get("status") != "active" else "never" if not outcomes else "reject" if died_at else "ok"
    return {
        "id": flow.get("id"),
        "name": flow.get("name"),
        "cron": (cron := (flow.get("options") or {}).get("cron")),
        "due_by": cron if flow.get("trigger") == "schedule" else None,
        "state": state,
        "succeeded_at": next((at for at, step in outcomes if not step), None),
        "failed_at": next((at for at, step in outcomes if step), None),
        "errors": [f"step {died_at} rejected"] if died_at else [],
    }


VENDOR = Vendor(
    name="directus",
    title="Directus",
    docs="https://directus.io/docs/api",
    verified=Verified("real", "2026-11-22"),
    base="{options.url}",
    hosts=("{base}",),
    schemes={
        "token": bearer(
            "A static token: open a user of its own for Driftline, give it a policy with admin access, "
            "generate the token at the end of the user's page and save the user."
        )
    },
    options={"url": OptionSpec(says="address of the server, with its path if it has one", default="")},
    errors=Errors(
        failed="errors",
        code="errors[0].extensions.code",
        message="errors[0].message",
        faults={
            "INVALID_CREDENTIALS": "expired", "INVALID_TOKEN": "expired", "TOKEN_EXPIRED": "expired",
            "USER_SUSPENDED": "expired", "FORBIDDEN": "denied", "INVALID_IP": "denied",
            "RESOURCE_RESTRICTED": "unsupported", "LIMIT_EXCEEDED": "unsupported", "ROUTE_NOT_FOUND": "unsupported",
            "REQUESTS_EXCEEDED": "throttled 1", "UNDER_PRESSURE": "unreachable", "SERVICE_UNAVAILABLE": "unreachable",
            "INVALID_QUERY": "rejected", "INTERNAL_SERVER_ERROR": "unreachable",
        },
    ),
    limits={"default": Limit(key="{host}", rate=25, per=1)},
    identity=identity,
    look=look,
    absent="FORBIDDEN to an administrator, who may see all; policies/me/globals says whether the token is one",
    who=who,
    grants={
        "admin_access": "Settings > Access Policies: a policy with Admin Access, given to the token's user or its "
        "role. Without it every list holds only what that user may read.",
        "app_access": "Settings > Access Policies: a policy with App Access.",
    },
    unseen={
        Kind.TEMPLATE: "e-mail templates of Directus are files on its server",
    },
    quiet=((Kind.SCHEMA, "relations", "links between collections are told by the fields that hold them"),),
    notes=(
        "With less than admin access a deleted collection cannot be told from one that the token may no longer read.",
        "The account is known by its address: a server that moves is another account until it is captured anew.",
    ),
    listings=(
        Listing(
            name="collections", kind=Kind.SCHEMA, path="/collections", records="data", key="collection",
            where="!starts_with(collection, 'directus_')", conditional="etag", always=("hidden",),
            link="{base}/admin/settings/data-model/{key}",
            facts=keep(description="meta.note", hidden="meta.hidden", singleton="meta.singleton", group="meta.group",
                       x_table="schema.name", x_archive_field="meta.archive_field",
                       x_archive_value="meta.archive_value",
                       x_sort_field="meta.sort_field", x_accountability="meta.accountability",
                       x_versioning="meta.versioning", x_status="meta.status"),
        ),
        Listing(
            name="fields", kind=Kind.FIELD, for_each="collections", only="x_table", path="/fields/{parent.key}",
            records="data", key="field", conditional="etag", always=("type", "native_type"), words={"type": TYPES},
            link="{base}/admin/settings/data-model/{parent.key}/{key}",
            facts=keep(
                "type", native_type="type", x_column_type="schema.data_type", required="meta.required",
                read_only="meta.readonly", hidden="meta.hidden", nullable="schema.is_nullable",
                unique="schema.is_unique", indexed="schema.is_indexed", length="schema.max_length",
                precision="schema.numeric_precision", scale="schema.numeric_scale", default="schema.default_value",
                auto_number="schema.has_auto_increment", calculated="schema.is_generated",
                formula="schema.generation_expression", name_field="schema.is_primary_key",
                references="[schema.foreign_key_table][?@]", description="meta.note", group="meta.group",
                interface="meta.interface", searchable="meta.searchable", validation="meta.validation",
                conditions="meta.conditions", x_special="meta.special",
                options="meta.options.choices[?value != `null`].{value: value, label: text}",
            ),
            unordered=("x_special",),
        ),
        Listing(
            name="relations", kind=Kind.SCHEMA, path="/relations", records="data", key="[collection, field]",
            where="meta.system != `true`", conditional="etag",
            facts=keep(target="related_collection", on_delete="schema.on_delete", x_on_update="schema.on_update",
                       x_one_field="meta.one_field", x_deselect="meta.one_deselect_action",
                       x_junction_field="meta.junction_field", x_allowed="meta.one_allowed_collections"),
            unordered=("x_allowed",), link="{base}/admin/settings/data-model/{row.collection}/{row.field}",
        ),
        Listing(
            name="roles", kind=Kind.PERMISSION, path="/roles", records="data", key="name", id="id", paging=PAGE,
            params={"fields": "id,name,description,parent.name,policies.policy.name", **COUNTED},
            facts=keep("description", parent_role="parent.name", policies="policies[].policy.name"),
            link="{base}/admin/settings/roles/{id}",
        ),
        Listing(
            name="policies", kind=Kind.PERMISSION, path="/policies", records="data", key="name", id="id", paging=PAGE,
            params={"fields": "id,name,description,admin_access,app_access,enforce_tfa,ip_access", **COUNTED},
            always=("admin", "app_access"), link="{base}/admin/settings/policies/{id}",
            facts=keep("description", "app_access", admin="admin_access", enforce_mfa="enforce_tfa",
                       ip_ranges="ip_access"),
        ),
        Listing(
            name="access", kind=Kind.PERMISSION, path="/access", records="data", paging=PAGE, id="id",
            params={"fields": "id,sort,user,role.name,policy.name", **COUNTED},
            where="!user", key="[role.name || 'public', policy.name]",
            facts=keep(role="role.name", x_policy="policy.name"), link="{base}/admin/settings/policies",
        ),
        Listing(
            name="permissions", kind=Kind.PERMISSION, path="/permissions", records="data", paging=PAGE, id="id",
            params={"fields": "*,policy.name", "filter[policy][_nnull]": "true", **COUNTED}, where="id && !system",
            key="[policy.name, collection, action]",
            facts=keep("fields validation presets", row_filter="permissions"), link="{base}/admin/settings/policies",
        ),
        Listing(
            name="users", kind=Kind.PERMISSION, path="/users", records="data", paging=PAGE, key="email || id", id="id",
            params={"fields": "id,email,status,provider,role.name,policies.policy.name", **COUNTED},
            person=True, always=("status",), link="{base}/admin/users/{id}",
            facts=keep("status", role="role.name", policies="policies[].policy.name", active="status == 'active'",
                       x_provider="provider"),
        ),
        Listing(
            name="flows", kind=Kind.AUTOMATION, path="/flows", records="data", paging=PAGE, key="name", id="id",
            params={"fields": "id,name,description,status,trigger,accountability,options,operation.key", **COUNTED},
            always=("active", "status"), link="{base}/admin/settings/flows/{id}",
            facts=keep("description status trigger options", active="status == 'active'",
                       x_accountability="accountability", x_first_step="operation.key"),
        ),
        Listing(
            name="operations", kind=Kind.AUTOMATION, path="/operations", records="data", key="[flow.name, key]",
            id="id", fetch=operations, always=("native_type",),
            facts=keep(label="name", native_type="type", x_options_digest="options_digest", x_resolve="resolve.key",
                       x_reject="reject.key"), link="{base}/admin/settings/flows",
        ),
        Listing(
            name="flow-runs", kind=Kind.SYNC, scope="flows", path="/revisions", records="data", key="name", id="id",
            fetch=runs, per_fetch=12, facts=keep(schedule="cron"),
            health={"state": "state", "succeeded_at": "succeeded_at", "failed_at": "failed_at", "errors": "errors",
                    "cron": "due_by"},
            states={"ok": "ok", "reject": "failing", "inactive": "disabled", "never": "unknown"},
            link="{base}/admin/settings/flows/{id}",
        ),
        Listing(
            name="server", kind=Kind.PLATFORM, path="/server/info", records="data", key="'server'", single=True,
            facts=keep("version", label="project.project_name", x_registration="project.public_registration"),
            link="{base}/admin/settings/project",
        ),
        Listing(
            name="license", kind=Kind.PLATFORM, path="/license", records="data", key="'license'", every=3600.0,
            single=True, facts=keep("status", plan="name", x_downgrade="downgrade_reason"),
            also=(
                View(kind=Kind.PLATFORM, scope="entitlements", records="data.entitlements.*", key='"@path"[0]',
                     facts=keep(maximum="[limit][?@ >= `0`] | [0]", enabled="default")),
            ),
        ),
    ),
)  # fmt: skip
