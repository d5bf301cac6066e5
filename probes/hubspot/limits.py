"""What the plan allows: properties, objects, pipelines and records, by object where HubSpot counts them so.

Shapes are those of limits tracking: one limit (custom objects), one overall and some by object (properties), or one for
each of the vendor's objects and one for all custom ones (records, pipelines). How much of it is used is told beside a
limit and never compared. Each is a read of its own, since a plan may lack one (by the guide calculated properties take
Professional, custom objects Enterprise): take its name out of the option then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import each, made
from probes.kit.contract import Malformed
from probes.kit.listing import Row

from .names import V, called

ALL: Final = ["records", "custom-properties", "calculated-properties", "custom-object-types", "pipelines"]
BY_OBJECT: Final = {"records": "hubspotDefinedObjectTypes", "pipelines": "hubspotDefinedObjectTypes",
                    "custom-properties": "byObjectType", "calculated-properties": "byObjectType"}  # fmt: skip


@each
async def limits(api: Client, parent: Row) -> Answer:
    name = str(parent["key"])
    told = (await api.ask(Ask(f"/crm/limits/{V}/{name}"))).value()
    rows = list(_rows(name, told)) if isinstance(told, dict) else []
    if not rows:
        raise Malformed(f"the limits of {name} name no limit")
    return made({"results": rows})


def _rows(name: str, told: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if "limit" in told:
        yield {"name": "all", "limit": told["limit"], "usage": told.get("usage")}
    yield from _overall(told, "all")
    if "customObjectTypes" in told:  # where the account may have some
        yield from _overall(told["customObjectTypes"], "custom objects")
    listed = told.get(BY_OBJECT[name]) if name in BY_OBJECT else []
    if not isinstance(listed, list):
        raise Malformed(f"the limits of {name} have no {BY_OBJECT[name]}")
    for row in listed:
        if "limit" in row:  # calculated properties are counted by object, and limited over all
            yield {"name": called(row), "limit": row["limit"], "usage": row.get("usage")}


def _overall(told: Any, name: str) -> Iterator[dict[str, Any]]:
    if not isinstance(told, dict):
        raise Malformed(f"the limits of {name} are no object")
    if "overallLimit" in told:
        yield {"name": name, "limit": told["overallLimit"], "usage": told.get("overallUsage")}
