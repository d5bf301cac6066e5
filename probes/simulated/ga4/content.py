"""What the simulated account of Google Analytics holds: the website of the example stack, in Google's own rows."""

from __future__ import annotations

from typing import Any

from probes.simulated.desk import Wire

ACCOUNT, WEB, OLD = "accounts/100200", "properties/300400", "properties/300399"
STREAM = f"{WEB}/dataStreams/500601"
MADE = "2025-03-04T10:00:00.123456Z"


def properties() -> list[Wire]:
    usual = {
        "account": ACCOUNT, "parent": ACCOUNT, "propertyType": "PROPERTY_TYPE_ORDINARY", "createTime": MADE,
        "updateTime": MADE, "timeZone": "Europe/London", "currencyCode": "EUR",
        "industryCategory": "BUSINESS_AND_INDUSTRIAL_MARKETS", "serviceLevel": "GOOGLE_ANALYTICS_360",
    }  # fmt: skip
    return [
        {"name": WEB, "displayName": "example.com", **usual},
        {"name": OLD, "displayName": "example.com (old)", **usual, "deleteTime": "2026-11-01T00:00:00Z",
         "expireTime": "2026-12-06T00:00:00Z"},
    ]  # fmt: skip


def definitions() -> dict[str, list[Wire]]:
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
        "expandedDataSets": [
            {"name": f"{WEB}/expandedDataSets/1", "displayName": "Pages by region", "description": "for the report",
             "dimensionNames": ["pagePath", "customEvent:region"], "metricNames": ["screenPageViews"],
             "dataCollectionStartTime": MADE, "dimensionFilterExpression": {"andGroup": {"filterExpressions": [
                 {"notExpression": {"filter": {"fieldName": "pagePath", "stringFilter": {
                     "matchType": "CONTAINS", "value": "/test", "caseSensitive": True}}}}]}}},
        ],
        "channelGroups": [
            {"name": f"{WEB}/channelGroups/1", "displayName": "Default channel group", "systemDefined": True,
             "primary": True, "description": "Google's", "groupingRule": [
                 {"displayName": "Email", "expression": {"filter": {
                     "fieldName": "eachScopeMedium", "stringFilter": {"matchType": "EXACT", "value": "email"}}}}]},
        ],
    }  # fmt: skip


def links() -> dict[str, list[Wire]]:
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
        "adSenseLinks": [{"name": f"{WEB}/adSenseLinks/a1", "adClientCode": "ca-pub-0000000000000000"}],
        "firebaseLinks": [{"name": f"{WEB}/firebaseLinks/f1", "project": "projects/example-app", "createTime": MADE}],
        "bigQueryLinks": [
            {"name": f"{WEB}/bigQueryLinks/b1", "project": "projects/778899", "dailyExportEnabled": True,
             "streamingExportEnabled": False, "freshDailyExportEnabled": False, "datasetLocation": "EU",
             "includeAdvertisingId": False, "exportStreams": [STREAM], "excludedEvents": ["scroll"],
             "createTime": MADE},
        ],
    }  # fmt: skip


def rules() -> dict[str, list[Wire]]:
    when = [{"field": "event_name", "comparisonType": "EQUALS", "value": "form_submit"},
            {"field": "form_id", "comparisonType": "STARTS_WITH", "value": "contact"}]  # fmt: skip
    return {
        "eventCreateRules": [
            {"name": f"{STREAM}/eventCreateRules/1", "destinationEvent": "generate_lead", "eventConditions": when,
             "sourceCopyParameters": True, "parameterMutations": [{"parameter": "value", "parameterValue": "40"}]},
        ],
        "subpropertyEventFilters": [
            {"name": f"{WEB}/subpropertyEventFilters/1", "applyToProperty": "properties/300401", "filterClauses": [
                {"filterClauseType": "INCLUDE", "filterExpression": {"orGroup": {"filterExpressions": [
                    {"filterCondition": {"fieldName": "customEvent:region", "stringFilter": {
                        "matchType": "EXACT", "value": "EMEA", "caseSensitive": False}}},
                    {"notExpression": {"filterCondition": {"fieldName": "hostName", "nullFilter": True}}}]}}}]},
        ],
        "subpropertySyncConfigs": [
            {"name": f"{WEB}/subpropertySyncConfigs/300401", "applyToProperty": "properties/300401",
             "customDimensionAndMetricSyncMode": "ALL"},
        ],
        "eventEditRules": [
            {"name": f"{STREAM}/eventEditRules/1", "displayName": "Region from the page", "processingOrder": "1",
             "eventConditions": [{"field": "page_location", "comparisonType": "CONTAINS", "value": "/emea/"}],
             "parameterMutations": [{"parameter": "region", "parameterValue": "emea"}]},
        ],
    }  # fmt: skip


def settings() -> list[Wire]:
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


def binding(up: str, id: str, user: str, *roles: str) -> Wire:
    return {"name": f"{up}/accessBindings/{id}", "user": user, "roles": [f"predefinedRoles/{role}" for role in roles]}


def events() -> list[Wire]:
    days = [{"id": f"{event}-{day}", "stream": "500601", "event": event, "days": day, "count": count}
            for event, count in (("generate_lead", 31), ("purchase", 120), ("page_view", 9000))
            for day in range(1, 8)]  # fmt: skip
    live = [{"id": f"live-{number}", "stream": stream, "event": "page_view", "minutes": f"{number:02d}", "count": 12}
            for number, stream in ((3, "500601"), (7, "500601"), (12, "500602"))]  # fmt: skip
    return days + live
