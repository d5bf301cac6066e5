"""A Contentful space in memory: the Content Management API, as its reference and the vendor's own SDK describe it.

Written from contentful.com/developers/docs/references (errors, content management API, access tokens, webhooks) and
from the types of contentful/contentful-management.js (MIT, August 2026), whose whole rows it answers. Collections are
paged by `skip` and `limit` with a `total`, automations by an address in `pages.next`. The space is that of the example
stack: landing pages and their parts, tags from the taxonomy sheet, a webhook that builds the web site.
"""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any, ClassVar

from .control import Reply, Request, controlled
from .desk import Desk, Route, Wire

SPACE, ENVIRONMENT, TARGET = "northwind0001", "master", "master-2026-05"
PEOPLE = {"usr01": "admin-01@example.com", "usr02": "admin-02@example.com", "usr03": "web@example.com"}


class Account(Desk):
    """Tables: content_types, public/content_types, editor_interfaces, locales, tags, app_installations,
    environment_aliases, roles, space_memberships, team_space_memberships, users, api_keys, webhook_definitions, calls,
    automation_definitions, automation_executions, workflow_definitions."""

    routes = (
        Route("GET", "/users/me", "me"),
        Route("GET", "/spaces/{space}", "space", "environment"),
        Route("GET", "/spaces/{space}/environments/{environment}", "environment", "environment"),
        Route("GET", "/spaces/{space}/webhooks/{id}/calls", "calls", "admin"),
        Route("GET", "/spaces/{space}/environments/{environment}/automation_definitions/{id}/automation_executions",
              "executions", "environment"),
        Route("GET", "/spaces/{space}/environments/{environment}/public/content_types", "published", "environment"),
        Route("GET", "/spaces/{space}/environments/{environment}/{table}", "environmental", "environment"),
        Route("GET", "/spaces/{space}/environments/{environment}/{table}/{id}", "one", "environment"),
        Route("GET", "/spaces/{space}/environments/{environment}/content_types/{id}/editor_interface", "interface",
              "environment"),
        Route("GET", "/spaces/{space}/{table}", "spatial"),
        Route("GET", "/spaces/{space}/{table}/{id}", "one"),
    )  # fmt: skip
    here: ClassVar[tuple[str, ...]] = ("content_types", "editor_interfaces", "locales", "tags", "app_installations",
                                       "automation_definitions", "workflow_definitions")  # fmt: skip
    there: ClassVar[tuple[str, ...]] = ("roles", "space_memberships", "team_space_memberships", "users", "api_keys",
                                        "webhook_definitions", "environment_aliases")  # fmt: skip
    keys: ClassVar[dict[str, str]] = {
        **dict.fromkeys((*here, *there, "public/content_types", "calls", "automation_executions"), "sys.id"),
        "app_installations": "sys.appDefinition.sys.id", "editor_interfaces": "sys.contentType.sys.id",
    }  # fmt: skip

    @classmethod
    def every_grant(cls) -> set[str]:
        return super().every_grant() | {"admin"}

    # refusing

    def denied(self, request: Request, grant: str) -> Reply:
        """A space or environment that one may not see is one that does not exist; settings are refused by name."""
        if grant == "environment":
            return self.missing(request)
        return _error(403, "AccessDenied", "Forbidden", {"reasons": "Not allowed"})

    def refused(self, request: Request) -> Reply:
        return _error(401, "AccessTokenInvalid", "The access token you sent could not be found or is invalid.")

    def missing(self, request: Request) -> Reply:
        return _error(404, "NotFound", "The resource could not be found.", {"type": "Space", "space": SPACE})

    def limited(self) -> Reply:
        limited = _error(429, "RateLimitExceeded", "You have exceeded the rate limit of the Organization this Space "
                         "belongs to by making too many API requests within a short timespan.")  # fmt: skip
        return Reply(429, limited.body, {**self._rate(), "x-contentful-ratelimit-reset": "1"})

    def headers(self, request: Request) -> dict[str, str]:
        return {"content-type": "application/vnd.contentful.management.v1+json", **self._rate()}

    def _rate(self) -> dict[str, str]:
        return {"x-contentful-ratelimit-second-limit": "7", "x-contentful-ratelimit-second-remaining": "6",
                "x-contentful-ratelimit-reset": "0"}  # fmt: skip

    # answering

    def me(self, request: Request) -> Wire:
        return _user("usr01", self.born)

    def space(self, request: Request, space: str) -> Any:
        if space != SPACE:
            return self.missing(request)
        id = SPACE if self.account == "example" else self.account
        sys = {**_sys("Space", id, self.born), "organization": _link("Organization", "org01")}
        return {"sys": sys, "name": "Northwind web"}

    def environment(self, request: Request, space: str, environment: str) -> Any:
        if space != SPACE or environment != ENVIRONMENT:
            return self.missing(request)
        alias = self.find("environment_aliases", ENVIRONMENT)
        target = alias["environment"]["sys"]["id"] if alias else ""
        sys = {**_sys("Environment", ENVIRONMENT, self.born), "space": _link("Space", SPACE),
               "status": _link("Status", "ready")}  # fmt: skip
        if target:
            sys["aliasedEnvironment"] = _link("Environment", target)
        return {"sys": sys, "name": ENVIRONMENT}

    def environmental(self, request: Request, space: str, environment: str, table: str) -> Any:
        if space != SPACE or environment != ENVIRONMENT or table not in self.here:
            return self.missing(request)
        if table == "automation_definitions":
            return self._by_cursor(request, self.tables[table])
        return self._paged(request, self.tables[table])

    def published(self, request: Request, space: str, environment: str) -> Any:
        return self._paged(request, self.tables["public/content_types"])

    def spatial(self, request: Request, space: str, table: str) -> Any:
        if table not in self.there:
            return self.missing(request)
        self.need(request, "environment" if table == "environment_aliases" else "admin")
        rows = self.tables[table]
        if table == "environment_aliases":  # a space without aliases has none to list
            rows = [row for row in rows if row["environment"]["sys"]["id"]]
        return self.missing(request) if space != SPACE else self._paged(request, rows)

    def one(self, request: Request, space: str, table: str, id: str, environment: str = ENVIRONMENT) -> Any:
        if space != SPACE or environment != ENVIRONMENT or table not in (*self.here, *self.there):
            return self.missing(request)
        if table in self.there:
            self.need(request, "admin")
        return self.find(table, id) or self.missing(request)

    def interface(self, request: Request, space: str, environment: str, id: str) -> Any:
        return self.one(request, space, "editor_interfaces", id, environment)

    def calls(self, request: Request, space: str, id: str) -> Wire:
        """`total` follows `limit` here."""
        own = [{name: value for name, value in row.items() if name != "hook"}
               for row in self.tables["calls"] if row["hook"] == id]  # fmt: skip
        newest = sorted(own, key=lambda row: str(row["requestAt"]), reverse=True)
        limit = int(request.query.get("limit", "30"))
        return {"sys": {"type": "Array"}, "total": limit, "skip": 0, "limit": limit, "items": newest[:limit]}

    def executions(self, request: Request, space: str, environment: str, id: str) -> Wire:
        own = [
            row for row in self.tables["automation_executions"] if row["sys"]["automationDefinition"]["sys"]["id"] == id
        ]
        newest = sorted(own, key=lambda row: str(row["sys"]["createdAt"]), reverse=True)
        limit = int(request.query.get("limit", "100"))
        return {"sys": {"type": "Array"}, "limit": limit, "items": newest[:limit], "pages": {}}

    def _paged(self, request: Request, rows: list[Wire]) -> Wire:
        skip, limit = int(request.query.get("skip", "0")), min(int(request.query.get("limit", "100")), 1000)
        part, _ = self.part(rows, skip, limit)
        return {"sys": {"type": "Array"}, "total": len(rows), "skip": skip, "limit": limit, "items": self.mixed(part)}

    def _by_cursor(self, request: Request, rows: list[Wire]) -> Wire:
        start, limit = int(request.query.get("pageNext", "0")), int(request.query.get("limit", "100"))
        part, after = self.part(rows, start, limit)
        pages = {} if after is None else {"next": f"{request.path}?limit={limit}&pageNext={after}"}
        return {"sys": {"type": "Array"}, "limit": limit, "items": self.mixed(part), "pages": pages}

    # changing

    @controlled
    def publish(self, id: str) -> None:
        """A content type goes out as it is drafted: from now on readers of the published model see it so."""
        self.note("publish", id=id)
        draft = copy.deepcopy(self._kept("content_types", id))
        draft["sys"]["publishedVersion"] = draft["sys"]["version"]
        out = [row for row in self.tables["public/content_types"] if row["sys"]["id"] != id]
        self.tables["public/content_types"] = [*out, draft]
        self.alter("content_types", id, {"sys.publishedVersion": draft["sys"]["version"]})

    @controlled
    def call(self, hook: str, status: int, error: str = "") -> None:
        """A webhook was called now and answered with this status, or not at all."""
        self.note("call", hook=hook, status=status, error=error)
        at = _time(self.clock.now())
        self.tables["calls"].append(_call(hook, f"call{len(self.tables['calls'])}", at, status, error))

    def touched(self, table: str, row: Wire) -> None:
        by = next((id for id, mail in PEOPLE.items() if mail == self.actor), "usr01")
        row["sys"] |= {"version": row["sys"].get("version", 0) + 1, "updatedAt": _time(self.clock.now()),
                       "updatedBy": _link("User", by)}  # fmt: skip

    # what the space starts with

    def fill(self) -> None:
        born, now = self.born, self.clock.now()

        def typed(id: str, name: str, shown: str, *fields: Wire) -> Wire:
            return {"sys": _sys("ContentType", id, born) | {"publishedVersion": 4, "publishedCounter": 2,
                    "publishedAt": _time(born)}, "name": name, "description": f"A {name.lower()} of the web site",
                    "displayField": shown, "fields": list(fields)}  # fmt: skip

        regions = {"in": ["EMEA", "AMER", "APAC"]}
        types = [
            typed("landingPage", "Landing page", "title",
                  _field("title", "Symbol", required=True, localized=True, validations=[
                      {"size": {"min": 3, "max": 80}}, {"unique": True}]),
                  _field("slug", "Symbol", required=True, validations=[
                      {"regexp": {"pattern": "^[a-z-]+$", "flags": ""}}, {"unique": True}]),
                  _field("campaignName", "Symbol", validations=[
                      {"prohibitRegexp": {"pattern": "\\s", "flags": None}, "message": "No blanks"}]),
                  _field("region", "Symbol", validations=[regions], defaultValue={"en-GB": "EMEA"}),
                  _field("topics", "Array", items={"type": "Symbol", "validations": [
                      {"in": ["Energy", "Water"]}]}, validations=[{"size": {"min": 1, "max": 3}}]),
                  _field("parts", "Array", items={"type": "Link", "linkType": "Entry", "validations": [
                      {"linkContentType": ["form", "teaser"]}]}),
                  _field("body", "RichText", localized=True, validations=[{"enabledMarks": ["bold"]}]),
                  _field("oldTeaser", "Text", disabled=True, omitted=True)),
            typed("form", "Form", "name", _field("name", "Symbol", required=True), _field("consentText", "Text"),
                  _field("score", "Integer", validations=[{"range": {"min": 0, "max": 100}}])),
            typed("teaser", "Teaser", "name", _field("name", "Symbol"),
                  _field("image", "Link", linkType="Asset", validations=[{"linkMimetypeGroup": ["image"]}]),
                  _field("from", "Date"), _field("place", "Location"), _field("settings", "Object"),
                  _field("shown", "Boolean"), _field("price", "Number")),
        ]  # fmt: skip
        types[0]["metadata"] = {"taxonomy": [_link("TaxonomyConceptScheme", "topics")]}
        published = copy.deepcopy(types)
        types[1]["fields"].append(_field("phone", "Symbol"))  # drafted, and not out yet
        policy = {"effect": "allow", "actions": ["read", "update"], "constraint": {
            "and": [{"equals": [{"doc": "sys.type"}, "Entry"]}]}}  # fmt: skip
        self.tables = {
            "content_types": types, "public/content_types": published,
            "editor_interfaces": [{
                "sys": _sys("EditorInterface", "default", born) | {"contentType": _link("ContentType", id)},
                "controls": [{"fieldId": field, "widgetNamespace": "builtin", "widgetId": "singleLine",
                              "settings": {"helpText": "Short"}}],
                "sidebar": [{"widgetNamespace": "sidebar-builtin", "widgetId": "publication-widget", "settings": {}}],
            } for id, field in (("landingPage", "title"), ("form", "name"))],
            "locales": [_locale("en-GB", "English", True, born), _locale("de-DE", "German", False, born)],
            "tags": [{"sys": _sys("Tag", id, born) | {"visibility": "public"}, "name": name}
                     for id, name in (("regionEmea", "Region: EMEA"), ("topicWater", "Topic: Water"),
                                      ("regionAmer", "Region: AMER"))],
            "app_installations": [{
                "sys": _sys("AppInstallation", "", born) | {"appDefinition": _link("AppDefinition", "bynder")},
                "parameters": {"portal": "dam.example.com", "token": "not-for-git"},
            }],
            "environment_aliases": [{"sys": _sys("EnvironmentAlias", ENVIRONMENT, born) | {
                "space": _link("Space", SPACE)}, "environment": _link("Environment", TARGET)}],
            "roles": [
                _role("role01", "Editor", {"ContentModel": ["read"], "Tags": "all"}, [policy], born),
                _role("role02", "Web developer", {"ContentModel": "all", "Settings": ["read"], "Environments": "all",
                                                  "EnvironmentAliases": ["read"], "ContentDelivery": ["read"]},
                      [{"effect": "allow", "actions": "all", "constraint": {}}], born),
                _role("role03", "Translator", {"ContentModel": ["read"]}, [
                    policy, {"effect": "deny", "actions": ["delete"], "constraint": {}}], born),
            ],
            "space_memberships": [_member("mem01", "usr01", True, [], born),
                                  _member("mem02", "usr02", False, ["role01"], born),
                                  _member("mem03", "usr03", False, ["role03", "role01"], born)],
            "team_space_memberships": [{
                "sys": _sys("TeamSpaceMembership", "tsm01", born) | {"team": _link("Team", "teamweb")},
                "admin": False, "roles": [_link("Role", "role02")],
            }],
            "users": [_user(id, born) for id in PEOPLE],
            "api_keys": [{
                "sys": _sys("ApiKey", "key01", born), "name": "Web site", "description": "", "policies": [
                    {"effect": "allow", "action": "content_delivery"}], "accessToken": "not-for-git-key",
                "environments": [_link("Environment", ENVIRONMENT)], "preview_api_key": _link("PreviewApiKey", "pre01"),
            }],
            "webhook_definitions": [
                _hook("hook01", "Build the web site", "https://builds.example.com/in/not-for-git", born),
                _hook("hook02", "Tell the DAM", "https://dam.example.com/hook", born, active=False),
            ],
            "calls": [_call("hook01", "call0", _time(now - 7200), 200),
                      _call("hook01", "call1", _time(now - 3600), 200)],
            "automation_definitions": [{
                "sys": _sys("AutomationDefinition", id, born), "name": name, "description": "", "status": "published",
                "triggers": [{"type": "event", "topic": "Entry.publish", "constraints": {}}], "steps": [
                    {"id": "one", "name": "Translate", "nextStepId": None, "type": "action", "action": {
                        "type": "cma.aiAction.invoke", "parameters": {"key": "not-for-git"}}}],
            } for id, name in (("auto01", "Translate"), ("auto02", "Archive"), ("auto03", "Tag"))],
            "automation_executions": [{
                "sys": _sys("AutomationExecution", "run01", now - 600) | {
                    "automationDefinition": _link("AutomationDefinition", "auto01")}, "status": "COMPLETED",
                "errors": [],
            }],
            "workflow_definitions": [{
                "sys": _sys("WorkflowDefinition", "flow01", born), "name": "Four eyes", "description": "",
                "appliesTo": [{"type": "Link", "linkType": "Entry", "validations": [
                    {"linkContentType": ["landingPage"]}]}],
                "startOnEntityCreation": True, "flowType": "strict_neighbor", "steps": [
                    {"id": "draft", "name": "Draft", "annotations": []},
                    {"id": "check", "name": "Check", "actions": [{"type": "email", "configuration": {
                        "recipients": ["brand@example.com"]}}], "permissions": []}],
            }],
        }  # fmt: skip


