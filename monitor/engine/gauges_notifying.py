"""What metrics say of messages to people: by target, a name from the configuration."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.adapters import store_outbox
from monitor.adapters.metrics import Series

from .surface import Engine
from .writing import folders

_OF = ("stack", "target")


async def notifying(engine: Engine) -> tuple[Series, ...]:
    """One statement."""
    now = engine.clock.now()
    return tuple(_series(engine, await store_outbox.queues(engine.store, now), now))


def _series(engine: Engine, queues: store_outbox.Queues, now: float) -> Iterator[Series]:
    stack = engine.config.stack
    targets = (*engine.config.service.notify.targets, *folders(engine))
    waiting = {name: queues[name] for name in targets if name in queues}
    yield Series(
        "driftline_notify_waiting",
        "Messages that could have been sent by now and are not.",
        _OF,
        {(stack, name): float(waiting[name].waiting) if name in waiting else 0.0 for name in targets},
    )
    yield Series(
        "driftline_notify_oldest_seconds",
        "For how long the oldest of them waits; 0 where none does.",
        _OF,
        {(stack, name): max(0.0, now - waiting[name].since) if name in waiting else 0.0 for name in targets},
    )
