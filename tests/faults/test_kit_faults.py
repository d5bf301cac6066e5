"""Every way in which a connection or an answer can go wrong, once, on a real socket: each is the declared Fault within
its deadline, with bounded requests and memory, and the same client reads on when the fault is over."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from probes.kit.contract import Coverage, State
from probes.kit.errors import Errors
from tests.probes.kit.world import SECRET, World, listing, vendor

from .families import (
    ELSEWHERE,
    FAMILIES,
    HTML,
    PAGE,
    SLOW,
    _date,
    by_turns,
    changed,
    cut,
    hang_up,
    reset,
    said,
    stall_in_body,
    stall_in_head,
    trickle,
)
from .hostile import Asked, Good, Hostile, Line, Script, certificate, head, honest, listening

ROWS = Good(200, {"content-type": "application/json"}, b'{"data": [{"name": "a", "label": "A"}]}')
CAP = 4 << 20
BOMB = gzip.compress(b'{"data": [' + b" " * (64 << 20) + b"]}", 9)


class Case(msgspec.Struct, frozen=True):
    """`fault`: its class. `code`: its code, where that is the kit's own word. `asks`: most requests it may take."""

    family: int
    name: str
    script: Callable[[], Script]
    fault: str
    code: str = ""
    asks: int = 4
    wait: tuple[float, float] | None = None  # least and most seconds it may keep us waiting


def raw(answer: bytes, *, close: bool = True) -> Callable[[], Script]:
    async def script(line: Line, asked: Asked, good: Good) -> None:
        await line.send(answer)
        if close:
            line.close()

    return lambda: script


def body(content: bytes, **headers: str) -> Callable[[], Script]:
    return raw(Good(200, {}, content).spelled(**headers), close=False)


async def silence(line: Line, asked: Asked, good: Good) -> None:
    await line.stall()


async def endless(line: Line, asked: Asked, good: Good) -> None:
    await line.send(head(200, {"transfer-encoding": "chunked"}))
    while True:
        await line.send(b"10000\r\n" + b"[" * 0x10000 + b"\r\n")


async def endless_head(line: Line, asked: Asked, good: Good) -> None:
    await line.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await line.send(b"x-more: " + b"y" * 4000 + b"\r\n")


async def bomb_that_stalls(line: Line, asked: Asked, good: Good) -> None:
    await line.send(head(200, {"content-encoding": "gzip", "content-length": str(len(BOMB))}) + BOMB[:9000])
    await line.stall()


async def half_of_a_chunk(line: Line, asked: Asked, good: Good) -> None:
    await line.send(head(200, {"transfer-encoding": "chunked"}) + b'20\r\n{"data": [')
    line.close()


def waits(value: str | None, least: float, most: float, name: str) -> Case:
    headers = {} if value is None else {"retry_after": value}
    return Case(1, name, said(429, {"message": "slow down"}, **headers), "Throttled", wait=(least, most))


