"""Rotating refresh tokens, encrypted with keys from outside. The only secrets that the store ever holds.

The first key encrypts, all of them decrypt, so that keys are changed by putting a new one in front. A key that is lost
is an error and never a new key: the token behind it would be lost as well, and only the vendor's owner can make one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import delete, select

from probes.kit.clock import Clock

from . import schema as t
from .failpoints import reach
from .store import Store

_KEPT, _STARTED = "kept", "refresh started"
RESTORED = "restored"  # a backup was taken of it; the machine that it was taken of may have spent it since


class TokenKeyError(Exception):
    """No key fits, or no token is to be trusted: the message says which integrations wait for it, and what to do. It
    never holds a key."""


class Tokens:
    """The kit's TokenStore."""

    def __init__(self, store: Store, box: MultiFernet | None, clock: Clock) -> None:
        self._store = store
        self._box = box
        self._clock = clock

    @classmethod
    async def open(cls, store: Store, keys: Sequence[str], clock: Clock) -> Tokens:
        """Raises TokenKeyError when a key is none, or when a token is stored that no key opens."""
        self = cls(store, _box(keys), clock)
        closed = [row["integration"] for row in await store._all(select(t.rotating)) if not self._opens(row["data"])]
        if closed:
            raise TokenKeyError(
                f"the refresh tokens of {', '.join(sorted(closed))} are encrypted with a key that is not in "
                "token_keys; add that key back, or remove them with `driftline authorize --again`"
            )
        return self

    async def load(self, name: str) -> dict[str, Any] | None:
        """The token as it was saved last. Raises TokenKeyError for one that came from a backup."""
        found = await self._store._one(select(t.rotating).where(t.rotating.c.integration == name))
        if found is not None and found["state"] == RESTORED:
            raise TokenKeyError(
                f"{name} was restored from a backup, and a refresh token is good once: the one of then may be spent; "
                f"agree anew with `driftline authorize {name} --again`"
            )
        if found is None or not found["data"]:
            return None
        return orjson.loads(self._need(name).decrypt(found["data"]))  # type: ignore[no-any-return]

    async def refresh_started(self, name: str) -> None:
        """Durable before the request is sent: after a crash it is known that the kept token may be spent."""
        async with self._store.transaction() as tx:
            row = await tx._one(select(t.rotating.c.data).where(t.rotating.c.integration == name))
            data = row["data"] if row else b""
            await tx._put(t.rotating, [{"integration": name, "state": _STARTED, "at": self._clock.now(), "data": data}])
        reach("token.before")

    async def save(self, name: str, token: dict[str, Any]) -> None:
        """Durable before the token is first used. Raises TokenKeyError when there is no key to encrypt with."""
        reach("token.after")
        data = self._need(name).encrypt(orjson.dumps(token))
        async with self._store.transaction() as tx:
            await tx._put(t.rotating, [{"integration": name, "state": _KEPT, "at": self._clock.now(), "data": data}])
        reach("token.saved")

    async def forget(self, name: str) -> None:
        async with self._store.transaction() as tx:
            await tx.run(delete(t.rotating).where(t.rotating.c.integration == name))

    async def rotate(self) -> None:
        """Encrypts all tokens anew with the first key, so that older keys can be taken out of the list."""
        async with self._store.transaction() as tx:
            for row in await tx._all(select(t.rotating)):
                if row["data"]:
                    data = self._need(row["integration"]).rotate(row["data"])
                    await tx._put(t.rotating, [{**row, "data": data}])

    def _need(self, name: str) -> MultiFernet:
        if self._box is None:
            raise TokenKeyError(
                f"{name} has a refresh token that changes at each use, and there is no key to keep it with: put one "
                "into token_keys of driftline.yaml as a reference to a secret (`driftline token new-key` makes one)"
            )
        return self._box

    def _opens(self, data: bytes) -> bool:
        if not data:
            return True
        if self._box is None:
            return False
        try:
            self._box.decrypt(data)
        except InvalidToken:
            return False
        return True


def new_key() -> str:
    return Fernet.generate_key().decode()


def _box(keys: Sequence[str]) -> MultiFernet | None:
    boxes = []
    for number, key in enumerate(keys, 1):
        try:
            boxes.append(Fernet(key))
        except ValueError:
            raise TokenKeyError(
                f"token_keys: key {number} is none: expected 32 random bytes in URL-safe base64, as "
                "`driftline token new-key` makes them"
            ) from None
    return MultiFernet(boxes) if boxes else None
