"""A target of direct notifications that takes nothing is a finding of the monitor itself: who is told only there would
else never learn that nobody is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from monitor.core.model import Action, Address, Claim, Source
from probes.kit.contract import Kind

if TYPE_CHECKING:
    from .surface import Engine


def late(engine: Engine) -> Iterator[str]:
    """Targets that took nothing for longer than the configuration bears."""
    notify, now = engine.config.service.notify, engine.clock.now()
    for target, queue in engine.notifying.queues.items():
        if target in notify.targets and now - queue.since >= notify.undelivered_after:
            yield target


def claims(engine: Engine, subject: str, first: bool) -> Iterator[Claim]:
    """Under the integration under which it is told what concerns all. What the other end answered is no part of it: it
    may change with each try."""
    for target in late(engine) if first else ():
        words = (
            f"The target {target} takes no messages. They are kept and tried again; `driftline notify test {target}` "
            "says what the other end answers."
        )
        address = Address(Source.UPKEEP, subject, Kind.PLATFORM, "notifications", target, "undelivered")
        yield Claim(address, Action.CHANGED, None, True, words=words)