DAY = 86_400.0
CASES = (
    waits("7", 7, 7, "in seconds"), waits(_date(30), 0, DAY, "by a date"), waits(None, 0, 60, "without a wait"),
    waits("1000000000", DAY, DAY, "until next century"), waits("-5", 0, 0, "before now"), waits("nan", 0, 60, "nan"),
    waits("soon", 0, 60, "in words"), waits("1e400", 0, DAY, "infinite"), waits("9" * 5000, 0, DAY, "five thousand 9s"),
    Case(1, "in the body", said(429, {"wait": 50}), "Throttled", wait=(50, 50)),
    Case(1, "infinite in the body", said(429, b'{"wait": 1e400}'), "Throttled"),
    *(Case(2, f"always {n}", said(n, HTML, **PAGE), "Unreachable", str(n))
      for n in (408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 599)),
    Case(3, "no byte", lambda: silence, "Unreachable", "deadline"),
    Case(3, "a stall in the head", lambda: stall_in_head, "Unreachable", "deadline"),
    Case(3, "a stall in the body", lambda: stall_in_body, "Unreachable", "deadline"),
    Case(3, "a byte at a time", lambda: trickle, "Unreachable", "deadline"),
    Case(3, "a bomb that stalls", lambda: bomb_that_stalls, "Malformed", "cap"),
    Case(3, "an endless body", lambda: endless, "Malformed", "cap", 1),
    Case(3, "an endless head", lambda: endless_head, "Unreachable"),
    Case(3, "two gigabytes announced", raw(head(200, {"content-length": str(2 << 30)})), "Malformed", "cap", 1),
    Case(3, "a gzip bomb", body(BOMB, content_encoding="gzip"), "Malformed", "cap", 1),
    Case(4, "cut JSON", changed(lambda good: good[:-1]), "Malformed", "", 1),
    Case(4, "a cut body", lambda: cut, "Unreachable", "cut"),
    Case(4, "a cut chunk", lambda: half_of_a_chunk, "Unreachable", "cut"),
    Case(4, "a length that is too long", raw(head(200, {"content-length": "99"}) + b"{}"), "Unreachable", "cut"),
    Case(4, "a length that is too short", raw(head(200, {"content-length": "5"}) + ROWS.body), "Malformed"),
    Case(4, "two lengths", raw(head(200, {"content-length": "2", "Content-Length": "39"}) + ROWS.body), "Unreachable"),
    Case(4, "a length of five thousand digits", raw(head(200, {"content-length": "9" * 5000}) + b"{}"), "Unreachable"),
    Case(4, "a length of another script", raw(head(200, {"content-length": "\xb2"}) + b"{}"), "Unreachable"),
    Case(4, "a length that is none", raw(head(200, {"content-length": "many"}) + b"{}"), "Unreachable", "cut"),
    Case(4, "no UTF-8", body(b'{"data": [{"name": "\xff"}]}'), "Malformed", "", 1),
    Case(4, "UTF-16", body('{"data": []}'.encode("utf-16")), "Malformed", "", 1),
    Case(4, "not a number", body(b'{"data": [{"name": "a", "label": NaN}]}'), "Malformed", "", 1),
    Case(4, "nested too deep", body(b'{"data":' * 5000), "Malformed", "", 1),
    Case(4, "nothing", body(b""), "Malformed", "", 1),
    Case(4, "no gzip", body(b"{}", content_encoding="gzip"), "Malformed", "", 1),
    Case(4, "cut gzip", body(gzip.compress(ROWS.body)[:-8], content_encoding="gzip"), "Malformed", "", 1),
    Case(4, "a coding nobody asked for", body(b"{}", content_encoding="br"), "Malformed", "", 1),
    Case(4, "no HTTP", raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "Unreachable"),
    Case(5, "a page to sign in", said(200, HTML, **PAGE), "Malformed", "", 1),
    Case(5, "a redirect to sign in", said(302, b"", location=ELSEWHERE), "Malformed", "", 1),
    Case(5, "a redirect without a place", said(307, b""), "Malformed", "", 1),
    Case(5, "a maintenance page", said(503, HTML, **PAGE), "Unreachable", "503"),
    Case(5, "an error with a 200", said(200, {"error": {"code": "NO"}}), "Denied", "NO", 1),
    Case(5, "an informational end", raw(head(103, {}) + head(204, {})), "Malformed"),
    Case(6, "a reset", lambda: reset, "Unreachable"),
    Case(6, "a goodbye without an answer", lambda: hang_up, "Unreachable", "cut"),
)  # fmt: skip
READER = vendor(
    listing(), errors=Errors(failed="error", code="error.code", message="message", wait="wait", faults={"NO": "denied"})
)


async def read(world: World) -> Coverage:
    _, _, reads = await world.poll()
    return reads["fields"].coverage


def client(base: str, deadline: float = SLOW, **more: Any) -> World:
    return World(READER, base=base, allow_private=True, deadline=deadline, cap=CAP, **more)


@pytest.mark.parametrize("case", CASES, ids=[f"{one.family} {one.name}" for one in CASES])
async def test_a_fault_of_the_wire_is_the_declared_one_and_is_over_when_it_is_over(case: Case) -> None:
    tasks = len(asyncio.all_tasks())
    hostile = Hostile(None)
    async with listening(hostile) as base:
        world = client(base, SLOW if case.family == 3 else 5.0)
        async with world.api:
            hostile.play(_over(ROWS, case.script()))
            found = await asyncio.wait_for(read(world), 10)
            assert found.state is not State.COMPLETE and found.reason.startswith(f"{case.fault}:"), found
            assert case.code in ("", found.code), found
            assert 1 <= hostile.requests <= case.asks, hostile.requests
            assert SECRET not in found.reason and "\n" not in found.reason and len(found.reason) < 330
            if case.wait is not None:
                longest = max((limiter.paused for limiter in world.api._limiters.values()), default=0.0)
                assert case.wait[0] <= longest + sum(world.clock.slept) and longest <= case.wait[1], longest
            world.clock.advance(DAY)
            world.connection.deadline = 10.0  # a busy machine is no slow vendor
            hostile.play(_over(ROWS, honest))
            assert (await read(world)).complete
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) <= tasks


def _over(good: Good, script: Script) -> Script:
    async def said_of(line: Line, asked: Asked, _: Good) -> None:
        await script(line, asked, good)

    return said_of


