"""How each integration stands: its four states, how much of it was read, and why not more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from monitor.core.model import Finding, Source
from probes.kit.contract import Kind, State

from .rows import count, stand, waits_for, who, worst_first
from .shapes import KindMark, Mark, SystemRow
from .surface import Engine
from .words import plain, sentence

_UNSUPPORTED = (State.COMPLETE, State.UNSUPPORTED)


def system(engine: Engine, name: str) -> SystemRow:
    """One integration's line. Raises KeyError for an unknown name."""
    live, now = engine.integrations[name], engine.clock.now()
    config = live.config
    mine = [f for f in engine.ledger.findings.values() if f.address.subject == name and stand(f, now) == "open"]
    mine = [f for f in mine if not waits_for(engine, f)]
    roots = [f for f in mine if not f.cause]
    counted = [k for k in live.known.values() if k.coverage.state is not State.UNSUPPORTED]
    complete = sum(k.coverage.complete for k in counted)
    kinds = tuple(_kind(live, mine, kind) for kind in Kind)
    fault = next((f for f in sorted(roots, key=worst_first) if f.address.source is Source.FAULT), None)
    problem = plain(sentence(fault.claim, who(engine))) if fault else _blind_because(live)
    share = complete / len(counted) if counted else 0.0
    signals = live.signals
    return SystemRow(
        name=name,
        title=config.title or name,
        vendor=config.vendor,
        environment=config.environment,
        class_=str(config.class_),
        owner=config.owner,
        tier=str(config.tier),
        mark=_mark(roots, share, bool(counted)),
        kinds=kinds,
        counts=count(roots, mine, now),
        scopes=len(counted),
        complete=complete,
        coverage=share,
        unwatched=sum(signals.unwatched.values()) if signals else 0,
        account=live.vantage.account if live.vantage else "",
        account_name=live.vantage.account_name if live.vantage else "",
        read_at=live.last_poll_at,
        ok_at=live.last_ok_at,
        next_at=live.next_due_at,
        failures=live.failures,
        proposals=len(live.proposals),
        problem=problem,
        budget=signals.quota_used / signals.quota_limit
        if signals and signals.quota_limit and signals.quota_used is not None
        else None,
    )


def _blind_because(live: Any) -> str:
    known = (k.coverage for k in live.known.values() if k.coverage.state not in _UNSUPPORTED)
    reads = (coverage for coverage, _ in live.reads.values() if coverage.state not in _UNSUPPORTED)
    return next((c.reason for c in [*reads, *known] if c.reason), "")


def _kind(live: Any, findings: Sequence[Finding], kind: Kind) -> KindMark:
    scopes = [k for ref, k in live.known.items() if ref.kind is kind and k.coverage.state is not State.UNSUPPORTED]
    mine = [f for f in findings if f.address.kind is kind and f.address.source is not Source.FAULT]
    if not scopes and not mine:
        return KindMark(str(kind), "none")
    share = sum(k.coverage.complete for k in scopes) / len(scopes) if scopes else 0.0
    return KindMark(str(kind), _mark(mine, share, bool(scopes)), len(mine), share)


def _mark(findings: Sequence[Finding], share: float, any_scopes: bool) -> Mark:
    """Blind is never shown as in step, and never hides what is known to be broken."""
    told = [f for f in findings if f.address.source is not Source.FAULT]
    if any(f.level >= 3 for f in told):
        return "broken"
    if told:
        return "drifted"
    return "ok" if any_scopes and share == 1.0 and len(told) == len(findings) else "blind"
