"""A simulated account of Google Ads, API v26: one customer, asked in GAQL by googleAds:search.

Written from the field reference of the API (developers.google.com/google-ads/api/fields), its pages on queries, errors
and access levels, and, for the keys of rows, the discovery document searchads360.v23, whose resources of these names
are the same. A query gives what it selects and no more; what is unset or false is left out; pages have the vendor's
size; a result without rows has no `results`; times are in the account's own zone, without saying so. The content is the
leads of the example stack: conversions that a reverse ETL uploads, the lists that it fills, campaigns by their names.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from .control import Reply, Request, controlled
from .desk import Denial, Route, Wire
from .google import TOKEN, GoogleDesk, refusal

CUSTOMER, MANAGER, VERSION, SCOPE = "1234567890", "9998887777", "v26", "adwords"
_QUERY = re.compile(
    r"SELECT (?P<select>.+?) FROM (?P<table>\w+)(?: WHERE (?P<where>.+?))?(?: ORDER BY .+?)?(?: LIMIT \d+)?"
)
_TEST = re.compile(r"([\w.]+) (=|!=|>=|<=|IN) (?:'((?:[^'\\]|\\.)*)'|(\d+)|\(([^)]*)\))")
_ME = f"customers/{CUSTOMER}"


class Account(GoogleDesk):
    """Tables are named like resources, in the camel case of answers; `zone` is the account's. `login_customer` is the
    manager that has to be named in the header; empty: none has to."""

    routes = (
        TOKEN,
        Route("POST", f"/{VERSION}/customers/{{customer}}/googleAds:search", "search", SCOPE),
        Route("POST", "/v22/customers/{customer}/googleAds:search", "sunset", SCOPE),
    )
    keys: ClassVar[dict[str, str]] = {
        "customerManagerLink": "managerLinkId", "customerUserAccess": "userId", "productLink": "productLinkId",
        "customerUserAccessInvitation": "invitationId",
        "recommendationSubscription": "type", "customerConversionGoal": "resourceName",
        "offlineConversionUploadClientSummary": "resourceName", "changeEvent": "resourceName",
        "offlineConversionUploadConversionActionSummary": "resourceName",
    }  # fmt: skip

    def fill(self) -> None:
        self.account = CUSTOMER
        self.zone = "America/New_York"
        self.login_customer = ""
        self.tables |= {**_conversions(), **_audiences(), **_people()}
        self.tables["customer"] = [_customer(self.zone)]
        self.tables["campaign"] = [
            _campaign("701", "2026-Q4_emea_email_launch"), _campaign("702", "2026-Q4_amer_search_brand"),
            _campaign("703", "2025-Q4_emea_search_old", status="REMOVED"),
        ]  # fmt: skip
        self.steady = True
        self.tables |= _uploads(self.local(self.clock.now() - 5400))
        self.tables["changeEvent"] = []

    def answer(self, request: Request) -> Reply:
        if self.alive and self.steady:  # uploads go on and go well, until one is made by hand
            self.tables |= _uploads(self.local(self.clock.now() - 5400), failed=0)
        return super().answer(request)

    def local(self, at: float) -> str:
        """A time as the API tells it: in the account's zone, without its offset."""
        return datetime.fromtimestamp(at, ZoneInfo(self.zone)).strftime("%Y-%m-%d %H:%M:%S")

    # answering

    def search(self, request: Request, customer: str) -> Any:
        if customer != self.account or request.headers.get("login-customer-id", "") != self.login_customer:
            raise self.failure(403, "PERMISSION_DENIED", "authorizationError", "USER_PERMISSION_DENIED")
        asked = request.json()
        if set(asked) - {"query", "pageToken", "validateOnly", "searchSettings"}:
            raise self.failure(400, "INVALID_ARGUMENT", "requestError", "PAGE_SIZE_NOT_SUPPORTED")
        found = _QUERY.fullmatch(asked["query"])
        if not found:
            raise self.failure(400, "INVALID_ARGUMENT", "queryError", "UNEXPECTED_INPUT")
        name = _camel(found["table"])
        selected = [_camel(one.strip()) for one in found["select"].split(",")]
        rows = [{name: row, "customer": self.tables["customer"][0]} for row in self.tables.get(name, [])]
        tests = [(path, sign, re.sub(r"\\(.)", r"\1", text) or number or among)
                 for path, sign, text, number, among in _TEST.findall(found["where"] or "")]  # fmt: skip
        for one in selected:
            if rows and not any(_has(row, one.split(".")) for row in rows):
                raise self.failure(400, "INVALID_ARGUMENT", "queryError", "UNRECOGNIZED_FIELD")
        rows = [row for row in rows if all(_holds(row, *test) for test in tests)]
        page = self.paged(Request("POST", "", asked, {}, b"", ""), "results", rows, 10_000)
        kept = [_selected(row, selected) for row in page.pop("results", [])]
        return {**({"results": kept} if kept else {}), **page, "fieldMask": ",".join(selected),
                "queryResourceConsumption": "412"}  # fmt: skip

    def sunset(self, request: Request, customer: str) -> Any:
        raise self.failure(400, "INVALID_ARGUMENT", "requestError", "UNSUPPORTED_VERSION")

    def failure(self, code: int, status: str, kind: str, word: str, message: str = "") -> Denial:
        """A GoogleAdsFailure among the details of Google's usual envelope."""
        reply = refusal(code, status, message or "Request contains an invalid argument.")
        error = {"errorCode": {kind: word}, "message": message or word}
        kind = f"type.googleapis.com/google.ads.googleads.{VERSION}.errors.GoogleAdsFailure"
        reply.body["error"]["details"] = [{"@type": kind, "errors": [error], "requestId": "unJ7Kq0"}]
        return Denial(reply)

    def limited(self) -> Reply:
        words = "Too many requests. Retry in 5 seconds."
        return self.failure(429, "RESOURCE_EXHAUSTED", "quotaError", "RESOURCE_TEMPORARILY_EXHAUSTED", words).reply

    # changing

    @controlled
    def upload(self, ok: int, failed: int, status: str, error: str = "") -> None:
        """An upload of offline conversions has come in: so many went through, so many did not, and why."""
        self.note("upload", ok=ok, failed=failed, status=status, error=error)
        self.steady = False
        day = self.local(self.clock.now())
        for table in ("offlineConversionUploadClientSummary", "offlineConversionUploadConversionActionSummary"):
            for row in self.tables[table]:
                daily = {"uploadDate": day[:10], "successfulCount": str(ok), "failedCount": str(failed)}
                alert = {"error": {"conversionUploadError": error}, "errorPercentage": failed / max(ok + failed, 1)}
                row |= {"status": status, "lastUploadDateTime": day, "alerts": [alert] if error else []}
                row["dailySummaries"] = [daily, *row["dailySummaries"]]

    def touched(self, table: str, row: Wire) -> None:
        if table in ("campaign", "asset"):
            number = len(self.tables["changeEvent"])
            self.tables["changeEvent"].append({
                "resourceName": f"{_ME}/changeEvents/{number}", "changeDateTime": self.local(self.clock.now()),
                "changeResourceType": table.upper(), "changeResourceName": row["resourceName"],
                "resourceChangeOperation": "UPDATE", "clientType": "GOOGLE_ADS_WEB_CLIENT", "userEmail": self.actor,
            })  # fmt: skip


