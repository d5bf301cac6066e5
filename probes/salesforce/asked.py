"""Salesforce on demand: one object, field or what was said of a field, and who changed something in Setup.

`look` never says Absent: describe answers NOT_FOUND, and leaves a field out, for what was deleted and for what its
reader may not see alike; that FieldDefinition does not is not verified. `who` reads SetupAuditTrail (Object Reference:
180 days, needs View Setup and Configuration; Display is a sentence for people, which names things by label or API
name). Jobs and runs are no acts in Setup: that one person alone worked there in that time says nothing of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote

from probes.kit.api import Ask, Client
from probes.kit.clock import stamp
from probes.kit.contract import Absent, Denied, Kind, Malformed, Ref, Sought, Unsupported, window
from probes.kit.listing import Found, Told
from probes.kit.values import instant

from .calls import DATA, PAGES, select, soql
from .definitions import DEFINED, said_of

SLACK: Final = 60.0  # seconds that the org's clock and ours may be apart
LINES: Final = 2000  # newest lines of the trail that are looked through: one page of a query
RECORD_TYPES: Final = ".recordtypes"


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """An object, a field or a record type, by one describe; what was said of a field, by one query of its object."""
    if ref == Ref(Kind.SCHEMA, "objects"):
        return Found("objects", (await api.ask(_describe(key))).value())
    if ref.kind is Kind.FIELD and ref.name.endswith(DEFINED):
        return await _definition(api, ref.name.removesuffix(DEFINED), key)
    types = ref.kind is Kind.SCHEMA and ref.name.endswith(RECORD_TYPES)
    if not types and (ref.kind is not Kind.FIELD or "." in ref.name):
        raise Unsupported(f"Salesforce is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    about = ref.name.removesuffix(RECORD_TYPES)
    rows, name = ("recordTypeInfos", "developerName") if types else ("fields", "name")
    for row in (await api.ask(_describe(about))).value(rows):
        if row[name] == key:
            return Found("fields", row, {"key": about, "id": ""})
    raise Denied(f"{about} has no {key} that this user may see: deleted, or no longer readable", code="NOT_FOUND")


async def _definition(api: Client, about: str, key: str) -> Found:
    for row in await said_of(api, about):
        if row["QualifiedApiName"] == key:
            return Found("definitions", row, {"key": about, "id": ""})
    raise Denied(f"nothing is said of {about}.{key}, or nothing that this user may see", code="NOT_FOUND")


def _describe(name: str) -> Ask:
    return Ask(f"{DATA}/sobjects/{name}/describe")


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """One query for all. Of each: the newest line of the trail in its time that names the thing; else, where all lines
    are one person's, that person."""
    since, until = (stamp(at) for at in window(sought, SLACK))
    what = "Action, Display, CreatedDate, CreatedBy.Username"
    where = f"CreatedDate >= {since} AND CreatedDate <= {until} ORDER BY CreatedDate DESC LIMIT {LINES}"
    lines = await api.every(soql(select(what, "SetupAuditTrail", where)), PAGES, "records")
    trail = _Trail(lines)
    return [trail.about(one) for one in sought]


class _Trail:
    """The lines by the words in them, since one act may be thousands of lines and of changes."""

    def __init__(self, lines: Sequence[Mapping[str, Any]]) -> None:
        self._lines = [(_when(line), line) for line in lines]
        self._having: dict[str, list[int]] = {}
        for place, line in enumerate(lines):
            for word in set(re.findall(r"\w+", str(line.get("Display") or "").casefold())):
                self._having.setdefault(word, []).append(place)
        self._alone: dict[tuple[float, float], dict[str, Any]] = {}

    def about(self, sought: Sought) -> dict[str, Any]:
        start, end = window([sought], SLACK)
        last = (sought.said or sought.key).rpartition("/")[2]
        words = {found[0] for form in _forms(unquote(last)) if (found := re.findall(r"\w+", form))}
        for place in sorted({place for word in words for place in self._having.get(word, ())}):
            at, line = self._lines[place]
            if start <= at <= end and names(str(line.get("Display") or ""), sought):
                return _told(line, "named")
        if sought.ref.kind is Kind.SYNC:
            return {}
        if (start, end) not in self._alone:
            self._alone[start, end] = self._by_one(start, end)
        return self._alone[start, end]

    def _by_one(self, start: float, end: float) -> dict[str, Any]:
        """Where all lines of that time are one person's, that person."""
        lines = [line for at, line in self._lines if start <= at <= end]
        people = {str(person) for line in lines if (person := _person(line))}
        return _told(lines[0], "alone") if len(people) == 1 and len(self._lines) < LINES else {}


def names(display: str, sought: Sought) -> bool:
    """Whether a sentence of the trail names the thing: every part of its key, with or without prefix and suffix."""
    text = display.casefold()
    return all(
        any(_word(form, text) for form in _forms(unquote(part))) for part in (sought.said or sought.key).split("/")
    )


def _forms(name: str) -> Sequence[str]:
    """Region_Code__c is Region_Code in some sentences, and "Region Code" where the label was left as proposed."""
    bare = re.sub(r"__[a-z]+$", "", name.removeprefix("profile:").removeprefix("group:"))
    short = re.sub(r"^\w+?__", "", bare)
    return [form.casefold() for form in (name, bare, short, short.replace("_", " "))]


def _word(form: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(form)}(?!\w)", text) is not None


def _when(line: Mapping[str, Any]) -> float:
    """A line without its time may be of any: who then worked alone is not known."""
    at = instant(line["CreatedDate"])
    if at is None:
        raise Malformed("a line of the trail has no CreatedDate")
    return at


def _person(line: Mapping[str, Any]) -> Any:
    return (line.get("CreatedBy") or {}).get("Username") or ""


def _told(line: Mapping[str, Any], how: str) -> dict[str, Any]:
    return {"by": _person(line), "at": line.get("CreatedDate"), "action": line.get("Action"), "how": how}
