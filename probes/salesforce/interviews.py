"""Runs of flows that wait or failed, as the health of all of them together.

FlowInterview (object reference: InterviewStatus since 50.0; Run Flows or the flow user's mark) keeps runs that were
paused, and those that failed. Records are never read: Salesforce counts them by status, which it can group by and the
flow's version it can not. Labels of runs and what failed in them hold people's data. Interviews are shared like
records: without View All Data only one's own are counted, so that none at all says nothing; the state is unknown then.
How long Salesforce keeps a failed run is not verified: it counts as failing for two hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from probes.kit.api import Answer, Client
from probes.kit.coded import made, once
from probes.kit.contract import Kind
from probes.kit.listing import Listing
from probes.kit.values import instant

from .calls import PAGES, select, soql

HOUR: Final = 3600.0
FRESH: Final = 2 * HOUR  # so that two readings see it, and the third that it is over
_WAITING: Final = ("Paused", "VersionPaused")
_WHAT: Final = "InterviewStatus, COUNT(Id) many, MAX(LastModifiedDate) newest"
_WHERE: Final = (
    "InterviewStatus IN ('Paused', 'VersionPaused') OR LastModifiedDate = LAST_N_DAYS:1 GROUP BY InterviewStatus"
)


@once
async def interviews(api: Client) -> Answer:
    """One row, whatever there is."""
    counted = await api.every(soql(select(_WHAT, "FlowInterview", _WHERE)), PAGES, "records")
    return made({"records": [_row({str(one["InterviewStatus"]): one for one in counted}, api.clock.now())]})


def _row(found: Mapping[str, Mapping[str, Any]], now: float) -> dict[str, Any]:
    failed = found.get("Error", {})
    newest = instant(failed.get("newest"))
    waiting = sum(int(found[status]["many"]) for status in _WAITING if status in found)
    return {
        "name": "flow-interviews",
        "state": "unknown" if not found else "failing" if newest is not None and now - newest < FRESH else "ok",
        "failed_at": newest,
        "paused": f"{waiting} paused" if found else None,
        "failed": f"{failed['many']} failed since yesterday" if failed else None,
    }


INTERVIEWS: Final = Listing(
    name="flow-interviews", kind=Kind.SYNC, fetch=interviews, records="records", key="name", every=HOUR,
    needs=("ViewAllData",), facts={}, evidence={"paused": "paused", "failed": "failed"},
    health={"state": "state", "failed_at": "failed_at"},
    states={"ok": "ok", "failing": "failing", "unknown": "unknown"},
    link="{base}/lightning/setup/Pausedflows/home",
)  # fmt: skip
