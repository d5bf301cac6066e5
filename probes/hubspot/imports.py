"""Imports: those of one name are one sync, and the newest run's rejected rows tell what was refused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import made, once
from probes.kit.values import instant

from .names import AFTER, V

COUNTS: Final = ("state", "succeeded_at", "failed_at", "rows_ok", "rows_failed", "errors")
STATES: Final = {"DONE": "ok", "STARTED": "running", "PROCESSING": "running", "DEFERRED": "running",
                 "FAILED": "failing", "CANCELED": "paused", "REVERTED": "paused"}  # fmt: skip


@once
async def imports(api: Client) -> Answer:
    """Imports of one name are one sync. Error kinds are asked of its newest run, where that has rejected rows."""
    runs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for run in await api.every(Ask(f"/crm/imports/{V}"), AFTER, "results"):
        runs[str(run.get("importName") or run["id"])].append(run)
    rows = []
    for name, found in sorted(runs.items()):
        row = import_row(name, found)
        if row["rows_failed"]:
            ask = Ask(f"/crm/imports/{V}/{row['id']}/errors", {"limit": 50})
            errors = (await api.ask(ask)).value("results") or []
            row["errors"] = sorted({str(error.get("errorType")) for error in errors})
        rows.append(row)
    return made({"results": rows})


def import_row(name: str, runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """State by the newest run, counts by the newest that ended."""
    order = sorted(runs, key=lambda run: instant(run.get("createdAt")) or 0.0, reverse=True)
    ended = next((run for run in order if run.get("state") in ("DONE", "FAILED", "CANCELED", "REVERTED")), {})
    counters = (ended.get("metadata") or {}).get("counters") or {}
    return {
        "id": ended.get("id") or order[0].get("id"),
        "name": name,
        "source": order[0].get("importSource"),
        "state": order[0].get("state"),
        "succeeded_at": next((run.get("updatedAt") for run in order if run.get("state") == "DONE"), None),
        "failed_at": next((run.get("updatedAt") for run in order if run.get("state") == "FAILED"), None),
        "rows_ok": counters.get("UNIQUE_OBJECTS_WRITTEN"),
        "rows_failed": counters.get("ERRORS"),
        "errors": [],
    }
