"""A simulated HubSpot account that can be changed like an administrator changes it, over `Account` or its control interface."""

from __future__ import annotations

import copy
from typing import Any

from probes.simulated.control import Clock, Reply, Request, Simulated, controlled

from . import content, wire
from .service import Service
from .wire import Wire


class Account(Simulated):
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
            type: {name: [_rule(kind, list(arguments))] for name, kind, arguments in rules}
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
        self.flows: list[Wire] = [_flow(entry, at) for entry in content.FLOWS]
        self.forms: list[Wire] = [self._form(*entry) for entry in content.FORMS]
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
        user = next(user for user in self.users if user["email"] == self.actor)
        self.audit.append({
            "id": str(800000 + len(self.audit)), "category": category, "subCategory": f"{category}_{action}",
            "action": action,
            "targetObjectId": target, "occurredAt": wire.stamp(self.clock.now()),
            "actingUser": {"userId": int(user["id"]), "userEmail": user["email"]},
        })  # fmt: skip

    def _property(self, type: str, name: str) -> Wire:
        for row in self.properties[type]:
            if row["name"] == name and not row["archived"]:
                return row
        raise KeyError(f"{type} has no property {name}")

    def _touch(self, row: Wire) -> None:
        row["updatedAt"] = wire.stamp(self.clock.now())

    # properties

    @controlled
    def add_property(self, type: str, line: str) -> None:
        """`line` as in content: `event_code string/text own`."""
        row = content.read_property(line, content.PROPERTIES[type][0], self.clock.now())
        if any(row["name"] == held["name"] for held in self.properties[type]):
            raise ValueError(f"{type} has a property {row['name']} already")
        self.properties[type].append(row)
        self._changed("add_property", "PROPERTY", row["name"], "CREATE", type=type, name=row["name"])

    @controlled
    def delete_property(self, type: str, name: str) -> None:
        """As in the vendor's interface: the property goes to the archive."""
        row = self._property(type, name)
        row |= {"archived": True, "archivedAt": wire.stamp(self.clock.now())}
        self._changed("delete_property", "PROPERTY", name, "DELETE", type=type, name=name)

    @controlled
    def restore_property(self, type: str, name: str) -> None:
        row = next(row for row in self.properties[type] if row["name"] == name)
        row["archived"] = False
        row.pop("archivedAt", None)
        self._changed("restore_property", "PROPERTY", name, "RESTORE", type=type, name=name)

    @controlled
    def purge_property(self, type: str, name: str) -> None:
        """Gone without a trace in the archive."""
        self.properties[type] = [row for row in self.properties[type] if row["name"] != name]
        self._changed("purge_property", "PROPERTY", name, "DELETE", type=type, name=name)

    @controlled
    def alter_property(self, type: str, name: str, **keys: Any) -> None:
        """Sets keys of the property, in the vendor's names."""
        row = self._property(type, name)
        row |= keys
        self._touch(row)
        self._changed("alter_property", "PROPERTY", name, type=type, name=name, **keys)

    @controlled
    def set_options(self, type: str, name: str, options: list[Wire]) -> None:
        """The whole list of options, as the vendor's API takes it."""
        row = self._property(type, name)
        row["options"] = [{**entry, "displayOrder": place} for place, entry in enumerate(options)]
        self._touch(row)
        self._changed(
            "set_options", "PROPERTY", name, type=type, name=name, values=[entry["value"] for entry in options]
        )

    @controlled
    def options(self, type: str, name: str) -> list[Wire]:
        """A copy of a property's options."""
        return copy.deepcopy(list(self._property(type, name)["options"]))

    @controlled
    def remove_option(self, type: str, name: str, value: str) -> None:
        kept = [entry for entry in self.options(type, name) if entry["value"] != value]
        self.set_options(type, name, kept)

    @controlled
    def add_option(self, type: str, name: str, option: str, at: int | None = None) -> None:
        """`option` as `value=Label`; `at` is its place, else the end."""
        held = self.options(type, name)
        held.insert(len(held) if at is None else at, wire.option(option, 0))
        self.set_options(type, name, held)

    @controlled
    def reorder_options(self, type: str, name: str, order: list[str]) -> None:
        held = {entry["value"]: entry for entry in self.options(type, name)}
        self.set_options(type, name, [held[value] for value in order])

    @controlled
    def release(self, n: int = 2, type: str = "contacts") -> None:
        """The vendor ships n new properties of its own; nobody in the account did it."""
        start = sum(row["name"].startswith("hs_new_feature_") for row in self.properties[type])
        for number in range(start, start + n):
            self.properties[type].append(wire.property(f"hs_new_feature_{number + 1}", "string", "text",
                                                       content.PROPERTIES[type][0],
                                                       self.clock.now(), own=False, read_only=True))  # fmt: skip
        self.note("release", n=n, type=type)

    @controlled
    def withdraw_release(self, type: str = "contacts") -> None:
        """The vendor takes its new properties back."""
        self.properties[type] = [row for row in self.properties[type] if not row["name"].startswith("hs_new_feature_")]
        self.note("withdraw_release", type=type)

    @controlled
    def set_validation(self, type: str, name: str, rule: str, arguments: list[str] | None = None) -> None:
        """A validation rule of a property; arguments None takes it away."""
        rules = self.validations.setdefault(type, {}).setdefault(name, [])
        rules[:] = [held for held in rules if held["ruleType"] != rule]
        if arguments is not None:
            rules.append(_rule(rule, arguments))
        self._changed("set_validation", "PROPERTY", name, type=type, name=name, rule=rule, arguments=arguments)

    # schemas and pipelines

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

    @controlled
    def add_object(self, name: str, plural: str = "") -> None:
        content_lines = "record_name string/text own"
        group = f"{name}_information"
        self.properties[name] = [content.read_property(content_lines, group, self.clock.now())]
        self.groups[name] = [{"name": group, "label": wire.label(group), "displayOrder": -1, "archived": False}]
        self._schema(
            name, f"2-{4400200 + len(self.schemas)}", plural or wire.label(name), "record_name", ("record_name",)
        )
        self._changed("add_object", "CRM_OBJECT_SCHEMA", name, "CREATE", name=name)

    @controlled
    def delete_object(self, name: str) -> None:
        self.schemas = [schema for schema in self.schemas if schema["name"] != name]
        self._changed("delete_object", "CRM_OBJECT_SCHEMA", name, "DELETE", name=name)

    @controlled
    def set_required(self, name: str, required: list[str]) -> None:
        """Required properties of a custom object."""
        schema = next(schema for schema in self.schemas if schema["name"] == name)
        schema["requiredProperties"] = required
        self._touch(schema)
        self._changed("set_required", "CRM_OBJECT_SCHEMA", name, name=name, required=required)

    def _pipeline(self, type: str, id: str) -> Wire:
        return next(row for row in self.pipelines[type] if row["id"] == id)

    @controlled
    def rename_stage(self, type: str, pipeline: str, stage: str, label: str) -> None:
        row = next(row for row in self._pipeline(type, pipeline)["stages"] if row["id"] == stage)
        row["label"] = label
        self._touch(row)
        self._changed("rename_stage", "PIPELINE", stage, type=type, pipeline=pipeline, stage=stage, label=label)

    @controlled
    def remove_stage(self, type: str, pipeline: str, stage: str) -> None:
        row = self._pipeline(type, pipeline)
        row["stages"] = [held for held in row["stages"] if held["id"] != stage]
        self._touch(row)
        self._changed("remove_stage", "PIPELINE", stage, "DELETE", type=type, pipeline=pipeline, stage=stage)

    # people and scopes

    def _user(self, mailbox: str, role: str, team: str, admin: bool) -> None:
        self.users.append({
            "id": str(7001 + len(self.users)), "email": mailbox, "firstName": mailbox.partition("@")[0],
            "lastName": "Desk",
            "roleIds": [role] if role else [], "superAdmin": admin, "sendWelcomeEmail": False, "secondaryTeamIds": [],
            "seatNames": ["Core Seat"], **({"roleId": role} if role else {}),
            **({"primaryTeamId": team} if team else {}),
        })  # fmt: skip

    def user(self, email: str) -> Wire:
        found = [user for user in self.users if user["email"] == email]
        if not found:
            raise KeyError(f"there is no user {email}")
        return found[0]

    @controlled
    def add_user(self, email: str, role: str = "511", team: str = "810") -> None:
        self._user(email, role, team, False)
        self._changed("add_user", "USER", email, "CREATE", email=email, role=role)

    @controlled
    def remove_user(self, email: str) -> None:
        self.users.remove(self.user(email))
        self._changed("remove_user", "USER", email, "DELETE", email=email)

    @controlled
    def set_super_admin(self, email: str, on: bool = True) -> None:
        self.user(email)["superAdmin"] = on
        self._changed("set_super_admin", "USER", email, email=email, on=on)

    @controlled
    def set_role(self, email: str, role: str) -> None:
        self.user(email).update(roleIds=[role], roleId=role)
        self._changed("set_role", "USER", email, email=email, role=role)

    @controlled
    def revoke(self, scope: str) -> None:
        """The key loses a scope."""
        self.scopes.discard(scope)
        self._changed("revoke", "PRIVATE_APP", scope, scope=scope)

    @controlled
    def grant(self, scope: str) -> None:
        """The key gets a scope."""
        self.scopes.add(scope)
        self._changed("grant", "PRIVATE_APP", scope, scope=scope)

    @controlled
    def set_token(self, token: str) -> None:
        """The key is rotated: the old one is refused from now on."""
        self.note("set_token")
        self.token = token

    @controlled
    def expire_tokens(self) -> None:
        """The key is dead until `set_token` gives a new one."""
        self.note("expire_tokens")
        self.token = self.hexes(32)

    @controlled
    def set_portal(self, portal: int, account_type: str = "SANDBOX") -> None:
        """The key leads to another account now."""
        self.note("set_portal", portal=portal, account_type=account_type)
        self.portal, self.account_type = portal, account_type

    @controlled
    def use_quota(self, used: int) -> None:
        self.note("use_quota", used=used)
        self.used = used

    # work and assets

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

    @controlled
    def run_import(self, name: str, rows: int = 240, failed: int = 0, state: str = "DONE", type: str = "0-1",
                   error: str = "INVALID_ENUMERATION_OPTION", source: str = "API") -> None:  # fmt: skip
        """An import runs; `failed` of its rows are refused with this error type."""
        self.note("run_import", name=name, rows=rows, failed=failed, state=state)
        self._import(name, type, rows, failed, state, source, error, self.clock.now() - 60)

    @controlled
    def set_flow(self, id: str, on: bool) -> None:
        row = next(row for row in self.flows if row["id"] == id)
        self._revise(row, isEnabled=on)
        self._changed("set_flow", "WORKFLOW", id, id=id, on=on)

    @controlled
    def alter_flow(self, id: str, **keys: Any) -> None:
        """Sets keys of a workflow, in the vendor's names; it gets a new revision."""
        self._revise(next(row for row in self.flows if row["id"] == id), **keys)
        self._changed("alter_flow", "WORKFLOW", id, id=id, **keys)

    def _revise(self, row: Wire, **keys: Any) -> None:
        row |= {**keys, "revisionId": str(int(row["revisionId"]) + 1)}
        self._touch(row)

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

    @controlled
    def set_form_field(self, form: str, field: str, required: bool) -> None:
        """A field of a form becomes required or not."""
        row = next(row for row in self.forms if row["name"] == form)
        for group in row["fieldGroups"]:
            for entry in group["fields"]:
                if entry["name"] == field:
                    entry["required"] = required
        self._touch(row)
        self._changed("set_form_field", "FORM", row["id"], form=form, field=field, required=required)


def _rule(kind: str, arguments: list[str]) -> Wire:
    return {"ruleType": kind, "ruleArguments": arguments, "shouldApplyNormalization": kind == "FORMAT"}


def _flow(entry: Wire, at: str) -> Wire:
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
