"""A simulated account of Google Tag Manager, API v2.

Written from the discovery document tagmanager.v2 of 2026-08 and the vendor's page on limits: a version holds its tags,
triggers, variables and templates whole; lists have no page size of the caller's; what is not there, or not shown, is
one and the same 404; a used-up quota is a 403. The content is the website of the example stack: its consent banner,
events for Google Analytics, conversions for Google Ads and Meta.
"""

from __future__ import annotations

import copy
from typing import Any, ClassVar

from .control import Reply, Request, controlled
from .desk import Denial, Route, Wire
from .google import TOKEN, GoogleDesk, refusal

READ, USERS = "tagmanager.readonly", "tagmanager.manage.users"
ACCOUNT, WEB, SERVER, AMP = "600700", "GTM-EXAMPLE", "GTM-SERVER1", "GTM-AMPPAGE"
UI = "https://tagmanager.google.com/#"
_AT = "/tagmanager/v2/accounts/{account}"


class Account(GoogleDesk):
    """`live` are published versions by public id of their container, `workspaces` what waits; `publish` makes the one
    out of the other, as a person does it."""

    routes = (
        TOKEN,
        Route("GET", _AT, "told", READ),
        Route("GET", f"{_AT}/containers", "containers", READ),
        Route("GET", f"{_AT}/containers/{{container}}/versions:live", "version", READ),
        Route("GET", f"{_AT}/containers/{{container}}/environments", "environments", READ),
        Route("GET", f"{_AT}/containers/{{container}}/destinations", "destinations", READ),
        Route("GET", f"{_AT}/containers/{{container}}/workspaces", "workspaces", READ),
        Route("GET", f"{_AT}/containers/{{container}}/workspaces/{{space}}/status", "status", READ),
        Route("GET", f"{_AT}/user_permissions", "people", USERS),
    )
    keys: ClassVar[dict[str, str]] = {"containers": "publicId", "people": "emailAddress"}
    old_style = True

    def fill(self) -> None:
        self.account = ACCOUNT
        self.tables["containers"] = [
            _container("1", WEB, "www.example.com", "web", domainName=["www.example.com"], tagIds=[WEB, "G-EXAMPLE001"],
                       taggingServerUrls=["https://sgtm.example.com/in?preview=not-for-git"]),
            _container("2", SERVER, "Server", "server"),
            _container("3", AMP, "AMP pages", "amp"),
        ]  # fmt: skip
        self.tables["live"] = [
            {"id": WEB, "version": _web()}, {"id": SERVER, "version": _server()}, {"id": AMP, "version": _version("3")},
        ]  # fmt: skip
        self.tables["environments"] = [
            {"id": "1/1", "row": _environment("1", "1", "Live", "live")},
            {"id": "1/5", "row": _environment("1", "5", "Staging", "user", url="https://staging.example.com",
                                              enableDebug=True)},
        ]  # fmt: skip
        self.tables["destinations"] = [
            {"id": f"1/{id}", "row": {
                "path": f"accounts/{ACCOUNT}/containers/1/destinations/{number}", "accountId": ACCOUNT,
                "containerId": "1", "destinationLinkId": str(number), "destinationId": id, "name": name,
                "fingerprint": "1700000000003",
                "tagManagerUrl": f"{UI}/container/accounts/{ACCOUNT}/containers/1/destinations/{number}"}}
            for number, (id, name) in enumerate((("G-EXAMPLE001", "example.com"), ("AW-55511", "Google Ads")), 1)
        ]  # fmt: skip
        self.tables["workspaces"] = [{"id": f"{one}/1", "row": _workspace(one, "1", "Default Workspace"), "status": {}}
                                     for one in ("1", "2", "3")]  # fmt: skip
        paused = {**copy.deepcopy(_web()["tag"][2]), "paused": True}
        self.tables["workspaces"][0]["status"] = {"workspaceChange": [{"changeStatus": "updated", "tag": paused}]}
        self.tables["people"] = [
            _person("admin-01@example.com", "admin", "1 publish", "2 publish", "3 publish"),
            _person("agency@example.com", "user", "1 edit", "3 noAccess"),
            _person("web@example.com", "user", "1 publish"),
        ]

    # answering

    def _own(self, account: str, container: str = "") -> None:
        ids = {row["containerId"] for row in self.tables["containers"]}
        if account != self.account or (container and container not in ids):
            raise Denial(self.missing_or_denied())

    def missing_or_denied(self) -> Reply:
        return refusal(404, "NOT_FOUND", "Not found or permission denied.", old="notFound")

    def told(self, request: Request, account: str) -> Any:
        self._own(account)
        return {"path": f"accounts/{account}", "accountId": account, "name": "Example", "shareData": False,
                "fingerprint": "1700000000001", "tagManagerUrl": f"{UI}/admin/?accountId={account}",
                "features": {"supportUserPermissions": True, "supportMultipleContainers": True}}  # fmt: skip

    def containers(self, request: Request, account: str) -> Any:
        self._own(account)
        return self.paged(request, "container", self.tables["containers"])

    def version(self, request: Request, account: str, container: str) -> Any:
        self._own(account, container)
        public = next(row["publicId"] for row in self.tables["containers"] if row["containerId"] == container)
        row = self.find("live", public)
        if row is None:
            raise Denial(self.missing_or_denied())
        parts = row["version"].items()
        return {name: self.mixed(value) if isinstance(value, list) else value for name, value in parts}

    def environments(self, request: Request, account: str, container: str) -> Any:
        self._own(account, container)
        rows = [row["row"] for row in self.tables["environments"] if row["id"].startswith(f"{container}/")]
        return self.paged(request, "environment", rows)

    def destinations(self, request: Request, account: str, container: str) -> Any:
        self._own(account, container)
        rows = [row["row"] for row in self.tables["destinations"] if row["id"].startswith(f"{container}/")]
        return self.paged(request, "destination", rows)

    def workspaces(self, request: Request, account: str, container: str) -> Any:
        self._own(account, container)
        rows = [row["row"] for row in self.tables["workspaces"] if row["id"].startswith(f"{container}/")]
        return self.paged(request, "workspace", rows)

    def status(self, request: Request, account: str, container: str, space: str) -> Any:
        self._own(account, container)
        row = self.find("workspaces", f"{container}/{space}")
        return row["status"] if row else self.missing_or_denied()

    def people(self, request: Request, account: str) -> Any:
        self._own(account)
        return self.paged(request, "userPermission", self.tables["people"])

    def limited(self) -> Reply:
        return refusal(403, "", "Insufficient quota to proceed.", old="rateLimitExceeded")

    # changing

    @controlled
    def publish(self, container: str, part: str, name: str, what: Wire) -> None:
        """A part of what is live (`tag`, `trigger` …, by its name) is changed, and a new version made of it."""
        self.note("publish", container=container, part=part, name=name)
        version = self._kept("live", container)["version"]
        row = next(one for one in version[part] if one["name"] == name)
        row |= copy.deepcopy(what)
        version["containerVersionId"] = str(int(version["containerVersionId"]) + 1)
        for one in (version, row):
            one["fingerprint"] = str(int(self.clock.now() * 1000))


