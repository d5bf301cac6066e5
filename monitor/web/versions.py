"""ETag and If-None-Match for whatever the API shows; If-Match for what changes one thing that it shows.

The tag is made of the answer itself, so that two answers that differ never share one, and no route can forget to change
its own. RFC 9110, 8.8.3 and 13.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .parameters import TEXT
from .problems import Problem, answer

API: Final = "/api/v1/"
STREAM: Final = "/api/v1/stream"
# What changes one thing, and where that thing is shown.
CHANGES: Final = re.compile(
    r"(/api/v1/(?:changes/[^/]+|standing/[^/]+|ignores/[^/]+|described/[^/]+/[^/]+))/(?:end|close|move|withdraw)"
)
_TAG: Final = re.compile(r'\s*((?:W/)?"[\x21\x23-\x7e]*")\s*')


class Versions:
    """Wraps the application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(API) or scope["path"] == STREAM:
            await self._app(scope, receive, send)
        elif (problem := _too_long(scope)) is not None:
            await answer(scope, problem)(scope, receive, send)
        elif scope["method"] in ("GET", "HEAD"):
            await self._look(scope, receive, send)
        elif (wanted := Headers(scope=scope).get("if-match")) is None:
            await self._app(scope, receive, send)
        elif (problem := await self._unmatched(scope, wanted)) is not None:
            await answer(scope, problem)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _look(self, scope: Scope, receive: Receive, send: Send) -> None:
        start, body = await self._answered(scope, receive)
        headers = MutableHeaders(raw=start["headers"])
        if start["status"] == 200:
            headers.setdefault("etag", _tag(body))
            headers["cache-control"] = "private, no-cache"
            if _among(headers["etag"], Headers(scope=scope).get("if-none-match", "")):
                start["status"], body = 304, b""
                del headers["content-length"]
        await send(start)
        await send({"type": "http.response.body", "body": body})

    async def _unmatched(self, scope: Scope, wanted: str) -> Problem | None:
        """Why it is not carried out; None where the thing is as it was. Looked at as the one who asks."""
        place = CHANGES.fullmatch(scope["path"])
        if place is None:
            words = "If-Match: this address changes no one thing that has an ETag. Send the request without it."
            return Problem(400, "Not understood", words)
        there = {**scope, "method": "GET", "path": place[1], "raw_path": place[1].encode(), "query_string": b""}
        start, body = await self._answered(there, _nothing)
        if start["status"] == 200 and (wanted.strip() == "*" or _among(_tag(body), wanted, strong=True)):
            return None
        words = f"{place[1]} is not what it was when you got that ETag. Get it again, and ask once more."
        return Problem(412, "Changed since it was looked at", words)

    async def _answered(self, scope: Scope, receive: Receive) -> tuple[dict[str, Any], bytes]:
        start: dict[str, Any] = {}
        body = bytearray()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                body.extend(message.get("body", b""))

        await self._app(scope, receive, sending)
        return start, bytes(body)


def _too_long(scope: Scope) -> Problem | None:
    headers = Headers(scope=scope)
    for name in ("If-None-Match", "If-Match"):
        if (found := len(headers.get(name, ""))) > TEXT:
            words = f"{name}: expected at most {TEXT} characters, found {found}. Send the newest ETag alone."
            return Problem(400, "Not understood", words)
    return None


def _tag(body: bytes) -> str:
    return f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def _among(tag: str, header: str, *, strong: bool = False) -> bool:
    if header.strip() == "*":
        return True
    given = [match[1] for part in header.split(",") if (match := _TAG.fullmatch(part))]
    return tag in given or (not strong and tag in [one.removeprefix("W/") for one in given])


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}
