"""One suite over all vendor files: what every one of them must do, whatever its vendor answers."""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from probes.kit.clock import ManualClock
from probes.kit.contract import Kind, Read, Ref, State, Vantage
from probes.kit.drive import read
from probes.kit.listing import Vendor

from .accounts import Wire, account, has_account, options
from .kit.world import World, vendor
from .rules import NEVER, RULES, everyone, pairs, problems, rule

ALL = everyone()
CANARY = "kanarie7-must-show-nowhere-0815"
BASE = "https://account.test"
FAULTS = {
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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    names = getattr(metafunc.function, "rules", None)
    if names is not None:
        metafunc.parametrize(("vendor", "held"), pairs(names, ALL))


class Contract:
    """A vendor's account, and polls of it."""

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor
        self.clock = ManualClock(1_780_000_000.0, leap=True)
        scheme, secrets = self._scheme()
        self.account, self.wire = account(vendor, self.clock, secrets)
        self.world = self._world(scheme, secrets, self.wire)

    def _scheme(self) -> tuple[str, dict[str, str]]:
        name = "token" if "token" in self.vendor.schemes else next(iter(self.vendor.schemes))
        return name, {field: f"{CANARY}-{field}" for field in self.vendor.schemes[name].fields}

    def _world(self, scheme: str, secrets: dict[str, str], wire: Wire) -> World:
        return World(
            self.vendor, transport=wire, clock=self.clock, scheme=scheme, secrets=secrets, base=BASE,
            allow_private=True, options=options(self.vendor.name),
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


@pytest.fixture
async def contract(vendor: str, held: str) -> AsyncIterator[Contract]:
    """What a rule is held against; `held` is the rule's name."""
    made = Contract(ALL[vendor])
    yield made
    await made.world.api.__aexit__(None, None, None)


def facts(scopes: dict[Ref, Any]) -> dict[Any, Any]:
    """What would be compared, and the health beside it."""
    return {(ref, r.key): (r.facts, r.id, r.health) for ref, scope in scopes.items() for r in scope.resources}


def test_every_vendor_file_has_an_account_to_be_tested_against() -> None:
    assert {name for name, vendor in ALL.items() if not has_account(vendor)} == set()


def test_every_rule_is_held_by_one_test() -> None:
    tests = [value for name, value in globals().items() if name.startswith("test_") and hasattr(value, "rules")]
    assert sorted(name for test in tests for name in test.rules) == sorted(RULES) and RULES.keys() >= NEVER


@pytest.mark.parametrize("made", ALL.values(), ids=ALL)
def test_nobody_is_exempt_without_a_reason_too_often_or_from_what_may_not_be_missing(made: Vendor) -> None:
    assert problems(made) == []


def test_an_exemption_leaves_out_its_rule_and_nothing_else() -> None:
    exempt = vendor(exempt={"cursor": "its lists have no pages at all"})
    assert problems(exempt) == []
    chosen = pairs(("cursor", "html"), {"acme": exempt, "other": vendor()})
    assert chosen == [("acme", "html"), ("other", "cursor"), ("other", "html")]


@pytest.mark.parametrize(
    ("exempt", "words"),
    [
        ({"curser": "its lists have no pages"}, "is no rule"),
        ({"cursor": "never"}, "reason"),
        ({"cursor": ""}, "reason"),
        ({"html": "it answers in HTML only"}, "nobody"),
        ({"403": "it knows no rights"}, "nobody"),
        ({"canary": "it echoes what it gets"}, "nobody"),
        ({"cut-anywhere": "it is often cut"}, "nobody"),
        ({"cursor": "it has no pages", "order": "rows come as they like"}, "at most 1"),
    ],
)
def test_a_wrong_exemption_is_told(exempt: dict[str, str], words: str) -> None:
    assert any(words in problem for problem in problems(vendor(exempt=exempt)))


@rule("complete")
async def test_everything_is_read_completely_and_under_stable_keys(contract: Contract) -> None:
    vantage, scopes, reads = await contract.world.poll()
    assert vantage.coverage.complete and vantage.account
    wrong = {id: found.coverage.reason for id, found in reads.items() if not found.coverage.complete}
    assert wrong == {}
    kinds = {ref.kind for ref, scope in scopes.items() if scope.resources}
    assert kinds >= {Kind.SCHEMA, Kind.FIELD, Kind.PERMISSION} - contract.vendor.unseen.keys()
    for scope in scopes.values():
        keys = [resource.key for resource in scope.resources]
        assert len(keys) == len(set(keys)) and not any(re.fullmatch(r"\d{1,3}", key) for key in keys if len(keys) > 9)


@rule("again")
async def test_reading_the_same_again_yields_nothing(contract: Contract) -> None:
    _, before, _ = await contract.world.poll()
    _, scopes, _ = await contract.world.poll()
    assert facts(scopes).items() <= facts(before).items()
    assert sum(scope.whole for scope in scopes.values()) > len(scopes) * 0.9


@rule("order")
async def test_order_of_rows_pages_and_keys_means_nothing(contract: Contract) -> None:
    _, before, _ = await contract.world.poll()
    contract.account.shuffle(True)
    other = contract.again()
    _, after, _ = await other.poll()
    assert facts(after) == facts(before)
    _, warm, _ = await contract.world.poll()
    assert facts(warm).items() <= facts(before).items()


@rule(*FAULTS)
async def test_no_fault_ever_looks_like_an_answer(contract: Contract, held: str) -> None:
    status, body, states = FAULTS[held]
    contract.wire.twist = lambda request, given: httpx.Response(status, content=body)
    reads = await contract.armed()
    assert reads
    for found in reads:
        assert found.coverage.state in states, (found.id, found.coverage)
        assert not found.memo and found.coverage.reason
        assert not any(scope.resources or scope.same or scope.whole for scope in found.scopes)


@rule("cut-anywhere")
async def test_a_body_cut_anywhere_is_never_complete(contract: Contract) -> None:
    contract.wire.twist = lambda request, given: httpx.Response(
        given.status_code, headers=given.headers, content=given.content[: len(given.content) * 2 // 3]
    )
    reads = await contract.armed()
    assert all(not found.coverage.complete for found in reads)


@rule("dropped-key")
async def test_a_key_that_the_vendor_drops_is_malformed_and_not_a_removal(contract: Contract) -> None:
    plain = {v.key for listing in contract.vendor.listings for v in listing.views if re.fullmatch(r"\w+", v.key)}
    spelled = re.compile(b'"(' + "|".join(sorted(plain)).encode() + b')" ?:')

    def drop(request: httpx.Request, given: httpx.Response) -> httpx.Response:
        return httpx.Response(given.status_code, headers=given.headers, content=spelled.sub(b'"gone":', given.content))

    contract.wire.twist = drop
    reads = {found.id.partition("/")[0]: found for found in await contract.armed()}
    for listing in contract.vendor.listings:
        if listing.key in plain and listing.name in reads and not listing.fetch:
            found = reads[listing.name]
            assert found.coverage.state is State.FAILED or found.coverage.rows == 0, (listing.name, found.coverage)


@rule("cursor")
async def test_a_cursor_that_repeats_is_partial(contract: Contract) -> None:
    first: dict[str, httpx.Response] = {}
    links = {listing.paging.next for listing in contract.vendor.listings if listing.paging.style == "next"}

    def repeat(request: httpx.Request, given: httpx.Response) -> httpx.Response:
        """Always the page that came first: of a path, or, where pages have addresses, the one that led there."""
        asked = re.sub(rb'"after": ?("[^"]*"|null)', b"", request.content)  # where a page of GraphQL goes on
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


@rule("reads-only")
async def test_it_only_reads_and_only_from_hosts_it_declares(contract: Contract) -> None:
    await contract.armed()
    assert contract.wire.requests
    for request in contract.wire.requests:
        assert request.url.host == "account.test"
        assert request.method in ("GET", "POST")
        for sub in re.findall(rb'"method": ?"(\w+)"', request.content):
            assert sub == b"GET"


@rule("one-read")
async def test_asking_for_one_read_sends_only_its_requests(contract: Contract) -> None:
    reads = await contract.armed()
    sent = len(contract.wire.requests)
    for found in reads:
        if found.memo:
            contract.world.memories.memos[found.id] = found.memo
    child = next((found.id for found in reads if "/" in found.id and found.coverage.complete), reads[-1].id)
    contract.wire.requests.clear()
    again = await contract.armed(ids=[child], fresh=True)
    assert [found.id for found in again] == [child]
    assert 0 < len(contract.wire.requests) < max(2, sent // 4)


@rule("canary")
async def test_a_secret_shows_up_nowhere(contract: Contract, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    _, secrets = contract._scheme()
    shown: list[str] = []
    for secret in secrets.values():
        encoded = base64.b64encode(secret.encode()).decode()
        echo = f"bad {secret} {quote(secret, safe='')} {encoded} {secret[:8]}"
        for body in ({"message": echo, "error": echo}, [{"message": echo, "errorCode": secret}],
                     {"errors": [{"message": echo, "extensions": {"code": secret}}]}):  # fmt: skip
            contract.wire.twist = lambda request, given, body=body: httpx.Response(400, json=body)
            shown += [repr(found) for found in await contract.armed()]
    shown += [repr(contract.world.api), repr(contract.world.connection), caplog.text]
    for secret in secrets.values():
        for form in (secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode()[:16], secret[:8]):
            assert not any(form in text for text in shown), form
