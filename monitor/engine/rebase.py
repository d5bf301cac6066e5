"""rebase: the baseline moved, by a commit of ours or by a push. The last reading is compared with it again; no vendor
is asked. A re-comparison of the same reading confirms nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from monitor.adapters.baselines_tree import Entry
from monitor.core import evaluate
from monitor.core.compare import uncaptured
from monitor.core.evaluate import Looked
from monitor.core.model import Closing, Event
from monitor.core.sight import look
from probes.kit.contract import Ref

from . import told
from .context import limits
from .intake import differences
from .live import Live

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
        if last is None or not last.digest:
            continue
        if ref not in after:
            looked.append(Looked(ref=ref, coverage=last.coverage, keys=None, changes=(), known=0))
            if last.coverage.complete:
                proposals[ref] = "not in the baseline yet"
            continue
        looked.append(await _look(engine, live, ref))
        if last.coverage.complete and last.digest != after[ref].digest:
            approved = await engine.baselines.body(live.name, ref)
            new = uncaptured(approved, await engine.body(last.digest)) if approved else ()
            if new:
                proposals[ref] = "now also read: " + ", ".join(new)
    live.look = look(live.approved, live.vantage) if live.vantage is not None else None
    poll = evaluate.Poll(
        subject=live.name, reading=live.reading, at=now, looked=tuple(looked), gone=(), look=live.look, reads=(),
        confirming=False,
    )  # fmt: skip
    evaluation = msgspec.structs.replace(evaluate.drift(poll, limits(engine.config)), closing=Closing.APPROVED)
    events = engine.fold(live, [evaluation], now)
    try:
        async with engine.store.transaction() as tx:
            await told.keep(engine, tx, events)
            await tx.set_proposals(live.name, proposals)
    except BaseException:
        await engine.reload_ledger()
        raise
    live.proposals = proposals
    return tuple(events)


async def _look(engine: Engine, live: Live, ref: Ref) -> Looked:
    """The last complete content against the baseline as it is now."""
    last = live.known[ref]
    changes, rows = await differences(engine, live, ref, last.good_digest or last.digest, None, None)
    return Looked(
        ref=ref,
        coverage=last.coverage,
        keys=None,
        changes=changes,
        known=rows,
        needs=last.needs,
        parent=last.parent,
        link=last.link,
    )
