"""A Hootsuite organization in memory, REST API v1 lists come whole under `data`, members as ids
alone, an error is `{errors: [{code, message, id}]}`, and who sees a profile is decided by teams.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any, ClassVar, Final

from .control import Reply, Request
from .desk import Desk, Route, Wire

MANAGE: Final = "ORG_MANAGE_MEMBERS"
HERE: Final = "/v1/organizations/{organization}"
AT: Final = "2026-02-03T09:00:00Z"


class Account(Desk):
    """The organization of the example stack. Rights are those of the member that the token was made for."""

    routes: ClassVar[tuple[Route, ...]] = (
        Route("POST", "/oauth2/token", "sign_in", open=True),
        Route("GET", "/v1/me", "me"),
        Route("GET", "/v1/members/{id}", "member", MANAGE),
        Route("GET", f"{HERE}/members", "members", MANAGE),
        Route("GET", f"{HERE}/members/{{id}}/permissions", "permissions"),
        Route("GET", f"{HERE}/teams", "teams", MANAGE),
        Route("GET", f"{HERE}/teams/{{id}}/socialProfiles", "of_team", MANAGE),
        Route("GET", f"{HERE}/teams/{{id}}/members", "in_team", MANAGE),
        Route("GET", "/v1/socialProfiles", "profiles"),
    )
    client_id, client_secret, organization_id = "simulated-client", "simulated-secret", "900"

    def fill(self) -> None:
        self.tables = {
            "members": [self._member("1", "integration-user"), self._member("2", "brand-01"),
                        self._member("3", "agency-01")],
            "permissions": [
                {"id": "2", "permissions": ["ORG_POST", "ORG_ANALYTICS"], "permissionPreset": "EDITOR"},
                {"id": "3", "permissions": ["ORG_POST"], "permissionPreset": "EDITOR"},
            ],
            "teams": [{"id": id, "name": name, "logoUrl": "", "createdDate": AT, "createdByMember": {"id": "2"},
                       "modifiedDate": AT, "modifiedByMember": {"id": "2"}}
                      for id, name in (("31", "Brand"), ("32", "Agency"))],
            "profiles": [self._profile("11", "LINKEDINCOMPANY", "5001"),
                         self._profile("12", "INSTAGRAMBUSINESS", "5002")],
            "shared": [{"id": "31", "profiles": ["11", "12"], "members": ["1", "2"]},
                       {"id": "32", "profiles": ["12"], "members": ["3"]}],
        }  # fmt: skip

    def _member(self, id: str, box: str) -> Wire:
        return {"id": id, "email": f"{box}@example.com", "isActive": True, "createdDate": AT, "modifiedDate": AT,
                "fullName": "not-for-git", "companyName": "Example", "bio": "not-for-git", "timezone": "Europe/Berlin",
                "language": "en"}  # fmt: skip

    def _profile(self, id: str, type: str, network: str) -> Wire:
        return {"id": id, "type": type, "socialNetworkId": network, "socialNetworkUsername": "example", "avatarUrl": "",
                "owner": "ORGANIZATION", "ownerId": self.organization_id, "isReauthRequired": 0}  # fmt: skip

    # refusing

    def _error(self, status: int, code: int, message: str) -> Reply:
        return Reply(status, {"errors": [{"code": code, "message": message, "id": "6a5f2a7b"}]})

    def denied(self, request: Request, grant: str) -> Reply:
        return self._error(403, 4030, "Forbidden")

    def refused(self, request: Request) -> Reply:
        return self._error(401, 4010, "Unauthorized")

    def missing(self, request: Request) -> Reply:
        return self._error(404, 4040, "Not found")

    def limited(self) -> Reply:
        return self._error(429, 4290, "Too many requests")

    def sign_in(self, request: Request) -> Any:
        basic = b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        form = request.form()
        asked = (form.get("grant_type"), form.get("organization_id"))
        if request.headers.get("authorization") != f"Basic {basic}" or asked != (
            "organization_app", self.organization_id
        ):  # fmt: skip
            return Reply(401, {"error": "invalid_client", "error_description": "Client authentication failed"})
        return {"access_token": self.token, "token_type": "bearer", "expires_in": 3600, "scope": "offline"}

    # answers

    def me(self, request: Request) -> Any:
        return {"data": self.find("members", "1")}

    def member(self, request: Request, id: str) -> Any:
        found = self.find("members", id)
        return {"data": found} if found else self.missing(request)

    def members(self, request: Request, organization: str) -> Any:
        return {"data": [{"id": row["id"]} for row in self.rows("members")]}

    def permissions(self, request: Request, organization: str, id: str) -> Any:
        if id == "1":  # what the token's own member may do
            return {"data": {"permissions": self.mixed(sorted(self.grants)), "permissionPreset": "CUSTOM"}}
        self.need(request, MANAGE)
        found = self.find("permissions", id)
        return {"data": {name: found[name] for name in found if name != "id"}} if found else self.missing(request)

    def teams(self, request: Request, organization: str) -> Any:
        return {"data": self.rows("teams")}

    def of_team(self, request: Request, organization: str, id: str) -> Any:
        found = self.find("shared", id)
        return {"data": [{"id": one} for one in self.mixed(found["profiles"])]} if found else self.missing(request)

    def in_team(self, request: Request, organization: str, id: str) -> Any:
        found = self.find("shared", id)
        return {"data": [{"id": one} for one in self.mixed(found["members"])]} if found else self.missing(request)

    def profiles(self, request: Request) -> Any:
        return {"data": self.rows("profiles")}
