"""Mailchimp, Marketing API 3.0. https://mailchimp.com/developer/marketing/api/

Least grants: an API key of a user of its own. Keys have no scopes: a key may do what its user's role may, so that the
role stands in the vantage. A key ends in its data center ("-us19"), which is the first word of the host.

Where the facts are from: the vendor's own SDKs, generated from its API definition (mailchimp-marketing 3.0.80 on PyPI
for paths, parameters and pages; mailchimp-marketing-typescript-sdk, src/api/types, for every key that is read), and for
stores, sites and landing pages that definition itself, as others keep it. A list goes on by `offset` to `total_items`,
1,000 at most. Webhooks, domains and landing pages have no pages, only the total. That `web_id` is what the page of an
audience is asked for by stands in its description there. Errors are problem details, `{type, title, status, detail,
instance}`. Not verified: that 10 requests at once are allowed to a user, of which 4 are used; whether a category of the
type hidden takes one interest or several (it is of no type here); whether a condition of a segment names a merge field
by its tag or by its number, so that any field may be used by one. A store tells whether it is syncing, and nothing of
how a sync went.

Pages that links open are from public code, but those of an audience and of a campaign, which the API's description
tells, and that of a store's app, which is in the vendor's own plugin for WooCommerce. Merge fields, groups and segments
have pages by the number of their audience; webhooks and interests lead to the list of audiences. Of classic
automations, connected apps and landing pages no page was found.

`look`: what is known by its id alone, which are feeds and landing pages; a role or plan that may not see is 403
Forbidden, what there is not is 404 Resource Not Found (the API's page on errors). No `who`: the account's activity
(chimp-chatter) names no user; a template's `edited_by` is evidence.

Not to be had: users of the account (a connected app names those who linked it), customer journeys, which is what the
vendor sells in place of classic automations (their one path starts a step), forms' own fields (a field says whether it
is on the form), who changed a field. Not read: contacts, campaigns that are sent once (those that follow an RSS feed
send by themselves, and are read), tags (segments of the type static, which people make every day), what a segment's
conditions ask beyond a digest, statistics, addresses of the account and of stores, contents of landing pages, webhooks
of batches. `signing_secret` of a webhook is told once, when it is made, and never read; a webhook's address leaves as
host and digest, the script of a site as digest.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from probes.kit.api import Ask, Client
from probes.kit.auth import Basic, Scheme, bearer
from probes.kit.contract import Absent, Kind, Ref, Rejected, Unsupported, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Found, Listing, OptionSpec, Vendor, keep
from probes.kit.paging import Paging
from probes.kit.verified import Verified

HOURLY = 3600.0
APP = "https://{options.datacenter}.admin.mailchimp.com"
PAGES = Paging(style="offset", into="offset", size=1000, size_into="count", total="total_items")
TYPES = {
    "text": "text", "number": "decimal", "address": "address", "phone": "phone", "date": "date", "url": "url",
    "imageurl": "url", "radio": "option", "dropdown": "option", "birthday": "text", "zip": "text", "*": "any",
}  # fmt: skip
CHOICES = {"checkboxes": "multi_option", "dropdown": "option", "radio": "option", "*": "any"}


async def identity(api: Client) -> Vantage:
    """The account, and the role of the key's user in it, which is all that a key may do."""
    root: dict[str, Any] = (await api.ask(Ask("/3.0/"))).value()
    return Vantage(
        account=str(root["account_id"]),
        account_name=str(root.get("account_name") or ""),
        subject=str(root.get("username") or root.get("login_id") or "API key"),
        grants=frozenset({f"role:{root.get('role')}"}),
        api_version="3.0",
    )


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """A feed or a landing page, by its id."""
    paths = {Ref(Kind.AUTOMATION, "feeds"): "campaigns", Ref(Kind.TEMPLATE, "landing-pages"): "landing-pages"}
    if ref not in paths:
        raise Unsupported(f"Mailchimp is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    try:
        return Found(ref.name, (await api.ask(Ask(f"/3.0/{paths[ref]}/{quote(key, safe='')}"))).value())
    except Rejected as fault:
        if fault.code == "Resource Not Found":
            return Absent(fault.code)
        raise


def without(rows: str, *heavy: str) -> dict[str, str]:
    """What every answer has and nobody reads: links, and counts that change by the minute."""
    return {"exclude_fields": ",".join(["_links", *(f"{rows}.{name}" for name in ("_links", *heavy))])}


VENDOR = Vendor(
    name="mailchimp",
    title="Mailchimp",
    docs="https://mailchimp.com/developer/marketing/api/",
    base="https://{options.datacenter}.api.mailchimp.com",
    hosts=("api.mailchimp.com",),
    schemes={
        "basic": Scheme(
            fields=("user", "api_key"),
            build=lambda given: Basic(given, user="user", password="api_key"),  # noqa: S106  fields' names
            note="Profile > Extras > API keys > Create A Key, of a user of its own; as user any word does.",
        ),
        "token": bearer("An access token of an OAuth app, which a user of its own has linked."),
    },
    options={"datacenter": OptionSpec(default="us1", says="what stands after the hyphen of the API key, such as us19")},
    errors=Errors(code="title", message="detail"),
    limits={"default": Limit(key="{integration}", rate=5, per=1, concurrency=4)},
    verified=Verified("docs", "2026-11-23"),
    identity=identity,
    look=look,
    absent="404 Resource Not Found; a role or plan that may not is 403: mailchimp.com/developer/marketing/docs/errors",
    notes=(
        "The role of the key's user is the only right there is; an app or a domain that it may not see is refused.",
        "Customer journeys are not in the API: `automations` are classic automations.",
    ),
    listings=(
        Listing(
            name="audiences", kind=Kind.SCHEMA, path="/3.0/lists", params=without("lists", "stats"), records="lists",
            paging=PAGES, key="name", id="id", always=("x_double_optin",),
            facts=keep(label="name", x_double_optin="double_optin", x_marketing_permissions="marketing_permissions",
                       x_email_type_option="email_type_option", x_language="campaign_defaults.language",
                       x_page="web_id", x_reminder_digest="digest(permission_reminder)"),
            link=f"{APP}/lists/members/?id={{row.web_id}}",
        ),
        Listing(
            name="fields", kind=Kind.FIELD, for_each="audiences", path="/3.0/lists/{parent.id}/merge-fields",
            params=without("merge_fields"), records="merge_fields", paging=PAGES, key="tag", id="merge_id",
            words={"type": TYPES}, always=("type", "required"),
            facts=keep("type required", label="name", native_type="type", help="help_text", default="default_value",
                       form_field="public", date_hint="options.date_format", x_phone_format="options.phone_format",
                       x_default_country="options.default_country", x_size="options.size",
                       options="options.choices[].{value: @}"),
            link=f"{APP}/lists/settings/merge-tags?id={{parent.x_page}}",
        ),
        Listing(
            name="groups", kind=Kind.FIELD, for_each="audiences", path="/3.0/lists/{parent.id}/interest-categories",
            params=without("categories"), records="categories", paging=PAGES, scope="{parent.key}.groups",
            key='["@parent".key, title]', id="id", words={"type": CHOICES}, always=("type", "x_list"),
            facts=keep("type", label="title", native_type="type", hidden="type == 'hidden'", x_list="list_id"),
            link=f"{APP}/lists/dashboard/groups?id={{parent.x_page}}",
        ),
        Listing(
            name="interests", kind=Kind.FIELD, for_each="groups", params=without("interests", "subscriber_count"),
            path="/3.0/lists/{parent.x_list}/interest-categories/{parent.id}/interests", records="interests",
            paging=PAGES, key="name", id="id", facts=keep(label="name", type="'boolean'"), always=("label",),
            link=f"{APP}/lists/",
        ),
        Listing(
            name="webhooks", kind=Kind.SYNC, for_each="audiences", path="/3.0/lists/{parent.id}/webhooks",
            params=without("webhooks"), records="webhooks", paging=Paging(total="total_items"), key="id", id="id",
            facts=keep(target="host(url)", x_address_digest="digest(url)", x_events="events", x_sources="sources",
                       x_signed="signing_enabled"),
            always=("x_events",), link=f"{APP}/lists/",
        ),
        Listing(
            name="automations", kind=Kind.AUTOMATION, path="/3.0/automations", records="automations", paging=PAGES,
            params=without("automations", "report_summary", "emails_sent"), key="settings.title", id="id",
            facts=keep("status", label="settings.title", active="status == 'sending'", object="recipients.list_name",
                       trigger="trigger_settings.workflow_type", x_emails="trigger_settings.workflow_emails_count",
                       x_runtime="trigger_settings.runtime", x_audience_active="recipients.list_is_active"),
            always=("status", "trigger"),
        ),
        Listing(
            name="feeds", kind=Kind.AUTOMATION, path="/3.0/campaigns", records="campaigns", paging=PAGES, key="id",
            params={"type": "rss", **without("campaigns", "report_summary", "emails_sent", "delivery_status")},
            where="!parent_campaign_id", always=("status", "trigger"), every=HOURLY,
            facts=keep("status", label="settings.title", active="contains(['sending', 'schedule'], status)",
                       object="recipients.list_name", trigger="rss_opts.frequency", x_source="host(rss_opts.feed_url)",
                       x_feed_digest="digest(rss_opts.feed_url)", x_hour="rss_opts.schedule.hour",
                       x_days="rss_opts.schedule.daily_send", x_week_day="rss_opts.schedule.weekly_send_day",
                       x_month_day="rss_opts.schedule.monthly_send_date",
                       x_segment="recipients.segment_opts.saved_segment_id", x_opens="tracking.opens",
                       x_clicks="tracking.html_clicks", x_audience_active="recipients.list_is_active"),
            link=f"{APP}/campaigns/show/?id={{row.web_id}}",
        ),
        Listing(
            name="segments", kind=Kind.AUTOMATION, for_each="audiences", path="/3.0/lists/{parent.id}/segments",
            params={"type": "saved", **without("segments", "member_count")}, records="segments", paging=PAGES,
            scope="{parent.key}.segments", key="to_string(id)", id="to_string(id)", every=HOURLY,
            facts=keep(label="name", native_type="type", object='"@parent".key', reads="options.conditions[].field",
                       opaque="`true`", x_match="options.match", x_values_digest="digest(options.conditions[].value)",
                       x_conditions="options.conditions[].{type: condition_type, field: field, op: op}"),
            unordered=("x_conditions",), always=("native_type",), evidence={"at": "updated_at"},
            link=f"{APP}/lists/segments?id={{parent.x_page}}",
        ),
        Listing(
            name="templates", kind=Kind.TEMPLATE, path="/3.0/templates", records="templates", paging=PAGES,
            params={"type": "user", **without("templates")}, key="name", id="id", always=("native_type",), every=HOURLY,
            facts=keep("active", label="name", native_type="type", x_content="content_type", x_responsive="responsive",
                       x_drag_and_drop="drag_and_drop"),
            evidence={"at": "date_edited", "by": "edited_by"}, link=f"{APP}/templates/edit?id={{id}}",
        ),
        Listing(
            name="landing-pages", kind=Kind.TEMPLATE, path="/3.0/landing-pages", records="landing_pages", key="id",
            params={"count": 1000, **without("landing_pages")}, paging=Paging(total="total_items"), id="id",
            always=("active",), every=HOURLY, evidence={"at": "updated_at", "status": "status"},
            facts=keep(label="name", active="status == 'published'", x_list="list_id", x_store="store_id",
                       x_template="template_id", x_tracks="tracking.track_with_mailchimp"),
        ),
        Listing(
            name="stores", kind=Kind.SYNC, path="/3.0/ecommerce/stores", records="stores", paging=PAGES, id="id",
            params=without("stores", "address", "phone", "email_address", "connected_site"), key="domain || name",
            always=("target", "enabled"), evidence={"at": "updated_at"},
            facts=keep(label="name", source="domain", target="list_id", native_type="platform",
                       enabled="list_is_active", x_currency="currency_code", x_timezone="timezone",
                       x_language="primary_locale", x_abandoned_cart="automations.abandoned_cart.status",
                       x_abandoned_browse="automations.abandoned_browse.status"),
            health={"state": "!list_is_active && 'unlisted' || is_syncing && 'syncing' || 'idle'"},
            states={"unlisted": "disabled", "syncing": "running", "idle": "unknown"},
            link=f"{APP}/integrations/manage?name={{row.platform}}",
        ),
        Listing(
            name="sites", kind=Kind.PLATFORM, path="/3.0/connected-sites", params=without("sites"), records="sites",
            paging=PAGES, key="domain || foreign_id", id="foreign_id", always=("domain",), every=HOURLY,
            facts=keep("domain", x_platform="platform", x_store="store_id", x_script_digest="digest(site_script)"),
            evidence={"at": "updated_at"}, link=f"{APP}/account/connected-sites/",
        ),
        Listing(
            name="apps", kind=Kind.PERMISSION, path="/3.0/authorized-apps", params=without("apps"), records="apps",
            paging=PAGES, key="name", id="id", facts=keep(label="name", members="users"), people=("members",),
            always=("label",), every=HOURLY,
        ),
        Listing(
            name="domains", kind=Kind.PLATFORM, path="/3.0/verified-domains", records="domains", key="domain",
            paging=Paging(total="total_items"), always=("status",), every=HOURLY,
            facts=keep("status", x_verified="verified", x_authenticated="authenticated",
                       x_free_provider="is_free_email_provider"), link=f"{APP}/account/domains/",
        ),
        Listing(
            name="account", kind=Kind.PLATFORM, path="/3.0/", params={"fields": "account_name,account_timezone,"
            "pricing_plan_type,account_industry"}, key="'account'", every=HOURLY, always=("label",),
            single=True,
            facts=keep(label="account_name", timezone="account_timezone", plan="pricing_plan_type",
                       x_industry="account_industry"), link=f"{APP}/account/profile/",
        ),
    ),
)  # fmt: skip