def _container(id: str, public: str, name: str, context: str, **more: Any) -> Wire:
    supports = ("Tags", "Triggers", "Variables", "Versions", "Workspaces", "Environments", "UserPermissions", "Folders")
    return {
        "path": f"accounts/{ACCOUNT}/containers/{id}", "accountId": ACCOUNT, "containerId": id, "name": name,
        "publicId": public, "usageContext": [context], "fingerprint": f"170000000000{id}", "notes": f"of the {context}",
        "tagManagerUrl": f"{UI}/container/accounts/{ACCOUNT}/containers/{id}/workspaces",
        "features": {f"support{one}": True for one in supports}, **more,
    }  # fmt: skip


def _at(container: str, kind: str, id: str) -> Wire:
    """What every part of a version has."""
    path = f"accounts/{ACCOUNT}/containers/{container}/versions/41"
    return {"accountId": ACCOUNT, "containerId": container, f"{kind}Id": id, "fingerprint": "1700000000009",
            "path": f"accounts/{ACCOUNT}/containers/{container}/{kind}s/{id}",
            "tagManagerUrl": f"{UI}/{path}/{kind}s/{id}?apiLink={kind}"}  # fmt: skip


def _text(key: str, value: str, kind: str = "template") -> Wire:
    return {"type": kind, "key": key, "value": value}


