"""Pipedrive, API v2, and v1 for what v2 has not. https://developers.pipedrive.com/docs/api/v1

Least grants: the API token of a user of its own; each user has one per company, for all who use it, and it never ends.
It may do what the user may. `users/me` tells which apps the user is an admin of: that is the vantage.

Where the facts are from: the vendor's own SDK, generated from its OpenAPI (pipedrive/client-nodejs 32.2.1, April
2026), and the documents themselves (openapi-v1.yaml and openapi-v2.yaml, as others keep them), for every path,
parameter, key and cost; fields, pipelines, stages and projects are v2 (a cursor, 500 at most), people, permission sets,
roles, webhooks and add-ons v1. Of a custom field the code, 40 characters, is its name in the API. Errors are
`{success: false, error}`; 402 is an account that is not open, 415 a feature that is not enabled (its page on status
codes). Of one permission set the document says that what it may do stands at the top, and its example that it stands in
a list: both are read. Tokens that a day has, by plan and seat, are from its help centre and its page on rate limiting,
what a request takes of them from its OpenAPI; a company shares them, they begin anew at midnight of a server that is
not said, no header tells what is left, and a 429 is waited out: who goes on asking gets 403 and a page of HTML. Not
verified: whether a user who is no admin gets permission sets, roles and webhooks refused, as the scope `admin` has it
for apps; what an account without Projects answers; what numbers the visibility in a role has.

Links lead to app.pipedrive.com, as the vendor's own pages do for fields and webhooks; that it goes on to the company's
own host for the others was not tried. The page of a user is in its tutorial on updating a deal (users/edit/<id>), those
of pipelines, boards and billing are known from public code alone. Of permission sets, roles and project templates no
address was found, and the help centre names menus only.

No `look`: by the page on status codes 404 is a "resource unavailable", and of one permission set what nobody is
assigned to. No `who`: the changelogs are of deals, people, organizations and projects; of what is read here only times
are told, as evidence where a row has one.

Not to be had: automations, required fields of activities and products, which add-on costs what. Not read: deals,
people's names and telephone numbers, filters (people make them every day), currencies, teams (of the old kind); fields
of leads (theirs are those of deals) and of notes (all the vendor's); user and password of a webhook. Its address leaves
as host and digest.
"""

from __future__ import annotations

from typing import Any

from probes.kit.api import Ask, Client, several
from probes.kit.auth import Header, Scheme
from probes.kit.contract import Kind, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit, Quota
from probes.kit.listing import Listing, OptionSpec, Vendor, keep
from probes.kit.paging import Paging
from probes.kit.verified import Verified

HOURLY = 3600.0
LIST, V2_LIST, V2_SMALL = 20, 10, 5  # tokens
APP = "https://app.pipedrive.com"
PAGES = Paging(style="cursor", next="additional_data.next_cursor", into="cursor", size=500, size_into="limit")
ROLES = Paging(style="offset", into="start", size=100, size_into="limit")
TYPES = {
    "int": "integer", "double": "decimal", "boolean": "boolean", "varchar": "text", "varchar_auto": "text",
    "varchar_options": "text", "text": "long_text", "phone": "phone", "date": "date", "time": "time", "enum": "option",
    "set": "multi_option", "status": "option", "visible_to": "option", "billing_frequency": "option",
    "address": "address", "monetary": "currency", "json": "json", "picture": "file", "deal": "reference",
    "lead": "reference", "org": "reference", "people": "reference", "project": "reference", "stage": "reference",
    "user": "reference", "activity": "reference", "*": "any",
}  # fmt: skip
FIELD = keep(
    label="field_name", type="field_type", native_type="field_type", custom="is_custom_field",
    x_on_request="is_optional_response_field", x_when_adding="ui_visibility.add_visible_flag",
    x_in_details="ui_visibility.details_visible_flag", x_parts="subfields[].field_code",
    options="options[].{value: to_string(id), label: label}",
)  # fmt: skip
ASKED = keep(required="required_fields.enabled", x_important="important_fields.enabled")
STAGED = keep(description="description", x_required_stages="required_fields.stage_ids",
              x_required_statuses="required_fields.statuses", x_important_stages="important_fields.stage_ids",
              x_pipelines="ui_visibility.show_in_pipelines")  # fmt: skip


