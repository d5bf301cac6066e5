"""Findings as rows: what every list and every page shows of one, whatever brought the reader there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from monitor.core import policy
from monitor.core.graph import home
from monitor.core.graph import path as place
from monitor.core.ignores import day_of
from monitor.core.model import Finding, Phase

from .shapes import FindingRow
from .surface import Engine
from .words import named, path, plain, sentence

if TYPE_CHECKING:
    from monitor.adapters.proposer import Waiting

    from .register import Register


DISOWNED = 0.5  # of a level


def who(engine: Engine) -> Callable[[str], str]:
    """Pseudonym to name, or the pseudonym itself where the person was forgotten."""

    def name(pseudonym: str) -> str:
        return engine.people.name(pseudonym) or pseudonym

    return name


def stand(finding: Finding, now: float) -> str:
    if finding.phase is Phase.OPEN and finding.ignored_until is not None and finding.ignored_until > now:
        return "ignored"
    return str(finding.phase)


def grave(level: str, security: bool) -> bool:
    """Whether its approval takes a reason and a ticket: an auditor will ask for both."""
    return security or level == "breaking"


def waits_for(engine: Engine, finding: Finding) -> str:
    """The policy that will approve it; "" where it is a person's to decide, or the policy holds over its cap."""
    live = engine.integrations.get(finding.address.subject)
    by = policy.waits(finding)
    return "" if live is None or by in live.over else by


def proposed(engine: Engine, finding: Finding) -> Waiting | None:
    """The proposal that waits for its merge, where the finding is still as it was decided on."""
    held = engine.in_pulls.get(finding.id)
    return held if held is not None and held.fingerprint == finding.claim.fingerprint else None


def filed(engine: Engine) -> Register:
    """The register as the ledger is now."""
    return engine.register.follow(engine.ledger, engine.clock.now())


def worst_first(finding: Finding) -> tuple[float, float, str]:
    """What its recorded maker does not know of comes before all else of its level, and after what is graver."""
    return (
        -finding.level - DISOWNED * (finding.answer == "not mine"),
        -(finding.opened_at or finding.first_seen_at),
        finding.id,
    )


def rows(engine: Engine, findings: Iterable[Finding]) -> tuple[FindingRow, ...]:
    under = filed(engine).under
    return tuple(_row(engine, f, under[f.id]) for f in findings)


def _row(engine: Engine, finding: Finding, children: int) -> FindingRow:
    claim, name = finding.claim, who(engine)
    address, verdict = claim.address, claim.verdict
    parts = sentence(claim, name)
    integration = home(address)
    held = proposed(engine, finding)
    live = engine.integrations.get(integration)
    return FindingRow(
        id=finding.id,
        fingerprint=claim.fingerprint,
        source=str(address.source),
        integration=integration,
        title=(live.config.title or integration) if live else integration,
        kind=str(address.kind),
        scope=address.scope,
        key=named(address.key, name),
        fact=address.fact,
        item=named(address.item, name),
        action=str(claim.action),
        level=finding.level.word,
        urgency=str(verdict.urgency) if verdict else "",
        stand=stand(finding, engine.clock.now()),
        says=plain(parts),
        parts=parts,
        technical=named(path(claim), name),
        owner=finding.assignee or (verdict.owner if verdict else ""),
        rule=verdict.rule if verdict else "",
        first_seen_at=finding.first_seen_at,
        opened_at=finding.opened_at,
        changed_at=finding.changed_at,
        closed_at=finding.closed_at,
        closing=str(finding.closing or ""),
        flapping=finding.flapping,
        security=bool(verdict and verdict.security),
        cause=finding.cause,
        because=str(claim.because or "") if finding.cause else "",
        children=children,
        planned=verdict.planned if verdict else "",
        beside=verdict.beside if verdict else "",
        policy=waits_for(engine, finding),
        pull=(held.label or "a pull request") if held is not None else "",
        pull_url=held.url if held is not None else "",
        acknowledged_by=finding.acknowledged_by,
        assignee=finding.assignee,
        rejected_by=finding.rejected_by,
        ignored_until=finding.ignored_until,
        place=place(address),
        answer=finding.answer,
        answer_ticket=finding.answer_ticket,
        ignored_by=finding.ignored_by,
        ignored_day=day_of(finding.ignored_until, engine.config.zone) if finding.ignored_until is not None else "",
    )
