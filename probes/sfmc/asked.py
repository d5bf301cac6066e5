"""Who changed something in Marketing Cloud, by its Audit Trail, where the edition has it.

The trail names a thing by its id and its name, which is not always its key: what is found by the id is surely meant.
Its times are without a zone; the system keeps Central Standard Time all the year, which is taken for theirs (not
verified for this list). The vendor's page shows the answer as a list of one page; both that and the page alone are
read. Of a user that is unknown it says "Unavailable".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from probes.kit.api import Ask, Client
from probes.kit.contract import Malformed, Sought
from probes.kit.listing import Told
from probes.kit.values import instant

TRAIL: Final = "/data/v1/audit/auditEvents"
ZONE: Final = timezone(timedelta(hours=-6))
SLACK: Final = 60.0  # seconds that the vendor's clock and ours may be apart
SIZE: Final = 1000
MOST: Final = 50  # pages
LOOKS: Final = frozenset({"Login", "Logout", "Start", "View", "Export"})  # what changes nothing
NOBODY: Final = frozenset({"", "Unavailable"})


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """One walk through the trail for all. It is asked by days; the hours are held against here."""
    first, last = min(one.after for one in sought) - SLACK, max(one.until for one in sought) + SLACK
    days = [datetime.fromtimestamp(at, ZONE).date() for at in (first, last)]
    asked = {"startdate": days[0].isoformat(), "enddate": (days[1] + timedelta(days=1)).isoformat()}
    events: list[Mapping[str, Any]] = []
    for page in range(1, MOST + 1):
        told = (await api.ask(Ask(TRAIL, {**asked, "$page": page, "$pagesize": SIZE}))).value()
        told = told[0] if isinstance(told, list) and told else told
        if not isinstance(told, dict) or not isinstance(told.get("items"), list):
            raise Malformed("the audit trail has no list of items")
        if not told["items"]:
            return [_did(events, one) for one in sought]
        events += told["items"]
    raise Malformed(f"the audit trail has more than {MOST} pages for that time", code="cap")


def when(event: Mapping[str, Any]) -> float:
    at = instant(event["createdDate"]) or 0.0
    return at if "Z" in str(event["createdDate"]) else at - ZONE.utcoffset(None).total_seconds()


def _did(events: Sequence[Mapping[str, Any]], sought: Sought) -> dict[str, Any]:
    """The newest deed of somebody who is named, about a thing of that id, or of that key where its name is that."""
    mine = [
        (when(event), event) for event in events
        if {str(event["object"].get("id")), str(event["object"].get("name"))} & sought.names
        and event["operation"]["name"] not in LOOKS and str(event["employee"].get("userName")) not in NOBODY
    ]  # fmt: skip
    mine = [(at, event) for at, event in mine if sought.after - SLACK <= at <= sought.until + SLACK]
    if not mine:
        return {}
    at, last = max(mine, key=lambda one: one[0])
    return {"by": last["employee"]["userName"], "at": datetime.fromtimestamp(at, UTC).isoformat(), "how": "named",
            "action": last["operation"]["name"]}  # fmt: skip
