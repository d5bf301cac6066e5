"""A simulated account of Google Analytics 4, Admin API v1beta and v1alpha, with the reports of the Data API.

Written from the discovery documents analyticsadmin.v1beta and v1alpha of 2026-11, and from the pages of the Data API's
runReport and runRealtimeReport: rows whole, also the keys that no probe reads; a list that is empty, and a flag that is
false, are left out; archived definitions leave their list; a property that was trashed is listed with `showDeleted`
only. The content is the website of the example stack: UTM values of campaigns become dimensions, leads key events.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from .control import Reply, Request, controlled
from .desk import Denial, Route, Wire
from .google import TOKEN, GoogleDesk, refusal

READ, USERS, EDIT = "analytics.readonly", "analytics.manage.users.readonly", "analytics.edit"
ACCOUNT, WEB, OLD = "accounts/100200", "properties/300400", "properties/300399"
STREAM = f"{WEB}/dataStreams/500601"
BETA = ("dataStreams", "customDimensions", "customMetrics", "keyEvents", "googleAdsLinks", "firebaseLinks")
ALPHA = ("audiences", "calculatedMetrics", "channelGroups", "bigQueryLinks", "searchAds360Links",
         "displayVideo360AdvertiserLinks")  # fmt: skip
SETTINGS = ("attributionSettings", "googleSignalsSettings", "reportingIdentitySettings", "userProvidedDataSettings")
MADE = "2025-03-04T10:00:00.123456Z"


class Account(GoogleDesk):
    """Tables are named like the lists of the API; a row's `name` tells whose it is. `settings` holds the singletons.
    `events` are what was collected: stream, event, days or minutes ago, and how many."""

    routes = (
        TOKEN,
        Route("GET", "/v1beta/accountSummaries", "summaries", READ),
        Route("GET", "/v1beta/properties", "properties", READ),
        *(Route("GET", f"/v1beta/{{up*}}/{name}", "rows_of", READ) for name in BETA),
        *(Route("GET", f"/v1alpha/{{up*}}/{name}", "rows_of", READ) for name in (*ALPHA, "eventCreateRules",
                                                                                "eventEditRules")),
        Route("GET", "/v1alpha/{up*}/accessBindings", "rows_of", USERS),
        Route("GET", "/v1beta/{up*}/dataRetentionSettings", "setting", READ),
        Route("GET", "/v1beta/{up*}/dataSharingSettings", "setting", READ),
        *(Route("GET", f"/v1alpha/{{up*}}/{name}", "setting", READ) for name in (*SETTINGS,
                                                                               "enhancedMeasurementSettings",
                                                                               "dataRedactionSettings")),
        Route("POST", "/v1beta/{up*}:searchChangeHistoryEvents", "history", EDIT),
        Route("POST", "/v1beta/{up*}:runRealtimeReport", "realtime", READ),
        Route("POST", "/v1beta/{up*}:runReport", "report", READ),
    )  # fmt: skip
    keys: ClassVar[dict[str, str]] = dict.fromkeys(
        (*BETA, *ALPHA, "eventCreateRules", "eventEditRules", "accessBindings", "properties", "settings"), "name"
    )

    def fill(self) -> None:
        self.account = ACCOUNT
        self.tables |= {"properties": _properties(), "events": _events(), **_definitions(), **_links(), **_rules()}
        self.tables["settings"] = _settings()
        self.tables["accessBindings"] = [
            _binding(ACCOUNT, "1", "admin-01@example.com", "admin"),
            _binding(ACCOUNT, "2", "agency@example.com", "analyst", "no-cost-data"),
            _binding(ACCOUNT, "4", "web@example.com", "viewer"),
            _binding(WEB, "3", "analytics@example.com", "editor"),
        ]

    # answering

    def summaries(self, request: Request) -> Any:
        inside = [{"property": row["name"], "displayName": row["displayName"], "parent": row["parent"],
                   "propertyType": row["propertyType"]}
                  for row in self.tables["properties"] if "deleteTime" not in row]  # fmt: skip
        own = {"name": f"accountSummaries/{self.account.rpartition('/')[2]}", "account": self.account,
               "displayName": "Example", "propertySummaries": inside}  # fmt: skip
        other = {"name": "accountSummaries/1", "account": "accounts/1", "displayName": "Demo account"}
        another = {"name": "accountSummaries/2", "account": "accounts/2", "displayName": "Agency"}
        return self.paged(request, "accountSummaries", [other, another, own])

    def properties(self, request: Request) -> Any:
        kind, _, parent = request.query.get("filter", "").partition(":")
        if kind not in ("ancestor", "parent") or not parent:
            raise self.invalid("The filter is required.")
        deleted = request.query.get("showDeleted") == "true"
        rows = [row for row in self.tables["properties"]
                if row["account"] == parent and (deleted or "deleteTime" not in row)]  # fmt: skip
        return self.paged(request, "properties", rows)

    def rows_of(self, request: Request, up: str) -> Any:
        name = request.path.rpartition("/")[2]
        self._known(up, request)
        rows = [_lean(row) for row in self.tables.get(name, []) if row["name"].startswith(f"{up}/{name}/")]
        return self.paged(request, "bigqueryLinks" if name == "bigQueryLinks" else name, rows)

    def _known(self, up: str, request: Request) -> None:
        names = {self.account, *(row["name"] for table in ("properties", "dataStreams") for row in self.tables[table])}
        if up not in names:
            raise Denial(refusal(403, "PERMISSION_DENIED", "The caller does not have permission"))

    def setting(self, request: Request, up: str) -> Any:
        self._known(up, request)
        row = self.find("settings", f"{up}/{request.path.rpartition('/')[2]}")
        return _lean(row) if row else self.missing(request)

    def history(self, request: Request, up: str) -> Any:
        """Changes of what the trail knows: not of rules, audiences, or channel groups."""
        known = (*BETA, "properties", "settings")
        rows = [
            {"id": str(number), "changeTime": _instant(edit.at), "actorType": "USER", "userActorEmail": edit.by,
             "changes": [{"resource": edit.key, "action": edit.action.upper()}]}
            for number, edit in enumerate(self.edits) if edit.table in known
        ]  # fmt: skip
        return {"changeHistoryEvents": rows[::-1]} if rows else {}

    def realtime(self, request: Request, up: str) -> Any:
        found = [row for row in self.tables["events"] if "minutes" in row]
        return _reported(request.json(), found, {"streamId": "stream", "minutesAgo": "minutes", "eventName": "event"})

    def report(self, request: Request, up: str) -> Any:
        asked = request.json()
        first, last = (_days(asked["dateRanges"][0][end]) for end in ("startDate", "endDate"))
        found = [
            {**row, "date": _instant(self.clock.now() - row["days"] * 86_400.0)[:10].replace("-", "")}
            for row in self.tables["events"] if last <= row.get("days", -1) <= first
        ]  # fmt: skip
        return _reported(asked, found, {"date": "date", "eventName": "event", "streamId": "stream"})

    def limited(self) -> Reply:
        """The Admin API documents its rate limit as a 403."""
        return refusal(403, "RESOURCE_EXHAUSTED", "Quota exceeded.", old="rateLimitExceeded")

    # changing

    @controlled
    def silence(self, event: str = "", stream: str = "") -> None:
        """From now on nothing of an event, or of a stream, is collected."""
        self.note("silence", event=event, stream=stream)
        rows = self.tables["events"]
        rows[:] = [row for row in rows if row["event"] != event and (not stream or row["stream"] != stream)]


def _instant(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def _days(text: str) -> int:
    """ "2daysAgo" as a number."""
    return {"today": 0, "yesterday": 1}.get(text) or int(text.removesuffix("daysAgo"))


def _lean(row: Wire) -> Wire:
    """As Google's JSON has it: without what is false, zero, empty."""
    return {name: value for name, value in row.items() if value not in (False, 0, "", [], {}, None)}


