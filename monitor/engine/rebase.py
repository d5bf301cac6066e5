"""rebase: the baseline moved, by a commit of ours or by a push. The last reading is compared with it again; no vendor
is asked. A re-comparison of the same reading confirms nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from monitor.adapters.baselines_tree import Entry
from monitor.adapters.records import Last
from monitor.core import evaluate, ignores
from monitor.core.evaluate import Looked
from monitor.core.model import Closing, Event
from monitor.core.sight import look
from probes.kit.contract import COMPLETE, Ref

from . import leasing, told
from .apart import apart, changes
from .context import limits
from .fresh import widens
from .intake import differences
from .live import Compared, Live

if TYPE_CHECKING:
    from .core import Engine

Index = Mapping[Ref, Entry]


async def rebase(engine: Engine, live: Live, before: Index, after: Index) -> tuple[Event, ...]:
    """Compares every scope whose approved content changed between the two indexes; stores what follows."""
    now = engine.clock.now()
    touched = [ref for ref in before.keys() | after.keys() if before.get(ref) != after.get(ref)]
    proposals = {ref: why for ref, why in live.proposals.items() if ref not in touched}
    looked: list[Looked] = []
    for ref in sorted(touched):
        last = live.known.get(ref)
        if ref not in after:
            coverage = last.coverage if last is not None else COMPLETE
            looked.append(Looked(ref=ref, coverage=coverage, keys=None, changes=(), known=0))
            if last is not None and last.coverage.complete and last.digest:
                proposals[ref] = "not in the baseline yet"
            continue
        if last is None or not last.digest:
            continue
        found = await differences(engine, live, ref, last.good_digest or last.digest, None, None)
        looked.append(_looked(last, found))
        if last.coverage.complete and (found.new or found.fresh):
            proposals[ref] = widens(found.new, found.fresh)
    live.look = look(live.approved, live.vantage) if live.vantage is not None else None
    poll = evaluate.Poll(
        subject=live.name, reading=live.reading, at=now, looked=tuple(looked), gone=(), look=live.look, reads=(),
        confirming=False, standing=engine.ledger.claims(live.name),
    )  # fmt: skip
    drift = await apart(changes(poll), evaluate.drift, poll, limits(engine.config))
    evaluation = msgspec.structs.replace(drift, closing=Closing.APPROVED)
    events = await engine.fold(live, [evaluation], now)
    events += engine.apply(ignores.settle(engine.ledger.of(live.name), live.hidden, now))
    async with told.keeping(engine, leasing.keeping(engine, live), events) as tx:
        await tx.set_proposals(live.name, proposals)
    live.proposals = proposals
    return tuple(events)


def _looked(last: Last, found: Compared) -> Looked:
    """The last complete content against the baseline as it is now."""
    return Looked(
        ref=last.ref,
        coverage=last.coverage,
        keys=None,
        changes=found.changes,
        known=found.rows,
        needs=last.needs,
        parent=last.parent,
        evidence=found.about,
        link=last.link,
    )