def _camel(path: str) -> str:
    return re.sub(r"_(\w)", lambda found: found[1].upper(), path)


def _has(row: Any, path: list[str]) -> bool:
    for step in path:
        if not isinstance(row, dict) or step not in row:
            return False
        row = row[step]
    return True


def _value(row: Any, path: list[str]) -> Any:
    return row if not path else _value(row.get(path[0]), path[1:]) if isinstance(row, dict) else None


def _holds(row: Wire, path: str, sign: str, wanted: str) -> bool:
    value = str(_value(row, _camel(path).split(".")))
    if sign == "IN":
        return repr(value) in wanted.split(", ")
    return {"=": value == wanted, "!=": value != wanted, ">=": value >= wanted, "<=": value <= wanted}[sign]


def _selected(row: Wire, selected: list[str]) -> Wire:
    """A row with the selected fields that are set, and the name that each resource in it always has."""
    out: Wire = {}
    for one in selected:
        first, *rest = one.split(".")
        value = _value(row, [first, *rest])
        out.setdefault(first, {"resourceName": row[first]["resourceName"]})
        if value not in (None, False, "", []):
            at = out[first]
            for step in rest[:-1]:
                at = at.setdefault(step, {})
            at[rest[-1]] = value
    return out


def _customer(zone: str) -> Wire:
    return {
        "resourceName": _ME, "id": CUSTOMER, "descriptiveName": "Example", "currencyCode": "EUR", "timeZone": zone,
        "autoTaggingEnabled": True, "manager": False, "testAccount": False, "status": "ENABLED",
        "trackingUrlTemplate": "{lpurl}?utm_source=google&utm_campaign={_campaign}", "finalUrlSuffix": "utm_medium=cpc",
        "optimizationScore": 0.71,
        "conversionTrackingSetting": {
            "conversionTrackingId": "55511", "conversionTrackingStatus": "CONVERSION_TRACKING_MANAGED_BY_SELF",
            "acceptedCustomerDataTerms": True, "enhancedConversionsForLeadsEnabled": True,
            "googleAdsConversionCustomer": _ME, "crossAccountConversionTrackingId": "0",
        },
    }  # fmt: skip


