"""The coded listings of Jira: contexts of fields with their options, workflows with what their rules read and write,
permission schemes and roles by names instead of numbers, and who has which role in a project."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client, listed
from probes.kit.coded import each, made, once
from probes.kit.contract import Malformed, canonical
from probes.kit.listing import Row
from probes.kit.paging import Paging

API: Final = "/rest/api/3"
# A page may be shorter than what was asked for; `total` says when the list is at its end.
PAGES = Paging(style="offset", into="startAt", size=100, size_into="maxResults", total="total")
MOST: Final = 200  # pages of workflows
FIELDS: Final = ("field", "fieldId", "fieldKey", "fieldsRequired", "sourceFieldKey", "targetFieldKey", "dateFieldId")
WRITTEN: Final = frozenset({"targetFieldKey", "field"})


@each
async def contexts(api: Client, parent: Row) -> Answer:
    """Where a field of options holds, and the options it has there. Those of a cascade name the one they hang on."""
    here = f"{API}/field/{parent['key']}/context"
    rows = await api.every(Ask(here), PAGES, "values")
    for row in rows:
        options = await api.every(Ask(f"{here}/{row['id']}/option"), PAGES, "values")
        names = {one["id"]: one["value"] for one in options}
        row["number"] = str(parent["key"]).removeprefix("customfield_")  # what its page is asked by
        row["options"] = [
            {"value": one["value"], "active": not one["disabled"], "depends": names.get(one.get("optionId"))}
            for one in options
        ]
    return made({"values": rows})


@once
async def workflows(api: Client) -> Answer:
    """The workflows of the site. Statuses are told apart by references, which stand beside the workflows of a page."""
    rows: list[dict[str, Any]] = []
    for _ in range(MOST):
        asked = {"expand": "values.transitions", "startAt": len(rows), "maxResults": 50}
        answer = await api.ask(Ask(f"{API}/workflows/search", asked))
        told = answer.value()
        page, names = listed(told, "values"), listed(told, "statuses")
        words = {str(one["statusReference"]): str(one["name"]) for one in names}
        rows += [workflow(row, words) for row in page]
        if answer.value("isLast") is True:
            return made({"values": rows})
        if not page:
            break
    raise Malformed(f"the list of workflows does not end after {len(rows)}")


def workflow(row: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """One workflow with its transitions as steps, and the fields that its rules read and write."""
    steps, rules = [], []
    reads: set[str] = set()
    writes: set[str] = set()
    for one in sorted(row.get("transitions") or (), key=lambda one: str(one["id"]).zfill(9)):
        come = sorted(names.get(str(link["fromStatusReference"]), "?") for link in one.get("links") or ())
        goes = names.get(str(one.get("toStatusReference")), "?")
        way = f"{', '.join(come)} > {goes}".strip()
        steps.append({"key": str(one["id"]), "type": one["type"], "target": way})
        for rule, acts in _rules(one):
            told = rule.get("parameters") or {}
            rules.append(f"{one['id']} {rule['ruleKey']} {sha256(canonical(told)).hexdigest()[:16]}")
            for name in FIELDS:
                fields = {word for word in re.split(r"[,\s]+", str(told.get(name) or "")) if word}
                (writes if acts and name in WRITTEN else reads).update(fields)
    return {
        **{name: row[name] for name in ("id", "name", "description", "scope", "updated") if name in row},
        "names": {str(one["id"]): one["name"] for one in row.get("transitions") or ()},
        "statuses": [names.get(str(one["statusReference"]), "?") for one in row.get("statuses") or ()],
        "steps": steps, "rules": rules, "reads": sorted(reads), "writes": sorted(writes),
    }  # fmt: skip


def _rules(transition: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], bool]]:
    """All rules of a transition, each with whether it acts."""
    yield from ((rule, True) for rule in transition.get("actions") or ())
    yield from ((rule, False) for rule in transition.get("validators") or ())
    groups = [transition.get("conditions") or {}]
    while groups:
        group = groups.pop()
        yield from ((rule, False) for rule in group.get("conditions") or ())
        groups += group.get("conditionGroups") or ()
    if screen := transition.get("transitionScreen"):
        yield screen, False


@once
async def schemes(api: Client) -> Answer:
    """Permission schemes, each permission with who holds it: a role or group by name, a person by a digest."""
    rows = listed((await api.ask(Ask(f"{API}/permissionscheme", {"expand": "all"}))).value(), "permissionSchemes")
    roles = (await api.ask(Ask(f"{API}/role"))).value()
    if not isinstance(roles, list):
        raise Malformed("the answer is no list of roles")
    names = {str(role["id"]): str(role["name"]) for role in roles}
    for row in rows:
        held = row.get("permissions") or ()
        row["grants"] = [f"{one['permission']}: {_holder(one['holder'], names)}" for one in held]
    return made({"permissionSchemes": rows})


def _holder(holder: Mapping[str, Any], roles: Mapping[str, str]) -> str:
    kind, who = str(holder["type"]), str(holder.get("parameter") or "")
    if kind == "projectRole":
        who = roles.get(who, who)
    if kind == "user":
        who = sha256(who.encode()).hexdigest()[:8]
    return f"{kind} {who}".strip()


@each
async def project_roles(api: Client, parent: Row) -> Answer:
    """Who has which role in a project. The list of roles is a map of names to addresses, of which the end is the id."""
    here = f"{API}/project/{parent['key']}/role"
    roles: dict[str, str] = (await api.ask(Ask(here))).value()
    if not roles:
        raise Malformed("the project has no roles")
    rows = [(await api.ask(Ask(f"{here}/{link.rpartition('/')[2]}"))).value() for _, link in sorted(roles.items())]
    return made({"roles": rows})
