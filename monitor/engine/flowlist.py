"""How each flow stands: whether it fits, and which parts of it nobody can judge. Reads memory only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from monitor.core.graph import Flow
from monitor.core.mapping import place
from monitor.core.model import Phase, Source

if TYPE_CHECKING:
    from .surface import Engine

FITS, DRIFTED, BROKEN, UNKNOWN = "fits", "drifted", "broken", "unknown"
STATES: Final = (FITS, DRIFTED, BROKEN, UNKNOWN)
NOT_LOOKED: Final = "It was not looked at yet."


class FlowRow(msgspec.Struct, frozen=True, kw_only=True):
    """One flow. `state`: broken or drifted where something open says so; unknown where nothing does and a part of it
    cannot be judged; else it fits. `unknown`: those parts in sentences, whatever the state is; `findings`: ids of what
    is open about it."""

    id: str
    source: str
    target: str
    owner: str
    tier: int
    purpose: str
    fields: int
    state: str
    unknown: tuple[str, ...]
    findings: tuple[str, ...]


def flows(engine: Engine) -> tuple[FlowRow, ...]:
    """Every flow, in the order of flows.yaml."""
    return tuple(row(engine, flow) for flow in engine.config.flows)


def partly(engine: Engine) -> int:
    """How many flows have parts that cannot be judged."""
    return sum(bool(one.unknown) for one in flows(engine))


def row(engine: Engine, flow: Flow) -> FlowRow:
    """How one of them stands."""
    unknown = engine.crossing.unknown.get(flow.id, (NOT_LOOKED,))
    about = engine.ledger.of(flow.id)
    open_ = [one for one in about if one.phase is Phase.OPEN and one.address.source is Source.MAPPING]
    worst = max((one.level for one in open_), default=0)
    state = BROKEN if worst >= 3 else DRIFTED if open_ else UNKNOWN if unknown else FITS
    return FlowRow(
        id=flow.id, source=place(flow.source), target=place(flow.target), owner=flow.owner, tier=flow.tier,
        purpose=flow.purpose, fields=len(flow.fields), state=state, unknown=unknown,
        findings=tuple(sorted(one.id for one in open_)),
    )  # fmt: skip
