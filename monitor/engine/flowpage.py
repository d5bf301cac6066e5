"""One flow in full: each mapped pair, with what is open about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from monitor.core.graph import End
from monitor.core.mapping import place

from .flowlist import BROKEN, DRIFTED, FITS, UNKNOWN, FlowRow, row
from .rows import rows
from .shapes import FindingRow
from .views import NotFound

if TYPE_CHECKING:
    from .surface import Engine


class PairRow(msgspec.Struct, frozen=True, kw_only=True):
    """One mapped pair of a flow. `left_out`: values that are not carried on purpose; `findings`: what is open about
    it."""

    source: str
    target: str
    values: tuple[tuple[str, str], ...]
    left_out: tuple[str, ...]
    state: str
    findings: tuple[FindingRow, ...]


class FlowDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One flow in full. `others`: what is open about it and about no single pair."""

    row: FlowRow
    source: End
    target: End
    writer: str
    reader: str
    creates: bool
    pairs: tuple[PairRow, ...]
    others: tuple[FindingRow, ...]


def flow(engine: Engine, id: str) -> FlowDetail:
    """Raises NotFound."""
    found = next((one for one in engine.config.flows if one.id == id), None)
    if found is None:
        known = ", ".join(one.id for one in engine.config.flows) or "none"
        raise NotFound(f'no flow is called "{id[:60]}"; there are: {known}')
    stands = row(engine, found)
    open_ = [engine.ledger.findings[one] for one in stands.findings]
    pairs, rest = [], {one.id: one for one in open_}
    for pair in found.fields:
        ends = {(place(found.source), pair.source), (place(found.target), pair.target)}
        about = [one for one in open_ if (one.address.scope, one.address.key) in ends]
        for one in about:
            rest.pop(one.id, None)
        worst = max((one.level for one in about), default=0)
        state = BROKEN if worst >= 3 else DRIFTED if about else UNKNOWN if stands.unknown else FITS
        pairs.append(
            PairRow(
                source=pair.source, target=pair.target, values=tuple(sorted(pair.values.items())),
                left_out=pair.left_out, state=state, findings=rows(engine, about),
            )
        )  # fmt: skip
    return FlowDetail(
        row=stands, source=found.source, target=found.target, writer=found.writer, reader=found.reader,
        creates=found.creates, pairs=tuple(pairs), others=rows(engine, rest.values()),
    )  # fmt: skip
