"""Decisions that write one file of the baselines repository: stored first, written by the committer, like any other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from monitor.adapters.records import Decision, TrailEntry, Work
from monitor.core.visible import uncalled

from . import eyes, second, told
from .request import Refused
from .whence import whence

if TYPE_CHECKING:
    from .core import Engine


def decision(
    engine: Engine, uuid: str, kind: str, integration: str, work: Work, by: str, via: str, reason: str, title: str,
    asked: str,
) -> Decision:  # fmt: skip
    """`title` is the first line of its commit; `asked` the mark of the request (repeated.py)."""
    return Decision(
        uuid=uuid, kind=kind, by=by, at=engine.clock.now(), via=via, integration=integration, reason=reason, work=work,
        message=f"{uncalled(title)}\n\n{reason}\n", ref_seen=engine.baselines.seen, asked=asked,
    )  # fmt: skip


async def file(engine: Engine, made: Decision, about: Mapping[str, object]) -> Decision:
    """Stores it with its line of the trail, which says `about` too, and wakes the committer, unless it waits for a
    second person. Raises Refused."""
    made = await eyes.weigh(engine, made)
    data = {"decision": made.uuid, "reason": made.reason, **about, "findings": sorted(made.findings)}
    data |= {**second.takes(made), **whence(made.by, made.via)}
    async with told.keeping(engine, engine.store.transaction(), second.asked(engine, made)) as tx:
        if not await tx.queue_decision(made):
            raise Refused(f"decision {made.uuid} was stored a moment ago by another request; look it up")
        await tx.add_trail(TrailEntry(at=made.at, who=made.by, what=made.kind, subject=made.integration, data=data))
    second.note(engine, made)
    return made
