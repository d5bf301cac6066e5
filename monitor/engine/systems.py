"""How each integration stands: its four states, how much of it was read, and why not more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from monitor.core.model import Phase, Source
from probes.kit.contract import COMPLETE, Coverage, Kind, State
from probes.kit.registry import vendors

from .choosing import Narrow, counted, narrowing
from .register import Drawer
from .rows import filed, who, worst_first
from .seeing import mark, seen
from .shapes import Filter, KindMark, Mark, SystemRow
from .surface import Engine
from .words import plain, sentence

_UNSUPPORTED = (State.COMPLETE, State.UNSUPPORTED)


def system(engine: Engine, name: str) -> SystemRow:
    """One integration's line. Raises KeyError for an unknown name."""
    return _system(engine, name, narrowing(engine, Filter()))


def every(engine: Engine) -> Iterator[SystemRow]:
    """All of them. Of a thousand systems each page asks for this, so that it takes one pass over what is known."""
    narrow = narrowing(engine, Filter())
    return (_system(engine, name, narrow) for name in engine.integrations)


def _system(engine: Engine, name: str, narrow: Narrow) -> SystemRow:
    live, now = engine.integrations[name], engine.clock.now()
    config = live.config
    mine = narrow(drawer for drawer in filed(engine).of(name) if drawer.stand == "open")
    roots = [drawer for drawer in mine if drawer.root]
    known, reads = _by_kind(live), live.reads.values()
    scopes = sum(one.asked for one in known.values())
    complete = sum(one.complete for one in known.values())
    kinds = tuple(_kind(known.get(kind, _NONE), mine, kind, now) for kind in Kind)
    faults = [drawer for drawer in roots if drawer.source == Source.FAULT]
    whole = bool(scopes) and complete == scopes and not any(told.state not in _UNSUPPORTED for told, _ in reads)
    problem = _fault(engine, name) if faults else "" if whole else _blind_because(live)
    share = complete / scopes if scopes else 0.0
    signals = live.signals
    return SystemRow(
        name=name,
        title=config.title or name,
        vendor=config.vendor,
        environment=config.environment,
        class_=str(config.class_),
        owner=config.owner,
        tier=str(config.tier),
        mark=_system_mark(live, roots, whole),
        seen=_system_mark(live, faults, whole),
        kinds=kinds,
        counts=counted({drawer: drawer.count for drawer in mine}),
        scopes=scopes,
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


def _system_mark(live: Any, roots: Sequence[Drawer], whole: bool) -> Mark:
    """Of all that is known and all that was asked for, even where it never gave anything; `whole`: all of it is."""
    if whole:
        coverages = [COMPLETE]
    else:
        coverages = [*(k.coverage for k in live.known.values()), *(coverage for coverage, _ in live.reads.values())]
    told = [drawer for drawer in roots if drawer.source != Source.FAULT]
    return _mark(told, coverages, faults=not coverages or len(told) < len(roots))


def _blind_because(live: Any) -> str:
    known = (k.coverage for k in live.known.values() if k.coverage.state not in _UNSUPPORTED)
    reads = (coverage for coverage, _ in live.reads.values() if coverage.state not in _UNSUPPORTED)
    return next((c.reason for c in [*reads, *known] if c.reason), "")


class _Known(msgspec.Struct):
    """Of one kind: the scopes that are known, and the coverage of reads that never gave any: those are known by what
    their listing declares. `asked` are the scopes that the vendor has, `complete` those that were read whole."""

    scopes: list[Any] = []
    bare: list[Coverage] = []
    asked: int = 0
    complete: int = 0

    @property
    def coverages(self) -> list[Coverage]:
        return [*(one.coverage for one in self.scopes), *self.bare]


_NONE: Final = _Known()


def _by_kind(live: Any) -> dict[Kind, _Known]:
    found: dict[Kind, _Known] = {}
    told = set()
    for ref, known in live.known.items():
        of = found.get(ref.kind) or found.setdefault(ref.kind, _Known())
        of.scopes.append(known)
        state = known.coverage.state
        of.asked += state is not State.UNSUPPORTED
        of.complete += state is State.COMPLETE
        told.add(known.read)
    for read in live.reads.keys() - told:
        for kind in live.kinds.get(read, ()):
            found.setdefault(kind, _Known()).bare.append(live.reads[read][0])
    vendor = vendors().get(live.config.vendor)
    for kind, why in {**vendor.unseen, **vendor.lacks}.items() if vendor else ():
        found.setdefault(kind, _Known(bare=[Coverage(State.UNSUPPORTED, why)]))
    return found


def unshown(engine: Engine, name: str) -> tuple[tuple[str, str], ...]:
    """Of each kind that cannot be seen, or not all of it, what is so and why, as the vendor file has it."""
    vendor = vendors().get(engine.integrations[name].config.vendor)
    if vendor is None:
        return ()
    said = (("not observable", vendor.unseen), ("not all observable", vendor.hides), ("has none", vendor.lacks))
    return tuple((str(kind), f"{what}: {why}") for what, kinds in said for kind, why in kinds.items())


def _kind(known: _Known, drawers: Sequence[Drawer], kind: Kind, now: float) -> KindMark:
    mine = [drawer for drawer in drawers if drawer.kind == kind and drawer.source != Source.FAULT]
    count = sum(drawer.count for drawer in mine)
    if known.scopes and not known.bare and known.complete == len(known.scopes):
        return KindMark(str(kind), _mark(mine, known.coverages[:1]), count, 1.0, seen(State.COMPLETE, None, now))
    coverages = known.coverages
    asked = [coverage for coverage in coverages if coverage.state is not State.UNSUPPORTED]
    share = sum(coverage.complete for coverage in asked) / len(asked) if asked else 0.0
    return KindMark(str(kind), _mark(mine, coverages), count, share, _words(known.scopes, coverages, now))


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
