"""A Bynder portal in memory, as the OpenAPI documents of the vendor have it, one per service, with their examples:
metaproperties as a map by name, smart filters by the ids of these, rules of workflows from `start` on and `limit` of
them, users in pages that end with an empty one, `active` as 0 or 1, no headers of limits, 429 without Retry-After.

The portal is that of the example stack: its metaproperties take regions and topics from the taxonomy.
"""

from __future__ import annotations

from typing import Any, ClassVar

from .control import Reply, Request
from .desk import Desk, Route, Wire

FIELDS, PEOPLE, PROFILES = "METAPROPERTYMANAGEMENT", "USERMANAGEMENT", "PERMISSIONMANAGEMENT"
ME = "00000000-0000-0000-0000-000000000001"


def option(name: str, number: int, active: bool = True) -> Wire:
    label = name.replace("-", " ").capitalize()
    return {
        "id": f"00000000-0000-0000-0001-{number:012d}", "name": name, "label": label, "displayLabel": label,
        "labels": {"en_US": label}, "description": "", "descriptions": {}, "active": active, "hideByDefault": False,
        "isSelectable": True, "linkedOptionIds": [], "zindex": number, "image": "", "product_suffix": "",
        "date": "February, 15 2017 14:54:58 +0000", "pregeneratedZipFileSize": 0,
    }  # fmt: skip


def metaproperty(name: str, number: int, type: str, *options: str, required: bool = False, many: bool = False) -> Wire:
    row: Wire = {
        "id": f"00000000-0000-0000-0000-{number:012d}", "name": name, "label": name.capitalize(), "type": type,
        "isRequired": required, "isMultiselect": many, "isMultifilter": False, "isMainfilter": many,
        "isFilterable": True, "isApiField": True, "isDisplayField": False, "isDrilldown": False, "isEditable": True,
        "showInListView": True, "showInGridView": False, "showInDuplicateView": False, "useDependencies": False,
        "zindex": number,
    }  # fmt: skip
    if options:
        row["options"] = [option(one, number * 100 + at) for at, one in enumerate(options)]
    return row


def user(number: int, box: str, profile: str, team: str, active: int = 1) -> Wire:
    return {
        "id": f"00000000-0000-0000-0002-{number:012d}", "username": box, "email": f"{box}@example.com", "email2": "",
        "name": box, "active": active, "profileId": profile, "isSSOOnly": active == 1, "salesrepId": "",
        "employeeNumber": "", "timeZone": "", "website": "", "country": "",
        "groups": [{"id": f"00000000-0000-0000-0003-{len(team):012d}", "name": team}],
    }  # fmt: skip


def derivative(prefix: str, size: int, public: bool) -> Wire:
    return {"prefix": prefix, "width": size, "height": size, "dpi": -1 if public else 300, "isCrop": public,
            "isExtent": False, "isOnTheFly": public, "isPublic": public,
            "allowedTypes": "image" if public else "document"}  # fmt: skip


def rule(number: int, name: str, status: str = "ACTIVE") -> Wire:
    return {
        "id": f"00000000-0000-0000-0005-{number:012d}", "status": status, "name": name, "createdById": ME,
        "dateCreated": "2026-02-15T14:54:58Z", "triggers": ["asset.created"],
        "steps": [{"step_triggers": [], "actions": [{"action_type": "AGENT", "data": {"agentId": f"agent-{number}"}}],
                   "conditions": [{"AND": [{"condition_type": "METAPROPERTY",
                                            "expression": {"term": ["region"], "operator": "IS_SET"}}]}]}],
    }  # fmt: skip


