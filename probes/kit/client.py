"""The Client behind `connect`: auth, limiter, budget, retries, envelope, host rules. Sockets are transport.py's.

A retry never hides a fault: each outcome is counted in `tally`, and the last fault is raised as it is.
"""

from __future__ import annotations

import copy
import random
import re
from collections import Counter
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpx
import msgspec

from .api import Answer, Ask, absolute
from .auth import Credentials, TokenStore
from .clock import Clock
from .contract import Denied, Expired, Fault, Malformed, Rejected, Throttled, Unreachable
from .database import Database
from .hosts import Hosts, origin
from .limiter import Limiters
from .listing import Vendor
from .pages import Pages
from .paging import Paging
from .redact import clean
from .transport import Transport
from .values import fill, http_date

ATTEMPTS: Final = 4
BROKEN_AFTER: Final = 5  # faults in a row, after which the host is left alone until the next poll
_SEGMENT = "[^/]+"


class Connection(msgspec.Struct):
    """How to reach one integration. `secret` gives a credential field's value now; `deadline` is seconds for one
    request with its retries; `cap` bytes of one answer, before and after inflating; `width_bytes` in flight. `hear`:
    is shown each answer but those to a sign-in, for whoever looks at their shape."""

    integration: str
    vendor: Vendor
    options: dict[str, Any]
    scheme: str
    secret: Callable[[str], str]
    base: str = ""
    allow_private: bool = False
    proxy: str | None = None
    ca_file: str | None = None
    deadline: float = 60.0
    cap: int = 64 << 20
    width_bytes: int = 16 << 20
    hear: Callable[[Ask, Answer], None] = lambda ask, answer: None

    def __repr__(self) -> str:
        return f"Connection({self.integration!r}, vendor={self.vendor.name!r})"


def connect(
    connection: Connection,
    *,
    clock: Clock,
    limiters: Limiters,
    tokens: TokenStore,
    transport: httpx.AsyncBaseTransport | None = None,
) -> LiveClient:
    """An async context manager that is the Client. Raises Rejected when the connection contradicts the vendor file.

    `transport` replaces the network, for tests and for simulated accounts in this process.
    """
    return LiveClient(connection, clock=clock, limiters=limiters, tokens=tokens, transport=transport)


