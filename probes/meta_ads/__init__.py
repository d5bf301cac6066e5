"""Meta Ads, Marketing API v26.0. https://developers.facebook.com/documentation/ads-commerce/marketing-api

Least grants: the token of a system user of role Employee (Business settings > Users > System users > Generate token,
without an end) with ads_read, and business_management and catalog_management where people and catalogues are to be
read; the ad account assigned to it with the task "View performance", each catalogue with "View". `Require app secret`
of the app has to be off. The token goes into a header, never into an address: `paging.next` has it in its address, so
pages are asked for by their cursor, and what a token may do is asked of /me/permissions, not of debug_token.

Where the facts are from: names of fields and edges from the vendor's official SDK (facebook_business 26.0.3, whose
version is v26.0); headers of usage, tiers and codes of limits from its page on rate limits (of 2026-05); versions from
its changelog (v26.0 is of 2026-07-29, its end is open; those before lived 8 to 13 months); 471 of `operation_status`,
an audience that was flagged, from its page on custom audiences; rules from its pages on ad rules (evaluation spec, API
calls). Not verified: other codes of `operation_status` than 200, 441 and 471 (they are "unknown"); that
`facebook-api-version` tells the version that answered where an ended one falls forward (it is told in the vantage if
so); `tasks` of assigned users; that a system user's token is told by /me/permissions (if it is not, grants are empty).

Whether ads_read is enough for automated rules is not settled: the pages of today name no permission for reading them,
only the error 200; one of 2017 (v2.11) named ads_management, and CloudQuery's connector says that some of its tables,
not which, take that. It may change ads, so it is never asked for here: who is refused has the kind denied, and may
switch its watch off. Of the people that a rule notifies nothing is read, nor its runs (a request a rule).

Links: campaigns, audiences, settings and catalogues as much public code opens them, the pixel's likewise; rules by a
path that stands in Meta's own pages (/ads/manager/rules/management); custom conversions from one application alone; of
a feed no page was found, so its catalogue is opened. No `look`: an object without a right on it and one that does not
exist are one error (100, subcode 33), so nothing is gone by it.

Not to be had: events that arrive by their names and parameters without their counts, forms of lead ads without a
page's own token. Not read: ads, ad sets, budgets, money spent, sizes and match rates, the code of pixels, members of
audiences; addresses of feeds leave as host and digest, their user never.
"""

from __future__ import annotations

from typing import Any, Final

from probes.kit.api import Ask, Client, several
from probes.kit.auth import bearer
from probes.kit.contract import Kind, Rejected, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, View, keep
from probes.kit.verified import Verified

from .told import PAGES, VERSION, pace, who

ACT: Final = f"/{VERSION}/act_{{options.account}}"
READ, MANAGE, CATALOG = ("ads_read",), ("business_management",), ("catalog_management",)
HOURLY: Final = 3600.0
# https://developers.facebook.com/docs/marketing-api/reference/ad-account
STATUSES = {
    "1": "active", "2": "disabled", "3": "unsettled", "7": "pending risk review", "8": "pending settlement",
    "9": "in grace period", "100": "pending closure", "101": "closed", "201": "any active", "202": "any closed",
}  # fmt: skip
CONVERSIONS = "https://business.facebook.com/events_manager2/custom_conversions"
FIRED = "is_unavailable && 'unavailable' || last_fired_time && 'fired' || 'never'"
FEED = (
    "!(latest_upload.start_time) && 'none' || !(latest_upload.end_time) && 'running' ||"
    " latest_upload.error_count > `0` && latest_upload.num_persisted_items == `0` && 'failed' || 'done'"
)
PLAN = "[schedule, update_schedule][?@] | [0]"
OPTION = "field operator value amount limit unit target_field"  # a value may be a change_spec
FILTERS = "evaluation_spec.filters"
APPLIED = f"({FILTERS}[?field == 'entity_type'].value | [0])"
# Campaigns that a rule names: those it is applied to, or those above the ads and ad sets that it is applied to.
RULED = (
    f"[{APPLIED} == 'CAMPAIGN' && {FILTERS}[?field == 'id'].value[] || `[]`,"
    f" {FILTERS}[?field == 'campaign.id'].value[]][].join('', [to_string(@), '/'])"
)


