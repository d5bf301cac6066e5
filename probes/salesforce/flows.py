"""Flows with the fields that their version reads and writes.

The list says which version is active; what it does stands in the Metadata of the tooling object Flow, one record a
query: it is asked for as `rules` asks, and only when a row of the list moved. A version that was active never changes:
each update makes one with another id (tooling reference, Flow). Of a flow that is switched off the newest version is
read, so that switching it off is one change. Names of fields stand in the metadata type Flow (Metadata API guide) in
`field` of filters and assignments, in `queriedFields`, `sortField` and the like, behind a dot in keys that end in
Reference ("$Record.City"), and in `{!...}` of texts and formulas.

Opaque is whatever cannot be seen into: a flow of a managed package (not asked for, as in `rules`), Apex, external
services, screen components, templates of emails, a flow that it calls and that the list lacks, and any kind of element
that is not named here. What a reference leads to is known of $Record, $User, typed variables, loops and "Get Records";
of others the field may be of any object. A record that does not come leaves its flow out, and the list is partial.

Not verified at a vendor's org: which actions use only what the flow hands them (our reading of their names), the
Metadata of flows that Salesforce brings along, and whether View Setup is enough to read it.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from probes.kit.api import Answer, Client
from probes.kit.coded import made
from probes.kit.contract import Fault, Malformed, canonical, digest
from probes.kit.listing import Row
from probes.kit.stumble import VENDOR_ERRORS, unread

from .calls import PAGES, packed, records, select, soql

_WHAT: Final = (
    "DurableId, ApiName, NamespacePrefix, Label, Description, ProcessType, TriggerType, ActiveVersionId, "
    "LatestVersionId, LastModifiedDate"
)
_ANY: Final = "*"  # an object that is not said
_ELEMENTS: Final = frozenset(
    str.split(
        "actionCalls assignments choices collectionProcessors constants customErrors decisions dynamicChoiceSets"
        " formulas loops processMetadataValues recordCreates recordDeletes recordLookups recordRollbacks recordUpdates"
        " screens stages steps subflows textTemplates transforms variables waits"
    )
)
_HANDED: Final = frozenset({"chatterPost", "customNotificationAction", "emailSimple", "flow"})
_FIELDS: Final = frozenset(
    str.split("displayField fieldSelection outputFieldApiName picklistField queriedFields recordField sortField"
              " valueField")
)  # fmt: skip
_WRITTEN: Final = frozenset(
    {"assignNextValueToReference", "assignRecordIdToReference", "assignToReference", "objectFieldReference",
     "outputFieldApiName"}
)  # fmt: skip
_RECORDS: Final = {"$User": "User", "$Profile": "Profile", "$UserRole": "UserRole", "$Organization": "Organization"}
_SETTINGS: Final = frozenset({"$Setup", "$CustomMetadata"})  # followed by the object, and by the field at the end
_CONSTANT: Final = frozenset({"$Api", "$Client", "$Flow", "$GlobalConstant", "$Label", "$Permission", "$System"})
_WAITED: Final = "TimeFieldColumnEnumOrId"  # the parameter of a wait that names the field with the day
_TOKEN: Final = re.compile(r"\{!([^}]+)\}")
_INDEX: Final = re.compile(r"\[[^\]]*\]")
_PATH: Final = re.compile(r"\$?[A-Za-z_]\w*(?:\.[A-Za-z_][\w:]*)+")
_Found = Iterator[tuple[str, bool]]  # object and field, and whether it is written


async def flows(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """Every flow of the list, with what its version says of fields."""
    rows = sorted(await api.every(soql(select(_WHAT, "FlowDefinitionView")), PAGES, "records"), key=canonical)
    mark = digest(canonical(rows)).hex()
    if validators[0].get("If-None-Match") == mark:
        yield parents[0], Answer(304, {}, b"")
        return
    listed = {f"{row['NamespacePrefix']}__{row['ApiName']}" if packed(row) else str(row["ApiName"]) for row in rows}
    told = await records(api, "Flow", sorted({_version(row) for row in rows if not packed(row)} - {""}))
    full: list[dict[str, Any]] = []
    lacks: Fault | None = None
    for row in rows:
        try:
            full.append({**row, **_says(row, told.get(_version(row)), listed)})
        except Fault as fault:
            lacks = lacks or fault
        except VENDOR_ERRORS as error:  # one version of another shape takes no other flow with it
            lacks = lacks or unread(error)
    yield (
        parents[0],
        lacks if lacks and not full else Answer(200, {"etag": mark}, made({"records": full}).raw, lacks=lacks),
    )


def _version(row: Mapping[str, Any]) -> str:
    return str(row.get("ActiveVersionId") or row.get("LatestVersionId") or "")


def _says(row: Mapping[str, Any], told: Answer | Fault | None, listed: Collection[str]) -> dict[str, Any]:
    """Raises the Fault that came instead of a version: without it a flow would seem to have stopped using anything."""
    if packed(row):
        return {"opaque": True}
    if not _version(row):
        return {}
    if isinstance(told, Fault):
        raise told
    record = told.value() if told is not None else None
    if not isinstance(record, Mapping) or not record.get("Metadata"):
        raise Malformed(f"the version {_version(row)} of the flow {row['ApiName']} came without its Metadata")
    return used(record["Metadata"], listed)


def used(meta: Mapping[str, Any], listed: Collection[str]) -> dict[str, Any]:
    """`object` that it starts on, `reads` and `writes` as object and field, and whether it does what cannot be seen
    into. `listed`: the flows that are read beside it."""
    start = (meta.get("start") or {}).get("object") or _process(meta)
    known = {**_RECORDS, "$Record": start or _ANY, "$Record__Prior": start or _ANY}
    for kind, name in (("variables", "objectType"), ("transforms", "objectType"), ("recordLookups", "object")):
        known |= {str(one["name"]): str(one[name]) for one in meta.get(kind) or () if one.get(name)}
    for one in meta.get("loops") or ():
        known[str(one["name"])] = known.get(str(one.get("collectionReference")), _ANY)
    reads: set[str] = set()
    writes: set[str] = set()
    for place, written in _found(meta, _ANY, known):
        (writes if written else reads).add(place)
    return {"object": start, "reads": sorted(reads), "writes": sorted(writes), "opaque": _blind(meta, listed) or None}


def _process(meta: Mapping[str, Any]) -> Any:
    """A process of Process Builder names its object beside the elements."""
    named = (one for one in meta.get("processMetadataValues") or () if one.get("name") == "ObjectType")
    return next(((one.get("value") or {}).get("stringValue") for one in named), None)


def _blind(meta: Mapping[str, Any], listed: Collection[str]) -> bool:
    if any(isinstance(some, list) and some and name not in _ELEMENTS for name, some in meta.items()):
        return True
    actions = meta.get("actionCalls") or ()
    called = {one.get("flowName") for one in meta.get("subflows") or ()}
    called |= {one.get("actionName") for one in actions if one.get("actionType") == "flow"}
    return (
        not called <= set(listed)
        or any(one.get("actionType") not in _HANDED or _templated(one) for one in actions)
        or _extended(meta.get("screens"))
    )


def _templated(action: Mapping[str, Any]) -> bool:
    return any(one.get("name") == "emailTemplateId" for one in action.get("inputParameters") or ())


def _extended(value: Any) -> bool:
    """Whether a screen has a component of its own: sections of a screen hold columns, and these fields."""
    if isinstance(value, list):
        return any(map(_extended, value))
    return isinstance(value, Mapping) and (bool(value.get("extensionName")) or any(map(_extended, value.values())))


def _found(value: Any, object: str, known: Mapping[str, str], key: str = "") -> _Found:
    """At any depth, since elements hold rules, and these conditions. `key`: under which the value stands."""
    if isinstance(value, str):
        if key in _FIELDS:
            yield from ((place, key in _WRITTEN) for place in _along(object, value.split(".")))
        elif key.endswith("Reference"):
            yield from ((place, key in _WRITTEN) for place in _led(value, known))
        for token in _TOKEN.findall(value):
            for path in _PATH.findall(_INDEX.sub("", token)):
                yield from ((place, False) for place in _led(path, known))
    elif isinstance(value, list):
        for one in value:
            yield from _found(one, object, known, key)
    elif isinstance(value, Mapping):
        own = _object(value, object, known)
        if isinstance(field := value.get("field"), str):
            yield from ((place, key == "inputAssignments") for place in _along(own, field.split(".")))
        if value.get("name") == _WAITED and (waited := (value.get("value") or {}).get("stringValue")):
            yield f"{_ANY}/{waited}", False
        for name, inner in value.items():
            yield from _found(inner, own, known, name)


def _object(element: Mapping[str, Any], above: str, known: Mapping[str, str]) -> str:
    """The object whose fields an element names."""
    if named := element.get("object") or element.get("picklistObject") or element.get("objectType"):
        return str(named)
    handed = element.get("inputReference") or element.get("collectionReference")
    return known.get(str(handed), _ANY) if handed else above


def _led(path: str, known: Mapping[str, str]) -> Iterator[str]:
    """Where a reference leads."""
    base, *fields = _INDEX.sub("", path).split(".")
    if base in _SETTINGS and fields:
        yield f"{fields[0]}/{fields[-1]}"
    elif base not in _CONSTANT:
        yield from _along(known.get(base, _ANY), fields)


def _along(object: str, fields: Sequence[str]) -> Iterator[str]:
    """Of Region__r.Code__c the lookup Region__c of the object at hand, and Code__c of whatever that leads to; only
    Owner:User.Email says what that is."""
    for number, field in enumerate(fields, 1):
        name, _, target = field.partition(":")
        if number < len(fields):
            name = f"{name[:-1]}c" if name.endswith("__r") else f"{name}Id"
        yield f"{object}/{name}"
        object = target or _ANY
