"""Keyed pseudonyms for people. Everything but this table holds `p-…` alone, so that a person can be forgotten.

The key is random, made once, and never leaves the store: without it a pseudonym cannot be made from a name.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata

from sqlalchemy import delete, select

from . import schema as t
from .store import Store
from .store_tx import Tx

_KEY = "people.key"


class People:
    """Made by `open`. Lookups are in memory; new names reach the disk with the next transaction (`flush`)."""

    def __init__(self, store: Store, key: bytes, names: dict[str, str]) -> None:
        self._store = store
        self._key = key
        self._names = names
        self._new: dict[str, str] = {}

    @classmethod
    async def open(cls, store: Store) -> People:
        key = await store.meta(_KEY)
        if key is None:
            key = secrets.token_bytes(32)
            async with store.transaction() as tx:
                await tx.set_meta(_KEY, key)
        rows = await store._all(select(t.person))
        return cls(store, key, {row["pseudonym"]: row["name"] for row in rows})

    def pseudonym(self, name: str) -> str:
        """`p-` and 10 hex; the same for a name in another case or Unicode form, since mail addresses are."""
        plain = unicodedata.normalize("NFC", name.strip()).casefold()
        made = f"p-{hmac.new(self._key, plain.encode(), hashlib.sha256).hexdigest()[:10]}"
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
        """Takes the name out of the table and returns its pseudonym, which stays in baselines and events. A person
        whom a vendor still lists comes back with the next reading: remove them there first."""
        known = set(self._names)
        made = self.pseudonym(name)
        async with self._store.transaction() as tx:
            await tx.run(delete(t.person).where(t.person.c.pseudonym == made))
        await self._store.scrub()
        self._names.pop(made, None)
        self._new.pop(made, None)
        if made not in known:
            raise LookupError(f"nobody of that name is known here; {made} would be the pseudonym")
        return made
