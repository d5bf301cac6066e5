"""The account: errors inside of a 200, a token that is shared and ages, workspaces, three ways of paging.

From Adobe's pages (authentication, custom services, error codes, usage, user management, assets, activities) and its
Swagger files (AdobeDocs/marketo-apis). An access token in the query string is refused since 31 August 2026.
"""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from probes.simulated.control import Reply, Request, controlled
from probes.simulated.desk import Denial, Desk, Route, Wire

from .content import assets
from .database import database
from .shapes import READER

HOUR: Final = 3600
LEAD, ASSETS, CUSTOM, ACTIVITY = "Read-Only Lead", "Read-Only Assets", "Read-Only Custom Object", "Read-Only Activity"
TYPES, CAMPAIGN, USERS = "Read-Only Activity Metadata", "Read-Only Campaign", "Access User Management Api"
SCHEMA: Final = "Read-Write Schema Standard Field"
DESCRIBED: Final = {"companies": "Read-Only Company", "opportunities": "Read-Only Opportunity", "programMembers": LEAD,
                    "opportunityRoles": "Read-Only Opportunity", "namedAccounts": "Read-Only Named Account",
                    "salesPersons": "Read-Only Sales Person"}  # fmt: skip
MANAGE: Final = "/userservice/management/v1/users"
NONE_FOUND: Final = "No assets found for the given search criteria."
PLACES: Final = ("Default", "EMEA")
ASSET: Final = "/rest/asset/v1"
MILLION: Final = 10**6


