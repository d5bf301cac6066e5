"""commercetools on demand: one thing by its key or id, and who changed something.

`look`: what is not there is 404 ResourceNotFound, a missing scope 403 insufficient_scope (as the vendor's errors say),
and each list has a scope of its own. `who`: the Change History API, which every project has for what was done in the
Merchant Center (Audit Log Basic), and for what API clients did where Audit Log Premium is bought; else the mark of a
thing's own last change. It names people by their id of the Merchant Center. A field is named by the record of its type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from probes.kit.api import Ask, Client, called
from probes.kit.clock import stamp
from probes.kit.contract import Absent, Denied, Fault, Kind, Malformed, Ref, Rejected, Sought, Unsupported, window
from probes.kit.listing import Found, Told
from probes.kit.values import instant

from .told import PRODUCTS, apart, scoped

RECORDS: Final = 500  # newest changes of a kind of thing that are looked through
GONE: Final = "ResourceNotFound"
PLACES: Final[Mapping[Ref, str]] = {
    Ref(Kind.SCHEMA, "types"): "types",
    Ref(Kind.SCHEMA, "product-types"): "product-types",
    Ref(Kind.SCHEMA, "states"): "states",
    Ref(Kind.SCHEMA, "channels"): "channels",
    Ref(Kind.SCHEMA, "stores"): "stores",
    Ref(Kind.PERMISSION, "api-clients"): "api-clients",
    Ref(Kind.AUTOMATION, "extensions"): "extensions",
    Ref(Kind.SYNC, "subscriptions"): "subscriptions",
}
BY_ID: Final = frozenset({"channels", "api-clients"})  # these cannot be asked for by a key
LOGGED: Final = frozenset({"types", "product-types", "states", "channels", "stores"})


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """What a list has, and a field of a type. A channel has a key, and is asked for by its id alone."""
    place, name = _place(ref, key)
    if not place or place == "channels":
        raise Unsupported(f"commercetools is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    for path in _paths(api, place, name):
        try:
            row = (await api.ask(Ask(path))).value()
        except Rejected as fault:
            if fault.code != GONE:
                raise
        else:
            return _found(ref, key, place, row)
    return Absent(GONE)


def _found(ref: Ref, key: str, place: str, row: Mapping[str, Any]) -> Found | Absent:
    if ref.kind is not Kind.FIELD:
        return Found(place, scoped(row) if place == "api-clients" else row)
    field = called(apart([row], place), "name", key)
    return Absent("field") if field is None else Found(place, field)


def _place(ref: Ref, key: str) -> tuple[str, str]:
    """The list that a thing is in, and the vendor's key or id of it, or of the type that a field is of."""
    named = ref.name if ref.kind is Kind.FIELD else key
    if ref.kind is Kind.FIELD:
        place = "product-types" if named.startswith(PRODUCTS) else "types"
    else:
        place = PLACES.get(ref, "")
    if place == "product-types":
        named = named.removeprefix(PRODUCTS).replace("%2F", "/").replace("%25", "%")
    return place, named


def _paths(api: Client, place: str, name: str, id: str = "") -> list[str]:
    """Where a thing stands: by its id if that is known, else by its key, and by its id where it may have no key."""
    here, plain = f"/{api.options['project']}/{place}", quote(name, safe="")
    if id:
        return [f"{here}/{quote(id, safe='')}"]
    return [f"{here}/{plain}"] if place in BY_ID else [f"{here}/key={plain}", f"{here}/{plain}"]


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """By the change history, asked for once of each kind of thing; else by the mark of the thing itself."""
    since, until = window(sought)
    records: dict[str, Sequence[Mapping[str, Any]] | Fault] = {}
    told: list[Told] = []
    for one in sought:
        place, name = _place(one.ref, one.key)
        if place in LOGGED and place not in records:
            records[place] = await _history(api, place, since, until)
        found = records.get(place, ())
        told.append(found if isinstance(found, Fault) else await _did(api, one, place, name, found))
    return told


async def _history(api: Client, place: str, since: float, until: float) -> Sequence[Mapping[str, Any]] | Fault:
    """The changes of a time, newest first; none where the client has not the scope view_audit_log."""
    path = f"{api.options['history']}/{api.options['project']}/{place}"
    asked = {"date.from": stamp(since, "milliseconds"), "date.to": stamp(until, "milliseconds"), "limit": RECORDS}
    try:
        found = (await api.ask(Ask(path, asked))).value("results")
        if not isinstance(found, list):
            raise Malformed("the change history has no results")
    except Denied:
        return ()
    except Fault as fault:
        return fault
    return sorted(found, key=lambda record: instant(record["modifiedAt"]) or 0.0, reverse=True)


async def _did(api: Client, sought: Sought, place: str, name: str, records: Sequence[Mapping[str, Any]]) -> Told:
    if not place:
        return {}
    try:
        own = await _own(api, sought, place, name)
    except Fault as fault:
        return fault
    names = {name, sought.id, str(own.get("id") or "")} - {""}
    for record in records:
        thing, by = record["resource"], record.get("modifiedBy") or {}
        if names & {str(thing.get("id")), str(thing.get("key"))} and _during(record["modifiedAt"], sought):
            person = by.get("id") or by.get("clientId")
            return {"by": person, "at": record["modifiedAt"], "action": record["type"], "how": "named"}
    if not _during(own.get("lastModifiedAt"), sought):
        return {}
    by = own.get("lastModifiedBy") or {}
    person = by.get("externalUserId") or by.get("clientId")
    return {"by": person, "at": own["lastModifiedAt"], "action": "updated", "how": "last"}


def _during(at: Any, sought: Sought) -> bool:
    return sought.during(instant(at) or 0.0)


async def _own(api: Client, sought: Sought, place: str, name: str) -> Mapping[str, Any]:
    """The thing itself, or what holds it; nothing where it is gone. The id of a field would be that of its type."""
    id = "" if sought.ref.kind is Kind.FIELD else sought.id
    for path in () if place == "channels" and not id else _paths(api, place, name, id):
        try:
            row = (await api.ask(Ask(path))).value()
        except Rejected as fault:
            if fault.code != GONE:
                raise
        else:
            return row if isinstance(row, dict) else {}
    return {}
