"""What happens on a real socket: caps, deadlines, cut answers, private addresses, redirects, reuse."""

from __future__ import annotations

import asyncio
import gzip
import time
import tracemalloc
import zlib
from types import SimpleNamespace

import httpx
import pytest

from probes.kit.api import Ask
from probes.kit.clock import ManualClock
from probes.kit.contract import Fault, Malformed, Rejected, Unreachable
from probes.kit.transport import Inflate, Transport

from .server import answer, serving, zipped
from .world import SECRET, World, vendor


def transport(*, allow_private: bool = True, cap: int = 1 << 20) -> Transport:
    return Transport(allow_private=allow_private, proxy=None, ca_file=None, cap=cap)


async def send(wire: Transport, base: str, deadline: float = 5.0) -> bytes:
    try:
        return (await wire.send(Ask("/"), f"{base}/x", {"authorization": f"Bearer {SECRET}"}, deadline)).raw
    finally:
        await wire.close()


async def fault(wire: Transport, base: str, deadline: float = 5.0) -> Fault:
    with pytest.raises(Fault) as caught:
        await send(wire, base, deadline)
    assert not isinstance(caught.value.__context__, httpx.HTTPError), "httpx's exception holds our headers"
    return caught.value


async def test_a_plain_and_a_zipped_answer_are_the_same() -> None:
    async with serving(answer({"a": 1})) as plain, serving(zipped(b'{"a": 1}')) as packed:
        assert await send(transport(), plain.base) == await send(transport(), packed.base) == b'{"a": 1}'


async def test_a_body_of_bytes_is_sent_as_it_is() -> None:
    async with serving(answer({})) as server:
        wire = transport()
        await wire.send(Ask("/", body=b'{ "signed": 1}'), f"{server.base}/x", {"content-type": "application/json"}, 5.0)
        await wire.close()
    (request,) = server.requests
    assert request.startswith("POST /x ") and request.endswith('\r\n\r\n{ "signed": 1}')


async def test_two_gzip_members_are_one_body() -> None:
    body = gzip.compress(b'{"a"') + gzip.compress(b": 1}")
    async with serving(answer(body, content_encoding="gzip")) as server:
        assert await send(transport(), server.base) == b'{"a": 1}'


async def test_an_idle_connection_is_given_up_before_the_vendor_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    later = [0.0]
    passing = SimpleNamespace(monotonic=lambda: time.monotonic() + later[0])
    monkeypatch.setattr("httpcore._async.http11.time", passing)
    async with serving(answer({})) as server:
        wire = transport()
        opened: list[int] = []
        for later[0] in (0.0, 2.0, 6.5):
            await wire.send(Ask("/"), f"{server.base}/x", {}, 5.0)
            opened.append(server.connections)
        await wire.close()
    assert opened == [1, 1, 2], "of one that was idle for two seconds, and for four and a half"


async def test_a_gzip_bomb_stops_at_the_cap_without_the_memory() -> None:
    bomb = zipped(b"0" * (200 << 20))
    assert len(bomb) < 1 << 20
    async with serving(bomb) as server:
        tracemalloc.start()
        found = await fault(transport(), server.base, 30)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert isinstance(found, Malformed) and found.code == "cap" and "inflates" in found.message
    assert peak < 16 << 20


async def test_a_bomb_in_a_bomb_is_refused_by_its_name() -> None:
    body = gzip.compress(gzip.compress(b"{}"))
    async with serving(answer(body, content_encoding="gzip, gzip")) as server:
        assert "not asked for" in (await fault(transport(), server.base)).message


async def test_an_answer_over_the_cap_is_not_read_to_its_end() -> None:
    async with serving(answer(b"x" * 5000)) as server:
        assert (await fault(transport(cap=1000), server.base)).code == "cap"


