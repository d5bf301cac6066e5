"""From a finding to its alert: which labels it has, and what there is to say of it.

Only roots have an alert of their own. What hangs under one speaks through it: when rows are refused because a right
was taken away, the alert is about the rows, and names the right as the cause.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Final

import msgspec

from monitor.core.graph import home
from monitor.core.model import Address, Finding, Phase, Source, Urgency
from probes.kit.contract import Kind, Sample

from . import alert_text
from .alert_shapes import Silenced
from .alert_text import Told
from .choosing import narrowing
from .rows import filed, stand, who
from .shapes import Filter
from .statuses import told as vendors_told
from .statuses import urgency
from .words import named, plain, sentence

if TYPE_CHECKING:
    from monitor.config.models import Integration

    from .surface import Engine

MOST: Final = 1000  # alerts at once, gravest first; more would tell nobody anything, and are counted
BEFORE, AFTER = 86_400.0, 3_600.0  # seconds around a symptom in which a change may be what led to it
_WEIGHT: Final = {Urgency.PAGE: 2, Urgency.TICKET: 1, Urgency.DIGEST: 0}
_FIRST: Final = {
    "state": "Open the sync at the vendor, read the error of its newest run, then start it again.",
    "freshness": "Start the sync by hand at the vendor; if it does not run, read its error.",
    "rows": "Read at the vendor why one of the rows was refused, and keep them for another run.",
    "volume": "Look whether the source still has new rows; then read the sync's newest run.",
    "credential": "Renew the credential at the vendor, then run driftline authorize.",
}
_LOST: Final = {
    "state": "nothing goes through until it runs again",
    "freshness": "data has not arrived since the last good run",
    "rows": "rows are lost at each run",
    "volume": "its newest run moved too little",
    "credential": "nothing is read with it until it is renewed",
}


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert. `labels` are what it is known by, the same for as long as it fires; `starts_at`: epoch seconds UTC;
    `ends_at`: when it ends without another word, where that is earlier than usual."""

    finding: str
    starts_at: float
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    link: str
    ends_at: float | None = None


def roots(engine: Engine) -> tuple[list[Finding], int]:
    """Each open root that no ignore holds for and no policy will approve, gravest first; and how many were left out
    over `MOST`."""
    shelves = [one for one in filed(engine).shelves.values() if one.root and one.stand == "open"]
    drawers = narrowing(engine, Filter())(drawer for shelf in shelves for drawer in shelf.every())
    told = [engine.ledger.findings[card.id] for card in islice(filed(engine).cards(drawers), MOST)]
    return told, max(0, sum(one.count for one in drawers) - MOST)


def of(engine: Engine, root: Finding, vendors: Mapping[str, str] | None = None) -> Alert:
    """The alert of one root. `vendors`: what each vendor's public status says, by integration."""
    symptom = worst(engine, root)
    vendors = vendors_told(engine) if vendors is None else vendors
    told = facts(engine, root, symptom, vendors.get(home(symptom.address), ""))
    return Alert(
        finding=root.id,
        starts_at=root.opened_at if root.opened_at is not None else root.first_seen_at,
        labels=labels(engine, root),
        annotations={
            "summary": alert_text.summary(told),
            "description": alert_text.text(told),
            "link": told.link,
            "runbook_url": f"{pages_at(engine)}/runbooks/{_runbook(root)}",
            "finding": root.id,
        },
        link=told.link,
    )


def worst(engine: Engine, root: Finding) -> Finding:
    """What a root is about for who is woken: the most urgent of what hangs under it, else itself."""
    now = engine.clock.now()
    under: Iterator[Finding] = (one for one in engine.ledger.under(root.id) if stand(one, now) == Phase.OPEN)
    return max((root, *under), key=lambda one: (_WEIGHT[urgency(engine, one)], one is root, int(one.level), one.id))


def labels(engine: Engine, root: Finding) -> dict[str, str]:
    """Names from the configuration, closed words, and a mark of where it is: never a value, a time or a count. Another
    level, urgency or owner is another alert. None is empty: Alertmanager drops such."""
    config, address, symptom = engine.config, root.address, worst(engine, root)
    level = max(root.level, symptom.level).word
    live = engine.integrations.get(home(address))
    flow = next((flow for flow in config.flows if flow.id == address.subject), None)
    tier = flow.tier if flow is not None else live.config.tier if live is not None else 0
    found = {
        "alertname": f"Driftline{str(symptom.address.source).title()}",
        "severity": getattr(config.service.alerts.severity, level),
        "drift_severity": level,
        "urgency": str(urgency(engine, symptom)),
        "owner": owner(root),
        "tier": str(tier or ""),
        "stack": config.stack,
        "integration": home(address),
        "environment": live.config.environment if live is not None else "",
        "source": str(address.source),
        "kind": str(address.kind),
        "flow": flow.id if flow is not None else "",
        "address": address.finding_id(0),
    }
    return {name: value for name, value in found.items() if value}


def facts(engine: Engine, root: Finding, symptom: Finding, vendor: str = "") -> Told:
    name, address = who(engine), symptom.address
    sample = _sample(engine, address)
    cause = (
        root if symptom is not root else _suspect(engine, symptom) if urgency(engine, symptom) is Urgency.PAGE else None
    )
    team = engine.config.people.teams.get(owner(root))
    level, at = urgency(engine, symptom), engine.clock.now()
    return Told(
        urgency=level,
        what=named(f"{_title(engine, home(address))}: {plain(sentence(symptom.claim, name))}", name),
        since=symptom.first_seen_at,
        hit=_hit(symptom, sample, address),
        good_at=_good(engine, address, sample),
        change=plain(sentence(cause.claim, name)) if cause is not None else "",
        change_at=cause.first_seen_at if cause is not None else None,
        change_link=_page(engine, cause) if cause is not None else "",
        vendor=vendor,
        first=named(_first(root, symptom), name),
        waits=level is not Urgency.PAGE,
        because=_because(symptom, level, sample, at),
        owner=owner(root),
        contact=team.contact if team is not None else "",
        link=_page(engine, root),
        zone=engine.config.zone,
    )


