"""The account: a token of twenty minutes for one business unit, SOAP behind one address, REST in pages.

From Salesforce's pages (token, userinfo, permission scopes, rate limiting, ContinueRequest) and from answers of a real
account that Accenture/sfmc-devtools keeps for its tests (MIT).
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar, Final

from probes.simulated.control import Reply, Request
from probes.simulated.desk import Desk, Route, Wire

from . import soap
from .content import tables
from .shapes import MID

LIFE: Final = 1_079
SCOPES: Final = {
    "DataExtension": "data_extensions_read",
    "DataExtensionField": "data_extensions_read",
    "AccountUser": "users_read",
    "Role": "users_read",
    "Program": "automations_read",
    "Account": "accounts_read",
}
LISTS: Final = {
    "/interaction/v1/interactions": ("journeys", "journeys_read"),
    "/interaction/v1/eventDefinitions": ("events", "journeys_read"),
    "/automation/v1/queries": ("queries", "automations_read"),
    "/automation/v1/imports": ("imports", "automations_read"),
}
XML: Final = {"content-type": "text/xml; charset=utf-8"}


class Account(Desk):
    """One business unit; `account` is its MID, and `grants` are the scopes of the installed package."""

    routes = (
        Route("POST", "/v2/token", "issue", open=True),
        Route("GET", "/v2/userinfo", "whose"),
        Route("POST", "/Service.asmx", "service", open=True),
        *(Route("GET", path, "listed", grant) for path, (_, grant) in LISTS.items()),
        Route("GET", "/interaction/v1/interactions/{key}", "journey", "journeys_read"),
        Route("GET", "/interaction/v1/interactions/{key}/audit/all", "deeds", "journeys_read"),
        Route("GET", "/interaction/v1/eventDefinitions/{key}", "event", "journeys_read"),
        Route("GET", "/messaging/v1/email/definitions/{key}", "definition", "email_read"),
        Route("GET", "/automation/v1/automations/{id}", "automation", "automations_read"),
        Route("GET", "/messaging/v1/email/definitions", "definitions", "email_read"),
        Route("GET", "/platform/v1/ens-callbacks", "callbacks", "event_notification_callback_read"),
        Route(
            "GET", "/platform/v1/ens-subscriptions-by-cb/{id}", "subscriptions", "event_notification_subscription_read"
        ),
        Route("GET", "/data/v1/audit/auditEvents", "trail", "tracking_events_read"),
    )
    keys: ClassVar[dict[str, str]] = {
        "DataExtension": "CustomerKey",
        "DataExtensionField": "CustomerKey",
        "AccountUser": "UserID",
        "Role": "CustomerKey",
        "Program": "CustomerKey",
        "Account": "ID",
        "automations": "key",
        "journeys": "key",
        "events": "eventDefinitionKey",
        "queries": "key",
        "imports": "customerKey",
        "definitions": "definitionKey",
        "callbacks": "callbackId",
        "subscriptions": "subscriptionId",
    }

    def __init__(self, **how: Any) -> None:
        self.client_id, self.client_secret = "client", "simulated"
        self.tokens: dict[str, float] = {}
        self.left: dict[str, tuple[str, int]] = {}  # request id -> object type and where it goes on
        super().__init__(**how)
        self.account = str(MID)

    @classmethod
    def every_grant(cls) -> set[str]:
        return super().every_grant() | set(SCOPES.values())

    def fill(self) -> None:
        self.tables = tables()

    def issue(self, request: Request) -> Reply:
        given = request.json() or {}
        if (given.get("client_id"), given.get("client_secret")) != (self.client_id, self.client_secret):
            words = "Client authentication failed. Make sure that the client ID and client secret are valid."
            said = {
                "error": "invalid_client",
                "error_description": words,
                "error_uri": "https://developer.salesforce.com/docs",
            }
            return Reply(401, said)
        if str(given.get("account_id")) != self.account:
            said = {
                "error": "invalid_request",
                "error_description": "The package is not installed in this business unit.",
            }
            return Reply(400, said)
        token = f"sfmc-token-{len(self.tokens) + 1}"
        self.tokens[token] = self.clock.now() + LIFE
        return Reply(
            200,
            {
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": LIFE,
                "scope": " ".join(["offline", *sorted(self.grants)]),
                "soap_instance_url": f"{request.base}/",
                "rest_instance_url": f"{request.base}/",
            },
        )

    def _fresh(self, token: str) -> bool:
        return self.tokens.get(token, 0.0) > self.clock.now()

    def signed(self, request: Request) -> bool:
        return self._fresh(request.headers.get("authorization", "").removeprefix("Bearer "))

    def refused(self, request: Request) -> Reply:
        return self._said(401, 0, "Not Authorized")

    def denied(self, request: Request, grant: str) -> Reply:
        return self._said(403, 20002, "Insufficient Privileges to complete this action.")

    def missing(self, request: Request) -> Reply:
        return self._said(404, 20000, "Not Found")

    def limited(self) -> Reply:
        said = {"message": "Your requests are temporarily blocked.", "errorcode": 50100, "retryAfter": 5}
        return Reply(429, said, {"retry-after": "5"})

    def _said(self, status: int, code: int, words: str) -> Reply:
        page = "https://developer.salesforce.com/docs/atlas.en-us.mc-apis.meta/mc-apis/error-handling.htm"
        return Reply(status, {"documentation": page, "errorcode": code, "message": words})

    def whose(self, request: Request) -> Any:
        zone = {"longName": "(GMT+01:00) Amsterdam, Berlin", "shortName": "GMT+1", "offset": 1.0, "dst": True}
        return {
            "exp": int(self.clock.now()) + LIFE,
            "iss": "https://mc.exacttarget.com",
            "user": {
                "sub": "700301951",
                "name": "Driftline app user",
                "preferred_username": "driftline app user",
                "email": "integration-user@example.com",
                "locale": "en-US",
                "zoneinfo": "Europe/Berlin",
                "timezone": zone,
            },
            "organization": {
                "member_id": int(self.account),
                "enterprise_id": 510000001,
                "enterprise_name": "Example EMEA",
                "account_type": "business_unit",
                "stack_key": "S50",
                "region": "NA1",
                "locale": "en-US",
                "zoneinfo": "Europe/Berlin",
                "timezone": zone,
            },
            "rest": {"rest_instance_url": f"{request.base}/", "soap_instance_url": f"{request.base}/"},
            "application": {"id": "app-1", "name": "Driftline", "redirectUrls": []},
            "permissions": [],
        }

    # SOAP

    def service(self, request: Request) -> Reply:
        token, kind, properties, going_on = soap.asked(request.body)
        if not self._fresh(token):
            return Reply(
                500, soap.fault("q0:Security", "Token Expired" if token in self.tokens else "Login Failed"), XML
            )
        start = 0
        if going_on:
            kind, start = self.left.pop(going_on, ("", 0))
        if kind not in SCOPES:
            return Reply(500, soap.fault("soap:Client", f"Object {kind} is not known"), XML)
        if SCOPES[kind] not in self.grants:
            status = "Error: API Permission Failed: ErrorCode 22"
            return Reply(200, soap.answer(kind, status, "denied", []), XML)
        rows = self.tables[kind]
        unknown = [one for one in properties if one.partition(".")[0] not in {name for row in rows for name in row}]
        if unknown:
            words = (
                f"Error: The Request Property(s) {', '.join(unknown)} do not match with the fields of {kind} retrieve"
            )
            return Reply(200, soap.answer(kind, words, "wrong", []), XML)
        part, following = self.part(rows, start, 2500)
        id = f"request-{len(self.requests)}"
        if following is not None:
            self.left[id] = (kind, following)
        status = "OK" if following is None else "MoreDataAvailable"
        return Reply(200, soap.answer(kind, status, id, self.mixed(part)), XML)

    # REST

    def listed(self, request: Request) -> Any:
        table, _ = LISTS[request.path]
        size = int(request.query.get("$pageSize", request.query.get("$pagesize", 50)))
        page = int(request.query.get("$page", 1))
        part, _ = self.part(self.tables[table], (page - 1) * min(size, self.page), size)
        return {
            "count": len(self.tables[table]),
            "page": page,
            "pageSize": size,
            "links": {},
            "items": self.mixed(part),
        }

    def definitions(self, request: Request) -> Any:
        size, page = int(request.query.get("$pageSize", 50)), int(request.query.get("$page", 1))
        part, _ = self.part(self.tables["definitions"], (page - 1) * min(size, self.page), size)
        return {
            "requestId": "b0a6c5aa-83fa-43c2-a6a8-1e2055c85a43",
            "definitions": self.mixed(part),
            "count": len(self.tables["definitions"]),
            "page": page,
            "pageSize": size,
        }

    def _one(self, table: str, key: str) -> Any:
        return self.find(table, key) or self._said(404, 30003, f"No {table.removesuffix('s')} exists for key '{key}'.")

    def journey(self, request: Request, key: str) -> Any:
        return self._one("journeys", key.removeprefix("key:"))

    def event(self, request: Request, key: str) -> Any:
        return self._one("events", key.removeprefix("key:"))

    def definition(self, request: Request, key: str) -> Any:
        found = self._one("definitions", key)
        more = {"requestId": "ae8511d0-9bf0-42d0-af4f-bd9c1218c812", "classification": "Default Transactional"}
        return {**found, **more} if isinstance(found, dict) else found

    def deeds(self, request: Request, key: str) -> Any:
        """What was done to one journey, newest first, by people as they are shown."""
        words = {"updated": "Modify", "deleted": "Delete", "created": "Create"}
        told: list[Wire] = []
        for edit in self.edits:
            row = edit.after or edit.before or {}
            if edit.table == "journeys" and edit.key == key.removeprefix("key:"):
                at = datetime.fromtimestamp(edit.at, timezone(timedelta(hours=-6)))
                told.insert(0, {
                    "id": row.get("id"), "action": words[edit.action],
                    "user": {"name": f"{edit.by} as shown", "userId": 700301950},
                    "timeStamp": at.strftime("%Y-%m-%dT%H:%M:%S.00"), "key": edit.key, "versionNumber": 1,
                    "originalDefinitionId": row.get("id"), "name": row.get("name"), "description": "",
                })  # fmt: skip
        return {"count": len(told), "page": 1, "pageSize": 50, "links": {}, "items": told[:50]}

    def automation(self, request: Request, id: str) -> Any:
        return next((row for row in self.tables["automations"] if row["id"] == id), None) or self.missing(request)

    def callbacks(self, request: Request) -> Any:
        return self.rows("callbacks")

    def subscriptions(self, request: Request, id: str) -> Any:
        if self.find("callbacks", id) is None:
            return self.missing(request)
        return [row for row in self.rows("subscriptions") if row["callbackId"] == id]

    def trail(self, request: Request) -> Any:
        """By days, a page of nothing at the end. The vendor's page shows what is answered as a list of one."""
        since, until = request.query["startdate"], request.query["enddate"]
        told = []
        for number, edit in enumerate(self.edits):
            at = datetime.fromtimestamp(edit.at, timezone(timedelta(hours=-6)))
            row = edit.after or edit.before or {}
            if since <= at.date().isoformat() < until:
                told.append({
                    "id": number, "createdDate": at.strftime("%Y-%m-%dT%H:%M:%S.00"), "memberId": int(self.account),
                    "enterpriseId": 510000001, "employee": {"id": 7, "employeeName": "Role", "userName": edit.by},
                    "objectType": {"id": 73, "name": edit.table}, "transactionId": f"t-{number}",
                    "operation": {"id": 8, "name": edit.action.removesuffix("d").title()},
                    "object": {"id": str(row.get("ObjectID") or row.get("id") or edit.key), "name": edit.key},
                })  # fmt: skip
        size, page = int(request.query.get("$pagesize", 50)), int(request.query.get("$page", 1))
        part, _ = self.part(told, (page - 1) * min(size, self.page), size)
        return [{"page": page, "pageSize": size, "count": len(told), "items": part}]

    def well(self) -> None:
        for row in self.tables["automations"]:
            if row["status"] == "Error":
                row["status"] = "Scheduled"
