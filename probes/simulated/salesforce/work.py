"""What runs in a simulated org: bulk jobs, Apex jobs, scheduled jobs, flows, validation rules."""

from __future__ import annotations

from typing import Any

from probes.simulated.control import controlled

from . import wire
from .core import Core


class Work(Core):
    """Jobs and automations."""

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
    def stall_cron(self, name: str, on: bool = True) -> None:
        """The scheduler no longer starts a job, though it waits for its time; or starts it again."""
        (self.stalled.add if on else self.stalled.discard)(name)
        self.note("stall_cron", name=name, on=on)

    @controlled
    def set_flow(self, api_name: str, active: bool) -> None:
        row = self.org.row("FlowDefinitionView", ApiName=api_name)
        row |= {"IsActive": active, "ActiveVersionId": row["LatestVersionId"] if active else None}
        self._touch(row)
        said = f"{'Activated' if active else 'Deactivated'} flow {api_name}"
        self._changed("set_flow", "Flows", said, [], api_name=api_name, active=active)

    @controlled
    def new_version(self, api_name: str, **elements: Any) -> None:
        """A flow is saved with other elements and made active: a version with another id."""
        row = self.org.row("FlowDefinitionView", ApiName=api_name)
        old = self.org.row("Flow", Id=row["ActiveVersionId"])
        number = old["VersionNumber"] + 1
        kept = {name: old[name] for name in ("DefinitionId", "MasterLabel", "ProcessType", "ApiVersion", "Status")}
        new = self.org.add_row("Flow", self.clock.now(), VersionNumber=number, FullName=f"{api_name}-{number}",
                               Metadata={**old["Metadata"], **elements}, **kept)  # fmt: skip
        old["Status"] = "Obsolete"
        row |= {"ActiveVersionId": new["Id"], "LatestVersionId": new["Id"], "VersionNumber": number}
        self._touch(row)
        self._changed("new_version", "Flows", f"Activated flow {api_name}", [], api_name=api_name)

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
    def set_assignment(self, object: str, name: str, active: bool) -> None:
        """An assignment rule becomes the active one of its object, or none is any more."""
        for row in self.org.rows["AssignmentRule"]:
            if row["SobjectType"] == object:
                row["Active"] = active and row["Name"] == name
        said = f"{'Activated' if active else 'Deactivated'} assignment rule {name}"
        self._changed("set_assignment", "Lead Assignment Rules", said, [], object=object, name=name, active=active)

    @controlled
    def set_duplicate_rule(self, name: str, active: bool) -> None:
        row = self.org.row("DuplicateRule", DeveloperName=name)
        row["IsActive"] = active
        self._touch(row)
        said = f"{'Activated' if active else 'Deactivated'} duplicate rule {name}"
        self._changed("set_duplicate_rule", "Duplicate Rules", said, [], name=name, active=active)

    @controlled
    def upgrade_package(self, name: str, major: int, minor: int) -> None:
        """An installed package moves to another version."""
        package = self.org.row("SubscriberPackage", Name=name)
        installed = self.org.row("InstalledSubscriberPackage", SubscriberPackageId=package["Id"])
        held = self.org.add_row("SubscriberPackageVersion", Name=f"{name} {major}.{minor}", MajorVersion=major,
                                MinorVersion=minor, BuildNumber=1, SubscriberPackageId=package["Id"],
                                IsManaged=True)  # fmt: skip
        installed["SubscriberPackageVersionId"] = held["Id"]
        said = f"Installed package {name} {major}.{minor}"
        self._changed("upgrade_package", "Installed Packages", said, [], name=name, major=major, minor=minor)

    @controlled
    def set_sandbox(self, on: bool = True, id: str = "") -> None:
        """The credential leads to another org now, as after a refresh or a mix-up: the id and the kind change."""
        row = self.org.rows["Organization"][0]
        row |= {"IsSandbox": on, "Id": id or wire.identifier("00D", 4711)}
        self.note("set_sandbox", on=on, id=row["Id"])
