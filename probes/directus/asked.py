"""Directus on demand: one collection or field, and who changed something, by its activity log and revisions.

`look`: FORBIDDEN means both "not there" and "no right", by design, but not to an administrator, who may see all; so it
is Absent for an administrator only. `who`: the activity log (reference: collection, item, action, timestamp, user)
names every thing by its row; revisions tell which field a row of directus_fields is. Held against a running 12.4.0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from probes.kit.api import Ask, Client
from probes.kit.clock import stamp
from probes.kit.contract import Absent, Denied, Kind, Ref, Sought, Unsupported, window
from probes.kit.listing import Found, Told
from probes.kit.values import instant

DEEDS: Final = 100  # newest lines of the activity log that are looked through
FIELDS: Final = "directus_fields"
TRACED: Final = {"roles": "directus_roles", "policies": "directus_policies", "access": "directus_access",
          "permissions": "directus_permissions", "users": "directus_users", "flows": "directus_flows",
          "operations": "directus_operations"}  # fmt: skip


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """A collection or a field. FORBIDDEN means that it is not there only to an administrator, who may see all."""
    if ref == Ref(Kind.SCHEMA, "collections"):
        listing, path, parent = "collections", f"/collections/{quote(key, safe='')}", {}
    elif ref.kind is Kind.FIELD:
        listing, path = "fields", f"/fields/{quote(ref.name, safe='')}/{quote(key, safe='')}"
        parent = {"key": ref.name, "id": ""}
    else:
        raise Unsupported(f"Directus is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    powers = (await api.ask(Ask("/policies/me/globals"))).value("data") or {}
    try:
        return Found(listing, (await api.ask(Ask(path))).value("data"), parent)
    except Denied as fault:
        if powers.get("admin_access") is True and fault.code == "FORBIDDEN":
            return Absent(fault.code)
        raise


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """By the activity log, asked for once. A collection stands there under its name, a field under the number of its
    row, which its newest revision tells; all else under its id."""
    since, until = (stamp(at, "milliseconds") for at in window(sought))
    asked = {
        "filter[collection][_in]": ",".join(sorted({_table(one) for one in sought})),
        "filter[action][_in]": "create,update,delete",
        "filter[timestamp][_between]": f"{since},{until}",
        "fields": "collection,action,item,timestamp,user.email",
        "sort": "-id",
        "limit": DEEDS,
    }
    deeds = (await api.ask(Ask("/activity", asked))).value("data")
    items = sorted({str(deed["item"]) for deed in deeds if deed["collection"] == FIELDS})
    places = await _places(api, items) if items and any(one.ref.kind is Kind.FIELD for one in sought) else {}
    return [_did(deeds, places, one) for one in sought]


def _table(sought: Sought) -> str:
    return FIELDS if sought.ref.kind is Kind.FIELD else TRACED.get(sought.ref.name, "directus_collections")


def _did(deeds: Sequence[Any], places: Mapping[str, tuple[Any, Any]], sought: Sought) -> dict[str, Any]:
    table = _table(sought)
    about = _rows_of(places, sought) if table == FIELDS else sought.names
    for deed in deeds:
        at = instant(deed["timestamp"]) or 0.0
        if deed["collection"] == table and str(deed["item"]) in about and sought.during(at):
            by = (deed.get("user") or {}).get("email")
            return {"by": by, "at": deed["timestamp"], "action": deed["action"], "how": "named"}
    return {}


async def _places(api: Client, items: Sequence[str]) -> dict[str, tuple[Any, Any]]:
    """Row of directus_fields -> (collection, field), by what was last kept of each."""
    asked = {
        "filter[collection][_eq]": FIELDS, "filter[item][_in]": ",".join(items), "fields": "item,data", "sort": "id",
        "limit": -1,
    }  # fmt: skip
    rows = (await api.ask(Ask("/revisions", asked))).value("data")
    kept = [(str(row["item"]), row.get("data") or {}) for row in rows]
    return {item: (data.get("collection"), data.get("field")) for item, data in kept}


def _rows_of(places: Mapping[str, tuple[Any, Any]], sought: Sought) -> set[str]:
    """Which rows are the field in question. The first revision of a field leaves its collection out: then the name
    decides, where one row alone has it."""
    sure = {item for item, place in places.items() if place == (sought.ref.name, sought.key)}
    likely = {item for item, place in places.items() if place == (None, sought.key)}
    return sure or (likely if len(likely) == 1 else set())
