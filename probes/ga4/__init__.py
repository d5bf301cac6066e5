"""Google Analytics 4, Admin API v1beta and v1alpha, Data API v1beta. https://developers.google.com/analytics/devguides/config/admin/v1

Least grants: the scopes analytics.readonly and, for people, analytics.manage.users.readonly; in Analytics, Admin >
Account access management: the service account's address as Viewer of the account, as Administrator only where its
people are to be read. Who changed something is told to the scope analytics.edit alone, which can write and is never
asked for here: a token of one's own may have it. An account that the credential does not reach is not in its list of
accounts, and of a reachable one it sees the properties it was given, with a 200.

Where the facts are from: paths, keys, scopes and words from the discovery documents analyticsadmin.v1beta and v1alpha
of 2026-11, against which the tests hold them; reports from the Data API's pages on runReport and runRealtimeReport;
limits (1,200 requests a minute for a project, 600 for a user of it) and that the Admin API says a used-up limit with a
403 from its page on quotas; ways to sign in from probes/google.py. v1alpha may change without notice, so that what is
read of it stands in listings of its own. Not verified: that a day's counts are settled after 48 hours (the vendor says
24 to 48); the limit of the Data API, whose tokens depend on what a report costs (this asks for three small ones). Deep
links open the admin page of the property, or of a stream, as Google's own plugin for WordPress (google/site-kit-wp)
does, people the page that public code opens; of what is the account's own no page was found that needs no property. No
`look`: what is not there and what may not be seen are both a 403 (PERMISSION_DENIED) in reports of the API's users, and
its reference tells no difference.

A dimension, metric, key event or audience that is archived leaves its list like one that is deleted. A property in the
trash is listed and called archived. What is false or empty is left out of answers, and an empty list altogether.
Not to be had: who saw what was exported, how much of the plan is used, filters of data by the page, insights, cohorts,
explorations. Not read: secrets of the measurement protocol (their list holds them in the clear), access reports (they
name who looked at what), proposals of links to Display & Video (one that was taken up is a link), conversion values for
SKAdNetwork, annotations of reports, snippets of tags. Expanded data sets, and which events a subproperty gets, are
asked of properties of Analytics 360, which alone have them, and the sources of a roll-up of roll-ups, since other
properties answer that with an error.
"""

from __future__ import annotations

from probes.google import EMPTY, ERRORS, LOGIN_OPTION, asker, schemes
from probes.kit.api import Ask, Client
from probes.kit.contract import Denied, Kind, Vantage
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, View, keep
from probes.kit.verified import Verified

from .documented import ASKED, AUDIENCE, CHANNEL, CONDITIONS, EXPANDED, MUTATIONS, SENT, SET
from .told import PAGES, arriving, counted, who, whole

READ, USERS = ("analytics.readonly",), ("analytics.manage.users.readonly",)
HOURLY = 3600.0
UNITS = {"CURRENCY": "currency", "*": "decimal"}
WEB_PAGES = "https://analytics.google.com/analytics/web/#/a{options.account}"
ADMIN = f"{WEB_PAGES}p{{parent.key}}/admin"
STREAM = f"{WEB_PAGES}p{{parent.group}}/admin/streams/table/{{parent.key}}"
STREAMED = "/v1alpha/properties/{parent.group}/dataStreams/{parent.id}"
WEB = "native_type == 'WEB_DATA_STREAM'"
SHARED = {f"x_{name}": f"{key} == `true`" for name, key in (
    ("for_ads", "adsPersonalizationEnabled"), ("campaigns", "campaignDataSharingEnabled"),
    ("costs", "costDataSharingEnabled"))}  # fmt: skip
OF_360 = "!archived && x_level == 'GOOGLE_ANALYTICS_360'"
STATES = {"events": "ok", "none": "unknown"}
COUNTED = {"state": "state", "succeeded_at": "at", "rows_ok": "count"}