async def identity(api: Client) -> Vantage:
    """The ad account and the token's user, with what was granted and what the user may do with the account."""
    fields = "account_id,name,user_tasks"
    answer = await api.ask(Ask(f"/{VERSION}/act_{api.options['account']}", {"fields": fields}))
    account: dict[str, Any] = answer.value()
    me: dict[str, Any] = (await api.ask(Ask(f"/{VERSION}/me", {"fields": "id,name"}))).value()
    try:
        told = several((await api.ask(Ask(f"/{VERSION}/me/permissions"))).value("data"), "permissions")
    except Rejected:
        told = []
    granted = {str(one["permission"]) for one in told if one.get("status") == "granted"}
    return Vantage(
        account=str(account["account_id"]),
        account_name=str(account.get("name") or ""),
        subject=f"{me.get('name') or 'user'} ({me['id']})",
        grants=frozenset(granted | {f"task {task}" for task in several(account.get("user_tasks"), "user_tasks")}),
        api_version=answer.headers.get("facebook-api-version", VERSION),
    )


def edge(name: str, kind: Kind, path: str, fields: str, **more: Any) -> Listing:
    """A list of rows with the fields that are asked for: without them each row would be its id."""
    usual = {"records": "data", "paging": PAGES, "params": {"fields": fields}, "key": "id", "id": "id",
             "every": HOURLY, "needs": READ}  # fmt: skip
    if path.startswith("{parent."):
        path = f"/{VERSION}/{path}"
        usual |= {"for_each": "account", "only": "x_business"}
    return Listing(name=name, kind=kind, path=path, **{**usual, **more})


