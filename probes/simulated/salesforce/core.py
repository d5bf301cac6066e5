"""The state of a simulated Salesforce org and what every change of it leaves behind.

Each change leaves what it leaves at the vendor: a new Last-Modified, a line in the setup audit trail, and its side
effects (a deleted or required field loses its field permissions; a user's own sets change what the API shows).
Two changes never share a second of Last-Modified, which has no smaller unit.
"""

from __future__ import annotations

from typing import Any, Final

from probes.simulated.control import Clock, Reply, Request, Simulated

from . import content, example, wire
from .org import Org
from .service import Service
from .sight import Sight
from .wire import Wire

SECRET: Final = "simulated-secret"  # noqa: S105 - opens nothing but the simulated org


class Core(Simulated):
    """The org of salesforce-prod.

    `objects` and `fields` add generated objects for measurements. `page` is the number of rows per query page (0: as
    at the vendor, 2000). `session` is the lifetime of a token in seconds. `validators` False never answers 304.
    """

    def __init__(
        self, *, clock: Clock, control_token: str = "", latency: float = 0.0, seed: int = 7, objects: int = 0,
        fields: int = 0, page: int = 0, session: float = 7200.0, daily: int = 145_000, instance: str = "",
        client_id: str = "simulated-client", client_secret: str = SECRET, certificate: str = "",
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
        self.stalled: set[str] = set()  # scheduled jobs that are no longer started
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

    def fire(self) -> None:
        """Scheduled jobs whose time has come have run: each keeps the distance of its two times."""
        now = self.clock.now()
        for row in self.org.rows["CronTrigger"]:
            before, then = wire.instant(row["PreviousFireTime"]), wire.instant(row["NextFireTime"])
            name = self.org.row("CronJobDetail", Id=row["CronJobDetailId"])["Name"]
            if row["State"] == "WAITING" and name not in self.stalled and then <= now:
                period = then - before
                before += (now - before) // period * period
                row |= {"PreviousFireTime": wire.stamp(before), "NextFireTime": wire.stamp(before + period)}

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
