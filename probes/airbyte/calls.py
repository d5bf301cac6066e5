"""How requests to Airbyte become answers: connections with their streams, streams with their fields, the newest jobs,
releases of connectors, people with their roles."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client, several
from probes.kit.coded import each, made, once
from probes.kit.contract import Malformed
from probes.kit.listing import Row
from probes.kit.paging import Paging
from probes.kit.values import instant

# `next` is an address that a server behind a proxy tells wrongly, so rows are counted instead.
PAGES = Paging(style="offset", into="offset", size=100, size_into="limit")
RUNS: Final = 20
UNITS: Final = {"minute": 60.0, "hour": 3600.0, "day": 86_400.0, "week": 604_800.0}


@once
async def connections(api: Client) -> Answer:
    """Connections, and beside them what each does with each stream."""
    rows = await api.every(Ask("/connections"), PAGES, "data")
    streams = [
        {
            "connection": row["connectionId"],
            "workspaceId": row["workspaceId"],
            **stream,
            "does": [does(one) for one in stream.get("mappers") or ()],
        }
        for row in rows
        for stream in (row.get("configurations") or {}).get("streams") or ()
    ]
    return made({"connections": rows, "streams": streams})


def does(mapper: Mapping[str, Any]) -> str:
    """A change that is made on the way, in a line, without keys and without what values are compared with."""
    told = mapper.get("mapperConfiguration") or {}
    conditions = told.get("conditions") or {}
    inner = [conditions, *(conditions.get("conditions") or ())]
    fields = [told.get("targetField"), told.get("originalFieldName"), told.get("newFieldName"), told.get("method")]
    return " ".join(str(part) for part in [mapper["type"], *fields, *(one.get("fieldName") for one in inner)] if part)


@each
async def streams(api: Client, parent: Row) -> Answer:
    """The streams of a source as they were last discovered, each with its fields. The answer is a bare list."""
    rows = (await api.ask(Ask("/streams", {"sourceId": parent["key"]}))).value()
    if not isinstance(rows, list):
        raise Malformed("the answer is no list of streams")
    fields = [
        {
            "stream": _name(row), "path": ".".join(path), "key": path in (row["sourceDefinedPrimaryKey"] or []),
            "cursor": path == row["defaultCursorField"],
        }
        for row in rows
        for path in several(row.get("propertyFields"), "propertyFields")
    ]  # fmt: skip
    named = [{**row, "keys": [".".join(path) for path in row["sourceDefinedPrimaryKey"] or ()]} for row in rows]
    return made({"streams": named, "fields": fields})


def _name(stream: Mapping[str, Any]) -> list[str]:
    return [part for part in (stream.get("streamnamespace"), stream["streamName"]) if part]


@each
async def jobs(api: Client, parent: Row) -> Answer:
    """How the newest syncs of each connection went."""
    asked = {"connectionId": parent["key"], "jobType": "sync", "limit": RUNS, "orderBy": "updatedAt|DESC"}
    rows = (await api.ask(Ask("/jobs", asked))).value("data")
    if rows is None:
        raise Malformed("the answer has no data")
    return made({"jobs": [{**health(parent, rows), "workspace": parent.get("x_workspace")}]})


def health(connection: Row, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One row out of jobs, put in order here. A cancelled one says nothing."""
    newest = sorted(rows, key=lambda job: (job["startTime"], job["jobId"]), reverse=True)
    ended = [job for job in newest if job["status"] in ("succeeded", "failed")]
    good = next((job for job in ended if job["status"] == "succeeded"), None)
    bad = next((job for job in ended if job["status"] == "failed"), None)
    status = newest[0]["status"] if newest else None
    schedule, trigger = str(connection.get("schedule") or ""), connection.get("trigger")
    begun = instant(newest[0]["startTime"]) if newest else None
    gap = re.fullmatch(r"every (\d+) (minute|hour|day|week)s?", schedule.lower()) if trigger == "basic" else None
    return {
        "id": connection["key"],
        "state": status if connection.get("enabled") else "inactive",
        "succeeded_at": good and good.get("lastUpdatedAt"),
        "failed_at": bad and bad.get("lastUpdatedAt"),
        "rows_ok": ended[0].get("rowsSynced") if ended else None,
        "duration": seconds(str(ended[0].get("duration") or "")) if ended else None,
        "due_at": begun + int(gap[1]) * UNITS[gap[2]] if gap and begun else None,
        "cron": plain(schedule) if trigger == "cron" else None,
    }


def plain(quartz: str) -> str | None:
    """A Quartz expression as cron has it: seconds first, `?` for any. What follows is a year or a zone. Days of the
    week by number are counted from another day there, and say nothing then."""
    fields = quartz.replace("?", "*").split()[:6]
    return None if len(fields) < 6 or re.search(r"[\dL#]", fields[5]) else " ".join(fields)


def seconds(duration: str) -> float | None:
    """PT1H9M30.5S as seconds."""
    parts = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?", duration)
    if not parts:
        return None
    return sum(float(n or 0) * size for n, size in zip(parts.groups(), (86_400, 3600, 60, 1), strict=True))


@each
async def people(api: Client, parent: Row) -> Answer:
    """The users of an organization with the roles they have there. Roles in single workspaces are told of nobody
    else."""
    here = {"organizationId": parent["key"]}
    rows = (await api.ask(Ask("/users", here))).value("data")
    if rows is None:
        raise Malformed("the answer has no data")
    for row in rows:
        held = (await api.ask(Ask("/permissions", {**here, "userId": row["id"]}))).value("data")
        row["roles"] = [one["permissionType"] for one in held if one.get("scope") != "workspace"]
    return made({"users": rows})


@each
async def versions(api: Client, parent: Row) -> Answer:
    """Which release of which connector the sources and destinations of a workspace are made of."""
    rows: list[dict[str, Any]] = []
    for name in ("sources", "destinations"):
        ours = await api.every(Ask(f"/{name}", {"workspaceIds": parent["key"]}), PAGES, "data")
        used = {row["definitionId"] for row in ours}
        known = (await api.ask(Ask(f"/workspaces/{parent['key']}/definitions/{name}"))).value("data")
        if not isinstance(known, list):
            raise Malformed(f"the answer has no definitions of {name}")
        rows += [row for row in known if row["id"] in used]
    return made({"definitions": rows})
