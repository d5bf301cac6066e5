"""Airflow on demand: one thing by its name, and who changed something, by the event log.

The route of each thing that is looked for asks the auth manager before its body runs and looks for the thing, so that
who may not read it hears 403 whether it is there or not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from probes.kit.api import Ask, Client
from probes.kit.clock import stamp
from probes.kit.contract import Absent, Kind, Ref, Rejected, Sought, Unsupported, window
from probes.kit.errors import not_found
from probes.kit.listing import Found, Told
from probes.kit.values import instant

from .people import FAB, offered
from .runs import API

DEEDS: Final = 100
# What people do in the event log; tasks and schedulers write into it too.
ACTS: Final = ("patch", "post", "put", "delete", "create", "update", "bulk", "trigger", "clear", "import", "set")
ONES: Final = {
    Ref(Kind.AUTOMATION, "dags"): f"{API}/dags",
    Ref(Kind.SCHEMA, "connections"): f"{API}/connections",
    Ref(Kind.SCHEMA, "variables"): f"{API}/variables",
    Ref(Kind.SCHEMA, "pools"): f"{API}/pools",
    Ref(Kind.PERMISSION, "roles"): f"{FAB}/roles",
}


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """One DAG, connection, variable, pool or role of FAB. A DAG whose file is gone stays as stale."""
    if ref not in ONES:
        raise Unsupported(f"Airflow is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    if ref.kind is Kind.PERMISSION:
        await offered(api, "roles/{name}")
    try:
        row: dict[str, Any] = (await api.ask(Ask(f"{ONES[ref]}/{quote(key, safe='')}"))).value()
    except Rejected as fault:
        if not_found(fault):
            return Absent("404")
        raise
    return Absent("is_stale") if row.get("is_stale") is True else Found(ref.name, row)


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """By the event log, asked for once. A DAG is named by it, other things stand in what was sent along."""
    since, until = (stamp(at, "microseconds") for at in window(sought))
    asked = {"after": since, "before": until, "order_by": "-when", "limit": DEEDS}
    rows: list[dict[str, Any]] = (await api.ask(Ask(f"{API}/eventLogs", asked))).value("event_logs")
    return [_did([row for row in rows if str(row["event"]).startswith(ACTS)], one) for one in sought]


def _did(rows: Sequence[dict[str, Any]], sought: Sought) -> dict[str, Any]:
    for row in rows:
        at = instant(row["when"]) or 0.0
        named = {str(row.get("dag_id") or "")} | set(re.findall(r'"([^"\\]+)"', str(row.get("extra") or "")))
        if sought.during(at) and sought.names & named:
            return {"by": row.get("owner"), "at": row["when"], "action": row["event"], "how": "named"}
    return {}
