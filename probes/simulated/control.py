"""What every simulated account shares: an ASGI face, a log of requests and changes, faults on demand, outside control.

An account answers in memory and speaks the vendor's wire format; its subclass says how. `requests` and `log` are the
oracle of tests and of the demo: they are written here, outside of whatever is being tested. Another process changes
the account through `POST /__control/<method>` with keyword arguments as JSON, from loopback alone and only with the
token given at construction.
"""

from __future__ import annotations

import asyncio
import hmac
import random
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final, NamedTuple, Protocol, TypeVar
from urllib.parse import parse_qsl

import httpx
import msgspec
import orjson

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
F = TypeVar("F", bound=Callable[..., Any])

PREFIX: Final = "/__control/"
HEADER: Final = "x-control-token"
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost", "testclient"})


class Clock(Protocol):
    """Epoch seconds, UTC."""

    def now(self) -> float: ...


class Request(msgspec.Struct):
    """One request as the account sees it; header names are lower case, `base` is scheme and host. `query` has the last
    value of a name, `pairs` all of them."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    base: str
    pairs: list[tuple[str, str]] = []

    def json(self) -> Any:
        """The body, or None where it is not JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("utf-8", "replace")))


class Reply(msgspec.Struct):
    """`body`: bytes go out as they are, None means an empty body, anything else becomes JSON."""

    status: int
    body: Any = None
    headers: dict[str, str] = {}

    def encoded(self) -> bytes:
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)


class Answered(NamedTuple):
    """One line of the request log. `path` has no query string."""

    method: str
    path: str
    status: int


class Change(msgspec.Struct, frozen=True):
    """One change made at the account: when, by which control method, with which arguments."""

    at: float
    method: str
    what: Mapping[str, Any]


class Fault(msgspec.Struct):
    """An answer that is not the account's own: for paths holding `part`, the next `times` times."""

    part: str
    times: int
    make: Callable[[Reply], Reply]


def controlled(method: F) -> F:
    """Marks a method that the control interface may call; each call is logged as a change."""
    method.__controlled__ = True  # type: ignore[attr-defined]
    return method


