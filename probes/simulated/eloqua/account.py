"""The account: sign-in with a refresh token that dies when it is used, pods, request depth, two ways of paging.

From Oracle's reference (OAuth, determining base URLs, request depth, URL parameters, status codes, validation errors)
and its Swagger of 2026.08.07. Access tokens live 8 hours and outlive the refresh that follows them (release 26B).
"""

from __future__ import annotations

import copy
from base64 import b64encode
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from probes.simulated.control import Reply, Request, controlled
from probes.simulated.desk import Denial, Desk, Route, Wire

from .content import HIDDEN, READER, tables

REST1: Final = "/api/rest/1.0"
REST2: Final = "/api/rest/2.0"
BULK: Final = "/api/bulk/2.0"
EIGHT_HOURS: Final = 28_800
MINIMAL: Final = frozenset(
    {"type", "id", "name", "depth", "createdBy", "createdAt", "updatedBy", "updatedAt", "permissions"}
)
READ: Final = "API readers"  # the security group that the reader's rights hang on
ASSETS: Final = {  # path of the list and of one thing -> table
    f"{REST1}/assets/contact/field": "contactFields",
    f"{REST1}/assets/optionList": "optionLists",
    f"{REST1}/assets/email/group": "emailGroups",
    f"{REST2}/assets/customObject": "customObjects",
    f"{REST2}/assets/program": "programs",
    f"{REST2}/assets/campaign": "campaigns",
    f"{REST2}/assets/form": "forms",
    f"{REST2}/assets/contact/segment": "segments",
    f"{REST2}/system/user": "users",
    f"{REST2}/system/security/group": "groups",
}