def _campaign(id: str, name: str, **more: Any) -> Wire:
    return {
        "resourceName": f"{_ME}/campaigns/{id}", "id": id, "name": name, "status": "ENABLED",
        "advertisingChannelType": "SEARCH", "trackingUrlTemplate": "{lpurl}?src=ads",
        "finalUrlSuffix": f"utm_campaign={name}", "biddingStrategyType": "MAXIMIZE_CONVERSIONS",
        "urlCustomParameters": [{"key": "campaign", "value": name}], "optimizationScore": 0.5,
        "selectiveOptimization": {"conversionActions": [f"{_ME}/conversionActions/101"]}, **more,
    }  # fmt: skip


def _conversions() -> dict[str, list[Wire]]:
    def action(id: str, name: str, kind: str, category: str, **more: Any) -> Wire:
        return {
            "resourceName": f"{_ME}/conversionActions/{id}", "id": id, "name": name, "type": kind, "status": "ENABLED",
            "category": category, "origin": "WEBSITE", "countingType": "ONE_PER_CLICK", "primaryForGoal": True,
            "includeInConversionsMetric": True, "clickThroughLookbackWindowDays": "90", "ownerCustomer": _ME,
            "viewThroughLookbackWindowDays": "1",
            "attributionModelSettings": {"attributionModel": "GOOGLE_SEARCH_ATTRIBUTION_DATA_DRIVEN",
                                         "dataDrivenModelStatus": "AVAILABLE"},
            "valueSettings": {"defaultValue": 40.0, "defaultCurrencyCode": "EUR", "alwaysUseDefaultValue": True},
            "tagSnippets": [{"type": "WEBPAGE", "pageFormat": "HTML", "eventSnippet": "<script>not-for-git</script>"}],
            **more,
        }  # fmt: skip

    return {
        "conversionAction": [
            action("101", "Qualified lead (CRM)", "UPLOAD_CLICKS", "QUALIFIED_LEAD"),
            action("102", "Contact form", "WEBPAGE", "SUBMIT_LEAD_FORM", primaryForGoal=False),
            action("103", "Purchase", "GOOGLE_ANALYTICS_4_PURCHASE", "PURCHASE", countingType="MANY_PER_CLICK"),
            action("104", "Old lead", "UPLOAD_CLICKS", "IMPORTED_LEAD", status="REMOVED"),
        ],
        "customerConversionGoal": [
            {"resourceName": f"{_ME}/customerConversionGoals/{category}~WEBSITE", "category": category,
             "origin": "WEBSITE", "biddable": biddable}
            for category, biddable in (("QUALIFIED_LEAD", True), ("PURCHASE", True), ("SUBMIT_LEAD_FORM", False))
        ],
        "customConversionGoal": [
            {"resourceName": f"{_ME}/customConversionGoals/201", "id": "201", "name": "Leads that sales takes",
             "status": "ENABLED", "conversionActions": [f"{_ME}/conversionActions/101"]},
        ],
        "conversionCustomVariable": [
            {"resourceName": f"{_ME}/conversionCustomVariables/301", "id": "301", "name": "Region", "tag": "region",
             "status": "ENABLED", "ownerCustomer": _ME},
            {"resourceName": f"{_ME}/conversionCustomVariables/302", "id": "302", "name": "Segment", "tag": "segment",
             "status": "ACTIVATION_NEEDED", "ownerCustomer": _ME},
        ],
    }  # fmt: skip


