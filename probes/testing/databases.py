"""The wire between a database and who reads it: passes statements on to a simulated server, and twists its answers.

It looks to the contract suite like the one over HTTP: what the server writes is the content of a response, and a status
stands for the code of an error that says the same.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Collection
from typing import Any, Final

import httpx

from probes.simulated.control import Reply, Request
from probes.simulated.sql import wire
from probes.simulated.sql.server import Server

from .accounts import Twist, asleep

CODES: Final = {400: "42601", 401: "28P01", 403: "42501", 404: "42P01", 429: "53300", 500: "XX000"}
_BEHIND: Final = 18  # bytes of a RowDescription behind a column's name


class DatabaseWire:
    """Serves the account on loopback; once armed, answers are twisted."""

    def __init__(self, account: Any) -> None:
        self.twist: Twist = asleep
        self.armed = False
        self.requests: list[httpx.Request] = []
        self._inner = account.respond
        account.respond = self._respond
        self._server = Server(account)
        self.base = f"postgresql+plain://127.0.0.1:{self._server.port}/{account.database}"

    async def open(self) -> None:
        await self._server.start()

    async def close(self) -> None:
        await self._server.stop()

    def _respond(self, request: Request) -> Reply:
        reply: Reply = self._inner(request)
        if not self.armed:
            return reply
        method = "GET" if request.body.lstrip().startswith(b"SELECT") else "WRITE"
        sent = httpx.Request(method, f"https://account.test{request.path}", content=request.body)
        self.requests.append(sent)
        given = httpx.Response(reply.status, content=reply.encoded())
        made = self.twist(sent, given)
        if made.status_code in CODES:
            state = CODES[made.status_code]
            return Reply(made.status_code, wire.error(state, made.text), {"sqlstate": state})
        if made.content.startswith(b"{") and b'"error"' in made.content:  # after its rows it says that it failed
            rows, _, _ = given.content.rpartition(b"C\0\0\0")
            return Reply(200, rows + wire.error("XX000", made.text), {"sqlstate": "XX000"})
        whole = {"whole": str(len(made.content))} if made.headers.get("whole") else reply.headers
        return Reply(made.status_code, made.content, whole)

    def without(self, names: Collection[str]) -> Twist:
        """A twist that calls these columns of an answer by another name."""

        def drop(request: httpx.Request, given: httpx.Response) -> httpx.Response:
            content = given.content
            if not content.startswith(b"T"):
                return given
            size, count = struct.unpack("!ih", content[1:7])
            body, fields = content[7 : size + 1], b""
            for _ in range(count):
                name, _, rest = body.partition(b"\0")
                fields += (b"gone" if name.decode() in names else name) + b"\0" + rest[:_BEHIND]
                body = rest[_BEHIND:]
            made = wire.message(b"T", struct.pack("!h", count) + fields) + content[size + 1 :]
            return httpx.Response(given.status_code, headers={"whole": "1"}, content=made)

        return drop


def statements(requests: list[httpx.Request]) -> list[str]:
    """What was asked, each on one line."""
    return [re.sub(r"\s+", " ", request.content.decode().partition("\0")[0]).strip() for request in requests]
