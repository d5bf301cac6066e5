"""The other end of notifications, on loopback: an HTTP server that keeps what it got and answers as it is told to, and
an SMTP server that speaks as much of RFC 5321 as a mail needs."""

from __future__ import annotations

import asyncio
import email
import email.policy
import hashlib
import hmac
import json
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import msgspec


class Got(msgspec.Struct, frozen=True):
    path: str
    headers: Mapping[str, str]  # names in lower case
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)

    def verified(self, secret: str) -> bool:
        """As docs/notifications.md tells a receiver to."""
        parts = dict(part.split("=", 1) for part in self.headers["driftline-signature"].split(","))
        mark = hmac.new(secret.encode(), parts["t"].encode() + b"." + self.raw, hashlib.sha256)
        return hmac.compare_digest(mark.hexdigest(), parts["v1"])


class Receiver:
    """`answers`: (status, headers, body) of the next requests, then 200. While `held` is not set nothing is
    answered."""

    def __init__(self) -> None:
        self.url = ""
        self.got: list[Got] = []
        self.answers: deque[tuple[int, dict[str, str], bytes]] = deque()
        self.changed = threading.Condition()
        self.held = threading.Event()
        self.held.set()

    def of(self, type: str = "", finding: str = "") -> list[Any]:
        """Bodies of signed messages."""
        bodies = [one.body for one in self.got]
        return [one for one in bodies if type in ("", one["type"]) and finding in ("", one["finding"])]

    def wait(self, look: Callable[[], Any], seconds: float = 60.0) -> Any:
        with self.changed:
            assert self.changed.wait_for(look, seconds), f"not within {seconds:.0f} s; got {self.got}"
            return look()


@contextmanager
def receiving() -> Iterator[Receiver]:
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            with made.changed:
                made.got.append(Got(self.path, {name.lower(): value for name, value in self.headers.items()}, raw))
                status, headers, body = made.answers.popleft() if made.answers else (200, {}, b"ok")
                made.changed.notify_all()
            made.held.wait()
            try:
                self._answer(status, headers, body)
            except ConnectionError:
                return  # whoever asked was killed meanwhile

        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False  # so that closing waits for what is being answered
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Mailbox:
    def __init__(self, port: int) -> None:
        self.port = port
        self.mails: list[EmailMessage] = []


@asynccontextmanager
async def mailing() -> AsyncIterator[Mailbox]:
    box = Mailbox(0)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 localhost\r\n")
        try:
            while line := await reader.readline():
                word = line.split()[0].upper() if line.split() else b""
                if word == b"DATA":
                    writer.write(b"354 go on\r\n")
                    raw = await reader.readuntil(b"\r\n.\r\n")
                    made = email.message_from_bytes(raw[:-3].replace(b"\n..", b"\n."), policy=email.policy.default)
                    box.mails.append(cast(EmailMessage, made))
                writer.write(b"221 bye\r\n" if word == b"QUIT" else b"250 fine\r\n")
                await writer.drain()
                if word == b"QUIT":
                    break
        finally:
            writer.close()
            await writer.wait_closed()
            talks.discard(asyncio.current_task())

    async def begun(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.current_task())
        await talk(reader, writer)

    talks: set[asyncio.Task[None] | None] = set()
    server = await asyncio.start_server(begun, "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    async with server:
        yield box
        await asyncio.gather(*(one for one in talks if one is not None))
