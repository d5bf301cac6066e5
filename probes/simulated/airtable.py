"""An Airtable account that answers in memory, in the shape of the vendor's reference (whoami, list bases, base schema,
base collaborators, list webhooks, audit log events), with what its marketing department keeps there.

A token sees the bases that were put on it (`bases`), and others leave its list with a 200; for one that it may not
see, as for one that is not there, every answer is 403 INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND. Collaborators are told
on Enterprise Scale alone (`enterprise`), and answer 404 elsewhere. The audit log of the enterprise knows what becomes
of bases, collaborators and invite links, and that somebody looks at a base, but nothing of tables and fields. After
too many requests everything is refused for 30 seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from .control import Reply, Request, controlled
from .desk import Desk, Route, Wire

CAMPAIGNS, BUDGET, NAMES = "appCampaigns00001", "appBudget00000001", "appNames000000001"
TABLE, LINES, OTHER = "tblCampaigns00001", "tblLines000000001", "tblLines000000002"
ENTERPRISE, WORKSPACE = "entNorthwind00001", "wspMarketing00001"
REFUSED: Final = 30.0
MOST: Final = 1000  # events of a page
ACTS: Final = {
    "bases": {"created": "createBase", "updated": "updateBaseName", "deleted": "deleteBase"},
    "links": {"created": "add{}InviteLink", "updated": "configure{}InviteLink", "deleted": "remove{}InviteLink"},
    **{table: {"created": "add{}Collaborator", "updated": "change{}CollaboratorPermission",
               "deleted": "remove{}Collaborator"} for table in ("people", "groups")},
}  # fmt: skip


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def field(id: str, name: str, kind: str, description: str = "", **options: Any) -> Wire:
    row = {"id": id, "name": name, "type": kind}
    return row | ({"description": description} if description else {}) | ({"options": options} if options else {})


def choices(*names: str) -> list[Wire]:
    return [{"id": f"sel{n}", "name": name, "color": "blueLight2"} for n, name in enumerate(names)]


def fields() -> Iterator[Wire]:
    day = {"name": "iso", "format": "YYYY-MM-DD"}
    yield field("fldName", "Name", "singleLineText", "YYYY-QN_region_channel_topic, as in every system")
    yield field("fldChan", "Channel", "singleSelect", choices=choices("Email", "Paid search", "Web/Mobile"))
    yield field("fldReg", "Region", "multipleSelects", choices=choices("EMEA", "AMER", "APAC"))
    yield field("fldStart", "Start", "date", dateFormat=day)
    yield field("fldEnd", "Ends", "dateTime", dateFormat=day, timeFormat={"name": "24hour", "format": "HH:mm"},
                timeZone="utc")  # fmt: skip
    yield field("fldDays", "Days", "number", precision=0)
    yield field("fldOwn", "Owner", "singleCollaborator")
    yield field("fldBud", "Budget lines", "multipleRecordLinks", linkedTableId=LINES, isReversed=False,
                prefersSingleRecordLink=False, inverseLinkFieldId="fldCamp")  # fmt: skip
    yield field("fldSum", "Planned", "rollup", isValid=True, recordLinkFieldId="fldBud",
                fieldIdInLinkedTable="fldAmount", referencedFieldIds=[],
                result={"type": "currency", "options": {"precision": 2, "symbol": "€"}})  # fmt: skip
    yield field("fldLate", "Late", "formula", isValid=True, formula="IF({fldEnd} < {fldStart}, 'late', '')",
                referencedFieldIds=["fldStart", "fldEnd"], result={"type": "singleLineText"})  # fmt: skip
    yield field("fldAi", "Teaser", "aiText", prompt=["not-for-git ", {"field": {"fieldId": "fldName"}}],
                referencedFieldIds=["fldName"])  # fmt: skip
    yield field("fldPrio", "Priority", "rating", icon="star", max=5, color="yellowBright")
    yield field("fldNew", "From tomorrow", "aTypeThatIsNew")


class Account(Desk):
    """The account. `notify` is one notification of a webhook, `watch` somebody who looks at a base. `events`: the audit
    log, oldest first."""

    routes: ClassVar[tuple[Route, ...]] = (
        Route("GET", "/v0/meta/whoami", "whoami"),
        Route("GET", "/v0/meta/bases", "list_bases", "schema.bases:read"),
        Route("GET", "/v0/meta/bases/{id}", "base", "workspacesAndBases:read"),
        Route("GET", "/v0/meta/bases/{id}/tables", "schema", "schema.bases:read"),
        Route("GET", "/v0/bases/{id}/webhooks", "webhooks", "webhook:manage"),
        Route("GET", "/v0/meta/enterpriseAccounts/{id}/auditLogEvents", "audit", "enterprise.auditLogs:read"),
    )
    keys: ClassVar[dict[str, str]] = {"people": "userId", "groups": "groupId"}
    enterprise = True
    oauth = False  # whether the token came by OAuth, and so tells its scopes

    def fill(self) -> None:
        at = {"createdTime": iso(self.born), "grantedByUserId": "usrAdmin"}
        self.account = "usrDriftline00001"
        self.bases = {CAMPAIGNS, BUDGET, NAMES}
        self._refused_until = 0.0
        self.events: list[Wire] = []
        self.tables = {
            "bases": [{"id": id, "name": name, "permissionLevel": "read"}
                      for id, name in ((CAMPAIGNS, "Campaign calendar"), (BUDGET, "Budget"), (NAMES, "UTM names"))],
            "tables": [
                {"base": CAMPAIGNS, "id": TABLE, "name": "Campaigns", "description": "One row a launch",
                 "primaryFieldId": "fldName", "fields": list(fields()), "dateDependencySettings": {
                     "isEnabled": True, "startDateFieldId": "fldStart", "endDateFieldId": "fldEnd",
                     "durationFieldId": "fldDays", "predecessorFieldId": None, "reschedulingMode": "flexible",
                     "shouldSkipWeekendsAndHolidays": True, "holidays": []},
                 "views": [{"id": "viwGrid", "name": "All", "type": "grid"},
                           {"id": "viwCal", "name": "Calendar", "type": "calendar"},
                           {"id": "viwMine", "name": "Mine", "type": "grid", "personalForUserId": "usrSomebody"}]},
                {"base": CAMPAIGNS, "id": LINES, "name": "Lines", "primaryFieldId": "fldLine", "fields": [
                    field("fldLine", "Line", "autoNumber"),
                    field("fldAmount", "Amount", "currency", precision=2, symbol="€"),
                    field("fldCamp", "Campaign", "multipleRecordLinks", linkedTableId=TABLE, isReversed=False,
                          prefersSingleRecordLink=True, inverseLinkFieldId="fldBud"),
                    field("fldCount", "How many", "count", isValid=False, recordLinkFieldId=None),
                    field("fldLook", "Channel of it", "multipleLookupValues", isValid=True, recordLinkFieldId="fldCamp",
                          fieldIdInLinkedTable="fldChan", result={"type": "singleSelect"})],
                 "views": [{"id": "viwL", "name": "Grid view", "type": "grid"}]},
                {"base": BUDGET, "id": OTHER, "name": "Lines", "primaryFieldId": "fldB1", "fields": [
                    field("fldB1", "Name", "singleLineText"),
                    field("fldB2", "Cleared", "checkbox", icon="check", color="greenBright")],
                 "views": [{"id": "viwB", "name": "Grid view", "type": "grid"}]},
                {"base": NAMES, "id": "tblNames000000001", "name": "Values", "primaryFieldId": "fldV1",
                 "fields": [field("fldV1", "utm_campaign", "singleLineText")],
                 "views": [{"id": "viwN", "name": "Grid view", "type": "grid"}]},
            ],
            "people": [
                {"base": base, "via": via, "userId": user, "email": f"{name}@example.com", "permissionLevel": level,
                 **at}
                for base, via, user, name, level in (
                    (CAMPAIGNS, "base", "usrA", "marketing-operations", "edit"),
                    (CAMPAIGNS, "base", "usrB", "agency", "create"),
                    (CAMPAIGNS, "workspace", "usrA", "marketing-operations", "read"),
                    (CAMPAIGNS, "workspace", "usrAdmin", "admin-01", "owner"),
                    (BUDGET, "workspace", "usrAdmin", "admin-01", "owner"),
                    (NAMES, "workspace", "usrAdmin", "admin-01", "owner"))
            ],
            "groups": [{"base": CAMPAIGNS, "via": "base", "groupId": "ugpA", "name": "Marketing",
                        "permissionLevel": "comment", **at}],
            "links": [{"base": CAMPAIGNS, "via": "base", "id": "invA", "type": "multiUse", "permissionLevel": "edit",
                       "createdTime": iso(self.born), "referredByUserId": "usrAdmin", "invitedEmail": None,
                       "restrictedToEmailDomains": ["example.org", "example.com"]}],
            "webhooks": [self._hook(id, url) for id, url in (("achNames", "https://hooks.example.com/a?k=not-for-git"),
                                                            ("achMute", None))],
        }  # fmt: skip
        self.tables["webhooks"][1]["areNotificationsEnabled"] = False

    def _hook(self, id: str, address: str | None) -> Wire:
        last = {
            "success": True,
            "completionTimestamp": iso(self.clock.now() - 600),
            "durationMs": 12.5,
            "retryNumber": 0,
        }
        return {
            "base": CAMPAIGNS, "id": id, "isHookEnabled": True, "areNotificationsEnabled": True,
            "cursorForNextPayload": 7, "notificationUrl": address, "expirationTime": iso(self.clock.now() + 604_800),
            "lastSuccessfulNotificationTime": iso(self.clock.now() - 600) if address else None,
            "lastNotificationResult": last if address else None,
            "specification": {"options": {"filters": {"dataTypes": ["tableData"], "recordChangeScope": TABLE}}},
        }  # fmt: skip

    # answers

    def answer(self, request: Request) -> Reply:
        return self.limited() if self.clock.now() < self._refused_until else super().answer(request)

    def limited(self) -> Reply:
        if self.clock.now() >= self._refused_until:
            self._refused_until = self.clock.now() + REFUSED
        return Reply(429, {"errors": [{"error": "RATE_LIMIT_REACHED", "message": "Rate limit exceeded."}]})

    def _no(self, status: int, kind: str, message: str = "no") -> Reply:
        return Reply(status, {"error": {"type": kind, "message": message}})

    def denied(self, request: Request, grant: str) -> Reply:
        return self._no(
            403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", "Invalid permissions, or the model was not found."
        )

    def refused(self, request: Request) -> Reply:
        return self._no(401, "AUTHENTICATION_REQUIRED", "Authentication required")

    def missing(self, request: Request) -> Reply:
        return Reply(404, {"error": "NOT_FOUND"})

    def whoami(self, request: Request) -> Any:
        return {"id": self.account, **({"scopes": sorted(self.grants)} if self.oauth else {})}

    def _seen(self, request: Request, id: str) -> Reply | None:
        return None if id in self.bases and self.find("bases", id) else self.denied(request, "")

    def list_bases(self, request: Request) -> Any:
        rows = [row for row in self.tables["bases"] if row["id"] in self.bases]
        start = int(request.query.get("offset", "itr0").removeprefix("itr"))
        page, after = self.part(rows, start)
        return {"bases": self.mixed(page), **({} if after is None else {"offset": f"itr{after}"})}

    def _of(self, table: str, base: str, via: str = "") -> list[Wire]:
        rows = [row for row in self.rows(table) if row["base"] == base and row.get("via", "") == via]
        return [{key: row[key] for key in row if key not in ("base", "via")} for row in rows]

    def base(self, request: Request, id: str) -> Any:
        if not self.enterprise:
            return self._no(404, "NOT_FOUND")
        no = self._seen(request, id)
        told = {"individualCollaborators": "people", "groupCollaborators": "groups"}
        return no or {
            "id": id, "name": self._kept("bases", id)["name"], "createdTime": iso(self.born), "permissionLevel": "read",
            "workspaceId": WORKSPACE,
            **{name: {f"{via}Collaborators": self._of(table, id, via) for via in ("base", "workspace")}
               for name, table in told.items()},
            "inviteLinks": {f"{via}InviteLinks": self._of("links", id, via) for via in ("base", "workspace")},
        }  # fmt: skip

    def schema(self, request: Request, id: str) -> Any:
        return self._seen(request, id) or {"tables": self._of("tables", id)}

    def webhooks(self, request: Request, id: str) -> Any:
        return self._seen(request, id) or {"webhooks": self._of("webhooks", id)}

    def audit(self, request: Request, id: str) -> Any:
        if not self.enterprise or id != ENTERPRISE:
            return self.denied(request, "")
        asked, types = request.query, [value for name, value in request.pairs if name == "eventType"]
        found = [event for event in reversed(self.events)
                 if asked.get("startTime", "") <= event["timestamp"] < asked.get("endTime", "9")
                 and (not types or event["action"] in types)]  # fmt: skip
        start = int(asked.get("previous", "0"))
        page, after = self.part(found, start, min(int(asked.get("pageSize", "10")), MOST))
        older = None if after is None else str(after)
        return {"events": page, "pagination": {"next": None if "endTime" in asked else "later", "previous": older}}

    def _edited(self, action: str, table: str, key: str, before: Wire | None, after: Wire | None) -> None:
        super()._edited(action, table, key, before, after)
        row = after or before or {}
        if table not in ACTS:
            return
        if table == "bases":
            self._event(ACTS[table][action], "base", key, row["id"], {"name": row["name"]})
            return
        where = row["via"].title()
        act, base = ACTS[table][action].format(where), row["base"]
        if table == "links":
            self._event(act, "invite", key, base, {"permissionLevel": row["permissionLevel"], "base": {"id": base}})
            return
        whom = {"id": key, "permissionLevel": row["permissionLevel"], **({"email": row["email"], "name": "x"}
                if table == "people" else {"name": row["name"]})}  # fmt: skip
        kind, payload = ("user" if table == "people" else "group"), {"name": "Campaign calendar"}
        self._event(act, where.lower(), base if where == "Base" else WORKSPACE, base if where == "Base" else "",
                    {"type": kind, **payload, kind: whom})  # fmt: skip

    def _event(self, act: str, kind: str, model: str, base: str, payload: Wire) -> None:
        who = {"id": "usrActor", "email": self.actor, "name": self.actor.partition("@")[0]}
        self.events.append({
            "id": f"evt{len(self.events)}", "timestamp": iso(self.clock.now()), "action": act,
            "actor": {"type": "user", "user": who}, "modelId": model, "modelType": kind, "payload": payload,
            "payloadVersion": "1.0",
            "context": {**({"baseId": base} if base else {}), "actionId": f"act{len(self.events)}",
                        "enterpriseAccountId": ENTERPRISE, "workspaceId": WORKSPACE},
            "origin": {"ipAddress": "192.0.2.1", "userAgent": "Mozilla/5.0", "sessionId": "not-for-git"},
        })  # fmt: skip

    # what happens in an account

    @controlled
    def watch(self, base: str) -> None:
        """Somebody looks at a base."""
        self.note("watch", base=base)
        self._event("viewBase", "base", base, base, {"name": self._kept("bases", base)["name"]})

    @controlled
    def notify(self, webhook: str, ok: bool = True) -> None:
        """The newest notification of a webhook arrived, or its receiver failed."""
        self.note("notify", webhook=webhook, ok=ok)
        row, now = self._kept("webhooks", webhook), iso(self.clock.now())
        row["lastNotificationResult"] = {"success": ok, "completionTimestamp": now, "durationMs": 9.0, "retryNumber": 0}
        if ok:
            row["lastSuccessfulNotificationTime"] = now
        else:
            row["lastNotificationResult"] |= {
                "willBeRetried": True,
                "error": {"message": "The request returned a 500."},
            }

    @controlled
    def put_on_token(self, base: str, on: bool = True) -> None:
        """A base is put on the token, or taken off."""
        self.note("put_on_token", base=base, on=on)
        (self.bases.add if on else self.bases.discard)(base)
