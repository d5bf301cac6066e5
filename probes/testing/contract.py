"""What every vendor file must do, whatever its vendor answers: one check for each rule."""

from __future__ import annotations

import base64
import io
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Self, TypeAlias
from urllib.parse import quote

import httpx

from probes.kit.clock import ManualClock
from probes.kit.contract import Kind, Read, Ref, State, Vantage
from probes.kit.drive import read
from probes.kit.listing import Vendor
from probes.simulated.sql.core import Core as Database

from .accounts import Wire
from .databases import DatabaseWire
from .rules import rule
from .world import World

Make: TypeAlias = Callable[[Vendor, ManualClock, dict[str, str]], tuple[Any, Any]]
CANARY: Final = "kanarie7-must-show-nowhere-0815"
BASE: Final = "https://account.test"
FAULTS: Final = {
    "html": (200, b"<!doctype html><title>Sign in</title>", {State.FAILED}),
    "empty": (200, b"", {State.FAILED}),
    "cut-short": (200, b'{"data": [{"name": "a', {State.FAILED}),
    "401": (401, b"{}", {State.DENIED}),
    "403": (403, b"{}", {State.DENIED}),
    "404": (404, b"{}", {State.FAILED}),
    "429": (429, b"{}", {State.FAILED}),
    "500": (500, b"<h1>Oops</h1>", {State.FAILED}),
    "302": (302, b"", {State.FAILED}),
    "error-in-200": (
        200,
        b'{"status": "error", "message": "no", "error": {"code": "no", "text": "no"},'
        b' "errors": [{"message": "no", "extensions": {"code": "NO"}}]}',
        {State.FAILED},
    ),
}


class Contract:
    """A vendor's account, and polls of it. `make` gives the account, which can be shuffled, and the wire to it."""

    def __init__(self, vendor: Vendor, make: Make, options: Mapping[str, Any]) -> None:
        self.vendor, self.options = vendor, dict(options)
        self.clock = ManualClock(1_780_000_000.0, leap=True)
        scheme, secrets = self._scheme()
        self.account, self.wire = make(vendor, self.clock, secrets)
        self.world = self._world(scheme, secrets, self.wire)

    async def __aenter__(self) -> Self:
        await self.wire.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.world.api.__aexit__(None, None, None)
        await self.wire.close()

    def _scheme(self) -> tuple[str, dict[str, str]]:
        name = "token" if "token" in self.vendor.schemes else next(iter(self.vendor.schemes))
        return name, {field: f"{CANARY}-{field}" for field in self.vendor.schemes[name].fields}

    def _world(self, scheme: str, secrets: dict[str, str], wire: Any) -> World:
        return World(
            self.vendor, transport=wire if isinstance(wire, Wire) else None, clock=self.clock, scheme=scheme,
            secrets=secrets, base=getattr(wire, "base", BASE), allow_private=True, options=self.options,
        )  # fmt: skip

    def again(self) -> World:
        """The same account, read by somebody who remembers nothing."""
        scheme, secrets = self._scheme()
        return self._world(scheme, secrets, self.wire)

    async def armed(self, **how: Any) -> list[Read]:
        """A poll whose answers are twisted from after the identity on."""
        found: list[Read] = []
        self.wire.armed = False
        async for item in read(self.vendor, self.world.api, self.world.memories, **how):
            if isinstance(item, Vantage):
                assert item.coverage.complete, item.coverage
                self.wire.armed = True
            elif isinstance(item, Read):
                found.append(item)
        self.wire.armed = False
        return found


def simulated(account: Any, secrets: Mapping[str, str]) -> tuple[Any, Any]:
    """A simulated account with these credentials, and the wire to it."""
    for field, value in secrets.items():
        if hasattr(account, field):
            setattr(account, field, value)
    return account, DatabaseWire(account) if isinstance(account, Database) else Wire(httpx.ASGITransport(account.app))


def facts(scopes: dict[Ref, Any]) -> dict[Any, Any]:
    """What would be compared, and the health beside it."""
    return {(ref, r.key): (r.facts, r.id, r.health) for ref, scope in scopes.items() for r in scope.resources}


