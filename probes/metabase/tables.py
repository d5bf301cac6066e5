"""Databases of Metabase with their last sync, tables and columns, by names that hold in any installation.

How a sync of a database went stands in the history of tasks (src/metabase/task_history: `task`, `db_id`, `status`
started, success, failed or unknown, `started_at`, `ended_at`, `duration` in milliseconds), which an administrator alone
is shown; others are told the first sync of a database and no later one. An older server does not know the parameter
`task` and lists all of them, and refuses a `limit` without an `offset` (metabase.api.common). What a task says of its
failure is not read: it may quote the database's address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client, listed
from probes.kit.coded import each, made, once
from probes.kit.contract import Denied, Malformed
from probes.kit.listing import Row
from probes.kit.paging import Paging

RECENT: Final = 50  # tasks that are looked through


@once
async def databases(api: Client) -> Answer:
    """The databases, each with its last sync where that is told."""
    rows = await api.every(Ask("/api/database"), Paging(total="total"), "data")
    try:
        told = listed((await api.ask(Ask("/api/task", {"task": "sync", "limit": RECENT, "offset": 0}))).value(), "data")
    except Denied:
        told = []
    runs: dict[int, list[dict[str, Any]]] = {}
    for one in sorted(told, key=lambda one: str(one["started_at"]), reverse=True):
        if one["task"] == "sync" and one.get("db_id") is not None:
            runs.setdefault(one["db_id"], []).append(one)
    found = [{**row, **_health(row, runs.get(row["id"], []))} for row in rows]
    return made({"data": found})


def _health(row: Mapping[str, Any], runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """By the newest sync; where none is told, by whether the first one came to its end."""

    def ended(status: str) -> Any:
        return next((one["ended_at"] for one in runs if one["status"] == status), None)

    last = runs[0] if runs else {}
    return {
        "sync_state": last.get("status") or row.get("initial_sync_status"),
        "sync_ok_at": ended("success"),
        "sync_failed_at": ended("failed"),
        "sync_duration": last.get("duration"),
    }


@each
async def tables(api: Client, parent: Row) -> Answer:
    """All tables of a database, and their fields beside them."""
    asked = Ask(f"/api/database/{parent['id']}/metadata", {"include_hidden": "true"})
    told = (await api.ask(asked)).value("tables")
    if not isinstance(told, list):
        raise Malformed("the metadata has no tables")
    return flat(str(parent["key"]), told)


def flat(database: str, told: Sequence[Mapping[str, Any]]) -> Answer:
    """`place` names a table the same in every installation, and `references` that of a foreign key."""
    named = names(told)
    of = {field["id"]: f"{database}/{named[one['id']]}" for one in told for field in one.get("fields") or ()}
    rows = [{**one, "place": named[one["id"]]} for one in told]
    fields = [
        {
            **field,
            "place": of[field["id"]],
            "target": of.get(field.get("fk_target_field_id")),
            "db": one.get("db_id"),
            "schema": one.get("schema"),
        }
        for one in told
        for field in one.get("fields") or ()
    ]
    return made({"tables": rows, "fields": fields})


def names(told: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    return {one["id"]: ".".join(filter(None, (one.get("schema"), one["name"]))) for one in told}


def places(database: str, told: Sequence[Mapping[str, Any]]) -> tuple[dict[int, str], dict[int, str]]:
    """What tables and columns are called, by their ids: "warehouse/marts.leads", "warehouse/marts.leads/score"."""
    tables = {id: f"{database}/{name}" for id, name in names(told).items()}
    columns = {field["id"]: f"{tables[one['id']]}/{field['name']}" for one in told for field in one.get("fields") or ()}
    return tables, columns
