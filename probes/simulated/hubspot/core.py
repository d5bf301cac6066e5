"""The state of a simulated HubSpot account and how its things are made."""

from __future__ import annotations

from typing import Any

from probes.simulated.control import Clock, Reply, Request, Simulated

from . import content, example, wire
from .service import Service
from .wire import Wire


class Core(Simulated):
    """The account of hubspot-prod.

    `page` is the largest page of the paged lists (0: the vendor's own). `burst` requests in 10 seconds are allowed
    (0: never refused, the headers then name the vendor's 190). `properties` adds generated properties to contacts.
    """

    def __init__(
        self, *, clock: Clock, control_token: str = "", latency: float = 0.0, seed: int = 7, page: int = 0,
        burst: int = 0,
        daily: int = 625_000, token: str = "pat-eu1-simulated", properties: int = 0,  # noqa: S107 - opens nothing real
    ) -> None:  # fmt: skip
        super().__init__(clock=clock, control_token=control_token, latency=latency, seed=seed)
        self.page, self.burst, self.daily, self.token = page, burst, daily, token
        self.used, self.portal, self.account_type = 4100, content.PORTAL, "STANDARD"
        self.actor = "admin-01@example.com"
        self.scopes = set(content.SCOPES)
        self.born = clock.now() - 86400.0
        at = wire.stamp(self.born)
        self.properties: dict[str, list[Wire]] = {}
        self.groups: dict[str, list[Wire]] = {}
        for name, (group, lines) in content.PROPERTIES.items():
            self.properties[name] = [
                content.read_property(line, group, self.born) for line in lines.splitlines() if line
            ]
            self.groups[name] = [{"name": group, "label": wire.label(group), "displayOrder": -1, "archived": False}]
        self.properties["contacts"] += [
            wire.property(f"generated_{n:04}", "string", "text", "contactinformation", self.born)
            for n in range(properties)
        ]
        self.schemas: list[Wire] = []
        for name, (id, plural, primary, required) in content.CUSTOM.items():
            self._schema(name, id, plural, primary, required)
        self.pipelines: dict[str, list[Wire]] = {
            type: [{"label": label, "displayOrder": order, "id": id, "stages": content.stages(text, at),
                    "createdAt": at,
                    "updatedAt": at, "archived": False} for order, (id, label, text) in enumerate(found)]
            for type, found in content.PIPELINES.items()
        }  # fmt: skip
        self.validations: dict[str, dict[str, list[Wire]]] = {
            type: {name: [rule(kind, list(arguments))] for name, kind, arguments in rules}
            for type, rules in content.VALIDATIONS.items()
        }
        self.roles: list[Wire] = [{"id": id, "name": name, "requiresBillingWrite": False} for id, name in content.ROLES]
        self.teams = dict(content.TEAMS)
        self.users: list[Wire] = []
        for mailbox, role, team, admin in content.USERS:
            self._user(mailbox, role, team, admin)
        self.audit: list[Wire] = []
        self.imports: list[Wire] = []
        for name, type, rows, source in content.IMPORTS:
            self._import(name, type, rows, 0, "DONE", source, "", clock.now() - 5400)
        self.flows: list[Wire] = [flow(entry, at) for entry in content.FLOWS]
        self.segments: list[Wire] = [segment(*entry, at) for entry in content.SEGMENTS]
        self.forms: list[Wire] = [self._form(*entry) for entry in content.FORMS]
        self.left: list[Wire] = []  # users who were taken away, whose owners stay in the archive
        self.synced = example.owners(at)  # owners who are no users
        self.library, self.limits, self.labels = dict(example.LIBRARY), dict(example.LIMITS), example.labels()
        self.emails, self.campaigns = example.emails(at), example.campaigns(at)
        self.subscriptions = example.subscriptions(at)
        self.pipeline_audit: dict[tuple[str, str], list[Wire]] = {}
        self.content_audit: list[Wire] = []
        self.service = Service(self)

    def answer(self, request: Request) -> Reply:
        return self.service.answer(request)

    def limited(self) -> Reply:
        reply = wire.limited("TEN_SECONDLY_ROLLING", self.service.correlation())
        return Reply(429, reply.body, self.service.headers())

    def hexes(self, n: int) -> str:
        return "".join(self._random.choice("0123456789abcdef") for _ in range(n))

    def _changed(self, method: str, category: str, target: str, action: str = "UPDATE", **what: Any) -> None:
        """Log and audit log of a change that somebody in the account made."""
        self.note(method, **what)
        user = self._actor()
        about = str(what.get("type") or category)  # the guide's example: category PIPELINE, subCategory DEAL
        self.audit.append({
            "id": str(800000 + len(self.audit)), "category": category, "subCategory": about.upper(), "action": action,
            "targetObjectId": target, "occurredAt": wire.stamp(self.clock.now()),
            "actingUser": {"userId": int(user["id"]), "userEmail": user["email"]},
        })  # fmt: skip

    def _actor(self) -> Wire:
        return next(user for user in self.users if user["email"] == self.actor)

    def _property(self, type: str, name: str) -> Wire:
        for row in self.properties[type]:
            if row["name"] == name and not row["archived"]:
                return row
        raise KeyError(f"{type} has no property {name}")

    def _touch(self, row: Wire) -> None:
        row["updatedAt"] = wire.stamp(self.clock.now())
        if "fieldType" in row:
            row["updatedUserId"] = self._actor()["id"]

    def _schema(self, name: str, id: str, plural: str, primary: str, required: tuple[str, ...]) -> None:
        at = wire.stamp(self.born)
        self.schemas.append({
            "labels": {"singular": plural.removesuffix("s"), "plural": plural}, "requiredProperties": list(required),
            "searchableProperties": [primary], "primaryDisplayProperty": primary, "secondaryDisplayProperties": [],
            "description": "", "allowsSensitiveProperties": False, "archived": False, "createdAt": at, "updatedAt": at,
            "createdByUserId": 7001, "updatedByUserId": 7001, "id": id.partition("-")[2], "objectTypeId": id,
            "fullyQualifiedName": f"p{self.portal}_{name}", "name": name, "restorable": True,
            "metaType": "PORTAL_SPECIFIC",
        })  # fmt: skip

    def _user(self, mailbox: str, role: str, team: str, admin: bool) -> None:
        self.users.append({
            "id": str(7001 + len(self.users)), "email": mailbox, "firstName": mailbox.partition("@")[0],
            "lastName": "Desk",
            "roleIds": [role] if role else [], "superAdmin": admin, "sendWelcomeEmail": False, "secondaryTeamIds": [],
            "seatNames": ["Core Seat"], **({"roleId": role} if role else {}),
            **({"primaryTeamId": team} if team else {}),
        })  # fmt: skip

    def _import(
        self, name: str, type: str, rows: int, failed: int, state: str, source: str, error: str, at: float
    ) -> None:
        id = str(31002000 + len(self.imports))
        counters = {
            "TOTAL_ROWS": rows,
            "UPDATED_OBJECTS": rows - failed,
            "PROPERTY_VALUES_EMITTED": 5 * (rows - failed),
        }
        if failed:
            counters["ERRORS"] = failed
        self.imports.insert(0, {
            "state": state, "createdAt": wire.stamp(at), "metadata": {"objectLists": [], "counters": counters,
                                                                      "fileIds": [f"88{id}"]},
            "importName": name, "updatedAt": wire.stamp(at + 45), "importSource": source, "optOutImport": False,
            "id": id,
            "mappedObjectTypeIds": [type], "importRequestJson": {"name": name, "importOperations": {type: "UPSERT"}},
            "_errors": [{
                "id": f"{id}{number}", "createdAt": wire.stamp(at + 30), "errorType": error, "objectType": "CONTACT",
                "objectTypeId": type, "invalidValue": "salesqualifiedlead", "knownColumnNumber": 4,
                "sourceData": {"fileId": int(f"88{id}"), "lineNumber": number + 2, "pageName": None, "rowData": None},
            } for number in range(min(failed, 1000))],
        })  # fmt: skip

    def _form(self, id: str, name: str, fields: tuple[str, ...]) -> Wire:
        at = wire.stamp(self.born)
        known = {row["name"]: row for row in self.properties["contacts"]}
        return {
            "id": id, "name": name, "createdAt": at, "updatedAt": at, "archived": False, "formType": "hubspot",
            "fieldGroups": [{"groupType": "default_group", "richTextType": "text", "fields": [{
                "objectTypeId": "0-1", "name": field, "label": known[field]["label"], "required": field in ("email",
                                                                                                            "company"),
                "hidden": False, "fieldType": "email" if field == "email" else "single_line_text", "validation": {},
            }]} for field in fields],
            "configuration": {"language": "en", "cloneable": True, "editable": True, "archivable": True,
                              "recaptchaEnabled": False,
                              "notifyContactOwner": False, "notifyRecipients": [], "createNewContactForNewEmail": True,
                              "prePopulateKnownValues": True, "allowLinkToResetKnownValues": False,
                              "postSubmitAction": {"type": "thank_you", "value": "Thank you"}},
            "displayOptions": {"renderRawHtml": False, "theme": "default_style", "submitButtonText": "Send",
                               "cssClass": None},
            "legalConsentOptions": {"type": "implicit_consent_to_process",
                                    "communicationConsentText": "We write to you.",
                                    "communicationsCheckboxes": [], "privacyText": "See our privacy page."},
        }  # fmt: skip