@rule("complete")
async def everything_is_read_completely_and_under_stable_keys(contract: Contract, held: str) -> None:
    vantage, scopes, reads = await contract.world.poll()
    assert vantage.coverage.complete and vantage.account
    wrong = {id: found.coverage.reason for id, found in reads.items() if not found.coverage.complete}
    missed = sorted(getattr(contract.account, "missed", ()))
    assert wrong == {}, f"{wrong}" + (f"; no answer is written down in {', '.join(missed)}" if missed else "")
    kinds = {ref.kind for ref, scope in scopes.items() if scope.resources}
    assert (
        kinds
        >= {Kind.SCHEMA, Kind.FIELD, Kind.PERMISSION} - contract.vendor.unseen.keys() - contract.vendor.lacks.keys()
    )
    for scope in scopes.values():
        keys = [resource.key for resource in scope.resources]
        assert len(keys) == len(set(keys)) and not any(re.fullmatch(r"\d{1,3}", key) for key in keys if len(keys) > 9)


@rule("again")
async def reading_the_same_again_yields_nothing(contract: Contract, held: str) -> None:
    _, before, _ = await contract.world.poll()
    _, scopes, _ = await contract.world.poll()
    assert facts(scopes).items() <= facts(before).items()
    anew = sorted(str(ref.name) for ref, scope in scopes.items() if not scope.whole)
    assert len(anew) < len(scopes) * 0.1, f"the same answers were read as other ones: {', '.join(anew)}"


@rule("order")
async def order_of_rows_pages_and_keys_means_nothing(contract: Contract, held: str) -> None:
    _, before, _ = await contract.world.poll()
    contract.account.shuffle(True)
    other = contract.again()
    _, after, _ = await other.poll()
    assert facts(after) == facts(before)
    _, warm, _ = await contract.world.poll()
    assert facts(warm).items() <= facts(before).items()


@rule(*FAULTS)
async def no_fault_ever_looks_like_an_answer(contract: Contract, held: str) -> None:
    status, body, states = FAULTS[held]
    contract.wire.twist = lambda request, given: httpx.Response(status, content=body)
    reads = await contract.armed()
    assert reads
    for found in reads:
        assert found.coverage.state in states, (found.id, found.coverage)
        assert not found.memo and found.coverage.reason
        assert not any(scope.resources or scope.same or scope.whole for scope in found.scopes)


