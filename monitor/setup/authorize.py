"""The OAuth 2 authorization code flow with PKCE (RFC 6749, 7636, 8252): a person agrees at the vendor, the vendor sends
the browser to a listener here on loopback, and the code it brings is exchanged for the first refresh token.

The listener answers one address, for as long as the wait lasts. What brings another `state` than ours is refused and
waited past: anybody on this machine can call a loopback address.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from monitor.adapters.store import Store
from monitor.adapters.tokens import TokenKeyError, Tokens
from monitor.config import Config
from monitor.config.types import Reference
from probes.kit.api import Ask
from probes.kit.auth import AuthorizeCode, Scheme
from probes.kit.client import LiveClient
from probes.kit.clock import Clock
from probes.kit.contract import Fault
from probes.kit.values import fill

PORT: Final = 9733  # beside the pages and the metrics; the vendor has to know the redirect address beforehand
WAIT: Final = 300.0
_LONGEST: Final = 16 << 10  # bytes of a request
_PATIENCE: Final = 10.0  # seconds that one browser gets to send it
_KEYLESS: Final = (
    "token_keys of driftline.yaml is empty, so there is nothing to encrypt a refresh token with: make a key with "
    "`driftline token new-key`, keep it where your secrets are, and name it there as a reference, such as "
    'token_keys: ["${env:DRIFTLINE_TOKEN_KEY}"]'
)


class NotAuthorized(Exception):
    """No token was obtained, and none was stored. The message says why and what to do."""


@asynccontextmanager
async def keeping(
    config: Config, resolve: Callable[[Reference], str], clock: Clock, again: str = ""
) -> AsyncIterator[Tokens]:
    """The store of rotating tokens, under the lock of the state folder. `again`: an integration whose token is dropped
    first, whatever key it was encrypted with.

    Raises StoreLocked, SecretError, and TokenKeyError where no key is configured or none fits.
    """
    if not config.service.token_keys:
        raise TokenKeyError(_KEYLESS)
    store = await Store.open(config.state, clock)
    try:
        keys = [await asyncio.to_thread(resolve, key) for key in config.service.token_keys]
        if again:
            await Tokens(store, None, clock).forget(again)
        yield await Tokens.open(store, keys, clock)
    finally:
        await store.close()


async def authorize(
    scheme: Scheme, client: LiveClient, tokens: Tokens, told: Callable[[str], None], *, port: int = PORT,
    wait: float = WAIT,
) -> None:  # fmt: skip
    """Obtains the first refresh token of the client's integration and keeps it. `told` hears the address to open.

    Raises NotAuthorized.
    """
    code = scheme.authorize
    if code is None:
        raise NotAuthorized(f"{client.vendor.title} needs nobody to agree for this scheme: {', '.join(scheme.fields)}")
    try:
        await _obtain(code, scheme, client, tokens, told, port, wait)
    except Fault as fault:
        raise NotAuthorized(fault.message) from fault


async def _obtain(
    code: AuthorizeCode, scheme: Scheme, client: LiveClient, tokens: Tokens, told: Callable[[str], None], port: int,
    wait: float,
) -> None:  # fmt: skip
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
    client.credentials.hide(verifier)
    async with _listening(port, state) as (redirect, came, refused):
        query = {
            "response_type": "code", "client_id": await client.secret(code.client_id), "redirect_uri": redirect,
            "state": state, **code.params,
        }  # fmt: skip
        if code.scopes:
            query["scope"] = " ".join(code.scopes)
        if code.pkce:
            query |= {"code_challenge": _challenge(verifier), "code_challenge_method": "S256"}
        told(f"{_filled(code.authorize, client)}?{urlencode(query)}")
        try:
            answer = await asyncio.wait_for(came, wait)
        except TimeoutError:
            more = f"; {refused[0]} came with another state than ours and was refused" if refused[0] else ""
            raise NotAuthorized(
                f"nobody came back to {redirect} within {wait:.0f} seconds{more}: open the address in a browser on "
                "this machine, and see that the app at the vendor allows this redirect address"
            ) from None
    if "error" in answer:
        why = answer.get("error_description") or answer["error"]
        raise NotAuthorized(f"the vendor did not agree: {answer['error'][:80]}: {why[:200]}")
    token = await _exchange(code, scheme, client, answer["code"], redirect, verifier)
    await tokens.save(client.integration, {"refresh_token": token})


async def _exchange(
    code: AuthorizeCode, scheme: Scheme, client: LiveClient, value: str, redirect: str, verifier: str
) -> str:
    """The refresh token for the code. It never stands in an error: the client's redaction knows it."""
    form = {
        "grant_type": "authorization_code", "code": client.credentials.hide(value), "redirect_uri": redirect,
        "client_id": await client.secret(code.client_id),
    }  # fmt: skip
    if code.client_secret in scheme.fields:
        form["client_secret"] = await client.secret(code.client_secret)
    if code.pkce:
        form["code_verifier"] = verifier
    try:
        answer = await client.login(Ask(_filled(code.token, client), form=form))
        found: Any = answer.value("refresh_token")
    except Fault as fault:
        raise NotAuthorized(f"the vendor did not take the code: {type(fault).__name__}: {fault.message}") from fault
    if not isinstance(found, str) or not found:
        raise NotAuthorized(
            "the vendor gave no refresh token, so reading would end with this hour: allow offline access for the app "
            f"(asked for were the scopes {', '.join(code.scopes) or 'none'}) and authorize again"
        )
    return client.credentials.hide(found)