class Account(Desk):
    """`pod`: the address of the data centre; empty where it is the address that is asked. `dead`: the credential has
    ended. Groups of the reader are its grants."""

    routes = (
        Route("POST", "/auth/oauth2/token", "exchange", open=True),
        Route("GET", "/id", "whose"),
        Route("GET", f"{REST2}/system/user/current", "current"),
        *(Route("GET", f"{path}s", "listed", READ) for path in ASSETS),
        *(Route("GET", f"{path}/{{id}}", "one", READ) for path in ASSETS),
        Route("GET", f"{BULK}/{{object}}/fields", "bulk_fields", READ),
        Route("GET", f"{BULK}/syncs", "syncs", READ),
        Route("GET", f"{BULK}/syncs/{{id}}/logs", "logs", READ),
        Route("GET", f"{BULK}/{{object}}/{{way}}", "definitions", READ),
    )
    keys: ClassVar[dict[str, str]] = {"definitions": "uri", "syncs": "uri", "logs": "syncUri"}
    running: ClassVar[tuple[str, ...]] = ("syncs", "logs")

    def __init__(self, **how: Any) -> None:
        self.user, self.password = "ExampleEMEA\\Integration.User", "simulated"
        self.client_id, self.client_secret, self.refresh_token = "client", "simulated", "first"
        self.access: dict[str, float] = {}  # token -> when it ends
        self.pod, self.dead, self.count = "", False, 0
        super().__init__(**how)

    @classmethod
    def every_grant(cls) -> set[str]:
        return {READ, "EMEA"}

    def fill(self) -> None:
        self.account, self.tables = "1042", tables()
        for uri, name in (
            ("/contacts/imports/7001", "Integration.User"),
            ("/contacts/exports/7003", "Integration.User"),
        ):
            self.run(uri, 1200, by=name)

    # signing in

    def exchange(self, request: Request) -> Reply:
        form = request.form()
        basic = "Basic " + b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        if request.headers.get("authorization") != basic:
            return Reply(401, {"error": "invalid_client"})
        missing = {"grant_type", "refresh_token", "redirect_uri"} - form.keys()
        if missing or form["grant_type"] != "refresh_token":
            return Reply(400, {"error": "invalid_request", "error_description": ", ".join(sorted(missing))})
        if self.dead or form["refresh_token"] != self.refresh_token:
            return Reply(
                400, {"error": "invalid_grant", "error_description": "The refresh token is invalid or expired."}
            )
        self.count += 1
        access, self.refresh_token = f"access-{self.count}-of-eloqua", f"refresh-{self.count}-of-eloqua"
        self.access[access] = self.clock.now() + EIGHT_HOURS
        return Reply(200, {"access_token": access, "token_type": "bearer", "expires_in": EIGHT_HOURS,
                           "refresh_token": self.refresh_token})  # fmt: skip

    def signed(self, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        basic = "Basic " + b64encode(f"{self.user}:{self.password}".encode()).decode()
        if self.dead or (self.pod and request.path != "/id" and request.base != self.pod):
            return False
        return given == basic or self.access.get(given.removeprefix("Bearer "), 0.0) > self.clock.now()

    def refused(self, request: Request) -> Reply:
        return Reply(200 if request.path == "/id" else 401, "Not authenticated.")

    def denied(self, request: Request, grant: str) -> Reply:
        return Reply(403, "Forbidden")

    def missing(self, request: Request) -> Reply:
        return Reply(404, "The requested resource was not found.")

    def limited(self) -> Reply:
        return Reply(429)

    # answering

    def whose(self, request: Request) -> Wire:
        base = self.pod or request.base
        apis = {
            "soap": {"standard": f"{base}/API/{{version}}/Service.svc"},
            "rest": {"standard": f"{base}/API/REST/{{version}}/", "bulk": f"{base}/API/Bulk/{{version}}/"},
        }
        reader = self._kept("users", READER)
        return {
            "site": {"id": int(self.account), "name": "ExampleEMEA"},
            "user": {"id": int(READER), "username": reader["loginName"], "displayName": "Integration",
                     "firstName": "Role", "lastName": "Mailbox", "emailAddress": reader["emailAddress"]},
            "urls": {"base": base, "apis": apis},
        }  # fmt: skip

    def current(self, request: Request) -> Wire:
        return {**self._shown(self._kept("users", READER), request, "complete"), "defaultContactViewId": "100001"}

    def listed(self, request: Request) -> Wire:
        table = ASSETS[request.path.removesuffix("s")]
        size = self._whole(request, "count", 1000)
        if not 1 <= size <= 1000:
            raise Denial(self._invalid("count", "IntegerRequirement", request.query["count"]))
        size = min(size, self.page)
        page = self._whole(request, "page", 1)
        rows = [row for row in self.tables[table] if HIDDEN.get((table, row["id"]), READ) in self.grants]
        part, _ = self.part(rows, (page - 1) * size, size)
        shown = [self._shown(row, request, "minimal") for row in self.mixed(part)]
        return {"elements": shown, "page": page, "pageSize": size, "total": len(rows)}

    def one(self, request: Request, id: str) -> Any:
        if not id.isdigit():
            return self._invalid("id", "IdRequirement", id)
        table = ASSETS[request.path.rpartition("/")[0]]
        row = self.find(table, id)
        seen = row is not None and HIDDEN.get((table, id), READ) in self.grants
        return self._shown(row, request, "complete") if row and seen else self.missing(request)

    def _shown(self, row: Wire, request: Request, default: str) -> Wire:
        """A row at the depth that was asked for, with what belongs to it spelled out."""
        depth = request.query.get("depth", default)
        row = copy.deepcopy(row)
        if row["type"] == "User":
            known = [group for group in self.tables["groups"] if group["id"] in row["securityGroups"]]
            if row["id"] == READER:
                known = [group for group in known if group["name"] in {"Everyone", *self.grants}]
            row["securityGroups"] = known
        if depth != "complete":
            row = {name: value for name, value in row.items() if name in MINIMAL}
        return {**row, "depth": depth}

    def _invalid(self, parameter: str, requirement: str, value: str) -> Reply:
        return Reply(400, [{"type": "EndpointParameterError", "parameter": parameter,
                            "requirement": {"type": requirement}, "value": value}])  # fmt: skip

    def _whole(self, request: Request, name: str, default: int) -> int:
        value = request.query.get(name, str(default))
        if not value.isdigit():
            raise Denial(self._invalid(name, "IntegerRequirement", value))
        return int(value)

    # the Bulk API

    def bulk_fields(self, request: Request, object: str) -> Any:
        table = {"contacts": "contactBulk", "accounts": "accountBulk"}.get(object)
        return self._bulk(request, self.tables[table]) if table else self.missing(request)

    def definitions(self, request: Request, object: str, way: str) -> Any:
        if object not in ("contacts", "accounts") or way not in ("imports", "exports"):
            return self.missing(request)
        return self._bulk(
            request, [row for row in self.tables["definitions"] if row["uri"].startswith(f"/{object}/{way}/")]
        )

    def syncs(self, request: Request) -> Wire:
        newest = request.query.get("orderBy") == "createdAt DESC"
        rows = sorted(self.tables["syncs"], key=lambda row: str(row["createdAt"]), reverse=newest)
        return self._bulk(request, rows)

    def logs(self, request: Request, id: str) -> Any:
        sync = self.find("syncs", f"/syncs/{id}")
        if sync is None:
            return self.missing(request)
        if sync["createdBy"] != "Integration.User":
            return Reply(403, "Forbidden")
        return self._bulk(request, [row for row in self.tables["logs"] if row["syncUri"] == sync["uri"]])

    def _bulk(self, request: Request, rows: Iterable[Wire]) -> Wire:
        found, start = list(rows), self._whole(request, "offset", 0)
        limit = min(self._whole(request, "limit", 1000), self.page)
        part, following = self.part(found, start, limit)
        shown = part if "orderBy" in request.query else self.mixed(part)
        return {"items": shown, "totalResults": len(found), "limit": limit, "offset": start, "count": len(part),
                "hasMore": following is not None}  # fmt: skip

    # changing, from outside

    def touched(self, table: str, row: Wire) -> None:
        if "updatedBy" in row and table != "definitions":
            mail = {one["emailAddress"]: one["id"] for one in self.tables["users"]}
            row["updatedAt"], row["updatedBy"] = str(int(self.clock.now())), mail.get(self.actor, "41")

    @controlled
    def run(self, uri: str, processed: int, rejected: int = 0, status: str = "", by: str = "Integration.User") -> str:
        """A definition runs now: its sync, ended, and what Eloqua writes into the sync's log; gives the sync's uri."""
        self.note("run", uri=uri, processed=processed, rejected=rejected)
        at = datetime.fromtimestamp(self.clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%S.0000000Z")
        sync = f"/syncs/{9000 + len(self.tables['syncs'])}"
        state = status or ("warning" if rejected else "success")
        ended = {} if state in ("pending", "active") else {"syncEndedAt": at}
        self.tables["syncs"].append({"uri": sync, "syncedInstanceUri": uri, "status": state, "createdBy": by,
                                     "createdAt": at, "syncStartedAt": at, **ended})  # fmt: skip
        lines = [("ELQ-00001", "information", "Total records processed.", processed)]
        if rejected:
            lines += [("ELQ-00060", "warning", "Total rejected records.", rejected),
                      ("ELQ-00002", "warning", "Invalid email addresses.", rejected)]  # fmt: skip
        if state == "error":
            lines.append(("ELQ-00107", "error", "There was an error processing the import.", 0))
        self.tables["logs"] += [
            {
                "syncUri": sync,
                "statusCode": code,
                "severity": severity,
                "message": words,
                "count": count,
                "createdAt": at,
            }
            for code, severity, words, count in lines
        ]
        return sync

    @controlled
    def end(self, dead: bool = True) -> None:
        """The credential ends: refresh token, access tokens and password are refused (or taken again)."""
        self.note("end", dead=dead)
        self.dead = dead

    @controlled
    def move(self, pod: str) -> None:
        """Oracle moves the instance to another data centre: the old address answers 401, /id tells the new one."""
        self.note("move", pod=pod)
        self.pod = pod