def _reported(asked: Wire, rows: list[Wire], known: dict[str, str]) -> Wire:
    """A report: a row for each value of the dimensions that were asked for."""
    names = [one["name"] for one in asked.get("dimensions", [])]
    sums: dict[tuple[str, ...], int] = {}
    for row in rows:
        key = tuple(str(row[known[name]]) for name in names)
        sums[key] = sums.get(key, 0) + row["count"]
    kind = "analyticsData#runReport"
    told = [{"dimensionValues": [{"value": one} for one in key], "metricValues": [{"value": str(count)}]}
            for key, count in sums.items()]  # fmt: skip
    return {"dimensionHeaders": [{"name": name} for name in names], "kind": kind,
            "metricHeaders": [{"name": "eventCount", "type": "TYPE_INTEGER"}],
            **({"rows": told, "rowCount": len(told)} if told else {})}  # fmt: skip


def _properties() -> list[Wire]:
    usual = {
        "account": ACCOUNT, "parent": ACCOUNT, "propertyType": "PROPERTY_TYPE_ORDINARY", "createTime": MADE,
        "updateTime": MADE, "timeZone": "Europe/London", "currencyCode": "EUR",
        "industryCategory": "BUSINESS_AND_INDUSTRIAL_MARKETS", "serviceLevel": "GOOGLE_ANALYTICS_STANDARD",
    }  # fmt: skip
    return [
        {"name": WEB, "displayName": "example.com", **usual},
        {"name": OLD, "displayName": "example.com (old)", **usual, "deleteTime": "2026-11-01T00:00:00Z",
         "expireTime": "2026-12-06T00:00:00Z"},
    ]  # fmt: skip