@rule("cut-anywhere")
async def a_body_cut_anywhere_is_never_complete(contract: Contract, held: str) -> None:
    contract.wire.twist = lambda request, given: httpx.Response(
        given.status_code, headers=given.headers, content=given.content[: len(given.content) * 2 // 3]
    )
    reads = await contract.armed()
    assert all(not found.coverage.complete for found in reads)


@rule("dropped-key")
async def a_key_that_the_vendor_drops_is_malformed_and_not_a_removal(contract: Contract, held: str) -> None:
    plain = {v.key for listing in contract.vendor.listings for v in listing.views if re.fullmatch(r"\w+", v.key)}
    contract.wire.twist = contract.wire.without(plain)
    reads = {found.id.partition("/")[0]: found for found in await contract.armed()}
    for listing in contract.vendor.listings:
        if listing.key in plain and listing.name in reads and not listing.fetch:
            found = reads[listing.name]
            assert found.coverage.state is State.FAILED or found.coverage.rows == 0, (listing.name, found.coverage)


@rule("cursor")
async def a_cursor_that_repeats_is_partial(contract: Contract, held: str) -> None:
    first: dict[str, httpx.Response] = {}
    links = {listing.paging.next for listing in contract.vendor.listings if listing.paging.style == "next"}
    names = {listing.paging.into.removeprefix("body.") for listing in contract.vendor.listings} | {"after"}
    cursor = re.compile(rb',? ?"(' + "|".join(sorted(names - {""})).encode() + rb')": ?("[^"]*"|null)')

    def repeat(request: httpx.Request, given: httpx.Response) -> httpx.Response:
        """Always the page that came first: of a path, or, where pages have addresses, the one that led there; of what
        is posted, the one to the same body without its cursor."""
        asked = cursor.sub(b"", request.content)
        start = first.setdefault(request.url.path if request.method == "GET" else repr(asked), given)
        body = start.json()
        for link in links & set(body if isinstance(body, dict) else ()):
            first[str(body[link])] = start
        return httpx.Response(start.status_code, headers=start.headers, content=start.content)

    contract.wire.twist = repeat
    paged = {listing.name for listing in contract.vendor.listings if listing.paging.style != "none"}
    met = 0
    for found in await contract.armed():
        if found.id.partition("/")[0] in paged and found.coverage.pages > 1:
            met += 1
            assert found.coverage.state is State.PARTIAL, (found.id, found.coverage)
    assert met, "no list of this account has a second page"


@rule("weaker")
async def a_weaker_credential_is_told_from_a_removal(contract: Contract, held: str) -> None:
    vendor = contract.vendor
    vantage, _, _ = await contract.world.poll()
    if vendor.grants_told:
        assert vantage.grants, "identity tells no grants: let it, or say grants_told=False"
        return
    read = {view.kind for listing in vendor.listings for view in listing.views}
    assert vendor.weaker or read <= vantage.silent, (
        "no answer tells what the credential may do: name the kinds whose rows a weaker one does not get, with a 200, "
        f"in Vantage.silent ({', '.join(sorted(read - vantage.silent))} are not there), or say in `weaker` why not"
    )


@rule("reads-only")
async def it_only_reads_and_only_from_hosts_it_declares(contract: Contract, held: str) -> None:
    await contract.armed()
    assert contract.wire.requests
    for request in contract.wire.requests:
        assert request.url.host == "account.test"
        assert request.method in ("GET", "POST")
        for sub in re.findall(rb'"method": ?"(\w+)"', request.content):
            assert sub == b"GET"


@rule("one-read")
async def asking_for_one_read_sends_only_its_requests(contract: Contract, held: str) -> None:
    reads = await contract.armed()
    sent = len(contract.wire.requests)
    for found in reads:
        if found.memo:
            contract.world.memories.memos[found.id] = found.memo
    child = next((found.id for found in reads if "/" in found.id and found.coverage.complete), reads[-1].id)
    contract.wire.requests.clear()
    again = await contract.armed(ids=[child], fresh=True)
    assert [found.id for found in again] == [child]
    own = contract.vendor.listing(child.partition("/")[0]).per_fetch  # of a small account that may be most of it
    assert 0 < len(contract.wire.requests) < max(2, sent // 4, min(own + 1, sent))


@rule("canary")
async def a_secret_shows_up_nowhere(contract: Contract, held: str) -> None:
    with logged() as said:
        shown = await _echoed(contract)
    shown += [repr(contract.world.api), repr(contract.world.connection), said.getvalue()]
    _, secrets = contract._scheme()
    for secret in secrets.values():
        for form in spellings(secret):
            assert not any(form in text for text in shown), form


def spellings(secret: str) -> tuple[str, ...]:
    """How a secret may show: as it is, in an address, encoded, and its beginning alone."""
    return secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode()[:16], secret[:8]


async def _echoed(contract: Contract) -> list[str]:
    """Everything that comes of answers which hold the credentials in all spellings."""
    _, secrets = contract._scheme()
    shown: list[str] = []
    for secret in secrets.values():
        encoded = base64.b64encode(secret.encode()).decode()
        echo = f"bad {secret} {quote(secret, safe='')} {encoded} {secret[:8]}"
        for body in ({"message": echo, "error": echo}, [{"message": echo, "errorCode": secret}],
                     {"errors": [{"message": echo, "extensions": {"code": secret}}]}):  # fmt: skip
            contract.wire.twist = lambda request, given, body=body: httpx.Response(400, json=body)
            shown += [repr(found) for found in await contract.armed()]
    return shown


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """What is logged meanwhile, at any level."""
    said, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(said), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield said
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