def _error(status: int, id: str, message: str, details: Wire | None = None) -> Reply:
    body = {"sys": {"type": "Error", "id": id}, "message": message, "requestId": "req-1", "details": details or {}}
    return Reply(status, body)


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _link(kind: str, id: str) -> Wire:
    return {"sys": {"type": "Link", "linkType": kind, "id": id}}


def _sys(kind: str, id: str, at: float) -> Wire:
    return {"type": kind, "id": id, "version": 5, "createdAt": _time(at), "createdBy": _link("User", "usr01"),
            "updatedAt": _time(at), "updatedBy": _link("User", "usr01")}  # fmt: skip


def _field(id: str, type: str, **more: Any) -> Wire:
    return {"id": id, "apiName": id, "name": id.title(), "type": type, "localized": False, "required": False,
            "disabled": False, "omitted": False, "validations": [], **more}  # fmt: skip


def _locale(code: str, name: str, default: bool, at: float) -> Wire:
    return {"sys": _sys("Locale", f"loc{code}", at), "name": name, "code": code, "internal_code": code,
            "fallbackCode": None if default else "en-GB", "contentDeliveryApi": True, "contentManagementApi": True,
            "default": default, "optional": not default}  # fmt: skip


def _role(id: str, name: str, permissions: Wire, policies: list[Wire], at: float) -> Wire:
    every: Wire = {"ContentDelivery": [], "ContentModel": [], "EnvironmentAliases": [], "Environments": [],
                   "Settings": [], "Tags": []}  # fmt: skip
    return {"sys": _sys("Role", id, at) | {"space": _link("Space", SPACE)}, "name": name, "description": f"May {name}",
            "permissions": every | permissions, "policies": policies}  # fmt: skip


