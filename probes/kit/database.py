"""What a vendor file asks of a database, carried over a connection to it in the place of HTTP.

The seam is that of transport.py: an Ask goes in, an Answer comes out, and limits, budget, retries, envelope, redaction
and digests stay the client's. The Ask's path names one of `Vendor.statements`, its params are the values; the user and
the password come as the header that `auth.Basic` makes. Rows are answered as JSON, {"rows": [{column: value}]}, and an
error of the server as {"sqlstate", "message"} under the HTTP status that says the same.

The socket is ours: its peer is checked before a byte is sent, what comes in is counted, and at the deadline it is shut
down, which ends the driver's thread. A connection serves one statement: nothing idles in a warehouse between polls.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import socket
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import msgspec

from .api import Answer, Ask
from .contract import Fault, Rejected, Unreachable
from .hosts import PLAIN, PORTS
from .statements import bound
from .transport import address, context

CONNECTIONS: Final = 4


class Query(msgspec.Struct):
    """One statement with all that it takes to send it. `secure`: the TLS that has to be; `cap`: bytes that may come."""

    host: str
    port: int
    database: str
    user: str
    password: str
    sql: str
    values: tuple[Any, ...]
    secure: ssl.SSLContext | None
    seconds: float
    cap: int

    def __repr__(self) -> str:
        return f"Query({self.host!r}, {self.database!r})"


class Line(socket.socket):
    """A socket that counts what comes in, and refuses what is over `left` bytes."""

    left = 0

    def recv_into(self, *into: Any) -> int:
        return _counted(self, super().recv_into(*into))


class SecureLine(ssl.SSLSocket):
    """The same over TLS."""

    left = 0

    def recv_into(self, *into: Any) -> int:
        return _counted(self, super().recv_into(*into))


def _counted(line: Line | SecureLine, size: int) -> int:
    line.left -= size
    if line.left < 0:
        raise Overflow
    return size


class Overflow(Exception):
    """More came than the cap allows."""


class Database:
    """Sends one statement and gives its answer as it is. Raises Unreachable, Malformed, Rejected."""

    def __init__(
        self, statements: Mapping[str, str], *, allow_private: bool, proxy: str | None, ca_file: str | None, cap: int
    ) -> None:
        if proxy is not None:
            raise Rejected("a database is not reached through an HTTP proxy: say `proxy: direct`", code="proxy")
        self._statements = statements
        self._allow_private = allow_private
        self._secure = secured(ca_file)
        self._cap = cap
        self._slots = asyncio.Semaphore(CONNECTIONS)
        self._threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="database")

    async def close(self) -> None:
        self._threads.shutdown(wait=False)

    async def send(self, ask: Ask, url: str, headers: Mapping[str, str], deadline: float) -> Answer:
        """`deadline`: seconds from the first byte we send to the last we get, connecting included."""
        parts = urlsplit(url)
        sql = self._statements.get(ask.path.strip("/"))
        database = unquote(parts.path.strip("/").partition("/")[0])
        if sql is None or database == ask.path.strip("/"):
            raise Rejected("the address names no database" if sql else "the vendor file declares no such statement")
        user, password = _login(headers)
        sql, values = bound(sql, {name: value for name, value in ask.params.items() if value is not None})
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        secure = None if parts.scheme in PLAIN else self._secure
        query = Query(host, port, database, user, password, sql, tuple(values), secure, deadline, self._cap)
        fault: Fault
        async with self._slots:
            try:
                async with asyncio.timeout(deadline):
                    return await self._asked(await self._connected(host, port), query)
            except TimeoutError:
                fault = Unreachable(f"no whole answer within {deadline:.3g} s", code="deadline")
        raise fault

    async def _connected(self, host: str, port: int) -> Line:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError):
            raise Unreachable(f"the name {host} does not resolve", code="dns") from None
        for family, kind, protocol, _, place in found:
            if not self._allow_private and not address(str(place[0])).is_global:
                raise Rejected(f"{place[0]} is a private address; allow_private must say that this is meant")
            line = Line(family, kind, protocol)
            line.setblocking(False)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # small messages, each of which is waited for
            try:
                await loop.sock_connect(line, place)
                return line
            except OSError:
                line.close()
            except asyncio.CancelledError:
                line.close()
                raise
        raise Unreachable(f"{host} port {port} cannot be reached", code="connect")

    async def _asked(self, line: Line, query: Query) -> Answer:
        from .postgres import speak  # the driver is not imported before it is needed

        brake = line.dup()
        running = asyncio.get_running_loop().run_in_executor(self._threads, partial(speak, line, query))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            with contextlib.suppress(OSError):  # the server may have hung up in the same moment
                brake.shutdown(socket.SHUT_RDWR)
            await asyncio.wait({running})
            running.exception()
            raise
        finally:
            brake.close()


@lru_cache(16)
def secured(ca_file: str | None) -> ssl.SSLContext:
    """As HTTP has it, with sockets that count."""
    found: ssl.SSLContext = context.__wrapped__(ca_file)
    found.sslsocket_class = SecureLine
    return found


def _login(headers: Mapping[str, str]) -> tuple[str, str]:
    given = next((value for name, value in headers.items() if name.lower() == "authorization"), "")
    kind, _, pair = given.partition(" ")
    if kind != "Basic":
        raise Rejected("a database is signed in to with a user and a password: the vendor file's scheme gives neither")
    user, _, password = base64.b64decode(pair).decode().partition(":")
    return user, password
