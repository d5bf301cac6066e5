"""Google Ads API v26. https://developers.google.com/google-ads/api/docs/start

Least grants: in Google Ads, Admin > Access and security > Users > +: the service account's address as "Read only"
(since 2024-11 it needs no domain-wide delegation); the scope adwords, the only one there is, can write: the role keeps
it to reading. Since 2026-09-09 there is no developer token: what may be asked is given to the Google Cloud project of
the credential (Google Cloud console > Google Ads API > Overview > apply for Explorer access). An account below a
manager is asked for by the manager's number in the option `manager`.

Where the facts are from: the vendor's pages on service accounts, developer tokens, access levels (Explorer: 2,880
operations a day, Basic: 15,000), errors (GoogleAdsFailure among `error.details`), search (pages of 10,000 rows, no page
size), the field reference, and the month in which v26 is planned to end (its schedule for 2026; the first day of it is
taken until the blog names one); keys of rows also from the discovery document searchads360.v23, whose resources of
these names are the same, and against which the tests hold them; ways to sign in from probes/google.py. Every query only
reads: googleAds:search is a POST for its length. Not verified: the day on which v26 ends (no answer tells it; asking an
ended version is an error each time); on which clock the day's operations are counted; whether a reader sees all users;
that names of conversion actions are unique among those that are not removed (the vendor refuses a second one); that
each field is as in the sibling's v23.

Links are addresses that public code opens, among it Google's own (recommendations and conversions in its plugin for
WooCommerce, people in its guide to the Data Manager API); they open in whatever account the browser is in, since
`ocid`, which names one there, is no customer number. Of labels, custom variables (the page of conversions is opened)
and value rules none was found. What has a time of change has it without an offset, so that it is no evidence here.

Not to be had: rules and scripts (no resource of the field reference is one; change events name them as clients alone),
members of audiences, who changed conversions, lists or people. Not read: anything with metrics, budgets, bids, ads,
keywords, leads; tag snippets; sizes and match rates, which move by themselves. The secret of a lead form's webhook
comes with its address, as one field, and stays here; of the address its host leaves, and a digest.
"""

from __future__ import annotations

from typing import Any

from probes.google import CODE, ERRORS, LOGIN_OPTION, as_person, asker, schemes
from probes.kit.api import Client
from probes.kit.contract import Absent, Kind, Ref, Unsupported, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit, Quota
from probes.kit.listing import Found, Listing, OptionSpec, Vendor, View, keep
from probes.kit.verified import Verified

from .told import PAGES, SEARCH, VERSION, search, select, uploads, who

SCOPE = ("adwords",)
HOURLY = 3600.0
STATES = {"EXCELLENT": "ok", "GOOD": "ok", "NEEDS_ATTENTION": "failing", "NO_RECENT_UPLOAD": "unknown"}
HEALTH = {"state": "status", "succeeded_at": "succeeded_at", "failed_at": "failed_at", "rows_ok": "ok",
          "rows_failed": "failed", "errors": "errors"}  # fmt: skip
ASKED = "hasLocationAnswer singleChoiceAnswers answers"
UI = "https://ads.google.com/aw/{}"
LOOKED = {
    Ref(Kind.SCHEMA, "conversion-actions"): ("conversion_action", "name"),
    Ref(Kind.SCHEMA, "custom-goals"): ("custom_conversion_goal", "id"),
    Ref(Kind.SCHEMA, "campaigns"): ("campaign", "id"),
    Ref(Kind.SCHEMA, "labels"): ("label", "name"),
    Ref(Kind.AUTOMATION, "value-rules"): ("conversion_value_rule", "id"),
}
FAILURE = "(error.details[].errors[].values(errorCode)[] | [0])"