def _definitions() -> dict[str, list[Wire]]:
    def dimension(id: str, parameter: str, label: str, scope: str = "EVENT", **more: Any) -> Wire:
        return {"name": f"{WEB}/customDimensions/{id}", "parameterName": parameter, "displayName": label,
                "scope": scope, "description": "", **more}  # fmt: skip

    def key_event(id: str, event: str, **more: Any) -> Wire:
        return {"name": f"{WEB}/keyEvents/{id}", "eventName": event, "createTime": MADE, "deletable": True,
                "custom": True, "countingMethod": "ONCE_PER_EVENT", **more}  # fmt: skip

    times = {"createTime": MADE, "updateTime": MADE}
    return {
        "dataStreams": [
            {"name": STREAM, "type": "WEB_DATA_STREAM", "displayName": "Website", **times,
             "webStreamData": {"measurementId": "G-EXAMPLE001", "defaultUri": "https://www.example.com"}},
            {"name": f"{WEB}/dataStreams/500602", "type": "ANDROID_APP_DATA_STREAM", "displayName": "App", **times,
             "androidAppStreamData": {"packageName": "com.example.app", "firebaseAppId": "1:2:android:3"}},
            {"name": f"{WEB}/dataStreams/500603", "type": "IOS_APP_DATA_STREAM", "displayName": "App (iOS)", **times,
             "iosAppStreamData": {"bundleId": "com.example.app", "firebaseAppId": "1:2:ios:3"}},
        ],
        "customDimensions": [
            dimension("1", "campaign_name", "Campaign name", description="2026-Q4_emea_email_launch and the like"),
            dimension("2", "region", "Region"),
            dimension("3", "region", "Region of the user", "USER", disallowAdsPersonalization=True),
            dimension("4", "item_line", "Product line", "ITEM"),
        ],
        "customMetrics": [
            {"name": f"{WEB}/customMetrics/1", "parameterName": "lead_score", "displayName": "Lead score",
             "measurementUnit": "STANDARD", "scope": "EVENT", "description": "as the CRM counts it"},
            {"name": f"{WEB}/customMetrics/2", "parameterName": "margin", "displayName": "Margin",
             "measurementUnit": "CURRENCY", "scope": "EVENT", "restrictedMetricType": ["REVENUE_DATA"]},
        ],
        "keyEvents": [
            key_event("1", "generate_lead", defaultValue={"numericValue": 40, "currencyCode": "EUR"}),
            key_event("2", "purchase", custom=False, deletable=False),
            key_event("3", "qualify_lead", countingMethod="ONCE_PER_SESSION"),
        ],
        "audiences": [
            {"name": f"{WEB}/audiences/1", "displayName": "Leads of a quarter", "description": "for ads",
             "membershipDurationDays": 90, "adsPersonalizationEnabled": True, "createTime": MADE,
             "exclusionDurationMode": "EXCLUDE_TEMPORARILY",
             "eventTrigger": {"eventName": "became_lead", "logCondition": "AUDIENCE_JOINED"},
             "filterClauses": [{"clauseType": "INCLUDE", "simpleFilter": {
                 "scope": "AUDIENCE_FILTER_SCOPE_ACROSS_ALL_SESSIONS",
                 "filterExpression": {"andGroup": {"filterExpressions": [
                     {"eventFilter": {"eventName": "generate_lead"}}]}}}}]},
        ],
        "calculatedMetrics": [
            {"name": f"{WEB}/calculatedMetrics/cost_per_lead", "calculatedMetricId": "cost_per_lead",
             "displayName": "Cost per lead", "description": "for the weekly report", "metricUnit": "CURRENCY",
             "formula": "{{advertiserAdCost}} / {{keyEvents}}", "restrictedMetricType": ["COST_DATA"],
             "invalidMetricReference": True},
        ],
        "channelGroups": [
            {"name": f"{WEB}/channelGroups/1", "displayName": "Default channel group", "systemDefined": True,
             "primary": True, "description": "Google's", "groupingRule": [
                 {"displayName": "Email", "expression": {"filter": {
                     "fieldName": "eachScopeMedium", "stringFilter": {"matchType": "EXACT", "value": "email"}}}}]},
        ],
    }  # fmt: skip


