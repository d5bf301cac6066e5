"""Processes, and how those of Power Automate, cloud flows, ran: what it leaves in Dataverse.

Runs of the flows that stand in a solution are rows of the table FlowRun for four weeks, or for as long as the
organization keeps them (`flowruntimetoliveinseconds`; with 0 there are none, and nothing is known of any flow).
Vendor's pages: power-automate/dataverse/cloud-flow-run-metadata, and the table's own. A run belongs to the owner of its
flow: a right to read that is less deep than the organization gets fewer runs, with a 200.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client, listed
from probes.kit.clock import stamp
from probes.kit.coded import made, once
from probes.kit.values import instant

from .definitions import API, environment
from .told import BY, PAGES, workflow

WEEK: Final = 7 * 86_400.0
CLOUD: Final = 5  # the category of a flow of Power Automate
_FLOWS: Final = (
    "workflowid,name,category,primaryentity,statecode,mode,scope,ismanaged,triggeroncreate,triggerondelete,"
    "triggeronupdateattributelist,modifiedon"
)
_RUN: Final = "_workflow_value,status,starttime,endtime,duration,errorcode"


@once
async def processes(api: Client) -> Answer:
    """Processes of every sort, and of cloud flows the environment that their page stands under."""
    asked = Ask(f"{API}/workflows", {"$select": _FLOWS, "$expand": BY, "$filter": "type eq 1"})
    rows = [workflow(one) for one in await api.every(asked, PAGES, "value")]
    place = await environment(api) if any(row["category"] == CLOUD for row in rows) else None
    return made({"value": [{**row, "place": place if row["category"] == CLOUD else None} for row in rows]})


@once
async def runs(api: Client) -> Answer:
    """The newest 5,000 runs of a week, by their flow. A flow that did not run in it is no flow that went away."""
    wanted = Ask(f"{API}/workflows", {"$select": "workflowid,name,category,statecode",
                                      "$filter": f"type eq 1 and category eq {CLOUD}"})  # fmt: skip
    flows = await api.every(wanted, PAGES, "value")
    since = stamp(api.clock.now() - WEEK)
    asked = {"$select": _RUN, "$filter": f"starttime ge {since}", "$orderby": "starttime desc", "$top": 5000}
    found = listed((await api.ask(Ask(f"{API}/flowruns", asked))).value(), "value")
    ran: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for run in found:
        ran[str(run["_workflow_value"])].append(run)
    place = await environment(api) if flows else None
    return made({"flows": [{"id": flow["workflowid"], "name": flow["name"], "place": place,
                                       **went(ran[flow["workflowid"]], on=flow["statecode"] == 1)}
                                      for flow in flows]})  # fmt: skip


def went(found: Sequence[Mapping[str, Any]], *, on: bool) -> dict[str, Any]:
    """State by the newest run that ended well or ill: a cancelled one is neither. The vendor's page says "Success",
    answers that stand in public code "Succeeded". A flow that is off or suspended does not run."""
    order = sorted(found, key=lambda run: instant(run.get("starttime")) or 0.0, reverse=True)
    good = next((run for run in order if _word(run).startswith("succe")), None)
    bad = next((run for run in order if _word(run) == "failed"), None)
    last = next((run for run in order if run in (good, bad)), None)
    state = None if last is None else "failing" if last is bad else "ok"
    return {
        "state": state if on else "off", "succeeded_at": good and good.get("endtime"),
        "failed_at": bad and bad.get("endtime"), "duration": last and last.get("duration"),
        "errors": [str(bad["errorcode"])] if bad and last is bad and bad.get("errorcode") else [],
    }  # fmt: skip


def _word(run: Mapping[str, Any]) -> str:
    return str(run.get("status") or "").lower()
