"""HubSpot's API over an account: dated paths of 2026-09, legacy ones where nothing newer is generally available.

Every path checks its scope; the answers carry the rate limit headers of a private app. Sources: the vendor's API
reference and usage guidelines. Property validations: results of propertyName and propertyValidationRules, as in the
vendor's own generated clients.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from probes.simulated.control import Reply, Request

from . import wire
from .base import DATED, Denial, Routes
from .marketing import Marketing
from .model import Model
from .wire import Wire

if TYPE_CHECKING:
    from .core import Core


class Service(Model, Marketing):
    """Answers requests for one account."""

    def __init__(self, account: Core) -> None:
        super().__init__(account)
        self.seen: list[float] = []  # when requests came, for the burst limit
        users = r"^/settings/(?:v3/users|users/(?:v3|2026-03|2026-09-beta))"
        flows = r"^/automation/(?:v4|2026-09-beta)/flows"
        routes: Routes = [
            *self.model_routes(),
            *self.marketing_routes(),
            ("GET", rf"^/account-info/{DATED}/details$", self.details),
            ("GET", rf"^/account-info/{DATED}/api-usage/daily/private-apps$", self.usage),
            ("GET", rf"^/account-info/{DATED}/activity/audit-logs$", self.audit),
            ("GET", rf"^/crm-object-schemas/{DATED}/schemas$", self.schemas),
            ("GET", rf"^/crm-object-schemas/{DATED}/schemas/(?P<type>[^/]+)$", self.schema),
            ("GET", rf"^/crm/properties/{DATED}/(?P<type>[^/]+)$", self.properties),
            ("GET", rf"^/crm/properties/{DATED}/(?P<type>[^/]+)/groups$", self.groups),
            ("GET", rf"^/crm/properties/{DATED}/(?P<type>[^/]+)/(?P<name>[^/]+)$", self.one_property),
            ("GET", rf"^/crm/property-validations/{DATED}/(?P<type>[^/]+)$", self.validations),
            ("GET", rf"^/crm/pipelines/{DATED}/(?P<type>[^/]+)$", self.pipelines),
            ("GET", rf"^/crm/pipelines/{DATED}/(?P<type>[^/]+)/(?P<id>[^/]+)/audit$", self.pipeline_audit),
            ("GET", rf"^/crm/pipelines/{DATED}/(?P<type>[^/]+)/(?P<id>[^/]+)$", self.one_pipeline),
            ("GET", rf"^/crm/imports/{DATED}$", self.imports),
            ("GET", rf"^/crm/imports/{DATED}/(?P<id>\d+)$", self.one_import),
            ("GET", rf"^/crm/imports/{DATED}/(?P<id>\d+)/errors$", self.import_errors),
            ("GET", rf"{users}$", self.users),
            ("GET", rf"{users}/roles$", self.roles),
            ("GET", rf"{users}/teams$", self.teams),
            ("GET", rf"{flows}$", self.flows),
            ("GET", rf"{flows}/(?P<id>\d+)$", self.flow),
            ("POST", rf"{flows}/batch/read$", self.flow_batch),
            ("POST", rf"^/crm/lists/{DATED}/search$", self.segments),
            ("GET", rf"^/crm/lists/{DATED}$", self.segments_by_id),
            ("GET", rf"^/marketing/(?:v3/forms|forms/{DATED})$", self.forms),
            ("GET", rf"^/marketing/(?:v3/forms|forms/{DATED})/(?P<id>[^/]+)$", self.one_form),
        ]
        self.routes = [(method, re.compile(pattern), handler) for method, pattern, handler in routes]

    def answer(self, request: Request) -> Reply:
        account, path = self.account, request.path.rstrip("/")
        if path == "/oauth/v2/private-apps/get/access-token-info" and request.method == "POST":
            return self.token_info(request)
        try:
            self.signed(request)
            account.used += 1
            self._burst()
            reply = self.routed(request, path)
        except Denial as denial:
            reply = denial.reply
        return Reply(reply.status, account.jumbled(reply.body), {**self.headers(), **reply.headers})

    def headers(self) -> dict[str, str]:
        account = self.account
        most = account.burst or 190
        return {
            "Content-Type": "application/json;charset=utf-8",
            "X-HubSpot-RateLimit-Daily": str(account.daily),
            "X-HubSpot-RateLimit-Daily-Remaining": str(max(0, account.daily - account.used)),
            "X-HubSpot-RateLimit-Interval-Milliseconds": "10000", "X-HubSpot-RateLimit-Max": str(most),
            "X-HubSpot-RateLimit-Remaining": str(max(0, most - len(self.seen))),
        }  # fmt: skip

    def _burst(self) -> None:
        account, now = self.account, self.account.clock.now()
        self.seen = [at for at in self.seen if at > now - 10] + [now]
        if account.used > account.daily:
            raise Denial(wire.limited("DAILY", self.correlation()))
        if account.burst and len(self.seen) > account.burst:
            raise Denial(wire.limited("TEN_SECONDLY_ROLLING", self.correlation()))

    def signed(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or token != self.account.token:
            said = "Authentication credentials not found or no longer valid"
            raise Denial(wire.problem(401, "INVALID_AUTHENTICATION", said, self.correlation()))

    def routed(self, request: Request, path: str) -> Reply:
        for method, pattern, handler in self.routes:
            found = pattern.match(path)
            if found and method == request.method:
                return handler(request, found)
        raise Denial(
            Reply(404, {"status": "error", "message": "resource not found", "correlationId": self.correlation()})
        )

    # who and what

    def token_info(self, request: Request) -> Reply:
        asked = (request.json() or {}).get("tokenKey")
        account = self.account
        if asked != account.token:
            return wire.problem(404, "OBJECT_NOT_FOUND", "no such token", self.correlation())
        return Reply(200, account.jumbled({"userId": 7001, "hubId": account.portal, "appId": 3391207,
                                           "scopes": account.mixed(sorted(account.scopes))}))  # fmt: skip

    def details(self, request: Request, found: re.Match[str]) -> Reply:
        return Reply(200, {
            "portalId": self.account.portal, "accountType": self.account.account_type, "timeZone": "Europe/Berlin",
            "companyCurrency": "EUR", "additionalCurrencies": ["USD", "GBP"], "utcOffset": "+01:00",
            "utcOffsetMilliseconds": 3600000, "uiDomain": "app-eu1.hubspot.com", "dataHostingLocation": "eu1",
        })  # fmt: skip

    def usage(self, request: Request, found: re.Match[str]) -> Reply:
        account, now = self.account, self.account.clock.now()
        midnight = (now + 3600) // 86400 * 86400 + 86400 - 3600
        return Reply(200, {"results": [{
            "name": "private-apps-api-calls-daily", "currentUsage": account.used, "usageLimit": account.daily,
            "collectedAt": wire.stamp(now), "fetchStatus": "SUCCESS", "resetsAt": wire.stamp(midnight)}]})  # fmt: skip

    def audit(self, request: Request, found: re.Match[str]) -> Reply:
        self.need("account-info.security.read")
        since = request.query.get("occurredAfter", "")
        rows = [row for row in reversed(self.account.audit) if row["occurredAt"] > since]
        return self.paged(rows, request)

    # schemas

    def schemas(self, request: Request, found: re.Match[str]) -> Reply:
        self.need("crm.schemas.custom.read")
        archived = request.query.get("archived") == "true"
        rows = [] if archived else [self._schema(schema, request) for schema in self.account.schemas]
        return Reply(200, {"results": self.account.mixed(rows)})

    def schema(self, request: Request, found: re.Match[str]) -> Reply:
        name = self.type(found)
        for schema in self.account.schemas:
            if schema["name"] == name:
                return Reply(200, self._schema(schema, request))
        raise self.absent(f"no custom schema {name}")

    def _schema(self, schema: Wire, request: Request) -> Wire:
        out = dict(schema)
        if request.query.get("includePropertyDefinitions", "true") == "true":
            out["properties"] = self.account.mixed(self.account.properties[schema["name"]])
        if request.query.get("includeAssociationDefinitions", "true") == "true":
            out["associations"] = [{"id": "611", "name": f"{schema['name']}_to_contact",
                                    "fromObjectTypeId": schema["objectTypeId"],
                                    "toObjectTypeId": "0-1"}]  # fmt: skip
        return out

    def properties(self, request: Request, found: re.Match[str]) -> Reply:
        archived = request.query.get("archived") == "true"
        sensitivity = request.query.get("dataSensitivity", "non_sensitive")
        rows = [row for row in self.account.properties[self.type(found)]
                if row["archived"] is archived and row["dataSensitivity"] == sensitivity]  # fmt: skip
        return Reply(200, {"results": self.account.mixed(self.spoken(rows, request))})

    def one_property(self, request: Request, found: re.Match[str]) -> Reply:
        """By its name; what is in the archive, or is sensitive, is there only where that is asked for."""
        archived, name = request.query.get("archived") == "true", found["name"]
        sensitivity = request.query.get("dataSensitivity", "non_sensitive")
        for row in self.account.properties[self.type(found)]:
            if (row["name"], row["archived"], row["dataSensitivity"]) == (name, archived, sensitivity):
                return Reply(200, row)
        raise self.absent(f"no property {name}")

    def groups(self, request: Request, found: re.Match[str]) -> Reply:
        rows = self.account.groups[self.type(found)]
        return Reply(200, {"results": self.account.mixed(self.spoken(rows, request))})

    def validations(self, request: Request, found: re.Match[str]) -> Reply:
        rules = self.account.validations.get(self.type(found), {})
        rows = [
            {"propertyName": name, "propertyValidationRules": self.account.mixed(list(held))}
            for name, held in rules.items()
            if held
        ]
        return Reply(200, {"results": self.account.mixed(rows)})

    def pipelines(self, request: Request, found: re.Match[str]) -> Reply:
        return Reply(200, {"results": self.account.mixed(self.account.pipelines.get(self.type(found), []))})

    def one_pipeline(self, request: Request, found: re.Match[str]) -> Reply:
        for row in self.account.pipelines.get(self.type(found), []):
            if row["id"] == found["id"]:
                return Reply(200, row)
        raise self.absent(f"no pipeline {found['id']}")

    def pipeline_audit(self, request: Request, found: re.Match[str]) -> Reply:
        """Newest first; of a pipeline that is gone too."""
        rows = self.account.pipeline_audit.get((self.type(found), found["id"]), [])
        return Reply(200, {"results": rows[::-1]})

    # people

    def users(self, request: Request, found: re.Match[str]) -> Reply:
        self.need("settings.users.read", "crm.objects.users.read")
        return self.paged(self.account.users, request)

    def roles(self, request: Request, found: re.Match[str]) -> Reply:
        self.need("settings.users.read")
        return Reply(200, {"results": self.account.mixed(self.account.roles)})

    def teams(self, request: Request, found: re.Match[str]) -> Reply:
        self.need("settings.users.teams.read")
        rows = [{"id": id, "name": name,
                 "userIds": [u["id"] for u in self.account.users if u.get("primaryTeamId") == id],
                 "secondaryUserIds": [u["id"] for u in self.account.users if id in u.get("secondaryTeamIds", [])]}
                for id, name in self.account.teams.items()]  # fmt: skip
        return Reply(200, {"results": self.account.mixed(rows)})

    # work

    def imports(self, request: Request, found: re.Match[str]) -> Reply:
        self.need("crm.import")
        return self.paged([_import(row) for row in self.account.imports], request)

    def _import(self, found: re.Match[str]) -> Wire:
        self.need("crm.import")
        for row in self.account.imports:
            if row["id"] == found["id"]:
                return row
        raise self.absent(f"no import {found['id']}")

    def one_import(self, request: Request, found: re.Match[str]) -> Reply:
        return Reply(200, _import(self._import(found)))

    def import_errors(self, request: Request, found: re.Match[str]) -> Reply:
        return self.paged(self._import(found)["_errors"], request)

    def flows(self, request: Request, found: re.Match[str]) -> Reply:
        self.need("automation")
        names = ("id", "isEnabled", "objectTypeId", "flowType", "revisionId", "name", "createdAt", "updatedAt", "uuid")
        return self.paged([{name: row[name] for name in names} for row in self.account.flows], request)

    def flow(self, request: Request, found: re.Match[str]) -> Reply:
        self.need("automation")
        for row in self.account.flows:
            if row["id"] == found["id"]:
                return Reply(200, row)
        raise self.absent(f"no flow {found['id']}")

    def flow_batch(self, request: Request, found: re.Match[str]) -> Reply:
        self.need("automation")
        asked: list[Any] = (request.json() or {}).get("inputs") or []
        wanted = {part.get("flowId") for part in asked if part.get("type") == "FLOW_ID"}
        now = wire.stamp(self.account.clock.now())
        rows = self.account.mixed([row for row in self.account.flows if row["id"] in wanted])
        return Reply(200, {"status": "COMPLETE", "startedAt": now, "completedAt": now, "results": rows})

    def segments(self, request: Request, found: re.Match[str]) -> Reply:
        """In the order of their ids, whatever else is shuffled; where it would go on is told always."""
        self.need("crm.lists.read")
        asked = request.json() or {}
        most = min(int(asked.get("count", 20)), 500, self.account.page or 500)
        start = int(asked["offset"])
        rows = [{name: value for name, value in row.items() if name != "filterBranch"} for row in self.account.segments]
        end = min(start + most, len(rows))
        body: Wire = {"lists": rows[start:end], "total": len(rows), "hasMore": end < len(rows), "offset": end}
        return Reply(200, body)

    def segments_by_id(self, request: Request, found: re.Match[str]) -> Reply:
        self.need("crm.lists.read")
        asked = {value for name, value in request.pairs if name == "listIds"}
        rows = [row for row in self.account.segments if row["listId"] in asked]
        if request.query.get("includeFilters") != "true":
            rows = [{name: value for name, value in row.items() if name != "filterBranch"} for row in rows]
        return Reply(200, {"lists": self.account.mixed(rows)})

    def forms(self, request: Request, found: re.Match[str]) -> Reply:
        self.need("forms")
        return self.paged(self.account.forms, request, 500 if "limit" in request.query else 20)

    def one_form(self, request: Request, found: re.Match[str]) -> Reply:
        self.need("forms")
        for row in self.account.forms:
            if row["id"] == found["id"]:
                return Reply(200, row)
        raise self.absent(f"no form {found['id']}")


def _import(row: Wire) -> Wire:
    return {name: value for name, value in row.items() if not name.startswith("_")}
