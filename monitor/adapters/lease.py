"""Leases: whose work something is, until when. A late holder is stopped by its token, which only grows.

The owner is the state folder: whoever has its lock is the only one who holds for it, so that a process that starts
takes again at once what its killed predecessor had. Time says when another owner may take a lease; the token alone says
whose it is. A holder that slept past its time and lost it to nobody goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import msgspec
from sqlalchemy import bindparam, func, select, tuple_, update

from probes.kit.clock import Clock

from . import schema as t
from .store import Store
from .store_reads import listed
from .store_tx import Tx

GIT: Final = "git"  # whoever has this one writes the branch
TTL: Final = 90.0  # seconds after which another owner may take what was not renewed
RENEW: Final = TTL / 3
_FILE: Final = "owner"
_HELD: Final = (
    update(t.lease)
    .where(t.lease.c.name == bindparam("of"), t.lease.c.token == bindparam("under"))
    .values(until=bindparam("until"))
)


class LeaseLost(Exception):
    """Somebody else has it by now: what was done under it must not be kept."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"the lease {name!r} is another process's by now, so what was done under it is not kept")


def owner_of(folder: Path) -> str:
    """The name under which the processes of a state folder hold leases, one after the other; made when there is none.
    The caller has the folder's lock."""
    file = folder / _FILE
    if not file.exists():
        file.touch(mode=0o600)
    name = file.read_text().strip()
    if not name:
        name = str(uuid4())
        file.write_text(f"{name}\n")
    return name


class Leases:
    """What one owner holds. Made by `open`; `add`, `renew` and `regain` change it, and a `keeping` that finds out."""

    def __init__(self, store: Store, clock: Clock, owner: str) -> None:
        self.owner = owner
        self._store, self._clock = store, clock
        self._wanted: set[str] = set()
        self._tokens: dict[str, int] = {}
        self._renewed_at = 0.0

    @classmethod
    async def open(cls, store: Store, clock: Clock, names: Iterable[str]) -> Leases:
        leases = cls(store, clock, await asyncio.to_thread(owner_of, store.folder))
        await leases.add(names)
        return leases

    def holds(self, name: str) -> bool:
        return name in self._tokens

    def token(self, name: str) -> int:
        """What work that begins now is to be kept under; 0, which keeps nothing, while another owner has the lease."""
        return self._tokens.get(name, 0)

    async def add(self, names: Iterable[str]) -> None:
        """From now on these are held too, as soon as no other owner has them. No transaction when all of them are."""
        new = set(names) - self._wanted
        if new:
            self._wanted |= new
            await self.regain(new)

    async def regain(self, names: Iterable[str]) -> frozenset[str]:
        """Takes those of the leases that no other owner has, each under a token greater than every one before it.
        Gives what was taken."""
        names, now = sorted(names), self._clock.now()
        async with self._store.transaction() as tx:
            rows = {row["name"]: row for row in await tx._all(select(t.lease).where(t.lease.c.name.in_(listed(names))))}
            free = [name for name in names if self._free(rows.get(name), now)]
            tokens = {name: int(rows[name]["token"]) + 1 if name in rows else 1 for name in free}
            await tx._put(
                t.lease, [{"name": n, "owner": self.owner, "token": tokens[n], "until": now + TTL} for n in free]
            )
        self._tokens |= tokens
        return frozenset(free)

    def _free(self, row: Mapping[Any, Any] | None, now: float) -> bool:
        return row is None or row["owner"] == self.owner or row["until"] <= now

    async def renew(self) -> tuple[frozenset[str], frozenset[str]]:
        """Gives what was lost, and what was regained. Once in a third of the time to live: one transaction, one
        statement for all that is held; otherwise nothing."""
        now = self._clock.now()
        if 0.0 <= now - self._renewed_at < RENEW:
            return frozenset(), frozenset()
        held = dict(self._tokens)
        async with self._store.transaction() as tx:
            mine = tuple_(t.lease.c.name, t.lease.c.token).in_(_pairs(held))
            kept = await tx.run(update(t.lease).where(mine).values(until=now + TTL))
            rows = await tx._all(select(t.lease.c.name).where(mine)) if kept < len(held) else ()
        lost = frozenset(held) - {row["name"] for row in rows} if kept < len(held) else frozenset()
        for name in lost:
            self._drop(name, held[name])
        self._renewed_at = now
        missing = self._wanted - self._tokens.keys()
        return lost, await self.regain(missing) if missing else frozenset()

    @asynccontextmanager
    async def keeping(self, name: str, token: int | None = None) -> AsyncIterator[Tx]:
        """A transaction that keeps work of a lease, and nothing unless it is still under the token with which the work
        began (None: the one held now). Raises LeaseLost."""
        mine = self.token(name) if token is None else token
        async with self._store.transaction() as tx:
            until = self._clock.now() + TTL
            if not await tx.run(_HELD, {"of": name, "under": mine, "until": until}):
                self._drop(name, mine)
                raise LeaseLost(name)
            yield tx

    def _drop(self, name: str, token: int) -> None:
        if self._tokens.get(name) == token:
            del self._tokens[name]


def _pairs(tokens: Mapping[str, int]) -> Any:
    """(name, token) of any number of leases as one bound parameter."""
    pair = func.json_each(msgspec.json.encode(tokens).decode()).table_valued("key", "value")
    return select(pair.c.key, pair.c.value)
