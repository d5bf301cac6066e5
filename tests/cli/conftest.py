"""Commands as a person gives them, over the example stack's story: an engine in this process, or its API."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from monitor import cli
from monitor.adapters.store import Store
from monitor.cli import admin, asking, catalogue, drift, figures, flows, history, ledger, plans, recap, remote, waiting
from monitor.cli.desk import Local
from monitor.cli.remote import Remote
from monitor.web.app import create_app
from monitor.web.settings import Settings
from tests.web.standin import StandIn, story

TEAMS = ("marketing-operations", "revenue-operations")
SERVICE = SimpleNamespace(
    server=SimpleNamespace(external_url="http://127.0.0.1:9731"), baselines=SimpleNamespace(path="baselines")
)


class Said:
    """What a command printed, and how it ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


Run = Callable[..., Said]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person is told after ten seconds that it is on its way; a test waits for what it is about."""
    for module in (remote, plans):
        monkeypatch.setattr(module, "SETTLE", 300.0)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def runs(*arguments: str) -> Said:
        code = cli.run(arguments)
        out, err = capsys.readouterr()
        return Said(code, out, err)

    return runs


class Stage:
    """Opens the story anew for each command. `change` alters it first; `engines` are all that were opened."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.engines = folder, list[StandIn]()
        self.change: Callable[[StandIn], Any] = lambda engine: None

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[Any]:
        folder = self.folder / str(len(self.engines))
        folder.mkdir()
        shutil.copy(self.folder / "state.db", folder)
        engine: Any = await story(folder)
        self.engines.append(engine)
        self.change(engine)

        async def committed() -> None: ...

        engine.commit_decisions = engine.push = committed
        try:
            yield engine
        finally:
            await engine.catalogue.close()
            await engine.store.close()

    @property
    def last(self) -> Any:
        return self.engines[-1]


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store, migrated once."""
    import asyncio

    from probes.kit.clock import ManualClock

    folder = tmp_path_factory.mktemp("blank")

    async def make() -> None:
        await (await Store.open(folder, ManualClock(0.0))).close()

    asyncio.run(make())
    return folder


@pytest.fixture(params=["local", "api"])
def stage(request: pytest.FixtureRequest, blank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Each test twice: with the engine here, and through the API of a daemon."""
    shutil.copy(blank / "state.db", tmp_path)
    made = Stage(tmp_path)

    @asynccontextmanager
    async def desk(folder: Path) -> AsyncIterator[Any]:
        async with made.engine() as engine:
            if request.param == "local":
                yield Local(engine)
                return
            app = create_app(engine, given=Settings())
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9731") as http:
                there = Remote(http, SERVICE, TEAMS)  # type: ignore[arg-type]
                there.now = engine.clock.now  # type: ignore[method-assign]
                yield there

    monkeypatch.setattr(remote, "SETTLE", 0.0)  # nothing of the story goes to git
    for module in (asking, catalogue, drift, figures, flows, ledger, history, recap, admin, waiting):
        monkeypatch.setattr(module, "desk", desk)
    return made
