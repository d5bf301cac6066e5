"""Planned changes as lists for people: what came with each, what is outstanding, what came beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from monitor.adapters.layout import planned_path
from monitor.core.graph import path, pattern_matches
from monitor.core.model import Finding, Phase
from monitor.core.planned import PlannedChange

from .plan_shapes import PlanDetail, PlanRow
from .rows import filed, rows, who, worst_first
from .surface import Engine
from .views import NotFound

SHOWN = 200  # findings of one list on a page
MOST = 5000  # findings that one decision is about
ORDER = ("open", "coming", "over")


class _Of(NamedTuple):
    """What came with one plan, and beside it."""

    came: list[Finding]
    beside: list[Finding]


def plans(engine: Engine) -> tuple[PlanRow, ...]:
    """Open ones first, then what is coming, then what is over, the newest of each first."""
    found = _found(engine)
    listed = [_row(engine, plan, found[plan.id]) for plan in engine.baselines.announced]
    return tuple(sorted(listed, key=order))


def order(row: PlanRow) -> tuple[int, float, str]:
    return ORDER.index(row.state), -row.end, row.id


class Strip(NamedTuple):
    """One planned change of which something waits: how many came with it, and how many beside it, that are open."""

    id: str
    ticket: str
    waiting: int
    beside: int


def strip(engine: Engine) -> tuple[Strip, ...]:
    """Those with something to decide, from what is counted already."""
    register = filed(engine)
    listed = [
        Strip(one.id, one.ticket, register.came[one.id], register.beside[one.id]) for one in engine.baselines.announced
    ]
    return tuple(sorted((one for one in listed if one.waiting or one.beside), key=lambda one: one.id))


def plan(engine: Engine, id: str) -> PlanDetail:
    """Raises NotFound."""
    there = next((one for one in engine.baselines.announced if one.id == id), None)
    if there is None:
        raise NotFound(f'no planned change is called "{id[:60]}"; /planned lists them')
    of = _found(engine)[id]
    standing = [one for one in of.came if one.phase is not Phase.CLOSED]
    ready = [one for one in standing if may(engine, one)]
    later = [one for one in standing if not may(engine, one)]
    done = sorted((one for one in of.came if one.phase is Phase.CLOSED), key=lambda one: -(one.closed_at or 0.0))
    return PlanDetail(
        row=_row(engine, there, of),
        ready=rows(engine, sorted(ready, key=worst_first)[:MOST]),
        later=rows(engine, sorted(later, key=worst_first)[:SHOWN]),
        done=rows(engine, done[:SHOWN]),
        beside=rows(engine, sorted(of.beside, key=worst_first)[:SHOWN]),
    )


def may(engine: Engine, finding: Finding) -> bool:
    """Whether it can be approved now: it is believed, and its scope was read completely."""
    live = engine.integrations.get(finding.address.subject)
    last = live.known.get(finding.address.ref) if live is not None else None
    return finding.phase is Phase.OPEN and last is not None and bool(last.coverage.complete)


def _found(engine: Engine) -> dict[str, _Of]:
    """One pass over the ledger for all plans. What came beside one counts while it is open."""
    out: dict[str, _Of] = defaultdict(lambda: _Of([], []))
    every: Iterable[Finding] = engine.ledger.findings.values() if engine.baselines.announced else ()
    for one in every:
        verdict = one.claim.verdict
        if verdict is not None and verdict.planned:
            out[verdict.planned].came.append(one)
        elif verdict is not None and verdict.beside and one.phase is Phase.OPEN:
            out[verdict.beside].beside.append(one)
    return out


def _row(engine: Engine, plan: PlannedChange, of: _Of) -> PlanRow:
    now, name = engine.clock.now(), who(engine)
    places = [path(one.address) for one in of.came]
    waiting = sum(one.phase is not Phase.CLOSED for one in of.came)
    given = msgspec.structs.asdict(plan) | {"integrations": plan.systems, "actor": name(plan.actor)}
    return PlanRow(
        **given,
        state="coming" if plan.start > now else "over" if plan.end <= now else "open",
        waiting=waiting,
        done=len(of.came) - waiting,
        beside=len(of.beside),
        outstanding=tuple(p for p in plan.patterns if not any(pattern_matches(p, place) for place in places)),
        file=planned_path(plan.id),
    )
