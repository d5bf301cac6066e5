"""Sets the example stack up in a folder: its configuration, an empty baselines repository, and the vendors it reads.

The simulated accounts are served over HTTP on loopback by this process; what they hold is changed by the story alone.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
import yaml

from monitor.adapters.layout import STANDING, encode_planned, encode_standing, standing_path
from monitor.config import Config, load
from monitor.core.planned import PlannedChange
from monitor.core.starter import starter
from monitor.engine import attesting
from monitor.engine.core import Engine
from probes.kit.clock import Clock
from probes.simulated import sql
from probes.simulated.sql.server import Server
from probes.simulated.story import PLANNED, Accounts

from . import cast

PLANNED_ENDS = 35 * 86_400.0  # seconds after the start at which the announced change's window is over
STANDING_ENDS = 365 * 86_400.0


class Stage:
    """The accounts of the example stack and the configuration that reads them."""

    def __init__(self, accounts: Accounts, config: Config) -> None:
        self.accounts, self.config = accounts, config
        accounts.configure = self.configure

    @property
    def requests(self) -> int:
        """Requests that the accounts have answered."""
        return sum(len(account.requests) for account in self.accounts.values())

    def configure(self, integration: str, option: str, value: str) -> None:
        """Writes an option of an integration, as people do."""
        file = self.config.folder / "integrations" / f"{integration}.yaml"
        entry = yaml.safe_load(file.read_text())
        entry.setdefault("options", {})[option] = value
        file.write_text(yaml.safe_dump(entry, sort_keys=False))

    def without_stage(self, value: str) -> None:
        """Takes a lifecycle stage out of flows.yaml, as people do when they retire one with its mapping."""
        file = self.config.folder / "flows.yaml"
        flows = yaml.safe_load(file.read_text())
        for pair in (pair for flow in flows["flows"] for pair in flow.get("fields", ())):
            pair.get("values", {}).pop(value, None)
        for one in flows["definitions"]:
            one["values"] = [name for name in one.get("values", ()) if name != value]
            one["kept"] = [kept for kept in one["kept"] if kept.get("value") != value]
        file.write_text(yaml.safe_dump(flows, sort_keys=False))


@asynccontextmanager
async def stage(folder: Path, clock: Clock, service: Mapping[str, Any], which: str = "spine") -> AsyncIterator[Stage]:
    """`folder` is emptied first. `service` replaces settings of driftline.yaml (one level deep). `which`: one of
    cast.STACKS."""
    playing = await asyncio.to_thread(cast.parts, which)
    known = await asyncio.to_thread(cast.made_up, playing)
    os.environ.update(known)
    accounts = cast.accounts(playing, clock, known)
    async with AsyncExitStack() as serving:
        bases = {name: await serving.enter_async_context(at_work(made)) for name, made in accounts.items()}
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        await asyncio.to_thread(lay_out, folder / "stack", bases, service, clock.now(), which=which)
        yield Stage(accounts, await asyncio.to_thread(load, folder / "stack" / "config"))


def lay_out(
    stack: Path,
    bases: Mapping[str, str],
    service: Mapping[str, Any],
    now: float,
    secrets: Path | None = None,
    which: str = "spine",
) -> None:
    """The stack's repository: the example configuration, pointed at these addresses, and a first commit. `secrets`: the
    folder in which each secret is a file, where it is not in the environment."""
    for folder in cast.folders(which):
        leave = shutil.ignore_patterns("schemas", "full", "*.md")
        shutil.copytree(folder, stack / "config", ignore=leave, dirs_exist_ok=True)
    for file in (stack / "config" / "integrations").glob("*.yaml"):
        text = file.read_text() if secrets is None else file.read_text().replace("${env:", f"${{file:{secrets}/")
        entry = yaml.safe_load(text)
        if file.stem in bases:
            entry |= {"base": bases[file.stem], "allow_private": True}
            others = cast.addresses(entry["vendor"])
            if others:
                entry["options"] = {**entry.get("options", {}), **dict.fromkeys(others, bases[file.stem])}
        file.write_text(yaml.safe_dump(entry, sort_keys=False))
    adjust(stack, service)
    planned = stack / "planned" / f"{PLANNED['id']}.json"
    planned.parent.mkdir()
    planned.write_bytes(encode_planned(announced(now)))
    (stack / STANDING).mkdir()
    for approval in starter("marketing-operations", now + STANDING_ENDS):
        (stack / standing_path(approval.id)).write_bytes(encode_standing(approval))
    git = ["git", "-C", str(stack), "-c", "user.name=Driftline demo", "-c", "user.email=driftline@localhost"]
    for args in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "The example stack"]):
        subprocess.run([*git, *args], check=True, stdout=subprocess.DEVNULL)


async def attest(engine: Engine) -> None:
    """What people attest of the systems without an API, as it stands in `attested/` of the configuration."""
    for name, live in engine.integrations.items():
        if live.config.attested is not None:
            said = engine.config.folder / "attested" / f"{name}.json"
            await attesting.upload(engine, name, await asyncio.to_thread(said.read_bytes), by="marketing-operations")


async def attest_again(engine: Engine) -> None:
    """All of it is still so: without this it would be no news any more after days."""
    for name, live in engine.integrations.items():
        if live.config.attested is not None:
            await attesting.heartbeat(engine, name, by="marketing-operations")


def adjust(stack: Path, service: Mapping[str, Any]) -> None:
    """Replaces settings of driftline.yaml, one level deep."""
    main = stack / "config" / "driftline.yaml"
    settings = yaml.safe_load(main.read_text())
    for key, value in service.items():
        settings[key] = {**settings.get(key, {}), **value} if isinstance(value, dict) else value
    main.write_text(yaml.safe_dump(settings, sort_keys=False))


def announced(now: float) -> PlannedChange:
    """The planned change of the story, announced an hour ago."""
    where = f"{PLANNED['integration']}/{PLANNED['kind']}/{PLANNED['scope']}"
    return PlannedChange(
        id=PLANNED["id"],
        ticket="MOPS-231",
        patterns=tuple(f"{where}/{key}" for key in PLANNED["keys"]),
        start=now - 3600.0,
        end=now + PLANNED_ENDS,
        owner="marketing-operations",
    )


@asynccontextmanager
async def at_work(account: Any) -> AsyncIterator[str]:
    """An account where it can be asked, until the block ends. Gives its address: of a database where it is one."""
    if isinstance(account, sql.Account):
        database = Server(account)
        await database.start()
        try:
            yield f"postgresql+plain://127.0.0.1:{database.port}/{account.database}"
        finally:
            await database.stop()
        return
    async with served(account.app) as base:
        yield base


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """An application on a free loopback port, until the block ends. Gives its address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off", interface="asgi3")
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    ticking = asyncio.create_task(server.main_loop())
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        ticking.cancel()
        await asyncio.gather(ticking, return_exceptions=True)
        await _closed(server)


async def _closed(server: uvicorn.Server) -> None:
    """As its `shutdown`, which looks every tenth of a second only: what is being answered is answered to its end."""
    for one in server.servers:
        one.close()
    for connection in list(server.server_state.connections):
        connection.shutdown()
    if server.server_state.tasks:
        await asyncio.wait(list(server.server_state.tasks))
    for one in server.servers:
        await one.wait_closed()
