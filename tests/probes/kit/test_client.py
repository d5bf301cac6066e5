"""Signing in, trying again, limits, budgets, and which hosts hear from us."""

from __future__ import annotations

import asyncio
import base64
import contextlib

import httpx
import pytest

from probes.kit.api import Ask
from probes.kit.auth import Basic, ClientCredentials, JwtBearer, RefreshToken, Scheme
from probes.kit.client import writes
from probes.kit.clock import ManualClock
from probes.kit.contract import Denied, Expired, Fault, Rejected, State, Throttled, Unreachable
from probes.kit.errors import Errors, wait_of
from probes.kit.limiter import Budget, Limit, Limiter, Quota
from probes.kit.redact import redact

from .world import SECRET, Tokens, World, js, listing, vendor

OAUTH = {"client_id": "the-client", "client_secret": SECRET}


def oauth(build: object, **changes: object) -> object:
    return vendor(schemes={"token": Scheme(fields=("client_id", "client_secret"), build=build)}, **changes)  # type: ignore[arg-type]


async def test_client_credentials_are_asked_once_for_many_and_again_when_expired() -> None:
    tokens: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            tokens.append(f"t{len(tokens)}")
            return js({"access_token": tokens[-1], "expires_in": 3600, "instance_url": "https://eu.acme.test"})
        if request.headers["authorization"] == "Bearer t0" and len(tokens) == 1 and request.url.path == "/late":
            return js({}, 401)
        return js({"host": request.url.host})

    made = oauth(lambda c: ClientCredentials(c, "/token", style="basic", base="instance_url"))
    world = World(made, handle, secrets=OAUTH)  # type: ignore[arg-type]
    await asyncio.gather(*(world.api.ask(Ask("/x")) for _ in range(5)))
    assert tokens == ["t0"]
    assert (await world.api.ask(Ask("/late"))).value("host") == "eu.acme.test"
    assert tokens == ["t0", "t1"]


@pytest.mark.parametrize(
    ("told", "holds"),
    [
        (120, 60),
        ("120", 60),
        (120.5, 60.5),
        *((odd, 840) for odd in (0, -5, True, [], "soon", "\u00b2", 10**400, "inf")),
    ],
)
async def test_a_token_holds_for_as_long_as_it_is_told_to_and_for_the_usual_time_otherwise(
    told: object, holds: float
) -> None:
    made = oauth(lambda c: ClientCredentials(c, "/token"))
    world = World(made, lambda r: js({"access_token": "t", "expires_in": told}), secrets=OAUTH)  # type: ignore[arg-type]
    for step, calls in ((0, 1), (holds - 1, 1), (1, 2)):
        world.clock.advance(step)
        await world.api.ask(Ask("/x"))
        assert world.calls.count("POST /token") == calls


@pytest.mark.parametrize(
    "where", ["https://evil.test", "http://eu.acme.test", "https://acme.test.evil.test", "ftp://x"]
)
async def test_a_token_answer_cannot_send_us_elsewhere(where: str) -> None:
    made = oauth(lambda c: ClientCredentials(c, "/token", base="instance_url"))
    world = World(made, lambda r: js({"access_token": "t", "instance_url": where}), secrets=OAUTH)  # type: ignore[arg-type]
    with pytest.raises(Fault):
        await world.api.ask(Ask("/x"))
    assert {request.url.host for request in world.requests} == {"api.acme.test"}


async def test_a_refused_sign_in_is_not_tried_again_within_a_poll() -> None:
    made = oauth(lambda c: ClientCredentials(c, "/token"))
    world = World(made, lambda r: js({"error": "invalid_client"}, 400), secrets=OAUTH)  # type: ignore[arg-type]
    for _ in range(3):
        with pytest.raises(Expired):
            await world.api.ask(Ask("/x"))
    assert world.calls == ["POST /token"]
    _, _, reads = await world.poll()
    assert reads["fields"].coverage.state is State.DENIED and world.calls == ["POST /token"]


async def test_a_rotating_refresh_token_is_announced_before_and_saved_before_it_is_used() -> None:
    store = Tokens({"refresh_token": "r1-rotating"})

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            assert b"refresh_token=r1-rotating" in request.content and store.log == ["started"]
            return js({"access_token": "a1", "refresh_token": "r2-rotating", "expires_in": 3600})
        assert store.log == ["started", "saved"] and store.token == {"refresh_token": "r2-rotating"}
        return js({})

    made = oauth(lambda c: RefreshToken(c, "/token"))
    world = World(made, handle, secrets=OAUTH, tokens=store)  # type: ignore[arg-type]
    await world.api.ask(Ask("/x"))


