"""The only place that opens sockets to vendors: one httpx client per integration, and the rules every request obeys.

A connection is checked after it is made and before a byte is sent, so that a name which resolves to another address a
moment later changes nothing. Bodies are inflated here, not by httpx, so that a small answer cannot become a large one.
"""

from __future__ import annotations

import asyncio
import http.cookiejar
import ipaddress
import logging
import ssl
import zlib
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from functools import lru_cache
from html import escape
from typing import Any, Final, cast
from urllib.parse import urlsplit

import httpx

from .api import Answer, Ask
from .contract import Fault, Malformed, Rejected, Unreachable

CONNECTIONS: Final = 10
# Seconds that an idle connection is kept. Node's servers up to Node 24 close theirs after five
# (`server.keepAliveTimeout`, https://nodejs.org/api/http.html). So does httpx: a request sent just then is lost.
IDLE: Final = 4.0
LARGE: Final = 2 << 20  # bytes of a body; of what is larger, one at a time is taken in
PIECE: Final = 1 << 20
REQUEST_HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "driftline"}
_OURS: Final = httpx.Headers(REQUEST_HEADERS)  # of these, names in another spelling are the same header


@lru_cache(16)
def context(ca_file: str | None) -> ssl.SSLContext:
    """One per CA file and process: building one takes tens of milliseconds."""
    try:
        found = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise Rejected(f"ca_file {ca_file}: cannot be read as PEM certificates ({type(error).__name__})") from None
    found.minimum_version = ssl.TLSVersion.TLSv1_2
    return found


class Transport:
    """Sends one request and gives its answer as it is, whatever its status. Raises Unreachable, Malformed, Rejected."""

    def __init__(
        self,
        *,
        allow_private: bool,
        proxy: str | None,
        ca_file: str | None,
        cap: int,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        for name in ("httpx", "httpcore"):  # they log whole addresses and headers
            logging.getLogger(name).setLevel(logging.WARNING)
        self._allow_private = allow_private
        self._proxied = proxy is not None
        self._cap = cap
        self._http = httpx.AsyncClient(
            transport=transport,
            verify=context(ca_file),
            proxy=_egress(proxy, ca_file),
            trust_env=False,
            follow_redirects=False,
            timeout=None,  # noqa: S113  the total deadline stands in send()
            limits=httpx.Limits(
                max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS, keepalive_expiry=IDLE
            ),
        )
        self._http.cookies.jar.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        self._slots = asyncio.Semaphore(CONNECTIONS)  # httpx collapses when many wait inside its pool
        self._large = asyncio.Lock()  # the caps of ten answers at once would add up

    async def close(self) -> None:
        await self._http.aclose()

    async def send(self, ask: Ask, url: str, headers: Mapping[str, str], deadline: float) -> Answer:
        """`deadline`: seconds from the first byte we send to the last we get, connecting included."""
        if not self._allow_private and (address := _literal(url)) and not address.is_global:
            raise Rejected(f"{address} is a private address; allow_private must say that this is meant")
        opened: list[Any] = []

        async def trace(event: str, info: Mapping[str, Any]) -> None:
            """httpcore tells of each new connection before it is used."""
            if event == "connection.connect_tcp.complete":
                opened.append(info["return_value"])
                await self._allowed(opened[-1])

        extra: dict[str, Any] = {"extensions": {"trace": trace}}
        if isinstance(ask.body, bytes):  # signed as it stands
            extra["content"] = ask.body.replace(ask.token, _bearer(headers)) if ask.token else ask.body
        elif ask.body is not None:
            extra["json"] = ask.body
        elif ask.form is not None:
            extra["data"] = dict(ask.form)
        fault: Fault
        async with self._slots:
            try:
                async with asyncio.timeout(deadline):
                    try:
                        return await self._exchange(
                            ask, url, {**_OURS, **httpx.Headers(headers), **httpx.Headers(ask.headers)}, extra
                        )
                    except asyncio.CancelledError:
                        for stream in opened:  # one whose TLS has not begun is known to nobody else any more
                            await stream.aclose()
                        raise
            except TimeoutError:
                fault = Unreachable(f"no whole answer within {deadline:.3g} s", code="deadline")
            except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, UnicodeError) as error:
                fault = _unreachable(error, url, self._proxied)
        raise fault  # outside of the handler: httpx's exception holds the request with its headers

    async def _exchange(self, ask: Ask, url: str, headers: Mapping[str, str], extra: dict[str, Any]) -> Answer:
        async with self._http.stream(ask.method, url, headers=dict(headers), **extra) as response:
            body = await self._body(response)
        return Answer(response.status_code, response.headers, body)

    async def _body(self, response: httpx.Response) -> bytes:
        coding = response.headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("identity", "gzip", "x-gzip", ""):
            raise Malformed(f"the answer is encoded as {coding[:40]}, which was not asked for")
        told = response.headers.get("content-length", "")
        if told.isdigit() and int(told) > self._cap:
            raise Malformed(f"the answer is over {self._cap} bytes", code="cap")
        inflate = Inflate(self._cap) if "gzip" in coding else None
        body = bytearray()
        sent = 0
        async with AsyncExitStack() as turn:
            async for chunk in cast("httpx.AsyncByteStream", response.stream):  # as sent: httpx's own would inflate all
                sent += len(chunk)
                if sent > self._cap:
                    raise Malformed(f"the answer is over {self._cap} bytes", code="cap")
                for piece in (chunk,) if inflate is None else inflate.feed(chunk):
                    if len(body) <= LARGE < len(body) + len(piece):
                        await turn.enter_async_context(self._large)
                    body += piece
                    await asyncio.sleep(0)
            if inflate is not None and sent:
                inflate.end()
            return bytes(body)

    async def _allowed(self, stream: Any) -> None:
        """Closes a new connection, and raises Rejected, where it leads to a private address by an allowed name."""
        if self._allow_private or self._proxied:
            return
        peer = stream.get_extra_info("server_addr")
        if peer is None or not address(str(peer[0])).is_global:
            await stream.aclose()
            where = "an unknown address" if peer is None else str(peer[0])
            raise Rejected(f"the host resolves to {where}, which is private; allow_private must say that this is meant")


