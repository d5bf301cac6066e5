"""Tries out who is told: one marked message, sent at once and beside the outbox, and what the other end answered."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec

from monitor.adapters.notified import NotifyError

from .messages import trial
from .request import Refused

if TYPE_CHECKING:
    from .core import Engine


class Try(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`target`: one of `notify.targets`; all of them where it is empty."""

    target: str = ""


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one target. `says`: what the other end answered, or why it took nothing."""

    target: str
    ok: bool
    says: str


async def send(engine: Engine, asked: Try) -> tuple[Tried, ...]:
    """Raises Refused where there is no such target, or none at all."""
    targets = engine.config.service.notify.targets
    if asked.target and asked.target not in targets:
        raise Refused(f"There is no target {asked.target[:80]!r}; there are: {', '.join(sorted(targets)) or 'none'}.")
    if not targets:
        raise Refused("No target is configured; `notify.targets` in driftline.yaml names them.")
    return tuple([await _one(engine, name) for name in ((asked.target,) if asked.target else targets)])


async def _one(engine: Engine, target: str) -> Tried:
    try:
        says = await engine.notifying.delivering.send(target, trial(engine, target, f"test-{uuid4().hex}"))
    except NotifyError as error:
        return Tried(target=target, ok=False, says=str(error))
    return Tried(target=target, ok=True, says=says)
