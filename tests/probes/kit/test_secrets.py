"""Credentials that cannot be read, wherever they are needed: coverage, never an exception, and never a held-up loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from probes.kit.api import Answer, Ask
from probes.kit.auth import AuthorizeCode, Basic, ClientCredentials, Header, JwtBearer, RefreshToken, Scheme
from probes.kit.contract import Denied, Expired, Kind, Read, Ref, State, Throttled, Vantage

from .world import SECRET, Tokens, World, js, listing, vendor

SAID = "the credential is not in the vault any more"


def gone(field: str) -> str:
    raise Expired(SAID, code="vault")


def world(made: Any, secret: Any = gone, tokens: Tokens | None = None) -> World:
    found = World(made, answers, tokens=tokens)
    found.api.credentials._secret = secret
    return found


def answers(request: httpx.Request) -> httpx.Response:
    return js({"access_token": "t-0815", "data": [{"name": "a"}]})


SCHEMES = {
    "header": lambda c: Header(c, X_Api_Key="{token}"),
    "basic": lambda c: Basic(c),
    "client-credentials": lambda c: ClientCredentials(c, "/token"),
    "client-credentials-extra": lambda c: ClientCredentials(c, "/token", style="basic", extra={"scope": "{scope}"}),
    "jwt": lambda c: JwtBearer(c, "/token", issuer="{client_id}", subject="me", audience="{base}"),
    "refresh": lambda c: RefreshToken(c, "/token"),
}


def signed(scheme: str, **changes: Any) -> Any:
    return vendor(schemes={"token": Scheme(fields=("token",), build=SCHEMES[scheme])}, **changes)


async def who_am_i(api: Any) -> Vantage:
    await api.ask(Ask("/me"))
    return Vantage("acme", "robot", frozenset())


async def sends_it_in_a_body(api: Any) -> Vantage:
    return Vantage(await api.secret("token"), "robot", frozenset())


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("identity", [None, who_am_i], ids=["no identity", "identity"])
async def test_a_secret_that_cannot_be_read_is_coverage_in_every_scheme(scheme: str, identity: Any) -> None:
    found = world(signed(scheme, identity=identity))
    vantage, scopes, reads = await found.poll()
    assert reads["fields"].coverage.state is State.DENIED and SAID in reads["fields"].coverage.reason
    assert reads["fields"].coverage.code == "vault" and reads["fields"].memo is None
    assert all(not scope.resources for scope in scopes.values())
    assert vantage.coverage.state is (State.DENIED if identity else State.COMPLETE)
    assert found.calls == []


async def test_a_secret_that_identity_sends_in_a_body_is_coverage_too() -> None:
    vantage, _, reads = await world(vendor(identity=sends_it_in_a_body)).poll()
    assert vantage.coverage.state is State.DENIED and SAID in vantage.coverage.reason
    assert SAID in reads["fields"].coverage.reason


async def test_a_secret_that_a_coded_listing_needs_fails_what_was_not_read_yet() -> None:
    async def fetch(api: Any, parents: Any, validators: Any) -> AsyncIterator[tuple[Any, Answer]]:
        yield parents[0], await api.ask(Ask("/x", headers={"x-key": SECRET}))
        await api.secret("second")

    from probes.kit.listing import OptionSpec

    coded = listing(for_each="options.o", fetch=fetch, batch=2)
    made = vendor(coded, options={"o": OptionSpec(says="objects", default=["a", "b"])})
    _, scopes, reads = await world(made, lambda field: SECRET if field == "token" else gone(field)).poll()
    assert scopes[Ref(Kind.FIELD, "a")].coverage.complete
    assert reads["fields/b"].coverage.state is State.DENIED and SAID in reads["fields/b"].coverage.reason


async def test_rows_that_a_vendor_file_could_not_get_make_its_list_partial_and_say_why_without_secrets() -> None:
    async def fetch(api: Any, parents: Any, validators: Any) -> AsyncIterator[tuple[Any, Answer]]:
        await api.ask(Ask("/x"))
        yield parents[0], Answer(200, {}, b'{"data": [{"name": "a"}]}', lacks=Denied(f"not b for {SECRET}", code="B"))

    _, scopes, reads = await world(vendor(listing(fetch=fetch, path="")), lambda field: SECRET).poll()
    coverage = reads["fields"].coverage
    assert (coverage.state, coverage.code, coverage.rows) == (State.PARTIAL, "B", 1)
    assert coverage.reason == "Denied: not b for [redacted]" and reads["fields"].memo == b""
    assert [one.key for one in scopes[Ref(Kind.FIELD, "fields")].resources] == ["a"]


async def test_a_secret_that_goes_between_two_requests_denies_the_rest_and_keeps_what_was_read() -> None:
    left = [SECRET]
    made = vendor(listing(), listing(name="more", path="/more"))
    found = world(made, lambda field: left.pop() if left else gone(field))
    _, scopes, reads = await found.poll()
    assert scopes[Ref(Kind.FIELD, "fields")].coverage.complete
    assert reads["more"].coverage.state is State.DENIED and len(found.calls) == 1


async def test_a_fault_of_the_secrets_store_stays_what_it_is_and_anything_else_is_expired() -> None:
    def busy(field: str) -> str:
        raise Throttled("the vault is sealed for a minute", wait=4000)

    _, _, reads = await world(vendor(), busy).poll()
    assert reads["fields"].coverage.state is State.FAILED and "sealed" in reads["fields"].coverage.reason

    def broken(field: str) -> str:
        raise OSError(f"no file for {field}")

    _, _, reads = await world(vendor(), broken).poll()
    assert reads["fields"].coverage.reason == "Expired: the credential field token cannot be read: no file for token"


class Closed(Tokens):
    """A store of tokens that has lost its key."""

    async def load(self, name: str) -> dict[str, Any] | None:
        raise RuntimeError("no key fits")


class Full(Tokens):
    """A store that cannot keep the new token."""

    async def save(self, name: str, token: dict[str, Any]) -> None:
        raise RuntimeError("no room for the token")


async def test_a_store_of_tokens_that_fails_is_coverage_and_its_words_are_kept() -> None:
    found = world(signed("refresh"), lambda field: SECRET, Closed())
    _, _, reads = await found.poll()
    assert "no key fits" in reads["fields"].coverage.reason and found.calls == []

    found = World(signed("refresh"), lambda r: js({"access_token": "t-1", "refresh_token": "rotated-value-1"}),
                  tokens=Full({"refresh_token": "first-value-0"}),
                  secrets={"client_id": "c", "client_secret": SECRET})  # fmt: skip
    _, _, reads = await found.poll()
    assert "no room" in reads["fields"].coverage.reason and "rotated" not in reads["fields"].coverage.reason
    assert set(found.calls) == {"POST /token"}, "an access token whose refresh token is lost must not be used"


async def test_a_slow_secret_does_not_hold_the_loop() -> None:
    """The secret waits for what only a running loop can bring about: read on the loop, it would never come."""
    asked, allowed = threading.Event(), threading.Event()

    def slow(field: str) -> str:
        asked.set()
        assert allowed.wait(10), "the loop was held"
        assert threading.current_thread() is not threading.main_thread()
        return SECRET

    found = world(vendor(), slow)
    polling = asyncio.create_task(found.poll())
    assert await asyncio.to_thread(asked.wait, 10)
    allowed.set()
    _, scopes, _ = await polling
    assert scopes[Ref(Kind.FIELD, "fields")].coverage.complete


async def test_a_poll_that_is_given_up_while_a_secret_is_read_ends_at_once() -> None:
    asked, allowed = threading.Event(), threading.Event()

    def slow(field: str) -> str:
        asked.set()
        allowed.wait(10)
        return SECRET

    polling = asyncio.create_task(world(vendor(), slow).poll())
    assert await asyncio.to_thread(asked.wait, 10)
    polling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await polling
    allowed.set()


async def test_no_repr_and_no_header_of_a_failed_sign_in_has_a_secret() -> None:
    found = World(signed("refresh"), lambda r: js({"error": "bad"}, 400), tokens=Tokens({"refresh_token": SECRET}),
                  secrets={"client_id": "c-public", "client_secret": SECRET[::-1]})  # fmt: skip
    reads: list[Read] = list((await found.poll())[2].values())
    shown = repr([found.api, found.api.credentials, found.connection, reads])
    assert SECRET not in shown and SECRET[::-1] not in shown and "Credentials('acme-prod')" in shown


async def test_a_refresh_token_that_does_not_rotate_is_kept_as_it_is_and_may_go_as_basic() -> None:
    store = Tokens()
    scheme = Scheme(
        fields=("client_id", "client_secret"), build=lambda c: RefreshToken(c, "/token", style="basic"),
        authorize=AuthorizeCode(authorize="{base}/authorize", token="{base}/token"),
    )  # fmt: skip
    secrets = {"client_id": "c", "client_secret": SECRET, "refresh_token": "kept-value-0"}
    found = World(vendor(schemes={"token": scheme}), answers, secrets=secrets, tokens=store)
    _, _, reads = await found.poll()
    assert reads["fields"].coverage.complete and store.log == ["started"] and store.token is None
    assert found.requests[0].headers["authorization"].startswith("Basic ")
    assert b"client_secret" not in found.requests[0].content


async def test_a_token_answer_without_a_token_is_malformed() -> None:
    found = World(signed("client-credentials"), lambda r: js({"token_type": "Bearer"}),
                  secrets={"client_id": "c", "client_secret": SECRET})  # fmt: skip
    _, _, reads = await found.poll()
    assert "the token answer has no access_token" in reads["fields"].coverage.reason