class Simulated(ABC):
    """Base of the accounts: what is the same whichever vendor's format they speak."""

    def __init__(self, *, clock: Clock, control_token: str = "", latency: float = 0.0, seed: int = 7) -> None:
        self.clock = clock
        self.latency = latency
        self.requests: list[Answered] = []
        self.log: list[Change] = []
        self.shuffling = False
        self._control_token = control_token
        self._random = random.Random(seed)  # noqa: S311 - orders answers, guards nothing
        self._faults: list[Fault] = []
        self._limited = 0

    # what a vendor says

    @abstractmethod
    def answer(self, request: Request) -> Reply:
        """The vendor's answer to a request that it takes."""

    @abstractmethod
    def limited(self) -> Reply:
        """The vendor's answer to too many requests."""

    # faults that any vendor can show

    @controlled
    def shuffle(self, on: bool = True) -> None:
        """From now on the order of keys and of records without order differs from answer to answer."""
        self.note("shuffle", on=on)
        self.shuffling = on

    @controlled
    def throttle(self, n: int = 1) -> None:
        """The next n requests are refused the way this vendor refuses."""
        self.note("throttle", n=n)
        self._limited = n

    @controlled
    def cut(self, path: str, at_byte: int, times: int = 1) -> None:
        """The next answers whose path holds `path` end after `at_byte` bytes, as a broken gateway would end them."""
        self.note("cut", path=path, at_byte=at_byte, times=times)

        def shorter(reply: Reply) -> Reply:
            return Reply(reply.status, reply.encoded()[:at_byte], reply.headers)

        self._faults.append(Fault(path, times, shorter))

    @controlled
    def fail(self, path: str, status: int = 503, body: str = "", times: int = 1) -> None:
        """The next answers whose path holds `path` are `body` under `status`, as HTML: no envelope of the vendor's."""
        self.note("fail", path=path, status=status, times=times)
        headers = {"content-type": "text/html; charset=utf-8"}
        self._faults.append(Fault(path, times, lambda _: Reply(status, body.encode(), dict(headers))))

    @controlled
    def mend(self) -> None:
        """Takes back every fault that is still waiting."""
        self.note("mend")
        self._faults.clear()
        self._limited = 0

    # bookkeeping

    def note(self, method: str, **what: Any) -> None:
        self.log.append(Change(self.clock.now(), method, what))

    def mixed(self, rows: list[Any]) -> list[Any]:
        """The rows, in another order while shuffling."""
        return self._random.sample(rows, len(rows)) if self.shuffling else rows

    def jumbled(self, value: Any) -> Any:
        """The value with the keys of every object in another order while shuffling. Lists keep their order."""
        if not self.shuffling:
            return value
        if isinstance(value, dict):
            return {key: self.jumbled(value[key]) for key in self._random.sample(list(value), len(value))}
        return [self.jumbled(item) for item in value] if isinstance(value, list) else value

    def respond(self, request: Request) -> Reply:
        """The account's answer with the faults that were asked for."""
        if self._limited > 0:
            self._limited -= 1
            reply = self.limited()
        else:
            reply = self.answer(request)
            for fault in list(self._faults):
                if fault.part in request.path:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                    reply = fault.make(reply)
                    break
        self.requests.append(Answered(request.method, request.path, reply.status))
        return reply

    def controls(self) -> dict[str, Callable[..., Any]]:
        """The methods that the control interface offers."""
        names = [name for name in dir(type(self)) if hasattr(getattr(type(self), name), "__controlled__")]
        return {name: getattr(self, name) for name in names}

    def _control(self, request: Request, host: str) -> Reply:
        given = request.headers.get(HEADER, "")
        if not self._control_token or host not in LOOPBACK:
            return Reply(404, {"problem": "there is no control interface here"})
        if not hmac.compare_digest(given.encode(), self._control_token.encode()):
            return Reply(403, {"problem": f"the header {HEADER} does not hold the control token"})
        name = request.path.removeprefix(PREFIX)
        if request.method == "GET" and not name:
            log = [msgspec.to_builtins(change) for change in self.log]
            return Reply(
                200, orjson.dumps({"requests": [list(line) for line in self.requests], "log": log}, default=str)
            )
        found = self.controls().get(name)
        arguments = request.json() if request.body else {}
        if request.method != "POST" or found is None or not isinstance(arguments, dict):
            known = ", ".join(sorted(self.controls()))
            return Reply(404, {"problem": f"POST an object of arguments to {PREFIX}<method>; methods: {known}"})
        try:
            result = found(**arguments)
        except (KeyError, TypeError, ValueError) as error:
            return Reply(400, {"problem": f"{name}: {type(error).__name__}: {error}"})
        return Reply(200, {"result": result if isinstance(result, (str, int, float, list, dict)) else None})

    @property
    def app(self) -> App:
        """The account as an ASGI application."""
        return Application(self)

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        body = bytearray()
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        base = f"{scope.get('scheme', 'http')}://{headers.get('host', 'localhost')}"
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        request = Request(scope["method"], scope["path"], dict(pairs), headers, bytes(body), base, pairs)
        if request.path.startswith(PREFIX):
            client = scope.get("client")
            reply = self._control(request, client[0] if client else "")
        else:
            if self.latency:
                await asyncio.sleep(self.latency)
            reply = self.respond(request)
        content = reply.encoded()
        fields = {"content-type": "application/json;charset=UTF-8", "content-length": str(len(content))}
        fields |= {name.lower(): value for name, value in reply.headers.items()}
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields.items()]
        await send({"type": "http.response.start", "status": reply.status, "headers": raw})
        await send({"type": "http.response.body", "body": content})


class Application:
    """An account as ASGI servers want it: uvicorn takes a bound method for the old two-step protocol."""

    def __init__(self, account: Simulated) -> None:
        self.account = account

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.account.serve(scope, receive, send)


async def _lifespan(receive: Receive, send: Send) -> None:
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


class Remote:
    """An account in another process: every method is a call of its control interface, with keyword arguments only.

    A refused call raises RuntimeError with the account's sentence.
    """

    def __init__(self, base: str, token: str) -> None:
        self._base = base
        self._token = token

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            # No proxy of the environment: the account is on this machine.
            with httpx.Client(base_url=self._base, headers={HEADER: self._token}, trust_env=False) as client:
                answer = client.post(PREFIX + name, json=arguments)
            if answer.status_code != 200:
                raise RuntimeError(f"{self._base}: {answer.json()['problem']}")
            return answer.json()["result"]

        return call
