"""What happens on a connection to a database: sign-in, caps, deadlines, cut answers, TLS, private addresses."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pg8000.dbapi
import pytest

from probes.kit.api import Ask
from probes.kit.auth import basic
from probes.kit.client import Connection
from probes.kit.clock import ManualClock
from probes.kit.contract import Expired, Fault, Malformed, Rejected, State, Unreachable, Unsupported
from probes.kit.database import Database
from probes.kit.hosts import DATABASES
from probes.simulated.sql import Account, wire
from probes.simulated.sql.server import Server
from probes.sql import VENDOR
from probes.testing.world import World
from tests.probes.test_contract import Contract

from .proxy import Authority

PASSWORD = "s3cr3t-canary-0123456789"
HEADERS = {"authorization": f"Basic {basic('driftline', PASSWORD)}"}
Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def warehouse(tls: Any = None) -> AsyncIterator[tuple[Account, Server]]:
    account = Account(clock=ManualClock(), password=PASSWORD)
    server = Server(account, tls)
    await server.start()
    try:
        yield account, server
    finally:
        await server.stop()


@asynccontextmanager
async def scripted(script: Script) -> AsyncIterator[int]:
    """A server that says exactly what a test wants."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await script(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def database(**how: Any) -> Database:
    given = {"allow_private": True, "proxy": None, "ca_file": None, "cap": 1 << 20, **how}
    return Database(VENDOR.statements, **given)


def at(port: int, scheme: str = "postgresql+plain", host: str = "127.0.0.1") -> str:
    return f"{scheme}://{host}:{port}/warehouse"


async def ask(base: str, statement: str = "/schemas", deadline: float = 10.0, headers: Any = None, **how: Any) -> Any:
    wire = database(**how)
    given = HEADERS if headers is None else headers
    try:
        return await wire.send(Ask(statement), f"{base}{statement}", given, deadline)
    finally:
        await wire.close()


async def fault(base: str, *given: Any, **how: Any) -> Fault:
    with pytest.raises(Fault) as caught:
        await ask(base, *given, **how)
    kept = caught.value.__context__
    assert not isinstance(kept, pg8000.dbapi.Error), "what the driver raises holds the connection with its password"
    assert PASSWORD not in caught.value.message
    return caught.value


async def test_rows_come_as_json_and_errors_under_the_status_that_says_the_same() -> None:
    async with warehouse() as (account, server):
        answer = await ask(at(server.port))
        assert answer.status == 200
        assert [row["name"] for row in answer.value("rows")] == ["analytics", "hubspot", "salesforce"]
        account.fail("pg_namespace", 200)
        assert isinstance(await fault(at(server.port)), Unreachable)
        bad = await ask(at(server.port), headers={"Authorization": f"Basic {basic('driftline', 'x')}"})
        assert (bad.status, bad.value()["sqlstate"]) == (401, "28P01")


@pytest.mark.parametrize(
    ("base", "statement", "headers", "words"),
    [
        (at(1), "/nope", HEADERS, "no such statement"),
        ("postgresql+plain://127.0.0.1:1", "/schemas", HEADERS, "names no database"),
        (at(1), "/schemas", {}, "user and a password"),
        (at(1), "/schemas", {"x": "y", "authorization": "Bearer t"}, "user and a password"),
    ],
)
async def test_what_cannot_be_sent_is_refused(base: str, statement: str, headers: Any, words: str) -> None:
    found = await fault(base, statement, headers=headers)
    assert isinstance(found, Rejected) and words in found.message


def test_an_egress_proxy_of_http_carries_no_database() -> None:
    with pytest.raises(Rejected, match="proxy: direct"):
        database(proxy="http://proxy.example.com")


async def test_private_addresses_are_refused_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    async with warehouse() as (account, server):
        found = await fault(at(server.port, host="localhost"), allow_private=False)
        assert isinstance(found, Rejected) and "private" in found.message
        assert not server._open and not account.requests


async def test_nobody_there_no_such_name_and_a_second_address() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        found = await fault(at(taken.getsockname()[1]))
    assert (found.code, isinstance(found, Unreachable)) == ("connect", True)
    assert (await fault(at(1, host="nobody.invalid"))).code == "dns"


