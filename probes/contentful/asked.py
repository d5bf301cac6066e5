"""Contentful beside its lists: people by their mailboxes, runs of webhooks and automations, and questions about one
thing.

`look`: a thing that is gone is a 404 NotFound, and so is an environment that one may not see: it is Absent only where
the environment itself is told beside it. `who`: each thing has the mark of its last change, which is all that the API
has (audit logs are exported elsewhere).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import each, made, once
from probes.kit.contract import Absent, Fault, Kind, Ref, Rejected, Sought, Unsupported
from probes.kit.listing import Found, Row, Told
from probes.kit.values import instant

from .model import PAGES, place

CALLS: Final = 50  # newest calls of a webhook that are looked at
RUNS: Final = 20
ENDED: Final = ("COMPLETED", "FAILED", "CANCELED")
OURS: Final = {"locales": "locales", "tags": "tags", "automations": "automation_definitions",
               "workflows": "workflow_definitions"}  # fmt: skip
BESIDE: Final = {  # of the space, or of the environment
    Ref(Kind.PERMISSION, "roles"): "/roles/{id}",
    Ref(Kind.PERMISSION, "members"): "/space_memberships/{id}",
    Ref(Kind.PERMISSION, "teams"): "/team_space_memberships/{id}",
    Ref(Kind.PERMISSION, "api-keys"): "/api_keys/{key}",
    Ref(Kind.PLATFORM, "aliases"): "/environment_aliases/{key}",
    Ref(Kind.SCHEMA, "locales"): "locales/{id}",
    Ref(Kind.SCHEMA, "editor-interfaces"): "content_types/{key}/editor_interface",
    Ref(Kind.AUTOMATION, "apps"): "app_installations/{key}",
}


@once
async def members(api: Client) -> Answer:
    """Memberships name people by id alone; their mailboxes stand in the space's list of users."""
    space = f"/spaces/{api.options['space']}"
    rows = await api.every(Ask(f"{space}/space_memberships"), PAGES, "items")
    users = await api.every(Ask(f"{space}/users"), PAGES, "items")
    known = {str(user["sys"]["id"]): user for user in users}
    told = []
    for row in rows:
        id = str((row.get("user") or row["sys"]["user"])["sys"]["id"])
        user = known.get(id) or {}
        told.append({**row, "who": user.get("email") or id, "active": user.get("activated"),
                     "mfa": user.get("2faEnabled")})  # fmt: skip
    return made({"rows": told})


@each
async def calls(api: Client, parent: Row) -> Answer:
    """The newest calls of each webhook, folded. `total` beside them follows `limit`: it counts nothing."""
    path = f"/spaces/{api.options['space']}/webhooks/{quote(str(parent['key']), safe='')}/calls"
    found = (await api.ask(Ask(path, {"limit": CALLS}))).value("items")
    row = {"id": parent["key"], **called(found)}
    return made({"rows": [row]})


def called(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A webhook fails when its newest call did: not answered, or with anything but a 2xx."""
    order = sorted(found, key=lambda call: instant(call["requestAt"]) or 0.0, reverse=True)
    good = [call for call in order if 200 <= int(call.get("statusCode") or 0) < 300]
    bad = [call for call in order if call not in good]
    newest = order[0] if order else None
    return {
        "state": None if newest is None else "failing" if newest in bad else "ok",
        "succeeded_at": good[0]["requestAt"] if good else None, "failed_at": bad[0]["requestAt"] if bad else None,
        "errors": sorted({f"HTTP {call['statusCode']}" if call.get("statusCode") else "no answer" for call in bad})
        if newest in bad else [],
    }  # fmt: skip


@each
async def runs(api: Client, parent: Row) -> Answer:
    """The newest runs of each automation, folded. What a step said stays here; its name is told."""
    path = f"{place(api)}/automation_definitions/{quote(str(parent['key']), safe='')}/automation_executions"
    found = (await api.ask(Ask(path, {"order": "-sys.createdAt", "limit": RUNS}))).value("items")
    row = {"id": parent["key"], **ran(found)}
    return made({"rows": [row]})


def ran(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    order = sorted(found, key=lambda run: instant(run["sys"]["createdAt"]) or 0.0, reverse=True)
    ends = {state: next((run["sys"]["updatedAt"] for run in order if run["status"] == state), None) for state in ENDED}
    over = next((run for run in order if run["status"] in ENDED), {})
    return {
        "state": order[0]["status"] if order else None,
        "succeeded_at": ends["COMPLETED"], "failed_at": ends["FAILED"],
        "errors": sorted({f"step {error['stepName']}" for error in over.get("errors") or ()}),
    }  # fmt: skip


# one thing


def _path(api: Client, ref: Ref, key: str) -> str:
    """Where one thing stands; empty where no address is made of its key."""
    id = quote(key, safe="")
    if ref == Ref(Kind.SYNC, "webhooks"):
        return f"/spaces/{api.options['space']}/webhook_definitions/{id}"
    if ref.kind is Kind.FIELD or ref == Ref(Kind.SCHEMA, "content-types"):
        return f"{place(api)}/content_types/{quote(ref.name if ref.kind is Kind.FIELD else key, safe='')}"
    if ref.name in OURS and ref.name != "locales":
        return f"{place(api)}/{OURS[ref.name]}/{id}"
    return ""


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """What is known by its id: tags, automations, workflows, webhooks, apps, forms, API keys, aliases. Of content types
    a list alone tells what is published."""
    path = _path(api, ref, key) or _beside(api, ref, key)
    if not path or ref.kind is Kind.FIELD or ref.name == "content-types":
        raise Unsupported(f"Contentful is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    try:
        return Found(ref.name, (await api.ask(Ask(path))).value())
    except Rejected as fault:
        if fault.code != "NotFound":
            raise
        await api.ask(Ask(place(api)))
        return Absent(fault.code)


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """The mark of the last change of each thing that is still there, if it was made in that time."""
    told: dict[str, Mapping[str, Any] | Fault] = {}
    people: dict[str, str] = {}
    paths = [_path(api, one.ref, one.key) or _beside(api, one.ref, one.key, one.id) for one in sought]
    for path in filter(None, paths):
        if path not in told:
            try:
                told[path] = (await api.ask(Ask(path))).value("sys") or {}
            except Fault as fault:
                told[path] = fault
    if any(isinstance(found, Mapping) for found in told.values()):
        users = await api.every(Ask(f"/spaces/{api.options['space']}/users"), PAGES, "items")
        people = {str(user["sys"]["id"]): str(user["email"]) for user in users}
    return [_did(told.get(path), people, one) for path, one in zip(paths, sought, strict=True)]


def _beside(api: Client, ref: Ref, key: str, id: str = "") -> str:
    """Where another thing stands: some are known by a name, and asked for by their id. Empty without it."""
    template = BESIDE.get(ref, "")
    if not template or ("{id}" in template and not id):
        return ""
    root = f"/spaces/{api.options['space']}" if template.startswith("/") else f"{place(api)}/"
    return root + template.format(id=quote(id, safe=""), key=quote(key, safe=""))


def _did(found: Mapping[str, Any] | Fault | None, people: Mapping[str, str], sought: Sought) -> Told:
    if isinstance(found, Rejected) or found is None:
        return {}
    if isinstance(found, Fault):
        return found
    at = instant(found.get("updatedAt")) or 0.0
    if not sought.during(at):
        return {}
    id = str(((found.get("updatedBy") or {}).get("sys") or {}).get("id") or "")
    return {"by": people.get(id) or id, "at": found["updatedAt"], "action": "updated", "how": "last"}
