"""What is answered already and waits for its merge at the forge, told apart from what somebody has to decide."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from monitor.core.model import Phase, Source
from probes.kit.contract import Ref

from .choosing import fits
from .register import Drawer
from .rows import filed, proposed
from .shapes import Counts, Filter
from .surface import Engine

if TYPE_CHECKING:
    from monitor.adapters.proposer import Waiting


def held_back(engine: Engine) -> dict[str, Drawer]:
    """The findings that wait for a merge, as they were decided on, and the drawer that each is filed in. Where drift
    that nobody decided on hangs under one, somebody is still asked."""
    register, out = filed(engine), {}
    for id in engine.in_pulls:
        finding, card = engine.ledger.findings.get(id), register.card(id)
        if finding is not None and card is not None and proposed(engine, finding) is not None and not _asks(engine, id):
            out[id] = card.drawer
    return out


def _asks(engine: Engine, id: str) -> bool:
    return any(
        one.phase is Phase.OPEN and one.address.source is Source.DRIFT and proposed(engine, one) is None
        for one in engine.ledger.under(id)
    )


def merging(engine: Engine, wanted: Filter) -> Counts:
    """Of what a filter without words lists: the roots that wait for a merge, by level."""
    levels = Counter[int]()
    for drawer in held_back(engine).values():
        levels[drawer.level] += drawer.root and fits(engine, wanted, drawer)
    return Counts(levels[3], levels[2], levels[1])


def capturing(engine: Engine, live: Any, ref: Ref) -> Waiting | None:
    """The proposal to capture a scope as it was read last; None where there is none, or it was read otherwise since."""
    if not engine.in_pulls:
        return None  # the head of each page asks this of all that has no baseline
    held, last = engine.in_pulls.get(f"{live.name}/{ref.kind}/{ref.name}"), live.known.get(ref)
    if held is None and ref in engine.baselines.entries(live.name):  # its file gets wider
        return engine.in_pulls.get(engine.baselines.path_of(live.name, ref))
    return held if held is not None and last is not None and held.fingerprint == last.digest.hex() else None
