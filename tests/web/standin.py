"""A small engine for the pages: the real store, people and ledger types over the example stack's story, no polling."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec

from monitor.adapters.catalogue import Catalogue
from monitor.adapters.layout import scope_path, vantage_path
from monitor.adapters.people import People
from monitor.adapters.records import Decision, DecisionState, Last, Origin, Reading
from monitor.adapters.store import Store
from monitor.config.models import Integration, Service
from monitor.config.models import People as Teams
from monitor.core import body as bodies
from monitor.core.ignores import Use, end_of
from monitor.core.ledger import Ledger
from monitor.core.model import (
    Action,
    Address,
    Body,
    CauseReason,
    Claim,
    Event,
    EventType,
    Finding,
    Level,
    Phase,
    Reach,
    Reason,
    Sight,
    Source,
    Urgency,
    Verdict,
)
from monitor.core.row import Row
from monitor.engine.drill import Drills
from monitor.engine.fleet import Fleet
from monitor.engine.live import Live
from monitor.engine.news import News
from monitor.engine.night import Tidied
from monitor.engine.register import Register
from monitor.engine.request import Decide, Refused
from probes.kit.clock import ManualClock
from probes.kit.contract import COMPLETE, Coverage, Kind, Ref, Sample, Signals, State, Vantage, digest

NOW = 1_790_000_000.0
STAGES = [
    {"value": "subscriber", "label": "Subscriber", "active": True},
    {"value": "lead", "label": "Lead", "active": True},
    {"value": "marketingqualified", "label": "Marketing Qualified Lead", "active": True},
    {"value": "salesqualifiedlead", "label": "Sales Qualified Lead", "active": True},
    {"value": "customer", "label": "Customer", "active": True},
    {"value": "evangelist", "label": "Evangelist", "active": True},
]


REST = {"listings": [{"name": "objects", "kind": "schema", "path": "/objects", "records": "items", "key": "name",
                      "facts": ["label"]}]}  # fmt: skip


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def verdict(level: Level, rule: str, owner: str, *chain: str, **more: Any) -> Verdict:
    steps = tuple(Reason("rule" if i == 0 else "use", words, level) for i, words in enumerate(chain or (rule,)))
    return Verdict(rule, level, Urgency.TICKET, owner, steps, **more)


def claim(
    subject: str, kind: Kind, scope: str, key: str, fact: str, item: str, action: Action, before: Any, after: Any,
    verdict: Verdict, **more: Any,
) -> Claim:  # fmt: skip
    source = more.pop("source", Source.DRIFT)
    return Claim(Address(source, subject, kind, scope, key, fact, item), action, before, after, verdict, **more)


class NoBaselines:
    """A repository in which nothing was captured yet."""

    ignores, standing, problems = (), (), ()
    repository = ""

    def path_of(self, integration: str, ref: Ref) -> str:
        return scope_path("baselines", integration, ref)

    def vantage_path(self, integration: str) -> str:
        return vantage_path("baselines", integration)

    async def text(self, path: str) -> str | None:
        return None

    def entries(self, integration: str) -> dict[Ref, Any]:
        return {}

    async def body(self, integration: str, ref: Ref) -> None:
        return None

    standing: tuple[Any, ...] = ()
    announced: tuple[Any, ...] = ()


class StandIn:
    """Fits `monitor.engine.surface.Engine`. `bodies` are the facts before and after, by finding id."""

    def __init__(self, store: Store, people: People, clock: ManualClock) -> None:
        self.store, self.people, self.clock = store, people, clock
        self.started_at, self.state = NOW - 3600, "ready"
        self.baselines = NoBaselines()
        self.config = SimpleNamespace(
            stack="example",
            flows=(),
            definitions=(),
            integrations={},
            elsewhere=frozenset(),
            written={},
            service=Service.model_validate({"stack": {"name": "example"}}),
            people=Teams.model_validate(
                {"teams": {t: {"contact": f"{t}@example.com"} for t in ("marketing-operations", "revenue-operations")}}
            ),
            overrides=(),
            zone=UTC,
        )
        self.catalogue = Catalogue(store.folder)
        self.plain, self.described = self.config, ()
        self.uses: dict[str, Use] = {}
        self.waiting: dict[str, Decision] = {}
        self.in_pulls: dict[str, Any] = {}
        self.pushed: dict[str, float] = {}
        self.crossing = SimpleNamespace(unknown={})
        self.fleet, self.tidied = Fleet(), Tidied()
        self.integrations: dict[str, Live] = {}
        self.ledger = Ledger()
        self.register = Register()
        self.news = News()
        self.facts: dict[str, tuple[Any, Any]] = {}
        self.polled: list[tuple[str, Any]] = []
        self.demand = SimpleNamespace(settled=self._settled)
        self.alerting = SimpleNamespace(
            works=False, failing_since=None, left_out=0, pushes=Counter(), silences={}, on=False, clients={},
        )  # fmt: skip
        self.alerting.drills = Drills(self)  # type: ignore[arg-type]
        self.notifying = SimpleNamespace(queues={}, delivering=SimpleNamespace(outcomes=Counter(), lines={}))
        self.tidied = Tidied()
        self.reload_problems: tuple[str, ...] = ()

    @classmethod
    async def open(cls, folder: Path) -> StandIn:
        clock = ManualClock(NOW)
        store = await Store.open(folder, clock)
        return cls(store, await People.open(store), clock)

    def integrate(self, name: str, vendor: str, title: str, owner: str, **more: Any) -> Live:
        config = Integration.model_validate(
            {"name": name, "vendor": vendor, "title": title, "owner": owner, "class": "production",
             "credentials": {"scheme": "token"}, **more}
        )  # fmt: skip
        live = self.integrations[name] = Live(name, config)
        live.approved = Sight("00D-1", "integration-user@example.com", frozenset({"read"}))
        live.last_poll_at = live.last_ok_at = NOW - 40
        live.next_due_at = NOW + 151
        live.vantage = Vantage("00D-1", "integration-user@example.com", frozenset({"read"}), title)
        live.signals = Signals(quota_limit=1000.0, quota_used=120.0, budget_left=380.0, unwatched={"field": 14})
        return live

    def know(self, live: Live, kind: Kind, name: str, coverage: Coverage = COMPLETE, **more: Any) -> None:
        ref = Ref(kind, name)
        live.known[ref] = Last(
            integration=live.name, ref=ref, read=f"{kind}s/{name}", coverage=coverage, good_at=NOW - 40,
            read_at=NOW - 40, reading=1, rows=12, **more,
        )  # fmt: skip
        live.reads[f"{kind}s/{name}"] = (coverage, NOW - 40)

    async def body(self, mark: bytes) -> Body:
        return bodies.recall(await self.store.content(mark) or b"")

    async def holds(self, live: Live, kind: Kind, name: str, rows: dict[str, dict[str, Any]]) -> None:
        facts = tuple(sorted({fact for row in rows.values() for fact in row}))
        raw = bodies.encode(Body(Ref(kind, name), name, facts, {key: Row(facts) for key, facts in rows.items()}))
        await self.store.stage([(digest(raw), raw)])
        self.know(live, kind, name, digest=digest(raw), good_digest=digest(raw))

    async def find(
        self, said: Claim, *, before: Any = None, after: Any = None, age: float = 840, **more: Any
    ) -> Finding:
        id_ = said.address.finding_id(1)
        finding = Finding(
            id=id_, opening=1, claim=said, phase=more.pop("phase", Phase.OPEN), first_seen_at=NOW - age - 45, reading=7,
            opened_at=NOW - age, **more,
        )  # fmt: skip
        self.ledger.findings[id_] = finding
        self.moved()
        self.facts[id_] = (said.before if before is None else before, said.after if after is None else after)
        event = Event(type=EventType.OPENED, at=NOW - age, finding=id_, address=said.address, claim=said, told=True)
        async with self.store.transaction() as tx:
            await tx.add_events([event])
            await tx.put_findings([finding])
        return finding

    def moved(self) -> None:
        """A test changed findings by hand."""
        self.ledger = Ledger.load(self.ledger.findings.values())

    def nothing(self) -> None:
        """No finding is left."""
        self.ledger = Ledger()

    async def decide(self, request: Decide, by: str, via: str) -> Decision:
        if (earlier := await self.store.decision(request.uuid)) is not None:
            return earlier
        gone = [id_ for id_, seen in request.findings.items() if self.ledger.findings[id_].claim.fingerprint != seen]
        if gone:
            raise Refused(*(f"{id_} changed since you looked at it." for id_ in gone), changed=gone)
        fields = msgspec.structs.asdict(request)
        for name in ("scopes", "pattern", "owner", "any_value"):
            fields.pop(name)
        fields["until"] = end_of(str(request.until), UTC)
        row = Decision(**fields, by=by, at=self.clock.now(), via=via, state=DecisionState.QUEUED)
        async with self.store.transaction() as tx:
            await tx.queue_decision(row)
        return row

    async def _settled(self) -> None: ...

    async def poll(self, name: str, listings: Any = None) -> Any:
        self.polled.append((name, listings))
        ended = self.clock.now()
        reading = Reading(
            id=8, integration=name, started_at=ended - 2, ended_at=ended, outcome="ok", requests={"2xx": 4}
        )
        return SimpleNamespace(reading=reading, events=(), confirm=frozenset())

    async def reload(self, by: str = "", via: str = "") -> tuple[str, ...]:
        return self.reload_problems

    async def reload_ledger(self) -> None: ...

    async def finding_bodies(self, id: str) -> tuple[Any, Any]:
        return self.facts[id]


async def story(folder: Path) -> StandIn:
    """The example stack on a bad Monday."""
    engine = await StandIn.open(folder)
    crm = engine.integrate("salesforce-prod", "salesforce", "Salesforce prod", "revenue-operations", tier=1)
    hub = engine.integrate("hubspot-prod", "hubspot", "HubSpot prod", "marketing-operations")
    blind = engine.integrate("segment-prod", "rest", "Segment prod", "martech-platform", rest=REST)
    blind.failures, blind.last_ok_at = 5, NOW - 1500
    lab = engine.integrate("directus-lab", "directus", "Directus lab", "web", **{"class": "laboratory"})
    for name in ("Lead", "Opportunity", "Contact"):
        engine.know(crm, Kind.FIELD, name)
    for kind, name in ((Kind.SCHEMA, "objects"), (Kind.AUTOMATION, "flows"), (Kind.PLATFORM, "org")):
        engine.know(crm, kind, name)
    engine.know(crm, Kind.PERMISSION, "Lead.field-permissions")
    engine.know(crm, Kind.SYNC, "bulk-ingest")
    await engine.holds(hub, Kind.FIELD, "contacts", {"a": {"label": "Region"}, "b": {"label": "region "}})
    admin = engine.people.pseudonym("admin-03@example.com")
    await engine.holds(hub, Kind.PERMISSION, "users", {admin: {"admin": True, "active": True}})
    denied = Coverage(State.DENIED, "Denied: the key lacks the grant crm.schemas.deals.read", "MISSING_SCOPES")
    engine.know(hub, Kind.FIELD, "deals", denied)
    engine.know(hub, Kind.SCHEMA, "objects")
    token = Coverage(State.DENIED, "Expired: token refused since 13:40; it needs the grant workspace:read", "401")
    engine.know(blind, Kind.SCHEMA, "sources", token)
    engine.know(lab, Kind.SCHEMA, "collections")
    engine.know(lab, Kind.FIELD, "articles")
    lab.proposals[Ref(Kind.FIELD, "articles")] = "not in the baseline yet"
    crm.sampled("bulk-ingest", "Lead/upsert", NOW - 40, Sample("failing", failed_at=NOW - 600, rows_failed=312))
    hub.requests = Counter({"2xx": 40})
    gone = claim(
        "hubspot-prod", Kind.FIELD, "contacts", "lifecyclestage", "options", "salesqualifiedlead", Action.REMOVED,
        STAGES[3], None,
        Verdict(
            "field.options.removed", Level.BREAKING, Urgency.TICKET, "marketing-operations",
            (Reason("rule", "an option was removed: what still sends it is refused", Level.WARNING),
             Reason("use", "a flow writes this value into Salesforce prod Lead.Status", Level.BREAKING),
             Reason("planned", "no planned change announced it", Level.BREAKING)),
            "Was this value retired on purpose?",
            ("Open Settings, Properties, Lifecycle stage.", "Add the option back with the same internal name."),
            (Reach("hubspot-to-salesforce", "Salesforce prod Lead.Status", "no longer gets Qualified"),
             Reach("mql-to-google-ads", "Hightouch", "stale 2 runs")),
        ),
        evidence={"by": admin, "how": "named", "action": "PROPERTY UPDATE", "at": stamp(NOW - 3600),
                  "link": "https://app.hubspot.com/x"},
    )  # fmt: skip
    await engine.find(gone, before=STAGES, after=[s for s in STAGES if s["value"] != "salesqualifiedlead"])
    async with engine.store.transaction() as tx:
        await tx.set_origin(
            Origin(integration="hubspot-prod", ref=Ref(Kind.FIELD, "contacts"), key="lifecyclestage", fact="options",
                   how="approved", sha="9a02f1c4d7", by="marketing-operations", at=NOW - 3 * 86400)
        )  # fmt: skip
        await tx.end_reading(
            Reading(id=7, integration="salesforce-prod", started_at=NOW - 43, ended_at=NOW - 40, outcome="ok",
                    requests={"2xx": 12, "304": 3})
        )  # fmt: skip
    lost = claim(
        "salesforce-prod", Kind.PERMISSION, "Lead.field-permissions", "Driftline_Integration/Status", "edit", "",
        Action.NARROWED, True, False,
        verdict(Level.BREAKING, "permission.edit.narrowed", "revenue-operations", "the holder may do less than before",
                "the integration writes this field"),
    )  # fmt: skip
    root = await engine.find(lost, age=7200)
    rejected = claim(
        "salesforce-prod", Kind.SYNC, "bulk-ingest", "Lead/upsert", "rows", "", Action.CHANGED, 0, 312,
        verdict(Level.BREAKING, "health.rows", "revenue-operations", "rows are being lost"),
        source=Source.HEALTH, words="Lead/upsert rejected 312 rows in its last run",
        under=lost.address, because=CauseReason.IMPLIED,
    )  # fmt: skip
    await engine.find(rejected, age=6600, cause=root.id)
    await engine.find(
        claim("salesforce-prod", Kind.FIELD, "Lead", "Region__c", "required", "", Action.NARROWED, False, True,
              verdict(Level.BREAKING, "field.required.narrowed", "revenue-operations", "writers leave it empty")),
        age=5000,
    )  # fmt: skip
    await engine.find(
        claim("hubspot-prod", Kind.PERMISSION, "users", admin, "admin", "", Action.WIDENED, False, True,
              verdict(Level.WARNING, "permission.admin.widened", "marketing-operations", "power grew", security=True)),
        age=400,
    )  # fmt: skip
    await engine.find(
        claim("salesforce-prod", Kind.FIELD, "Lead", "Notes__c", "length", "", Action.WIDENED, 255, 1000,
              verdict(Level.INFO, "field.length.widened", "revenue-operations", "it admits more")),
        age=86400 * 2,
    )  # fmt: skip
    await engine.find(
        claim("segment-prod", Kind.PLATFORM, "", "", "credential", "", Action.CHANGED, None, None,
              verdict(Level.WARNING, "fault.expired", "martech-platform", "nothing can be read"), source=Source.FAULT,
              words="Blind: token refused since 13:40; it needs the grant workspace:read"),
        age=1500,
    )  # fmt: skip
    async with engine.store.transaction() as tx:
        await engine.people.flush(tx)
    return engine