def _tag(id: str, name: str, kind: str, fires: list[str], *parameters: Wire, **more: Any) -> Wire:
    consent = {"consentStatus": "needed", "consentType": {"type": "list", "list": [
        {"type": "template", "value": "ad_storage"}, {"type": "template", "value": "analytics_storage"}]}}  # fmt: skip
    return {**_at("1", "tag", id), "name": name, "type": kind, "parameter": list(parameters), "firingTriggerId": fires,
            "tagFiringOption": "oncePerEvent", "consentSettings": consent, "parentFolderId": "1",
            "monitoringMetadata": {"type": "map"}, **more}  # fmt: skip


def _condition(kind: str, left: str, right: str, **more: str) -> Wire:
    extra = [_text(key, value, "boolean") for key, value in more.items()]
    return {"type": kind, "parameter": [_text("arg0", left), _text("arg1", right), *extra]}


def _version(container: str, number: str = "41", **parts: list[Wire]) -> Wire:
    own = {"accountId": ACCOUNT, "containerId": container, "containerVersionId": number, "name": "Leads of the autumn",
           "description": "generate_lead carries the region", "fingerprint": "1700000000009",
           "path": f"accounts/{ACCOUNT}/containers/{container}/versions/{number}",
           "tagManagerUrl": f"{UI}/versions/accounts/{ACCOUNT}/containers/{container}/versions/{number}"}  # fmt: skip
    return {**own, **parts}