def _member(id: str, user: str, admin: bool, roles: list[str], at: float) -> Wire:
    return {"sys": _sys("SpaceMembership", id, at) | {"space": _link("Space", SPACE), "user": _link("User", user)},
            "user": _link("User", user), "admin": admin, "roles": [_link("Role", role) for role in roles]}  # fmt: skip


def _user(id: str, at: float) -> Wire:
    return {"sys": _sys("User", id, at), "firstName": "Role", "lastName": "Mailbox", "avatarUrl": "", "activated": True,
            "email": PEOPLE[id], "signInCount": 7, "confirmed": True, "2faEnabled": id != "usr03",
            "cookieConsentData": "", "preferredLanguage": None}  # fmt: skip


def _hook(id: str, name: str, url: str, at: float, active: bool = True) -> Wire:
    return {"sys": _sys("WebhookDefinition", id, at) | {"space": _link("Space", SPACE)}, "name": name, "url": url,
            "topics": ["Entry.publish", "Entry.unpublish"], "httpBasicUsername": None, "active": active, "headers": [
                {"key": "x-token", "secret": True}, {"key": "x-team", "value": "not-for-git"}],
            "filters": [{"equals": [{"doc": "sys.environment.sys.id"}, ENVIRONMENT]}],
            "transformation": {"method": "POST", "body": {"key": "not-for-git"}}}  # fmt: skip


def _call(hook: str, id: str, at: str, status: int, error: str = "") -> Wire:
    return {"hook": hook, "sys": {"type": "WebhookCallOverview", "id": id, "createdAt": at}, "statusCode": status,
            "errors": [error] if error else [], "eventType": "publish", "url": "https://builds.example.com/in/not-for-git",
            "requestAt": at, "responseAt": at}  # fmt: skip