class Account(Desk):
    """The portal. Rights are those of the profile that the token's user has."""

    routes: ClassVar[tuple[Route, ...]] = (
        Route("GET", "/api/v4/currentUser/", "me"),
        Route("GET", "/api/v4/account", "portal"),
        Route("GET", "/api/v4/account/derivatives", "derivatives"),
        Route("GET", "/api/v4/metaproperties", "metaproperties", FIELDS),
        Route("GET", "/api/v4/profiles/", "profiles", PROFILES),
        Route("GET", "/api/v4/profiles/{id}", "profile", PROFILES),
        Route("GET", "/api/v4/users/", "users", PEOPLE),
        Route("GET", "/api/v4/smartfilters", "filters"),
        Route("GET", "/api/1/automation-workflow/rules", "rules"),
    )
    keys: ClassVar[dict[str, str]] = {"metaproperties": "name", "users": "username", "derivatives": "prefix",
                                      "rules": "name"}  # fmt: skip

    def fill(self) -> None:
        self.tables = {
            "metaproperties": [
                metaproperty("region", 11, "select2", "emea", "amer", "apac", required=True),
                metaproperty("topics", 12, "button", "product", "event", "customer-story", many=True),
                metaproperty("campaign", 13, "text"),
                metaproperty("expires", 14, "date"),
            ],
            "profiles": [
                {"id": "1", "name": "Admin", "roles": [FIELDS, PEOPLE, PROFILES, "MEDIAUPLOAD"]},
                {"id": "2", "name": "Editor", "roles": ["MEDIAUPLOAD", "MEDIADOWNLOAD"]},
                {"id": "3", "name": "Viewer", "roles": ["MEDIADOWNLOAD"]},
                {"id": "4", "name": "Integration", "roles": sorted(self.grants)},
            ],
            "users": [user(1, "admin-01", "1", "brand"), user(2, "brand-01", "2", "brand"),
                      user(3, "agency-01", "3", "agency"), user(4, "former-01", "3", "agency", active=0)],
            "derivatives": [derivative("web-500", 500, True), derivative("print", 4000, False)],
            "filters": [
                {"id": "00000000-0000-0000-0004-000000000001", "icon": "fa fa-globe", "zindex": 0,
                 "labels": {"en_US": "Where", "de_DE": "Wo"},
                 "metaproperties": ["00000000-0000-0000-0000-000000000011"]},
                {"id": "00000000-0000-0000-0004-000000000002", "icon": "fa fa-tag", "zindex": 1,
                 "labels": {"en_US": "What", "de_DE": "Was"},
                 "metaproperties": ["00000000-0000-0000-0000-000000000012", "00000000-0000-0000-0000-000000000013"]},
            ],
            "rules": [rule(1, "Tag new assets"), rule(2, "Describe images")],
        }  # fmt: skip

    def denied(self, request: Request, grant: str) -> Reply:
        return Reply(403, {"message": "You are not allowed to do this", "statuscode": 403})

    def refused(self, request: Request) -> Reply:
        return Reply(401, {"message": "Unauthorized", "statuscode": 401})

    def missing(self, request: Request) -> Reply:
        return Reply(404, {"message": "Not found", "statuscode": 404})

    def limited(self) -> Reply:
        return Reply(429, {"message": "Too many requests", "statuscode": 429})

    def me(self, request: Request) -> Wire:
        return {"id": ME, "username": "driftline", "email": "integration-user@example.com", "profileId": "4",
                "firstname": "", "lastname": "", "phoneNumber": "", "department": "", "job": "", "gender": "",
                "language": "en_US", "timeZone": "Europe/Berlin", "lastLogin": "2026-05-28T08:00:00Z"}  # fmt: skip

    def portal(self, request: Request) -> Wire:
        return {"name": "Example Brand", "timeZone": "Europe/Berlin", "defaultLanguage": "en_US",
                "availableLanguages": self.mixed(["en_US", "de_DE"]), "isOpenImageBank": False}  # fmt: skip

    def derivatives(self, request: Request) -> list[Wire]:
        return self.rows("derivatives")

    def metaproperties(self, request: Request) -> Wire:
        return {row["label"]: row for row in self.rows("metaproperties")}

    def profiles(self, request: Request) -> list[Wire]:
        return self.rows("profiles")

    def profile(self, request: Request, id: str) -> Any:
        if id == "4":  # what the token's own user may do
            return {"id": "4", "name": "Integration", "roles": self.mixed(sorted(self.grants))}
        return self.find("profiles", id) or self.missing(request)

    def filters(self, request: Request) -> list[Wire]:
        return self.rows("filters")

    def rules(self, request: Request) -> Wire:
        start, limit = int(request.query.get("start", 0)), int(request.query.get("limit", 50))
        rows = self.tables["rules"][start : start + min(limit, self.page)]
        return {"rules": rows, "metadata": {"previousPage": "", "nextPage": ""}}

    def users(self, request: Request) -> list[Wire]:
        size, page = (int(request.query.get(name, usual)) for name, usual in (("limit", 50), ("page", 1)))
        size = min(size, self.page)
        rows = self.tables["users"]
        if request.query.get("includeInActive") != "1":
            rows = [row for row in rows if row["active"]]
        return rows[(page - 1) * size : page * size]