async def test_a_jwt_bearer_signs_with_the_key_and_a_bad_key_is_our_fault() -> None:
    import jwt
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            signed = dict(httpx.QueryParams(request.content.decode()))["assertion"]
            claim = jwt.decode(signed, key.public_key(), ["RS256"], audience="https://api.acme.test",
                               options={"verify_exp": False, "verify_iat": False})  # fmt: skip
            assert claim["iss"] == "the-client" and "sub" not in claim
            return js({"access_token": "a1"})
        return js({})

    def build(c: object) -> JwtBearer:
        return JwtBearer(c, "/token", issuer="{client_id}", audience="{base}")  # type: ignore[arg-type]

    world = World(oauth(build), handle, secrets={"client_id": "the-client", "private_key": pem})  # type: ignore[arg-type]
    await world.api.ask(Ask("/x"))
    world = World(oauth(build), handle, secrets={"client_id": "the-client", "private_key": "nope"})  # type: ignore[arg-type]
    with pytest.raises(Rejected, match="private_key"):
        await world.api.ask(Ask("/x"))


async def test_a_secret_that_changed_where_it_lives_is_read_again_on_401() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        if "old" in request.headers["authorization"]:
            world.secrets["token"] = "new-token-value"
            return js({}, 401)
        return js({"ok": 1})

    world = World(vendor(), handle, secrets={"token": "old-token-value"})
    assert (await world.api.ask(Ask("/x"))).value("ok") == 1
    world = World(vendor(), lambda r: js({}, 401))
    with pytest.raises(Expired):
        await world.api.ask(Ask("/x"))
    assert len(world.calls) == 1
    del world.secrets["token"]
    with pytest.raises(Expired, match="cannot be read"):
        await world.api.ask(Ask("/x"))


async def test_a_secret_that_is_another_at_each_look_is_tried_once_more_and_no_more() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        world.secrets["token"] = f"token-number-{len(world.calls)}"
        return js({}, 401)

    world = World(vendor(), handle, secrets={"token": "token-number-0"})
    with pytest.raises(Expired):
        await world.api.ask(Ask("/x"))
    assert len(world.calls) == 2


async def test_a_request_that_hears_late_that_its_secret_is_old_is_sent_again_with_the_new_one() -> None:
    together, found = asyncio.Barrier(2), asyncio.Event()

    async def handle(request: httpx.Request) -> httpx.Response:
        if "new" in request.headers["authorization"]:
            found.set()
            return js({"ok": 1})
        await together.wait()
        world.secrets["token"] = "new-token-value"
        if request.url.path == "/late":
            await found.wait()
        return js({}, 401)

    world = World(vendor(), handle, secrets={"token": "old-token-value"})
    answers = await asyncio.gather(*(world.api.ask(Ask(path)) for path in ("/soon", "/late")))
    assert [answer.value("ok") for answer in answers] == [1, 1]


async def test_basic_auth_is_redacted_in_its_encoded_form() -> None:
    scheme = Scheme(fields=("user", "password"), build=lambda c: Basic(c))
    world = World(vendor(schemes={"token": scheme}), lambda r: js({}, 401), secrets={"user": "mon", "password": SECRET})
    with pytest.raises(Expired):
        await world.api.ask(Ask("/x"))
    spelled = base64.b64encode(f"mon:{SECRET}".encode()).decode()
    assert world.requests[0].headers["authorization"] == f"Basic {spelled}"
    assert spelled not in redact(f"echo {spelled}", world.api.credentials.seen)


async def test_a_retry_after_pauses_everybody_and_a_long_one_is_raised_at_once() -> None:
    replies = [js({}, 429, retry_after="3"), js({"ok": 1})]
    clock = ManualClock(leap=True)
    world = World(vendor(), lambda r: replies.pop(0), clock=clock)
    assert (await world.api.ask(Ask("/x"))).value("ok") == 1 and clock.monotonic() >= 3
    world = World(vendor(), lambda r: js({}, 429, retry_after="4000"), clock=clock)
    with pytest.raises(Throttled) as caught:
        await world.api.ask(Ask("/x"))
    assert caught.value.wait == 4000
    with pytest.raises(Throttled):
        await world.api.ask(Ask("/y"))
    assert len(world.calls) == 1