async def test_the_deadline_holds_while_connecting_and_while_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    async with warehouse() as (account, server):
        account.hang()
        found = await fault(at(server.port), deadline=0.3)
        assert (found.code, isinstance(found, Unreachable)) == ("deadline", True)
        account.hang(False)

    async def never(*_: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", never)
    assert (await fault(at(1), deadline=0.05)).code == "deadline"


async def test_who_stops_asking_leaves_no_thread_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    async with warehouse() as (account, server):
        account.hang()
        wire, asked, respond = database(), asyncio.Event(), account.respond
        monkeypatch.setattr(account, "respond", lambda request: (asked.set(), respond(request))[1])
        asking = asyncio.create_task(wire.send(Ask("/schemas"), f"{at(server.port)}/schemas", HEADERS, 60.0))
        async with asyncio.timeout(5):
            await asked.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert wire._threads._work_queue.empty()
        account.hang(False)
        await wire.close()


async def test_an_answer_over_the_cap_is_not_taken_in() -> None:
    async with warehouse() as (_, server):
        found = await fault(at(server.port), cap=500)
        assert (found.code, isinstance(found, Malformed)) == ("cap", True)


async def test_a_cut_answer_and_what_is_no_database() -> None:
    async with warehouse() as (account, server):
        account.cut("pg_namespace", 40)
        assert (await fault(at(server.port))).code == "cut"
        account.fail("pg_namespace", 200, "<html>no</html>")
        assert (await fault(at(server.port))).code == "protocol"

    async def web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    async with scripted(web) as port:
        found = await fault(at(port))
        assert isinstance(found, Malformed | Unreachable)
        assert "does not answer as PostgreSQL" in (await fault(at(port, "postgresql"))).message


async def test_a_row_that_is_lost_on_the_way_is_missed_by_the_servers_own_count() -> None:
    async with warehouse() as (account, server):
        respond = account.respond

        def shorter(request: Any) -> Any:
            reply = respond(request)
            start = reply.body.index(b"D")
            size = struct.unpack("!i", reply.body[start + 1 : start + 5])[0]
            body = reply.body[:start] + reply.body[start + 1 + size :]
            return type(reply)(200, body, {"whole": str(len(body))})

        account.respond = shorter  # type: ignore[method-assign]
        found = await fault(at(server.port))
    assert (found.code, isinstance(found, Malformed)) == ("cut", True) and "2 rows came" in found.message


async def signed_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, more: bytes) -> None:
    size, _ = struct.unpack("!ii", await reader.readexactly(8))
    await reader.readexactly(size - 8)
    writer.write(more)
    await writer.drain()
    await reader.read()


@pytest.mark.parametrize(
    ("said", "code", "kind"),
    [
        (struct.pack("!cii", b"R", 8, 7), "protocol", Malformed),  # a way to sign in that we do not know
        (wire.message(b"E", b"SFATAL\0\0"), "protocol", Malformed),
        (wire.message(b"R", struct.pack("!i", 10) + b"SCRAM-SHA-256\0\0")
         + wire.message(b"R", struct.pack("!i", 11) + b"nonsense"), "protocol", Malformed),
    ],
)  # fmt: skip
async def test_a_server_that_breaks_the_rules_is_malformed(said: bytes, code: str, kind: type[Fault]) -> None:
    async with scripted(lambda reader, writer: signed_in(reader, writer, said)) as port:
        found = await fault(at(port))
    assert (found.code, type(found)) == (code, kind)


@pytest.mark.parametrize(
    "told",
    [{"server_version": "8.0.2"}, {"server_version": "12.22"}, {"server_version": "15.2-YB-2.25.0"},
     {"server_version": ""}, {"crdb_version": "CockroachDB CCL v24"}],
)  # fmt: skip
async def test_what_only_speaks_the_protocol_is_refused(told: dict[str, str]) -> None:
    async with warehouse() as (account, server):
        account.settings = told
        found = await fault(at(server.port))
    assert isinstance(found, Unsupported) and found.code == "server"


async def test_tls_is_asked_for_and_held_to_its_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with warehouse(authority.server()) as (_, server):
        base = at(server.port, "postgresql")
        assert (await ask(base, ca_file=authority.ca_file)).status == 200
        found = await fault(base)
        assert (found.code, "ca_file" in found.message) == ("tls", True)
        assert (await fault(base, ca_file=authority.ca_file, cap=300)).code == "cap"
    async with warehouse() as (_, server):
        found = await fault(at(server.port, "postgresql"))
        assert (found.code, "has no TLS" in found.message) == ("tls", True)

    async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)
        writer.write(b"Snonsense that is no TLS")
        await writer.drain()
        await reader.read()

    async with scripted(hangs_up) as port:
        assert (await fault(at(port, "postgresql"))).code == "tls"

    async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)
        line = writer.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    async with scripted(resets) as port:
        assert (await fault(at(port, "postgresql"))).code == "broken"


