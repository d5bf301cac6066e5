"""The example stack in processes of its own, as deploy/compose.yaml runs it: the vendors here, `driftline serve` there.

What both must know (the vendors' credentials, the token of /metrics) is made once, as files of one folder that both
can read. Where the vendors run, `driftline demo break N` changes them: their control answers on loopback alone.
"""

from __future__ import annotations

import asyncio
import secrets
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from monitor.config import load
from monitor.config.types import Listen
from monitor.daemon import listen, serve_http
from monitor.engine.opening import open_engine
from monitor.logs import logging_to
from probes.kit.clock import SystemClock
from probes.simulated.story import HUBSPOT, SALESFORCE, Accounts

from . import cast
from .play import capture, step_of
from .run import LIVE
from .stage import adjust, lay_out

log = structlog.get_logger()
CONTROL: Final = Listen("127.0.0.1", 9731)  # where `driftline demo break` asks
PORTS: Final[Mapping[str, int]] = {SALESFORCE: 9741, HUBSPOT: 9742}
METRICS: Final = "SCRAPE_TOKEN"
SECRETS: Final = ("SALESFORCE_CLIENT_ID", "SALESFORCE_CLIENT_SECRET", "HUBSPOT_TOKEN", METRICS)


def credentials(folder: Path) -> dict[str, str]:
    """Name -> value, one file each, readable by the owner and the group; what is there already stays."""
    for name in SECRETS:
        if not (folder / name).exists():
            aside = folder / f".{name}"
            aside.touch(0o600)
            aside.write_text(f"{secrets.token_urlsafe(24)}\n")
            aside.chmod(0o640)
            aside.rename(folder / name)
    return {name: (folder / name).read_text().strip() for name in SECRETS}


class Story:
    """The lines of the story, done and undone at the accounts."""

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts
        self.done: set[str] = set()

    def do(self, number: str) -> None:
        """With the lines that it needs, once. Raises KeyError for a line the story does not have."""
        step = step_of(number)
        if number in self.done:
            return
        for needed in step.needs:
            if needed not in self.done:
                self.do(needed)
        step.do(self.accounts)
        self.done.add(number)

    def undo(self, number: str) -> None:
        step = step_of(number)
        if number in self.done:
            step.undo(self.accounts)
            self.done.discard(number)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/healthz", lambda _: Response("ok\n")),
                Route("/break/{number}/do", self._asked, methods=["POST"]),
                Route("/break/{number}/undo", self._asked, methods=["POST"]),
            ]
        )

    async def _asked(self, request: Request) -> Response:
        number = request.path_params["number"]
        try:
            (self.do if request.url.path.endswith("/do") else self.undo)(number)
        except KeyError as error:
            return JSONResponse({"title": "No such step", "detail": str(error.args[0])}, 404)
        return JSONResponse({"number": number, "done": number in self.done})


def vendors(folder: Path, host: str) -> None:
    """Serves the accounts until SIGTERM. `folder`: where their credentials are files. `host`: the address to take."""
    logging_to(json=False)
    asyncio.run(_vendors(folder, host))


async def _vendors(folder: Path, host: str) -> None:
    clock, stopping = SystemClock(), asyncio.Event()
    known = await asyncio.to_thread(credentials, folder)
    accounts = cast.accounts(cast.parts("spine"), clock, known)
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    apps = [(account.app, Listen(host, PORTS[name])) for name, account in accounts.items()]
    async with asyncio.TaskGroup() as tasks:
        for app, at in apps:
            tasks.create_task(serve_http(_asgi(app), listen(at), stopping))
        tasks.create_task(serve_http(Story(accounts).app(), listen(CONTROL), stopping))
        log.info("the vendors answer", at=[str(at) for _, at in apps])


def _asgi(app: Any) -> Any:
    """As a plain function, by which the server knows what kind of application it is."""

    async def served(scope: Any, receive: Any, send: Any) -> None:
        await app(scope, receive, send)

    return served


def stack(folder: Path, secret: Path, vendors: str, url: str, alertmanagers: Sequence[str] = ()) -> None:
    """Makes the example stack in `folder` unless it is there, with everything as found for its first baselines.
    `secret`: the folder of the vendors' credentials; `vendors`: the host that they answer on; `url`: the address under
    which people reach the pages; `alertmanagers`: the addresses of those that are told. The last two count anew at each
    start."""
    logging_to(json=False)
    server = {
        "listen": "0.0.0.0:9731",
        "metrics": "0.0.0.0:9732",
        "metrics_token": f"${{file:{secret}/{METRICS}}}",
        "external_url": url,
        "hosts": ["localhost", "127.0.0.1"],
        "auth": {"mode": "tokens"},
    }
    told = {"urls": [*alertmanagers], "allow_private": True} if alertmanagers else None
    service = {"server": server, "alerts": {"alertmanager": told}}
    if (folder / ".git").exists():
        adjust(folder, service)
    else:
        bases = {name: f"http://{vendors}:{port}" for name, port in PORTS.items()}
        aside = folder.with_name(f".{folder.name}.new")
        lay_out(aside, bases, {**LIVE, **service}, SystemClock().now(), secret)
        aside.rename(folder)
    if not _captured(folder):
        asyncio.run(_first(folder))
        log.info("the first baselines are taken", stack=str(folder))


async def _first(folder: Path) -> None:
    clock = SystemClock()
    async with open_engine(await asyncio.to_thread(load, folder / "config"), clock) as engine:
        await capture(engine)


def _captured(folder: Path) -> bool:
    """Whether anything was committed after the stack was made."""
    kept = folder / "var" / "baselines.git"
    git = ["git", "--git-dir", str(kept), "rev-list", "--count", "main"]
    return kept.exists() and int(subprocess.run(git, check=True, capture_output=True, text=True).stdout) > 1
