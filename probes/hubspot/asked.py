"""HubSpot on demand: one property, object, pipeline, workflow, form or campaign, and who changed something.

`look`: a missing scope is 403 MISSING_SCOPES, so that 404 OBJECT_NOT_FOUND is no lack of right; but a property that is
sensitive is not found either, unless it is asked for as such (see `properties`), so that each class is tried. One that
was deleted stays in the archive for 90 days, which `archived=true` lists (guide to properties). Of other things the
vendor's own word is believed and nothing else: a 404 of another category is a fault. Users, roles and teams have no
such read by what they are known by; segments are asked for by many ids at once, where one that is missing says nothing.
`who`: the account activity API (reference of audit-logs: actingUser, category, action, targetObjectId; Enterprise
accounts, with a scope); where it tells nothing, what else the vendor keeps of some kinds of things, see `trails`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from probes.kit.api import Ask, Client
from probes.kit.contract import Absent, Denied, Fault, Kind, Ref, Rejected, Sought, Unsupported
from probes.kit.listing import Found, Told
from probes.kit.values import instant

from .names import AFTER, CAMPAIGN, TYPE_IDS, V
from .properties import CLASSES
from .trails import PIPELINES, Trails, during, since
from .workflows import FLOWS, properties, segments

AUDIT: Final = f"/account-info/{V}/activity/audit-logs"
# What is asked for by its key: the list's name, the path, what is asked along.
ONE: Final[Mapping[Ref, tuple[str, Mapping[str, Any]]]] = {
    Ref(Kind.SCHEMA, "objects"): (f"/crm-object-schemas/{V}/schemas", {"includePropertyDefinitions": "false"}),
    Ref(Kind.AUTOMATION, "workflows"): (FLOWS, {}),
    Ref(Kind.TEMPLATE, "forms"): ("/marketing/v3/forms", {}),
    Ref(Kind.TEMPLATE, "campaigns"): (f"/marketing/campaigns/{V}", {"properties": CAMPAIGN}),
}


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """HubSpot refuses a missing scope with 403 MISSING_SCOPES, so 404 OBJECT_NOT_FOUND means that it is not there."""
    if ref.kind is Kind.FIELD and "." not in ref.name:
        return await _property(api, ref, key)
    object = ref.name.removesuffix(PIPELINES) if ref.kind is Kind.SCHEMA and ref.name.endswith(PIPELINES) else ""
    if not object and ref not in ONE:
        raise Unsupported(f"HubSpot is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    path, asked = (f"/crm/pipelines/{V}/{quote(object, safe='')}", {}) if object else ONE[ref]
    try:
        row: dict[str, Any] = (await api.ask(Ask(f"{path}/{quote(key, safe='')}", dict(asked)))).value()
    except Rejected as fault:
        if fault.code == "OBJECT_NOT_FOUND":
            return Absent("OBJECT_NOT_FOUND")
        raise
    if object:
        return Found("pipelines", row, {"key": object, "id": TYPE_IDS.get(object, object)})
    if path == FLOWS:
        row |= {**properties(row), **segments(row)}
    return Found(ref.name, row)


async def _property(api: Client, ref: Ref, key: str) -> Found | Absent:
    """A deleted one stands in the archive for 90 days."""
    path = f"/crm/properties/{V}/{quote(ref.name, safe='')}"
    standard = ref.name in api.options["objects"]
    listing, parent = "properties" if standard else "custom-properties", {"key": ref.name, "id": ref.name}
    parent["id"] = TYPE_IDS.get(ref.name, ref.name) if standard else await _type_id(api, ref.name)
    asked: dict[str, str] = {"archived": "false"}
    refused: Rejected | None = None  # by a class for another reason: it may still have the property
    for sensitivity in ("", *CLASSES):
        try:
            one = Ask(
                f"{path}/{quote(key, safe='')}", asked | ({"dataSensitivity": sensitivity} if sensitivity else {})
            )
            return Found(listing, (await api.ask(one)).value(), parent)
        except Rejected as fault:
            if fault.code != "OBJECT_NOT_FOUND":
                refused = fault
    if refused is None:
        return Absent("OBJECT_NOT_FOUND")
    gone = (await api.ask(Ask(path, {"archived": "true"}))).value("results")
    if any(row["name"] == key for row in gone):
        return Absent("archived")
    raise refused


async def _type_id(api: Client, name: str) -> str:
    """The type id of a custom object, which its link has."""
    ask = Ask(f"/crm-object-schemas/{V}/schemas/{quote(name, safe='')}", {"includePropertyDefinitions": "false"})
    return str((await api.ask(ask)).value("objectTypeId"))


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """By the audit log where there is the grant (an Enterprise account's), else by what the thing itself tells."""
    refused: Fault | None = None
    rows: list[Any] = []
    try:
        rows = await api.every(Ask(AUDIT, {"occurredAfter": since(sought)}), AFTER, "results")
    except (Denied, Unsupported) as fault:
        refused = fault
    of: dict[str, list[tuple[float, Any]]] = {}  # by the thing: one act may be thousands of lines and of changes
    for at, row in ((instant(row["occurredAt"]) or 0.0, row) for row in rows):
        of.setdefault(str(row.get("targetObjectId")), []).append((at, row))
    told: list[Told] = [_logged([line for name in one.names for line in of.get(name, ())], one) for one in sought]
    trails = Trails(api, [one for place, one in enumerate(sought) if not told[place]])
    for place, one in enumerate(sought):
        if not told[place]:
            own = await trails.of(one)
            told[place] = own if own is not None else refused or {}
    return told


def _logged(lines: Sequence[tuple[float, Any]], sought: Sought) -> Mapping[str, Any]:
    """The newest in that time of the lines about a thing."""
    at, row = max((line for line in lines if during(line[0], sought)), key=lambda line: line[0], default=(0.0, None))
    if row is None:
        return {}
    actor = row.get("actingUser") or {}
    return {"by": actor.get("userEmail") or actor.get("userId"), "at": at, "how": "named",
            "action": " ".join(str(row[part]) for part in ("category", "action") if row.get(part))}  # fmt: skip
