"""A vendor that misbehaves: a raw socket server in front of an account, which says the account's answers, or worse.

What it says is bytes on a socket, so that no library's good manners stand between a fault and the reader.
"""

from __future__ import annotations

import asyncio
import datetime
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from socket import AF_INET, SO_LINGER, SOCK_STREAM, SOL_SOCKET, socket
from struct import pack
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

CONDITIONS = frozenset({"if-none-match", "if-modified-since"})
CONDITION = re.compile(rb'"If-(?:None-Match|Modified-Since)"', re.IGNORECASE)
HOP = frozenset({"content-length", "content-encoding", "transfer-encoding", "connection"})


class Asked(msgspec.Struct):
    """One request as it came. `number` counts the requests since the script was set, from 0."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    number: int = 0

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def secret(self) -> str:
        """What proved who asks: what a careless vendor would quote."""
        return f"{self.headers.get('authorization', '')} {self.headers.get('x-api-key', '')} {self.body[:200]!r}"


class Good(msgspec.Struct):
    """What the account says."""

    status: int = 200
    headers: dict[str, str] = {}
    body: bytes = b"{}"

    def spelled(self, **headers: str) -> bytes:
        """As HTTP/1.1, with its length, and these headers more (or other)."""
        lines = {"content-length": str(len(self.body)), **self.headers}
        lines |= {name.replace("_", "-"): value for name, value in headers.items()}
        return head(self.status, lines) + self.body


class Line:
    """The connection, as a script sees it."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    async def send(self, raw: bytes) -> None:
        self._writer.write(raw)
        await self._writer.drain()

    async def stall(self) -> None:
        """Says nothing more, for as long as the other side waits."""
        await self._writer.wait_closed()

    async def trickle(self, raw: bytes, every: float) -> None:
        """One byte at a time."""
        for at in range(len(raw)):
            await self.send(raw[at : at + 1])
            await asyncio.sleep(every)

    def close(self) -> None:
        self._writer.close()

    def reset(self) -> None:
        """RST instead of a goodbye."""
        self._writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, pack("ii", 1, 0))
        self._writer.transport.abort()


Script = Callable[[Line, Asked, Good], Awaitable[None]]
Change = Callable[[bytes], bytes]


async def honest(line: Line, asked: Asked, good: Good) -> None:
    await line.send(good.spelled())


def after(spared: int, script: Script) -> Script:
    """The script, after so many honest answers."""

    async def some(line: Line, asked: Asked, good: Good) -> None:
        await (honest if asked.number < spared else script)(line, asked, good)

    return some


def head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} Said\r\n{lines}\r\n".encode()


class Hostile:
    """`account` gives the good answers; `play` says what is made of them, `drift` changes what is in them, as an
    administrator of the account would. `bodies` are the good answers so far, before either."""

    def __init__(self, account: httpx.AsyncBaseTransport | None) -> None:
        self._account = account
        self._script: Script = honest
        self._drift: Change | None = None
        self.requests = 0
        self.connections = 0
        self.most_connections = 0
        self.bodies: list[bytes] = []
        self.seen: set[str] = set()  # credentials that came with requests
        self.broken: list[BaseException] = []  # defects of the test's own
        self._scripted = 0
        self._open: dict[asyncio.Task[Any], asyncio.StreamWriter] = {}

    def drift(self, change: Change) -> None:
        """From now on the account's answers are changed like this, and no request is conditional any more."""
        self._drift = change

    def play(self, script: Script) -> None:
        self._script, self._scripted, self.requests = script, 0, 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = writer
        self.connections += 1
        self.most_connections = max(self.most_connections, sum(not one.is_closing() for one in self._open.values()))
        try:
            while not writer.is_closing():
                asked = await _request(reader)
                asked.number, self._scripted = self._scripted, self._scripted + 1
                self.requests += 1
                if len(bearer := asked.headers.get("authorization", "").rpartition(" ")[2]) > 12:
                    self.seen.add(bearer)
                await self._script(Line(writer), asked, await self._good(asked, writer))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError, ssl.SSLError):
            return
        except Exception as error:
            self.broken.append(error)
        finally:
            self._open.pop(task, None)
            writer.close()

    async def _good(self, asked: Asked, writer: asyncio.StreamWriter) -> Good:
        if self._account is None:
            return Good()
        scheme = "http" if writer.get_extra_info("ssl_object") is None else "https"
        headers = {name: value for name, value in asked.headers.items() if name not in HOP}
        if self._drift is not None:  # the account does not know of it, and would say 304
            headers = {name: value for name, value in headers.items() if name not in CONDITIONS}
            asked.body = CONDITION.sub(b'"X-Nothing"', asked.body)
        url = f"{scheme}://{asked.headers['host']}{asked.target}"
        answer = await self._account.handle_async_request(
            httpx.Request(asked.method, url, headers=headers, content=asked.body)
        )
        body = await answer.aread()
        self.bodies.append(body)
        kept = {name: value for name, value in answer.headers.items() if name not in HOP}
        if self._drift is not None:
            body = self._drift(body)
        return Good(answer.status_code, kept, body)

    async def hang_up(self) -> None:
        tasks, writers = list(self._open), list(self._open.values())
        for writer in writers:
            writer.transport.abort()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _request(reader: asyncio.StreamReader) -> Asked:
    raw = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = raw.split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    return Asked(method, target, headers, await reader.readexactly(int(headers.get("content-length", 0))))


def port() -> socket:
    """A listening socket on loopback that several servers, one after the other, may answer at."""
    found = socket(AF_INET, SOCK_STREAM)
    found.bind(("127.0.0.1", 0))
    found.listen(64)
    return found


@asynccontextmanager
async def listening(
    hostile: Hostile, at: socket | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """Gives the base address. With `at`, answers at that socket, and leaves it open."""
    own = port() if at is None else at.dup()
    server = await asyncio.start_server(hostile.serve, sock=own, ssl=tls, limit=1 << 20)
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{own.getsockname()[1]}"
    finally:
        server.close()
        await hostile.hang_up()
        if hostile.broken:
            raise hostile.broken[0]


def certificate(folder: Path, *, names: tuple[str, ...] = ("127.0.0.1",), days: tuple[int, int] = (-1, 30)) -> Path:
    """A self-signed certificate with its key, as one PEM file; `days` from now in which it is valid."""
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.datetime.now(datetime.UTC)
    spelled: list[x509.GeneralName] = [
        x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name) for name in names
    ]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=days[0]))
        .not_valid_after(now + datetime.timedelta(days=days[1]))
        .add_extension(x509.SubjectAlternativeName(spelled), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file
