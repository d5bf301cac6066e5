"""How an instance fares: the newest runs of each DAG, and its own parts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import each, made, once
from probes.kit.contract import Malformed
from probes.kit.listing import Row

API: Final = "/api/v2"
RUNS: Final = 25
ALWAYS: Final = ("metadatabase", "scheduler")  # parts that every instance has
PRESETS: Final = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *",
                  "@quarterly": "0 0 1 */3 *", "@yearly": "0 0 1 1 *"}  # fmt: skip


@each
async def runs(api: Client, parent: Row) -> Answer:
    """How the newest runs of each DAG went, and which tasks failed in the last one that did."""
    here = f"{API}/dags/{quote(str(parent['key']), safe='')}/dagRuns"
    rows = (await api.ask(Ask(here, {"order_by": "-run_after", "limit": RUNS}))).value("dag_runs")
    if rows is None:
        raise Malformed("the answer has no dag_runs")
    row = health(parent, rows)
    if failed := row.pop("failed"):
        path = f"{here}/{quote(failed, safe='')}/taskInstances"
        tasks = (await api.ask(Ask(path, {"state": "failed", "limit": 100}))).value("task_instances") or []
        row["errors"] = sorted({f"{task['task_id']} failed" for task in tasks}) or ["no task failed"]
    return made({"runs": [row]})


@once
async def components(api: Client) -> Answer:
    """The parts of the instance. One without a status is not there. A heartbeat is told of one that is unwell: of
    others it would be new each time."""
    told = (await api.ask(Ask(f"{API}/monitor/health"))).value()
    if not isinstance(told, dict) or not all((told.get(name) or {}).get("status") for name in ALWAYS):
        raise Malformed("the answer has no metadatabase or no scheduler")
    parts = [{"name": name, **part} for name, part in told.items() if part and part.get("status")]
    for part in parts:
        part["beat"] = None if part["status"] == "healthy" else part.get(f"latest_{part['name']}_heartbeat")
    return made({"parts": parts})


def health(dag: Row, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One row out of runs. `failed`: the run whose tasks say why, where the newest that ended has failed."""
    found = [row for row in rows if row["run_type"] != "backfill"]
    found.sort(key=lambda row: (str(row["run_after"]), str(row.get("start_date") or "")), reverse=True)
    ended = [row for row in found if row["state"] in ("success", "failed")]
    last = ended[0] if ended else {}
    good = next((row for row in ended if row["state"] == "success"), None)
    bad = next((row for row in ended if row["state"] == "failed"), None)
    return {
        "id": dag["key"],
        "state": (found[0]["state"] if found else None) if dag.get("active") else "paused",
        "succeeded_at": good and good["end_date"],
        "failed_at": bad and bad["end_date"],
        "duration": last.get("duration"),
        "errors": [],
        "cron": cron(str(dag.get("trigger") or "")),
        "failed": last["dag_run_id"] if last and last["state"] == "failed" else "",
    }


def cron(summary: str) -> str | None:
    """A timetable that is a cron expression, or one of its short names; None for any other."""
    expression = PRESETS.get(summary, summary)
    return expression if re.fullmatch(r"[\d*/,\-]+( [\w*/,\-#?]+){4}", expression) else None
