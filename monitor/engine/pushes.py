"""What comes in about an integration beside its readings, for its page and for the API."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from . import hooks
from .hook_state import SAYS, TAKEN
from .surface import Engine


class HookView(msgspec.Struct, frozen=True):
    """Deliveries since the process started. `why`: of the newest refusal, in a sentence's words."""

    address: str
    scheme: str
    docs: str
    counts: Mapping[str, int]
    taken_at: float | None
    refused_at: float | None
    why: str

    @property
    def taken(self) -> int:
        return sum(self.counts.get(word, 0) for word in TAKEN)

    @property
    def refused(self) -> int:
        return sum(self.counts.values()) - self.taken


class Pushes(msgspec.Struct, frozen=True):
    hook: HookView | None = None


def pushes(engine: Engine, name: str) -> Pushes:
    """Of an integration that there is."""
    return Pushes(_hook(engine, name))


def _hook(engine: Engine, name: str) -> HookView | None:
    live = engine.integrations[name]
    scheme = hooks.scheme_of(live)
    if scheme is None:
        return None
    pushed = live.pushed
    return HookView(
        address=f"{engine.config.service.server.external_url}/hooks/{name}",
        scheme=hooks.scheme_name(live),
        docs=scheme.docs,
        counts=dict(pushed.counts),
        taken_at=pushed.taken_at,
        refused_at=pushed.refused_at,
        why=SAYS[pushed.why] if pushed.why else "",
    )
