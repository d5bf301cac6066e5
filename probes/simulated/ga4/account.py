"""A simulated account of Google Analytics 4, Admin API v1beta and v1alpha, with the reports of the Data API.

Written from the discovery documents analyticsadmin.v1beta and v1alpha of 2026-11, and from the pages of the Data API's
runReport and runRealtimeReport: rows whole, also the keys that no probe reads; a list that is empty, and a flag that is
false, are left out; archived definitions leave their list; a property that was trashed is listed with `showDeleted`
only. The content is the website of the example stack: UTM values of campaigns become dimensions, leads key events.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from probes.simulated.control import Reply, Request, controlled
from probes.simulated.desk import Denial, Route, Wire
from probes.simulated.google import TOKEN, GoogleDesk, refusal

from .content import ACCOUNT, WEB, binding, definitions, events, links, properties, rules, settings

READ, USERS, EDIT = "analytics.readonly", "analytics.manage.users.readonly", "analytics.edit"
BETA = ("dataStreams", "customDimensions", "customMetrics", "keyEvents", "googleAdsLinks", "firebaseLinks")
# For properties of Google Analytics 360 alone.
OF_360 = ("expandedDataSets", "subpropertyEventFilters", "subpropertySyncConfigs")
ALPHA = ("audiences", "calculatedMetrics", "channelGroups", "bigQueryLinks", "searchAds360Links",
         "displayVideo360AdvertiserLinks", "adSenseLinks", *OF_360, "rollupPropertySourceLinks")  # fmt: skip
SETTINGS = ("attributionSettings", "googleSignalsSettings", "reportingIdentitySettings", "userProvidedDataSettings")


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
        self.tables |= {"properties": properties(), "events": events(), **definitions(), **links(), **rules()}
        self.tables["settings"] = settings()
        self.tables["accessBindings"] = [
            binding(ACCOUNT, "1", "admin-01@example.com", "admin"),
            binding(ACCOUNT, "2", "agency@example.com", "analyst", "no-cost-data"),
            binding(ACCOUNT, "4", "web@example.com", "viewer"),
            binding(WEB, "3", "analytics@example.com", "editor"),
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
        own = self.find("properties", up) or {}
        if name == "rollupPropertySourceLinks" and own.get("propertyType") != "PROPERTY_TYPE_ROLLUP":
            raise self.invalid("Only roll-up properties have source links.")
        if name in OF_360 and own.get("serviceLevel") != "GOOGLE_ANALYTICS_360":
            raise self.invalid("The property is no property of Google Analytics 360.")
        rows = [_lean(row) for row in self.tables.get(name, []) if row["name"].startswith(f"{up}/{name}/")]
        spelt = {"bigQueryLinks": "bigqueryLinks", "adSenseLinks": "adsenseLinks"}
        return self.paged(request, spelt.get(name, name), rows)

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
