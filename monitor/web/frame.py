"""What the head of every page shows, and the path prefix of its links."""

from __future__ import annotations

import msgspec

from monitor.engine.choosing import choose
from monitor.engine.merging import capturing, merging
from monitor.engine.shapes import Filter
from monitor.engine.surface import Engine

from .settings import Settings


class Head(msgspec.Struct, frozen=True):
    """`open` counts roots that somebody has to decide about, `breaking` those of them; `proposals` what no baseline
    covers. What waits for a merge only is in neither. `drill`: what is made up just now, and counted nowhere."""

    stack: str
    state: str
    at: float
    open: int
    breaking: int
    proposals: int
    demo: bool
    fleet: bool  # whether other stacks are looked at from here
    leave: str  # how to sign out: "form" by ours, an address of the proxy's, or "" where there is no way
    drill: str


class Frame:
    """Made once per application; `now` is asked for per page."""

    def __init__(self, engine: Engine, settings: Settings, *, demo: bool) -> None:
        self._engine, self._settings, self._demo = engine, settings, demo

    @property
    def prefix(self) -> str:
        return self._settings.prefix

    def now(self) -> Head:
        counts, merges = choose(self._engine, Filter()).counts, merging(self._engine, Filter())
        open_ = [live for live in self._engine.integrations.values() if live.proposals]
        drill = self._engine.alerting.drills.running
        return Head(
            stack=self._engine.config.stack,
            state=self._engine.state,
            at=self._engine.clock.now(),
            open=counts.total - merges.total,
            breaking=counts.breaking - merges.breaking,
            proposals=sum(capturing(self._engine, live, ref) is None for live in open_ for ref in live.proposals),
            demo=self._demo,
            fleet=bool(self._engine.config.service.fleet.stacks),
            leave=_leave(self._settings),
            drill=drill.says if drill is not None else "",
        )


def _leave(settings: Settings) -> str:
    if settings.mode == "proxy":
        return settings.auth.sign_out or ""
    return "" if settings.mode == "none" else "form"
