"""Who may what, and what runs, in a Dataverse environment: identity, privileges of roles, logic, background jobs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.clock import stamp
from probes.kit.coded import made, once
from probes.kit.contract import Fault, Kind, Malformed, Ref, Rejected, Sought, Vantage, window
from probes.kit.listing import Fetch, Told
from probes.kit.paging import Paging
from probes.kit.values import instant

from .definitions import API

PAGES: Final = Paging(style="next", next="@odata.nextLink")
BY: Final = "modifiedby($select=domainname)"  # who changed a row last
NEEDED: Final = (
    "prvReadUser", "prvReadRole", "prvReadTeam", "prvReadWorkflow", "prvReadAsyncOperation", "prvReadSolution",
    "prvReadSdkMessageProcessingStep", "prvReadServiceEndpoint", "prvReadDuplicateRule", "prvReadOrganization",
    "prvReadAuditSummary", "prvReadEmailTemplate", "prvReadSystemForm", "prvReadQuery", "prvReadflowrun",
    "prvReadFieldSecurityProfile", "prvReadFieldPermission",
)  # fmt: skip
POWERS: Final = (
    "prvExportToExcel", "prvBulkDelete", "prvWriteRole", "prvAssignRole", "prvWriteUser", "prvPublishCustomization",
    "prvWriteEntity", "prvImportCustomization", "prvExportCustomization", "prvActOnBehalfOfAnotherUser", "prvMerge",
    "prvWriteWorkflow", "prvWorkflowExecution",
)  # fmt: skip
_VERBS: Final = {"read": "read", "create": "create", "write": "edit", "delete": "delete"}
_DEPTHS: Final = {1: "Basic", 2: "Local", 4: "Deep", 8: "Global"}
_AT_ONCE: Final = 40  # ids of one filter: an address has at most 32 KB
_DAY: Final = 86_400.0
_JOBS: Final = {
    1: "System event", 2: "Bulk e-mail", 5: "Import", 8: "Bulk duplicate detection", 10: "Workflow",
    11: "Quick campaign", 13: "Bulk delete", 54: "Execute async request",
}  # fmt: skip
_TEXTS: Final = ("presentationxml", "subjectpresentationxml", "safehtml", "subjectsafehtml")
_FILLED: Final = (  # a column in the XSL of a template, and in one of the newer editor
    re.compile(r"select=\"(?:/?data/)?(\w+)/(\w+)\""), re.compile(r"\{!(\w+):(\w+);"),
)  # fmt: skip
MARKED: Final = {
    Ref(Kind.AUTOMATION, "processes"): "workflows",
    Ref(Kind.AUTOMATION, "steps"): "sdkmessageprocessingsteps",
    Ref(Kind.AUTOMATION, "duplicate-rules"): "duplicaterules",
    Ref(Kind.SYNC, "endpoints"): "serviceendpoints",
    Ref(Kind.TEMPLATE, "templates"): "templates",
    Ref(Kind.TEMPLATE, "views"): "savedqueries",
    Ref(Kind.PERMISSION, "users"): "systemusers",
    Ref(Kind.PERMISSION, "roles"): "roles",
    Ref(Kind.PERMISSION, "teams"): "teams",
    Ref(Kind.PERMISSION, "column-profiles"): "fieldsecurityprofiles",
}


async def identity(api: Client) -> Vantage:
    """The application's user and how deep its rights go: one that reaches only its own rows gets few, with a 200."""
    me = (await api.ask(Ask(f"{API}/WhoAmI"))).value()
    at = f"{API}/systemusers({me['UserId']})"
    user = (await api.ask(Ask(at, {"$select": "domainname,applicationid"}))).value()
    held = (await api.ask(Ask(f"{at}/Microsoft.Dynamics.CRM.RetrieveUserPrivileges()"))).value("RolePrivileges")
    if not isinstance(held, list):
        raise Malformed("the answer has no list RolePrivileges")
    called = {name.lower(): name for name in NEEDED}  # the vendor's pages and its answers spell some in two ways
    told = await _privileges(api, f"({' or '.join(_is('name', NEEDED))})")
    names = {id: called.get(name.lower(), name) for id, name in told.items()}
    return Vantage(
        account=str(me["OrganizationId"]),
        account_name=api.base.partition("://")[2],
        subject=str(user.get("domainname") or user.get("applicationid") or me["UserId"]),
        grants=frozenset(f"{names[one['PrivilegeId']]}:{one['Depth']}" for one in held if one["PrivilegeId"] in names),
        api_version="v9.2",
        locale=str(api.options["language"]),
    )


