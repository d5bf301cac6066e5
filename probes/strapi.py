"""Strapi 5, a self-hosted CMS. https://docs.strapi.io/cms/features/admin-tokens

Least grants: an admin token (Settings > Administration Panel > Admin Tokens) with what stands under `grants`; it can
have no more than its owner. An API token of the Content API is refused on every route that is asked here, and the other
way round. Older servers have no admin tokens: there a user of the admin panel signs in with its password.

Where the facts are from: the vendor's docs for tokens and their separation; its source (strapi/strapi: routes,
policies, controllers of admin, content-type-builder, i18n, users-permissions) for paths, rights and keys. Each list is
refused as a whole (403) to who lacks its right, and content types are the same for all who may see them: a lost right
never shortens a list. A content type that is not there is `{"error": "contentType.notFound"}`, said after the right was
checked; all other errors are `{data: null, error: {name, message, details}}`. Not verified: that these reads answer on
a server in production, where the Content-Type Builder itself is switched off; that an admin token may ask for its own
user; how long the token of a sign-in lives (it is asked for anew after 25 minutes).
Links are routes of the admin panel.

Who changed something is asked of the audit log, which the Enterprise edition has (its source: ee/server/src/audit-logs,
GET /admin/audit-logs, rows with action, date, payload and user): elsewhere it is a 404. What a payload has is the
vendor's own and differs by action: a thing is looked for by its uid, code, name or address in it.

A condition (JSON Logic), a default, headers of webhooks and the parameters of a right are documents of the customer's
own or of its plugins', whose keys are theirs: each key of these counts.

Not to be had: deliveries of webhooks. Not read: content, rights of the super admin, who has all by definition and gets
new ones with each type; review workflows and releases, which are of paid plans. Addresses and headers of webhooks hold
secrets: their host and a digest leave here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlsplit

import msgspec

from probes.kit.api import Answer, Ask, Client
from probes.kit.auth import Credentials, Exchange, Scheme, bearer
from probes.kit.contract import Absent, Fault, Kind, Malformed, Ref, Rejected, Sought, Unsupported, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Found, Listing, OptionSpec, Row, Told, Vendor, View, keep
from probes.kit.paging import Paging
from probes.kit.values import instant
from probes.kit.verified import Verified

HOURLY = 3600.0
PAGE: Final = "{base}/admin/plugins/content-type-builder"
SUPER: Final = "strapi-super-admin"
SLACK: Final = 5.0  # seconds that the server's clock and ours may be apart
DEEDS, MOST = 100, 5  # entries of the audit log on a page, and pages that are looked through
ACTS: Final = ("content-type.", "component.", "role.", "permission.", "user.")  # and not what happens to content
NAMES: Final = ("uid", "code", "name", "email")
BUILDER: Final = "plugin::content-type-builder.read"
TYPES = {
    "string": "text", "text": "long_text", "richtext": "long_text", "blocks": "json", "email": "email", "uid": "id",
    "password": "text", "integer": "integer", "biginteger": "integer", "float": "decimal", "decimal": "decimal",
    "boolean": "boolean", "date": "date", "time": "time", "datetime": "datetime", "timestamp": "datetime",
    "enumeration": "option", "json": "json", "media": "file", "relation": "reference", "component": "json",
    "dynamiczone": "json", "*": "any",
}  # fmt: skip
FIELD = keep(
    "type required unique default", native_type="type", hidden="visible == `false`", length="maxLength",
    min_length="minLength", maximum="max", minimum="min", pattern="regex", masked="private",
    options="enum[].{value: to_string(@)}", references="[target, component, components][] | [?@]",
    relationship="relation", conditions="conditions.{visible: visible}", x_target_field="targetAttribute",
    x_multiple="multiple || repeatable", x_files="allowedTypes",
    x_custom_field="customField", x_localized="pluginOptions.i18n.localized",
)  # fmt: skip


async def sign_in(credentials: Credentials) -> Ask:
    email, password = await credentials.get("email"), await credentials.get("password")
    return Ask("/admin/login", body={"email": email, "password": password})


async def identity(api: Client) -> Vantage:
    """The owner of the token, and what it may do beyond content."""
    me: dict[str, Any] = (await api.ask(Ask("/admin/users/me"))).value("data")
    rights = (await api.ask(Ask("/admin/users/me/permissions"))).value("data")
    told = (await api.ask(Ask("/admin/information"))).value("data") or {}
    address = urlsplit(api.base)
    return Vantage(
        account=f"{address.netloc}{address.path.rstrip('/')}",
        subject=str(me.get("email") or me["id"]),
        grants=frozenset(str(one["action"]) for one in rights if not one.get("subject")),
        api_version=str(told.get("strapiVersion") or ""),
    )


async def built(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """All content types with their fields, in one request."""
    yield parents[0], apart((await api.ask(Ask("/content-type-builder/content-types"))).value("data"))


async def pieces(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """All components with their fields, in one request."""
    yield parents[0], apart((await api.ask(Ask("/content-type-builder/components"))).value("data"))


def apart(rows: Any) -> Answer:
    """Types, and their fields beside them. Raises Malformed where a type has none."""
    if not isinstance(rows, list):
        raise Malformed("the answer has no data")
    fields = [field for row in rows for field in of(row)]
    return Answer(200, {}, msgspec.json.encode({"types": rows, "fields": fields}))


def of(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    attributes = row["schema"].get("attributes")
    if not isinstance(attributes, dict):
        raise Malformed(f"{row['uid']} has no attributes")
    own = {"of": row["uid"], "category": row.get("category")}
    return [{**one, "key": name, **own} for name, one in attributes.items()]


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """A content type, or one of its fields."""
    if ref.kind is not Kind.FIELD and ref != Ref(Kind.SCHEMA, "collections"):
        raise Unsupported(f"Strapi is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    uid = key if ref.kind is Kind.SCHEMA else ref.name
    try:
        row = (await api.ask(Ask(f"/content-type-builder/content-types/{quote(uid, safe=':')}"))).value("data")
    except Rejected as fault:
        if fault.code == "contentType.notFound":
            return Absent(fault.code)
        raise
    if ref.kind is Kind.SCHEMA:
        return Found("collections", row)
    field = next((one for one in of(row) if one["key"] == key), None)
    return Absent("attributes") if field is None else Found("collections", field)


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """By the audit log, newest first, asked for once. A field is named by its type, whose schema was saved."""
    since = min(one.after for one in sought) - SLACK
    rows: list[dict[str, Any]] = []
    for page in range(1, MOST + 1):
        answer = await api.ask(Ask("/admin/audit-logs", {"sort": "date:DESC", "page": page, "pageSize": DEEDS}))
        found, pages = answer.value("results"), answer.value("pagination.pageCount")
        if not isinstance(found, list) or not isinstance(pages, int):
            raise Malformed("the audit log has no results and pagination")
        rows += found
        if page >= pages or (found and (instant(found[-1]["date"]) or 0.0) < since):
            break
    return [_did(rows, one) for one in sought]


def _did(rows: Sequence[Mapping[str, Any]], sought: Sought) -> dict[str, Any]:
    named = {sought.ref.name} if sought.ref.kind is Kind.FIELD else sought.names
    for row in rows:
        at = instant(row["date"]) or 0.0
        during = sought.after - SLACK <= at <= sought.until + SLACK
        if during and str(row["action"]).startswith(ACTS) and named & set(things(row.get("payload"))):
            by = row.get("user") or {}
            return {"by": by.get("email"), "at": row["date"], "action": row["action"], "how": "named"}
    return {}


def things(value: Any) -> Iterator[str]:
    """What a payload names as a thing, however deep that stands. Other texts in it may name what a thing refers to."""
    match value:
        case dict():
            yield from (inner for name, inner in value.items() if name in NAMES and isinstance(inner, str))
            yield from (found for inner in value.values() for found in things(inner))
        case list():
            yield from (found for inner in value for found in things(inner))


VENDOR = Vendor(
    name="strapi",
    title="Strapi",
    docs="https://docs.strapi.io/cms/features/admin-tokens",
    base="{options.url}",
    hosts=("{base}",),
    schemes={
        "token": bearer(
            "Settings > Administration Panel > Admin Tokens > Create, as a user whose role has what stands under "
            "grants: Content-Type Builder read, and read of roles, users, webhooks and tokens under Settings."
        ),
        "login": Scheme(
            fields=("email", "password"), note="On a server without admin tokens: a user of the admin panel.",
            build=lambda given: Exchange(given, sign_in, token="data.token", ttl="", lifetime=1500.0),  # noqa: S106
        ),
    },
    options={"url": OptionSpec(default="", says="address of the server, with its path if it has one")},
    errors=Errors(
        code="error.name || (type(error) == 'string' && error) || null", message="error.message",
        faults={"UnauthorizedError": "expired", "ForbiddenError": "denied", "PolicyError": "denied",
                "NotFoundError": "unsupported", "RateLimitError": "throttled", "ValidationError": "rejected"},
    ),
    limits={"default": Limit(key="{host}", rate=10, per=1, concurrency=3)},
    verified=Verified("docs", "2026-11-23"),
    identity=identity,
    look=look,
    who=who,
    absent="404 contentType.notFound, said after the right was checked (403); a content type without the field",
    grants={
        BUILDER: "Settings > Roles > Plugins > Content-Type-Builder: Read",
        "admin::roles.read": "Settings > Roles > Settings > Users and Roles: Roles, Read",
        "admin::users.read": "Settings > Roles > Settings > Users and Roles: Users, Read",
        "admin::webhooks.read": "Settings > Roles > Settings > Webhooks: Read",
        "admin::api-tokens.read": "Settings > Roles > Settings > API tokens: Read",
        "admin::admin-tokens.read": "Settings > Roles > Settings > Admin tokens: Read",
        "admin::audit-logs.read": "Settings > Roles > Settings > Audit Logs: Read (Enterprise): who changed something",
        "plugin::users-permissions.roles.read": "Settings > Roles > Plugins > Users-Permissions: Roles, Read",
    },
    unseen={
        Kind.AUTOMATION: "Strapi's review workflows and releases are of paid plans and are not read; lifecycle hooks "
        "and cron tasks are code",
    },
    lacks={Kind.TEMPLATE: "Strapi keeps content, not templates"},
    quiet=((Kind.FIELD, "plugin::*", "types that come with plugins move with their releases"),
           (Kind.FIELD, "admin::*", "types of Strapi's own move with its releases")),
    notes=(
        "The address is the account: a server that moves is another account until it is captured anew.",
        "What a webhook delivered is kept nowhere: that it is enabled is all there is to see.",
        "The role `public` is everybody on the internet: each of its rights is a row of its own.",
    ),
    listings=(
        Listing(
            name="collections", kind=Kind.SCHEMA, path="/content-type-builder/content-types", records="types",
            key="uid", fetch=built, always=("label", "x_kind"), needs=(BUILDER,),
            facts=keep(label="schema.displayName", description="schema.description", x_kind="schema.kind",
                       singleton="schema.kind == 'singleType'", hidden="schema.visible == `false`",
                       x_table="schema.collectionName", x_drafts="schema.draftAndPublish", x_plugin="plugin",
                       x_localized="schema.pluginOptions.i18n.localized"),
            link=f"{PAGE}/content-types/{{key}}",
            also=(
                View(kind=Kind.FIELD, scope_by="of", under="schema/collections", records="fields", key="key",
                     facts=FIELD, words={"type": TYPES}, unordered=("x_files",), always=("type",), needs=(BUILDER,),
                     link=f"{PAGE}/content-types/{{row.of}}"),
            ),
        ),
        Listing(
            name="components", kind=Kind.SCHEMA, path="/content-type-builder/components", records="types", key="uid",
            fetch=pieces, always=("label",), needs=(BUILDER,),
            facts=keep(label="schema.displayName", description="schema.description", group="category",
                       x_table="schema.collectionName"),
            link=f"{PAGE}/component-categories/{{row.category}}/{{key}}",
            also=(
                View(kind=Kind.FIELD, scope_by="of", under="schema/components", records="fields", key="key",
                     facts=FIELD, words={"type": TYPES}, unordered=("x_files",), always=("type",), needs=(BUILDER,),
                     link=f"{PAGE}/component-categories/{{row.category}}/{{row.of}}"),
            ),
        ),
        Listing(
            name="locales", kind=Kind.PLATFORM, path="/i18n/locales", key="code", id="id", every=HOURLY, needs=(),
            facts=keep(label="name", x_default="isDefault"), always=("label",), evidence={"at": "updatedAt"},
            link="{base}/admin/settings/internationalization",
        ),
        Listing(
            name="roles", kind=Kind.PERMISSION, path="/admin/roles", records="data", key="code", id="id",
            facts=keep("description", label="name"), always=("label",), needs=("admin::roles.read",),
            evidence={"at": "updatedAt"}, link="{base}/admin/settings/roles/{id}",
        ),
        Listing(
            name="role-permissions", kind=Kind.PERMISSION, for_each="roles", only=f"key != '{SUPER}'", records="data",
            path="/admin/roles/{parent.id}/permissions", scope="permissions-{parent.key}",
            key="[\"@parent\".key, subject || 'settings', action]", id="id",
            facts=keep(fields="properties.fields", x_locales="properties.locales", x_conditions="conditions",
                       x_parameters="actionParameters", x_action="action"),
            unordered=("x_locales", "x_conditions"), always=("x_action",), needs=("admin::roles.read",),
            evidence={"at": "updatedAt"}, link="{base}/admin/settings/roles/{parent.id}",
        ),
        Listing(
            name="users", kind=Kind.PERMISSION, path="/admin/users", records="data.results", key="email", id="id",
            paging=Paging(style="page", into="page", size=100, size_into="pageSize", total="data.pagination.total"),
            params={"sort": "id:ASC"}, person=True, always=("active",), needs=("admin::users.read",),
            facts=keep(roles="roles[].code", active="isActive", x_blocked="blocked"),
            evidence={"at": "updatedAt"}, link="{base}/admin/settings/users/{id}",
        ),
        Listing(
            name="api-tokens", kind=Kind.PERMISSION, path="/admin/api-tokens", records="data", key="name", id="id",
            facts=keep("description", profile="type", powers="permissions", expires_on="expiresAt"),
            always=("profile",), needs=("admin::api-tokens.read",), every=HOURLY, evidence={"created": "createdAt"},
            link="{base}/admin/settings/api-tokens/{id}",
        ),
        Listing(
            name="admin-tokens", kind=Kind.PERMISSION, path="/admin/admin-tokens", records="data", key="name", id="id",
            facts=keep("description", label="name", expires_on="expiresAt",
                       powers="adminPermissions[].join(' ', [action, subject || ''])"),
            always=("label",), needs=("admin::admin-tokens.read",), every=HOURLY, evidence={"created": "createdAt"},
            link="{base}/admin/settings/admin-tokens/{id}",
        ),
        Listing(
            name="visitors", kind=Kind.PERMISSION, path="/users-permissions/roles", records="roles", key="type",
            id="id", facts=keep("description", label="name"), always=("label",), every=HOURLY,
            needs=("plugin::users-permissions.roles.read",),
            link="{base}/admin/settings/users-permissions/roles/{id}",
        ),
        Listing(
            name="visitor-rights", kind=Kind.PERMISSION, for_each="visitors", scope="rights-{parent.key}",
            path="/users-permissions/roles/{parent.id}", records="role.permissions.*.controllers.*.*", key='"@path"',
            where="enabled", facts=keep(active="enabled", x_policy="policy"), every=HOURLY,
            needs=("plugin::users-permissions.roles.read",),
            link="{base}/admin/settings/users-permissions/roles/{parent.id}",
        ),
        Listing(
            name="webhooks", kind=Kind.SYNC, path="/admin/webhooks", records="data", key="name", id="id",
            facts=keep(enabled="isEnabled", target="host(url)", x_address_digest="digest(url)", x_events="events",
                       x_headers_digest="digest(headers)"),
            unordered=("x_events",), always=("enabled",), needs=("admin::webhooks.read",),
            health={"state": "isEnabled && 'enabled' || 'disabled'"}, states={"disabled": "disabled"},
            link="{base}/admin/settings/webhooks/{id}",
        ),
        Listing(
            name="server", kind=Kind.PLATFORM, path="/admin/information", records="data", key="'server'", every=HOURLY,
            single=True,
            facts=keep(version="strapiVersion", environment="currentEnvironment", x_node="nodeVersion",
                       edition="communityEdition == `true` && 'community' || 'enterprise'",
                       modules="keys(dependencies)", x_reloads="autoReload"),
            always=("version",), needs=(), link="{base}/admin/settings/application-infos",
        ),
    ),
)  # fmt: skip
