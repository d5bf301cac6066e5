"""Facts that change in most polls, proposed as ignores with the evidence: pages, API and terminal show the same."""

from __future__ import annotations

import msgspec

from monitor.core import restless
from monitor.core.ignores import day_of
from monitor.core.model import Finding

from .live import Live
from .rows import who
from .surface import Engine
from .words import named, short

SHOWN = 3  # of the last values
READINGS = 200  # that are looked through for the polls that looked at one listing
DAYS = 90 * 86_400.0  # how long an ignore is proposed for


class RestlessRow(msgspec.Struct, frozen=True, kw_only=True):
    """Facts that change in most polls, proposed as one ignore: `changed` of the newest `polls`, the last `values`, the
    newest first. `reason`, `owner` and `until` are what the proposal would write; nothing is ignored yet."""

    integration: str
    pattern: str
    findings: tuple[str, ...]
    changed: int
    polls: int
    values: tuple[str, ...]
    reason: str
    owner: str
    until: str


async def proposed(engine: Engine, integration: str = "") -> tuple[RestlessRow, ...]:
    out: list[RestlessRow] = []
    for live in engine.integrations.values():
        if integration in ("", live.name):
            found = restless.proposed(await _looked(engine, live))
            out += [await _row(engine, live, one) for one in found]
    return tuple(out)


async def _looked(engine: Engine, live: Live) -> list[tuple[Finding, list[restless.Span]]]:
    """What moves often, each with the polls that read its listing, the newest first."""
    moving = [one for one in engine.ledger.of(live.name) if restless.may_be(one) and one.address.ref in live.known]
    readings = await engine.store.readings(live.name, limit=READINGS) if moving else []
    spans: dict[str, list[restless.Span]] = {}
    for one in readings:
        for name in one.listings:
            spans.setdefault(name, []).append((one.started_at, one.ended_at))
    return [(one, spans.get(live.known[one.address.ref].read.partition("/")[0], [])) for one in moving]


async def _row(engine: Engine, live: Live, one: restless.Restless) -> RestlessRow:
    first = one.findings[0]
    events = await engine.store.events(finding=first.id, newest_first=True, limit=restless.POLLS)
    values = dict.fromkeys(
        named(short(event.claim.after), who(engine)) for _, event in events if event.claim is not None
    )
    often = f"changed in {one.changed} of {one.polls} polls"
    verdict = first.claim.verdict
    return RestlessRow(
        integration=live.name,
        pattern=one.pattern,
        findings=tuple(finding.id for finding in one.findings),
        changed=one.changed,
        polls=one.polls,
        values=tuple(values)[:SHOWN],
        reason=f"Tells nothing: {often}.",
        owner=first.assignee or (verdict.owner if verdict is not None else ""),
        until=day_of(engine.clock.now() + DAYS, engine.config.zone),
    )