async def identity(api: Client) -> Vantage:
    """The account, where it is among those that the credential reaches. Nothing tells what it may do there."""
    wanted = f"accounts/{api.options['account']}"
    found = await whole(api, lambda page: Ask("/v1beta/accountSummaries", page), "accountSummaries")
    names = {str(one["account"]): str(one.get("displayName") or "") for one in found}
    if wanted not in names:
        raise Denied(f"{wanted} is not among the {len(names)} accounts that the credential reaches", code="account")
    return Vantage(
        account=wanted,
        account_name=names[wanted],
        subject=await asker(api),
        grants=frozenset(),
        api_version="v1beta, v1alpha",
        silent=frozenset({Kind.SCHEMA}),
    )


def each(name: str, kind: Kind, list_of: str, path: str, *, alpha: bool = False, **more: object) -> Listing:
    """A list of a property: what all of them have in common."""
    usual = {
        "for_each": "properties", "only": "!archived", "scope": f"{{parent.key}}.{name}", "empty": EMPTY,
        "path": f"/{'v1alpha' if alpha else 'v1beta'}/properties/{{parent.key}}/{path}", "records": list_of,
        "paging": PAGES, "id": "name", "needs": READ, "link": ADMIN, "every": HOURLY if alpha else None,
    }  # fmt: skip
    return Listing(name=name, kind=kind, **{**usual, **more})  # type: ignore[arg-type]


def settings(name: str, path: str, always: str, alpha: bool = True, **facts: str) -> Listing:
    """One object of settings of a property; its name is its key."""
    only = {"records": "", "single": True, "paging": {}, "empty": "", "key": "tail(name)", "every": HOURLY}
    return each(name, Kind.PLATFORM, "", path, alpha=alpha, facts=keep(**facts), always=(always,), **only)


def of_stream(name: str, kind: Kind, path: str, **more: object) -> Listing:
    """What hangs on a web stream."""
    usual = {"for_each": "streams", "only": WEB, "path": f"{STREAMED}/{path}", "scope": f"{{parent.key}}.{name}",
             "needs": READ, "every": HOURLY, "id": "name", "link": STREAM}  # fmt: skip
    return Listing(name=name, kind=kind, **{**usual, **more})  # type: ignore[arg-type]


