"""Polls a vendor file against a real server through the kit, keeping memos between polls as the daemon would."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from probes.kit.client import Connection, connect
from probes.kit.clock import SystemClock
from probes.kit.contract import Facts, Kind, Read, Ref, Resource, Scope, Signals, Vantage
from probes.kit.drive import read
from probes.kit.limiter import Limiters
from probes.kit.listing import Vendor
from probes.kit.memo import Memos


class Poll(msgspec.Struct):
    """What one poll said. `moved`: (scope, key) of every resource whose facts are not those of the poll before."""

    vantage: Vantage
    reads: dict[str, Read]
    signals: Signals
    moved: set[tuple[str, str]]

    def scope(self, kind: Kind, name: str) -> Scope:
        """Fails when no read gave this scope."""
        return next(s for r in self.reads.values() for s in r.scopes if s.ref == Ref(kind, name))

    def rows(self, kind: Kind, name: str) -> dict[str, Resource]:
        """The resources that were not reused from the last poll, by key."""
        return {resource.key: resource for resource in self.scope(kind, name).resources}


class Poller(Memos):
    """One credential looking at one server. A poll that stores moves the memory on, as a stored reading does."""

    def __init__(
        self,
        vendor: Vendor,
        base: str,
        token: str,
        *,
        user: str = "",
        options: dict[str, Any] | None = None,
        **how: Any,
    ) -> None:
        """`how`: more of the Connection."""
        self._vendor = vendor
        self._clock = SystemClock()
        self._connection = Connection(
            "real", vendor, options or {}, next(iter(vendor.schemes)), lambda field: user if field == "user" else token,
            base=base, allow_private=True, **how,
        )  # fmt: skip
        super().__init__()
        self._facts: dict[tuple[Ref, str], Facts] = {}

    async def load(self, name: str) -> dict[str, Any] | None:
        return None

    async def refresh_started(self, name: str) -> None:
        raise AssertionError("a static token is never refreshed")

    async def save(self, name: str, token: dict[str, Any]) -> None:
        raise AssertionError("a static token is never refreshed")

    async def poll(self, ids: Collection[str] = (), *, listings: Collection[str] | None = None) -> Poll:
        """Everything, or these reads alone."""
        vantage, reads, signals = Vantage("", "", frozenset()), dict[str, Read](), Signals()
        limiters = Limiters(self._clock)
        async with connect(self._connection, clock=self._clock, limiters=limiters, tokens=self) as api:
            async for item in read(self._vendor, api, self, ids=ids, listings=listings, fresh=bool(ids)):
                if isinstance(item, Vantage):
                    vantage = item
                elif isinstance(item, Signals):
                    signals = item
                else:
                    reads[item.id] = item
                    self.keep(item)
        moved = set()
        for scope in (scope for found in reads.values() for scope in found.scopes):
            for resource in scope.resources:
                if self._facts.get((scope.ref, resource.key)) != resource.facts:
                    moved.add((scope.ref.name, resource.key))
                    self._facts[scope.ref, resource.key] = resource.facts
        return Poll(vantage, reads, signals, moved)
