"""Strapi 5, a self-hosted CMS. https://docs.strapi.io/cms/features/admin-tokens

Least grants: an admin token (Settings > Administration Panel > Admin Tokens) with what stands under `grants`; it can
have no more than its owner. An API token of the Content API is refused on every route that is asked here, and the other
way round. Older servers have no admin tokens: there a user of the admin panel signs in with its password.

Where the facts are from: the vendor's docs for tokens and their separation; its source (strapi/strapi: routes,
policies, controllers of admin, content-type-builder, i18n, users-permissions, review-workflows) for paths, rights and
keys. Each list is refused as a whole (403) to who lacks its right, and content types are the same for all who may see
them: a lost right never shortens a list. A content type that is not there is `{"error": "contentType.notFound"}`, a
component `component.notFound`, said after the right was checked; all other errors are `{data: null, error: {name,
message, details}}`. Not verified: that
these reads answer on a server in production, where the Content-Type Builder itself is switched off; that an admin token
may ask for its own user; how long the token of a sign-in lives (it is asked for anew after 25 minutes). Links are
routes of the admin panel.

Who changed something is asked of the audit log, which the Enterprise edition has (its source: ee/server/src/audit-logs,
GET /admin/audit-logs, rows with action, date, payload and user): elsewhere it is a 404. What a payload has is the
vendor's own and differs by action: a thing is looked for by its uid, code, name or address in it.

A condition (JSON Logic), a default, headers of webhooks and the parameters of a right are documents of the customer's
own or of its plugins', whose keys are theirs: each key of these counts.

A transfer token may push all content into the server or pull it: where data transfer is switched off its route is a
404, and the list unsupported. Review workflows are of paid plans; elsewhere their route is a 404, and the list
unsupported. Which stage an entry has to be in to be published does not come with them. A release is what editors put
together for a day, and so content.

Not to be had: deliveries of webhooks, lifecycle hooks and cron tasks, which are code. Not read: content and releases,
rights of the super admin, who has all by definition and gets new ones with each type. Addresses and headers of webhooks
hold secrets: their host and a digest leave here.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from probes.kit.api import Ask, Client, listed
from probes.kit.auth import Credentials, Exchange, Scheme, bearer
from probes.kit.contract import Kind, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, View, keep
from probes.kit.paging import Paging
from probes.kit.verified import Verified

from .asked import look, who
from .told import built, pieces, reviews

HOURLY = 3600.0
PAGE: Final = "{base}/admin/plugins/content-type-builder"
SUPER: Final = "strapi-super-admin"
REVIEWS: Final = "admin::review-workflows.read"
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
    rights = listed((await api.ask(Ask("/admin/users/me/permissions"))).value(), "data")
    told = (await api.ask(Ask("/admin/information"))).value("data") or {}
    address = urlsplit(api.base)
    return Vantage(
        account=f"{address.netloc}{address.path.rstrip('/')}",
        subject=str(me.get("email") or me["id"]),
        grants=frozenset(str(one["action"]) for one in rights if not one.get("subject")),
        api_version=str(told.get("strapiVersion") or ""),
    )


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
    absent="404 contentType.notFound or component.notFound, said after the right was checked (403); a type without the "
    "field",
    grants={
        BUILDER: "Settings > Roles > Plugins > Content-Type-Builder: Read",
        "admin::roles.read": "Settings > Roles > Settings > Users and Roles: Roles, Read",
        "admin::users.read": "Settings > Roles > Settings > Users and Roles: Users, Read",
        "admin::webhooks.read": "Settings > Roles > Settings > Webhooks: Read",
        REVIEWS: "Settings > Roles > Settings > Review Workflows: Read (paid plans)",
        "admin::api-tokens.read": "Settings > Roles > Settings > API tokens: Read",
        "admin::admin-tokens.read": "Settings > Roles > Settings > Admin tokens: Read",
        "admin::transfer.tokens.read": "Settings > Roles > Settings > Transfer Tokens: Read",
        "admin::audit-logs.read": "Settings > Roles > Settings > Audit Logs: Read (Enterprise): who changed something",
        "plugin::users-permissions.roles.read": "Settings > Roles > Plugins > Users-Permissions: Roles, Read",
    },
    unseen={
        Kind.AUTOMATION: "lifecycle hooks and cron tasks of Strapi are code on its server; look into its project",
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
            name="review-workflows", kind=Kind.SCHEMA, path="/review-workflows/workflows", records="data", key="name",
            id="id", fetch=reviews, per_fetch=2, every=HOURLY, always=("stages",), needs=(REVIEWS, "admin::roles.read"),
            facts=keep(stages="stages[].{id: to_string(id), label: name}", x_content_types="contentTypes",
                       x_moves="moves"),
            unordered=("x_content_types", "x_moves"), evidence={"at": "updatedAt"},
            link="{base}/admin/settings/review-workflows/{id}",
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
            name="transfer-tokens", kind=Kind.PERMISSION, path="/admin/transfer/tokens", records="data", key="name",
            id="id", facts=keep("description", label="name", powers="permissions", expires_on="expiresAt"),
            always=("powers",), needs=("admin::transfer.tokens.read",), every=HOURLY, evidence={"created": "createdAt"},
            link="{base}/admin/settings/transfer-tokens/{id}",
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
