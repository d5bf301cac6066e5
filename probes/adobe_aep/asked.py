"""Adobe Experience Platform on demand: one schema, dataset or audience, and who changed something by the audit log.

`look`: the catalog tells a dataset that is not there (404) from one that is forbidden (403, its OpenAPI). For schemas
and audiences no page says so, and a label hides an audience: what is not found of these stays a Fault. `who`: GET
/audit/events, each with the kind, id and name of the thing, the action, the time and the user's address, of the last 90
days and at most 1,000 at once; denied ones changed nothing. A field is named by its schema, and who is in a role by it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from probes.kit.api import Ask, Client
from probes.kit.clock import stamp
from probes.kit.contract import Absent, Kind, Malformed, Ref, Rejected, Sought, Unsupported, window
from probes.kit.listing import Found, Told
from probes.kit.values import instant

from .told import DATASETS, dataset, schema

EVENTS: Final = "/data/foundation/audit/events"
AUDIENCES: Final = "/data/core/ups/audiences"
MOST: Final = 1000
DONE: Final = ("allow", "success")
MEMBERS: Final = ".subjects"  # after the name of a role, where a scope holds who is in it
# Which things the log means, by how the name of their kind begins there.
ASSETS: Final[Mapping[str, tuple[str, ...]]] = {
    "schemas": ("schema",), "flows": ("source data flow", "destination"), "audiences": ("segment", "audience"),
    "roles": ("role",), "datasets": ("dataset",), "policies": ("access control policy", "policy"),
}  # fmt: skip


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """A schema, a dataset or an audience, which are known by their ids."""
    if ref == Ref(Kind.SCHEMA, "schemas"):
        return Found("schemas", await schema(api, key))
    if ref == Ref(Kind.AUTOMATION, "audiences"):
        return Found("audiences", (await api.ask(Ask(f"{AUDIENCES}/{quote(key, safe='')}"))).value())
    if ref != Ref(Kind.SCHEMA, "datasets"):
        raise Unsupported(f"Experience Platform is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    try:
        told = (await api.ask(Ask(f"{DATASETS}/{quote(key, safe='')}"))).value(key)
    except Rejected as fault:
        if fault.code.endswith("404") and not fault.message.startswith("HTTP "):
            return Absent(fault.code)
        raise
    if not isinstance(told, dict):
        raise Malformed("the answer is of another dataset")
    return Found("datasets", dataset(key, told))


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """By the audit log, newest first, asked for once."""
    since, until = (stamp(at, "milliseconds") for at in window(sought))
    asked = {"property": [f"timestamp>{since}", f"timestamp<{until}"], "limit": MOST}
    told = (await api.ask(Ask(EVENTS, asked))).value("_embedded") or {}
    events = told.get("events", told.get("customerAuditLogList", []))
    if not isinstance(events, list):
        raise Malformed("the audit log has no events")
    events.sort(key=lambda event: instant(event["timestamp"]) or 0.0, reverse=True)
    return [_did(events, one) for one in sought]


def _did(events: Sequence[Mapping[str, Any]], sought: Sought) -> dict[str, Any]:
    list_of, names = _sought(sought)
    for event in events:
        at, thing = instant(event["timestamp"]) or 0.0, str(event.get("assetType")).casefold()
        meant = thing.startswith(ASSETS.get(list_of, ())) and str(event.get("status")).casefold() in DONE
        if sought.during(at) and meant and names & {_last(event.get("assetId")), _last(event.get("assetName"))}:
            return {"by": event.get("userEmail"), "at": event["timestamp"], "action": event["action"], "how": "named"}
    return {}


def _sought(sought: Sought) -> tuple[str, set[str]]:
    """The list that is meant, and what a thing of it may be called."""
    name = sought.ref.name
    if sought.ref.kind is Kind.FIELD or name.endswith(".made"):
        return "schemas", {_last(name.removesuffix(".made"))}
    if name.endswith(MEMBERS):
        return "roles", {name.removesuffix(MEMBERS)}
    if name == "ingestion":
        return "", set()  # how a batch went is nobody's doing
    return name, {_last(one) for one in sought.names}


def _last(name: Any) -> str:
    """A schema's own part of its id, which is an address, and of its alternate id, which is joined by points; anything
    else as it is."""
    found = re.fullmatch(r"(?:https?://\S+/|_\S+\.schemas\.)([^/.]+)", str(name or ""))
    return found[1] if found else str(name or "")
