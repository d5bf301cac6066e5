"""The ignores as a list for people, and counted for metrics: pages, API and terminal show the same rows."""

from __future__ import annotations

from collections import Counter

from monitor.adapters.layout import ignore_path
from monitor.core.ignores import Use, forces, state

from .shapes import IgnoreRow
from .surface import Engine


def ignores(engine: Engine, integration: str = "") -> tuple[IgnoreRow, ...]:
    """Those that end first come first; one for no configured integration is listed too."""
    now, every = engine.clock.now(), engine.baselines.ignores
    holds = Counter(one.ignored_by for one in engine.ledger.findings.values() if one.phase == "open")
    out = []
    for subject in sorted({one.subject for one in every}):
        for force in forces(every, subject, engine.config.zone):
            one, use = force.ignore, engine.uses.get(force.ignore.id, Use(now))
            row = IgnoreRow(
                id=one.id,
                integration=subject,
                pattern=one.pattern,
                source=str(one.source),
                state=state(force, use, holds[one.id] > 0, now),
                until=one.until,
                reason=one.reason,
                owner=one.owner,
                ticket=one.ticket,
                any_value=one.any_value,
                holds=holds[one.id],
                hits=use.hits,
                last_at=use.last_at,
                file=ignore_path(one.id),
            )
            if integration in ("", subject):
                out.append(row)
    return tuple(sorted(out, key=lambda row: (row.until, row.id)))
