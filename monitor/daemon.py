"""serve: wires the engine to the scheduler, the committer, the pages and the metrics; reloads; drains on SIGTERM."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING

import structlog
import uvicorn

from monitor.adapters.metrics import Metrics
from monitor.adapters.scheduler import Job, Outcome, Scheduler
from monitor.config import Config
from monitor.config.reload import Reloader
from monitor.engine.core import Engine
from monitor.engine.opening import open_engine
from monitor.engine.reconfigure import reconfigure
from monitor.engine.tick import tick

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from probes.kit.clock import Clock

log = structlog.get_logger()
DRAIN = 10.0  # seconds from SIGTERM to the end
TICK = 15.0
FETCH = 60.0  # seconds between looks at the remote of the baselines


class Daemon:
    """One running stack. `run` ends when `stop` was called or a part of it died; then everything is closed."""

    def __init__(self, config: Config, clock: Clock, *, allow_commands: bool = False) -> None:
        self.config, self.clock, self.allow_commands = config, clock, allow_commands
        self.stopping = asyncio.Event()
        self.ready = asyncio.Event()
        self.engine: Engine | None = None
        self.scheduler: Scheduler | None = None

    def stop(self) -> None:
        self.stopping.set()

    async def run(self, attach: Callable[[Engine], Awaitable[ASGIApp]]) -> None:
        """`attach` makes the application of the pages for the engine. Raises what made a part die."""
        async with AsyncExitStack() as stack:
            engine = await stack.enter_async_context(
                open_engine(self.config, self.clock, allow_commands=self.allow_commands)
            )
            self.engine = engine
            metrics = Metrics(engine)
            scheduler = Scheduler(self.clock, width=self.config.service.poll.width)
            self.scheduler = scheduler
            reloader = Reloader(self.config.folder)
            engine.bind(scheduler, reloader)
            app = await attach(engine)
            service = self.config.service.server
            async with asyncio.TaskGroup() as tasks:
                parts = [
                    tasks.create_task(serve_http(app, service.listen.host, service.listen.port, self.stopping)),
                    tasks.create_task(
                        serve_http(metrics.app, service.metrics.host, service.metrics.port, self.stopping)
                    ),
                    tasks.create_task(scheduler.run(self._job)),
                    tasks.create_task(self._commit(engine)),
                    tasks.create_task(self._tick(engine)),
                    tasks.create_task(self._fetch(engine)),
                    tasks.create_task(self._reload(engine, reloader)),
                ]
                self._signals()
                self.ready.set()
                log.info("ready", stack=self.config.stack, integrations=len(engine.integrations))
                await self.stopping.wait()
                engine.state = "draining"
                log.info("draining", seconds=DRAIN)
                with suppress(TimeoutError):
                    async with asyncio.timeout(DRAIN - 2.0):
                        await scheduler.drain()
                for part in parts:
                    part.cancel()

    def _signals(self) -> None:
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self._hup)

    def _hup(self) -> None:
        if self.engine is not None:
            self.engine.reload_wanted.set()

    async def _job(self, job: Job) -> Outcome:
        assert self.engine is not None  # noqa: S101  the scheduler runs only inside run()
        return await self.engine.run_job(job)

    @staticmethod
    async def _commit(engine: Engine) -> None:
        while True:
            await engine.wake.wait()
            await engine.commit_decisions()

    async def _tick(self, engine: Engine) -> None:
        while True:
            await self.clock.sleep(TICK)
            await tick(engine)

    async def _fetch(self, engine: Engine) -> None:
        while True:
            await self.clock.sleep(FETCH)
            await engine.fetch()

    @staticmethod
    async def _reload(engine: Engine, reloader: Reloader) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(reloader.watch(engine.reload_wanted.set))
            while True:
                await engine.reload_wanted.wait()
                engine.reload_wanted.clear()
                await engine.reload()


async def serve_http(app: ASGIApp, host: str, port: int, stopping: asyncio.Event) -> None:
    """One listener; stops taking requests when `stopping` is set and lets those under way finish."""
    server = uvicorn.Server(
        uvicorn.Config(app, host=host, port=port, log_config=None, lifespan="off", timeout_graceful_shutdown=5)
    )
    server.install_signal_handlers = lambda: None  # type: ignore[method-assign]
    serving = asyncio.create_task(server.serve())
    stop = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait((serving, stop), return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
    finally:
        stop.cancel()


