"""Random input into every parser of what comes from outside: a declared error or a value, never anything else, never a
hang. Seeded and short in every run; `make proofs` draws anew, ten times as much."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import httpx
import msgspec
import pytest
from pydantic_core import PydanticCustomError

from monitor import cli
from monitor.adapters import layout
from monitor.config import load
from monitor.config.document import Document
from monitor.config.problems import ConfigError
from monitor.config.types import seconds
from monitor.core import body
from monitor.web.access import cookie_of
from probes.kit.api import Ask
from probes.kit.auth import ClientCredentials, RefreshToken, Scheme
from probes.kit.client import writes
from probes.kit.clock import ManualClock
from probes.kit.contract import Coverage, Fault, Malformed, canonical
from probes.kit.errors import wait_of
from probes.kit.limiter import Budget, Quota
from probes.kit.pages import _link
from probes.kit.paging import Paging
from probes.kit.redact import clean, redact
from probes.kit.transport import Inflate
from probes.kit.values import http_date, instant
from tests.adapters.repositories import raw as baseline
from tests.probes.kit.world import World, js, listing, vendor
from tests.probes.test_contract import BASE, Contract

from .fuzzing import SEED, TIMES, each, mangled, text, within
from .stack import VENDORS

CONFIG = Path(__file__).resolve().parents[2] / "config"
YAML = tuple(file for file in sorted(CONFIG.rglob("*.yaml")))
SIGHT = msgspec.json.encode({"driftline": 1, "account": "1", "subject": "s", "grants": ["a"], "kinds": {}})
PLANNED = b'{"driftline": 1, "id": "p", "ticket": "T-1", "patterns": ["a/*"], "start": 1.0, "end": "2027-01-01T00:00Z"}'
STANDING = b'{"driftline": 1, "id": "s", "owner": "o", "reason": "r", "until": "2027-01-01T00:00:00+00:00", "cap": 5}'
IGNORE = b'{"driftline": 1, "any_value": true, "owner": "o", "reason": "r", "pattern": "a/*", "until": "2027-01-01"}'
HEADERS = ("120", "Wed, 21 Oct 2026 07:28:00 GMT", "-5", "1e3", "0x10", "Wed, 31 Feb 2026 99:99:99 +9999")


def waits(value: bytes) -> None:
    found = wait_of(value.decode("latin-1"), 1_790_000_000.0)
    assert found is None or 0 <= found <= 86_400


def dates(value: bytes) -> None:
    http_date(value.decode("latin-1"))


def counts(value: bytes) -> None:
    budget = Budget(Quota(per_day=100, headers={"usage": r"(?P<used>\d+)/(?P<limit>\d+)"}), ManualClock())
    budget.hear({"usage": value.decode("utf-8", "replace")})
    assert budget.limit > 0 and budget.used >= 0


def inflates(value: bytes) -> None:
    engine = Inflate(1 << 20)
    assert sum(len(piece) for piece in engine.feed(value)) <= 1 << 20
    engine.end()


def masks(value: bytes) -> None:
    said = value.decode("latin-1")
    assert "s3cr3t-0123" not in redact(said + "s3cr3t-0123" + said, ["s3cr3t-0123"])
    assert len(clean(Malformed(said, code=said), ["s3cr3t-0123"]).message) <= 300


def _text(parse: Callable[[str], Any]) -> Callable[[bytes], Any]:
    return lambda value: parse(value.decode("utf-8", "surrogateescape"))


GZIP = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00C\xbf\xa6\xa3\x02\x00\x00\x00"
# name -> samples, what reads them, the errors it declares, how often (a tenth of the long run)
PARSERS: dict[str, tuple[tuple[bytes, ...], Callable[[bytes], Any], tuple[type[Exception], ...], int]] = {
    "a baseline": ((baseline(A={"length": 1}),), body.decode, (body.BodyError,), 400),
    "a vantage": ((SIGHT,), layout.decode_sight, (layout.LayoutError,), 200),
    "a planned change": ((PLANNED,), layout.decode_planned, (layout.LayoutError,), 200),
    "a standing approval": ((STANDING,), layout.decode_standing, (layout.LayoutError,), 200),
    "an ignore": ((IGNORE,), layout.decode_ignore, (layout.LayoutError,), 200),
    "a wait": (tuple(one.encode() for one in HEADERS), waits, (), 400),
    "a date": (tuple(one.encode() for one in HEADERS), dates, (), 400),
    "a time": ((b"2026-11-22T05:00:00.000+0000", b"1790000000", b"1790000000000"), _text(instant), (Malformed,), 400),
    "a duration": ((b"1h30m", b"45s", b"500ms"), _text(seconds), (PydanticCustomError,), 50),
    "a quota": ((b"18/5000",), counts, (), 300),
    "a link header": ((b'<https://a.test/2>; rel="next", </9>; rel="last"',), _text(_link), (), 300),
    "gzip": ((GZIP,), inflates, (Malformed,), 300),
    "a GraphQL document": ((b'query { a(x: """b""") { c } } # d', b"mutation { a }"), _text(writes), (), 300),
    "text to be masked": ((b"bad token s3cr3t-0123",), masks, (), 100),
    "a cookie": ((b"driftline_session=abc; other=1",), _text(partial(cookie_of, name="driftline_session")), (), 300),
}  # fmt: skip


def read(name: str, seed: int, times: int) -> Counter[str]:
    """How many inputs were taken, and how many refused by a declared error."""
    ended = Counter[str]()
    samples, parse, declared, count = PARSERS[name]
    draw = Random(f"{seed} {name}")
    for _ in range(count * times):
        value = mangled(draw, draw.choice(samples))
        with within(5, value):
            try:
                parse(value)
            except declared:
                ended["refused"] += 1
            except Exception as error:
                raise AssertionError(f"seed {seed}: {value!r:.400}") from error
            else:
                ended["taken"] += 1
    return ended


def both(ended: Counter[str]) -> bool:
    """Whether some was taken and some refused: else the inputs were all of one sort, and prove little."""
    return bool(ended["taken"] and ended["refused"])


@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_gives_a_value_or_its_declared_error(name: str) -> None:
    ended = read(name, SEED, 1)
    assert both(ended) if PARSERS[name][2] else ended["taken"] == PARSERS[name][3]


@pytest.mark.proof
@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_gives_a_value_or_its_declared_error_for_long(name: str) -> None:
    ended = read(name, SEED, TIMES)
    assert both(ended) if PARSERS[name][2] else ended["taken"] == PARSERS[name][3] * TIMES


def configured(folder: Path, seed: int, count: int) -> Counter[str]:
    draw, ended = Random(seed), Counter[str]()
    for number in range(count):
        root = folder / str(number)
        spoiled = draw.choice(YAML)
        for file in YAML:
            there = root / "config" / file.relative_to(CONFIG)
            there.parent.mkdir(parents=True, exist_ok=True)
            raw = file.read_bytes()
            there.write_bytes(mangled(draw, raw) if file == spoiled else raw)
        with within(10, spoiled):
            Document.read(root / "config" / spoiled.relative_to(CONFIG))
            try:
                load(root / "config")
            except ConfigError as error:
                assert error.problems and all(str(problem) for problem in error.problems)
                ended["refused"] += 1
            else:
                ended["taken"] += 1
    return ended


def test_a_configuration_is_taken_or_refused_in_words(tmp_path: Path) -> None:
    assert both(configured(tmp_path, SEED, 40))


@pytest.mark.proof
def test_a_configuration_is_taken_or_refused_in_words_for_long(tmp_path: Path) -> None:
    assert both(configured(tmp_path, SEED, 40 * TIMES))


async def polled(name: str, seed: int, count: int) -> Counter[str]:
    """Whole polls of an account of which some answers are mangled, identity included."""
    draw, ended = Random(f"{seed} {name}"), Counter[str]()
    contract = Contract(VENDORS[name])
    contract.wire.armed = True

    def twist(request: httpx.Request, given: httpx.Response) -> httpx.Response:
        if draw.random() < 0.6:
            return given
        status = draw.choice((given.status_code, given.status_code, 200, 400, 403, 429, 500))
        headers = {"content-type": "application/json", "retry-after": text(draw, HEADERS)}
        kept = {key: value.encode("utf-8", "replace").replace(b"\r\n", b" ") for key, value in headers.items()}
        return httpx.Response(status, content=mangled(draw, given.content), headers=kept)

    contract.wire.twist = twist
    for number in range(count):
        contract.clock.advance(90_000)
        try:
            with within(30, f"{name} {number}"):
                vantage, scopes, reads = await contract.world.poll()
                for one in (vantage, *(row for scope in scopes.values() for row in scope.resources)):
                    canonical(msgspec.to_builtins(one))  # it can be kept
        except Exception as error:
            raise AssertionError(f"seed {seed}, {name}, poll {number}") from error
        assert isinstance(vantage.coverage, Coverage)
        assert all(found.coverage.complete or found.coverage.reason for found in reads.values())
        ended.update("taken" if found.coverage.complete else "refused" for found in reads.values())
    await contract.world.api.__aexit__(None, None, None)
    return ended


async def test_whatever_a_vendor_answers_is_a_reading(vendor: str) -> None:
    assert both(await polled(vendor, SEED, 5))


@pytest.mark.proof
async def test_whatever_a_vendor_answers_is_a_reading_for_long(vendor: str) -> None:
    assert both(await polled(vendor, SEED, 5 * TIMES))


TOKEN = b'{"access_token": "t0ken-0123", "expires_in": 1800, "refresh_token": "r-1", "base": "https://eu.acme.test"}'


async def signed_in(seed: int, count: int) -> Counter[str]:
    draw, ended = Random(seed), Counter[str]()
    answers = [json.dumps(value).encode() for value in each(json.loads(TOKEN))]
    answers += [mangled(draw, TOKEN) for _ in range(count)]
    schemes = (
        Scheme(fields=("client_id", "client_secret"), build=lambda c: ClientCredentials(c, "/token", base="base")),
        Scheme(fields=("client_id", "client_secret", "refresh_token"), build=lambda c: RefreshToken(c, "/token")),
    )
    for number, said in enumerate(answers * 2):
        made = vendor(listing(), schemes={"token": schemes[number >= len(answers)]})
        secrets = {"client_id": "id-0123", "client_secret": "cs-0123", "refresh_token": "rt-0123"}
        world = World(made, lambda r, said=said: js(said if r.url.path == "/token" else {"data": []}), secrets=secrets)
        with within(5, said):
            try:
                await world.api.ask(Ask("/x"))
            except Fault:
                ended["refused"] += 1
            except Exception as error:
                raise AssertionError(f"seed {seed}: {said!r:.400}") from error
            else:
                ended["taken"] += 1
    return ended


async def test_a_token_answer_is_taken_or_a_fault() -> None:
    assert both(await signed_in(SEED, 100))


@pytest.mark.proof
async def test_a_token_answer_is_taken_or_a_fault_for_long() -> None:
    assert both(await signed_in(SEED, 100 * TIMES))


PAGE = (
    b'{"data": [{"name": "a"}], "next": "/fields?page=2", "more": true, "total": 3, '
    b'"info": {"hasNextPage": true, "endCursor": "c"}}'
)
PAGINGS = (
    Paging(style="next", next="next", most=5), Paging(style="cursor", next="next", more="more", into="after", most=5),
    Paging(style="link", most=5), Paging(style="graphql", next="info", into="after", most=5),
    Paging(style="offset", into="o", total="total", most=5), Paging(style="page", into="p", total="total", most=5),
)  # fmt: skip


async def paged(seed: int, count: int) -> Counter[str]:
    draw, ended = Random(seed), Counter[str]()
    pages = [json.dumps(value).encode() for value in each(json.loads(PAGE))]
    pages += [mangled(draw, PAGE) for _ in range(len(pages))]
    for number in range(count):
        made = vendor(listing(paging=PAGINGS[number % len(PAGINGS)]))
        first = draw.choice(pages)

        def answer(request: httpx.Request, first: bytes = first) -> httpx.Response:
            link = text(draw, ('</fields?page=2>; rel="next"',)).encode("utf-8", "replace")
            return httpx.Response(200, content=first, headers={"link": link.replace(b"\r\n", b" ")})

        world = World(made, answer, base=BASE, allow_private=True)
        with within(5, number):
            _, _, reads = await world.poll()
        assert len(world.requests) <= 5 and reads["fields"].coverage
        assert {request.url.host for request in world.requests} == {httpx.URL(BASE).host}
        ended["taken" if len(world.requests) > 1 else "refused"] += 1
    return ended


async def test_a_next_page_is_asked_of_the_same_host_or_not_at_all() -> None:
    assert both(await paged(SEED, 240))


@pytest.mark.proof
async def test_a_next_page_is_asked_of_the_same_host_or_not_at_all_for_long() -> None:
    assert both(await paged(SEED, 240 * TIMES))


COMMANDS = (
    "check", "findings", "show abc", "approve abc --reason x", "diff --fail-on warning", "events --after 1", "poll x",
    "history", "rules", "vendors salesforce", "capture x", "report", "ignore a --until 2027-01-01 --reason y", "doctor",
    "token add a --role viewer", "forget a@example.com", "--version", "--help", "release abc --reason z", "new-stack",
)  # fmt: skip


def commanded(seed: int, count: int, said: Callable[[], tuple[str, str]]) -> Counter[str]:
    draw, ended = Random(seed), Counter[str]()
    for _ in range(count):
        words = draw.choice(COMMANDS).split()
        for _ in range(draw.randrange(1, 4)):
            at = draw.randrange(1, len(words) + 1)
            words[at : at + draw.randrange(2)] = [text(draw, ("--reason", "--stack", "-1", "a/b/c", "--json"))[:200]]
        with within(20, words):
            code = cli.run([*words, "--stack", "nowhere"] if draw.random() < 0.5 else words)
        assert code in (0, 1, 2, 3), (words, code)
        assert "unforeseen" not in said()[1], words
        ended["refused" if code == 2 else "taken"] += 1
    return ended


def test_a_command_line_is_obeyed_or_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert both(commanded(SEED, 60, lambda: capsys.readouterr()))


@pytest.mark.proof
def test_a_command_line_is_obeyed_or_refused_in_words_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert both(commanded(SEED, 60 * TIMES, lambda: capsys.readouterr()))


def test_the_alarm_of_these_tests_rings() -> None:
    with pytest.raises(AssertionError, match="hangs"), within(0.05, "a loop"):
        while True:
            asyncio.Event()
