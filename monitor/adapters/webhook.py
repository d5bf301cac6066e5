"""A message as signed JSON, posted to an address of the user's own.

`Driftline-Signature: t=<epoch seconds>,v1=<hex>`, where v1 is the HMAC-SHA-256 under the shared secret of the time, a
full stop and the raw body: the scheme that Stripe made known, so that receivers know how to verify it. The time is that
of this try, so a receiver may refuse what is old. `Driftline-Event` says what happened; it is the same in each try.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

import msgspec

from probes.kit.api import Ask
from probes.kit.contract import Fault
from probes.kit.errors import wait_of
from probes.kit.transport import Transport

from .notified import DEADLINE, SAID, File, Message, NotifyError

CAP: Final = 1 << 20  # bytes of an answer
SIGNATURE: Final = "driftline-signature"
EVENT: Final = "driftline-event"
_LATER: Final = frozenset({408, 425, 429})  # of 4xx, those that say nothing about the message


class Webhook:
    """`proxy`: an egress proxy, or None; `ca_file`: an absolute path. Raises NotifyError for one that is none."""

    def __init__(
        self, url: str, *, allow_private: bool, proxy: str | None, ca_file: str | None, now: Callable[[], float]
    ) -> None:
        self.url, self._now = url, now
        self._at = "{0.scheme}://{0.netloc}".format(urlsplit(url))  # many services take a path for a secret
        try:
            self._http = Transport(allow_private=allow_private, proxy=proxy, ca_file=ca_file, cap=CAP)
        except Fault as fault:
            raise NotifyError(f"{self._at}: {fault.message}") from None

    async def close(self) -> None:
        await self._http.close()

    async def send(self, message: Message, secret: str) -> str:
        """Gives what it answered. Raises NotifyError."""
        body, at = encoded(message), self._now()
        headers = {
            "content-type": "application/json",
            SIGNATURE: signature(secret, at, body),
            EVENT: message.id,
        }
        try:
            answer = await self._http.send(Ask("", body=body), self.url, headers, DEADLINE)
        except Fault as fault:
            raise NotifyError(f"{self._at} does not answer: {fault.message}") from None
        said = answer.raw[: 4 * SAID].decode(errors="replace").replace(secret, "…").strip()[:SAID]
        words = f"HTTP {answer.status}: {said or 'nothing said'}"
        if 200 <= answer.status < 300:
            return words
        todo = {401: "; look at its secret", 403: "; look at its secret", 404: "; look at the path of its address"}
        raise NotifyError(
            f"{self._at} refused with {words}{todo.get(answer.status, '')}",
            wait=wait_of(answer.headers.get("retry-after", ""), self._now()) or 0.0,
            alone=400 <= answer.status < 500 and answer.status not in _LATER,
        )


def encoded(message: Message) -> bytes:
    """The body. Files are for people and do not go with it; `data` has what they are made of."""
    files: tuple[File, ...] = ()
    parts = msgspec.to_builtins(msgspec.structs.replace(message, files=files))
    del parts["files"]
    return msgspec.json.encode(parts)


def signature(secret: str, at: float, body: bytes) -> str:
    stamp = str(int(at))
    mark = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={mark}"