def _bearer(headers: Mapping[str, str]) -> bytes:
    """The token of the Authorization header as XML text."""
    return escape(headers.get("authorization", "").removeprefix("Bearer "), quote=True).encode()


def _egress(proxy: str | None, ca_file: str | None) -> httpx.Proxy | None:
    """The egress proxy; one that is itself spoken to over TLS may have a certificate of the private CA."""
    if proxy is None:
        return None
    try:
        url = httpx.URL(proxy)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host:
        raise Rejected("proxy: expected the http or https address of an egress proxy", code="proxy")
    return httpx.Proxy(url, ssl_context=context(ca_file) if url.scheme == "https" else None)


class Inflate:
    """gzip with a bound on what comes out. Raises Malformed when it is cut, broken or too large."""

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._out = 0
        self._engine = zlib.decompressobj(wbits=31)

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Pieces of bounded size, made as they are asked for: all at once they could be as large as the cap."""
        while chunk:
            if self._engine.eof:  # a gzip file may be several, one after the other
                self._engine = zlib.decompressobj(wbits=31)
            try:
                piece = self._engine.decompress(chunk, PIECE)
            except zlib.error:
                raise Malformed("the answer is not the gzip it says it is") from None
            self._out += len(piece)
            if self._out > self._cap:
                raise Malformed(f"the answer inflates to over {self._cap} bytes", code="cap")
            yield piece
            chunk = self._engine.unconsumed_tail or self._engine.unused_data

    def end(self) -> None:
        if not self._engine.eof:
            raise Malformed("the answer's gzip is cut")


def address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    found = ipaddress.ip_address(text.partition("%")[0])
    return getattr(found, "ipv4_mapped", None) or found


def _literal(url: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return address(urlsplit(url).hostname or "")
    except ValueError:
        return None


def _unreachable(error: Exception, url: str, proxied: bool) -> Fault:
    """Which of the ways to get no answer, in words: nothing of the library's own text, which may quote a header."""
    host = urlsplit(url).hostname or "the host"
    text = f"{error} {error.__cause__!r}".lower()
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol | UnicodeError):
        return Rejected("the address is not a valid http or https address", code="address")
    if "local issuer" in text or "self-signed" in text:  # as OpenSSL says it of a CA that it was not given
        words = f"{host} shows a certificate of a CA that is not trusted here; name its PEM file as ca_file"
        return Unreachable(f"{words} of the integration, or as egress.ca_file for all", code="tls")
    if any(word in text for word in ("certificate", "ssl", "tls", "endofstream")):  # the last: it hung up in between
        return Unreachable(f"TLS with {host} failed; check its certificate, or ca_file", code="tls")
    if isinstance(error, httpx.ProxyError) or (proxied and isinstance(error, httpx.ConnectError)):
        return Unreachable("the egress proxy refused, or cannot be reached", code="proxy")
    if isinstance(error, httpx.ConnectError):
        if any(word in text for word in ("name or service", "getaddrinfo", "nodename", "name resolution")):
            return Unreachable(f"the name {host} does not resolve", code="dns")
        return Unreachable(f"{host} cannot be reached", code="connect")
    if isinstance(error, httpx.RemoteProtocolError):
        return Unreachable(f"{host} cut its answer short or broke the HTTP protocol", code="cut")
    return Unreachable(f"the connection to {host} broke ({type(error).__name__})", code="broken")
