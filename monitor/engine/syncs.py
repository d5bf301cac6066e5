"""What a reading tells of syncs: which were read, and which runs ended since the last one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from monitor.core import health, leaving
from monitor.core.model import Evaluation
from monitor.core.poll import Poll
from monitor.core.runs import Run, alike, run_of
from probes.kit.contract import Kind

from .intake import READ_STATES, Intake
from .live import Live

if TYPE_CHECKING:
    from .core import Engine

Runs = Mapping[health.Key, Run]


async def ended(engine: Engine, live: Live, intake: Intake) -> Runs:
    """Runs that this reading is the first to tell of, each with what the same weekday moved before."""
    found: dict[health.Key, Run] = {}
    for scope, key, sample in intake.samples:
        known, run = live.runs.get((scope, key)), run_of(sample)
        if run is None or (known and run.ended <= known[-1].ended):
            continue
        if run.rows is not None:
            earlier = await engine.store.runs_before(live.name, scope, key, run.ended)
            run = msgspec.structs.replace(run, before=alike(run.ended, earlier))
        found[scope, key] = run
    return found


def evaluate(live: Live, intake: Intake, poll: Poll, runs: Runs, now: float) -> tuple[Evaluation, ...]:
    """Health of what was read, and what is still written into a system on its way out. While a list of syncs cannot be
    read, what was last said of them stands."""
    history: dict[health.Key, health.Series] = {key: tuple(series) for key, series in live.history.items()}
    for scope, key, sample in intake.samples:
        history[scope, key] = (*history.get((scope, key), ()), (intake.at, sample))
    every: dict[health.Key, Sequence[Run]] = {key: tuple(kept) for key, kept in live.runs.items()}
    every.update({key: (*every.get(key, ()), run) for key, run in runs.items()})
    read = _read(intake)
    return (
        health.evaluate(poll, history, every, read, now),
        leaving.evaluate(poll, live.config.class_ == "sunset", history, read, now),
    )


def _read(intake: Intake) -> dict[str, frozenset[str] | None]:
    """Scopes that were read, with the keys that were read of one that came in part."""
    read: dict[str, frozenset[str] | None] = {}
    for ref, last in intake.updates.items():
        if ref.kind is Kind.SYNC and last.coverage.state in READ_STATES:
            keys = frozenset(key for scope, key, _ in intake.samples if scope == ref.name)
            read[ref.name] = None if last.coverage.complete else keys
    return read