async def _privileges(api: Client, filter: str = "") -> dict[str, str]:
    asked = {"$select": "name,privilegeid", **({"$filter": filter} if filter else {})}
    rows = await api.every(Ask(f"{API}/privileges", asked), PAGES, "value")
    return {str(row["privilegeid"]): str(row["name"]) for row in rows}


def _is(name: str, values: Iterable[str]) -> list[str]:
    return [f"{name} eq '{value}'" for value in values]


@once
async def rights(api: Client) -> Answer:
    """What each role may do with the tables that are watched, and which far-reaching rights it has. A role of a
    business unit below is a copy of the one above it, and not asked for."""
    asked = {"$select": "name,roleid", "$filter": "_parentroleid_value eq null"}
    roles = {row["roleid"]: row["name"] for row in await api.every(Ask(f"{API}/roles", asked), PAGES, "value")}
    wanted = {f"prv{verb}{table}".lower(): (table, fact) for table in api.options["tables"]
              for verb, fact in _VERBS.items()} | {name.lower(): ("", name) for name in POWERS}  # fmt: skip
    known = {id: wanted[name.lower()] for id, name in (await _privileges(api)).items() if name.lower() in wanted}
    tables: dict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
    powers: dict[str, list[str]] = {role: [] for role in roles}
    ids = sorted(known)
    for start in range(0, len(ids), _AT_ONCE):
        filter = " or ".join(f"privilegeid eq {id}" for id in ids[start : start + _AT_ONCE])
        asked = {"$select": "roleid,privilegeid,privilegedepthmask", "$filter": f"({filter})"}
        for row in await api.every(Ask(f"{API}/roleprivilegescollection", asked), PAGES, "value"):
            role, (table, fact) = row["roleid"], known[row["privilegeid"]]
            depth = _DEPTHS.get(row["privilegedepthmask"], str(row["privilegedepthmask"]))
            if role in roles and table:
                tables[table, role] |= {fact: True, f"{fact}_depth": depth}
            elif role in roles:
                powers[role].append(f"{fact}:{depth}")
    none = dict.fromkeys(_VERBS.values(), False)
    return made({
        "rights": [{**none, **told, "scope": f"{table}.privileges", "role": role, "name": roles[role]}
                   for (table, role), told in sorted(tables.items())],
        "powers": [{"role": role, "name": roles[role], "powers": sorted(held)}
                   for role, held in sorted(powers.items())],
    })  # fmt: skip


def listed(path: str, params: Mapping[str, str], row: Callable[[dict[str, Any]], dict[str, Any]]) -> Fetch:
    """A list whose rows need a hand that no expression has."""

    @once
    async def fetch(api: Client) -> Answer:
        rows = await api.every(Ask(f"{API}/{path}", dict(params)), PAGES, "value")
        return made({"value": [row(one) for one in rows]})

    return fetch


def workflow(found: dict[str, Any]) -> dict[str, Any]:
    table = found["primaryentity"]
    words = [word for word in ("create", "delete") if found.get(f"triggeron{word}")]
    return {**found, "object": None if table == "none" else table,
            "reads": _columns(table, found.get("triggeronupdateattributelist")),
            "trigger": ", ".join([*words, *["update"] * bool(found.get("triggeronupdateattributelist"))])}  # fmt: skip


def step(found: dict[str, Any]) -> dict[str, Any]:
    table = (found.get("sdkmessagefilterid") or {}).get("primaryobjecttypecode")
    return {**found, "object": table, "reads": _columns(table, found.get("filteringattributes"))}