def _web() -> Wire:
    script = "<script>send('not-for-git', {{DLV - region}})</script>"
    event = {"type": "list", "key": "eventSettingsTable", "list": [
        {"type": "map", "map": [_text("parameter", "region"), _text("parameterValue", "{{DLV - region}}")]},
    ]}  # fmt: skip
    tags = [
        _tag("11", "Google tag", "googtag", ["2147479573"], _text("tagId", "{{Measurement id}}"),
             consentSettings={"consentStatus": "notSet"}, priority={"type": "integer", "value": "10"}),
        _tag("12", "GA4 - generate_lead", "gaawe", ["21"], _text("eventName", "generate_lead"),
             _text("measurementIdOverride", "G-EXAMPLE001"), _text("sendEcommerceData", "false", "boolean"), event,
             setupTag=[{"tagName": "Google tag", "stopOnSetupFailure": False}], notes="read by the CRM's lead scoring"),
        _tag("13", "Google Ads - lead", "awct", ["21"], _text("conversionId", "987654321"),
             _text("conversionLabel", "AbC-D_efG"), scheduleEndMs="1798761600000", liveOnly=True,
             teardownTag=[{"tagName": "Google tag", "stopTeardownOnFailure": False}]),
        _tag("14", "Meta pixel", "html", ["2147479553"], _text("html", script), blockingTriggerId=["22"], paused=True,
             scheduleStartMs="1767225600000"),
    ]  # fmt: skip
    triggers = [
        {**_at("1", "trigger", "21"), "name": "Contact form sent", "type": "customEvent", "parentFolderId": "1",
         "customEventFilter": [_condition("equals", "{{_event}}", "generate_lead")], "notes": "not for test forms",
         "filter": [_condition("contains", "{{Page Path}}", "/contact", negate="false", ignore_case="true")]},
        {**_at("1", "trigger", "22"), "name": "Staff", "type": "pageview",
         "filter": [_condition("matchRegex", "{{Page Hostname}}", "^staging[.]")],
         "waitForTags": _text("waitForTags", "true", "boolean"), "parameter": [_text("dom", "false", "boolean")]},
    ]  # fmt: skip
    variables = [
        {**_at("1", "variable", "31"), "name": "DLV - region", "type": "v", "notes": "from the form",
         "parameter": [_text("name", "lead.region"), _text("dataLayerVersion", "2", "integer")],
         "formatValue": {"caseConversionType": "lowercase"}},
        {**_at("1", "variable", "32"), "name": "Measurement id", "type": "c",
         "parameter": [_text("value", "G-EXAMPLE001")]},
        {**_at("1", "variable", "33"), "name": "Unused", "type": "jsm",
         "parameter": [_text("javascript", "function() { return 'not-for-git'; }")]},
    ]  # fmt: skip
    template = {**_at("1", "template", "41"), "name": "Consent banner", "templateData": "___INFO___ not-for-git",
                "galleryReference": {"host": "github.com", "owner": "example-consent", "repository": "gtm-template",
                                     "version": "0123abc", "signature": "9876", "isModified": False}}  # fmt: skip
    kinds = {"Page Path": "pagePath", "Page Hostname": "pageHostname", "Event": "event"}
    built_in = [{"accountId": ACCOUNT, "containerId": "1", "name": name, "type": kind} for name, kind in kinds.items()]
    folder = {**_at("1", "folder", "1"), "name": "Leads"}
    return _version("1", tag=tags, trigger=triggers, variable=variables, customTemplate=[template],
                    builtInVariable=built_in, folder=[folder])  # fmt: skip


def _server() -> Wire:
    client = {**_at("2", "client", "51"), "name": "GA4", "type": "gaaw_client", "priority": 1,
              "notes": "answers /g/collect",
              "parameter": [_text("activateDefaultPaths", "true", "boolean")]}  # fmt: skip
    transformation = {**_at("2", "transformation", "61"), "name": "Drop e-mail", "type": "tf_exclude_params",
                      "parameter": [_text("reads", "{{Event Name}}")]}  # fmt: skip
    config = {
        **_at("2", "gtagConfig", "71"),
        "type": "google_signals",
        "parameter": [_text("enabled", "true", "boolean")],
    }
    return _version("2", "7", client=[client], transformation=[transformation], gtagConfig=[config])


def _environment(container: str, id: str, name: str, kind: str, **more: Any) -> Wire:
    return {"accountId": ACCOUNT, "containerId": container, "environmentId": id, "name": name, "type": kind,
            "path": f"accounts/{ACCOUNT}/containers/{container}/environments/{id}", "containerVersionId": "41",
            "authorizationCode": "not-for-git", "authorizationTimestamp": "2026-01-05T10:00:00Z",
            "fingerprint": "1700000000002", "tagManagerUrl": f"{UI}/admin/?environmentId={id}", **more}  # fmt: skip


def _workspace(container: str, id: str, name: str) -> Wire:
    path = f"accounts/{ACCOUNT}/containers/{container}/workspaces/{id}"
    return {"path": path, "accountId": ACCOUNT, "containerId": container, "workspaceId": id, "name": name,
            "description": "", "fingerprint": "1700000000003", "tagManagerUrl": f"{UI}/container/{path}"}  # fmt: skip


def _person(mailbox: str, permission: str, *containers: str) -> Wire:
    access = [dict(zip(("containerId", "permission"), one.split(), strict=True)) for one in containers]
    return {"path": f"accounts/{ACCOUNT}/user_permissions/{len(mailbox)}", "accountId": ACCOUNT,
            "emailAddress": mailbox, "accountAccess": {"permission": permission},
            "containerAccess": access}  # fmt: skip
