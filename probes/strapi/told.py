"""The coded listings of Strapi: types and components with their fields beside them, and review workflows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import made, once
from probes.kit.contract import Malformed


@once
async def built(api: Client) -> Answer:
    """All content types with their fields, in one request."""
    return apart((await api.ask(Ask("/content-type-builder/content-types"))).value("data"))


@once
async def pieces(api: Client) -> Answer:
    """All components with their fields, in one request."""
    return apart((await api.ask(Ask("/content-type-builder/components"))).value("data"))


@once
async def reviews(api: Client) -> Answer:
    """Review workflows, with the roles that may move an entry into a stage and out of it. Older servers tell the latter
    alone, as `permissions`."""
    rows = (await api.ask(Ask("/review-workflows/workflows"))).value("data")
    roles = (await api.ask(Ask("/admin/roles"))).value("data")
    if not isinstance(rows, list) or not isinstance(roles, list):
        raise Malformed("the answer has no data")
    names = {one["id"]: str(one["code"]) for one in roles}
    for row in rows:
        row["moves"] = [
            f"{way} {stage['name']}: {names.get(right['role'], right['role'])}"
            for stage in row.get("stages") or ()
            for way, held in (("out of", stage.get("fromPermissions", stage.get("permissions"))),
                              ("into", stage.get("toPermissions")))
            for right in held or ()
        ]  # fmt: skip
    return made({"data": rows})


def apart(rows: Any) -> Answer:
    """Types, and their fields beside them. Raises Malformed where a type has none."""
    if not isinstance(rows, list):
        raise Malformed("the answer has no data")
    fields = [field for row in rows for field in of(row)]
    return made({"types": rows, "fields": fields})


def of(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    attributes = row["schema"].get("attributes")
    if not isinstance(attributes, dict):
        raise Malformed(f"{row['uid']} has no attributes")
    own = {"of": row["uid"], "category": row.get("category")}
    return [{**one, "key": name, **own} for name, one in attributes.items()]