async def identity(api: Client) -> Vantage:
    """The token's user, and for each app whether as an admin."""
    me: dict[str, Any] = (await api.ask(Ask("/v1/users/me", spends=2))).value("data")
    held = [f"{one['app']}:{'admin' if one.get('admin') else 'user'}" for one in several(me.get("access"), "access")]
    return Vantage(
        account=str(me["company_id"]),
        account_name=str(me.get("company_name") or ""),
        subject=str(me.get("email") or me["id"]),
        grants=frozenset(held),
        api_version="v2",
        locale=str(me.get("locale") or ""),
    )


def fields(of: str, include: str, facts: dict[str, str], every: float | None = None) -> Listing:
    """The fields of one thing that the vendor has."""
    return Listing(
        name=f"{of}-fields", kind=Kind.FIELD, scope=of, path=f"/api/v2/{of}Fields", records="data", paging=PAGES,
        spends=V2_LIST, params={"include_fields": include}, key="field_code", words={"type": TYPES},
        always=("type", "custom"), facts={**FIELD, **facts}, link=f"{APP}/settings/fields",
        every=every,
    )  # fmt: skip


EVERYTHING = "ui_visibility,important_fields,required_fields"
VENDOR = Vendor(
    name="pipedrive",
    title="Pipedrive",
    docs="https://developers.pipedrive.com/docs/api/v1",
    base="https://api.pipedrive.com",
    hosts=("pipedrive.com",),
    schemes={
        "token": Scheme(
            fields=("token",),
            build=lambda given: Header(given, x_api_token="{token}"),  # noqa: S106  a template
            note="Personal preferences > API, signed in as a user of its own.",
        )
    },
    errors=Errors(ok="success", ok_is=True, message="error", statuses={415: "unsupported"}),
    options={
        "plan": OptionSpec(default="", says="lite, growth, premium, ultimate or an old plan: tokens a day"),
        "seats": OptionSpec(default=1, says="how many the company has: each brings the plan's tokens"),
    },
    limits={"default": Limit(key="{integration}", rate=4, per=1, concurrency=2)},
    quota=Quota(per_day=30_000, unit="tokens", seated=True, share=0.5, plans={
        "lite": 30_000, "growth": 60_000, "premium": 150_000, "ultimate": 210_000, "essential": 30_000,
        "advanced": 60_000, "professional": 90_000, "power": 150_000, "enterprise": 210_000,
    }),
    verified=Verified("docs", "2026-11-23"),
    identity=identity,
    grants={
        "global:admin": "Settings > Manage users > the user: admin of account settings",
        "sales:admin": "Settings > Manage users > the user: admin of the deals app",
    },
    unseen={
        Kind.AUTOMATION: "Pipedrive's API does not show automations",
    },
    notes=(
        "A company shares one budget of tokens a day: say `plan` and `seats`, else one seat of Lite counts.",
        "The token is shared by all who use it, and ends for all when its user makes a new one.",
        "Projects are of an add-on or a higher plan: without them set their fields, boards and templates to `off`.",
        "Templates are those of projects: the API does not show e-mail templates, nor the plan beside the add-ons.",
    ),
    listings=(
        fields("deal", EVERYTHING, ASKED | STAGED),
        fields("person", EVERYTHING, ASKED),
        fields("organization", EVERYTHING, ASKED),
        fields("product", "ui_visibility", {}),
        fields("activity", "ui_visibility", {}),
        fields("project", EVERYTHING, ASKED, every=HOURLY),
        Listing(
            name="pipelines", kind=Kind.SCHEMA, path="/api/v2/pipelines", records="data", paging=PAGES, key="name",
            id="id", spends=V2_SMALL, always=("label",), evidence={"at": "update_time"}, link=f"{APP}/pipeline/{{id}}",
            facts=keep(label="name", archived="is_deleted", x_place="order_nr",
                       x_probability="is_deal_probability_enabled"),
        ),
        Listing(
            name="stages", kind=Kind.SCHEMA, for_each="pipelines", path="/api/v2/stages", records="data", paging=PAGES,
            spends=V2_SMALL, params={"pipeline_id": "{parent.id}"}, key="name", id="id", always=("label",),
            facts=keep(label="name", archived="is_deleted", x_place="order_nr", x_probability="deal_probability",
                       x_rots="is_deal_rot_enabled", x_days_to_rotten="days_to_rotten"),
            evidence={"at": "update_time"}, link=f"{APP}/pipeline/{{parent.id}}",
        ),
        Listing(
            name="users", kind=Kind.PERMISSION, path="/v1/users", records="data", id="id", person=True, every=HOURLY,
            key="email", spends=LIST, always=("active",), unordered=("x_admin_of",),
            facts=keep(active="active_flag", role="role_id", admin="length(access[?admin && app == 'global']) > `0`",
                       x_admin_of="access[?admin].app", permission_sets="access[].permission_set_id"),
            evidence={"at": "modified", "created": "created"}, link=f"{APP}/users/edit/{{id}}",
        ),
        Listing(
            name="permission-sets", kind=Kind.PERMISSION, path="/v1/permissionSets", records="data", id="id",
            key="[app, name]", always=("user_type",), every=HOURLY, spends=LIST,
            facts=keep("description", label="name", user_type="type", x_app="app"),
        ),
        Listing(
            name="powers", kind=Kind.PERMISSION, for_each="permission-sets", path="/v1/permissionSets/{parent.id}",
            single=True, key="'contents'", always=("powers",), every=HOURLY, spends=2,
            facts=keep(powers="contents || data[0].contents || data.contents"),
        ),
        Listing(
            name="roles", kind=Kind.PERMISSION, path="/v1/roles", records="data", paging=ROLES, key="name", id="id",
            facts=keep(label="name", active="active_flag", parent_role="parent_role_id", x_level="level"),
            always=("active",), every=HOURLY, spends=LIST,
        ),
        Listing(
            name="sees", kind=Kind.PERMISSION, for_each="roles", path="/v1/roles/{parent.id}/settings", records="data",
            scope="sees-{parent.key}", single=True, key="'sees'", always=("x_deals",), every=6 * HOURLY, spends=LIST,
            facts=keep(x_deals="deal_default_visibility", x_leads="lead_default_visibility",
                       x_organizations="org_default_visibility", x_people="person_default_visibility",
                       x_products="product_default_visibility", x_access_to_deals="deal_access_level",
                       x_access_to_organizations="org_access_level", x_access_to_people="person_access_level",
                       x_access_to_products="product_access_level"),
        ),
        Listing(
            name="boards", kind=Kind.SCHEMA, path="/api/v2/boards", records="data", key="name", id="id",
            spends=V2_LIST, always=("label",), every=HOURLY, evidence={"at": "update_time"},
            facts=keep(label="name", x_place="order_nr"), link=f"{APP}/projects/board",
        ),
        Listing(
            name="phases", kind=Kind.SCHEMA, for_each="boards", path="/api/v2/phases", records="data", key="name",
            params={"board_id": "{parent.id}"}, scope="{parent.key}.phases", id="id", spends=V2_LIST, every=HOURLY,
            always=("label",), evidence={"at": "update_time"}, facts=keep(label="name", x_place="order_nr"),
            link=f"{APP}/projects/board",
        ),
        Listing(
            name="project-templates", kind=Kind.TEMPLATE, path="/api/v2/projectTemplates", records="data", paging=PAGES,
            key="to_string(id)", id="id", spends=V2_LIST, always=("x_board",), every=HOURLY,
            evidence={"at": "update_time"},
            facts=keep("description", label="title", owner="to_string(owner_id)", x_board="projects_board_id"),
        ),
        Listing(
            name="add-ons", kind=Kind.PLATFORM, path="/v1/billing/subscriptions/addons", records="data", key="code",
            facts=keep(label="code"), always=("label",), every=6 * HOURLY, spends=LIST,
            link=f"{APP}/settings/billing",
        ),
        Listing(
            name="webhooks", kind=Kind.SYNC, path="/v1/webhooks", records="data", key="id", id="id", spends=10,
            always=("trigger", "enabled"), link=f"{APP}/settings/webhooks",
            facts=keep(label="name", target="host(subscription_url)", x_address_digest="digest(subscription_url)",
                       trigger="join('.', [event_action, event_object])", enabled="is_active == `1`",
                       api_version="version", native_type="type"),
            evidence={"at": "add_time", "status": "last_http_status"},
            health={"state": "is_active != `1` && 'off' || last_http_status && "
                    "(last_http_status < `300` && 'delivered' || 'refused') || 'quiet'",
                    "succeeded_at": "last_http_status < `300` && last_delivery_time || null",
                    "failed_at": "last_http_status >= `300` && last_delivery_time || null"},
            states={"delivered": "ok", "refused": "failing", "off": "disabled"},
        ),
    ),
)  # fmt: skip
