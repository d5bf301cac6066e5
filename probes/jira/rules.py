"""What Jira does by itself: who is told of what (notification schemes), and the rules of Automation for Jira.

Rules have an API of their own, https://developer.atlassian.com/cloud/automation/rest/api-group-rule-management/, at the
site's own address and general since October 2025. What a part of a rule holds in `value` is not published: known is
what the vendor's exports of rules have, and a rule with anything else in it is opaque.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import each, made, once
from probes.kit.contract import Malformed, canonical
from probes.kit.listing import Row
from probes.kit.paging import Paging

from .told import API, PAGES

RULES: Final = "/gateway/api/automation/public/jira/{site}/rest/v1/rule"
MORE: Final = Paging(style="next", next="links.next", size=100, size_into="limit")
ASSIGNED: Final = frozenset({"id", "parentId", "conditionParentId"})  # anew, whenever a rule is saved
# Parts of which all fields are told by name or id; others may use some in JQL, in smart values or out of our sight.
PLAIN: Final = frozenset({
    "jira.issue.edit", "jira.issue.condition", "jira.issue.field.changed", "jira.condition.container.block",
    "jira.condition.if.block",
})  # fmt: skip
EVENT: Final = "jira.issue.event.trigger:"


@once
async def notices(api: Client) -> Answer:
    """Notification schemes, each event with who is told: a role or group by name, a person by a digest."""
    rows = await api.every(Ask(f"{API}/notificationscheme", {"expand": "all"}), PAGES, "values")
    for row in rows:
        told = [
            (str(one["event"]["name"]), notice)
            for one in row.get("notificationSchemeEvents") or ()
            for notice in one.get("notifications") or ()
        ]
        row["actions"] = sorted({f"{event}: {_told(notice)}" for event, notice in told})
        row["reads"] = sorted({
            str(notice["parameter"]) for _, notice in told if str(notice["notificationType"]).endswith("CustomField")
        })  # fmt: skip
    return made({"values": rows})


def _told(notice: Mapping[str, Any]) -> str:
    kind, who = str(notice["notificationType"]), str(notice.get("parameter") or "")
    if kind in ("User", "EmailAddress"):
        who = sha256(who.encode()).hexdigest()[:8]
    named = notice.get("projectRole") or notice.get("group") or {}
    return f"{kind} {named.get('name') or who}".strip()


@each
async def rules(api: Client, parent: Row) -> Answer:
    """The rules of a site, each asked for by itself: the list does not tell what they do."""
    here = RULES.format(site=parent["key"])
    fields = (await api.ask(Ask(f"{API}/field"))).value()
    if not isinstance(fields, list):
        raise Malformed("the answer is no list of fields")
    names: dict[str, str] = {}
    for one in fields:
        name = str(one["name"])  # a name that two fields have says of neither which one is meant
        names[name] = str(one["id"]) if name not in names else name
    rows = await api.every(Ask(f"{here}/summary"), MORE, "data")
    for row in rows:
        told = (await api.ask(Ask(f"{here}/{row['uuid']}"))).value("rule")
        if not isinstance(told, dict):
            raise Malformed("the answer has no rule")
        row |= rule(told, names)
    return made({"values": rows})


def rule(told: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """What starts a rule, what it does, and the fields that it decides by and sets, by their ids."""
    start, body = told.get("trigger") or {}, told.get("components") or ()
    parts = list(_parts([start, *body]))
    used: dict[bool, set[str]] = {False: set(), True: set()}
    for part in parts:
        found = {names.get(name, name) for name in _fields(part.get("value"))}
        used[part.get("component") == "ACTION"] |= found
    return {
        "trigger": start.get("type"), "reads": sorted(used[False]), "writes": sorted(used[True]),
        "actions": sorted({str(part["type"]) for part in parts if part.get("component") == "ACTION"}),
        "opaque": any(_hides(part) for part in parts),
        "chained": told.get("canOtherRuleTrigger"), "tells": told.get("notifyOnError"),
        "definition": sha256(canonical(_bare([start, *body]))).hexdigest()[:16],
    }  # fmt: skip


def _parts(found: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for part in found:
        yield part
        yield from _parts([*(part.get("conditions") or ()), *(part.get("children") or ())])


def _fields(value: Any) -> Iterator[str]:
    """The fields that a part names: {"field": {"type": "ID", "value": "labels"}}, or a list of them."""
    if isinstance(value, dict):
        for name in ("field", "selectedField"):
            if isinstance(one := value.get(name), dict) and isinstance(one.get("value"), str):
                yield one["value"]
        for one in value.get("fields") or ():
            if isinstance(one, dict) and isinstance(one.get("value"), str):
                yield one["value"]
        for one in value.get("operations") or ():
            yield from _fields(one)


def _hides(part: Mapping[str, Any]) -> bool:
    kind = str(part.get("type"))
    return not (kind in PLAIN or kind.startswith(EVENT)) or b"{{" in canonical(part.get("value"))


def _bare(value: Any) -> Any:
    """Without the ids of parts."""
    if isinstance(value, dict):
        left = ASSIGNED if "component" in value else frozenset()
        return {name: _bare(one) for name, one in value.items() if name not in left}
    return [_bare(one) for one in value] if isinstance(value, list) else value
