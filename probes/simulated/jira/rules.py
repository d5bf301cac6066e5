"""What the simulated site does by itself: a notification scheme, and two rules of Automation."""

from __future__ import annotations

from typing import Any, Final

from probes.simulated.desk import Wire

from .rows import PEOPLE, SITE

CLOUD: Final = "182b9218-0000"
PROJECT: Final = f"ari:cloud:jira:{CLOUD}:project/10000"


def notices() -> Wire:
    group = {"name": "jira-marketing", "groupId": "g-marketing", "self": f"{SITE}/x"}
    role = {"self": f"{SITE}/x", "name": "Members", "id": 10361, "description": ""}
    created = [
        {"id": 1, "notificationType": "CurrentAssignee"},
        {"id": 2, "notificationType": "Group", "parameter": "jira-marketing", "recipient": "g-marketing",
         "group": group, "expand": "group"},
        {"id": 3, "notificationType": "ProjectRole", "parameter": "10361", "recipient": "10361", "projectRole": role,
         "expand": "projectRole"},
    ]  # fmt: skip
    resolved = [
        {"id": 4, "notificationType": "User", "parameter": PEOPLE[2], "recipient": PEOPLE[2], "expand": "user",
         "user": {"self": f"{SITE}/x", "accountId": PEOPLE[2], "displayName": "not for git", "active": True}},
        {"id": 5, "notificationType": "UserCustomField", "parameter": "customfield_10021",
         "recipient": "customfield_10021", "expand": "field"},
    ]  # fmt: skip
    return {
        "expand": "notificationSchemeEvents,user,group,projectRole,field,all", "id": 10100,
        "self": f"{SITE}/rest/api/3/notificationscheme/10100", "name": "Marketing notifications", "description": "",
        "notificationSchemeEvents": [
            {"event": {"id": 1, "name": "Issue created", "description": ""}, "notifications": created},
            {"event": {"id": 5, "name": "Issue resolved", "description": ""}, "notifications": resolved},
            {"event": {"id": 8, "name": "Issue deleted", "description": ""}, "notifications": []},
        ],
    }  # fmt: skip


def rule(uuid: str, name: str, born: float) -> Wire:
    """Starts by a field that changes, asks for another, sets a third."""
    asks = {"selectedField": {"type": "ID", "value": "customfield_10020"}, "selectedFieldType": "select",
            "comparison": "EQUALS", "compareValue": {"type": "ID", "value": "101", "multiValue": False}}  # fmt: skip
    sets = {"operations": [{"field": {"type": "NAME", "value": "Assignee"}, "fieldType": "assignee", "type": "SET",
                            "value": {"type": "ID", "value": "not-for-git"}}]}  # fmt: skip
    starts = {"eventFilters": [PROJECT], "changeType": "ANY_CHANGE", "actions": [],
              "fields": [{"value": "Campaign name", "type": "fieldName"}]}  # fmt: skip
    block = _part("c2", "CONDITION_BLOCK", "jira.condition.if.block", {"conditionMatchType": "ALL"})
    block |= {"conditions": [_part("c3", "CONDITION", "jira.issue.condition", asks)],
              "children": [_part("c4", "ACTION", "jira.issue.edit", sets)]}  # fmt: skip
    outer = _part("c1", "CONDITION", "jira.condition.container.block", {}) | {"children": [block]}
    return _rule(uuid, name, born, _part("c0", "TRIGGER", "jira.issue.field.changed", starts), [outer])


def sweep(born: float) -> Wire:
    """A nightly one that tells another system."""
    starts = {"schedule": {"cronExpression": "0 0 2 * * ?"}, "jql": "duedate < now()", "executionMode": "JQL"}
    tells = {"url": "https://hook.example.com/not-for-git", "method": "POST", "headers": []}
    return {
        **_rule("0192e5ac-0002", "Tell the data team", born, _part("s0", "TRIGGER", "jira.jql.scheduled", starts),
                [_part("s1", "ACTION", "jira.issue.outgoing.webhook", tells)]),
        "state": "DISABLED", "labels": ["nightly"],
    }  # fmt: skip


def _part(id: str, component: str, kind: str, value: Any) -> Wire:
    return {"id": id, "component": component, "parentId": None, "conditionParentId": None, "schemaVersion": 1,
            "type": kind, "value": value, "children": [], "conditions": [], "connectionId": None}  # fmt: skip


def _rule(uuid: str, name: str, born: float, trigger: Wire, components: list[Wire]) -> Wire:
    return {
        "uuid": uuid, "name": name, "description": "", "state": "ENABLED", "created": born, "updated": born,
        "authorAccountId": PEOPLE[0], "actor": {"type": "ACCOUNT_ID", "actor": PEOPLE[0]}, "labels": [],
        "notifyOnError": "FIRSTERROR", "canOtherRuleTrigger": False, "writeAccessType": "UNRESTRICTED",
        "collaborators": [], "ruleScopeARIs": [PROJECT], "trigger": trigger, "components": components,
    }  # fmt: skip
