"""Segment on demand: one destination or warehouse, and who changed something, by the workspace's audit trail.

A 404 says "does not exist or cannot be found", so that nothing is ever said to be gone by it. The trail names what was
changed by its id and name; of a tracking plan it names the plan, not the rule, so that a change of a rule is somebody's
only where nobody else touched that plan in that time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from probes.kit.api import Ask, Client
from probes.kit.clock import stamp
from probes.kit.contract import Absent, Kind, Ref, Sought, Unsupported, window
from probes.kit.listing import Found, Told
from probes.kit.values import instant

from .plan import pages

ONES: Final = {"destinations": "destination", "warehouses": "warehouse"}


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """What is known by its id."""
    if ref.kind is not Kind.SYNC or ref.name not in ONES:
        raise Unsupported(f"Segment is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    answer = await api.ask(Ask(f"/{ref.name}/{key}"))
    return Found(ref.name, answer.value(f"data.{ONES[ref.name]}"))


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """One walk through the trail for all; the plans are asked for only where a rule of one is sought."""
    first, last = window(sought)
    since, until = stamp(first), stamp(last + 1)  # what is left of a second is cut off
    events, lacks = await pages(api, "/audit-events", "events", startTime=since, endTime=until)
    if lacks:
        raise lacks
    events = [event for event in events if not str(event["type"]).endswith("Retrieved")]
    plans: dict[str, str] = {}
    if any(_ruled(one) for one in sought):
        rows, lacks = await pages(api, "/tracking-plans", "trackingPlans")
        if lacks:
            raise lacks
        plans = {str(row.get("slug") or row["id"]): str(row["id"]) for row in rows}
    return [_did(events, plans, one) for one in sought]


def _ruled(sought: Sought) -> bool:
    return sought.ref.kind is Kind.FIELD or (sought.ref.kind is Kind.SCHEMA and sought.ref.name.endswith(".events"))


def _did(events: Sequence[Mapping[str, Any]], plans: Mapping[str, str], sought: Sought) -> dict[str, Any]:
    """The newest deed that names the thing; of a rule, of whoever alone touched its plan."""
    plan = plans.get(sought.ref.name.removesuffix(".events").partition("/")[0], "")
    about = {plan} if _ruled(sought) else sought.names
    mine = [event for event in events if {str(event["resourceId"]), str(event["resourceName"])} & about
            and sought.during(instant(event["timestamp"]) or 0.0)]  # fmt: skip
    if not mine or (_ruled(sought) and len({event.get("actor") for event in mine}) > 1):
        return {}
    last = max(mine, key=lambda event: instant(event["timestamp"]) or 0.0)
    return {"by": last.get("actorEmail") or last["actor"], "at": last["timestamp"], "action": last["type"],
            "how": "alone" if _ruled(sought) else "named"}  # fmt: skip
