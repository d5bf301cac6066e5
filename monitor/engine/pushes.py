"""What comes in about an integration beside its readings, for its page and for the API."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from monitor.core.vendor_status import said

from . import hooks, statuses
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


class StatusView(msgspec.Struct, frozen=True):
    """What the vendor says of itself in public. `said` is a sentence without its times; `trouble`: whether it explains
    what fails here."""

    state: str
    said: str
    link: str
    since: float | None
    read_at: float | None
    trouble: bool


class Pushes(msgspec.Struct, frozen=True):
    """`None` for what the integration's file does not name."""

    hook: HookView | None = None
    status: StatusView | None = None


def pushes(engine: Engine, name: str) -> Pushes:
    """Of an integration that there is."""
    return Pushes(_hook(engine, name), status(engine, name))


def status(engine: Engine, name: str) -> StatusView | None:
    """Also of a name that there is not."""
    found = statuses.status_of(engine, name)
    if found is None:
        return None
    config = engine.integrations[name].config
    words = said(found, statuses.vendor_of(config))
    return StatusView(found.state, words, statuses.link(config.status), found.since, found.read_at, found.trouble)


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
