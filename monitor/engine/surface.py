"""What pages, API, metrics and terminal use of the engine: its outside as a protocol.

The engine and the stand-ins of tests both fit it by shape, so that what only looks imports nothing that acts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from .request import Decide

if TYPE_CHECKING:
    from .news import News
    from .register import Register


class Now(Protocol):
    def now(self) -> float: ...


class Engine(Protocol):
    """The use cases, and the state that pages read. See monitor/engine/core.py for what each one does.

    `state` is loading, ready or draining; `integrations` maps names to `engine.live.Live`; `decide` gives a stored
    `records.Decision` and raises `request.Refused`; `reload` gives problems, none when the new configuration is in use;
    `finding_bodies` gives the fact's whole value before and after.
    """

    @property
    def config(self) -> Any: ...
    @property
    def store(self) -> Any: ...
    @property
    def baselines(self) -> Any: ...
    @property
    def crossing(self) -> Any: ...
    @property
    def uses(self) -> Mapping[str, Any]: ...
    @property
    def ledger(self) -> Any: ...
    @property
    def register(self) -> Register: ...
    @property
    def news(self) -> News: ...
    @property
    def people(self) -> Any: ...
    @property
    def clock(self) -> Now: ...
    @property
    def started_at(self) -> float: ...
    @property
    def state(self) -> str: ...
    @property
    def integrations(self) -> Mapping[str, Any]: ...

    def decide(self, request: Decide, by: str, via: str) -> Awaitable[Any]: ...
    def poll(self, name: str, listings: Sequence[str] | None = None) -> Awaitable[Any]: ...
    def reload(self) -> Awaitable[Sequence[str]]: ...
    def finding_bodies(self, id: str) -> Awaitable[tuple[Any, Any]]: ...
