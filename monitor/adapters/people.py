"""Keyed pseudonyms for people. What stays for ever holds `p-…` alone, so that a person can be forgotten.

The key is random, made once, and never leaves the store: without it a pseudonym cannot be made from a name.
"""

from __future__ import annotations

from sqlalchemy import select

from . import schema as t
from .forgetting import forget
from .pseudonyms import pseudonym
from .store import Store
from .store_tx import Tx


class People:
    """Made by `open`. Lookups are in memory; new names reach the disk with the next transaction (`flush`)."""

    def __init__(self, store: Store, key: bytes, names: dict[str, str]) -> None:
        self._store = store
        self._key = key
        self._names = names
        self._new: dict[str, str] = {}

    @classmethod
    async def open(cls, store: Store) -> People:
        async with store.transaction() as tx:
            key = await tx.people_key()
        rows = await store._all(select(t.person))
        return cls(store, key, {row["pseudonym"]: row["name"] for row in rows})

    def pseudonym(self, name: str) -> str:
        made = pseudonym(self._key, name)
        if made not in self._names:
            self._names[made] = self._new[made] = name.strip()
        return made

    def name(self, pseudonym: str) -> str | None:
        """None for one that was forgotten, or never seen."""
        return self._names.get(pseudonym)

    def called(self, part: str) -> list[str]:
        """The pseudonyms of those in whose names this is, in whatever case."""
        return [pseudonym for pseudonym, name in self._names.items() if part.casefold() in name.casefold()]

    async def flush(self, tx: Tx) -> None:
        """Stores new names in a transaction; they stay new until it is kept."""
        new = dict(self._new)
        await tx.put_person(new)
        tx.when_kept(lambda: [self._new.pop(pseudonym, None) for pseudonym in new])

    async def forget(self, name: str) -> str:
        """Takes the name out of the store, wherever it stands as that of one who acted, and returns its pseudonym,
        which stays. Their tokens and sessions end. A person whom a vendor still lists comes back with the next reading:
        remove them there first. Raises LookupError for one whom nothing knows."""
        made = pseudonym(self._key, name)
        async with self._store.transaction() as tx:
            gone = await forget(tx, self._key, made)
        await self._store.scrub()
        known = made in gone or made in self._names
        for one in gone | {made}:
            self._names.pop(one, None)
            self._new.pop(one, None)
        if not known:
            raise LookupError(f"nobody of that name is known here; {made} would be the pseudonym")
        return made