def silenced(engine: Engine, finding: Finding) -> tuple[Silenced, ...]:
    """Of a finding under a cause, the cause's: that is what has the alert."""
    told = engine.alerting.silences.get(finding.cause or finding.id, ())
    return tuple(
        Silenced(
            one.until, one.by, one.comment,
            f"until {alert_text.moment(one.until, engine.config.zone)} by {one.by or 'nobody named'}"
            + (f": {one.comment}" if one.comment else ""),
        )
        for one in told
    )  # fmt: skip


def owner(root: Finding) -> str:
    return root.assignee or (root.claim.verdict.owner if root.claim.verdict is not None else "")


def _title(engine: Engine, integration: str) -> str:
    live = engine.integrations.get(integration)
    own: Integration | None = live.config if live is not None else None
    return (own.title or integration) if own is not None else integration


def pages_at(engine: Engine) -> str:
    """The address of the pages, without a slash at its end."""
    return str(engine.config.service.server.external_url).rstrip("/")


def _page(engine: Engine, finding: Finding) -> str:
    return f"{pages_at(engine)}/findings/{finding.id}"


def _runbook(root: Finding) -> str:
    """By the family of the rule; what no rule rated is known by where it comes from."""
    verdict = root.claim.verdict
    return verdict.rule.split(".")[0] if verdict is not None and verdict.rule else str(root.address.source)


def _sample(engine: Engine, address: Address) -> Sample | None:
    live = engine.integrations.get(home(address))
    if live is None or address.kind is not Kind.SYNC:
        return None
    series = live.history.get((address.scope, address.key))
    return series[-1][1] if series else None


def _good(engine: Engine, address: Address, sample: Sample | None) -> float | None:
    """Of a sync, its last success; of a system that cannot be read, the last reading that brought something."""
    if sample is not None:
        return sample.succeeded_at
    live = engine.integrations.get(home(address))
    good: float | None = live.last_ok_at if live is not None and address.source is Source.FAULT else None
    return good


def _hit(symptom: Finding, sample: Sample | None, address: Address) -> str:
    """Rows where the vendor counts them; of what nobody feels yet, what lies downstream."""
    if sample is not None:
        if sample.rows_failed:
            total = sample.rows_failed + (sample.rows_ok or 0)
            return f"{sample.rows_failed} of {total} rows refused in the newest run"
        if sample.rows_ok is not None:
            return f"{sample.rows_ok} rows went through in the newest run"
        return "rows not known: the vendor does not count them"
    verdict = symptom.claim.verdict
    targets = list(dict.fromkeys(one.target for one in verdict.reach)) if verdict is not None else []
    if not targets:
        return "nothing known downstream" if address.source is not Source.FAULT else ""
    return f"feeds {', '.join(targets[:3])}{f' and {len(targets) - 3} more' if len(targets) > 3 else ''}"


def _first(root: Finding, symptom: Finding) -> str:
    """Where the cause is known, putting it back; else what the symptom asks for; else the rule's own question."""
    verdict = root.claim.verdict
    if root is not symptom and verdict is not None and verdict.steps:
        return verdict.steps[0]
    if symptom.address.source in (Source.HEALTH, Source.FAULT) and symptom.address.fact in _FIRST:
        return _FIRST[symptom.address.fact]
    if verdict is None:
        return ""
    return verdict.steps[0] if verdict.steps else verdict.question


def _because(symptom: Finding, urgency: Urgency, sample: Sample | None, now: float) -> str:
    fact, verdict = symptom.address.fact, symptom.claim.verdict
    if verdict is not None and verdict.urgency is not urgency:
        return "the vendor reports trouble of its own, and mends it"
    if urgency is Urgency.PAGE:
        due = sample.due_at if sample is not None else None
        soon = f", the next in {round((due - now) / 60)} min" if due is not None and due > now else ""
        return f"{_LOST.get(fact, 'data is being lost')}{soon if fact == 'rows' else ''}"
    if symptom.address.source is Source.HEALTH and urgency is Urgency.TICKET:
        return "nothing of tier 1 hangs on it"
    return "nothing is lost yet, as far as is seen" if urgency is Urgency.TICKET else "nothing is known to break by it"


def _suspect(engine: Engine, symptom: Finding) -> Finding | None:
    """The change that most likely led to it: of the same system or one that shares a flow with it, of about that time;
    the same system first, then the graver, then the nearer."""
    own, since = home(symptom.address), symptom.first_seen_at
    near = [own, *_neighbours(engine, own)]
    found = [
        one
        for name in near
        for one in _changes(engine, name)
        if -BEFORE <= one.first_seen_at - since <= AFTER and not one.cause
    ]
    rank = {name: place for place, name in enumerate(near)}
    return min(
        found,
        key=lambda one: (rank[home(one.address)] > 0, -one.level, abs(one.first_seen_at - since), one.id),
        default=None,
    )


def _changes(engine: Engine, name: str) -> Iterable[Finding]:
    return (one for one in engine.ledger.of(name) if one.address.source is Source.DRIFT and one.phase is Phase.OPEN)


def _neighbours(engine: Engine, name: str) -> Iterator[str]:
    ends = [(flow.source.integration, flow.target.integration) for flow in engine.config.flows]
    yield from dict.fromkeys(other for pair in ends if name in pair for other in pair if other != name)
