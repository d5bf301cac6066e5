"""The pages over the example stack's story, asked through ASGI."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from monitor.adapters.store import Store
from monitor.web.app import create_app
from monitor.web.demo import DemoStep, NoStep, NotHere
from monitor.web.settings import Settings
from probes.kit.clock import ManualClock

from .standin import StandIn, story

HTML = {"accept": "text/html"}


class Story:
    """A demo of two steps."""

    def __init__(self) -> None:
        self.done: set[str] = set()

    def steps(self) -> list[DemoStep]:
        return [DemoStep(n, f"Step {n}", "something", n in self.done) for n in ("1", "2")]

    async def do(self, number: str) -> None:
        if number not in ("1", "2"):
            raise NoStep(number)
        if number == "2":
            raise NotHere("crm-prod is called crm now")
        self.done.add(number)

    async def undo(self, number: str) -> None:
        self.done.remove(number)


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store, migrated once: its migrations take longer than most tests. A thread, for a loop of its own."""
    folder = tmp_path_factory.mktemp("blank")

    async def make() -> None:
        await (await Store.open(folder, ManualClock(0.0))).close()

    thread = threading.Thread(target=lambda: asyncio.run(make()))
    thread.start()
    thread.join()
    return folder


@pytest.fixture
async def engine(blank: Path, tmp_path: Path) -> AsyncIterator[StandIn]:
    shutil.copy(blank / "state.db", tmp_path)
    made = await story(tmp_path)
    yield made
    await made.catalogue.close()
    await made.store.close()


@pytest.fixture
async def asking(engine: StandIn) -> AsyncIterator[Callable[..., httpx.AsyncClient]]:
    """Makes clients of an application with given settings."""
    clients: list[httpx.AsyncClient] = []

    def make(given: Settings | None = None, demo: Any = None, base: str = "http://127.0.0.1:9731") -> httpx.AsyncClient:
        app = create_app(engine, given=given, demo=demo)
        transport = httpx.ASGITransport(app, raise_app_exceptions=True)
        client = httpx.AsyncClient(transport=transport, base_url=base, headers=HTML)
        client.app = app  # type: ignore[attr-defined]
        clients.append(client)
        return client

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture
def client(asking: Callable[..., httpx.AsyncClient]) -> httpx.AsyncClient:
    return asking()
