"""The API as a program sees it: a real listener on loopback over a real engine and its simulated accounts."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fastapi import FastAPI

from monitor.daemon import serve_http
from monitor.engine.administer import make_token
from monitor.web.app import create_app
from monitor.web.settings import Settings
from probes.simulated.story import STORY
from tests.engine.conftest import World, captured


class Served(NamedTuple):
    """`url` is without a path; `token` is an administrator's."""

    url: str
    token: str
    world: World
    app: FastAPI


@asynccontextmanager
async def listening(world: World, **given: Any) -> AsyncIterator[Served]:
    """The pages and the API of that engine, where everybody has to sign in."""
    at = socket.create_server(("127.0.0.1", 0))
    name = f"127.0.0.1:{at.getsockname()[1]}"
    chosen = Settings(mode="tokens", external_url=f"http://{name}", hosts=frozenset({name}), **given)
    app, stopping = create_app(world.engine, given=chosen), asyncio.Event()
    token = (await make_token(world.engine, "tester", "admin", None, "tester")).secret
    serving = asyncio.create_task(serve_http(app, at, stopping))
    try:
        yield Served(f"http://{name}", token, world, app)
    finally:
        stopping.set()
        await serving


@pytest.fixture
async def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    """With baselines, and the findings that the first line of the story brings. Whoever is refused a thousand times is
    not made to wait: refusals are what is tried here."""
    monkeypatch.setattr("monitor.web.access.FAILURES", 1_000_000)
    async with captured(tmp_path) as world:
        await world.player.do(STORY[0])
        async with listening(world) as made:
            yield made
