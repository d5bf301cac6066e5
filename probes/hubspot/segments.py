"""Segments (which the API calls lists) with the properties that they ask.

The list gives what a segment is called, of which object it is and how it is filled; its filters come where segments are
asked for by id with `includeFilters` (guide to segments, 2026-09: /all gives 500 a page in the order of their ids, the
cursor goes into the body; names of properties stand in filters as they do in workflows). Who is in a segment, and how
many, is not read; a digest stands for the filters, which may hold addresses of people. It is made of the names in
`CONDITION` alone: what the vendor adds is not compared. A segment that the list has and the second request does not
give makes the read fail: without its filters it would seem to ask nothing. Not verified: how many ids one request takes
(a hundred are sent); that `CONDITION` has every name of every sort of filter (what stands under another is not seen to
change).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from probes.kit.api import Answer, Ask, Client
from probes.kit.contract import Fault, Malformed, canonical, digest
from probes.kit.listing import Row
from probes.kit.paging import Paging

from .asked import V
from .workflows import BATCH, properties

LISTS: Final = f"/crm/lists/{V}"
ALL: Final = f"{LISTS}/all"
CONDITION: Final = frozenset({
    "filterBranchType", "filterBranchOperator", "filterBranches", "filters", "filterType", "property", "operation",
    "operator", "operationType", "value", "values", "lowerBound", "upperBound", "includeObjectsWithNoValueSet",
    "timePoint", "lowerBoundTimePoint", "upperBoundTimePoint", "lowerBoundEndpointBehavior",
    "upperBoundEndpointBehavior", "timeUnit", "timeUnitCount", "timeType", "zoneId", "year", "month", "day",
    "listId", "formId", "pageId", "emailId", "appId", "event", "eventTypeId", "objectTypeId", "associationTypeId",
    "associationCategory", "toObjectTypeId", "coalescingRefineBy", "pruningRefineBy",
})  # fmt: skip
_PAGES: Final = Paging(style="cursor", next="paging.next.after", into="body.after")


async def segments(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """Every segment, with its filters and what these read."""
    rows: list[dict[str, Any]] = list(await api.every(Ask(ALL, body={"count": 500}), _PAGES, "results"))
    filters: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(rows), BATCH):
        asked = {"listIds": [row["listId"] for row in rows[start : start + BATCH]], "includeFilters": "true"}
        for found in (await api.ask(Ask(LISTS, asked))).value("lists") or []:
            filters[str(found.get("listId"))] = found
    lost = [str(row["listId"]) for row in rows if str(row["listId"]) not in filters]
    if lost:
        raise Malformed(f"{LISTS} left out {len(lost)} of {len(rows)} segments, such as {lost[0]}")
    made = []
    for row in rows:
        branch = filters[str(row["listId"])].get("filterBranch")
        about = {"objectTypeId": row.get("objectTypeId"), "filterBranch": branch}
        told = digest(canonical(condition(branch))).hex() if branch else None
        made.append({**row, "criteria": told, "reads": properties(about)["reads"]})
    yield parents[0], Answer(200, {}, msgspec.json.encode({"results": made}))


def condition(told: Any) -> Any:
    """Filters without what the guide does not name."""
    if isinstance(told, dict):
        return {name: condition(inner) for name, inner in told.items() if name in CONDITION}
    return [condition(inner) for inner in told] if isinstance(told, list) else told
