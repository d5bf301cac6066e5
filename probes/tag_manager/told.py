"""The coded listings of Tag Manager: what is live in a container, and what waits in its workspaces.

A version names triggers by number and variables by `{{name}}`; here both become names, so that what uses a variable is
known. Parameters hold code, and keys of other vendors: only references, flags, numbers and what is public on every
page anyway (PUBLIC) are kept as they are, all else by a digest.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client, listed
from probes.kit.coded import each, made
from probes.kit.contract import Malformed, Rejected, Unsupported, canonical
from probes.kit.listing import Row
from probes.kit.paging import Paging
from probes.kit.values import known

from .documented import CHANGED, INSIDE, PARTS, REST

PAGES: Final = Paging(style="cursor", next="nextPageToken", into="pageToken")
PUBLIC: Final = frozenset(
    {"measurementId", "measurementIdOverride", "tagId", "eventName", "conversionId", "conversionLabel", "trackingId",
     "pixelId", "partnerId", "name", "dataLayerVersion", "cookieName", "component"}
)  # fmt: skip
# Triggers that every container has and no version lists.
BUILT_IN: Final = {"2147479553": "All Pages", "2147479572": "Consent Initialization", "2147479573": "Initialization"}
_VARIABLE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
_REFERENCE = re.compile(r"\s*\{\{[^{}]+\}\}\s*")


def place(api: Client, parent: Row) -> str:
    return f"/tagmanager/v2/accounts/{api.options['account']}/containers/{parent['id']}"


@each
async def live(api: Client, parent: Row) -> Answer:
    """The published version of a container in one request. One that was never published has none: a 404, which says
    "not found or no permission" and comes for a container that the list has just shown."""
    try:
        version = (await api.ask(Ask(f"{place(api, parent)}/versions:live"))).value()
    except Rejected as fault:
        if fault.code in ("notFound", "NOT_FOUND", "404"):
            raise Unsupported(f"nothing is published here: {fault.message}", code="unpublished") from None
        raise
    return made(_told(version, str(parent["key"])))


def _told(answered: Mapping[str, Any], container: str) -> dict[str, Any]:
    version = _documented(answered)
    built = {one["name"] for one in listed(version, "builtInVariable", or_none=True)}

    def reads(one: Mapping[str, Any]) -> list[str]:
        """Variables as the scopes of this container have them."""
        return [f"{container}.{'built-in' if name in built else 'variables'}/{name}" for name in _variables(one)]

    triggers = {**BUILT_IN, **{one["triggerId"]: one["name"] for one in listed(version, "trigger", or_none=True)}}
    users: dict[str, set[str]] = defaultdict(set)
    kinds = tuple(PARTS)
    for kind in kinds:
        for one in listed(version, kind, or_none=True):
            for name in _variables(one):
                users[name].add(f"{kind}/{one.get('name') or one.get('type')}")
    return {
        "version": {"id": version["containerVersionId"], "name": version.get("name"),
                    "description": version.get("description"), "link": version.get("tagManagerUrl")},
        "tags": [{**_tag(one, triggers), "reads": reads(one)} for one in listed(version, "tag", or_none=True)],
        "triggers": [{**_trigger(one), "reads": reads(one)} for one in listed(version, "trigger", or_none=True)],
        "variables": [{**_named(one), "used_by": sorted(users[one["name"]]), "type": one["type"],
                       "format": one.get("formatValue")} for one in listed(version, "variable", or_none=True)],
        "built_in": [{"name": one["name"], "type": one["type"], "used_by": sorted(users[one["name"]]),
                      "link": version.get("tagManagerUrl")}
                     for one in listed(version, "builtInVariable", or_none=True)],
        "templates": [_template(one) for one in listed(version, "customTemplate", or_none=True)],
        "others": [{**_named(one), "kind": kind, "type": one.get("type"), "place": f"{kind}/{_called(one)}",
                    "reads": reads(one), "rest": _rest(one)}
                   for kind in kinds[3:] for one in listed(version, kind, or_none=True)],
    }  # fmt: skip


def _documented(version: Mapping[str, Any]) -> dict[str, Any]:
    """A version with what Google documents of its parts: with a key more each would have another digest."""
    parts = {
        kind: [{name: known(one[name], INSIDE) for name in names if name in one}
               for one in listed(version, kind, or_none=True)]
        for kind, names in PARTS.items()
    }  # fmt: skip
    return {**version, **parts}


def _called(one: Mapping[str, Any]) -> str:
    """Its name; what has none (a Google tag's configuration) goes by its type and number."""
    return str(one.get("name") or f"{one.get('type')} {one.get('gtagConfigId')}")


def _named(one: Mapping[str, Any]) -> dict[str, Any]:
    """What all parts of a version have."""
    id = next((one[name] for name in ("tagId", "triggerId", "variableId", "clientId", "transformationId", "zoneId",
                                      "gtagConfigId") if name in one), "")  # fmt: skip
    return {"id": id, "name": _called(one), "notes": one.get("notes"), "link": one.get("tagManagerUrl"),
            "parameters": dict(_flat(one.get("parameter", [])))}  # fmt: skip


def _tag(one: Mapping[str, Any], triggers: Mapping[str, str]) -> dict[str, Any]:
    parameters = {param.get("key"): param.get("value") for param in one.get("parameter", [])}
    event = parameters.get("eventName") if one["type"] == "gaawe" else None
    consent = one.get("consentSettings") or {}
    return {
        **_named(one),
        "type": one["type"], "active": not one.get("paused", False),
        "writes": [event] if event and not _VARIABLE.search(event) else [],
        "fires": "; ".join(sorted(triggers.get(id, id) for id in one.get("firingTriggerId", []))) or None,
        "blocked": [triggers.get(id, id) for id in one.get("blockingTriggerId", [])],
        "consent": consent.get("consentStatus"),
        "consents": [kind.get("value") for kind in (consent.get("consentType") or {}).get("list", [])],
        "before": [before["tagName"] for before in one.get("setupTag", [])],
        "after": [after["tagName"] for after in one.get("teardownTag", [])],
        "option": one.get("tagFiringOption"), "priority": (one.get("priority") or {}).get("value"),
        "starts": one.get("scheduleStartMs"), "ends": one.get("scheduleEndMs"), "live_only": one.get("liveOnly", False),
    }  # fmt: skip


def _trigger(one: Mapping[str, Any]) -> dict[str, Any]:
    groups = {name: [_condition(each) for each in one[name]]
              for name in ("filter", "customEventFilter", "autoEventFilter") if one.get(name)}  # fmt: skip
    return {**_named(one), "type": one["type"], "conditions": groups, "rest": _rest(one)}


def _condition(one: Mapping[str, Any]) -> dict[str, Any]:
    """`{{Page Path}} contains /contact`: the words of a condition, which decide where a tag fires."""
    said = {str(param.get("key")): param.get("value") for param in one.get("parameter", [])}
    return {"is": one.get("type"), "left": said.get("arg0"), "right": said.get("arg1"),
            "not": said.get("negate") == "true", "any_case": said.get("ignore_case") == "true"}  # fmt: skip


def _template(one: Mapping[str, Any]) -> dict[str, Any]:
    gallery = one.get("galleryReference") or {}
    source = "/".join(str(gallery[name]) for name in ("host", "owner", "repository") if gallery.get(name))
    return {"id": one["templateId"], "name": one["name"], "link": one.get("tagManagerUrl"),
            "code": _digest(one.get("templateData")), "source": source or None, "version": gallery.get("version"),
            "modified": gallery.get("isModified")}  # fmt: skip


def _rest(one: Mapping[str, Any]) -> str | None:
    """What a trigger has beside parameters and conditions, and a part of a rarer kind beside its parameters."""
    return _digest({name: one[name] for name in REST if name in one})


def _flat(parameters: Sequence[Mapping[str, Any]], above: str = "") -> Iterator[tuple[str, Any]]:
    """Parameters by their path: lists by position, maps by key."""
    for number, one in enumerate(parameters):
        path = f"{above}{one.get('key') or number}"
        inner = one.get("list") or one.get("map")
        if inner:
            yield from _flat(inner, f"{path}.")
        elif (value := one.get("value")) not in (None, ""):
            plain = one.get("type") in ("boolean", "integer", "triggerReference", "tagReference")
            shown = plain or one.get("key") in PUBLIC or _REFERENCE.fullmatch(str(value))
            yield path, value if shown else f"digest {_digest(value)}"


def _variables(value: Any) -> list[str]:
    """Names of variables that a part of a version mentions anywhere."""
    return sorted(set(_VARIABLE.findall(canonical(value).decode())))


def _digest(value: Any) -> str | None:
    return sha256(canonical(value)).hexdigest()[:16] if value else None


@each
async def drafts(api: Client, parent: Row) -> Answer:
    """The workspaces of a container, each with the names of what it would change when it is published."""
    rows = []
    for space in await api.every(Ask(f"{place(api, parent)}/workspaces"), PAGES, "workspace"):
        status = (await api.ask(Ask(f"{place(api, parent)}/workspaces/{space['workspaceId']}/status"))).value()
        changes: dict[str, list[str]] = defaultdict(list)
        for entity in listed(status, "workspaceChange", or_none=True):
            named = (name for name in (*CHANGED, *entity) if isinstance(entity.get(name), Mapping))
            if (kind := next(named, None)) is None:
                raise Malformed("a change of a workspace does not say of what")
            changes[entity["changeStatus"]].append(f"{kind}/{_called(entity[kind])}")
        rows.append({"id": space["workspaceId"], "name": space["name"], "link": space.get("tagManagerUrl"),
                     "conflicts": len(listed(status, "mergeConflict", or_none=True)), **changes})  # fmt: skip
    return made({"rows": rows})