async def test_a_silent_host_is_left_alone_after_five_faults_until_the_next_poll() -> None:
    world = World(vendor(), lambda r: js({}, 503))
    for _ in range(9):
        with pytest.raises(Unreachable):
            await world.api.ask(Ask("/x"))
    assert len(world.calls) == 20
    world.api.start()
    with pytest.raises(Unreachable):
        await world.api.ask(Ask("/x"))
    assert len(world.calls) == 24


async def test_the_daily_budget_stops_us_before_the_vendor_does_and_starts_again_at_its_midnight() -> None:
    clock = ManualClock(1_795_259_400.0, leap=True)  # 2026-11-21 11:10 in New York
    quota = Quota(per_day=10, share=0.5, headers={"X-Left": r"(?P<remaining>\d+)"})
    world = World(vendor(quota=quota), lambda r: js({}), clock=clock)
    world.api.quota_zone = "America/New_York"
    for _ in range(5):
        await world.api.ask(Ask("/x"))
    with pytest.raises(Throttled) as caught:
        await world.api.ask(Ask("/x"))
    assert caught.value.until_reset and len(world.calls) == 5
    assert caught.value.wait == pytest.approx(1_795_323_600 - clock.now())
    clock.advance(caught.value.wait or 0)
    await world.api.ask(Ask("/x"))


def test_a_clock_that_was_years_ahead_and_is_put_right_starts_the_day_again() -> None:
    clock = ManualClock()
    now = clock.now()
    clock.set_wall(2.0**31)
    budget = Budget(Quota(per_day=100), clock)
    budget.spend()
    clock.set_wall(now)
    budget.spend()
    assert budget.used == 1 and budget.resets_at == now + 86_400.0


def test_the_vendors_own_count_is_believed_over_ours() -> None:
    usage = r"api-usage=(?P<used>\d+)/(?P<limit>\d+)"
    budget = Budget(Quota(per_day=100, headers={"Sforce-Limit-Info": usage}), ManualClock())
    budget.hear({"sforce-limit-info": "api-usage=18/5000"})
    assert (budget.used, budget.limit) == (18, 5000)
    assert budget.left == 5000 * Quota(per_day=100).share - 18
    budget = Budget(Quota(per_day=100, headers={"X-Left": r"(?P<remaining>\d+)"}), ManualClock())
    budget.hear({"x-left": "60"})
    assert (budget.used, budget.limit) == (40, 100)
    budget.hear({"x-left": "all of them"})
    assert (budget.used, budget.limit) == (40, 100), "a header of another shape changes nothing"


async def test_the_limiter_is_fair_and_never_over_its_window() -> None:
    clock = ManualClock(leap=True)
    limiter = Limiter(Limit(rate=3, per=1.0, concurrency=2), clock)
    started: list[tuple[int, float]] = []

    async def one(number: int) -> None:
        async with limiter.turn(60):
            started.append((number, clock.monotonic()))

    await asyncio.gather(*(one(number) for number in range(12)))
    assert [number for number, _ in started] == list(range(12))
    times = [at for _, at in started]
    assert all(b - a >= 1.0 - 1e-6 for a, b in zip(times, times[3:], strict=False)) and times[-1] < 3.1


async def test_an_allowance_of_a_minute_is_not_spent_in_its_first_second() -> None:
    clock = ManualClock(leap=True)
    limiter = Limiter(Limit(rate=60, per=60.0), clock)
    started: list[float] = []
    for _ in range(61):
        async with limiter.turn(120):
            started.append(clock.monotonic())
    assert all(b - a >= 1.0 - 1e-6 for a, b in zip(started, started[2:], strict=False)), "two a second at most"
    assert started[-1] - started[0] >= 60.0 - 1e-6, "and sixty a minute"


@pytest.mark.parametrize(
    ("path", "body"),
    [("/write", {}), ("/query/tree", {"query": "{a}"}), ("/query", {"query": "query A{a} mutation B{b}"})],
)
async def test_only_declared_reads_are_posted(path: str, body: object) -> None:
    world = World(vendor(reads=("/query", "/objects/*/search")), lambda r: js({}))
    with pytest.raises(Rejected):
        await world.api.ask(Ask(path, body=body))
    await world.api.ask(Ask("/query", body={"query": "{ a }"}))
    await world.api.ask(Ask("/objects/x/search", body={}))
    assert len(world.calls) == 2


