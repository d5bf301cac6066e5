"""Reads one integration: keeps its client, its credentials and its memory together, and hands out the kit's stream."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import aclosing

import httpx

from monitor.config.models import Integration
from probes import attested, rest
from probes.kit import demand
from probes.kit.auth import TokenStore
from probes.kit.client import Connection, LiveClient, connect
from probes.kit.clock import Clock
from probes.kit.contract import Absent, Fault, Kind, Memory, Read, Ref, Resource, Signals, Sought, Vantage
from probes.kit.drive import read
from probes.kit.limiter import Limiters
from probes.kit.listing import Vendor
from probes.kit.prepared import Plan
from probes.kit.registry import vendor as vendor_of


def vendor_for(own: Integration) -> Vendor:
    """The vendor file of an integration, or what its `rest:` or `attested:` block says instead of one."""
    if own.attested is not None:
        return attested.build(attested.specs(own.attested.lists))
    return rest.build(own.rest) if own.rest is not None else vendor_of(own.vendor)


class Poller:
    """One per integration and configuration. `secret` resolves a credential field at each use; `person` turns names of
    people into pseudonyms before anything leaves the kit; `used` are the requests that this day (UTC) has seen;
    `transport` answers in the place of the network."""

    def __init__(
        self,
        config: Integration,
        vendor: Vendor,
        *,
        secret: Callable[[str], str],
        memory: Memory,
        person: Callable[[str], str],
        clock: Clock,
        limiters: Limiters,
        tokens: TokenStore,
        used: int = 0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.config, self.vendor = config, vendor
        self.memory, self.person, self.clock = memory, person, clock
        self.connection = Connection(
            integration=config.name,
            vendor=vendor,
            options=dict(config.options),
            scheme=config.credentials.scheme,
            secret=secret,
            base=config.base or "",
            allow_private=config.allow_private,
            proxy=config.proxy,
            ca_file=config.ca_file,
            deadline=config.deadline,
        )
        self._limiters, self._tokens, self._used, self._transport = limiters, tokens, used, transport
        self._client: LiveClient | None = None
        self._plan = Plan()

    async def client(self) -> LiveClient:
        if self._client is None:
            client = connect(
                self.connection, clock=self.clock, limiters=self._limiters, tokens=self._tokens,
                transport=self._transport,
            )  # fmt: skip
            if client.budget is not None and client.budget.used < self._used:
                now = self.clock.now()
                client.budget.load(self._used, now - now % 86_400.0)
            self._client = await client.__aenter__()
        return self._client

    async def stream(
        self,
        *,
        listings: Collection[str] | None = None,
        ids: Collection[str] = (),
        fresh: bool = False,
        want: Callable[[Kind, str], bool],
    ) -> AsyncGenerator[Vantage | Read | Signals, None]:
        """The reading, item by item. Raises nothing of the vendor's: faults come as coverage."""
        items = read(
            self.vendor,
            await self.client(),
            self.memory,
            listings=listings,
            want=want,
            ids=ids,
            fresh=fresh,
            person=self.person,
            plan=self._plan,
        )
        async with aclosing(items):
            async for item in items:
                yield item

    async def aside(self, most: int, deadline: float) -> LiveClient:
        """The client for a few questions beside a poll; see `LiveClient.aside`."""
        return (await self.client()).aside(most, deadline)

    async def sees_as(self, aside: LiveClient, vantage: Vantage | None) -> bool:
        """Whether it is asked for from where the last reading was made: the same account, user and grants. A credential
        may have been replaced since."""
        now = await demand.identity(self.vendor, aside)
        if vantage is None or isinstance(now, Fault) or not now.coverage.complete:
            return False
        return (now.account, now.subject, now.grants) == (vantage.account, vantage.subject, vantage.grants)

    async def look(self, aside: LiveClient, ref: Ref, key: str) -> Resource | Absent | Fault:
        """One thing as it is now; see `demand.look`."""
        return await demand.look(self.vendor, aside, ref, key, person=self.person)

    async def who(self, aside: LiveClient, sought: Sequence[Sought]) -> Sequence[Mapping[str, str] | Fault]:
        """Who made each change; see `demand.who`."""
        return await demand.who(self.vendor, aside, sought, person=self.person)

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.__aexit__(None, None, None)