def _links() -> dict[str, list[Wire]]:
    return {
        "googleAdsLinks": [
            {"name": f"{WEB}/googleAdsLinks/l1", "customerId": "1234567890", "adsPersonalizationEnabled": True,
             "canManageClients": False, "createTime": MADE, "updateTime": MADE,
             "creatorEmailAddress": "agency@example.com"},
        ],
        "searchAds360Links": [
            {"name": f"{WEB}/searchAds360Links/s1", "advertiserId": "21700000001", "advertiserDisplayName": "Northwind",
             "adsPersonalizationEnabled": True, "campaignDataSharingEnabled": True, "costDataSharingEnabled": True,
             "siteStatsSharingEnabled": True},
        ],
        "displayVideo360AdvertiserLinks": [
            {"name": f"{WEB}/displayVideo360AdvertiserLinks/d1", "advertiserId": "5550001",
             "advertiserDisplayName": "Northwind (brand)", "adsPersonalizationEnabled": True,
             "campaignDataSharingEnabled": False, "costDataSharingEnabled": False},
        ],
        "firebaseLinks": [{"name": f"{WEB}/firebaseLinks/f1", "project": "projects/example-app", "createTime": MADE}],
        "bigQueryLinks": [
            {"name": f"{WEB}/bigQueryLinks/b1", "project": "projects/778899", "dailyExportEnabled": True,
             "streamingExportEnabled": False, "freshDailyExportEnabled": False, "datasetLocation": "EU",
             "includeAdvertisingId": False, "exportStreams": [STREAM], "excludedEvents": ["scroll"],
             "createTime": MADE},
        ],
    }  # fmt: skip