class Account(Desk):
    """Workspaces of the reader stand among its grants as "workspace:NAME": assets of others are left out of lists."""

    routes = (
        Route("GET", "/identity/oauth/token", "token_of", open=True),
        Route("POST", "/identity/oauth/token", "token_of", open=True),
        Route("GET", "/rest/v1/leads/describe.json", "leads", LEAD),
        Route("GET", "/rest/v1/leads/describe2.json", "describe2", LEAD),
        Route("GET", "/rest/v1/leads/schema/fields.json", "schema_fields", SCHEMA),
        Route("GET", "/rest/v1/leads/partitions.json", "partitions", LEAD),
        Route("GET", "/rest/v1/companies/describe.json", "companies", DESCRIBED["companies"]),
        Route("GET", "/rest/v1/opportunities/describe.json", "opportunities", DESCRIBED["opportunities"]),
        Route("GET", "/rest/v1/opportunities/roles/describe.json", "opportunity_roles", DESCRIBED["opportunityRoles"]),
        Route("GET", "/rest/v1/namedaccounts/describe.json", "named_accounts", DESCRIBED["namedAccounts"]),
        Route("GET", "/rest/v1/salespersons/describe.json", "sales_persons", DESCRIBED["salesPersons"]),
        Route("GET", "/rest/v1/programs/members/describe.json", "members", LEAD),
        Route("GET", "/rest/v1/customobjects.json", "custom_objects", CUSTOM),
        Route("GET", "/rest/v1/customobjects/{name}/describe.json", "custom_object", CUSTOM),
        Route("GET", "/rest/v1/customobjects/schema/{name}/dependentAssets.json", "dependents", CUSTOM),
        Route("GET", "/rest/v1/activities/types.json", "activity_types", TYPES),
        Route("GET", "/rest/v1/activities/pagingtoken.json", "since", ACTIVITY),
        Route("GET", "/rest/v1/activities.json", "activities", ACTIVITY),
        Route("GET", "/rest/v1/stats/{what}/last7days.json", "week"),
        Route("GET", "/rest/v1/stats/{what}.json", "day"),
        Route("GET", f"{ASSET}/smartCampaign/{{id}}/smartList.json", "smart_list", ASSETS),
        Route("GET", f"{ASSET}/form/{{id}}/fields.json", "form_fields", ASSETS),
        Route("GET", f"{ASSET}/{{table}}.json", "browsed", ASSETS),
        Route("GET", f"{MANAGE}/allusers.json", "users", USERS),
        Route("GET", f"{MANAGE}/roles.json", "roles", USERS),
        Route("GET", f"{MANAGE}/workspaces.json", "workspaces", USERS),
        Route("GET", f"{MANAGE}/{{id}}/user.json", "one_user", USERS),
        Route("GET", f"{MANAGE}/{{id}}/roles.json", "own_roles", USERS),
    )
    keys: ClassVar[dict[str, str]] = {
        "leads": "displayName", "objects": "name", "customObjects": "name", "activityTypes": "name", "channels": "name",
        "tagTypes": "tagType", "users": "userid", "roles": "name", "workspaces": "name", "usage": "userId",
        "errors": "errorCode", "dependents": "assetName", "partitions": "name", "schemaFields": "name",
    }  # fmt: skip

    def __init__(self, **how: Any) -> None:
        self.client_id, self.client_secret = "client", "simulated"
        self.issued, self.until = 0, 0.0
        super().__init__(**how)

    @classmethod
    def every_grant(cls) -> set[str]:
        return {grant for grant in super().every_grant() if grant != SCHEMA} | {f"workspace:{one}" for one in PLACES}

    def fill(self) -> None:
        self.tables = {**database(), **assets()}

    def well(self) -> None:
        self.tables["errors"] = []

    # signing in

    def token_of(self, request: Request) -> Reply:
        """The same token until it ends, with what is left of it."""
        given = {**request.query, **request.form()}
        if (given.get("client_id"), given.get("client_secret")) != (self.client_id, self.client_secret):
            said = {"error": "unauthorized", "error_description": "No client with requested id: client"}
            return Reply(401, said)
        if self.clock.now() >= self.until:
            self.issued, self.until = self.issued + 1, self.clock.now() + HOUR
        left = int(self.until - self.clock.now())
        return Reply(200, {"access_token": self._current, "token_type": "bearer", "expires_in": left, "scope": READER})

    @property
    def _current(self) -> str:
        return f"marketo-token-{self.issued}:int"

    def signed(self, request: Request) -> bool:
        fresh = self.clock.now() < self.until
        return fresh and request.headers.get("authorization", "") == f"Bearer {self._current}"

    def refused(self, request: Request) -> Reply:
        if request.headers.get("authorization") == f"Bearer {self._current}":
            return self._failed(request, "602", "Access token expired")
        return self._failed(request, "601", "Access token invalid")

    def denied(self, request: Request, grant: str) -> Reply:
        return self._failed(request, "603", "Access denied")

    def missing(self, request: Request) -> Reply:
        return self._failed(request, "610", "Requested resource not found")

    def limited(self) -> Reply:
        said = {"code": "606", "message": "Max rate limit '100' exceeded with in '20' secs"}
        return Reply(200, {"requestId": "e42b#14272d07d78", "success": False, "errors": [said]})

    def _failed(self, request: Request, code: str, words: str) -> Reply:
        """Inside of a 200, but for user management, whose answers have no `success` and numbers for codes."""
        if request.path.startswith("/userservice"):
            return Reply(
                401 if code in ("601", "602", "603") else 404, {"errors": [{"code": int(code), "message": words}]}
            )
        said = {"requestId": "e42b#14272d07d78", "success": False, "errors": [{"code": code, "message": words}]}
        return Reply(200, said)

    # the Lead Database

    def _result(self, rows: list[Wire], **more: Any) -> Wire:
        return {"requestId": "37ca#1475b74e276", "success": True, "result": rows, **more}

    def leads(self, request: Request) -> Wire:
        return self._result(self.rows("leads"))

    def describe2(self, request: Request) -> Wire:
        return self._result(self.rows("describe2"))

    def schema_fields(self, request: Request) -> Wire:
        return self._tokened(request, self.tables["schemaFields"])

    def partitions(self, request: Request) -> Wire:
        return self._result(self.rows("partitions"))

    def companies(self, request: Request) -> Wire:
        return self._result([self._kept("objects", "companies")])

    def opportunities(self, request: Request) -> Wire:
        return self._result([self._kept("objects", "opportunities")])

    def opportunity_roles(self, request: Request) -> Wire:
        return self._result([self._kept("objects", "opportunityRoles")])

    def named_accounts(self, request: Request) -> Wire:
        return self._result([self._kept("objects", "namedAccounts")])

    def sales_persons(self, request: Request) -> Wire:
        return self._result([self._kept("objects", "salesPersons")])

    def members(self, request: Request) -> Wire:
        row = self._kept("objects", "programMembers")
        return self._result([{name: value for name, value in row.items() if name not in ("displayName", "idField")}])

    def custom_objects(self, request: Request) -> Wire:
        """Of what is approved; a draft stands in /customobjects/schema.json alone."""
        rows = [row for row in self.rows("customObjects") if row.get("state") != "draft"]
        return self._result([{name: row[name] for name in row if name not in ("fields", "state")} for row in rows])

    def custom_object(self, request: Request, name: str) -> Any:
        row = self.find("customObjects", name)
        return self._result([row]) if row else self._failed(request, "1013", "Object not found")

    def dependents(self, request: Request, name: str) -> Wire:
        used = [row for row in self.rows("dependents") if row["object"] == name]
        return self._result([{key: value for key, value in row.items() if key != "object"} for row in used])

    def activity_types(self, request: Request) -> Wire:
        return self._result(self.rows("activityTypes"))

    def since(self, request: Request) -> Wire:
        return {
            "requestId": "1607c#14884f3e53d",
            "success": True,
            "nextPageToken": f"{request.query['sinceDatetime']}|0",
        }

    def activities(self, request: Request) -> Wire:
        at, _, start = request.query["nextPageToken"].partition("|")
        wanted = {int(one) for one in request.query["activityTypeIds"].split(",")}
        rows = [
            row for row in self.tables["activities"] if row["activityDate"] >= at and row["activityTypeId"] in wanted
        ]
        part, following = self.part(rows, int(start), 300)
        return self._result(part, nextPageToken=f"{at}|{int(start) + len(part)}", moreResult=following is not None)

    def _tokened(self, request: Request, rows: list[Wire]) -> Wire:
        part, following = self.part(rows, int(request.query.get("nextPageToken") or 0), 300)
        more = {} if following is None else {"nextPageToken": str(following)}
        return self._result(part, moreResult=following is not None, **more)

    def day(self, request: Request, what: str) -> Wire:
        return self._result([self._counted(what)])

    def week(self, request: Request, what: str) -> Wire:
        return self._result([self._counted(what)])

    def _counted(self, what: str) -> Wire:
        rows = [row for row in self.rows(what) if row["count"]]
        date = datetime.fromtimestamp(self.clock.now(), UTC).strftime("%Y-%m-%d")
        return {
            "date": date,
            "total": sum(row["count"] for row in rows),
            "users" if what == "usage" else "errors": rows,
        }

    # assets

    def browsed(self, request: Request, table: str) -> Any:
        if table not in (
            "programs",
            "smartCampaigns",
            "forms",
            "emails",
            "channels",
            "tagTypes",
            "segmentation",
            "snippets",
            "emailTemplates",
            "landingPageTemplates",
            "staticLists",
        ):
            return self.missing(request)
        start, size = int(request.query.get("offset", 0)), int(request.query.get("maxReturn", 20))
        if size > 200:
            raise Denial(self._failed(request, "1001", f"Invalid value '{size}'. Required of type 'integer up to 200'"))
        part, _ = self.part(self._seen(table), start, size)
        bare = ("workspace",) if table == "forms" else ()
        shown = [{name: value for name, value in row.items() if name not in bare} for row in part]
        return self._assets(self.mixed(shown))

    def _seen(self, table: str) -> list[Wire]:
        return [row for row in self.tables[table] if f"workspace:{row.get('workspace', PLACES[0])}" in self.grants]

    def _assets(self, rows: list[Wire]) -> Wire:
        """Without rows there is no `result` at all, but a warning."""
        said: Wire = {"success": True, "errors": [], "requestId": "7883#169838a32f0", "warnings": []}
        return {**said, "result": rows} if rows else {**said, "warnings": [NONE_FOUND]}

    def smart_list(self, request: Request, id: str) -> Any:
        row = next((row for row in self.tables["rules"] if str(row["campaign"]) == id), None)
        shown = {name: value for name, value in (row or {}).items() if name != "campaign"}
        if request.query.get("includeRules") != "true":
            shown.pop("rules", None)
        return self._assets([shown] if row else [])

    def form_fields(self, request: Request, id: str) -> Any:
        rows = [row for row in self.rows("formFields") if str(row["form"]) == id]
        return self._assets([{name: value for name, value in row.items() if name != "form"} for row in rows])

    # user management: bare lists, no `success`

    def users(self, request: Request) -> Reply:
        start, size = int(request.query.get("pageOffset", 0)), int(request.query.get("pageSize", 20))
        part, _ = self.part(self.tables["users"], start, size)
        names = ("userid", "firstName", "lastName", "emailAddress", "id", "apiOnly")
        return Reply(200, [{name: row[name] for name in names} for row in self.mixed(part)])

    def roles(self, request: Request) -> Reply:
        return Reply(200, self.rows("roles"))

    def workspaces(self, request: Request) -> Reply:
        return Reply(200, self.rows("workspaces"))

    def one_user(self, request: Request, id: str) -> Reply:
        row = self.find("users", id)
        return Reply(200, self._placed(row)) if row else self.missing(request)

    def own_roles(self, request: Request, id: str) -> Reply:
        row = self.find("users", id)
        return Reply(200, self._placed(row)["userRoleWorkspaces"]) if row else self.missing(request)

    def _placed(self, row: Wire) -> Wire:
        """A user with its roles; those of the reader are what it has been granted."""
        shown = copy.deepcopy(row)
        if row["userid"] == READER:
            shown["userRoleWorkspaces"] = [
                one for one in shown["userRoleWorkspaces"] if f"workspace:{one['workspaceName']}" in self.grants
            ]
        return shown

    # changing, from outside

    def touched(self, table: str, row: Wire) -> None:
        if "updatedAt" in row:
            row["updatedAt"] = datetime.fromtimestamp(self.clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ+0000")

    @controlled
    def write(self, by: str = "census-sync@example.com", leads: int = 3, source: str = "Web service API") -> None:
        """Somebody writes into people of this instance now; through the API it counts as calls of that user."""
        self.note("write", by=by, leads=leads, source=source)
        at = datetime.fromtimestamp(self.clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for number in range(leads):
            id = MILLION + len(self.tables["activities"])
            self.tables["activities"].append({
                "id": id, "marketoGUID": str(id), "leadId": 700 + number, "activityDate": at, "activityTypeId": 13,
                "primaryAttributeValueId": 64, "primaryAttributeValue": "UTM Campaign",
                "attributes": [{"name": "New Value", "value": "somebody@example.com"},
                               {"name": "Reason", "value": source},
                               {"name": "Source", "value": source}],
            })  # fmt: skip
        if source == "Web service API":
            row = self.find("usage", by)
            if row is None:
                self.tables["usage"].append({"userId": by, "count": 1})
            else:
                row["count"] += 1