def _audiences() -> dict[str, list[Wire]]:
    def users(id: str, name: str, kind: str, **more: Any) -> Wire:
        return {
            "resourceName": f"{_ME}/userLists/{id}", "id": id, "name": name, "type": kind, "description": "for ads",
            "membershipStatus": "OPEN", "membershipLifeSpan": "540", "accessReason": "OWNED", "sizeForSearch": "12000",
            "accountUserListStatus": "ENABLED", "eligibleForSearch": True, "eligibleForDisplay": True,
            "integrationCode": "hightouch", "matchRatePercentage": 61, **more,
        }  # fmt: skip

    return {
        "userList": [
            users("401", "Customers (CRM)", "CRM_BASED",
                  crmBasedUserList={"uploadKeyType": "CONTACT_INFO", "dataSourceType": "FIRST_PARTY"}),
            users("402", "Visitors of 90 days", "REMARKETING", membershipLifeSpan="90"),
            users("403", "Idle list", "CRM_BASED", membershipStatus="CLOSED", closingReason="UNUSED"),
        ],
        "conversionValueRule": [
            {"resourceName": f"{_ME}/conversionValueRules/811", "id": "811", "status": "ENABLED", "ownerCustomer": _ME,
             "action": {"operation": "MULTIPLY", "value": 1.5},
             "audienceCondition": {"userLists": [f"{_ME}/userLists/401"], "userInterests": [f"{_ME}/userInterests/9"]}},
            {"resourceName": f"{_ME}/conversionValueRules/812", "id": "812", "status": "PAUSED", "ownerCustomer": _ME,
             "action": {"operation": "SET", "value": 10.0}, "deviceCondition": {"deviceTypes": ["MOBILE"]},
             "geoLocationCondition": {
                 "geoTargetConstants": ["geoTargetConstants/2276"], "geoMatchType": "ANY",
                 "excludedGeoTargetConstants": ["geoTargetConstants/20234"], "excludedGeoMatchType": "ANY"}},
            {"resourceName": f"{_ME}/conversionValueRules/813", "id": "813", "status": "REMOVED", "ownerCustomer": _ME,
             "action": {"operation": "ADD", "value": 1.0}},
        ],
        "asset": [
            {"resourceName": f"{_ME}/assets/901", "id": "901", "name": "Talk to us", "type": "LEAD_FORM",
             "source": "ADVERTISER", "policySummary": {"approvalStatus": "APPROVED", "reviewStatus": "REVIEWED"},
             "leadFormAsset": {
                 "headline": "Talk to us", "businessName": "Example", "description": "We call back",
                 "callToActionType": "CONTACT_US", "callToActionDescription": "Leave your number",
                 "privacyPolicyUrl": "https://www.example.com/privacy", "desiredIntent": "HIGH_INTENT",
                 "fields": [{"inputType": "EMAIL"}, {"inputType": "COMPANY_SIZE",
                                                     "singleChoiceAnswers": {"answers": ["1-10", "11-50"]}}],
                 "customQuestionFields": [{"customQuestionText": "Which region?",
                                           "singleChoiceAnswers": {"answers": ["EMEA", "AMER"]}}],
                 "deliveryMethods": [{"webhook": {
                     "advertiserWebhookUrl": "https://hooks.example.com/leads?key=not-for-git",
                     "googleSecret": "not-for-git", "payloadSchemaVersion": "3"}}]}},
            {"resourceName": f"{_ME}/assets/902", "id": "902", "name": "Logo", "type": "IMAGE", "source": "ADVERTISER",
             "imageAsset": {"fileSize": "4711", "mimeType": "IMAGE_PNG"}},
        ],
        "label": [
            {"resourceName": f"{_ME}/labels/501", "id": "501", "name": "agency", "status": "ENABLED",
             "textLabel": {"description": "run by the agency", "backgroundColor": "#ff0000"}},
        ],
        "recommendationSubscription": [
            {"resourceName": f"{_ME}/recommendationSubscriptions/{type}", "type": type, "status": status,
             "createDateTime": "2026-02-03 09:00:00", "modifyDateTime": "2026-02-03 09:00:00.000000"}
            for type, status in (("KEYWORD", "PAUSED"), ("RESPONSIVE_SEARCH_AD", "ENABLED"))
        ],
        "productLink": [
            {"resourceName": f"{_ME}/productLinks/601", "productLinkId": "601", "type": "MERCHANT_CENTER",
             "merchantCenter": {"merchantCenterId": "445566"}},
            {"resourceName": f"{_ME}/productLinks/602", "productLinkId": "602", "type": "DATA_PARTNER",
             "dataPartner": {"dataPartnerId": "7"}},
            {"resourceName": f"{_ME}/productLinks/603", "productLinkId": "603", "type": "GOOGLE_ADS",
             "googleAds": {"customer": "customers/1112223333"}},
            {"resourceName": f"{_ME}/productLinks/604", "productLinkId": "604", "type": "ADVERTISING_PARTNER",
             "advertisingPartner": {"customer": "customers/4445556666"}},
        ],
    }  # fmt: skip


