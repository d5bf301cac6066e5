"""Leases: who may do a piece of work, until when. A late holder is stopped by its token, which only grows.

One process holds the state folder today; several workers on one database will need nothing else than this.
"""

from __future__ import annotations

from sqlalchemy import select, update

from probes.kit.clock import Clock

from . import schema as t
from .store import Store
from .store_tx import Tx


class LeaseLost(Exception):
    """Somebody else has it by now: what was done under it must not be kept."""


class Leases:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def lease(self, name: str, owner: str, ttl: float) -> int | None:
        """A token greater than every one before, for `ttl` seconds; None while another owner has it."""
        now = self._clock.now()
        async with self._store.transaction() as tx:
            row = await tx._one(select(t.lease).where(t.lease.c.name == name))
            if row is not None and row["until"] > now and row["owner"] != owner:
                return None
            token = (row["token"] if row else 0) + 1
            await tx._put(t.lease, [{"name": name, "owner": owner, "token": token, "until": now + ttl}])
            return int(token)

    async def renew(self, name: str, token: int, ttl: float) -> None:
        """Raises LeaseLost."""
        async with self._store.transaction() as tx:
            await self.check(tx, name, token)
            await tx.run(update(t.lease).where(t.lease.c.name == name).values(until=self._clock.now() + ttl))

    async def release(self, name: str, token: int) -> None:
        """Lets it go; the row stays, so that tokens only grow. Nothing happens when it is another's by now."""
        mine = (t.lease.c.name == name) & (t.lease.c.token == token)
        async with self._store.transaction() as tx:
            await tx.run(update(t.lease).where(mine).values(until=0.0))

    async def check(self, tx: Tx, name: str, token: int) -> None:
        """The fence: in the transaction that keeps the work. Raises LeaseLost when the token is not the newest, or its
        time is over."""
        row = await tx._one(select(t.lease).where(t.lease.c.name == name))
        if row is None or row["token"] != token or row["until"] <= self._clock.now():
            raise LeaseLost(f"the lease {name!r} was lost; the work done under it is dropped and will be done again")