def _filled(template: str, client: LiveClient) -> str:
    return str(fill(template.replace("{base}", client.base), {"options": client.options}))


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@asynccontextmanager
async def _listening(
    port: int, state: str
) -> AsyncIterator[tuple[str, asyncio.Future[Mapping[str, str]], list[int]]]:  # fmt: skip
    """A loopback listener: its redirect address, what came back, and how often another state came."""
    came: asyncio.Future[Mapping[str, str]] = asyncio.get_running_loop().create_future()
    refused = [0]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _PATIENCE)
            status, words = _answered(head, where, state, came, refused)
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            status, words = "400 Bad Request", "This is no request that can be understood."
        except ConnectionError:
            return
        page = f"<!doctype html><meta charset=utf-8><title>Driftline</title><p>{words}"
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(page.encode())}\r\n"
            "Content-Security-Policy: default-src 'none'\r\nReferrer-Policy: no-referrer\r\nCache-Control: no-store\r\n"
            f"Connection: close\r\n\r\n{page}".encode()
        )
        try:
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        except ConnectionError:
            return  # the browser did not wait for the page; what it brought is taken

    try:
        server = await asyncio.start_server(serve, "127.0.0.1", port, limit=_LONGEST)
    except OSError as error:
        words = f"port {port} on loopback cannot be listened on ({error.strerror}): choose another --port"
        raise NotAuthorized(words) from error
    where = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield f"http://{where}/callback", came, refused


def _answered(
    head: bytes, where: str, state: str, came: asyncio.Future[Mapping[str, str]], refused: list[int]
) -> tuple[str, str]:
    """Status and words for the browser; what it brought goes into `came`."""
    lines = head.decode("latin-1").split("\r\n")
    method, _, rest = lines[0].partition(" ")
    target = urlsplit(rest.rpartition(" ")[0])
    hosts = [line.partition(":")[2].strip().lower() for line in lines[1:] if line.lower().startswith("host:")]
    if hosts not in ([where], [where.replace("127.0.0.1", "localhost")]) or target.path != "/callback":
        return "404 Not Found", "There is nothing here."
    if method != "GET":
        return "405 Method Not Allowed", "A browser comes here by itself."
    query = dict(parse_qsl(target.query))
    if not hmac.compare_digest(query.get("state", "").encode(), state.encode()):
        refused[0] += 1
        return "400 Bad Request", "This does not belong to the authorization that is waited for. Nothing was done."
    if not query.get("code") and not query.get("error"):
        return "400 Bad Request", "This brings neither a code nor an error."
    if not came.done():
        came.set_result(query)
    return "200 OK", "Driftline has the answer. Close this page and look at the terminal."