class LiveClient:
    """One integration's Client; see api.Client for what a vendor file may use."""

    def __init__(
        self,
        connection: Connection,
        *,
        clock: Clock,
        limiters: Limiters,
        tokens: TokenStore,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        vendor = connection.vendor
        defaults = {name: spec.default for name, spec in vendor.options.items()}
        self.integration = connection.integration
        self.vendor = vendor
        self.options: Mapping[str, Any] = {**defaults, **connection.options}
        self.clock = clock
        self.width_bytes = connection.width_bytes
        self.tally: Counter[str] = Counter()
        self.sunset: dict[str, float] = {}
        self._connection = connection
        try:
            self.base = (connection.base or str(fill(vendor.base, {"options": self.options}))).rstrip("/")
        except KeyError as error:
            raise Rejected(f"{vendor.name}: the base address {vendor.base}: {error.args[0]}") from None
        host = urlsplit(self.base).hostname
        there = {name: spec.by_host[host] for name, spec in vendor.options.items() if host in spec.by_host}
        self.options = {**defaults, **there, **connection.options}
        scheme = vendor.schemes.get(connection.scheme)
        if scheme is None:
            raise Rejected(f"{vendor.name} has no scheme {connection.scheme!r}; it has {', '.join(vendor.schemes)}")
        self.account = ""  # the vendor's id of it, once the identity was read: for links
        self._hosts = Hosts(vendor, self.base, connection.allow_private)
        self._hosts.check(self.base)
        self.credentials = Credentials(self.integration, connection.secret, self.options, tokens, clock)
        self.credentials.base = self.base
        self._auth = scheme.build(self.credentials)
        places = {"integration": self.integration, "host": urlsplit(self.base).netloc, "options": self.options}
        self._limiters = {
            name: limiters.limiter(f"{vendor.name}:{name}:{fill(limit.key, places)}", limit)
            for name, limit in vendor.limits.items()
        }
        key = f"{vendor.name}:{fill(vendor.limits['default'].key, places)}"
        self.budget = limiters.budget(key, vendor.quota, self.options) if vendor.quota else None
        self._transport = self._carrier(transport)
        self._reads = [re.compile(_SEGMENT.join(map(re.escape, path.split("*")))) for path in vendor.reads]
        self._silent: list[Fault] = []
        self._refused: Expired | None = None
        self._most: int | None = None

    def _carrier(self, instead: httpx.AsyncBaseTransport | None) -> Transport | Database:
        """What brings an Ask to the vendor and its Answer back."""
        own = self._connection
        if self.vendor.statements:
            return Database(
                self.vendor.statements, allow_private=own.allow_private, proxy=own.proxy, ca_file=own.ca_file,
                cap=own.cap,
            )  # fmt: skip
        return Transport(
            allow_private=own.allow_private, proxy=own.proxy, ca_file=own.ca_file, cap=own.cap, transport=instead
        )

    def __repr__(self) -> str:
        return f"LiveClient({self.integration!r}, {self.base!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.close()

    @property
    def quota_zone(self) -> str:
        return self.budget.zone if self.budget else ""

    @quota_zone.setter
    def quota_zone(self, zone: str) -> None:
        if self.budget:
            self.budget.zone = zone

    def start(self) -> None:
        """A poll begins: counts start again; a host that was silent and a credential that was refused get a chance."""
        self.tally.clear()
        self._silent.clear()
        self._refused = None

    def aside(self, most: int, deadline: float) -> LiveClient:
        """The same integration behind the same limits and budget, for something asked beside a poll: at most so many
        requests, `deadline` seconds for each, with a tally of its own. Lives no longer than this client."""
        other = copy.copy(self)
        other._connection = msgspec.structs.replace(self._connection, deadline=deadline)
        other._most, other.tally, other._silent, other._refused = most, Counter(), [], None
        return other

    async def secret(self, field: str) -> str:
        return await self.credentials.get(field)

    async def ask(self, ask: Ask) -> Answer:
        try:
            self._only_reads(ask)
            return await self._retrying(ask)
        except Fault as fault:
            shown = clean(fault, self.credentials.seen)
        raise shown

    async def login(self, ask: Ask) -> Answer:
        try:
            return await self._once(ask, {}, self._connection.deadline)
        except Fault as fault:
            shown = clean(fault, self.credentials.seen)
        if isinstance(shown, Rejected | Denied | Expired):  # however a token endpoint says no, it is the credential
            shown = self._refused = Expired(shown.message, code=shown.code)
        raise shown

    async def every(self, ask: Ask, paging: Paging, records: str) -> list[Any]:
        def listed(answer: Answer) -> list[Any]:
            found = [] if answer.unchanged or answer.nothing else answer.value(records)
            if not isinstance(found, list):
                raise Malformed(f"the answer has no list {records}")
            return found

        pages = Pages(self, ask, paging, lambda answer: len(listed(answer)))
        rows = [row async for answer in pages for row in listed(answer)]
        if not pages.coverage.complete:
            raise Malformed(f"{ask.path}: {pages.coverage.reason}", code=pages.coverage.code)
        return rows

    def judge(self, answer: Answer) -> None:
        try:
            self.vendor.errors.judge(answer, self.clock.now())
            return
        except Fault as fault:
            shown = clean(fault, self.credentials.seen)
        raise shown

    def move(self, base: str) -> None:
        self._hosts.check(base)
        self.base = base.rstrip("/")

    async def _retrying(self, ask: Ask) -> Answer:
        """Throttled and Unreachable are tried again while the deadline lasts, Expired once with a new token."""
        if len(self._silent) >= BROKEN_AFTER:
            raise _again(self._silent[-1])
        if self._refused:  # asking a token endpoint again and again locks accounts
            raise _again(self._refused)
        left, renewed, attempt = self._connection.deadline, False, 0
        while True:
            attempt += 1
            started = self.clock.monotonic()
            sent: Mapping[str, str] | None = None
            try:
                sent = await self._auth.apply(self)
                headers = {**self.vendor.headers, **{name.lower(): value for name, value in sent.items()}}
                answer = await self._once(ask, headers, left, self._connection.hear)
                self._silent.clear()
                return answer
            except Expired:
                if renewed or self._refused or sent is None:
                    raise
                if await self._auth.apply(self) == sent and not await self._auth.forget(self):
                    raise  # else another request that was under way has found the new credential already
                renewed = True
            except (Throttled, Unreachable) as fault:
                left -= self.clock.monotonic() - started
                wait = self._wait(ask, fault, attempt)
                if attempt >= ATTEMPTS or wait >= left or fault.code in ("quota", "paused"):
                    if isinstance(fault, Unreachable):
                        self._silent.append(fault)
                    raise
                await self.clock.sleep(wait)
                left -= wait

    def _wait(self, ask: Ask, fault: Fault, attempt: int) -> float:
        """Seconds until the next try. What the vendor asked for holds for everybody behind the same limiter."""
        if isinstance(fault, Throttled) and fault.code not in ("quota", "paused"):
            if fault.until_reset:
                fault.wait = max(60.0, self.budget.resets_at - self.clock.now()) if self.budget else 3600.0
            wait = fault.wait if fault.wait is not None else 2.0**attempt
            self._limiters[ask.limit].pause(wait)
            return wait
        jitter = random.uniform(0.5, 1.0)  # noqa: S311  spreads retries, hides nothing
        return fault.wait if fault.wait is not None else 2.0**attempt / 4 * jitter

    async def _once(self, ask: Ask, headers: Mapping[str, str], deadline: float, hear: Any = None) -> Answer:
        if self._most is not None and sum(self.tally.values()) >= self._most:
            raise Throttled(f"more than the {self._most} requests that are spent on it", code="quota")
        url = self._url(ask)
        limiter = self._limiters[ask.limit]
        async with limiter.turn(deadline):
            if self.budget:
                self.budget.spend(ask.spends)
            try:
                answer = await self._transport.send(ask, url, headers, deadline)
            except Fault:
                self.tally["error"] += 1
                raise
        self._hear(ask, answer)
        if hear:
            hear(ask, answer)
        if not (ask.known and 200 <= answer.status < 300 and answer.raw and answer.digest == ask.known):
            self.vendor.errors.judge(answer, self.clock.now(), walked=ask.walked)
        if self.vendor.pace and (wait := self.vendor.pace(answer)) > 0:
            limiter.pause(wait)
        return answer

    def _hear(self, ask: Ask, answer: Answer) -> None:
        status = answer.status
        self.tally[str(status) if status in (304, 429) else f"{status // 100}xx"] += 1
        if self.budget:
            self.budget.hear(answer.headers)
        if (ends := http_date(answer.headers.get("sunset", ""))) is not None:
            self.sunset[urlsplit(ask.path).path] = ends
        elif 200 <= status < 300:  # taken back; a refusal, or a 304, may come without what an answer says
            self.sunset.pop(urlsplit(ask.path).path, None)

    def _only_reads(self, ask: Ask) -> None:
        if ask.method == "GET":
            return
        path = urlsplit(ask.path).path
        if not any(pattern.fullmatch(path) for pattern in self._reads):
            raise Rejected(f"POST {path} is not declared as a read by {self.vendor.name}")
        query = ask.body.get("query") if isinstance(ask.body, dict) else None
        if isinstance(query, str) and writes(query):
            raise Rejected(f"POST {path}: the GraphQL document does more than query")

    def _url(self, ask: Ask) -> str:
        """Absolute, with its parameters, and allowed; or Rejected."""
        url = absolute(self.base, ask.path)
        if origin(url) != origin(self.base):
            self._hosts.check(url)
        if any(part in (".", "..") for part in urlsplit(url).path.split("/")):
            raise Rejected("the path climbs with dots")
        params = {name: value for name, value in ask.params.items() if value is not None}
        try:
            return str(httpx.URL(url).copy_merge_params(params)) if params and not self.vendor.statements else url
        except httpx.InvalidURL:
            raise Rejected("the path has characters that no address can have") from None


def _again(fault: Fault) -> Fault:
    """The same fault without the traceback of the first time."""
    return type(fault)(fault.message, code=fault.code, wait=fault.wait, until_reset=fault.until_reset)


def writes(document: str) -> bool:
    """Whether a GraphQL document has an operation that is not a query. Looks at the top level only, past strings and
    comments, where every operation has to start."""
    bare = re.sub(r'"""(?:\\"""|[^"]|"(?!""))*"""|"(?:\\.|[^"\\\n])*"|#[^\n]*', " ", document)
    depth = 0
    for word in re.findall(r"[{}()]|\w+", bare):
        if word in "{(":
            depth += 1
        elif word in "})":
            depth -= 1
        elif depth == 0 and word in ("mutation", "subscription"):
            return True
    return False
