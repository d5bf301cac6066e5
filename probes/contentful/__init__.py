"""Contentful, Content Management API. https://www.contentful.com/developers/docs/references/content-management-api

Least grants: a personal access token with the scope content_management_read of a user of its own who is an admin of the
space. A token has the rights of its user: who is no admin reads the content model, and roles, people, keys and webhooks
are refused with a 403.

Where the facts are from: the vendor's pages on errors (sys.id is the code; 401 AccessTokenInvalid, 403 AccessDenied,
404 NotFound, 429 RateLimitExceeded, 502 Hibernated), rate limits (7 requests a second, X-Contentful-RateLimit-Reset in
seconds), access tokens (scopes, expiry), collections (skip, limit, total; answers of at most 7 MB, hence pages of 100);
rows and addresses from the types of its SDK (contentful/contentful-management.js, MIT, August 2026). Not verified: that
a role's name is unique in a space; that an admin's token may list a space's users; the order of webhook calls (they are
sorted here); automations, which the SDK has and the reference has not; the pages that deep links open (that of an app
is in tests of apps and guides, that of environments with their aliases in a guide, in public code alone; of
automations, workflows, locales, tags, teams and the space none was found). An app's own identity (a signed JWT for ten
minutes) is not supported: it reads no roles and no people.

Fields are those of the published model, which the web site reads; a content type names the fields in which its draft
differs. `omitted` and `disabled` are how a field begins to go. An environment may be an alias: where it leads stands in
the vantage, so that a retarget is one finding and not a hundred. Not to be had: who changed what beyond the last mark
of each thing (audit logs are an export), in which pages a field is used. Not read: entries, assets, delivery tokens,
headers and bodies of webhooks beyond their names and a digest, parameters of apps (a digest), previews, releases,
tasks, UI extensions (which apps have replaced), members and teams of the organization beyond the space.
"""

from __future__ import annotations

from typing import Any

from probes.kit.api import Ask, Client
from probes.kit.auth import bearer
from probes.kit.contract import Denied, Kind, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, View, keep
from probes.kit.paging import Paging
from probes.kit.verified import Verified

from .asked import calls, look, members, runs, who
from .model import PAGES, place, types

SPACE = "/spaces/{options.space}"
HERE = SPACE + "/environments/{options.environment}"
APP = "{options.app}/spaces/{options.space}"
TYPE = APP + "/environments/{options.environment}/content_types/"
CURSORS = Paging(style="next", next="pages.next", size=100, size_into="limit")
HOURLY = 3600.0
READ, ADMIN = ("member",), ("admin",)
# The keys that the vendor's SDK and its page on roles have: one more is no change. What stands under `*` is the
# customer's own: constraints and parameters of steps, bounds of a range, bodies and headers that are sent; so are
# parameters of apps, each of whose keys counts.
WHERE = "and or not equals in all range.* paths doc"
STEPS = "id name description nextStepId type action parameters.* conditions constraints.* items mode steps"
RIGHTS = ("type configuration actors action effect sys linkType id recipients assignee dueDate appId appActionId body.*"
          " headers.*")  # fmt: skip
SENT = "method contentType includeContentLength body.*"
CHANGED = {"at": "sys.updatedAt", "by": "sys.updatedBy.sys.id"}


async def identity(api: Client) -> Vantage:
    """The token's user, what it is in the space, and where the environment leads if it is an alias."""
    me: dict[str, Any] = (await api.ask(Ask("/users/me"))).value()
    path = f"/spaces/{api.options['space']}"
    space: dict[str, Any] = (await api.ask(Ask(path))).value()
    target = (await api.ask(Ask(place(api)))).value("sys.aliasedEnvironment.sys.id")
    try:
        every = await api.every(Ask(f"{path}/space_memberships"), PAGES, "items")
    except Denied:
        held = {"member"}
    else:
        mine = [row for row in every if row["sys"]["user"]["sys"]["id"] == me["sys"]["id"]]
        held = {"member", *(["admin"] if any(row["admin"] for row in mine) else [])}
        held |= {f"role:{role['sys']['id']}" for row in mine for role in row["roles"]}
    return Vantage(
        account=str(space["sys"]["id"]),
        account_name=str(space.get("name") or ""),
        subject=str(me.get("email") or me["sys"]["id"]),
        grants=frozenset(held),
        api_version=f"environment {target}" if target else "",
    )


def allowed(name: str) -> str:
    """What a role may do in a part of the space: a list of words, or the one word "all"."""
    return f"type(permissions.{name}) == 'string' && [permissions.{name}] || permissions.{name}"


