"""Zoho CRM, API v8. https://www.zoho.com/crm/developer/docs/api/v8/

Least grants: a Self Client with the scopes that stand under `grants`, made by a user of its own, whose refresh token
does not change. What the user's profile hides is left out with a 200: fields, modules and layouts are those of the
profile.

Where the facts are from: the OpenAPI that the vendor publishes (zoho/crm-oas, v8.0: modules, fields, roles, profiles,
users, org, email_templates, workflow_rules, field_updates, webhooks, with its examples) for every path, parameter, key
and scope, but `AllUsers`, which is from the vendor's reference of getUsers. Errors are `{code, message, status,
details}`. No row at all is a 204 without a body (an empty list, and the page after the last); lists go on for as long
as `info.more_records` is true. Credits of 24 hours by edition are from its page on API limits. Not verified: the words
of `data_type`, which the document leaves open; whether a unique field says `casesensitive`, as the document of 2025
has it, or `case_sensitive`, as that of 2026 has: both are read; that a 429 has no Retry-After; that a rule names a
field in its trigger as it does in its criteria.

Links go to the region's application, whose host belongs to that of its API (the pairs, as the path's parts, are from
public code; those of `login` are in the vendor's page on data centers), under org<number of the organization>: the
number is `zgid` of the answer on the organization, and the vendor's FAQ on ids says that it stands in the address. Of
pages of Setup, those of modules and of one workflow rule were found; of fields none that holds for custom modules,
whose address has another name than the API's; all else leads to Setup itself. No host of a sandbox's was found.

No `look`: INVALID_MODULE is said of a module that "does not exist or is not accessible" (email_templates, getFields),
a field that a profile hides is left out, and what a number that there is not gets is not documented. No `who`: the
audit log can only be had as an export that has to be started (a POST); who changed a module, rule, action or template
last stands in its row and is evidence.

Not to be had: where a profile's powers were changed, scopes that the token has, whether a webhook went through (its
failures are told). Not read: records, contents of templates, templates of inventory, layouts, custom views, rules of
assignment, scoring and sharing, features and licences (their document names the scope to create files); people's
telephone numbers, addresses and birthdays; headers, parameters and bodies of webhooks, which may hold a key, and the
records that they failed on. Their address leaves as host and digest, the value of a field update as digest.
"""

from __future__ import annotations

from typing import Any

from probes.kit.api import Ask, Client
from probes.kit.auth import Credentials, Exchange, Scheme
from probes.kit.contract import Kind, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit, Quota
from probes.kit.listing import Listing, OptionSpec, Vendor, keep
from probes.kit.verified import Verified

from .told import AUTOMATION, PAGES, steps, webhooks

HOURLY = 3600.0
REGIONS = ("zoho.com", "zoho.eu", "zoho.in", "zoho.com.au", "zoho.jp", "zoho.sa", "zoho.com.cn", "zohocloud.ca")
APIS = {f"www.zohoapis.{region.partition('.')[2]}": region for region in REGIONS}  # of the API -> of all else
SETUP = "{options.app}/crm/org{account}/settings"
TYPES = {
    "text": "text", "textarea": "long_text", "email": "email", "phone": "phone", "website": "url", "integer": "integer",
    "bigint": "integer", "double": "decimal", "currency": "currency", "percent": "percent", "boolean": "boolean",
    "date": "date", "datetime": "datetime", "picklist": "option", "multiselectpicklist": "multi_option",
    "lookup": "reference", "ownerlookup": "reference", "multiselectlookup": "reference", "userlookup": "reference",
    "autonumber": "text", "fileupload": "file", "imageupload": "file", "profileimage": "file", "*": "any",
}  # fmt: skip


async def identity(api: Client) -> Vantage:
    """The organization, and the token's user with its profile and role."""
    org: dict[str, Any] = (await api.ask(Ask("/crm/v8/org"))).value("org.0")
    me: dict[str, Any] = (await api.ask(Ask("/crm/v8/users", {"type": "CurrentUser"}))).value("users.0")
    held = {f"{what}:{(me.get(what) or {}).get('name')}" for what in ("profile", "role")}
    return Vantage(
        account=str(org["zgid"]),
        account_name=str(org.get("company_name") or ""),
        subject=str(me.get("email") or me["id"]),
        grants=frozenset(held),
        api_version="v8",
        locale=str(me.get("locale") or ""),
        silent=frozenset({Kind.SCHEMA, Kind.FIELD}),
    )


