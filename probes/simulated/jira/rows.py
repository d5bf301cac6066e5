"""What the simulated Jira site starts with, in the shape of the vendor's Swagger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from probes.simulated.desk import Wire

SITE: Final = "https://example.atlassian.net"
CUSTOM: Final = "com.atlassian.jira.plugin.system.customfieldtypes:"
SYSTEM: Final = {
    "summary": ("Summary", "string"), "status": ("Status", "status"), "assignee": ("Assignee", "user"),
    "labels": ("Labels", "array"), "duedate": ("Due date", "date"), "created": ("Created", "datetime"),
    "timespent": ("Time Spent", "number"),
}  # fmt: skip
FIELDS: Final = (
    (10020, "Campaign channel", "option", "select", None),
    (10021, "Campaign name", "string", "textfield", None),
    (10022, "Brief", "string", "textarea", None),
    (10023, "Markets", "array", "multiselect", None),
    (10024, "Budget", "number", "float", None),
    (10025, "Audience", "option-with-child", "cascadingselect", None),
    (10026, "Landing page", "string", "url", None),
    (10031, "Team's own field", "string", "textfield", "10002"),
)  # fmt: skip
OPTIONS: Final = {
    "customfield_10020": (("101", "Email", ""), ("102", "Paid search", ""), ("103", "Paid social", "")),
    "customfield_10023": (("111", "EMEA", ""), ("112", "AMER", ""), ("113", "APAC", "")),
    "customfield_10025": (("121", "B2B", ""), ("122", "B2C", ""), ("123", "New", "121"), ("124", "New", "122")),
}  # fmt: skip
PEOPLE: Final = ("5b10-admin", "5b10-monitor", "5b10-ops", "5b10-brand")


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def team() -> Wire:
    return {"type": "PROJECT", "project": {"id": "10002", "key": "TEAM", "name": "Team's own"}}


def system() -> Iterator[Wire]:
    for id, (name, kind) in SYSTEM.items():
        schema = {"type": kind, "system": id} | ({"items": "string"} if kind == "array" else {})
        yield {"id": id, "key": id, "name": name, "custom": False, "orderable": True, "navigable": True,
               "searchable": True, "clauseNames": [id], "schema": schema}  # fmt: skip


def custom() -> Iterator[Wire]:
    for number, name, kind, widget, project in FIELDS:
        id = f"customfield_{number}"
        schema = {"type": kind, "custom": CUSTOM + widget, "customId": number}
        schema |= {"items": "option"} if kind == "array" else {}
        row = {"id": id, "key": id, "name": name, "custom": True, "orderable": True, "navigable": True,
               "searchable": True, "clauseNames": [f"cf[{number}]", name], "schema": schema}  # fmt: skip
        yield {**row, "scope": team()} if project else row


def kind(id: str, name: str, level: int) -> Wire:
    return {
        "self": f"{SITE}/rest/api/3/issuetype/{id}", "id": id, "name": name, "description": f"A {name.lower()}",
        "iconUrl": f"{SITE}/icon/{id}", "subtask": level < 0, "avatarId": 7, "hierarchyLevel": level,
    }  # fmt: skip


def project(id: str, key: str, name: str, style: str) -> Wire:
    return {
        "expand": "description,lead", "self": f"{SITE}/rest/api/3/project/{id}", "id": id, "key": key, "name": name,
        "avatarUrls": {"48x48": f"{SITE}/avatar/{id}"}, "projectTypeKey": "business", "style": style,
        "simplified": style == "next-gen", "isPrivate": False, "properties": {}, "archived": False,
        "deleted": False,
        "projectCategory": {"self": f"{SITE}/x", "id": "1", "name": "Marketing", "description": ""},
    }  # fmt: skip


def holds(id: int, permission: str, kind: str, parameter: str | None, value: str | None) -> Wire:
    holder = {"type": kind} | ({"parameter": parameter, "value": value} if parameter else {})
    return {"id": id, "self": f"{SITE}/rest/api/3/x", "holder": holder, "permission": permission}


def role(id: int, name: str, people: Iterable[str]) -> Wire:
    actors: list[Wire] = [
        {"id": id * 10 + n, "displayName": "hidden", "type": "atlassian-user-role-actor",
         "actorUser": {"accountId": who}} for n, who in enumerate(people)
    ]  # fmt: skip
    group = {"name": "jira-marketing", "displayName": "jira-marketing", "groupId": "g-marketing"}
    actors.append({"id": id * 10 + 9, "displayName": "jira-marketing", "type": "atlassian-group-role-actor",
                   "actorGroup": group})  # fmt: skip
    return {"self": f"{SITE}/rest/api/3/role/{id}", "id": id, "name": name, "translatedName": name,
            "description": f"{name} of a project", "actors": actors}  # fmt: skip


def user(id: str, kind: str) -> Wire:
    return {"self": f"{SITE}/rest/api/3/user?accountId={id}", "accountId": id, "accountType": kind,
            "displayName": "not for git", "active": True, "timeZone": "Etc/UTC", "locale": "en_US",
            "avatarUrls": {"48x48": f"{SITE}/avatar/{id}"}}  # fmt: skip


def workflow(born: float) -> Wire:
    must = {"ruleKey": "system:validate-field-value",
            "parameters": {"ruleType": "fieldRequired", "fieldsRequired": "customfield_10020,duedate"}}  # fmt: skip
    sets = {"ruleKey": "system:update-field", "parameters": {"field": "assignee", "mode": "set"}}
    hook = {"ruleKey": "system:trigger-webhook", "parameters": {"webhookId": "not-for-git"}}
    ours = {"operation": "ALL", "conditions": [], "conditionGroups": [{"operation": "ANY", "conditionGroups": [],
            "conditions": [{"ruleKey": "system:restrict-issue-transition",
                            "parameters": {"roleIds": "10360"}}]}]}  # fmt: skip
    return {
        "id": "wf-1", "name": "Campaign workflow", "description": "From brief to live", "isEditable": True,
        "scope": {"type": "GLOBAL"}, "created": iso(born), "updated": iso(born),
        "version": {"id": "v-1", "versionNumber": 4},
        "statuses": [{"statusReference": ref, "deprecated": False, "properties": {}} for ref in ("10", "11", "12")],
        "transitions": [
            {"id": "1", "type": "INITIAL", "name": "Create", "description": "", "toStatusReference": "10",
             "links": [], "actions": [], "validators": [], "triggers": [], "properties": {}},
            {"id": "11", "type": "DIRECTED", "name": "Submit", "description": "", "toStatusReference": "11",
             "links": [{"fromStatusReference": "10", "fromPort": 0, "toPort": 1}], "actions": [sets],
             "validators": [must], "triggers": [], "properties": {}},
            {"id": "21", "type": "GLOBAL", "name": "Go live", "description": "", "toStatusReference": "12",
             "links": [], "actions": [hook], "validators": [], "triggers": [], "properties": {},
             "conditions": ours},
        ],
    }  # fmt: skip


def beside(born: float) -> dict[str, list[Wire]]:
    """Issue security, field schemes with their fields, and webhooks of administrators."""
    return {
        "issuesecurity": [{"id": 10100, "name": "Embargoed", "description": "Until launch", "self": f"{SITE}/x",
                           "defaultSecurityLevelId": 10021}],
        "fieldschemes": [{"id": "1", "name": "Marketing fields", "description": "Of campaigns", "isDefault": False,
                          "links": {"associations": f"{SITE}/x", "projects": f"{SITE}/x"}}],
        "schemefields": [
            {"id": f"1/{field}", "scheme": "1", "fieldId": field, "allowedOperations": ["REMOVE", "CHANGE_REQUIRED"],
             "parameters": {"description": "not for git", "isRequired": must, "rendererType": "jira-text-renderer"},
             "restrictedToWorkTypes": only, "workTypeParameters": [
                 {"workTypeId": one, "isRequired": True, "description": "", "rendererType": "x"} for one in only]}
            for field, must, only in (("customfield_10020", True, []), ("customfield_10024", False, ["2"]))
        ],
        "hooks": [
            {"id": number, "name": name, "url": f"https://hooks.example.com/{number}?token=not-for-git",
             "excludeBody": False, "filters": {"issue-related-events-section": "assignee = not-for-git"},
             "events": ["jira:issue_updated", "jira:issue_created"], "enabled": on, "lastUpdated": int(born * 1000),
             "self": f"{SITE}/rest/webhooks/1.0/webhook/{number}", "lastUpdatedUser": PEOPLE[0],
             "lastUpdatedDisplayName": "not for git"}
            for number, name, on in (("7", "To the data team", True), ("8", "Old calendar", False))
        ],
    }  # fmt: skip
