"""Imports and exports of the Bulk API, each with how its newest run went.

Tools make a new definition for each run, under one name: what has one name of one object is one sync. The newest 1,000
syncs are looked at, and of each the log, where Eloqua lets its creator alone see it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import made, once
from probes.kit.contract import Denied, Rejected
from probes.kit.paging import Paging
from probes.kit.values import instant

BULK: Final = "/api/bulk/2.0"
PAGES: Final = Paging(style="offset", into="offset", size=1000, size_into="limit", total="totalResults")
PROCESSED: Final = "ELQ-00001"
REJECTED: Final = "ELQ-00060"
_NAMED: Final = re.compile(r"\{\{(?:Contact\.)?(Contact|Account)\.Field\((\w+)\)\}\}")
DONE: Final = ("success", "warning")


@once
async def transfers(api: Client) -> Answer:
    """One row for each name of each object and direction."""
    named: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for object in ("contacts", "accounts"):
        for operation in ("imports", "exports"):
            asked = Ask(f"{BULK}/{object}/{operation}", {"totalResults": "true"})
            for row in await api.every(asked, PAGES, "items"):
                named[object, operation, str(row["name"])].append(row)
    asked = Ask(f"{BULK}/syncs", {"orderBy": "createdAt DESC", "limit": 1000})
    syncs: list[dict[str, Any]] = (await api.ask(asked)).value("items")
    rows = []
    for (object, operation, name), definitions in named.items():
        newest = max(definitions, key=lambda one: str(one["createdAt"]))
        uris = {one["uri"] for one in definitions}
        runs = [sync for sync in syncs if sync["syncedInstanceUri"] in uris]
        rows.append({
            **newest, "object": object, "operation": operation, "name": name, "id": newest["uri"],
            "mapping": mapping(newest.get("fields") or {}, operation), **await health(api, runs),
        })  # fmt: skip
    return made({"items": rows})


def mapping(fields: Mapping[str, str], operation: str) -> list[dict[str, str]]:
    """Which column goes into which of Eloqua's fields, or which of its fields into which columns."""
    told = {column: field(statement) for column, statement in fields.items()}
    if operation == "imports":
        return [{"from": column, "to": name} for column, name in sorted(told.items())]
    columns: dict[str, list[str]] = defaultdict(list)
    for column, name in told.items():
        columns[name].append(column)
    return [{"from": name, "to": ", ".join(sorted(to))} for name, to in sorted(columns.items())]


def field(statement: str) -> str:
    """A field as the lists of fields have it: contacts/C_Region1. What is none of a contact or an account stays as it
    is told."""
    found = _NAMED.fullmatch(statement)
    return f"{found[1].lower()}s/{found[2]}" if found else statement


async def health(api: Client, runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How the newest run stands, and what the log of the newest that has ended counts. `runs`: newest first."""
    ended = [run for run in runs if run.get("syncEndedAt")]
    last = ended[0] if ended else None
    found = {
        "state": runs[0]["status"] if runs else None,
        "succeeded_at": next((run["syncEndedAt"] for run in ended if run["status"] in DONE), None),
        "failed_at": next((run["syncEndedAt"] for run in ended if run["status"] == "error"), None),
    }
    if last is None:
        return found
    started, stopped = instant(last.get("syncStartedAt")), instant(last["syncEndedAt"])
    if started is not None and stopped is not None:
        found["duration"] = stopped - started
    try:
        lines = await api.every(Ask(f"{BULK}{last['uri']}/logs", {"totalResults": "true"}), PAGES, "items")
    except (Denied, Rejected):  # somebody else's, or past its time
        return found
    counts = {line["statusCode"]: line.get("count") or 0 for line in lines}
    rejected = counts.get(REJECTED, 0)
    codes = sorted({line["statusCode"] for line in lines if line.get("severity") in ("warning", "error")} - {REJECTED})
    return {**found, "rows_ok": counts.get(PROCESSED, 0) - rejected, "rows_failed": rejected, "errors": codes}