async def test_a_server_that_fails_every_other_time_is_read_and_its_failures_are_counted() -> None:
    hostile = Hostile(None)
    async with listening(hostile) as base:
        world = client(base)
        async with world.api:
            world.connection.deadline = 10.0
            hostile.play(_over(ROWS, by_turns(said(503, HTML), lambda: honest)()))
            for _ in range(3):
                assert (await read(world)).complete and world.signals.requests == {"5xx": 1, "2xx": 1}


async def test_after_five_silent_requests_a_host_is_left_alone_until_the_next_poll() -> None:
    hostile = Hostile(None)
    many = vendor(*(listing(name=f"l{n}", path=f"/{n}") for n in range(30)))
    async with listening(hostile) as base:
        world = World(many, base=base, allow_private=True, deadline=SLOW)
        async with world.api:
            hostile.play(said(500, HTML)())
            _, _, reads = await world.poll()
            assert len(reads) == 30 and {found.coverage.state for found in reads.values()} == {State.FAILED}
            assert hostile.requests <= 5 * 4


TLS = {
    "signed by nobody we know": {},
    "over": {"days": (-30, -1)},
    "not yet valid": {"days": (5, 30)},
    "of another host": {"names": ("vendor.test",)},
}


@pytest.mark.parametrize("how", TLS)
async def test_a_certificate_that_is_no_proof_is_told_and_no_byte_of_the_credential_is_sent(
    how: str, tmp_path: Path
) -> None:
    file = certificate(tmp_path, **TLS[how])
    hostile = Hostile(None)
    async with listening(hostile, tls=served(file)) as base:
        trusted = None if how.startswith("signed") else str(file)
        world = client(base, 5.0, ca_file=trusted)
        async with world.api:
            found = await read(world)
    assert (found.code, hostile.requests) == ("tls", 0) and "certificate" in found.reason, found


async def test_the_same_certificate_where_it_is_trusted_is_read(tmp_path: Path) -> None:
    file = certificate(tmp_path)
    hostile = Hostile(None)
    async with listening(hostile, tls=served(file)) as base:
        world = World(READER, base=base, allow_private=True, ca_file=str(file))
        async with world.api:
            hostile.play(_over(ROWS, honest))
            assert (await read(world)).complete


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
async def test_an_old_tls_is_refused(tmp_path: Path) -> None:
    file = certificate(tmp_path)
    old = served(file)
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    async with listening(Hostile(None), tls=old) as base:
        world = client(base, 5.0, ca_file=str(file))
        async with world.api:
            assert (await read(world)).code == "tls"


async def test_a_handshake_that_stalls_and_one_that_is_no_tls_are_told(tmp_path: Path) -> None:
    held: list[asyncio.StreamWriter] = []

    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        held.append(writer)

    # Whoever answers may take his time: a busy machine is no vendor that stalls.
    for answer, code, deadline in ((never, "deadline", SLOW), (plain, "tls", 10.0)):
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            world = client(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", deadline)
            async with world.api:
                assert (await read(world)).code == code
            for writer in held:
                writer.transport.abort()


async def test_nobody_at_the_port_and_no_such_name_are_two_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    free = socket.socket()
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()
    world = client(f"http://127.0.0.1:{port}")
    async with world.api:
        assert (await read(world)).code == "connect"
    for number, text in (
        (socket.EAI_NONAME, "Name or service not known"),
        (socket.EAI_AGAIN, "Temporary failure in name resolution"),
    ):

        async def resolve(*_: Any, number: int = number, text: str = text, **__: Any) -> Any:
            raise socket.gaierror(number, text)

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
        world = client("http://vendor.test:1")
        async with world.api:
            found = await read(world)
        assert found.code == "dns" and "vendor.test" in found.reason


async def test_a_resolver_that_says_nothing_meets_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(*_: Any, **__: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    world = client("http://vendor.test:1")
    async with world.api:
        assert (await asyncio.wait_for(read(world), 10)).code == "deadline"


async def test_an_ipv6_that_leads_nowhere_gives_way_to_ipv4(monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = Hostile(None)
    async with listening(hostile) as base:
        port = int(base.rpartition(":")[2])
        loop = asyncio.get_running_loop()

        async def resolve(*_: Any, **__: Any) -> Any:
            there = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", port, 0, 0))
            return [there, (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

        monkeypatch.setattr(loop, "getaddrinfo", resolve)
        world = World(READER, base=f"http://vendor.test:{port}", allow_private=True)
        async with world.api:
            hostile.play(_over(ROWS, honest))
            assert (await read(world)).complete


def served(file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_every_family_of_transport_has_cases_here() -> None:
    assert {one.family for one in CASES} == {1, 2, 3, 4, 5, 6} <= FAMILIES.keys()
    assert json.loads(ROWS.body)