def rule(kind: str, arguments: list[str]) -> Wire:
    return {"ruleType": kind, "ruleArguments": arguments, "shouldApplyNormalization": kind == "FORMAT"}


def segment(id: str, name: str, how: str, object: str, asks: str, at: str) -> Wire:
    """A segment with its filters, which only some answers have."""
    asked = {"property": asks, "filterType": "PROPERTY",
             "operation": {"operator": "IS_KNOWN", "includeObjectsWithNoValueSet": False,
                           "operationType": "ALL_PROPERTY"}}  # fmt: skip
    inner = {"filterBranches": [], "filters": [asked], "filterBranchType": "AND", "filterBranchOperator": "AND"}
    branch = {"filterBranches": [inner], "filters": [], "filterBranchType": "OR", "filterBranchOperator": "OR"}
    return {
        "listId": id, "listVersion": 1, "createdAt": at, "updatedAt": at, "filtersUpdatedAt": at,
        "processingStatus": "COMPLETE", "createdById": "7001", "updatedById": "7001", "processingType": how,
        "objectTypeId": object, "name": name, **({"filterBranch": branch} if asks else {}),
        "additionalProperties": {"hs_list_reference_count": "0", "hs_list_size": "68"},
    }  # fmt: skip


def flow(entry: Wire, at: str) -> Wire:
    contact = entry["objectTypeId"] == "0-1"
    return {
        "id": entry["id"], "isEnabled": True, "flowType": "WORKFLOW", "revisionId": "12", "name": entry["name"],
        "createdAt": at,
        "updatedAt": at, "uuid": f"{entry['id']}-0000-4000-8000-000000000000", "objectTypeId": entry["objectTypeId"],
        "type": "CONTACT_FLOW" if contact else "PLATFORM_FLOW", "startActionId": "1", "nextAvailableActionId": "3",
        "actions": [{"actionId": "1", "actionTypeId": "0-5", "actionTypeVersion": 0, "type": "SINGLE_CONNECTION",
                     "fields": {"property_name": entry["sets"], "value": {"type": "STATIC_VALUE",
                                                                          "staticValue": "true"}}}],
        "enrollmentCriteria": {"type": "LIST_BASED", "shouldReEnroll": False,
                               "unEnrollObjectsNotMeetingCriteria": False,
                               "listFilterBranch": {"filterBranchType": "OR", "filterBranches": [{
                                   "filterBranchType": "AND", "filterBranches": [],
                                   "filters": [{"property": entry["on"], "filterType": "PROPERTY",
                                                "operation": {"operator": "IS_KNOWN",
                                                              "operationType": "ALL_PROPERTY"}}]}],
                                   "filters": []}, "reEnrollmentTriggersFilterBranches": []},
        "timeWindows": [], "blockedDates": [], "customProperties": {}, "suppressionListIds": [], "dataSources": [],
        "crmObjectCreationStatus": "COMPLETE", **({"canEnrollFromSalesforce": False} if contact else {}),
    }  # fmt: skip