async def refresh(given: Credentials) -> Ask:
    """A new access token for the refresh token, which stays as it is."""
    form = {name: await given.get(name) for name in ("client_id", "client_secret", "refresh_token")}
    return Ask(f"{given.options['login']}/oauth/v2/token", form={"grant_type": "refresh_token", **form})


VENDOR = Vendor(
    name="zoho-crm",
    title="Zoho CRM",
    docs="https://www.zoho.com/crm/developer/docs/api/v8/",
    base="https://www.zohoapis.com",
    hosts=(*(host.removeprefix("www.") for host in APIS), *REGIONS),
    schemes={
        "client": Scheme(
            fields=("client_id", "client_secret", "refresh_token"),
            build=lambda given: Exchange(given, refresh, header=("Authorization", "Zoho-oauthtoken {token}")),
            note="api-console.zoho.com > Self Client > Generate Code with the scopes under grants, changed for a "
            "refresh token, signed in as a user of its own.",
        )
    },
    options={
        "app": OptionSpec(says="where people open Zoho CRM, for links, where `base` is no host of the vendor's",
                          by_host={host: f"https://crm.{region}" for host, region in APIS.items()}),
        "login": OptionSpec(default="https://accounts.zoho.com", says="where tokens are given, in its region",
                            by_host={host: f"https://accounts.{region}" for host, region in APIS.items()}),
        "plan": OptionSpec(default="standard", says="free, standard, professional, enterprise or ultimate: credits"),
    },
    errors=Errors(
        nothing=True, failed="code", code="code", message="message",
        faults={"OAUTH_SCOPE_MISMATCH": "denied", "API_NOT_SUPPORTED": "unsupported", "NOT_SUPPORTED": "unsupported"},
    ),
    limits={"default": Limit(key="{integration}", rate=4, per=1, concurrency=2)},
    # Credits of 24 hours without those that come with users and add-ons; each request here costs one.
    quota=Quota(per_day=50_000, plans={"free": 5_000, "standard": 50_000, "professional": 50_000,
                                       "enterprise": 50_000, "ultimate": 50_000}),
    verified=Verified("docs", "2026-11-23"),
    identity=identity,
    grants={
        f"ZohoCRM.{name}.READ": "api-console.zoho.com > Self Client > Generate Code > Scope"
        for name in ("settings.modules", "settings.fields", "settings.roles", "settings.profiles",
                     "settings.workflow_rules", "settings.automation_actions", "templates.email", "users", "org")
    },
    grants_told=False,
    weaker="A scope that lacks refuses its whole list; a profile hides modules, fields and layouts alone.",
    notes=(
        "Rules, actions and webhooks are refused to a profile without Manage Workflow, and to the free edition.",
        "Of integrations only webhooks are told; what another app writes stands in its own account.",
        "Another region sets `base` (https://www.zohoapis.eu); `login` and links go by it.",
        "Fields and modules that the profile of the token's user hides are left out in silence.",
    ),
    exempt={"cursor": "what has pages has them by number"},
    listings=(
        Listing(
            name="modules", kind=Kind.SCHEMA, path="/crm/v8/settings/modules", records="modules", key="api_name",
            id="id", always=("label",), link=f"{SETUP}/modules",
            evidence={"at": "modified_time", "by": "modified_by.name"},
            facts=keep("description", label="singular_label", plural_label="plural_label", createable="creatable",
                       updateable="editable", deletable="deletable", queryable="api_supported",
                       custom="generated_type == 'custom'", native_type="generated_type", x_status="status"),
        ),
        Listing(
            name="fields", kind=Kind.FIELD, for_each="modules", only="queryable", path="/crm/v8/settings/fields",
            params={"module": "{parent.key}", "type": "all"}, records="fields", key="api_name", id="id",
            words={"type": TYPES}, always=("type",), evidence={"at": "modified_time"}, link=f"{SETUP}/modules",
            facts=keep("length", label="field_label", type="data_type", native_type="data_type", scale="decimal_place",
                       required="system_mandatory", read_only="read_only || field_read_only", custom="custom_field",
                       unique="unique.casesensitive != null || unique.case_sensitive != null",
                       default="default_value", help="tooltip.value",
                       hidden="visible == `false`", calculated="formula.expression != null",
                       formula="formula.expression", references="[lookup.module.api_name][?@]",
                       x_unused="type == 'unused'", options="pick_list_values[].{value: actual_value, "
                       "label: display_value, active: type == 'used'}"),
        ),
        Listing(
            name="roles", kind=Kind.PERMISSION, path="/crm/v8/settings/roles", records="roles", key="name", id="id",
            facts=keep("description", label="display_label", parent_role="reporting_to.name", admin="admin_user",
                       x_shares_with_peers="share_with_peers"),
            always=("admin",), every=HOURLY, link=f"{SETUP}/index",
        ),
        Listing(
            name="profiles", kind=Kind.PERMISSION, path="/crm/v8/settings/profiles", records="profiles", key="name",
            id="id", facts=keep("description", "custom", label="display_label", user_type="type"),
            always=("custom",), every=HOURLY, evidence={"at": "modified_time"}, link=f"{SETUP}/index",
        ),
        Listing(
            name="powers", kind=Kind.PERMISSION, for_each="profiles", path="/crm/v8/settings/profiles/{parent.id}",
            records="profiles", key="'powers'", facts=keep(powers="permissions_details[?enabled].name"),
            always=("powers",), every=HOURLY, link=f"{SETUP}/index",
        ),
        Listing(
            name="users", kind=Kind.PERMISSION, path="/crm/v8/users", params={"type": "AllUsers"}, records="users",
            paging=PAGES, key="email", id="id", person=True, always=("status",), every=HOURLY,
            link=f"{SETUP}/index",
            facts=keep("status", active="status == 'active'", profile="profile.name", role="role.name"),
        ),
        Listing(
            name="workflow-rules", kind=Kind.AUTOMATION, path=f"{AUTOMATION}/workflow_rules",
            paging=PAGES, records="workflow_rules", key="[module.api_name, name]", id="id", always=("active", "object"),
            every=HOURLY, facts=keep("description", label="name", active="status.active", object="module.api_name",
                       trigger="execute_when.type"),
            evidence={"at": "modified_time", "by": "modified_by.name"}, link=f"{SETUP}/workflow-rules/{{id}}",
        ),
        Listing(
            name="steps", kind=Kind.AUTOMATION, fetch=steps, per_fetch=42, records="workflow_rules", id="id",
            key="[module.api_name, name]", always=("actions",), every=6 * HOURLY,
            facts=keep("reads writes actions"), link=f"{SETUP}/workflow-rules/{{id}}",
        ),
        Listing(
            name="field-updates", kind=Kind.AUTOMATION, path=f"{AUTOMATION}/field_updates", paging=PAGES,
            records="field_updates", key="[module.api_name, name, id]", id="id", always=("writes", "object"),
            every=HOURLY,
            facts=keep(label="name", object="module.api_name", native_type="type", x_used="associated",
                       writes="[join('/', [related_module.api_name || module.api_name, field.api_name])]",
                       x_value_digest="digest(value)", x_feature="feature_type", x_how="update_type"),
            evidence={"at": "modified_time", "by": "modified_by.name"}, link=f"{SETUP}/index",
        ),
        Listing(
            name="webhooks", kind=Kind.SYNC, fetch=webhooks, per_fetch=2, records="webhooks", id="id",
            key="[module.api_name, name]", always=("enabled", "object"),
            facts=keep(label="name", object="module.api_name", operation="http_method", trigger="feature_type",
                       enabled="associated", target="host(url)", x_address_digest="digest(url)"),
            evidence={"at": "modified_time", "by": "modified_by.name"}, link=f"{SETUP}/index",
            health={"state": "state", "failed_at": "failed_at", "errors": "errors"},
            states={"linked": "ok", "failed": "failing", "loose": "disabled"},
        ),
        Listing(
            name="templates", kind=Kind.TEMPLATE, path="/crm/v8/settings/email_templates", records="email_templates",
            paging=PAGES, key="[module.api_name, folder.name, name][?@]", id="id", always=("native_type",),
            every=HOURLY,
            facts=keep("description subject", label="name", folder="folder.name", native_type="editor_mode",
                       active="active", x_category="category",
                       x_module="module.api_name", x_consent="consent_linked", x_used="associated"),
            evidence={"at": "modified_time", "by": "modified_by.name"}, link=f"{SETUP}/index",
        ),
        Listing(
            name="organization", kind=Kind.PLATFORM, path="/crm/v8/org", records="org", key="'organization'",
            facts=keep(label="company_name", environment="type", currency="iso_code", timezone="time_zone",
                       x_hipaa="hipaa_compliance_enabled", x_privacy="privacy_settings"),
            always=("label",), every=HOURLY, link=f"{SETUP}/index",
        ),
    ),
)  # fmt: skip
