"""A simulated Salesforce org that can be changed like an administrator changes it, over `Account` or its control interface.

Each change leaves what it leaves at the vendor: a new Last-Modified, a line in the setup audit trail, and its side
effects (a deleted or required field loses its field permissions; a user's own sets change what the API shows).
Two changes never share a second of Last-Modified, which has no smaller unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from probes.simulated.control import Clock, Reply, Request, Simulated, controlled

from . import content, example, tables, wire
from .org import Org
from .service import Service
from .sight import Sight
from .wire import Wire


class Account(Simulated):
    """The org of salesforce-prod.

    `objects` and `fields` add generated objects for measurements. `page` is the number of rows per query page (0: as
    at the vendor, 2000). `session` is the lifetime of a token in seconds. `validators` False never answers 304.
    """

    def __init__(
        self, *, clock: Clock, control_token: str = "", latency: float = 0.0, seed: int = 7, objects: int = 0,
        fields: int = 0, page: int = 0, session: float = 7200.0, daily: int = 145_000, instance: str = "",
        client_id: str = "simulated-client", client_secret: str = "simulated-secret", certificate: str = "",
        validators: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(clock=clock, control_token=control_token, latency=latency, seed=seed)
        self.page, self.session, self.daily, self.instance = page, session, daily, instance.rstrip("/")
        self.client_id, self.client_secret, self.certificate = client_id, client_secret, certificate
        self.validators = validators
        self.runs_as = content.MONITOR
        self.used = 1200
        self.versions = [(f"Release {n}", f"{n}.0") for n in range(31, 69)]
        self.actor = "admin-01@example.com"
        self.org = Org(clock.now())
        example.build(self.org, clock.now())
        if objects:
            self.org.add_bulk(objects, fields or 50)
        self.jobs: list[Wire] = []
        for object, operation, rows in content.BULK:
            self._job(object, operation, rows, 0, clock.now() - 1800)
        self.service = Service(self)
        self._sights: dict[str, Sight] = {}

    @property
    def organization(self) -> str:
        return str(self.org.rows["Organization"][0]["Id"])

    def answer(self, request: Request) -> Reply:
        return self.service.answer(request)

    def limited(self) -> Reply:
        return self.service.limited()

    def sight(self, user: str) -> Sight:
        if user not in self._sights:
            self._sights[user] = Sight(self.org, user)
        return self._sights[user]

    def limits_now(self) -> list[tuple[str, int, int]]:
        """(limit, most, remaining) for /limits."""
        return [("DailyApiRequests", self.daily, max(0, self.daily - self.used)), ("DailyAsyncApexExecutions", 250000,
                                                                                   249120),
                ("DailyBulkV2QueryJobs", 10000, 9990), ("DailyBulkApiBatches", 15000, 14960), ("DailyWorkflowEmails",
                                                                                               25000, 24400),
                ("HourlyTimeBasedWorkflow", 1000, 1000), ("DailyDurableStreamingApiEvents", 200000, 200000),
                ("SingleEmail", 5000, 4980), ("DataStorageMB", 21000, 12400), ("FileStorageMB", 61000,
                                                                               50100)]  # fmt: skip

    def _changed(self, method: str, section: str, said: str, objects: list[str] | None = None, **what: Any) -> None:
        """Log, audit trail, Last-Modified and sight after a change. `objects` None: the whole org."""
        self.note(method, **what)
        now = self.clock.now()
        actor = self.org.row("User", Username=self.actor)["Id"]
        self.org.add_row("SetupAuditTrail", now, Action=method, Section=section, Display=said, CreatedById=actor)
        for name in list(self.org.objects) if objects is None else objects:
            self.org.modified[name] = max(now, self.org.modified.get(name, self.org.born) + 1)
        self.org.everything = max(now, self.org.everything + 1)
        self._sights.clear()

    def _field(self, object: str, name: str) -> Wire:
        fields = self.org.thing(object)["fields"]
        if name not in fields:
            raise KeyError(f"{object} has no field {name}")
        entry: Wire = fields[name]
        return entry

    def _set(self, name: str) -> Wire:
        """A permission set by its name, or the one of a profile as `profile:<name>`."""
        if name.startswith("profile:"):
            profile = self.org.row("Profile", Name=name.removeprefix("profile:"))
            return self.org.row("PermissionSet", ProfileId=profile["Id"])
        return self.org.row("PermissionSet", Name=name)

    def _touch(self, row: Wire) -> None:
        for column in ("LastModifiedDate", "SystemModstamp"):
            if column in row:
                row[column] = wire.stamp(self.clock.now())

    # objects and fields

    @controlled
    def add_object(self, name: str, label: str = "") -> None:
        fields = [*content.audit_fields(owner=True), content.read_field("Name string(80) required namefield")]
        thing = self.org.add_object(name, f"b{len(self.org.objects) % 100:02}", fields)
        thing["label"] = label or thing["label"]
        for owner in ("Driftline_Monitor", "profile:System Administrator"):
            row = self._set(owner)["Id"]
            example.grant(self.org, row, f"{name}:{'r' if owner == 'Driftline_Monitor' else 'rced'}", "")
        self._changed("add_object", "Custom Objects", f"Created custom object {name}", [name], name=name)

    @controlled
    def delete_object(self, name: str) -> None:
        self.org.thing(name)
        del self.org.objects[name]
        for table in ("ObjectPermissions", "FieldPermissions"):
            self.org.rows[table] = [row for row in self.org.rows[table] if row["SobjectType"] != name]
        for thing in self.org.objects.values():
            for entry in [f for f in thing["fields"].values() if f["referenceTo"] == [name]]:
                del thing["fields"][entry["name"]]
        self._changed("delete_object", "Custom Objects", f"Deleted custom object {name}", [], name=name)

    @controlled
    def add_field(self, object: str, line: str, visible: bool = True) -> None:
        """`line` as in content: `Lead_Source_Detail__c string(255)`. `visible`: the monitor's set gets read on it."""
        entry = content.read_field(line)
        fields = self.org.thing(object)["fields"]
        if entry["name"] in fields:
            raise ValueError(f"{object} has a field {entry['name']} already")
        fields[entry["name"]] = entry
        owners = {"profile:System Administrator": "re"} | ({"Driftline_Monitor": "r"} if visible else {})
        for owner, rights in owners.items():
            example.grant_fields(self.org, self._set(owner)["Id"], object, [entry["name"]], rights)
        self._changed("add_field", "Custom Fields", f"Created custom field {entry['name']} on {object}", [object],
                      object=object, name=entry["name"])  # fmt: skip

    @controlled
    def delete_field(self, object: str, name: str) -> None:
        self._field(object, name)
        del self.org.thing(object)["fields"][name]
        self._drop_permissions(object, name)
        self._changed("delete_field", "Custom Fields", f"Deleted custom field {name} on {object}", [object],
                      object=object, name=name)  # fmt: skip

    def _drop_permissions(self, object: str, name: str) -> list[Wire]:
        gone = [row for row in self.org.rows["FieldPermissions"] if row["Field"] == f"{object}.{name}"]
        self.org.rows["FieldPermissions"] = [row for row in self.org.rows["FieldPermissions"] if row not in gone]
        return gone

    @controlled
    def alter_field(self, object: str, name: str, **keys: Any) -> None:
        """Sets keys of the describe entry, in the vendor's names. A field made required cannot be hidden any more."""
        entry = self._field(object, name)
        unknown = set(keys) - set(entry)
        if unknown:
            raise KeyError(f"a field has no key {', '.join(sorted(unknown))}")
        required = keys.get("nillable", entry["nillable"]) is False and entry["nillable"]
        entry |= keys
        if "length" in keys and "byteLength" not in keys:
            entry["byteLength"] = 3 * int(keys["length"])
        if required and entry["custom"] and "permissionable" not in keys:
            entry["permissionable"] = False
            self._drop_permissions(object, name)
        self._changed("alter_field", "Custom Fields", f"Changed {', '.join(sorted(keys))} of {name} on {object}",
                      [object],
                      object=object, name=name, **keys)  # fmt: skip

    @controlled
    def restore_field(self, object: str, entry: Mapping[str, Any], permissions: list[Wire]) -> None:
        """Puts back a field as it was (see `kept_field`), deleted or changed, with its field permissions."""
        name = str(entry["name"])
        self.org.thing(object)["fields"][name] = dict(entry)
        self._drop_permissions(object, name)
        self.org.rows["FieldPermissions"] += [dict(row) for row in permissions]
        self._changed(
            "restore_field", "Custom Fields", f"Restored {name} on {object}", [object], object=object, name=name
        )

    @controlled
    def kept_field(self, object: str, name: str) -> dict[str, Any]:
        """What `restore_field` needs to bring a field back."""
        kept = [dict(row) for row in self.org.rows["FieldPermissions"] if row["Field"] == f"{object}.{name}"]
        return {"object": object, "entry": dict(self._field(object, name)), "permissions": kept}

    @controlled
    def reorder_picklist(self, object: str, name: str, order: list[str]) -> None:
        entry = self._field(object, name)
        values = {value["value"]: value for value in entry["picklistValues"]}
        if sorted(order) != sorted(values):
            raise ValueError(f"the values of {name} are {', '.join(values)}")
        entry["picklistValues"] = [values[value] for value in order]
        self._changed("reorder_picklist", "Custom Fields", f"Reordered the picklist {name} on {object}", [object],
                      object=object, name=name, order=order)  # fmt: skip

    @controlled
    def add_picklist_value(self, object: str, name: str, value: str) -> None:
        entry = self._field(object, name)
        entry["picklistValues"] = [*entry["picklistValues"], wire.option(value)]
        self._changed("add_picklist_value", "Custom Fields", f"Added {value} to {name} on {object}", [object],
                      object=object, name=name, value=value)  # fmt: skip

    @controlled
    def remove_picklist_value(self, object: str, name: str, value: str) -> None:
        entry = self._field(object, name)
        entry["picklistValues"] = [kept for kept in entry["picklistValues"] if kept["value"] != value]
        self._changed("remove_picklist_value", "Custom Fields", f"Removed {value} from {name} on {object}", [object],
                      object=object, name=name, value=value)  # fmt: skip

    @controlled
    def release(self, n: int = 2, object: str = "Lead") -> None:
        """A release of the vendor's adds n standard fields; nobody in the org did it, so the audit trail is silent."""
        fields = self.org.thing(object)["fields"]
        start = sum(name.startswith("StandardAddition") for name in fields)
        for number in range(start, start + n):
            entry = wire.field(f"StandardAddition{number + 1}", "string", permissionable=False)
            fields[entry["name"]] = entry
        self.note("release", n=n, object=object)
        self.org.modified[object] = max(self.clock.now(), self.org.modified[object] + 1)

    # permissions

    @controlled
    def set_permission(
        self, permission_set: str, object: str, field: str = "", read: bool = True, edit: bool = False,
        create: bool | None = None, delete: bool | None = None,
    ) -> None:  # fmt: skip
        """Field permission with `field`, else object permission. No right at all means no row, as at the vendor."""
        parent = self._set(permission_set)["Id"]
        if field:
            self._field(object, field)
            wanted = {"PermissionsRead": read or edit, "PermissionsEdit": edit}
            self._permission("FieldPermissions", wanted, ParentId=parent, SobjectType=object, Field=f"{object}.{field}")
        else:
            self.org.thing(object)
            wanted = {"PermissionsRead": read or edit, "PermissionsEdit": edit}
            for name, given in (("Create", create), ("Delete", delete)):
                if given is not None or not read:
                    wanted[f"Permissions{name}"] = bool(given)
            self._permission("ObjectPermissions", wanted, ParentId=parent, SobjectType=object)
        said = f"Changed permissions of {permission_set} on {object}{'.' + field if field else ''}"
        self._changed("set_permission", "Manage Users", said, permission_set=permission_set, object=object, field=field,
                      read=read, edit=edit)  # fmt: skip

    def _permission(self, table: str, wanted: dict[str, bool], **where: Any) -> None:
        rows = self.org.rows[table]
        found = next((row for row in rows if all(row[name] == value for name, value in where.items())), None)
        if not any(wanted.values()):
            self.org.rows[table] = [row for row in rows if row is not found]
        elif found is None:
            self.org.add_row(table, self.clock.now(), **where, **wanted)
        else:
            found |= wanted
            self._touch(found)

    @controlled
    def hide_field(self, object: str, field: str, permission_set: str = "Driftline_Monitor") -> None:
        """Field-level security takes the field from a set; it vanishes from that user's describe."""
        self.set_permission(permission_set, object, field, read=False)

    @controlled
    def set_power(self, permission_set: str, power: str, on: bool) -> None:
        """A system permission of a set, without its prefix: `ViewSetup`, `ModifyAllData`."""
        if power not in tables.POWERS:
            raise KeyError(f"there is no system permission {power}")
        row = self._set(permission_set)
        row[f"Permissions{power}"] = on
        self._touch(row)
        said = f"{'Enabled' if on else 'Disabled'} {power} in {permission_set}"
        self._changed("set_power", "Manage Users", said, permission_set=permission_set, power=power, on=on)

    @controlled
    def revoke(self, power: str = "ViewSetup") -> None:
        """The monitor loses a system right."""
        self.set_power("Driftline_Monitor", power, False)

    @controlled
    def grant(self, power: str = "ViewSetup") -> None:
        """The monitor gets a system right."""
        self.set_power("Driftline_Monitor", power, True)

    @controlled
    def assign(self, username: str, permission_set: str) -> None:
        user, row = self.org.row("User", Username=username), self._set(permission_set)
        self.org.add_row("PermissionSetAssignment", self.clock.now(), AssigneeId=user["Id"], PermissionSetId=row["Id"],
                         IsActive=True)  # fmt: skip
        said = f"Assigned {permission_set} to {username}"
        self._changed("assign", "Manage Users", said, username=username, permission_set=permission_set)

    @controlled
    def unassign(self, username: str, permission_set: str) -> None:
        user, row = self.org.row("User", Username=username), self._set(permission_set)
        found = self.org.row("PermissionSetAssignment", AssigneeId=user["Id"], PermissionSetId=row["Id"])
        self.org.rows["PermissionSetAssignment"].remove(found)
        said = f"Took {permission_set} from {username}"
        self._changed("unassign", "Manage Users", said, username=username, permission_set=permission_set)

    @controlled
    def add_user(self, username: str, profile: str = "Marketing User", role: str = "Marketing") -> None:
        example.add_user(self.org, username, profile, role, True, None)
        self._changed("add_user", "Manage Users", f"Created user {username}", [], username=username, profile=profile)

    @controlled
    def set_active(self, username: str, on: bool = True) -> None:
        self.org.row("User", Username=username)["IsActive"] = on
        said = f"{'Activated' if on else 'Deactivated'} user {username}"
        self._changed("set_active", "Manage Users", said, [], username=username, on=on)

    @controlled
    def deactivate_user(self, username: str) -> None:
        self.set_active(username, on=False)

    @controlled
    def set_profile(self, username: str, profile: str) -> None:
        user, row = self.org.row("User", Username=username), self.org.row("Profile", Name=profile)
        before, after = (self.org.row("PermissionSet", ProfileId=id)["Id"] for id in (user["ProfileId"], row["Id"]))
        self.org.row("PermissionSetAssignment", AssigneeId=user["Id"], PermissionSetId=before)["PermissionSetId"] = (
            after
        )
        user["ProfileId"] = row["Id"]
        said = f"Changed the profile of {username} to {profile}"
        self._changed("set_profile", "Manage Users", said, username=username, profile=profile)

    # work and automations

    def _job(self, object: str, operation: str, rows: int, failed: int, at: float, state: str = "JobComplete") -> None:
        self.jobs.insert(0, {
            "kind": "ingest", "id": wire.identifier("750", self.org.number()), "operation": operation, "object": object,
            "createdById": self.org.row("User", Username=content.WRITER)["Id"], "createdDate": wire.stamp(at),
            "systemModstamp": wire.stamp(at + 20), "state": state, "concurrencyMode": "Parallel", "contentType": "CSV",
            "apiVersion": float(wire.VERSION), "jobType": "V2Ingest", "lineEnding": "LF", "columnDelimiter": "COMMA",
            "externalIdFieldName": "HubSpot_Id__c" if operation == "upsert" else None, "numberRecordsProcessed": rows,
            "numberRecordsFailed": failed, "retries": 0, "totalProcessingTime": 4100, "apiActiveProcessingTime": 3900,
            "apexProcessingTime": 700,
            "errorMessage": "InvalidBatch : Field name not found" if state == "Failed" else None,
        })  # fmt: skip

    @controlled
    def bulk_job(self, object: str = "Lead", operation: str = "upsert", rows: int = 400, failed: int = 0,
                 state: str = "JobComplete") -> None:  # fmt: skip
        """The connector ran a bulk job; with `failed` rows rejected, or as a whole with state Failed."""
        self.note("bulk_job", object=object, operation=operation, rows=rows, failed=failed, state=state)
        self._job(object, operation, rows, failed, self.clock.now() - 30, state)

    @controlled
    def fail_job(self, name: str, error: str = "First error: UNABLE_TO_LOCK_ROW") -> None:
        """An Apex job runs and fails."""
        self._run_job(name, "Failed", 1, error)

    @controlled
    def run_job(self, name: str) -> None:
        """An Apex job runs and is fine."""
        self._run_job(name, "Completed", 0, None)

    def _run_job(self, name: str, status: str, errors: int, said: str | None) -> None:
        apex = self.org.row("ApexClass", Name=name)
        now = self.clock.now()
        self.org.add_row("AsyncApexJob", now - 60, JobType="BatchApex", Status=status, NumberOfErrors=errors,
                         ExtendedStatus=said,
                         JobItemsProcessed=40 - errors, TotalJobItems=40, CompletedDate=wire.stamp(now),
                         ApexClassId=apex["Id"],
                         CreatedById=self.org.row("User", Username=self.actor)["Id"])  # fmt: skip
        self.note("fail_job" if errors else "run_job", name=name)

    @controlled
    def set_cron(self, name: str, state: str) -> None:
        """State of a scheduled job: WAITING, PAUSED, ERROR, DELETED."""
        detail = self.org.row("CronJobDetail", Name=name)
        self.org.row("CronTrigger", CronJobDetailId=detail["Id"])["State"] = state
        self.note("set_cron", name=name, state=state)

    @controlled
    def set_flow(self, api_name: str, active: bool) -> None:
        row = self.org.row("FlowDefinitionView", ApiName=api_name)
        row |= {"IsActive": active, "ActiveVersionId": row["LatestVersionId"] if active else None}
        self._touch(row)
        said = f"{'Activated' if active else 'Deactivated'} flow {api_name}"
        self._changed("set_flow", "Flows", said, [], api_name=api_name, active=active)

    @controlled
    def set_rule(self, object: str, name: str, active: bool = True, formula: str = "") -> None:
        """A validation rule: on or off, or another condition."""
        row = self.org.row("ValidationRule", EntityDefinitionId=object, ValidationName=name)
        row |= {"Active": active, "Metadata": row["Metadata"] | {"active": active}}
        if formula:
            row["Metadata"]["errorConditionFormula"] = formula
        self._touch(row)
        self._changed(
            "set_rule",
            "Validation Rules",
            f"Changed validation rule {name}",
            [],
            object=object,
            name=name,
            active=active,
        )

    @controlled
    def set_sandbox(self, on: bool = True, id: str = "") -> None:
        """The credential leads to another org now, as after a refresh or a mix-up: the id and the kind change."""
        row = self.org.rows["Organization"][0]
        row |= {"IsSandbox": on, "Id": id or wire.identifier("00D", 4711)}
        self.note("set_sandbox", on=on, id=row["Id"])

    # sessions

    @controlled
    def expire_tokens(self) -> None:
        """Every session ends; signing in again works."""
        self.note("expire_tokens")
        self.service.sessions.clear()

    @controlled
    def rotate_secret(self, secret: str) -> None:
        """The client secret changes and every session ends."""
        self.note("rotate_secret")
        self.client_secret = secret
        self.service.sessions.clear()

    @controlled
    def use_quota(self, used: int) -> None:
        """How many calls of the day are spent."""
        self.note("use_quota", used=used)
        self.used = used

    @controlled
    def shuffle(self, on: bool = True) -> None:
        """Answers are shuffled from now on; Last-Modified moves, which the vendor does without any change too."""
        super().shuffle(on)
        for name in self.org.objects:
            self.org.modified[name] = max(self.clock.now(), self.org.modified[name] + 1)
        self.org.everything = max(self.clock.now(), self.org.everything + 1)