def _rules() -> dict[str, list[Wire]]:
    when = [{"field": "event_name", "comparisonType": "EQUALS", "value": "form_submit"},
            {"field": "form_id", "comparisonType": "STARTS_WITH", "value": "contact"}]  # fmt: skip
    return {
        "eventCreateRules": [
            {"name": f"{STREAM}/eventCreateRules/1", "destinationEvent": "generate_lead", "eventConditions": when,
             "sourceCopyParameters": True, "parameterMutations": [{"parameter": "value", "parameterValue": "40"}]},
        ],
        "eventEditRules": [
            {"name": f"{STREAM}/eventEditRules/1", "displayName": "Region from the page", "processingOrder": "1",
             "eventConditions": [{"field": "page_location", "comparisonType": "CONTAINS", "value": "/emea/"}],
             "parameterMutations": [{"parameter": "region", "parameterValue": "emea"}]},
        ],
    }  # fmt: skip


def _settings() -> list[Wire]:
    return [
        {"name": f"{ACCOUNT}/dataSharingSettings", "sharingWithGoogleSupportEnabled": True,
         "sharingWithOthersEnabled": False, "sharingWithGoogleProductsEnabled": True,
         "sharingWithGoogleAssignedSalesEnabled": False, "sharingWithGoogleAnySalesEnabled": False},
        {"name": f"{WEB}/dataRetentionSettings", "eventDataRetention": "FOURTEEN_MONTHS",
         "userDataRetention": "FOURTEEN_MONTHS", "resetUserDataOnNewActivity": True},
        {"name": f"{WEB}/attributionSettings",
         "acquisitionConversionEventLookbackWindow": "ACQUISITION_CONVERSION_EVENT_LOOKBACK_WINDOW_30_DAYS",
         "otherConversionEventLookbackWindow": "OTHER_CONVERSION_EVENT_LOOKBACK_WINDOW_90_DAYS",
         "reportingAttributionModel": "PAID_AND_ORGANIC_CHANNELS_DATA_DRIVEN",
         "adsWebConversionDataExportScope": "PAID_AND_ORGANIC_CHANNELS"},
        {"name": f"{WEB}/googleSignalsSettings", "state": "GOOGLE_SIGNALS_ENABLED",
         "consent": "GOOGLE_SIGNALS_CONSENT_CONSENTED"},
        {"name": f"{WEB}/reportingIdentitySettings", "reportingIdentity": "BLENDED"},
        {"name": f"{WEB}/userProvidedDataSettings", "userProvidedDataCollectionEnabled": True,
         "automaticallyDetectedDataCollectionEnabled": False},
        {"name": f"{STREAM}/enhancedMeasurementSettings", "streamEnabled": True, "scrollsEnabled": True,
         "outboundClicksEnabled": True, "siteSearchEnabled": True, "videoEngagementEnabled": False,
         "fileDownloadsEnabled": True, "pageChangesEnabled": True, "formInteractionsEnabled": False,
         "searchQueryParameter": "q,s,search", "uriQueryParameter": "lang"},
        {"name": f"{STREAM}/dataRedactionSettings", "emailRedactionEnabled": True,
         "queryParameterRedactionEnabled": True, "queryParameterKeys": ["email", "name"]},
    ]  # fmt: skip


def _binding(up: str, id: str, user: str, *roles: str) -> Wire:
    return {"name": f"{up}/accessBindings/{id}", "user": user, "roles": [f"predefinedRoles/{role}" for role in roles]}


def _events() -> list[Wire]:
    days = [{"id": f"{event}-{day}", "stream": "500601", "event": event, "days": day, "count": count}
            for event, count in (("generate_lead", 31), ("purchase", 120), ("page_view", 9000))
            for day in range(1, 8)]  # fmt: skip
    live = [{"id": f"live-{number}", "stream": stream, "event": "page_view", "minutes": f"{number:02d}", "count": 12}
            for number, stream in ((3, "500601"), (7, "500601"), (12, "500602"))]  # fmt: skip
    return days + live
