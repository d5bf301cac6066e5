"""Rows as the samples of Adobe's pages and its four Swagger files have them.

Where the two differ (a folder's `value`, a role's `hidden`, a custom object's `name`) the samples are followed.
"""

from __future__ import annotations

from typing import Any, Final

Wire = dict[str, Any]
APP: Final = "https://app-sj01.example.com"
AT: Final = {"createdAt": "2024-03-05T09:00:00Z+0000", "updatedAt": "2025-11-20T16:20:00Z+0000"}
DONE: Final = {"createdAt": "20240305T09:00:00.0t+0000", "updatedAt": "20251120T16:20:00.0t+0000"}
READER: Final = "driftline-api@example.com"


def lead(
    id: int, rest: str, soap: str, label: str, kind: str, length: int | None = None, *, fixed: bool = False
) -> Wire:
    """A field of /leads/describe; without `rest` it cannot be reached over REST."""
    row: Wire = {"id": id, "displayName": label, "dataType": kind}
    if length:
        row["length"] = length
    if rest:
        row["rest"] = {"name": rest, "readOnly": fixed}
    return {**row, "soap": {"name": soap, "readOnly": fixed}}


def field(
    name: str, label: str, kind: str, length: int | None = None, *, fixed: bool = False, crm: bool = False
) -> Wire:
    more = {"length": length} if length else {}
    return {"name": name, "displayName": label, "dataType": kind, **more, "updateable": not fixed, "crmManaged": crm}


def described(name: str, label: str, id: str, dedupe: list[str], fields: list[Wire], **more: Any) -> Wire:
    return {"name": name, "displayName": label, "description": f"{label} of the example company", "idField": id,
            "createdAt": "2024-03-05T09:00:00Z", "updatedAt": "2025-11-20T16:20:00Z", "dedupeFields": dedupe,
            "searchableFields": [[one] for one in [*dedupe, id]], "fields": fields, **more}  # fmt: skip


def folder(id: int, name: str, kind: str = "Folder") -> Wire:
    return {"type": kind, "value": id, "folderName": name}


def asset(id: int, name: str, mark: str, place: Wire, workspace: str = "Default", **more: Any) -> Wire:
    return {"id": id, "name": name, "description": f"{name}, until the move", **AT, "url": f"{APP}/#{mark}{id}A1",
            "folder": place, "workspace": workspace, **more}  # fmt: skip


def campaign(id: int, name: str, kind: str, place: Wire, workspace: str = "Default", **more: Any) -> Wire:
    row = asset(id, name, "SC", place, workspace)
    address = row.pop("url")
    return {**row, "computedUrl": address, "type": kind, "isSystem": False, "isActive": False, "isRequestable": False,
            "isCommunicationLimitEnabled": False, "recurrence": {"weekdayOnly": False}, "qualificationRuleType": "once",
            "smartListId": id + 5000, "flowId": id + 6000, "status": "Never Run", **more}  # fmt: skip


def form_field(id: str, label: str, kind: str, *, required: bool = False, length: int | None = None) -> Wire:
    more = {"maxLength": length} if length else {}
    return {"id": id, "label": f"{label}:", "dataType": kind, "validationMessage": "This field is required.",
            "rowNumber": 0, "columnNumber": 0, **more, "required": required, "formPrefill": True,
            "visibilityRules": {"ruleType": "alwaysShow"}}  # fmt: skip


def user(id: int, mail: str, roles: list[tuple[str, str]], *, api: bool = False, ends: str | None = None) -> Wire:
    places = [{"accessRoleId": 100 + number, "accessRoleName": role, "workspaceId": number, "workspaceName": workspace}
              for number, (role, workspace) in enumerate(roles)]  # fmt: skip
    return {"userid": mail, "firstName": "Role", "lastName": "Mailbox", "emailAddress": mail, "id": id, "apiOnly": api,
            "optedIn": False, "failedLogins": 0, "failedDeviceCode": 0, "isLocked": False, "lockedReason": None,
            "userRoleWorkspaces": places, "expiresAt": ends, "lastLoginAt": "20260501T01:02:23.000t+0000"}  # fmt: skip


def role(id: int, name: str, kind: str = "custom") -> Wire:
    return {"id": id, "name": name, "description": f"{name} of the example company", "type": kind, "hidden": False,
            "onlyAllZones": name == "Admin", **DONE}  # fmt: skip


def status(name: str, step: int, *, success: bool = False, hidden: bool = False) -> Wire:
    return {"name": name, "step": step, "description": None, "hidden": hidden, "success": success}
