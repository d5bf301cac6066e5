"""Account Engagement (Pardot) in memory: Salesforce's sign-in beside version 5 of its API.

From Salesforce's pages on version 5 (overview, error codes, custom field, list, user, account, form field, form handler
field, dynamic content, layout template, engagement studio program, authentication): only the fields that are asked for
come back, and none that is not named; `deleted` is taken by objects that have a recycle bin alone, and what is in it is
not found by its number; usage is told to whoever asks for it.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from .control import Reply, Request, controlled
from .desk import Denial, Desk, Route, Wire

UNIT: Final = "0UvB0000000Example"
BASE: Final = "/api/v5/objects"
DAILY: Final = 25_000
STAMP: Final = {
    "createdAt": "2025-02-03T06:56:27+00:00",
    "updatedAt": "2026-04-21T06:56:27+00:00",
    "createdById": 101,
    "updatedById": 101,
}
VIEWS: Final = {
    "custom-fields": "Prospects > Configure Fields",
    "campaigns": "Marketing > Campaigns > View",
    "lists": "Marketing > Segmentation > Lists > View",
    "forms": "Marketing > Forms > Forms > View",
    "form-fields": "Marketing > Forms > Forms > View",
    "form-handlers": "Marketing > Forms > Form Handlers > View",
    "form-handler-fields": "Marketing > Forms > Form Handlers > View",
    "users": "Admin > User > View",
    "email-templates": "Marketing > Emails > Templates > View",
    "tracker-domains": "Admin > Domain Management > View",
    "engagement-studio-programs": "Marketing > Engagement Studio > Engagement Program > View",
    "landing-pages": "Marketing > Landing Pages > Landing Pages > View",
    "layout-templates": "Marketing > Landing Pages > Layout Templates > View",
    "dynamic-contents": "Content > Dynamic Content > View",
}
EDIT: Final = "Admin > Account > Edit Settings"
BINNED: Final = frozenset(VIEWS) - {"custom-fields", "form-fields", "form-handler-fields"}


def custom(id: int, field: str, kind: str, crm: str | None, **more: Any) -> Wire:
    return {
        "id": id,
        "name": field.replace("_", " ").title(),
        "fieldId": field,
        "type": kind,
        "salesforceId": crm,
        "isRequired": False,
        "isUseValues": kind in ("Dropdown", "Radio Button"),
        "isRecordMultipleResponses": False,
        "isAnalyticsSynced": False,
        **STAMP,
        **more,
    }


def asset(id: int, name: str, **more: Any) -> Wire:
    return {
        "id": id,
        "name": name,
        "folderId": 900,
        "campaignId": 501,
        "isDeleted": False,
        "salesforceId": None,
        **STAMP,
        **more,
    }


def input_of(id: int, owner: str, owned: int, field: str, *, required: bool = False, **more: Any) -> Wire:
    return {
        "id": id,
        owner: owned,
        "prospectApiFieldId": field,
        "isRequired": required,
        "dataFormat": "text",
        "isMaintainInitialValue": False,
        "errorMessage": "",
        **STAMP,
        **more,
    }


def member(id: int, mail: str, role: str, *, deleted: bool = False) -> Wire:
    return {
        "id": id,
        "email": mail,
        "firstName": "Role",
        "lastName": "Mailbox",
        "username": mail,
        "jobTitle": "",
        "role": str(id % 7),
        "roleName": role,
        "salesforceId": f"005{id}",
        "isDeleted": deleted,
        **STAMP,
    }


class Account(Desk):
    """One business unit. `used`: calls of the day, of everybody."""

    routes = (
        Route("POST", "/services/oauth2/token", "issue", open=True),
        Route("GET", "/services/oauth2/userinfo", "whose"),
        Route("GET", f"{BASE}/account", "account_of", EDIT),
        *(Route("GET", f"{BASE}/{name}", "listed", grant) for name, grant in VIEWS.items()),
        *(Route("GET", f"{BASE}/{name}/{{id}}", "single", grant) for name, grant in VIEWS.items()),
    )
    keys: ClassVar[dict[str, str]] = {"custom-fields": "fieldId", "users": "username", "tracker-domains": "domain"}

    def __init__(self, **how: Any) -> None:
        self.client_id, self.client_secret, self.refresh_token = "client", "simulated", "kept"
        self.unit, self.used, self.issued = UNIT, 120, 0
        self.live: set[str] = set()
        super().__init__(**how)

    def fill(self) -> None:
        self.tables = {
            "custom-fields": [
                custom(7001, "region", "Dropdown", "Region__c", isRequired=True),
                custom(7002, "lead_notes", "Textarea", None),
                custom(7003, "consent_date", "Date", "Consent_Date__c"),
                custom(7004, "employees", "Number", "Employees__c"),
                custom(7005, "interests", "Multi-Select", None, isRecordMultipleResponses=True),
                custom(7006, "account_owner", "CRM User", "OwnerId"),
                custom(7007, "newsletter", "Checkbox", None),
                custom(7008, "source", "Hidden", None, isAnalyticsSynced=True),
            ],
            "campaigns": [
                asset(5001, "EMEA webinars", cost=1200, parentCampaignId=None, salesforceId="701A"),
                asset(5002, "Newsletter", cost=None, parentCampaignId=5001),
            ],
            "lists": [
                asset(6001, "Newsletter", title="Our newsletter", description="", isPublic=True, isDynamic=False),
                asset(6002, "Newsletter", title="", description="", isPublic=False, isDynamic=True, isDeleted=True),
                asset(6003, "Qualified in EMEA", title="", description="", isPublic=False, isDynamic=True),
            ],
            "forms": [asset(1201, "Contact us"), asset(1202, "Newsletter", isDeleted=True)],
            "form-fields": [
                input_of(3001, "formId", 1201, "email", required=True, label="E-mail", type="Email", hasValues=False),
                input_of(3002, "formId", 1201, "region__c", label="Region", type="Dropdown", hasValues=True),
                input_of(3003, "formId", 1202, "email", required=True, label="E-mail", type="Email", hasValues=False),
            ],
            "form-handlers": [
                asset(1401, "Shop checkout", isDataForwarded=True, errorLocation="referring_url", isCookieless=False,
                      successLocation="https://shop.example.com/thanks?key=1", isAlwaysEmail=False),
                asset(1402, "Event desk", isDataForwarded=False, errorLocation="referring_url", isCookieless=True,
                      successLocation="referring_url", isAlwaysEmail=True),
            ],
            "form-handler-fields": [
                input_of(4001, "formHandlerId", 1401, "email", required=True, name="mail"),
                input_of(4002, "formHandlerId", 1401, "newsletter__c", name="optin", isMaintainInitialValue=True),
                input_of(4003, "formHandlerId", 1402, "email", required=True, name="email"),
            ],
            "email-templates": [
                asset(8001, "Welcome", subject="Welcome", type="htmlAndText", isOneToOneEmail=False,
                      isAutoResponderEmail=True, isDripEmail=True, isListEmail=False),
                asset(8002, "Invitation", subject="You are invited", type="html", isOneToOneEmail=True,
                      isAutoResponderEmail=False, isDripEmail=False, isListEmail=True),
            ],
            "tracker-domains": [
                {
                    "id": 9001,
                    "domain": "go.example.com",
                    "isPrimary": True,
                    "isDeleted": False,
                    "httpsStatus": "HTTPS",
                    "sslStatus": "Enabled",
                    "validationStatus": "Validated",
                    "defaultCampaignId": 5001,
                    **STAMP,
                }
            ],
            "landing-pages": [
                asset(1801, "Trade fair", formId=1201, layoutTemplateId=1901, isDoNotIndex=True, title="Trade fair"),
                asset(1802, "Old fair", formId=None, layoutTemplateId=1901, isDoNotIndex=False, isDeleted=True),
            ],
            "layout-templates": [
                asset(1901, "Northwind", isIncludeDefaultCss=True, layoutContent="<p>%%content%%</p>")
            ],
            "dynamic-contents": [
                asset(1951, "Greeting", basedOn="custom", basedOnProspectApiFieldId="region__c", baseContent="Hello"),
                asset(1952, "Offer", basedOn="score", basedOnProspectApiFieldId=None, baseContent="Read on"),
            ],
            "engagement-studio-programs": [
                asset(2201, "Nurture EMEA", status="Running", description="Four mails"),
                asset(2202, "Win back", status="Paused", description=""),
            ],
            "users": [
                member(101, "admin-01@example.com", "Administrator"),
                member(102, "integration-user@example.com", "API reader"),
                member(103, "agency-editor@example.com", "Marketing", deleted=True),
            ],
        }  # fmt: skip

    # signing in

    def issue(self, request: Request) -> Reply:
        form = {**request.form()}
        pair = f"{self.client_id}:{self.client_secret}".encode()
        basic = request.headers.get("authorization", "") == "Basic " + base64.b64encode(pair).decode()
        known = (form.get("client_id"), form.get("client_secret")) == (self.client_id, self.client_secret)
        kept = form.get("grant_type") != "refresh_token" or form.get("refresh_token") == self.refresh_token
        if not (known or basic) or not kept:
            return Reply(400, {"error": "invalid_grant", "error_description": "expired access/refresh token"})
        self.issued += 1
        token = f"pardot-token-{self.issued}"
        self.live.add(token)
        return Reply(
            200,
            {
                "access_token": token,
                "token_type": "Bearer",
                "scope": "pardot_api openid",
                "issued_at": "1780000000000",
                "instance_url": "https://example.my.salesforce.com",
                "id": "https://login.salesforce.com/id/00D/005102",
            },
        )

    def signed(self, request: Request) -> bool:
        return request.headers.get("authorization", "").removeprefix("Bearer ") in self.live

    def refused(self, request: Request) -> Reply:
        return self._said(401, 184, "access_token is invalid, unknown, or malformed")

    def denied(self, request: Request, grant: str) -> Reply:
        return self._said(403, 49, f"Access denied: {grant}")

    def missing(self, request: Request) -> Reply:
        return self._said(404, 61, "Invalid action")

    def limited(self) -> Reply:
        return self._said(400, 66, "Concurrent request limit exceeded")

    def _said(self, status: int, code: int, words: str) -> Reply:
        return Reply(status, {"code": code, "message": words})

    def headers(self, request: Request) -> dict[str, str]:
        self.used += request.path.startswith(BASE)
        return {"x-api-usage": f"{self.used}/{DAILY}"} if request.headers.get("x-return-api-usage") == "1" else {}

    def whose(self, request: Request) -> Wire:
        return {
            "sub": "https://login.salesforce.com/id/00D/005102",
            "user_id": "005102",
            "organization_id": "00D",
            "preferred_username": "integration-user@example.com",
            "email": "integration-user@example.com",
        }

    # version 5

    def _asked(self, request: Request) -> list[str]:
        """The fields that were asked for; the request is of this business unit, and there is some of the day left."""
        if request.headers.get("pardot-business-unit-id") != self.unit:
            raise Denial(self._said(400, 181, "Business Unit ID not found or inactive"))
        if self.used >= DAILY:
            raise Denial(self._said(429, 122, "Daily API rate limit met"))
        if not request.query.get("fields"):
            raise Denial(self._said(400, 109, "Missing required parameter: fields"))
        return request.query["fields"].split(",")

    def account_of(self, request: Request) -> Wire:
        row = {
            "id": 88001,
            "company": "Example EMEA",
            "level": "Plus",
            "website": "https://www.example.com",
            "adminId": 101,
            "pluginCampaignId": 5001,
            "country": "",
            "phone": "",
            **STAMP,
        }
        return self._shown(row, self._asked(request))

    def listed(self, request: Request) -> Wire:
        fields, name = self._asked(request), request.path.rpartition("/")[2]
        if "deleted" in request.query and name not in BINNED:
            raise Denial(self._said(400, 108, "Invalid parameter: deleted"))
        start, size, bin = (request.query.get("nextPageToken", "") or "0.200.false").split(".")
        if "nextPageToken" not in request.query:
            size, bin = request.query.get("limit", "200"), request.query.get("deleted", "false")
        rows = [row for row in self.tables[name] if bin == "all" or not row.get("isDeleted", False)]
        part, following = self.part(rows, int(start), int(size))
        token = None if following is None else f"{following}.{size}.{bin}"
        asked = request.query["fields"]
        url = None if token is None else f"{request.base}{request.path}?fields={asked}&nextPageToken={token}"
        return {
            "nextPageToken": token,
            "nextPageUrl": url,
            "values": [self._shown(row, fields) for row in self.mixed(part)],
        }

    def single(self, request: Request, id: str) -> Any:
        table = request.path.split("/")[-2]
        there = [row for row in self.tables[table] if not row.get("isDeleted", False)]
        row = next((row for row in there if str(row["id"]) == id), None)
        return self._shown(row, self._asked(request)) if row else self._said(404, 109, "Invalid ID")

    def _shown(self, row: Wire, fields: list[str]) -> Wire:
        if unknown := [name for name in fields if name not in row]:
            raise Denial(self._said(400, 112, f"Invalid field(s): {', '.join(unknown)}"))
        return {name: row[name] for name in fields}

    def touched(self, table: str, row: Wire) -> None:
        people = {one["email"]: one["id"] for one in self.tables["users"]}
        row["updatedById"] = people.get(self.actor, 101)
        row["updatedAt"] = datetime.fromtimestamp(self.clock.now(), UTC).isoformat(timespec="seconds")

    @controlled
    def spend(self, calls: int) -> None:
        """Somebody else uses up so many calls of the day."""
        self.note("spend", calls=calls)
        self.used += calls

    @controlled
    def revoke_tokens(self) -> None:
        """Every access token ends now; the next one has to be asked for."""
        self.note("revoke_tokens")
        self.live.clear()