VENDOR = Vendor(
    name="meta-ads",
    title="Meta Ads",
    docs="https://developers.facebook.com/documentation/ads-commerce/marketing-api",
    verified=Verified("docs", "2026-11-23"),
    base="https://graph.facebook.com",
    hosts=("facebook.com",),
    schemes={
        "token": bearer(
            "Business settings > Users > System users: one of role Employee, the ad account assigned to it with View "
            "performance; Generate token with ads_read, business_management and catalog_management."
        )
    },
    options={"account": OptionSpec(says="number of the ad account, without act_")},
    errors=Errors(
        failed="error",
        code="error.code && to_string(error.code)",
        message="error.message",
        faults={
            **{str(code): "denied" for code in (3, 10, *range(200, 300))},
            **{str(code): "throttled 300" for code in (4, 17, 32, 613, *range(80000, 80015))},
            "1": "unreachable", "2": "unreachable", "102": "expired", "190": "expired", "2635": "retired",
        },
    ),
    # At the least 300 an hour and account (Limited access), by the number of active ads; shared with all other tools.
    limits={"default": Limit(key="{integration}", rate=200, per=3600, concurrency=2)},
    pace=pace,
    identity=identity,
    who=who,
    grants={
        "ads_read": "the token's permission, and the task View performance on the ad account",
        "business_management": "the token's permission, for people and system users of the business",
        "catalog_management": "the token's permission, and View on each catalogue",
    },
    grants_told=False,
    weaker="What a token may do is read of /me/permissions; without the right to a thing its lists are an error "
    "(code 100).",
    unseen={
        Kind.FIELD: "Meta has no list of an event's parameters: what is sent is taken",
        Kind.TEMPLATE: "forms of lead ads are shown to a page's own token alone",
    },
    quiet=((Kind.SCHEMA, "campaigns", "campaigns change every day; watch them where their names count"),),
    notes=(
        "A version lives about two years in the Graph API, but only some months in the Marketing API: calls then fail.",
        "Whether automated rules are shown to ads_read is not known: where they are refused, switch their watch off.",
        "Other tools of the same app and account use the same limit: this reading gives way from 90 per cent on.",
        "What was deleted is not listed; custom conversions are only archived, and stay with that mark.",
    ),
    listings=(
        Listing(
            name="account", kind=Kind.PLATFORM, path=ACT, key="account_id", id="account_id", needs=READ, single=True,
            params={"fields": "account_id,name,account_status,disable_reason,currency,timezone_name,business{id,name},"
                    "default_dsa_beneficiary,default_dsa_payor,attribution_spec"},
            words={"status": STATUSES}, always=("status", "currency"),
            facts=keep("currency", label="name", status="account_status", timezone="timezone_name",
                       x_business="business.id", x_disabled_for="disable_reason",
                       x_attribution="attribution_spec[].{event_type: event_type, window_days: window_days}",
                       x_beneficiary="default_dsa_beneficiary", x_payor="default_dsa_payor"),
            unordered=("x_attribution",),
            link="https://business.facebook.com/settings/ad-accounts/{key}",
            also=(
                View(
                    kind=Kind.SYNC, scope="delivery", key="account_id", single=True, facts={}, needs=READ,
                    health={"state": "account_status", "errors": "disable_reason > `0` && to_string(disable_reason)"
                            " || null"},
                    states={"1": "ok", "9": "ok", "2": "failing", "3": "failing", "7": "paused", "8": "paused",
                            "100": "paused", "101": "disabled"},
                    link="https://adsmanager.facebook.com/adsmanager/manage/campaigns?act={key}",
                ),
            ),
        ),
        edge(
            "pixels", Kind.SYNC, f"{ACT}/adspixels",
            "id,name,data_use_setting,enable_automatic_matching,automatic_matching_fields,first_party_cookie_status,"
            "is_unavailable,is_restricted_use,is_crm,owner_business{id,name},last_fired_time",
            facts=keep(label="name", owner="owner_business.id", x_use="data_use_setting",
                       x_matches="enable_automatic_matching", x_matched_by="automatic_matching_fields",
                       x_cookies="first_party_cookie_status", x_unavailable="is_unavailable",
                       x_restricted="is_restricted_use", x_crm="is_crm"),
            unordered=("x_matched_by",), always=("label",),
            health={"state": FIRED, "succeeded_at": "last_fired_time"},
            states={"fired": "ok", "unavailable": "failing", "never": "unknown"},
            link="https://business.facebook.com/events_manager2/list/pixel/{key}/overview",
        ),
        edge(
            "conversions", Kind.SCHEMA, f"{ACT}/customconversions",
            "id,name,description,custom_event_type,rule,aggregation_rule,default_conversion_value,event_source_type,"
            "retention_days,is_archived,is_unavailable,pixel{id},last_fired_time",
            facts=keep("description", label="name", native_type="custom_event_type", archived="is_archived",
                       x_rule="rule", x_counts="aggregation_rule", x_value="default_conversion_value",
                       x_source="event_source_type", x_days="retention_days", x_unavailable="is_unavailable",
                       x_pixel="pixel.id"),
            always=("label", "native_type"), link=CONVERSIONS,
            also=(
                View(
                    kind=Kind.SYNC, scope="conversions-fired", records="data", key="id", where="!is_archived",
                    facts=keep(object="name"), always=("object",), needs=READ, id="id",
                    health={"state": FIRED, "succeeded_at": "last_fired_time"},
                    states={"fired": "ok", "unavailable": "failing", "never": "unknown"},
                    link=CONVERSIONS,
                ),
            ),
        ),
        edge(
            "audiences", Kind.SCHEMA, f"{ACT}/customaudiences",
            "id,name,description,subtype,rule,retention_days,customer_file_source,data_source,is_value_based,pixel_id,"
            "operation_status,delivery_status,time_content_updated,time_updated",
            facts=keep("description", label="name", native_type="subtype", x_rule="rule", x_days="retention_days",
                       x_source="customer_file_source", x_by_value="is_value_based", x_pixel="pixel_id",
                       x_data="join('/', [data_source.type, data_source.sub_type][?@])"),
            always=("label", "native_type"), evidence={"at": "time_updated"},
            link="https://adsmanager.facebook.com/adsmanager/audiences?act={options.account}",
            also=(
                View(
                    kind=Kind.SYNC, scope="audiences-filled", records="data", key="id", id="id", needs=READ,
                    facts=keep(object="name"), always=("object",),
                    health={"state": "operation_status.code", "succeeded_at": "time_content_updated",
                            "errors": "operation_status.code != `200` && operation_status.description || null"},
                    states={"200": "ok", "441": "running", "471": "failing"},
                    link="https://adsmanager.facebook.com/adsmanager/audiences?act={options.account}",
                ),
            ),
        ),
        edge(
            "campaigns", Kind.SCHEMA, f"{ACT}/campaigns",
            "id,name,objective,configured_status,buying_type,bid_strategy,special_ad_categories,updated_time,"
            "promoted_object{pixel_id,custom_event_type}",
            facts=keep(label="name", enabled="configured_status == 'ACTIVE'", native_type="objective",
                       x_buying="buying_type", x_bids="bid_strategy", x_special="special_ad_categories",
                       x_pixel="promoted_object.pixel_id", x_event="promoted_object.custom_event_type"),
            unordered=("x_special",), always=("label", "enabled"), evidence={"at": "updated_time"},
            link="https://adsmanager.facebook.com/adsmanager/manage/campaigns?act={options.account}",
        ),
        edge(
            "rules", Kind.AUTOMATION, f"{ACT}/adrules_library",
            "id,name,status,evaluation_spec,execution_spec,schedule_spec,updated_time",
            facts=keep("status", label="name", active="status == 'ENABLED'", object=APPLIED, reads=RULED,
                       native_type="evaluation_spec.evaluation_type",
                       trigger="evaluation_spec.trigger && join(' ', [evaluation_spec.trigger.type,"
                       " evaluation_spec.trigger.field][?@]) || schedule_spec.schedule_type",
                       criteria=f"known({FILTERS}, 'field operator value')",
                       actions="[execution_spec.execution_type]",
                       x_does=f"known(execution_spec.execution_options[?field != 'user_ids'], '{OPTION}')",
                       x_once="execution_spec.is_once_off",
                       x_times="known(schedule_spec.schedule, 'days start_minute end_minute')"),
            unordered=("x_does", "x_times"), always=("active", "actions"), evidence={"at": "updated_time"},
            link="https://www.facebook.com/ads/manager/rules/management?act={options.account}",
        ),
        Listing(
            name="account-people", kind=Kind.PERMISSION, for_each="account", only="x_business", needs=MANAGE,
            path=f"{ACT}/assigned_users", scope="{parent.key}.people", records="data", paging=PAGES, key="id", id="id",
            params={"business": "{parent.x_business}", "fields": "id,user_type,tasks"}, every=HOURLY,
            facts=keep(grants="tasks", user_type="user_type", admin="contains(tasks || `[]`, 'MANAGE')"),
            always=("user_type",), link="https://business.facebook.com/settings/ad-accounts/{parent.key}",
        ),
        edge(
            "people", Kind.PERMISSION, "{parent.x_business}/business_users",
            "id,email,pending_email,role,two_fac_status,finance_permission,marked_for_removal",
            key="email || pending_email || id", person=True, scope="{parent.key}.business", needs=MANAGE,
            facts=keep(profile="role", admin="role == 'ADMIN'", x_two_factor="two_fac_status",
                       x_finance="finance_permission", x_leaving="marked_for_removal"),
            always=("profile",), link="https://business.facebook.com/settings/people",
        ),
        edge(
            "system-users", Kind.PERMISSION, "{parent.x_business}/system_users", "id,name,role,finance_permission",
            scope="{parent.key}.system-users", needs=MANAGE, always=("profile",),
            facts=keep(label="name", profile="role", admin="role == 'ADMIN'", x_finance="finance_permission"),
            link="https://business.facebook.com/settings/system-users",
        ),
        edge(
            "catalogs", Kind.SCHEMA, "{parent.x_business}/owned_product_catalogs",
            "id,name,vertical,is_catalog_segment", scope="{parent.key}.catalogs", needs=CATALOG, always=("label",),
            facts=keep(label="name", native_type="vertical", x_segment="is_catalog_segment"),
            link="https://business.facebook.com/commerce/catalogs/{key}",
        ),
        Listing(
            name="feeds", kind=Kind.SYNC, for_each="catalogs", path=f"/{VERSION}/{{parent.key}}/product_feeds",
            scope="{parent.key}.feeds", records="data", paging=PAGES, key="id", id="id", every=HOURLY, needs=CATALOG,
            params={"fields": "id,name,country,default_currency,deletion_enabled,ingestion_source_type,schedule,"
                    "update_schedule,latest_upload{start_time,end_time,error_count,num_persisted_items,"
                    "num_invalid_items}"},
            facts=keep(label="name", native_type="ingestion_source_type", source=f"{PLAN} | host(url)",
                       x_address_digest=f"{PLAN} | digest(url)",
                       schedule=f"{PLAN} | join(' ', [interval, interval_count && to_string(interval_count)][?@])",
                       x_zone=f"{PLAN} | timezone", x_deletes="deletion_enabled", x_country="country",
                       x_currency="default_currency", x_updates_only="update_schedule && !schedule"),
            always=("label",),
            health={
                "state": FEED, "succeeded_at": f"({FEED}) == 'done' && latest_upload.end_time || null",
                "failed_at": f"({FEED}) == 'failed' && latest_upload.end_time || null",
                "rows_ok": "latest_upload.num_persisted_items", "rows_failed": "latest_upload.num_invalid_items",
            },
            states={"done": "ok", "running": "running", "failed": "failing", "none": "unknown"},
            link="https://business.facebook.com/commerce/catalogs/{parent.key}",
        ),
    ),
)  # fmt: skip
