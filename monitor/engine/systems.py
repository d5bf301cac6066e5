"""How each integration stands: its four states, how much of it was read, and why not more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from monitor.core.model import Phase, Source
from probes.kit.contract import Coverage, Kind, State

from .choosing import counted, narrowing
from .register import Drawer
from .rows import filed, who, worst_first
from .seeing import mark, seen
from .shapes import Filter, KindMark, Mark, SystemRow
from .surface import Engine
from .words import plain, sentence

_UNSUPPORTED = (State.COMPLETE, State.UNSUPPORTED)


def system(engine: Engine, name: str) -> SystemRow:
    """One integration's line. Raises KeyError for an unknown name."""
    live, now = engine.integrations[name], engine.clock.now()
    config = live.config
    mine = narrowing(engine, Filter())(drawer for drawer in filed(engine).of(name) if drawer.stand == "open")
    roots = [drawer for drawer in mine if drawer.root]
    asked = [k for k in live.known.values() if k.coverage.state is not State.UNSUPPORTED]
    complete = sum(k.coverage.complete for k in asked)
    kinds = tuple(_kind(live, mine, kind, now) for kind in Kind)
    faults = [drawer for drawer in roots if drawer.source == Source.FAULT]
    problem = _fault(engine, name) if faults else _blind_because(live)
    share = complete / len(asked) if asked else 0.0
    signals = live.signals
    return SystemRow(
        name=name,
        title=config.title or name,
        vendor=config.vendor,
        environment=config.environment,
        class_=str(config.class_),
        owner=config.owner,
        tier=str(config.tier),
        mark=_system_mark(live, roots),
        seen=_system_mark(live, faults),
        kinds=kinds,
        counts=counted(mine),
        scopes=len(asked),
        complete=complete,
        coverage=share,
        unwatched=sum(signals.unwatched.values()) if signals else 0,
        fresh=len(live.fresh),
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


def _fault(engine: Engine, name: str) -> str:
    """The worst of the faults that are told of it."""
    standing = (engine.ledger.findings[id] for id in filed(engine).standing(name))
    told = [f for f in standing if f.address.source is Source.FAULT and f.phase is Phase.OPEN and not f.cause]
    return plain(sentence(min(told, key=worst_first).claim, who(engine)))


def _system_mark(live: Any, roots: Sequence[Drawer]) -> Mark:
    """Of all that is known and all that was asked for, even where it never gave anything."""
    coverages = [*(k.coverage for k in live.known.values()), *(coverage for coverage, _ in live.reads.values())]
    told = [drawer for drawer in roots if drawer.source != Source.FAULT]
    return _mark(told, coverages, faults=not coverages or len(told) < len(roots))


def _blind_because(live: Any) -> str:
    known = (k.coverage for k in live.known.values() if k.coverage.state not in _UNSUPPORTED)
    reads = (coverage for coverage, _ in live.reads.values() if coverage.state not in _UNSUPPORTED)
    return next((c.reason for c in [*reads, *known] if c.reason), "")


def _kind(live: Any, drawers: Sequence[Drawer], kind: Kind, now: float) -> KindMark:
    """A kind by its scopes, and by reads that never gave any: those are known by what their listing declares."""
    known = [k for ref, k in live.known.items() if ref.kind is kind]
    told = {k.read for k in live.known.values()}
    bare = [
        coverage for read, (coverage, _) in live.reads.items() if read not in told and kind in live.kinds.get(read, ())
    ]
    coverages = [*(k.coverage for k in known), *bare]
    mine = [drawer for drawer in drawers if drawer.kind == kind and drawer.source != Source.FAULT]
    asked = [coverage for coverage in coverages if coverage.state is not State.UNSUPPORTED]
    share = sum(coverage.complete for coverage in asked) / len(asked) if asked else 0.0
    count = sum(drawer.count for drawer in mine)
    return KindMark(str(kind), _mark(mine, coverages), count, share, _words(known, coverages, now))


def _words(known: Sequence[Any], coverages: Sequence[Coverage], now: float) -> str:
    """The gravest state among them, with the age of the oldest scope that is in it."""
    order = (State.DENIED, State.FAILED, State.PARTIAL, State.COMPLETE, State.UNSUPPORTED)
    worst = next((state for state in order if any(one.state is state for one in coverages)), None)
    if worst is None:
        return ""
    ages = [one.good_at for one in known if one.coverage.state is worst]
    return seen(worst, None if None in ages else min(ages, default=None), now)


def _mark(drawers: Sequence[Drawer], coverages: Sequence[Coverage], faults: bool = False) -> Mark:
    """Blind is never shown as in step, and never hides what is known to be broken."""
    if any(drawer.level >= 3 for drawer in drawers):
        return "broken"
    if drawers:
        return "drifted"
    found = mark(coverages)
    return "blind" if faults and found in ("ok", "unseen", "none") else found
