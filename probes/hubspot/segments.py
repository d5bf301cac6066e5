"""Segments (which the API calls lists) with the properties that they ask.

The list gives what a segment is called, of which object it is and how it is filled; its filters come where segments
are asked for by id with `includeFilters` (specification of lists 2026-09: `search` without a query pages through all,
500 at a time, `hasMore` and `offset` say how it goes on; names of properties stand in filters as in workflows). Who is
in a segment, and how many, is not read; a digest stands for the filters, which may hold addresses of people. It is
made of the names in `CONDITION` alone, which are those of every sort of filter in that specification (workflows have
the same): what the vendor adds is not compared. A segment that the list has and the second request does not give makes
the read fail: without its filters it would seem to ask nothing.

Not verified: how many ids one request takes (a hundred are sent). `/all`, which goes by id and keeps its order while
it is paged through, is a beta; where a list changes between two pages of `search`, one segment may come twice, which
makes the read partial.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import made, once
from probes.kit.contract import Malformed, canonical, digest
from probes.kit.paging import Paging

from .names import V
from .workflows import BATCH, properties

LISTS: Final = f"/crm/lists/{V}"
ALL: Final = f"{LISTS}/search"
EVERY: Final = {
    "query": "",
    "count": 500,
    "offset": 0,
    "listIds": [],
    "processingTypes": [],
    "additionalProperties": [],
}
CONDITION: Final = frozenset({
    "acceptedOptStates", "acceptedStatuses", "adNetwork", "amount", "appId", "associationCategory",
    "associationTypeId", "businessUnitId", "campaignId", "channel", "clickUrl", "coalescingRefineBy",
    "comparison", "comparisonPropertyName", "ctaName", "day", "dayOfWeek", "days", "defaultComparisonValue",
    "emailId", "enableTracking", "endpointBehavior", "entityType", "eventId", "eventTypeId",
    "filterBranchOperator", "filterBranchType", "filterBranches", "filterLines", "filterType", "filters",
    "fiscalYearStart", "formId", "hour", "hours", "id", "inListType", "includeObjectsWithNoValueSet",
    "indexReference", "level", "listId", "lowerBound", "lowerBoundEndpointBehavior", "lowerBoundOffset",
    "lowerBoundTimePoint", "lowerTimestamp", "maxOccurrences", "metadata", "millisecond", "milliseconds",
    "minOccurrences", "minute", "minutes", "month", "months", "numberOfDays", "objectTypeId", "offset",
    "offsetDirection", "operation", "operationType", "operator", "pageId", "pageUrl", "privacyName", "property",
    "propertyParser", "propertyWithObjectId", "pruningRefineBy", "quarters", "rangeType", "referenceType",
    "requiresTimeZoneConversion", "searchTermType", "searchTerms", "second", "seconds", "setType", "shouldAccept",
    "source", "subscriptionIds", "subscriptionType", "surveyAnswerColId", "surveyAnswerRowId", "surveyId",
    "surveyQuestion", "timeOffset", "timePoint", "timeType", "timeUnit", "timeUnitCount", "timestamp",
    "timezoneSource", "toObjectType", "toObjectTypeId", "type", "upperBound", "upperBoundEndpointBehavior",
    "upperBoundOffset", "upperBoundTimePoint", "upperTimestamp", "useFiscalYear", "value", "valueComparison",
    "values", "webinarId", "weeks", "year", "years", "zoneId",
})  # fmt: skip
_PAGES: Final = Paging(style="cursor", next="offset", more="hasMore", into="body.offset")


@once
async def segments(api: Client) -> Answer:
    """Every segment, with its filters and what these read."""
    rows: list[dict[str, Any]] = list(await api.every(Ask(ALL, body=EVERY), _PAGES, "lists"))
    filters: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(rows), BATCH):
        asked = {"listIds": [row["listId"] for row in rows[start : start + BATCH]], "includeFilters": "true"}
        for found in (await api.ask(Ask(LISTS, asked))).value("lists") or []:
            filters[str(found.get("listId"))] = found
    lost = [str(row["listId"]) for row in rows if str(row["listId"]) not in filters]
    if lost:
        raise Malformed(f"{LISTS} left out {len(lost)} of {len(rows)} segments, such as {lost[0]}")
    full = []
    for row in rows:
        found = filters[str(row["listId"])]
        branch = found.get("filterBranch")
        about = {"objectTypeId": found.get("objectTypeId"), "filterBranch": branch}
        told = digest(canonical(condition(branch))).hex() if branch else None
        full.append({**row, "criteria": told, "reads": properties(about)["reads"]})
    return made({"results": full})


def condition(told: Any) -> Any:
    """Filters without what the guide does not name."""
    if isinstance(told, dict):
        return {name: condition(inner) for name, inner in told.items() if name in CONDITION}
    return [condition(inner) for inner in told] if isinstance(told, list) else told
