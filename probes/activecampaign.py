"""ActiveCampaign, API v3. https://developers.activecampaign.com/reference/overview

Least grants: the key of a user of its own, in a group of its own. Keys have no scopes: a key may do what the groups of
its user may, and no answer tells which those are.

Where the facts are from: a copy of the OpenAPI of the vendor's reference, with its examples, that others collected
(api-evangelist/activecampaign, openapi/_original): every path and key, and the words of types, from its create
requests. The vendor's own pages were not read one by one, so that this file is unproven. The vendor asks that the
address be copied from Settings > Developer and never be put together from the account's name. Numbers and booleans are
texts ("1"), totals too, so that a list ends with an empty page. Options of contact fields stand beside the fields and
are joined here by their field. Five requests a second for an account, all keys together. Errors are `{errors: [{title,
detail}]}`. Not verified: that every list heeds limit and offset (the reference says so in general); words of an
automation's and a score's status (1 is read as active); whether pipelines that the user's groups do not have are left
out in silence, which is taken to be so; the body of a wrong key's 403; words of a campaign's type, and that it is off
at 0, 3 and 4 (draft, paused, stopped), which are those of API v1, and that each issue of a recurring campaign is one of
its own, with the source "recurr".

Links lead to <account>.activehosted.com, where the account is the first part of the address of the API. They, and the
pages of contact fields, pipelines, automations and forms, are known from public code alone. Of all else no address was
found.

Not to be had: which users are in which group, the steps of an automation, deliveries of webhooks, who changed
something, segments (no list of them is in the reference: a campaign tells the number of its own). Not read: contacts,
deals, campaigns that are sent once, tags, which people and forms make every day, messages (their list brings the whole
text of each), telephone numbers and signatures; tokens that a list keeps for social networks. Addresses of feeds, of
webhooks and of forms' thank-you pages leave as host, those of feeds and webhooks as digest too.
"""

from __future__ import annotations

from typing import Any

from probes.kit.api import Answer, Ask, Client
from probes.kit.auth import Header, Scheme
from probes.kit.coded import made, once
from probes.kit.contract import Kind, Malformed, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, keep
from probes.kit.paging import Paging

HOURLY = 3600.0
APP = "https://{account}.activehosted.com"
PAGES = Paging(style="offset", into="offset", size=100, size_into="limit")
TYPES = {
    "text": "text", "textarea": "long_text", "date": "date", "datetime": "datetime", "dropdown": "option",
    "radio": "option", "listbox": "multi_option", "multiselect": "multi_option", "checkbox": "multi_option",
    "hidden": "text", "currency": "currency", "number": "decimal", "*": "any",
}  # fmt: skip
MAY = (
    "pgListAdd", "pgListEdit", "pgListDelete", "pgMessageAdd", "pgMessageEdit", "pgMessageDelete",
    "pgMessageSend", "pgContactAdd", "pgContactEdit", "pgContactDelete", "pgContactMerge", "pgContactImport",
    "pgContactExport", "pgContactSync", "pgContactFields", "pg_user_add", "pg_user_edit", "pg_user_delete",
    "pgGroupAdd", "pgGroupEdit", "pgGroupDelete", "pgTemplateAdd", "pgTemplateEdit", "pgTemplateDelete",
    "pgAutomationManage", "pgFormEdit", "pgReportsCampaign", "pgReportsList", "pgDeal", "pgDealDelete",
    "pgDealReassign", "pgDealGroupAdd", "pgDealGroupEdit", "pgDealGroupDelete",
)  # fmt: skip
# What sends by itself; a campaign of an automation is a "single" that the automation sends.
BY_ITSELF = ("source != 'recurr' && (to_string(seriesid || '0') != '0' || "
             "contains(['recurring', 'responder', 'reminder', 'special', 'activerss'], type))")  # fmt: skip
REMINDS = "join(' ', [reminder_offset_sign, reminder_offset, reminder_offset_type, reminder_type, reminder_field])"
POWERS = "[" + ", ".join(f"to_string({name}) == '1' && '{name}'" for name in MAY) + "][?@]"


async def identity(api: Client) -> Vantage:
    """The key's user. An account is known by its name, the first part of its host: so are its pages."""
    me: dict[str, Any] = (await api.ask(Ask("/api/3/users/me"))).value("user")
    name = api.base.partition("//")[2].partition("/")[0].partition(".")[0]
    return Vantage(
        account=name,
        account_name=name,
        subject=str(me.get("email") or me["username"]),
        grants=frozenset(),
        api_version="3",
        silent=frozenset({Kind.SCHEMA}),
    )


@once
async def contact_fields(api: Client) -> Answer:
    """The fields of contacts with their options, which stand beside them in the same answers."""
    fields: list[dict[str, Any]] = []
    options: dict[str, list[Any]] = {}
    while True:
        params = {"limit": PAGES.size, "offset": len(fields)}
        page = (await api.ask(Ask("/api/3/fields", params))).value()
        rows, beside = page.get("fields"), page.get("fieldOptions")
        if not isinstance(rows, list) or not isinstance(beside, list):
            raise Malformed("the answer has no fields or fieldOptions")
        for one in beside:
            options.setdefault(str(one["field"]), []).append(one)
        if not rows:
            break
        if fields and rows[0]["id"] in {row["id"] for row in fields}:
            raise Malformed("a page of fields came twice")
        fields += rows
    joined = [{**row, "choices": options.get(str(row["id"]), [])} for row in fields]
    return made({"fields": joined})