async def identity(api: Client) -> Vantage:
    """The customer that is asked for. What the credential may do in it is told by no answer."""
    (row,) = await search(api, select("customer", "id descriptive_name time_zone"))
    customer: dict[str, Any] = row["customer"]
    return Vantage(
        account=str(customer["id"]),
        account_name=str(customer.get("descriptiveName") or ""),
        subject=await asker(api),
        grants=frozenset(),
        api_version=VERSION,
        silent=frozenset({Kind.PERMISSION}),  # whether a reader sees all users stands nowhere
    )


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """One thing by its name or number. What was removed is still found, with the status REMOVED: that is the vendor's
    word for gone. What is not found at all may have another name now."""
    if ref not in LOOKED:
        raise Unsupported(f"Google Ads is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    table, name = LOOKED[ref]
    wanted = key if name == "id" else "'{}'".format(key.replace("\\", "\\\\").replace("'", "\\'"))
    if name == "id" and not key.isdigit():
        raise Unsupported(f"{key[:40]!r} is no number of Google Ads", code="look")
    asked = VENDOR.listing(ref.name).body["query"].partition(" WHERE ")[0]
    rows = await search(api, f"{asked} WHERE {table}.{name} = {wanted}")
    for row in rows:
        if row[named(table)]["status"] != "REMOVED":
            return Found(ref.name, row)
    if not rows:
        raise Unsupported(f"Google Ads has nothing of this name among its {ref.name}", code="look")
    return Absent("REMOVED")


def named(table: str) -> str:
    """The name of a resource in answers, which is in camel case."""
    first, *rest = table.split("_")
    return first + "".join(part.capitalize() for part in rest)


def query(name: str, kind: Kind, table: str, fields: str, *, where: str = "", page: str = "", **more: Any) -> Listing:
    """A listing that is one query. Facts are read below the resource."""
    resource = named(table)

    def below(value: Any) -> Any:
        return {fact: path.replace("$", resource) for fact, path in value.items()}

    usual = {
        "path": SEARCH.replace("{customer}", "{options.customer}"), "body": {"query": select(table, fields, where)},
        "headers": {"login-customer-id": "{options.manager}"}, "records": "results", "empty": "fieldMask",
        "paging": PAGES, "key": "$.id", "id": "$.id", "needs": SCOPE, "every": HOURLY,
        "link": UI.replace("{}", page) if page else "",
    }  # fmt: skip
    said = {**usual, **more}
    said |= {word: said[word].replace("$", resource) for word in ("key", "id")}
    said["facts"] = below(said["facts"])
    return Listing(name=name, kind=kind, **said)


VENDOR = Vendor(
    name="google-ads",
    title="Google Ads",
    docs="https://developers.google.com/google-ads/api/docs/start",
    verified=Verified("docs", "2026-11-23"),
    base="https://googleads.googleapis.com",
    hosts=("googleapis.com",),
    schemes={
        **schemes(SCOPE, "Admin > Access and security > Users: the account's address as Read only."),
        "refresh_token": as_person(SCOPE),
    },
    options={
        "customer": OptionSpec(says="number of the account, without hyphens"),
        "manager": OptionSpec(default="", says="number of the manager account through which it is reached, if it is"),
        "plan": OptionSpec(default="explorer", says="explorer, basic or standard: the project's level of access"),
        "login": LOGIN_OPTION,
    },
    errors=Errors(
        code=f"{FAILURE} || {CODE}",
        message="(error.details[].errors[].message | [0]) || error.message || error_description",
        faults={
            **ERRORS.faults, "USER_PERMISSION_DENIED": "denied", "NOT_ADS_USER": "denied",
            "CUSTOMER_NOT_ENABLED": "denied", "ACTION_NOT_PERMITTED": "denied",
            "CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION": "denied", "DEVELOPER_TOKEN_NOT_APPROVED": "denied",
            "OAUTH_TOKEN_EXPIRED": "expired", "OAUTH_TOKEN_INVALID": "expired", "OAUTH_TOKEN_REVOKED": "expired",
            "RESOURCE_EXHAUSTED": "throttled until_reset", "RESOURCE_TEMPORARILY_EXHAUSTED": "throttled 5",
            "UNSUPPORTED_VERSION": "retired", "INTERNAL_ERROR": "unreachable", "TRANSIENT_ERROR": "unreachable",
        },
    ),
    limits={"default": Limit(key="{integration}", rate=60, per=60, concurrency=2)},
    quota=Quota(per_day=2_880, plans={"explorer": 2_880, "basic": 15_000, "standard": None}),
    reads=(SEARCH.replace("{customer}", "*"),),
    identity=identity,
    look=look,
    absent="what was removed is still found by its name or number, with the status REMOVED (field reference: status)",
    who=who,
    grants={"adwords": "the scope of the API, and the role Read only in the account"},
    grants_told=False,
    weaker="A query is answered whole or refused: what may be read hangs on the account and no single row.",
    sunset={VERSION: "2027-11-01"},
    hides={Kind.AUTOMATION: "rules and scripts are not in the API; look at Tools > Bulk actions"},
    quiet=((Kind.SCHEMA, "campaigns", "campaigns change every day; watch them where their names and UTM count"),),
    notes=(
        "A version of the API ends about a year after it came, on a day that no answer tells: watch the vendor's blog. "
        "The end that is counted here is the month that Google has planned.",
        "Rules and scripts are not in the API; look at Tools > Bulk actions. What Google applies by itself is.",
        "What was removed at Google Ads stays there for ever and is not read: removing is told as a removal.",
        "With Test access the API answers for test accounts alone: apply for Explorer access.",
    ),
    listings=(
        query(
            "customer", Kind.PLATFORM, "customer",
            "id descriptive_name currency_code time_zone auto_tagging_enabled status test_account"
            " tracking_url_template final_url_suffix"
            " conversion_tracking_setting.conversion_tracking_id"
            " conversion_tracking_setting.conversion_tracking_status"
            " conversion_tracking_setting.accepted_customer_data_terms"
            " conversion_tracking_setting.enhanced_conversions_for_leads_enabled"
            " conversion_tracking_setting.google_ads_conversion_customer",
            page="preferences", always=("timezone", "status"),
            facts=keep(label="$.descriptiveName", currency="$.currencyCode", timezone="$.timeZone", status="$.status",
                       x_auto_tagging="$.autoTaggingEnabled == `true`", x_test="$.testAccount == `true`",
                       x_tracking="$.trackingUrlTemplate", x_suffix="$.finalUrlSuffix",
                       x_conversion_id="$.conversionTrackingSetting.conversionTrackingId",
                       x_conversions_by="$.conversionTrackingSetting.conversionTrackingStatus",
                       x_conversion_account="$.conversionTrackingSetting.googleAdsConversionCustomer",
                       x_data_terms="$.conversionTrackingSetting.acceptedCustomerDataTerms == `true`",
                       x_enhanced="$.conversionTrackingSetting.enhancedConversionsForLeadsEnabled == `true`"),
        ),
        query(
            "conversion-actions", Kind.SCHEMA, "conversion_action",
            "id name type status category origin counting_type primary_for_goal include_in_conversions_metric"
            " click_through_lookback_window_days view_through_lookback_window_days owner_customer"
            " attribution_model_settings.attribution_model value_settings.default_value"
            " value_settings.default_currency_code value_settings.always_use_default_value",
            where="conversion_action.status != 'REMOVED'", page="conversions", key="$.name",
            always=("native_type", "enabled"),
            facts=keep(native_type="$.type", group="$.category", enabled="$.status == 'ENABLED'", x_origin="$.origin",
                       x_counts="$.countingType", x_primary="$.primaryForGoal == `true`",
                       x_in_conversions="$.includeInConversionsMetric == `true`",
                       x_click_days="$.clickThroughLookbackWindowDays", x_view_days="$.viewThroughLookbackWindowDays",
                       x_model="$.attributionModelSettings.attributionModel", x_owner="$.ownerCustomer",
                       x_value="$.valueSettings.defaultValue", x_currency="$.valueSettings.defaultCurrencyCode",
                       x_always_this_value="$.valueSettings.alwaysUseDefaultValue == `true`"),
        ),
        query(
            "goals", Kind.SCHEMA, "customer_conversion_goal", "category origin biddable", page="conversions",
            key="[$.category, $.origin]", id="$.resourceName", always=("enabled",),
            facts=keep(enabled="$.biddable == `true`", group="$.category"),
        ),
        query(
            "custom-goals", Kind.SCHEMA, "custom_conversion_goal", "id name status conversion_actions",
            where="custom_conversion_goal.status != 'REMOVED'", page="conversions", always=("label",),
            facts=keep(label="$.name", x_actions="$.conversionActions[].tail(@)"), unordered=("x_actions",),
        ),
        query(
            "conversion-variables", Kind.FIELD, "conversion_custom_variable",
            "id name tag status owner_customer", page="conversions", key="$.tag",
            always=("label", "x_status"),
            facts=keep(label="$.name", type="'text'", x_status="$.status", x_owner="$.ownerCustomer"),
        ),
        query(
            "audiences", Kind.SCHEMA, "user_list",
            "id name type description membership_status membership_life_span access_reason account_user_list_status"
            " closing_reason integration_code crm_based_user_list.upload_key_type",
            page="audiences/management", always=("native_type", "enabled"),
            facts=keep(label="$.name", description="$.description", native_type="$.type",
                       enabled="$.membershipStatus == 'OPEN'", x_days="$.membershipLifeSpan",
                       x_from="$.accessReason", x_share="$.accountUserListStatus", x_closed_for="$.closingReason",
                       x_matched_by="$.crmBasedUserList.uploadKeyType", x_filled_by="$.integrationCode"),
        ),
        query(
            "labels", Kind.SCHEMA, "label", "id name status text_label.description",
            where="label.status != 'REMOVED'", key="$.name", always=("enabled",),
            facts=keep(enabled="$.status == 'ENABLED'", description="$.textLabel.description"),
        ),
        query(
            "campaigns", Kind.SCHEMA, "campaign",
            "id name status advertising_channel_type bidding_strategy_type tracking_url_template final_url_suffix"
            " url_custom_parameters selective_optimization.conversion_actions",
            where="campaign.status != 'REMOVED'", page="campaigns?campaignId={key}", always=("label", "enabled"),
            facts=keep(label="$.name", native_type="$.advertisingChannelType", enabled="$.status == 'ENABLED'",
                       x_bidding="$.biddingStrategyType", x_tracking="$.trackingUrlTemplate",
                       x_suffix="$.finalUrlSuffix", x_parameters="known($.urlCustomParameters, 'key value')",
                       x_optimized_for="$.selectiveOptimization.conversionActions[].tail(@)"),
            unordered=("x_parameters", "x_optimized_for"),
        ),
        query(
            "value-rules", Kind.AUTOMATION, "conversion_value_rule",
            "id status owner_customer action.operation action.value audience_condition.user_lists"
            " audience_condition.user_interests device_condition.device_types geo_location_condition.geo_match_type"
            " geo_location_condition.geo_target_constants geo_location_condition.excluded_geo_match_type"
            " geo_location_condition.excluded_geo_target_constants",
            where="conversion_value_rule.status != 'REMOVED'", always=("active", "actions"),
            facts=keep(active="$.status == 'ENABLED'", native_type="$.action.operation",
                       actions="[join(' ', [$.action.operation, to_string($.action.value)])]",
                       reads="$.audienceCondition.userLists[].join('', [tail(@), '/'])",
                       x_interests="$.audienceCondition.userInterests[].tail(@)",
                       x_devices="$.deviceCondition.deviceTypes", x_places_by="$.geoLocationCondition.geoMatchType",
                       x_places="$.geoLocationCondition.geoTargetConstants[].tail(@)",
                       x_not_places_by="$.geoLocationCondition.excludedGeoMatchType",
                       x_not_places="$.geoLocationCondition.excludedGeoTargetConstants[].tail(@)",
                       x_owner="$.ownerCustomer"),
            unordered=("x_interests", "x_devices", "x_places", "x_not_places"),
        ),
        query(
            "lead-forms", Kind.TEMPLATE, "asset",
            "id name policy_summary.approval_status lead_form_asset.headline lead_form_asset.call_to_action_type"
            " lead_form_asset.desired_intent lead_form_asset.privacy_policy_url lead_form_asset.fields"
            " lead_form_asset.custom_question_fields lead_form_asset.delivery_methods",
            where="asset.type = 'LEAD_FORM'", page="assetreport/associations/leadform", always=("native_type",),
            facts=keep(label="$.name", subject="$.leadFormAsset.headline",
                       native_type="$.leadFormAsset.callToActionType", x_approved="$.policySummary.approvalStatus",
                       x_intent="$.leadFormAsset.desiredIntent",
                       x_privacy="$.leadFormAsset.privacyPolicyUrl | host(@)",
                       x_asks=f"known($.leadFormAsset.fields, 'inputType {ASKED}')",
                       x_questions=f"known($.leadFormAsset.customQuestionFields, 'customQuestionText {ASKED}')",
                       x_delivers_to="$.leadFormAsset.deliveryMethods[].host(webhook.advertiserWebhookUrl)",
                       x_address_digest="$.leadFormAsset.deliveryMethods[].digest(webhook.advertiserWebhookUrl)"),
            unordered=("x_delivers_to", "x_address_digest"),
        ),
        query(
            "auto-applied", Kind.AUTOMATION, "recommendation_subscription", "type status modify_date_time",
            page="recommendations", key="$.type", id="$.resourceName", always=("active", "opaque"),
            facts=keep(active="$.status == 'ENABLED'", opaque="$ && `true`", native_type="$.type"),
        ),
        query(
            "links", Kind.SYNC, "product_link",
            "product_link_id type merchant_center.merchant_center_id data_partner.data_partner_id google_ads.customer"
            " advertising_partner.customer",
            page="linkedaccounts", key="$.productLinkId", id="$.productLinkId", always=("native_type",),
            facts=keep(native_type="$.type", target="$.merchantCenter.merchantCenterId || $.dataPartner.dataPartnerId"
                       " || $.googleAds.customer || $.advertisingPartner.customer"),
        ),
        query(
            "people", Kind.PERMISSION, "customer_user_access", "user_id email_address access_role", person=True,
            page="accountaccess/users", key="$.emailAddress", id="$.userId", always=("profile",),
            facts=keep(profile="$.accessRole", admin="$.accessRole == 'ADMIN'"),
        ),
        query(
            "invitations", Kind.PERMISSION, "customer_user_access_invitation",
            "invitation_id email_address access_role invitation_status", person=True, key="$.emailAddress",
            where="customer_user_access_invitation.invitation_status = 'PENDING'", page="accountaccess/users",
            id="$.invitationId", always=("profile",), facts=keep(profile="$.accessRole"),
        ),
        query(
            "managers", Kind.PERMISSION, "customer_manager_link", "manager_link_id manager_customer status",
            page="accountaccess/managers", key="tail($.managerCustomer)", id="$.managerLinkId",
            always=("status",), facts=keep(status="$.status", active="$.status == 'ACTIVE'"),
        ),
        Listing(
            name="uploads", kind=Kind.SYNC, fetch=uploads, per_fetch=2, records="clients", key="client", facts={},
            health=HEALTH, states=STATES, needs=SCOPE, every=HOURLY, link=UI.format("conversions/uploads"),
            also=(
                View(
                    kind=Kind.SYNC, scope="uploads-by-action", records="actions", key="[action, client]",
                    id="action_id", facts=keep(object="action"), always=("object",), health=HEALTH, states=STATES,
                    needs=SCOPE, link=UI.format("conversions/uploads"),
                ),
            ),
        ),
    ),
)  # fmt: skip