VENDOR = Vendor(
    name="contentful",
    title="Contentful",
    docs="https://www.contentful.com/developers/docs/references/content-management-api",
    base="https://api.contentful.com",
    hosts=("contentful.com",),
    schemes={
        "token": bearer(
            "As a user of its own who is an admin of the space: Settings > CMA tokens > Create personal access token, "
            "with an expiry date, then Authorize it for the organization. A token that may only read is made by POST "
            "/users/me/access_tokens with the scope content_management_read."
        )
    },
    options={
        "space": OptionSpec(default="", says="id of the space: Settings > General settings"),
        "environment": OptionSpec(default="master", says="id of the environment, or of the alias that leads to it"),
        "app": OptionSpec(default="https://app.contentful.com", says="where deep links lead; base of a space in the EU "
                          "is https://api.eu.contentful.com",
                          by_host={"api.eu.contentful.com": "https://app.eu.contentful.com"}),
    },
    errors=Errors(
        failed="sys.type", failed_is="Error", code="sys.id", message="message",
        faults={"AccessTokenInvalid": "expired", "AccessDenied": "denied", "RateLimitExceeded": "throttled 1",
                "Hibernated": "unreachable 60"},
        wait_header="x-contentful-ratelimit-reset",
    ),
    limits={"default": Limit(key="{integration}", rate=6, per=1, concurrency=3)},
    verified=Verified("docs", "2026-11-23"),
    identity=identity,
    look=look,
    absent="404 NotFound of a thing while its environment is told in the next answer; a missing right on a thing is a "
    "403 AccessDenied (the vendor's page on errors)",
    who=who,
    lacks={Kind.TEMPLATE: "Contentful has nothing of the kind: pages are put together elsewhere"},
    grants={
        "member": "Settings > Users: the token's user is in the space",
        "admin": "Settings > Users: the token's user is an admin of the space; without it roles, people, keys and "
        "webhooks are not read",
    },
    hook="contentful",
    quiet=((Kind.SCHEMA, "editor-interfaces", "how a form looks changes often and hurts nobody who reads the space"),),
    notes=(
        "Fields are those that were published; what is drafted and waits is named at its content type.",
        "An alias that is retargeted shows as another environment in the vantage, not as changes of each content type.",
        "Who changed something is told by the last mark of that thing: of what was deleted nobody knows.",
    ),
    listings=(
        Listing(
            name="content-types", kind=Kind.SCHEMA, fetch=types, per_fetch=2, records="types", key="sys.id",
            facts=keep("description", label="name", primary_field="displayField", enabled="published",
                       x_waiting="waiting", x_taxonomy="metadata.taxonomy[].sys.id"),
            unordered=("x_waiting", "x_taxonomy"), always=("label", "enabled"), evidence=CHANGED, needs=READ,
            link=TYPE + "{key}/fields",
            also=(
                View(
                    kind=Kind.FIELD, records="fields", scope_by="content_type", under="schema/content-types",
                    key="key", id="id", always=("type", "required"), needs=READ,
                    facts=keep("required unique min_length length minimum maximum pattern least_items most_items",
                               type="ours", native_type="native", label="name", hidden="omitted", read_only="disabled",
                               references="links", options="choices[].{value: @}", default="defaultValue",
                               x_localized="localized", x_links_to="linked", x_rules="rules"),
                    link=TYPE + "{row.content_type}/fields",
                ),
            ),
        ),
        Listing(
            name="editor-interfaces", kind=Kind.SCHEMA, path=HERE + "/editor_interfaces", records="items",
            paging=PAGES, key="sys.contentType.sys.id", evidence=CHANGED, every=HOURLY, needs=READ,
            facts=keep(x_controls="controls[].{field: fieldId, widget: widgetId, of: widgetNamespace}",
                       x_sidebar="sidebar[].{widget: widgetId, of: widgetNamespace, off: disabled}"),
            unordered=("x_controls",), link=TYPE + "{key}/fields",
        ),
        Listing(
            name="locales", kind=Kind.SCHEMA, path=HERE + "/locales", records="items", paging=PAGES, key="code",
            id="sys.id", facts=keep("default", label="name", queryable="contentDeliveryApi", x_optional="optional",
                                    x_fallback="fallbackCode", x_managed="contentManagementApi"),
            always=("default",), evidence=CHANGED, needs=READ,
        ),
        Listing(
            name="tags", kind=Kind.SCHEMA, path=HERE + "/tags", records="items", paging=PAGES, key="sys.id",
            params={"order": "sys.id"}, facts=keep(label="name", x_visibility="sys.visibility"), always=("label",),
            evidence=CHANGED, needs=READ,
        ),
        Listing(
            name="apps", kind=Kind.AUTOMATION, path=HERE + "/app_installations", records="items", paging=PAGES,
            key="sys.appDefinition.sys.id", facts=keep(x_parameters_digest="digest(parameters)"), every=HOURLY,
            evidence=CHANGED, needs=READ,
            link=APP + "/environments/{options.environment}/apps/app_installations/{key}/",
        ),
        Listing(
            name="automations", kind=Kind.AUTOMATION, path=HERE + "/automation_definitions", records="items",
            paging=CURSORS, key="sys.id", every=HOURLY, evidence=CHANGED, needs=READ, always=("status",),
            facts=keep("status", label="name", x_triggers="known(triggers, 'type topic rrule constraints.*')",
                       x_steps_digest=f"digest(known(steps, '{STEPS}'))",
                       steps="steps[].{key: id, type: action.type || type, target: nextStepId}"),
            unordered=("x_triggers",),
        ),
        Listing(
            name="automation-runs", kind=Kind.SYNC, for_each="automations", scope="{parent.key}.runs", fetch=runs,
            records="rows", facts={}, every=HOURLY, needs=READ,
            health={name: name for name in ("state", "succeeded_at", "failed_at", "errors")},
            states={"COMPLETED": "ok", "FAILED": "failing", "IN_PROGRESS": "running", "SCHEDULED": "running",
                    "CANCELED": "paused"},
        ),
        Listing(
            name="workflows", kind=Kind.AUTOMATION, path=HERE + "/workflow_definitions", records="items", paging=PAGES,
            key="sys.id", every=HOURLY, evidence=CHANGED, needs=READ,
            facts=keep(label="name", steps="steps[].{key: id, type: name}", x_order="flowType",
                       object="appliesTo[].validations[].linkContentType[] | sort(@) | join(', ', @)",
                       x_at_once="startOnEntityCreation",
                       x_rights_digest=f"digest(known(steps[].[permissions, actions], '{RIGHTS}'))"),
        ),
        Listing(
            name="aliases", kind=Kind.PLATFORM, path=SPACE + "/environment_aliases", records="items", paging=PAGES,
            key="sys.id", facts=keep(environment="environment.sys.id"), always=("environment",), evidence=CHANGED,
            needs=READ, link=APP + "/environments/{options.environment}/settings/environments",
        ),
        Listing(
            name="roles", kind=Kind.PERMISSION, path=SPACE + "/roles", records="items", paging=PAGES, key="name",
            id="sys.id", always=("x_content_model",), evidence=CHANGED, needs=ADMIN, link=APP + "/settings/roles/{id}",
            facts=keep(
                "description", x_content_model=allowed("ContentModel"), x_settings=allowed("Settings"),
                x_delivery=allowed("ContentDelivery"), x_tags=allowed("Tags"), x_environments=allowed("Environments"),
                x_aliases=allowed("EnvironmentAliases"),
                customize="contains(permissions.ContentModel, 'manage') || contains(permissions.ContentModel, 'all')",
                x_policies="policies[].{effect: effect, on: known(constraint, '" + WHERE + "'),"
                " may: type(actions) == 'array' && sort(actions) || actions}",
            ),
            unordered=("x_content_model", "x_settings", "x_delivery", "x_tags", "x_environments", "x_aliases",
                       "x_policies"),
        ),
        Listing(
            name="members", kind=Kind.PERMISSION, fetch=members, per_fetch=2, records="rows", key="who", id="sys.id",
            person=True, facts=keep("active admin", roles="roles[].sys.id", x_second_factor="mfa"), always=("admin",),
            evidence=CHANGED, needs=ADMIN, link=APP + "/settings/users",
        ),
        Listing(
            name="teams", kind=Kind.PERMISSION, path=SPACE + "/team_space_memberships", records="items", paging=PAGES,
            key="sys.team.sys.id", id="sys.id", facts=keep("admin", roles="roles[].sys.id"), always=("admin",),
            evidence=CHANGED, needs=ADMIN, every=HOURLY,
        ),
        Listing(
            name="api-keys", kind=Kind.PERMISSION, path=SPACE + "/api_keys", records="items", paging=PAGES,
            key="sys.id", facts=keep(label="name", grants="environments[].sys.id",
                                     x_policies="known(policies, 'effect action')"),
            unordered=("x_policies",), always=("label",), evidence=CHANGED, needs=ADMIN, every=HOURLY,
            link=APP + "/api/keys/{key}",
        ),
        Listing(
            name="webhooks", kind=Kind.SYNC, path=SPACE + "/webhook_definitions", records="items", paging=PAGES,
            key="sys.id", evidence=CHANGED, needs=ADMIN, always=("enabled", "target"),
            facts=keep(label="name", enabled="active", target="host(url)", x_address_digest="digest(url)",
                       x_topics="topics", x_filters="known(filters, 'equals in regexp not doc pattern')",
                       x_headers="headers[].key",
                       x_transformation_digest=f"digest(known(transformation, '{SENT}'))"),
            unordered=("x_topics", "x_filters", "x_headers"), link=APP + "/settings/webhooks/{key}",
        ),
        Listing(
            name="webhook-calls", kind=Kind.SYNC, for_each="webhooks", only="enabled", scope="{parent.key}.calls",
            fetch=calls, records="rows", facts={}, needs=ADMIN,
            health={name: name for name in ("state", "succeeded_at", "failed_at", "errors")},
            states={"ok": "ok", "failing": "failing"}, link=APP + "/settings/webhooks/{parent.key}",
        ),
        Listing(
            name="space", kind=Kind.PLATFORM, path=SPACE, records="", key="'space'", every=HOURLY, needs=READ,
            single=True, facts=keep(label="name", x_organization="sys.organization.sys.id"), always=("label",),
        ),
    ),
)  # fmt: skip
