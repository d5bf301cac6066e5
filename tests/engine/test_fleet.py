"""Other stacks, each a real server on loopback: what they tell, what they do not, and what is never sent to them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import yaml

from monitor.config import load
from monitor.engine import fleet as fleets
from monitor.engine.core import Engine
from monitor.engine.fleet_shapes import FleetRow
from monitor.engine.opening import open_engine
from monitor.web.app import create_app
from probes.kit.clock import ManualClock
from tests.benchmarks.replay import lay_out
from tests.probes.kit.proxy import Authority

from .year import START, repository

CALM = {"stack": "calm", "state": "ready", "at": 1.0, "breaking": 0, "warning": 0, "info": 0, "children": 0,
        "scopes": 8, "complete": 8, "proposals": 0, "not_watched": 0, "event": 7}  # fmt: skip


class Server:
    """One other stack: what it answers, and the tokens and paths that came."""

    def __init__(self) -> None:
        self.summary: dict[str, Any] = dict(CALM)
        self.status, self.headers, self.raw = 200, dict[str, str](), b""
        self.tokens: list[str] = []
        self.paths: list[str] = []
        self.gate: threading.Event | None = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.tokens.append(self.headers.get("authorization", ""))
                outer.paths.append(self.path)
                if outer.gate is not None:
                    outer.gate.wait(20)
                body = outer.raw or msgspec.json.encode(outer.summary)
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Nothing: what came is kept above."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_address[1]}"


@contextmanager
def serving() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()
        thread.join(10)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fleet")
    lay_out(folder, {}, baselines={"push": False}, server={"listen": "127.0.0.1:0", "metrics": "127.0.0.1:0"})
    repository(folder)
    return folder


class World:
    def __init__(self, engine: Engine, clock: ManualClock) -> None:
        self.engine, self.clock = engine, clock

    async def name(self, *members: dict[str, Any], **more: Any) -> None:
        """What the configuration says now."""
        file = self.engine.config.folder / "driftline.yaml"
        there = yaml.safe_load(file.read_text())
        given = [{"token": "${env:FLEET_TOKEN}", "allow_private": True, **one} for one in members]
        file.write_text(yaml.safe_dump({**there, "fleet": {"stacks": given, **more}}))
        assert await self.engine.reload() == ()

    async def look(self) -> dict[str, FleetRow]:
        await self.engine.fleet.look(self.engine)
        return self.rows()

    def rows(self) -> dict[str, FleetRow]:
        return {row.name: row for row in self.engine.fleet.view(self.engine).stacks}


@pytest.fixture
async def world(stack: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setenv("FLEET_TOKEN", "dl_of-a-viewer")
    clock = ManualClock(START)
    async with open_engine(load(stack / "config"), clock) as engine:
        yield World(engine, clock)


async def test_what_needs_a_person_comes_first_and_silence_is_neither_nothing_nor_good(world: World) -> None:
    with ExitStack() as held:
        calm, drifted, broken, blind, gone = (held.enter_context(serving()) for _ in range(5))
        drifted.summary |= {"warning": 2, "info": 9}
        broken.summary |= {"breaking": 1}
        blind.summary |= {"complete": 6}
        servers = {"calm": calm, "drifted": drifted, "broken": broken, "blind": blind, "gone": gone}
        await world.name(*({"name": name, "url": one.url} for name, one in servers.items()))
        assert {row.state for row in world.rows().values()} == {"silent"}, "nobody was asked yet"
        gone.status = 500
        rows = await world.look()
        assert list(rows) == ["gone", "broken", "drifted", "blind", "calm"]
        assert [row.state for row in rows.values()] == ["silent", "broken", "drifted", "blind", "ok"]
        assert rows["gone"].told is None and rows["gone"].why == "it answers HTTP 500"
        assert calm.tokens == ["Bearer dl_of-a-viewer"] and calm.paths == ["/api/v1/summary"]
        view = world.engine.fleet.view(world.engine)
        assert (view.silent, view.breaking, view.warning) == (1, 1, 2)


async def test_since_when_it_does_not_answer_is_told_with_what_it_told_before(world: World) -> None:
    with serving() as other:
        other.summary |= {"breaking": 3}
        await world.name({"name": "acme", "url": other.url})
        assert (await world.look())["acme"].answers
        told_at, other.status = world.clock.now(), 503
        for _ in range(3):
            world.clock.advance(60)
            row = (await world.look())["acme"]
            assert (row.answers, row.state, row.since, row.told_at) == (False, "silent", told_at + 60, told_at)
            assert row.told is not None and row.told.breaking == 3
        assert world.engine.fleet.view(world.engine).breaking == 0, "no sum has what is no news"
        page = await shown(world.engine, "/fleet")
        assert "before that it told of 3 breaking" in page and page.count("not told</span>") == 5
        other.status = 200
        assert (await world.look())["acme"].since is None
    world.clock.advance(60)
    row = (await world.look())["acme"]
    assert row.since == world.clock.now() and "cannot be reached" in row.why


async def test_what_was_not_asked_for_a_while_is_no_news(world: World) -> None:
    with serving() as other:
        await world.name({"name": "acme", "url": other.url}, every="30s")
        assert (await world.look())["acme"].answers
        world.clock.advance(30 * fleets.MISSED + fleets.DEADLINE + 1)
        assert not world.rows()["acme"].answers and "not asked for a while" in world.rows()["acme"].why


@pytest.mark.parametrize(
    ("status", "raw", "words"),
    [
        (401, b"{}", "refuses the token"),
        (403, b"{}", "the role viewer"),
        (404, b"{}", "no Driftline answers at this address"),
        (421, b"{}", "its server.external_url or server.hosts"),
        (200, b"<!doctype html>", "no summary of a Driftline"),
        (200, b'{"breaking": 0}', "no summary of a Driftline"),
        (200, b'{"breaking": -1, "warning": 0}', "no summary of a Driftline"),
        (200, b'{"breaking": "0", "warning": 0}', "no summary of a Driftline"),
        (200, b"[]", "no summary of a Driftline"),
        (200, b'{"breaking": 0, "warning": 0, "pad": "' + b"x" * fleets.CAP + b'"}', "over 65536 bytes"),
    ],
)
async def test_what_is_no_summary_is_no_answer(world: World, status: int, raw: bytes, words: str) -> None:
    with serving() as other:
        other.status, other.raw = status, raw
        await world.name({"name": "acme", "url": other.url})
        row = (await world.look())["acme"]
        assert not row.answers and row.told is None and words in row.why


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_no_token_goes_where_a_stack_sends_us(world: World, status: int) -> None:
    with serving() as other, serving() as elsewhere:
        other.status, other.headers = status, {"location": f"{elsewhere.url}/api/v1/summary"}
        await world.name({"name": "acme", "url": other.url})
        row = (await world.look())["acme"]
        assert not row.answers and "it sends elsewhere" in row.why
        assert elsewhere.tokens == []


async def test_an_older_release_tells_less_and_a_newer_one_more(world: World) -> None:
    """What is not told is not known: not zero, and not good."""
    with serving() as older, serving() as newer:
        older.summary = {"stack": "old", "breaking": 0, "warning": 0}
        newer.summary |= {"severe": 4, "systems": {"red": []}}
        await world.name({"name": "older", "url": older.url}, {"name": "newer", "url": newer.url})
        rows = await world.look()
        assert rows["older"].told is not None and rows["older"].told.proposals is None
        assert (rows["older"].state, rows["newer"].state) == ("blind", "ok")
        page = await shown(world.engine, "/fleet")
        assert page.count("not told</span>") == 3


async def test_a_stack_that_is_loading_is_not_in_step(world: World) -> None:
    with serving() as other:
        other.summary |= {"state": "loading"}
        await world.name({"name": "acme", "url": other.url})
        assert (await world.look())["acme"].state == "blind"
        assert "is loading" in await shown(world.engine, "/fleet")


async def test_few_are_asked_at_once_and_one_that_hangs_holds_up_nobody_for_long(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleets, "DEADLINE", 2.0)
    asked, most, now = fleets._ask, 0, 0

    async def counted(*given: Any) -> Any:
        nonlocal most, now
        now += 1
        most = max(most, now)
        try:
            return await asked(*given)
        finally:
            now -= 1

    monkeypatch.setattr(fleets, "_ask", counted)
    with serving() as hanging, serving() as quick:
        hanging.gate = threading.Event()
        await world.name(
            {"name": "hanging", "url": hanging.url},
            *({"name": f"quick {n}", "url": f"{quick.url}/{n}"} for n in range(30)),
        )
        rows = await world.look()
        hanging.gate.set()
    assert most == fleets.AT_ONCE
    assert rows.pop("hanging").why.startswith("no whole answer within 2 s")
    assert all(row.answers for row in rows.values()) and len(rows) == 30


async def test_a_private_address_must_be_meant_and_a_secret_be_there(world: World) -> None:
    with serving() as other:
        address = other.url.replace("http:", "https:")
        await world.name(
            {"name": "inside", "url": address, "allow_private": False},
            {"name": "nameless", "url": other.url, "token": "${env:NO_SUCH_TOKEN}"},
        )
        rows = await world.look()
        assert "allow_private must say that this is meant" in rows["inside"].why
        assert "its token cannot be had" in rows["nameless"].why and "NO_SUCH_TOKEN" in rows["nameless"].why
        assert other.tokens == []


async def test_a_private_ca_is_trusted_where_it_is_named(world: World, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with serving() as other:
        other.http.socket = authority.server().wrap_socket(other.http.socket, server_side=True)
        url = other.url.replace("http:", "https:")
        await world.name(
            {"name": "with", "url": url, "ca_file": authority.ca_file}, {"name": "without", "url": f"{url}/a"}
        )
        rows = await world.look()
        assert rows["with"].answers and not rows["without"].answers
        assert other.paths == ["/api/v1/summary"]


async def test_one_that_is_taken_out_or_moves_is_forgotten(world: World) -> None:
    with serving() as one, serving() as other:
        await world.name({"name": "acme", "url": one.url})
        await world.look()
        await world.name({"name": "acme", "url": other.url})
        assert not world.rows()["acme"].answers, "what another address told is not of this one"
        await world.name()
        assert await world.look() == {}
        assert "No other stack is named here" in await shown(world.engine, "/fleet")


async def shown(engine: Engine, path: str) -> str:
    transport = httpx.ASGITransport(create_app(engine))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:9731", headers={"accept": "text/html"}
    ) as web:
        answer = await asyncio.wait_for(web.get(path), 30)
        answer.raise_for_status()
        return answer.text


async def test_each_name_leads_to_its_stack_and_silence_is_said(world: World) -> None:
    with serving() as other:
        await world.name(
            {"name": "Acme & Sons", "url": f"{other.url}/below"}, {"name": "gone", "url": "http://127.0.0.1:9"}
        )
        await world.look()
        page = await shown(world.engine, "/fleet")
        assert f'<a href="{other.url}/below/" rel="noreferrer">Acme &amp; Sons</a>' in page
        assert "not answering since" in page and "1 does not answer" in page
        assert 'href="/fleet"' in page, "it is among the pages where stacks are named"
        api = msgspec.json.decode(await shown(world.engine, "/api/v1/fleet"))
        assert [row["name"] for row in api["stacks"]] == ["gone", "Acme & Sons"]
        assert "dl_of-a-viewer" not in page + str(api)