def test_a_mutation_is_found_wherever_it_stands() -> None:
    assert writes("# mutation\n mutation X { a }") and writes("query A { a }\nmutation B { b }")
    assert not writes('query A { mutation(x: "mutation {") { a } } # mutation')


@pytest.mark.parametrize("path", ["https://evil.test/x", "//user@evil.test/x", "/a/../b", "http://api.acme.test/x"])
async def test_no_other_host_is_asked(path: str) -> None:
    world = World(vendor(), lambda r: js({}))
    with contextlib.suppress(Rejected):
        await world.api.ask(Ask(path))
    assert {(r.url.scheme, r.url.host) for r in world.requests} <= {("https", "api.acme.test")}


def test_a_connection_that_contradicts_the_vendor_file_is_refused_with_a_sentence() -> None:
    with pytest.raises(Rejected, match="allow_private"):
        World(vendor(), lambda r: js({}), base="http://127.0.0.1:1")
    with pytest.raises(Rejected, match="scheme"):
        World(vendor(), lambda r: js({}), scheme="nope")
    with pytest.raises(Rejected, match="has no value"):
        World(vendor(base="https://{options.shop}.acme.test"), lambda r: js({}))


async def test_the_vendors_code_decides_over_the_status() -> None:
    errors = Errors(code="code", message="message", faults={"NO_SCOPE": "denied", "DAILY": "throttled until_reset"})
    world = World(vendor(errors=errors), lambda r: js({"code": "NO_SCOPE", "message": "give it"}, 429))
    with pytest.raises(Denied, match="give it"):
        await world.api.ask(Ask("/x"))
    world = World(vendor(errors=errors), lambda r: js({"code": "DAILY"}, 403))
    with pytest.raises(Throttled) as caught:
        await world.api.ask(Ask("/x"))
    assert caught.value.until_reset and caught.value.wait == 3600


@pytest.mark.parametrize(
    ("header", "wait"),
    [("5", 5.0), ("-5", 0.0), ("1000000000", 86_400.0), ("nan", None), ("soon", None), ("", None),
     ("Sat, 21 Nov 2026 10:00:30 GMT", 30.0)],
)  # fmt: skip
def test_retry_after_is_read_in_every_spelling(header: str, wait: float | None) -> None:
    assert wait_of(header, 1_795_255_200.0) == wait


def test_a_secret_is_taken_out_in_every_spelling() -> None:
    secret = "p@ss/word+with=odd&signs"
    from urllib.parse import quote

    texts = [secret, quote(secret, safe=""), quote(secret), secret[:8], base64.b64encode(secret.encode()).decode(),
             base64.b64encode(f"u:{secret}".encode()).decode(), base64.b64encode(f"us:{secret}".encode()).decode(),
             base64.urlsafe_b64encode(f"usr:{secret}".encode()).decode()]  # fmt: skip
    for text in texts:
        assert "[redacted]" in redact(f"<{text}>", [secret]), text
    assert redact("an innocent sentence", [secret, "a"]) == "an innocent sentence"


async def test_pages_end_only_where_it_is_proven() -> None:
    from probes.kit.paging import Paging

    def handle(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params.get("offset", 0))
        return js({"data": [{"name": str(i)} for i in range(start, min(start + 2, 5))]})

    offset = Paging(style="offset", into="offset", size=100, size_into="limit")
    world = World(vendor(listing(paging=offset)), handle)
    _, scopes, reads = await world.poll()
    assert reads["fields"].coverage.complete and reads["fields"].coverage.rows == 5 and len(world.calls) == 4
    world = World(vendor(listing(paging=offset.model_copy(update={"bare": True}))), handle)
    _, _, reads = await world.poll()
    assert reads["fields"].coverage.rows == 5, "an offset of 0 goes without saying"
    assert ["offset" in call for call in world.calls] == [False, True, True, True], world.calls
    counted = Paging(style="cursor", next="next", into="after", total="total")
    world = World(vendor(listing(paging=counted)), lambda r: js({"data": [{"name": "a"}], "total": 2}))
    _, _, reads = await world.poll()
    assert reads["fields"].coverage.state is State.PARTIAL and reads["fields"].coverage.code == "short"
    assert len(scopes) == 1