def meta(of: str) -> Listing:
    """Custom fields of accounts and of deals, which the vendor tells in one shape."""
    path = f"{of}CustomFieldMeta"
    return Listing(
        name=f"{of}-fields", kind=Kind.FIELD, scope=of, path=f"/api/3/{path}", records=path, paging=PAGES, id="id",
        key="personalization || fieldLabel", words={"type": TYPES}, always=("type",),
        facts=keep(label="fieldLabel", type="fieldType", native_type="fieldType", default="fieldDefault",
                   required="to_string(isRequired) == '1'", form_field="to_string(isFormVisible) == '1'",
                   hidden="to_string(hideFieldFlag) == '1'",
                   x_currency="fieldDefaultCurrency", options="fieldOptions[].{value: @}"),
    )  # fmt: skip


VENDOR = Vendor(
    name="activecampaign",
    title="ActiveCampaign",
    docs="https://developers.activecampaign.com/reference/overview",
    base="https://{options.host}",
    hosts=("{base}",),
    schemes={
        "token": Scheme(
            fields=("token",),
            build=lambda given: Header(given, Api_Token="{token}"),  # noqa: S106  a template
            note="Settings > Developer > API Access > Key, signed in as a user of its own.",
        )
    },
    options={"host": OptionSpec(default="", says="host of the URL in Settings > Developer: northwind.api-us1.com")},
    errors=Errors(message="errors[0].detail || errors[0].title || message"),
    limits={"default": Limit(key="{host}", rate=4, per=1, concurrency=2)},
    identity=identity,
    grants_told=False,
    weaker="Beside pipelines, a user whose groups may not see a list is refused (403); this was not verified.",
    notes=(
        "Pipelines that the groups of the key's user do not have may be left out in silence.",
        "Custom objects are of the higher plans: another account is refused them.",
        "No answer tells the plan: what may be used is what the groups are held to.",
    ),
    exempt={"cursor": "lists go on by offset"},
    listings=(
        Listing(
            name="contact-fields", kind=Kind.FIELD, scope="contact", fetch=contact_fields, per_fetch=2,
            records="fields", key="perstag", id="id", words={"type": TYPES}, always=("type", "label"),
            link=f"{APP}/app/fields/contacts",
            facts=keep(label="title", description="descript", type="type || 'any'", native_type="type",
                       required="isrequired == '1'", form_field="visible == '1'", default="defval", x_service="service",
                       options="choices[].{value: value, label: label}"),
        ),
        meta("account"),
        meta("deal"),
        Listing(
            name="objects", kind=Kind.SCHEMA, path="/api/3/customObjects/schemas", records="schemas", paging=PAGES,
            key="slug", id="id", always=("label", "x_fields"), unordered=("x_fields", "x_relationships"),
            facts=keep("description", label="labels.singular", plural_label="labels.plural", x_visibility="visibility",
                       x_fields="fields[].{id: id, type: type, required: required}",
                       x_relationships="relationships[].{id: id, to: namespace, many: hasMany}"),
        ),
        Listing(
            name="lists", kind=Kind.SCHEMA, path="/api/3/lists", records="lists", paging=PAGES, key="stringid", id="id",
            facts=keep(label="name", x_private="private == '1'", x_tracking="p_use_tracking == '1'",
                       x_reminder_digest="digest(sender_reminder)"),
            always=("label",),
        ),
        Listing(
            name="pipelines", kind=Kind.SCHEMA, path="/api/3/dealGroups", records="dealGroups", paging=PAGES,
            key="title", id="id", always=("x_currency",), link=f"{APP}/app/deals?pipeline={{id}}",
            facts=keep(label="title", x_currency="currency", x_all_groups="to_string(allgroups) == '1'",
                       x_all_users="to_string(allusers) == '1'", x_assigns="to_string(autoassign) == '1'"),
        ),
        Listing(
            name="stages", kind=Kind.SCHEMA, for_each="pipelines", path="/api/3/dealStages", records="dealStages",
            params={"offset": 0, "filters[d_groupid]": "{parent.id}"}, paging=PAGES, key="title", id="id",
            always=("label",),
            facts=keep(label="title", x_place="to_number(order)"), evidence={"at": "udate"},
            link=f"{APP}/app/deals?pipeline={{parent.id}}",
        ),
        Listing(
            name="groups", kind=Kind.PERMISSION, path="/api/3/groups", records="groups", paging=PAGES, key="title",
            id="id", always=("powers",), every=HOURLY,
            facts=keep(label="title", export="pgContactExport == '1'", manage_users="pg_user_edit == '1'",
                       customize="pgContactFields == '1'", powers=POWERS),
        ),
        Listing(
            name="users", kind=Kind.PERMISSION, path="/api/3/users", records="users", paging=PAGES, id="id",
            key="email || username", person=True, facts=keep("email"), always=("email",), every=HOURLY,
        ),
        Listing(
            name="automations", kind=Kind.AUTOMATION, path="/api/3/automations", records="automations", paging=PAGES,
            key="name", id="id", always=("status",), evidence={"at": "mdate"}, link=f"{APP}/series/{{id}}",
            facts=keep("status", label="name", active="status == '1'", x_hidden="hidden == '1'"),
        ),
        Listing(
            name="scores", kind=Kind.AUTOMATION, path="/api/3/scores", records="scores", paging=PAGES, key="name",
            id="id", always=("object",), evidence={"at": "mdate"}, every=HOURLY,
            facts=keep("status", label="name", description="descript", object="reltype", active="status == '1'"),
        ),
        Listing(
            name="campaigns", kind=Kind.AUTOMATION, path="/api/3/campaigns", records="campaigns", paging=PAGES,
            where=BY_ITSELF, key="to_string(id)", id="id", always=("active", "native_type"), every=HOURLY,
            evidence={"at": "mdate", "status": "status"}, link=f"{APP}/app/campaigns/{{id}}",
            facts=keep(label="name", native_type="type", active="!contains(['0', '3', '4'], to_string(status))",
                       x_automation="to_string(seriesid) != '0' && seriesid || null",
                       x_segment="to_string(segmentid) != '0' && segmentid || null",
                       x_recurs="type == 'recurring' && recurring || null",
                       trigger="type == 'responder' && responder_type || null",
                       x_after="type == 'responder' && responder_offset || null",
                       x_reminds=f"type == 'reminder' && {REMINDS} || null",
                       x_feed_every="type == 'activerss' && activerss_interval || null",
                       x_feed="type == 'activerss' && host(activerss_url) || null",
                       x_feed_digest="type == 'activerss' && digest(activerss_url) || null"),
        ),
        Listing(
            name="forms", kind=Kind.TEMPLATE, path="/api/3/forms", records="forms", paging=PAGES, key="name", id="id",
            evidence={"at": "udate"}, always=("x_fields",), link=f"{APP}/app/forms/{{id}}",
            facts=keep(label="name", x_fields="cfields[].{type: type, label: header, required: required}",
                       x_actions="actiondata.actions[].{type: type, list: list}", x_after="submit",
                       x_leads_to="host(submitdata.url)", x_double_optin="options.sendoptin"),
        ),
        Listing(
            name="webhooks", kind=Kind.SYNC, path="/api/3/webhooks", records="webhooks", paging=PAGES, key="name",
            id="id", always=("x_events",), unordered=("x_events", "x_sources"), link=f"{APP}/app/settings/developer",
            facts=keep(label="name", target="host(url)", x_address_digest="digest(url)", x_events="events",
                       x_sources="sources", x_list="listid"),
        ),
        Listing(
            name="connections", kind=Kind.SYNC, path="/api/3/connections", records="connections", paging=PAGES,
            key="[service, name]", id="id", always=("source",), every=HOURLY,
            facts=keep(label="name", source="service", x_account_digest="digest(externalid)",
                       x_internal="to_string(isInternal) == '1'", x_list="to_string(listId) != '0' && listId || null"),
            evidence={"at": "udate", "began": "lastSync"},
            health={"state": "to_string(status) == '0' && 'error' || to_string(syncStatus) == '1' && 'syncing' || "
                             "'connected'"},
            states={"connected": "ok", "syncing": "running", "error": "failing"},
        ),
        Listing(
            name="variables", kind=Kind.TEMPLATE, path="/api/3/personalizations", records="personalizations",
            paging=PAGES, key="tag", id="id", always=("native_type",), every=HOURLY,
            facts=keep(label="name", native_type="format", x_lists="listIds", x_locked="isLocked",
                       x_text_digest="digest(content)"),
        ),
        Listing(
            name="saved-replies", kind=Kind.TEMPLATE, path="/api/3/savedResponses", records="savedResponses",
            paging=PAGES, key="to_string(id)", id="id", always=("x_text_digest",), every=HOURLY,
            facts=keep("subject", label="title", x_text_digest="digest(body)"),
            evidence={"at": "mdate", "created": "cdate"},
        ),
        Listing(
            name="limits", kind=Kind.PLATFORM, path="/api/3/groupLimits", records="groupLimits", paging=PAGES,
            key="join('-', ['group', to_string(groupid)])", id="id", always=("x_contacts",), every=6 * HOURLY,
            facts=keep(x_mails="limitMail", x_mails_per="limitMailType", x_contacts="limitContact", x_lists="limitList",
                       x_campaigns="limitCampaign", x_campaigns_per="limitCampaignType", x_users="limitUser",
                       x_attachments="limitAttachment", x_abuse_ratio="abuseRatio"),
        ),
        Listing(
            name="site-tracking", kind=Kind.PLATFORM, path="/api/3/siteTracking", records="siteTracking", single=True,
            key="'site-tracking'", facts=keep("enabled"), always=("enabled",), every=HOURLY,
            link=f"{APP}/app/settings/tracking",
        ),
    ),
)  # fmt: skip