def template(found: dict[str, Any]) -> dict[str, Any]:
    """An e-mail template with the columns that its text and subject name; the text itself leaves as a digest."""
    texts = [str(found.get(name) or "") for name in _TEXTS]
    named = {f"{table}/{column}" for text in texts for pattern in _FILLED for table, column in pattern.findall(text)}
    return {**{name: value for name, value in found.items() if name not in _TEXTS},
            "fields": sorted(named), "body": texts if any(texts) else None}  # fmt: skip


def _columns(table: Any, names: Any) -> list[str]:
    return sorted(f"{table}/{name.strip()}" for name in str(names or "").split(",") if name.strip())


@once
async def jobs(api: Client) -> Answer:
    """The newest 5,000 background jobs that ended within a day, folded by their type. Types are fixed: one that did
    not run today is no type that was taken away."""
    types = " or ".join(f"operationtype eq {number}" for number in _JOBS)
    since = stamp(api.clock.now() - _DAY)
    asked = {"$select": "operationtype,statuscode,errorcode,completedon", "$orderby": "completedon desc",
             "$filter": f"statecode eq 3 and ({types}) and completedon ge {since}", "$top": 5000}  # fmt: skip
    found = (await api.ask(Ask(f"{API}/asyncoperations", asked))).value("value")
    runs: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for run in found:
        runs[run["operationtype"]].append(run)
    return made({"jobs": [{"type": str(number), "name": name, **fared(runs[number])}
                                     for number, name in _JOBS.items()]})  # fmt: skip


def fared(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """State by the newest; a job that was cancelled neither failed nor succeeded."""
    order = sorted(runs, key=lambda run: instant(run["completedon"]) or 0.0, reverse=True)
    ends = {code: next((run["completedon"] for run in order if run["statuscode"] == code), None) for code in (30, 31)}
    over = next((run for run in order if run["statuscode"] in ends), {})
    state = {30: "ok", 31: "failing"}.get(over.get("statuscode", 0))
    return {"state": state, "succeeded_at": ends[30], "failed_at": ends[31],
            "errors": [str(over["errorcode"])] if over.get("errorcode") else []}  # fmt: skip


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """One question of the audit table for all. It knows rows by their id, and no definition of a column. Where it has
    nothing, because auditing is off for the table, the row's own mark of its last change is asked for."""
    since, until = window(sought)
    start, end = stamp(since), stamp(until + 1)  # what is left of a second is cut off
    asked = {"$select": "createdon,operation,_objectid_value", "$expand": "userid($select=domainname)",
             "$filter": f"createdon ge {start} and createdon le {end}"}  # fmt: skip
    events = await api.every(Ask(f"{API}/audits", asked), PAGES, "value")
    return [_did(events, one) or await _marked(api, one) for one in sought]


async def _marked(api: Client, sought: Sought) -> Told:
    """The last change of one row, if it was made in that time and the row is still there."""
    if not sought.id or sought.ref not in MARKED:
        return {}
    asked = {"$select": "modifiedon", "$expand": BY}
    try:
        row = (await api.ask(Ask(f"{API}/{MARKED[sought.ref]}({sought.id})", asked))).value()
    except Rejected:
        return {}
    except Fault as fault:
        return fault
    if not sought.during(instant(row["modifiedon"]) or 0.0):
        return {}
    return {"by": (row.get("modifiedby") or {}).get("domainname"), "at": row["modifiedon"], "how": "last",
            "action": "Update"}  # fmt: skip


def _did(events: Sequence[Mapping[str, Any]], sought: Sought) -> dict[str, Any]:
    mine = [event for event in events if event["_objectid_value"] in sought.names
            and sought.during(instant(event["createdon"]) or 0.0)]  # fmt: skip
    if not mine:
        return {}
    last = max(mine, key=lambda event: instant(event["createdon"]) or 0.0)
    action = {1: "Create", 2: "Update", 3: "Delete"}.get(last["operation"], str(last["operation"]))
    return {"by": (last.get("userid") or {}).get("domainname"), "at": last["createdon"], "how": "named",
            "action": action}  # fmt: skip
