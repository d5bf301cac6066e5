"""Idempotency-Key: a request that is sent again with the same key is carried out once, and answered the same.

After the IETF draft "The Idempotency-Key HTTP Header Field" (draft-ietf-httpapi-idempotency-key-header): another
request under the same key is 422, one whose first is still under way is 409. Answers are kept for a day. What failed,
or was refused, changed nothing and may be asked again under the same key.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.adapters.store_answered import Answered, answered, drop_answered, put_answered

from .problems import Problem, answer

HEADER: Final = "idempotency-key"
REPLAYED: Final = b"idempotency-replayed"
API: Final = "/api/v1/"
UNSAFE: Final = {"POST", "PUT", "PATCH", "DELETE"}
_KEY: Final = re.compile(r'"[\x21\x23-\x5b\x5d-\x7e]{1,200}"|[\x21\x23-\x5b\x5d-\x7e]{1,200}')
# Answers that hold a secret: it is shown once, and kept nowhere.
SHOWN_ONCE: Final = re.compile(r"/api/v1/(?:tokens|tokens/link|me/tokens|findings/[^/]+/ask)")
_UNKNOWN: Final = (
    "It was begun, and Driftline was stopped before it was answered: whether it was carried out is not known. Look at "
    "what there is, then ask with another key."
)


class Once:
    """Wraps the application. Whom it asks for is known by then, and what it asks for is there."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._under_way: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = Headers(scope=scope).get(HEADER) if scope["type"] == "http" else None
        if key is None or scope["method"] not in UNSAFE or not scope["path"].startswith(API):
            await self._app(scope, receive, send)
            return
        if not _KEY.fullmatch(key):
            words = "Idempotency-Key: expected 1 to 200 visible characters, in double quotes or without."
            await answer(scope, Problem(400, "Not understood", words))(scope, receive, send)
            return
        body = await _whole(receive)
        one = _asked(scope, key.strip('"'), body)
        if one.id in self._under_way:
            words = "The same request is being carried out just now; ask again in a moment."
            await answer(scope, Problem(409, "Under way", words, wait=1))(scope, receive, send)
            return
        self._under_way.add(one.id)
        try:
            await self._once(scope, one, body, receive, send)
        finally:
            self._under_way.discard(one.id)

    async def _once(self, scope: Scope, one: Answered, body: bytes, receive: Receive, send: Send) -> None:
        engine = scope["app"].state.engine
        earlier = await answered(engine.store, one.id, one.at)
        if earlier is not None:
            await _again(scope, one, earlier, receive, send)
            return
        async with engine.store.transaction() as tx:  # durable before it is carried out
            await put_answered(tx, one)
        kept = _Answer(send)
        await self._app(scope, _given(body, receive), kept.sending)
        if 200 <= kept.status < 300:
            shown = None if SHOWN_ONCE.fullmatch(scope["path"]) else bytes(kept.body)
            async with engine.store.transaction() as tx:
                await put_answered(
                    tx,
                    Answered(
                        id=one.id, request=one.request, at=one.at, status=kept.status, media=kept.media, body=shown
                    ),
                )
        elif kept.status < 500 or kept.status == 503:
            async with engine.store.transaction() as tx:
                await drop_answered(tx, one.id)


class _Answer:
    """Passes an answer on, and remembers it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status, self.media, self.body = 0, "", bytearray()

    async def sending(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.media = message["status"], Headers(raw=message["headers"]).get("content-type", "")
        else:
            self.body += message.get("body", b"")
        await self._send(message)


async def _again(scope: Scope, one: Answered, earlier: Answered, receive: Receive, send: Send) -> None:
    problem = None
    if earlier.request != one.request:
        words = "This key was used for another request before. Each request has a key of its own."
        problem = Problem(422, "Another request under the same key", words)
    elif not earlier.status:
        problem = Problem(409, "Not known what came of it", _UNKNOWN)
    elif earlier.body is None:
        words = "It was carried out, and its secret was shown then; it is kept nowhere. Revoke it, and make another."
        problem = Problem(409, "Shown once", words)
    if problem is not None:
        await answer(scope, problem)(scope, receive, send)
        return
    headers = [(b"content-type", earlier.media.encode("latin-1")), (REPLAYED, b"true")]
    await send({"type": "http.response.start", "status": earlier.status, "headers": headers})
    await send({"type": "http.response.body", "body": earlier.body})


def _asked(scope: Scope, key: str, body: bytes) -> Answered:
    """Keys are each caller's own: nobody finds out another's by trying."""
    who = scope["state"]["principal"].name
    asked = b"\0".join((scope["method"].encode(), scope["path"].encode(), scope["query_string"], body))
    now = scope["app"].state.engine.clock.now()
    return Answered(id=_hash(f"{who}\0{key}".encode()), request=_hash(asked), at=now)


def _hash(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()


async def _whole(receive: Receive) -> bytes:
    """The body; Guard bounds it."""
    found = bytearray()
    while True:
        message = await receive()
        found += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(found)


def _given(body: bytes, receive: Receive) -> Receive:
    """The body once more, then what else comes."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receiving() -> Message:
        return left.pop() if left else await receive()

    return receiving


def described() -> dict[str, Any]:
    """The header, as the API's description has it for each request that changes something."""
    return {
        "name": "Idempotency-Key", "in": "header", "required": False,
        "description": "yours for this request; sent again with the same one, it is carried out once and answered "
        "the same, for a day",
        "schema": {"type": "string", "pattern": "^[!#-\\[\\]-~]{1,200}$", "minLength": 1, "maxLength": 200},
    }  # fmt: skip