async def test_values_that_json_has_no_form_for() -> None:
    async def numbers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, type: int, shown: bytes) -> None:
        size, _ = struct.unpack("!ii", await reader.readexactly(8))
        await reader.readexactly(size - 8)
        writer.write(wire.settings(wire.SETTINGS))
        columns = [("newest", type)]
        rows = wire.described(columns) + wire.message(b"D", struct.pack("!hi", 1, len(shown)) + shown)
        for answer in (wire.done("BEGIN"), rows + wire.done("SELECT 1")):
            _, length = struct.unpack("!ci", await reader.readexactly(5))
            await reader.readexactly(length - 4)
            writer.write(answer + wire.READY)
        await reader.read()

    async with scripted(lambda r, w: numbers(r, w, 1700, b"12.50")) as port:
        assert (await ask(at(port))).value("rows") == [{"newest": "12.50"}]
    async with scripted(lambda r, w: numbers(r, w, 17, b"\\x00")) as port:
        assert (await fault(at(port))).code == "protocol"


@pytest.mark.parametrize(
    ("base", "words"),
    [
        ("sqlite:///var/people.db", "sqlite: not a database that is read over the network"),
        ("sqlite://host/people.db", "never a file"),
        ("duckdb:///people.duckdb", "duckdb: not a database"),
        ("file:///people.db", "file: not a database"),
        ("mysql://db.example.com/people", "mysql: not a database"),
        ("snowflake://account/people", "expected postgresql://"),
        ("https://db.example.com/people", "https: not a database"),
        ("people.db", "the base address: not a database"),
        ("postgresql:///people", "not an postgresql"),
        ("postgresql://user@db.example.com/people", "without a user in it"),
        ("postgresql+plain://db.example.com/people", "do not go over postgresql+plain without TLS"),
        ("postgresql://db.example.com:x/people", "no valid host or port"),
    ],
)
def test_only_named_network_dialects_are_read(base: str, words: str) -> None:
    with pytest.raises(Rejected) as caught:
        World(VENDOR, scheme="basic", base=base)
    assert words in caught.value.message


def test_a_database_that_a_vendor_file_does_not_ask_for_is_no_address() -> None:
    from .world import vendor

    with pytest.raises(Rejected, match="not an https or http address"):
        World(vendor(), base="postgresql://api.acme.test/x")
    assert "basic" in VENDOR.schemes and set(DATABASES) == {"postgresql", "postgresql+plain"}


async def test_the_client_keeps_its_rules_over_a_database() -> None:
    async with warehouse() as (account, server):
        secrets = {"user": "driftline", "password": "wrong"}
        world = World(VENDOR, scheme="basic", secrets=secrets, base=at(server.port), allow_private=True)
        vantage, scopes, reads = await world.poll()
        assert vantage.coverage.state is State.DENIED and not scopes
        assert (
            "password authentication failed" in vantage.coverage.reason and "driftline" not in vantage.coverage.reason
        )
        assert all(read.coverage.state is State.DENIED for read in reads.values())
        world.secrets["password"] = PASSWORD
        vantage, scopes, reads = await world.poll()
        assert vantage.coverage.complete and len(scopes) > 10
        account.throttle(2)
        await world.poll()
        assert world.signals.requests["5xx"] == 2 and world.clock.now() > 30
        with pytest.raises(Rejected, match="no such statement"):
            await world.api.ask(Ask("/people"))
        with pytest.raises(Expired):
            world.secrets.clear()
            await world.api.ask(Ask("/schemas"))
        await world.api.__aexit__(None, None, None)


@pytest.mark.parametrize("seed", range(4))
async def test_bytes_that_are_mangled_anywhere_are_a_fault_and_never_a_smaller_list(seed: int) -> None:
    """What the server writes is cut, turned over and doubled at random; what is read completely is as it was."""
    draw, ended = Random(seed), Counter[State]()
    async with Contract(VENDOR) as contract:
        _, before, _ = await contract.world.poll()

        def twist(request: httpx.Request, given: httpx.Response) -> httpx.Response:
            if draw.random() < 0.5:
                return given
            body, at = bytearray(given.content), draw.randrange(len(given.content))
            kind = draw.randrange(3)
            if kind == 0:
                del body[at : at + draw.randrange(1, 9)]
            elif kind == 1:
                body[at] ^= draw.randrange(1, 256)
            else:
                body[at:at] = body[at : at + draw.randrange(1, 40)]
            return httpx.Response(200, content=bytes(body))

        contract.wire.twist = twist
        for _ in range(6):
            contract.world.connection.deadline = 1.0
            contract.world.memories.memos.clear()
            for found in await contract.armed():
                ended[found.coverage.state] += 1
                for scope in found.scopes if found.coverage.complete else ():
                    assert scope.keys or not before[scope.ref].keys, (found.id, scope.ref)
    assert ended[State.FAILED] and ended[State.COMPLETE]


def test_a_query_shows_no_password() -> None:
    from probes.kit.database import Query

    query = Query("h", 1, "d", "u", PASSWORD, "SELECT 1", (), None, 1.0, 1)
    assert PASSWORD not in repr(query) and PASSWORD not in repr(Connection)
