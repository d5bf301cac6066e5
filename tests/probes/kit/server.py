"""A real HTTP/1.1 server on loopback that says exactly the bytes a test wants, badly if need be."""

from __future__ import annotations

import asyncio
import gzip
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

Script = Callable[[str, asyncio.StreamWriter], Awaitable[None]]


def answer(body: bytes | Any, status: str = "200 OK", **headers: str) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"content-type": "application/json", "content-length": str(len(content))}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + content


def zipped(body: bytes) -> bytes:
    packed = gzip.compress(body)
    return answer(packed, content_encoding="gzip")


class Open:
    """Connections being served, so that none outlives its test."""

    def __init__(self) -> None:
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[Any]] = set()

    def note(self, *writers: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers += writers

    async def close(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Server:
    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests: list[str] = []
        self.connections = 0
        self.base = ""
        self.open = Open()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open.note(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = next(
                    (int(x.split(":")[1]) for x in head.splitlines() if x.lower().startswith("content-len")), 0
                )
                body = (await reader.readexactly(length)).decode()
                self.requests.append(head + body)
                await self.script(head.split(" ")[1], writer)
                await writer.drain()
                if writer.is_closing():
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def serving(script: Script | bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    async def fixed(path: str, writer: asyncio.StreamWriter) -> None:
        assert isinstance(script, bytes)
        writer.write(script)

    server = Server(fixed if isinstance(script, bytes) else script)
    listener = await asyncio.start_server(server._serve, "127.0.0.1", 0, ssl=tls)
    server.base = f"http{'s' if tls else ''}://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listener.close()
        await server.open.close()
