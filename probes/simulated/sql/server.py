"""The listening side: sign-in, simple and extended queries, as a PostgreSQL does them.

Source: https://www.postgresql.org/docs/15/protocol-flow.html.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import struct
from typing import TYPE_CHECKING, Final

from probes.simulated.control import Request

from . import wire

if TYPE_CHECKING:
    from .core import Core

LONGEST: Final = 1 << 20
_TABLE: Final = re.compile(r"\bFROM\s+(?:pg_catalog\.)?(\S+)", re.I)


class Gone(Exception):
    """The connection ends here."""


class Server:
    """Serves one account, at `port` from the start on. `certificate`: what it shows to who asks for TLS; without one it
    has none."""

    def __init__(self, account: Core, certificate: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.account, self.certificate = account, certificate
        self._place = socket.create_server((host, 0))
        self.port = int(self._place.getsockname()[1])
        self._listening: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._listening = await asyncio.start_server(self._serve, sock=self._place)

    async def stop(self) -> None:
        if self._listening is None:
            self._place.close()
        else:
            self._listening.close()
            for writer in self._open:
                writer.transport.abort()
            await self._listening.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if await self._greeted(reader, writer):
                await Session(self.account, reader, writer).run()
        except (Gone, asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            self._open.discard(writer)
            writer.transport.abort() if writer.transport.is_closing() else writer.close()

    async def _greeted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        size, version = struct.unpack("!ii", await reader.readexactly(8))
        if version == wire.TLS_ASKED:
            writer.write(b"S" if self.certificate else b"N")
            await writer.drain()
            if self.certificate is None:
                return False
            await writer.start_tls(self.certificate)
            size, version = struct.unpack("!ii", await reader.readexactly(8))
        if version != wire.VERSION_3 or not 8 <= size < LONGEST:
            return False
        pairs = (await reader.readexactly(size - 8)).decode().split("\0")
        asked = dict(zip(pairs[::2], pairs[1::2], strict=False))
        writer.write(wire.ASK_PASSWORD)
        kind, body = await received(reader)
        refused = self.account.refuses(asked.get("user", ""), body.rstrip(b"\0").decode(), asked.get("database", ""))
        if kind != b"p" or refused is not None:
            writer.write(wire.error(*(refused or ("08P01", "a password was expected"))))
            await writer.drain()
            return False
        writer.write(wire.settings(wire.SETTINGS | self.account.settings))
        return True


async def received(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    kind, size = struct.unpack("!ci", await reader.readexactly(5))
    if not 4 <= size < LONGEST:
        raise Gone
    return kind, await reader.readexactly(size - 4)


class Session:
    """One connection, signed in."""

    def __init__(self, account: Core, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.account, self.reader, self.writer = account, reader, writer
        self.sql = ""
        self.values: list[str | None] = []
        self.failed = False  # then everything up to the next Sync is skipped

    async def run(self) -> None:
        while True:
            await self.writer.drain()
            kind, body = await received(self.reader)
            if kind == b"X":
                return
            if kind == b"Q":
                self.writer.write(await self._simple(wire.strings(body, 1)[0][0]) + wire.READY)
            elif kind == b"S":
                self.failed = False
                self.writer.write(wire.INSIDE)
            elif not self.failed:
                self.writer.write(await self._extended(kind, body))

    async def _simple(self, sql: str) -> bytes:
        if sql.lstrip().upper().startswith("SELECT"):
            return await self._selected(sql, [], described=True)
        return b"".join(wire.done(part.split()[0].upper()) for part in sql.split(";") if part.strip())

    async def _extended(self, kind: bytes, body: bytes) -> bytes:
        if kind == b"P":
            (_, self.sql), _ = wire.strings(body, 2)
            return wire.PARSED
        if kind == b"D":
            return self._described()
        if kind == b"B":
            _, rest = wire.strings(body, 2)
            self.values = wire.values(rest)
            return wire.BOUND
        if kind == b"E":
            return await self._selected(self.sql, self.values, described=False)
        return wire.CLOSED if kind == b"C" else b""

    def _described(self) -> bytes:
        count = len(set(re.findall(r"\$\d+", self.sql)))
        told = wire.message(b"t", struct.pack("!h", count) + struct.pack("!i", wire.TEXT) * count)
        return told + wire.described(self.account.catalogue.columns(self.sql))

    async def _selected(self, sql: str, values: list[str | None], *, described: bool) -> bytes:
        """What the account answers, with the faults that it was asked for: a broken answer ends the connection."""
        table = _TABLE.search(sql)
        path = f"/{table[1] if table else 'none'}"
        body = sql.encode() + b"\0" + b"\0".join((value or "").encode() for value in values)
        given = self.account.respond(Request("SELECT", path, {"described": "1" if described else ""}, {}, body, ""))
        await self.account.held()
        content = given.encoded()
        if given.status == 200 and given.headers.get("whole") == str(len(content)):
            return content
        if given.headers.get("sqlstate"):
            self.failed = not described
            return content
        self.writer.write(content)
        await self.writer.drain()
        raise Gone
