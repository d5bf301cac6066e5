"""Airtable on demand: one table, and on Enterprise Scale who changed a base or who may do what in it.

`who` is the audit log of the enterprise whose account id the option names (reference: audit log events, audit log event
types, integration guide; the shape of a page also in pyairtable's models): `events` newest first, 1,000 a page at most,
kept for 180 days; `actor` is a user with a mailbox, an automation, a form, a sync or Airtable itself. It knows bases,
workspaces, people, groups and invite links. **No event is about a table or a field**: who changed one is told nowhere.
Not verified: that the `modelId` of an invite link's event is the link's id; that several types are asked for by
repeating `eventType`, as pyairtable does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from probes.kit.api import Ask, Client, called, listed
from probes.kit.clock import stamp
from probes.kit.contract import Absent, Denied, Kind, Ref, Rejected, Sought, Unsupported, window
from probes.kit.listing import Found, Told
from probes.kit.paging import Paging
from probes.kit.values import instant

PAGES: Final = Paging(style="cursor", next="pagination.previous", into="previous", most=20)
BASES: Final = Ref(Kind.SCHEMA, "bases")
OWN: Final = ("createBase", "createSandboxBase", "deleteBase", "moveBase", "restoreBaseFromTrash", "updateBaseName")
COPIES: Final = ("duplicateBase", "restoreBaseFromSnapshot")  # of which a base is made: the copy alone has changed
PEOPLE: Final = ("add{}Collaborator", "change{}CollaboratorPermission", "remove{}Collaborator")
LINKS: Final = ("add{}InviteLink", "configure{}InviteLink", "remove{}InviteLink")
TYPES: Final = sorted(
    {*OWN, *COPIES, *(act.format(place) for act in (*PEOPLE, *LINKS) for place in ("Base", "Workspace"))}
)


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """One table, out of its base: a base that answers tells all its tables."""
    base = ref.name.removesuffix(".tables")
    if ref.kind is not Kind.SCHEMA or base == ref.name:
        raise Unsupported(f"Airtable is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    told = await api.ask(Ask(f"/v0/meta/bases/{quote(base, safe='')}/tables"))
    row = called(listed(told.value(), "tables"), "id", key)
    return Absent("not in its base") if row is None else Found("tables", row, {"key": base, "id": base})


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """By the audit log, asked for once. Without the account id of an enterprise nothing is asked."""
    enterprise = str(api.options["enterprise"] or "")
    if not enterprise:
        raise Unsupported(
            "Airtable tells who changed what on Enterprise Scale alone: name its account id in options.enterprise",
            code="who",
        )
    known = [one for one in sought if one.ref == BASES or _shared(one)]
    if not known:
        return [{} for _ in sought]
    since, until = (stamp(at, "milliseconds") for at in window(known))
    asked = {
        "startTime": since,
        "endTime": until,
        "eventType": TYPES,
        "pageSize": 1000,
    }
    path = f"/v0/meta/enterpriseAccounts/{quote(enterprise, safe='')}/auditLogEvents"
    events = await api.every(Ask(path, asked), PAGES, "events")
    above = {_within(one) for one in known if _via(one) == "workspace"} if events else set()
    spaces = {base: await _workspace(api, base) for base in sorted(above)}
    return [_did(events, spaces, one) for one in sought]


def _shared(sought: Sought) -> str:
    """Which list of whom a base is shared with a change is of."""
    base, _, name = sought.ref.name.rpartition(".")
    return name if base and sought.ref.kind is Kind.PERMISSION and name in ("people", "groups", "links") else ""


def _within(sought: Sought) -> str:
    return sought.ref.name.rpartition(".")[0]


def _via(sought: Sought) -> str:
    """Whether somebody has a base by itself or by its workspace: people and groups are keyed by that too."""
    return (sought.said or sought.key).rpartition("/")[2] if _shared(sought) else ""


async def _workspace(api: Client, base: str) -> str:
    try:
        return str((await api.ask(Ask(f"/v0/meta/bases/{quote(base, safe='')}"))).value("workspaceId"))
    except (Denied, Rejected):
        return ""


def _did(events: Sequence[Mapping[str, Any]], spaces: Mapping[str, str], sought: Sought) -> dict[str, Any]:
    for event in events:
        at = instant(event["timestamp"]) or 0.0
        if sought.during(at) and _about(event, spaces, sought):
            return {"by": _actor(event["actor"]), "at": event["timestamp"], "action": event["action"], "how": "named"}
    return {}


def _about(event: Mapping[str, Any], spaces: Mapping[str, str], sought: Sought) -> bool:
    action, payload, context = event["action"], event.get("payload") or {}, event.get("context") or {}
    if sought.ref == BASES:
        if action in COPIES:
            return ((payload.get("current") or {}).get("application") or payload).get("id") in sought.names
        return action in OWN and event["modelId"] in sought.names
    if _shared(sought) == "links":
        return action.endswith("InviteLink") and event["modelId"] in sought.names
    via, base = _via(sought), _within(sought)
    place = base if via == "base" else spaces.get(base)
    if f"{via.title()}Collaborator" not in action or place not in (event["modelId"], context.get(f"{via}Id")):
        return False
    whom = payload.get("user") or payload.get("group") or {}
    mailbox = (sought.said or sought.key).rpartition("/")[0]
    return bool({whom.get("id"), whom.get("email")} & {sought.id, mailbox} - {None, ""})


def _actor(actor: Mapping[str, Any]) -> Any:
    """A mailbox, or an id; of what is no person, the vendor's word for it. Nobody, where it is a person that is not
    told."""
    if actor["type"] != "user":
        return actor["type"]
    user = actor.get("user") or {}
    return user.get("email") or user.get("id")