VENDOR = Vendor(
    name="ga4",
    title="Google Analytics 4",
    docs="https://developers.google.com/analytics/devguides/config/admin/v1",
    verified=Verified("spec", "2026-11-23"),
    base="https://analyticsadmin.googleapis.com",
    hosts=("googleapis.com",),
    schemes=schemes((*READ, *USERS), "Give the account's address access under Admin > Account access management."),
    options={
        "account": OptionSpec(says="number of the Analytics account: Admin > Account details"),
        "login": LOGIN_OPTION,
        "data": OptionSpec(default="https://analyticsdata.googleapis.com", says="where the Data API answers"),
    },
    errors=ERRORS,
    limits={
        "default": Limit(key="{integration}", rate=300, per=60, concurrency=4),
        "data": Limit(key="{integration}", rate=60, per=60, concurrency=2),
    },
    reads=(
        "/v1beta/properties/*:runReport", "/v1beta/properties/*:runRealtimeReport",
        "/v1beta/accounts/*:searchChangeHistoryEvents",
    ),
    identity=identity,
    who=who,
    grants={
        "analytics.readonly": "the scope to see properties, definitions, links and settings; Viewer in Analytics",
        "analytics.manage.users.readonly": "the scope to see who may do what; Administrator in Analytics",
    },
    grants_told=False,
    weaker="What hangs on a property is read whole or refused (403).",
    unseen={Kind.TEMPLATE: "Analytics has none that its API shows: explorations and reports are not in it"},
    notes=(
        "What is archived leaves its list: that is told as a removal, for reports that use it break alike.",
        "Who changed something is told to a token with the scope analytics.edit alone; a service account has none.",
        "Counts of key events and streams are of two days ago, which Google has settled; what arrives now, of the last "
        "30 minutes.",
    ),
    listings=(
        Listing(
            name="properties", kind=Kind.SCHEMA, path="/v1beta/properties", records="properties", empty=EMPTY,
            params={"filter": "ancestor:accounts/{options.account}", "showDeleted": "true"}, paging=PAGES,
            key="tail(name)", id="name", needs=READ, always=("label",),
            facts=keep(label="displayName", archived="deleteTime && `true` || `false`", group="tail(parent)",
                       x_type="propertyType", x_timezone="timeZone", x_currency="currencyCode",
                       x_industry="industryCategory", x_level="serviceLevel", x_purged_on="expireTime"),
            evidence={"at": "updateTime"},
            link="https://analytics.google.com/analytics/web/#/a{options.account}p{key}/admin",
        ),
        each(
            "streams", Kind.SCHEMA, "dataStreams", "dataStreams", key="tail(name)", id="tail(name)",
            facts=keep(label="displayName", native_type="type", group='"@parent".key',
                       x_measurement_id="webStreamData.measurementId", x_address="host(webStreamData.defaultUri)",
                       x_app="androidAppStreamData.packageName || iosAppStreamData.bundleId",
                       x_firebase="webStreamData.firebaseAppId || androidAppStreamData.firebaseAppId ||"
                       " iosAppStreamData.firebaseAppId"),
            always=("native_type",), evidence={"at": "updateTime"}, link=f"{ADMIN}/streams/table/{{key}}",
        ),
        each(
            "dimensions", Kind.FIELD, "customDimensions", "customDimensions", key="[scope, parameterName]",
            facts=keep("description", label="displayName", type="'text'", native_type="scope",
                       x_not_for_ads="disallowAdsPersonalization == `true`"),
            always=("label", "native_type"),
        ),
        each(
            "metrics", Kind.FIELD, "customMetrics", "customMetrics", key="[scope, parameterName]",
            facts=keep("description", label="displayName", type="measurementUnit", native_type="measurementUnit",
                       sensitivity_categories="restrictedMetricType"),
            words={"type": UNITS}, always=("label", "native_type"),
        ),
        each(
            "calculated", Kind.FIELD, "calculatedMetrics", "calculatedMetrics", alpha=True, key="calculatedMetricId",
            facts=keep("description formula", label="displayName", type="metricUnit", native_type="metricUnit",
                       calculated="`true`", sensitivity_categories="restrictedMetricType",
                       x_broken="invalidMetricReference == `true`"),
            words={"type": UNITS}, always=("formula",),
        ),
        each(
            "expanded", Kind.SCHEMA, "expandedDataSets", "expandedDataSets", alpha=True, key="tail(name)", only=OF_360,
            facts=keep("description", label="displayName", x_dimensions="dimensionNames", x_metrics="metricNames",
                       x_filter=f"known(dimensionFilterExpression, '{EXPANDED}')"),
            unordered=("x_dimensions", "x_metrics"), always=("label",),
        ),
        each(
            "key-events", Kind.SCHEMA, "keyEvents", "keyEvents", key="eventName",
            facts=keep(custom="custom == `true`", deletable="deletable == `true`", x_counted="countingMethod",
                       x_value="defaultValue.numericValue", x_currency="defaultValue.currencyCode"),
            always=("x_counted",),
        ),
        each(
            "audiences", Kind.SCHEMA, "audiences", "audiences", alpha=True, key="tail(name)",
            facts=keep("description", label="displayName", x_days="membershipDurationDays",
                       x_for_ads="adsPersonalizationEnabled == `true`", x_exclusion="exclusionDurationMode",
                       x_event="eventTrigger.eventName", x_event_when="eventTrigger.logCondition",
                       x_filters=f"known(filterClauses, '{AUDIENCE}')"),
            unordered=("x_filters",), always=("label",),
        ),
        each(
            "channels", Kind.SCHEMA, "channelGroups", "channelGroups", alpha=True, key="tail(name)",
            facts=keep("description", label="displayName", vendor_defined="systemDefined == `true`",
                       default="primary == `true`", x_rules=f"known(groupingRule, '{CHANNEL}')"),
            always=("label",),
        ),
        each(
            "google-ads", Kind.SYNC, "googleAdsLinks", "googleAdsLinks", key="customerId",
            facts=keep(target="customerId", x_for_ads="adsPersonalizationEnabled == `true`"), always=("target",),
            evidence={"at": "updateTime"},
        ),
        each(
            "search-ads-360", Kind.SYNC, "searchAds360Links", "searchAds360Links", alpha=True, key="advertiserId",
            facts=keep(label="advertiserDisplayName", target="advertiserId", **SHARED,
                       x_stats="siteStatsSharingEnabled == `true`"),
            always=("target",),
        ),
        each(
            "display-video", Kind.SYNC, "displayVideo360AdvertiserLinks", "displayVideo360AdvertiserLinks", alpha=True,
            key="advertiserId", facts=keep(label="advertiserDisplayName", target="advertiserId", **SHARED),
            always=("target",),
        ),
        each(
            "adsense", Kind.SYNC, "adsenseLinks", "adSenseLinks", alpha=True, key="adClientCode",
            facts=keep(target="adClientCode"), always=("target",),
        ),
        each(
            "roll-up", Kind.SYNC, "rollupPropertySourceLinks", "rollupPropertySourceLinks", alpha=True,
            only="!archived && x_type == 'PROPERTY_TYPE_ROLLUP'", key="tail(sourceProperty)",
            facts=keep(source="tail(sourceProperty)"), always=("source",),
        ),
        each(
            "subproperties", Kind.AUTOMATION, "subpropertyEventFilters", "subpropertyEventFilters", alpha=True,
            only=OF_360, key="tail(applyToProperty || name)", always=("criteria",),
            facts=keep(criteria=f"known(filterClauses, '{SENT}')", native_type="'send events on'",
                       x_to="tail(applyToProperty)"),
        ),
        each(
            "subproperty-sync", Kind.SYNC, "subpropertySyncConfigs", "subpropertySyncConfigs", alpha=True, only=OF_360,
            key="tail(applyToProperty)", facts=keep(target="tail(applyToProperty)",
                                                    mode="customDimensionAndMetricSyncMode"), always=("mode",),
        ),
        each(
            "firebase", Kind.SYNC, "firebaseLinks", "firebaseLinks", key="tail(project)",
            facts=keep(source="project"), always=("source",),
        ),
        each(
            "bigquery", Kind.SYNC, "bigqueryLinks", "bigQueryLinks", alpha=True, key="tail(project)",
            facts=keep(target="project", enabled="dailyExportEnabled == `true` || streamingExportEnabled == `true` ||"
                       " freshDailyExportEnabled == `true`", x_daily="dailyExportEnabled == `true`",
                       x_streaming="streamingExportEnabled == `true`", x_fresh="freshDailyExportEnabled == `true`",
                       x_where="datasetLocation", x_advertising_ids="includeAdvertisingId == `true`",
                       x_streams="exportStreams", x_without="excludedEvents"),
            unordered=("x_streams", "x_without"), always=("target",),
        ),
        of_stream(
            "event-rules", Kind.AUTOMATION, "eventCreateRules", records="eventCreateRules", paging=PAGES, empty=EMPTY,
            key="tail(name)", always=("writes",),
            facts=keep(writes="[destinationEvent]", reads=ASKED, criteria=CONDITIONS,
                       native_type="'create event'", x_copies="sourceCopyParameters == `true`",
                       x_sets=MUTATIONS),
            unordered=("x_sets",),
        ),
        of_stream(
            "event-edits", Kind.AUTOMATION, "eventEditRules", records="eventEditRules", paging=PAGES, empty=EMPTY,
            key="tail(name)", always=("writes",),
            facts=keep(label="displayName", writes=SET, reads=ASKED, criteria=CONDITIONS,
                       native_type="'edit event'", x_order="processingOrder", x_sets=MUTATIONS),
            unordered=("x_sets",),
        ),
        of_stream(
            "measurement", Kind.PLATFORM, "enhancedMeasurementSettings", single=True, key="tail(name)",
            always=("enabled",),
            facts=keep(enabled="streamEnabled == `true`", x_scrolls="scrollsEnabled == `true`",
                       x_clicks="outboundClicksEnabled == `true`", x_search="siteSearchEnabled == `true`",
                       x_videos="videoEngagementEnabled == `true`", x_files="fileDownloadsEnabled == `true`",
                       x_pages="pageChangesEnabled == `true`", x_forms="formInteractionsEnabled == `true`",
                       x_search_by="searchQueryParameter", x_more_by="uriQueryParameter"),
        ),
        of_stream(
            "redaction", Kind.PLATFORM, "dataRedactionSettings", single=True, key="tail(name)",
            always=("enabled",),
            facts=keep(enabled="emailRedactionEnabled == `true`", x_queries="queryParameterRedactionEnabled == `true`",
                       x_parameters="queryParameterKeys"),
            unordered=("x_parameters",),
        ),
        settings("retention", "dataRetentionSettings", "x_events", alpha=False, x_events="eventDataRetention",
                 x_users="userDataRetention", x_renews="resetUserDataOnNewActivity == `true`"),
        settings("attribution", "attributionSettings", "x_model", x_model="reportingAttributionModel",
                 x_acquisition="acquisitionConversionEventLookbackWindow",
                 x_others="otherConversionEventLookbackWindow", x_to_ads="adsWebConversionDataExportScope"),
        settings("signals", "googleSignalsSettings", "status", status="state", x_consent="consent"),
        settings("identity", "reportingIdentitySettings", "x_strategy", x_strategy="reportingIdentity"),
        settings("user-data", "userProvidedDataSettings", "enabled",
                 enabled="userProvidedDataCollectionEnabled == `true`",
                 x_automatic="automaticallyDetectedDataCollectionEnabled == `true`"),
        Listing(
            name="sharing", kind=Kind.PLATFORM, path="/v1beta/accounts/{options.account}/dataSharingSettings",
            single=True, key="tail(name)", needs=READ, always=("x_support",), every=HOURLY,
            facts=keep(x_support="sharingWithGoogleSupportEnabled == `true`",
                       x_products="sharingWithGoogleProductsEnabled == `true`",
                       x_sales="sharingWithGoogleAssignedSalesEnabled == `true`",
                       x_modelling="sharingWithOthersEnabled == `true`"),
        ),
        each(
            "people", Kind.PERMISSION, "accessBindings", "accessBindings", alpha=True, key="user || tail(name)",
            person=True, facts=keep(roles="roles[].tail(@)"), always=("roles",), needs=USERS,
            link=f"{ADMIN}/suiteusermanagement/property",
        ),
        Listing(
            name="account-people", kind=Kind.PERMISSION, path="/v1alpha/accounts/{options.account}/accessBindings",
            records="accessBindings", paging=PAGES, empty=EMPTY, key="user || tail(name)", id="name", person=True,
            every=HOURLY, facts=keep(roles="roles[].tail(@)"), always=("roles",), needs=USERS,
        ),
        each(
            "arriving", Kind.SYNC, "rows", "dataStreams", fetch=arriving, per_fetch=3, paging={}, key="id", id="",
            facts={}, health={"state": "state", "succeeded_at": "at"}, states=STATES, every=900.0,
        ),
        each(
            "counted", Kind.SYNC, "rows", "keyEvents", fetch=counted, per_fetch=4, paging={}, key="name", id="",
            facts={}, health=COUNTED, states=STATES, every=6 * HOURLY,
            also=(
                View(
                    kind=Kind.SYNC, scope="{parent.key}.streams-counted", records="streams", key="name", facts={},
                    health=COUNTED, states=STATES, needs=READ, link=ADMIN,
                ),
            ),
        ),
    ),
)  # fmt: skip
