"""What the head of every page shows, and the path prefix of its links."""

from __future__ import annotations

import msgspec

from monitor.engine.choosing import choose
from monitor.engine.shapes import Filter
from monitor.engine.surface import Engine

from .settings import Settings


class Head(msgspec.Struct, frozen=True):
    """`open` counts roots by level; `proposals` what no baseline covers."""

    stack: str
    state: str
    at: float
    open: int
    breaking: int
    proposals: int
    demo: bool
    leave: str  # how to sign out: "form" by ours, an address of the proxy's, or "" where there is no way


class Frame:
    """Made once per application; `now` is asked for per page."""

    def __init__(self, engine: Engine, settings: Settings, *, demo: bool) -> None:
        self._engine, self._settings, self._demo = engine, settings, demo

    @property
    def prefix(self) -> str:
        return self._settings.prefix

    def now(self) -> Head:
        counts = choose(self._engine, Filter()).counts
        return Head(
            stack=self._engine.config.stack,
            state=self._engine.state,
            at=self._engine.clock.now(),
            open=counts.total,
            breaking=counts.breaking,
            proposals=sum(len(live.proposals) for live in self._engine.integrations.values()),
            demo=self._demo,
            leave=_leave(self._settings),
        )


def _leave(settings: Settings) -> str:
    if settings.mode == "proxy":
        return settings.auth.sign_out or ""
    return "" if settings.mode == "none" else "form"