def _people() -> dict[str, list[Wire]]:
    def person(id: str, mailbox: str, role: str) -> Wire:
        return {"resourceName": f"{_ME}/customerUserAccesses/{id}", "userId": id, "emailAddress": mailbox,
                "accessRole": role, "accessCreationDateTime": "2025-02-03 09:00:00",
                "inviterUserEmailAddress": "admin-01@example.com"}  # fmt: skip

    return {
        "customerUserAccess": [
            person("1", "admin-01@example.com", "ADMIN"), person("2", "agency@example.com", "STANDARD"),
            person("3", "monitor@example.iam.gserviceaccount.com", "READ_ONLY"),
        ],
        "customerUserAccessInvitation": [
            {"resourceName": f"{_ME}/customerUserAccessInvitations/{id}", "invitationId": id, "accessRole": "ADMIN",
             "emailAddress": mailbox, "creationDateTime": "2026-05-20 10:00:00", "invitationStatus": status}
            for id, mailbox, status in (("11", "admin-03@example.com", "PENDING"), ("12", "web@example.com", "EXPIRED"))
        ],
        "customerManagerLink": [
            {"resourceName": f"{_ME}/customerManagerLinks/{MANAGER}~{id}", "managerCustomer": f"customers/{manager}",
             "managerLinkId": id, "status": status, "startTime": "2025-02-03 09:00:00"}
            for id, manager, status in (("21", MANAGER, "ACTIVE"), ("22", "3332221111", "PENDING"))
        ],
    }  # fmt: skip


def _uploads(day: str, failed: int = 2) -> dict[str, list[Wire]]:
    counts = {"successfulCount": str(120 - failed), "failedCount": str(failed)}
    daily = [{"uploadDate": day[:10], **counts, "pendingCount": "0"}]
    usual = {"status": "EXCELLENT", "client": "GOOGLE_ADS_API", "totalEventCount": "840", "successfulEventCount": "831",
             "pendingEventCount": "0", "lastUploadDateTime": day, "dailySummaries": daily, "alerts": [],
             "jobSummaries": [{"jobId": "91", **counts}]}  # fmt: skip
    whole = {**usual, "successRate": 0.989, "pendingRate": 0.0}
    name = f"{_ME}/offlineConversionUpload"
    return {
        "offlineConversionUploadClientSummary": [
            {"resourceName": f"{name}ClientSummaries/GOOGLE_ADS_API", **whole, "dailySummaries": list(daily)},
        ],
        "offlineConversionUploadConversionActionSummary": [
            {"resourceName": f"{name}ConversionActionSummaries/101~GOOGLE_ADS_API", "conversionActionId": "101",
             "conversionActionName": "Qualified lead (CRM)", **usual, "dailySummaries": list(daily)},
        ],
    }  # fmt: skip