async def test_an_endless_answer_stops_at_the_cap() -> None:
    async def endless(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")
            await writer.drain()

    async with serving(endless) as server:
        assert (await fault(transport(cap=100_000), server.base)).code == "cap"


async def test_a_slow_trickle_meets_the_total_deadline() -> None:
    async def trickle(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        for _ in range(100):
            writer.write(b"{")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with serving(trickle) as server:
        found = await fault(transport(), server.base, 0.2)
    assert isinstance(found, Unreachable) and found.code == "deadline"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", "cut"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{", "cut"),
        (b"garbage\r\n\r\n", "cut"),
        (b"", "cut"),
    ],
)
async def test_a_cut_answer_is_unreachable_never_short(raw: bytes, code: str) -> None:
    async def cut(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        writer.close()

    async with serving(cut) as server:
        found = await fault(transport(), server.base)
    assert isinstance(found, Unreachable) and found.code in (code, "broken") and SECRET not in str(found)


async def test_cut_or_false_gzip_is_malformed() -> None:
    packed = gzip.compress(b'{"a": 1}' * 100)
    async with serving(answer(packed[:-9], content_encoding="gzip")) as server:
        assert "cut" in (await fault(transport(), server.base)).message
    async with serving(answer(b"{}not gzip", content_encoding="gzip")) as server:
        assert "not the gzip" in (await fault(transport(), server.base)).message


async def test_a_private_address_gets_no_byte_from_us() -> None:
    async with serving(answer({})) as server:
        found = await fault(transport(allow_private=False), server.base)
        assert isinstance(found, Rejected) and "allow_private" in found.message
        port = server.base.rpartition(":")[2]
        found = await fault(transport(allow_private=False), f"http://localhost:{port}")
        assert isinstance(found, Rejected) and "resolves to" in found.message
    assert server.requests == []


async def test_nobody_there_is_told_without_the_address_of_the_secret() -> None:
    found = await fault(transport(), "http://127.0.0.1:1")
    assert isinstance(found, Unreachable) and found.code == "connect"
    found = await fault(transport(), "http://no-such-host.invalid")
    assert found.code in ("dns", "connect")


async def test_one_connection_serves_many_requests_and_cookies_are_not_kept() -> None:
    async with serving(answer({}, set_cookie="sid=1; path=/")) as server:
        wire = transport()
        for _ in range(3):
            await wire.send(Ask("/"), f"{server.base}/x", {}, 5)
        await wire.close()
    assert server.connections == 1
    assert not any("cookie:" in request.lower() for request in server.requests)


async def test_a_redirect_is_not_followed() -> None:
    async with (
        serving(answer({})) as other,
        serving(answer(b"", "302 Found", location=f"{other.base}/login?token={SECRET}")) as server,
    ):
        world = World(vendor(), base=server.base, allow_private=True)
        _, _, reads = await world.poll()
        await world.api.__aexit__(None, None, None)
    assert "redirect" in reads["fields"].coverage.reason and SECRET not in reads["fields"].coverage.reason
    assert other.requests == []


async def test_a_next_link_to_another_host_ends_the_list_as_partial() -> None:
    from probes.kit.paging import Paging

    from .world import listing

    async with (
        serving(answer({})) as other,
        serving(answer({"data": [{"name": "a"}], "next": f"{other.base}/steal"})) as server,
    ):
        paged = vendor(listing(paging=Paging(style="next", next="next")))
        world = World(paged, base=server.base, allow_private=True)
        _, _, reads = await world.poll()
        await world.api.__aexit__(None, None, None)
    assert reads["fields"].coverage.state == "partial" and "another host" in reads["fields"].coverage.reason
    assert other.requests == [] and reads["fields"].memo == b""


async def test_a_server_that_fails_twice_and_then_answers_is_read_and_the_failures_are_counted() -> None:
    count = 0

    async def flaky(path: str, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        writer.write(answer({"data": []}) if count > 2 else answer(b"oops", "503 Busy"))

    async with serving(flaky) as server:
        world = World(vendor(), base=server.base, allow_private=True, clock=ManualClock(leap=True))
        _, _, reads = await world.poll()
        await world.api.__aexit__(None, None, None)
    assert reads["fields"].coverage.complete and world.signals.requests == {"5xx": 2, "2xx": 1}


def test_inflating_gives_pieces_of_bounded_size() -> None:
    engine = Inflate(10 << 20)
    pieces = list(engine.feed(zlib.compress(b"a" * (3 << 20), wbits=31)))
    engine.end()
    assert [len(piece) for piece in pieces if piece] == [1 << 20] * 3


async def test_large_bodies_are_taken_in_one_at_a_time_so_that_ten_bombs_are_no_worse_than_one() -> None:
    bomb = zipped(b"0" * (64 << 20))
    async with serving(bomb) as server, serving(answer(b"1" * (3 << 20))) as fine:
        wire = transport(cap=16 << 20)

        async def code() -> str:
            try:
                await wire.send(Ask("/"), f"{server.base}/x", {}, 30)
            except Malformed as found:  # let go at once: its frames hold the body
                return found.code
            return "no fault"

        tracemalloc.start()
        found = await asyncio.gather(*(code() for _ in range(10)))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len((await wire.send(Ask("/"), f"{fine.base}/x", {}, 30)).raw) == 3 << 20
        await wire.close()
    assert found == ["cap"] * 10
    assert peak < 64 << 20, f"{peak >> 20} MiB"


async def test_a_connection_whose_handshake_stalls_is_closed_at_the_deadline() -> None:
    ended = asyncio.Event()

    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            pass
        writer.close()
        ended.set()

    async with await asyncio.start_server(never, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert (await fault(transport(), f"https://127.0.0.1:{port}", 0.2)).code == "deadline"
        await asyncio.wait_for(ended.wait(), 5)


async def test_a_token_that_a_vendor_wants_inside_of_the_body_is_put_there_as_text() -> None:
    async with serving(answer({})) as server:
        wire = transport()
        body, sent = b"<t>@@</t><u>@@</u>", {"authorization": 'Bearer a<b&"c"'}
        for ask in (Ask("/", body=body, token=b"@@"), Ask("/", body=body)):
            await wire.send(ask, f"{server.base}/x", sent, 5.0)
        await wire.close()
    inside, untouched = (request.partition("\r\n\r\n")[2] for request in server.requests)
    assert inside == "<t>a&lt;b&amp;&quot;c&quot;</t><u>a&lt;b&amp;&quot;c&quot;</u>"
    assert untouched == body.decode()
